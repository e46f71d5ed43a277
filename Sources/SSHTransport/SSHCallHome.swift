package import ByteTransport
import CSystemCalls
import Glibc
import Synchronization

/// Accepts the connections that devices make themselves (RFC 8071), and keeps them for who asks for the device.
///
///     let calls = try SSHCallHome(address: "0.0.0.0", port: 4334) { key in namesOfDevicesWith(key) }
///     async let serving: Void = calls.run()
///     let call = try await calls.call(from: "r1", deadline: …)      // then SSHConnector.connect(answering: call, …)
///     calls.stop(); await serving
///
/// Who calls is told by the host key that the device proves to hold in the key exchange, never by the address it comes from.
/// A key that belongs to no device, or to several, ends the connection before anything about us but the banner was sent. The
/// login, with the device's own credentials and its own check of the host key, follows when somebody asks for the device.
package final class SSHCallHome: Sendable {
    /// A connection whose host key is known and which is not logged in to yet.
    package struct Call: Sendable {
        let session: SSHSession
        package let key: SSHPublicKey
        /// `address:port` it came from.
        package let peer: String
    }
    /// What became of a connection that was not kept; for people.
    package enum Event: Equatable, Sendable {
        case unknownKey(peer: String, fingerprint: String)
        case ambiguousKey(peer: String, fingerprint: String, devices: [String])
        case failed(peer: String, what: String)
    }

    package let port: Int
    private let listener: CallListener
    private let group: ReactorGroup
    private let options: SSHClientOptions
    private let identify: @Sendable (SSHPublicKey) -> [String]
    private let report: @Sendable (Event) -> Void
    private let room = Mutex(Room())

    private struct Waiter: Sendable {
        var id: UInt64
        var device: String
        var continuation: CheckedContinuation<Call?, Never>
    }
    private struct Room: Sendable {
        /// Kept calls by device, the oldest first.
        var calls: [String: [Call]] = [:]
        var waiters: [Waiter] = []
        var lastWaiter: UInt64 = 0
        var isStopped = false
    }

    /// From accept to a known host key.
    static let handshakeLimit: Duration = .seconds(20)
    /// Kept connections of one device; an older one goes when another comes.
    static let maximumCallsPerDevice = 2
    /// Connections accepted and not identified yet; more are closed at once.
    static let maximumUnidentified = 256

    /// Listens at once. `identify` names the devices for which a key is pinned; it is called from any thread.
    package init(
        address: String, port: Int, options: SSHClientOptions = SSHClientOptions(), group: ReactorGroup? = nil,
        report: @escaping @Sendable (Event) -> Void = { _ in }, identify: @escaping @Sendable (SSHPublicKey) -> [String]
    ) throws(TransportError) {
        if let group { self.group = group } else { self.group = try .shared() }
        let (descriptor, bound) = try SSHServer.listen(address, port)
        self.port = bound
        listener = CallListener(descriptor: descriptor, reactor: self.group.pick())
        (self.options, self.identify, self.report) = (options, identify, report)
        listener.start()
    }

    /// Identifies who calls, until `stop`.
    package func run() async {
        await withDiscardingTaskGroup { group in
            for await socket in listener.accepted {
                group.addTask { await self.receive(socket) }
            }
        }
    }

    /// Closes the port and every kept connection; whoever waits for a call gets an error.
    package func stop() {
        listener.stop()
        let (calls, waiters) = room.withLock { room in
            defer { room = Room(isStopped: true) }
            return (room.calls.values.flatMap(\.self), room.waiters)
        }
        for waiter in waiters { waiter.continuation.resume(returning: nil) }
        for call in calls { Self.drop(call) }
    }

    /// The next connection of a device, kept or still to come.
    package func call(from device: String, deadline: ContinuousClock.Instant) async throws(TransportError) -> Call {
        let answer = await withTaskGroup(of: Call?.self) { group in
            group.addTask { await self.next(device) }
            group.addTask {
                try? await Task.sleep(until: deadline, clock: .continuous)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            // The other one may have got a call in the same moment: it goes back.
            for await late in group { if let late { self.keep(late, for: device) } }
            return first
        }
        if let answer { return answer }
        guard !Task.isCancelled else {
            throw TransportError(.cancelled, what: "cancelled while waiting for \(device) to call", location: device)
        }
        throw TransportError(
            .timedOut, what: "\(device) has not called on port \(port)", location: device,
            remedy: "check that the device is configured to call this host and port, and that its host key is pinned")
    }

    private func next(_ device: String) async -> Call? {
        let id = room.withLock { room -> UInt64 in
            room.lastWaiter += 1
            return room.lastWaiter
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let now = room.withLock { room -> (hasAnswer: Bool, call: Call?) in
                    if room.isStopped || Task.isCancelled { return (true, nil) }
                    while let call = room.calls[device]?.first {
                        room.calls[device]?.removeFirst()
                        if !call.session.isOver.load(ordering: .acquiring) { return (true, call) }
                    }
                    room.waiters.append(Waiter(id: id, device: device, continuation: continuation))
                    return (false, nil)
                }
                if now.hasAnswer { continuation.resume(returning: now.call) }
            }
        } onCancel: {
            let waiter = room.withLock { room in
                room.waiters.firstIndex { $0.id == id }.map { room.waiters.remove(at: $0) }
            }
            waiter?.continuation.resume(returning: nil)
        }
    }

    private func keep(_ call: Call, for device: String) {
        let (waiter, dropped) = room.withLock { room -> (Waiter?, Call?) in
            if room.isStopped { return (nil, call) }
            if let index = room.waiters.firstIndex(where: { $0.device == device }) {
                return (room.waiters.remove(at: index), nil)
            }
            room.calls[device, default: []].append(call)
            guard let kept = room.calls[device], kept.count > Self.maximumCallsPerDevice else { return (nil, nil) }
            return (nil, room.calls[device]?.removeFirst())
        }
        waiter?.continuation.resume(returning: call)
        if let dropped { Self.drop(dropped) }
    }

    private static func drop(_ call: Call) {
        let session = call.session
        session.reactor.perform { session.assumeIsolated { $0.tearDown() } }
    }

    private func receive(_ socket: Int32) async {
        defer { listener.identified() }
        let peer = SocketAddress.peer(of: socket)
        let name = peer?.description ?? "unknown"
        let session = SSHSession(
            target: SSHTarget(host: peer?.host ?? "unknown", port: peer?.port ?? 0, user: ""), options: options,
            reactor: group.pick())
        do throws(TransportError) {
            let key = try await withTaskExecutorPreference(session.reactor) { () async throws(TransportError) in
                try await session.answer(socket, deadline: .now + Self.handshakeLimit)
            }
            let devices = identify(key)
            guard devices.count == 1, let device = devices.first else {
                await session.close()
                return report(
                    devices.isEmpty
                        ? .unknownKey(peer: name, fingerprint: key.fingerprint)
                        : .ambiguousKey(peer: name, fingerprint: key.fingerprint, devices: devices.sorted()))
            }
            keep(Call(session: session, key: key, peer: name), for: device)
        } catch {
            report(.failed(peer: name, what: error.what))
        }
    }
}

/// The listening socket; hands accepted ones to a stream.
private final class CallListener: ReactorHandler, @unchecked Sendable {
    // SAFETY: everything but `unidentified` and the stream is touched on the reactor's thread only.
    let accepted: AsyncStream<Int32>
    private let continuation: AsyncStream<Int32>.Continuation
    private let reactor: Reactor
    private var descriptor: Int32
    private var token: Reactor.Token?
    private let unidentified = Atomic<Int>(0)
    /// Pause when the process has no descriptor left.
    private static let acceptPause: Duration = .milliseconds(100)

    init(descriptor: Int32, reactor: Reactor) {
        (self.descriptor, self.reactor) = (descriptor, reactor)
        (accepted, continuation) = AsyncStream.makeStream(of: Int32.self)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func start() {
        reactor.perform { [self] in
            guard descriptor >= 0 else { return }
            let token = reactor.register(self)
            self.token = token
            reactor.watch(token, descriptor, EPOLLIN.rawValue)
        }
    }

    func stop() {
        reactor.perform { [self] in
            if let token {
                reactor.unwatch(token, openDescriptor: descriptor)
                reactor.unregister(token)
                close(descriptor)
            }
            (token, descriptor) = (nil, -1)
            continuation.finish()
        }
    }

    func identified() { unidentified.wrappingSubtract(1, ordering: .relaxed) }

    func timerFired() {
        if let token { reactor.watch(token, descriptor, EPOLLIN.rawValue) }
    }

    func ready(_ events: UInt32) {
        while true {
            let peer = csystem_accept(descriptor)
            if peer < 0 {
                if errno == EMFILE || errno == ENFILE, let token {
                    reactor.unwatch(token, openDescriptor: descriptor)
                    reactor.setTimer(token, at: .now + Self.acceptPause)
                }
                return
            }
            _ = fcntl(peer, F_SETFL, O_NONBLOCK)
            guard unidentified.load(ordering: .relaxed) < SSHCallHome.maximumUnidentified else {
                close(peer)
                continue
            }
            unidentified.wrappingAdd(1, ordering: .relaxed)
            continuation.yield(peer)
        }
    }
}
