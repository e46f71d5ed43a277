internal import CanonicalData
internal import DeviceInventory
package import Diagnostics
package import FoundationEssentials
package import SignedManifests

/// Puts a person's signature on a gate.
package struct GateApproval: Sendable {
    package var folder: EngagementFolder
    package var site: SiteTrust
    package var keygen: SSHKeygen

    package init(folder: EngagementFolder, site: SiteTrust, keygen: SSHKeygen = SSHKeygen()) {
        (self.folder, self.site, self.keygen) = (folder, site, keygen)
    }

    /// What an approver is about to sign, or has signed.
    package struct Outcome: Equatable, Sendable {
        package var manifest: Manifest
        package var terms: GateTerms
        package var signer: GateSigner
        /// What differs from what this principal signed last, in an earlier cycle; nil when there was nothing.
        package var changes: [ManifestChange]?
        /// The gate after this signature.
        package var verdict: GateVerdict
    }

    /// Signs. The first approver opens the gate: writes terms, frozen policy and signers, and the manifest. Later ones
    /// sign the same manifest. Whatever stands against it is thrown before any file is written.
    ///
    /// - Parameter isLabOnly: sign for lab devices only.
    package func approve(
        _ gate: Gate, as principal: PrincipalName, keyFile: String, devices: GateDevices, now: Date,
        isLabOnly: Bool = false
    ) async throws(Findings) -> Outcome {
        let loaded = try Engagement.load(folder, fields: site.fields)
        if isLabOnly { try requireLabDevices(devices) }
        let verifier = GateVerifier(folder: folder, site: site, keygen: keygen)
        var earlier: [GateSigner] = []
        if gate == .design {
            let first = await verifier.verify(.spec, devices: devices, now: now)
            try first.requireGranted()
            earlier = first.signers
        }
        let fingerprint = try await catching { () async throws(SigningError) in
            try await keygen.fingerprint(keyFile: keyFile)
        }
        try requireEligible(gate, principal, fingerprint, loaded.engagement.authors, earlier, devices.devices)
        let opening = try opening(gate, loaded, now: now)
        let namespace = isLabOnly ? SignatureNamespace.labGate : gate.namespace
        let bytes = opening.manifest.bytes
        let path = gate.folder + "/" + principal.signatureFileName
        let signature = try await catching { () async throws(SigningError) in
            try await keygen.sign(bytes, keyFile: keyFile, namespace: namespace)
        }
        let verified = try await catching { () async throws(SigningError) in
            try await keygen.verify(
                bytes, signature: try SSHSignature(armored: signature, file: path), principal: principal,
                namespace: namespace, allowedSigners: site.signersBytes, at: now, file: path)
        }
        let changes = try ApprovalHistory(folder: folder).changes(gate, principal, to: opening.manifest)
        for (name, content) in opening.files { try EngagementWriting.write(content, to: folder.path(name)) }
        try EngagementWriting.write(signature, to: folder.path(path))
        return Outcome(
            manifest: opening.manifest, terms: opening.terms,
            signer: GateSigner(
                principal: principal, fingerprint: verified.fingerprint, keyType: verified.keyType,
                isLabOnly: isLabOnly), changes: changes,
            verdict: await verifier.verify(gate, devices: devices, now: now))
    }

    /// A signature for the lab says nothing about other devices, so it is not made for them.
    private func requireLabDevices(_ devices: GateDevices) throws(Findings) {
        let outside = devices.outsideLab
        guard !outside.isEmpty else { return }
        throw Findings(
            outside.map { device in
                Finding(
                    code: "gate.lab-only", what: "\(device) is not a lab device: its endpoints and pinned host keys are not all of a lab on this machine",
                    device: device,
                    remedy: "pin the lab's keys with `asbuilt lab inventory --state DIR --known-hosts inventory/known_hosts`, or approve without `--lab`")
            })
    }

    private func catching<T>(_ body: () async throws(SigningError) -> T) async throws(Findings) -> T {
        do { return try await body() } catch { throw Findings([error.finding(area: "gate")]) }
    }

    private func requireEligible(
        _ gate: Gate, _ principal: PrincipalName, _ fingerprint: String, _ authors: [PrincipalName],
        _ earlier: [GateSigner], _ devices: [Device]
    ) throws(Findings) {
        let rules = RequiredSignatures(policy: site.policy, authors: authors, earlier: earlier)
        if let objection = rules.objection(to: principal, fingerprint: fingerprint) { throw Findings([objection]) }
        let needed = try RequiredSignatures.requirements(gate.rule(of: site.policy), devices: devices)
        let roles = site.policy.roles(of: principal)
        guard needed.contains(where: { roles.contains($0.role) }) else {
            throw Findings([
                Finding(
                    code: "policy.role-not-asked",
                    what:
                        "\(gate.title) asks for \(needed.map { "\($0.count) of role \($0.role)" }.joined(separator: ", ")); \(principal) has \(roles.joined(separator: ", "))",
                    remedy:
                        "let one of these sign: \(rules.missing(needed, signers: []).flatMap(\.couldSign).map(\.text).joined(separator: ", "))"
                )
            ])
        }
    }

    private struct Opening {
        var manifest: Manifest
        var terms: GateTerms
        /// Files to write, the manifest last, so that a gate exists only when everything it covers does.
        var files: [(String, [UInt8])]
    }

    private func opening(_ gate: Gate, _ loaded: LoadedEngagement, now: Date) throws(Findings) -> Opening {
        let scope = gate.scope
        let remedy = "open the next cycle with `asbuilt amend`"
        switch LockedFile.read(root: folder.root, path: gate.manifestFile) {
        case .bytes(let bytes):
            let manifest = try Manifest.parse(bytes, file: gate.manifestFile, area: "gate")
            let scan = ManifestScan(root: folder.root, scope: scope, area: "gate")
            try manifest.differences(from: scan, area: "gate", remedy: remedy).throwIfErrors()
            let terms = try GateTerms.read(scan.contents[gate.termsFile] ?? [], file: gate.termsFile)
            guard now < terms.expiresAt else {
                throw Findings([
                    Finding(
                        code: "gate.expired",
                        what: "\(gate.title) was opened until \(MomentText.print(terms.expiresAt))",
                        remedy: remedy)
                ])
            }
            return Opening(manifest: manifest, terms: terms, files: [])
        case .missing: break
        case .link, .notAFile, .unreadable:
            throw Findings([
                Finding(code: "gate.unreadable", what: "\(gate.manifestFile) cannot be read", remedy: "remove it")
            ])
        }
        let own = [gate.termsFile, gate.policyFile, gate.signersFile]
        var openingScope = scope
        openingScope.required.removeAll { own.contains($0) }
        let scan = ManifestScan(root: folder.root, scope: openingScope, area: "gate")
        try scan.findings.throwIfErrors()
        try requireEmpty(gate, own)
        let terms = terms(gate, loaded, now: now)
        let files = [
            (gate.termsFile, try terms.bytes()), (gate.policyFile, site.policyBytes),
            (gate.signersFile, site.signersBytes),
        ]
        let manifest = Manifest(
            files.map { Manifest.Entry(path: $0.0, digest: .sha256($0.1)) } + scan.manifest.entries)
        return Opening(manifest: manifest, terms: terms, files: files + [(gate.manifestFile, manifest.bytes)])
    }

    /// A gate that is not open yet holds nothing but, perhaps, what an interrupted approval left.
    private func requireEmpty(_ gate: Gate, _ own: [String]) throws(Findings) {
        var findings = Findings()
        for item in FolderListing.below(root: folder.root, folder: gate.folder).items
        where !(own.contains(item.path) && item.kind == .file) {
            findings.add(
                Finding(
                    code: "gate.unlisted-file",
                    what: "\(item.path) does not belong there: \(gate.title) is not open yet",
                    at: SourcePosition(file: item.path), remedy: "remove it"))
        }
        try findings.throwIfErrors()
    }

    private func terms(_ gate: Gate, _ loaded: LoadedEngagement, now: Date) -> GateTerms {
        let rule = gate.rule(of: site.policy)
        let opened = Date(timeIntervalSince1970: now.timeIntervalSince1970.rounded(.down))
        return GateTerms(
            gate: gate, engagement: loaded.engagement.id, cycle: folder.cycle, site: site.siteName,
            environment: site.environment, ticket: loaded.engagement.ticket, openedAt: opened,
            expiresAt: opened.addingTimeInterval(Double(rule.lifetime.components.seconds)),
            window: loaded.specification.window, permittedRuns: rule.runs)
    }
}
