import Diagnostics
import Testing

@testable import TextTables

/// What makes a template, and what is said about one that is none.
@Suite(.timeLimit(.minutes(5))) struct TextFSMTemplateTests {
    static let values = "Value NAME (\\S+)\n\n"

    @Test(arguments: [
        ("", 0, "there is no state Start"),
        ("Start\n", 1, "no Value definitions found"),
        ("Value NAME\n", 1, "a Value needs a name and an expression"),
        ("Value Required NAME\n", 1, "the Value NAME has no expression"),
        ("Value NAME \\S+\n", 1, "there is no option “NAME”"),
        ("Value Requird NAME (x)\n", 1, "there is no option “Requird”"),
        ("Value List,List NAME (x)\n", 1, "the option List stands twice"),
        ("Value  NAME (x)\n", 1, "there is no option “”"),
        ("Value NAME (x\\)\n", 1, "the expression of NAME is not inside of ( ): (x\\)"),
        ("Value NAME (x) y\n", 1, "the expression of NAME is not inside of ( ): (x) y"),
        ("Value NAME (*)\n", 1, "the expression (*) at character 2: nothing to repeat"),
        ("Value NAME (x)\nValue NAME (y)\n", 2, "Value NAME is declared twice"),
        ("# note\nValue NAME (x)\nStart\n", 3, "an empty line is expected after the last Value"),
        (values + "Start now\n", 3, "“Start now” cannot be the name of a state"),
        (values + "Record\n", 3, "“Record” cannot be the name of a state"),
        (values + "Start\n\nStart\n", 5, "there is another state Start"),
        (values + "Start\n^x\n", 4, "a rule begins with one or two spaces or a tab, and ^"),
        (values + "Start\n   ^x\n", 4, "a rule begins with one or two spaces or a tab, and ^"),
        (values + "Start\n  ^x$\n", 4, "a $ in “^x$” names no Value"),
        (values + "Start\n  ^${NAME\n", 4, "a $ in “^${NAME” names no Value"),
        (values + "Start\n  ^$name\n", 4, "there is no Value name"),
        (values + "Start\n  ^${NAME}${NAME}\n", 4, "redefinition of group name 'NAME'"),
        (values + "Start\n  ^[ -> Next\n", 4, "unterminated character set"),
        (values + "Start\n  ^x -> Nxt.Record\n", 4, "the action “Nxt.Record” is not understood"),
        (values + "Start\n  ^x ->Next\n", 4, "the action “Next” is not understood"),
        (values + "Start\n  ^x -> Record.Next\n", 4, "the action “Record.Next” is not understood"),
        (values + "Start\n  ^x -> Continue Start\n", 4, "Continue cannot change the state (to Start)"),
        (values + "Start\n  ^x -> Next \"text\"\n", 4, "a state's name has only letters, digits and _"),
        (values + "Start\n  ^x -> Nowhere\n", 4, "there is no state Nowhere"),
        (values + "Begin\n  ^x\n", 0, "there is no state Start"),
        (values + "Start\n\nEnd\n  ^x\n", 6, "the state End has rules"),
        (values + "Start\n\nEOF\n  ^x\n", 6, "the state EOF has rules"),
    ])
    func `a template that is none is refused with its line and what to do`(text: String, line: Int, what: String) {
        let error = #expect(throws: TextTableError.self) { try TextFSMTemplate(text, file: "a.textfsm") }
        #expect(error?.code == .template)
        #expect(error?.what.contains(what) == true, "\(error?.what ?? "")")
        #expect(error?.position?.line == line)
        #expect(error?.position?.file == "a.textfsm")
        #expect(error?.remedy.isEmpty == false)
    }

    @Test func `a refusal reads as a sentence with a remedy`() {
        let error = #expect(throws: TextTableError.self) {
            try TextFSMTemplate(Self.values + "Start\n  ^${PORT}\n", file: "ports.textfsm")
        }
        #expect(
            error?.description == """
                ports.textfsm:4: error: there is no Value PORT [textfsm.template]
                  → declare it, or use one of NAME
                """)
    }

    @Test(
        arguments: [
            ("", nil, nil, nil), (" Next", .next, nil, nil), (" Next.Record", .next, .record, nil),
            (" Record Other", nil, .record, "Other"), (" Clearall", nil, .clearAll, nil),
            (" NextOne", nil, nil, "NextOne"),
            ("  Error \"bad -> worse\"", .error, nil, "\"bad -> worse\""), (" Error.Clear x", .error, .clear, "x"),
            (" Next Record", .next, nil, "Record"), (" Größe", nil, nil, "Größe"),
        ] as [(String, TextFSMRule.LineOperation?, TextFSMRule.RecordOperation?, String?)])
    func `an action has a line operator, a record operator and a state`(
        text: String, line: TextFSMRule.LineOperation?, record: TextFSMRule.RecordOperation?, state: String?
    ) throws {
        let action = try #require(TextFSMAction(text))
        #expect(action.lineOperation == line)
        #expect(action.recordOperation == record)
        #expect(action.newState == state)
    }

    @Test(arguments: ["Next", " Next.", " .Record", " Next.Next", " a b", " Next a b", " a-b"])
    func `what is no action is nil`(text: String) { #expect(TextFSMAction(text) == nil) }

    @Test func `comments, carriage returns and blanks at line ends mean nothing`() throws {
        let text =
            "# one\r\nValue A (\\d+)  \r\n  # two\r\nValue List B (x)\r\n\r\n\r\n# three\r\nStart\r\n  # four\r\n  ^${A} -> Record\r\n"
        let template = try TextFSMTemplate(text, file: "t")
        #expect(template.header == ["A", "B"])
        #expect(try template.table(of: "7\n").rows == [[.text("7"), .list([])]])
    }

    @Test func `a limit on the template's size holds`() {
        var limits = TextTableLimits.standard
        limits.maximumTemplateBytes = 10
        #expect(throws: TextTableError.self) { try TextFSMTemplate("Value NAME (x)\n", file: "t", limits: limits) }
    }
}
