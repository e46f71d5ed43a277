/// Sections that have to be made anew, and what goes and comes back with them.
extension StepPlanner {
    /// What rests on a section that goes, or is made anew, goes before and comes back after, although both sides hold it.
    func renewing(
        _ carried: Set<String>, _ deltas: [TreeDelta], _ from: CLITree, _ to: CLITree
    ) -> [TreeDelta] {
        var twins: [UInt64: Int]?
        var renewed: Set<Int> = []
        var anew: [TreeDelta] = []
        for foundation in carried.sorted() {
            let goes = deltas.contains { delta in
                guard delta.old >= 0, let rule = from.rule(delta.old), rule.carries == foundation else { return false }
                return delta.kind == .removed || delta.kind == .changed && rule.renews
            }
            guard goes else { continue }
            let others = twins ?? Self.byKey(to)
            twins = others
            for node in from.children(0) where from.rule(node)?.restsOn == foundation {
                guard let twin = others[from.nodes[node].key] else { continue }
                renewed.insert(node)
                anew += [TreeDelta(kind: .removed, old: node), TreeDelta(kind: .added, new: twin)]
            }
        }
        return renewed.isEmpty ? deltas : deltas.filter { !renewed.contains($0.old) } + anew
    }

    /// The first line outside sections of each key.
    private static func byKey(_ tree: CLITree) -> [UInt64: Int] {
        var result: [UInt64: Int] = [:]
        for node in tree.children(0) where result[tree.nodes[node].key] == nil { result[tree.nodes[node].key] = node }
        return result
    }

    /// What a device does not let go while it is used (a class map in a policy) is let go there first, and taken up again
    /// after it was made anew.
    func releasing(_ deltas: [TreeDelta], _ from: CLITree, _ to: CLITree) -> [TreeDelta] {
        var held: Set<UInt64> = []
        for delta in deltas where delta.kind == .changed && to.has(delta.new, .renews) {
            held.formUnion(UnitReferences([delta], from, to).renewedDefinitions)
        }
        if held.isEmpty { return deltas }
        let others = Self.byKey(to)
        let places = Dictionary(deltas.indices.map { (deltas[$0].old, $0) }) { first, _ in first }
        var result = deltas
        for holder in from.children(0) where from.nodes[holder].firstChild >= 0 && !from.has(holder, .renews) {
            let users = from.children(holder).filter { node in
                from.has(node, .names)
                    && !UnitReferences([TreeDelta(kind: .removed, old: node)], from, to).removedUses
                        .isDisjoint(with: held)
            }
            guard !users.isEmpty, let twin = others[from.nodes[holder].key] else { continue }
            let known = places[holder]
            guard known.map({ [.inside, .changed].contains(result[$0].kind) }) ?? true else { continue }
            var delta = known.map { result[$0] } ?? TreeDelta(kind: .inside, old: holder, new: twin)
            delta.children =
                users.map { TreeDelta(kind: .removed, old: $0) }
                + TreeDelta.between(from, holder, to, twin, absent: Set(users))
            if let known { result[known] = delta } else { result.append(delta) }
        }
        return result
    }

    /// Sections that the device refuses to change (a running probe) go and come back, with the lines that start them.
    func makeAnewWhatIsFixed(_ units: inout [Unit]) {
        var (linesBefore, linesAfter) = (StartedLines(old), StartedLines(new))
        var (forward, backward) = (FlatDeltas(), FlatDeltas())
        for index in units.indices {
            guard let delta = units[index].forward.first, units[index].forward.count == 1, delta.kind == .inside,
                new.has(delta.new, .hasFixedLines), let rule = new.rule(delta.new)
            else { continue }
            let captures = new.captures(delta.new)
            let start = rule.fixedBy.map { TextHash.of(CommandWriter.fill($0, captures, "")) }
            let (before, after) = (linesBefore.starting(with: start), linesAfter.starting(with: start))
            let isMade = delta.children.contains { $0.kind != .inside }
            let there = units[index].forward + forward.take(old: before, new: after, from: units, \.forward, but: index)
            let back =
                units[index].backward + backward.take(old: after, new: before, from: units, \.backward, but: index)
            func anew(_ old: Int, _ new: Int, _ lines: [Int]) -> [TreeDelta] {
                [TreeDelta(kind: .removed, old: old), TreeDelta(kind: .added, new: new)]
                    + lines.map { TreeDelta(kind: .added, new: $0) }
            }
            units[index].forward = isMade || !before.isEmpty ? anew(delta.old, delta.new, after) : there
            units[index].backward = isMade || !after.isEmpty ? anew(delta.new, delta.old, before) : back
        }
        forward.removeTaken(from: &units, \.forward)
        backward.removeTaken(from: &units, \.backward)
    }

    /// Lines outside sections by the words that they start with; each number of words is looked up once.
    private struct StartedLines {
        private let tree: CLITree
        private var byStart: [Int: [UInt64: [Int]]] = [:]

        init(_ tree: CLITree) { self.tree = tree }

        mutating func starting(with words: [UInt64]) -> [Int] {
            let lines = byStart[words.count] ?? lines(of: words.count)
            byStart[words.count] = lines
            return lines[Self.hash(words)] ?? []
        }

        private static func hash(_ words: [UInt64]) -> UInt64 { words.reduce(31) { TextHash.mix($0, $1) } }

        private func lines(of count: Int) -> [UInt64: [Int]] {
            var result: [UInt64: [Int]] = [:]
            for node in tree.children(0) {
                let start = tree.withWords(of: node) { words, first, _ in
                    first == 0 && words.count >= count ? Self.hash(words.prefix(count).map(\.hash)) : nil
                }
                if let start { result[start, default: []].append(node) }
            }
            return result
        }
    }

    /// Where in the units the differences of flat lines stand, and which of them went to another unit.
    private struct FlatDeltas {
        private struct Place: Hashable, Comparable {
            var unit: Int
            var offset: Int
            static func < (a: Place, b: Place) -> Bool { (a.unit, a.offset) < (b.unit, b.offset) }
        }
        private var places: (old: [Int: Place], new: [Int: Place])?
        private var taken: Set<Place> = []

        /// The differences of these lines, wherever they stand but in one unit; they leave their units.
        mutating func take(
            old: [Int], new: [Int], from units: [Unit], _ list: KeyPath<Unit, [TreeDelta]>, but unit: Int
        ) -> [TreeDelta] {
            if old.isEmpty, new.isEmpty { return [] }
            let known = places ?? Self.places(units, list)
            places = known
            let found = Set(old.compactMap { known.old[$0] } + new.compactMap { known.new[$0] })
            let moving = found.filter { $0.unit != unit && !taken.contains($0) }.sorted()
            taken.formUnion(moving)
            return moving.map { units[$0.unit][keyPath: list][$0.offset] }
        }

        private static func places(_ units: [Unit], _ list: KeyPath<Unit, [TreeDelta]>) -> (
            old: [Int: Place], new: [Int: Place]
        ) {
            var (old, new): ([Int: Place], [Int: Place]) = ([:], [:])
            for (index, unit) in units.enumerated() {
                for (offset, delta) in unit[keyPath: list].enumerated() {
                    let place = Place(unit: index, offset: offset)
                    if delta.old >= 0 { old[delta.old] = place }
                    if delta.new >= 0 { new[delta.new] = place }
                }
            }
            return (old, new)
        }

        func removeTaken(from units: inout [Unit], _ list: WritableKeyPath<Unit, [TreeDelta]>) {
            var byUnit: [Int: Set<Int>] = [:]
            for place in taken { byUnit[place.unit, default: []].insert(place.offset) }
            for (index, offsets) in byUnit {
                let all = units[index][keyPath: list]
                units[index][keyPath: list] = all.indices.filter { !offsets.contains($0) }.map { all[$0] }
            }
        }
    }

    /// Lines that a device takes away some time after the command that causes it: they are set again at the very end.
    func late(_ units: inout [Unit]) -> [Unit] {
        var result: [Unit] = []
        for index in units.indices {
            for (place, delta) in units[index].forward.enumerated() where delta.kind == .inside {
                func isLate(_ child: TreeDelta) -> Bool { child.kind == .added && new.has(child.new, .comesLate) }
                func isCause(_ child: TreeDelta) -> Bool { child.kind == .removed && old.has(child.old, .hasDrops) }
                guard delta.children.contains(where: isLate), delta.children.contains(where: isCause) else { continue }
                var copy = delta
                copy.children = delta.children.filter(isLate)
                units[index].forward[place].children.removeAll(where: isLate)
                result.append(
                    Unit(title: units[index].title, forward: [copy], weight: .max, position: units.count + result.count)
                )
            }
        }
        return result
    }
}
