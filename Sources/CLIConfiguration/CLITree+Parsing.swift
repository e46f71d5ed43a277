import Diagnostics

extension CLITree {
    /// A section that is still open while reading.
    private struct Open {
        var indent: Int
        var node: Int
        /// The sibling before it; -1 for none.
        var previous: Int32 = -1
        /// Lines at the section's own indentation belong to it until an exit word: a text as typed.
        var isFlat = false
    }

    /// Reads a text whose sections follow from indentation, or, where nothing is indented, from what the dialect
    /// knows of its sections and exit words.
    mutating func parseIndented() {
        let bytes = source
        nodes.reserveCapacity(bytes.count / 24 + 8)
        var mirrors: [(header: Int, sections: [Int])] = []
        bytes.withUnsafeBytes { raw in
            var reader = IndentedReader(raw)
            var words: [CLIWord] = []
            var open = [Open(indent: -1, node: 0)]
            var sections: [UInt64: Int] = [:]
            var endsSection = false
            let marksEnds = dialect.settings["closing-mark"] != nil
            while let line = reader.next() {
                if line.end == line.start { continue }
                let mayBeOdd = dialect.mayBeOdd(raw[line.start])
                if mayBeOdd, dialect.isComment(raw, line) {
                    endsSection = line.indent == 0 && line.end - line.start == 1
                    if marksEnds, line.indent > 0, line.end - line.start == 1 {
                        markEnd(of: open[open.count - 1], line.indent)
                    }
                    continue
                }
                defer { endsSection = false }
                // `version 2` of a routing process is no heading.
                let isInside = open.count > 1 && line.indent > open[1].indent
                if mayBeOdd && !isInside && dialect.isNoise(raw, line)
                    || line.indent == 0 && dialect.isPrompt(raw, line)
                {
                    noiseLines.append(line.number)
                    continue
                }
                words.removeAll(keepingCapacity: true)
                CLIWords.split(raw, line.start..<line.end, quotes: dialect.quotes, into: &words)
                dialect.arrange(&words, raw)
                dialect.respell(&words, raw)
                if dialect.isExit(raw, line, words), !nodes[open[open.count - 1].node].flags.contains(.sequence) {
                    if let flat = open.lastIndex(where: \.isFlat) { open.removeSubrange(flat...) }
                    let top = open[open.count - 1]
                    if line.indent > top.indent, top.node > 0, nodes[top.node].rule < 0 {
                        // Only a section has something to leave.
                        nodes[top.node].flags.insert(.section)
                    }
                    continue
                }
                close(&open, line.indent, words)
                let isNextPort =
                    line.indent > 0 && words[0].hash == dialect.interfaceHash && open.count == 2
                    && nodes[open[1].node].context >= 0 && startsInterface(open[1].node)
                if endsSection || isNextPort,
                    dialect.opensTopSection(words, inside: nodes[open[open.count - 1].node].context)
                {
                    open.removeSubrange(1...)
                }
                var parent = open[open.count - 1].node
                if nodes[parent].firstChild < 0, parent > 0 {
                    parent = claimSection(parent, open[open.count - 1].previous, &sections)
                    open[open.count - 1].node = parent
                }
                let previous = nodes[parent].lastChild
                let index = add(words, line, to: parent)
                if index < nodes.count - 1 { continue }  // It went into an earlier line.
                if nodes[index].flags.contains(.section), !nodes[parent].flags.contains(.sequence) {
                    // A later showing may hold what this one does not.
                    let identity = TextHash.mix(UInt64(bitPattern: Int64(parent)), nodes[index].key)
                    if sections[identity] == nil { sections[identity] = index }
                }
                if nodes[index].rule >= 0, dialect.traits[Int(nodes[index].rule)].contains(.runsOn) {
                    let family = Int(nodes[index].rule)
                    if dialect.rules[family].isOpaque { readOpaque(index, &reader, raw) }
                    if dialect.rules[family].isBlock, !nodes[index].flags.contains(.negative) {
                        close(&open, line.indent, words)
                        if readBlock(index, &reader, raw) { continue }
                    }
                    if dialect.rules[family].isExpanded, let all = expand(index, words, raw, &sections) {
                        mirrors.append(all)
                        open.append(Open(indent: line.indent, node: all.header))
                        continue
                    }
                }
                open.append(Open(indent: line.indent, node: index, previous: previous))
            }
        }
        for (header, sections) in mirrors where nodes[header].firstChild >= 0 {
            for section in sections { copyChildren(of: header, to: section) }
            for child in Array(children(header)) { nodes[child].flags.insert(.dead) }
        }
    }

    /// A device that closes its sections with a mark shows by it that a line without others below opens one, too. A text
    /// that somebody cut has such marks behind other lines: only families that open sections, and words alone that no setting
    /// is known by, are taken for them.
    private mutating func markEnd(of open: Open, _ indent: Int) {
        guard open.indent == indent, nodes[open.node].firstChild < 0, nodes[open.node].rule < 0,
            let first = text(open.node).split(separator: " ").first.map(String.init)
        else { return }
        let isAlone = first.utf8.count == text(open.node).utf8.count
        guard dialect.words("section-words").contains(first) || isAlone && !dialect.words("leaf-words").contains(first)
        else { return }
        nodes[open.node].flags.insert(.section)
    }

    /// One section for each number a header names; nil for a header of one number.
    private mutating func expand(
        _ index: Int, _ words: [CLIWord], _ raw: UnsafeRawBufferPointer, _ sections: inout [UInt64: Int]
    ) -> (header: Int, sections: [Int])? {
        let header = nodes[index]
        let elements = dialect.variants[Int(header.variant)].elements
        let skipped = header.flags.contains(.negative) ? 1 : 0
        guard !header.flags.contains(.negative), let place = elements.firstIndex(where: \.isCapture),
            !words[skipped + place].isNumber
        else { return nil }
        let start = Int(words[skipped + place].start)
        let text = String(
            decoding: UnsafeRawBufferPointer(rebasing: raw[start..<Int(words[words.count - 1].end)]), as: UTF8.self)
        guard let set = RangeSet(text), set.count <= 4096 else { return nil }
        let head = Array(raw[Int(header.start)..<start])
        var made: [Int] = []
        for number in set.members {
            var node = header
            node.start = Int32(buffer.count)
            buffer += head + Array("\(number)".utf8)
            node.end = Int32(buffer.count)
            (node.flags, node.rule) = ([], -1)
            buffer.withUnsafeBytes { bytes in
                var parts: [CLIWord] = []
                CLIWords.split(bytes, Int(node.start)..<Int(node.end), quotes: dialect.quotes, into: &parts)
                identify(&node, parts, parent: Int(header.parent))
            }
            let identity = TextHash.mix(UInt64(bitPattern: Int64(header.parent)), node.key)
            if let earlier = sections[identity] {
                made.append(earlier)
                continue
            }
            node.flags.insert(.section)
            (node.firstChild, node.lastChild, node.next) = (-1, -1, -1)
            let target = append(node)
            sections[identity] = target
            made.append(target)
        }
        // The header only holds what is below it until all is read: a section of one of its numbers holds more.
        nodes[index].flags.insert(.dead)
        return (index, made)
    }

    private mutating func copyChildren(of section: Int, to other: Int) {
        for child in Array(children(section)) {
            var node = nodes[child]
            (node.parent, node.firstChild, node.lastChild, node.next) = (Int32(other), -1, -1, -1)
            let added = append(node)
            copyChildren(of: child, to: added)
        }
    }

    /// The raw lines of a section that ends with a word of its own.
    private mutating func readBlock(
        _ index: Int, _ reader: inout IndentedReader, _ raw: UnsafeRawBufferPointer
    ) -> Bool {
        let end = Array(dialect.rules[Int(nodes[index].rule)].exit.utf8)
        var probe = reader
        var lines: [IndentedReader.Line] = []
        var isClosed = false
        while let line = probe.next() {
            if line.end - line.start == end.count, dialect.starts(raw, line, with: end) {
                isClosed = true
                break
            }
            if line.end > line.start, raw[line.start] != 0x21 { lines.append(line) }
        }
        guard isClosed else {
            findings.add(
                Finding(
                    .warning, code: "cli.unterminated-block", what: "the text of `\(text(index))` has no end",
                    at: position(index), remedy: "close it with `\(String(decoding: end, as: UTF8.self))`"))
            return false
        }
        reader = probe
        nodes[index].flags.insert(.section)
        let isSet = dialect.rules[Int(nodes[index].rule)].isSet
        var words: [CLIWord] = []
        for line in lines {
            words.removeAll(keepingCapacity: true)
            // Commas stand between the members of a set; which of them is last says nothing.
            let end = isSet && raw[line.end - 1] == 0x2C ? line.end - 1 : line.end
            CLIWords.split(raw, line.start..<end, quotes: dialect.quotes, into: &words)
            var node = Node(
                start: Int32(line.start), end: Int32(line.end), parent: Int32(index), line: Int32(line.number),
                column: Int32(line.indent), flags: isSet ? [] : .ordered)
            // A comment goes along with what is sent, and is no difference.
            if raw[line.start] == 0x23 { node.flags.insert(.neutral) }
            node.key = words.reduce(1) { TextHash.mix($0, $1.hash) }
            node.own = node.key
            lineCount += 1
            append(node)
        }
        return true
    }

    /// Ends the sections that this line no longer belongs to.
    // Mutating, since for a method that is not the whole tree would be held once more, line by line.
    private mutating func close(_ open: inout [Open], _ indent: Int, _ words: [CLIWord]) {
        while let top = open.last, top.indent >= indent, open.count > 1 {
            let node = nodes[top.node]
            if top.indent == indent, node.context >= 0, node.firstChild < 0 || top.isFlat,
                dialect.fits(words, in: node.context), !dialect.fits(words, in: nodes[Int(node.parent)].context)
            {
                open[open.count - 1].isFlat = true
                return
            }
            open.removeLast()
        }
    }

    /// True for a port's section: no port is inside another.
    private func startsInterface(_ index: Int) -> Bool {
        dialect.traits[Int(nodes[index].rule)].contains(.isInterface)
    }

    /// A section printed twice is one section: gives the earlier one when there is.
    private mutating func claimSection(_ index: Int, _ previous: Int32, _ sections: inout [UInt64: Int]) -> Int {
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
        if previous >= 0 { nodes[Int(previous)].next = -1 } else { nodes[Int(parent)].firstChild = -1 }
        nodes[Int(parent)].lastChild = previous
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
        if node.rule >= 0, let held = continued(by: node, words, parent) { return held }
        return append(node)
    }

    /// `… add 30-40` beside a line of the same family: one value over several lines. Gives the line it went into.
    private mutating func continued(by node: Node, _ words: [CLIWord], _ parent: Int) -> Int? {
        guard dialect.traits[Int(node.rule)].contains(.continues), !node.flags.contains(.negative) else { return nil }
        let place = dialect.variants[Int(node.variant)].elements.count - 1
        guard words.count > place, place > 0,
            let held = children(parent).first(where: {
                nodes[$0].key == node.key && !nodes[$0].flags.contains(.negative)
            }),
            let old = rangeSet(held)
        else { return nil }
        func isAdd(_ word: CLIWord, _ bytes: UnsafeRawBufferPointer) -> Bool {
            bytes[Int(word.start)..<Int(word.end)].elementsEqual("add".utf8)
        }
        let (addsMore, start) = buffer.withUnsafeBytes { (isAdd(words[place - 1], $0), Int(words[place].start)) }
        let (wasAdd, head) = withWords(of: held) { words, first, bytes in
            let place = first + dialect.variants[Int(nodes[held].variant)].elements.count - 1
            return (
                isAdd(words[place - 1], bytes), Array(bytes[Int(nodes[held].start)..<Int(words[place].start)])
            )
        }
        guard addsMore || wasAdd,
            let more = rangeSet(start..<Int(node.end))
        else { return nil }
        let set = old.union(more)
        let all = set.text
        let ownHead = Array(buffer[Int(node.start)..<start])
        if !addsMore { nodes[held].variant = node.variant }
        nodes[held].start = Int32(buffer.count)
        buffer += (addsMore ? head : ownHead) + Array(all.utf8)
        nodes[held].end = Int32(buffer.count)
        nodes[held].own = TextHash.mix(node.key, set.hash)
        return held
    }

    /// The set of numbers that a line holds; nil when it holds none.
    func rangeSet(_ index: Int) -> RangeSet? {
        guard nodes[index].rule >= 0, let use = dialect.rules[Int(nodes[index].rule)].ranges else { return nil }
        let elements = dialect.variants[Int(nodes[index].variant)].elements
        let place: Int?
        switch use {
        case .keywords: place = elements.lastIndex(where: \.isCapture)
        case .capture(let number): place = Self.place(ofCapture: number, in: elements)
        }
        guard let place else { return nil }
        let takesRest = elements[place] == .restKey || elements[place] == .restValue
        return withWords(of: index) { words, first, bytes in
            guard first + place < words.count else { return nil }
            let end = words[takesRest ? words.count - 1 : first + place].end
            return RangeSet(UnsafeRawBufferPointer(rebasing: bytes[Int(words[first + place].start)..<Int(end)]))
        }
    }

    private static func place(ofCapture number: Int, in elements: [CommandRule.Element]) -> Int? {
        var left = number
        for (offset, element) in elements.enumerated() where element.isCapture {
            left -= 1
            if left == 0 { return offset }
        }
        return nil
    }

    /// What tells a member of a set from others: its words without the comma behind them.
    private func keyOfMember(_ words: [CLIWord]) -> UInt64 {
        guard let last = words.last else { return 1 }
        let head = words.dropLast().reduce(1) { TextHash.mix($0, $1.hash) }
        return buffer.withUnsafeBytes { bytes in
            let (start, end) = (Int(last.start), Int(last.end))
            guard bytes[end - 1] == 0x2C else { return TextHash.mix(head, last.hash) }
            let word = UnsafeRawBufferPointer(rebasing: bytes[start..<(end - 1)])
            return word.isEmpty ? head : TextHash.mix(head, TextHash.of(word))
        }
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
            if nodes[parent].rule >= 0, dialect.rules[Int(nodes[parent].rule)].isBlock {
                if dialect.rules[Int(nodes[parent].rule)].isSet { node.key = keyOfMember(words) }
                if buffer[Int(node.start)] == 0x23 { node.flags.insert(.neutral) }
            }
            node.own = node.flags.contains(.negative) ? ~node.key : node.key
            return
        }
        let at = Int(match.rule)
        let traits = dialect.traits[at]
        let shape = dialect.shapes[Int(match.variant)]
        node.rule = match.rule
        node.variant = match.variant
        node.context = dialect.contexts[at]
        if traits.contains(.section), !node.flags.contains(.negative) { node.flags.insert(.section) }
        if traits.contains(.sequence) { node.flags.insert(.sequence) }
        if traits.contains(.ordered) { node.flags.insert(.ordered) }
        let key = words.withUnsafeBufferPointer { shape.key($0, from: first) }
        node.key = key
        node.own = key
        for word in words[first...] { node.own = TextHash.mix(node.own, word.hash) }
        if traits.contains(.hasVirtualNames), shape.firstCapture >= 0, first + Int(shape.firstCapture) < words.count,
            isVirtual(dialect.rules[at], words[first + Int(shape.firstCapture)])
        {
            node.flags.insert(.virtual)
        }
        if traits.contains(.hasRanges), let use = dialect.rules[at].ranges,
            let set = setOfNumbers(use, dialect.variants[Int(match.variant)].elements, words, first, end: Int(node.end))
        {
            node.own = TextHash.mix(key, set.hash)
        }
        if node.flags.contains(.negative) {
            // `no description` and `no description text` say the same.
            node.own = ~key
            if traits.contains(.isOffByDefault) { node.flags.insert(.neutral) }
        } else if traits.contains(.isOnByDefault) {
            node.flags.insert(.neutral)
        }
        if traits.contains(.hasDefaultText), let text = dialect.rules[at].defaultText,
            words.count == CLIWords.strings(text).count,
            zip(words, CLIWords.strings(text)).allSatisfy({ $0.hash == TextHash.of($1) })
        {
            node.flags.insert(.neutral)
        }
    }

    private func isVirtual(_ rule: CommandRule, _ name: CLIWord) -> Bool {
        buffer.withUnsafeBytes { rule.isVirtual(UnsafeRawBufferPointer(rebasing: $0[Int(name.start)..<Int(name.end)])) }
    }

    private func rangeSet(_ range: Range<Int>) -> RangeSet? {
        buffer.withUnsafeBytes { RangeSet(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    private func setOfNumbers(
        _ use: CommandRule.RangeUse, _ elements: [CommandRule.Element], _ words: [CLIWord], _ first: Int, end: Int
    ) -> RangeSet? {
        switch use {
        case .keywords:
            let place = first + elements.count - 1
            guard place < words.count else { return nil }
            return rangeSet(Int(words[place].start)..<end)
        case .capture(let number):
            guard let offset = Self.place(ofCapture: number, in: elements), first + offset < words.count else {
                return nil
            }
            return rangeSet(Int(words[first + offset].start)..<Int(words[first + offset].end))
        }
    }

    /// A value that runs over several lines: `banner motd ^C` … `^C`, or until `EOF`.
    private mutating func readOpaque(
        _ index: Int, _ reader: inout IndentedReader, _ bytes: UnsafeRawBufferPointer
    ) {
        guard !nodes[index].flags.contains(.negative) else { return }
        let words = withWords(of: index) { words, _, _ in Array(words) }
        let elements = dialect.variants[Int(nodes[index].variant)].elements
        let end: Int
        var delimiter: (place: Int, count: Int)?
        if let word = dialect.rules[Int(nodes[index].rule)].until {
            end = reader.skip(throughLine: word)
        } else if elements.last == .restValue || elements.last == .value, words.count >= elements.count {
            let start = Int(words[elements.count - 1].start)
            let isCaret = bytes[start] == 0x5E && start + 1 < Int(nodes[index].end) && bytes[start + 1] == 0x43
            let mark = Array(bytes[start..<(start + (isCaret ? 2 : 1))])
            end = reader.skip(past: mark, from: start + mark.count, lineEnd: Int(nodes[index].end))
            delimiter = (start, mark.count)
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
        var body = UnsafeRawBufferPointer(rebasing: bytes[Int(nodes[index].start)..<end])
        var head: UInt64 = 3
        if let delimiter, delimiter.place + delimiter.count <= end - delimiter.count {
            // Which delimiter stands around the text says nothing: devices show one of their own.
            head = TextHash.mix(nodes[index].key, head)
            body = UnsafeRawBufferPointer(
                rebasing: bytes[(delimiter.place + delimiter.count)..<(end - delimiter.count)])
        }
        // Blanks at the ends of its lines say nothing.
        nodes[index].own = body.split(separator: 0x0A).reduce(head) { hash, line in
            var line = line
            while let last = line.last, last == 0x0D || CLIWords.isBlank(last) { line.removeLast() }
            while let first = line.first, CLIWords.isBlank(first) { line.removeFirst() }
            if line.isEmpty { return hash }
            return TextHash.mix(hash, TextHash.of(UnsafeRawBufferPointer(rebasing: line)))
        }
    }
}
