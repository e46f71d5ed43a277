package import WorkspaceStore

/// What is going on, for people and for `--format jsonl`.
package struct RunProgress: Equatable, Sendable, Codable {
    package enum Status: String, Sendable, Codable { case started, done, failed, armed, decided, ended }
    package var at: UTCInstant
    package var device: String?
    package var wave: String?
    package var phase: RunPhase
    package var status: Status
    /// How long the phase took, once it ended.
    package var elapsedMilliseconds: Int64?
    package var message: String?
    /// With `armed`: when the device reverts by itself; nil when only we can take it back.
    package var revertsAt: UTCInstant?
    /// With `armed`: what to type to make it permanent, or to take it back, without us.
    package var confirmByHand: [String]
    package var cancelByHand: [String]

    package init(
        at: UTCInstant, device: String? = nil, wave: String? = nil, phase: RunPhase, status: Status,
        elapsedMilliseconds: Int64? = nil, message: String? = nil, revertsAt: UTCInstant? = nil,
        confirmByHand: [String] = [], cancelByHand: [String] = []
    ) {
        self.at = at
        self.device = device
        self.wave = wave
        self.phase = phase
        self.status = status
        self.elapsedMilliseconds = elapsedMilliseconds
        self.message = message
        self.revertsAt = revertsAt
        self.confirmByHand = confirmByHand
        self.cancelByHand = cancelByHand
    }
}
