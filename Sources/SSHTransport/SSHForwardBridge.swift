import ByteTransport
import CLibSSH
import CSystemCalls
import Glibc

/// Carries bytes between a forwarded channel of a jump host's session and our end of a socket pair; the session with the
/// next host works on the other end as on a TCP socket.
///
/// Nothing is queued without bound: the channel's window and the socket's buffer hold back whoever is too fast. A session may
/// carry many bridges, so only those with news are looked at.
final class SSHForwardBridge: ReactorHandler, @unchecked Sendable {
    // SAFETY: touched on the reactor thread of its session only.

    /// Bridges of one session that may have something to move, in the order in which they said so.
    final class Queue: @unchecked Sendable {
        // SAFETY: touched on the reactor thread of its session only.
        var waiting: [SSHForwardBridge] = []
        /// Those that wait for the session to take bytes, each once.
        var stalled: [SSHForwardBridge] = []
    }

    let descriptor: Int32
    let channel: UInt64
    var token: Reactor.Token?
    /// Read from the socket and not yet taken by the channel.
    var outgoing: [UInt8] = []
    /// The socket may hold bytes: it reported some, or more were there than one piece. It reports them again while it is
    /// watched, so asking it in between would only cost system calls.
    var mayHaveBytes = true
    private var isQueued = false
    private var isStalled = false
    private weak var session: SSHSession?
    private let queue: Queue

    init(descriptor: Int32, channel: UInt64, session: SSHSession) {
        (self.descriptor, self.channel, self.session) = (descriptor, channel, session)
        queue = session.bridgeQueue
    }

    /// Has the session look at this bridge soon.
    func enqueue() {
        guard !isQueued else { return }
        isQueued = true
        queue.waiting.append(self)
    }

    func dequeued() { isQueued = false }

    /// Has the session look at this bridge when it takes bytes again.
    func stall() {
        guard !isStalled else { return }
        isStalled = true
        queue.stalled.append(self)
    }

    func unstall() {
        isStalled = false
        enqueue()
    }

    func ready(_ events: UInt32) {
        if events & EPOLLIN.rawValue != 0 { mayHaveBytes = true }
        let hasHungUp = events & (EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0
        enqueue()
        session?.assumeIsolated { session in
            session.afterCall()
            if hasHungUp { session.end(self) }
        }
    }
    func timerFired() {}
}

extension SSHSession {
    private static var maximumPumpsPerTurn: Int { 256 }

    /// Asks the host to connect on to another one (RFC 4254 §7.2); returns a socket that speaks with it, the caller's to
    /// close.
    func openForward(to next: SSHTarget, deadline: ContinuousClock.Instant) async throws(TransportError) -> Int32 {
        let id = try newChannel()
        do throws(TransportError) {
            try await repeating(id, deadline, .channelRefused, "to connect to \(next.location)") {
                ssh_channel_open_forward($0, next.host, Int32(next.port), "127.0.0.1", 0)
            }
            var ends: [Int32] = [-1, -1]
            let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
            guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
                throw TransportError.system("make a socket pair", errno)
            }
            let bridge = SSHForwardBridge(descriptor: ends[0], channel: id, session: self)
            bridge.token = reactor.register(bridge)
            bridges[id] = bridge
            channels[id]?.bridge = bridge
            bridge.enqueue()
            afterCall()
            return ends[1]
        } catch {
            closeChannel(id)
            guard error.code == .channelRefused else { throw error }
            var error = error
            error.remedy = "check that this host reaches the next one and allows forwarding (AllowTcpForwarding)"
            throw error
        }
    }

    /// Moves what can be moved on bridges with news. Called whenever something happened on the session or on a bridge's
    /// socket.
    func pumpBridges() {
        var left = Self.maximumPumpsPerTurn
        var seen: UInt64
        repeat {
            // A write of one bridge may read the window that another one waits for, and no event tells of it any more.
            seen = receivedBytes
            if let session, ssh_get_status(session) & SSH_WRITE_PENDING == 0, !bridgeQueue.stalled.isEmpty {
                var stalled: [SSHForwardBridge] = []
                swap(&stalled, &bridgeQueue.stalled)
                for bridge in stalled { bridge.unstall() }
            }
            while !bridgeQueue.waiting.isEmpty {
                var batch: [SSHForwardBridge] = []
                swap(&batch, &bridgeQueue.waiting)
                for (index, bridge) in batch.enumerated() {
                    guard left > 0 else {
                        // Other sessions first; then on.
                        bridgeQueue.waiting = Array(batch[index...]) + bridgeQueue.waiting
                        reactor.perform { [weak self] in self?.assumeIsolated { $0.afterCall() } }
                        return
                    }
                    left -= 1
                    bridge.dequeued()
                    if pump(bridge) { bridge.enqueue() }
                }
            }
        } while receivedBytes != seen
    }

    /// One piece in each direction. True when there may be more to move at once.
    private func pump(_ bridge: SSHForwardBridge) -> Bool {
        guard let token = bridge.token else { return false }
        guard let channel = channels[bridge.channel], let session, failure == nil else {
            end(bridge)
            return false
        }
        var hasMore = false
        if channel.inbox.isEmpty, channel.isHoldingBack { channel.pull() }
        if !channel.inbox.isEmpty {
            let sent = channel.inbox.withUnsafeBytes {
                send(bridge.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if sent == channel.inbox.count {
                channel.inbox.removeAll(keepingCapacity: sent <= 16_384)
                hasMore = channel.isHoldingBack || channel.hasEnded
            } else if sent > 0 {
                channel.inbox.removeFirst(sent)
            } else if errno != EAGAIN, errno != EINTR {
                end(bridge)
                return false
            }
        } else if channel.hasEnded {
            end(bridge)
            return true
        }
        if ssh_get_status(session) & SSH_WRITE_PENDING == 0, bridge.mayHaveBytes || !bridge.outgoing.isEmpty {
            switch forward(bridge, channel) {
            case .ended:
                end(bridge)
                return false
            case .moved:
                hasMore = hasMore || bridge.mayHaveBytes || !bridge.outgoing.isEmpty
            case .nothing: break
            }
        }
        // A socket is not asked for more while the channel does not take what is there.
        let isBlocked = !bridge.outgoing.isEmpty || ssh_get_status(session) & SSH_WRITE_PENDING != 0
        if isBlocked, !hasMore { bridge.stall() }
        let interest = (isBlocked ? 0 : EPOLLIN.rawValue) | (channel.inbox.isEmpty ? 0 : EPOLLOUT.rawValue)
        reactor.watch(token, bridge.descriptor, interest)
        return hasMore
    }

    private enum Moved { case ended, moved, nothing }

    /// From the socket into the channel; what the channel does not take is kept.
    private func forward(_ bridge: SSHForwardBridge, _ channel: SSHClientChannelState) -> Moved {
        if !bridge.outgoing.isEmpty {
            let written = bridge.outgoing.withUnsafeBytes {
                ssh_channel_write(channel.handle, $0.baseAddress, UInt32($0.count))
            }
            if written < 0 { return .ended }
            bridge.outgoing.removeFirst(min(Int(written), bridge.outgoing.count))
            return written > 0 ? .moved : .nothing
        }
        return withUnsafeTemporaryAllocation(byteCount: Self.maximumPieceBytes, alignment: 8) { piece in
            let count = recv(bridge.descriptor, piece.baseAddress, piece.count, 0)
            if count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR) { return .ended }
            bridge.mayHaveBytes = count == Self.maximumPieceBytes || (count < 0 && errno == EINTR)
            guard count > 0 else { return .nothing }
            let written = ssh_channel_write(channel.handle, piece.baseAddress, UInt32(count))
            if written < 0 { return .ended }
            if Int(written) < count { bridge.outgoing = Array(piece[Int(written)..<count]) }
            return .moved
        }
    }

    /// Closes the socket and the channel; may be called twice.
    func end(_ bridge: SSHForwardBridge) {
        guard let token = bridge.token else { return }
        bridge.token = nil
        reactor.unwatch(token, openDescriptor: bridge.descriptor)
        reactor.unregister(token)
        Glibc.close(bridge.descriptor)
        bridges[bridge.channel] = nil
        channels.removeValue(forKey: bridge.channel)?.free()
    }
}
