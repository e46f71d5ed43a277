import CLIApplyModel
import CLIConfiguration
import Testing

/// What real FRR 8.4.4 refused or did otherwise, with lists of commands that looked right.
@Suite struct `What FRR asks of an order of commands` {
    @Test func `a list of communities is gone before one of the other type has its name`() throws {
        let (one, other) = (
            "bgp community-list standard C seq 5 permit 65000:1", "bgp community-list expanded C seq 5 permit 65000:2"
        )
        #expect(try commands("frr", one + "\n", other + "\n") == ["no " + one, other])
    }

    @Test func `two entries that exchange what they say both go first`() throws {
        func list(_ first: String, _ second: String) -> String {
            "access-list A seq 5 permit \(first)\naccess-list A seq 10 permit \(second)\n"
        }
        let sent = try commands("frr", list("10.1.0.0/16", "10.2.0.0/16"), list("10.2.0.0/16", "10.1.0.0/16"))
        #expect(sent.prefix(2).allSatisfy { $0.hasPrefix("no access-list A seq ") })
        #expect(sent.count == 4)
    }

    @Test func `lines of IS-IS go before the line that puts the port into it, and come after it`() throws {
        let (with, without) = (
            "interface eth0\n ip router isis A\n isis metric 3\nexit\n", "interface eth0\n description x\nexit\n"
        )
        let gone = try commands("frr", with, without)
        #expect(gone == ["interface eth0", "no isis metric", "description x", "no ip router isis A", "exit"])
        #expect(try commands("frr", without, with).contains(["ip router isis A", "isis metric 3"]))
    }

    @Test func `OSPF loses areas of ports before it gets networks, and the other way round`() throws {
        let ports = "interface eth0\n ip ospf area 0.0.0.0\nexit\nrouter ospf\nexit\n"
        let networks = "router ospf\n network 10.0.0.0/8 area 0.0.0.0\nexit\n"
        for (from, to, first, then) in [
            (ports, networks, "no ip ospf area", "network 10.0.0.0/8 area 0.0.0.0"),
            (networks, ports, "no network 10.0.0.0/8 area 0.0.0.0", "ip ospf area 0.0.0.0"),
        ] {
            let sent = try commands("frr", from, to)
            let (earlier, later) = (try #require(sent.firstIndex(of: first)), try #require(sent.firstIndex(of: then)))
            #expect(earlier < later)
        }
    }

    @Test func `instances of VRFs go before the default one, and come after it`() throws {
        func router(_ system: Int) -> String { "router bgp \(system)\nexit\nrouter bgp \(system) vrf red\nexit\n" }
        #expect(
            try commands("frr", router(65001), router(65002)).filter { $0 != "exit" } == [
                "no router bgp 65001 vrf red", "no router bgp 65001", "router bgp 65002", "router bgp 65002 vrf red",
            ])
    }

    @Test func `settings of RIP on a port are told apart, its negative form is content`() throws {
        let running =
            "interface eth0\n ip rip authentication mode md5\n ip rip authentication key-chain K\n no ip rip split-horizon\nexit\n"
        #expect(
            try commands("frr", running, "interface eth0\n ip rip authentication key-chain K\nexit\n")
                == ["interface eth0", "no ip rip authentication mode md5", "ip rip split-horizon", "exit"])
    }

    @Test func `a neighbour that is active by default now is not told to be inactive`() throws {
        let peer = " neighbor 192.0.2.1 remote-as 65002\n"
        let active = " address-family ipv4 unicast\n  neighbor 192.0.2.1 activate\n exit-address-family\n"
        let sent = try commands(
            "frr",
            "router bgp 65001\n no bgp default ipv4-unicast\n" + peer + active + "exit\n",
            "router bgp 65001\n" + peer + active + "exit\n")
        #expect(sent == ["router bgp 65001", "bgp default ipv4-unicast", "exit"])
    }

    @Test func `a route map has its new entries before the old ones go`() throws {
        let sent = try commands("frr", "route-map M permit 10\nexit\n", "route-map M permit 20\nexit\n")
        #expect(sent == ["route-map M permit 20", "exit", "no route-map M permit 10"])
    }

    @Test(arguments: [
        ("router bgp 1\n address-family ipv4 unicast\n  rt vpn both 1:3\n", "no rt vpn both 1:3"),
        ("router bgp 1\n address-family ipv4 unicast\n  redistribute static route-map M\n", "no redistribute static"),
        ("bfd\n profile P\n  transmit-interval 100\n", "transmit-interval 300"),
        ("route-map M permit 10\n set ipv6 next-hop global 2001:db8::1\n", "no set ipv6 next-hop global 2001:db8::1"),
    ])
    func `lines are taken back in the form the router knows`(_ running: String, _ expected: String) throws {
        let lines = running.split(separator: "\n").dropLast().joined(separator: "\n") + "\n"
        #expect(try commands("frr", running, lines).contains(expected))
    }

    @Test func `a neighbour keeps the state it was made with unless it is told another`() throws {
        func router(_ lines: String) -> String {
            "router bgp 65001\n\(lines) neighbor 192.0.2.1 remote-as 65002\nexit\n"
        }
        let condition = " no bgp default ipv4-unicast\n"
        let family = "address-family ipv4 unicast"
        #expect(
            try commands("frr", router(condition), router("")) == [
                "router bgp 65001", family, "neighbor 192.0.2.1 activate", "exit-address-family",
                "bgp default ipv4-unicast", "exit",
            ])
        #expect(
            try commands("frr", router(""), router(condition)) == [
                "router bgp 65001", family, "no neighbor 192.0.2.1 activate", "exit-address-family",
                "no bgp default ipv4-unicast", "exit",
            ])
    }

    @Test func `what is redistributed with options is not redistributed anew by the line without them`() throws {
        func family(_ line: String) -> String {
            "router bgp 1\n address-family ipv4 unicast\n  \(line)\n exit-address-family\nexit\n"
        }
        let sent = try commands("frr", family("redistribute static metric 5"), family("redistribute static"))
        #expect(sent.contains(["no redistribute static", "redistribute static"]))
    }
}
