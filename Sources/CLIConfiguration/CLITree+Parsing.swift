import Diagnostics

extension CLITree {
    /// A section that is still open while reading.
    private struct Open {
        var indent: Int
        var node: Int
        /// Lines at the section's own indentation belong to it until an exit word: a text as typed.
        var isFlat = false
    }

    /// Reads a text whose sections follow from indentation, or, where nothing is indented, from what the dialect
    /// knows of its sections and exit words.
    mutating func parseIndented() {
        let bytes = source
        nodes.reserveCapacity(bytes.count / 24 + 8)
        bytes.withUnsafeBytes { raw in
            var reader = IndentedReader(raw)
            var words: [CLIWord] = []
            var open = [Open(indent: -1, node: 0)]
            var sections: [UInt64: Int] = [:]
            while let line = reader.next() {
                if line.end == line.start { continue }
                if isNoise(raw, line) {
                    noiseLines.append(line.number)
                    continue
                }
                if isComment(raw, line) { continue }
                words.removeAll(keepingCapacity: true)
                CLIWords.split(raw, line.start..<line.end, quotes: dialect.quotes, into: &words)
                respell(&words, raw)
                if isExit(raw, line, words), !nodes[open[open.count - 1].node].flags.contains(.sequence) {
                    if let flat = open.lastIndex(where: \.isFlat) { open.removeSubrange(flat...) }
                    continue
                }
                close(&open, line.indent, words)
                var parent = open[open.count - 1].node
                if nodes[parent].firstChild < 0, parent > 0 {
                    parent = claimSection(parent, &sections)
                    open[open.count - 1].node = parent
                }
                let index = add(words, line, to: parent)
                if let rule = rule(index), rule.isOpaque { readOpaque(index, &reader, raw) }
                open.append(Open(indent: line.indent, node: index))
            }
        }
    }

    /// Ends the sections that this line no longer belongs to.
    private func close(_ open: inout [Open], _ indent: Int, _ words: [CLIWord]) {
        while let top = open.last, top.indent >= indent, open.count > 1 {
            let node = nodes[top.node]
            if top.indent == indent, node.context >= 0, node.firstChild < 0 || top.isFlat,
                fits(words, in: node.context), !fits(words, in: nodes[Int(node.parent)].context)
            {
                open[open.count - 1].isFlat = true
                return
            }
            open.removeLast()
        }
    }

    private func fits(_ words: [CLIWord], in context: Int32) -> Bool {
        let first = words.first?.hash == dialect.negationHash && words.count > 1 ? 1 : 0
        return words.withUnsafeBufferPointer { dialect.match($0, from: first, in: context) != nil }
    }

    /// A section printed twice is one section: gives the earlier one when there is.
    private mutating func claimSection(_ index: Int, _ sections: inout [UInt64: Int]) -> Int {
        let parent = nodes[index].parent
        guard !nodes[Int(parent)].flags.contains(.sequence) else { return index }
        let identity = TextHash.mix(UInt64(bitPattern: Int64(parent)), nodes[index].key)
        guard let earlier = sections[identity], earlier != index else {
            sections[identity] = index
            nodes[index].flags.insert(.section)
            return index
        }
        // The second header is the last node of its parent: take it off again.
        guard index == nodes.count - 1 else { return index }
        nodes.removeLast()
        var last = nodes[Int(parent)].firstChild
        while last >= 0, nodes[Int(last)].next != Int32(index) { last = nodes[Int(last)].next }
        if last >= 0 { nodes[Int(last)].next = -1 }
        nodes[Int(parent)].lastChild = last
        return earlier
    }

    /// Appends one line as a node: family, key, hashes.
    @discardableResult
    mutating func add(_ words: [CLIWord], _ line: IndentedReader.Line, to parent: Int) -> Int {
        var node = Node(
            start: Int32(line.start), end: Int32(line.end), parent: Int32(parent), line: Int32(line.number),
            column: Int32(line.indent))
        identify(&node, words, parent: parent)
        lineCount += 1
        if node.flags.contains(.unknown) { unknownCount += 1 }
        return append(node)
    }

    /// Finds the family of a line and what follows from it.
    func identify(_ node: inout Node, _ words: [CLIWord], parent: Int) {
        var first = 0
        if words.count > 1, words[0].hash == dialect.negationHash {
            node.flags.insert(.negative)
            first = 1
        }
        if nodes[parent].flags.contains(.sequence) { node.flags.insert(.ordered) }
        let match = words.withUnsafeBufferPointer { dialect.match($0, from: first, in: nodes[parent].context) }
        guard let match else {
            node.flags.insert(.unknown)
            node.key = words[first...].reduce(1) { TextHash.mix($0, $1.hash) }
            node.own = node.flags.contains(.negative) ? ~node.key : node.key
            return
        }
        let rule = dialect.rules[Int(match.rule)]
        node.rule = match.rule
        node.variant = match.variant
        node.context = rule.context
        if rule.isSection, !node.flags.contains(.negative) { node.flags.insert(.section) }
        if rule.isSequence { node.flags.insert(.sequence) }
        if rule.isOrdered { node.flags.insert(.ordered) }
        let elements = dialect.variants[Int(match.variant)].elements
        var key: UInt64 = 1
        for (offset, element) in elements.enumerated() where element.isInKey {
            guard element == .restKey else {
                key = TextHash.mix(key, words[first + offset].hash)
                continue
            }
            for word in words[(first + offset)...] { key = TextHash.mix(key, word.hash) }
        }
        node.key = key
        node.own = words[first...].reduce(key) { TextHash.mix($0, $1.hash) }
        if node.flags.contains(.negative) {
            // `no description` and `no description text` say the same.
            node.own = ~key
            if rule.isOffByDefault { node.flags.insert(.neutral) }
        } else if rule.isOnByDefault {
            node.flags.insert(.neutral)
        }
        if let text = rule.defaultText, words.count == CLIWords.strings(text).count,
            zip(words, CLIWords.strings(text)).allSatisfy({ $0.hash == TextHash.of($1) })
        {
            node.flags.insert(.neutral)
        }
    }

    /// Interface names in their long form, for comparison only.
    func respell(_ words: inout [CLIWord], _ bytes: UnsafeRawBufferPointer) {
        guard !dialect.abbreviations.isEmpty else { return }
        for index in words.indices {
            let (start, end) = (Int(words[index].start), Int(words[index].end))
            guard !words[index].isNumber, end - start < 40, bytes[end - 1] >= 0x30, bytes[end - 1] <= 0x39 else {
                continue
            }
            var letters = start
            while letters < end, bytes[letters] | 0x20 >= 0x61, bytes[letters] | 0x20 <= 0x7A { letters += 1 }
            guard letters - start >= 2, letters - start <= 8, letters < end,
                bytes[letters] >= 0x30, bytes[letters] <= 0x39
            else { continue }
            let short = String(decoding: UnsafeRawBufferPointer(rebasing: bytes[start..<letters]), as: UTF8.self)
            for entry in dialect.abbreviations where entry.short.lowercased() == short.lowercased() {
                let rest = String(decoding: UnsafeRawBufferPointer(rebasing: bytes[letters..<end]), as: UTF8.self)
                words[index].hash = TextHash.of(entry.long + rest)
            }
        }
    }

    private func isComment(_ bytes: UnsafeRawBufferPointer, _ line: IndentedReader.Line) -> Bool {
        dialect.comments.contains { starts(bytes, line, with: $0) }
    }

    private func isNoise(_ bytes: UnsafeRawBufferPointer, _ line: IndentedReader.Line) -> Bool {
        dialect.noise.contains { prefix in
            guard starts(bytes, line, with: prefix) else { return false }
            // A prefix ends at a word's end, unless it ends in punctuation.
            let after = line.start + prefix.count
            return after == line.end || CLIWords.isBlank(bytes[after]) || !Self.isWordByte(prefix[prefix.count - 1])
        }
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
    }

    private func starts(_ bytes: UnsafeRawBufferPointer, _ line: IndentedReader.Line, with prefix: [UInt8]) -> Bool {
        guard line.end - line.start >= prefix.count, bytes[line.start] == prefix[0] else { return false }
        for offset in 1..<max(prefix.count, 1) where bytes[line.start + offset] != prefix[offset] { return false }
        return true
    }

    private func isExit(_ bytes: UnsafeRawBufferPointer, _ line: IndentedReader.Line, _ words: [CLIWord]) -> Bool {
        guard let first = words.first, dialect.exitFirstHashes.contains(first.hash) else { return false }
        let text = UnsafeRawBufferPointer(rebasing: bytes[line.start..<line.end])
        return dialect.exits.contains(String(decoding: text, as: UTF8.self))
    }

    /// A value that runs over several lines: `banner motd ^C` … `^C`, or until `EOF`.
    private mutating func readOpaque(
        _ index: Int, _ reader: inout IndentedReader, _ bytes: UnsafeRawBufferPointer
    ) {
        guard !nodes[index].flags.contains(.negative) else { return }
        let words = withWords(of: index) { words, _, _ in words }
        let elements = dialect.variants[Int(nodes[index].variant)].elements
        let end: Int
        if elements.last == .restValue || elements.last == .value, words.count >= elements.count {
            let start = Int(words[elements.count - 1].start)
            let isCaret = bytes[start] == 0x5E && start + 1 < Int(nodes[index].end)
            let delimiter = Array(bytes[start..<(start + (isCaret ? 2 : 1))])
            end = reader.skip(past: delimiter, from: start + delimiter.count, lineEnd: Int(nodes[index].end))
        } else {
            end = reader.skip(throughLine: dialect.settings["block-end"] ?? "EOF")
        }
        if end < 0 {
            findings.add(
                Finding(
                    .warning, code: "cli.unterminated-block", what: "the text of `\(text(index))` has no end",
                    at: position(index), remedy: "close it with its delimiter on a line of its own"))
            return
        }
        nodes[index].end = Int32(end)
        let body = UnsafeRawBufferPointer(rebasing: bytes[Int(nodes[index].start)..<end])
        nodes[index].own = TextHash.of(body)
    }
}

/// The lines of a text with their indentation; blanks and carriage returns at the end are left out.
struct IndentedReader {
    struct Line {
        var start: Int
        var end: Int
        var indent: Int
        var number: Int
    }
    private let bytes: UnsafeRawBufferPointer
    private var at = 0
    private var number = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func next() -> Line? {
        guard at < bytes.count else { return nil }
        var end = at
        while end < bytes.count, bytes[end] != 0x0A { end += 1 }
        var start = at
        var indent = 0
        while start < end {
            if bytes[start] == 0x20 {
                indent += 1
            } else if bytes[start] == 0x09 {
                indent += 8 - indent % 8
            } else if bytes[start] != 0x0D {
                break
            }
            start += 1
        }
        var last = end
        while last > start, bytes[last - 1] == 0x20 || bytes[last - 1] == 0x0D || bytes[last - 1] == 0x09 { last -= 1 }
        defer {
            at = end + 1
            number += 1
        }
        return Line(start: start, end: last, indent: indent, number: number)
    }

    /// Moves past the delimiter that ends a block; gives the end of its text, or -1 when there is none.
    mutating func skip(past delimiter: [UInt8], from: Int, lineEnd: Int) -> Int {
        var index = from
        while index + delimiter.count <= bytes.count {
            if bytes[index] == delimiter[0],
                delimiter.indices.allSatisfy({ bytes[index + $0] == delimiter[$0] })
            {
                let end = index + delimiter.count
                moveToLine(after: end)
                return end
            }
            index += 1
        }
        return -1
    }

    /// Moves past a line that consists of a word; gives the end of that line, or -1.
    mutating func skip(throughLine word: String) -> Int {
        var probe = self
        while let line = probe.next() {
            if String(decoding: UnsafeRawBufferPointer(rebasing: bytes[line.start..<line.end]), as: UTF8.self) == word {
                self = probe
                return line.end
            }
        }
        return -1
    }

    private mutating func moveToLine(after end: Int) {
        while at < end {
            guard next() != nil else { return }
        }
    }
}
