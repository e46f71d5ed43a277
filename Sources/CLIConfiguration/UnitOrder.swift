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
        while !stuck.isEmpty {
            // What is set again waits for its removal, whatever else is given up.
            let first =
                stuck.first { unit in
                    !freed.contains(unit) && !successions.contains { $0.second == unit && stuck.contains($0.first) }
                } ?? stuck[0]
            findings.add(
                Finding(
                    .warning, code: "cli.reference-cycle",
                    what:
                        "`\(units[first].title)` and \(stuck.count - 1) more sections refer to each other; no order of "
                        + "steps keeps every reference valid", remedy: "make the change in two engagements"))
            freed.insert(first)
            (order, stuck) = topological()
        }
        return order.map { units[$0] }
    }

    /// Parts of one unit: what it removes, then what it sets.
    private var successions: [(first: Int, second: Int)] = []

    /// Units whose needs are ignored, to break a cycle.
    private var freed: Set<Int> = []

    /// Kahn's algorithm, smallest index first; what is left over is in or behind a cycle.
    private func topological() -> (order: [Int], stuck: [Int]) {
        let edges = edges()
        var needs = [Int](repeating: 0, count: units.count)
        let firm = Dictionary(successions.map { ($0.second, $0.first) }) { first, _ in first }
        func counts(_ source: Int, _ target: Int) -> Bool { !freed.contains(target) || firm[target] == source }
        for (source, targets) in edges.enumerated() {
            for target in targets where counts(source, target) { needs[target] += 1 }
        }
        var ready = IndexHeap()
        for index in units.indices where needs[index] == 0 { ready.push(index) }
        var order: [Int] = []
        var done = [Bool](repeating: false, count: units.count)
        while let next = ready.pop() {
            order.append(next)
            done[next] = true
            for target in edges[next] where counts(next, target) {
                needs[target] -= 1
                if needs[target] == 0 { ready.push(target) }
            }
        }
        return (order, units.indices.filter { !done[$0] })
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
                copy.children = lettingGo(delta.children, old, new)
                return [copy]
            }
            guard delta.kind == .changed, let rule = old.rule(delta.old),
                !rule.claims.isEmpty || rule.renews && (rule.isSection || !rule.uses.isEmpty)
            else { return [delta] }
            return [TreeDelta(kind: .removed, old: delta.old), TreeDelta(kind: .added, new: delta.new)]
        }
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
