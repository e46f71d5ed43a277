internal import Diagnostics

/// Reads JSON strictly (RFC 8259) into nodes that know their place. Duplicate names and lone surrogates are refused.
struct JSONReading {
    private let source: SourceText
    private let limits: DocumentLimits
    private let bytes: [UInt8]
    private var index = 0
    private var nodes = 0
    /// Place of `counted`, so that columns are counted once only.
    private var (line, column, counted) = (1, 1, 0)

    init(_ source: SourceText, _ limits: DocumentLimits) {
        (self.source, self.limits) = (source, limits)
        bytes = Array(source.text.utf8)
    }

    mutating func read() throws(Findings) -> DocumentNode {
        // RFC 8259 §8.1 lets a reader ignore a byte order mark.
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { (index, counted) = (3, 3) }
        let root = try value(depth: 0)
        skipSpace()
        guard index == bytes.count else { throw wrong("there is more text after the value", "remove it") }
        return root
    }

    // MARK: Places

    private mutating func place() -> (line: Int, column: Int) {
        while counted < index {
            if bytes[counted] == 0x0A {
                line += 1
                column = 1
            } else if bytes[counted] & 0xC0 != 0x80 {
                column += 1
            }
            counted += 1
        }
        return (line, column)
    }

    private mutating func wrong(_ what: String, _ remedy: String, code: String = "json.syntax") -> Findings {
        let (line, column) = place()
        let position = source.position(line: line, column: column)
        return Findings([
            Finding(code: code, what: what, at: position, remedy: remedy, excerpt: source.excerpt(at: position))
        ])
    }

    private mutating func unexpected(_ expected: String) -> Findings {
        guard index < bytes.count else {
            return wrong("the text ends where \(expected) is expected", "complete the document")
        }
        let scalar = String(decoding: bytes[index...].prefix(4), as: UTF8.self).unicodeScalars.first
        let shown = scalar.map { safeForDisplay(String($0), keepingLines: false) } ?? ""
        return wrong("“\(shown)” is here, expected \(expected)", "correct the JSON")
    }

    // MARK: Values

    private mutating func skipSpace() {
        while index < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[index]) { index += 1 }
    }

    private mutating func value(depth: Int) throws(Findings) -> DocumentNode {
        skipSpace()
        let (line, column) = place()
        nodes += 1
        guard nodes <= limits.maximumNodes else {
            throw wrong(
                "more than \(limits.maximumNodes) values", "split the document", code: "document.too-many-nodes")
        }
        guard depth <= limits.maximumDepth else {
            throw wrong("nested deeper than \(limits.maximumDepth)", "flatten the document", code: "document.too-deep")
        }
        guard index < bytes.count else { throw unexpected("a value") }
        let content: DocumentNode.Content
        switch bytes[index] {
        case UInt8(ascii: "{"): content = .mapping(try object(depth: depth))
        case UInt8(ascii: "["): content = .sequence(try array(depth: depth))
        case UInt8(ascii: "\""): content = .scalar(.init(text: try string(), style: .doubleQuoted))
        case UInt8(ascii: "t"): content = try word("true")
        case UInt8(ascii: "f"): content = try word("false")
        case UInt8(ascii: "n"): content = try word("null")
        case UInt8(ascii: "-"), 0x30...0x39: content = .scalar(.init(text: try number(), style: .jsonLiteral))
        default: throw unexpected("a value")
        }
        return DocumentNode(content, source: source, line: line, column: column)
    }

    private mutating func word(_ word: String) throws(Findings) -> DocumentNode.Content {
        guard bytes[index...].starts(with: word.utf8) else { throw unexpected("a value") }
        index += word.utf8.count
        return .scalar(.init(text: word, style: .jsonLiteral))
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard index < bytes.count, bytes[index] == byte else { return false }
        index += 1
        return true
    }

    private mutating func object(depth: Int) throws(Findings) -> [DocumentNode.Entry] {
        index += 1
        var (entries, seen) = ([DocumentNode.Entry](), Set<[UInt8]>())
        skipSpace()
        if take(UInt8(ascii: "}")) { return entries }
        while true {
            skipSpace()
            let (keyLine, keyColumn) = place()
            guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else {
                throw unexpected("a name in double quotes")
            }
            let start = index
            let key = try string()
            guard seen.insert(Array(key.utf8)).inserted else {
                (index, line, column, counted) = (start, keyLine, keyColumn, start)
                throw wrong(
                    "the name “\(safeForDisplay(key, keepingLines: false))” is there twice", "remove one of the two",
                    code: "json.duplicate-key")
            }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw unexpected("“:”") }
            let keyNode = DocumentNode(
                .scalar(.init(text: key, style: .doubleQuoted)), source: source, line: keyLine, column: keyColumn)
            entries.append(.init(keyNode: keyNode, value: try value(depth: depth + 1)))
            skipSpace()
            if take(UInt8(ascii: ",")) { continue }
            guard take(UInt8(ascii: "}")) else { throw unexpected("“,” or “}”") }
            return entries
        }
    }

    private mutating func array(depth: Int) throws(Findings) -> [DocumentNode] {
        index += 1
        var elements: [DocumentNode] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return elements }
        while true {
            elements.append(try value(depth: depth + 1))
            skipSpace()
            if take(UInt8(ascii: ",")) { continue }
            guard take(UInt8(ascii: "]")) else { throw unexpected("“,” or “]”") }
            return elements
        }
    }

    /// RFC 8259 §6: no leading zeros, digits on both sides of the point.
    private mutating func number() throws(Findings) -> String {
        let start = index
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try digits() }
        if take(UInt8(ascii: ".")) { try digits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        if index < bytes.count, (0x30...0x39).contains(bytes[index]) {
            throw wrong("a number with a leading zero", "write it without")
        }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        guard let number = Double(text), number.isFinite else {
            index = start
            throw wrong("the number is too big", "write a smaller number, or a text in quotes")
        }
        return text
    }

    private mutating func digits() throws(Findings) {
        let start = index
        while index < bytes.count, (0x30...0x39).contains(bytes[index]) { index += 1 }
        if index == start { throw unexpected("a digit") }
    }

    // MARK: Strings

    private mutating func string() throws(Findings) -> String {
        index += 1
        var text: [UInt8] = []
        while true {
            let start = index
            while index < bytes.count, bytes[index] >= 0x20, bytes[index] != UInt8(ascii: "\""),
                bytes[index] != UInt8(ascii: "\\")
            {
                index += 1
            }
            text += bytes[start..<index]
            guard index < bytes.count else { throw unexpected("the closing quote") }
            switch bytes[index] {
            case UInt8(ascii: "\""):
                index += 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): try escape(into: &text)
            default: throw wrong("a control character inside a text", "write it as \\n, \\t or \\u00XX")
            }
        }
    }

    private mutating func escape(into text: inout [UInt8]) throws(Findings) {
        index += 1
        guard index < bytes.count else { throw unexpected("an escape") }
        let escape = bytes[index]
        index += 1
        switch escape {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(escape)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var code = UInt32(try codeUnit())
            if (0xD800..<0xDC00).contains(code), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) {
                let low = UInt32(try codeUnit())
                guard (0xDC00..<0xE000).contains(low) else {
                    throw wrong("half of a surrogate pair", "write both halves")
                }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else {
                throw wrong("half of a surrogate pair", "write both halves")
            }
            text += Array(String(scalar).utf8)
        default:
            index -= 1
            throw unexpected("one of \" \\ / b f n r t u after a backslash")
        }
    }

    private mutating func codeUnit() throws(Findings) -> UInt16 {
        let digits = bytes[index...].prefix(4)
        guard digits.count == 4, digits.allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit }),
            let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw unexpected("four hexadecimal digits") }
        index += 4
        return unit
    }
}
