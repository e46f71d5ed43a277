internal import CanonicalData
package import DeviceInventory
package import Diagnostics
package import FoundationEssentials
package import SignedManifests
internal import SourceDocuments

/// Policy and signers of a site, and the signature that vouches for them.
///
/// `policy.manifest` lists `allowed_signers` and `policy.yaml` in the format of `sha256sum`; `policy.manifest.sig`
/// signs it in the namespace `asbuilt.policy@v1`. The key is pinned outside the workspace.
package enum TrustRoot {
    package static let policyFile = "policy.yaml"
    package static let signersFile = "allowed_signers"
    package static let manifestFile = "policy.manifest"
    package static let signatureFile = "policy.manifest.sig"

    /// Reads policy and signers and decides who vouches for them.
    ///
    /// Without a pin for the site the verdict is `workspace only`. With one, a missing or wrong signature is a refusal.
    package static func load(
        _ workspace: Workspace, site: SiteSettings, pins: [TrustPin.Location], now: Date,
        keygen: SSHKeygen = SSHKeygen()
    ) async throws(Findings) -> SiteTrust {
        let policyBytes = try read(workspace, policyFile)
        let signersBytes = try read(workspace, signersFile)
        var warnings = Findings()
        var findings = Findings()
        var policy: Policy?
        do {
            let document = try SourceDocument.yaml(
                String(decoding: policyBytes, as: UTF8.self), file: "inventory/\(policyFile)")
            policy = try Policy.read(document, fields: site.fields, warnings: &warnings)
        } catch { findings.add(contentsOf: error) }
        findings.add(contentsOf: AllowedSigners(signersBytes, file: "inventory/\(signersFile)").findings)
        try findings.throwIfErrors()
        guard let policy else { throw findings }
        var trust = SiteTrust(
            siteName: site.name, environment: site.environment, fields: site.fields, verdict: .workspaceOnly,
            policy: policy, policyBytes: policyBytes, signersBytes: signersBytes)
        guard let pin = try TrustPin.find(pins, workspace: workspace.root) else { return trust }
        let name = try TrustPin.siteName(site.name)
        guard AllowedSigners(pin.bytes, file: pin.location.path).mentions(name) else { return trust }
        trust.verdict = try await verdict(workspace, trust, pin, name, now, keygen)
        return trust
    }

    private static func verdict(
        _ workspace: Workspace, _ trust: SiteTrust, _ pin: TrustPin, _ name: PrincipalName, _ now: Date,
        _ keygen: SSHKeygen
    ) async throws(Findings) -> TrustVerdict {
        let manifestBytes = try read(workspace, manifestFile, code: "trust.policy-not-signed")
        let signatureBytes = try read(workspace, signatureFile, code: "trust.policy-not-signed")
        let manifest = try Manifest.parse(manifestBytes, file: "inventory/\(manifestFile)", area: "trust")
        let found = manifestOf(policy: trust.policyBytes, signers: trust.signersBytes)
        var findings = Findings()
        for change in found.changes(since: manifest) {
            findings.add(
                Finding(
                    code: "trust.policy-changed",
                    what:
                        "inventory/\(change.path) is not what was signed: signed \(change.before?.hex ?? "nothing"), found \(change.after?.hex ?? "nothing")",
                    at: SourcePosition(file: "inventory/\(change.path)"),
                    remedy: "restore the file, or let the owner of the pinned key sign it: `asbuilt trust sign`"))
        }
        try findings.throwIfErrors()
        do {
            let signature = try SSHSignature(armored: signatureBytes, file: "inventory/\(signatureFile)")
            let verified = try await keygen.verify(
                manifestBytes, signature: signature, principal: name, namespace: .policy, allowedSigners: pin.bytes,
                at: now, file: "inventory/\(signatureFile)")
            return .pinned(fingerprint: verified.fingerprint)
        } catch {
            throw Findings([error.finding(area: "trust", at: SourcePosition(file: "inventory/\(signatureFile)"))])
        }
    }

    private static func manifestOf(policy: [UInt8], signers: [UInt8]) -> Manifest {
        Manifest([
            Manifest.Entry(path: signersFile, digest: .sha256(signers)),
            Manifest.Entry(path: policyFile, digest: .sha256(policy)),
        ])
    }

    /// Signs policy and signers with the key whose public half is to be pinned.
    package static func sign(_ workspace: Workspace, keyFile: String, keygen: SSHKeygen = SSHKeygen())
        async throws(Findings)
    {
        let manifest = manifestOf(
            policy: try read(workspace, policyFile), signers: try read(workspace, signersFile))
        let signature: [UInt8]
        do {
            signature = try await keygen.sign(manifest.bytes, keyFile: keyFile, namespace: .policy)
        } catch { throw Findings([error.finding(area: "trust")]) }
        try EngagementWriting.write(manifest.bytes, to: workspace.inventoryFolder + "/" + manifestFile)
        try EngagementWriting.write(signature, to: workspace.inventoryFolder + "/" + signatureFile)
    }

    private static func read(_ workspace: Workspace, _ name: String, code: String = "trust.file-missing")
        throws(Findings) -> [UInt8]
    {
        switch LockedFile.read(root: workspace.inventoryFolder, path: name) {
        case .bytes(let bytes): return bytes
        case .missing:
            throw Findings([
                Finding(
                    code: code, what: "inventory/\(name) does not exist", at: SourcePosition(file: "inventory/\(name)"),
                    remedy: code == "trust.file-missing"
                        ? "write it; the page on policies says what belongs in it"
                        : "let the owner of the pinned key sign the policy: `asbuilt trust sign --key FILE`")
            ])
        case .link(_, let target):
            throw Findings([
                Finding(
                    code: "trust.symbolic-link",
                    what: "inventory/\(name) is a symbolic link to \(safeForDisplay(target, keepingLines: false))",
                    at: SourcePosition(file: "inventory/\(name)"), remedy: "replace the link by the file itself")
            ])
        case .notAFile, .unreadable:
            throw Findings([
                Finding(
                    code: "trust.unreadable", what: "inventory/\(name) cannot be read",
                    at: SourcePosition(file: "inventory/\(name)"), remedy: "check its kind and its permissions")
            ])
        }
    }
}
