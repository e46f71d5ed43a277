import CLIApplyModel
import CLIConfiguration
import TestSupport
import Testing

@Suite struct `What a device holds after typing` {
    private let dialect = CLIDialect.named("frr")!

    private func tree(_ text: String) -> CLITree { CLITree(parsing: text, dialect: dialect) }

    @Test func `lines go into the section that is open, and a negation takes a line away`() {
        let before = tree("interface eth0\n description old\n ip address 10.0.0.1/24\nexit\n")
        let outcome = CLIApplyModel.applying(
            ["interface eth0", "description new", "no ip address 10.0.0.1/24", "ip address 10.0.0.2/24", "exit"],
            to: before)
        #expect(outcome.refused.isEmpty)
        #expect(
            outcome.tree.canonicalText
                == tree("interface eth0\n description new\n ip address 10.0.0.2/24\nexit\n").canonicalText)
    }

    @Test func `what is there already has no effect`() {
        let before = tree("interface eth0\n description old\nexit\n")
        let outcome = CLIApplyModel.applying(["interface eth0", "description old", "exit"], to: before)
        #expect(outcome.withoutEffect.contains(1))
        #expect(outcome.tree.canonicalText == before.canonicalText)
    }

    // MARK: Properties, with seeds

    /// A random router: interfaces, filters, policies, static routes and one BGP process.
    private func randomText(_ random: inout SeededGenerator) -> String {
        var lines: [String] = []
        for port in 0..<3 where Bool.random(using: &random) {
            lines.append("interface eth\(port)")
            if Bool.random(using: &random) { lines.append(" description to-\(Int.random(in: 1...3, using: &random))") }
            for address in 1...2 where Bool.random(using: &random) {
                lines.append(" ip address 10.\(port).\(address).1/24")
            }
            lines.append("exit")
        }
        for route in 1...3 where Bool.random(using: &random) { lines.append("ip route 10.9.\(route).0/24 blackhole") }
        let lists = (1...2).filter { _ in Bool.random(using: &random) }
        for list in lists {
            for sequence in [5, 10, 15] where sequence == 5 || Bool.random(using: &random) {
                let action = Bool.random(using: &random) ? "permit" : "deny"
                lines.append("ip prefix-list L\(list) seq \(sequence) \(action) 10.\(sequence).0.0/16")
            }
        }
        let maps = (1...2).filter { _ in Bool.random(using: &random) }
        for map in maps {
            lines.append("route-map M\(map) permit 10")
            if let list = lists.randomElement(using: &random) { lines.append(" match ip address prefix-list L\(list)") }
            lines.append("exit")
        }
        if Bool.random(using: &random) {
            lines.append("router bgp 65001")
            lines.append(" bgp router-id 10.255.0.\(Int.random(in: 1...2, using: &random))")
            let peers = (1...3).filter { _ in Bool.random(using: &random) }
            for peer in peers {
                lines.append(" neighbor 10.0.0.\(peer) remote-as \(65000 + peer)")
                if Bool.random(using: &random) { lines.append(" neighbor 10.0.0.\(peer) description p\(peer)") }
            }
            lines.append(" address-family ipv4 unicast")
            if Bool.random(using: &random) { lines.append("  network 10.1.0.0/16") }
            for peer in peers {
                if let map = maps.randomElement(using: &random) {
                    lines.append("  neighbor 10.0.0.\(peer) route-map M\(map) out")
                }
            }
            lines.append(" exit-address-family")
            lines.append("exit")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    @Test(arguments: Array(UInt64(1)...200))
    func `forward reaches what is intended and backout returns`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let observed = tree(randomText(&random))
        let intended = tree(randomText(&random))
        let change = CLIRemediation(from: observed, to: [(intended, .replace)])
        let after = CLIApplyModel.applying(change.forward, to: observed)
        #expect(after.refused.isEmpty, "seed \(seed): \(after.refused)")
        #expect(after.tree.canonicalText == intended.canonicalText, "seed \(seed), forward")
        let back = CLIApplyModel.applying(change.backout, to: after.tree)
        #expect(back.refused.isEmpty, "seed \(seed): \(back.refused)")
        #expect(back.tree.canonicalText == observed.canonicalText, "seed \(seed), backout")
    }

    @Test(arguments: Array(UInt64(1)...100))
    func `merging loses nothing and a second time has nothing to do`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let observed = tree(randomText(&random))
        let intended = tree(randomText(&random))
        let change = CLIRemediation(from: observed, to: [(intended, .merge)])
        let after = CLIApplyModel.applying(change.forward, to: observed)
        #expect(after.tree.canonicalText == change.planned.canonicalText, "seed \(seed)")
        #expect(CLIRemediation(from: after.tree, to: [(intended, .merge)]).isEmpty, "seed \(seed)")
    }
}
