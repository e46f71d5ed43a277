internal import ByteTransport
internal import Diagnostics
internal import LabDevices

/// One device of a lab as its SSH server sees it.
struct LabDeviceHandler: ServerHandler {
    // The host owns its servers, which own their handlers.
    weak let host: LabHost?
    let device: String
    /// `TYPE BASE64` of the keys that may log in.
    let authorized: Set<String>
    /// Lets in too, when there is one.
    let password: Secret?

    func accepts(_ connection: ServerConnection) -> Bool {
        let isReachable = host?.step { network, _ in
            network.countConnection(to: device)
            return network.isReachable(device)
        }
        if isReachable == true { host?.accepted(connection, by: device) }
        return isReachable ?? false
    }

    func authenticate(_ attempt: LoginAttempt, on connection: ServerConnection) -> Bool {
        switch attempt.proof {
        case .publicKey(let line, let isProbe):
            guard authorized.contains(line) else { return false }
            if isProbe { return true }
        case .password(let given):
            guard let password, password.withRevealed({ $0 == given }) else { return false }
        case .none, .answers: return false
        }
        return host?.login(connection, as: attempt.user, to: device) ?? false
    }

    func open(_ channel: ServerChannel) -> (any ServerChannelMachine)? {
        let kind: LabChannelKind =
            switch channel.kind {
            case .shell(let columns, _): .shell(columns: columns)
            case .exec(let command): .exec(command)
            case .subsystem(let name): .subsystem(name)
            }
        guard let host, let id = host.open(kind, channel) else { return nil }
        return LabChannelMachine(host: host, channel: id)
    }

    func closed(_ connection: ServerConnection) { host?.closed(connection, of: device) }
}

/// One channel of a lab device: hands bytes to the network and does what it says.
struct LabChannelMachine: ServerChannelMachine {
    let host: LabHost
    let channel: LabChannelID

    func opened(at now: ContinuousClock.Instant) -> [ServerChannelAction] { host.takeMail(of: channel) }
    func woken(at now: ContinuousClock.Instant) -> [ServerChannelAction] { host.takeMail(of: channel) }

    func received(_ bytes: [UInt8], at now: ContinuousClock.Instant) -> [ServerChannelAction] {
        host.step(from: channel) { network, now in network.receive(bytes, on: channel, at: now) }
        return host.takeMail(of: channel)
    }

    func inputEnded(at now: ContinuousClock.Instant) -> [ServerChannelAction] {
        host.step(from: channel) { network, now in network.endOfInput(on: channel, at: now) }
        return host.takeMail(of: channel)
    }

    func closed(at now: ContinuousClock.Instant) { host.forget(channel) }
    func resized(columns: Int, rows: Int) {
        host.step(from: channel) { network, _ in network.resized(channel, columns: columns) }
    }
}
