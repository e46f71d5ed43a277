/// What became of a change: each sent line, and each difference nobody sent, with a verdict.
package struct CLIReconciliation: Sendable {
    package enum Verdict: String, Sendable, Codable {
        case asDesigned = "as-designed"
        /// The device shows it in another form; `rule` says why that is the same.
        case normalised
        case missing
        case sideEffect = "side effect"
        /// The device does not show it, because it says what holds anyway.
        case unobservable
        case unexplained
    }

    package struct Entry: Equatable, Sendable {
        package var verdict: Verdict
        package var path: [String]
        package var sent: String?
        package var captured: String?
        package var rule: String?
        /// Index into the sent commands; nil for what nobody sent.
        package var command: Int?
    }

    package private(set) var entries: [Entry] = []

    /// Judges a capture. `planned` is what the apply model says the device should hold.
    package init(before: CLITree, sent: [CLICommand], planned: CLITree, captured: CLITree) {
        let index = LineIndex(captured)
        let plannedIndex = LineIndex(planned)
        var covered: Set<[String]> = []
        for (number, command) in sent.enumerated() where command.kind != .navigate {
            let entry = Self.judge(command, number, captured, index, plannedIndex)
            covered.insert(entry.path + [Self.bare(command.text, captured.dialect)])
            // Differences show secrets masked.
            if let node = plannedIndex.find(index.probe(command)) {
                covered.insert(entry.path + [Self.bare(planned.maskedText(node), captured.dialect)])
            }
            entries.append(entry)
        }
        let lines = LineIndex(before)
        for difference in CLIDiff(from: planned, to: captured).changes {
            entries += Self.unsent(difference, before: lines, planned, covered)
        }
    }

    private static func bare(_ text: String, _ dialect: CLIDialect) -> String {
        text.hasPrefix(dialect.negation + " ") ? String(text.dropFirst(dialect.negation.count + 1)) : text
    }

    private static func judge(
        _ command: CLICommand, _ number: Int, _ captured: CLITree, _ index: LineIndex, _ planned: LineIndex
    ) -> Entry {
        var entry = Entry(verdict: .asDesigned, path: command.path, sent: command.text, command: number)
        let probe = index.probe(command)
        let expected = planned.find(probe)
        let found = index.find(probe)
        switch (expected, found) {
        case (nil, nil):
            // Nothing was to stay, and nothing is there.
            if command.kind == .set { (entry.verdict, entry.rule) = (.unobservable, "says what holds anyway") }
        case (nil, let node?):
            entry.captured = captured.maskedText(node)
            entry.verdict = command.kind == .set ? .asDesigned : .missing
        case (.some, nil): entry.verdict = .missing
        case (let wanted?, let node?):
            entry.captured = captured.maskedText(node)
            let same = planned.tree.nodes[wanted].own == captured.nodes[node].own
            if same, captured.text(node) == command.text || command.kind == .remove { break }
            if same {
                (entry.verdict, entry.rule) = (.normalised, "same words in the dialect's spelling")
            } else if captured.secretText(node) != nil, planned.tree.secretText(wanted) != nil {
                (entry.verdict, entry.rule) = (.normalised, "a secret is shown in another form")
            } else {
                entry.verdict = .missing
            }
        }
        return entry
    }

    private static func unsent(
        _ change: CLIDiff.Change, before: LineIndex, _ planned: CLITree, _ covered: Set<[String]>
    ) -> [Entry] {
        let line = change.new ?? change.old ?? ""
        if covered.contains(change.path + [bare(line, planned.dialect)]) { return [] }
        if let old = change.old, covered.contains(change.path + [bare(old, planned.dialect)]) { return [] }
        var entry = Entry(verdict: .unexplained, path: change.path, captured: change.new)
        if change.new == nil { entry.captured = nil }
        let node = before.find(before.probe(CLICommand(text: line, path: change.path, kind: .set)))
        let wasThere = node.map { before.tree.maskedText($0) }
        if change.kind == .removed, wasThere == change.old {
            (entry.verdict, entry.rule) = (.sideEffect, "`\(line)` was there before and nobody removed it")
        } else if change.kind == .added, wasThere != nil {
            (entry.verdict, entry.rule) = (.sideEffect, "`\(line)` should be gone and is still there")
        } else if change.kind == .added,
            planned.dialect.appears(line, path: change.path)
        {
            (entry.verdict, entry.rule) = (.normalised, "the device adds such lines by itself")
        }
        return [entry]
    }
}

/// Lines of a tree by the sections around them and their key.
struct LineIndex {
    let tree: CLITree
    private var nodes: [UInt64: Int] = [:]

    init(_ tree: CLITree) {
        self.tree = tree
        var identities = [UInt64](repeating: 0, count: tree.nodes.count)
        identities[0] = 23
        for index in tree.nodes.indices.dropFirst() where !tree.nodes[index].flags.contains(.dead) {
            let identity = TextHash.mix(identities[Int(tree.nodes[index].parent)], tree.nodes[index].key)
            identities[index] = identity
            if tree.nodes[index].flags.contains(.neutral) && !tree.nodes[index].flags.contains(.section) { continue }
            if nodes[identity] == nil { nodes[identity] = index }
        }
    }

    /// The identity of the line that a command sets or removes.
    func probe(_ command: CLICommand) -> UInt64 {
        var identity: UInt64 = 23
        if tree.dialect.syntax == .paths {
            let probe = CLITree(parsing: "set " + Self.statement(command.text), dialect: tree.dialect)
            return probe.leaves(0).first.map { leaf in
                probe.words(to: leaf).reduce(identity) { TextHash.mix($0, TextHash.of(CLITree.bare($1))) }
            } ?? identity
        }
        if tree.dialect.syntax == .menus {
            let probe = CLITree(parsing: command.path.joined(separator: "\n"), dialect: tree.dialect)
            for node in probe.nodes.dropFirst() where node.flags.contains(.section) {
                identity = TextHash.mix(identity, node.key)
            }
            return identity
        }
        var context = tree.dialect.rootContext
        for text in command.path + [command.text] {
            let (key, inner) = tree.dialect.identity(of: text, in: context)
            identity = TextHash.mix(identity, key)
            context = inner
        }
        return identity
    }

    /// A command of a path dialect without its verb.
    private static func statement(_ text: String) -> String {
        let words = CLIWords.strings(text)
        guard let first = words.first, ["set", "delete", "activate", "deactivate"].contains(first) else { return text }
        return words.dropFirst().joined(separator: " ")
    }

    func find(_ identity: UInt64) -> Int? { nodes[identity] }
}

extension CLIDialect {
    /// The key of a line in a section, and where lines below it are matched.
    func identity(of text: String, in context: Int32) -> (key: UInt64, inner: Int32) {
        var probe = CLITree(empty: self, file: "")
        probe.nodes[0].context = context
        probe.buffer = Array(text.utf8)
        var words: [CLIWord] = []
        probe.buffer.withUnsafeBytes { bytes in
            let end = bytes.firstIndex(of: 0x0A) ?? bytes.count
            CLIWords.split(bytes, 0..<end, quotes: quotes, into: &words)
            arrange(&words, bytes)
            respell(&words, bytes)
        }
        guard !words.isEmpty else { return (0, -1) }
        var node = CLITree.Node(start: 0, end: Int32(probe.buffer.count), parent: 0, line: 0)
        probe.identify(&node, words, parent: 0)
        return (node.key, node.context)
    }

    /// True for lines that a device adds by itself after others were sent.
    func appears(_ text: String, path: [String]) -> Bool {
        var context = rootContext
        for header in path { context = identity(of: header, in: context).inner }
        let bare = text.hasPrefix(negation + " ") ? String(text.dropFirst(negation.count + 1)) : text
        guard let found = match(bare, in: context) else { return false }
        return rule(found.match.rule)?.appears ?? false
    }
}
