package import DeviceConfiguration

/// Everything a plan is computed from; nothing else may influence its bytes.
package struct PlanningInput: Sendable {
    package var engagement: String
    package var cycle: Int
    package var terms: RolloutTerms
    package var devices: [PlanningDevice]

    package init(engagement: String, cycle: Int, terms: RolloutTerms, devices: [PlanningDevice]) {
        (self.engagement, self.cycle, self.terms, self.devices) = (engagement, cycle, terms, devices)
    }
}

/// What the contract says about how the change is carried out, with selectors already resolved to names.
package struct RolloutTerms: Equatable, Sendable {
    package var transaction: TransactionScope
    package var waves: [PlannedWave]
    package var stopWhen: StopRule
    package var confirmTimeoutSeconds: Int
    package var onSplit: SplitPolicy
    package var staleRule: StaleRule
    package var save: SavePolicy
    /// Weaknesses the approvers take; names are those of `AcceptableWeakness`.
    package var accepted: [String]
    package var captures: [String]
    /// `constraints: { max-devices }` of the specification.
    package var maximumDevices: Int?

    package init(
        transaction: TransactionScope, waves: [PlannedWave], stopWhen: StopRule, confirmTimeoutSeconds: Int,
        onSplit: SplitPolicy, staleRule: StaleRule, save: SavePolicy, accepted: [String], captures: [String],
        maximumDevices: Int?
    ) {
        self.transaction = transaction
        self.waves = waves
        self.stopWhen = stopWhen
        self.confirmTimeoutSeconds = confirmTimeoutSeconds
        self.onSplit = onSplit
        self.staleRule = staleRule
        self.save = save
        self.accepted = accepted
        self.captures = captures
        self.maximumDevices = maximumDevices
    }
}

/// A weakness that refuses a plan unless the contract lists it under `accept:`.
package enum AcceptableWeakness: String, Sendable, CaseIterable {
    /// The device takes the change back by rebooting.
    case revertByReboot = "revert-by-reboot"
    /// The way back needs a secret that only the device knows.
    case backoutIncomplete = "backout-incomplete"
    /// The change touches the path by which the device is reached, and only the executor could undo it.
    case ownPath = "own-path"
}

/// One device as planning sees it: what it shows, what it shall hold, what its driver can do.
package struct PlanningDevice: Sendable {
    package var name: String
    package var platform: String
    /// `cli` or `netconf`.
    package var endpoint: String
    /// Address part of the endpoint, to find out whether the change touches the path we come by.
    package var address: String
    package var model: any ConfigurationModel
    package var observed: ConfigurationSnapshot
    /// Startup configuration, where the platform has one that can be read.
    package var startup: ConfigurationSnapshot?
    package var intended: [IntendedFragment]
    package var strategy: String
    package var protection: ProtectionClass
    package var protectionNotes: [String]
    package var exclusion: String
    /// Keyed digests of the secrets its fragments use, by reference name.
    package var secrets: [String: String]
    /// Old SSH algorithms that the inventory allows for it.
    package var legacyAlgorithms: [String]

    package init(
        name: String, platform: String, endpoint: String, address: String, model: any ConfigurationModel,
        observed: ConfigurationSnapshot, startup: ConfigurationSnapshot?, intended: [IntendedFragment],
        strategy: String, protection: ProtectionClass, protectionNotes: [String], exclusion: String,
        secrets: [String: String], legacyAlgorithms: [String] = []
    ) {
        self.name = name
        self.platform = platform
        self.endpoint = endpoint
        self.address = address
        self.model = model
        self.observed = observed
        self.startup = startup
        self.intended = intended
        self.strategy = strategy
        self.protection = protection
        self.protectionNotes = protectionNotes
        self.exclusion = exclusion
        self.secrets = secrets
        self.legacyAlgorithms = legacyAlgorithms
    }
}

/// The plan and the files an approver reads.
package struct PlanningResult: Sendable {
    package var plan: ChangePlan
    /// By device.
    package var files: [String: DevicePlanFiles]
    /// Planned after-state by device.
    package var planned: [String: ConfigurationSnapshot]
}

/// The readable files of one device's plan.
package struct DevicePlanFiles: Equatable, Sendable {
    package var intended: String
    package var diff: String
    package var forward: String
    package var backout: String
}
