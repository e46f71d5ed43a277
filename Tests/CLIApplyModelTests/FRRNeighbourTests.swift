import CLIApplyModel
import CLIConfiguration
import Testing

/// What real FRR 8.4.4 takes along, or refuses, when groups, neighbours and instances change.
@Suite struct `What FRR asks of neighbours and groups` {
    private func bgp(_ lines: String...) -> String {
        "router bgp 65000\n" + lines.map { " \($0)\n" }.joined() + "exit\n"
    }

    private func expect(_ first: String, before second: String, in sent: [String]) throws {
        let (earlier, later) = (try #require(sent.firstIndex(of: first)), try #require(sent.firstIndex(of: second)))
        #expect(earlier < later, "\(sent)")
    }

    @Test func `a group that loses its system is made anew with its members`() throws {
        let group = "neighbor G peer-group"
        let rest = ["neighbor G timers 3 9", "neighbor 192.0.2.1 peer-group G", "neighbor 192.0.2.1 description a"]
        let sent = try commands(
            "frr",
            bgp(group, "neighbor G remote-as 65001", rest[0], rest[1], rest[2]), bgp(group, rest[0], rest[1], rest[2]))
        #expect(sent.first { $0.hasPrefix("no ") } == "no neighbor G peer-group")
        for line in [group] + rest { try expect("no neighbor G peer-group", before: line, in: sent) }
    }

    @Test func `a group that goes leaves its members their own systems`() throws {
        let sent = try commands(
            "frr",
            bgp("neighbor G peer-group", "neighbor G remote-as 65001", "neighbor 192.0.2.1 peer-group G"),
            bgp("neighbor 192.0.2.1 remote-as 65002"))
        try expect("no neighbor 192.0.2.1 peer-group G", before: "neighbor 192.0.2.1 remote-as 65002", in: sent)
        #expect(sent.contains("no neighbor G peer-group"))
    }

    @Test func `a neighbour leaves its group before it gets a system of its own for another`() throws {
        let groups = ["neighbor G peer-group", "neighbor G remote-as 65001", "neighbor H peer-group"]
        let sent = try commands(
            "frr",
            bgp(groups[0], groups[1], groups[2], "neighbor 192.0.2.1 peer-group G"),
            bgp(
                groups[0], groups[1], groups[2], "neighbor 192.0.2.1 remote-as 65002",
                "neighbor 192.0.2.1 peer-group H"))
        try expect("no neighbor 192.0.2.1 peer-group G", before: "neighbor 192.0.2.1 remote-as 65002", in: sent)
        try expect("neighbor 192.0.2.1 remote-as 65002", before: "neighbor 192.0.2.1 peer-group H", in: sent)
    }

    @Test func `what only external neighbours may have goes before one becomes internal`() throws {
        func router(_ system: Int, _ line: String) -> String {
            bgp("neighbor 192.0.2.1 remote-as \(system)", "address-family ipv4 unicast", line, "exit-address-family")
        }
        let sent = try commands(
            "frr",
            router(65001, " neighbor 192.0.2.1 remove-private-AS"), router(65000, " neighbor 192.0.2.1 weight 5"))
        try expect(
            "no neighbor 192.0.2.1 remove-private-AS", before: "neighbor 192.0.2.1 remote-as 65000", in: sent)
    }

    @Test func `instances of VRFs stay after the default one has gone`() throws {
        let red = "router bgp 65000 vrf red\n bgp router-id 192.0.2.1\nexit\n"
        let sent = try commands("frr", bgp() + red, red)
        try expect("no router bgp 65000 vrf red", before: "no router bgp 65000", in: sent)
        try expect("no router bgp 65000", before: "router bgp 65000 vrf red", in: sent)
    }

    @Test func `a neighbour that joins a group is activated anew`() throws {
        func router(_ line: String) -> String {
            bgp(
                "neighbor G peer-group", "neighbor 192.0.2.1 remote-as 65001", line, "address-family l2vpn evpn",
                " neighbor 192.0.2.1 activate", "exit-address-family")
        }
        let sent = try commands(
            "frr",
            router("neighbor 192.0.2.1 description a"), router("neighbor 192.0.2.1 peer-group G"))
        try expect("neighbor 192.0.2.1 peer-group G", before: "neighbor 192.0.2.1 activate", in: sent)
    }

    @Test func `a group keeps the state it was made with, unless it is made anew`() throws {
        let condition = "no bgp default ipv4-unicast"
        let kept = try commands("frr", bgp("neighbor G peer-group"), bgp(condition, "neighbor G peer-group"))
        #expect(kept.contains("no neighbor G activate"))
        let group = ["neighbor G peer-group", "neighbor G remote-as 65001"]
        let anew = try commands("frr", bgp(group[0], group[1]), bgp(condition, group[0]))
        #expect(!anew.contains("no neighbor G activate"))
    }

    @Test(arguments: [
        (
            "router bgp 1\n neighbor A peer-group\n neighbor B peer-group\n bgp listen range 10.0.0.0/8 peer-group A\n",
            "router bgp 1\n neighbor A peer-group\n neighbor B peer-group\n bgp listen range 10.0.0.0/8 peer-group B\n",
            "no bgp listen range 10.0.0.0/8 peer-group A", "bgp listen range 10.0.0.0/8 peer-group B"
        ),
        ("vrf red\n vni 1\n", "vrf red\n vni 2\n", "no vni 1", "vni 2"),
        (
            "interface eth0\n ip rip split-horizon poisoned-reverse\n", "interface eth0\n no ip rip split-horizon\n",
            "ip rip split-horizon", "no ip rip split-horizon"
        ),
        (
            "ip prefix-list P seq 5 permit 10.1.0.0/16\nip prefix-list P seq 10 permit 10.2.0.0/16\n",
            "ip prefix-list P seq 5 permit 10.2.0.0/16\nip prefix-list P seq 10 permit 10.3.0.0/16\n",
            "no ip prefix-list P seq 10 permit 10.2.0.0/16", "ip prefix-list P seq 5 permit 10.2.0.0/16"
        ),
        (
            "bgp as-path access-list A seq 5 deny _1_\nbgp as-path access-list A seq 10 deny _2_\n",
            "bgp as-path access-list A seq 5 permit _2_\nbgp as-path access-list A seq 10 deny _3_\n",
            "no bgp as-path access-list A seq 10 deny _2_", "bgp as-path access-list A seq 5 permit _2_"
        ),
    ])
    func `an old value goes first where the router refuses a second one`(
        _ running: String, _ intended: String, _ first: String, _ then: String
    ) throws {
        try expect(first, before: then, in: commands("frr", running, intended))
    }

    @Test func `a prefix that goes some time after its address is announced again at the end`() throws {
        func port(_ host: Int) -> String {
            "interface eth0\n ipv6 address 2001:db8::\(host)/64\n ipv6 nd prefix 2001:db8::/64\nexit\n"
        }
        let route = "ip route 10.0.0.0/8 blackhole"
        #expect(
            try commands("frr", port(1), port(2) + route + "\n") == [
                "interface eth0", "no ipv6 address 2001:db8::1/64", "ipv6 address 2001:db8::2/64", "exit", route,
                "interface eth0", "ipv6 nd prefix 2001:db8::/64", "exit",
            ])
    }

    @Test func `a split horizon with poison is the default again by the positive line`() throws {
        #expect(
            try commands("frr", "interface eth0\n ip rip split-horizon poisoned-reverse\n", "")
                == ["interface eth0", "ip rip split-horizon", "exit"])
    }
}
