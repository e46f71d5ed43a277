import CLIConfiguration
import Diagnostics
import Testing

/// What other tools are known to get wrong.
@Suite struct `Known failures of other tools` {
    private func forward(_ platform: String, _ running: String, _ intended: String) throws -> [String] {
        let dialect = try #require(CLIDialect.named(platform))
        return CLIRemediation(
            from: CLITree(parsing: running, dialect: dialect),
            to: [(CLITree(parsing: intended, dialect: dialect), .replace)], secrets: .shown
        ).forward.flatMap(\.lines)
    }

    @Test func `a shorter list of VLANs loses one VLAN, not all of them`() throws {
        #expect(try forward("cisco_ios", "vlan 10,20,30\n", "vlan 10,20\n") == ["no vlan 30"])
        let trunk = try forward(
            "cisco_ios", "interface GigabitEthernet0/1\n switchport trunk allowed vlan 10,20,30\n",
            "interface Gi0/1\n switchport trunk allowed vlan 10,20,40\n")
        #expect(
            trunk == [
                "interface GigabitEthernet0/1", "switchport trunk allowed vlan add 40",
                "switchport trunk allowed vlan remove 30", "exit",
            ])
    }

    @Test func `an entry that moves in a bound list leaves the others alone`() throws {
        let lines = try forward(
            "cisco_ios", "ip access-list extended A\n 10 permit ip any host 1.1.1.1\n 20 permit ip any host 2.2.2.2\n",
            "ip access-list extended A\n permit ip any host 3.3.3.3\n permit ip any host 1.1.1.1\n permit ip any host 2.2.2.2\n"
        )
        #expect(lines == ["ip access-list extended A", "5 permit ip any host 3.3.3.3", "exit"])
    }

    @Test func `a changed line is taken away before the new one is set, never after`() throws {
        let lines = try forward(
            "cisco_ios", "logging host 10.0.0.1\n", "logging host 10.0.0.1 transport udp port 5514\n")
        #expect(lines == ["no logging host 10.0.0.1", "logging host 10.0.0.1 transport udp port 5514"])
    }

    @Test func `a banner is one value, and taken away without its text`() throws {
        let banner = "banner motd ^C\nno shutdown\n!\nhostname x\n^C\n"
        #expect(try forward("cisco_ios", banner, "") == ["no banner motd"])
        #expect(try forward("cisco_ios", "", banner) == ["banner motd ^C", "no shutdown", "!", "hostname x", "^C"])
        #expect(
            try forward("arista_eos", "banner motd\na\nEOF\n", "banner motd\nb\nEOF\n") == ["banner motd", "b", "EOF"])
    }

    @Test func `a route policy is sent whole, with its end`() throws {
        let before = "route-policy P\n  if destination in A then\n    pass\n  endif\nend-policy\n!\n"
        let after = "route-policy P\n  if destination in B then\n    pass\n  endif\nend-policy\n!\n"
        #expect(
            try forward("cisco_iosxr", before, after)
                == ["route-policy P", "if destination in B then", "pass", "endif", "end-policy"])
    }

    @Test func `what is referred to exists before it is used, and goes after its last use`() throws {
        let lines = try forward(
            "cisco_ios",
            "interface GigabitEthernet0/1\n ip access-group OLD in\nip access-list extended OLD\n 10 permit ip any any\n",
            "interface GigabitEthernet0/1\n ip access-group NEW in\nip access-list extended NEW\n 10 permit ip any any\n"
        )
        #expect(
            lines == [
                "ip access-list extended NEW", "10 permit ip any any", "exit", "interface GigabitEthernet0/1",
                "ip access-group NEW in", "exit", "no ip access-list extended OLD",
            ])
    }

    @Test func `a VRF change sets the addresses again that it takes away`() throws {
        let lines = try forward(
            "cisco_ios", "interface GigabitEthernet0/1\n ip address 10.0.0.1 255.255.255.0\n",
            "interface GigabitEthernet0/1\n vrf forwarding A\n ip address 10.0.0.1 255.255.255.0\n")
        #expect(
            lines == [
                "interface GigabitEthernet0/1", "vrf forwarding A", "ip address 10.0.0.1 255.255.255.0", "exit",
            ])
    }

    @Test func `a secret shown as a mask is no difference`() throws {
        #expect(
            try forward("cisco_ios", "snmp-server community ••• RO\n", "snmp-server community ••• RO\n") == [])
    }

    @Test func `a term of Junos is put in its place`() throws {
        let lines = try forward(
            "juniper_junos",
            "set policy-options policy-statement P term a then accept\nset policy-options policy-statement P term c then reject\n",
            "policy-options { policy-statement P { term a { then accept; } term b { then accept; } term c { then reject; } } }"
        )
        #expect(
            lines == [
                "set policy-options policy-statement P term b then accept",
                "insert policy-options policy-statement P term b before term c",
            ])
    }

    @Test func `order that means nothing, quotes and noise ask for no command`() throws {
        #expect(
            try forward(
                "juniper_junos", "system { host-name \"a\"; ntp { server 1.1.1.1; } }",
                "set system ntp server 1.1.1.1\nset system host-name a\n") == [])
        #expect(try forward("vyos", "system {\n    host-name \"a\"\n}\n", "set system host-name 'a'\n") == [])
        #expect(
            try forward("nokia_srlinux", "interface lo0 {\n  mtu 1500\n}\n", "set / interface lo0 mtu 1500\n") == [])
        #expect(
            try forward("cisco_nxos", "!Time: x\nvlan 1,10\nvlan 10\n  name a\n", "vlan 10\n  name a\nvlan 1\n") == [])
    }

    @Test func `a list that is absent for some lines is a finding with their numbers`() throws {
        let dialect = try #require(CLIDialect.named("cisco_ios"))
        let change = CLIRemediation(
            from: CLITree(
                parsing: "access-list 101 permit tcp any any\naccess-list 101 deny ip any any\n", dialect: dialect),
            to: [
                (
                    CLITree(
                        parsing: "access-list 101 deny udp any any\naccess-list 101 deny ip any any\n", dialect: dialect
                    ), .replace
                )
            ])
        #expect(change.failOpenWindows.map(\.opens) == [1])
        #expect(change.failOpenWindows.map(\.closes) == [3])
        #expect(change.findings.all.contains { $0.code == "cli.fail-open" })
    }

    @Test(arguments: [
        ("cisco_ios", "ip route 0.0.0.0 0.0.0.0 192.0.2.1\n", "ip route 0.0.0.0 0.0.0.0 192.0.2.2\n"),
        ("cisco_ios", "aaa group server tacacs+ T\n server name A\n", "aaa group server tacacs+ T\n server name B\n"),
        ("arista_eos", "ip route 0.0.0.0/0 192.0.2.1\n", "ip route 0.0.0.0/0 192.0.2.2\n"),
        (
            "cisco_nxos", "vrf context management\n  ip route 0.0.0.0/0 192.0.2.1\n",
            "vrf context management\n  ip route 0.0.0.0/0 192.0.2.2\n"
        ),
    ])
    func `log-ins and the way to the device that are gone for some lines are a finding`(
        _ platform: String, _ running: String, _ intended: String
    ) throws {
        let dialect = try #require(CLIDialect.named(platform))
        let change = CLIRemediation(
            from: CLITree(parsing: running, dialect: dialect),
            to: [(CLITree(parsing: intended, dialect: dialect), .replace)],
            secrets: .shown)
        let texts = change.forward.map(\.text)
        #expect(!change.failOpenWindows.isEmpty)
        #expect(change.failOpenWindows.allSatisfy { $0.opens < $0.closes && texts[$0.opens - 1].hasPrefix("no ") })
        let kept = CLIRemediation(
            from: CLITree(parsing: running, dialect: dialect),
            to: [(CLITree(parsing: running + "hostname x\n", dialect: dialect), .replace)])
        #expect(kept.failOpenWindows.isEmpty)
    }

    @Test(arguments: ["cisco_ios", "cisco_nxos", "arista_eos"])
    func `a new user is there before the old one goes`(_ platform: String) throws {
        #expect(
            try forward(platform, "username a password 5 x\n", "username b password 5 y\n")
                == ["username b password 5 y", "no username a"])
    }

    @Test func `comments that Junos keeps are reported and not compared`() throws {
        let text = "/* core */\nsystem {\n    host-name a;\n    /* why */\n    services;\n}\n"
        let tree = CLITree(parsing: text, dialect: try #require(CLIDialect.named("juniper_junos")))
        let note = try #require(tree.findings.all.first { $0.code == "cli.annotation" })
        #expect(note.what.hasPrefix("2 comments"))
        #expect(note.position?.line == 1)
        #expect(try forward("juniper_junos", text, "system { host-name a; services; }") == [])
    }

    @Test func `an IOS-XR port that changes its VRF and keeps its address takes two commits, which is said`() throws {
        func port(_ vrf: String, _ host: Int) -> String {
            "interface GigabitEthernet0/0/0/0\n vrf \(vrf)\n ipv4 address 192.0.2.\(host) 255.255.255.0\n"
        }
        let dialect = try #require(CLIDialect.named("cisco_iosxr"))
        func codes(_ running: String, _ intended: String) -> [String] {
            let (old, new) = (CLITree(parsing: running, dialect: dialect), CLITree(parsing: intended, dialect: dialect))
            return CLIRemediation(from: old, to: [(new, .replace)], secrets: .shown).findings.all.map(\.code)
        }
        #expect(codes(port("A", 1), port("B", 1)).contains("cli.two-commits"))
        #expect(!codes(port("A", 1), port("A", 2)).contains("cli.two-commits"))
    }

    @Test func `sections that refer to each other are each told once, and all of them are sent`() throws {
        func policy(_ name: String, _ other: String) -> String {
            "policy-map \(name)\n class class-default\n  service-policy \(other)\n"
        }
        let text = (1...40).map { policy("A\($0)", "B\($0)") + policy("B\($0)", "A\($0)") }.joined()
        let dialect = try #require(CLIDialect.named("cisco_ios"))
        let (old, new) = (CLITree(parsing: "", dialect: dialect), CLITree(parsing: text, dialect: dialect))
        let change = CLIRemediation(from: old, to: [(new, .replace)], secrets: .shown)
        #expect(change.findings.all.filter { $0.code == "cli.reference-cycle" }.count == 40)
        #expect(change.forward.filter { $0.text.hasPrefix("policy-map ") }.count == 80)
    }
}
