import ByteTransport
import CLibSSH
import CSystemCalls
import Diagnostics
import Glibc
import Synchronization

/// One client session with a device, pinned to a reactor: dials, checks the host key, logs in, carries channels.
///
///     idle ──▶ dialling ──▶ handshaking ──▶ open ──▶ ended
///                  └──▶ reading (plaintext, without libssh) ──▶ ended
///
/// Every step calls libssh without blocking and, when libssh wants to wait, suspends until the descriptor reports
/// something, the deadline passes or the task is cancelled. While open, readiness is handled at once on the reactor:
/// what arrived is moved into the channels' inboxes, then whoever waits looks again.
actor SSHSession: ReactorHandler {
    nonisolated let reactor: Reactor
    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }
    /// Where it leads; of a device that calls, known once its host key is.
    nonisolated var target: SSHTarget { targetBox.withLock { $0 } }
    private nonisolated let targetBox: Mutex<SSHTarget>
    nonisolated let options: SSHClientOptions

    enum Phase { case idle, dialling, reading, handshaking, open, ended }
    var phase = Phase.idle
    var session: ssh_session?
    private var event: ssh_event?
    private var token: Reactor.Token?
    /// The socket as long as it is ours; libssh has it afterwards.
    private var descriptor: Int32 = -1
    var rawDescriptor: Int32 { descriptor }
    /// Why the session ended by itself.
    var failure: TransportError?
    var channels: [UInt64: SSHClientChannelState] = [:]
    /// Ways through this host to others.
    var bridges: [UInt64: SSHForwardBridge] = [:]
    /// Bridges that may have something to move.
    nonisolated let bridgeQueue = SSHForwardBridge.Queue()
    /// Whether a server that speaks SSH ended the session during the key exchange.
    private(set) var endedInKeyExchange = false
    private var isExchangingKeys = false
    /// With what the host key signed, where its type does not tell.
    var hostKeyAlgorithm: String?
    /// What was negotiated, once open.
    private(set) var negotiated: ConnectionFacts?
    /// Its warnings, for whoever goes through this session.
    nonisolated let negotiatedWarnings = Mutex<[String]>([])
    /// Set when the session is over; readable from any thread.
    nonisolated let isOver = Atomic<Bool>(false)
    private var lastChannel: UInt64 = 0
    private var resolved: NameResolver.Answer?
    /// What the thread that speaks with the agent found.
    var agentAnswer: Result<Int32, TransportError>?

    private enum Wake: Sendable { case activity, deadline, cancelled }
    private struct Waiter {
        var id: UInt64
        var deadline: ContinuousClock.Instant
        var continuation: UnsafeContinuation<Wake, Never>
    }
    private var waiters: [Waiter] = []
    private var lastWaiter: UInt64 = 0
    /// Counts every event after which waiters should look again.
    private(set) var activity: UInt64 = 0
    private var timerAt: ContinuousClock.Instant?
    private var keepAliveAt: ContinuousClock.Instant?
    private var unansweredKeepAlives = 0
    /// What libssh counts; lives as long as the session.
    private let counter: UnsafeMutablePointer<ssh_counter_struct>
    private var bytesAtKeepAlive: UInt64 = 0

    /// Bytes that libssh has read from the socket so far.
    var receivedBytes: UInt64 { counter.pointee.in_bytes }

    private static let maximumReadsPerTurn = 64
    /// What libssh asks of the socket at once.
    static let libraryReadBytes: UInt64 = 4096
    /// Waiting for the last bytes to leave when a session is closed in order.
    private static let closeGrace: Duration = .seconds(2)

    init(target: SSHTarget, options: SSHClientOptions, reactor: Reactor) {
        targetBox = Mutex(target)
        self.options = options
        self.reactor = reactor
        counter = .allocate(capacity: 1)
        counter.initialize(to: ssh_counter_struct())
    }

    isolated deinit {
        tearDown()
        counter.deallocate()
    }

    // MARK: Waiting

    /// Suspends until something happened; throws at the deadline and when the task is cancelled.
    ///
    /// `seen` is `activity` as it was when the caller found nothing to do. The call itself may suspend, since the runtime
    /// does not always see that it is on the right executor; what happens before the first line must not be missed.
    func pause(until deadline: ContinuousClock.Instant, for what: String, since seen: UInt64)
        async throws(TransportError)
    {
        if let failure { throw failure }
        guard !Task.isCancelled else { throw cancelled(what) }
        watch()
        lastWaiter += 1
        let id = lastWaiter
        let wake = await withTaskCancellationHandler {
            await withUnsafeContinuation { (continuation: UnsafeContinuation<Wake, Never>) in
                if activity != seen { return continuation.resume(returning: .activity) }
                if Task.isCancelled { return continuation.resume(returning: .cancelled) }
                waiters.append(Waiter(id: id, deadline: deadline, continuation: continuation))
                armTimer(at: deadline)
            }
        } onCancel: {
            reactor.perform { self.assumeIsolated { $0.cancel(id) } }
        }
        switch wake {
        case .activity: return
        case .cancelled: throw cancelled(what)
        case .deadline:
            throw TransportError(
                .timedOut, what: "no answer while waiting for \(what)", location: target.location,
                remedy: "check that the device is reachable and not overloaded, or allow more time")
        }
    }

    private func cancelled(_ what: String) -> TransportError {
        TransportError(.cancelled, what: "cancelled while waiting for \(what)", location: target.location)
    }

    private func cancel(_ id: UInt64) {
        guard let index = waiters.firstIndex(where: { $0.id == id }) else { return }
        waiters.remove(at: index).continuation.resume(returning: .cancelled)
    }

    private func wakeAll() {
        activity += 1
        if !bridges.isEmpty {
            pumpBridges()
            watch()
        }
        guard !waiters.isEmpty else { return }
        // The usual case keeps the array's memory.
        if waiters.count == 1, let waiter = waiters.popLast() {
            return waiter.continuation.resume(returning: .activity)
        }
        var all: [Waiter] = []
        swap(&all, &waiters)
        for waiter in all { waiter.continuation.resume(returning: .activity) }
    }

    private func armTimer(at time: ContinuousClock.Instant) {
        guard let token else { return }
        if let timerAt, timerAt <= time { return }
        timerAt = time
        reactor.setTimer(token, at: time)
    }

    // MARK: Events of the reactor

    nonisolated func ready(_ events: UInt32) { assumeIsolated { $0.handleReady() } }
    nonisolated func timerFired() { assumeIsolated { $0.handleTimer() } }

    private func handleReady() {
        switch phase {
        case .idle, .ended: wakeAll()
        case .dialling, .reading, .handshaking:
            // Whoever waits calls libssh again. Nobody waits: stop asking, else the loop would spin.
            if waiters.isEmpty { pauseWatching() }
            wakeAll()
        case .open:
            drain()
            watch()
            wakeAll()
        }
    }

    private func handleTimer() {
        let now = ContinuousClock.now
        timerAt = nil
        let due = waiters.filter { $0.deadline <= now }
        waiters.removeAll { $0.deadline <= now }
        for waiter in due { waiter.continuation.resume(returning: .deadline) }
        if let due = keepAliveAt, due <= now {
            // A session that has failed sends none any more; a time in the past would fire for ever.
            keepAliveAt = nil
            sendKeepAlive(now)
        }
        if let next = (waiters.map(\.deadline) + [keepAliveAt].compactMap(\.self)).min() { armTimer(at: next) }
    }

    /// libssh consumes the previous answer in one call and asks in the next; liveness shows in the byte counter.
    private func sendKeepAlive(_ now: ContinuousClock.Instant) {
        guard phase == .open, let session, let interval = options.keepAlive else { return }
        if counter.pointee.in_bytes != bytesAtKeepAlive { unansweredKeepAlives = 0 }
        guard unansweredKeepAlives < options.maximumUnansweredKeepAlives else {
            return fail(
                TransportError(
                    .closed, what: "the device answered none of \(unansweredKeepAlives) keep-alives",
                    location: target.location, remedy: "check the path to the device"))
        }
        bytesAtKeepAlive = counter.pointee.in_bytes
        unansweredKeepAlives += 1
        ssh_send_keepalive(session)
        ssh_send_keepalive(session)
        keepAliveAt = now + interval
        watch()
    }

    /// Moves what arrived into the inboxes, a bounded amount per turn.
    private func drain() {
        guard let session, let event else { return }
        for _ in 0..<Self.maximumReadsPerTurn {
            let before = counter.pointee.in_bytes
            guard ssh_event_dopoll(event, 0) == SSH_OK else { break }
            // A read that was not filled has emptied the socket; asking once more would cost a system call each time.
            if counter.pointee.in_bytes &- before < Self.libraryReadBytes { break }
        }
        if ssh_is_connected(session) == 0 || ssh_get_fd(session) < 0 { fail(closedByPeer()) }
    }

    /// What the peer said when it left.
    func closedByPeer() -> TransportError {
        let message = session.flatMap { ssh_get_disconnect_message($0) }.map { String(cString: $0) } ?? ""
        return TransportError(
            .closed,
            what: message.isEmpty
                ? "the device closed the connection" : "the device closed the connection: \(safeForDisplay(message))",
            location: target.location, remedy: "look at the device's log; session limits and idle timers close too")
    }

    /// Ends the session with an error that every waiting and later call gets.
    func fail(_ error: TransportError) {
        if failure == nil { failure = error }
        isOver.store(true, ordering: .releasing)
        wakeAll()
    }

    private func watch() {
        guard let token, phase != .ended else { return }
        if phase == .dialling {
            if descriptor >= 0 { reactor.watch(token, descriptor, EPOLLOUT.rawValue) }
            return
        }
        if phase == .reading {
            if descriptor >= 0 { reactor.watch(token, descriptor, EPOLLIN.rawValue) }
            return
        }
        guard let session else { return }
        let open = ssh_get_fd(session)
        guard open >= 0 else { return reactor.unwatch(token, openDescriptor: nil) }
        let isPending = ssh_get_status(session) & SSH_WRITE_PENDING != 0
        reactor.watch(token, open, EPOLLIN.rawValue | (isPending ? EPOLLOUT.rawValue : 0))
    }

    private func pauseWatching() {
        guard let token else { return }
        let open = session.map { ssh_get_fd($0) } ?? descriptor
        if open >= 0 {
            reactor.unwatch(token, openDescriptor: open)
        } else {
            reactor.unwatch(token, openDescriptor: nil)
        }
    }

    // MARK: Life

    /// Dials, exchanges keys, checks the host key and logs in. On any error the session is torn down.
    func connect(
        pins: HostKeyIndex, credentials: [SSHCredential], adopting socket: Int32? = nil,
        deadline: ContinuousClock.Instant
    ) async throws(TransportError) -> ConnectionFacts {
        do {
            if let socket { descriptor = socket }
            let token = reactor.register(self)
            self.token = token
            while !reactor.admit(token) {
                try await pause(until: deadline, for: "a free place to connect", since: activity)
            }
            let connected = options.connectTimeout.map { min(deadline, .now + $0) } ?? deadline
            if socket == nil { try await dial(deadline: connected) }
            isExchangingKeys = true
            try await exchangeKeys(pinnedTypes: pins.pinnedTypes(of: target), connected)
            isExchangingKeys = false
            let key = try serverKey()
            try check(key, against: pins)
            try await logIn(credentials, deadline: deadline)
            reactor.leaveAdmission(token)
            let facts = facts(key)
            negotiated = facts
            negotiatedWarnings.withLock { $0 = facts.warnings }
            try becomeOpen()
            wakeAll()
            return facts
        } catch {
            if failure == nil { failure = error }
            endedInKeyExchange = isExchangingKeys && session.map { ssh_get_serverbanner($0) != nil } ?? false
            tearDown()
            throw error
        }
    }

    /// Takes a connection that a device made up to its host key; nothing is sent that tells who we are. It then waits.
    func answer(_ socket: Int32, deadline: ContinuousClock.Instant) async throws(TransportError) -> SSHPublicKey {
        do throws(TransportError) {
            descriptor = socket
            configure(socket)
            let token = reactor.register(self)
            self.token = token
            while !reactor.admit(token) {
                try await pause(until: deadline, for: "a free place to connect", since: activity)
            }
            try await exchangeKeys(pinnedTypes: [], deadline)
            reactor.leaveAdmission(token)
            return try serverKey()
        } catch {
            tearDown()
            throw error
        }
    }

    /// Checks the host key of an answered call against what is pinned for the device, and logs in.
    func finish(
        as target: SSHTarget, pins: HostKeyIndex, credentials: [SSHCredential], deadline: ContinuousClock.Instant
    ) async throws(TransportError) -> ConnectionFacts {
        do throws(TransportError) {
            guard phase == .handshaking, let session else { throw failure ?? closedByPeer() }
            targetBox.withLock { $0 = target }
            ssh_options_set(session, SSH_OPTIONS_USER, target.user)
            let key = try serverKey()
            try check(key, against: pins)
            try await logIn(credentials, deadline: deadline)
            let facts = facts(key)
            try becomeOpen()
            return facts
        } catch {
            if failure == nil { failure = error }
            tearDown()
            throw error
        }
    }

    /// Ends a session that will not be connected, for a reason outside it.
    func abandon(_ error: TransportError) {
        if failure == nil { failure = error }
        tearDown()
    }

    /// Waits for a connection that another task makes; throws what that one failed with.
    func whenOpen(deadline: ContinuousClock.Instant) async throws(TransportError) -> ConnectionFacts {
        while true {
            if let failure { throw failure }
            if phase == .open, let negotiated { return negotiated }
            try await pause(until: deadline, for: "another connection to the same jump host", since: activity)
        }
    }

    /// A connected socket for a conversation without libssh.
    func beginRaw(adopting socket: Int32?, deadline: ContinuousClock.Instant) async throws(TransportError) {
        if let socket { descriptor = socket }
        token = reactor.register(self)
        if socket == nil { try await dial(deadline: deadline) }
        phase = .reading
    }

    /// Exchanges keys with one host key type and returns the key; nothing is sent that tells who we are.
    func fetchHostKey(type: String, adopting socket: Int32?, deadline: ContinuousClock.Instant)
        async throws(TransportError) -> SSHPublicKey
    {
        defer { tearDown() }
        if let socket { descriptor = socket }
        let token = reactor.register(self)
        self.token = token
        while !reactor.admit(token) {
            try await pause(until: deadline, for: "a free place to connect", since: activity)
        }
        if socket == nil { try await dial(deadline: deadline) }
        try await exchangeKeys(pinnedTypes: [], deadline)
        return try serverKey()
    }

    private func dial(deadline: ContinuousClock.Instant) async throws(TransportError) {
        phase = .dialling
        if resolved == nil {
            NameResolver.shared.resolve(target.host, port: target.port) { [reactor] answer in
                reactor.perform { self.assumeIsolated { $0.accept(answer) } }
            }
        }
        while resolved == nil {
            try await pause(until: deadline, for: "the address of \(target.host)", since: activity)
        }
        let addresses: [SocketAddress]
        switch resolved {
        case .success(let found): addresses = found
        case .failure(let error): throw error
        case nil: addresses = []
        }
        var last = TransportError(.nameUnknown, what: "no address for \(target.host)", location: target.location)
        for (index, address) in addresses.enumerated() {
            let now = ContinuousClock.now
            let share = now + (deadline - now) / (addresses.count - index)
            do {
                try await dial(address, deadline: share)
                return
            } catch {
                if error.code == .cancelled { throw error }
                last = error
            }
        }
        throw last
    }

    private func accept(_ answer: NameResolver.Answer) {
        resolved = answer
        wakeAll()
    }

    private func dial(_ address: SocketAddress, deadline: ContinuousClock.Instant) async throws(TransportError) {
        descriptor = socket(
            address.family, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw TransportError.connecting(errno, to: "\(address)") }
        do throws(TransportError) {
            configure(descriptor)
            let status = address.withPointer { Glibc.connect(descriptor, $0, $1) }
            if status == 0 { return }
            guard errno == EINPROGRESS else { throw TransportError.connecting(errno, to: "\(address)") }
            while true {
                try await pause(until: deadline, for: "\(address) to accept the connection", since: activity)
                var event = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                if poll(&event, 1, 0) > 0 { break }
            }
            var code: Int32 = 0
            var length = socklen_t(MemoryLayout<Int32>.size)
            getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
            guard code == 0 else { throw TransportError.connecting(code, to: "\(address)") }
        } catch {
            if let token { reactor.unwatch(token, openDescriptor: descriptor) }
            Glibc.close(descriptor)
            descriptor = -1
            throw error
        }
    }

    private func configure(_ descriptor: Int32) {
        func set(_ level: Int32, _ option: Int32, _ value: Int32) {
            var value = value
            setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
        }
        set(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        set(SOL_SOCKET, SO_KEEPALIVE, 1)
        set(Int32(IPPROTO_TCP), TCP_KEEPIDLE, 30)
        set(Int32(IPPROTO_TCP), TCP_KEEPINTVL, 10)
        set(Int32(IPPROTO_TCP), TCP_KEEPCNT, 6)
    }

    /// Hands the connected socket to libssh.
    func adoptSocket(_ session: ssh_session) {
        self.session = session
        ssh_set_counters(session, counter, nil)
        var socket = descriptor
        ssh_options_set(session, SSH_OPTIONS_FD, &socket)
        phase = .handshaking
    }

    private func becomeOpen() throws(TransportError) {
        guard let session, let event = ssh_event_new(), ssh_event_add_session(event, session) == SSH_OK else {
            throw TransportError(.limitExceeded, what: "out of memory", location: target.location)
        }
        self.event = event
        phase = .open
        if let interval = options.keepAlive {
            let first = ContinuousClock.now + interval
            keepAliveAt = first
            armTimer(at: first)
        }
        watch()
    }

    /// Closes in order: what was written leaves first, as far as the peer takes it soon.
    func close() async {
        if phase == .open, let session {
            let limit = ContinuousClock.now + Self.closeGrace
            while failure == nil, ssh_get_status(session) & SSH_WRITE_PENDING != 0 {
                do { try await pause(until: limit, for: "the last bytes to leave", since: activity) } catch { break }
                if phase != .open { return }
            }
        }
        tearDown()
    }

    /// Frees everything. May be called twice.
    func tearDown() {
        guard phase != .ended else { return }
        phase = .ended
        isOver.store(true, ordering: .releasing)
        if failure == nil {
            failure = TransportError(.closed, what: "the connection was closed here", location: target.location)
        }
        let live = session.map { ssh_get_fd($0) } ?? descriptor
        if let token {
            reactor.leaveAdmission(token)
            reactor.unwatch(token, openDescriptor: live >= 0 ? live : nil)
            reactor.unregister(token)
        }
        token = nil
        if case .success(let descriptor) = agentAnswer { Glibc.close(descriptor) }
        agentAnswer = nil
        for bridge in Array(bridges.values) { end(bridge) }
        for channel in channels.values { channel.free() }
        channels = [:]
        if let session {
            if let event {
                ssh_event_remove_session(event, session)
                ssh_event_free(event)
            }
            ssh_disconnect(session)
            ssh_free(session)
        }
        // libssh leaves the descriptor open after ssh_disconnect, unless it closed it itself before (-1).
        if live >= 0 { Glibc.close(live) }
        (session, event, descriptor) = (nil, nil, -1)
        wakeAll()
    }

    /// A number for the next channel.
    func nextChannelID() -> UInt64 {
        lastChannel += 1
        return lastChannel
    }

    /// After libssh was called for one purpose, callbacks may have served another.
    func afterCall() {
        watch()
        wakeAll()
    }

    var libraryError: String {
        session.map { String(cString: ssh_get_error(UnsafeMutableRawPointer($0))) } ?? ""
    }
}
