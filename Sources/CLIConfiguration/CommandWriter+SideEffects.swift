/// What a command takes along, and what has to go before another command may be typed.
extension CommandWriter {
    /// Differences with their side effects: see `withDrops`; section by section from the top.
    func settled(_ deltas: [TreeDelta]) -> [TreeDelta] { deltas.map { settled($0, []) } }

    func settled(_ deltas: [TreeDelta], _ sections: (old: Int, new: Int), _ path: [String]) -> [TreeDelta] {
        var result = withDrops(deltas, sections)
        if result.contains(where: { $0.kind == .removed && old.has($0.old, .isOnUnless) }) {
            result.removeAll { holdsAnyway($0, path) }
        }
        for index in result.indices where !result[index].children.isEmpty {
            result[index] = settled(result[index], path)
        }
        return result
    }

    private func settled(_ delta: TreeDelta, _ path: [String]) -> TreeDelta {
        guard !delta.children.isEmpty else { return delta }
        var copy = delta
        copy.children = settled(delta.children, (delta.old, delta.new), path + [new.text(delta.new)])
        return copy
    }

    /// Lines of subsections that a changed line of the section would no longer let anybody take back (what only external
    /// neighbours may have, when one becomes internal): their removal, and everything else.
    func earlyRemovals(_ deltas: [TreeDelta]) -> (first: [TreeDelta], rest: [TreeDelta]) {
        guard deltas.contains(where: { $0.kind != .removed && new.has($0.new, .isSession) }) else {
            return ([], deltas)
        }
        var (first, rest) = ([TreeDelta](), [TreeDelta]())
        for delta in deltas {
            let early = delta.children.filter { $0.kind == .removed && old.has($0.old, .goesEarly) }
            guard delta.kind == .inside, !early.isEmpty else {
                rest.append(delta)
                continue
            }
            var (before, after) = (delta, delta)
            before.children = early
            let taken = Set(early.map(\.old))
            after.children = delta.children.filter { $0.kind != .removed || !taken.contains($0.old) }
            first.append(before)
            if !after.children.isEmpty { rest.append(after) }
        }
        return (first, rest)
    }

    /// Leaves out what goes along with a removed line, and sets again what a command takes away but shall stay.
    private func withDrops(_ deltas: [TreeDelta], _ sections: (old: Int, new: Int)) -> [TreeDelta] {
        // Asked of every section; few rules drop anything.
        guard deltas.contains(where: { $0.kind != .inside && hasDrops($0) }) else { return deltas }
        var result = deltas
        var (known, sure) = ([UInt64: Int](), [UInt64: Int]())
        for _ in 0..<3 {
            let causes = dropCauses(result, sections)
            guard causes.contains(where: { known[$0.key] == nil }) else { return result }
            known.merge(causes) { first, _ in first }
            sure.merge(dropCauses(result, sections, isUncertain: false)) { first, _ in first }
            var (absent, gone) = (Set<Int>(), Set<Int>())
            gather(sections.old, known, into: &absent)
            guard !absent.isEmpty else { return result }
            gather(sections.old, sure, into: &gone)
            // What a command may leave behind is taken back by itself.
            result = differences(sections, absent: absent.subtracting(removed(deltas).subtracting(gone)))
        }
        return result
    }

    /// Positive lines that go, in the section and below.
    private func removed(_ deltas: [TreeDelta]) -> Set<Int> {
        var nodes: Set<Int> = []
        for delta in deltas {
            if delta.kind == .removed, old.nodes[delta.old].flags.isDisjoint(with: .negative) {
                nodes.insert(delta.old)
            }
            nodes.formUnion(removed(delta.children))
        }
        return nodes
    }

    /// The rule of the new line, or of the removed one.
    func ruleNumber(_ delta: TreeDelta) -> Int? {
        let number = delta.new >= 0 ? new.nodes[delta.new].rule : old.nodes[delta.old].rule
        return number >= 0 ? Int(number) : nil
    }

    private func hasDrops(_ delta: TreeDelta) -> Bool {
        delta.new >= 0 ? new.has(delta.new, .hasDrops) : old.has(delta.old, .hasDrops)
    }

    private func triggered(_ delta: TreeDelta) -> [CommandRule.Drop] {
        guard delta.kind != .inside, hasDrops(delta), let number = ruleNumber(delta) else { return [] }
        let rule = dialect.rules[number]
        return rule.drops.filter { drop in
            switch drop.trigger {
            case .both: true
            case .set: delta.kind != .removed
            case .remove: delta.kind == .removed || rule.renews && delta.kind == .changed
            }
        }
    }

    /// Words that start the lines which go, with the old node whose removal takes them: of several the one that is set
    /// up first.
    private func dropCauses(
        _ deltas: [TreeDelta], _ sections: (old: Int, new: Int), isUncertain: Bool = true
    ) -> [UInt64: Int] {
        var result: [UInt64: (node: Int, weight: Int)] = [:]
        for delta in deltas {
            let tree = delta.kind == .removed ? old : new
            let node = delta.kind == .removed ? delta.old : delta.new
            for drop in triggered(delta) where isUncertain || !drop.isUncertain {
                let captures = tree.captures(node)
                if !drop.unless.isEmpty, keeps(drop.unless.map { Self.fill($0, captures, "") }, sections.new) {
                    continue
                }
                if !drop.when.isEmpty, !keeps(drop.when.map { Self.fill($0, captures, "") }, sections.new) { continue }
                let weight = tree.rule(node)?.weight ?? 0
                let start = drop.prefix.map { Self.fill($0, captures, "") }
                let names =
                    drop.through.isEmpty
                    ? [""] : members(drop.through.map { Self.fill($0, captures, "") }, sections.old)
                for name in names {
                    let prefix = start.reduce(7) { TextHash.mix($0, TextHash.of($1 == "*" ? name : $1)) }
                    if let known = result[prefix], known.weight <= weight { continue }
                    result[prefix] = (delta.old, weight)
                }
            }
        }
        return result.mapValues(\.node)
    }

    /// What stands in the place of `*` in the lines of an old section that fit the words.
    private func members(_ wanted: [String], _ section: Int) -> [String] {
        guard section >= 0, let place = wanted.firstIndex(of: "*") else { return [] }
        return old.children(section).compactMap { node in
            let words = CLIWords.strings(old.text(node))
            let fits = words.count == wanted.count && zip(words, wanted).allSatisfy { $1 == "*" || $0 == $1 }
            return fits ? words[place] : nil
        }
    }

    /// True when the new section holds a line that starts with these words.
    private func keeps(_ start: [String], _ section: Int) -> Bool {
        guard section >= 0 else { return false }
        let wanted = start.map { TextHash.of($0) }
        return new.children(section).contains { node in
            new.withWords(of: node) { words, first, _ in
                first == 0 && words.count >= wanted.count && zip(words, wanted).allSatisfy { $0.hash == $1 }
            }
        }
    }

    /// Nodes of an old section, and of those below it, that start with the words of a cause other than themselves.
    private func gather(_ section: Int, _ causes: [UInt64: Int], into absent: inout Set<Int>) {
        guard section >= 0 else { return }
        for node in old.children(section) {
            let hit = old.withWords(of: node) { words, first, _ in
                var hash: UInt64 = 7
                if let cause = causes[hash], cause != node { return true }
                for word in words[first...] {
                    hash = TextHash.mix(hash, word.hash)
                    if let cause = causes[hash], cause != node { return true }
                }
                return false
            }
            if hit { absent.insert(node) }
            gather(node, causes, into: &absent)
        }
    }
}
