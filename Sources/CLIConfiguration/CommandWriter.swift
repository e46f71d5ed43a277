/// Turns differences into the commands that make them, section by section.
struct CommandWriter {
    let old: CLITree
    let new: CLITree
    let secrets: CLISecretDisplay
    var commands: [CLICommand] = []
    /// Lines of the old tree that cannot be taken back.
    private var impossible: [Int] = []

    /// Keys of such sections outside others, once somebody asked.
    private var hollow: Set<UInt64>?

    var dialect: CLIDialect { new.dialect }

    init(old: CLITree, new: CLITree, secrets: CLISecretDisplay) {
        (self.old, self.new, self.secrets) = (old, new, secrets)
    }

    /// What was written, and the old lines that cannot be taken back; then begins anew.
    mutating func take() -> (commands: [CLICommand], impossible: [Int]) {
        defer { (commands, impossible) = ([], []) }
        return (commands, impossible)
    }

    /// Writes the differences of one section, side effects settled.
    mutating func write(_ deltas: [TreeDelta], path: [String]) {
        let free = lettingGoOfClaims(lettingGoOfTwins(lettingGoFirst(deltas)))
        for operation in inOrder(free) { write(operation, path: path) }
    }

    /// What bars other lines of the section while it stands (a neighbour in its group) goes before all of them.
    private func lettingGoFirst(_ deltas: [TreeDelta]) -> [TreeDelta] {
        func isBar(_ delta: TreeDelta) -> Bool {
            delta.kind == .changed && new.has(delta.new, .renews)
                && new.rule(delta.new)?.marks.contains("leave-first") ?? false
        }
        guard deltas.contains(where: isBar) else { return deltas }
        return deltas.flatMap { delta in
            isBar(delta)
                ? [TreeDelta(kind: .removed, old: delta.old), TreeDelta(kind: .added, new: delta.new)] : [delta]
        }
    }

    /// A list refuses an entry that stands under another number: the old one goes before.
    private func lettingGoOfTwins(_ deltas: [TreeDelta]) -> [TreeDelta] {
        func isEntry(_ node: Int) -> Bool {
            new.has(node, .hasList) && !new.has(node, .section)
                && (new.has(node, .renews) || new.rule(node)?.filters == "prefix-list")
        }
        guard deltas.count > 1, deltas.contains(where: { $0.kind == .changed && isEntry($0.new) })
        else {
            return deltas
        }
        /// What the list refuses to hold twice: the entry, or, in a list of paths, its expression alone.
        func content(_ tree: CLITree, _ node: Int) -> String? {
            guard let text = tree.captures(node).last else { return nil }
            guard tree.rule(node)?.filters == "as-path-list" else { return text }
            return CLIWords.strings(text).dropFirst().joined(separator: " ")
        }
        var wanted: Set<String> = []
        for delta in deltas where delta.new >= 0 && isEntry(delta.new) {
            if let text = content(new, delta.new) { wanted.insert(text) }
        }
        return deltas.flatMap { delta -> [TreeDelta] in
            guard delta.kind == .changed, isEntry(delta.new), let text = content(old, delta.old),
                wanted.contains(text)
            else { return [delta] }
            return [TreeDelta(kind: .removed, old: delta.old), TreeDelta(kind: .added, new: delta.new)]
        }
    }

    /// Where one line takes what another of the section gives up (a VNI that moves to another VLAN), the giving comes first.
    private func lettingGoOfClaims(_ deltas: [TreeDelta]) -> [TreeDelta] {
        func claims(_ tree: CLITree, _ node: Int) -> [CommandRule.Reference] {
            node >= 0 && tree.has(node, .names) ? tree.rule(node)?.claims.filter(\.isLocal) ?? [] : []
        }
        guard deltas.count > 1, deltas.contains(where: { !claims(new, $0.new).isEmpty }) else { return deltas }
        func names(_ tree: CLITree, _ node: Int) -> Set<[String]> {
            let captures = tree.captures(node)
            return Set(
                claims(tree, node).map { claim in
                    [claim.kind] + claim.captures.compactMap { $0 <= captures.count ? captures[$0 - 1] : nil }
                })
        }
        var taken: Set<[String]> = []
        for delta in deltas where delta.kind == .added || delta.kind == .changed {
            taken.formUnion(names(new, delta.new))
        }
        return deltas.flatMap { delta in
            delta.kind == .changed && !names(old, delta.old).subtracting(names(new, delta.new)).isDisjoint(with: taken)
                ? [TreeDelta(kind: .removed, old: delta.old), TreeDelta(kind: .added, new: delta.new)] : [delta]
        }
    }

    // MARK: Order within a section

    /// Removals, then what is set, then the removal of what others in the section refer to.
    private func inOrder(_ deltas: [TreeDelta]) -> [TreeDelta] {
        guard deltas.count > 1 else { return deltas }
        let isFilled = deltas.contains { $0.kind == .added }
        lazy var setAgain = Set(
            deltas.filter {
                $0.kind == .added && new.has($0.new, .filters) && new.rule($0.new)?.filters == "entry"
            }
            .map { entryWords(new.text($0.new)) })
        func rank(_ delta: TreeDelta, _ offset: Int) -> (phase: Int, weight: Int, offset: Int) {
            let number = ruleNumber(delta)
            let weight = number.map { dialect.weights[$0] } ?? 0
            guard delta.kind == .removed else { return (1, weight, offset) }
            let rule = number.map { dialect.rules[$0] }
            // What lets traffic through goes first and what stops it last, so that nothing is open in between.
            if rule?.filters == "entry", old.line(delta.old, contains: "deny"),
                !setAgain.contains(entryWords(old.text(delta.old)))
            {
                return (2, 0, offset)
            }
            if isFilled, rule?.marks.contains("make-first") ?? false { return (2, -weight, offset) }
            // A list of sections (a route map) is never without any of them.
            if isFilled, let rule, rule.isSection, rule.list != nil, rule.filters != nil { return (2, -weight, offset) }
            let isReferredTo = rule.map { !$0.defines.isEmpty && $0.list == nil && $0.carries == nil } ?? false
            return (isReferredTo ? 2 : 0, -weight, offset)
        }
        var ranked: [(phase: Int, weight: Int, offset: Int)] = []
        ranked.reserveCapacity(deltas.count)
        var isSorted = true
        for (offset, delta) in deltas.enumerated() {
            let rank = rank(delta, offset)
            if let last = ranked.last, rank < last { isSorted = false }
            ranked.append(rank)
        }
        if isSorted { return deltas }
        ranked.sort { $0 < $1 }
        return ranked.map { deltas[$0.offset] }
    }

    /// What stands in front of the number of an entry: nothing, or `sequence `.
    private func numberMark(_ tree: CLITree, _ entry: Int) -> String {
        tree.rule(Int(tree.nodes[entry].parent))?.numberWord.map { $0 + " " } ?? ""
    }

    /// An entry without its number.
    private func entryWords(_ text: String) -> [String] {
        var words = CLIWords.strings(text)
        if words.count > 2, ["sequence", "seq"].contains(words[0]), Int(words[1]) != nil { words.removeFirst() }
        if let mark = dialect.settings["trailing-number"], words.count > 3, words[words.count - 2] == mark,
            Int(words[words.count - 1]) != nil
        {
            words.removeLast(2)
        }
        return words.first.map { Int($0) != nil } ?? false ? Array(words.dropFirst()) : words
    }

    func differences(_ sections: (old: Int, new: Int), absent: Set<Int> = []) -> [TreeDelta] {
        if sections.new < 0 {
            return old.children(sections.old).filter { !absent.contains($0) && counts(old, $0) }
                .map { TreeDelta(kind: .removed, old: $0) }
        }
        if sections.old < 0 {
            let isWhole = sections.new > 0 && new.has(sections.new, .replacesOnEntry)
            return new.children(sections.new).filter { isWhole || counts(new, $0) || isHeader(new, $0) }
                .map { TreeDelta(kind: .added, new: $0) }
        }
        return TreeDelta.between(old, sections.old, new, sections.new, absent: absent)
    }

    func counts(_ tree: CLITree, _ node: Int) -> Bool { !tree.nodes[node].flags.contains(.neutral) }
    private func isHeader(_ tree: CLITree, _ node: Int) -> Bool {
        tree.nodes[node].flags.contains(.section) && tree.nodes[node].firstChild >= 0
    }

    // MARK: Single differences

    private mutating func write(_ delta: TreeDelta, path: [String]) {
        switch delta.kind {
        case .removed where delta.number >= 0:
            let text = "\(dialect.negation) \(numberMark(old, delta.old))\(delta.number)"
            commands.append(CLICommand(text: text, path: path, kind: .remove))
        case .removed: remove(delta.old, path)
        case .added where delta.number >= 0:
            append(delta.new, path, kind: .set)
            let words = entryWords(commands[commands.count - 1].text).joined(separator: " ")
            commands[commands.count - 1].text = "\(numberMark(new, delta.new))\(delta.number) \(words)"
        case .added: add(delta.new, path)
        case .moved: break  // Only where a device can insert.
        case .inside: inside(delta, path, headerKind: .navigate)
        case .changed
        where new.has(delta.new, .renews)
            && (new.nodes[delta.new].flags.contains(.section) || old.nodes[delta.old].flags.contains(.section)):
            remove(delta.old, path)
            add(delta.new, path)
        case .changed:
            if new.nodes[delta.new].firstChild >= 0 || old.nodes[delta.old].firstChild >= 0
                || new.nodes[delta.new].flags.contains(.section)
            {
                inside(delta, path, headerKind: .set)
            } else {
                if changeSet(delta, path) { return }
                if new.has(delta.new, .renews) || losesWord(delta), !old.nodes[delta.old].flags.contains(.negative) {
                    remove(delta.old, path)
                }
                set(delta.new, path)
            }
        }
    }

    /// True for a new value that leaves out a word of the old one, which would stay: the device adds to what it has.
    private func losesWord(_ delta: TreeDelta) -> Bool {
        guard new.has(delta.new, .addsUp), let rule = new.rule(delta.new) else { return false }
        let words = Set(CLIWords.strings(new.text(delta.new)))
        return CLIWords.strings(old.text(delta.old)).contains { rule.stayingWords.contains($0) && !words.contains($0) }
    }

    /// A set of numbers is changed by what it gains and loses; false for any other line.
    private mutating func changeSet(_ delta: TreeDelta, _ path: [String]) -> Bool {
        guard new.has(delta.new, .hasRanges), let use = new.rule(delta.new)?.ranges,
            let before = old.rangeSet(delta.old),
            let after = new.rangeSet(delta.new), old.nodes[delta.old].flags.isDisjoint(with: .negative),
            new.nodes[delta.new].flags.isDisjoint(with: .negative)
        else { return false }
        let (more, less) = (after.subtracting(before), before.subtracting(after))
        func type(_ set: RangeSet, _ keyword: String?, _ kind: CLICommand.Kind, negated: Bool) {
            for text in set.texts(limit: 180) {
                let line = new.line(delta.new, with: text, keyword: keyword) ?? ""
                append(delta.new, path, kind: kind, as: negated ? dialect.negation + " " + line : line)
            }
        }
        switch use {
        case .keywords:
            guard !after.isEmpty, !before.isEmpty, after != .vlans else { return false }
            type(more, "add", .set, negated: false)
            type(less, "remove", .set, negated: false)
        case .capture:
            type(less, nil, .remove, negated: true)
            type(more, nil, .set, negated: false)
        }
        return true
    }

    private mutating func inside(_ delta: TreeDelta, _ path: [String], headerKind: CLICommand.Kind) {
        if new.has(delta.new, .replacesOnEntry) {
            add(delta.new, path)
            return
        }
        let before = commands.count
        append(delta.new, path, kind: headerKind)
        let entered = commands.count
        let inner = path + [new.text(delta.new)]
        for change in delta.children { keepStates(change, among: delta.children, in: (delta.old, delta.new), inner) }
        let (first, rest) = earlyRemovals(delta.children)
        write(first, path: inner)
        write(rest, path: inner)
        if commands.count == entered, headerKind == .navigate {
            commands.removeSubrange(before...)
            return
        }
        leave(new.rule(delta.new), inner)
    }

    private mutating func add(_ node: Int, _ path: [String]) {
        guard new.nodes[node].flags.contains(.section) || new.nodes[node].firstChild >= 0 else {
            set(node, path)
            return
        }
        append(node, path, kind: .set)
        let inner = path + [new.text(node)]
        write(differences((-1, node)), path: inner)
        leave(new.rule(node), inner)
    }

    mutating func set(_ node: Int, _ path: [String]) { append(node, path, kind: .set) }

    /// A line of the new tree as a command.
    private mutating func append(_ node: Int, _ path: [String], kind: CLICommand.Kind, as text: String? = nil) {
        let value = new.nodes[node]
        var command = CLICommand(text: text ?? new.text(node), path: path, kind: kind)
        if value.origin >= 0, value.line >= 0 {
            command.source = CLICommand.Source(part: Int(value.origin), line: Int(value.line))
        }
        if value.origin < 0, case .masked = secrets, let secret = new.secretText(node), !Self.isPlaceholder(secret) {
            command.text = text ?? new.maskedText(node)
            command.lacksSecret = true
        }
        commands.append(command)
    }

    private static func isPlaceholder(_ text: String) -> Bool {
        CLITree.isOpaqueSecret(text) && !text.contains("•••") && !text.allSatisfy { $0 == "*" }
    }

    mutating func leave(_ rule: CommandRule?, _ path: [String]) {
        commands.append(CLICommand(text: rule?.exit ?? "exit", path: path, kind: .navigate))
    }

    // MARK: Removal

    private mutating func remove(_ node: Int, _ path: [String]) {
        let rule = old.rule(node)
        if let rule, rule.isSection, old.nodes[node].flags.isDisjoint(with: [.negative, .virtual]),
            rule.removal == .children || rule.vanishesWhenEmpty && path.isEmpty && isHollow(old.nodes[node].key)
        {
            let inner = path + [old.text(node)]
            let before = commands.count
            commands.append(CLICommand(text: old.text(node), path: path, kind: .navigate))
            var deltas = differences((node, -1))
            settle(&deltas, (node, -1), path: inner)
            write(deltas, path: inner)
            if commands.count == before + 1 { commands.removeLast() } else { leave(rule, inner) }
            return
        }
        guard let text = undo(node) else {
            impossible.append(node)
            return
        }
        commands.append(CLICommand(text: text, path: path, kind: .remove))
    }

    /// True for a section that the new side still names, without a line in it: it is emptied, not taken away.
    private mutating func isHollow(_ key: UInt64) -> Bool {
        if hollow == nil {
            hollow = Set(
                new.children(0).filter { new.nodes[$0].flags.contains(.neutral) && new.has($0, .vanishes) }
                    .map { new.nodes[$0].key })
        }
        return hollow?.contains(key) ?? false
    }

    /// The text that takes a line of the old tree back; nil when nothing can.
    private func undo(_ node: Int) -> String? {
        let isNegative = old.nodes[node].flags.contains(.negative)
        guard let rule = old.rule(node) else { return negated(old.text(node), isNegative) }
        if isNegative, let reset = rule.reset { return filled(reset, node) }
        // Where the text shows several of a family, its key alone would take all of them.
        let isOneOfSeveral = old.demoted.contains(old.nodes[node].rule) || new.demoted.contains(old.nodes[node].rule)
        switch isOneOfSeveral && rule.undo == .key ? .full : rule.undo {
        case .impossible: return nil
        case .template(let text) where !isNegative: return filled(text, node)
        case .key where !isNegative:
            return old.withWords(of: node) { words, first, bytes in
                let elements = dialect.variants[Int(old.nodes[node].variant)].elements
                let last = elements.lastIndex { $0.isInKey } ?? 0
                let end = elements[last] == .restKey ? words[words.count - 1].end : words[first + last].end
                let head = UnsafeRawBufferPointer(rebasing: bytes[Int(words[first].start)..<Int(end)])
                return dialect.negation + " " + String(decoding: head, as: UTF8.self)
            }
        case .full where rule.secretCapture > 0 && !isNegative:
            return dialect.negation + " " + (secretless(node) ?? old.text(node))
        case .full, .key, .template: return negated(old.text(node), isNegative)
        }
    }

    private func filled(_ template: String, _ node: Int) -> String {
        let captures = old.captures(node)
        return template.split(separator: " ").map { Self.fill(String($0), captures, old.text(node)) }
            .joined(separator: " ")
    }

    /// The line up to its secret: what a negation needs to say.
    private func secretless(_ node: Int) -> String? {
        guard let secret = old.secretWord(node) else { return nil }
        return old.withWords(of: node) { words, first, bytes in
            guard secret.lowerBound > first, secret.lowerBound <= words.count else { return nil }
            let range = bytes[Int(words[first].start)..<Int(words[secret.lowerBound - 1].end)]
            return String(decoding: UnsafeRawBufferPointer(rebasing: range), as: UTF8.self)
        }
    }

    private func negated(_ text: String, _ isNegative: Bool) -> String {
        guard isNegative else {
            // A value over several lines is taken back by its first words.
            guard let end = text.utf8.firstIndex(of: 0x0A) else { return dialect.negation + " " + text }
            return dialect.negation + " " + text[..<end]
        }
        return String(text.dropFirst(dialect.negation.count).drop { $0 == " " })
    }

    /// `$1` by the first captured word, `$0` by the whole line.
    static func fill(_ word: String, _ captures: [String], _ line: String) -> String {
        guard word.hasPrefix("$"), let number = Int(word.dropFirst()) else { return word }
        if number == 0 { return line }
        return number <= captures.count ? captures[number - 1] : word
    }
}
