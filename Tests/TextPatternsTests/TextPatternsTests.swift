import TestSupport
import Testing

@testable import TextPatterns

@Suite(.timeLimit(.minutes(5))) struct TextPatternsTests {
    @Test func `named and numbered groups come as byte ranges`() throws {
        let pattern = try TextPattern(#"(?<name>\S+) is (up|down)( \(err\))?"#)
        let text = "é: Gi0/1 is down"
        let match = try #require(try pattern.firstMatch(in: text))
        #expect(match.range == 4..<17)
        #expect(match.text("name", in: text) == "Gi0/1")
        #expect(match.text(2, in: Array(text.utf8)) == "down")
        #expect(match.range(3) == nil)
        #expect(match.range(9) == nil)
        #expect(match.range("nobody") == nil)
        #expect(pattern.groupNames.map(\.name) == ["name"])
        #expect(pattern.groupCount == 3)
    }

    @Test func `letters and digits know Unicode`() throws {
        #expect(try TextPattern(#"^\w+$"#).matches("größe"))
        #expect(try TextPattern("STRASSE Ä", options: .caseInsensitive).matches("strasse ä"))
        #expect(try TextPattern("^.$").matches("😀"))
    }

    @Test func `bytes that are not text never match and do no harm`() throws {
        let bytes: [UInt8] = Array("up ".utf8) + [0xFF, 0xC3] + Array(" down".utf8)
        #expect(try TextPattern("down").firstMatch(in: bytes)?.range == 6..<10)
        #expect(try TextPattern("up.+down", options: .dotMatchesLineEnds).firstMatch(in: bytes) == nil)
    }

    @Test func `an anchored search looks at its start only`() throws {
        let pattern = try TextPattern("b+")
        #expect(try pattern.firstMatch(in: "abba", anchored: true) == nil)
        #expect(try pattern.firstMatch(in: "abba", from: 1, anchored: true)?.range == 1..<3)
        #expect(try pattern.firstMatch(in: "abba", from: 2)?.range == 2..<3)
        #expect(try pattern.firstMatch(in: "abba", from: 5) == nil)
        #expect(try TextPattern("^").firstMatch(in: "")?.range == 0..<0)
    }

    @Test func `options change what dollar and dot mean`() throws {
        #expect(try TextPattern("a$").matches("a\n"))
        #expect(try !TextPattern("a$", options: .dollarIsVeryEnd).matches("a\n"))
        #expect(try !TextPattern("a.b").matches("a\nb"))
        #expect(try TextPattern("a.b", options: .dotMatchesLineEnds).matches("a\nb"))
        #expect(try TextPattern("^b$", options: .multiline).matches("a\nb\nc"))
        #expect(try !TextPattern("a|ab", options: .wholeText).matches("abc"))
        #expect(try TextPattern("a|ab", options: .wholeText).matches("ab"))
        #expect(try TextPattern("a.b", options: .literal).matches("xa.by"))
        #expect(try TextPattern("a b # c", options: .extended).matches("ab"))
    }

    @Test func `all matches include empty ones`() throws {
        let ranges = try TextPattern("x*").allMatches(in: "abxd").map(\.range)
        #expect(ranges == [0..<0, 1..<1, 2..<3, 3..<3, 4..<4])
        #expect(try TextPattern("$", options: .multiline).allMatches(in: "é\nb").map(\.range) == [2..<2, 4..<4])
    }

    /// Outputs of Python 3.11's `re.sub`.
    @Test(arguments: [
        ("x*", "abxd", "-", "-a-b--d-"), (#"(\w+) (?P<second>\w+)"#, "up down", #"\g<second> \1"#, "down up"),
        (#"(a)|b"#, "ab", #"[\1]"#, "[a][]"), ("a", "aa", #"\\n\n"#, "\\n\n\\n\n"), ("é", "éé", "e", "ee"),
    ])
    func `replacing works as in Python`(pattern: String, text: String, template: String, expected: String) throws {
        #expect(try TextPattern(pattern).replacing(in: text, with: template) == expected)
    }

    @Test func `replacing stops at its limit`() throws {
        #expect(try TextPattern("a").replacing(in: "aaa", with: "b", limit: 2) == "bba")
    }

    @Test func `a syntax error names the place in characters`() throws {
        let error = #expect(throws: TextPatternError.self) { try TextPattern("é(abc") }
        #expect(error?.code == .syntax)
        #expect(error?.offset == 5)
        #expect(
            error?.description == """
                pattern “é(abc” at character 6: missing closing parenthesis [pattern.syntax]
                  → write the pattern in PCRE2 syntax; a special character meant as itself takes a backslash
                """)
    }

    @Test(arguments: [#"\2"#, #"\g<b>"#, #"\g"#, #"a\"#, #"\q"#])
    func `a wrong replacement is refused`(template: String) throws {
        let error = #expect(throws: TextPatternError.self) {
            try TextPattern("(?<a>x)").replacing(in: "x", with: template)
        }
        #expect(error?.code == .replacement)
    }

    @Test func `a pattern that explodes gives up cleanly`() throws {
        let text = String(repeating: "a", count: 40)
        for pattern in [#"^(a+)+$"#, #"^(a|aa)+$"#, #"(?:a*)*[bc]\d"#] {
            let error = #expect(throws: TextPatternError.self) { try TextPattern(pattern).matches(text + "!") }
            #expect(error?.code == .gaveUp)
        }
    }

    @Test func `a search that is slow at every place gives up in time`() throws {
        var limits = PatternLimits()
        limits.maximumTime = .milliseconds(100)
        let pattern = try TextPattern(#"(\s)(\s)*?(?:\1x|y)"#, limits: limits)
        let text = [UInt8](repeating: 0x20, count: 30_000)
        let begin = ContinuousClock.now
        let error = #expect(throws: TextPatternError.self) { try pattern.firstMatch(in: text) }
        #expect(error?.code == .gaveUp)
        #expect(error?.what == "no answer within 0.1 seconds")
        #expect(ContinuousClock.now - begin < .seconds(20))
    }

    @Test func `deep recursion is a clean error or a match`() throws {
        let text = String(repeating: "(", count: 200_000) + String(repeating: ")", count: 200_000)
        let pattern = try TextPattern(#"^(\((?1)*\))$"#)
        do { _ = try pattern.matches(text) } catch { #expect(error.code == .gaveUp) }
    }

    @Test func `a match beyond the first windows is found whatever cuts them`() throws {
        for offset in [255, 256, 257, 767, 768, 769, 100_000] {
            let text = String(repeating: "é", count: offset) + "Ω end"
            let range = try TextPattern("Ω e").firstMatch(in: text)?.range
            #expect(range?.lowerBound == offset * 2)
            #expect(try TextPattern(#"(?<=é)Ω"#).firstMatch(in: text)?.range.lowerBound == offset * 2)
        }
    }

    @Test func `patterns and texts have a size limit`() throws {
        var limits = PatternLimits()
        limits.maximumTextBytes = 10
        #expect(throws: TextPatternError.self) { try TextPattern(String(repeating: "a", count: 20_000)) }
        let error = #expect(throws: TextPatternError.self) {
            try TextPattern("a", limits: limits).matches("12345678901")
        }
        #expect(error?.code == .textTooLong)
        #expect(throws: TextPatternError.self) { try TextPattern("((a{1000}){1000}){1000}") }
    }

    @Test func `one pattern serves many threads at once`() async throws {
        let pattern = try TextPattern(#"(\d+)\.(\d+)"#)
        let texts = (0..<200).map { "v \($0).\($0 * 2)" }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for text in texts {
                group.addTask {
                    let anchored = try pattern.firstMatch(in: text, from: 2, anchored: true)
                    return try pattern.firstMatch(in: text) == anchored
                }
            }
            for try await same in group { #expect(same) }
        }
    }

    @Test func `an escaped text matches itself`() throws {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<200 {
            let text = String(
                (0..<8).map { _ in Character(Unicode.Scalar(UInt8.random(in: 32..<127, using: &random))) })
            #expect(try TextPattern(TextPattern.escaping(text), options: .wholeText).matches(text))
        }
    }
}
