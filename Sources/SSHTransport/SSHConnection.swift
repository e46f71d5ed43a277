package import ByteTransport

/// One logged-in connection. Ends when closed or when nothing refers to it or its channels any more.
package final class SSHConnection: DeviceConnection {
    package let facts: ConnectionFacts
    let session: SSHSession
    /// The place on a jump host's connection that carries this one.
    private let via: SSHJumpLease?

    init(session: SSHSession, facts: ConnectionFacts, via: SSHJumpLease? = nil) {
        (self.session, self.facts, self.via) = (session, facts, via)
    }

    deinit {
        let session = session
        session.reactor.perform { session.assumeIsolated { $0.tearDown() } }
    }

    /// The thread of this session. A task that prefers it as executor saves a thread switch per call; all its
    /// nonisolated async work then runs there, so only transport work belongs in such a task.
    package var executor: (any TaskExecutor)? { session.reactor }

    package func open(_ kind: ChannelKind, deadline: ContinuousClock.Instant) async throws(TransportError)
        -> any ByteChannel
    {
        SSHChannel(connection: self, id: try await session.openChannel(kind, deadline: deadline))
    }

    package func close() async {
        await session.close()
        await via?.close()
    }
}

/// One channel of an `SSHConnection`.
final class SSHChannel: ByteChannel {
    private let connection: SSHConnection
    private let id: UInt64

    init(connection: SSHConnection, id: UInt64) { (self.connection, self.id) = (connection, id) }

    deinit {
        let (session, id) = (connection.session, id)
        session.reactor.perform { session.assumeIsolated { $0.closeChannel(id) } }
    }

    func read(deadline: ContinuousClock.Instant) async throws(TransportError) -> [UInt8]? {
        try await connection.session.read(id, deadline: deadline)
    }
    func write(_ bytes: [UInt8], deadline: ContinuousClock.Instant) async throws(TransportError) {
        try await connection.session.write(id, bytes, deadline: deadline)
    }
    func close() async { await connection.session.closeChannel(id) }
}
