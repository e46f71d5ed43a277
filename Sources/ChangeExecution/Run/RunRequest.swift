package import ByteTransport
package import CanonicalData
package import ChangePlanning
package import DeviceConfiguration
package import DeviceDrivers
package import StateChecks
package import WorkspaceStore

/// Everything a run needs: the signed plan, and per device who drives it and how its configuration is understood.
package struct RunRequest: Sendable {
    package var run: RunID
    package var engagement: String
    package var cycle: Int
    package var ticket: String?
    /// Who carries it out, for the record.
    package var executor: String
    package var plan: ChangePlan
    package var planDigest: Digest
    /// By device; one for each device of the plan.
    package var devices: [String: DeviceWork]
    package var checks: [RunCheck]
    /// Asked before each wave: nil when the approvals are valid and the wave fits into what is left of the window.
    package var gate: @Sendable (_ wave: String) async -> RunFailure?
    /// The AAA domain whose login rate and breaker a device shares with others.
    package var loginDomain: @Sendable (_ device: String) -> String
    /// Set by `rollback`: the run whose change is taken back.
    package internal(set) var takesBack: RunID?

    package init(
        run: RunID, engagement: String, cycle: Int, ticket: String?, executor: String, plan: ChangePlan,
        planDigest: Digest, devices: [String: DeviceWork], checks: [RunCheck],
        gate: @escaping @Sendable (_ wave: String) async -> RunFailure?,
        loginDomain: @escaping @Sendable (_ device: String) -> String = { _ in "default" }
    ) {
        self.run = run
        self.engagement = engagement
        self.cycle = cycle
        self.ticket = ticket
        self.executor = executor
        self.plan = plan
        self.planDigest = planDigest
        self.devices = devices
        self.checks = checks
        self.gate = gate
        self.loginDomain = loginDomain
    }
}

/// One device's share: how to reach and understand it, and how the signed steps are computed again.
package struct DeviceWork: Sendable {
    package var driver: any DeviceDriver
    package var model: any ConfigurationModel
    package var secrets: any SecretValues
    /// The change from what the device shows now to what the locked inputs intend; must give the signed bytes.
    package var recompute: @Sendable (ConfigurationSnapshot) throws -> ComputedChange
    /// True for a deviation that the contract accepts.
    package var accepts: @Sendable (Reconciliation.Entry) -> Bool
    /// Running configuration at plan time in its comparable form, when it was kept: to name what has moved since.
    package var plannedBase: String?
    /// Set for `rollback`: what the device shall show again, and what is taken back.
    package var goal: RunGoal

    package init(
        driver: any DeviceDriver, model: any ConfigurationModel, secrets: any SecretValues,
        recompute: @escaping @Sendable (ConfigurationSnapshot) throws -> ComputedChange,
        accepts: @escaping @Sendable (Reconciliation.Entry) -> Bool = { _ in false }, plannedBase: String? = nil,
        goal: RunGoal = .change
    ) {
        self.driver = driver
        self.model = model
        self.secrets = secrets
        self.recompute = recompute
        self.accepts = accepts
        self.plannedBase = plannedBase
        self.goal = goal
    }
}

/// What a run wants of a device.
package enum RunGoal: Sendable {
    /// The plan's steps.
    case change
    /// The way back of an earlier run: `steps` are the ones it sent; `base` and `captured` what the device showed
    /// before and after it.
    case back(steps: [ChangeStep], base: [UInt8], captured: [UInt8])
}

/// A check of the contract with its selector resolved.
package struct RunCheck: Sendable {
    package enum Moment: String, Sendable, Codable { case before, after }
    package var check: StateCheck
    package var devices: [String]
    package var moment: Moment
    package init(check: StateCheck, devices: [String], moment: Moment) {
        (self.check, self.devices, self.moment) = (check, devices, moment)
    }
}

/// Where a run happens: store, network, clock, limits.
package struct ExecutionEnvironment: Sendable {
    package var store: any WorkspaceStore
    package var connector: any DeviceConnector
    package var clock: any ExecutionClock
    package var owner: LeaseOwner
    package var limits: ExecutionLimits

    package init(
        store: any WorkspaceStore, connector: any DeviceConnector, clock: any ExecutionClock = SystemExecutionClock(),
        owner: LeaseOwner = .current(), limits: ExecutionLimits = ExecutionLimits()
    ) {
        self.store = store
        self.connector = connector
        self.clock = clock
        self.owner = owner
        self.limits = limits
    }
}
