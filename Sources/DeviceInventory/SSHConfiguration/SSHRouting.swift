package import Diagnostics
internal import SourceDocuments

/// Lays an SSH configuration below the inventory: what the inventory says wins.
struct SSHRouting {
    let configuration: SSHConfiguration
    let home: String
    let environment: [String: String]
    let localUser: String
    var findings = Findings()

    init(_ configuration: SSHConfiguration, home: String, environment: [String: String]) {
        (self.configuration, self.home, self.environment) = (configuration, home, environment)
        localUser = SSHTokens.localUserName()
    }

    /// The device with its endpoints as they are reached; nil when there was a finding.
    mutating func route(_ device: Device) -> Device? {
        let before = findings.all.count
        let written = device.writtenValues
        var result = device
        result.configuredRoutes = [:]
        for (index, endpoint) in device.endpoints.enumerated() {
            let settings = configuration.settings(for: endpoint.host)
            guard settings != SSHSettings(), let route = route(device, endpoint, settings, written) else { continue }
            result.configuredRoutes[endpoint.kind] = route
            result.endpoints[index] = route.endpoint
            result.configuredValues += explained(device, endpoint, settings, route, written)
        }
        guard findings.all.count == before else { return nil }
        guard !result.configuredRoutes.isEmpty else { return device }
        for endpoint in device.endpoints where result.configuredRoutes[endpoint.kind] == nil {
            result.configuredRoutes[endpoint.kind] = device.route(to: endpoint.kind)
        }
        let routes = result.endpoints.compactMap { result.route(to: $0.kind) }
        result.jumpHosts = routes.flatMap(\.hops).map(\.endpoint).reduce(into: []) {
            if !$0.contains($1) { $0.append($1) }
        }
        result.legacyAlgorithms = routes.flatMap { $0.legacyAlgorithms + $0.hops.flatMap(\.legacyAlgorithms) }
            .reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
        return result
    }

    // MARK: One endpoint

    private mutating func route(
        _ device: Device, _ endpoint: Endpoint, _ settings: SSHSettings, _ written: WrittenValues
    ) -> EndpointRoute? {
        guard
            var place = place(
                device, settings, endpoint.host,
                port: written.ports.contains(endpoint.kind) || endpoint.kind != .cli ? endpoint.port : nil,
                user: device.credentials.user)
        else { return nil }
        place.endpoint.kind = endpoint.kind
        var route = EndpointRoute(
            endpoint: place.endpoint, user: place.user, hostKeyName: device.hostKeyName ?? settings.hostKeyAlias?.value,
            hops: device.jumpHosts.map { JumpHost(endpoint: $0) },
            legacyAlgorithms: written.hasLegacyAlgorithms ? device.legacyAlgorithms : Self.legacy(settings),
            settings: settings)
        if device.credentials.key == nil { route.identities = identities(device, settings, place.tokens) }
        if !written.hasJumpHosts {
            if refusesProxyCommand(device, settings) { return nil }
            guard let hops = hops(device, settings, place.tokens, [endpoint.host]) else { return nil }
            route.hops = hops
        }
        return route
    }

    private typealias Place = (endpoint: Endpoint, user: String?, tokens: SSHTokens)

    /// Where `ssh HOST` would go. - Parameter port: The port that is settled already.
    private mutating func place(_ device: Device, _ settings: SSHSettings, _ host: String, port: UInt16?, user: String?)
        -> Place?
    {
        let user = user ?? settings.user?.value
        var tokens = SSHTokens(
            home: home, environment: environment, localUser: localUser, originalHost: host, host: host,
            port: port ?? settings.port?.value ?? 22, user: user ?? localUser,
            hostKeyAlias: settings.hostKeyAlias?.value)
        if let name = settings.hostName {
            guard let expanded = expanding(device, tokens, name, "h") else { return nil }
            tokens.host = expanded.lowercased()
        }
        guard let endpoint = Endpoint(kind: .cli, checking: tokens.host, port: tokens.port) else {
            report(
                "host", "“\(safeForDisplay(tokens.host, keepingLines: false))” is no host name or address",
                settings.hostName?.position ?? SourcePosition(file: configuration.file), "write a name or an address",
                device)
            return nil
        }
        return (endpoint, user, tokens)
    }

    private mutating func identities(_ device: Device, _ settings: SSHSettings, _ tokens: SSHTokens) -> SSHIdentities {
        var identities = SSHIdentities(usesWholeAgent: settings.identitiesOnly?.value == false)
        for given in settings.identityFiles where given.value.lowercased() != "none" {
            guard let path = expanding(device, tokens, given, nil),
                let reference = CredentialReference("file:" + path)
            else { continue }
            identities.files.append(.init(value: reference, position: given.position))
        }
        return identities
    }

    /// Old algorithms that the configuration asks for.
    private static func legacy(_ settings: SSHSettings) -> [String] {
        settings.algorithms.filter { $0.given.value.change != .remove }.flatMap(\.given.value.names).filter {
            DeviceReading.legacyAlgorithms.contains($0)
        }
    }

    // MARK: Hosts on the way

    /// The hosts of a `ProxyJump`, each looked up in its turn; those before the first are that one's own.
    private mutating func hops(_ device: Device, _ settings: SSHSettings, _ tokens: SSHTokens, _ on: [String])
        -> [JumpHost]?
    {
        guard let jumps = settings.proxyJump else { return [] }
        var hops: [JumpHost] = []
        for (index, jump) in jumps.value.enumerated() {
            guard
                let name = expanding(device, tokens, .init(value: jump.host, position: jumps.position), "hnpr")?
                    .lowercased()
            else { return nil }
            guard !on.contains(name), on.count <= SSHConfigurationValue.maximumJumps else {
                report(
                    "jump-loop", "the way to \(on[0]) leads through \(name) in a circle", jumps.position,
                    "exclude that host: Host * !\(name)", device)
                return nil
            }
            let own = configuration.settings(for: name)
            guard let place = place(device, own, name, port: jump.port, user: jump.user) else { return nil }
            if index == 0 {
                if refusesProxyCommand(device, own) { return nil }
                guard let before = self.hops(device, own, place.tokens, on + [name]) else { return nil }
                hops += before
            }
            var hop = JumpHost(
                endpoint: place.endpoint, login: .own(user: place.user, identities(device, own, place.tokens)))
            hop.hostKeyName = own.hostKeyAlias?.value
            hop.legacyAlgorithms = Self.legacy(own)
            hop.settings = own
            hops.append(hop)
        }
        return hops
    }

    private mutating func refusesProxyCommand(_ device: Device, _ settings: SSHSettings) -> Bool {
        guard let command = settings.unused.first(where: { $0.keyword == "ProxyCommand" }) else { return false }
        report(
            "proxy-command", "ProxyCommand is not supported: \(command.reason)", command.position,
            "write ProxyJump, or give the device `jump-hosts` in the inventory (an empty list for none)", device)
        return true
    }

    // MARK: Findings

    /// - Parameter allowed: The tokens that the option takes; nil for a file name.
    private mutating func expanding(
        _ device: Device, _ tokens: SSHTokens, _ given: SSHSettings.Given<String>, _ allowed: String?
    ) -> String? {
        do throws(SSHTokens.Problem) {
            return if let allowed { try tokens.expand(given.value, allowed) } else { try tokens.path(given.value) }
        } catch {
            report("token", error.what, given.position, error.remedy, device)
            return nil
        }
    }

    private mutating func report(
        _ code: String, _ what: String, _ position: SourcePosition, _ remedy: String, _ device: Device
    ) {
        findings.add(Finding(code: "ssh-config.\(code)", what: what, at: position, device: device.name, remedy: remedy))
    }
}

/// Which of a device's values the inventory itself has.
struct WrittenValues {
    /// Kinds of endpoints whose port is written.
    var ports: Set<Endpoint.Kind> = []
    var hasJumpHosts = false
    var hasLegacyAlgorithms = false
    var merged: DocumentNode?
}

extension Device {
    var writtenValues: WrittenValues {
        let merged = layers.dropFirst().reduce(layers.first?.node) { $0?.merged(with: $1.node) }
        guard let merged else { return WrittenValues() }
        var written = WrittenValues(merged: merged)
        for kind in Endpoint.Kind.allCases {
            if let text = merged["endpoints"]?[kind.rawValue]?.scalar?.text, Endpoint.hasPort(text) {
                written.ports.insert(kind)
            }
        }
        written.hasJumpHosts = merged["jump-hosts"].map { !$0.isNull } ?? false
        written.hasLegacyAlgorithms = merged["legacy-algorithms"].map { !$0.isNull } ?? false
        return written
    }
}

extension Inventory {
    /// This inventory with the devices as an SSH configuration reaches them.
    package func routed(by configuration: SSHConfiguration, home: String, environment: [String: String])
        throws(Findings) -> Inventory
    {
        var routing = SSHRouting(configuration, home: home, environment: environment)
        var result = self
        result.devices = devices.compactMap { routing.route($0) }
        try routing.findings.throwIfErrors()
        return result
    }
}
