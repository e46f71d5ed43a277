/// A network of simulated devices, as one machine: bytes and moments go in, actions come out.
///
/// It opens nothing and reads no clock. The shell around it calls these methods with the current moment, carries out
/// what `takeActions` gives, and comes back by `nextWake`.
package struct LabNetwork: Sendable {
    /// Times and numbers of the simulation.
    package struct Settings: Equatable, Sendable {
        /// From both ends being configured to the session being up.
        package var convergence: Duration = .seconds(3)
        /// From power-on to the first login.
        package var bootTime: Duration = .seconds(8)
        /// Seconds since 1970 at the lab's start.
        package var epoch = 1_767_225_600
        /// Decides what faults with a chance do.
        package var seed: UInt64 = 1
        package init() {}
    }

    struct Channel: Sendable {
        enum Session: Sendable {
            case shell(FRRShell)
            case netconf(LabNETCONFSession)
            /// Nothing more is read or answered.
            case silent
        }
        let device: String
        let connection: LabConnectionID
        var user = ""
        var session: Session
        var sentBytes = 0
        /// No byte leaves before the one before it.
        var lastDue: LabInstant

        var netconfSession: UInt32? {
            if case .netconf(let session) = session { session.id } else { nil }
        }
    }

    /// Most bytes that wait to be sent on one channel; a client that reads nothing loses its connection.
    package static let maximumQueuedBytes = 16 << 20

    package let settings: Settings
    var devices: [String: LabDevice] = [:]
    var controlPlane: ControlPlane
    var channels: [LabChannelID: Channel] = [:]
    private var connections: [LabConnectionID: String] = [:]
    private var users: [LabConnectionID: String] = [:]
    private var lastNumber = 0
    private var outbox: [(due: LabInstant, action: LabAction)] = []

    package init(devices specs: [LabDeviceSpec], links: [ControlPlane.Link], settings: Settings = Settings()) {
        self.settings = settings
        controlPlane = ControlPlane(links: links, convergence: settings.convergence)
        for (index, spec) in specs.sorted(by: { $0.name < $1.name }).enumerated() {
            devices[spec.name] = LabDevice(spec, epoch: settings.epoch, seed: settings.seed &+ UInt64(index))
        }
        controlPlane.update(devices.mapValues(\.intent), at: .start)
        // Before the lab starts, everything that was configured had time to come up.
        controlPlane.comeUp()
    }

    package var deviceNames: [String] { devices.keys.sorted() }
    package func spec(of device: String) -> LabDeviceSpec? { devices[device]?.spec }

    // MARK: Connections

    /// Whether the device answers on the network.
    package func isReachable(_ device: String) -> Bool { devices[device]?.isRunning ?? false }

    /// Counts a TCP connection that was accepted, whatever becomes of it.
    package mutating func countConnection(to device: String) { devices[device]?.acceptedConnections += 1 }
    package func acceptedConnections(of device: String) -> Int { devices[device]?.acceptedConnections ?? 0 }

    /// Whether a login with good credentials goes through now.
    package mutating func allowsLogin(to device: String) -> Bool {
        devices[device]?.faults.take { $0 == .loginRefused } == nil
    }

    /// A client logged in; nil when the device is down or unknown.
    package mutating func connect(to device: String, as user: String = "") -> LabConnectionID? {
        guard isReachable(device) else { return nil }
        lastNumber += 1
        let id = LabConnectionID(number: lastNumber)
        connections[id] = device
        users[id] = user
        devices[device]?.connections.insert(id)
        return id
    }

    /// The client is gone: everything on the connection ends.
    package mutating func connectionClosed(_ id: LabConnectionID, at now: LabInstant) {
        advance(to: now)
        for (channel, state) in channels where state.connection == id { end(channel, at: now) }
        forget(id)
    }

    private mutating func forget(_ id: LabConnectionID) {
        users[id] = nil
        if let device = connections.removeValue(forKey: id) { devices[device]?.connections.remove(id) }
        let gone = channels.filter { $0.value.connection == id }.map(\.key)
        for channel in gone { channels[channel] = nil }
        outbox.removeAll { entry in
            switch entry.action {
            case .send(let channel, _), .finish(let channel, _): gone.contains(channel)
            case .drop: false
            }
        }
    }

    // MARK: Channels

    /// A client asked for a shell, a command or a subsystem; nil when the device does not offer it.
    package mutating func open(_ kind: LabChannelKind, on connection: LabConnectionID, at now: LabInstant)
        -> LabChannelID?
    {
        advance(to: now)
        guard let name = connections[connection], let device = devices[name] else { return nil }
        lastNumber += 1
        let id = LabChannelID(number: lastNumber)
        switch (device.engine, kind) {
        case (.frr, .shell(let columns)):
            let shell = FRRShell(columns: columns)
            channels[id] = Channel(device: name, connection: connection, session: .shell(shell), lastDue: now)
            startShell(id, at: now)
        case (.frr, .exec(let command)):
            channels[id] = Channel(device: name, connection: connection, session: .silent, lastDue: now)
            runCommand(command, on: id, at: now)
        case (.labRouter, .subsystem("netconf")):
            channels[id] = Channel(
                device: name, connection: connection, user: users[connection] ?? "", session: .silent, lastDue: now)
            startNETCONF(id, at: now)
        case (.frr, .subsystem), (.labRouter, _): return nil
        }
        return id
    }

    package mutating func receive(_ bytes: [UInt8], on id: LabChannelID, at now: LabInstant) {
        advance(to: now)
        switch channels[id]?.session {
        case .shell(let shell): receiveShell(bytes, shell, on: id, at: now)
        case .netconf(let session): receiveNETCONF(bytes, session, on: id, at: now)
        case .silent, nil: break
        }
    }

    /// The client will send no more.
    package mutating func endOfInput(on id: LabChannelID, at now: LabInstant) {
        advance(to: now)
        guard channels[id] != nil else { return }
        finish(id, status: 0, at: now)
    }

    /// The client closed the channel.
    package mutating func channelClosed(_ id: LabChannelID, at now: LabInstant) {
        advance(to: now)
        end(id, at: now)
        channels[id] = nil
    }

    package mutating func resized(_ id: LabChannelID, columns: Int) {
        guard case .shell(var shell)? = channels[id]?.session else { return }
        shell.resize(columns: columns)
        channels[id]?.session = .shell(shell)
    }

    private mutating func end(_ id: LabChannelID, at now: LabInstant) {
        releaseNETCONF(id, at: now)
        channels[id]?.session = .silent
    }

    // MARK: Time

    /// When something happens by itself; nil when the lab waits for its users.
    package var nextWake: LabInstant? {
        var moments = [controlPlane.nextEvent, outbox.map(\.due).min()]
        for device in devices.values { moments += [device.bootsUntil, device.rebootAt, device.nextEvent] }
        return moments.compactMap(\.self).min()
    }

    /// Lets time pass: timers run out, sessions come up, devices boot.
    package mutating func advance(to now: LabInstant) {
        controlPlane.advance(to: now)
        guard devices.values.contains(where: { $0.isDue(at: now) }) else { return }
        for name in deviceNames {
            if let at = devices[name]?.rebootAt, at <= now { reboot(name, at: now) }
            if let until = devices[name]?.bootsUntil, until <= now {
                devices[name]?.boot(at: now)
                settle(name, at: now)
            }
            if devices[name]?.advance(to: now) == true { settle(name, at: now) }
            deliverNotifications(of: name, at: now)
        }
    }

    /// What is to be done by now, in order.
    package mutating func takeActions(at now: LabInstant) -> [LabAction] {
        advance(to: now)
        let due = outbox.filter { $0.due <= now }.map(\.action)
        outbox.removeAll { $0.due <= now }
        for action in due { if case .drop(let connection) = action { forget(connection) } }
        for action in due { if case .finish(let channel, _) = action { channels[channel] = nil } }
        return due
    }

    /// Power-cycles a device: connections die, running is lost, startup is loaded.
    package mutating func reboot(_ name: String, at now: LabInstant) {
        guard devices[name] != nil else { return }
        devices[name]?.rebootAt = nil
        devices[name]?.reboots += 1
        devices[name]?.bootsUntil = now + settings.bootTime
        for connection in (devices[name]?.connections ?? []).sorted() { enqueue(.drop(connection), due: now) }
        for id in channels.keys where channels[id]?.device == name { channels[id]?.session = .silent }
        settle(name, at: now)
    }

    /// Tells the control plane what a device is now configured for.
    mutating func settle(_ device: String, at now: LabInstant) {
        guard let intent = devices[device]?.intent else { return }
        controlPlane.update([device: intent], at: now)
    }

    func view(of device: String, at now: LabInstant) -> RouterView {
        var view = controlPlane.view(of: device, at: now)
        for (address, session) in view.neighbors {
            view.neighbors[address]?.peerHostname = session.peerDevice.flatMap { devices[$0]?.hostname }
        }
        return view
    }

    // MARK: Faults

    package mutating func add(_ fault: LabFault, to device: String) { devices[device]?.faults.add(fault) }
    package mutating func clearFaults(of device: String) { devices[device]?.faults.clear() }
    package func faults(of device: String) -> [LabFault] { devices[device]?.faults.faults ?? [] }

    // MARK: Output

    mutating func enqueue(_ action: LabAction, due: LabInstant) {
        let index = outbox.firstIndex { $0.due > due } ?? outbox.endIndex
        outbox.insert((due, action), at: index)
    }

    /// Sends bytes on a channel, as late and as far as the device's faults let them.
    mutating func send(_ bytes: [UInt8], on id: LabChannelID, at now: LabInstant) {
        guard var channel = channels[id], !bytes.isEmpty else { return }
        var due = max(now, channel.lastDue)
        if case .slow(let delay)? = devices[channel.device]?.faults.take({ if case .slow = $0 { true } else { false } }) {
            due = max(due, now + delay)
        }
        channel.lastDue = due
        let total = channel.sentBytes + bytes.count
        let cut = devices[channel.device]?.faults.take { if case .dropAfterBytes(let limit) = $0 { total >= limit } else { false } }
        if case .dropAfterBytes(let limit)? = cut {
            enqueue(.send(id, Array(bytes.prefix(max(limit - channel.sentBytes, 0)))), due: due)
            enqueue(.drop(channel.connection), due: due)
            releaseNETCONF(id, at: now)
            channel.session = .silent
        } else {
            enqueue(.send(id, bytes), due: due)
        }
        channel.sentBytes = total
        channels[id] = channel
    }

    mutating func finish(_ id: LabChannelID, status: Int, at now: LabInstant) {
        guard let channel = channels[id] else { return }
        releaseNETCONF(id, at: now)
        channels[id]?.session = .silent
        enqueue(.finish(id, exitStatus: status), due: max(now, channel.lastDue))
    }

    mutating func drop(_ id: LabChannelID, at now: LabInstant) {
        guard let channel = channels[id] else { return }
        releaseNETCONF(id, at: now)
        channels[id]?.session = .silent
        enqueue(.drop(channel.connection), due: max(now, channel.lastDue))
    }
}
