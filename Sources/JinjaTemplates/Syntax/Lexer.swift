/// Turns a template's source into tokens, with Jinja2's whitespace rules.
///
/// The rules live here and nowhere else: rewriting the source before reading it gives wrong results.
struct Lexer: ~Copyable {
    /// The source with `\n` line ends and, unless it is kept, without its final one.
    let source: [UInt8]
    private(set) var tokens: [Token] = []
    var names: NameTable

    let rules: LexicalRules
    var position = 0
    /// Whether the last match ended a line.
    var isAtLineStart = true
    /// Brackets open inside of the tag that is read, as the bytes that close them.
    var brackets: [UInt8] = []

    private typealias Opening = LexicalRules.Opening
    /// A delimiter that was found: its kind and length, and where its match begins, which for line openings is before
    /// their indent.
    private struct FoundOpening {
        var kind: LexicalRules.OpeningKind
        var length: Int
        var start: Int

        init(_ opening: borrowing Opening, at start: Int) {
            (kind, length, self.start) = (opening.kind, opening.bytes.count, start)
        }
    }

    init(_ text: [UInt8], _ rules: LexicalRules) {
        self.rules = rules
        source = Lexer.normalizingNewlines(text, keepingLast: rules.syntax.keepTrailingNewline)
        names = NameTable.words.reserving(source.count / 32)
        tokens.reserveCapacity(source.count / 3 + 8)
    }

    /// What was read: the source, its tokens, and the names in them.
    consuming func finish() -> (source: [UInt8], tokens: [Token], names: NameTable) { (source, tokens, names) }

    static func normalizingNewlines(_ text: [UInt8], keepingLast: Bool) -> [UInt8] {
        var result = text
        if text.withUnsafeBufferPointer({ bytes in bytes.contains(0x0D) }) {
            result = []
            result.reserveCapacity(text.count)
            var index = 0
            while index < text.count {
                if text[index] == 0x0D {
                    result.append(0x0A)
                    if index + 1 < text.count, text[index + 1] == 0x0A { index += 1 }
                } else {
                    result.append(text[index])
                }
                index += 1
            }
        }
        if !keepingLast, result.last == 0x0A { result.removeLast() }
        return result
    }

    /// Leaves out the first line, which is a header.
    mutating func skipFirstLine() {
        position = source.firstIndex(of: 0x0A).map { $0 + 1 } ?? source.count
    }

    /// Reads the whole source.
    mutating func run() throws(EvaluationError) {
        while position < source.count {
            guard let opening = findOpening() else {
                addData(position, source.count)
                position = source.count
                break
            }
            try enter(opening, at: opening.start)
        }
        add(.eof, source.count, source.count)
    }

    mutating func add(_ kind: Token.Kind, _ start: Int, _ end: Int, _ value: Int32 = 0) {
        tokens.append(Token(kind: kind, offset: Int32(start), end: Int32(end), value: value))
    }

    private mutating func addData(_ start: Int, _ end: Int) {
        if end > start { add(.data, start, end) }
    }

    func fail(_ message: String, at offset: Int) -> EvaluationError {
        let error = EvaluationError(.syntaxError, message)
        error.sourceOffset = offset
        return error
    }

    // MARK: Outside of tags

    @inline(__always)
    func matches(_ bytes: [UInt8], at offset: Int) -> Bool {
        guard offset + bytes.count <= source.count else { return false }
        for index in bytes.indices where source[offset + index] != bytes[index] { return false }
        return true
    }

    private func findOpening() -> FoundOpening? {
        let hasLineOpenings = !rules.lineOpenings.isEmpty
        var index = position
        while true {
            if hasLineOpenings {
                // A match begins with a character, never inside of one.
                guard index < source.count else { return nil }
                if source[index] & 0xC0 != 0x80, let found = lineOpening(at: index) { return found }
            } else {
                index = rules.firstIndex(of: .opening, in: source, from: index)
                guard index < source.count else { return nil }
            }
            for number in rules.openings.indices where matches(rules.openings[number].bytes, at: index) {
                return FoundOpening(rules.openings[number], at: index)
            }
            index += 1
        }
    }

    private func lineOpening(at index: Int) -> FoundOpening? {
        let startsLine = index == 0 || source[index - 1] == 0x0A
        for opening in rules.lineOpenings {
            switch opening.kind {
            case .lineStatement:
                guard startsLine else { continue }
                var next = index
                while next < source.count, source[next] == 0x20 || source[next] == 0x09 || source[next] == 0x0B {
                    next += 1
                }
                if matches(opening.bytes, at: next) { return FoundOpening(opening, at: index) }
            case .lineComment:
                guard startsLine || !isSpaceBefore(index) else { continue }
                var next = index
                while next < source.count, source[next] != 0x0A, source[next] != 0x0D,
                    let width = spaceWidth(at: next)
                {
                    next += width
                }
                if matches(opening.bytes, at: next) { return FoundOpening(opening, at: index) }
            case .block, .variable, .comment: continue
            }
        }
        return nil
    }

    private func isSpaceBefore(_ index: Int) -> Bool {
        guard index > 0 else { return false }
        var start = index - 1
        while start > 0, source[start] & 0xC0 == 0x80 { start -= 1 }
        return spaceWidth(at: start) != nil
    }

    /// The width in bytes of the white space at `index`, nil when there is none.
    @inline(__always)
    func spaceWidth(at index: Int) -> Int? {
        let byte = source[index]
        if byte < 0x80 { return rules.isA(.space, byte) ? 1 : nil }
        return wideSpaceWidth(at: index)
    }

    func wideSpaceWidth(at index: Int) -> Int? {
        let byte = source[index]
        let scalar = source.withUnsafeBufferPointer { decodeScalar($0, at: index) }
        return isPythonSpace(scalar) ? scalarWidth(byte) : nil
    }

    func skippingSpace(from start: Int) -> Int {
        var index = rules.endOfRun(of: .space, in: source, from: start)
        while index < source.count, source[index] >= 0x80, let width = wideSpaceWidth(at: index) {
            index = rules.endOfRun(of: .space, in: source, from: index + width)
        }
        return index
    }

    private mutating func enter(_ opening: FoundOpening, at start: Int) throws(EvaluationError) {
        var afterOpening = start
        switch opening.kind {
        case .lineStatement:
            while source[afterOpening] == 0x20 || source[afterOpening] == 0x09 || source[afterOpening] == 0x0B {
                afterOpening += 1
            }
        case .lineComment:
            while let width = spaceWidth(at: afterOpening), !matches(rules.lineComment, at: afterOpening) {
                afterOpening += width
            }
        case .block, .variable, .comment: break
        }
        afterOpening += opening.length
        if opening.kind == .block, let raw = rawBegin(at: start) {
            emitDataBefore(start, sign: raw.sign, mayStrip: true)
            try readRaw(from: raw.end, tagAt: start)
            return
        }
        var sign: UInt8 = 0
        if afterOpening < source.count, source[afterOpening] == 0x2D || source[afterOpening] == 0x2B {
            sign = source[afterOpening]
            afterOpening += 1
        }
        emitDataBefore(start, sign: sign, mayStrip: opening.kind != .variable)
        position = afterOpening
        isAtLineStart = false
        switch opening.kind {
        case .block:
            add(.blockBegin, start, afterOpening)
            try readTag(.blockEnd)
        case .variable:
            add(.variableBegin, start, afterOpening)
            try readTag(.variableEnd)
        case .comment: try skipComment(from: start)
        case .lineStatement:
            add(.blockBegin, start, afterOpening)
            try readTag(.eof)
        case .lineComment:
            while position < source.count, source[position] != 0x0A { position += 1 }
            isAtLineStart = false
        }
    }

    /// Adds the text before a tag, stripped as its sign and the settings say.
    private mutating func emitDataBefore(_ start: Int, sign: UInt8, mayStrip: Bool) {
        var end = start
        if sign == 0x2D {
            end = strippedEnd(position, start)
        } else if sign != 0x2B, rules.syntax.lstripBlocks, mayStrip {
            var lineStart = start
            while lineStart > position, source[lineStart - 1] != 0x0A { lineStart -= 1 }
            if lineStart > position || isAtLineStart, skippingSpace(from: lineStart, upTo: start) == start {
                end = lineStart
            }
        }
        addData(position, end)
    }

    func skippingSpace(from start: Int, upTo end: Int) -> Int {
        var index = start
        while index < end, let width = spaceWidth(at: index) { index += width }
        return index
    }

    private func strippedEnd(_ start: Int, _ end: Int) -> Int {
        var last = end
        while last > start {
            var scalarStart = last - 1
            while scalarStart > start, source[scalarStart] & 0xC0 == 0x80 { scalarStart -= 1 }
            guard spaceWidth(at: scalarStart) != nil else { break }
            last = scalarStart
        }
        return last
    }

    /// After an end delimiter: what else the match takes.
    mutating func finishTag(end: Int, sign: UInt8, trims: Bool) {
        var next = end
        if sign == 0x2D {
            next = skippingSpace(from: end)
        } else if sign == 0, trims, rules.syntax.trimBlocks, end < source.count, source[end] == 0x0A {
            next = end + 1
        }
        position = next
        isAtLineStart = next > 0 && source[next - 1] == 0x0A
    }

    private mutating func skipComment(from start: Int) throws(EvaluationError) {
        var index = position
        while index < source.count {
            if source[index] == 0x2D || source[index] == 0x2B, matches(rules.commentEnd, at: index + 1) {
                finishTag(end: index + 1 + rules.commentEnd.count, sign: source[index], trims: true)
                return
            }
            if matches(rules.commentEnd, at: index) {
                finishTag(end: index + rules.commentEnd.count, sign: 0, trims: true)
                return
            }
            index += 1
        }
        // Nothing at all after the opening: Jinja2 says nothing either.
        if position == source.count { return }
        throw fail("Missing end of comment tag", at: start)
    }

    /// `{% raw %}` at `start`: its sign and where it ends.
    private func rawBegin(at start: Int) -> (sign: UInt8, end: Int)? {
        var index = start + rules.blockStart.count
        var sign: UInt8 = 0
        if index < source.count, source[index] == 0x2D || source[index] == 0x2B {
            sign = source[index]
            index += 1
        }
        index = skippingSpace(from: index)
        guard index + 3 <= source.count, source[index] == 0x72, source[index + 1] == 0x61, source[index + 2] == 0x77
        else { return nil }
        index = skippingSpace(from: index + 3)
        if index < source.count, source[index] == 0x2D, matches(rules.blockEnd, at: index + 1) {
            return (sign, skippingSpace(from: index + 1 + rules.blockEnd.count))
        }
        return matches(rules.blockEnd, at: index) ? (sign, index + rules.blockEnd.count) : nil
    }

    private mutating func readRaw(from start: Int, tagAt tag: Int) throws(EvaluationError) {
        position = start
        isAtLineStart = start > 0 && source[start - 1] == 0x0A
        var index = start
        while index < source.count {
            defer { index += 1 }
            guard matches(rules.blockStart, at: index) else { continue }
            var next = index + rules.blockStart.count
            var sign: UInt8 = 0
            if next < source.count, source[next] == 0x2D || source[next] == 0x2B {
                sign = source[next]
                next += 1
            }
            next = skippingSpace(from: next)
            guard source[next...].starts(with: "endraw".utf8) else { continue }
            next = skippingSpace(from: next + 6)
            var endSign: UInt8 = 0
            if next < source.count, source[next] == 0x2D || source[next] == 0x2B,
                matches(rules.blockEnd, at: next + 1)
            {
                endSign = source[next]
                next += 1
            } else if !matches(rules.blockEnd, at: next) {
                continue
            }
            emitDataBefore(index, sign: sign, mayStrip: true)
            finishTag(end: next + rules.blockEnd.count, sign: endSign, trims: true)
            return
        }
        if position == source.count { return }
        throw fail("Missing end of raw directive", at: tag)
    }
}

@inline(__always)
func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

@inline(__always)
package func isASCIISpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || (byte >= 9 && byte <= 13) || (byte >= 28 && byte <= 31)
}

/// Python's `str.isspace` for one scalar.
package func isPythonSpace(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x20, 0x09...0x0D, 0x1C...0x1F, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000:
        true
    default: false
    }
}

/// What Python's `\w` takes beyond ASCII, and the few scalars that identifiers may hold besides.
func isNameScalar(_ scalar: Unicode.Scalar) -> Bool {
    let properties = scalar.properties
    if properties.isXIDContinue { return true }
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
        .letterNumber, .otherNumber:
        return true
    default: return false
    }
}

/// `repr` of a short text, for messages.
package func pythonQuoted(_ text: String) -> String {
    var bytes: [UInt8] = []
    representText(TextValue.make(text), into: &bytes)
    return String(decoding: bytes, as: UTF8.self)
}
