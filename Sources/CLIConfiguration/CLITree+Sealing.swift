import Diagnostics

extension CLITree {
    /// Computes the subtree hashes from the leaves up, and reports what was not understood.
    mutating func seal() {
        demote()
        applyContextualDefaults()
        computeHashes()
        reportUnknown()
    }

    /// Lines whose default depends on another line of the section around them.
    mutating func applyContextualDefaults() {
        // Many lines ask the same of one section: each is looked at once.
        var (besideKnown, unlessKnown): ([ContextualDefault: Bool], [ContextualDefault: Bool]) = ([:], [:])
        for index in nodes.indices
        where nodes[index].rule >= 0 && dialect.traits[Int(nodes[index].rule)].contains(.hasContextualDefault) {
            let rule = nodes[index].rule
            let besides = dialect.rules[Int(rule)].isOffBeside
            if !besides.isEmpty, !nodes[index].flags.contains(.negative) {
                let section = Int(nodes[index].parent)
                let place = ContextualDefault(section: section, rule: rule)
                let isOff = besideKnown[place] ?? isAny(of: besides, in: section)
                besideKnown[place] = isOff
                if isOff { nodes[index].flags.insert(.neutral) } else { nodes[index].flags.remove(.neutral) }
            }
            guard let condition = dialect.rules[Int(rule)].isOnUnless else { continue }
            let section = Int(nodes[Int(nodes[index].parent)].parent)
            guard section >= 0 else { continue }
            let place = ContextualDefault(section: section, rule: rule)
            let isOff = unlessKnown[place] ?? holds(condition, in: section)
            unlessKnown[place] = isOff
            let isNegative = nodes[index].flags.contains(.negative)
            if isNegative == isOff { nodes[index].flags.insert(.neutral) } else { nodes[index].flags.remove(.neutral) }
        }
    }

    private struct ContextualDefault: Hashable {
        var section: Int
        var rule: Int32
    }

    /// True when a section's header or one of its lines begins with one of these.
    private func isAny(of starts: [String], in section: Int) -> Bool {
        let lines = [text(section)] + children(section).map { text($0) }
        return starts.contains { start in lines.contains { $0.hasPrefix(start) } }
    }

    /// True when a section holds a line of just this text.
    func holds(_ line: String, in section: Int) -> Bool {
        buffer.withUnsafeBytes { bytes in
            children(section).contains { child in
                bytes[Int(nodes[child].start)..<Int(nodes[child].end)].elementsEqual(line.utf8)
            }
        }
    }

    /// Subtree hashes: a sum where order does not count, a chain, in the order of the links, where it does.
    mutating func computeHashes() {
        let isMenus = dialect.syntax == .menus
        for index in stride(from: nodes.count - 1, through: 0, by: -1) {
            let node = nodes[index]
            var (sum, chain): (UInt64, UInt64) = (0, 0)
            var child = node.firstChild
            while child >= 0 {
                let below = nodes[Int(child)]
                child = below.next
                if !below.flags.isDisjoint(with: [.neutral, .dead]) { continue }
                if below.flags.contains(.ordered) {
                    chain = TextHash.mix(chain, below.hash)
                } else {
                    sum &+= TextHash.mix(below.hash, 0x5851_F42D_4C95_7F2D)
                }
            }
            // A menu is always there; a section that vanishes is its lines.
            let vanishes =
                isMenus
                ? node.parent == 0
                : node.rule >= 0 && dialect.traits[Int(node.rule)].contains(.vanishes)
                    && node.flags.isDisjoint(with: [.negative, .virtual])
            if vanishes {
                if sum == 0 && chain == 0 {
                    nodes[index].flags.insert(.neutral)
                } else {
                    nodes[index].flags.remove(.neutral)
                }
            }
            nodes[index].hash = TextHash.mix(node.own, TextHash.mix(sum, chain))
        }
    }

    /// Two values of a family that should have one, side by side: the rule is wrong for this text, so it is a set here.
    private mutating func demote() {
        var twins: [(first: Int, second: Int)] = []
        var values: [Int] = []
        var firsts = KeyTable()
        for section in nodes.indices where nodes[section].firstChild >= 0 {
            values.removeAll(keepingCapacity: true)
            var child = nodes[section].firstChild
            while child >= 0 {
                let node = nodes[Int(child)]
                if node.rule >= 0, !dialect.traits[Int(node.rule)].contains(.identified),
                    node.flags.isDisjoint(with: [.ordered, .section, .negative, .dead])
                {
                    values.append(Int(child))
                }
                child = node.next
            }
            if values.count > 1 { findTwins(values, &firsts, &twins) }
        }
        twins.sort { $0.second < $1.second }
        for (first, second) in twins where demoted.insert(nodes[second].rule).inserted {
            findings.add(
                Finding(
                    .warning, code: "cli.two-values",
                    what: "`\(maskedText(first))` and `\(maskedText(second))` stand side by side, but the dialect "
                        + "\(dialect.name) knows one value of `\(dialect.rules[Int(nodes[second].rule)].pattern)`",
                    at: position(second),
                    remedy: "keep one of them; if the device shows both, the dialect's rule is wrong: both are kept"))
        }
    }

    /// Adds the lines of one section that have the key of an earlier one and another value.
    private func findTwins(_ values: [Int], _ firsts: inout KeyTable, _ twins: inout [(first: Int, second: Int)]) {
        if values.count <= 8 {
            for (place, second) in values.enumerated().dropFirst() {
                let key = nodes[second].key
                guard let first = values[..<place].first(where: { nodes[$0].key == key }) else { continue }
                if nodes[first].own != nodes[second].own { twins.append((first, second)) }
            }
            return
        }
        firsts.removeAll(expecting: values.count)
        for second in values {
            guard let first = firsts.insert(nodes[second].key, second) else { continue }
            if nodes[first].own != nodes[second].own { twins.append((first, second)) }
        }
    }

    /// One finding per family that no rule fits, by the first two words.
    private mutating func reportUnknown() {
        guard unknownCount > 0 else { return }
        var families: [(head: String, count: Int, first: Int)] = []
        var places = KeyTable()
        var words: [CLIWord] = []
        for index in nodes.indices.dropFirst() where nodes[index].flags.contains(.unknown) {
            words.removeAll(keepingCapacity: true)
            buffer.withUnsafeBytes {
                CLIWords.split($0, Int(nodes[index].start)..<Int(nodes[index].end), quotes: false, into: &words)
            }
            words.removeAll { $0.hash == dialect.negationHash }
            let head = words.prefix(2)
            if let known = places.insert(head.reduce(1) { TextHash.mix($0, $1.hash) }, families.count) {
                families[known].count += 1
                continue
            }
            let texts = head.map { String(decoding: buffer[Int($0.start)..<Int($0.end)], as: UTF8.self) }
            families.append((texts.joined(separator: " "), 1, index))
        }
        let limit = 50
        for family in families.prefix(limit) {
            let head = family.head
            let lines = family.count == 1 ? "1 line" : "\(family.count) lines"
            findings.add(
                Finding(
                    .note, code: "cli.unknown-family",
                    what: "\(lines) starting `\(head)`: no rule of the dialect \(dialect.name) fits",
                    at: position(family.first),
                    remedy: "kept as it is, compared by its whole text, taken back with `\(dialect.negation)`"))
        }
        if families.count > limit {
            findings.add(
                Finding(
                    .note, code: "cli.unknown-family", what: "\(families.count - limit) more unknown families",
                    at: SourcePosition(file: file), remedy: "extend the dialect \(dialect.name)"))
        }
    }
}

// MARK: - Comparable text

extension CLITree {
    /// The comparable form: no noise, no comments, one blank between words, long interface names, known secrets masked,
    /// what says a default left out, siblings sorted where order does not count. Equal text means equal configuration.
    package var canonicalText: String {
        var lines: [String] = []
        writeCanonical(0, depth: 0, into: &lines)
        return lines.isEmpty ? "" : lines.joined(separator: "\n") + "\n"
    }

    private func writeCanonical(_ section: Int, depth: Int, into lines: inout [String]) {
        var unordered: [(text: String, node: Int)] = []
        var ordered: [(text: String, node: Int)] = []
        for child in children(section) where !nodes[child].flags.contains(.neutral) {
            let entry = (canonicalLine(child), child)
            if nodes[child].flags.contains(.ordered) { ordered.append(entry) } else { unordered.append(entry) }
        }
        unordered.sort { ($0.text, $0.node) < ($1.text, $1.node) }
        for (offset, entry) in (unordered + ordered).enumerated() {
            // The same line twice is one line, unless order counts.
            if offset > 0, offset < unordered.count, unordered[offset - 1].text == entry.text,
                nodes[entry.node].firstChild < 0
            {
                continue
            }
            lines.append(String(repeating: " ", count: depth) + entry.text)
            writeCanonical(entry.node, depth: depth + 1, into: &lines)
        }
    }

    /// A node's line in comparable form.
    func canonicalLine(_ index: Int) -> String {
        if dialect.syntax == .menus {
            guard nodes[index].firstChild < 0, let property = property(index) else { return text(index) }
            return "\(property.name)=" + (menuSecret(index) == nil ? property.value : Secret.mask)
        }
        if let rule = rule(index), rule.isOpaque { return rule.until == nil ? withCommonDelimiter(index) : text(index) }
        if dialect.syntax == .paths {
            let mark = nodes[index].flags.contains(.inactive) ? "inactive: " : ""
            return mark + (secretWord(index) == nil ? Self.bare(text(index)) : Secret.mask)
        }
        let secret = secretWord(index)
        if let line = lineOfSet(index) { return line }
        return withWords(of: index) { words, first, bytes in
            var result: [String] = []
            for (offset, word) in words.enumerated() {
                if let secret, secret.contains(offset) {
                    if offset == secret.lowerBound { result.append(Secret.mask) }
                    continue
                }
                // A negation without its value says the same.
                if first == 1, offset > 0, let variant = variantElements(index), offset - 1 < variant.count,
                    !variant[offset - 1].isInKey
                {
                    continue
                }
                result.append(spelling(of: word, bytes))
            }
            return result.joined(separator: " ")
        }
    }

    /// A value over several lines between the delimiters that devices show.
    private func withCommonDelimiter(_ index: Int) -> String {
        let text = text(index)
        guard !nodes[index].flags.contains(.negative), let value = captures(index).last,
            let start = text.firstRange(of: value)?.lowerBound
        else { return text }
        let mark = value.hasPrefix("^C") ? "^C" : String(value.prefix(1))
        let body = text[start...].dropFirst(mark.count)
        guard body.hasSuffix(mark) else { return text }
        return text[..<start] + "^C" + body.dropLast(mark.count) + "^C"
    }

    /// A line that holds a set of numbers, with the set in ascending order.
    private func lineOfSet(_ index: Int) -> String? {
        guard !nodes[index].flags.contains(.negative), let set = rangeSet(index) else { return nil }
        return line(index, with: set.text, keyword: nil)
    }

    /// The line with another set of numbers in the place of its own, after a keyword when there is one.
    func line(_ index: Int, with text: String, keyword: String?) -> String? {
        guard let use = rule(index)?.ranges, let elements = variantElements(index) else { return nil }
        return withWords(of: index) { words, first, bytes in
            func string(_ word: CLIWord) -> String { spelling(of: word, bytes) }
            switch use {
            case .keywords:
                var line = ""
                let head = words[first..<(first + elements.count - 1)]
                for (offset, word) in head.enumerated() {
                    let part = string(word)
                    if offset == head.count - 1, part == "add" { continue }
                    line += part + " "
                }
                if let keyword { line += keyword + " " }
                return line + text
            case .capture(let number):
                let places = elements.indices.filter { elements[$0].isCapture }
                guard number <= places.count else { return nil }
                return words[first...].enumerated().map { offset, word in
                    offset == places[number - 1] ? text : string(word)
                }.joined(separator: " ")
            }
        }
    }

    private func variantElements(_ index: Int) -> [CommandRule.Element]? {
        guard nodes[index].variant >= 0 else { return nil }
        return dialect.variants[Int(nodes[index].variant)].elements
    }

    /// A word with an abbreviated interface name written out.
    private func spelling(of word: CLIWord, _ bytes: UnsafeRawBufferPointer) -> String {
        let (start, end) = (Int(word.start), Int(word.end))
        if !word.isNumber, end > start, !dialect.abbreviations.isEmpty, let long = dialect.longName(bytes, start, end) {
            return long
        }
        return String(decoding: UnsafeRawBufferPointer(rebasing: bytes[start..<end]), as: UTF8.self)
    }

    /// Which words (with the negation counted) are a secret.
    func secretWord(_ index: Int) -> Range<Int>? {
        if dialect.syntax == .paths {
            let parent = Int(nodes[index].parent)
            guard parent > 0, !dialect.secretWordHashes.isEmpty else { return nil }
            return dialect.secretWordHashes.contains(textHash(parent)) ? 0..<Int.max : nil
        }
        guard has(index, .hasSecret), let rule = rule(index), let elements = variantElements(index)
        else { return nil }
        var captures = 0
        let first = nodes[index].flags.contains(.negative) ? 1 : 0
        for (offset, element) in elements.enumerated() where element.isCapture {
            captures += 1
            guard captures == rule.secretCapture else { continue }
            let rest = element == .restValue || element == .restKey
            return (first + offset)..<(rest ? Int.max : first + offset + 1)
        }
        return nil
    }

    /// The line with its secret masked.
    func maskedText(_ index: Int) -> String {
        if dialect.syntax == .menus { return menuSecret(index).map { "\($0.name)=\(Secret.mask)" } ?? text(index) }
        guard let secret = secretWord(index) else { return text(index) }
        return withWords(of: index) { words, _, bytes in
            guard secret.lowerBound < words.count else { return text(index) }
            let last = min(secret.upperBound, words.count) - 1
            let head = bytes[Int(nodes[index].start)..<Int(words[secret.lowerBound].start)]
            let tail = bytes[Int(words[last].end)..<Int(nodes[index].end)]
            return String(decoding: UnsafeRawBufferPointer(rebasing: head), as: UTF8.self) + Secret.mask
                + String(decoding: UnsafeRawBufferPointer(rebasing: tail), as: UTF8.self)
        }
    }

    /// The secret a line holds; nil when it holds none.
    func secretText(_ index: Int) -> String? {
        if dialect.syntax == .menus { return menuSecret(index)?.value }
        guard let secret = secretWord(index) else { return nil }
        return withWords(of: index) { words, _, bytes in
            guard secret.lowerBound < words.count else { return nil }
            let last = min(secret.upperBound, words.count) - 1
            let range = bytes[Int(words[secret.lowerBound].start)..<Int(words[last].end)]
            return String(decoding: UnsafeRawBufferPointer(rebasing: range), as: UTF8.self)
        }
    }

    /// True for a secret that cannot be compared, because one side shows a mask. A placeholder for a value is compared
    /// as it stands: whoever knows the value turns what a device shows back into the placeholder first.
    static func isOpaqueSecret(_ text: String) -> Bool {
        text.contains(Secret.mask) || text.allSatisfy { $0 == "*" }
    }
}
