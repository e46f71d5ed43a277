import Diagnostics
import Testing

@testable import TextTables

/// Index files and what ntc-templates makes of them; the answers are those of `clitable` of textfsm 2.1.0.
@Suite(.timeLimit(.minutes(5))) struct TemplateLibraryTests {
    static let index = """
        # A comment, then the columns
        Template, Hostname, Platform, Command

        ports.textfsm, .*, acme_os, sh[[ow]] po[[rts]]( det[[ail]])?
        clock.textfsm, .*, acme_os, sh[[ow]] cl[[ock]]
        never.textfsm, .*, acme_os, show clock
        too.textfsm, .*, few
        both.textfsm:names.textfsm, .*, acme_(os|xe), sh[[ow]] both
        rows.textfsm:more.textfsm, , acme_os, sh[[ow]] rows
        """

    static let templates = [
        "ports.textfsm": "Value Port (\\S+)\nValue List VLANS (\\d+)\n\nStart\n  ^${Port} ${VLANS} -> Record\n",
        "clock.textfsm": "Value TIME (\\S+)\n\nStart\n  ^${TIME}\n",
        "both.textfsm": "Value Key SLOT (\\d+)\nValue STATE (up|down)\n\nStart\n  ^slot ${SLOT} ${STATE} -> Record\n",
        "names.textfsm": "Value Key SLOT (\\d+)\nValue NAME (\\w+)\n\nStart\n  ^name ${SLOT} ${NAME} -> Record\n",
        "rows.textfsm": "Value A (\\d+)\n\nStart\n  ^a${A} -> Record\n\nEOF\n",
        "more.textfsm": "Value B (\\d+)\nValue List C ((?P<x>\\w)(?P<y>'?))\n\nStart\n  ^b${B}:${C} -> Record\n\nEOF\n",
    ]

    private func library(_ index: String = index) throws -> TemplateLibrary {
        try TemplateLibrary(index: index, file: "templates/index") { name throws(TextTableError) in
            guard let text = Self.templates[name] else {
                throw TextTableError(.missingTemplate, "there is no template \(name)", remedy: "add it")
            }
            return text
        }
    }

    @Test(arguments: [
        ("sh[[ow]] v", "sh(o(w)?)? v"), ("[[a]]", "(a)?"), ("[[]]", "[[]]"), ("[[a]", "[[a]"),
        ("x[[ab]]y[[c]]", "x(a(b)?)?y(c)?"),
        ("[[a]]]", "(a)?]"), ("[[]]]", "(])?"),
    ])
    func `double brackets complete a word`(field: String, expression: String) {
        #expect(TemplateIndex.completed(field) == expression)
    }

    @Test(
        arguments: [
            ("acme_os", "sh po det", "ports.textfsm"), ("acme_os", "show ports all", "ports.textfsm"),
            ("acme_os", "sho clo", "clock.textfsm"),
            ("acme_os", "show clock", "clock.textfsm"), ("acme_xe", "show both", "both.textfsm:names.textfsm"),
            ("acme", "show ports", nil),
            ("acme_os", "shop", nil), ("acme_os2", "show ports", "ports.textfsm"),
        ] as [(String, String, String?)])
    func `the first line that fits names the template`(platform: String, command: String, name: String?) throws {
        #expect(try library().templateName(platform: platform, command: command) == name)
    }

    @Test func `columns come in lower case`() throws {
        let table = try library().table(of: "e1 10\ne2 20\n", platform: "acme_os", command: "show ports")
        #expect(table.header == ["port", "vlans"])
        #expect(table.rows == [[.text("e1"), .list([.text("10")])], [.text("e2"), .list([.text("20")])]])
    }

    @Test func `rows of several templates are joined on their keys`() throws {
        let text = "slot 1 up\nslot 2 down\nslot 3 up\nname 2 two\nname 1 one\nname 1 again\n"
        let table = try library().table(of: text, platform: "acme_os", command: "show both")
        #expect(table.header == ["slot", "state", "name"])
        #expect(
            table.rows == [
                [.text("1"), .text("up"), .text("one")], [.text("2"), .text("down"), .text("two")],
                [.text("3"), .text("up"), .text("")],
            ])
    }

    @Test func `without keys they are joined row by row, and records in lists are printed as Python prints them`()
        throws
    {
        let table = try library().table(of: "a1\na2\na3\nb7:q\nb8:r'\n", platform: "acme_os", command: "show rows")
        #expect(table.header == ["a", "b", "c"])
        #expect(
            table.rows == [
                [.text("1"), .text("7"), .list([.text("{'x': 'q', 'y': ''}")])],
                [.text("2"), .text("8"), .list([.text(#"{'x': 'r', 'y': "'"}"#)])],
                [.text("3"), .text(""), .text("")],
            ])
    }

    @Test func `what has no template, or one that is not there, is said`() throws {
        let none = #expect(throws: TextTableError.self) {
            try library().table(of: "", platform: "acme_os", command: "show nothing")
        }
        #expect(none?.code == .noTemplate)
        let missing = #expect(throws: TextTableError.self) {
            try library("Template, Platform, Command\nx.textfsm, a, b\n").table(of: "", platform: "a", command: "b")
        }
        #expect(missing?.code == .missingTemplate)
    }

    @Test(arguments: [
        ("", 0, "the index names no columns"), ("Platform, Command\n", 1, "the index has no column Template"),
        ("Template, Command, Command\n", 1, "the column Command stands twice"),
        ("Template, Command\nx, (\n", 2, "the field Command, (: missing ), unterminated subpattern"),
    ])
    func `an index that is none is refused with its line`(text: String, line: Int, what: String) {
        let error = #expect(throws: TextTableError.self) { try TemplateIndex(text, file: "index") }
        #expect(error?.code == .index)
        #expect(error?.position?.line == line)
        #expect(error?.what == what)
    }

    @Test(arguments: [
        ("a", "'a'"), ("it's", "\"it's\""), ("'\"", #"'\'"'"#), ("\t\u{1F}\u{A0}é", #"'\t\x1f\xa0é'"#),
        ("\u{200B}\\", #"'\u200b\\'"#),
        ("\u{E0001}", #"'\U000e0001'"#),
    ])
    func `texts are quoted as Python quotes them`(text: String, quoted: String) {
        #expect(PythonText.quoted(text) == quoted)
    }
}
