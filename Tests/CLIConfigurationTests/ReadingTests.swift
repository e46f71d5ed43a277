import Diagnostics
import Testing

@testable import CLIConfiguration

@Suite struct `Reading of texts` {
    private func tree(_ text: String, _ platform: String) throws -> CLITree {
        CLITree(parsing: text, dialect: try #require(CLIDialect.named(platform)))
    }

    @Test(arguments: [
        ("10", "10"), ("1,2,3", "1-3"), ("20 - 30, 5", "5,20-30"), ("5,5-7,6", "5-7"), ("1,,3", "1,3"),
        ("none", "none"), ("all", "1-4094"),
        ("except 5", "1-4,6-4094"), ("except 1-4094", "none"), ("0", "0"), ("1 0", "10"), ("1000000", "1000000"),
    ])
    func `sets of numbers are read as they are written`(_ text: String, _ set: String) {
        #expect(RangeSet(text)?.text == set)
        #expect(RangeSet(text)?.hash == RangeSet(set)?.hash)
    }

    @Test(arguments: [
        "", " ", "x", "1-", "-1", "1-2-3", "3-1", "1;2", "1000001", "99999999999999999999999", "1, x", "except ",
        "all,5",
    ])
    func `what is no set of numbers is none`(_ text: String) { #expect(RangeSet(text) == nil) }

    @Test func `lines that share their beginning lead to the statements that braces do`() throws {
        let lines = """
            set interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24
            set interfaces ge-0/0/0 unit 0
            set interfaces ge-0/0/0 unit 0 family inet address 10.0.0.2/24
            set interfaces ge-0/0/0 description "to the other"
            set interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24 primary
            set system name-server [ 192.0.2.1 192.0.2.2 ]
            set system name-server 192.0.2.3
            set interfaces ge-0/0/1 unit 0 family inet address 10.0.0.1/24
            deactivate interfaces ge-0/0/1
            """
        let braces = """
            interfaces {
                ge-0/0/0 {
                    description "to the other";
                    unit 0 { family inet { address 10.0.0.1/24 { primary; } address 10.0.0.2/24; } }
                }
                inactive: ge-0/0/1 { unit 0 { family inet { address 10.0.0.1/24; } } }
            }
            system { name-server [ 192.0.2.1 192.0.2.2 192.0.2.3 ]; }
            """
        let (a, b) = (try tree(lines, "juniper_junos"), try tree(braces, "juniper_junos"))
        #expect(CLIDiff(from: a, to: b).text == "")
        #expect(CLIDiff(from: b, to: a).text == "")
    }

    @Test func `exports of RouterOS mean the same however their lines are broken and their words are quoted`() throws {
        let one = """
            # by RouterOS
            /ip address
            add address=10.0.0.1/24 comment="to the other" interface=ether1
            /ip firewall filter
            add action=accept chain=input comment="a \\"b\\" c"
            add action=drop chain=input
            add action=drop chain=input
            /system identity
            set name=r1
            /user
            set [ find   name=admin ] disabled=no
            """
        let other = """
            /ip address add interface="ether1" address=10.0.0.1/24 \\
                comment="to the \\
                other"
            /ip firewall filter add action=accept chain=input comment="a \\"b\\" c"
            /ip/firewall/filter add action=drop chain=input
            add action=drop chain=input
            /system identity set name="r1"
            /user set [find name=admin] disabled=no
            """
        let (a, b) = (try tree(one, "mikrotik_routeros"), try tree(other, "mikrotik_routeros"))
        #expect(CLIDiff(from: a, to: b).text == "")
        #expect(CLIDiff(from: b, to: a).text == "")
        #expect(a.root.children.map { $0.children.count } == [1, 3, 1, 1])
        let fewer = try tree(
            other.replacing("add action=drop chain=input\n/system", with: "/system"), "mikrotik_routeros")
        #expect(CLIDiff(from: a, to: fewer).changes.filter { $0.path.count == 1 }.map(\.kind) == [.removed])
    }

    @Test func `a text longer than the limit is not read, and says so`() throws {
        let dialect = try #require(CLIDialect.named("frr"))
        let text = Array("hostname r1\n".utf8)
        #expect(!CLITree(parsing: text, dialect: dialect, maximumBytes: text.count).isEmpty)
        let tree = CLITree(parsing: text, file: "r1.cfg", dialect: dialect, maximumBytes: text.count - 1)
        #expect(tree.isEmpty)
        #expect(tree.findings.hasErrors)
        #expect(tree.findings.all.first?.what == "r1.cfg holds 12 bytes, the limit is 11")
    }
}
