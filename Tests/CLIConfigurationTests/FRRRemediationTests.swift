import CLIConfiguration
import Testing

@Suite struct `Remediation of FRR` {
    private let dialect = CLIDialect.named("frr")!
    private let running = """
        Building configuration...

        Current configuration:
        !
        frr version 8.4.4
        frr defaults traditional
        hostname r1
        !
        interface eth0
         description to-r2
         ip address 10.0.12.1/24
        exit
        !
        router bgp 65001
         bgp router-id 10.255.0.1
         no bgp ebgp-requires-policy
         neighbor 10.0.12.2 remote-as 65002
         neighbor 10.0.12.2 description r2
         !
         address-family ipv4 unicast
          network 10.1.0.0/16
          neighbor 10.0.12.2 route-map OUT out
         exit-address-family
        exit
        !
        ip prefix-list OWN seq 5 permit 10.1.0.0/16
        !
        route-map OUT permit 10
        exit
        !
        end
        """

    private func remediate(_ text: String, _ ownership: CLIOwnership) -> CLIRemediation {
        CLIRemediation(
            from: CLITree(parsing: running, dialect: dialect),
            to: [(CLITree(parsing: text, file: "intended", dialect: dialect), ownership)])
    }

    @Test func `a merged neighbour is added inside its sections with explicit exits`() {
        let change = remediate(
            """
            router bgp 65001
             neighbor 10.0.13.3 remote-as 65003
             address-family ipv4 unicast
              neighbor 10.0.13.3 route-map IN in
             exit-address-family
            exit
            route-map IN permit 10
             match ip address prefix-list OWN
            exit
            """, .merge)
        #expect(
            change.forward.map(\.text) == [
                "route-map IN permit 10", "match ip address prefix-list OWN", "exit",
                "router bgp 65001", "neighbor 10.0.13.3 remote-as 65003", "address-family ipv4 unicast",
                "neighbor 10.0.13.3 route-map IN in", "exit-address-family", "exit",
            ])
        #expect(
            change.backout.map(\.text) == [
                "router bgp 65001", "no neighbor 10.0.13.3", "exit", "no route-map IN permit 10",
            ])
    }

    @Test func `what is there already needs nothing`() {
        #expect(remediate(running, .replace).isEmpty)
        #expect(remediate("interface eth0\n description to-r2\n no shutdown\n", .merge).isEmpty)
    }

    @Test func `an owned section loses what the text does not hold`() {
        let change = remediate("interface eth0\n ip address 10.0.12.9/24\n", .section)
        #expect(
            change.forward.map(\.text) == [
                "interface eth0", "no description", "no ip address 10.0.12.1/24", "ip address 10.0.12.9/24", "exit",
            ])
        #expect(
            change.backout.map(\.text) == [
                "interface eth0", "no ip address 10.0.12.9/24", "ip address 10.0.12.1/24", "description to-r2", "exit",
            ])
    }
}
