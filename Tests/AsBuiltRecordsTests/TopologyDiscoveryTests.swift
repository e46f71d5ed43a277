import AsBuiltRecords
import DeviceConfiguration
import Testing

@Suite struct `Links found in configurations` {
    private func elements(_ lines: [(path: [String], text: String)]) -> [ConfigurationElement] {
        lines.map { ConfigurationElement(path: $0.path, text: $0.text) }
    }

    @Test func `interfaces of one subnet are linked, over both kinds of device, and strangers are named by address`() {
        let edge = elements([
            (["interface eth1"], "ip address 198.51.100.1/30"), (["interface eth2"], "ip address 10.0.1.1 255.255.255.252"),
            (["interface lo"], "ip address 10.255.0.1/32"),
            (["router bgp 64500"], "neighbor 198.51.100.2 remote-as 64496"),
            (["router bgp 64500"], "neighbor 10.0.1.2 remote-as 64500"),
            (["router bgp 64500"], "neighbor 203.0.113.9 remote-as 64501"),
        ])
        let core = elements([
            (["lab-router:interfaces", "interface[name='eth1']", "ipv4", "address[ip='10.0.1.2']"], "prefix-length 30"),
            (["lab-router:bgp", "neighbor[address='10.0.1.1']"], "remote-as 64500"),
        ])
        #expect(
            TopologyDiscovery.links(["edge": edge, "core": core]) == [
                TopologyLink(a: "core", aInterface: "eth1", b: "edge", bInterface: "eth2"),
                TopologyLink(a: "edge", aInterface: "eth1", b: "198.51.100.2 AS 64496", bInterface: ""),
            ])
        #expect(TopologyDiscovery.links([:]).isEmpty)
    }
}
