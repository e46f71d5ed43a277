package import ByteTransport
package import DeviceConfiguration
package import Diagnostics

/// How one platform is driven over one kind of endpoint. Values; one driver serves all devices of its platform.
package protocol DeviceDriver: Sendable {
    /// What the platform can and cannot do, as data for plans and records.
    var traits: DriverTraits { get }
    /// Logs in on a new connection and brings the session to the privilege that a change needs.
    /// Retries nothing: the caller decides. Everything sent and received goes to `transcript`, secrets masked.
    func open(
        device: String, connector: any DeviceConnector, transcript: any TranscriptSink,
        deadline: ContinuousClock.Instant
    ) async throws(DriverError) -> any DeviceSession
}

/// What a driver declares about its platform (DESIGN §7, Protection).
package struct DriverTraits: Equatable, Sendable {
    package var platform: String
    /// `cli` or `netconf`.
    package var endpoint: String
    /// Best protection the driver can give when the device offers everything it may offer; a session's `strategy`
    /// says what this device really has.
    package var protection: ProtectionClass
    /// How the driver was verified: `vendor software`, `lab` or `transcript`.
    package var verifiedBy: String
    /// Sentences for approvers: who may confirm or cancel after session loss, what another user's commit does, …
    package var notes: [String]
    /// Smallest step of the device's confirm timer.
    package var timerUnit: Duration
    package init(
        platform: String, endpoint: String, protection: ProtectionClass, verifiedBy: String, notes: [String],
        timerUnit: Duration
    ) {
        self.platform = platform
        self.endpoint = endpoint
        self.protection = protection
        self.verifiedBy = verifiedBy
        self.notes = notes
        self.timerUnit = timerUnit
    }
}

/// One logged-in session with a device. Used by one task at a time.
///
/// Every method may throw `DriverError`; its `code` tells a device's refusal from a lost connection from silence.
/// After `arm` was sent, a thrown `.unknown` means that only reading the device settles what happened.
package protocol DeviceSession: Sendable {
    var facts: SessionFacts { get }

    /// Keeps others out, where the device can. Refused with the holder's name when somebody else has it.
    func lock(deadline: ContinuousClock.Instant) async throws(DriverError)
    func unlock(deadline: ContinuousClock.Instant) async throws(DriverError)

    /// Reads the running configuration, and what else decides whether a change may start.
    func observe(deadline: ContinuousClock.Instant) async throws(DriverError) -> ObservedDevice

    /// Puts the change where it has no effect yet (candidate). Nothing to do on immediate platforms.
    func stage(_ steps: [ChangeStep], secrets: any SecretValues, deadline: ContinuousClock.Instant)
        async throws(DriverError)
    /// Asks the device whether it would take what was staged, the way that is safe on it. May do nothing.
    func validate(deadline: ContinuousClock.Instant) async throws(DriverError)
    /// Drops what was staged.
    func discard(deadline: ContinuousClock.Instant) async throws(DriverError)

    /// Makes the change take effect, revertible for `timeout`. On executor-only platforms this types the lines, one
    /// step after the other, and calls `before` with each step's id before its first byte is sent.
    /// `token` is the persist-id to use; it is journaled before the call and masked in transcripts.
    func arm(
        _ steps: [ChangeStep], timeout: Duration, token: Secret, secrets: any SecretValues,
        before: @Sendable (Int) async throws -> Void, deadline: ContinuousClock.Instant
    ) async throws(DriverError)
    /// Makes an armed change permanent. From a new session the token must be the one used to arm.
    func confirm(token: Secret, deadline: ContinuousClock.Instant) async throws(DriverError)
    /// Reverts an armed change now. On executor-only platforms: not supported, the caller sends the undo by `send`.
    func cancel(token: Secret, deadline: ContinuousClock.Instant) async throws(DriverError)
    /// Sends steps' `forward` as they are (used for undo: pass steps whose forward is the backout). On candidate
    /// platforms: stage and commit without a timer.
    func send(_ steps: [ChangeStep], secrets: any SecretValues, deadline: ContinuousClock.Instant)
        async throws(DriverError)

    /// Makes running survive a reboot, where that is a separate act.
    func save(deadline: ContinuousClock.Instant) async throws(DriverError)
    /// Output of one read-only command or NETCONF filter, as bytes. A command that changes anything is refused.
    func capture(_ command: String, deadline: ContinuousClock.Instant) async throws(DriverError) -> [UInt8]
    /// The YANG modules of these namespaces, and what they import, as the device gives them; nil when it gives none.
    func modules(of namespaces: Set<String>, deadline: ContinuousClock.Instant) async throws(DriverError)
        -> DeviceModules?
    /// Ends the session in order; never throws.
    func close() async
}

/// What is known of a session after login; goes into plans and records.
package struct SessionFacts: Equatable, Sendable, Codable {
    package var connection: ConnectionFacts
    /// Vendor, model, version as the device says.
    package var system: [String: String]
    /// NETCONF capabilities, or features found.
    package var capabilities: [String]
    /// The means chosen for this device, for example `netconf-candidate-confirmed-persist`.
    package var strategy: String
    package var protection: ProtectionClass
    /// `lock` or `none`.
    package var exclusion: String
    package init(
        connection: ConnectionFacts, system: [String: String], capabilities: [String], strategy: String,
        protection: ProtectionClass, exclusion: String
    ) {
        self.connection = connection
        self.system = system
        self.capabilities = capabilities
        self.strategy = strategy
        self.protection = protection
        self.exclusion = exclusion
    }
}

/// What `observe` read.
package struct ObservedDevice: Equatable, Sendable {
    /// The running configuration, raw.
    package var running: [UInt8]
    /// The startup configuration, raw; nil when the platform has none or it cannot be read.
    package var startup: [UInt8]?
    /// When somebody's uncommitted work is in the shared candidate: its content.
    package var dirtyCandidate: [UInt8]?
    package init(running: [UInt8], startup: [UInt8]? = nil, dirtyCandidate: [UInt8]? = nil) {
        (self.running, self.startup, self.dirtyCandidate) = (running, startup, dirtyCandidate)
    }
}

/// Hands out secrets in the driver's last step, by the placeholder that stands for them.
package protocol SecretValues: Sendable {
    /// The text with every placeholder replaced. Throws when one is unknown or its value could smuggle a line.
    func reveal(_ text: String) throws(DriverError) -> Secret
    /// The text with every known secret value masked: for transcripts and captures.
    func mask(_ bytes: [UInt8]) -> [UInt8]
}

/// Receives what goes over a session, already masked.
package protocol TranscriptSink: Sendable {
    func record(_ direction: TranscriptDirection, _ bytes: [UInt8])
}
package enum TranscriptDirection: String, Sendable, Codable { case sent, received, note }

/// Why a driver could not do what it was asked.
package struct DriverError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, Codable {
        /// Connection or login failed, nothing was sent; `transport` has the cause.
        case connection
        /// The device answered that it will not: error text in `what`.
        case refusedByDevice = "refused-by-device"
        case lockHeld = "lock-held"
        case candidateDirty = "candidate-dirty"
        /// Nothing came before the deadline, and nothing irreversible was on its way.
        case timedOut = "timed-out"
        /// A commit or a line was sent and no answer came: only reading the device settles it.
        case unknown
        /// An unexpected question, mode or output.
        case unexpectedOutput = "unexpected-output"
        case notSupported = "not-supported"
        /// A secret is missing or unusable.
        case secret
        /// A persist-id was not accepted or nothing is pending.
        case nothingPending = "nothing-pending"
        case cancelled
    }
    package var code: Code
    package var what: String
    package var device: String
    package var remedy: String
    /// The step during which it happened, when a step was being sent.
    package var step: Int?
    package var transport: TransportError?
    package init(
        _ code: Code, what: String, device: String, remedy: String = "", step: Int? = nil,
        transport: TransportError? = nil
    ) {
        self.code = code
        self.what = what
        self.device = device
        self.remedy = remedy
        self.step = step
        self.transport = transport
    }
    package var description: String {
        "\(device): \(what) [driver.\(code.rawValue)]" + (remedy.isEmpty ? "" : "\n  → \(remedy)")
    }
}
