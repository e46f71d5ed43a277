/// Which simulated platform a device is.
package enum LabPersonality: String, Sendable, CaseIterable {
    /// FRRouting's vtysh: immediate mode, no lock, no transaction.
    case frr
    /// A NETCONF router with candidate, confirmed commit and startup, over a module of the lab's own.
    case labRouter = "lab_router"

    /// What stands behind `SSH-2.0-`.
    package var sshSoftware: String {
        switch self {
        case .frr: "OpenSSH_9.2p1"
        case .labRouter: "lab_router_1.0"
        }
    }
}

/// What a device is made from.
package struct LabDeviceSpec: Equatable, Sendable {
    package var name: String
    package var personality: LabPersonality
    /// Its interfaces, beside the loopback.
    package var ports: [String]
    /// The saved configuration: CLI lines or XML.
    package var startup: String
    /// What a `lab_router` offers.
    package var netconf = LabNETCONFProfile.full
    package init(
        name: String, personality: LabPersonality, ports: [String], startup: String, netconf: LabNETCONFProfile = .full
    ) {
        (self.name, self.personality, self.ports, self.startup) = (name, personality, ports, startup)
        self.netconf = netconf
    }

    /// What a device says about its startup configuration.
    package struct StartupComplaint: Equatable, Sendable {
        /// From 1; 0 when it is about the whole.
        package var line: Int
        package var text: String
        /// Whether the device cannot start with it.
        package var isFatal: Bool
    }

    /// What the device would complain about when it starts with this configuration.
    package func startupComplaints() -> [StartupComplaint] {
        switch personality {
        case .frr:
            let lines = startup.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            var router = FRRRouter(name: name, ports: ports, startup: lines, epoch: 0)
            return router.boot().map { StartupComplaint(line: $0.line, text: $0.text, isFatal: false) }
        case .labRouter: return LabRouter.complaints(startup)
        }
    }
}

/// A device and what it is doing.
struct LabDevice: Sendable {
    enum Engine: Sendable {
        case frr(FRRRouter)
        case labRouter(LabRouter)
    }
    let spec: LabDeviceSpec
    var engine: Engine
    var faults: FaultPlan
    /// When it is back from a reboot; nil while it runs.
    var bootsUntil: LabInstant?
    var rebootAt: LabInstant?
    var connections: Set<LabConnectionID> = []
    var acceptedConnections = 0
    var reboots = 0

    init(_ spec: LabDeviceSpec, epoch: Int, seed: UInt64) {
        self.spec = spec
        faults = FaultPlan(seed: seed)
        switch spec.personality {
        case .frr:
            let lines = spec.startup.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            engine = .frr(FRRRouter(name: spec.name, ports: spec.ports, startup: lines, epoch: epoch))
        case .labRouter:
            engine = .labRouter(LabRouter(
                    name: spec.name, ports: spec.ports, profile: spec.netconf, startup: spec.startup, epoch: epoch))
        }
    }

    var isRunning: Bool { bootsUntil == nil }

    var intent: RouterIntent {
        var intent: RouterIntent
        switch engine {
        case .frr(let router): intent = router.intent
        case .labRouter(let router): intent = router.intent
        }
        intent.isRunning = isRunning
        return intent
    }

    var hostname: String {
        switch engine {
        case .frr(let router): router.prompt
        case .labRouter(let router): router.hostname
        }
    }

    /// When the device does something by itself.
    var nextEvent: LabInstant? {
        switch engine {
        case .frr: nil
        case .labRouter(let router): isRunning ? router.nextEvent : nil
        }
    }

    /// Whether its own time has come for something.
    func isDue(at now: LabInstant) -> Bool {
        func has(_ moment: LabInstant?) -> Bool { moment.map { $0 <= now } ?? false }
        return has(rebootAt) || has(bootsUntil) || has(nextEvent)
    }

    /// True when what it is configured for may have changed.
    mutating func advance(to now: LabInstant) -> Bool {
        guard isRunning, case .labRouter(var router) = engine else { return false }
        let hasChanged = router.advance(to: now)
        engine = .labRouter(router)
        return hasChanged
    }

    mutating func boot(at now: LabInstant) {
        bootsUntil = nil
        switch engine {
        case .frr(var router):
            _ = router.boot()
            engine = .frr(router)
        case .labRouter(var router):
            router.boot(at: now)
            engine = .labRouter(router)
        }
    }
}
