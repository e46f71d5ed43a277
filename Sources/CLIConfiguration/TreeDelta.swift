/// What differs between two trees, section by section; indices into the old and the new tree.
struct TreeDelta: Sendable {
    enum Kind: Sendable, Equatable {
        case added
        case removed
        /// The same key with another value.
        case changed
        /// A section both hold, with differences below it.
        case inside
        /// Both hold it, at another place in an order.
        case moved
    }
    var kind: Kind
    var old: Int = -1
    var new: Int = -1
    var children: [TreeDelta] = []
    /// The sequence number to give an entry, or that an entry has without showing it; -1 for none.
    var number: Int = -1

    /// Differences below two sections. `absent` names nodes of the old tree that are to be taken as gone.
    static func between(
        _ old: CLITree, _ oldSection: Int, _ new: CLITree, _ newSection: Int, absent: Set<Int> = [],
        numbers: EntryNumbers = EntryNumbers()
    ) -> [TreeDelta] {
        let comparison = TreeComparison(
            old: old, new: new, demoted: old.demoted.union(new.demoted), absent: absent, numbers: numbers)
        return comparison.sections(oldSection, newSection)
    }
}

/// A comparison of two trees under one dialect: linear in lines, equal parts in one step each.
private struct TreeComparison {
    let old: CLITree
    let new: CLITree
    let demoted: Set<Int32>
    let absent: Set<Int>
    let numbers: EntryNumbers

    @inline(__always)
    private func key(_ node: CLITree.Node) -> UInt64 {
        guard !demoted.isEmpty, demoted.contains(node.rule) else { return node.key }
        return TextHash.mix(node.key, node.own)
    }

    private func key(_ tree: CLITree, _ node: Int) -> UInt64 { key(tree.nodes[node]) }

    private func counts(_ tree: CLITree, _ node: Int) -> Bool {
        !tree.nodes[node].flags.contains(.neutral)
    }

    private func isAbsent(_ node: Int) -> Bool { !absent.isEmpty && absent.contains(node) }

    /// The next child of a section that is content, at or after a node.
    @inline(__always)
    private func next(_ tree: CLITree, _ from: Int32, isOld: Bool) -> Int32 {
        var at = from
        while at >= 0 {
            let node = tree.nodes[Int(at)]
            if node.flags.isDisjoint(with: [.dead, .neutral]), !isOld || !isAbsent(Int(at)) { return at }
            at = node.next
        }
        return -1
    }

    func sections(_ a: Int, _ b: Int) -> [TreeDelta] {
        if absent.isEmpty, old.nodes[a].hash == new.nodes[b].hash { return [] }
        if let deltas = numbered(a, b) { return deltas }
        var deltas: [TreeDelta] = []
        var x = next(old, old.nodes[a].firstChild, isOld: true)
        var y = next(new, new.nodes[b].firstChild, isOld: false)
        // While both go in step, nothing has to be remembered.
        while x >= 0, y >= 0 {
            let (i, j) = (old.nodes[Int(x)], new.nodes[Int(y)])
            guard key(i) == key(j), i.flags.union(j.flags).isDisjoint(with: .ordered) else { break }
            if i.hash != j.hash || !absent.isEmpty, let delta = pair(Int(x), Int(y)) {
                deltas.append(delta)
            }
            x = next(old, i.next, isOld: true)
            y = next(new, j.next, isOld: false)
        }
        if x < 0, y < 0 { return deltas }
        outOfStep(a, b, x, y, &deltas)
        return deltas
    }

    /// The rest of two sections, from where they do not go in step any more.
    private func outOfStep(
        _ a: Int, _ b: Int, _ stopLeft: Int32, _ stopRight: Int32, _ deltas: inout [TreeDelta]
    ) {
        var oldOrdered: [Int] = []
        var newOrdered: [Int] = []
        var oldRest: [Int] = []
        var at = stopLeft
        while at >= 0 {
            let node = old.nodes[Int(at)]
            if node.flags.contains(.ordered) {
                oldOrdered.append(Int(at))
            } else {
                oldRest.append(Int(at))
            }
            at = next(old, node.next, isOld: true)
        }
        /// The first line of each key, as an offset into `oldRest`.
        var rest = KeyTable(capacity: oldRest.count)
        for (offset, i) in oldRest.enumerated() { _ = rest.insert(key(old, i), offset) }
        /// Keys that went in step: a second showing of such a line is not a difference.
        lazy var inStep = keysInStep(a, b, stopLeft, stopRight)
        var isMatched = [Bool](repeating: false, count: oldRest.count)
        var set: [TreeDelta] = []
        at = stopRight
        while at >= 0 {
            let node = new.nodes[Int(at)]
            let key = key(node)
            if node.flags.contains(.ordered) {
                newOrdered.append(Int(at))
            } else if let offset = rest[key] {
                if !isMatched[offset] {
                    isMatched[offset] = true
                    if old.nodes[oldRest[offset]].hash != node.hash || !absent.isEmpty,
                        let delta = pair(oldRest[offset], Int(at))
                    {
                        set.append(delta)
                    }
                }
            } else if !inStep.contains(key) {
                set.append(TreeDelta(kind: .added, new: Int(at)))
            }
            at = next(new, node.next, isOld: false)
        }
        for (offset, i) in oldRest.enumerated() where !isMatched[offset] {
            // A second showing of a line that stays is not a difference, nor is one of a line that goes.
            let key = key(old, i)
            if rest[key] != offset || inStep.contains(key) { continue }
            deltas.append(TreeDelta(kind: .removed, old: i))
        }
        deltas += set
        deltas += ordered(oldOrdered, newOrdered)
    }

    private func keysInStep(_ a: Int, _ b: Int, _ stopLeft: Int32, _ stopRight: Int32) -> KeyTable {
        var keys = KeyTable()
        var at = next(new, new.nodes[b].firstChild, isOld: false)
        while at >= 0, at != stopRight {
            _ = keys.insert(key(new, Int(at)), 0)
            at = next(new, new.nodes[Int(at)].next, isOld: false)
        }
        at = next(old, old.nodes[a].firstChild, isOld: true)
        while at >= 0, at != stopLeft {
            _ = keys.insert(key(old, Int(at)), 0)
            at = next(old, old.nodes[Int(at)].next, isOld: true)
        }
        return keys
    }

    /// Ordered lines: each list of flat lines by itself, the rest of the section as one order.
    private func ordered(_ a: [Int], _ b: [Int]) -> [TreeDelta] {
        if a.isEmpty && b.isEmpty { return [] }
        var groups: [UInt64: Int] = [:]
        var members: [(old: [Int], new: [Int])] = []
        func group(_ tree: CLITree, _ node: Int) -> Int {
            let list = tree.listHash(node) ?? 0
            if let known = groups[list] { return known }
            groups[list] = members.count
            members.append(([], []))
            return members.count - 1
        }
        for node in a { members[group(old, node)].old.append(node) }
        for node in b { members[group(new, node)].new.append(node) }
        return members.flatMap { sequence($0.old, $0.new) }
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
        guard let a = old.secretText(i), let b = new.secretText(j),
            CLITree.isOpaqueSecret(a) || CLITree.isOpaqueSecret(b)
        else { return false }
        return old.maskedText(i) == new.maskedText(j)
    }

    /// Lines whose order is content: what a device that appends must lose and get so that it ends in the new order.
    private func sequence(_ a: [Int], _ b: [Int]) -> [TreeDelta] {
        if old.dialect.settings["insert"] != nil { return path(a, b) }
        if let rule = (a.first.flatMap { old.rule($0) } ?? b.first.flatMap { new.rule($0) }), rule.ordersMixedOnly,
            !isMixed(old, a), !isMixed(new, b)
        {
            return unordered(a, b)
        }
        var deltas: [TreeDelta] = []
        var kept = 0
        for i in a {
            let matches =
                kept < b.count && key(old, i) == key(new, b[kept])
                && (old.nodes[i].own == new.nodes[b[kept]].own || old.nodes[i].firstChild >= 0)
            guard matches else {
                deltas.append(TreeDelta(kind: .removed, old: i))
                continue
            }
            if let delta = pair(i, b[kept]) { deltas.append(delta) }
            kept += 1
        }
        if !deltas.isEmpty, let rule = old.rule(a[0]), rule.isWhole {
            // One command takes the list, so all of it is set again.
            return [TreeDelta(kind: .removed, old: a[0])] + b.map { TreeDelta(kind: .added, new: $0) }
        }
        for j in b[kept...] { deltas.append(TreeDelta(kind: .added, new: j)) }
        return deltas
    }

    /// True for a list with both entries that permit and entries that deny.
    private func isMixed(_ tree: CLITree, _ nodes: [Int]) -> Bool {
        var actions: Set<String> = []
        for node in nodes {
            let words = CLIWords.strings(tree.text(node))
            if let action = words.first(where: { $0 == "permit" || $0 == "deny" }) { actions.insert(action) }
        }
        return actions.count > 1
    }

    /// Lines that stand in an order that says nothing.
    private func unordered(_ a: [Int], _ b: [Int]) -> [TreeDelta] {
        var wanted = Set(b.map { key(new, $0) })
        var held: Set<UInt64> = []
        var deltas: [TreeDelta] = []
        for i in a where held.insert(key(old, i)).inserted && !wanted.contains(key(old, i)) {
            deltas.append(TreeDelta(kind: .removed, old: i))
        }
        for j in b where wanted.remove(key(new, j)) != nil && !held.contains(key(new, j)) {
            deltas.append(TreeDelta(kind: .added, new: j))
        }
        return deltas
    }

    /// Where the device can insert: what is new, gone, or stands elsewhere relative to what stays.
    private func path(_ a: [Int], _ b: [Int]) -> [TreeDelta] {
        var places: [UInt64: Int] = [:]
        for i in a where places[key(old, i)] == nil { places[key(old, i)] = i }
        var order: [Int: Int] = [:]
        for (offset, i) in a.enumerated() { order[i] = offset }
        let partners = b.map { places[key(new, $0)] }
        let fixed = Set(CommonSubsequence.increasing(partners.compactMap { $0.flatMap { order[$0] } }))
        var deltas: [TreeDelta] = []
        let stay = Set(partners.compactMap { $0 })
        for i in a where !stay.contains(i) { deltas.append(TreeDelta(kind: .removed, old: i)) }
        for (offset, j) in b.enumerated() {
            guard let i = partners[offset], let place = order[i] else {
                deltas.append(TreeDelta(kind: .added, new: j))
                continue
            }
            if let delta = pair(i, j) { deltas.append(delta) }
            if !fixed.contains(place) { deltas.append(TreeDelta(kind: .moved, old: i, new: j)) }
        }
        return deltas
    }

    // MARK: Entries with sequence numbers

    private static let denial = TextHash.of("deny")

    private func entries(_ tree: CLITree, _ section: Int, isIntended: Bool = false) -> [NumberedEntry] {
        let marker = tree.rule(section)?.numberWord.map { TextHash.of($0) }
        let known = isIntended ? [:] : numbers.known
        var result: [NumberedEntry] = []
        var last = 0
        for node in tree.children(section) where tree.has(node, .filters) && !isAbsent(node) {
            if tree.nodes[node].flags.contains(.negative) { continue }
            let (shown, text, isDenial) = Self.numberAndText(tree, node, marker)
            last = shown ?? known[node] ?? last + 10
            result.append(
                NumberedEntry(node: node, number: last, isShown: shown != nil, text: text, isDenial: isDenial))
        }
        return result
    }

    /// The number an entry shows, a hash of what stands behind it, and whether that denies. Not a method: the closure would
    /// hold both trees.
    private static func numberAndText(
        _ tree: CLITree, _ node: Int, _ marker: UInt64?
    ) -> (shown: Int?, text: UInt64, isDenial: Bool) {
        tree.withWords(of: node) { words, _, bytes in
            let place = words.count > 1 && words[0].hash == marker ? 1 : 0
            let word = words[place]
            guard word.isNumber else {
                return (nil, words.reduce(1) { TextHash.mix($0, $1.hash) }, words[0].hash == denial)
            }
            // At most ten digits.
            let shown = bytes[Int(word.start)..<Int(word.end)].reduce(0) { $0 * 10 + Int($1 & 15) }
            let text = words[(place + 1)...].reduce(1) { TextHash.mix($0, $1.hash) }
            return (shown, text, words[min(place + 1, words.count - 1)].hash == denial)
        }
    }

    private func showsNoNumber(_ tree: CLITree, _ section: Int) -> Bool {
        tree.children(section).contains { node in
            let value = tree.nodes[node]
            return value.flags.isDisjoint(with: .negative) && tree.has(node, .filters)
                && !tree.dialect.shapes[Int(value.variant)].hasNumber
        }
    }

    /// Differences of a list of entries when one side does not show numbers; nil when both do, or it is no such list.
    private func numbered(_ a: Int, _ b: Int) -> [TreeDelta]? {
        guard new.nodes[b].rule >= 0 ? new.has(b, .isNumbered) : old.has(a, .isNumbered) else {
            return nil
        }
        guard showsNoNumber(old, a) || showsNoNumber(new, b) else { return nil }
        let (before, after) = (entries(old, a), entries(new, b, isIntended: true))
        guard before.contains(where: { !$0.isShown }) || after.contains(where: { !$0.isShown }) else { return nil }
        var result = NumberedEntry.deltas(before, after, numbers)
        // Settings among the entries are compared as anywhere.
        let (left, right) = (Set(before.map(\.node)), Set(after.map(\.node)))
        var settings: [UInt64: Int] = [:]
        for node in old.children(a) where !left.contains(node) && counts(old, node) { settings[key(old, node)] = node }
        for node in new.children(b) where !right.contains(node) && counts(new, node) {
            if let known = settings.removeValue(forKey: key(new, node)) {
                if let delta = pair(known, node) { result.append(delta) }
            } else {
                result.append(TreeDelta(kind: .added, new: node))
            }
        }
        for node in settings.values.sorted() { result.append(TreeDelta(kind: .removed, old: node)) }
        return result
    }
}
