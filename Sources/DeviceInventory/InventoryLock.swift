package import Diagnostics
package import SourceDocuments

/// `plan/inventory.lock.json`: what of the inventory a plan was made from, and nothing else, so that an unrelated
/// variable or a new neighbour voids no approval.
package struct InventoryLock: Codable, Equatable, Sendable {
    package var asbuilt = "inventory-lock/v1"
    /// Sorted by name.
    package var devices: [LockedDevice]
    package init(devices: [LockedDevice]) { self.devices = devices.sorted { $0.name < $1.name } }

    package struct LockedDevice: Codable, Equatable, Sendable {
        package var name: String
        package var platform: String
        /// `ssh://host:port` by kind.
        package var endpoints: [String: String]
        /// Fingerprints of the keys that are accepted, by kind of endpoint, sorted.
        package var hostKeys: [String: [String]]
        /// References by what they are for.
        package var credentials: [String: String]
        package var legacyAlgorithms: [String]
        package var jumpHosts: [String]
        /// What the site's SSH configuration says about the way, by kind of endpoint and keyword; absent where it says
        /// nothing. Whose keys are used is the executor's own matter and not here.
        package var sshConfiguration: [String: [String: String]]?
        /// What the templates read: paths like `transit.asn` with their values as compact JSON; `null` stands for a
        /// variable that was looked for and not there.
        package var values: [String: String]
        package init(
            name: String, platform: String, endpoints: [String: String], hostKeys: [String: [String]],
            credentials: [String: String], legacyAlgorithms: [String], jumpHosts: [String], values: [String: String]
        ) {
            self.name = name
            self.platform = platform
            self.endpoints = endpoints
            self.hostKeys = hostKeys
            self.credentials = credentials
            self.legacyAlgorithms = legacyAlgorithms
            self.jumpHosts = jumpHosts
            self.values = values
        }
    }
}

extension InventoryLock.LockedDevice {
    /// - Parameters:
    ///   - hostKeys: Fingerprints by kind of endpoint, from known_hosts and the inventory.
    ///   - read: The variables that templates read, as paths of keys; a path stops where a list begins.
    package init(_ device: Device, hostKeys: [String: [String]], read: Set<[String]>) throws(Findings) {
        let variables = PlainValue.map(try device.variableValues())
        var values: [String: String] = [:]
        for path in read { values[path.joined(separator: ".")] = variables.value(at: path).json }
        self.init(
            name: device.name, platform: device.platform,
            endpoints: Dictionary(
                device.endpoints.map { ($0.kind.rawValue, $0.url) }, uniquingKeysWith: { first, _ in first }),
            hostKeys: hostKeys.mapValues { $0.sorted() }, credentials: device.credentials.references,
            legacyAlgorithms: device.legacyAlgorithms.sorted(), jumpHosts: device.jumpHosts.map(\.url), values: values)
        sshConfiguration = device.lockedConfiguration
    }
}

extension PlainValue {
    /// The value at a path of keys; null when it is not there.
    package func value(at path: [String]) -> PlainValue {
        var value = self
        for key in path {
            guard case .map(let map) = value, let next = map[key] else { return .null }
            value = next
        }
        return value
    }
}
