import CLIApplyModel
import CLIConfiguration
import TestSupport
import Testing

@Suite struct `Order, unknown sections and menus` {
    @Test func `terms that only stand in another order are moved`() throws {
        func policy(_ terms: [String]) -> String {
            "policy-options { policy-statement P {\n" + terms.map { "term \($0) { then accept; }\n" }.joined() + "} }\n"
        }
        #expect(
            try commands("juniper_junos", policy(["A", "B"]), policy(["B", "A"]))
                == ["insert policy-options policy-statement P term A after term B"])
    }

    @Test(arguments: [
        ("cisco_ios", "access-list 101 permit ip any any", "access-list 101 deny tcp any any"),
        ("cisco_ios", "ip access-list extended X\n permit ip any any", " deny tcp any any"),
        ("cisco_ios", "policy-map P\n class A\n  priority", " class B\n  bandwidth 10"),
    ])
    func `order alone is a difference where it counts`(_ platform: String, _ first: String, _ second: String) throws {
        let header = first.split(separator: "\n").count > 1 ? first.split(separator: "\n")[0] + "\n" : ""
        let body = first.dropFirst(header.count)
        let sent = try commands(platform, "\(header)\(body)\n\(second)\n", "\(header)\(second)\n\(body)\n")
        #expect(!sent.isEmpty)
    }

    @Test func `order is nothing where it does not count`() throws {
        let (one, other) = ("ip route 10.0.0.0 255.0.0.0 Null0", "ntp server 10.0.0.1")
        #expect(try commands("cisco_ios", "\(one)\n\(other)\n", "\(other)\n\(one)\n") == [])
    }

    @Test func `a section of an unknown family loses and gets its only line`() throws {
        let (with, without) = ("widget pool\n colour red\n", "widget pool\n")
        #expect(try commands("cisco_ios", with, without) == ["widget pool", "no colour red", "exit"])
        #expect(try commands("cisco_ios", without, with) == ["widget pool", "colour red", "exit"])
    }

    @Test func `a header that somebody indented after an empty comment starts a section of its own`() throws {
        let text = "interface FastEthernet0/1\n speed 100\n!\n interface FastEthernet0/2\n speed 10\n"
        let tree = CLITree(parsing: text, dialect: try #require(CLIDialect.named("cisco_ios")))
        #expect(tree.root.children.map(\.text) == ["interface FastEthernet0/1", "interface FastEthernet0/2"])
    }

    @Test func `a routed port of NX-OS never shows that it is shut`() throws {
        let shown = "interface Ethernet1/1\n  no switchport\n  ip address 192.0.2.1/24\n"
        #expect(
            try commands("cisco_nxos", shown + "  no shutdown\n", shown) == [
                "interface Ethernet1/1", "shutdown", "exit",
            ])
        #expect(try commands("cisco_nxos", shown + "  shutdown\n", shown) == [])
    }

    // MARK: RouterOS

    @Test func `a changed property of a menu's item is one set, found by what identifies it`() throws {
        let sent = try commands(
            "mikrotik_routeros", "/interface vlan\nadd interface=ether1 name=v10 vlan-id=10 comment=old\n",
            "/interface/vlan add name=v10 interface=ether1 vlan-id=11\n")
        #expect(
            sent == ["/interface vlan set [find name=v10] vlan-id=11 comment=\"\""]
                || sent == ["/interface vlan set [find name=v10] comment=\"\" vlan-id=11"])
    }

    @Test func `a filter rule goes in before the one that follows it, and nothing else moves`() throws {
        let rules = ["add action=accept chain=input protocol=icmp", "add action=drop chain=input"]
        let sent = try commands(
            "mikrotik_routeros", "/ip firewall filter\n" + rules.joined(separator: "\n") + "\n",
            "/ip firewall filter\n\(rules[0])\nadd action=accept chain=input src-address=10.0.0.0/8\n\(rules[1])\n")
        #expect(
            sent == [
                "/ip firewall filter add action=accept chain=input src-address=10.0.0.0/8 "
                    + "place-before=[find action=drop chain=input]"
            ])
    }

    @Test func `rules that cannot be told apart are named by their place`() throws {
        let sent = try commands(
            "mikrotik_routeros",
            "/ip firewall filter\nadd action=drop chain=input\nadd action=drop chain=input protocol=udp\n",
            "/ip firewall filter\nadd action=drop chain=input protocol=udp\n")
        #expect(sent == ["/ip firewall filter remove [:pick [find] 0]"])
    }

    @Test func `a broken line of an export is one line, and its secrets are masked`() throws {
        let dialect = try #require(CLIDialect.named("mikrotik_routeros"))
        let text = "# by RouterOS\n/user\nadd group=full name=net\\\n    ops password=hunter2\n"
        let tree = CLITree(parsing: text, dialect: dialect)
        #expect(tree.printed == text)
        #expect(!tree.canonicalText.contains("hunter2"))
        let empty = CLITree(parsing: "", dialect: dialect)
        let diff = CLIDiff(from: empty, to: tree).text
        #expect(diff.contains("name=netops") && !diff.contains("hunter2"))
        let backwards = CLIRemediation(from: tree, to: [(empty, .replace)])
        #expect(!backwards.backoutIsComplete && !backwards.backout.contains { $0.text.contains("hunter2") })
    }
}
