import Diagnostics
import SourceDocuments
import Testing

@Suite struct ReaderTests {
    private enum Mode: String, CaseIterable { case network, wave }
    private struct Thing: Equatable {
        var name: String
        var count: Int
        var mode: Mode
        var wait: Duration
        var tags: [String]
        var isOn: Bool
    }

    private func read(_ yaml: String) throws(Findings) -> Thing {
        let document = try SourceDocument.yaml(yaml, file: "t.yaml")
        return try DocumentReader.read(document.root, area: "thing") { root in
            root.mapping("a thing") { fields -> Thing? in
                fields.format("thing/v1")
                let name = fields.required("name")?.string()
                let count = fields.required("count")?.int(in: 1...10)
                let mode = fields.optional("mode")?.choice(Mode.self)
                let wait = fields.optional("confirm-timeout")?.duration(in: .seconds(1)...(.seconds(3600)))
                let tags = fields.optional("tags")?.strings()
                let isOn = fields.optional("on-call")?.bool()
                guard let name, let count else { return nil }
                return Thing(
                    name: name, count: count, mode: mode ?? .network, wait: wait ?? .seconds(300), tags: tags ?? [],
                    isOn: isOn ?? false)
            }
        }
    }

    @Test func `a right document becomes a value`() throws {
        let thing = try read(
            "asbuilt: thing/v1\nname: no\ncount: 3\nmode: wave\nconfirm-timeout: 15m\ntags: [010, a]\non-call: true\n")
        #expect(
            thing
                == Thing(name: "no", count: 3, mode: .wave, wait: .seconds(900), tags: ["010", "a"], isOn: true))
    }

    @Test func `everything wrong is reported at once`() throws {
        let yaml = """
            asbuilt: thing/v2
            nam: x
            count: 11
            mode: wavy
            confirm_timeout: 90
            tags: one
            on-call: yes
            """
        do {
            _ = try read(yaml)
            Issue.record("no findings")
        } catch {
            #expect(
                error.description == """
                    t.yaml:1:1: error: a thing needs the key `name` [thing.missing-key]
                      1 | asbuilt: thing/v2
                        | ^
                      → add `name: …` here
                    t.yaml:1:10: error: this is a “thing/v2” document, expected “thing/v1” [thing.wrong-format]
                      1 | asbuilt: thing/v2
                        |          ^
                      → write `asbuilt: thing/v1`, or give the right file
                    t.yaml:2:1: error: a thing has no key `nam` [thing.unknown-key]
                      2 | nam: x
                        | ^
                      → did you mean `name`? Known keys: asbuilt, confirm-timeout, count, mode, name, on-call, tags
                    t.yaml:3:8: error: `count` is 11, allowed is 1 to 10 [thing.out-of-range]
                      3 | count: 11
                        |        ^
                      → write a number in that range
                    t.yaml:4:7: error: `mode` is “wavy”, which is none of its words [thing.unknown-word]
                      4 | mode: wavy
                        |       ^
                      → did you mean “wave”? Possible: network, wave
                    t.yaml:5:1: error: a thing has no key `confirm_timeout` [thing.unknown-key]
                      5 | confirm_timeout: 90
                        | ^
                      → did you mean `confirm-timeout`? Known keys: asbuilt, confirm-timeout, count, mode, name, on-call, tags
                    t.yaml:6:7: error: `tags` is a text, expected a list [thing.wrong-type]
                      6 | tags: one
                        |       ^
                      → write, for example, `tags: [ … ]`
                    t.yaml:7:10: error: `on-call` is a text, expected true or false [thing.wrong-type]
                      7 | on-call: yes
                        |          ^
                      → write, for example, `on-call: true`
                    """)
        }
    }

    @Test func `a document of the wrong shape is a finding`() {
        for yaml in ["", "- 1", "text", "name: {a: 1}\ncount: 1\nasbuilt: thing/v1"] {
            #expect(throws: Findings.self) { try read(yaml) }
        }
    }

    @Test(arguments: [
        ("90s", 90_000), ("15m", 900_000), ("2h", 7_200_000), ("30d", 2_592_000_000), ("500ms", 500), ("0s", 0),
    ])
    func `durations are a number and a unit`(text: String, milliseconds: Int) {
        #expect(DurationText.parse(text) == .milliseconds(milliseconds))
        #expect(DurationText.parse(text).map(DurationText.print) == text)
    }

    @Test(arguments: ["", "90", "s", "1.5h", "-1s", "1h30m", "99999999999999999999s", "9999999999d", "٣s", "5 s"])
    func `other durations are refused`(text: String) { #expect(DurationText.parse(text) == nil) }

    @Test func `free values are what every YAML agrees on`() throws {
        let yaml =
            "[1, -2, 2.50, 0x1F, true, null, ~, a b, 192.0.2.1, 00:11:22:33:44:55, 2026-11-25, '7', 64500.1.2, -, 1.2.3.4/24, +5, 65000:1]"
        let value = try PlainValue(SourceDocument.yaml(yaml, file: "v.yaml").root)
        #expect(
            value.json == """
                [1,-2,2.5,31,true,null,null,"a b","192.0.2.1","00:11:22:33:44:55","2026-11-25","7","64500.1.2","-",\
                "1.2.3.4/24",5,"65000:1"]
                """)
    }

    @Test(arguments: ["no", "Yes", "on", "OFF", "010", "1_000", "0o17", "1e3", ".5", "5.", ".inf", "1.5e3", "-007"])
    func `what versions of YAML read differently is refused`(text: String) throws {
        let node = try SourceDocument.yaml("v: \(text)", file: "v.yaml").root
        let error = #expect(throws: Findings.self) { try PlainValue(node) }
        #expect(error?.all.first?.code == "value.ambiguous")
        #expect(error?.all.first?.position?.description == "v.yaml:1:4")
    }

    @Test func `maps are equal in any order and differ by scalars`() {
        let a = PlainMap((0..<40).map { ("k\($0)", .int(Int128($0))) })
        let b = PlainMap((0..<40).reversed().map { ("k\($0)", .int(Int128($0))) })
        #expect(a == b)
        #expect(PlainMap([("é", .null)]) != PlainMap([("e\u{301}", .null)]))
    }

    @Test func `an excerpt shows control characters and cuts long lines`() {
        let source = SourceText(file: "x", text: "a\u{1B}[2Jb\n" + String(repeating: "y", count: 500))
        #expect(source.excerpt(at: source.position(line: 1, column: 6)) == "  1 | a\\u{1b}[2Jb\n    |           ^")
        let long = source.excerpt(at: source.position(line: 2, column: 300)) ?? ""
        #expect(long.split(separator: "\n").allSatisfy { $0.count < 140 })
        #expect(source.excerpt(at: source.position(line: 9, column: 1)) == nil)
    }
}
