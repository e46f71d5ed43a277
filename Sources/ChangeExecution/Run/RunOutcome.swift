internal import ByteTransport
package import CanonicalData
package import DeviceConfiguration
package import DeviceDrivers
package import WorkspaceStore

/// How a run ended, complete: what the record writer turns into the as-built record.
///
/// Follows from the journal and the blobs alone, so it can be made again at any time. Digests called `running`,
/// `startup`, `output`, `evidence`, `transcripts` name blobs; `base`, `planned`, `captured` are digests of comparable
/// forms.
package struct RunOutcome: Equatable, Sendable, Codable {
    package var asbuilt = "run-outcome/v1"
    package var run: RunID
    package var engagement: String
    package var cycle: Int
    package var planDigest: Digest
    package var ticket: String?
    package var executor: String
    package var startedAt: UTCInstant
    package var endedAt: UTCInstant
    package var exit: RunExit
    /// One word: `kept`, `unchanged`, `backed-out`, `refused`, `partial`, `split`, `unknown`.
    package var outcome: String
    /// Why it did not end with every device kept.
    package var failure: RunFailure?
    /// False when a later `resume` could still settle something.
    package var isSettled: Bool
    package var transactions: [TransactionOutcome]
    /// One per device of the plan, in its order.
    package var devices: [DeviceOutcome]
    package var checksBefore: [CheckOutcome]
    package var checksAfter: [CheckOutcome]
    package var capturesBefore: [CapturedOutput]
    package var capturesAfter: [CapturedOutput]
    package var timeline: [TimelineEntry]
}

/// The exit status of `apply`, `resume` and `rollback` (DESIGN §11).
package enum RunExit: Int, Sendable, Codable {
    case done = 0
    /// Some devices kept the change, others are as they were; or something could not be made permanent.
    case differences = 1
    case refused = 3
    /// Could not be done, and every device is as it was.
    case asItWas = 4
    /// Split, unknown, deviating or confirmed by somebody else.
    case needsAttention = 5
}

/// Devices that were decided about together.
package struct TransactionOutcome: Equatable, Sendable, Codable {
    package var devices: [String]
    /// The commit point, when there was one.
    package var decidedAt: UTCInstant?
    package var failure: RunFailure?
    package var isSplit: Bool
}

/// What became of one device.
package struct DeviceOutcome: Equatable, Sendable, Codable {
    package var device: String
    package var platform: String
    package var endpoint: String
    package var strategy: String
    package var protection: ProtectionClass
    package var exclusion: String
    package var end: DeviceEndState
    /// What was negotiated and found at login.
    package var facts: SessionFacts?
    package var observed: ObservedFacts?
    package var readBack: ReadBackFacts?
    /// Every difference between before and after, with its verdict and provenance.
    package var reconciliation: Reconciliation?
    /// The last time it was read, when that was after the change or its undo.
    package var lastReading: Reading?
    /// The signed steps.
    package var steps: [ChangeStep]
    package var armSentAt: UTCInstant?
    package var revertsAt: UTCInstant?
    package var confirmedAt: UTCInstant?
    /// Blobs with what was sent to take it back (JSON of steps).
    package var backoutSent: [Digest]
    package var confirmedByOther: Bool
    package var isSaved: Bool
    package var saveFailure: RunFailure?
    package var failure: RunFailure?
    package var transcripts: [Digest]
}

extension DeviceOutcome {
    /// Vendor, model and version as the device said at login; empty when it was not reached.
    package var system: [String: String] { facts?.system ?? [:] }
    /// The host key it answered with, `SHA256:…`.
    package var hostKeyFingerprint: String? { facts?.connection.hostKeyFingerprint }
    /// Legacy algorithms in use and other things to know about the connection.
    package var connectionWarnings: [String] { facts?.connection.warnings ?? [] }
}

/// One line of the story.
package struct TimelineEntry: Equatable, Sendable, Codable {
    package var at: UTCInstant
    package var device: String?
    package var phase: RunPhase
    package var what: String
    package init(at: UTCInstant, device: String?, phase: RunPhase, what: String) {
        self.at = at
        self.device = device
        self.phase = phase
        self.what = what
    }
}
