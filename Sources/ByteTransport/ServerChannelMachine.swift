/// The device's side of one channel: a value that takes bytes and the time, and says what to do.
///
/// The same machine runs behind SSH (`SSHServer`) and in memory (`MachineConnection`). All its methods are called by
/// one thread at a time, never concurrently, and must neither block nor sleep: a delay is a `.wake(at:)`, a slow
/// answer is bytes sent from `woken`. State shared between channels of a device is the handler's business; with SSH,
/// all connections of servers on one reactor run on that reactor's thread.
///
/// Actions are carried out in order. `.send` is queued without limit on the machine's side and goes out in pieces as
/// the peer's window allows; `.close` and `.endOfFile` wait for what was queued before them.
package protocol ServerChannelMachine {
    /// The request that made the channel was granted. Here goes a banner, a prompt or a NETCONF hello.
    mutating func opened(at now: ContinuousClock.Instant) -> [ServerChannelAction]
    /// Bytes from the client, in any split.
    mutating func received(_ bytes: [UInt8], at now: ContinuousClock.Instant) -> [ServerChannelAction]
    /// The time asked for by `.wake(at:)` has come, or `ServerChannel.wake` was called.
    mutating func woken(at now: ContinuousClock.Instant) -> [ServerChannelAction]
    /// The client will send no more; it may still read.
    mutating func inputEnded(at now: ContinuousClock.Instant) -> [ServerChannelAction]
    /// The channel is gone, in order or not. Last call.
    mutating func closed(at now: ContinuousClock.Instant)
    /// The client's terminal has another size.
    mutating func resized(columns: Int, rows: Int)
}

extension ServerChannelMachine {
    package mutating func resized(columns: Int, rows: Int) {}
    /// Closes, as a shell does. A machine that still owes an answer overrides this.
    package mutating func inputEnded(at now: ContinuousClock.Instant) -> [ServerChannelAction] { [.close] }
    package mutating func woken(at now: ContinuousClock.Instant) -> [ServerChannelAction] { [] }
    package mutating func closed(at now: ContinuousClock.Instant) {}
}

/// What a machine wants done.
package enum ServerChannelAction: Equatable, Sendable {
    case send([UInt8])
    /// Tells the client how the command or shell ended (RFC 4254 §6.10); before `.close`.
    case exitStatus(Int32)
    /// No more bytes from this side.
    case endOfFile
    /// Ends this channel after everything queued went out.
    case close
    /// Ends the whole connection after everything queued went out, as a device that logs the user off.
    case disconnect
    /// Drops the TCP connection at once, without a word, as a device that lost power. Queued bytes are lost.
    case drop
    /// Calls `woken` at this time. One timer per channel: a later action replaces it.
    case wake(at: ContinuousClock.Instant)
}

/// Who connected; the same value for all channels of a connection.
package struct ServerConnection: Equatable, Hashable, Sendable {
    /// Unique within the process.
    package var id: UInt64
    /// The client's `address:port`, or `memory`.
    package var peer: String
    /// Name the client logged in with; empty before the login.
    package var user: String
    package init(id: UInt64, peer: String, user: String) { (self.id, self.peer, self.user) = (id, peer, user) }
}

/// One channel that a client asked for.
package struct ServerChannel: Sendable {
    package var connection: ServerConnection
    package var kind: ChannelKind
    /// Has `woken` called soon, from any thread: how one session causes output on another.
    package var wake: @Sendable () -> Void
    package init(connection: ServerConnection, kind: ChannelKind, wake: @escaping @Sendable () -> Void) {
        (self.connection, self.kind, self.wake) = (connection, kind, wake)
    }
}

/// One attempt to log in.
package struct LoginAttempt: Sendable {
    package enum Proof: Sendable {
        /// No proof; asked by clients that want to know the methods.
        case none
        case password(String)
        /// The answers to the prompts of `ServerHandler.prompts`.
        case answers([String])
        /// The key in `authorized_keys` form without comment (`ssh-ed25519 AAAA…`). The signature has been verified,
        /// except when `isProbe`: then the client only asks whether the key would do.
        case publicKey(String, isProbe: Bool)
    }
    package var user: String
    package var proof: Proof
    package init(user: String, proof: Proof) { (self.user, self.proof) = (user, proof) }
}

/// One device as seen from the network: who may log in and what answers. Called on the server's thread; must not block.
package protocol ServerHandler: Sendable {
    /// A client connected, before any protocol byte. False drops it at once.
    func accepts(_ connection: ServerConnection) -> Bool
    func authenticate(_ attempt: LoginAttempt, on connection: ServerConnection) -> Bool
    /// Questions of keyboard-interactive (RFC 4256), with whether the answer may be shown; empty: not offered.
    var prompts: [(text: String, isEchoed: Bool)] { get }
    /// The machine behind a channel; nil refuses the request (unknown subsystem, no exec on this device).
    func open(_ channel: ServerChannel) -> (any ServerChannelMachine)?
    /// The connection ended.
    func closed(_ connection: ServerConnection)
}

extension ServerHandler {
    package func accepts(_ connection: ServerConnection) -> Bool { true }
    package var prompts: [(text: String, isEchoed: Bool)] { [] }
    package func closed(_ connection: ServerConnection) {}
}
