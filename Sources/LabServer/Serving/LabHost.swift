internal import ByteTransport
package import Diagnostics
internal import Foundation
package import LabDevices
package import SSHTransport
internal import Synchronization

/// A running lab: the network machine behind loopback SSH servers, one per device, in real time.
///
/// All servers share one reactor. The machine is guarded by a lock, since the control side asks from other threads.
package final class LabHost: Sendable {
    /// A device that listens.
    package struct Listening: Equatable, Sendable {
        package var name: String
        package var address: String
        package var port: Int
    }

    /// What a device looks like from outside, now.
    package struct DeviceStatus: Codable, Equatable, Sendable {
        package var name: String
        package var kind: String
        package var address: String
        package var port: Int
        /// TCP connections accepted since the start, whatever became of them.
        package var acceptedConnections: Int
        package var openConnections: Int
        /// False while it boots.
        package var isRunning: Bool
        /// Faults that wait, as they are written.
        package var faults: [String]
        package var labels: [String: String]
    }

    struct Inside: Sendable {
        var network: LabNetwork
        var connections: [UInt64: LabConnectionID] = [:]
        /// What each channel's machine is to do next.
        var mail: [LabChannelID: [ServerChannelAction]] = [:]
        var wakes: [LabChannelID: @Sendable () -> Void] = [:]
        var owners: [LabChannelID: LabConnectionID] = [:]
        /// Connections that nobody has logged in on yet, by device.
        var unused: [String: Set<UInt64>] = [:]
    }

    package let topology: LabTopology
    private let inside: Mutex<Inside>
    private let servers = Mutex<[String: SSHServer]>([:])
    private let clock = LabClock()
    private let start: ContinuousClock.Instant = .now

    /// Opens a port per device and serves until `stop`. Throws, with nothing left open, when a port is taken.
    ///
    /// - Parameters:
    ///   - hostKeys: one per device, by name.
    ///   - authorizedKeys: who may log in, under any name.
    ///   - password: lets in under any name too; without one no password does.
    package init(
        topology: LabTopology, hostKeys: [String: SSHPrivateKey], authorizedKeys: [SSHPublicKey], password: Secret? = nil
    ) async throws(Findings) {
        self.topology = topology
        inside = Mutex(Inside(network: topology.network(epoch: Int(Date().timeIntervalSince1970))))
        var findings = Findings()
        do throws(TransportError) {
            let reactor = try Reactor()
            for node in topology.nodes {
                guard let key = hostKeys[node.spec.name] else { continue }
                let handler = LabDeviceHandler(
                    host: self, device: node.spec.name, authorized: Set(authorizedKeys.map(\.line)),
                    password: password)
                var options = SSHServerOptions()
                options.acceptsPasswords = password != nil
                options.software = node.spec.personality.sshSoftware
                do throws(TransportError) {
                    let algorithms = try SSHAlgorithms.only(node.sshAlgorithms)
                    func list(_ names: [String]) -> [String]? { names.isEmpty ? nil : names }
                    options.keyExchange = list(algorithms.keyExchange)
                    options.hostKeyAlgorithms = list(algorithms.hostKeys)
                    (options.ciphers, options.macs) = (list(algorithms.ciphers), list(algorithms.macs))
                    let server = try SSHServer(
                        handler: handler, hostKeys: [key], port: node.port ?? 0, options: options, reactor: reactor)
                    servers.withLock { $0[node.spec.name] = server }
                } catch {
                    findings.add(Self.finding(error, node))
                }
            }
        } catch {
            findings.add(Finding(code: "lab.\(error.code.rawValue)", what: error.what, remedy: error.remedy))
        }
        guard !findings.hasErrors else {
            await stop()
            throw findings
        }
        clock.start { [weak self] in self?.tick() }
        tick()
    }

    private static func finding(_ error: TransportError, _ node: LabTopology.Node) -> Finding {
        guard error.code == .refused, let port = node.port else {
            return Finding(
                code: "lab.\(error.code.rawValue)", what: error.what, device: node.spec.name, remedy: error.remedy)
        }
        return Finding(
            code: "lab.port-in-use", what: "port \(port) is taken: \(error.what)", device: node.spec.name,
            remedy:
                "see who has it with `ss -ltnp 'sport = :\(port)'`; an older lab ends with `asbuilt lab down --state DIR`"
        )
    }

    package var listening: [Listening] {
        let servers = servers.withLock { $0 }
        return topology.nodes.compactMap { node in
            servers[node.spec.name].map { Listening(name: node.spec.name, address: $0.address, port: $0.port) }
        }
    }

    /// Closes all ports and drops all connections.
    package func stop() async {
        clock.stop()
        let all = servers.withLock { servers in
            defer { servers = [:] }
            return servers.values.map { $0 }
        }
        for server in all { await server.stop() }
    }

    // MARK: For people and tests

    package func status() -> [DeviceStatus] {
        let servers = servers.withLock { $0 }
        return step { network, _ in
            topology.nodes.map { node in
                let name = node.spec.name
                return DeviceStatus(
                    name: name, kind: node.spec.personality.rawValue, address: servers[name]?.address ?? "",
                    port: servers[name]?.port ?? 0, acceptedConnections: network.acceptedConnections(of: name),
                    openConnections: servers[name]?.openConnections ?? 0, isRunning: network.isReachable(name),
                    faults: network.faults(of: name).map(\.description), labels: node.labels)
            }
        }
    }

    package func add(_ fault: LabFault, to device: String) { step { network, _ in network.add(fault, to: device) } }
    package func clearFaults(of device: String) { step { network, _ in network.clearFaults(of: device) } }
    /// Power-cycles a device.
    package func reboot(_ device: String) { step { network, now in network.reboot(device, at: now) } }
    /// Whether the topology has the device.
    package func knows(_ device: String) -> Bool { topology.nodes.contains { $0.spec.name == device } }

    private static let callInterval: Duration = .milliseconds(100)

    /// Has every device call a client at `address:port` (RFC 8071), until the task is cancelled: one connection waits there at
    /// any time, and when it is used or lost the device calls again. Who does not listen yet is called later.
    package func callHome(to address: String, port: Int) async {
        while !Task.isCancelled {
            for (name, server) in servers.withLock({ $0 }) where inside.withLock({ $0.unused[name]?.isEmpty ?? true }) {
                guard step({ network, _ in network.isReachable(name) }) else { continue }
                do throws(TransportError) { try server.callHome(address: address, port: port) } catch { continue }
            }
            try? await Task.sleep(for: Self.callInterval)
        }
    }

    // MARK: Steps

    private func labNow() -> LabInstant { LabInstant(ContinuousClock.now - start) }
    private func tick() { step { _, _ in } }

    /// Brings the network up to now, changes it, and delivers what follows.
    @discardableResult
    func step<R>(from channel: LabChannelID? = nil, _ change: (inout LabNetwork, LabInstant) -> sending R) -> sending R
    {
        locked(from: channel) { change(&$0.network, $1) }
    }

    /// The same, with what the host knows of its connections at hand.
    private func locked<R>(from channel: LabChannelID? = nil, _ change: (inout Inside, LabInstant) -> sending R)
        -> sending R
    {
        let (result, wakes) = inside.withLock { inside in
            let now = labNow()
            inside.catchUp(to: now)
            let result = change(&inside, now)
            inside.sort(inside.network.takeActions(at: now))
            let wakes = inside.mail.keys.sorted().filter { $0 != channel }.compactMap { inside.wakes[$0] }
            // Inside the lock: otherwise an older answer to "when next?" could replace a newer one.
            clock.wake(at: inside.network.nextWake.map { start + $0.sinceStart })
            return (result, wakes)
        }
        for wake in wakes { wake() }
        return result
    }

    /// What a channel's machine has to do now.
    func takeMail(of channel: LabChannelID) -> [ServerChannelAction] {
        inside.withLock { $0.mail.removeValue(forKey: channel) ?? [] }
    }

    // MARK: Connections and channels, for the handlers

    func accepted(_ connection: ServerConnection, by device: String) {
        inside.withLock { _ = $0.unused[device, default: []].insert(connection.id) }
    }

    func login(_ connection: ServerConnection, as user: String, to device: String) -> Bool {
        locked { inside, _ in
            inside.unused[device]?.remove(connection.id)
            guard inside.network.allowsLogin(to: device), let id = inside.network.connect(to: device, as: user) else {
                return false
            }
            inside.connections[connection.id] = id
            return true
        }
    }

    func open(_ kind: LabChannelKind, _ request: ServerChannel) -> LabChannelID? {
        locked { inside, now in
            guard let connection = inside.connections[request.connection.id],
                let channel = inside.network.open(kind, on: connection, at: now)
            else { return nil }
            inside.wakes[channel] = request.wake
            inside.owners[channel] = connection
            return channel
        }
    }

    func forget(_ channel: LabChannelID) {
        locked { inside, now in
            inside.network.channelClosed(channel, at: now)
            inside.wakes[channel] = nil
            inside.owners[channel] = nil
            inside.mail[channel] = nil
        }
    }

    func closed(_ connection: ServerConnection, of device: String) {
        inside.withLock { _ = $0.unused[device]?.remove(connection.id) }
        guard let id = inside.withLock({ $0.connections.removeValue(forKey: connection.id) }) else { return }
        step { network, now in network.connectionClosed(id, at: now) }
    }
}

extension LabHost.Inside {
    /// Lets everything that was due before `now` happen at its own time.
    mutating func catchUp(to now: LabInstant) {
        var last = LabInstant(.zero - .seconds(1))
        while let due = network.nextWake, due < now, due > last {
            sort(network.takeActions(at: due))
            last = due
        }
    }

    /// Puts actions into the mail of the channels they concern.
    mutating func sort(_ actions: [LabAction]) {
        for action in actions {
            switch action {
            case .send(let channel, let bytes): mail[channel, default: []].append(.send(bytes))
            case .finish(let channel, let status):
                mail[channel, default: []] += [.exitStatus(Int32(clamping: status)), .close]
            case .drop(let connection):
                for channel in owners.filter({ $0.value == connection }).keys.sorted() {
                    // What was said before the break arrives; otherwise the line goes dead at once.
                    let hasWords = mail[channel]?.contains { if case .send = $0 { true } else { false } } ?? false
                    mail[channel, default: []].append(hasWords ? .disconnect : .drop)
                }
            }
        }
    }
}
