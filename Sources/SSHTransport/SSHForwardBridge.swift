import ByteTransport
import CLibSSH
import CSystemCalls
import Glibc

/// Carries bytes between a forwarded channel of a jump host's session and our end of a socket pair; the session with the
/// next host works on the other end as on a TCP socket.
///
/// Nothing is queued without bound: the channel's window and the socket's buffer hold back whoever is too fast.
final class SSHForwardBridge: ReactorHandler, @unchecked Sendable {
    // SAFETY: touched on the reactor thread of its session only.
    let descriptor: Int32
    let channel: UInt64
    var token: Reactor.Token?
    /// Read from the socket and not yet taken by the channel.
    var outgoing: [UInt8] = []
    private weak var session: SSHSession?

    init(descriptor: Int32, channel: UInt64, session: SSHSession) {
        (self.descriptor, self.channel, self.session) = (descriptor, channel, session)
    }

    func ready(_ events: UInt32) {
        let hasHungUp = events & (EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0
        session?.assumeIsolated { session in
            session.afterCall()
            if hasHungUp { session.end(self) }
        }
    }
    func timerFired() {}
}

extension SSHSession {
    private static var maximumRoundsPerTurn: Int { 16 }

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
            bridges.append(bridge)
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

    /// Moves what can be moved. Called whenever something happened on the session or on a bridge's socket.
    func pumpBridges() {
        for _ in 0..<Self.maximumRoundsPerTurn {
            var hasMoved = false
            for bridge in bridges where pump(bridge) { hasMoved = true }
            if !hasMoved { return }
        }
        // Others first; then on.
        reactor.perform { [weak self] in
            guard let self else { return }
            self.assumeIsolated { $0.afterCall() }
        }
    }

    /// One piece in each direction. True when bytes moved.
    private func pump(_ bridge: SSHForwardBridge) -> Bool {
        guard let token = bridge.token else { return false }
        guard let channel = channels[bridge.channel], let session, failure == nil else {
            end(bridge)
            return false
        }
        var hasMoved = false
        if channel.inbox.isEmpty, channel.isHoldingBack { channel.pull() }
        if !channel.inbox.isEmpty {
            let sent = channel.inbox.withUnsafeBytes {
                send(bridge.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if sent > 0 {
                channel.inbox.removeFirst(sent)
                hasMoved = true
            } else if errno != EAGAIN, errno != EINTR {
                end(bridge)
                return false
            }
        } else if channel.hasEnded {
            end(bridge)
            return true
        }
        if ssh_get_status(session) & SSH_WRITE_PENDING == 0 {
            if bridge.outgoing.isEmpty, !receive(bridge) {
                end(bridge)
                return true
            }
            if !bridge.outgoing.isEmpty {
                let written = bridge.outgoing.withUnsafeBytes {
                    ssh_channel_write(channel.handle, $0.baseAddress, UInt32($0.count))
                }
                if written < 0 {
                    end(bridge)
                    return false
                }
                if written > 0 {
                    bridge.outgoing.removeFirst(Int(written))
                    hasMoved = true
                }
            }
        }
        // A socket is not asked for more while the channel does not take what is there.
        let isBlocked = !bridge.outgoing.isEmpty || ssh_get_status(session) & SSH_WRITE_PENDING != 0
        let interest = (isBlocked ? 0 : EPOLLIN.rawValue) | (channel.inbox.isEmpty ? 0 : EPOLLOUT.rawValue)
        reactor.watch(token, bridge.descriptor, interest)
        return hasMoved
    }

    /// Reads a piece. False at the end of the stream.
    private func receive(_ bridge: SSHForwardBridge) -> Bool {
        var piece = [UInt8](repeating: 0, count: Self.maximumPieceBytes)
        let count = recv(bridge.descriptor, &piece, piece.count, 0)
        if count > 0 { bridge.outgoing = Array(piece[..<count]) }
        return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR))
    }

    /// Closes the socket and the channel; may be called twice.
    func end(_ bridge: SSHForwardBridge) {
        guard let token = bridge.token else { return }
        bridge.token = nil
        reactor.unwatch(token, openDescriptor: bridge.descriptor)
        reactor.unregister(token)
        Glibc.close(bridge.descriptor)
        bridges.removeAll { $0 === bridge }
        channels.removeValue(forKey: bridge.channel)?.free()
    }
}
