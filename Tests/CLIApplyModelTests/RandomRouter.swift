import TestSupport

/// A random FRR router in the form `show running-config` has: addresses, filters, policies, OSPF and BGP with
/// peer groups, families and a second instance in a VRF.
struct RandomRouter {
    private var random: SeededGenerator
    private(set) var lines: [String] = []

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        interfaces()
        routes()
        let lists = filters()
        let maps = policies(lists)
        ospf()
        bgp(lists, maps)
    }

    var text: String { lines.joined(separator: "\n") + "\n" }

    private mutating func maybe(_ line: String) { if Bool.random(using: &random) { lines.append(line) } }
    private mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    private mutating func some(_ range: ClosedRange<Int>) -> [Int] {
        var result: [Int] = []
        for item in range where Bool.random(using: &random) { result.append(item) }
        return result
    }

    private mutating func interfaces() {
        for port in some(0...3) {
            lines.append("interface eth\(port)")
            maybe(" description to \(number(1...3))")
            for address in some(1...3) { lines.append(" ip address 10.\(port).\(address).1/24") }
            maybe(" ipv6 address 2001:db8:\(port + 1)::1/64")
            maybe(" ip ospf cost \(number(1...9))")
            maybe(" ip ospf network point-to-point")
            maybe(" ip ospf passive")
            maybe(" ip ospf hello-interval \(number(1...3))")
            lines.append("exit")
        }
    }

    private mutating func routes() {
        for route in some(1...4) {
            lines.append("ip route 10.9.\(route).0/24 \(Bool.random(using: &random) ? "blackhole" : "10.0.0.\(route)")")
        }
        maybe("ipv6 route 2001:db8:9::/48 blackhole")
    }

    private mutating func filters() -> [Int] {
        let lists = some(1...3)
        for list in lists {
            for sequence in [5, 10, 15, 20] where sequence == 5 || Bool.random(using: &random) {
                let action = Bool.random(using: &random) ? "permit" : "deny"
                let length = Bool.random(using: &random) ? " le 24" : ""
                lines.append("ip prefix-list L\(list) seq \(sequence) \(action) 10.\(sequence).0.0/16\(length)")
            }
            lines.append("bgp as-path access-list P\(list) seq 5 permit _6500\(number(1...5))_")
            lines.append("bgp community-list standard C\(list) seq 5 permit 65000:\(number(1...3))")
        }
        return lists
    }

    private mutating func policies(_ lists: [Int]) -> [Int] {
        let maps = some(1...3)
        for map in maps {
            for sequence in [10, 20] where sequence == 10 || Bool.random(using: &random) {
                lines.append("route-map M\(map) \(Bool.random(using: &random) ? "permit" : "deny") \(sequence)")
                if let list = lists.randomElement(using: &random) {
                    maybe(" match ip address prefix-list L\(list)")
                    maybe(" match as-path P\(list)")
                    maybe(" match community C\(list)")
                }
                maybe(" set local-preference \(number(100...103))")
                maybe(" set metric \(number(1...3))")
                maybe(" set as-path prepend 65001 65001")
                maybe(" set community 65000:\(number(1...3)) additive")
                lines.append("exit")
            }
        }
        return maps
    }

    private mutating func ospf() {
        guard Bool.random(using: &random) else { return }
        lines.append("router ospf")
        maybe(" ospf router-id 10.255.0.\(number(1...2))")
        maybe(" log-adjacency-changes")
        maybe(" redistribute connected")
        for area in some(0...2) { lines.append(" network 10.\(area).0.0/16 area \(area)") }
        maybe(" area 2 stub")
        lines.append("exit")
    }

    private mutating func bgp(_ lists: [Int], _ maps: [Int]) {
        guard Int.random(in: 0...3, using: &random) > 0 else { return }
        lines.append("router bgp \(number(65001...65002))")
        maybe(" bgp router-id 10.255.0.\(number(1...2))")
        maybe(" no bgp ebgp-requires-policy")
        maybe(" no bgp network import-check")
        maybe(" bgp log-neighbor-changes")
        maybe(" bgp bestpath as-path multipath-relax")
        let groups = some(1...2)
        for group in groups {
            lines.append(" neighbor G\(group) peer-group")
            lines.append(" neighbor G\(group) remote-as \(65100 + group)")
            maybe(" neighbor G\(group) timers \(number(3...5)) 15")
        }
        let peers = some(1...4)
        for peer in peers {
            if peer == 4, let group = groups.randomElement(using: &random) {
                lines.append(" neighbor 192.0.2.4 peer-group G\(group)")
            } else {
                lines.append(" neighbor 192.0.2.\(peer) remote-as \(65010 + number(1...3))")
            }
            maybe(" neighbor 192.0.2.\(peer) description p \(number(1...3))")
            maybe(" neighbor 192.0.2.\(peer) password secret\(number(1...2))")
            maybe(" neighbor 192.0.2.\(peer) ebgp-multihop \(number(2...4))")
            maybe(" neighbor 192.0.2.\(peer) timers connect \(number(5...9))")
            maybe(" neighbor 192.0.2.\(peer) shutdown")
        }
        maybe(" timers bgp 5 15")
        lines.append(" address-family ipv4 unicast")
        for network in some(1...3) { lines.append("  network 10.\(network).0.0/16") }
        maybe("  redistribute static")
        maybe("  aggregate-address 10.0.0.0/8 summary-only")
        for peer in peers {
            if let map = maps.randomElement(using: &random) {
                maybe("  neighbor 192.0.2.\(peer) route-map M\(map) in")
                maybe("  neighbor 192.0.2.\(peer) route-map M\(map) out")
            }
            if let list = lists.randomElement(using: &random) { maybe("  neighbor 192.0.2.\(peer) prefix-list L\(list) in") }
            maybe("  neighbor 192.0.2.\(peer) soft-reconfiguration inbound")
            maybe("  neighbor 192.0.2.\(peer) maximum-prefix \(number(10...12))")
            maybe("  no neighbor 192.0.2.\(peer) send-community")
            if Int.random(in: 0...4, using: &random) == 0 { lines.append("  no neighbor 192.0.2.\(peer) activate") }
        }
        lines.append(" exit-address-family")
        if let peer = peers.first {
            lines.append(" address-family ipv6 unicast")
            maybe("  network 2001:db8::/32")
            lines.append("  neighbor 192.0.2.\(peer) activate")
            maybe("  neighbor 192.0.2.\(peer) next-hop-self")
            lines.append(" exit-address-family")
        }
        lines.append("exit")
    }
}
