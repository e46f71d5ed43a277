import Diagnostics
import Testing

@Suite struct `What is shown to people` {
    @Test func `a finding says where, what and what to do`() {
        let finding = Finding(
            code: "contract.unknown-key", what: "unknown key `devcies`",
            at: SourcePosition(file: "contract.yaml", line: 2, column: 1), remedy: "write `devices`",
            excerpt: "devcies: all\n^~~~~~~")
        #expect(
            finding.description == """
                contract.yaml:2:1: error: unknown key `devcies` [contract.unknown-key]
                devcies: all
                ^~~~~~~
                  → write `devices`
                """)
    }

    @Test func `findings come in the order of the text`() {
        func at(_ line: Int) -> Finding {
            Finding(code: "x", what: "", at: SourcePosition(file: "a", line: line, column: 1), remedy: "")
        }
        let findings = Findings([at(3), at(1), Finding(.note, code: "y", what: "", remedy: "")])
        #expect(findings.sorted().all.map { $0.position?.line } == [nil, 1, 3])
        #expect(throws: Findings.self) { try findings.throwIfErrors() }
    }

    @Test func `a secret shows nothing however it is printed`() {
        let secret = Secret("hunter2")
        var dumped = ""
        dump(secret, to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), String(describing: [secret]), dumped] {
            #expect(!text.contains("hunter2"))
        }
        #expect(secret.withRevealed { $0 } == "hunter2")
    }

    @Test func `terminal escapes and bidirectional overrides become visible`() {
        #expect(safeForDisplay("a\u{1B}[2Jb\rc\u{202E}d\n") == "a\\u{1b}[2Jb\\u{d}c\\u{202e}d\n")
        #expect(safeForDisplay("a\n\tb", keepingLines: false) == "a\\n\\tb")
        // Each byte by itself, on either side of what needs no change.
        for value in UInt8(0)...0x7F {
            let text = String(UnicodeScalar(value)), isPlain = (0x20..<0x7F).contains(value)
            #expect((safeForDisplay("abc\(text)def", keepingLines: false) == "abc\(text)def") == isPlain)
            #expect((safeForDisplay("abc\(text)def") == "abc\(text)def") == (isPlain || value == 0x0A || value == 0x09))
        }
        #expect(safeForDisplay("é\u{85}") == "é\\u{85}")
    }
}
