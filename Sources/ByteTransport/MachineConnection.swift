import Synchronization

/// A connection to a `ServerHandler` in memory: no sockets, no login, the same machines as behind SSH.
///
/// A machine's `.wake` is carried out while a client reads its channel, at the time the machine asked for.
package final class MachineConnection: DeviceConnection {
    package let facts: ConnectionFacts
    private let handler: any ServerHandler
    private let connection: ServerConnection
    private let channels = Mutex<(open: [MachineChannel], isClosed: Bool)>(([], false))
    private static let nextID = Atomic<UInt64>(1)

    /// Connects and logs in; the error is the handler's refusal.
    package init(handler: any ServerHandler, login: LoginAttempt, facts: ConnectionFacts = .inMemory)
        throws(TransportError)
    {
        self.handler = handler
        self.facts = facts
        connection = ServerConnection(
            id: Self.nextID.wrappingAdd(1, ordering: .relaxed).newValue, peer: "memory", user: login.user)
        guard handler.accepts(connection) else {
            throw TransportError(.closed, what: "the device closed the connection at once", location: "memory")
        }
        guard handler.authenticate(login, on: connection) else {
            throw TransportError(
                .authenticationRefused, what: "the device refused the login of \(login.user)", location: "memory")
        }
    }

    package func open(_ kind: ChannelKind, deadline: ContinuousClock.Instant) async throws(TransportError)
        -> any ByteChannel
    {
        if channels.withLock({ $0.isClosed }) { throw TransportError(.closed, what: "the connection is closed") }
        let channel = MachineChannel()
        let request = ServerChannel(connection: connection, kind: kind) { [weak channel] in channel?.wake() }
        guard channel.start(with: handler, request: request, dropConnection: { [weak self] in self?.drop() }) else {
            switch kind {
            case .subsystem(let name):
                throw TransportError(.subsystemRefused, what: "the device refused the subsystem '\(name)'")
            case .shell, .exec:
                throw TransportError(.channelRefused, what: "the device refused the channel")
            }
        }
        let isTooLate = channels.withLock { state in
            state.open.append(channel)
            return state.isClosed
        }
        if isTooLate { await channel.close() }
        return channel
    }

    package func close() async { drop() }

    private func drop() {
        let open = channels.withLock { state -> [MachineChannel]? in
            defer { state = ([], true) }
            return state.isClosed ? nil : state.open
        }
        guard let open else { return }
        for channel in open { channel.end() }
        handler.closed(connection)
    }
}

extension ConnectionFacts {
    /// What a connection without a wire says of itself.
    package static var inMemory: ConnectionFacts {
        ConnectionFacts(peerBanner: "memory", hostKeyFingerprint: "none", warnings: ["in memory, no host key"])
    }
}

/// One channel of a `MachineConnection`.
final class MachineChannel: ByteChannel {
    /// The machine and its timer. Machines are not Sendable: this one was made inside the lock and never leaves it.
    private struct Inside {
        var machine: (any ServerChannelMachine)?
        var wakeAt: ContinuousClock.Instant?
    }
    // SAFETY: `inside` is only touched while `lock` is held.
    private nonisolated(unsafe) var inside = Inside()
    private let lock = Mutex(())
    private let output = InMemoryPipe()
    private let dropConnection = Mutex<(@Sendable () -> Void)?>(nil)

    func start(
        with handler: any ServerHandler, request: ServerChannel, dropConnection: @escaping @Sendable () -> Void
    ) -> Bool {
        self.dropConnection.withLock { $0 = dropConnection }
        guard let machine = handler.open(request) else { return false }
        lock.withLock { _ in inside.machine = machine }
        step { $0.opened(at: $1) }
        return true
    }

    func read(deadline: ContinuousClock.Instant) async throws(TransportError) -> [UInt8]? {
        while true {
            let bytes = output.takeAvailable()
            if !bytes.isEmpty { return bytes }
            let wakeAt = lock.withLock { _ in inside.wakeAt }
            if let wakeAt, wakeAt <= ContinuousClock.now {
                lock.withLock { _ in inside.wakeAt = nil }
                step { $0.woken(at: $1) }
                continue
            }
            guard let wakeAt, wakeAt < deadline else { return try await output.read(deadline: deadline) }
            try await output.waitForBytes(until: wakeAt)
            if output.isAbandoned { throw TransportError(.closed, what: "the channel was closed on this side") }
        }
    }

    func write(_ bytes: [UInt8], deadline: ContinuousClock.Instant) async throws(TransportError) {
        guard step({ $0.received(bytes, at: $1) }) else {
            throw TransportError(.closed, what: "the device closed the channel")
        }
    }

    func close() async {
        output.abandon()
        end()
    }

    /// The machine is told and let go.
    func end() {
        lock.withLock { _ in
            inside.machine?.closed(at: .now)
            inside.machine = nil
            inside.wakeAt = nil
        }
        output.finish()
    }

    func wake() { step { $0.woken(at: $1) } }

    /// Runs one event on the machine and carries out its actions. False when the machine is gone.
    @discardableResult
    private func step(_ event: (inout any ServerChannelMachine, ContinuousClock.Instant) -> [ServerChannelAction])
        -> Bool
    {
        let actions = lock.withLock { _ -> [ServerChannelAction]? in
            guard inside.machine != nil else { return nil }
            return inside.machine.map { machine in
                var machine = machine
                let actions = event(&machine, .now)
                inside.machine = machine
                return actions
            }
        }
        guard let actions else { return false }
        for action in actions {
            switch action {
            case .send(let bytes): output.append(bytes)
            case .exitStatus: break
            case .endOfFile: output.finish()
            case .close: end()
            case .disconnect, .drop:
                let drop = dropConnection.withLock { $0 }
                end()
                drop?()
            case .wake(let time):
                lock.withLock { _ in inside.wakeAt = time }
                output.poke()
            }
        }
        return true
    }
}
