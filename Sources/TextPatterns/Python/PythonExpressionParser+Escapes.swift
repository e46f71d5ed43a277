/// Escapes and sets.
extension PythonExpressionParser {
    /// What an escape or a mark inside a set stands for.
    private enum Member {
        case literal(Unicode.Scalar)
        case category(Unicode.Scalar)
    }

    // MARK: Outside of sets

    mutating func escape() throws(TextPatternError) -> (Piece, LastItem) {
        let start = index
        index += 1
        guard let mark = peek else { throw wrong("bad escape (end of pattern)", at: start) }
        switch mark {
        case "A":
            index += 1
            write("\\A")
            return (Piece(), .position)
        case "Z":
            index += 1
            write("\\z")
            return (Piece(mayBeEmpty: false), .position)
        case "b", "B":
            index += 1
            writeBoundary(isBoundary: mark == "b")
            return (Piece(), .position)
        case "d", "D", "s", "S", "w", "W":
            index += 1
            writeCategory(mark, insideSet: false)
            return (Piece(minimum: 1, maximum: 1, first: bytes(ofCategory: mark), mayBeEmpty: false), .item)
        case "0":
            index += 1
            var value = UInt32(0)
            for _ in 0..<2 {
                guard let digit = octalDigit() else { break }
                value = value * 8 + digit
            }
            return (literal(Unicode.Scalar(UInt8(truncatingIfNeeded: value))), .item)
        case "1"..."9": return try number(start)
        default: return (literal(try characterEscape(start)), .item)
        }
    }

    /// `\12` is a group, `\123` an octal number.
    private mutating func number(_ start: Int) throws(TextPatternError) -> (Piece, LastItem) {
        let digits = scalars[index...].prefix(3)
        let isOctal = digits.count == 3 && digits.allSatisfy { "0"..."7" ~= $0 }
        if isOctal {
            let value = digits.reduce(UInt32(0)) { $0 * 8 + $1.value - 0x30 }
            guard let scalar = value <= 0o377 ? Unicode.Scalar(value) : nil else {
                throw wrong("octal escape value outside of range 0-0o377", at: start)
            }
            index += 3
            if !scalar.isASCII { needsAnySubject = true }
            return (literal(scalar), .item)
        }
        let length = digits.dropFirst().first.map { "0"..."9" ~= $0 } == true ? 2 : 1
        let group = digits.prefix(length).reduce(0) { $0 * 10 + Int($1.value) - 0x30 }
        index += length
        guard group <= groupCount else { throw wrong("invalid group reference \(group)", at: start + 1) }
        return (try reference(to: group, start), .item)
    }

    private mutating func writeBoundary(isBoundary: Bool) {
        if flags.isASCII, subject == .any {
            let (word, other) = ("[A-Za-z0-9_]", "[A-Za-z0-9_]")
            write(
                isBoundary
                    ? "(?:(?<=\(word))(?!\(other))|(?<!\(word))(?=\(other)))"
                    : "(?:(?<=\(word))(?=\(other))|(?<!\(word))(?!\(other)))")
        } else {
            write(isBoundary ? "\\b" : "\\B")
        }
    }

    // MARK: Sets

    mutating func set() throws(TextPatternError) -> Piece {
        let start = index
        index += 1
        let isNegated = take("^")
        write(isNegated ? "[^" : "[")
        var (bytes, isEmpty) = (ASCIISet.none, true)
        while true {
            let at = index
            guard let mark = next() else { throw wrong("unterminated character set", at: start) }
            if mark == "]", !isEmpty { break }
            isEmpty = false
            let low = try member(mark, at)
            guard take("-") else {
                add(low, to: &bytes)
                continue
            }
            guard let second = next() else { throw wrong("unterminated character set", at: start) }
            if second == "]" {
                add(low, to: &bytes)
                add(.literal("-"), to: &bytes)
                break
            }
            let high = try member(second, index - 1)
            guard case .literal(let from) = low, case .literal(let through) = high, from <= through else {
                let range = String(String.UnicodeScalarView(scalars[at..<index]))
                throw wrong("bad character range \(range)", at: at)
            }
            writeLiteral(from)
            write("-")
            writeLiteral(through)
            if !through.isASCII { needsAnySubject = true }
            for byte in from.value...through.value {
                if byte >= 0x80 { break }
                bytes.insert(UInt8(byte))
            }
        }
        write("]")
        if flags.ignoresCase { bytes = bytes.withBothCases }
        return Piece(minimum: 1, maximum: 1, first: isNegated ? bytes.inverted : bytes, mayBeEmpty: false)
    }

    private mutating func add(_ member: Member, to bytes: inout ASCIISet) {
        switch member {
        case .literal(let scalar):
            writeLiteral(scalar)
            if scalar.isASCII { bytes.insert(UInt8(scalar.value)) } else { needsAnySubject = true }
        case .category(let letter):
            writeCategory(letter, insideSet: true)
            bytes = bytes.union(self.bytes(ofCategory: letter))
        }
    }

    private mutating func member(_ mark: Unicode.Scalar, _ start: Int) throws(TextPatternError) -> Member {
        guard mark == "\\" else { return .literal(mark) }
        guard let escaped = peek else { throw wrong("unterminated character set", at: start) }
        switch escaped {
        case "d", "D", "s", "S", "w", "W":
            index += 1
            return .category(escaped)
        case "b":
            index += 1
            return .literal("\u{08}")
        case "0"..."7":
            var value = UInt32(0)
            for _ in 0..<3 {
                guard let digit = octalDigit() else { break }
                value = value * 8 + digit
            }
            guard value <= 0o377, let scalar = Unicode.Scalar(value) else {
                throw wrong("octal escape value outside of range 0-0o377", at: start)
            }
            return .literal(scalar)
        case "8", "9": throw wrong("bad escape \\\(escaped)", at: start)
        default: return .literal(try characterEscape(start))
        }
    }

    // MARK: Single characters

    private mutating func octalDigit() -> UInt32? {
        guard let scalar = peek, "0"..."7" ~= scalar else { return nil }
        index += 1
        return scalar.value - 0x30
    }

    /// The character an escape stands for; `index` is behind the backslash.
    private mutating func characterEscape(_ start: Int) throws(TextPatternError) -> Unicode.Scalar {
        guard let mark = next() else { throw wrong("bad escape (end of pattern)", at: start) }
        switch mark {
        case "a": return "\u{07}"
        case "f": return "\u{0C}"
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "v": return "\u{0B}"
        case "x": return try hexadecimal(2, start)
        case "u": return try hexadecimal(4, start)
        case "U": return try hexadecimal(8, start)
        case "N":
            throw TextPatternError(
                .notSupported, what: "\\N{name} is not supported", pattern: source, offset: start,
                remedy: "write the character itself, or \\uXXXX")
        case "a"..."z", "A"..."Z": throw wrong("bad escape \\\(mark)", at: start)
        default: return mark
        }
    }

    private mutating func hexadecimal(_ count: Int, _ start: Int) throws(TextPatternError) -> Unicode.Scalar {
        var value = UInt32(0)
        for _ in 0..<count {
            guard let digit = next().flatMap({ Character($0).hexDigitValue }) else {
                throw wrong("incomplete escape", at: start)
            }
            value = value << 4 | UInt32(digit)
        }
        guard let scalar = Unicode.Scalar(value) else { throw wrong("bad escape", at: start) }
        if !scalar.isASCII { needsAnySubject = true }
        return scalar
    }

    // MARK: Categories

    /// White space as Python has it: what `str.isspace` accepts.
    private static let spaces =
        #"\x09-\x0d\x1c-\x20\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}"#
    private static let notSpaces =
        #"\x00-\x08\x0e-\x1b\x21-\x{84}\x{86}-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027}"#
        + #"\x{202a}-\x{202e}\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{10ffff}"#

    private mutating func writeCategory(_ letter: Unicode.Scalar, insideSet: Bool) {
        guard subject == .any else {
            write("\\" + String(letter))
            return
        }
        let set: String
        switch (letter, flags.isASCII) {
        case ("s", false): set = Self.spaces
        case ("S", false): set = Self.notSpaces
        case ("d", true): set = "0-9"
        case ("D", true): set = #"\x00-\x2f\x3a-\x{10ffff}"#
        case ("s", true): set = #"\x09-\x0d\x20"#
        case ("S", true): set = #"\x00-\x08\x0e-\x1f\x21-\x{10ffff}"#
        case ("w", true): set = "A-Za-z0-9_"
        case ("W", true): set = #"\x00-\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\x{10ffff}"#
        // Letters, numbers and the underscore; only they, whatever the release of PCRE2.
        case ("w", false): set = #"\p{L}\p{N}_"#
        default:
            if insideSet || letter != "W" { write("\\" + String(letter)) } else { write(#"[^\p{L}\p{N}_]"#) }
            return
        }
        write(insideSet ? set : "[\(set)]")
    }

    private static let digitBytes = ASCIISet { 0x30...0x39 ~= $0 }
    private static let spaceBytes = ASCIISet { 0x09...0x0D ~= $0 || 0x1C...0x20 ~= $0 }
    private static let wordBytes = ASCIISet {
        0x30...0x39 ~= $0 || 0x41...0x5A ~= $0 || 0x61...0x7A ~= $0 || $0 == 0x5F
    }

    private func bytes(ofCategory letter: Unicode.Scalar) -> ASCIISet {
        switch letter {
        case "d": Self.digitBytes
        case "D": Self.digitBytes.inverted
        case "s": Self.spaceBytes
        case "S": Self.spaceBytes.inverted
        case "w": Self.wordBytes
        default: Self.wordBytes.inverted
        }
    }
}
