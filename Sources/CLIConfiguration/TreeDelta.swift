/// What differs between two trees, section by section; indices into the old and the new tree.
struct TreeDelta: Sendable {
    enum Kind: Sendable, Equatable {
        case added
        case removed
        /// The same key with another value.
        case changed
        /// A section both hold, with differences below it.
        case inside
    }
    var kind: Kind
    var old: Int = -1
    var new: Int = -1
    var children: [TreeDelta] = []

    /// Differences below two sections. `absent` names nodes of the old tree that are to be taken as gone.
    static func between(
        _ old: CLITree, _ oldSection: Int, _ new: CLITree, _ newSection: Int, absent: Set<Int> = []
    ) -> [TreeDelta] {
        let comparison = TreeComparison(old: old, new: new, demoted: old.demoted.union(new.demoted), absent: absent)
        return comparison.sections(oldSection, newSection)
    }
}

/// A comparison of two trees under one dialect: linear in lines, equal parts in one step each.
private struct TreeComparison {
    let old: CLITree
    let new: CLITree
    let demoted: Set<Int32>
    let absent: Set<Int>

    private func key(_ tree: CLITree, _ node: Int) -> UInt64 {
        let value = tree.nodes[node]
        guard !demoted.isEmpty, demoted.contains(value.rule) else { return value.key }
        return TextHash.mix(value.key, value.own)
    }

    private func counts(_ tree: CLITree, _ node: Int) -> Bool { !tree.nodes[node].flags.contains(.neutral) }

    func sections(_ a: Int, _ b: Int) -> [TreeDelta] {
        if absent.isEmpty, old.nodes[a].hash == new.nodes[b].hash { return [] }
        var deltas: [TreeDelta] = []
        var left = old.children(a)
        var right = new.children(b)
        func nextLeft() -> Int? {
            while let node = left.next() { if counts(old, node), !absent.contains(node) { return node } }
            return nil
        }
        func nextRight() -> Int? {
            while let node = right.next() { if counts(new, node) { return node } }
            return nil
        }
        var x = nextLeft()
        var y = nextRight()
        // While both go in step, nothing has to be remembered.
        while let i = x, let j = y, key(old, i) == key(new, j),
            !old.nodes[i].flags.contains(.ordered), !new.nodes[j].flags.contains(.ordered)
        {
            if let delta = pair(i, j) { deltas.append(delta) }
            x = nextLeft()
            y = nextRight()
        }
        var oldOrdered: [Int] = []
        var newOrdered: [Int] = []
        var rest: [UInt64: Int] = [:]
        var oldRest: [Int] = []
        while let i = x {
            if old.nodes[i].flags.contains(.ordered) {
                oldOrdered.append(i)
            } else {
                oldRest.append(i)
            }
            x = nextLeft()
        }
        rest.reserveCapacity(oldRest.count)
        for i in oldRest where rest[key(old, i)] == nil { rest[key(old, i)] = i }
        var matched: Set<Int> = []
        var set: [TreeDelta] = []
        while let j = y {
            if new.nodes[j].flags.contains(.ordered) {
                newOrdered.append(j)
            } else if let i = rest[key(new, j)] {
                if matched.insert(i).inserted, let delta = pair(i, j) { set.append(delta) }
            } else {
                set.append(TreeDelta(kind: .added, new: j))
            }
            y = nextRight()
        }
        var seen: Set<UInt64> = []
        for i in oldRest where !matched.contains(i) && seen.insert(TextHash.mix(key(old, i), old.nodes[i].own)).inserted {
            // A second showing of a line that stays is not a difference.
            if let twin = rest[key(old, i)], twin != i { continue }
            deltas.append(TreeDelta(kind: .removed, old: i))
        }
        deltas += set
        deltas += ordered(oldOrdered, newOrdered)
        return deltas
    }

    private func pair(_ i: Int, _ j: Int) -> TreeDelta? {
        let (a, b) = (old.nodes[i], new.nodes[j])
        if a.hash == b.hash, absent.isEmpty { return nil }
        let isSection = a.firstChild >= 0 || b.firstChild >= 0
        let sameLine = a.own == b.own || sameButForSecret(i, j)
        if isSection {
            let below = sections(i, j)
            if below.isEmpty, sameLine { return nil }
            return TreeDelta(kind: sameLine ? .inside : .changed, old: i, new: j, children: below)
        }
        return sameLine ? nil : TreeDelta(kind: .changed, old: i, new: j)
    }

    private func sameButForSecret(_ i: Int, _ j: Int) -> Bool {
        guard let a = old.secretText(i), let b = new.secretText(j), CLITree.isOpaqueSecret(a) || CLITree.isOpaqueSecret(b)
        else { return false }
        return old.maskedText(i) == new.maskedText(j)
    }

    /// Lines whose order is content: what a device that appends must lose and get so that it ends in the new order.
    private func ordered(_ a: [Int], _ b: [Int]) -> [TreeDelta] {
        var deltas: [TreeDelta] = []
        var kept = 0
        for i in a {
            let matches = kept < b.count && key(old, i) == key(new, b[kept])
                && (old.nodes[i].own == new.nodes[b[kept]].own || old.nodes[i].firstChild >= 0)
            guard matches else {
                deltas.append(TreeDelta(kind: .removed, old: i))
                continue
            }
            if let delta = pair(i, b[kept]) { deltas.append(delta) }
            kept += 1
        }
        for j in b[kept...] { deltas.append(TreeDelta(kind: .added, new: j)) }
        return deltas
    }
}
