package import DeviceInventory
package import Diagnostics
package import SignedManifests
internal import SourceDocuments

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

extension SiteTrust {
    /// The policy that a gate froze, with the signers that somebody who verifies brings along.
    ///
    /// - Parameter signers: an `allowed_signers` file; nil for the frozen one.
    package static func frozen(_ folder: EngagementFolder, gate: Gate, signers: [UInt8]?) throws(Findings) -> SiteTrust {
        func read(_ path: String) throws(Findings) -> [UInt8] {
            guard case .bytes(let bytes) = LockedFile.read(root: folder.root, path: path) else {
                throw Findings([
                    Finding(
                        code: "gate.missing-file", what: "\(path) does not exist or is not a plain file",
                        at: SourcePosition(file: path), remedy: "restore the file")
                ])
            }
            return bytes
        }
        let policyBytes = try read(gate.policyFile)
        let terms = try GateTerms.read(try read(gate.termsFile), file: gate.termsFile)
        let texts = DocumentTexts(folder: folder, texts: [gate.policyFile: policyBytes])
        var warnings = Findings()
        let policy = try Policy.read(try texts.yaml(gate.policyFile), fields: nil, warnings: &warnings)
        let signersBytes: [UInt8]
        if let signers {
            try AllowedSigners(signers, file: "allowed_signers").findings.throwIfErrors()
            signersBytes = signers
        } else {
            signersBytes = try read(gate.signersFile)
        }
        return SiteTrust(
            siteName: terms.site, environment: terms.environment, fields: [], verdict: .selfContained, policy: policy,
            policyBytes: policyBytes, signersBytes: signersBytes)
    }
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
