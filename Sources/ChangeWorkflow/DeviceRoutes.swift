internal import ByteTransport
internal import DeviceInventory
internal import Diagnostics
internal import SSHTransport

/// What the inventory says about reaching devices, in the transport's terms: target, hops, login, algorithms.
struct DeviceRoutes: Sendable {
    let pins: HostKeyIndex
    let resolver: CredentialResolver

    /// Where an endpoint is, and whose host key is expected there.
    static func target(_ device: Device, _ endpoint: Endpoint) -> SSHTarget {
        SSHTarget(
            host: endpoint.host, port: Int(endpoint.port), user: device.credentials.user ?? "", device: device.name,
            hostKeyName: device.hostKeyName, fingerprints: device.hostKeys)
    }

    /// Modern algorithms and those that the inventory allows this device.
    static func options(_ device: Device) throws(TransportError) -> SSHClientOptions {
        var options = SSHClientOptions()
        options.algorithms = try options.algorithms.allowing(device.legacyAlgorithms)
        return options
    }

    /// The way to a device: the same login on every hop; modern algorithms only, the allow list is the device's.
    static func hops(_ device: Device, _ credentials: [SSHCredential], through hosts: [Endpoint]? = nil) -> [SSHHop] {
        (hosts ?? device.jumpHosts).map { host in
            SSHHop(
                target: SSHTarget(host: host.host, port: Int(host.port), user: device.credentials.user ?? ""),
                credentials: credentials)
        }
    }

    /// Fetches the secrets behind a device's references; nothing was sent before.
    func credentials(_ device: Device) async throws(TransportError) -> [SSHCredential] {
        func fetch(_ reference: CredentialReference) async throws(TransportError) -> Secret {
            do throws(CredentialError) {
                return try await resolver.resolve(reference)
            } catch {
                throw TransportError(
                    .credentialUnavailable, what: "\(error.reference): \(error.what); nothing was sent",
                    location: device.name, remedy: error.remedy)
            }
        }
        var found: [SSHCredential] = []
        if let reference = device.credentials.key {
            if case .agent(let key) = reference.kind {
                found.append(.agent(socket: resolver.agentSocket, key: key))
            } else {
                var (passphrase, certificate) = (Secret?.none, String?.none)
                if let reference = device.credentials.passphrase { passphrase = try await fetch(reference) }
                if let reference = device.credentials.certificate {
                    certificate = try await fetch(reference).withRevealed { $0 }
                }
                let text = try await fetch(reference)
                let key = try SSHPrivateKey(text: text, passphrase: passphrase, name: reference.text)
                found.append(.key(key, certificate: certificate))
            }
        }
        if let reference = device.credentials.password {
            let password = try await fetch(reference)
            found += [.password(password), .interactive([password])]
        }
        return found
    }

    /// The keys that a place offers, read through `hosts` with the device's login there, without a login at the place.
    func offeredKeys(
        _ device: Device, at target: SSHTarget, through hosts: [Endpoint], _ ssh: SSHConnector,
        deadline: ContinuousClock.Instant
    ) async throws(TransportError) -> [SSHPublicKey] {
        var ssh = ssh
        ssh.options = try Self.options(device)
        let hops = hosts.isEmpty ? [] : Self.hops(device, try await credentials(device), through: hosts)
        return try await ssh.scanHostKeys(of: target, through: hops, pins: pins, deadline: deadline)
    }
}

/// Connects to the devices of an inventory over SSH, with the credentials their references name.
struct SiteConnector: DeviceConnector {
    let routes: DeviceRoutes
    let ssh: SSHConnector
    /// Where devices call; nil dials them.
    let calls: SSHCallHome?
    let devices: [String: Device]

    func connect(device name: String, endpoint: String, deadline: ContinuousClock.Instant) async throws(TransportError)
        -> any DeviceConnection
    {
        guard let device = devices[name], let kind = Endpoint.Kind(rawValue: endpoint),
            let place = device.endpoint(kind)
        else {
            throw TransportError(
                .nameUnknown, what: "\(name) has no \(endpoint) endpoint in the inventory", location: name,
                remedy: "add one under `endpoints` in inventory/devices.yaml")
        }
        let options = try DeviceRoutes.options(device)
        let credentials = try await routes.credentials(device)
        if let calls { return try await answered(calls, device, place, credentials, deadline: deadline) }
        return try await ssh.connect(
            to: DeviceRoutes.target(device, place), through: DeviceRoutes.hops(device, credentials), pins: routes.pins,
            credentials: credentials, options: options, deadline: deadline)
    }

    /// The device's next call; one that ended while it waited for us is passed over.
    private func answered(
        _ calls: SSHCallHome, _ device: Device, _ place: Endpoint, _ credentials: [SSHCredential],
        deadline: ContinuousClock.Instant
    ) async throws(TransportError) -> any DeviceConnection {
        while true {
            let call = try await calls.call(from: device.name, deadline: deadline)
            do throws(TransportError) {
                return try await ssh.connect(
                    answering: call, as: DeviceRoutes.target(device, place), pins: routes.pins, credentials: credentials,
                    deadline: deadline)
            } catch {
                guard error.code == .closed, ContinuousClock.now < deadline else { throw error }
            }
        }
    }
}
