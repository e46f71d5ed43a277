/// Turns a template's source into tokens, with Jinja2's whitespace rules.
///
/// The rules live here and nowhere else: rewriting the source before reading it gives wrong results.
struct Lexer {
    /// The source with `\n` line ends and, unless it is kept, without its final one.
    let source: [UInt8]
    private(set) var tokens: [Token] = []
    private(set) var names: NameTable

    private let syntax: TemplateSyntax
    private let blockStart: [UInt8]
    private let blockEnd: [UInt8]
    private let variableEnd: [UInt8]
    private let commentEnd: [UInt8]
    private let linePrefix: [UInt8]?
    private let lineCommentPrefix: [UInt8]?
    /// Delimiters in the order in which they are tried at one place.
    private let openings: [Opening]
    private let firstBytes: [Bool]
    private var position = 0
    /// Whether the last match ended a line.
    private var isAtLineStart = true

    private enum OpeningKind { case block, variable, comment, lineStatement, lineComment }
    private struct Opening {
        var kind: OpeningKind
        var bytes: [UInt8]
    }

    init(_ text: [UInt8], _ syntax: TemplateSyntax) {
        self.syntax = syntax
        source = Lexer.normalizingNewlines(text, keepingLast: syntax.keepTrailingNewline)
        names = NameTable.words
        tokens.reserveCapacity(source.count / 4 + 8)
        blockStart = Array(syntax.blockStart.utf8)
        blockEnd = Array(syntax.blockEnd.utf8)
        variableEnd = Array(syntax.variableEnd.utf8)
        commentEnd = Array(syntax.commentEnd.utf8)
        linePrefix = syntax.lineStatementPrefix.map { Array($0.utf8) }
        lineCommentPrefix = syntax.lineCommentPrefix.map { Array($0.utf8) }
        // Longest first; among equals variable, line statement, line comment, comment, block.
        var all = [
            Opening(kind: .variable, bytes: Array(syntax.variableStart.utf8)),
            Opening(kind: .comment, bytes: Array(syntax.commentStart.utf8)),
            Opening(kind: .block, bytes: Array(syntax.blockStart.utf8)),
        ]
        if let linePrefix { all.insert(Opening(kind: .lineStatement, bytes: linePrefix), at: 1) }
        if let lineCommentPrefix {
            all.insert(Opening(kind: .lineComment, bytes: lineCommentPrefix), at: linePrefix == nil ? 1 : 2)
        }
        openings = all.enumerated().sorted {
            $0.element.bytes.count != $1.element.bytes.count
                ? $0.element.bytes.count > $1.element.bytes.count : $0.offset < $1.offset
        }.map(\.element)
        var firstBytes = [Bool](repeating: false, count: 256)
        for opening in openings { if let first = opening.bytes.first { firstBytes[Int(first)] = true } }
        self.firstBytes = firstBytes
    }

    static func normalizingNewlines(_ text: [UInt8], keepingLast: Bool) -> [UInt8] {
        var result = text
        if text.contains(0x0D) {
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
            guard let (opening, start) = findOpening() else {
                addData(position, source.count)
                position = source.count
                break
            }
            try enter(opening, at: start)
        }
        add(.eof, source.count, source.count)
    }

    private mutating func add(_ kind: Token.Kind, _ start: Int, _ end: Int, _ value: Int32 = 0) {
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

    private func matches(_ bytes: [UInt8], at offset: Int) -> Bool {
        guard offset + bytes.count <= source.count else { return false }
        for index in bytes.indices where source[offset + index] != bytes[index] { return false }
        return true
    }

    /// The next opening delimiter; `start` is where its match begins, which for line openings is before their indent.
    private func findOpening() -> (opening: Opening, start: Int)? {
        let hasLineOpenings = linePrefix != nil || lineCommentPrefix != nil
        var index = position
        while index < source.count {
            // A match begins with a character, never inside of one.
            if hasLineOpenings, source[index] & 0xC0 != 0x80, let found = lineOpening(at: index) {
                return (found, index)
            }
            if firstBytes[Int(source[index])] {
                for opening in openings where opening.kind != .lineStatement && opening.kind != .lineComment {
                    if matches(opening.bytes, at: index) { return (opening, index) }
                }
            }
            index += 1
        }
        return nil
    }

    private func lineOpening(at index: Int) -> Opening? {
        let startsLine = index == 0 || source[index - 1] == 0x0A
        for opening in openings {
            switch opening.kind {
            case .lineStatement:
                guard startsLine else { continue }
                var next = index
                while next < source.count, source[next] == 0x20 || source[next] == 0x09 || source[next] == 0x0B {
                    next += 1
                }
                if matches(opening.bytes, at: next) { return opening }
            case .lineComment:
                guard startsLine || !isSpaceBefore(index) else { continue }
                var next = index
                while next < source.count, source[next] != 0x0A, source[next] != 0x0D,
                    let width = spaceWidth(at: next)
                {
                    next += width
                }
                if matches(opening.bytes, at: next) { return opening }
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
    private func spaceWidth(at index: Int) -> Int? {
        let byte = source[index]
        if byte < 0x80 { return isASCIISpace(byte) ? 1 : nil }
        let scalar = source.withUnsafeBufferPointer { decodeScalar($0, at: index) }
        return isPythonSpace(scalar) ? scalarWidth(byte) : nil
    }

    private func skippingSpace(from start: Int) -> Int {
        var index = start
        while index < source.count, let width = spaceWidth(at: index) { index += width }
        return index
    }

    private mutating func enter(_ opening: Opening, at start: Int) throws(EvaluationError) {
        var afterOpening = start
        switch opening.kind {
        case .lineStatement:
            while source[afterOpening] == 0x20 || source[afterOpening] == 0x09 || source[afterOpening] == 0x0B {
                afterOpening += 1
            }
        case .lineComment:
            while let width = spaceWidth(at: afterOpening), !matches(opening.bytes, at: afterOpening) {
                afterOpening += width
            }
        case .block, .variable, .comment: break
        }
        afterOpening += opening.bytes.count
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
        } else if sign != 0x2B, syntax.lstripBlocks, mayStrip {
            var lineStart = start
            while lineStart > position, source[lineStart - 1] != 0x0A { lineStart -= 1 }
            if lineStart > position || isAtLineStart, skippingSpace(from: lineStart, upTo: start) == start {
                end = lineStart
            }
        }
        addData(position, end)
    }

    private func skippingSpace(from start: Int, upTo end: Int) -> Int {
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
    private mutating func finishTag(end: Int, sign: UInt8, trims: Bool) {
        var next = end
        if sign == 0x2D {
            next = skippingSpace(from: end)
        } else if sign == 0, trims, syntax.trimBlocks, end < source.count, source[end] == 0x0A {
            next = end + 1
        }
        position = next
        isAtLineStart = next > 0 && source[next - 1] == 0x0A
    }

    private mutating func skipComment(from start: Int) throws(EvaluationError) {
        var index = position
        while index < source.count {
            if source[index] == 0x2D || source[index] == 0x2B, matches(commentEnd, at: index + 1) {
                finishTag(end: index + 1 + commentEnd.count, sign: source[index], trims: true)
                return
            }
            if matches(commentEnd, at: index) {
                finishTag(end: index + commentEnd.count, sign: 0, trims: true)
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
        var index = start + blockStart.count
        var sign: UInt8 = 0
        if index < source.count, source[index] == 0x2D || source[index] == 0x2B {
            sign = source[index]
            index += 1
        }
        index = skippingSpace(from: index)
        guard index + 3 <= source.count, source[index] == 0x72, source[index + 1] == 0x61, source[index + 2] == 0x77
        else { return nil }
        index = skippingSpace(from: index + 3)
        if index < source.count, source[index] == 0x2D, matches(blockEnd, at: index + 1) {
            return (sign, skippingSpace(from: index + 1 + blockEnd.count))
        }
        return matches(blockEnd, at: index) ? (sign, index + blockEnd.count) : nil
    }

    private mutating func readRaw(from start: Int, tagAt tag: Int) throws(EvaluationError) {
        position = start
        isAtLineStart = start > 0 && source[start - 1] == 0x0A
        var index = start
        while index < source.count {
            defer { index += 1 }
            guard matches(blockStart, at: index) else { continue }
            var next = index + blockStart.count
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
                matches(blockEnd, at: next + 1)
            {
                endSign = source[next]
                next += 1
            } else if !matches(blockEnd, at: next) {
                continue
            }
            emitDataBefore(index, sign: sign, mayStrip: true)
            finishTag(end: next + blockEnd.count, sign: endSign, trims: true)
            return
        }
        if position == source.count { return }
        throw fail("Missing end of raw directive", at: tag)
    }

    // MARK: Inside of tags

    /// Reads tokens up to the end of the tag; `.eof` stands for the end of a line statement.
    private mutating func readTag(_ end: Token.Kind) throws(EvaluationError) {
        var brackets: [UInt8] = []
        while true {
            if brackets.isEmpty, tryEnd(end) { return }
            guard position < source.count else { return }
            let byte = source[position]
            if spaceWidth(at: position) != nil {
                position = skippingSpace(from: position)
                continue
            }
            switch byte {
            case 0x30...0x39: readNumber()
            case 0x22, 0x27: try readString(byte)
            case 0x41...0x5A, 0x61...0x7A, 0x5F: try readName()
            default:
                if byte >= 0x80 {
                    try readName()
                } else {
                    try readOperator(byte, &brackets)
                }
            }
        }
    }

    private mutating func tryEnd(_ end: Token.Kind) -> Bool {
        let start = position
        if end == .eof {
            // The end of a line, or of the source.
            var index = position
            while index < source.count, source[index] != 0x0A, let width = spaceWidth(at: index) { index += width }
            if index < source.count, source[index] != 0x0A { return false }
            // `\s*(\n|$)` is greedy: it takes blank lines as well.
            index = skippingSpace(from: index)
            if index < source.count {
                while index > position, source[index - 1] != 0x0A { index -= 1 }
            }
            add(.blockEnd, start, index)
            position = index
            isAtLineStart = index > 0 && source[index - 1] == 0x0A
            return true
        }
        guard position < source.count else { return false }
        let delimiter = end == .blockEnd ? blockEnd : variableEnd
        let byte = source[position]
        if byte == 0x2D || (byte == 0x2B && end == .blockEnd), matches(delimiter, at: position + 1) {
            let after = position + 1 + delimiter.count
            add(end, start, after)
            finishTag(end: after, sign: byte, trims: end == .blockEnd)
            return true
        }
        guard matches(delimiter, at: position) else { return false }
        let after = position + delimiter.count
        add(end, start, after)
        finishTag(end: after, sign: 0, trims: end == .blockEnd)
        return true
    }

    private mutating func readName() throws(EvaluationError) {
        let start = position
        var isPlain = true
        while position < source.count {
            let byte = source[position]
            if byte < 0x80 {
                guard isNameByte(byte) else { break }
                position += 1
            } else {
                let scalar = source.withUnsafeBufferPointer { decodeScalar($0, at: position) }
                guard isNameScalar(scalar) else { break }
                isPlain = false
                position += scalarWidth(byte)
            }
        }
        guard position > start else {
            let scalar = source.withUnsafeBufferPointer { decodeScalar($0, at: start) }
            throw fail("unexpected char \(pythonQuoted(String(Character(scalar)))) at \(start)", at: start)
        }
        if !isPlain {
            let text = String(decoding: source[start..<position], as: UTF8.self)
            guard let first = text.unicodeScalars.first, first.properties.isXIDStart || first == "_",
                text.unicodeScalars.dropFirst().allSatisfy({ $0.properties.isXIDContinue })
            else { throw fail("Invalid character in identifier", at: start) }
        }
        let number = source.withUnsafeBufferPointer {
            names.intern(UnsafeBufferPointer(rebasing: $0[start..<position]))
        }
        add(.name, start, position, number)
    }

    private mutating func readString(_ quote: UInt8) throws(EvaluationError) {
        let start = position
        var index = start + 1
        while index < source.count, source[index] != quote {
            index += source[index] == 0x5C ? 2 : 1
        }
        guard index < source.count else {
            throw fail("unexpected char \(pythonQuoted(String(UnicodeScalar(quote)))) at \(start)", at: start)
        }
        position = index + 1
        add(.string, start, position)
    }

    private mutating func readNumber() {
        let start = position
        if !(start > 0 && source[start - 1] == 0x2E), let end = floatEnd(start) {
            position = end
            add(.float, start, end)
            return
        }
        position = integerEnd(start)
        add(.integer, start, position)
    }

    /// `(\d+_)*\d+`.
    private func digitsEnd(_ start: Int) -> Int? {
        var index = start
        guard index < source.count, isDigit(source[index]) else { return nil }
        while index < source.count {
            if isDigit(source[index]) {
                index += 1
            } else if source[index] == 0x5F, index + 1 < source.count, isDigit(source[index + 1]) {
                index += 1
            } else {
                break
            }
        }
        return index
    }

    private func floatEnd(_ start: Int) -> Int? {
        guard let whole = digitsEnd(start) else { return nil }
        var end = whole
        var hasFraction = false
        if whole < source.count, source[whole] == 0x2E, let fraction = digitsEnd(whole + 1) {
            end = fraction
            hasFraction = true
        }
        if end < source.count, source[end] | 0x20 == 0x65 {
            var index = end + 1
            if index < source.count, source[index] == 0x2B || source[index] == 0x2D { index += 1 }
            if let exponent = digitsEnd(index) { return exponent }
        }
        return hasFraction ? end : nil
    }

    private func integerEnd(_ start: Int) -> Int {
        func run(_ from: Int, _ accepts: (UInt8) -> Bool) -> Int {
            var index = from
            while index < source.count {
                if accepts(source[index]) {
                    index += 1
                } else if source[index] == 0x5F, index + 1 < source.count, accepts(source[index + 1]) {
                    index += 2
                } else {
                    break
                }
            }
            return index
        }
        if source[start] == 0x30 {
            if start + 1 < source.count {
                let (mark, accepts): (UInt8, (UInt8) -> Bool) = (
                    source[start + 1] | 0x20, digitTest(source[start + 1] | 0x20)
                )
                if mark == 0x62 || mark == 0x6F || mark == 0x78 {
                    let end = run(start + 2, accepts)
                    if end > start + 2 { return end }
                    return start + 1
                }
            }
            return run(start + 1) { $0 == 0x30 }
        }
        return run(start + 1, isDigit)
    }

    private func digitTest(_ mark: UInt8) -> (UInt8) -> Bool {
        switch mark {
        case 0x62: { $0 == 0x30 || $0 == 0x31 }
        case 0x6F: { $0 >= 0x30 && $0 <= 0x37 }
        default: { isDigit($0) || ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x66) }
        }
    }

    private mutating func readOperator(_ byte: UInt8, _ brackets: inout [UInt8]) throws(EvaluationError) {
        let next = position + 1 < source.count ? source[position + 1] : 0
        let start = position
        let kind: Token.Kind
        var width = 1
        switch (byte, next) {
        case (0x2F, 0x2F): (kind, width) = (.floordiv, 2)
        case (0x2A, 0x2A): (kind, width) = (.pow, 2)
        case (0x3D, 0x3D): (kind, width) = (.eq, 2)
        case (0x21, 0x3D): (kind, width) = (.ne, 2)
        case (0x3E, 0x3D): (kind, width) = (.gteq, 2)
        case (0x3C, 0x3D): (kind, width) = (.lteq, 2)
        case (0x2B, _): kind = .add
        case (0x2D, _): kind = .sub
        case (0x2F, _): kind = .div
        case (0x2A, _): kind = .mul
        case (0x25, _): kind = .mod
        case (0x7E, _): kind = .tilde
        case (0x5B, _): kind = .lbracket
        case (0x5D, _): kind = .rbracket
        case (0x28, _): kind = .lparen
        case (0x29, _): kind = .rparen
        case (0x7B, _): kind = .lbrace
        case (0x7D, _): kind = .rbrace
        case (0x3E, _): kind = .gt
        case (0x3C, _): kind = .lt
        case (0x3D, _): kind = .assign
        case (0x2E, _): kind = .dot
        case (0x3A, _): kind = .colon
        case (0x7C, _): kind = .pipe
        case (0x2C, _): kind = .comma
        case (0x3B, _): kind = .semicolon
        default:
            let text = String(UnicodeScalar(byte))
            throw fail("unexpected char \(pythonQuoted(text)) at \(start)", at: start)
        }
        switch kind {
        case .lbrace: brackets.append(0x7D)
        case .lparen: brackets.append(0x29)
        case .lbracket: brackets.append(0x5D)
        case .rbrace, .rparen, .rbracket:
            let text = String(UnicodeScalar(byte))
            guard let expected = brackets.popLast() else { throw fail("unexpected '\(text)'", at: start) }
            guard expected == byte else {
                throw fail("unexpected '\(text)', expected '\(UnicodeScalar(expected))'", at: start)
            }
        default: break
        }
        position += width
        add(kind, start, position)
    }
}

@inline(__always)
func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

@inline(__always)
func isNameByte(_ byte: UInt8) -> Bool {
    isDigit(byte) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A) || byte == 0x5F
}

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
