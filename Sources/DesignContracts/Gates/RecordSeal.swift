internal import CanonicalData
package import Diagnostics
package import FoundationEssentials
package import SignedManifests
internal import SourceDocuments

/// The as-built manifest and the signatures on it.
///
/// `as-built/manifest` covers Gate 2's manifest and signatures and every file under `as-built/`; the executor signs it
/// (`run.sig`, `asbuilt.run@v1`). Who closes adds `closing.json` and `closing.manifest`, which covers the manifest,
/// `run.sig` and `closing.json`, and signs that (`PRINCIPAL.sig`, `asbuilt.record@v1`).
package struct RecordSeal: Sendable {
    package static let manifestFile = "as-built/manifest"
    package static let runSignatureFile = "as-built/run.sig"
    package static let closingFile = "as-built/closing.json"
    package static let closingManifestFile = "as-built/closing.manifest"
    package static let recordFile = "as-built/record.json"

    package var folder: EngagementFolder
    /// Where the record lies; manifests name files as if it lay in `as-built/` of the cycle it was made in.
    package var location: RecordLocation
    package var keygen: SSHKeygen
    package init(folder: EngagementFolder, location: RecordLocation = .current, keygen: SSHKeygen = SSHKeygen()) {
        (self.folder, self.location, self.keygen) = (folder, location, keygen)
    }

    /// The files of the record as they lie there, by the names that manifests give them.
    ///
    /// - Parameter earlier: earlier records that the manifest is known to cover, for a record that is history itself.
    private func scan(earlier: [String] = []) -> ManifestScan {
        let signatures = FolderListing.below(root: folder.root, folder: location.designGate, recursive: false).items
            .map(\.path).filter { $0.hasSuffix(".sig") }
        let scope = ManifestScope(
            required: [location.actual(Gate.design.manifestFile), location.actual(Self.recordFile)],
            optional: signatures + earlier.map(location.actual), folders: [location.record],
            ownFolder: location.record, writtenLater: ["closing.json", "closing.manifest"])
        var scan = ManifestScan(root: folder.root, scope: scope, area: "record")
        var files: [String: ManifestScan.File] = [:]
        for (path, file) in scan.files {
            var named = file
            named.path = location.named(path)
            files[named.path] = named
        }
        scan.files = files
        return scan
    }

    private func actual(_ path: String) -> String { folder.path(location.actual(path)) }

    private func catching<T>(_ body: () async throws(SigningError) -> T) async throws(Findings) -> T {
        do { return try await body() } catch { throw Findings([error.finding(area: "record")]) }
    }

    /// Writes the manifest over what the run left and signs it with the executor's key.
    package func seal(keyFile: String) async throws(Findings) -> Manifest {
        let scan = scan()
        try scan.findings.throwIfErrors()
        let manifest = scan.manifest
        let signature = try await catching { () async throws(SigningError) in
            try await keygen.sign(manifest.bytes, keyFile: keyFile, namespace: .run)
        }
        try EngagementWriting.write(manifest.bytes, to: actual(Self.manifestFile))
        try EngagementWriting.write(signature, to: actual(Self.runSignatureFile))
        return manifest
    }

    /// Adds a person's closing signature; the first one brings the closing words, later ones sign the same.
    ///
    /// - Parameter statement: canonical JSON of the closing statement; nil to sign the one that lies there.
    package func close(
        statement: [UInt8]?, as principal: PrincipalName, keyFile: String, site: SiteTrust, now: Date
    ) async throws(Findings) {
        try await verifyRun(site: site, moment: now).findings.throwIfErrors()
        let rules = RequiredSignatures(policy: site.policy, authors: [], earlier: [])
        if let objection = rules.objection(to: principal, fingerprint: nil) { throw Findings([objection]) }
        let roles = site.policy.roles(of: principal)
        guard site.policy.record.contains(where: { roles.contains($0.role) }) else {
            throw Findings([
                Finding(
                    code: "policy.role-not-asked",
                    what:
                        "closing asks for \(site.policy.record.map(\.role).joined(separator: ", ")); \(principal) has \(roles.joined(separator: ", "))",
                    remedy: "let somebody with that role close")
            ])
        }
        let words: [UInt8]
        if exists(Self.closingFile) {
            words = try read(Self.closingFile)
            if let statement, statement != words {
                throw Findings([
                    Finding(
                        code: "record.closing-differs", what: "\(Self.closingFile) already holds other closing words",
                        at: SourcePosition(file: Self.closingFile), remedy: "sign what is there, without new reasons")
                ])
            }
        } else if let statement {
            words = statement
        } else {
            throw Findings([
                Finding(
                    code: "record.no-closing", what: "there are no closing words to sign",
                    remedy: "give the reasons with `asbuilt close`")
            ])
        }
        let manifest = try closingManifest(words)
        let path = "as-built/" + principal.signatureFileName
        let signature = try await catching { () async throws(SigningError) in
            let made = try await keygen.sign(manifest.bytes, keyFile: keyFile, namespace: .record)
            _ = try await keygen.verify(
                manifest.bytes, signature: try SSHSignature(armored: made, file: path), principal: principal,
                namespace: .record, allowedSigners: site.signersBytes, at: now, file: path)
            return made
        }
        try EngagementWriting.write(words, to: actual(Self.closingFile))
        try EngagementWriting.write(manifest.bytes, to: actual(Self.closingManifestFile))
        try EngagementWriting.write(signature, to: actual(path))
    }

    private func closingManifest(_ words: [UInt8]) throws(Findings) -> Manifest {
        Manifest([
            Manifest.Entry(path: Self.manifestFile, digest: .sha256(try read(Self.manifestFile))),
            Manifest.Entry(path: Self.runSignatureFile, digest: .sha256(try read(Self.runSignatureFile))),
            Manifest.Entry(path: Self.closingFile, digest: .sha256(words)),
        ])
    }

    private func exists(_ path: String) -> Bool { folder.exists(location.actual(path)) }

    private func read(_ path: String) throws(Findings) -> [UInt8] {
        guard case .bytes(let bytes) = LockedFile.read(root: folder.root, path: location.actual(path)) else {
            throw Findings([
                Finding(
                    code: "record.missing-file", what: "\(path) does not exist or is not a plain file",
                    at: SourcePosition(file: path), remedy: "restore the file; without it the record proves nothing")
            ])
        }
        return bytes
    }

    /// Refuses when this key cannot sign records as the executor; asked before anything is done that must be recorded.
    package func requireExecutor(_ principal: PrincipalName, keyFile: String, site: SiteTrust, now: Date)
        async throws(Findings) -> GateSigner
    {
        guard site.policy.roles["executor"]?.contains(principal) == true else {
            let names = (site.policy.roles["executor"] ?? []).map(\.text).sorted().joined(separator: ", ")
            throw Findings([
                Finding(
                    code: "policy.not-executor", what: "\(principal) does not have the role executor",
                    remedy: names.isEmpty
                        ? "name who may carry out changes under `roles: executor` in policy.yaml"
                        : "run as one of these: \(names)")
            ])
        }
        let probe = Array("asbuilt: can this key sign a record?\n".utf8)
        return try await catching { () async throws(SigningError) in
            let signature = try await keygen.sign(probe, keyFile: keyFile, namespace: .run)
            let verified = try await keygen.verify(
                probe, signature: try SSHSignature(armored: signature, file: keyFile), principal: principal,
                namespace: .run, allowedSigners: site.signersBytes, at: now, file: keyFile)
            return GateSigner(
                principal: principal, fingerprint: verified.fingerprint, keyType: verified.keyType, isLabOnly: false)
        }
    }

    // MARK: Verification

    /// What became of one link of the chain.
    package struct Verdict: Equatable, Sendable {
        package var manifest: Manifest?
        package var executor: GateSigner?
        package var closers: [GateSigner] = []
        package var missing: [MissingApproval] = []
        package var contents: [String: [UInt8]] = [:]
        package var findings = Findings()
        /// True when every closing signature that the policy asks for is there.
        package var isClosed: Bool { !closers.isEmpty && missing.isEmpty && !findings.hasErrors }
    }

    /// Checks files, `run.sig` and the closing signatures as of `moment`. Without a site the copies that Gate 2 froze
    /// say who may sign.
    package func verify(site: SiteTrust?, moment: Date) async -> Verdict {
        var verdict = await verifyRun(site: site, moment: moment)
        do { try await verifyClosing(site, moment, &verdict) } catch { verdict.findings.add(contentsOf: error) }
        return verdict
    }

    private func verifyRun(site: SiteTrust?, moment: Date) async -> Verdict {
        var verdict = Verdict()
        do {
            let bytes = try read(Self.manifestFile)
            let manifest = try Manifest.parse(bytes, file: Self.manifestFile, area: "record")
            verdict.manifest = manifest
            let scan = scan(earlier: manifest.entries.map(\.path).filter { $0.hasPrefix(RecordLocation.historyPrefix) })
            verdict.contents = scan.contents
            verdict.findings.add(
                contentsOf: manifest.differences(from: scan, area: "record", remedy: "treat the record as damaged"))
            for path in [Gate.design.manifestFile, Self.recordFile] where manifest[path] == nil {
                verdict.findings.add(
                    Finding(
                        code: "record.not-covered", what: "\(Self.manifestFile) does not cover \(path)",
                        at: SourcePosition(file: Self.manifestFile), remedy: "treat the record as damaged"))
            }
            let (policy, signers) = try authority(site)
            let signature = try await catching { () async throws(SigningError) in
                try SSHSignature(armored: try signatureBytes(Self.runSignatureFile), file: Self.runSignatureFile)
            }
            let executors = (policy.roles["executor"] ?? []).map(\.text)
            let names = try await catching { () async throws(SigningError) in
                try await keygen.findPrincipals(signature: signature, allowedSigners: signers, at: moment)
            }.filter { executors.contains($0) }
            guard let name = names.first.flatMap(PrincipalName.init) else {
                verdict.findings.add(
                    Finding(
                        code: "record.signer-not-allowed",
                        what: "\(Self.runSignatureFile) was not made by a key of the role executor",
                        at: SourcePosition(file: Self.runSignatureFile),
                        remedy: "add the executor's key to allowed_signers and its role to the policy"))
                return verdict
            }
            let verified = try await catching { () async throws(SigningError) in
                try await keygen.verify(
                    bytes, signature: signature, principal: name, namespace: .run, allowedSigners: signers, at: moment,
                    file: Self.runSignatureFile)
            }
            verdict.executor = GateSigner(
                principal: name, fingerprint: verified.fingerprint, keyType: verified.keyType, isLabOnly: false)
        } catch {
            verdict.findings.add(contentsOf: error)
        }
        return verdict
    }

    private func signatureBytes(_ path: String) throws(SigningError) -> [UInt8] {
        guard case .bytes(let bytes) = LockedFile.read(root: folder.root, path: location.actual(path)) else {
            throw SigningError(.notCanonical, "\(path) does not exist or is not a plain file")
        }
        return bytes
    }

    private func authority(_ site: SiteTrust?) throws(Findings) -> (Policy, [UInt8]) {
        if let site { return (site.policy, site.signersBytes) }
        let (policy, signers) = (try read(Gate.design.policyFile), try read(Gate.design.signersFile))
        try requireFrozen([(Gate.design.policyFile, policy), (Gate.design.signersFile, signers)])
        let texts = DocumentTexts(folder: folder, texts: [Gate.design.policyFile: policy])
        var warnings = Findings()
        return (try Policy.read(try texts.yaml(Gate.design.policyFile), fields: nil, warnings: &warnings), signers)
    }

    /// The frozen copies say who may sign, so they have to be the ones that Gate 2's manifest covers.
    private func requireFrozen(_ files: [(path: String, bytes: [UInt8])]) throws(Findings) {
        let gate = try Manifest.parse(
            try read(Gate.design.manifestFile), file: Gate.design.manifestFile, area: "record")
        var findings = Findings()
        for file in files where gate[file.path] != Digest.sha256(file.bytes) {
            findings.add(
                Finding(
                    code: "record.changed-file",
                    what:
                        "\(file.path) was changed: approved \(gate[file.path]?.hex ?? "nothing"), found \(Digest.sha256(file.bytes))",
                    at: SourcePosition(file: file.path), remedy: "treat the record as damaged"))
        }
        try findings.throwIfErrors()
    }

    private func verifyClosing(_ site: SiteTrust?, _ moment: Date, _ verdict: inout Verdict) async throws(Findings) {
        let (policy, signers) = try authority(site)
        let rules = RequiredSignatures(policy: policy, authors: [], earlier: [])
        let needed = RequiredSignatures.merged(policy.record)
        verdict.missing = rules.missing(needed, signers: [])
        guard exists(Self.closingManifestFile) || exists(Self.closingFile) else { return }
        let bytes = try read(Self.closingManifestFile)
        let manifest = try Manifest.parse(bytes, file: Self.closingManifestFile, area: "record")
        for change in try closingManifest(try read(Self.closingFile)).changes(since: manifest) {
            verdict.findings.add(
                Finding(
                    code: "record.changed-file",
                    what:
                        "\(change.path) was changed after closing: signed \(change.before?.hex ?? "nothing"), found \(change.after?.hex ?? "nothing")",
                    at: SourcePosition(file: change.path), remedy: "treat the record as damaged"))
        }
        let files = FolderListing.below(root: folder.root, folder: location.record, recursive: false).items
            .map { (path: location.named($0.path), kind: $0.kind) }
        for item in files where item.path.hasSuffix(".sig") && item.path != Self.runSignatureFile {
            let name = String(item.path.dropFirst(9).dropLast(4))
            do throws(SigningError) {
                guard let principal = PrincipalName(name) else {
                    throw SigningError(.notCanonical, "\(item.path) is not named after a principal")
                }
                let verified = try await keygen.verify(
                    bytes, signature: try SSHSignature(armored: try signatureBytes(item.path), file: item.path),
                    principal: principal, namespace: .record, allowedSigners: signers, at: moment, file: item.path)
                verdict.closers.append(
                    GateSigner(
                        principal: principal, fingerprint: verified.fingerprint, keyType: verified.keyType,
                        isLabOnly: false))
            } catch {
                verdict.findings.add(error.finding(area: "record", at: SourcePosition(file: item.path)))
            }
        }
        verdict.missing = rules.missing(needed, signers: verdict.closers)
    }
}
