package import DeviceInventory
package import SignedManifests

/// The site's policy and signers as they are now, and who vouches for them.
package struct SiteTrust: Equatable, Sendable {
    package var siteName: String
    package var environment: String
    /// Inventory fields the site declares, for selectors in policies.
    package var fields: [String]
    package var verdict: TrustVerdict
    package var policy: Policy
    package var policyBytes: [UInt8]
    package var signersBytes: [UInt8]

    package var allowedSigners: AllowedSigners { AllowedSigners(signersBytes, file: "inventory/allowed_signers") }
}

/// The devices a gate is judged for.
package struct GateDevices: Equatable, Sendable {
    package var devices: [Device]
    /// Names of devices whose pinned host keys the lab made.
    package var withLabHostKey: Set<String>

    package init(_ devices: [Device], withLabHostKey: Set<String> = []) {
        (self.devices, self.withLabHostKey) = (devices, withLabHostKey)
    }

    /// Devices that are not of the lab: an endpoint off loopback, or a host key the lab did not make.
    package var outsideLab: [String] {
        devices.filter { device in
            !withLabHostKey.contains(device.name) || !device.endpoints.allSatisfy(\.isLoopback)
                || !device.jumpHosts.isEmpty
        }.map(\.name).sorted()
    }
}
