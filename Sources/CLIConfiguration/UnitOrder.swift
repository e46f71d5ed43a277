import Diagnostics

/// Orders units: definitions before uses, last use before removal, an address is let go before it is taken.
///
/// Within these bounds: what is set in the intended order, then removals. A unit in a cycle is split into what it
/// removes and what it sets; a cycle that stays is reported and broken at its first unit.
struct UnitOrder {
    private var units: [StepPlanner.Unit]
    private(set) var findings = Findings()

    private let old: CLITree
    private let new: CLITree

    init(units: [StepPlanner.Unit], old: CLITree, new: CLITree) {
        (self.old, self.new) = (old, new)
        self.units = units.enumerated().sorted { a, b in
            let (x, y) = (Self.rank(a.element), Self.rank(b.element))
            return x == y ? a.offset < b.offset : x < y
        }.map(\.element)
    }

    private static func rank(_ unit: StepPlanner.Unit) -> (Int, Int) {
        unit.isRemovalOnly ? (1, -unit.weight) : (0, unit.weight)
    }

    mutating func sorted() -> [StepPlanner.Unit] {
        var (order, stuck) = topological()
        if !stuck.isEmpty, split(stuck) { (order, stuck) = topological() }
        if !stuck.isEmpty {
            var cycles: [Finding] = []
            (order, _) = topological { cycles.append($0) }
            for cycle in cycles { findings.add(cycle) }
        }
        return order.map { units[$0] }
    }

    /// Parts of one unit: what it removes, then what it sets; the first right before the second.
    private var successions: [(first: Int, second: Int)] = []

    /// Kahn's algorithm, smallest index first; what is left over is in or behind a cycle.
    ///
    /// With somebody to tell it, a cycle is broken at its first unit, whose needs are given up: nothing is left over.
    private func topological(breaking report: ((Finding) -> Void)? = nil) -> (order: [Int], stuck: [Int]) {
        let edges = edges()
        var needs = [Int](repeating: 0, count: units.count)
        for targets in edges { for target in targets { needs[target] += 1 } }
        var ready = IndexHeap()
        var isTaken = needs.map { $0 == 0 }
        for index in units.indices where isTaken[index] { ready.push(index) }
        var order: [Int] = []
        var first = 0
        while true {
            while let next = ready.pop() {
                order.append(next)
                for target in edges[next] where !isTaken[target] {
                    needs[target] -= 1
                    guard needs[target] == 0 else { continue }
                    isTaken[target] = true
                    ready.push(target)
                }
            }
            guard let report, order.count < units.count else { break }
            // Never the second part of a unit: its first part is before it.
            while isTaken[first] { first += 1 }
            report(cycle(at: first, units.count - order.count - 1))
            isTaken[first] = true
            ready.push(first)
        }
        return (order, units.indices.filter { !isTaken[$0] })
    }

    private func cycle(at unit: Int, _ others: Int) -> Finding {
        Finding(
            .warning, code: "cli.reference-cycle",
            what: "`\(units[unit].title)` and \(others) more sections refer to each other; no order of "
                + "steps keeps every reference valid", remedy: "make the change in two engagements")
    }

    /// For each unit those that must come after it.
    private func edges() -> [[Int]] {
        var result = [Set<Int>](repeating: [], count: units.count)
        func connect(_ first: (UnitReferences) -> Set<UInt64>, _ then: (UnitReferences) -> Set<UInt64>) {
            var holders: [UInt64: [Int]] = [:]
            for (index, unit) in units.enumerated() {
                for name in then(unit.references) { holders[name, default: []].append(index) }
            }
            guard !holders.isEmpty else { return }
            for (index, unit) in units.enumerated() {
                for name in first(unit.references) {
                    for holder in holders[name] ?? [] where holder != index { result[index].insert(holder) }
                }
            }
        }
        connect({ $0.addedDefinitions }, { $0.addedUses })
        connect(
            { $0.removedUses },
            { $0.removedDefinitions.subtracting($0.addedDefinitions.subtracting($0.renewedDefinitions)) })
        connect({ $0.removedClaims }, { $0.addedClaims })
        for (first, second) in successions { result[first].insert(second) }
        return result.map { $0.sorted() }
    }

    /// Splits the stuck units that both remove and set; false when there is none.
    private mutating func split(_ stuck: [Int]) -> Bool {
        var result: [StepPlanner.Unit] = []
        var didSplit = false
        let stuck = Set(stuck)
        for (index, unit) in units.enumerated() {
            let (forward, backward) = (Self.lettingGo(unit.forward, old, new), Self.lettingGo(unit.backward, new, old))
            let removal = Self.only(forward, [.removed])
            let set = Self.only(forward, [.added, .changed])
            guard stuck.contains(index), !removal.isEmpty, !set.isEmpty else {
                result.append(unit)
                continue
            }
            didSplit = true
            var first = unit
            first.forward = removal
            first.backward = Self.only(backward, [.added])
            first.references.addedDefinitions = []
            first.references.addedUses = []
            first.references.addedClaims = []
            var second = unit
            second.forward = set
            second.backward = Self.only(backward, [.removed, .changed])
            second.references.removedDefinitions = []
            second.references.removedUses = []
            second.references.removedClaims = []
            successions.append((result.count, result.count + 1))
            result += [first, second]
        }
        units = result
        return didSplit
    }

    /// What holds a claim (an address), or has to go before it comes back, does so in two steps: others may come between.
    private static func lettingGo(_ deltas: [TreeDelta], _ old: CLITree, _ new: CLITree) -> [TreeDelta] {
        deltas.flatMap { delta -> [TreeDelta] in
            if delta.kind == .inside {
                var copy = delta
                copy.children = lost(delta, old, new) + lettingGo(delta.children, old, new)
                return [copy]
            }
            guard delta.kind == .changed, let rule = old.rule(delta.old),
                claimsMore(delta, old, new) || rule.renews && (rule.isSection || !rule.uses.isEmpty)
            else { return [delta] }
            return [TreeDelta(kind: .removed, old: delta.old), TreeDelta(kind: .added, new: delta.new)]
        }
    }

    /// Lines of a section that claim something and are set again, since another command may take them along: they go for sure.
    private static func lost(_ section: TreeDelta, _ old: CLITree, _ new: CLITree) -> [TreeDelta] {
        var claims: [UInt64: Int] = [:]
        for child in section.children where child.kind == .added && new.has(child.new, .names) {
            guard let rule = new.rule(child.new), rule.claims.contains(where: { !$0.isLocal }) else { continue }
            claims[new.nodes[child.new].key] = child.new
        }
        guard !claims.isEmpty, section.old >= 0 else { return [] }
        return old.children(section.old).compactMap { node in
            guard let twin = claims[old.nodes[node].key], old.nodes[node].flags.isDisjoint(with: .negative),
                old.nodes[node].own != new.nodes[twin].own
            else { return nil }
            return TreeDelta(kind: .removed, old: node)
        }
    }

    /// True for a line that gives up a claim for another: one that keeps it changes in place.
    private static func claimsMore(_ delta: TreeDelta, _ old: CLITree, _ new: CLITree) -> Bool {
        let references = UnitReferences([delta], old, new)
        return references.removedClaims != references.addedClaims
    }

    private static func only(_ deltas: [TreeDelta], _ kinds: Set<TreeDelta.Kind>) -> [TreeDelta] {
        deltas.compactMap { delta in
            guard delta.kind == .inside else { return kinds.contains(delta.kind) ? delta : nil }
            var copy = delta
            copy.children = only(delta.children, kinds)
            return copy.children.isEmpty ? nil : copy
        }
    }
}

/// A small binary heap of indices, smallest first.
private struct IndexHeap {
    private var items: [Int] = []

    mutating func push(_ item: Int) {
        items.append(item)
        var child = items.count - 1
        while child > 0, items[(child - 1) / 2] > items[child] {
            items.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func pop() -> Int? {
        guard let first = items.first else { return nil }
        items[0] = items[items.count - 1]
        items.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < items.count && items[child] < items[least] {
                least = child
            }
            if least == parent { return first }
            items.swapAt(parent, least)
            parent = least
        }
    }
}
