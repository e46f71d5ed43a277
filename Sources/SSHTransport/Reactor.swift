package import ByteTransport
import CLibSSH
import CSystemCalls
import Glibc
import Synchronization

/// What a reactor calls about one registration; always on the reactor's thread.
protocol ReactorHandler: AnyObject, Sendable {
    /// The descriptor reported these epoll events.
    func ready(_ events: UInt32)
    /// The registration's timer ran out.
    func timerFired()
}

/// One thread with one epoll set: the executor of every session and server pinned to it.
///
/// It is a `SerialExecutor`, so actors live on it, and a `TaskExecutor`, so that a task that prefers it resumes here
/// without a detour over the global pool. Nothing but short non-blocking work may run on it.
///
/// Registrations go by token with a generation, not by descriptor number: libssh closes descriptors itself on socket
/// errors, and the number may belong to another session before the owner notices.
package final class Reactor: SerialExecutor, TaskExecutor, @unchecked Sendable {
    // SAFETY: everything below `inbox` is touched on the reactor's thread only; `inbox` is guarded by its mutex.

    /// Names a registration; never used again for another one.
    struct Token: Hashable, Sendable {
        fileprivate var slot: UInt32
        fileprivate var generation: UInt32
        fileprivate var packed: UInt64 { UInt64(generation) << 32 | UInt64(slot) }
    }

    private struct Slot {
        var generation: UInt32 = 0
        var handler: (any ReactorHandler)?
        /// What the epoll set was told; 0 when the descriptor is not in it.
        var interest: UInt32 = 0
        var isWatched = false
    }

    private struct Inbox {
        var jobs: [UnownedJob] = []
        var calls: [@Sendable () -> Void] = []
        var isWoken = false
    }

    private let inbox = Mutex(Inbox())
    private let threadID = Atomic<UInt>(0)
    private let epoll: Int32
    private let wakeUp: Int32
    private var slots: [Slot] = []
    private var freeSlots: [UInt32] = []
    private var timers = TimerHeap()
    private var due: [Token] = []
    private var running: [UnownedJob] = []
    private var calling: [@Sendable () -> Void] = []
    private var admitted: Set<Token> = []
    private var awaitingAdmission: [Token] = []
    /// Last line that libssh logged about algorithms without a common entry; taken by the session that failed.
    private var algorithmComplaint: String?
    /// What libssh said it negotiated, while `hearingNegotiation` listens.
    private var negotiation: String?
    /// Set-up sessions to copy, on the reactor's thread only.
    let sessionPatterns = SSHSessionPatterns()

    private static let maximumEventsPerTurn = 512
    private static let maximumJobTurnsPerPoll = 16
    private static let wakeUpMark = UInt64.max

    /// Starts a thread; throws when the system has no descriptor or thread left.
    package init() throws(TransportError) {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        wakeUp = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard epoll >= 0, wakeUp >= 0 else {
            let error = TransportError.system("create a reactor", errno)
            if epoll >= 0 { close(epoll) }
            if wakeUp >= 0 { close(wakeUp) }
            throw error
        }
        var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(u64: Self.wakeUpMark))
        epoll_ctl(epoll, EPOLL_CTL_ADD, wakeUp, &event)
        Self.prepareProcess
        var thread = pthread_t()
        let box = Unmanaged.passRetained(self)
        let status = pthread_create(
            &thread, nil,
            { raw in
                guard let raw else { return nil }
                Unmanaged<Reactor>.fromOpaque(raw).takeUnretainedValue().run()
                return nil
            }, box.toOpaque())
        guard status == 0 else {
            box.release()
            throw TransportError.system("start a reactor thread", status)
        }
        pthread_detach(thread)
    }

    /// Once per process: libssh's own set-up, and no death by a closed pipe.
    private static let prepareProcess: Void = {
        signal(SIGPIPE, SIG_IGN)
        ssh_init()
    }()

    // MARK: Executor

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        post { $0.jobs.append(job) }
    }

    /// Runs a closure on the reactor's thread soon.
    func perform(_ call: @escaping @Sendable () -> Void) {
        post { $0.calls.append(call) }
    }

    private func post(_ change: (inout Inbox) -> Void) {
        let needsWake = inbox.withLock { inbox -> Bool in
            change(&inbox)
            guard !inbox.isWoken, !isCurrent else { return false }
            inbox.isWoken = true
            return true
        }
        if needsWake {
            var one: UInt64 = 1
            _ = write(wakeUp, &one, 8)
        }
    }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
    package func asUnownedTaskExecutor() -> UnownedTaskExecutor { UnownedTaskExecutor(ordinary: self) }
    package func isIsolatingCurrentContext() -> Bool? { isCurrent }
    package func checkIsolated() { precondition(isCurrent, "called outside the reactor's thread") }

    /// True on the reactor's own thread.
    var isCurrent: Bool { threadID.load(ordering: .relaxed) == UInt(pthread_self()) }

    // MARK: Registrations (reactor thread only)

    /// A new registration without a descriptor; it may have a timer.
    func register(_ handler: any ReactorHandler) -> Token {
        assert(isCurrent)
        let slot: UInt32
        if let free = freeSlots.popLast() {
            slot = free
        } else {
            slot = UInt32(slots.count)
            slots.append(Slot())
        }
        slots[Int(slot)].handler = handler
        return Token(slot: slot, generation: slots[Int(slot)].generation)
    }

    /// Asks for events of a descriptor that is known to be open; errors and hang-ups are always reported.
    func watch(_ token: Token, _ descriptor: Int32, _ interest: UInt32) {
        assert(isCurrent)
        guard let index = index(of: token) else { return }
        if slots[index].isWatched, slots[index].interest == interest { return }
        var event = epoll_event(events: interest, data: epoll_data_t(u64: token.packed))
        epoll_ctl(epoll, slots[index].isWatched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, descriptor, &event)
        slots[index].isWatched = true
        slots[index].interest = interest
    }

    /// Forgets the descriptor; it is taken out of the epoll set only while it is still open (else pass nil).
    func unwatch(_ token: Token, openDescriptor: Int32?) {
        assert(isCurrent)
        guard let index = index(of: token), slots[index].isWatched else { return }
        if let openDescriptor { epoll_ctl(epoll, EPOLL_CTL_DEL, openDescriptor, nil) }
        slots[index].isWatched = false
        slots[index].interest = 0
    }

    /// Sets or removes the registration's one timer.
    func setTimer(_ token: Token, at time: ContinuousClock.Instant?) {
        assert(isCurrent)
        guard index(of: token) != nil else { return }
        timers.set(token.slot, at: time)
    }

    /// Ends a registration: no call comes any more. `unwatch` comes first.
    func unregister(_ token: Token) {
        assert(isCurrent)
        guard let index = index(of: token) else { return }
        timers.set(token.slot, at: nil)
        slots[index].handler = nil
        slots[index].isWatched = false
        slots[index].interest = 0
        slots[index].generation &+= 1
        freeSlots.append(token.slot)
    }

    private func index(of token: Token) -> Int? {
        let index = Int(token.slot)
        return index < slots.count && slots[index].generation == token.generation && slots[index].handler != nil
            ? index : nil
    }

    // MARK: Admission (reactor thread only)

    /// Handshakes in progress at once; more would only make every one of them slow.
    static let maximumHandshakes = 128

    /// Takes a place for a handshake. False: queued, and `ready(0)` comes when there is one.
    func admit(_ token: Token) -> Bool {
        assert(isCurrent)
        if admitted.contains(token) { return true }
        guard admitted.count < Self.maximumHandshakes else {
            if !awaitingAdmission.contains(token) { awaitingAdmission.append(token) }
            return false
        }
        admitted.insert(token)
        return true
    }

    /// Gives the place, or the place in the queue, back. May be called without having one.
    func leaveAdmission(_ token: Token) {
        assert(isCurrent)
        guard admitted.remove(token) != nil else {
            awaitingAdmission.removeAll { $0 == token }
            return
        }
        while !awaitingAdmission.isEmpty {
            let next = awaitingAdmission.removeFirst()
            guard let index = index(of: next) else { continue }
            admitted.insert(next)
            slots[index].handler?.ready(0)
            return
        }
    }

    /// Clears and returns what libssh complained about since the last call.
    func takeAlgorithmComplaint() -> String? {
        defer { algorithmComplaint = nil }
        return algorithmComplaint
    }

    // MARK: The thread

    private func run() {
        threadID.store(UInt(pthread_self()), ordering: .sequentiallyConsistent)
        listenToLibrary()
        let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: Self.maximumEventsPerTurn)
        while true {
            let hasMore = runJobs()
            fireTimers()
            let mayWait = !hasMore && inbox.withLock { $0.jobs.isEmpty && $0.calls.isEmpty }
            let count = epoll_wait(
                epoll, events, Int32(Self.maximumEventsPerTurn), mayWait ? timers.millisecondsToNext() : 0)
            for position in 0..<max(0, Int(count)) {
                let mark = events[position].data.u64
                if mark == Self.wakeUpMark {
                    var counter: UInt64 = 0
                    _ = read(wakeUp, &counter, 8)
                    continue
                }
                let token = Token(slot: UInt32(truncatingIfNeeded: mark), generation: UInt32(mark >> 32))
                guard let index = index(of: token) else { continue }
                slots[index].handler?.ready(events[position].events)
            }
        }
    }

    /// Fires what is due now; a timer that is set to the past meanwhile waits for the next turn, so that it cannot keep the
    /// thread from its sockets.
    private func fireTimers() {
        let now = ContinuousClock.now
        while let slot = timers.popDue(now) { due.append(Token(slot: slot, generation: slots[Int(slot)].generation)) }
        for token in due {
            guard let index = index(of: token) else { continue }
            slots[index].handler?.timerFired()
        }
        due.removeAll(keepingCapacity: true)
    }

    /// Runs what was enqueued, a bounded number of rounds, so that sockets get their turn. True when more waits.
    private func runJobs() -> Bool {
        let serial = asUnownedSerialExecutor()
        let task = asUnownedTaskExecutor()
        for _ in 0..<Self.maximumJobTurnsPerPoll {
            inbox.withLock { inbox in
                swap(&inbox.jobs, &running)
                swap(&inbox.calls, &calling)
                inbox.isWoken = false
            }
            if running.isEmpty, calling.isEmpty { return false }
            for job in running { job.runSynchronously(isolatedTo: serial, taskExecutor: task) }
            running.removeAll(keepingCapacity: true)
            for call in calling { call() }
            calling.removeAll(keepingCapacity: true)
        }
        return true
    }

    /// libssh's log level and callback are per thread. At level 1 it names the lists that did not match; its error text
    /// is often overwritten before it can be read.
    private func listenToLibrary() {
        ssh_set_log_level(Int32(SSH_LOG_WARNING))
        ssh_set_log_userdata(Unmanaged.passUnretained(self).toOpaque())
        ssh_set_log_callback { _, _, text, userdata in
            guard let text, let userdata else { return }
            if strstr(text, "no match for method") != nil {
                Unmanaged<Reactor>.fromOpaque(userdata).takeUnretainedValue().algorithmComplaint = String(cString: text)
            } else if strstr(text, "Negotiated ") != nil {
                Unmanaged<Reactor>.fromOpaque(userdata).takeUnretainedValue().negotiation = String(cString: text)
            }
        }
    }

    /// Makes one call of libssh, and gives the names that it negotiated in it, in the order of RFC 4253 §7.1; nil when it
    /// negotiated nothing. libssh tells its log alone with which algorithm a host key signed; its log level is the thread's.
    func hearingNegotiation(_ call: () -> Int32) -> (status: Int32, names: [String]?) {
        negotiation = nil
        ssh_set_log_level(Int32(SSH_LOG_TRACE))
        let status = call()
        ssh_set_log_level(Int32(SSH_LOG_WARNING))
        guard let line = negotiation, let start = line.firstRange(of: "Negotiated ")?.upperBound else {
            return (status, nil)
        }
        return (status, line[start...].split(separator: ",", omittingEmptySubsequences: false).map(String.init))
    }
}
