/// How one endpoint of a device is reached: what the inventory says, and where it says nothing, the site's SSH configuration.
package struct EndpointRoute: Sendable, Equatable {
    /// Where the connection goes.
    package var endpoint: Endpoint
    /// Nil: the user who runs this program.
    package var user: String?
    /// The name under which known_hosts keeps the key, when it is not that of the endpoint.
    package var hostKeyName: String?
    /// Private keys of the SSH configuration to try; only when the inventory names no key.
    package var identities = SSHIdentities()
    /// Hosts to go through, first the one nearest to us.
    package var hops: [JumpHost]
    /// Old algorithms that may be used.
    package var legacyAlgorithms: [String]
    /// Algorithms and times; nil without an SSH configuration.
    package var settings: SSHSettings?

    /// `ssh://USER@HOST:PORT`.
    static func url(_ endpoint: Endpoint, user: String?) -> String {
        guard let user else { return endpoint.url }
        return "ssh://\(user)@" + endpoint.url.dropFirst(6)
    }

    /// The way in one line, for people.
    package var summary: String {
        Self.url(endpoint, user: user) + (hops.isEmpty ? "" : " through " + hops.map(\.url).joined(separator: ", "))
    }
}

/// A host to go through.
package struct JumpHost: Sendable, Equatable {
    package enum Login: Sendable, Equatable {
        /// A host of the inventory's `jump-hosts`: the device's own credentials.
        case asDevice
        /// A host of the SSH configuration: this user (nil: the one who runs this program) and these keys; without any the
        /// device's keys, never its password.
        case own(user: String?, SSHIdentities)
    }
    package var endpoint: Endpoint
    package var login: Login
    package var hostKeyName: String?
    package var legacyAlgorithms: [String] = []
    package var settings: SSHSettings?

    package init(endpoint: Endpoint, login: Login = .asDevice) { (self.endpoint, self.login) = (endpoint, login) }

    package var url: String {
        switch login {
        case .asDevice: endpoint.url
        case .own(let user, _): EndpointRoute.url(endpoint, user: user)
        }
    }
}

/// Private key files of an SSH configuration, tokens expanded.
package struct SSHIdentities: Sendable, Equatable {
    /// `file:` references with the places that named them.
    package var files: [SSHSettings.Given<CredentialReference>] = []
    /// Whether all keys of the agent are tried behind them: `IdentitiesOnly no`.
    package var usesWholeAgent = false
}

extension Device {
    /// How one of its endpoints is reached; nil when it has none of the kind.
    package func route(to kind: Endpoint.Kind) -> EndpointRoute? {
        if let configured = configuredRoutes[kind] { return configured }
        return endpoint(kind).map { endpoint in
            EndpointRoute(
                endpoint: endpoint, user: credentials.user, hostKeyName: hostKeyName,
                hops: jumpHosts.map { JumpHost(endpoint: $0) }, legacyAlgorithms: legacyAlgorithms)
        }
    }

    /// For plans: the way to an endpoint about which the SSH configuration says something; empty when it says nothing.
    package func configuredWay(to kind: Endpoint.Kind) -> [String] {
        configuredRoutes[kind].map { ["reached as the SSH configuration says: \($0.summary)"] } ?? []
    }

    /// Names for host keys other than those of its endpoints.
    package var hostKeyNames: [String] {
        [hostKeyName].compactMap(\.self) + configuredRoutes.values.compactMap(\.hostKeyName)
    }
}

extension Device {
    /// What of the SSH configuration decides where connections go, as whom, and how they are protected.
    var lockedConfiguration: [String: [String: String]]? {
        guard !configuredRoutes.isEmpty else { return nil }
        var kinds: [String: [String: String]] = [:]
        for (kind, route) in configuredRoutes {
            var entries = ["reached": route.summary]
            func add(_ settings: SSHSettings?, _ prefix: String) {
                for (keyword, given) in settings?.algorithms ?? [] { entries[prefix + keyword] = given.value.text }
            }
            add(route.settings, "")
            entries["HostKeyAlias"] = route.hostKeyName
            for hop in route.hops {
                add(hop.settings, hop.url + " ")
                if let name = hop.hostKeyName { entries[hop.url + " HostKeyAlias"] = name }
            }
            kinds[kind.rawValue] = entries
        }
        return kinds
    }
}
