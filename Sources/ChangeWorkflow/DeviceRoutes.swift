internal import ByteTransport
internal import DeviceInventory
internal import Diagnostics
internal import SSHTransport

/// What the inventory says about reaching devices, in the transport's terms: target, hops, login, algorithms.
struct DeviceRoutes: Sendable {
    let pins: HostKeyIndex
    let resolver: CredentialResolver

    /// Where an endpoint is, and whose host key is expected there.
    static func target(_ device: Device, _ route: EndpointRoute) -> SSHTarget {
        SSHTarget(
            host: route.endpoint.host, port: Int(route.endpoint.port), user: route.user ?? "", device: device.name,
            hostKeyName: route.hostKeyName, fingerprints: device.hostKeys)
    }

    static func target(_ hop: JumpHost, of device: Device) -> SSHTarget {
        let user =
            switch hop.login {
            case .asDevice: device.credentials.user
            case .own(let user, _): user
            }
        return SSHTarget(
            host: hop.endpoint.host, port: Int(hop.endpoint.port), user: user ?? "", hostKeyName: hop.hostKeyName)
    }

    /// The way to a host: each hop with its login and what may be negotiated there.
    func hops(_ device: Device, through hops: some Collection<JumpHost>, _ own: [SSHCredential])
        async throws(TransportError)
        -> [SSHHop]
    {
        var result: [SSHHop] = []
        for hop in hops {
            var credentials = own
            if case .own(_, let identities) = hop.login {
                let keys = try await self.credentials(identities, device)
                credentials = keys.isEmpty ? own.filter(\.isKey) : keys
            }
            result.append(
                SSHHop(
                    target: Self.target(hop, of: device), credentials: credentials,
                    options: try hop.settings.map { settings throws(TransportError) in
                        try Self.options(settings, legacy: hop.legacyAlgorithms)
                    }))
        }
        return result
    }

    /// Fetches the secrets behind a device's references; nothing was sent before.
    func credentials(_ device: Device, _ route: EndpointRoute) async throws(TransportError) -> [SSHCredential] {
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
        found += try await credentials(route.identities, device)
        if let reference = device.credentials.password {
            let password = try await fetch(reference)
            found += [.password(password), .interactive([password])]
        }
        return found
    }

    /// The keys that a place offers, read through `hosts` with the logins there, without a login at the place.
    func offeredKeys(
        _ device: Device, at target: SSHTarget, _ route: EndpointRoute, through hosts: [JumpHost],
        options: SSHClientOptions,
        _ ssh: SSHConnector, deadline: ContinuousClock.Instant
    ) async throws(TransportError) -> [SSHPublicKey] {
        var ssh = ssh
        ssh.options = options
        let hops =
            hosts.isEmpty ? [] : try await self.hops(device, through: hosts, try await credentials(device, route))
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
            let route = device.route(to: kind)
        else {
            throw TransportError(
                .nameUnknown, what: "\(name) has no \(endpoint) endpoint in the inventory", location: name,
                remedy: "add one under `endpoints` in inventory/devices.yaml")
        }
        let options = try DeviceRoutes.options(route.settings, legacy: route.legacyAlgorithms)
        let credentials = try await routes.credentials(device, route)
        let target = DeviceRoutes.target(device, route)
        if let calls { return try await answered(calls, target, name, credentials, deadline: deadline) }
        return try await ssh.connect(
            to: target, through: try await routes.hops(device, through: route.hops, credentials), pins: routes.pins,
            credentials: credentials, options: options, deadline: deadline)
    }

    /// The device's next call; one that ended while it waited for us is passed over.
    private func answered(
        _ calls: SSHCallHome, _ target: SSHTarget, _ device: String, _ credentials: [SSHCredential],
        deadline: ContinuousClock.Instant
    ) async throws(TransportError) -> any DeviceConnection {
        while true {
            let call = try await calls.call(from: device, deadline: deadline)
            do throws(TransportError) {
                return try await ssh.connect(
                    answering: call, as: target, pins: routes.pins, credentials: credentials,
                    deadline: deadline)
            } catch {
                guard error.code == .closed, ContinuousClock.now < deadline else { throw error }
            }
        }
    }
}
