import Diagnostics

/// A word of a path, or a mark of a text in braces.
private enum PathToken {
    case word(Range<Int>)
    case open, close, openList, closeList, end, newline
}

/// Reads words, braces and brackets; comments are left out.
private struct PathScanner {
    let bytes: UnsafeRawBufferPointer
    var at = 0
    var line = 0

    mutating func next() -> PathToken? {
        while at < bytes.count {
            let byte = bytes[at]
            if at == 0 || bytes[at - 1] == 0x0A, byte > 0x20, byte != 0x7D, isPrompt() {
                skipLine()
                continue
            }
            switch byte {
            case 0x0A:
                at += 1
                line += 1
                return .newline
            case 0x20, 0x09, 0x0D: at += 1
            case 0x23: skipLine()
            case 0x2F where at + 1 < bytes.count && bytes[at + 1] == 0x2F: skipLine()
            case 0x2F where at + 1 < bytes.count && bytes[at + 1] == 0x2A: skipComment()
            case 0x7B:
                at += 1
                return .open
            case 0x7D:
                at += 1
                return .close
            case 0x5B:
                at += 1
                return .openList
            case 0x5D:
                at += 1
                return .closeList
            case 0x3B:
                at += 1
                return .end
            default: return .word(word())
            }
        }
        return nil
    }

    /// A line that only a recorded session has: `user@host> show …`, `[edit]`, `--{ running }--[ ]--`, `A:host# info`.
    private func isPrompt() -> Bool {
        var end = at
        while end < bytes.count, bytes[end] > 0x20 { end += 1 }
        let word = UnsafeRawBufferPointer(rebasing: bytes[at..<end])
        switch word[0] {
        case 0x2D: return word.starts(with: "--{".utf8)
        case 0x5B:
            return word.starts(with: "[edit".utf8) || word.starts(with: "[/".utf8) || word.starts(with: "[ex:".utf8)
                || word.starts(with: "[gl:".utf8) || word.starts(with: "[pr:".utf8)
        default:
            guard let last = word.last, "#>$%".utf8.contains(last), word.count > 3 else { return false }
            // `*A:admin@host#`, `user@host:~$`.
            let name = word.drop { "*!+".utf8.contains($0) }
            return name.contains(0x40) && word[0] != 0x22
                || name.count > 3 && name[name.startIndex + 1] == 0x3A && 0x41...0x44 ~= name[name.startIndex]
        }
    }

    private mutating func skipLine() { while at < bytes.count, bytes[at] != 0x0A { at += 1 } }

    /// Where the first comment of a text in `/* */` stands, and how many there are: a device keeps them with statements.
    private(set) var annotations: (first: Int, count: Int) = (-1, 0)

    private mutating func skipComment() {
        annotations = (annotations.count == 0 ? line : annotations.first, annotations.count + 1)
        while at < bytes.count, !(bytes[at] == 0x2A && at + 1 < bytes.count && bytes[at + 1] == 0x2F) {
            if bytes[at] == 0x0A { line += 1 }
            at += 1
        }
        at = min(at + 2, bytes.count)
    }

    private mutating func word() -> Range<Int> {
        let start = at
        if bytes[at] == 0x22 || bytes[at] == 0x27 {
            let quote = bytes[at]
            at += 1
            while at < bytes.count, bytes[at] != quote {
                if bytes[at] == 0x0A { line += 1 }
                at += bytes[at] == 0x5C && quote == 0x22 ? 2 : 1
            }
            at = min(at + 1, bytes.count)
            return start..<at
        }
        while at < bytes.count {
            let byte = bytes[at]
            // Letters and digits, then all others.
            let isPart =
                byte >= 0x61 && byte <= 0x7A || byte >= 0x2D && byte <= 0x3A
                || byte > 0x20 && byte != 0x3B && byte != 0x7B && byte != 0x7D && byte != 0x5D
                    && !(byte == 0x5B && at == start)
            if !isPart { break }
            at += 1
        }
        // A control byte stands for itself; not to move on would be to read it for ever.
        at = max(at, start + 1)
        return start..<at
    }
}

extension CLITree {
    /// Reads paths of words: in braces, with or without `;`, or one `set` line each.
    mutating func parsePaths() {
        let bytes = source
        var builder = PathBuilder(tree: self)
        bytes.withUnsafeBytes { raw in
            if Self.isFlat(raw) { builder.readLines(raw) } else { builder.readBraces(raw) }
        }
        self = builder.tree
    }

    /// A text whose first statement is a line of its own: `set …`, `/configure …`.
    private static func isFlat(_ raw: UnsafeRawBufferPointer) -> Bool {
        var reader = IndentedReader(raw)
        while let line = reader.next() {
            let text = String(decoding: UnsafeRawBufferPointer(rebasing: raw[line.start..<line.end]), as: UTF8.self)
            if ["set ", "deactivate ", "/ ", "/configure "].contains(where: text.hasPrefix) { return true }
            if text.hasPrefix("/"), text.dropFirst().first?.isLetter ?? false { return true }
            if text.hasSuffix("{") && !text.hasPrefix("--{") { return false }
        }
        return false
    }

    /// A word without its quotes.
    static func bare(_ text: String) -> String {
        guard let first = text.first, first == "\"" || first == "'", text.count >= 2, text.last == first else {
            return text
        }
        return String(text.dropFirst().dropLast())
    }

    /// The words from the top to a node, as they were written.
    func words(to index: Int) -> [String] {
        var result: [String] = []
        var at = index
        while at > 0 {
            result.append(text(at))
            at = Int(nodes[at].parent)
        }
        return result.reversed()
    }

    /// A start and the words from the top to a node, with blanks between them.
    func path(to index: Int, after start: String, masked: Bool = false) -> String {
        var depth = 0
        var length = start.utf8.count
        var at = index
        while at > 0 {
            (depth, length) = (depth + 1, length + Int(nodes[at].end - nodes[at].start) + 1)
            at = Int(nodes[at].parent)
        }
        return withUnsafeTemporaryAllocation(of: Int.self, capacity: depth) { places in
            at = index
            for place in stride(from: depth - 1, through: 0, by: -1) {
                places.initializeElement(at: place, to: at)
                at = Int(nodes[at].parent)
            }
            var line: [UInt8] = []
            line.reserveCapacity(length)
            line.append(contentsOf: start.utf8)
            for place in 0..<depth {
                if place > 0 { line.append(0x20) }
                if masked, secretWord(places[place]) != nil {
                    line.append(contentsOf: maskedText(places[place]).utf8)
                } else {
                    let node = nodes[places[place]]
                    buffer.withUnsafeBufferPointer {
                        line.append(contentsOf: UnsafeBufferPointer(rebasing: $0[Int(node.start)..<Int(node.end)]))
                    }
                }
            }
            return String(decoding: line, as: UTF8.self)
        }
    }

    /// True where a statement or an entry of a list ends: a place that can be deleted with all below it.
    func isStatement(_ index: Int) -> Bool {
        if dialect.deletesOutermost { return true }
        if nodes[index].flags.contains(.section) || nodes[index].firstChild < 0 { return true }
        let parent = Int(nodes[index].parent)
        guard parent > 0 else { return false }
        let word = textHash(parent)
        if dialect.listWordHashes.contains(word) { return true }
        return nodes[parent].parent == 0 && dialect.topListHashes.contains(word)
    }

    /// True for the value of a setting that has one value, known by its name or by the way it is written.
    func isOnlyValue(_ index: Int) -> Bool {
        let parent = Int(nodes[index].parent)
        guard parent > 0, nodes[index].firstChild < 0, nodes[index].flags.isDisjoint(with: [.section, .inactive]),
            nodes[parent].flags.isDisjoint(with: .section), nodes[parent].firstChild == nodes[parent].lastChild
        else { return false }
        return nodes[index].flags.contains(.terminal) || dialect.singleWordHashes.contains(textHash(parent))
    }

    /// The last nodes of the paths below a node, itself when nothing is below.
    func leaves(_ index: Int) -> [Int] {
        var result: [Int] = []
        func walk(_ node: Int) {
            var isLeaf = true
            for child in children(node) {
                isLeaf = false
                walk(child)
            }
            if isLeaf { result.append(node) }
        }
        walk(index)
        return result
    }
}

extension CLIDialect {
    /// Words of a setting.
    func words(_ setting: String) -> Set<String> { wordSettings[setting] ?? [] }
}

private struct PathBuilder {
    var tree: CLITree
    private var index = KeyTable()
    private let ordered: Set<UInt64>
    private let marks = Set(["inactive:", "protect:", "replace:", "delete:"].map { TextHash.of($0) })

    init(tree: CLITree) {
        self.tree = tree
        ordered = Set(tree.dialect.words("ordered-words").map { TextHash.of($0) })
    }

    private mutating func child(_ word: Range<Int>, of parent: Int, line: Int, _ raw: UnsafeRawBufferPointer) -> Int {
        var inner = word
        if word.count >= 2, raw[word.lowerBound] == 0x22 || raw[word.lowerBound] == 0x27,
            raw[word.upperBound - 1] == raw[word.lowerBound]
        {
            inner = (word.lowerBound + 1)..<(word.upperBound - 1)
        }
        let bytes = UnsafeRawBufferPointer(rebasing: raw[inner])
        // Only in quotes a word holds line ends.
        let isQuoted = raw[word.lowerBound] == 0x22 || raw[word.lowerBound] == 0x27
        let hash = isQuoted ? Self.hash(bytes) : TextHash.of(bytes)
        let identity = TextHash.mix(UInt64(parent) &+ 77, hash)
        if let known = index.insert(identity, tree.nodes.count) { return known }
        var node = CLITree.Node(
            start: Int32(word.lowerBound), end: Int32(word.upperBound), parent: Int32(parent), line: Int32(line))
        node.key = hash
        node.own = hash
        if parent > 0, ordered.contains(tree.nodes[parent].key) { node.flags.insert(.ordered) }
        return tree.append(node)
    }

    /// A value over several lines says the same however its lines end.
    private static func hash(_ word: UnsafeRawBufferPointer) -> UInt64 {
        guard word.contains(0x0D) else { return TextHash.of(word) }
        let bytes = word.filter { $0 != 0x0D }
        return bytes.withUnsafeBytes { TextHash.of($0) }
    }

    private mutating func deactivate(_ node: Int) {
        tree.nodes[node].flags.insert(.inactive)
        tree.nodes[node].own = ~tree.nodes[node].key
    }

    private func text(_ range: Range<Int>, _ raw: UnsafeRawBufferPointer) -> String {
        String(decoding: UnsafeRawBufferPointer(rebasing: raw[range]), as: UTF8.self)
    }

    /// One path a line.
    mutating func readLines(_ raw: UnsafeRawBufferPointer) {
        var reader = IndentedReader(raw)
        /// The words of the line before, and where they led.
        var before: [(word: Range<Int>, node: Int)] = []
        while var line = reader.next() {
            if Self.hasQuote(raw, line.start..<line.end), Self.isStatement(raw, line.start..<line.end),
                Self.isOpen(raw, line.start..<line.end)
            {
                joinQuoted(&line, &reader, raw)
            }
            var scanner = PathScanner(bytes: UnsafeRawBufferPointer(rebasing: raw[..<line.end]), at: line.start)
            var (node, depth) = (0, 0)
            var isFirst = true
            var isPath = false
            var isInactive = false
            var values: [Int]?
            while let token = scanner.next() {
                switch token {
                case .word(var word):
                    if isFirst {
                        isFirst = false
                        let head = UnsafeRawBufferPointer(rebasing: raw[word])
                        isInactive = head.elementsEqual("deactivate".utf8)
                        isPath = isInactive || head.elementsEqual("set".utf8) || head.first == 0x2F
                        guard isPath else { break }
                        if head.first != 0x2F { continue }
                    }
                    if node == 0, raw[word.lowerBound] == 0x2F { word = (word.lowerBound + 1)..<word.upperBound }
                    if word.isEmpty { continue }
                    if values != nil {
                        _ = child(word, of: node, line: line.number, raw)
                        continue
                    }
                    // Neighbours have most of their words in common.
                    if depth < before.count, Self.equal(raw, before[depth].word, word) {
                        node = before[depth].node
                    } else {
                        node = child(word, of: node, line: line.number, raw)
                        before.removeSubrange(min(depth, before.count)...)
                        before.append((word, node))
                    }
                    depth += 1
                case .openList: values = []
                case .closeList: values = nil
                case .open, .close, .end, .newline: break
                }
                if !isPath { break }
            }
            if isPath { tree.lineCount += 1 }
            if !isPath, line.end > line.start { tree.noiseLines.append(line.number) }
            if isInactive, node > 0 { deactivate(node) }
        }
    }

    private static func equal(_ raw: UnsafeRawBufferPointer, _ a: Range<Int>, _ b: Range<Int>) -> Bool {
        guard a.count == b.count else { return false }
        for offset in 0..<a.count where raw[a.lowerBound + offset] != raw[b.lowerBound + offset] { return false }
        return true
    }

    /// The most lines that a quoted value may have.
    private static let maximumQuotedLines = 500

    /// True for a line that sets something: a remark may hold half a quote.
    private static func isStatement(_ raw: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
        let line = UnsafeRawBufferPointer(rebasing: raw[range])
        return ["set ", "deactivate ", "/ "].contains { line.starts(with: $0.utf8) }
            || line.first == 0x2F && line.dropFirst().first != 0x2A
    }

    private static func hasQuote(_ raw: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
        var at = range.lowerBound
        while at < range.upperBound {
            let length = min(range.upperBound - at, 8)
            let chunk = ByteLanes.load(raw, at..<(at + length))
            if ByteLanes.equal(chunk, 0x22) | ByteLanes.equal(chunk, 0x27) != 0 { return true }
            at += length
        }
        return false
    }

    /// True for a line with a quote that is not closed.
    private static func isOpen(_ raw: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
        var quote: UInt8 = 0
        var at = range.lowerBound
        while at < range.upperBound {
            let byte = raw[at]
            if quote != 0 {
                if byte == 0x5C, quote == 0x22 { at += 1 } else if byte == quote { quote = 0 }
            } else if byte == 0x22 || byte == 0x27, at == range.lowerBound || raw[at - 1] <= 0x20 {
                quote = byte
            } else if byte == 0x23, at == range.lowerBound || raw[at - 1] <= 0x20 {
                return false
            }
            at += 1
        }
        return quote != 0
    }

    /// Takes the lines up to the closing quote into a line; leaves it as it is when there is none.
    private func joinQuoted(
        _ line: inout IndentedReader.Line, _ reader: inout IndentedReader, _ raw: UnsafeRawBufferPointer
    ) {
        var probe = reader
        for _ in 0..<Self.maximumQuotedLines {
            guard let next = probe.next() else { return }
            guard Self.isOpen(raw, line.start..<next.end) else {
                line.end = next.end
                reader = probe
                return
            }
        }
    }

    /// Statements in braces.
    mutating func readBraces(_ raw: UnsafeRawBufferPointer) {
        let endsAtNewline = tree.dialect.settings["statement-end"] == "newline"
        var scanner = PathScanner(bytes: raw)
        var open = [0]
        var words: [(range: Range<Int>, line: Int)] = []
        var values: [(range: Range<Int>, line: Int)]?
        var isInactive = false

        // In such texts lists stand in brackets and objects in braces, so that what ends a line is a value.
        let showsValues = tree.dialect.settings["leaf-values"] != nil

        func place(_ builder: inout PathBuilder, isLeaf: Bool = false) -> Int {
            var node = open[open.count - 1]
            for word in words { node = builder.child(word.range, of: node, line: word.line, raw) }
            if isLeaf, showsValues, words.count > 1 { builder.tree.nodes[node].flags.insert(.terminal) }
            if isInactive, !words.isEmpty { builder.deactivate(node) }
            builder.tree.lineCount += 1
            words = []
            isInactive = false
            return node
        }
        while let token = scanner.next() {
            switch token {
            case .word(let word):
                if words.isEmpty, raw[word.upperBound - 1] == 0x3A,
                    marks.contains(TextHash.of(UnsafeRawBufferPointer(rebasing: raw[word])))
                {
                    let mark = text(word, raw)
                    isInactive = isInactive || mark == "inactive:"
                    if mark != "inactive:" { reportMark(mark, scanner.line) }
                } else if values != nil {
                    values?.append((word, scanner.line))
                } else {
                    words.append((word, scanner.line))
                }
            case .openList: values = []
            case .closeList:
                let items = values ?? []
                values = nil
                let node = place(&self)
                for item in items { _ = child(item.range, of: node, line: item.line, raw) }
            case .open:
                // `{master:0}` before a text opens nothing.
                if words.isEmpty, open.count == 1 {
                    while let skipped = scanner.next() { if case .close = skipped { break } }
                    continue
                }
                let node = place(&self)
                tree.nodes[node].flags.insert(.section)
                open.append(node)
            case .close:
                if !words.isEmpty { _ = place(&self, isLeaf: true) }
                if open.count > 1 { open.removeLast() }
            case .end:
                if !words.isEmpty { _ = place(&self) }
            case .newline:
                if endsAtNewline, values == nil, !words.isEmpty { _ = place(&self, isLeaf: true) }
            }
        }
        if !words.isEmpty { _ = place(&self) }
        reportAnnotations(scanner.annotations)
        dropNoise()
    }

    /// Marks that a diff does not carry: instructions of a patch to load, and protection against changes.
    private mutating func reportMark(_ mark: String, _ line: Int) {
        let isProtection = mark == "protect:"
        tree.findings.add(
            Finding(
                .warning, code: "cli.ignored-mark",
                what: "`\(mark)` is not read: "
                    + (isProtection
                        ? "the statement may refuse changes" : "it is an instruction for loading, not configuration"),
                at: SourcePosition(file: tree.file, line: line + 1),
                remedy: isProtection
                    ? "unprotect the statement before it is changed" : "write the configuration that shall result"))
    }

    /// Comments that the device would keep: the differences do not carry them.
    private mutating func reportAnnotations(_ annotations: (first: Int, count: Int)) {
        guard annotations.count > 0, tree.dialect.settings["annotations"] != nil else { return }
        tree.findings.add(
            Finding(
                .note, code: "cli.annotation",
                what: annotations.count == 1
                    ? "a comment that the device keeps is not compared"
                    : "\(annotations.count) comments that the device keeps are not compared",
                at: SourcePosition(file: tree.file, line: annotations.first + 1),
                remedy: "set or change it with `annotate` by hand, if it matters"))
    }

    /// Statements that say nothing (`version …`).
    private mutating func dropNoise() {
        for child in tree.children(0) {
            let word = tree.text(child)
            if tree.dialect.noise.contains(where: { String(decoding: $0, as: UTF8.self) == word }) {
                tree.nodes[child].flags.insert(.dead)
            }
        }
    }
}
