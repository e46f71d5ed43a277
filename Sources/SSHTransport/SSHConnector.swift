package import ByteTransport
import Synchronization

/// Connects to devices over SSH. One value serves all devices of a run; sessions are spread over its reactors.
package struct SSHConnector: Sendable {
    private let group: ReactorGroup
    private let pool = SSHJumpPool()
    package var options: SSHClientOptions

    package init(options: SSHClientOptions = SSHClientOptions(), group: ReactorGroup? = nil) throws(TransportError) {
        if let group { self.group = group } else { self.group = try .shared() }
        self.options = options
    }

    /// Dials, checks the host key against `pins` and logs in. No secret is sent before the key was found pinned.
    /// Retries nothing.
    ///
    /// With `hops` the way leads through them in order, each a login of its own whose host key must be pinned too; names
    /// behind a hop are resolved by that hop. Connections to hops are shared between devices.
    package func connect(
        to target: SSHTarget, through hops: [SSHHop] = [], pins: HostKeyIndex, credentials: [SSHCredential],
        options: SSHClientOptions? = nil, deadline: ContinuousClock.Instant
    ) async throws(TransportError) -> SSHConnection {
        let via = try await way(through: hops, to: target, pins: pins, deadline: deadline)
        let session = SSHSession(
            target: target, options: options ?? self.options,
            reactor: reactor(for: credentials, options ?? self.options))
        do throws(TransportError) {
            var facts = try await connect(session, credentials, via: via, pins: pins, deadline: deadline)
            facts.warnings = warnings(along: via) + facts.warnings
            return SSHConnection(session: session, facts: facts, via: via)
        } catch {
            let explained = await explain(error, session, via: via, deadline: deadline)
            await via?.close()
            throw explained
        }
    }

    /// Logs in to a device that called: the host key that it proved is checked against `pins` as when dialling.
    package func connect(
        answering call: SSHCallHome.Call, as target: SSHTarget, pins: HostKeyIndex, credentials: [SSHCredential],
        deadline: ContinuousClock.Instant
    ) async throws(TransportError) -> SSHConnection {
        let session = call.session
        var facts = try await withTaskExecutorPreference(session.reactor) { () async throws(TransportError) in
            try await session.finish(as: target, pins: pins, credentials: credentials, deadline: deadline)
        }
        facts.warnings.append("the device called from \(call.peer)")
        return SSHConnection(session: session, facts: facts)
    }

    private func connect(
        _ session: SSHSession, _ credentials: [SSHCredential], via: SSHJumpLease?, pins: HostKeyIndex,
        deadline: ContinuousClock.Instant
    ) async throws(TransportError) -> ConnectionFacts {
        let socket = try await Self.socket(via, to: session.target, deadline: deadline)
        // With this preference a step of the handshake costs no visit to the global pool.
        return try await withTaskExecutorPreference(session.reactor) { () async throws(TransportError) in
            try await session.connect(pins: pins, credentials: credentials, adopting: socket, deadline: deadline)
        }
    }

    private static func socket(_ via: SSHJumpLease?, to target: SSHTarget, deadline: ContinuousClock.Instant)
        async throws(TransportError) -> Int32?
    {
        guard let via else { return nil }
        return try await via.way.session.openForward(to: target, deadline: deadline)
    }

    /// Signing with RSA, agents and old key exchanges take milliseconds to seconds of a thread: they get one of their own.
    private func reactor(for credentials: [SSHCredential], _ options: SSHClientOptions) -> Reactor {
        let isSlow = credentials.contains(where: \.isSlow) || options.algorithms.hasSlowKeyExchange
        return isSlow ? group.slow : group.pick()
    }

    /// Where libssh lost the reason of a failed key exchange, asks the device for its lists.
    private func explain(
        _ original: TransportError, _ session: SSHSession, via: SSHJumpLease?, deadline: ContinuousClock.Instant
    ) async -> TransportError {
        let mayBeMismatch: Bool
        switch original.code {
        case .algorithmMismatch: mayBeMismatch = true
        case .closed: mayBeMismatch = await session.endedInKeyExchange
        default: mayBeMismatch = false
        }
        guard mayBeMismatch else { return original }
        let probe = SSHSession(target: session.target, options: session.options, reactor: group.pick())
        do throws(TransportError) {
            let limit = min(deadline, .now + Self.probePatience)
            let socket = try await Self.socket(via, to: session.target, deadline: limit)
            let offer = try await probe.fetchOffer(adopting: socket, deadline: limit)
            let found = offer.mismatches(with: session.options.algorithms)
            return found.isEmpty ? original : probe.mismatch(found)
        } catch {
            // That the look failed says nothing about the first connection.
            return original
        }
    }

    private static let probePatience: Duration = .seconds(5)

    // MARK: Jump hosts

    /// Connections to jump hosts that are open or being opened.
    var jumpConnections: Int { pool.count }

    /// A place on the connection to the last of the hops; nil without hops.
    private func way(
        through hops: [SSHHop], to next: SSHTarget, pins: HostKeyIndex, deadline: ContinuousClock.Instant
    ) async throws(TransportError) -> SSHJumpLease? {
        guard let last = hops.last else { return nil }
        while true {
            let (lease, isNew) = pool.place(route: hops, next: next) {
                var options = last.options ?? self.options
                options.maximumChannels = SSHJumpPool.maximumForwards
                return SSHSession(
                    target: last.target, options: options, reactor: reactor(for: last.credentials, options))
            }
            do throws(TransportError) {
                if isNew {
                    try await open(lease.way, last, Array(hops.dropLast()), pins: pins, deadline: deadline)
                } else {
                    _ = try await lease.way.session.whenOpen(deadline: deadline)
                }
                return lease
            } catch {
                await lease.close()
                // Another task's patience or cancellation is not ours.
                let isOthers = !isNew && (error.code == .timedOut || error.code == .cancelled)
                if isOthers, ContinuousClock.now < deadline, !Task.isCancelled { continue }
                guard !error.what.hasPrefix(Self.jumpWords) else { throw error }
                var error = error
                error.what = "\(Self.jumpWords) \(last.target.location) on the way to \(next.location): \(error.what)"
                throw error
            }
        }
    }

    private static let jumpWords = "the jump host"

    private func open(
        _ way: SSHJumpPool.Way, _ hop: SSHHop, _ before: [SSHHop], pins: HostKeyIndex, deadline: ContinuousClock.Instant
    ) async throws(TransportError) {
        let session = way.session
        do throws(TransportError) {
            let via = try await self.way(through: before, to: hop.target, pins: pins, deadline: deadline)
            way.via.withLock { $0 = via }
            do throws(TransportError) {
                _ = try await connect(session, hop.credentials, via: via, pins: pins, deadline: deadline)
            } catch {
                let explained = await explain(error, session, via: via, deadline: deadline)
                way.via.withLock { $0 = nil }
                await via?.close()
                throw explained
            }
        } catch {
            // Those who wait for this session hear of it.
            await session.abandon(error)
            throw error
        }
    }

    private func warnings(along via: SSHJumpLease?) -> [String] {
        guard let via else { return [] }
        let own = via.way.session.negotiatedWarnings.withLock { $0 }
        return warnings(along: via.way.via.withLock { $0 })
            + own.map { "jump host \(via.way.session.target.location): \($0)" }
    }

    // MARK: Scanning

    /// The host keys that a server offers, without logging in there: one connection per key type it could have, through
    /// `hops` when there are some. For `hostkeys scan`; what is returned is not trusted.
    package func scanHostKeys(
        of target: SSHTarget, through hops: [SSHHop] = [], pins: HostKeyIndex = HostKeyIndex(),
        deadline: ContinuousClock.Instant
    ) async throws(TransportError) -> [SSHPublicKey] {
        let via = try await way(through: hops, to: target, pins: pins, deadline: deadline)
        do throws(TransportError) {
            let found = try await scan(target, via: via, deadline: deadline)
            await via?.close()
            return found
        } catch {
            await via?.close()
            throw error
        }
    }

    private func scan(_ target: SSHTarget, via: SSHJumpLease?, deadline: ContinuousClock.Instant)
        async throws(TransportError) -> [SSHPublicKey]
    {
        var found: [SSHPublicKey] = []
        var last: (session: SSHSession, error: TransportError)?
        for type in options.algorithms.hostKeys where type != "rsa-sha2-256" {
            var options = options
            options.algorithms.hostKeys = [type]
            let session = SSHSession(target: target, options: options, reactor: group.pick())
            let socket = try await Self.socket(via, to: target, deadline: deadline)
            do throws(TransportError) {
                let key = try await session.fetchHostKey(type: type, adopting: socket, deadline: deadline)
                if !found.contains(key) { found.append(key) }
            } catch {
                // A key type that the server does not have ends in a mismatch, which some report as a closed connection.
                guard error.code == .algorithmMismatch || error.code == .closed else { throw error }
                last = (SSHSession(target: target, options: self.options, reactor: group.pick()), error)
            }
        }
        if found.isEmpty, let last {
            throw await explain(mismatch: last.error, last.session, via: via, deadline: deadline)
        }
        return found
    }

    private func explain(
        mismatch error: TransportError, _ session: SSHSession, via: SSHJumpLease?, deadline: ContinuousClock.Instant
    ) async -> TransportError {
        var wrapped = error
        wrapped.code = .algorithmMismatch
        let explained = await explain(wrapped, session, via: via, deadline: deadline)
        return explained == wrapped ? error : explained
    }
}
