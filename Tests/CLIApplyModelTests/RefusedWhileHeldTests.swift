import CLIApplyModel
import CLIConfiguration
import Testing

/// What a device refuses while something else stands, and what goes away with it.
@Suite struct `What stands in the way goes first` {
    @Test(arguments: ["cisco_ios", "cisco_nxos"])
    func `a policy lets go of a class map that is made anew`(_ platform: String) throws {
        let type = platform == "cisco_ios" ? "" : "type qos "
        func text(_ match: String) -> String {
            "class-map \(type)match-\(match) C\n match dscp ef\npolicy-map \(type)P\n class C\n  police 8000\n class D\n"
        }
        let sent = try commands(platform, text("any"), text("all"))
        let policy = "policy-map \(type)P"
        #expect(sent.prefix(4) == [policy, "no class C", "no class D", "exit"])
        #expect(sent.dropFirst(4).prefix(2) == ["no class-map \(type)match-any C", "class-map \(type)match-all C"])
        #expect(sent.suffix(7) == [policy, "class C", "police 8000", "exit", "class D", "exit", "exit"])
    }

    @Test func `a group goes after its members have moved to another`() throws {
        func router(_ group: String) -> String {
            """
            router bgp 1
             neighbor \(group) peer-group
             neighbor \(group) remote-as 2
             neighbor 192.0.2.1 peer-group \(group)
             neighbor 192.0.2.1 description x

            """
        }
        #expect(
            try commands("cisco_ios", router("A"), router("B")) == [
                "router bgp 1", "neighbor B peer-group", "neighbor B remote-as 2",
                "no neighbor 192.0.2.1 peer-group A", "neighbor 192.0.2.1 peer-group B",
                "neighbor 192.0.2.1 description x", "no neighbor A peer-group", "exit",
            ])
        let arista = { router($0).replacing("peer-group", with: "peer group") }
        let sent = try commands("arista_eos", arista("A"), arista("B"))
        #expect(sent.suffix(2) == ["no neighbor A peer group", "exit"])
    }

    @Test func `a neighbour that goes with its group comes back with all its lines`() throws {
        func router(_ member: String) -> String {
            """
            router bgp 1
             neighbor G peer-group
             neighbor G remote-as 2
             neighbor 192.0.2.1 \(member)
             neighbor 192.0.2.1 description x
             !
             address-family ipv4
              neighbor 192.0.2.1 activate
             exit-address-family

            """
        }
        let (alone, member) = (router("remote-as 2"), router("peer-group G"))
        for (from, to) in [(alone, member), (member, alone)] {
            let sent = try commands("cisco_ios", from, to)
            #expect(sent.contains("neighbor 192.0.2.1 description x"))
            #expect(sent.contains("neighbor 192.0.2.1 activate"))
        }
    }

    @Test(arguments: [
        ("cisco_ios", "template peer-session", "neighbor 192.0.2.1 inherit peer-session"),
        ("cisco_nxos", "template peer", "neighbor 192.0.2.1\n  inherit peer"),
    ])
    func `a template goes after the neighbour has another`(_ platform: String, _ template: String, _ use: String) throws
    {
        func router(_ name: String) -> String {
            "router bgp 1\n \(template) \(name)\n  remote-as 2\n \(use) \(name)\n"
        }
        let sent = try commands(platform, router("A"), router("B"))
        #expect(sent.suffix(2) == ["no \(template) A", "exit"])
    }

    @Test func `a subnet is free before another port gets an address of it`() throws {
        func ports(_ hosts: [Int]) -> String {
            hosts.enumerated().map {
                "interface GigabitEthernet0/\($0)\n ip address 192.0.2.\($1) 255.255.255.252\n"
            }.joined()
        }
        let sent = try commands("cisco_ios", ports([1, 5, 9]), ports([6, 10, 13]))
        #expect(
            sent.filter { $0.hasPrefix("ip address") }.map { $0.split(separator: " ")[2] } == [
                "192.0.2.13", "192.0.2.10", "192.0.2.6",
            ])
    }

    @Test(arguments: [
        ("cisco_ios", "interface GigabitEthernet0/0\n ip address ", " 255.255.255.252\n", "router bgp 1\n"),
        ("frr", "interface eth0\n ip address ", "/30\n", "router bgp 1\n no bgp ebgp-requires-policy\n"),
    ])
    func `an address is never the device's own and a neighbour's, on the way there and back`(
        _ platform: String, _ port: String, _ mask: String, _ router: String
    ) throws {
        func end(_ own: Int, _ other: Int) -> String {
            port + "192.0.2.\(own)" + mask + "exit\n" + router + " neighbor 192.0.2.\(other) remote-as 2\nexit\n"
        }
        let dialect = try #require(CLIDialect.named(platform))
        let (old, new) = (
            CLITree(parsing: end(1, 2), dialect: dialect), CLITree(parsing: end(2, 1), dialect: dialect)
        )
        let change = CLIRemediation(from: old, to: [(new, .replace)], secrets: .shown)
        for (typed, was) in [(change.forward, 1), (change.backout, 2)] {
            let texts = typed.map(\.text)
            let address = "ip address 192.0.2.\(was)" + mask.dropLast()
            let gone = try #require(texts.firstIndex(of: "no " + address))
            let taken = try #require(texts.firstIndex(of: "neighbor 192.0.2.\(was) remote-as 2"))
            #expect(gone < taken)
        }
    }

    @Test func `a VLAN is free before another interface of the port gets it`() throws {
        func port(_ number: Int) -> String {
            "interface GigabitEthernet0/0.\(number)\n encapsulation dot1Q 10\ninterface GigabitEthernet0/1.7\n encapsulation dot1Q 7\n"
        }
        #expect(
            try commands("cisco_ios", port(10), port(100)) == [
                "no interface GigabitEthernet0/0.10", "interface GigabitEthernet0/0.100", "encapsulation dot1Q 10",
                "exit",
            ])
    }

    @Test func `an address that goes along with its VLAN is let go before another port gets it`() throws {
        func ports(_ first: String, _ second: (vlan: Int, host: String), _ third: (vlan: Int, host: String)) -> String {
            let (mask, port) = (" 255.255.255.0\n", "interface GigabitEthernet0/0")
            let own = first.isEmpty ? "" : " ip address " + first + mask
            return port + "\n" + own
                + port + ".1\n encapsulation dot1Q \(second.vlan)\n ip address " + second.host + mask
                + port + ".2\n encapsulation dot1Q \(third.vlan)\n ip address " + third.host + mask
        }
        let sent = try commands(
            "cisco_ios", ports("", (10, "192.0.2.1"), (20, "198.51.100.1")),
            ports("198.51.100.1", (20, "203.0.113.1"), (10, "192.0.2.1")))
        let gone = try #require(sent.firstIndex(of: "no ip address 198.51.100.1 255.255.255.0"))
        let taken = try #require(sent.firstIndex(of: "ip address 198.51.100.1 255.255.255.0"))
        #expect(gone < taken)
    }

    @Test func `two VLANs of EOS that exchange their VNIs let go of them first`() throws {
        func port(_ a: Int, _ b: Int) -> String {
            "interface Vxlan1\n   vxlan vlan 10 vni \(a)\n   vxlan vlan 20 vni \(b)\n"
        }
        #expect(
            try commands("arista_eos", port(1, 2), port(2, 1)) == [
                "interface Vxlan1", "no vxlan vlan 10 vni 1", "no vxlan vlan 20 vni 2", "vxlan vlan 10 vni 2",
                "vxlan vlan 20 vni 1", "exit",
            ])
    }

    @Test(arguments: ["cisco_ios", "arista_eos"])
    func `a process of OSPF goes before another VRF gets its number`(_ platform: String) throws {
        let sent = try commands(
            platform, "router ospf 1 vrf A\n router-id 192.0.2.1\n", "router ospf 1 vrf B\n router-id 192.0.2.1\n")
        #expect(sent.first == "no router ospf 1 vrf A")
    }

    @Test func `features of several words come before what needs them, and go after it`() throws {
        let text = "feature nv overlay\ninterface nve1\n  source-interface loopback1\n"
        #expect(try commands("cisco_nxos", "", text).first == "feature nv overlay")
        #expect(try commands("cisco_nxos", text, "").last == "no feature nv overlay")
    }

    @Test func `the first VLAN of NX-OS is never taken away`() throws {
        #expect(
            try commands("cisco_nxos", "vlan 1,10\ninterface Vlan1\n  mtu 1400\n", "") == [
                "interface Vlan1", "no mtu 1400", "exit", "no vlan 10",
            ])
    }

    @Test func `a named list goes before one of the other type gets its name`() throws {
        let sent = try commands(
            "cisco_ios", "ip access-list standard A\n 10 permit any\n",
            "ip access-list extended A\n 10 permit ip any any\n")
        #expect(sent.first == "no ip access-list standard A")
    }
}

/// Lines that are spelled, printed or taken back in a way of their own.
@Suite struct `Ways of their own` {
    @Test func `the number behind an entry of an IPv6 list is its number`() throws {
        let front = "ipv6 access-list L\n sequence 10 permit icmp any any\n sequence 20 permit tcp any any\n"
        let behind = "ipv6 access-list L\n permit icmp any any sequence 10\n permit tcp any any sequence 20\n"
        #expect(try commands("cisco_ios", front, behind) == [])
        #expect(
            try commands("cisco_ios", behind, behind.replacing("tcp", with: "udp")) == [
                "ipv6 access-list L", "no sequence 20", "permit udp any any sequence 20", "exit",
            ])
        let plain = "ipv6 access-list L\n permit icmp any any\n permit tcp any any\n"
        #expect(try commands("cisco_ios", plain, behind) == [])
    }

    @Test func `a number that an entry has on both ends stays its number`() throws {
        let list = "ip access-list extended L\n permit tcp any any\n permit icmp any any\n permit ip any any\n"
        let sent = try commands("cisco_ios", list, list.replacing("icmp", with: "udp"))
        #expect(
            sent == ["ip access-list extended L", "no permit icmp any any", "20 permit udp any any", "exit"])
        let shown = "ipv6 access-list L\n sequence 15 permit udp any any\n sequence 20 permit tcp any any\n"
        let bare = "ipv6 access-list L\n permit icmp any any\n permit tcp any any\n"
        #expect(try commands("cisco_ios", bare, shown).contains("sequence 15 permit udp any any"))
    }

    @Test func `a VRF of EOS that does not route is said so, and no longer by the default`() throws {
        let text = "vrf instance M\nno ip routing vrf M\n"
        #expect(try commands("arista_eos", "", text) == ["vrf instance M", "exit", "no ip routing vrf M"])
        #expect(try commands("arista_eos", text, "vrf instance M\n") == ["default ip routing vrf M"])
    }

    @Test func `a mark of a cut text makes no section of the line before it`() throws {
        let text = "vrf A\n description x\n !\n address-family ipv6 unicast\n !\n!\n"
        #expect(
            try commands("cisco_iosxr", "", text) == [
                "vrf A", "description x", "address-family ipv6 unicast", "exit", "exit",
            ])
        let router =
            "router bgp 1\n bgp graceful-restart\n !\n nsr\n !\n unheard-of thing\n  address-family ipv7\n  !\n !\n!\n"
        #expect(
            try commands("cisco_iosxr", "", router) == [
                "router bgp 1", "bgp graceful-restart", "nsr", "unheard-of thing", "address-family ipv7", "exit",
                "exit",
                "exit",
            ])
    }

    @Test func `neighbours are made after the line that says whether they are active`() throws {
        let text =
            "router bgp 1\n bgp log-neighbor-changes\n no bgp default ipv4-unicast\n neighbor 192.0.2.1 remote-as 2\n"
        #expect(
            try commands("cisco_ios", "", text).prefix(3) == [
                "router bgp 1", "no bgp default ipv4-unicast", "neighbor 192.0.2.1 remote-as 2",
            ])
    }

    @Test func `EOS shows neither activation any more after the default`() throws {
        let text = "router bgp 1\n   neighbor G peer group\n   address-family evpn\n      no neighbor G activate\n"
        let sent = try commands("arista_eos", text, text.replacing("      no neighbor G activate\n", with: ""))
        #expect(sent.contains("default neighbor G activate"))
    }

    @Test func `what IOS would only rob of its options is taken back by its name`() throws {
        let text = """
            router ospf 1
             area 1 stub no-summary
             redistribute static subnets
             redistribute bgp 65000 metric 5 subnets
             default-information originate always metric 10

            """
        #expect(
            try commands("cisco_ios", text, "router ospf 1\n redistribute bgp 65000 subnets\n") == [
                "router ospf 1", "no area 1 stub", "no redistribute static", "no default-information originate",
                "no redistribute bgp 65000", "redistribute bgp 65000 subnets", "exit",
            ])
    }

    @Test func `words that begin with exit leave sections, also of families nobody knows`() throws {
        let text = """
            interface Vlan10
             vrrp 1 address-family ipv4
              priority 120
              exit-vrrp
            router lisp
             locator-set A
              exit-locator-set
             exit-router-lisp
            hostname x

            """
        #expect(
            try commands("cisco_ios", "", text) == [
                "hostname x", "interface Vlan10", "vrrp 1 address-family ipv4", "priority 120", "exit-vrrp", "exit",
                "router lisp", "locator-set A", "exit", "exit",
            ])
    }

    @Test(arguments: [
        ("cisco_nxos", "router bgp 1\n  vrf A\n    neighbor 192.0.2.1 remote-as 2\n", "as 2", "as 3", 3),
        ("cisco_ios", "route-map R permit 10\n", "permit", "deny", 1),
    ])
    func `an empty section whose header changes is left again`(
        _ platform: String, _ text: String, _ old: String, _ new: String, _ exits: Int
    ) throws {
        let sent = try commands(platform, text, text.replacing(old, with: new))
        #expect(sent.filter { $0 == "exit" }.count == exits)
    }

    @Test func `the body of a macro is one value`() throws {
        let text = "macro name M\ninterface GigabitEthernet0/1\nshutdown\n@\n"
        #expect(try commands("cisco_ios", text, text.replacing("shutdown", with: "no shutdown")).count == 1)
        #expect(try commands("cisco_ios", text, "") == ["no macro name M"])
    }

    @Test func `accounting in several lines and in one are the same setting`() throws {
        let (long, short) = (
            "aaa accounting commands 15 default\n action-type start-stop\n group TAC\n",
            "aaa accounting commands 15 default start-stop group TAC\n"
        )
        #expect(
            try commands("cisco_ios", long, short) == [
                "no aaa accounting commands 15 default", "aaa accounting commands 15 default start-stop group TAC",
            ])
    }

    @Test func `a class matches as many lists as it names`() throws {
        func text(_ list: String) -> String { "class-map match-any C\n match access-group name \(list)\n" }
        #expect(
            try commands("cisco_ios", text("A"), text("B")) == [
                "class-map match-any C", "no match access-group name A", "match access-group name B", "exit",
            ])
    }

    @Test func `what may use the management plane of IOS-XR opens a section only with peers`() throws {
        func text(_ below: String) -> String {
            "control-plane\n management-plane\n  inband\n   interface all\n    allow \(below)\n"
        }
        #expect(try commands("cisco_iosxr", "", text("all")).filter { $0 == "exit" }.count == 4)
        #expect(
            try commands("cisco_iosxr", "", text("SSH peer\n     address ipv4 192.0.2.1")).filter { $0 == "exit" }.count
                == 5)
    }
}

/// What a recorded session leaves around a text.
@Suite struct `Prompts and headings` {
    @Test(arguments: [
        (
            "cisco_ios",
            "R1#show running-config\nLoad for five secs: 1%/0%; one minute: 1%\nTime source is NTP, 12:00\n", "R1#\n"
        ),
        ("cisco_nxos", "leaf-1# show running-config\n", "leaf-1# \n"), ("arista_eos", "leaf1#sh run\n", "leaf1#\n"),
        ("cisco_iosxr", "RP/0/RP0/CPU0:pe1#show run\n", "RP/0/RP0/CPU0:pe1#\n"),
        ("frr", "r1# show running-config\n", "r1#\n"),
    ])
    func `are no configuration`(_ platform: String, _ before: String, _ after: String) throws {
        let text = "hostname r1\nbanner motd #\nR9#\n#\n"
        #expect(try commands(platform, text, before + text + after) == [])
        #expect(try commands(platform, before + text + after, text) == [])
    }

    @Test(arguments: [
        (
            "juniper_junos", "root@r1> show configuration | no-more \n", "\n[edit]\nroot@r1# \n",
            "system { host-name r1; }\n"
        ),
        ("vyos", "vyos@r1:~$ show configuration\n", "[edit]\nvyos@r1# \n", "system {\n    host-name r1\n}\n"),
        (
            "nokia_srlinux", "--{ + running }--[  ]--\nA:r1# info\n", "A:r1# \n",
            "system {\n    name {\n        host-name r1\n    }\n}\n"
        ),
    ])
    func `are no statements`(_ platform: String, _ before: String, _ after: String, _ text: String) throws {
        #expect(try commands(platform, text, before + text + after) == [])
        #expect(try commands(platform, before + text + after, text) == [])
    }

    @Test(arguments: [
        ("cisco_ios", "router rip\n version 2\n"), ("cisco_nxos", "flow exporter E\n  version 9\n"),
    ])
    func `a version inside a section is no heading`(_ platform: String, _ text: String) throws {
        #expect(try commands(platform, "", "version 15.2\n" + text).contains { $0.hasPrefix("version ") })
        #expect(try commands(platform, "version 15.2\n" + text, text) == [])
    }

    @Test(arguments: ["cisco_ios", "cisco_nxos", "cisco_iosxr"])
    func `the delimiter of a banner says nothing`(_ platform: String) throws {
        func banner(_ mark: String, _ text: String = "Hello") -> String { "banner motd \(mark)\n\(text)\n\(mark)\n" }
        #expect(try commands(platform, banner("#"), banner("@")) == [])
        #expect(try commands(platform, banner("^C"), banner("\u{3}")) == [])
        #expect(
            try commands(platform, banner("^C"), banner("#", "Hello there")).first?.hasPrefix("banner motd #") == true)
    }

    @Test func `members of a set of IOS-XR have no order, and its comments are no difference`() throws {
        func list(_ lines: String...) -> String { "prefix-set A\n" + lines.map { "  \($0)\n" }.joined() + "end-set\n" }
        let plain = list("192.0.2.0/25,", "198.51.100.0/24")
        #expect(try commands("cisco_iosxr", plain, list("198.51.100.0/24,", "192.0.2.0/25")) == [])
        #expect(try commands("cisco_iosxr", plain, list("# why", "192.0.2.0/25,", "198.51.100.0/24")) == [])
        #expect(
            try commands("cisco_iosxr", plain, list("# why", "192.0.2.0/25")) == [
                "prefix-set A", "# why", "192.0.2.0/25", "end-set",
            ])
    }

    @Test func `what people type for an interface is the interface`() throws {
        let text = "interface GigabitEthernet0/1\n mtu 1400\n"
        #expect(try commands("cisco_ios", text, "int Gi0/1\n mtu 1400\n") == [])
    }

    @Test func `a section shown empty first is the one that is shown full later`() throws {
        let (once, twice) = ("vlan 10,20\nvlan 10\n  name web\n", "vlan 10\nvlan 20\nvlan 10\n  name web\n")
        #expect(try commands("cisco_nxos", twice, once) == [])
        #expect(try commands("cisco_nxos", once, twice) == [])
    }
}
