package import Diagnostics
package import SourceDocuments

/// One device with everything the inventory says about it, groups and defaults merged in.
package struct Device: Sendable, Equatable {
    package var name: String
    /// Dialect and driver, for example `frr`.
    package var platform: String
    /// All groups it is in, outer before inner; in the order in which their values were merged.
    package var groups: [String]
    package var tags: [String]
    /// In order of kind.
    package var endpoints: [Endpoint]
    /// `role`, `site` and the fields the site declares.
    package var fields: [String: String]
    package var credentials: DeviceCredentials
    /// Fingerprints (`SHA256:…`) pinned in the inventory itself, beside known_hosts.
    package var hostKeys: [String]
    /// The name under which known_hosts keeps its keys, when it is not that of the endpoint.
    package var hostKeyName: String?
    /// Legacy algorithms that may be used with it.
    package var legacyAlgorithms: [String]
    /// Hosts to go through, first the one nearest to us; each takes the device's own login.
    package var jumpHosts: [Endpoint]
    /// Merged variables: a mapping whose every node knows where it was written.
    package var variables: DocumentNode
    /// Where the device is defined.
    package var position: SourcePosition
    /// What was merged, from the weakest to the strongest.
    package var layers: [InventoryLayer]
    /// Endpoints that the site's SSH configuration says something about; `endpoints`, `jumpHosts` and
    /// `legacyAlgorithms` then hold what came of it.
    var configuredRoutes: [Endpoint.Kind: EndpointRoute] = [:]
    /// What the SSH configuration gave, and what of it is not used.
    var configuredValues: [ExplainedValue] = []

    /// The endpoint of a kind.
    package func endpoint(_ kind: Endpoint.Kind) -> Endpoint? { endpoints.first { $0.kind == kind } }
    package var role: String? { fields["role"] }
    package var site: String? { fields["site"] }

    /// What a selector's key compares with.
    package func selectorValues(_ key: String) -> [String] {
        switch key {
        case "name": [name]
        case "group": groups
        case "tag": tags
        case "platform": [platform]
        case "endpoint": endpoints.map(\.kind.rawValue)
        default: fields[key].map { [$0] } ?? []
        }
    }

    /// The variables as plain values. Throws when a value means different things in different versions of YAML.
    package func variableValues() throws(Findings) -> PlainMap {
        guard case .map(let map) = try PlainValue(variables) else { return PlainMap() }
        return map
    }
}

/// One source of a device's values.
package struct InventoryLayer: Sendable, Equatable {
    /// `defaults`, `group edge`, `device ams-edge-1`, `vars/all.yaml` …
    package var name: String
    /// A mapping in the shape of a device; for engagement variables one with only `vars`.
    package var node: DocumentNode
    package init(name: String, node: DocumentNode) { (self.name, self.node) = (name, node) }
}

/// How to log in to a device: references only.
package struct DeviceCredentials: Sendable, Equatable {
    package var user: String?
    /// Private key.
    package var key: CredentialReference?
    package var passphrase: CredentialReference?
    /// User certificate for the private key.
    package var certificate: CredentialReference?
    package var password: CredentialReference?
    /// Password for the privileged mode of a CLI.
    package var enable: CredentialReference?
    package init(
        user: String? = nil, key: CredentialReference? = nil, passphrase: CredentialReference? = nil,
        certificate: CredentialReference? = nil, password: CredentialReference? = nil, enable: CredentialReference? = nil
    ) {
        (self.user, self.key, self.passphrase, self.certificate) = (user, key, passphrase, certificate)
        (self.password, self.enable) = (password, enable)
    }

    /// The references by what they are for; no values.
    package var references: [String: String] {
        let named = [
            ("key", key), ("passphrase", passphrase), ("certificate", certificate), ("password", password), ("enable", enable),
        ]
        var result = Dictionary(uniqueKeysWithValues: named.compactMap { name, value in value.map { (name, $0.text) } })
        if let user { result["user"] = user }
        return result
    }
}
