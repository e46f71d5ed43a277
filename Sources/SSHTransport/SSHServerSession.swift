import ByteTransport
import CLibSSH
import CSystemCalls
import Glibc

/// One accepted connection of a server, confined to the reactor's thread.
///
/// libssh's callbacks only note what happened; machines run after libssh has returned, so that nothing is sent or
/// freed inside a callback.
final class SSHServerSession: ReactorHandler, @unchecked Sendable {
    // SAFETY: created, used and released on the reactor's thread only.
    private let descriptor: Int32
    private let session: ssh_session
    private let event: ssh_event
    private let handler: any ServerHandler
    private let options: SSHServerOptions
    private let reactor: Reactor
    private var token: Reactor.Token?
    private(set) var connection: ServerConnection
    private var ended: (() -> Void)?
    private let serverCallbacks: UnsafeMutablePointer<ssh_server_callbacks_struct>
    /// What libssh counts; lives as long as the session.
    private let counter: UnsafeMutablePointer<ssh_counter_struct>

    private enum Phase { case keyExchange, login, open, finished }
    private var phase = Phase.keyExchange
    private var loginDeadline: ContinuousClock.Instant
    private var loginAttempts = 0
    /// Who asked for keyboard-interactive: the message with the answers does not say (RFC 4256 §3.4).
    private var interactiveUser: String?
    private var isBannerSent = false
    private var isDisconnecting = false
    private var channels: [SSHServerChannel] = []
    /// What callbacks noted, in order.
    private var noted: [(SSHServerChannel, SSHServerChannel.Event)] = []

    /// 4 KB pieces read per turn before other sessions get theirs.
    private static let maximumReadsPerTurn = 64

    init?(
        descriptor: Int32, bind: ssh_bind, connection: ServerConnection, handler: any ServerHandler,
        options: SSHServerOptions, reactor: Reactor, ended: @escaping () -> Void
    ) {
        guard let session = ssh_new() else { return nil }
        guard let event = ssh_event_new() else {
            ssh_free(session)
            return nil
        }
        ssh_set_blocking(session, 0)
        guard ssh_bind_accept_fd(bind, session, descriptor) == SSH_OK else {
            ssh_event_free(event)
            ssh_silent_disconnect(session)
            ssh_free(session)
            return nil
        }
        self.descriptor = descriptor
        self.session = session
        self.event = event
        self.connection = connection
        self.handler = handler
        self.options = options
        self.reactor = reactor
        self.ended = ended
        loginDeadline = .now + options.loginTimeLimit
        serverCallbacks = .allocate(capacity: 1)
        serverCallbacks.initialize(to: ssh_server_callbacks_struct())
        counter = .allocate(capacity: 1)
        counter.initialize(to: ssh_counter_struct())
        ssh_set_counters(session, counter, nil)
        installCallbacks()
    }

    deinit {
        ssh_free(session)
        for channel in channels { channel.releaseCallbacks() }
        serverCallbacks.deallocate()
        counter.deallocate()
    }

    func start() {
        let token = reactor.register(self)
        self.token = token
        if ssh_handle_key_exchange(session) == SSH_ERROR { return end(politely: false) }
        ssh_event_add_session(event, session)
        advance()
    }

    // MARK: Events of the reactor

    func ready(_ events: UInt32) { advance() }

    func timerFired() {
        let now = ContinuousClock.now
        if phase == .keyExchange || phase == .login, loginDeadline <= now { return end(politely: false) }
        for channel in channels {
            guard let wakeAt = channel.wakeAt, wakeAt <= now else { continue }
            channel.wakeAt = nil
            carryOut(channel.machine?.woken(at: now) ?? [], on: channel)
        }
        advance()
    }

    /// As a device that lost power.
    func drop() {
        var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
        let open = ssh_get_fd(session)
        if open >= 0 { setsockopt(open, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size)) }
        end(politely: false)
    }

    fileprivate func wake(_ channel: SSHServerChannel) {
        guard phase != .finished, channel.machine != nil else { return }
        carryOut(channel.machine?.woken(at: .now) ?? [], on: channel)
        advance()
    }

    private func advance() {
        if phase == .finished { return }
        if phase == .keyExchange {
            switch ssh_handle_key_exchange(session) {
            case SSH_ERROR: return end(politely: false)
            case SSH_OK where phase == .keyExchange:
                phase = .login
                sendBanner()
            case _: break
            }
        }
        for _ in 0..<Self.maximumReadsPerTurn {
            let before = counter.pointee.in_bytes
            let status = ssh_event_dopoll(event, 0)
            handleNoted()
            if phase == .finished { return }
            if status == SSH_ERROR { return end(politely: false) }
            // A read that was not filled has emptied the socket.
            if status != SSH_OK || counter.pointee.in_bytes &- before < SSHSession.libraryReadBytes { break }
        }
        if ssh_is_connected(session) == 0 { return end(politely: false) }
        settle()
        if phase == .finished { return }
        watch()
    }

    /// Sends what can be sent. A write may itself read from the socket, a request or the window that another channel waits
    /// for; no event tells of that any more, so it is looked at until nothing new came.
    private func settle() {
        for _ in 0..<Self.maximumReadsPerTurn {
            let seen = counter.pointee.in_bytes
            flush()
            if phase == .finished { return }
            if noted.isEmpty, counter.pointee.in_bytes == seen { return }
            handleNoted()
            if phase == .finished { return }
        }
        // Other sessions first; then on.
        reactor.perform { [weak self] in self?.advance() }
    }

    private func watch() {
        guard let token else { return }
        let open = ssh_get_fd(session)
        guard open >= 0 else { return end(politely: false) }
        let isPending = ssh_get_status(session) & SSH_WRITE_PENDING != 0
        reactor.watch(token, open, EPOLLIN.rawValue | (isPending ? EPOLLOUT.rawValue : 0))
        var next = channels.compactMap(\.wakeAt).min()
        if phase == .keyExchange || phase == .login { next = min(next ?? loginDeadline, loginDeadline) }
        reactor.setTimer(token, at: next)
    }

    private func end(politely: Bool) {
        guard phase != .finished else { return }
        phase = .finished
        let now = ContinuousClock.now
        for channel in channels {
            channel.machine?.closed(at: now)
            channel.machine = nil
        }
        noted = []
        let open = ssh_get_fd(session)
        if let token {
            reactor.unwatch(token, openDescriptor: open >= 0 ? open : nil)
            reactor.unregister(token)
        }
        token = nil
        ssh_event_remove_session(event, session)
        ssh_event_free(event)
        // libssh owns an accepted descriptor and closes it in both cases.
        if politely { ssh_disconnect(session) } else { ssh_silent_disconnect(session) }
        handler.closed(connection)
        let ended = ended
        self.ended = nil
        // May release this session: only when the reactor has left its methods.
        reactor.perform { [self] in withExtendedLifetime(self) {} }
        ended?()
    }

    // MARK: Channels

    private func handleNoted() {
        guard !noted.isEmpty else { return }
        var events: [(SSHServerChannel, SSHServerChannel.Event)] = []
        swap(&events, &noted)
        let now = ContinuousClock.now
        for (channel, event) in events where phase != .finished {
            switch event {
            case .opened: carryOut(channel.machine?.opened(at: now) ?? [], on: channel)
            case .bytes(let bytes): carryOut(channel.machine?.received(bytes, at: now) ?? [], on: channel)
            case .inputEnded: carryOut(channel.machine?.inputEnded(at: now) ?? [], on: channel)
            case .resized(let columns, let rows): channel.machine?.resized(columns: columns, rows: rows)
            case .closed: release(channel)
            }
        }
    }

    private func carryOut(_ actions: [ServerChannelAction], on channel: SSHServerChannel) {
        for action in actions where phase != .finished {
            switch action {
            case .send(let bytes): if !bytes.isEmpty { channel.output.append(.bytes(bytes)) }
            case .exitStatus(let status): channel.output.append(.exitStatus(status))
            case .endOfFile: channel.output.append(.endOfFile)
            case .close: channel.output.append(.close)
            case .disconnect: channel.output.append(.disconnect)
            case .drop: drop()
            case .wake(let time): channel.wakeAt = time
            }
        }
    }

    /// Sends what fits; the rest when the peer's window grows or the socket drains.
    private func flush() {
        for channel in channels {
            channel.flush(session)
            if channel.hasFailed { return end(politely: false) }
            if channel.wantsDisconnect { isDisconnecting = true }
            if channel.isCloseSent, let machine = channel.machine {
                var machine = machine
                channel.machine = nil
                channel.wakeAt = nil
                machine.closed(at: .now)
            }
        }
        if isDisconnecting, ssh_get_status(session) & SSH_WRITE_PENDING == 0 { end(politely: true) }
    }

    private func release(_ channel: SSHServerChannel) {
        channel.machine?.closed(at: .now)
        channel.machine = nil
        channels.removeAll { $0 === channel }
        channel.free()
    }

    // MARK: Callbacks: note only

    private func installCallbacks() {
        let me = Unmanaged.passUnretained(self).toOpaque()
        serverCallbacks.pointee.size = MemoryLayout<ssh_server_callbacks_struct>.size
        serverCallbacks.pointee.userdata = me
        serverCallbacks.pointee.auth_none_function = { _, user, raw in
            SSHServerSession.from(raw)?.judge(user, .none) ?? SSH_AUTH_DENIED.rawValue
        }
        if options.acceptsPasswords {
            serverCallbacks.pointee.auth_password_function = { _, user, password, raw in
                SSHServerSession.from(raw)?.judge(user, .password(password.map { String(cString: $0) } ?? ""))
                    ?? SSH_AUTH_DENIED.rawValue
            }
        }
        if options.acceptsPublicKeys {
            serverCallbacks.pointee.auth_pubkey_function = { _, user, key, state, raw in
                guard let key, let me = SSHServerSession.from(raw), let read = try? SSHPublicKey(key) else {
                    return SSH_AUTH_DENIED.rawValue
                }
                let isProbe = Int32(state) == SSH_PUBLICKEY_STATE_NONE.rawValue
                guard isProbe || Int32(state) == SSH_PUBLICKEY_STATE_VALID.rawValue else {
                    return SSH_AUTH_DENIED.rawValue
                }
                return me.judge(user, .publicKey(read.line, isProbe: isProbe))
            }
        }
        serverCallbacks.pointee.channel_open_request_session_function = { _, raw in
            SSHServerSession.from(raw)?.openChannel()
        }
        ssh_set_server_callbacks(session, serverCallbacks)
        var methods: UInt32 = 0
        if options.acceptsPasswords { methods |= UInt32(SSH_AUTH_METHOD_PASSWORD) }
        if options.acceptsPublicKeys { methods |= UInt32(SSH_AUTH_METHOD_PUBLICKEY) }
        if !handler.prompts.isEmpty {
            methods |= UInt32(SSH_AUTH_METHOD_INTERACTIVE)
            ssh_set_message_callback(
                session,
                { _, message, raw in SSHServerSession.from(raw)?.interactive(message) ?? 1 }, me)
        }
        ssh_set_auth_methods(session, Int32(methods))
    }

    fileprivate static func from(_ raw: UnsafeMutableRawPointer?) -> SSHServerSession? {
        raw.map { Unmanaged<SSHServerSession>.fromOpaque($0).takeUnretainedValue() }
    }

    private func judge(_ user: UnsafePointer<CChar>?, _ proof: LoginAttempt.Proof) -> Int32 {
        // A quick peer's login arrives in the same turn as the end of the key exchange, before we have noted that end.
        guard let user, phase == .keyExchange || phase == .login else { return SSH_AUTH_DENIED.rawValue }
        switch proof {
        case .none, .publicKey(_, isProbe: true): break
        case .password, .answers, .publicKey(_, isProbe: false):
            loginAttempts += 1
            if loginAttempts > options.maximumLoginAttempts { return SSH_AUTH_DENIED.rawValue }
        }
        let attempt = LoginAttempt(user: String(cString: user), proof: proof)
        guard handler.authenticate(attempt, on: connection) else { return SSH_AUTH_DENIED.rawValue }
        if case .publicKey(_, isProbe: true) = proof { return SSH_AUTH_SUCCESS.rawValue }
        connection.user = attempt.user
        phase = .open
        return SSH_AUTH_SUCCESS.rawValue
    }

    /// Keyboard-interactive has no server callback in libssh 0.10; it arrives as a message.
    private func interactive(_ message: ssh_message?) -> Int32 {
        guard let message, ssh_message_type(message) == SSH_REQUEST_AUTH.rawValue,
            ssh_message_subtype(message) == Int32(SSH_AUTH_METHOD_INTERACTIVE)
        else { return 1 }
        let prompts = handler.prompts
        guard ssh_message_auth_kbdint_is_response(message) != 0 else {
            interactiveUser = ssh_message_auth_user(message).map { String(cString: $0) }
            var texts: [UnsafePointer<CChar>?] = prompts.map { UnsafePointer(strdup($0.text)) }
            defer { for text in texts { free(UnsafeMutableRawPointer(mutating: text)) } }
            var echo = prompts.map { CChar($0.isEchoed ? 1 : 0) }
            ssh_message_auth_interactive_request(message, "", "", UInt32(prompts.count), &texts, &echo)
            return 0
        }
        let answers = (0..<max(0, ssh_userauth_kbdint_getnanswers(session))).map { index in
            ssh_userauth_kbdint_getanswer(session, UInt32(index)).map { String(cString: $0) } ?? ""
        }
        guard let user = interactiveUser else { return 1 }
        if judge(user, .answers(answers)) == SSH_AUTH_SUCCESS.rawValue {
            ssh_message_auth_reply_success(message, 0)
            return 0
        }
        return 1
    }

    private func sendBanner() {
        guard let text = options.loginBanner, !isBannerSent, let string = ssh_string_from_char(text) else { return }
        isBannerSent = true
        ssh_send_issue_banner(session, string)
        ssh_string_free(string)
    }

    private func openChannel() -> ssh_channel? {
        guard phase == .open, channels.count < options.maximumChannelsPerConnection,
            let raw = ssh_channel_new(session)
        else { return nil }
        channels.append(SSHServerChannel(raw, of: self))
        return raw
    }

    fileprivate func note(_ channel: SSHServerChannel, _ event: SSHServerChannel.Event) {
        noted.append((channel, event))
    }

    /// Asks the handler for a machine; false refuses the request.
    fileprivate func request(_ kind: ChannelKind, on channel: SSHServerChannel) -> Bool {
        guard channel.machine == nil else { return false }
        let wake: @Sendable () -> Void = { [weak self, weak channel, reactor] in
            reactor.perform { [weak self, weak channel] in
                guard let self, let channel else { return }
                self.wake(channel)
            }
        }
        let request = ServerChannel(connection: connection, kind: kind, wake: wake)
        guard let machine = handler.open(request) else { return false }
        channel.machine = machine
        note(channel, .opened)
        return true
    }
}

/// One channel of a server session: its machine, its output queue and the callbacks that note events.
final class SSHServerChannel: @unchecked Sendable {
    // SAFETY: confined to the session's reactor thread.
    enum Event { case opened, bytes([UInt8]), inputEnded, resized(Int, Int), closed }
    enum Output { case bytes([UInt8]), exitStatus(Int32), endOfFile, close, disconnect }

    private let channel: ssh_channel
    private unowned let owner: SSHServerSession
    private let callbacks: UnsafeMutablePointer<ssh_channel_callbacks_struct>
    var machine: (any ServerChannelMachine)?
    var wakeAt: ContinuousClock.Instant?
    var output = OutputQueue()
    private(set) var hasFailed = false
    private(set) var isCloseSent = false
    private(set) var wantsDisconnect = false
    private var terminal = (columns: 80, rows: 24)
    private var isFreed = false

    /// Written in one call; larger writes would grow libssh's buffers for good.
    static let maximumPieceBytes = 32 * 1024

    init(_ channel: ssh_channel, of owner: SSHServerSession) {
        self.channel = channel
        self.owner = owner
        callbacks = .allocate(capacity: 1)
        callbacks.initialize(to: ssh_channel_callbacks_struct())
        install()
    }

    /// After the session, and with it the channel, was freed.
    func releaseCallbacks() {
        if !isFreed { callbacks.deallocate() }
        isFreed = true
    }

    /// Answers a close and frees the channel.
    func free() {
        guard !isFreed else { return }
        isFreed = true
        ssh_remove_channel_callbacks(channel, callbacks)
        ssh_channel_close(channel)
        ssh_channel_free(channel)
        callbacks.deallocate()
    }

    /// Sends from the queue while nothing is pending and the window is open.
    func flush(_ session: ssh_session) {
        while !isFreed, !isCloseSent, ssh_get_status(session) & SSH_WRITE_PENDING == 0 {
            switch output.next {
            case .none: return
            case .bytes(let bytes, let offset):
                let count = min(Self.maximumPieceBytes, bytes.count - offset)
                let written = bytes.withUnsafeBytes {
                    ssh_channel_write(channel, $0.baseAddress.map { $0 + offset }, UInt32(count))
                }
                if written < 0 {
                    // A channel that the peer closed takes nothing more; the session may be fine.
                    hasFailed = ssh_is_connected(session) == 0
                    output.removeAll()
                    return
                }
                if written == 0 { return }
                output.advance(by: Int(written))
            case .exitStatus(let status):
                ssh_channel_request_send_exit_status(channel, status)
                output.advance()
            case .endOfFile:
                ssh_channel_send_eof(channel)
                output.advance()
            case .close, .disconnect:
                if case .disconnect = output.next { wantsDisconnect = true }
                ssh_channel_send_eof(channel)
                ssh_channel_close(channel)
                isCloseSent = true
                output.removeAll()
            }
        }
    }

    private static func from(_ raw: UnsafeMutableRawPointer?) -> SSHServerChannel? {
        raw.map { Unmanaged<SSHServerChannel>.fromOpaque($0).takeUnretainedValue() }
    }

    private func install() {
        callbacks.pointee.size = MemoryLayout<ssh_channel_callbacks_struct>.size
        callbacks.pointee.userdata = Unmanaged.passUnretained(self).toOpaque()
        callbacks.pointee.channel_data_function = { _, _, data, count, _, raw in
            if let me = SSHServerChannel.from(raw), let data {
                me.owner.note(me, .bytes(Array(UnsafeRawBufferPointer(start: data, count: Int(count)))))
            }
            return Int32(bitPattern: count)
        }
        callbacks.pointee.channel_eof_function = { _, _, raw in
            if let me = SSHServerChannel.from(raw) { me.owner.note(me, .inputEnded) }
        }
        callbacks.pointee.channel_close_function = { _, _, raw in
            if let me = SSHServerChannel.from(raw) { me.owner.note(me, .closed) }
        }
        callbacks.pointee.channel_pty_request_function = { _, _, _, columns, rows, _, _, raw in
            SSHServerChannel.from(raw)?.terminal = (Int(columns), Int(rows))
            return 0
        }
        callbacks.pointee.channel_pty_window_change_function = { _, _, columns, rows, _, _, raw in
            if let me = SSHServerChannel.from(raw) { me.owner.note(me, .resized(Int(columns), Int(rows))) }
            return 0
        }
        callbacks.pointee.channel_shell_request_function = { _, _, raw in
            guard let me = SSHServerChannel.from(raw) else { return 1 }
            let kind = ChannelKind.shell(columns: me.terminal.columns, rows: me.terminal.rows)
            return me.owner.request(kind, on: me) ? 0 : 1
        }
        callbacks.pointee.channel_exec_request_function = { _, _, command, raw in
            guard let me = SSHServerChannel.from(raw), let command else { return 1 }
            return me.owner.request(.exec(String(cString: command)), on: me) ? 0 : 1
        }
        callbacks.pointee.channel_subsystem_request_function = { _, _, name, raw in
            guard let me = SSHServerChannel.from(raw), let name else { return 1 }
            return me.owner.request(.subsystem(String(cString: name)), on: me) ? 0 : 1
        }
        ssh_set_channel_callbacks(channel, callbacks)
    }
}

/// What a channel still has to send, in order.
struct OutputQueue {
    enum Item: Equatable {
        case none
        case bytes([UInt8], offset: Int)
        case exitStatus(Int32), endOfFile, close, disconnect
    }
    private var items: [SSHServerChannel.Output] = []
    private var head = 0
    private var offset = 0

    mutating func append(_ item: SSHServerChannel.Output) { items.append(item) }

    var next: Item {
        guard head < items.count else { return .none }
        switch items[head] {
        case .bytes(let bytes): return .bytes(bytes, offset: offset)
        case .exitStatus(let status): return .exitStatus(status)
        case .endOfFile: return .endOfFile
        case .close: return .close
        case .disconnect: return .disconnect
        }
    }

    /// Bytes of the first item are gone.
    mutating func advance(by count: Int) {
        offset += count
        if case .bytes(let bytes) = items[head], offset >= bytes.count { advance() }
    }

    /// The first item is done.
    mutating func advance() {
        head += 1
        offset = 0
        if head == items.count { removeAll() }
    }

    mutating func removeAll() { (items, head, offset) = ([], 0, 0) }
}
