import Testing

@testable import TextPatterns

/// What Python 3.11's `re` does with these is stored here as it answered.
@Suite(.timeLimit(.minutes(5))) struct PythonExpressionTests {
    @Test(arguments: [
        (#"(?P<a>x)(y)"#, #"(x)(?:y)"#), (#"(?P<a>x)(y)\2"#, #"(x)(y)\g{2}"#), ("a{,4}", "a{0,4}"), ("a{,}", "a*"),
        ("x{}", #"x\{\}"#), ("a{2", #"a\{2"#), ("a{ 1}", #"a\{ 1\}"#), (#"\Z"#, #"\z"#), (#"\v"#, #"\x{b}"#),
        ("[]a]", #"[\]a]"#), ("[[a]", #"[\[a]"#), ("a(?#note)*", "a*"), ("(?x: a # b\n c)", "(?:ac)"),
        ("(?i:a)b", "(?i:a)b"), ("a*+", "a*+"), ("(?>a)", "(?>a)"), ("(?P<a>x)(?(a)y|z)", "(x)(?(1)y|z)"),
        (#"\0"#, #"\x{0}"#), (#"\101"#, "A"), (#"[\101]"#, "[A]"), (#"\x41"#, "A"), (#"\u0041"#, "A"),
        (#"[\w.-]"#, #"[\w\.\-]"#), ("(?!a)*", "(?!a)*"), ("a??", "a??"),
    ])
    func `an expression of Python is written for PCRE2`(python: String, pcre: String) throws {
        #expect(try PythonExpression(python, for: .plain).pcre == pcre)
    }

    @Test(arguments: [
        ("^{3}", 1), ("a{2}{3}", 4), ("^*", 1), (#"\b+"#, 2), ("(?P<a>x)(?P<a>y)", 12), (#"[\d-x]"#, 1),
        (#"[a-\d]"#, 1),
        ("(?<=a|bc)", 0), ("(?<=a*)b", 0), (#"\z"#, 0), (#"\400"#, 0), (#"(a\1)"#, 2), ("[z-a]", 1), ("[]", 0),
        ("a(?i)", 1),
        ("(?(1)a)", 3), ("(a)(?(1)b|c|d)", 11), ("a|*", 2), ("(?#x)*", 5), ("a+*", 2), ("(?<n>a)", 1), ("(*UTF)", 1),
        (#"\8"#, 1), ("(?P=a)(?P<a>x)", 4), ("(", 0), (")", 0), ("a{3,2}", 1), (#"\x4"#, 0), ("(?P<1>a)", 4),
        ("(?a-u:x)", 5),
        ("(?L:a)", 3), ("(?:a", 0), (#"(?<=(a)\1)"#, 7), ("\\", 0), ("(?|a)", 1), ("(?R)", 1),
    ])
    func `what Python refuses is refused, with the place`(python: String, offset: Int) throws {
        let error = #expect(throws: TextPatternError.self) { try PythonExpression(python, for: .plain) }
        #expect(error?.code == .syntax)
        #expect(error?.offset == offset)
    }

    @Test func `names may be longer than PCRE2 allows`() throws {
        let name = String(repeating: "N", count: 48)
        let pattern = try LinePattern("^(x|y) (?P<\(name)>\\d+)$")
        #expect(pattern.names == [.init(name: name, group: 1)])
        #expect(pattern.groupCount == 2)
        #expect(try groups(pattern, "y 42") == ["42"])
    }

    @Test func `white space, letters and digits are Python's in any text`() throws {
        let spaces = try LinePattern(#"^(\s+)$"#)
        #expect(try groups(spaces, "\u{1F}\u{A0}\u{3000}\u{2009}") != nil)
        // Not white space since Unicode 6.3, though PCRE2 still takes it.
        #expect(try groups(spaces, "\u{180E}") == nil)
        #expect(try groups(try LinePattern(#"^\S$"#), "\u{180E}") != nil)
        #expect(try groups(try LinePattern(#"^(?P<a>\w+)-(?P<b>\d+)"#), "größe²-５١") == ["größe²", "５١"])
        #expect(try groups(try LinePattern(#"^(?a:\w+)$"#), "größe") == nil)
        #expect(try groups(try LinePattern("^é.$"), "é😀") != nil)
    }

    @Test func `an empty line is matched by what may be empty`() throws {
        #expect(try groups(try LinePattern(#"^\s*$"#), "") != nil)
        #expect(try groups(try LinePattern("^a"), "") == nil)
    }

    @Test func `a match starts at the start of the line`() throws {
        #expect(try groups(try LinePattern("b"), "ab") == nil)
        #expect(try groups(try LinePattern("(?<=a)b"), "b") == nil)
    }

    @Test(arguments: [
        #"^\s*(a|[bc]+|\d{2})?x"#, #"^(?i:Ab)c"#, #"^(?!a)\w"#, #"^[^a-c\s]"#, #"^.?$"#, #"^(a*)(b|)$"#, #"^\D"#,
        "^a{0}b", "^(?=b)",
        #"^(?P<n>a)?(?(n)b|c)"#, #"^\W|\."#, "$", "^(a)?\\1b",
    ])
    func `the first byte never rules out a line that matches`(python: String) throws {
        let pattern = try LinePattern(python)
        // PCRE2's own search of the same form is the judge.
        let judge = try TextPattern(PythonExpression(python, for: .plain).pcre, options: .anchored)
        for first in UInt8(0x20)..<0x7F {
            for rest in ["", "x", "b", "bc", "2x"] {
                let line = String(Unicode.Scalar(first)) + rest
                #expect(try (groups(pattern, line) != nil) == judge.matches(line), "\(python) on \(line)")
            }
        }
    }

    @Test func `an expression that backtracks without end gives up`() throws {
        var limits = PatternLimits.standard
        limits.maximumSteps = 10_000
        let pattern = try LinePattern("^(a+)+$", limits: limits)
        let error = #expect(throws: TextPatternError.self) {
            try groups(pattern, String(repeating: "a", count: 60) + "!")
        }
        #expect(error?.code == .gaveUp)
    }

    @Test func `deep nesting and long expressions are refused`() {
        let deep = String(repeating: "(", count: 300) + String(repeating: ")", count: 300)
        #expect(throws: TextPatternError.self) { try PythonExpression(deep, for: .plain) }
        let conditions = "(a)" + String(repeating: "(?(1)", count: 3_000) + String(repeating: ")", count: 3_000)
        #expect(throws: TextPatternError.self) { try PythonExpression(conditions, for: .plain) }
        #expect(throws: TextPatternError.self) { try LinePattern(String(repeating: "a", count: 20_000)) }
    }

    /// The named groups' texts when the pattern matches.
    private func groups(_ pattern: LinePattern, _ line: String) throws -> [String?]? {
        let matcher = try LineMatcher(groups: 20)
        let bytes = Array(line.utf8)
        let isPlain = bytes.allSatisfy { $0 < 0x80 && !(0x1C...0x1F ~= $0) }
        return try bytes.withUnsafeBufferPointer { buffer -> [String?]? in
            guard try matcher.matches(pattern, buffer, isPlain: isPlain) else { return nil }
            return pattern.names.map { matcher.range($0.group).map { String(decoding: buffer[$0], as: UTF8.self) } }
        }
    }
}
