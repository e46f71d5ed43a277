/// What stands inside of tags: names, numbers, texts and operators.
extension Lexer {
    /// Reads tokens up to the end of the tag; `.eof` stands for the end of a line statement.
    mutating func readTag(_ end: Token.Kind) throws(EvaluationError) {
        brackets.removeAll(keepingCapacity: true)
        while true {
            let byte = position < source.count ? source[position] : 0
            if rules.isA(.end, byte) || end == .eof, brackets.isEmpty, tryEnd(end) { return }
            guard position < source.count else { return }
            if rules.isA(.space, byte) || (byte >= 0x80 && wideSpaceWidth(at: position) != nil) {
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
                    try readOperator(byte)
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
        let isBlock = end == .blockEnd
        var byte = source[position]
        let isSigned = byte == 0x2D || (byte == 0x2B && isBlock)
        let delimiterStart = isSigned && matchesEnd(isBlock, at: position + 1) ? position + 1 : position
        if delimiterStart == position {
            guard matchesEnd(isBlock, at: position) else { return false }
            byte = 0
        }
        let after = delimiterStart + (isBlock ? rules.blockEnd.count : rules.variableEnd.count)
        add(end, start, after)
        finishTag(end: after, sign: byte, trims: isBlock)
        return true
    }

    private func matchesEnd(_ isBlock: Bool, at offset: Int) -> Bool {
        isBlock ? matches(rules.blockEnd, at: offset) : matches(rules.variableEnd, at: offset)
    }

    /// Where the name that begins at `start` ends, and whether it is plain ASCII.
    private func nameEnd(_ start: Int) -> (end: Int, isPlain: Bool) {
        var isPlain = true
        var index = rules.endOfRun(of: .name, in: source, from: start)
        while index < source.count, source[index] >= 0x80 {
            let scalar = source.withUnsafeBufferPointer { decodeScalar($0, at: index) }
            guard isNameScalar(scalar) else { break }
            isPlain = false
            index = rules.endOfRun(of: .name, in: source, from: index + scalarWidth(source[index]))
        }
        return (index, isPlain)
    }

    private mutating func readName() throws(EvaluationError) {
        let start = position
        let (end, isPlain) = nameEnd(start)
        position = end
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

    private mutating func readOperator(_ byte: UInt8) throws(EvaluationError) {
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
