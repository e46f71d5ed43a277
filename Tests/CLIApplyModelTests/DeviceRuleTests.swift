import CLIApplyModel
import CLIConfiguration
import Testing

/// Rules of devices that a list of commands has to know; each was broken once.
@Suite struct `What devices ask of an order of commands` {
    @Test func `two interfaces that exchange addresses both let go first`() throws {
        func interfaces(_ one: String, _ other: String) -> String {
            "interface GigabitEthernet0/1\n ip address \(one) 255.255.255.0\n"
                + "interface GigabitEthernet0/2\n ip address \(other) 255.255.255.0\n"
        }
        let sent = try commands("cisco_ios", interfaces("10.0.0.1", "10.0.1.1"), interfaces("10.0.1.1", "10.0.0.1"))
        let lastRemoval = try #require(sent.lastIndex { $0.hasPrefix("no ip address") })
        let firstSetting = try #require(sent.firstIndex { $0.hasPrefix("ip address") })
        #expect(lastRemoval < firstSetting)
    }

    @Test func `a neighbour that leaves its only peer group is gone, in its families too`() throws {
        let head = "router bgp 65000\n neighbor PG peer-group\n neighbor PG remote-as 65001\n"
        let member = " neighbor 10.0.0.1 peer-group PG\n neighbor 10.0.0.1 description a\n"
        let family = " address-family ipv4\n  neighbor 10.0.0.1 activate\n exit-address-family\n"
        let sent = try commands(
            "cisco_ios", head + member + family, head + " address-family ipv4\n exit-address-family\n")
        #expect(sent == ["router bgp 65000", "no neighbor 10.0.0.1 peer-group PG", "exit"])
    }

    @Test func `a neighbour that keeps its own system keeps its lines without the peer group`() throws {
        let head = "router bgp 65000\n neighbor PG peer-group\n neighbor 10.0.0.1 remote-as 65001\n"
        let rest = " neighbor 10.0.0.1 description a\n"
        let sent = try commands("cisco_ios", head + " neighbor 10.0.0.1 peer-group PG\n" + rest, head + rest)
        #expect(sent == ["router bgp 65000", "no neighbor 10.0.0.1 peer-group PG", "exit"])
    }

    @Test(arguments: [
        ("cisco_ios", "track 1 interface GigabitEthernet0/1 line-protocol", "track 1 ip sla 1 reachability"),
        ("cisco_ios", "crypto ipsec transform-set T esp-aes esp-sha-hmac", "crypto ipsec transform-set T esp-gcm"),
        ("cisco_ios", "class-map match-any C", "class-map match-all C"),
        ("cisco_nxos", "class-map type qos match-any C", "class-map type qos match-all C"),
        ("cisco_iosxr", "class-map match-any C", "class-map match-all C"),
    ])
    func `an object of a name is taken away before one of another type has that name`(
        _ platform: String, _ old: String, _ new: String
    ) throws {
        let sent = try commands(platform, old + "\n", new + "\n")
        #expect(sent.prefix(2) == ["no " + old, new])
    }

    @Test func `an entry goes into an IPv6 list without touching those that stay`() throws {
        func list(_ entries: String...) -> String { "ipv6 access-list V6\n" + entries.map { " \($0)\n" }.joined() }
        let (one, two) = ("permit tcp any any eq 22", "deny ipv6 any any")
        #expect(
            try commands("cisco_ios", list(one, two), list("permit tcp any any eq 443", one, two))
                == ["ipv6 access-list V6", "sequence 5 permit tcp any any eq 443", "exit"])
        #expect(
            try commands("cisco_ios", list("sequence 20 " + one), list("sequence 20 " + two))
                == ["ipv6 access-list V6", "no sequence 20", "sequence 20 " + two, "exit"])
    }

    @Test func `a remark under the number of its entry changes alone`() throws {
        func list(_ remark: String) -> String {
            "ip access-list extended X\n 10 remark \(remark)\n 10 permit ip host 192.0.2.1 any\n"
        }
        #expect(
            try commands("cisco_ios", list("old"), list("new"))
                == ["ip access-list extended X", "no 10 remark old", "10 remark new", "exit"])
    }

    @Test func `a feature comes before what needs it, and goes after`() throws {
        let bgp = "router bgp 65000\n  router-id 192.0.2.1\n"
        let sent = try commands(
            "cisco_nxos", "feature bgp\n" + bgp, "feature ospf\nrouter ospf 1\n  router-id 192.0.2.1\n")
        #expect(sent.first == "feature ospf")
        #expect(sent.suffix(2) == ["no router bgp 65000", "no feature bgp"])
    }

    @Test func `of several lines that share a key each is taken back by its whole text`() throws {
        let (one, two) = ("snmp-server user u network-admin", "snmp-server user u network-operator")
        #expect(try commands("cisco_nxos", "\(one)\n\(two)\n", "\(one)\n") == ["no " + two])
    }

    @Test func `a section of IOS-XR that holds nothing is left by what closes it`() throws {
        let text = "grpc\n port 57777\n widget\n !\n tail 5\n!\n"
        #expect(try commands("cisco_iosxr", "", text) == ["grpc", "port 57777", "widget", "exit", "tail 5", "exit"])
    }

    @Test func `an address is set again after the encapsulation that may take it`() throws {
        func port(_ tag: Int) -> String {
            "interface GigabitEthernet0/1.10\n encapsulation dot1Q \(tag)\n ip address 10.0.0.1 255.255.255.0\n"
        }
        let sent = try commands("cisco_ios", port(10), port(20))
        #expect(sent.dropFirst() == ["encapsulation dot1Q 20", "ip address 10.0.0.1 255.255.255.0", "exit"])
    }

    @Test func `a section of one VLAN holds more than the list that names it too`() throws {
        let sent = try commands("arista_eos", "", "vlan 10,20\nvlan 10\n   name a\n")
        #expect(sent == ["vlan 10", "name a", "exit", "vlan 20", "exit"])
    }

    @Test func `a port leaves its bundle before its VLANs change`() throws {
        let running = "interface Ethernet1/1\n  switchport trunk allowed vlan 10\n  channel-group 1 mode active\n"
        let sent = try commands("cisco_nxos", running, "interface Ethernet1/1\n  description free\n")
        #expect(sent.firstIndex(of: "no channel-group 1") == 1)
    }

    @Test func `an ordered list of SR Linux ends in the intended order without a command to insert`() throws {
        func group(_ policies: String) -> String {
            "set / network-instance default protocols bgp group g export-policy [ \(policies) ]\n"
        }
        let sent = try commands("nokia_srlinux", group("b"), group("a b"))
        let path = "/ network-instance default protocols bgp group g export-policy"
        #expect(sent == ["delete \(path) b", "set \(path) a", "set \(path) b"])
    }

    @Test func `VyOS loses an emptied node, not only the values below it`() throws {
        #expect(
            try commands("vyos", "set service ssh port '22'\nset system host-name 'r'\n", "set system host-name 'r'\n")
                == ["delete service"])
    }

    @Test func `a route of a VRF stays in its section although the top level knows such lines`() throws {
        func context(_ hop: String) -> String { "vrf context m\n  ip route 0.0.0.0/0 \(hop)\n" }
        #expect(
            try commands("cisco_nxos", context("10.0.0.1"), context("10.0.0.2"))
                == ["vrf context m", "no ip route 0.0.0.0/0 10.0.0.1", "ip route 0.0.0.0/0 10.0.0.2", "exit"])
    }

    @Test func `a list in brackets sets and deletes each of its values`() throws {
        let dialect = try #require(CLIDialect.named("juniper_junos"))
        let empty = CLITree(parsing: "", dialect: dialect)
        let path = "protocols bgp group g import"
        let after = CLIApplyModel.applying(["set \(path) [ a b c ]", "delete \(path) [ a c ]"], to: empty)
        #expect(after.refused.isEmpty)
        #expect(after.tree.canonicalText == CLITree(parsing: "set \(path) b\n", dialect: dialect).canonicalText)
    }
}
