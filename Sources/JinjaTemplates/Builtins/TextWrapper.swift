/// Python's `textwrap.wrap` for one paragraph.
struct TextWrapper {
    var width: Int
    var breaksLongWords = true
    var breaksOnHyphens = true

    init(width: Int) { self.width = width }

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20, 0x09...0x0D: true
        default: false
        }
    }

    /// Words, runs of space, and parts of hyphenated words.
    private func chunks(_ scalars: [Unicode.Scalar]) -> [[Unicode.Scalar]] {
        var result: [[Unicode.Scalar]] = []
        var index = 0
        while index < scalars.count {
            let start = index
            let space = Self.isSpace(scalars[index])
            while index < scalars.count, Self.isSpace(scalars[index]) == space { index += 1 }
            let run = Array(scalars[start..<index])
            if space || !breaksOnHyphens { result.append(run) } else { result += hyphenParts(run) }
        }
        return result
    }

    private func hyphenParts(_ word: [Unicode.Scalar]) -> [[Unicode.Scalar]] {
        func isLetter(_ index: Int) -> Bool {
            index >= 0 && index < word.count && (TextCase.isLetter(word[index]) || word[index] == "_")
        }
        func isWord(_ index: Int) -> Bool {
            isLetter(index) || index >= 0 && index < word.count && TextCase.isNumeric(word[index])
        }
        var parts: [[Unicode.Scalar]] = []
        var start = 0
        for index in word.indices where word[index] == "-" {
            // A hyphen between words, with two letters on either side.
            guard index - start >= 2, isWord(index - 1), isLetter(index - 1), isLetter(index - 2) || isWord(index - 2),
                isLetter(index + 1), isLetter(index + 2) || word.indices.contains(index + 2) && word[index + 2] == "-"
            else { continue }
            parts.append(Array(word[start...index]))
            start = index + 1
        }
        if start < word.count { parts.append(Array(word[start...])) }
        return parts
    }

    func wrap(_ scalars: [Unicode.Scalar]) -> [String] {
        var queue = chunks(scalars).reversed().map { $0[...] }
        var lines: [String] = []
        while !queue.isEmpty {
            var line: [ArraySlice<Unicode.Scalar>] = []
            var length = 0
            if let last = queue.last, !lines.isEmpty, last.allSatisfy(isPythonSpace) { queue.removeLast() }
            while let last = queue.last, length + last.count <= width {
                line.append(queue.removeLast())
                length += last.count
            }
            if let last = queue.last, last.count > width { breakLong(&queue, &line, length) }
            if let last = line.last, last.allSatisfy(isPythonSpace) { line.removeLast() }
            if !line.isEmpty { lines.append(String(String.UnicodeScalarView(line.flatMap { $0 }))) }
        }
        return lines
    }

    private func breakLong(
        _ queue: inout [ArraySlice<Unicode.Scalar>], _ line: inout [ArraySlice<Unicode.Scalar>], _ length: Int
    ) {
        guard let chunk = queue.last else { return }
        if breaksLongWords {
            let room = max(1, width - length)
            var end = room
            if breaksOnHyphens, chunk.count > room, let hyphen = chunk.prefix(room).lastIndex(of: "-"),
                hyphen > chunk.startIndex,
                chunk[..<hyphen].contains(where: { $0 != "-" })
            {
                end = hyphen - chunk.startIndex + 1
            }
            line.append(chunk.prefix(end))
            queue[queue.count - 1] = chunk.dropFirst(end)
        } else if line.isEmpty {
            line.append(queue.removeLast())
        }
    }
}

/// Makes links of the addresses in a text; the text is escaped already.
struct TextLinker {
    var limit: Int?
    var relation: String
    var target: String?
    var schemes: [String]
    /// How many texts of links the limit was held against.
    private(set) var trimmed = 0

    init(limit: Int?, relation: String, target: String?, schemes: [String]) {
        (self.limit, self.relation, self.target, self.schemes) = (limit, relation, target, schemes)
    }

    mutating func link(_ text: String) -> String {
        var result = ""
        var word = ""
        for character in text.unicodeScalars {
            if isPythonSpace(character) {
                result += linked(word)
                result.unicodeScalars.append(character)
                word = ""
            } else {
                word.unicodeScalars.append(character)
            }
        }
        return result + linked(word)
    }

    private mutating func linked(_ word: String) -> String {
        var head = ""
        var middle = word[...]
        for mark in ["(", "<", "&lt;"] {
            while middle.hasPrefix(mark) {
                head += mark
                middle = middle.dropFirst(mark.count)
            }
        }
        // What closes the word, outermost last.
        var tail: [String] = []
        var found = true
        while found {
            found = false
            for mark in [")", ">", ".", ",", "\n", "&gt;"] where middle.hasSuffix(mark) {
                tail.append(mark)
                middle = middle.dropLast(mark.count)
                found = true
            }
        }
        var inside = String(middle)
        for (open, close) in [("(", ")"), ("<", ">"), ("&lt;", "&gt;")] {
            var missing = count(open, inside) - count(close, inside)
            while missing > 0, tail.last == close {
                inside += close
                missing -= 1
                tail.removeLast()
            }
        }
        return head + anchor(inside) + tail.reversed().joined()
    }

    private func count(_ part: String, _ text: String) -> Int {
        TextMethods.count(of: TextValue.make(part), in: TextValue.make(text))
    }

    private mutating func anchor(_ text: String) -> String {
        let attributes = (relation.isEmpty ? "" : " rel=\"\(relation)\"") + (target.map { " target=\"\($0)\"" } ?? "")
        func short() -> String {
            trimmed += 1
            guard let limit, text.unicodeScalars.count > limit else { return text }
            return String(String.UnicodeScalarView(text.unicodeScalars.prefix(limit))) + "..."
        }
        let lower = text.lowercased()
        if lower.hasPrefix("https://") || lower.hasPrefix("http://") {
            guard isAddress(lower.drop { $0 != "/" }.dropFirst(2)) else { return text }
            return "<a href=\"\(text)\"\(attributes)>\(short())</a>"
        }
        if lower.hasPrefix("www."), isAddress(lower.dropFirst(4)) {
            return "<a href=\"https://\(text)\"\(attributes)>\(short())</a>"
        }
        if isHost(lower) { return "<a href=\"https://\(text)\"\(attributes)>\(short())</a>" }
        if lower.hasPrefix("mailto:"), isMail(String(text.dropFirst(7))) {
            return "<a href=\"\(text)\">\(text.dropFirst(7))</a>"
        }
        if isMail(text) { return "<a href=\"mailto:\(text)\">\(text)</a>" }
        for scheme in schemes where text != scheme && text.hasPrefix(scheme) {
            return "<a href=\"\(text)\"\(attributes)>\(text)</a>"
        }
        return text
    }

    /// A host after a scheme: labels with a last one of letters, or an IP address; then a port and a path.
    private func isAddress(_ text: Substring) -> Bool {
        if text.hasPrefix("[") { return text.contains("]") }
        let host = text.prefix { !"/?#:".contains($0) }
        let tail = text[host.endIndex...]
        if tail.hasPrefix(":") {
            let port = tail.dropFirst().prefix { !"/?#".contains($0) }
            guard !port.isEmpty, port.count <= 5, port.allSatisfy(\.isNumber) else { return false }
        }
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        guard let last = labels.last, labels.allSatisfy({ !$0.isEmpty }) else { return false }
        if labels.count == 4, labels.allSatisfy({ $0.count <= 3 && $0.allSatisfy(\.isNumber) }) { return true }
        guard labels.allSatisfy({ $0.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" || $0 == "%" } })
        else { return false }
        return last.hasPrefix("xn--")
            || last.count >= 2 && last.count <= 63 && last.allSatisfy { $0.isASCII && $0.isLetter }
    }

    private func isHost(_ text: String) -> Bool {
        let name = text.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard let dot = name.lastIndex(of: "."), dot > name.startIndex,
            ["com", "net", "int", "edu", "gov", "org", "info", "mil"].contains(name[name.index(after: dot)...])
        else { return false }
        return name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "." || $0 == "-" }
    }

    private func isMail(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, let dot = parts[1].firstIndex(of: "."), dot > parts[1].startIndex,
            parts[1].index(after: dot) < parts[1].endIndex
        else { return false }
        return !parts[0].contains { $0 == ":" || $0 == "/" }
    }
}
