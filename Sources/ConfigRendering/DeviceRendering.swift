package import DeviceConfiguration
package import DeviceInventory

/// What the contract wants of one device, rendered.
package struct DeviceRendering: Equatable, Sendable {
    package var device: Device
    /// The endpoint the change goes through: a device is changed through one only.
    package var endpoint: Endpoint
    /// In the order of the contract's clauses.
    package var fragments: [IntendedFragment]
    /// The credential references whose values the fragments need, in the order of their first use.
    package var secrets: [CredentialReference]
    /// The device's variables that the templates can read, as paths of keys: for `inventory.lock.json`.
    package var readVariables: Set<[String]>

    package init(
        device: Device, endpoint: Endpoint, fragments: [IntendedFragment], secrets: [CredentialReference],
        readVariables: Set<[String]>
    ) {
        self.device = device
        self.endpoint = endpoint
        self.fragments = fragments
        self.secrets = secrets
        self.readVariables = readVariables
    }
}
