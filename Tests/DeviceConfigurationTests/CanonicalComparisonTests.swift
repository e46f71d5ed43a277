import DeviceConfiguration
import Testing

@Suite struct `Configurations of which only the comparable form was kept` {
    private func told(_ old: String, _ new: String) -> [String] {
        CanonicalComparison.differences(from: old, to: new).map {
            "\($0.kind.rawValue) \(($0.path + [[$0.old, $0.new].compactMap(\.self).joined(separator: " → ")]).joined(separator: " › "))"
        }
    }

    @Test func `lines are compared within their sections`() {
        let old = "interface eth1\n description a\n mtu 1500\ninterface eth2\n description a\n"
        #expect(told(old, old) == [])
        #expect(
            told(old, "interface eth1\n description b\ninterface eth2\n description a\n shutdown\n") == [
                "removed interface eth1 › mtu 1500", "changed interface eth1 › description a → description b",
                "added interface eth2 › shutdown",
            ])
    }

    @Test func `a section that ends takes its lines along`() {
        #expect(
            told("bgp\n as 1\n neighbor x\n  as 2\n", "bgp\n as 1\n") == [
                "removed bgp › neighbor x", "removed bgp › neighbor x › as 2",
            ])
        #expect(told("", "a\n b\n") == ["added a", "added a › b"])
    }
}
