import Diagnostics
import Testing
import TextPatterns

@testable import TextTables

/// Rows that Google's textfsm 2.1.0 gives for the same templates and texts; where nothing else is said they are its answers.
@Suite(.timeLimit(.minutes(5))) struct TextFSMRowsTests {
    /// The rows as text: `a|b` a row, lists in brackets.
    private func rows(_ template: String, _ text: String) throws -> [String] {
        try TextFSMTemplate(template, file: "t").table(of: text).rows.map { row in
            row.map { cell in
                switch cell {
                case .text(let text): text
                case .list(let items): "[" + items.map(PythonText.printed).joined(separator: ",") + "]"
                }
            }.joined(separator: "|")
        }
    }

    @Test func `the last record is added at the end of the text`() throws {
        let template = "Value A (\\d+)\n\nStart\n  ^a ${A}\n"
        #expect(try rows(template, "a 1\na 2\n") == ["2"])
        #expect(try rows(template + "\nEOF\n", "a 1\n") == [])
        #expect(try rows(template, "b\n") == [])
        #expect(try rows(template, "") == [])
    }

    @Test func `a text found empty makes a row, nothing found does not`() throws {
        let template = "Value A (\\d*)\nValue B (x)\n\nStart\n  ^a${A} -> Record\n  ^n -> Record\n"
        #expect(try rows(template, "a\nn\na5\n") == ["|", "5|"])
    }

    @Test func `Required tests the text found last`() throws {
        let template = "Value Required A (\\d*)\nValue B (\\w+)\n\nStart\n  ^a${A}\n  ^b ${B}\n  ^r -> Record\n"
        #expect(try rows(template, "a1\nb x\nr\nb y\nr\na\nb z\nr\na2\nr\n") == ["1|x", "2|"])
    }

    @Test func `Required before or after List asks for different things`() throws {
        let body = "Value B (\\w+)\n\nStart\n  ^a${A}\n  ^b ${B}\n  ^r -> Record\n"
        let text = "a1\na\nb x\nr\n"
        #expect(try rows("Value Required,List A (\\d*)\n" + body, text) == [])
        #expect(try rows("Value List,Required A (\\d*)\n" + body, text) == ["[1,]|x"])
    }

    @Test func `Filldown stays through Record and Clear, not through Clearall`() throws {
        let template =
            "Value Filldown A (\\d+)\nValue B (\\w+)\n\nStart\n  ^a${A}\n  ^b ${B} -> Record\n  ^c -> Clear\n  ^d -> Clearall\n\nEOF\n"
        #expect(try rows(template, "a1\nb x\nb y\nc\nb z\nd\nb w\n") == ["1|x", "1|y", "1|z", "|w"])
    }

    @Test func `a Filldown value alone makes one more row at the end`() throws {
        let template = "Value Filldown A (\\d+)\nValue B (\\w+)\n\nStart\n  ^a${A}\n  ^b ${B} -> Record\n"
        #expect(try rows(template, "a1\nb x\n") == ["1|x", "1|"])
    }

    @Test func `a Filldown list keeps what it has`() throws {
        let template =
            "Value List,Filldown A (\\d+)\nValue Required B (\\w+)\n\nStart\n  ^a${A}\n  ^b ${B} -> Record\n  ^d -> Clearall\n"
        #expect(try rows(template, "a1\nb x\na2\nb y\nd\na3\nb z\n") == ["[1]|x", "[1,2]|y", "[3]|z"])
    }

    @Test func `Fillup fills the rows above up to one that has a value`() throws {
        let template =
            "Value A (\\d+)\nValue Fillup B (\\w*)\n\nStart\n  ^${A} ${B}$$ -> Record\n  ^${A}$$ -> Record\n\nEOF\n"
        #expect(try rows(template, "1 x\n2\n3 \n4 y\n5\n") == ["1|x", "2|y", "3|y", "4|y", "5|"])
    }

    @Test func `Fillup of a list puts a text into empty lists`() throws {
        let template =
            "Value A (\\d+)\nValue Fillup,List B (\\w+)\n\nStart\n  ^${A} ${B}$$ -> Record\n  ^${A}$$ -> Record\n\nEOF\n"
        #expect(try rows(template, "1\n2 y\n") == ["1|y", "2|[y]"])
    }

    @Test func `a list takes an item from every match`() throws {
        let template = "Value List A (\\d+)\n\nStart\n  ^${A} -> Continue\n  ^\\d+ ${A} -> Continue\n  ^r -> Record\n"
        #expect(try rows(template, "1 2\n3\nr\n4\n") == ["[1,2,3]", "[4]"])
    }

    @Test func `a group that took no part is an item of a list`() throws {
        let template = "Value List A (\\d+)\nValue B (x)\n\nStart\n  ^a(${A})?(${B})?\n"
        let table = try TextFSMTemplate(template, file: "t").table(of: "a1\na\n")
        #expect(table.rows == [[.list([.text("1"), .null]), .text("")]])
    }

    @Test func `named groups inside a list's expression become records`() throws {
        let template = "Value List A ((?P<name>\\w+):\\s+(?P<age>\\d+)(?P<more>!)?)\n\nStart\n  ^${A}\n"
        let table = try TextFSMTemplate(template, file: "t").table(of: "bob: 3\nann: 4!\n")
        #expect(
            table.rows == [
                [
                    .list([
                        .groups([.init("name", "bob"), .init("age", "3"), .init("more", nil)]),
                        .groups([.init("name", "ann"), .init("age", "4"), .init("more", "!")]),
                    ])
                ]
            ])
    }

    @Test func `a named group that is called like a value is assigned to it`() throws {
        let template = "Value A (\\d+)\nValue List B ((?P<A>x+)(y))\n\nStart\n  ^${B}\n"
        #expect(try rows(template, "xxy\n") == ["xx|[{'A': 'xx'}]"])
    }

    @Test func `Continue goes on with the same line and states change the rules`() throws {
        let template =
            "Value A (\\w+)\nValue B (\\w+)\n\nStart\n  ^${A} -> Continue\n  ^\\w+ ${B} -> Record Other\n\nOther\n  ^${A}: -> Record\n  ^back -> Start\n"
        #expect(try rows(template, "a b\nc d\ne:\nback\nf g\n") == ["a|b", "e|", "f|g"])
    }

    @Test func `End stops without a record, EOF with one`() throws {
        let template = "Value A (\\w+)\n\nStart\n  ^end -> End\n  ^eof -> EOF\n  ^${A}\n"
        #expect(try rows(template, "a\nend\nb\n") == [])
        #expect(try rows(template, "a\neof\nb\n") == ["a"])
    }

    @Test func `an Error rule names its line, the text's line and what it says`() throws {
        let template = try TextFSMTemplate(
            "Value A (\\d+)\n\nStart\n  ^${A}\n  ^. -> Error \"no number\"\n", file: "n.textfsm")
        let error = #expect(throws: TextTableError.self) { try template.table(of: "1\nx\u{1B}[2J\n") }
        #expect(error?.code == .state)
        #expect(error?.position?.line == 5)
        #expect(error?.what == #"the template refuses line 2 of the text: "no number": “x\u{1b}[2J”"#)
    }

    @Test(arguments: [
        "\n", "\r\n", "\r", "\u{0B}", "\u{0C}", "\u{1C}", "\u{1D}", "\u{1E}", "\u{85}", "\u{2028}", "\u{2029}",
    ])
    func `lines end where Python's splitlines ends them`(end: String) throws {
        let template = "Value A (.*)\n\nStart\n  ^${A}$$ -> Record\n\nEOF\n"
        #expect(try rows(template, "é1\(end)2\(end)") == ["é1", "2"])
        #expect(try rows(template, "1\(end)\(end)2") == ["1", "", "2"])
    }

    @Test func `other control characters end no line`() throws {
        #expect(
            try rows("Value A (.*)\n\nStart\n  ^${A}$$ -> Record\n\nEOF\n", "a\u{1F}b\u{00}c\u{200B}d\n") == [
                "a\u{1F}b\u{00}c\u{200B}d"
            ])
    }

    @Test func `without values an expression is taken as it stands and there are no rows`() throws {
        let template = try TextFSMTemplate("\nStart\n  ^x$ -> Error\n  ^y -> Record\n", file: "t")
        #expect(try template.table(of: "y\nxx\n") == TextTable(header: []))
        #expect(throws: TextTableError.self) { try template.table(of: "x\n") }
    }

    @Test func `a rule that backtracks without end is an error, not a hang`() throws {
        var limits = TextTableLimits.standard
        limits.patterns.maximumSteps = 10_000
        let template = try TextFSMTemplate("Value A ((a+)+)\n\nStart\n  ^${A}$$\n", file: "t", limits: limits)
        let error = #expect(throws: TextTableError.self) {
            try template.table(of: String(repeating: "a", count: 80) + "!")
        }
        #expect(error?.code == .limit)
        #expect(error?.position?.line == 4)
    }

    @Test func `rows that grow without end are an error`() throws {
        var limits = TextTableLimits.standard
        limits.maximumCells = 1_000
        let template = try TextFSMTemplate(
            "Value Filldown,List A (\\d+)\n\nStart\n  ^${A} -> Record\n", file: "t", limits: limits)
        let error = #expect(throws: TextTableError.self) {
            try template.table(of: String(repeating: "1\n", count: 100))
        }
        #expect(error?.code == .limit)
    }

    @Test func `many threads may use one template`() async throws {
        let template = try TextFSMTemplate("Value A (\\w+)\n\nStart\n  ^${A} -> Record\n\nEOF\n", file: "t")
        let text = (0..<200).map { "line\($0)é\n" }.joined()
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<8 { group.addTask { try template.table(of: text).rows.count } }
            for try await count in group { #expect(count == 200) }
        }
    }
}
