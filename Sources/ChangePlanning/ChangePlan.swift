package import CanonicalData
package import DeviceConfiguration
package import Diagnostics

/// What will be done to which device, in which order, and how it is taken back: the value that Gate 2 signs.
///
/// Holds no time, run id, path or tool build, so the same inputs give the same bytes.
package struct ChangePlan: Equatable, Sendable, Codable {
    package var asbuilt = "plan/v1"
    package var engagement: String
    package var cycle: Int
    package var transaction: TransactionScope
    package var waves: [PlannedWave]
    package var stopWhen: StopRule
    package var confirmTimeoutSeconds: Int
    package var onSplit: SplitPolicy
    /// What makes a plan stale: movement of what it touches, or any movement.
    package var staleRule: StaleRule
    package var save: SavePolicy
    /// Weaknesses the approvers knowingly take (`accept:` of the contract).
    package var accepted: [String]
    /// Commands whose output is captured before and after.
    package var captures: [String]
    /// One per device that is in scope, sorted by name; a device with nothing to do has no steps.
    package var devices: [DevicePlan]
    /// Risks and doubts for the approvers.
    package var findings: [Finding]

    package init(
        engagement: String, cycle: Int, transaction: TransactionScope, waves: [PlannedWave], stopWhen: StopRule,
        confirmTimeoutSeconds: Int, onSplit: SplitPolicy, staleRule: StaleRule, save: SavePolicy, accepted: [String],
        captures: [String], devices: [DevicePlan], findings: [Finding]
    ) {
        self.engagement = engagement
        self.cycle = cycle
        self.transaction = transaction
        self.waves = waves
        self.stopWhen = stopWhen
        self.confirmTimeoutSeconds = confirmTimeoutSeconds
        self.onSplit = onSplit
        self.staleRule = staleRule
        self.save = save
        self.accepted = accepted
        self.captures = captures
        self.devices = devices
        self.findings = findings
    }

    /// True when no device has anything to do.
    package var isEmpty: Bool { devices.allSatisfy(\.steps.isEmpty) }
}

package enum TransactionScope: String, Sendable, Codable, CaseIterable { case network, wave, device }
package enum SplitPolicy: String, Sendable, Codable, CaseIterable { case back, hold }
package enum StaleRule: String, Sendable, Codable, CaseIterable { case touched, refuse }
package enum SavePolicy: String, Sendable, Codable, CaseIterable { case afterConfirm = "after-confirm", never }

package struct StopRule: Equatable, Sendable, Codable {
    /// Stop starting new devices when this many have failed.
    package var failed: Int
    package init(failed: Int) { self.failed = failed }
}

package struct PlannedWave: Equatable, Sendable, Codable {
    package var name: String
    package var devices: [String]
    package var soakSeconds: Int
    package init(name: String, devices: [String], soakSeconds: Int) {
        (self.name, self.devices, self.soakSeconds) = (name, devices, soakSeconds)
    }
}

/// One device's share of a plan.
package struct DevicePlan: Equatable, Sendable, Codable {
    package var device: String
    package var platform: String
    /// The endpoint the change goes through: `cli` or `netconf`.
    package var endpoint: String
    /// How the driver will carry it out, for example `cli-immediate` or `netconf-candidate-confirmed-persist`.
    package var strategy: String
    package var protection: ProtectionClass
    /// Sentences for the approvers: who may confirm, what reverts, what is locked meanwhile.
    package var protectionNotes: [String]
    /// `lock` when others are kept out, `none` when the platform has no exclusion.
    package var exclusion: String
    /// Digest of the whole observed configuration in comparable form.
    package var baseDigest: Digest
    /// Digest of the part of it that this plan touches.
    package var touchedDigest: Digest
    /// Digest of the planned after-state.
    package var plannedDigest: Digest
    /// When running differed from startup at plan time: the digest of exactly that difference.
    package var unsavedDigest: Digest?
    package var backoutIsComplete: Bool
    package var steps: [ChangeStep]
    /// Keyed digests of the secrets the steps send, by reference name.
    package var secrets: [String: String]

    package init(
        device: String, platform: String, endpoint: String, strategy: String, protection: ProtectionClass,
        protectionNotes: [String], exclusion: String, baseDigest: Digest, touchedDigest: Digest,
        plannedDigest: Digest, unsavedDigest: Digest? = nil, backoutIsComplete: Bool, steps: [ChangeStep],
        secrets: [String: String] = [:]
    ) {
        self.device = device
        self.platform = platform
        self.endpoint = endpoint
        self.strategy = strategy
        self.protection = protection
        self.protectionNotes = protectionNotes
        self.exclusion = exclusion
        self.baseDigest = baseDigest
        self.touchedDigest = touchedDigest
        self.plannedDigest = plannedDigest
        self.unsavedDigest = unsavedDigest
        self.backoutIsComplete = backoutIsComplete
        self.steps = steps
        self.secrets = secrets
    }
}
