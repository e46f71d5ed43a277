/// Which simulated platform a device is.
package enum LabPersonality: String, Sendable, CaseIterable {
    /// FRRouting's vtysh: immediate mode, no lock, no transaction.
    case frr
}

/// What a device is made from.
package struct LabDeviceSpec: Equatable, Sendable {
    package var name: String
    package var personality: LabPersonality
    /// Its interfaces, beside the loopback.
    package var ports: [String]
    /// The saved configuration: CLI lines or XML.
    package var startup: String
    package init(name: String, personality: LabPersonality, ports: [String], startup: String) {
        (self.name, self.personality, self.ports, self.startup) = (name, personality, ports, startup)
    }
}

/// A device and what it is doing.
struct LabDevice: Sendable {
    enum Engine: Sendable {
        case frr(FRRRouter)
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
        let lines = spec.startup.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        engine = .frr(FRRRouter(name: spec.name, ports: spec.ports, startup: lines, epoch: epoch))
    }

    var isRunning: Bool { bootsUntil == nil }

    var intent: RouterIntent {
        var intent: RouterIntent
        switch engine {
        case .frr(let router): intent = router.intent
        }
        intent.isRunning = isRunning
        return intent
    }

    var hostname: String {
        switch engine {
        case .frr(let router): router.prompt
        }
    }

    mutating func boot() {
        bootsUntil = nil
        switch engine {
        case .frr(var router):
            _ = router.boot()
            engine = .frr(router)
        }
    }
}
