/// Sections that have to be made anew, and what goes and comes back with them.
extension StepPlanner {
    /// What rests on a section that goes, or is made anew, goes before and comes back after, although both sides hold it.
    func renewing(
        _ carried: Set<String>, _ deltas: [TreeDelta], _ from: CLITree, _ to: CLITree
    ) -> [TreeDelta] {
        var result = deltas
        for foundation in carried.sorted() {
            let goes = deltas.contains { delta in
                guard delta.old >= 0, let rule = from.rule(delta.old), rule.carries == foundation else { return false }
                return delta.kind == .removed || delta.kind == .changed && rule.renews
            }
            guard goes else { continue }
            for node in from.children(0) where from.rule(node)?.restsOn == foundation {
                guard let twin = to.children(0).first(where: { to.nodes[$0].key == from.nodes[node].key }) else {
                    continue
                }
                result.removeAll { $0.old == node }
                result += [TreeDelta(kind: .removed, old: node), TreeDelta(kind: .added, new: twin)]
            }
        }
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
        var result = deltas
        for holder in from.children(0) where from.nodes[holder].firstChild >= 0 && !from.has(holder, .renews) {
            let users = from.children(holder).filter { node in
                from.has(node, .names)
                    && !UnitReferences([TreeDelta(kind: .removed, old: node)], from, to).removedUses
                        .isDisjoint(with: held)
            }
            guard !users.isEmpty,
                let twin = to.children(0).first(where: { to.nodes[$0].key == from.nodes[holder].key })
            else { continue }
            let known = result.firstIndex { $0.old == holder }
            guard known.map({ [.inside, .changed].contains(result[$0].kind) }) ?? true else { continue }
            var delta = known.map { result[$0] } ?? TreeDelta(kind: .inside, old: holder, new: twin)
            delta.children =
                users.map { TreeDelta(kind: .removed, old: $0) }
                + TreeDelta.between(from, holder, to, twin, absent: Set(users))
            if let known { result[known] = delta } else { result.append(delta) }
        }
        return result
    }

    /// A section that the device refuses to change (a running probe) goes and comes back, with the lines that start it.
    func makeAnewWhatIsFixed(_ index: Int, _ units: inout [Unit]) {
        guard let delta = units[index].forward.first, units[index].forward.count == 1, delta.kind == .inside,
            new.has(delta.new, .hasFixedLines), let rule = new.rule(delta.new)
        else { return }
        let captures = new.captures(delta.new)
        let start = rule.fixedBy.map { TextHash.of(CommandWriter.fill($0, captures, "")) }
        let (before, after) = (Self.lines(old, start), Self.lines(new, start))
        func isOfLines(_ delta: TreeDelta, _ from: [Int], _ to: [Int]) -> Bool {
            from.contains(delta.old) || to.contains(delta.new)
        }
        let isMade = delta.children.contains { $0.kind != .inside }
        var (there, back) = (units[index].forward, units[index].backward)
        for other in units.indices where other != index {
            there += units[other].forward.filter { isOfLines($0, before, after) }
            back += units[other].backward.filter { isOfLines($0, after, before) }
            units[other].forward.removeAll { isOfLines($0, before, after) }
            units[other].backward.removeAll { isOfLines($0, after, before) }
        }
        func anew(_ old: Int, _ new: Int, _ lines: [Int]) -> [TreeDelta] {
            [TreeDelta(kind: .removed, old: old), TreeDelta(kind: .added, new: new)]
                + lines.map { TreeDelta(kind: .added, new: $0) }
        }
        units[index].forward = isMade || !before.isEmpty ? anew(delta.old, delta.new, after) : there
        units[index].backward = isMade || !after.isEmpty ? anew(delta.new, delta.old, before) : back
    }

    /// Lines outside sections that start with these words.
    private static func lines(_ tree: CLITree, _ start: [UInt64]) -> [Int] {
        tree.children(0).filter { node in
            tree.withWords(of: node) { words, first, _ in
                first == 0 && words.count >= start.count && zip(words, start).allSatisfy { $0.hash == $1 }
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
