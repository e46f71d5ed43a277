/// A regular expression in the syntax of Python's `re`, read and checked as Python 3.11 does, and written for PCRE2.
///
/// Groups become numbers, because Python's group names may be longer than PCRE2's. Groups without a name that nothing
/// refers to do not capture.
package struct PythonExpression: Sendable {
    /// What text the PCRE2 form is for.
    package enum Subject: Sendable {
        /// ASCII without U+001C…U+001F: `\s`, `\w`, `\d` are then the plain ones, and fast.
        case plain
        /// Any text: the classes know Unicode as Python does; to be compiled with UTF and UCP.
        case any
    }

    /// A named group.
    package struct Name: Equatable, Sendable {
        package var name: String
        /// Its number in the PCRE2 form.
        package var group: Int
    }

    /// The pattern as written.
    package let source: String
    /// The pattern for PCRE2.
    package let pcre: String
    /// Named groups, in order.
    package let names: [Name]
    /// Groups as Python counts them, the whole match not counted.
    package let groupCount: Int
    /// Groups in the PCRE2 form.
    package let capturedGroupCount: Int
    /// Whether only the form for any text will do: the pattern itself has characters that are not plain.
    package let isForAnySubjectOnly: Bool
    /// ASCII bytes a plain, non-empty line can begin with when the pattern matches at its start.
    package let firstBytes: ASCIISet

    /// Deepest nesting of groups.
    package static let maximumDepth = 200

    /// Reads a pattern. Throws `.syntax` with the place for what Python refuses, and `.notSupported` for the little that
    /// PCRE2 has no form for.
    package init(_ source: String, for subject: Subject) throws(TextPatternError) {
        var parser = PythonExpressionParser(source, subject)
        let piece = try parser.parse()
        self.source = source
        (pcre, names, capturedGroupCount) = parser.written()
        groupCount = parser.groupCount
        isForAnySubjectOnly = parser.needsAnySubject
        firstBytes = piece.mayBeEmpty ? .all : piece.first
    }
}

/// A set of ASCII bytes.
package struct ASCIISet: Equatable, Sendable {
    private var low: UInt64
    private var high: UInt64
    private init(low: UInt64, high: UInt64) { (self.low, self.high) = (low, high) }

    package static let none = ASCIISet(low: 0, high: 0)
    package static let all = ASCIISet(low: .max, high: .max)

    /// The set of the bytes for which `isMember` holds.
    init(where isMember: (UInt8) -> Bool) {
        self = .none
        for byte in UInt8(0)..<128 where isMember(byte) { insert(byte) }
    }

    mutating func insert(_ byte: UInt8) {
        if byte < 64 { low |= 1 << UInt64(byte) } else if byte < 128 { high |= 1 << UInt64(byte - 64) }
    }

    /// Whether a byte is in the set; bytes from 128 never are.
    @inline(__always) package func contains(_ byte: UInt8) -> Bool {
        let word = byte < 64 ? low : byte < 128 ? high : 0
        return word >> UInt64(byte & 63) & 1 != 0
    }

    func union(_ other: ASCIISet) -> ASCIISet { ASCIISet(low: low | other.low, high: high | other.high) }
    var inverted: ASCIISet { ASCIISet(low: ~low, high: ~high) }

    /// With both cases of each letter.
    var withBothCases: ASCIISet {
        ASCIISet { byte in
            let lower = byte | 0x20
            return contains(byte) || (0x61...0x7A ~= lower && (contains(lower) || contains(lower & ~0x20)))
        }
    }
}
