import Testing

@testable import LabDevices

/// Two routers with a cable, driven as a client would.
struct TwoRouters {
    var network: LabNetwork
    var now = LabInstant.start
    private var channels: [String: LabChannelID] = [:]

    init(convergence: Duration = .seconds(3)) throws {
        var settings = LabNetwork.Settings()
        settings.convergence = convergence
        network = LabNetwork(
            devices: [
                LabDeviceSpec(name: "r1", personality: .frr, ports: ["eth0"], startup: Self.base(1)),
                LabDeviceSpec(name: "r2", personality: .frr, ports: ["eth0"], startup: Self.base(2)),
            ],
            links: [.init(.init(device: "r1", interface: "eth0"), .init(device: "r2", interface: "eth0"))],
            settings: settings)
        for device in ["r1", "r2"] { try open(device) }
    }

    static func base(_ number: Int) -> String {
        """
        interface eth0
         ip address 10.0.12.\(number)/24
        exit
        interface lo
         ip address 10.255.0.\(number)/32
        exit
        ip route 10.\(number).0.0/16 blackhole
        """
    }

    mutating func open(_ device: String, columns: Int = 500) throws {
        let opened = network.connect(to: device)
        let connection = try #require(opened)
        let shell = network.open(.shell(columns: columns), on: connection, at: now)
        channels[device] = shell
        _ = collect(device)
    }

    /// What the device sent so far.
    mutating func collect(_ device: String) -> String {
        guard let channel = channels[device] else { return "" }
        var bytes: [UInt8] = []
        for action in network.takeActions(at: now) {
            if case .send(channel, let sent) = action { bytes += sent }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Types a line; gives what comes back after the echo, without the prompt.
    @discardableResult
    mutating func type(_ line: String, on device: String) -> String {
        guard let channel = channels[device] else { return "no channel" }
        network.receive(Array((line + "\r").utf8), on: channel, at: now)
        var lines = collect(device).split(separator: "\r\n", omittingEmptySubsequences: false)
        if lines.first.map(String.init) == line { lines.removeFirst() }
        return lines.dropLast().joined(separator: "\n")
    }

    mutating func type(lines: String, on device: String) -> [String] {
        lines.split(separator: "\n").map { type(String($0).trimmedBlanks, on: device) }.filter { !$0.isEmpty }
    }

    mutating func wait(_ duration: Duration) { now = now + duration }

    static func peering(_ own: Int, _ other: Int, password: String? = nil) -> String {
        """
        configure terminal
        router bgp \(65000 + own)
        no bgp ebgp-requires-policy
        neighbor 10.0.12.\(other) remote-as \(65000 + other)
        \(password.map { "neighbor 10.0.12.\(other) password \($0)" } ?? "!")
        network 10.\(own).0.0/16
        end
        """
    }
}

@Suite struct FRRSessionTests {
    @Test func `every command table compiles`() {
        for mode: FRRMode in [.exec, .configure, .interface("eth0"), .bgp, .bgpFamily(.ipv4Unicast), .routeMap(name: "X", sequence: 10), .lineVTY] {
            #expect(!FRRCommands.table(for: mode).commands.isEmpty)
        }
    }

    @Test(arguments: [
        ("foo bar", "% Unknown command: foo bar"), ("show", "% Command incomplete: show"),
        ("show bogus", "% Unknown command: show bogus"), ("s", "% Command incomplete: s"),
        ("terminal width 500", "% Unknown command: terminal width 500"), ("terminal length 0", ""), ("! note", ""),
    ])
    func `exec mode answers as the real one`(line: String, answer: String) throws {
        var lab = try TwoRouters()
        #expect(lab.type(line, on: "r1") == answer)
    }

    /// Recorded from FRRouting 8.4.4, line by line.
    @Test func `a dialogue with mistakes goes as it went with FRRouting`() throws {
        var lab = try TwoRouters()
        let dialogue = [
            ("configure terminal", ""), ("configure terminal", "% Unknown command: configure terminal"),
            ("router bgp", "% No BGP process is configured"), ("router bgp 65001", ""),
            ("neighbor 10.9.9.9 description x", "% Specify remote-as or peer-group commands first"),
            ("neighbor 10.0.12.2 remote-as", "% Command incomplete: neighbor 10.0.12.2 remote-as"),
            ("neighbor", "% Command incomplete: neighbor"), ("bogus", "% Unknown command: bogus"),
            ("neighbor foo remote-as 65002", "% Create the peer-group or interface first"),
            ("neighbor 10.0.12.300 remote-as 65002", "% Create the peer-group or interface first"),
            ("neighbor 10.0.12.1 remote-as 65001", "% Can not configure the local system as neighbor"),
            ("neighbor 10.0.12.2 remote-as 0", "% Unknown command: neighbor 10.0.12.2 remote-as 0"),
            ("neighbor 10.0.12.2 remote-as 65002", ""),
            ("neighbor 10.0.12.2 password a b c", "% Unknown command: neighbor 10.0.12.2 password a b c"),
            ("neighbor 10.0.12.2 timers 10", "% Command incomplete: neighbor 10.0.12.2 timers 10"),
            ("address-family ipv4 unicast", ""),
            ("neighbor 10.0.12.2 route-map NOPE in", "The route-map 'NOPE' does not exist."),
            ("no network 10.111.0.0/16", "% Can't find static route specified"),
            ("router bgp 65999", "BGP is already running; AS is 65001"), ("interface eth0", ""),
            ("ip address 10.0.12.1", "% Command incomplete: ip address 10.0.12.1"),
            ("ip address 10.0.12.300/24", "% Unknown command: ip address 10.0.12.300/24"),
            ("no ip address 10.44.0.1/24", "% Can't find address"), ("exit", ""),
            ("no ip route 10.99.0.0/16 10.0.0.1", "% Refusing to remove a non-existent route"),
            ("no router bgp 65999", "% Can't find BGP instance"), ("no router bgp", ""), ("end", ""),
        ]
        for (line, answer) in dialogue { #expect(lab.type(line, on: "r1") == answer, "\(line)") }
    }

    @Test func `a long line wraps at the terminal's width as readline does it`() throws {
        var lab = try TwoRouters()
        try lab.open("r1", columns: 80)
        let line = "show interface brief and this is a much longer line that must be wrapped by readline at eighty columns ok"
        lab.type(line, on: "r1")
        let answer = lab.type(line, on: "r1")
        #expect(answer.hasPrefix("show interface brief and this is a much longer line that must be wrapped by r\rreadline at eighty"))
    }

    @Test func `the running configuration is printed in the order and form of the real one`() throws {
        var lab = try TwoRouters()
        let answers = lab.type(
            lines: """
                conf t
                ip prefix-list PL seq 5 permit 10.0.0.0/8 le 24
                ip prefix-list PL deny any
                ip prefix-list A seq 7 deny 10.0.0.0/8 ge 9 le 20
                route-map RM permit 10
                set local-preference 200
                match ip address prefix-list PL
                router bgp 65001
                bgp router-id 10.255.0.1
                no bgp ebgp-requires-policy
                neighbor 10.0.12.2 remote-as 65002
                neighbor 10.0.12.2 timers connect 5
                neighbor 10.0.12.2 password secret
                neighbor 10.0.12.2 description A long text
                address-family ipv4 unicast
                network 10.1.0.0/16
                neighbor 10.0.12.2 route-map RM out
                neighbor 10.0.12.2 maximum-prefix 100
                exit-address-family
                interface eth0
                description hello there
                end
                """, on: "r1")
        #expect(answers == [])
        #expect(
            lab.type("show running-config", on: "r1") == """
                Building configuration...

                Current configuration:
                !
                frr version 8.4.4
                frr defaults traditional
                hostname r1
                !
                ip route 10.1.0.0/16 blackhole
                !
                interface eth0
                 description hello there
                 ip address 10.0.12.1/24
                exit
                !
                interface lo
                 ip address 10.255.0.1/32
                exit
                !
                router bgp 65001
                 bgp router-id 10.255.0.1
                 no bgp ebgp-requires-policy
                 neighbor 10.0.12.2 remote-as 65002
                 neighbor 10.0.12.2 description A long text
                 neighbor 10.0.12.2 password secret
                 neighbor 10.0.12.2 timers connect 5
                 !
                 address-family ipv4 unicast
                  network 10.1.0.0/16
                  neighbor 10.0.12.2 maximum-prefix 100
                  neighbor 10.0.12.2 route-map RM out
                 exit-address-family
                exit
                !
                ip prefix-list PL seq 5 permit 10.0.0.0/8 le 24
                ip prefix-list PL seq 10 deny any
                ip prefix-list A seq 7 deny 10.0.0.0/8 ge 9 le 20
                !
                route-map RM permit 10
                 match ip address prefix-list PL
                 set local-preference 200
                exit
                !
                end
                """)
    }

    @Test func `what was saved survives a reboot and what was not does not`() throws {
        var lab = try TwoRouters()
        _ = lab.type(lines: "conf t\ninterface eth0\ndescription saved\nend\nwrite memory\nconf t\nint eth0\ndescription lost\nend", on: "r1")
        lab.network.reboot("r1", at: lab.now)
        #expect(!lab.network.isReachable("r1"))
        lab.wait(.seconds(20))
        _ = lab.network.takeActions(at: lab.now)
        try lab.open("r1")
        #expect(lab.type("show running-config", on: "r1").contains("description saved"))
    }

    @Test func `commands are run on an exec channel with an exit status`() throws {
        var lab = try TwoRouters()
        let opened = lab.network.connect(to: "r1")
        let connection = try #require(opened)
        let exec = lab.network.open(.exec("show bogus"), on: connection, at: lab.now)
        let channel = try #require(exec)
        #expect(
            lab.network.takeActions(at: lab.now) == [
                .send(channel, Array("% Unknown command: show bogus\n".utf8)), .finish(channel, exitStatus: 1),
            ])
    }
}

@Suite struct ControlPlaneTests {
    func state(_ lab: inout TwoRouters, on device: String) -> String {
        let text = lab.type("show bgp summary json", on: device)
        guard let line = text.split(separator: "\n").first(where: { $0.contains("\"state\":") }) else { return text }
        return String(line.split(separator: "\"")[3])
    }

    @Test func `a session comes up only when both ends are configured`() throws {
        var lab = try TwoRouters()
        #expect(lab.type(lines: TwoRouters.peering(1, 2), on: "r1") == [])
        lab.wait(.seconds(60))
        #expect(state(&lab, on: "r1") == "Active")
        #expect(lab.type(lines: TwoRouters.peering(2, 1), on: "r2") == [])
        #expect(state(&lab, on: "r1") == "Connect")
        lab.wait(.seconds(3))
        #expect(state(&lab, on: "r1") == "Established")
        #expect(state(&lab, on: "r2") == "Established")
        let summary = lab.type("show bgp summary json", on: "r1")
        #expect(summary.contains("\"pfxRcd\":1,\n      \"pfxSnt\":2,"))
        #expect(lab.type("show ip route", on: "r1").contains("B>* 10.2.0.0/16 [20/0] via 10.0.12.2, eth0, weight 1, 00:00:00"))
    }

    @Test func `passwords must be equal and shutting down an end takes the session down on both`() throws {
        var lab = try TwoRouters()
        _ = lab.type(lines: TwoRouters.peering(1, 2, password: "one"), on: "r1")
        _ = lab.type(lines: TwoRouters.peering(2, 1, password: "two"), on: "r2")
        lab.wait(.seconds(60))
        #expect(state(&lab, on: "r1") == "Active")
        _ = lab.type(lines: "conf t\nrouter bgp 65002\nneighbor 10.0.12.1 password one\nend", on: "r2")
        lab.wait(.seconds(3))
        #expect(state(&lab, on: "r1") == "Established")
        _ = lab.type(lines: "conf t\nrouter bgp 65002\nneighbor 10.0.12.1 shutdown\nend", on: "r2")
        #expect(state(&lab, on: "r2") == "Idle (Admin)")
        #expect(state(&lab, on: "r1") == "Active")
        #expect(!lab.type("show ip route", on: "r1").contains("B>*"))
    }

    @Test func `a wrong AS number keeps the session down`() throws {
        var lab = try TwoRouters()
        _ = lab.type(lines: TwoRouters.peering(1, 2), on: "r1")
        _ = lab.type(lines: TwoRouters.peering(2, 1), on: "r2")
        _ = lab.type(lines: "conf t\nrouter bgp 65002\nneighbor 10.0.12.1 remote-as 65099\nend", on: "r2")
        lab.wait(.seconds(60))
        #expect(state(&lab, on: "r2") == "Idle")
        #expect(state(&lab, on: "r1") == "Idle")
    }

    @Test func `a port is down when the far end is, and the session with it`() throws {
        var lab = try TwoRouters()
        _ = lab.type(lines: TwoRouters.peering(1, 2), on: "r1")
        _ = lab.type(lines: TwoRouters.peering(2, 1), on: "r2")
        lab.wait(.seconds(3))
        #expect(state(&lab, on: "r1") == "Established")
        _ = lab.type(lines: "conf t\nint eth0\nshutdown\nend", on: "r2")
        #expect(lab.type("show interface brief", on: "r1").contains("eth0            down    default         10.0.12.1/24"))
        #expect(state(&lab, on: "r1") == "Active")
        _ = lab.type(lines: "conf t\nint eth0\nno shutdown\nend", on: "r2")
        lab.wait(.seconds(3))
        #expect(state(&lab, on: "r1") == "Established")
    }

    @Test func `external neighbours without policy exchange nothing`() throws {
        var lab = try TwoRouters()
        for (own, other) in [(1, 2), (2, 1)] {
            _ = lab.type(lines: TwoRouters.peering(own, other), on: "r\(own)")
            _ = lab.type(lines: "conf t\nrouter bgp\nbgp ebgp-requires-policy\nend", on: "r\(own)")
        }
        lab.wait(.seconds(3))
        #expect(state(&lab, on: "r1") == "Established")
        #expect(lab.type("show bgp summary", on: "r1").contains("(Policy) (Policy) N/A"))
        _ = lab.type(
            lines: """
                conf t
                ip prefix-list OWN permit 10.2.0.0/16
                route-map ALL permit 10
                match ip address prefix-list OWN
                router bgp
                address-family ipv4 unicast
                neighbor 10.0.12.1 route-map ALL in
                neighbor 10.0.12.1 route-map ALL out
                end
                """, on: "r2")
        _ = lab.type(lines: "conf t\nroute-map ANY permit 10\nrouter bgp\nneighbor 10.0.12.2 route-map ANY in\nneighbor 10.0.12.2 route-map ANY out\nend", on: "r1")
        let table = lab.type("show ip bgp", on: "r1")
        #expect(table.contains("*> 10.2.0.0/16      10.0.12.2                0             0 65002 i"))
        #expect(!lab.type("show ip bgp", on: "r2").contains("10.1.0.0/16"))
    }
}

@Suite struct FaultTests {
    @Test func `a refused line has no effect and the next one is fine`() throws {
        var lab = try TwoRouters()
        lab.network.add(try LabFault("refuse-line line=\"description *\" text=\"% No\""), to: "r1")
        _ = lab.type(lines: "conf t\nint eth0", on: "r1")
        #expect(lab.type("description x", on: "r1") == "% No")
        #expect(!lab.type("do show running-config", on: "r1").contains("description"))
        #expect(lab.type("description x", on: "r1") == "")
        #expect(lab.type("do show running-config", on: "r1").contains("description x"))
    }

    @Test func `a device that lies about success shows it when read`() throws {
        var lab = try TwoRouters()
        lab.network.add(try LabFault("lie line=\"description *\""), to: "r1")
        #expect(lab.type(lines: "conf t\nint eth0\ndescription x", on: "r1") == [])
        #expect(!lab.type("do show running-config", on: "r1").contains("description x"))
    }

    @Test func `a question waits for its answer`() throws {
        var lab = try TwoRouters()
        lab.network.add(try LabFault("question line=\"router bgp *\" text=\"Sure? [y/n] \" answer=y"), to: "r1")
        lab.type("conf t", on: "r1")
        lab.type("router bgp 65001", on: "r1")
        lab.type("y", on: "r1")
        #expect(lab.type("neighbor 10.0.12.2 remote-as 65002", on: "r1") == "")
    }

    @Test func `a connection breaks after the line took effect`() throws {
        var lab = try TwoRouters()
        lab.network.add(try LabFault("drop line=\"description *\" effect=after"), to: "r1")
        _ = lab.type(lines: "conf t\nint eth0", on: "r1")
        lab.type("description x", on: "r1")
        #expect(lab.type("end", on: "r1") == "")
        try lab.open("r1")
        #expect(lab.type("show running-config", on: "r1").contains("description x"))
    }

    @Test func `a slow device answers later`() throws {
        var lab = try TwoRouters()
        lab.network.add(try LabFault("slow delay=2s"), to: "r1")
        #expect(lab.type("show daemons", on: "r1") == "")
        lab.wait(.seconds(2))
        #expect(lab.collect("r1").contains("bgpd"))
    }

    @Test(arguments: [
        ("", "no fault named"), ("explode", "no fault is called 'explode'"), ("hang", "'hang' needs line=…"),
        ("slow delay=soon", "'soon' is not a duration"), ("login-refused x=1", "'login-refused' has no setting 'x'"),
        ("hang line=\"x", "a quote is not closed"), ("login-refused times=no", "times=no is not a count"),
    ])
    func `a fault that is written wrongly is explained`(text: String, what: String) {
        let error = #expect(throws: LabFaultError.self) { try LabFault(text) }
        #expect(error?.what == what)
    }

    @Test func `chance decides the same way for the same seed`() {
        func draws(_ seed: UInt64) -> [Bool] {
            var plan = FaultPlan(seed: seed)
            plan.add(LabFault(.loginRefused, times: nil, chance: 0.5))
            return (0..<40).map { _ in plan.take { $0 == .loginRefused } != nil }
        }
        #expect(draws(7) == draws(7))
        #expect(draws(7) != draws(8))
        #expect(draws(7).contains(true) && draws(7).contains(false))
    }
}
