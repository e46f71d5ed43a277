import Diagnostics

/// Cuts a difference into steps and puts them in an order that respects references.
struct StepPlanner {
    let old: CLITree
    let new: CLITree
    let secrets: CLISecretDisplay
    private(set) var steps: [CLIRemediation.Step] = []
    private(set) var deltas: [TreeDelta] = []
    private(set) var findings = Findings()
    private(set) var backoutIsComplete = true
    private let numbers = EntryNumbers()
    private var forward: CommandWriter
    private var backward: CommandWriter

    /// One section, list or family of flat lines, with what differs in it.
    struct Unit {
        var title: String
        var forward: [TreeDelta] = []
        var backward: [TreeDelta] = []
        var weight = 0
        /// Position in the intended order; removals come last.
        var position = 0
        var references = UnitReferences()
        /// The differences are others than those that `references` was made from.
        var hasMoreReferences = true

        var isRemovalOnly: Bool { forward.allSatisfy { $0.kind == .removed } }
    }

    init(old: CLITree, new: CLITree, secrets: CLISecretDisplay) {
        (self.old, self.new, self.secrets) = (old, new, secrets)
        forward = CommandWriter(old: old, new: new, secrets: secrets)
        backward = CommandWriter(old: new, new: old, secrets: secrets)
    }

    mutating func plan() {
        deltas = TreeDelta.between(old, 0, new, 0, numbers: numbers)
        guard !deltas.isEmpty else { return }
        switch new.dialect.syntax {
        case .paths: return planPaths()
        case .menus: return planMenus()
        case .indented: break
        }
        var units = gather()
        for index in units.indices where units[index].hasMoreReferences {
            units[index].references.formUnion(UnitReferences(units[index].forward, old, new))
        }
        var order = UnitOrder(units: units, old: old, new: new)
        let sorted = order.sorted()
        findings.add(contentsOf: order.findings)
        for unit in sorted { write(unit) }
        reportUnknown()
        reportTwoCommits()
    }

    /// One step for each top-level word: the device takes all of them in one commit.
    private mutating func planPaths() {
        var backward: [UInt64: [TreeDelta]] = [:]
        for delta in TreeDelta.between(new, 0, old, 0) {
            let key = delta.new >= 0 ? old.nodes[delta.new].key : new.nodes[delta.old].key
            backward[key, default: []].append(delta)
        }
        for delta in deltas {
            let (tree, node) = delta.new >= 0 ? (new, delta.new) : (old, delta.old)
            var forward = PathWriter(old: old, new: new, secrets: secrets)
            forward.write([delta])
            var back = PathWriter(old: new, new: old, secrets: secrets)
            back.write(backward[tree.nodes[node].key] ?? [])
            let (there, backThere) = (forward.commands, back.commands)
            for command in there where command.lacksSecret { reportSecret(command) }
            for command in backThere where command.lacksSecret { reportSecret(command) }
            if there.isEmpty { continue }
            steps.append(CLIRemediation.Step(title: tree.text(node), forward: there, backout: backThere))
        }
    }

    /// What is new or changes, menu by menu as an export has them; then what goes, in the opposite order.
    private mutating func planMenus() {
        var backward: [UInt64: TreeDelta] = [:]
        for delta in TreeDelta.between(new, 0, old, 0) {
            backward[delta.new >= 0 ? old.nodes[delta.new].key : new.nodes[delta.old].key] = delta
        }
        var going: [CLIRemediation.Step] = []
        func place(_ delta: TreeDelta) -> Int { delta.new >= 0 ? delta.new : delta.old }
        for delta in deltas.sorted(by: { place($0) < place($1) }) {
            let (tree, node) = delta.new >= 0 ? (new, delta.new) : (old, delta.old)
            guard let back = backward[tree.nodes[node].key] else { continue }
            var (forward, undo) = (
                MenuWriter(old: old, new: new, secrets: secrets), MenuWriter(old: new, new: old, secrets: secrets)
            )
            let (items, backItems) = (MenuWriter.items(delta, old, new), MenuWriter.items(back, new, old))
            if tree.dialect.orderedMenus.contains(tree.text(node)) {
                forward.writeOrdered(items, oldMenu: delta.old, newMenu: delta.new)
                undo.writeOrdered(backItems, oldMenu: back.old, newMenu: back.new)
                if let step = step(tree.text(node), forward, undo) { steps.append(step) }
                continue
            }
            forward.write(items.filter { $0.kind != .removed })
            undo.write(backItems.filter { $0.kind != .added })
            if let step = step(tree.text(node), forward, undo) { steps.append(step) }
            (forward, undo) = (
                MenuWriter(old: old, new: new, secrets: secrets), MenuWriter(old: new, new: old, secrets: secrets)
            )
            forward.write(items.filter { $0.kind == .removed }.reversed())
            undo.write(backItems.filter { $0.kind == .added })
            if let step = step(tree.text(node), forward, undo) { going.append(step) }
        }
        steps += going.reversed()
        reportUnknown()
    }

    private mutating func step(_ title: String, _ forward: MenuWriter, _ undo: MenuWriter) -> CLIRemediation.Step? {
        for node in forward.impossible + undo.impossible { reportImpossible(node, title) }
        for command in forward.commands + undo.commands where command.lacksSecret { reportSecret(command) }
        guard !forward.commands.isEmpty else { return nil }
        return CLIRemediation.Step(title: title, forward: forward.commands, backout: undo.commands)
    }

    // MARK: Units

    private func gather() -> [Unit] {
        var units: [Unit] = []
        var byIdentity = KeyTable(capacity: deltas.count)
        // Of a family nobody knows, a header may hold lines on one side only: either side makes it a section.
        func unit(_ first: CLITree, _ node: Int, _ second: CLITree, _ other: Int, isGoing: Bool) -> Int {
            let isFirst =
                node >= 0 && (other < 0 || first.nodes[node].firstChild >= 0 || second.nodes[other].firstChild < 0)
            return isFirst ? unit(first, node, isGoing: isGoing) : unit(second, other, isGoing: isGoing)
        }
        func unit(_ tree: CLITree, _ node: Int, isGoing: Bool) -> Int {
            var identity = self.identity(tree, node)
            // What others rest on (features) comes first, and goes last.
            if isGoing, isFoundation(tree, node) { identity = TextHash.mix(identity, 23) }
            if let known = byIdentity.insert(identity, units.count) { return known }
            units.append(
                Unit(title: title(tree, node), weight: tree.rule(node)?.weight ?? 0, position: units.count))
            return units.count - 1
        }
        let carried = Set(
            deltas.filter { delta in
                delta.kind != .inside
                    && (delta.new >= 0 ? new.has(delta.new, .carries) : old.has(delta.old, .carries))
            }.compactMap { rule($0)?.carries })
        func shared(_ delta: TreeDelta, _ tree: CLITree, _ other: CLITree) -> Int? {
            if carried.isEmpty { return nil }
            let rule = delta.new >= 0 ? tree.rule(delta.new) : other.rule(delta.old)
            guard let foundation = rule?.carries ?? rule?.restsOn, carried.contains(foundation) else { return nil }
            let identity = TextHash.of(foundation)
            if let known = byIdentity.insert(identity, units.count) { return known }
            let (holder, node) = delta.new >= 0 ? (tree, delta.new) : (other, delta.old)
            units.append(Unit(title: title(holder, node), weight: rule?.weight ?? 0, position: units.count))
            return units.count - 1
        }
        for delta in renewing(carried, releasing(deltas, old, new), old, new) {
            let index =
                shared(delta, new, old) ?? unit(new, delta.new, old, delta.old, isGoing: delta.kind == .removed)
            units[index].forward.append(delta)
        }
        let back = EntryNumbers()
        back.known = numbers.assigned
        let way = releasing(TreeDelta.between(new, 0, old, 0, numbers: back), new, old)
        for delta in renewing(carried, way, new, old) {
            let index =
                shared(delta, old, new) ?? unit(old, delta.new, new, delta.old, isGoing: delta.kind == .added)
            units[index].backward.append(delta)
        }
        makeAnewWhatIsFixed(&units)
        for index in units.indices {
            // What a command takes along and sets again (an address with its VLAN) was held, and is let go.
            units[index].references = UnitReferences(units[index].forward, old, new)
            units[index].hasMoreReferences = forward.settle(&units[index].forward)
            backward.settle(&units[index].backward)
        }
        let late = late(&units)
        return units + late
    }

    func rule(_ delta: TreeDelta) -> CommandRule? {
        delta.new >= 0 ? new.rule(delta.new) : old.rule(delta.old)
    }

    /// True for flat lines that are set before others of their level and are told apart by all of their words: names,
    /// since the negation of a longer line may take a new one along.
    private func isFoundation(_ tree: CLITree, _ node: Int) -> Bool {
        let value = tree.nodes[node]
        guard value.rule >= 0, value.firstChild < 0, value.flags.isDisjoint(with: [.section, .negative, .ordered])
        else {
            return false
        }
        return tree.has(node, .identified) && !tree.has(node, .hasList)
            && tree.dialect.weights[Int(value.rule)] < 0
            && !tree.dialect.variants[Int(value.variant)].elements.contains(.restKey)
    }

    /// A section stands for itself; flat lines go by list, else by family.
    private func identity(_ tree: CLITree, _ node: Int) -> UInt64 {
        let value = tree.nodes[node]
        if let list = tree.listHash(node) { return TextHash.mix(list, 11) }
        if value.flags.contains(.section) || value.firstChild >= 0 {
            return TextHash.mix(value.key, 13)
        }
        if value.rule >= 0 { return TextHash.mix(UInt64(value.rule), 17) }
        return tree.withWords(of: node) { words, first, _ in TextHash.mix(words[first].hash, 19) }
    }

    /// What a unit is called, by the line that stands for it.
    private func title(_ tree: CLITree, _ node: Int) -> String {
        if let list = tree.listTitle(node) { return list }
        let value = tree.nodes[node]
        if value.flags.contains(.section) || value.firstChild >= 0 { return tree.text(node) }
        if let rule = tree.rule(node) { return Self.title(rule.pattern) }
        return tree.withWords(of: node) { words, first, bytes in
            let word = words[first]
            let text = UnsafeRawBufferPointer(rebasing: bytes[Int(word.start)..<Int(word.end)])
            return String(decoding: text, as: UTF8.self)
        }
    }

    private static func title(_ pattern: String) -> String {
        CLIWords.strings(pattern).prefix { !["*", "?", "#", "@", "~", "**"].contains($0) }.joined(separator: " ")
    }

    // MARK: Writing

    private mutating func write(_ unit: Unit) {
        forward.commands.reserveCapacity(unit.forward.reduce(0) { $0 + $1.children.count + 2 })
        forward.write(unit.forward, path: [])
        let (there, stuck) = forward.take()
        guard !there.isEmpty else { return }
        backward.commands.reserveCapacity(unit.backward.reduce(0) { $0 + $1.children.count + 2 })
        backward.write(unit.backward, path: [])
        let (back, stuckBack) = backward.take()
        for node in stuckBack + stuck { reportImpossible(node, unit.title) }
        if case .masked = secrets {
            for command in back where command.lacksSecret { reportSecret(command) }
            for command in there where command.lacksSecret { reportSecret(command) }
        }
        steps.append(CLIRemediation.Step(title: unit.title, forward: there, backout: back))
    }

    private mutating func reportSecret(_ command: CLICommand) {
        backoutIsComplete = false
        findings.add(
            Finding(
                .warning, code: "cli.secret-only-on-device",
                what:
                    "`\((command.path + [command.text]).joined(separator: " / "))` has to be sent, and only the device "
                    + "knows its secret", at: SourcePosition(file: old.file),
                remedy: "supply it with secret(…) in the contract, or accept an incomplete backout there"))
    }

    private mutating func reportImpossible(_ node: Int, _ title: String) {
        backoutIsComplete = false
        findings.add(
            Finding(
                .warning, code: "cli.no-undo", what: "a line of `\(title)` has no command that takes it back",
                at: SourcePosition(file: old.file), remedy: "take it back by hand, or leave it as it is"))
    }

    /// Lines that a device changes only while what they take along is gone, which one commit does not show it.
    private mutating func reportTwoCommits() {
        guard new.dialect.settings["commit"] == "candidate" else { return }
        for section in deltas where section.kind == .inside {
            for delta in section.children {
                guard let rule = rule(delta), rule.marks.contains("bare-change") else { continue }
                let starts = rule.drops.map { $0.prefix.joined(separator: " ") }
                func isTaken(_ tree: CLITree, _ node: Int) -> Bool {
                    tree.nodes[node].flags.isDisjoint(with: .negative)
                        && starts.contains { tree.text(node).hasPrefix($0) }
                }
                let wanted = Set(new.children(section.new).filter { isTaken(new, $0) }.map { new.nodes[$0].own })
                guard
                    old.children(section.old).contains(where: { isTaken(old, $0) && wanted.contains(old.nodes[$0].own) }
                    )
                else { continue }
                let (tree, node) = delta.new >= 0 ? (new, delta.new) : (old, delta.old)
                findings.add(
                    Finding(
                        .warning, code: "cli.two-commits",
                        what:
                            "`\(new.text(section.new))` changes its `\(tree.text(node))` and keeps addresses: the device "
                            + "refuses that in one commit", at: tree.nodes[node].line >= 0 ? tree.position(node) : nil,
                        remedy:
                            "take the addresses away in a commit of its own first (`no \(starts.joined(separator: "`, `no "))`)"
                    ))
            }
        }
    }

    /// Lines that change although no rule says what they do.
    private mutating func reportUnknown() {
        var lines: [(CLITree, Int)] = []
        func walk(_ deltas: [TreeDelta]) {
            for delta in deltas {
                if delta.kind != .removed, delta.kind != .inside, new.nodes[delta.new].flags.contains(.unknown) {
                    lines.append((new, delta.new))
                }
                if delta.kind == .removed, old.nodes[delta.old].flags.contains(.unknown) {
                    lines.append((old, delta.old))
                }
                walk(delta.children)
            }
        }
        walk(deltas)
        for (tree, node) in lines.prefix(50) {
            findings.add(
                Finding(
                    .warning, code: "cli.unknown-line",
                    what: "`\(tree.maskedText(node))` changes, and no rule of the dialect \(tree.dialect.name) fits it",
                    at: tree.nodes[node].line >= 0 ? tree.position(node) : nil,
                    remedy: "check by hand that it does what it says and is taken back by `\(tree.dialect.negation)`"))
        }
        if lines.count > 50 {
            findings.add(
                Finding(
                    .warning, code: "cli.unknown-line",
                    what: "\(lines.count - 50) more lines of unknown families change",
                    remedy: "extend the dialect \(new.dialect.name)"))
        }
    }
}
