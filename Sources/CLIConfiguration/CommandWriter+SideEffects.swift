/// What a command takes along, and what has to go before another command may be typed.
extension CommandWriter {
    /// Gives differences their side effects (see `withDrops`), section by section from the top. True when that made others
    /// of them.
    @discardableResult
    func settle(_ deltas: inout [TreeDelta]) -> Bool {
        var didChange = false
        for index in deltas.indices where !deltas[index].children.isEmpty {
            let delta = deltas[index]
            if settle(&deltas[index].children, (delta.old, delta.new)) { didChange = true }
        }
        return didChange
    }

    /// The same for one section; without a path it is one that the new side shows.
    @discardableResult
    func settle(_ deltas: inout [TreeDelta], _ sections: (old: Int, new: Int), path: [String]? = nil) -> Bool {
        var didChange = false
        // Asked of every section; few rules drop anything, or have a default that hangs on other lines.
        if deltas.contains(where: { $0.kind != .inside && hasDrops($0) }) {
            deltas = withDrops(deltas, sections, &didChange)
        }
        if deltas.contains(where: { $0.kind == .removed && old.has($0.old, .isOnUnless) }) {
            didChange = true
            deltas = withoutDefaults(deltas, path ?? new.path(sections.new) + [new.text(sections.new)])
        }
        return settle(&deltas) || didChange
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
    private func withDrops(
        _ deltas: [TreeDelta], _ sections: (old: Int, new: Int), _ didChange: inout Bool
    ) -> [TreeDelta] {
        var result = deltas
        var (known, sure) = (KeyTable(), KeyTable())
        var isAnyUncertain = false
        var starts = Starts(sections: sections)
        for _ in 0..<3 {
            let (causes, areUncertain) = dropCauses(result, &starts)
            guard causes.contains(where: { !known.contains($0.prefix) }) else { return result }
            for cause in causes { _ = known.insert(cause.prefix, cause.node) }
            isAnyUncertain = isAnyUncertain || areUncertain
            for cause in areUncertain ? dropCauses(result, &starts, isUncertain: false).causes : causes {
                _ = sure.insert(cause.prefix, cause.node)
            }
            var absent: Set<Int> = []
            gather(sections.old, known, into: &absent)
            guard !absent.isEmpty else { return result }
            if isAnyUncertain {
                // What a command may leave behind is taken back by itself.
                var gone: Set<Int> = []
                gather(sections.old, sure, into: &gone)
                absent.subtract(removed(deltas).subtracting(gone))
            }
            result = differences(sections, absent: absent)
            didChange = true
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

    /// Calls for each effect that a difference has on other lines.
    private func forEachDrop(_ delta: TreeDelta, _ body: (CommandRule.Drop) -> Void) {
        guard delta.kind != .inside, hasDrops(delta), let number = ruleNumber(delta) else { return }
        let rule = dialect.rules[number]
        for drop in rule.drops {
            let isTriggered =
                switch drop.trigger {
                case .both: true
                case .set: delta.kind != .removed
                case .remove: delta.kind == .removed || rule.renews && delta.kind == .changed
                }
            if isTriggered { body(drop) }
        }
    }

    /// What takes lines along: a hash of the words that start them, and the old node whose removal takes them.
    private struct DropCause {
        var prefix: UInt64
        var node: Int
        var weight: Int
    }

    /// What is looked up in the two sections, made when it is asked for.
    private struct Starts {
        let sections: (old: Int, new: Int)
        private var old: LineStarts?
        private var new: LineStarts?

        init(sections: (old: Int, new: Int)) { self.sections = sections }

        mutating func contain(_ words: [String], in tree: CLITree) -> Bool {
            var starts = new ?? LineStarts(tree, sections.new)
            defer { new = starts }
            return starts.contain(words)
        }

        /// True when a line of the old section starts with these words.
        mutating func held(_ words: [String], in tree: CLITree) -> Bool {
            var starts = old ?? LineStarts(tree, sections.old)
            defer { old = starts }
            return starts.contain(words)
        }

        mutating func members(_ wanted: [String], of tree: CLITree) -> [String] {
            var starts = old ?? LineStarts(tree, sections.old)
            defer { old = starts }
            return starts.members(wanted)
        }
    }

    /// One cause for each start of lines: of several the one that is set up first. And whether any effect is uncertain.
    private func dropCauses(
        _ deltas: [TreeDelta], _ starts: inout Starts, isUncertain: Bool = true
    ) -> (causes: [DropCause], areUncertain: Bool) {
        var result: [DropCause] = []
        var areUncertain = false
        var places = KeyTable()
        for delta in deltas {
            let tree = delta.kind == .removed ? old : new
            let node = delta.kind == .removed ? delta.old : delta.new
            var captures: [String]?
            func fill(_ words: [String]) -> [String] {
                let known = captures ?? tree.captures(node)
                captures = known
                return words.map { Self.fill($0, known, "") }
            }
            forEachDrop(delta) { drop in
                if drop.isUncertain {
                    areUncertain = true
                    guard isUncertain else { return }
                }
                // What keeps the lines has to be there before and after: it is not set before this goes.
                if !drop.unless.isEmpty, starts.contain(fill(drop.unless), in: new),
                    starts.held(fill(drop.unless), in: old)
                {
                    return
                }
                if !drop.when.isEmpty, !starts.contain(fill(drop.when), in: new) { return }
                let weight = dialect.weights[Int(tree.nodes[node].rule)]
                func add(_ prefix: UInt64) {
                    let cause = DropCause(prefix: prefix, node: delta.old, weight: weight)
                    // Most sections have a few causes, which are found without a table.
                    if result.count == 8 {
                        for (place, known) in result.enumerated() { places.set(known.prefix, place) }
                    }
                    let known = result.count < 8 ? result.firstIndex { $0.prefix == prefix } : places[prefix]
                    guard let place = known else {
                        if result.count >= 8 { places.set(prefix, result.count) }
                        return result.append(cause)
                    }
                    if result[place].weight > weight { result[place] = cause }
                }
                if drop.through.isEmpty, let prefix = drop.prefixHash { return add(prefix) }
                let start = fill(drop.prefix)
                for name in drop.through.isEmpty ? [""] : starts.members(fill(drop.through), of: old) {
                    add(CommandRule.Drop.hash(of: start.map { $0 == "*" ? name : $0 }))
                }
            }
        }
        return (result, areUncertain)
    }

    /// Nodes of an old section, and of those below it, that start with the words of a cause other than themselves.
    private func gather(_ section: Int, _ causes: KeyTable, into absent: inout Set<Int>) {
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
