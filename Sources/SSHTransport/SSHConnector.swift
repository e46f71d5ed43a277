package import ByteTransport

/// Connects to devices over SSH. One value serves all devices of a run; sessions are spread over its reactors.
package struct SSHConnector: Sendable {
    private let group: ReactorGroup
    package var options: SSHClientOptions

    package init(options: SSHClientOptions = SSHClientOptions(), group: ReactorGroup? = nil) throws(TransportError) {
        if let group { self.group = group } else { self.group = try .shared() }
        self.options = options
    }

    /// Dials, checks the host key against `pins` and logs in. No secret is sent before the key was found pinned.
    /// Retries nothing.
    ///
    /// With `hops` the way leads through them in order, each a login of its own whose host key must be pinned too; names
    /// behind a hop are resolved by that hop.
    package func connect(
        to target: SSHTarget, through hops: [SSHHop] = [], pins: HostKeyIndex, credentials: [SSHCredential],
        options: SSHClientOptions? = nil, deadline: ContinuousClock.Instant
    ) async throws(TransportError) -> SSHConnection {
        var via: SSHConnection?
        var warnings: [String] = []
        for hop in hops {
            do throws(TransportError) {
                let connection = try await connect(hop, via: via, pins: pins, deadline: deadline)
                warnings += connection.facts.warnings.map { "jump host \(hop.target.location): \($0)" }
                via = connection
            } catch {
                var error = error
                error.what = "the jump host \(hop.target.location) on the way to \(target.location): \(error.what)"
                throw error
            }
        }
        let last = SSHHop(target: target, credentials: credentials, options: options)
        return try await connect(last, via: via, pins: pins, warnings: warnings, deadline: deadline)
    }

    private func connect(
        _ hop: SSHHop, via: SSHConnection?, pins: HostKeyIndex, warnings: [String] = [],
        deadline: ContinuousClock.Instant
    ) async throws(TransportError) -> SSHConnection {
        let session = SSHSession(target: hop.target, options: hop.options ?? options, reactor: group.pick())
        let socket: Int32? =
            if let via { try await via.session.openForward(to: hop.target, deadline: deadline) } else { nil }
        // With this preference a step of the handshake costs no visit to the global pool.
        var facts = try await withTaskExecutorPreference(session.reactor) { () async throws(TransportError) in
            try await session.connect(pins: pins, credentials: hop.credentials, adopting: socket, deadline: deadline)
        }
        facts.warnings = warnings + facts.warnings
        return SSHConnection(session: session, facts: facts, via: via)
    }

    /// The host keys that a server offers, without logging in: one connection per key type it could have.
    /// For `hostkeys scan`; what is returned is not trusted.
    package func scanHostKeys(of target: SSHTarget, deadline: ContinuousClock.Instant) async throws(TransportError)
        -> [SSHPublicKey]
    {
        var found: [SSHPublicKey] = []
        var last: TransportError?
        for type in options.algorithms.hostKeys where type != "rsa-sha2-256" {
            var options = options
            options.algorithms.hostKeys = [type]
            let session = SSHSession(target: target, options: options, reactor: group.pick())
            do {
                let key = try await session.fetchHostKey(type: type, deadline: deadline)
                if !found.contains(key) { found.append(key) }
            } catch {
                // A key type that the server does not have ends in a mismatch, which some report as a closed connection.
                guard error.code == .algorithmMismatch || error.code == .closed else { throw error }
                last = error
            }
        }
        if found.isEmpty, let last { throw last }
        return found
    }
}

/// One logged-in connection. Ends when closed or when nothing refers to it or its channels any more.
package final class SSHConnection: DeviceConnection {
    package let facts: ConnectionFacts
    let session: SSHSession
    /// The jump host's connection that carries this one.
    private let via: SSHConnection?

    init(session: SSHSession, facts: ConnectionFacts, via: SSHConnection? = nil) {
        (self.session, self.facts, self.via) = (session, facts, via)
    }

    deinit {
        let session = session
        session.reactor.perform { session.assumeIsolated { $0.tearDown() } }
    }

    /// The thread of this session. A task that prefers it as executor saves a thread switch per call; all its
    /// nonisolated async work then runs there, so only transport work belongs in such a task.
    package var executor: any TaskExecutor { session.reactor }

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
