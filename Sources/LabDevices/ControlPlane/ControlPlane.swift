/// The protocols between the lab's routers: links, reachability, BGP sessions and the routes they carry.
///
/// It is told what every router is configured for and when; nothing comes up because a script says so. A session needs
/// both ends: the addresses reach each other, the AS numbers name each other, the passwords are equal, neither end is
/// shut down, and a family is active on both. Then it takes `convergence` until it is up.
package struct ControlPlane: Sendable {
    /// Two interfaces joined by a cable.
    package struct Link: Hashable, Sendable {
        package var a: Port
        package var b: Port
        package init(_ a: Port, _ b: Port) { (self.a, self.b) = (a, b) }
    }
    package struct Port: Hashable, Comparable, Sendable {
        package var device: String
        package var interface: String
        package init(device: String, interface: String) { (self.device, self.interface) = (device, interface) }
        package static func < (a: Port, b: Port) -> Bool { (a.device, a.interface) < (b.device, b.interface) }
    }

    struct SessionKey: Hashable, Comparable, Sendable {
        var device: String
        var neighbor: LabAddress
        static func < (a: Self, b: Self) -> Bool { (a.device, a.neighbor) < (b.device, b.neighbor) }
    }

    private(set) var intents: [String: RouterIntent] = [:]
    private let ends: [Port: Port]
    private let convergence: Duration
    private var interfaces: [Port: RouterView.Interface] = [:]
    private var sessions: [SessionKey: BGPSession] = [:]
    /// What a running session was agreed on; when it changes the session starts over.
    private var agreements: [SessionKey: Agreement] = [:]
    private var tables: [String: RoutingTables] = [:]

    package init(links: [Link], convergence: Duration) {
        var ends: [Port: Port] = [:]
        for link in links {
            ends[link.a] = link.b
            ends[link.b] = link.a
        }
        self.ends = ends
        self.convergence = convergence
    }

    /// Takes over what routers are configured for and works out what follows at `now`.
    package mutating func update(_ changed: [String: RouterIntent], at now: LabInstant) {
        var differs = false
        for (device, intent) in changed where intents[device] != intent {
            intents[device] = intent
            differs = true
        }
        if differs { settle(at: now) }
    }

    /// When the next session comes up by itself.
    package var nextEvent: LabInstant? {
        sessions.values.compactMap { if case .opening(let upAt) = $0.state { upAt } else { nil } }.min()
    }

    /// Brings sessions up whose time has come.
    package mutating func advance(to now: LabInstant) {
        guard let next = nextEvent, next <= now else { return }
        settle(at: now)
    }

    /// Brings up at once what is about to: the state a network has that was left alone for a while.
    package mutating func comeUp() {
        for (key, session) in sessions {
            if case .opening = session.state { sessions[key]?.state = .opening(upAt: .start) }
        }
        settle(at: .start)
    }

    package func view(of device: String, at now: LabInstant) -> RouterView {
        var view = RouterView()
        view.now = now
        for interface in intents[device]?.interfaces ?? [] {
            view.interfaces[interface.name] = interfaces[Port(device: device, interface: interface.name)]
        }
        for (key, session) in sessions where key.device == device { view.neighbors[key.neighbor] = session }
        if let table = tables[device] {
            view.bgpTable = table.bgp
            view.tableVersion = table.version
            view.routes = table.routes
        }
        return view
    }

    private mutating func settle(at now: LabInstant) {
        settleInterfaces(at: now)
        let forwarding = Forwarding(intents: intents, ends: ends, upPorts: Set(interfaces.lazy.filter(\.value.isUp).map(\.key)))
        settleSessions(forwarding, at: now)
        tables = RouteExchange(intents: intents, sessions: sessions, forwarding: forwarding)
            .run(previous: tables, at: now)
        for (key, counts) in RouteExchange.counts(tables) {
            sessions[key]?.received = counts.received
            sessions[key]?.sent = counts.sent
            sessions[key]?.lacksPolicy = counts.lacksPolicy
        }
    }

    private mutating func settleInterfaces(at now: LabInstant) {
        for (device, intent) in intents {
            for interface in intent.interfaces {
                let port = Port(device: device, interface: interface.name)
                let isUp = isPhysicallyUp(port)
                var state = interfaces[port] ?? RouterView.Interface(isUp: isUp)
                if state.isUp != isUp {
                    state.isUp = isUp
                    state.changedAt = now
                    if isUp { state.ups += 1 } else { state.downs += 1 }
                }
                interfaces[port] = state
            }
        }
    }

    /// A loopback is up when enabled; a port when both ends of its cable are enabled on running devices.
    private func isPhysicallyUp(_ port: Port) -> Bool {
        guard isEnabled(port) else { return false }
        if port.interface == "lo" || port.interface.hasPrefix("loopback") { return true }
        guard let other = ends[port] else { return false }
        return isEnabled(other)
    }

    private func isEnabled(_ port: Port) -> Bool {
        guard let intent = intents[port.device], intent.isRunning else { return false }
        return intent.interfaces.first { $0.name == port.interface }?.isEnabled ?? false
    }

    private mutating func settleSessions(_ forwarding: Forwarding, at now: LabInstant) {
        let matcher = SessionMatcher(intents: intents, forwarding: forwarding)
        var wanted: Set<SessionKey> = []
        for (device, intent) in intents {
            for neighbor in intent.bgp?.neighbors ?? [] {
                let key = SessionKey(device: device, neighbor: neighbor.address)
                wanted.insert(key)
                settle(key, matcher.judge(device: device, neighbor: neighbor), at: now)
            }
        }
        for key in sessions.keys where !wanted.contains(key) {
            sessions[key] = nil
            agreements[key] = nil
        }
        raiseDueSessions(at: now)
    }

    private mutating func settle(_ key: SessionKey, _ verdict: SessionMatcher.Verdict, at now: LabInstant) {
        var session = sessions[key]
            ?? BGPSession(state: .idle(reason: "Waiting for NHT"), since: now, remoteAS: verdict.remoteAS, isExternal: verdict.isExternal)
        let wasAgreedOn = agreements[key]
        session.remoteAS = verdict.remoteAS
        session.isExternal = verdict.isExternal
        agreements[key] = verdict.agreement
        let target: BGPSession.State
        switch verdict.outcome {
        case .shutDown: target = .shutDown
        case .idle(let reason): target = .idle(reason: reason)
        case .active(let reason): target = .active(reason: reason)
        case .agreed:
            switch session.state {
            case .established where wasAgreedOn == verdict.agreement: target = session.state
            case .opening where wasAgreedOn == verdict.agreement: target = session.state
            default: target = .opening(upAt: now + convergence)
            }
        }
        session.peerDevice = verdict.agreement?.peerDevice
        session.peerRouterID = verdict.agreement?.peerRouterID
        session.localAddress = verdict.agreement?.localAddress
        if session.state != target {
            if session.isEstablished {
                session.timesDropped += 1
                session.lastReset = verdict.dropReason
                session.lastResetAt = now
            }
            session.state = target
            session.since = now
        }
        sessions[key] = session
    }

    /// Both ends come up together: at the later of their times.
    private mutating func raiseDueSessions(at now: LabInstant) {
        for (key, session) in sessions {
            guard case .opening(let upAt) = session.state, upAt <= now, let agreement = agreements[key] else { continue }
            let other = SessionKey(device: agreement.peerDevice, neighbor: agreement.localAddress)
            guard let far = sessions[other] else { continue }
            switch far.state {
            case .established: break
            case .opening(let farUpAt) where farUpAt <= now: break
            case .opening, .idle, .active, .shutDown: continue
            }
            for end in [key, other] {
                guard var rising = sessions[end], !rising.isEstablished else { continue }
                rising.state = .established
                rising.since = now
                rising.establishedAt = now
                rising.timesEstablished += 1
                sessions[end] = rising
            }
        }
    }
}

/// What both ends of a session agreed on.
struct Agreement: Equatable, Sendable {
    var peerDevice: String
    var peerRouterID: LabAddress?
    var localAddress: LabAddress
    var remoteAS: UInt32
    var localAS: UInt32
    var password: String?
    var families: Set<RouteFamily>
}
