import ByteTransport
import CLibSSH
import Glibc

/// One channel of a client session: libssh's handle, the inbox its callbacks fill, and how it ended.
final class SSHClientChannelState {
    let handle: ssh_channel
    var inbox: [UInt8] = []
    /// libssh still holds bytes that the inbox had no room for.
    var isHoldingBack = false
    var hasEnded = false
    /// Who is to hear of news at once: a channel that carries another session.
    weak var bridge: SSHForwardBridge?
    private let limit: Int
    private let callbacks: UnsafeMutablePointer<ssh_channel_callbacks_struct>
    private var isFreed = false
    private var isPulling = false

    init(_ handle: ssh_channel, maximumUnreadBytes: Int) {
        self.handle = handle
        limit = maximumUnreadBytes
        callbacks = .allocate(capacity: 1)
        callbacks.initialize(to: ssh_channel_callbacks_struct())
        callbacks.pointee.size = MemoryLayout<ssh_channel_callbacks_struct>.size
        callbacks.pointee.userdata = Unmanaged.passUnretained(self).toOpaque()
        callbacks.pointee.channel_data_function = { _, _, data, count, isError, raw in
            guard let raw, let data else { return Int32(bitPattern: count) }
            // Standard error is not part of a protocol's stream.
            if isError != 0 { return Int32(bitPattern: count) }
            let bytes = UnsafeRawBufferPointer(start: data, count: Int(count))
            return Int32(Unmanaged<SSHClientChannelState>.fromOpaque(raw).takeUnretainedValue().take(bytes))
        }
        let ended: @convention(c) (ssh_session?, ssh_channel?, UnsafeMutableRawPointer?) -> Void = { _, _, raw in
            guard let raw else { return }
            let me = Unmanaged<SSHClientChannelState>.fromOpaque(raw).takeUnretainedValue()
            me.hasEnded = true
            me.bridge?.enqueue()
        }
        callbacks.pointee.channel_eof_function = ended
        callbacks.pointee.channel_close_function = ended
        ssh_set_channel_callbacks(handle, callbacks)
    }

    /// Takes what fits; libssh keeps the rest and stops opening its window.
    private func take(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard !isPulling else { return 0 }
        let room = min(bytes.count, max(0, limit - inbox.count))
        inbox.append(contentsOf: bytes.prefix(room))
        if room < bytes.count { isHoldingBack = true }
        bridge?.enqueue()
        return room
    }

    /// Fetches what libssh held back.
    func pull() {
        // What arrives meanwhile goes the same way, behind what libssh holds, and not past the limit.
        isPulling = true
        defer { isPulling = false }
        var piece = [UInt8](repeating: 0, count: 32 * 1024)
        while inbox.count < limit {
            let count = ssh_channel_read_nonblocking(handle, &piece, UInt32(min(piece.count, limit - inbox.count)), 0)
            guard count > 0 else {
                isHoldingBack = false
                return
            }
            inbox += piece[..<Int(count)]
        }
    }

    func free() {
        guard !isFreed else { return }
        isFreed = true
        ssh_remove_channel_callbacks(handle, callbacks)
        ssh_channel_close(handle)
        ssh_channel_free(handle)
        callbacks.deallocate()
    }
}

extension SSHSession {
    static var maximumPieceBytes: Int { 32 * 1024 }

    func openChannel(_ kind: ChannelKind, deadline: ContinuousClock.Instant) async throws(TransportError) -> UInt64 {
        let id = try newChannel()
        do {
            try await repeating(id, deadline, .channelRefused, "a channel") { ssh_channel_open_session($0) }
            switch kind {
            case .shell(let columns, let rows):
                try await repeating(id, deadline, .channelRefused, "a terminal") {
                    ssh_channel_request_pty_size($0, "vt100", Int32(clamping: columns), Int32(clamping: rows))
                }
                try await repeating(id, deadline, .channelRefused, "a shell") { ssh_channel_request_shell($0) }
            case .exec(let command):
                try await repeating(id, deadline, .channelRefused, "the command '\(command)'") {
                    ssh_channel_request_exec($0, command)
                }
            case .subsystem(let name):
                try await repeating(id, deadline, .subsystemRefused, "the subsystem '\(name)'") {
                    ssh_channel_request_subsystem($0, name)
                }
            }
        } catch {
            closeChannel(id)
            throw error
        }
        return id
    }

    /// A channel that libssh knows and the peer does not yet.
    func newChannel() throws(TransportError) -> UInt64 {
        guard phase == .open, let session, failure == nil else { throw failure ?? closedByPeer() }
        guard channels.count < options.maximumChannels else {
            throw TransportError(
                .limitExceeded, what: "more than \(options.maximumChannels) channels", location: target.location)
        }
        guard let handle = ssh_channel_new(session) else {
            throw TransportError(.limitExceeded, what: "out of memory", location: target.location)
        }
        let id = nextChannelID()
        channels[id] = SSHClientChannelState(handle, maximumUnreadBytes: options.maximumUnreadBytes)
        return id
    }

    func repeating(
        _ id: UInt64, _ deadline: ContinuousClock.Instant, _ refusal: TransportError.Code, _ what: String,
        _ call: (ssh_channel) -> Int32
    ) async throws(TransportError) {
        while true {
            guard let channel = channels[id] else { throw failure ?? closedByPeer() }
            let status = call(channel.handle)
            afterCall()
            if status == SSH_OK { return }
            guard status == SSH_AGAIN else {
                if let session, ssh_is_connected(session) == 0 { throw failure ?? closedByPeer() }
                throw TransportError(
                    refusal, what: "the device refused \(what): \(libraryError)", location: target.location,
                    remedy: refusal == .subsystemRefused
                        ? "check that the service is enabled on the device and on this port"
                        : "check the device's session limit and the user's rights")
            }
            try await pause(until: deadline, for: what, since: activity)
        }
    }

    func read(_ id: UInt64, deadline: ContinuousClock.Instant) async throws(TransportError) -> [UInt8]? {
        while true {
            guard let channel = channels[id] else {
                throw TransportError(.closed, what: "the channel was closed here", location: target.location)
            }
            if channel.inbox.isEmpty, channel.isHoldingBack { pull(channel) }
            if !channel.inbox.isEmpty {
                var bytes: [UInt8] = []
                swap(&bytes, &channel.inbox)
                if channel.isHoldingBack { pull(channel) }
                return bytes
            }
            if channel.hasEnded { return nil }
            try await pause(until: deadline, for: "bytes from the device", since: activity)
        }
    }

    func write(_ id: UInt64, _ bytes: [UInt8], deadline: ContinuousClock.Instant) async throws(TransportError) {
        var offset = 0
        while offset < bytes.count {
            guard let channel = channels[id], let session, failure == nil else {
                throw failure ?? TransportError(.closed, what: "the channel is closed", location: target.location)
            }
            let seen = receivedBytes
            if ssh_get_status(session) & SSH_WRITE_PENDING == 0 {
                let count = min(Self.maximumPieceBytes, bytes.count - offset)
                let written = bytes.withUnsafeBytes {
                    ssh_channel_write(channel.handle, $0.baseAddress.map { $0 + offset }, UInt32(count))
                }
                guard written >= 0 else {
                    throw failure
                        ?? TransportError(
                            .closed, what: "the device closed the channel: \(libraryError)", location: target.location)
                }
                offset += Int(written)
                if written > 0 { continue }
            }
            // What another channel waits for may have been read inside this call, and no event tells of it any more.
            if receivedBytes != seen { afterCall() }
            try await pause(until: deadline, for: "the device to take what is sent", since: activity)
        }
        afterCall()
    }

    /// Fetches what libssh held back for one channel; what came for others meanwhile is told.
    private func pull(_ channel: SSHClientChannelState) {
        let seen = receivedBytes
        channel.pull()
        if receivedBytes != seen { afterCall() }
    }

    /// Received and not yet read, over all channels.
    var unreadBytes: Int { channels.values.reduce(0) { $0 + $1.inbox.count } }

    func closeChannel(_ id: UInt64) {
        guard let channel = channels.removeValue(forKey: id) else { return }
        channel.free()
        afterCall()
    }
}
