import CLIApplyModel
import CLIConfiguration
import Testing

/// Rules of single command families of IOS, NX-OS, EOS and IOS-XR that a device holds to.
@Suite struct `Command families of IOS and its relatives` {
    private func probe(_ frequency: Int, _ schedule: String = "ip sla schedule 1 life forever start-time now\n")
        -> String
    {
        "ip sla 1\n icmp-echo 192.0.2.1\n  frequency \(frequency)\n" + schedule
    }

    @Test func `a running probe is made anew, since it refuses changes`() throws {
        #expect(
            try commands("cisco_ios", probe(10), probe(20)) == [
                "no ip sla 1", "ip sla 1", "icmp-echo 192.0.2.1", "frequency 20", "exit", "exit",
                "ip sla schedule 1 life forever start-time now",
            ])
    }

    @Test func `a probe that does not run is changed in place`() throws {
        #expect(
            try commands("cisco_ios", probe(10, ""), probe(20, ""))
                == ["ip sla 1", "icmp-echo 192.0.2.1", "no frequency 10", "frequency 20", "exit", "exit"])
    }

    @Test func `the first VLAN interface is emptied, others are removed`() throws {
        let text =
            "interface Vlan1\n ip address 192.0.2.1 255.255.255.0\ninterface Vlan2\n ip address 192.0.2.129 255.255.255.128\n"
        #expect(
            try commands("cisco_ios", text, "")
                == ["interface Vlan1", "no ip address 192.0.2.1 255.255.255.0", "exit", "no interface Vlan2"])
    }

    @Test(arguments: [
        ("cisco_ios", "interface GigabitEthernet0/1\n channel-group 1 mode on\n", "no channel-group"),
        ("cisco_nxos", "interface Ethernet1/1\n  channel-group 1 mode on\n", "no channel-group 1"),
        ("arista_eos", "interface Ethernet1\n   channel-group 1 mode on\n", "no channel-group"),
    ])
    func `a port leaves its group before it comes back in another mode`(
        _ platform: String, _ running: String, _ leaving: String
    ) throws {
        let sent = try commands(platform, running, running.replacing("mode on", with: "mode active"))
        #expect(sent.dropFirst() == [leaving, "channel-group 1 mode active", "exit"])
    }

    @Test func `order of a path list counts only where it permits and denies`() throws {
        let list = (1...3).map { "ip as-path access-list 1 permit _\($0)_\n" }
        #expect(try commands("cisco_ios", list.joined(), list.reversed().joined()) == [])
        let deny = "ip as-path access-list 1 deny _1_\n"
        #expect(
            try commands("cisco_ios", deny + list[1], list[1] + deny)
                == ["no ip as-path access-list 1 deny _1_", "ip as-path access-list 1 deny _1_"])
    }

    @Test func `a list of communities exists before a policy matches it`() throws {
        let policy = "route-map R permit 10\n   match community C\n"
        let sent = try commands("arista_eos", "", policy + "ip community-list C permit 65000:1\n")
        #expect(sent.first == "ip community-list C permit 65000:1")
    }

    @Test func `a neighbour whose header names its system keeps what is below it`() throws {
        func router(_ system: Int) -> String {
            "router bgp 1\n  neighbor 192.0.2.1 remote-as \(system)\n    address-family ipv4 unicast\n      weight 5\n"
        }
        #expect(
            try commands("cisco_nxos", router(2), router(3))
                == ["router bgp 1", "neighbor 192.0.2.1 remote-as 3", "exit", "exit"])
    }

    @Test func `addresses are set again after an IOS-XR port changes its VRF`() throws {
        func port(_ vrf: String) -> String {
            "interface GigabitEthernet0/0/0/0\n vrf \(vrf)\n ipv4 address 192.0.2.1 255.255.255.0\n"
        }
        #expect(
            try commands("cisco_iosxr", port("A"), port("B"))
                == ["interface GigabitEthernet0/0/0/0", "vrf B", "ipv4 address 192.0.2.1 255.255.255.0", "exit"])
    }

    @Test func `a setting that starts like a section leaves no section`() throws {
        let text = "interface Vlan30\n  hsrp 30\n    priority 120\n"
        #expect(
            try commands("cisco_nxos", text, text.replacing("  hsrp 30", with: "  hsrp version 2\n  hsrp 30"))
                == ["interface Vlan30", "hsrp version 2", "exit"])
        let policy = "policy-map P\n class A\n  police 8000 conform-action transmit exceed-action drop\n class B\n"
        #expect(
            try commands("cisco_ios", "", policy).dropFirst(2) == [
                "police 8000 conform-action transmit exceed-action drop", "exit", "class B", "exit", "exit",
            ])
    }

    @Test func `a server gets its new key after the line with the old one has gone`() throws {
        let sent = try commands(
            "cisco_ios", "radius-server host 192.0.2.1 auth-port 1812 key A\n",
            "radius-server host 192.0.2.1 auth-port 1812 key B\n")
        #expect(sent.map { $0.hasPrefix("no ") } == [true, false])
    }

    @Test func `a list of VLANs over several lines is one value in any order`() throws {
        let (first, more) = ("switchport trunk allowed vlan 10,20", "switchport trunk allowed vlan add 30-40")
        let port = "interface GigabitEthernet0/1\n"
        #expect(
            try commands("cisco_ios", port + " \(first)\n \(more)\n", port + " \(more)\n mtu 1500\n \(first)\n") == [
                "interface GigabitEthernet0/1", "mtu 1500", "exit",
            ])
    }

    @Test func `noise is noise with any number of blanks`() throws {
        #expect(try commands("cisco_ios", "ntp  clock-period   123\nBuilding  configuration...\n", "") == [])
    }

    @Test func `a user is made anew where a new line would leave a privilege in place`() throws {
        let plain = "username a secret 9 X"
        #expect(
            try commands("cisco_ios", "username a privilege 15 secret 9 X\n", plain + "\n") == ["no username a", plain])
        #expect(try commands("cisco_ios", plain + "\n", "username a privilege 5 secret 9 X\n").count == 1)
    }

    @Test func `a port that is still named is emptied, one that is not is taken away`() throws {
        let port = "interface GigabitEthernet0/0/0/1\n"
        let text = port + " bundle id 1 mode active\n"
        #expect(
            try commands("cisco_iosxr", text, port)
                == ["interface GigabitEthernet0/0/0/1", "no bundle id 1 mode active", "exit"])
        #expect(try commands("cisco_iosxr", text, "") == ["no interface GigabitEthernet0/0/0/1"])
    }

    @Test func `a domain name of a VRF stands beside that of the device`() throws {
        let own = "ip domain name example.net\n"
        let other = "ip domain name vrf MGMT example.org\n"
        #expect(try commands("cisco_ios", own + other, own) == ["no ip domain name vrf MGMT example.org"])
    }
}
