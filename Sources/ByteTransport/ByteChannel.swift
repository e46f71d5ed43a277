/// One duplex stream of bytes to a device: a shell with a terminal, one executed command, or a subsystem.
///
/// One task reads and one task writes at a time. `close` may be called from any task, more than once; a pending read
/// then throws `.closed`. Deadlines are absolute; missing one throws `.timedOut` and leaves the channel usable.
package protocol ByteChannel: Sendable {
    /// The next bytes, at least one; nil once the peer ended the stream in order.
    func read(deadline: ContinuousClock.Instant) async throws(TransportError) -> [UInt8]?
    /// Hands over all of `bytes`, waiting while the peer's window is full.
    func write(_ bytes: [UInt8], deadline: ContinuousClock.Instant) async throws(TransportError)
    /// Ends the stream. Never throws: a stream that is already gone is closed.
    func close() async
}

/// What kind of channel to open on a connection.
package enum ChannelKind: Equatable, Sendable {
    /// An interactive shell behind a terminal of this size. Wide, so that the device does not wrap what it echoes.
    case shell(columns: Int, rows: Int)
    /// One command (RFC 4254 §6.5).
    case exec(String)
    /// A named subsystem, such as `netconf` (RFC 6242 §3).
    case subsystem(String)
}

/// One authenticated connection to a device, on which channels are opened.
package protocol DeviceConnection: Sendable {
    /// What was negotiated, for the record.
    var facts: ConnectionFacts { get }
    /// Where the connection's bytes are moved, nil when that is no place of its own. A task that prefers it for a dialogue of
    /// many reads and writes saves thread switches; other devices wait meanwhile, so only short work belongs there.
    var executor: (any TaskExecutor)? { get }
    func open(_ kind: ChannelKind, deadline: ContinuousClock.Instant) async throws(TransportError) -> any ByteChannel
    /// Ends all channels and the connection; safe to call twice.
    func close() async
}

extension DeviceConnection {
    package var executor: (any TaskExecutor)? { nil }
}

/// What a connection negotiated: goes into records; holds no secret.
package struct ConnectionFacts: Equatable, Sendable, Codable {
    /// `SSH-2.0-…` as the peer sent it.
    package var peerBanner: String
    /// `SHA256:…` in OpenSSH's form.
    package var hostKeyFingerprint: String
    /// Negotiated names by purpose: `kex`, `hostkey`, `cipher`, `mac`.
    package var algorithms: [String: String]
    /// Legacy algorithms in use and other things an approver should know.
    package var warnings: [String]

    package init(
        peerBanner: String, hostKeyFingerprint: String, algorithms: [String: String] = [:], warnings: [String] = []
    ) {
        self.peerBanner = peerBanner
        self.hostKeyFingerprint = hostKeyFingerprint
        self.algorithms = algorithms
        self.warnings = warnings
    }
}

/// Opens connections to named devices. Implementations know endpoints, host keys and credentials; callers do not.
package protocol DeviceConnector: Sendable {
    /// Connects and logs in to one endpoint of a device (`cli` or `netconf`).
    /// Each call is a new TCP connection and a new login.
    func connect(device: String, endpoint: String, deadline: ContinuousClock.Instant) async throws(TransportError)
        -> any DeviceConnection
}
