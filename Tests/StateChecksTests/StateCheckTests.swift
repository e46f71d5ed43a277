import Diagnostics
import SourceDocuments
import Testing

@testable import StateChecks

@Suite(.timeLimit(.minutes(5))) struct StateCheckTests {
    private func check(_ yaml: String) throws(Findings) -> StateCheck {
        let document = try SourceDocument.yaml(yaml, file: "contract.yaml")
        return try DocumentReader.read(document.root, area: "contract") { StateCheck.read($0) }
    }

    private func json(_ expectation: String) throws -> StateCheck {
        try check("id: c\nproves: AC-1\ndevices: all\nshow: show x json\nparse: json\nexpect: [ \(expectation) ]\n")
    }

    private func findings(_ yaml: String) -> String {
        do {
            _ = try check(yaml)
            return "no findings"
        } catch { return error.description }
    }

    private static let summary = #"""
        {"ipv4Unicast":{"as":64500,"peers":{
          "198.51.100.1":{"state":"Established","pfxRcd":12,"desc":"transit","up":true},
          "10.0.1.2":{"state":"Idle","pfxRcd":0,"desc":"","up":false}}}}
        """#

    /// Expectation, verdict, message.
    @Test(arguments: [
        ("{ path: $.ipv4Unicast.as, all: { equals: 64500 } }", "proved", "all 1 hold"),
        (
            "{ path: $.ipv4Unicast.peers.*.state, all: { equals: Established } }", "failed",
            "1 of 2 do not hold: $['ipv4Unicast']['peers']['10.0.1.2']['state'] is \"Idle\""
        ),
        ("{ path: $.ipv4Unicast.peers.*.state, any: { equals: Established } }", "proved", "1 of 2 hold"),
        (
            "{ path: $.ipv4Unicast.peers.*.state, any: { equals: Active } }", "failed",
            "none of 2 holds: $['ipv4Unicast']['peers']['198.51.100.1']['state'] is \"Established\""
        ),
        ("{ path: $.ipv4Unicast.peers.*.state, none: { equals: Active } }", "proved", "none of 2 does"),
        (
            "{ path: $.ipv4Unicast.peers.*.state, none: { matches: ^Id } }", "failed",
            "1 of 2 do: $['ipv4Unicast']['peers']['10.0.1.2']['state'] is \"Idle\""
        ),
        ("{ path: $.ipv4Unicast.peers.*, count: { equals: 2 } }", "proved", "$.ipv4Unicast.peers.* matches 2"),
        ("{ path: $.ipv4Unicast.peers.*, count: { at-least: 3 } }", "failed", "$.ipv4Unicast.peers.* matches 2"),
        ("{ path: $.ipv4Unicast.peers.*.pfxRcd, all: { between: [0, 20] } }", "proved", "all 2 hold"),
        (
            "{ path: $.ipv4Unicast.peers.*.pfxRcd, all: { at-least: 0, below: 12 } }", "failed",
            "1 of 2 do not hold: $['ipv4Unicast']['peers']['198.51.100.1']['pfxRcd'] is 12"
        ),
        ("{ path: $.ipv4Unicast.peers.*.state, all: { in: [Established, Idle] } }", "proved", "all 2 hold"),
        ("{ path: $.ipv4Unicast.peers.*.desc, any: { empty: true } }", "proved", "1 of 2 hold"),
        ("{ path: $.ipv4Unicast.peers, all: { contains: 10.0.1.2 } }", "proved", "all 1 hold"),
        ("{ path: $.ipv4Unicast.peers, exists: true }", "proved", "$.ipv4Unicast.peers matches 1"),
        // Absence counts only where the place to look at is there.
        (
            "{ path: \"$.ipv4Unicast.peers['192.0.2.9']\", exists: false }", "proved",
            "$.ipv4Unicast.peers['192.0.2.9'] is absent, and $['ipv4Unicast']['peers'] is there"
        ),
        (
            "{ path: \"$.ipv4Unicast.peers[?@.state=='Active']\", count: { equals: 0 } }", "proved",
            "$.ipv4Unicast.peers[?@.state=='Active'] is absent, and $['ipv4Unicast']['peers'] is there"
        ),
        (
            "{ path: \"$.ipv6Unicast.peers['192.0.2.9']\", exists: false }", "open",
            "the place where $.ipv6Unicast.peers['192.0.2.9'] would be is not in the output"
        ),
        ("{ path: $.ipv4Unicast.peers, exists: false }", "failed", "$.ipv4Unicast.peers matches 1"),
        // What matches nothing is never green.
        (
            "{ path: $.ipv4Unicast.peers.*.stat, all: { equals: Established } }", "open",
            "$.ipv4Unicast.peers.*.stat matches nothing in the output"
        ),
        (
            "{ path: $.ipv4Unicast.peers.*.stat, none: { equals: Idle } }", "open",
            "$.ipv4Unicast.peers.*.stat matches nothing in the output"
        ),
        ("{ path: $.nothing, exists: true }", "failed", "$.nothing matches nothing in the output"),
        // A value of another type is never green, not even by a negation.
        (
            "{ path: $.ipv4Unicast.as, all: { equals: '64500' } }", "failed",
            "1 of 1 do not hold: $['ipv4Unicast']['as'] is 64500, a number, which it cannot be compared with"
        ),
        (
            "{ path: $.ipv4Unicast.as, all: { not-equals: '1' } }", "failed",
            "1 of 1 do not hold: $['ipv4Unicast']['as'] is 64500, a number, which it cannot be compared with"
        ),
        (
            "{ path: $.ipv4Unicast.as, none: { equals: '1' } }", "open",
            "cannot be judged: $['ipv4Unicast']['as'] is 64500, a number, which it cannot be compared with"
        ),
        (
            "{ path: $.ipv4Unicast.peers.*.up, all: { not-in: [up, down] } }", "failed",
            "2 of 2 do not hold: $['ipv4Unicast']['peers']['198.51.100.1']['up'] is true, a truth value, which it cannot be compared with"
        ),
    ])
    func `expectations are judged with their evidence`(expectation: String, verdict: String, message: String) throws {
        let result = try json(expectation).evaluate(after: Array(Self.summary.utf8))
        #expect(result.verdict.rawValue == verdict)
        #expect(result.message == message)
        #expect(result.proves == ["AC-1"])
    }

    @Test func `evidence names each value, those that do not hold first`() throws {
        let result = try json("{ path: $.ipv4Unicast.peers.*.state, all: { equals: Established } }")
            .evaluate(after: Array(Self.summary.utf8))
        let first = try #require(result.expectations.first)
        #expect(first.expectation == #"$.ipv4Unicast.peers.*.state: all equals "Established""#)
        #expect(first.matched == 2)
        #expect(
            first.evidence == [
                Evidence(path: "$['ipv4Unicast']['peers']['10.0.1.2']['state']", value: "\"Idle\"", holds: false),
                Evidence(
                    path: "$['ipv4Unicast']['peers']['198.51.100.1']['state']", value: "\"Established\"", holds: true),
            ])
    }

    @Test(arguments: [
        ("", "the device showed nothing"), (" \n", "the device showed nothing"),
        ("% Unknown command", "the output is not JSON: “%” is here, expected a value at output:1:1"),
        ("{\"a\":1,\"a\":2}", "the output is not JSON: the name “a” is there twice at output:1:8"),
    ])
    func `output that cannot be read is open`(output: String, message: String) throws {
        let result = try json("{ path: $.a, exists: false }").evaluate(after: Array(output.utf8))
        #expect(result.verdict == .open)
        #expect(result.message == message)
    }

    @Test func `a device that could not be asked is open`() throws {
        #expect(try json("{ path: $.a, exists: true }").evaluate(after: nil).verdict == .open)
    }

    // MARK: XML

    private func xml(_ expectation: String) throws -> StateCheck {
        try check(
            """
            id: c
            devices: all
            show: <bgp xmlns="urn:x"/>
            parse: xml
            namespaces: { x: "urn:x" }
            expect: [ \(expectation) ]
            """)
    }

    private static let bgp = """
        <bgp xmlns="urn:x"><as>64500</as><neighbor><address>10.0.1.1</address><state> established </state></neighbor></bgp>
        """

    @Test(arguments: [
        ("{ path: \"//x:neighbor/x:state\", all: { equals: established } }", "proved"),
        ("{ path: \"//x:as\", all: { equals: 64500 } }", "proved"),
        ("{ path: \"//x:as\", all: { at-least: 64501 } }", "failed"),
        ("{ path: \"//x:as\", all: { equals: \"64500\" } }", "proved"),
        ("{ path: \"count(//x:neighbor)\", all: { equals: 1 } }", "proved"),
        ("{ path: \"//neighbor\", all: { equals: x } }", "open"),
        ("{ path: \"string(//x:no)\", all: { equals: '' } }", "open"),
        ("{ path: \"//x:neighbor[x:state='idle']\", count: { equals: 0 }, within: //x:neighbor }", "proved"),
        ("{ path: \"//x:neighbor[x:state='idle']\", count: { equals: 0 }, within: //x:ospf }", "open"),
        ("{ path: \"//y:neighbor\", all: { equals: x } }", "open"),
        ("{ path: \"//x:neighbor/x:state\", all: { equals: 5 } }", "failed"),
    ])
    func `XML is asked with XPath`(expectation: String, verdict: String) throws {
        #expect(try xml(expectation).evaluate(after: Array(Self.bgp.utf8)).verdict.rawValue == verdict)
    }

    @Test func `XML that is none is open`() throws {
        let result = try xml("{ path: //x:as, all: { equals: 1 } }").evaluate(after: Array("<a><b></a>".utf8))
        #expect(result.verdict == .open)
        #expect(result.message.hasPrefix("the output is not XML"))
    }

    // MARK: Before and after

    private func compared(_ before: String?, _ after: String, ignore: String = "[]", parse: String = "json") throws
        -> CheckResult
    {
        let check = try check(
            "id: same\ndevices: all\nshow: show interfaces\nparse: \(parse)\ncompare: before\nignore: \(ignore)\n")
        return check.evaluate(before: before.map { Array($0.utf8) }, after: Array(after.utf8))
    }

    @Test(arguments: [
        (
            #"{"eth0":{"up":true,"flaps":1}}"#, #"{"eth0":{"flaps":1,"up":true}}"#, "[]", "proved",
            "all 2 values are as before"
        ),
        (
            #"{"eth0":{"up":true,"flaps":1}}"#, #"{"eth0":{"up":true,"flaps":2}}"#, "[$.*.flaps]", "proved",
            "all 1 values are as before"
        ),
        (
            #"{"eth0":{"up":true}}"#, #"{"eth0":{"up":false}}"#, "[$.*.flaps]", "failed",
            "1 difference: $['eth0']['up'] was true and is false"
        ),
        (#"{"eth0":{"up":true}}"#, #"{}"#, "[]", "failed", "1 difference: $['eth0'] is gone, it was {\"up\":true}"),
        (#"{"a":1}"#, #"{"a":1,"b":[2]}"#, "[]", "failed", "1 difference: $['b'] is new: [2]"),
        (#"[{"n":1},{"n":2}]"#, #"[{"n":2},{"n":1}]"#, "[]", "proved", "all 2 values are as before"),
        (#"[{"n":1},{"n":2}]"#, #"[{"n":2},{"n":3}]"#, "[]", "failed", "2 differences: $[0]['n'] was 1 and is 2"),
        ("{}", "{}", "[]", "open", "nothing is left to compare: no values before and after"),
        (#"{"a":1}"#, #"{"a":2}"#, "[$.*]", "open", "nothing is left to compare: no values before and after"),
        (
            "% error", #"{"a":1}"#, "[]", "open",
            "before or after: the output is not JSON: “%” is here, expected a value at output:1:1"
        ),
        (
            #"{"a":18446744073709551615}"#, #"{"a":18446744073709551614}"#, "[]", "failed",
            "1 difference: $['a'] was 18446744073709551615 and is 18446744073709551614"
        ),
    ])
    func `the same rows before and after`(
        before: String, after: String, ignore: String, verdict: String, message: String
    ) throws {
        let result = try compared(before, after, ignore: ignore)
        #expect(result.verdict.rawValue == verdict)
        #expect(result.message == message)
    }

    @Test func `without output from before nothing is proved`() throws {
        #expect(try compared(nil, "{\"a\":1}").verdict == .open)
    }

    @Test func `XML rows are compared by place`() throws {
        let before = "<i xmlns='u'><if><n>a</n><up>1</up><c>5</c></if></i>"
        #expect(
            try compared(
                before, before.replacing("<c>5", with: "<c>6"), ignore: "[\"//*[local-name()='c']\"]", parse: "xml"
            ).verdict == .proved)
        let result = try compared(before, before.replacing("<up>1", with: "<up>2"), parse: "xml")
        #expect(result.message == #"1 difference: /*/*/*[2] was "1" and is "2""#)
    }

    // MARK: Findings

    @Test func `everything wrong in a check is told at once`() {
        let text = findings(
            """
            id: bgp up
            device: all
            show: show bgp
            parse: jsn
            """)
        #expect(
            text == """
                contract.yaml:1:1: error: a check needs the key `devices` [contract.missing-key]
                  1 | id: bgp up
                    | ^
                  → add `devices: …` here
                contract.yaml:1:5: error: “bgp up” cannot be an id [contract.id]
                  1 | id: bgp up
                    |     ^
                  → use letters, digits, `-`, `_` and `.`, at most 64
                contract.yaml:2:1: error: a check has no key `device` [contract.unknown-key]
                  2 | device: all
                    | ^
                  → did you mean `devices`? Known keys: compare, devices, eventually, expect, id, ignore, namespaces, \
                parse, proves, show, stable, template
                contract.yaml:4:8: error: `parse` is “jsn”, which is none of its words [contract.unknown-word]
                  4 | parse: jsn
                    |        ^
                  → did you mean “json”? Possible: json, xml, textfsm
                """)
    }

    @Test(arguments: [
        ("{ path: \"$.peers[?@.state = 'x']\", exists: true }", "contract.path", 37),
        ("{ path: $.a }", "contract.quantity", 11),
        ("{ path: $.a, all: { equals: 1 }, exists: true }", "contract.quantity", 11),
        ("{ path: $.a, all: { equal: 1 } }", "contract.unknown-key", 31),
        ("{ path: $.a, all: {} }", "contract.no-operator", 29),
        ("{ path: $.a, all: { matches: \"a(\" } }", "contract.pattern", 43),
        ("{ path: $.a, all: { at-least: many } }", "contract.wrong-type", 41),
        ("{ path: $.a, all: { between: [5, 1] } }", "contract.bounds", 40),
        ("{ path: $.a, all: { equals: no } }", "contract.value.ambiguous", 39),
        ("{ path: $.a, all: { in: [] } }", "contract.bounds", 35),
        ("{ path: $.a, exist: true }", "contract.unknown-key", 24),
    ])
    func `wrong expectations are told at their column`(expectation: String, code: String, column: Int) throws {
        let yaml = "id: c\ndevices: all\nshow: x\nparse: json\nexpect: [ \(expectation) ]\n"
        let error = #expect(throws: Findings.self) { try check(yaml) }
        let finding = try #require(error?.all.first { $0.position?.line == 5 })
        #expect(finding.code == code.replacing("contract.value.", with: "value."))
        #expect(finding.position?.column == column)
    }

    @Test(arguments: [
        "id: c\ndevices: all\nshow: x\nparse: json", "id: c\ndevices: all\nshow: x\nparse: json\nexpect: []",
        "id: c\ndevices: all\nshow: x\nparse: json\nexpect: [ { path: $.a, exists: true } ]\nignore: [$.b]",
        "id: c\ndevices: all\nshow: x\nparse: json\ncompare: after",
        "id: c\ndevices: all\nshow: x\nparse: json\ncompare: before\nstable: 5",
        "id: c\ndevices: all\nshow: x\nparse: json\ncompare: before\nnamespaces: { a: b }",
        "id: c\ndevices: all\nshow: x\nparse: xml\nexpect: [ { path: //a, exists: false } ]",
        "id: c\ndevices: all\nshow: x\nparse: xml\nexpect: [ { path: \"//a[\", exists: true } ]",
    ])
    func `a check that cannot prove anything is refused`(yaml: String) {
        #expect(throws: Findings.self) { try check(yaml) }
    }

    // MARK: TextFSM

    private static let ports = """
        Value Required PORT (\\S+)
        Value STATUS (connected|notconnect)
        Value VLAN (\\d+)
        Value List SPEEDS (\\d+)

        Start
          ^${PORT}\\s+${STATUS}\\s+${VLAN}\\s+${SPEEDS} -> Record
          ^% -> Error "the device refused the command"

        """

    private func table(_ expectation: String, _ output: String, template: String = ports) throws -> CheckResult {
        var check = try check(
            "id: c\ndevices: all\nshow: x\nparse: textfsm\ntemplate: templates/p.textfsm\nexpect: [ \(expectation) ]\n")
        try check.load(template: template)
        return check.evaluate(after: Array(output.utf8))
    }

    @Test(arguments: [
        ("{ path: \"$[?@.vlan == '20'].status\", all: { equals: connected } }", "proved"),
        ("{ path: \"$[*].status\", all: { equals: connected } }", "failed"),
        // What a template finds is text; it takes the type of what it is compared with.
        ("{ path: \"$[*].vlan\", all: { at-least: 10 } }", "proved"),
        ("{ path: \"$[0].vlan\", all: { equals: 20 } }", "proved"),
        ("{ path: \"$[1].speeds\", all: { contains: \"100\" } }", "proved"),
        ("{ path: \"$[?@.vlan == '99']\", count: { equals: 0 } }", "proved"),
        ("{ path: \"$[*].state\", all: { equals: x } }", "open"),
    ])
    func `rows of a template are checked with JSONPath`(expectation: String, verdict: String) throws {
        let output = "Gi1 connected 20 1000\r\nGi2 notconnect 10 100\r\n"
        #expect(try table(expectation, output).verdict.rawValue == verdict)
    }

    @Test(arguments: [
        (
            "% Invalid input\n",
            "templates/p.textfsm:8: the template refuses line 1 of the text: \"the device refused the command\": “% Invalid input”"
        ),
        ("something else\n", "templates/p.textfsm finds no rows in the output"), ("\n", "the device showed nothing"),
    ])
    func `an output the template has no rows for proves nothing`(output: String, message: String) throws {
        let result = try table("{ path: \"$[?@.vlan == '99']\", exists: false }", output)
        #expect(result.verdict == .open)
        #expect(result.message == message)
    }

    @Test func `a template that is none is told with its place`() throws {
        let error = #expect(throws: Findings.self) {
            try table("{ path: $, exists: true }", "x", template: "Value A (x)\n\nStart\n  ^$A$\n")
        }
        #expect(error?.all.first?.position?.description == "templates/p.textfsm:4")
    }

    @Test(arguments: [
        ("parse: textfsm", "contract.no-template"), ("parse: textfsm\ntemplate: p.textfsm", "contract.path"),
        ("parse: textfsm\ntemplate: templates/../p.textfsm", "contract.path"),
        ("parse: json\ntemplate: templates/p.textfsm", "contract.template-without-textfsm"),
    ])
    func `a template lies below templates, where Gate 2 locks it`(lines: String, code: String) {
        let error = #expect(throws: Findings.self) {
            try check("id: c\ndevices: all\nshow: x\n\(lines)\ncompare: before\n")
        }
        #expect(error?.all.map(\.code) == [code])
    }

    @Test func `ids are unique`() throws {
        let one = "{ id: a, devices: all, show: x, parse: json, compare: before }"
        let document = try SourceDocument.yaml("[ \(one), \(one) ]", file: "c.yaml")
        let error = #expect(throws: Findings.self) {
            try DocumentReader.read(document.root, area: "contract") { StateCheck.readList($0) }
        }
        #expect(error?.all.map(\.code) == ["contract.duplicate-id"])
    }
}
