package import ByteTransport
import CLibSSH
import CSystemCalls
import Glibc
import Synchronization

/// What one listening SSH server offers and allows.
package struct SSHServerOptions: Sendable {
    /// Algorithm names in order; nil leaves libssh's lists. For devices that speak only old algorithms, set all four.
    package var keyExchange: [String]?
    package var ciphers: [String]?
    package var macs: [String]?
    package var hostKeyAlgorithms: [String]?
    /// Text shown before the login (RFC 4252 §5.4).
    package var loginBanner: String?
    /// Software part of `SSH-2.0-…`; nil says libssh's own.
    package var software: String?
    package var acceptsPasswords = true
    package var acceptsPublicKeys = true
    /// Connections held at once; more are dropped at accept.
    package var maximumConnections = 20_000
    package var maximumChannelsPerConnection = 16
    /// From accept to a successful login.
    package var loginTimeLimit: Duration = .seconds(60)
    package var maximumLoginAttempts = 6
    package init() {}
}

/// A listening SSH server on one reactor, for lab devices: each device has its own port and host key.
///
///     let server = try SSHServer(handler: device, hostKeys: [try .generate()])      // 127.0.0.1, any free port
///     … connect to 127.0.0.1:server.port …
///     await server.stop()
///
/// The handler decides about logins and returns a `ServerChannelMachine` per channel. Both are called on the reactor's
/// thread. Servers given the same reactor share one thread, so machines of all their devices never run concurrently:
/// give all devices of a lab one reactor unless their state is guarded otherwise. A listening device costs a socket
/// and about 2 kB; thousands fit on one reactor.
package final class SSHServer: Sendable {
    /// The address and port that listen.
    package let address: String
    package let port: Int
    private let listener: ServerListener
    private let reactor: Reactor

    /// Binds and listens at once; connections are served from then on. `port` 0 takes any free one.
    package init(
        handler: any ServerHandler, hostKeys: [SSHPrivateKey], address: String = "127.0.0.1", port: Int = 0,
        options: SSHServerOptions = SSHServerOptions(), reactor: Reactor
    ) throws(TransportError) {
        let (descriptor, boundPort) = try Self.listen(address, port)
        let bind: ssh_bind
        do { bind = try Self.makeBind(hostKeys, options) } catch {
            close(descriptor)
            throw error
        }
        (self.address, self.port, self.reactor) = (address, boundPort, reactor)
        listener = ServerListener(
            descriptor: descriptor, bind: bind, handler: handler, options: options, reactor: reactor)
        reactor.perform { [listener] in listener.start() }
    }

    /// TCP connections accepted since the start, whatever became of them.
    package var acceptedConnections: Int { listener.accepted.load(ordering: .sequentiallyConsistent) }
    /// Connections open now.
    package var openConnections: Int { listener.open.load(ordering: .sequentiallyConsistent) }

    /// Closes the port and drops every connection. Returns when both have happened; safe to call twice.
    package func stop() async {
        await withUnsafeContinuation { (done: UnsafeContinuation<Void, Never>) in
            reactor.perform { [listener] in
                listener.stop(keepingPort: false)
                done.resume()
            }
        }
    }

    /// Drops every connection, as a device that reboots, and goes on listening.
    package func dropConnections() async {
        await withUnsafeContinuation { (done: UnsafeContinuation<Void, Never>) in
            reactor.perform { [listener] in
                listener.stop(keepingPort: true)
                done.resume()
            }
        }
    }

    static func listen(_ address: String, _ port: Int) throws(TransportError) -> (Int32, Int) {
        guard let local = SocketAddress(numeric: address, port: port) else {
            throw TransportError(.nameUnknown, what: "'\(address)' is not an address to listen on")
        }
        let descriptor = socket(
            local.family, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw TransportError.system("open a socket", errno) }
        var one: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, 4)
        let status = local.withPointer { bind(descriptor, $0, $1) }
        guard status == 0, Glibc.listen(descriptor, 4096) == 0 else {
            let code = errno
            close(descriptor)
            throw TransportError(
                .refused, what: "cannot listen on \(address):\(port): \(TransportError.systemText(code))",
                location: "\(address):\(port)", remedy: "choose a free port, or 0 for any")
        }
        return (descriptor, SocketAddress.local(of: descriptor)?.port ?? port)
    }

    /// Calls a client that listens (RFC 8071) and serves it as if it had connected itself. Returns when the connection is made
    /// or refused; for loopback, where that takes no time.
    package func callHome(address: String, port: Int) throws(TransportError) {
        guard let peer = SocketAddress(numeric: address, port: port) else {
            throw TransportError(.nameUnknown, what: "'\(address)' is not an address to call")
        }
        let descriptor = socket(peer.family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw TransportError.system("open a socket", errno) }
        guard peer.withPointer({ connect(descriptor, $0, $1) }) == 0 else {
            let code = errno
            close(descriptor)
            throw TransportError.connecting(code, to: "\(peer)")
        }
        reactor.perform { [listener] in listener.adopt(descriptor) }
    }

    private static func makeBind(_ hostKeys: [SSHPrivateKey], _ options: SSHServerOptions) throws(TransportError)
        -> ssh_bind
    {
        guard !hostKeys.isEmpty else {
            throw TransportError(.credentialUnavailable, what: "a server needs at least one host key")
        }
        guard let bind = ssh_bind_new() else { throw TransportError(.limitExceeded, what: "out of memory") }
        var isReadingConfiguration = false
        ssh_bind_options_set(bind, SSH_BIND_OPTIONS_PROCESS_CONFIG, &isReadingConfiguration)
        let lists: [(ssh_bind_options_e, [String]?)] = [
            (SSH_BIND_OPTIONS_KEY_EXCHANGE, options.keyExchange), (SSH_BIND_OPTIONS_CIPHERS_C_S, options.ciphers),
            (SSH_BIND_OPTIONS_CIPHERS_S_C, options.ciphers), (SSH_BIND_OPTIONS_HMAC_C_S, options.macs),
            (SSH_BIND_OPTIONS_HMAC_S_C, options.macs),
            (SSH_BIND_OPTIONS_HOSTKEY_ALGORITHMS, options.hostKeyAlgorithms),
        ]
        for (option, names) in lists {
            guard let names else { continue }
            guard ssh_bind_options_set(bind, option, names.joined(separator: ",")) == SSH_OK else {
                ssh_bind_free(bind)
                throw TransportError(
                    .algorithmMismatch, what: "none of \(names.joined(separator: ", ")) is known to libssh")
            }
        }
        if let software = options.software { ssh_bind_options_set(bind, SSH_BIND_OPTIONS_BANNER, software) }
        for key in hostKeys {
            do {
                // The bind owns the handle from here on.
                ssh_bind_options_set(bind, SSH_BIND_OPTIONS_IMPORT_KEY, UnsafeRawPointer(try key.makeHandle()))
            } catch {
                ssh_bind_free(bind)
                throw error
            }
        }
        return bind
    }
}

/// The listening socket of an `SSHServer` and its connections.
final class ServerListener: ReactorHandler, @unchecked Sendable {
    // SAFETY: all mutable state is touched on the reactor's thread only, after `start`.
    private var descriptor: Int32
    private let bind: ssh_bind
    private let handler: any ServerHandler
    private let options: SSHServerOptions
    private let reactor: Reactor
    private var token: Reactor.Token?
    private var sessions: [UInt64: SSHServerSession] = [:]
    let accepted = Atomic<Int>(0)
    let open = Atomic<Int>(0)
    private static let lastConnection = Atomic<UInt64>(0)
    private static let maximumAcceptsPerTurn = 64
    /// Pause when the process has no descriptor left.
    private static let acceptPause: Duration = .milliseconds(100)

    init(
        descriptor: Int32, bind: ssh_bind, handler: any ServerHandler, options: SSHServerOptions, reactor: Reactor
    ) {
        self.descriptor = descriptor
        self.bind = bind
        self.handler = handler
        self.options = options
        self.reactor = reactor
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        ssh_bind_free(bind)
    }

    func start() {
        guard descriptor >= 0 else { return }
        let token = reactor.register(self)
        self.token = token
        reactor.watch(token, descriptor, EPOLLIN.rawValue)
    }

    func stop(keepingPort: Bool) {
        if !keepingPort, let token {
            reactor.unwatch(token, openDescriptor: descriptor)
            reactor.unregister(token)
            self.token = nil
            close(descriptor)
            descriptor = -1
        }
        for session in sessions.sorted(by: { $0.key < $1.key }).map(\.value) { session.drop() }
    }

    func timerFired() {
        guard let token else { return }
        reactor.watch(token, descriptor, EPOLLIN.rawValue)
    }

    func ready(_ events: UInt32) {
        for _ in 0..<Self.maximumAcceptsPerTurn {
            let peer = csystem_accept(descriptor)
            if peer < 0 {
                if errno == EMFILE || errno == ENFILE, let token {
                    // Level-triggered: without a pause the loop would spin until a descriptor is free.
                    reactor.unwatch(token, openDescriptor: descriptor)
                    reactor.setTimer(token, at: .now + Self.acceptPause)
                }
                return
            }
            accepted.wrappingAdd(1, ordering: .sequentiallyConsistent)
            serve(peer)
        }
    }

    /// Serves a connection that was made from here.
    func adopt(_ peer: Int32) {
        guard token != nil else {
            close(peer)
            return
        }
        accepted.wrappingAdd(1, ordering: .sequentiallyConsistent)
        serve(peer)
    }

    private func serve(_ peer: Int32) {
        let id = Self.lastConnection.wrappingAdd(1, ordering: .relaxed).newValue
        let name = SocketAddress.peer(of: peer)?.description ?? "unknown"
        let connection = ServerConnection(id: id, peer: name, user: "")
        guard sessions.count < options.maximumConnections, handler.accepts(connection) else {
            close(peer)
            return
        }
        var one: Int32 = 1
        setsockopt(peer, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
        guard
            let session = SSHServerSession(
                descriptor: peer, bind: bind, connection: connection, handler: handler, options: options,
                reactor: reactor, ended: { [weak self] in self?.forget(id) })
        else {
            close(peer)
            return
        }
        sessions[id] = session
        open.wrappingAdd(1, ordering: .sequentiallyConsistent)
        session.start()
    }

    private func forget(_ id: UInt64) {
        if sessions.removeValue(forKey: id) != nil { open.wrappingSubtract(1, ordering: .sequentiallyConsistent) }
    }
}
