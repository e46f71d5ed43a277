internal import CanonicalData
internal import DeviceInventory
internal import Diagnostics
package import FoundationEssentials
package import SignedManifests
internal import SourceDocuments

/// Judges gates: files, signatures, policy, terms. Changes nothing and opens no connection.
package struct GateVerifier: Sendable {
    package var folder: EngagementFolder
    /// Nil verifies by the frozen copies alone, as a record is verified without its site.
    package var site: SiteTrust?
    package var keygen: SSHKeygen

    package init(folder: EngagementFolder, site: SiteTrust?, keygen: SSHKeygen = SSHKeygen()) {
        (self.folder, self.site, self.keygen) = (folder, site, keygen)
    }

    /// Judges a gate as of `now`; Gate 2 includes Gate 1, whose lifetime then no longer counts.
    ///
    /// - Parameters:
    ///   - devices: what the engagement touches, for `devices-over`, `touches` and the rules about lab devices.
    ///   - keptRuns: runs already kept under this approval; nil when that is not the question.
    package func verify(_ gate: Gate, devices: GateDevices, now: Date, keptRuns: Int? = nil) async -> GateVerdict {
        var earlier: GateVerdict?
        if gate == .design {
            earlier = await judge(.spec, devices: devices, now: now, earlier: nil, ignoringLifetime: true)
        }
        var verdict = await judge(gate, devices: devices, now: now, earlier: earlier, ignoringLifetime: false)
        if let earlier { verdict.findings.add(contentsOf: earlier.findings) }
        if let keptRuns, let permitted = verdict.permittedRuns, keptRuns >= permitted {
            verdict.findings.add(
                Finding(
                    code: "gate.runs-used-up",
                    what:
                        "the approval is good for \(permitted) kept run\(permitted == 1 ? "" : "s"), \(keptRuns) there \(keptRuns == 1 ? "is" : "are")",
                    remedy: "open the next cycle with `asbuilt amend`"))
        }
        return verdict
    }

    private func judge(
        _ gate: Gate, devices: GateDevices, now: Date, earlier: GateVerdict?, ignoringLifetime: Bool
    ) async -> GateVerdict {
        var verdict = GateVerdict(
            gate: gate, moment: now, manifest: nil, terms: nil, signers: [], validUntil: nil, permittedRuns: nil,
            freeze: [], missing: [], trust: site?.verdict ?? .selfContained, findings: Findings(), contents: [:])
        if let site, site.verdict == .workspaceOnly {
            requireLab(
                devices, "nobody outside the workspace vouches for the policy (trust: workspace only)",
                code: "trust.not-pinned",
                remedy:
                    "let the site's owner sign the policy with `asbuilt trust sign`, compare the fingerprint, and pin it with `asbuilt trust pin`",
                &verdict.findings)
        }
        let bytes: [UInt8]
        switch LockedFile.read(root: folder.root, path: gate.manifestFile) {
        case .bytes(let read): bytes = read
        case .missing:
            notOpened(gate, devices, earlier, &verdict)
            return verdict
        case .link, .notAFile, .unreadable:
            verdict.findings.add(
                Finding(
                    code: "gate.unreadable", what: "\(gate.manifestFile) is a link or cannot be read",
                    at: SourcePosition(file: gate.manifestFile), remedy: "restore the file"))
            return verdict
        }
        do {
            let manifest = try Manifest.parse(bytes, file: gate.manifestFile, area: "gate")
            verdict.manifest = manifest
            let scan = ManifestScan(root: folder.root, scope: gate.scope, area: "gate")
            verdict.findings.add(
                contentsOf: manifest.differences(
                    from: scan, area: "gate", remedy: "open the next cycle with `asbuilt amend`"))
            verdict.contents = scan.contents
            for path in gate.scope.required where manifest[path] == nil {
                verdict.findings.add(
                    Finding(
                        code: "gate.not-covered", what: "\(gate.manifestFile) does not cover \(path)",
                        at: SourcePosition(file: gate.manifestFile), remedy: "open the next cycle with `asbuilt amend`")
                )
            }
            // Without the very bytes that were approved there is nothing whose signers or terms could be judged.
            guard !verdict.findings.all.contains(where: { $0.code.hasPrefix("gate.") && $0.severity == .error }) else {
                return verdict
            }
            let engagement = try await judgeSignatures(manifestBytes: bytes, devices, earlier, &verdict)
            judgeTerms(engagement, ignoringLifetime, &verdict)
        } catch {
            verdict.findings.add(contentsOf: error)
        }
        return verdict
    }

    private func notOpened(_ gate: Gate, _ devices: GateDevices, _ earlier: GateVerdict?, _ verdict: inout GateVerdict)
    {
        if let site {
            let authors = currentAuthors()
            let rules = RequiredSignatures(policy: site.policy, authors: authors, earlier: earlier?.signers ?? [])
            do {
                let needed = try RequiredSignatures.requirements(gate.rule(of: site.policy), devices: devices.devices)
                verdict.missing = rules.missing(needed, signers: [])
            } catch { verdict.findings.add(contentsOf: error) }
        }
        verdict.findings.add(
            Finding(
                code: "gate.not-approved", what: "\(gate.title) has no approval: \(gate.manifestFile) does not exist",
                remedy: Self.whoCould(verdict.missing) + "`asbuilt approve \(gate.rawValue) --as PRINCIPAL --key FILE`")
        )
    }

    private func currentAuthors() -> [PrincipalName] {
        var warnings = Findings()
        let texts = DocumentTexts(folder: folder, texts: [:])
        do {
            return try EngagementDocument.read(try texts.yaml(EngagementFolder.engagementFile), warnings: &warnings)
                .authors
        } catch {
            // `check` and `approve` tell what is wrong with the file; here it only means that nobody is ruled out.
            return []
        }
    }

    static func whoCould(_ missing: [MissingApproval]) -> String {
        missing.map { need in
            let who =
                need.couldSign.isEmpty ? "nobody in the policy" : need.couldSign.map(\.text).joined(separator: " or ")
            return "\(need.count) of role \(need.role) (\(who)); "
        }.joined()
    }

    private func requireLab(
        _ devices: GateDevices, _ what: String, code: String, remedy: String, _ findings: inout Findings
    ) {
        for device in devices.outsideLab {
            findings.add(
                Finding(code: code, what: "\(what), and \(device) is not a lab device", device: device, remedy: remedy))
        }
    }
}

// MARK: Signatures and policy

extension GateVerifier {
    /// One policy with the signers it accepts.
    private struct Side {
        var name: String
        var policy: Policy
        var signersFile: [UInt8]
        var signers: [GateSigner] = []
    }

    private func judgeSignatures(
        manifestBytes: [UInt8], _ devices: GateDevices, _ earlier: GateVerdict?, _ verdict: inout GateVerdict
    ) async throws(Findings) -> EngagementDocument {
        let gate = verdict.gate
        // The manifest was compared with what lies there, so what it covers is there.
        let (policyBytes, signersBytes) = (
            verdict.contents[gate.policyFile] ?? [], verdict.contents[gate.signersFile] ?? []
        )
        let termsBytes = verdict.contents[gate.termsFile] ?? []
        let terms = try GateTerms.read(termsBytes, file: gate.termsFile)
        verdict.terms = terms
        let texts = DocumentTexts(folder: folder, texts: verdict.contents)
        var warnings = Findings()
        let frozen = try Policy.read(try texts.yaml(gate.policyFile), fields: nil, warnings: &warnings)
        let engagement = try EngagementDocument.read(
            try texts.yaml(EngagementFolder.engagementFile), warnings: &warnings)
        var sides = [Side(name: "frozen", policy: frozen, signersFile: signersBytes)]
        if let site {
            sides.append(Side(name: "current", policy: site.policy, signersFile: site.signersBytes))
            reportDifferences(policyBytes, signersBytes, site, gate, &verdict.findings)
        }
        for file in signatureFiles(gate, &verdict.findings) {
            await judge(file, manifestBytes, devices, &sides, &verdict)
        }
        verdict.signers = (sides.first?.signers ?? []).filter { signer in
            sides.allSatisfy { $0.signers.contains(signer) }
        }
        .sorted { $0.principal < $1.principal }
        for side in sides {
            let rules = RequiredSignatures(
                policy: side.policy, authors: engagement.authors, earlier: earlier?.signers ?? [])
            let needed = try RequiredSignatures.requirements(gate.rule(of: side.policy), devices: devices.devices)
            for signer in side.signers {
                if var objection = rules.objection(to: signer.principal, fingerprint: signer.fingerprint) {
                    objection.severity = .warning
                    objection.what =
                        "\(gate.title), \(side.name) policy: " + objection.what + "; the signature does not count"
                    if !verdict.findings.all.contains(where: { $0.code == objection.code && $0.what == objection.what })
                    {
                        verdict.findings.add(objection)
                    }
                }
            }
            for need in rules.missing(needed, signers: side.signers) {
                verdict.findings.add(
                    Finding(
                        code: "gate.signatures-missing",
                        what: "\(gate.title) needs \(need.count) more of role \(need.role) (\(side.name) policy)",
                        remedy: need.couldSign.isEmpty
                            ? "nobody in that role may sign; add people to it in policy.yaml"
                            : "could sign: \(need.couldSign.map(\.text).joined(separator: ", ")), with `asbuilt approve \(gate.rawValue)`"
                    ))
                if !verdict.missing.contains(where: { $0.role == need.role && $0.count >= need.count }) {
                    verdict.missing.append(need)
                }
            }
        }
        verdict.freeze = Set(sides.flatMap(\.policy.freeze)).sorted { ($0.start, $0.end) < ($1.start, $1.end) }
        verdict.permittedRuns = (sides.map { gate.rule(of: $0.policy).runs } + [terms.permittedRuns]).min()
        let ends = sides.map {
            terms.openedAt.addingTimeInterval(Double(gate.rule(of: $0.policy).lifetime.components.seconds))
        }
        verdict.validUntil = (ends + [terms.expiresAt]).min()
        return engagement
    }

    private func reportDifferences(
        _ policy: [UInt8], _ signers: [UInt8], _ site: SiteTrust, _ gate: Gate, _ findings: inout Findings
    ) {
        for (name, frozen, current) in [
            ("policy.yaml", policy, site.policyBytes), ("allowed_signers", signers, site.signersBytes),
        ]
        where frozen != current {
            findings.add(
                Finding(
                    .note, code: "gate.site-moved-on",
                    what:
                        "inventory/\(name) has changed since \(gate.title) was opened: frozen \(Digest.sha256(frozen)), now \(Digest.sha256(current)); both are applied",
                    remedy: "nothing to do, unless a refusal below says so"))
        }
    }

    private func signatureFiles(_ gate: Gate, _ findings: inout Findings) -> [String] {
        FolderListing.below(root: folder.root, folder: gate.folder, recursive: false).items
            .filter { $0.kind == .file && $0.path.hasSuffix(".sig") }.map(\.path)
    }

    private func judge(
        _ file: String, _ message: [UInt8], _ devices: GateDevices, _ sides: inout [Side], _ verdict: inout GateVerdict
    ) async {
        let position = SourcePosition(file: file)
        let name = file.split(separator: "/").last.map { String($0.dropLast(4)) } ?? ""
        guard let principal = PrincipalName(name),
            case .bytes(let bytes) = LockedFile.read(root: folder.root, path: file)
        else {
            verdict.findings.add(
                Finding(
                    code: "gate.signature-name", what: "\(file) is not named after a principal, or cannot be read",
                    at: position, remedy: "remove the file, or let the signer sign with `asbuilt approve`"))
            return
        }
        do {
            let signature = try SSHSignature(armored: bytes, file: file)
            let isLab = signature.namespace == SignatureNamespace.labGate.rawValue
            let namespace = isLab ? SignatureNamespace.labGate : verdict.gate.namespace
            // Structure first: a signature over other bytes is wrong whoever made it.
            _ = try await keygen.checkNoValidate(message, signature: signature, namespace: namespace, file: file)
            if isLab {
                requireLab(
                    devices, "\(file) is good for lab devices only", code: "gate.lab-only",
                    remedy: "let the approver sign for real devices, without `--lab`", &verdict.findings)
            }
            for index in sides.indices {
                do {
                    let verified = try await keygen.verify(
                        message, signature: signature, principal: principal, namespace: namespace,
                        allowedSigners: sides[index].signersFile, at: verdict.moment, file: file)
                    sides[index].signers.append(
                        GateSigner(
                            principal: principal, fingerprint: verified.fingerprint, keyType: verified.keyType,
                            isLabOnly: isLab))
                } catch  where error.code == .notAllowed {
                    // A revoked or expired key: others may still be enough.
                    var finding = error.finding(area: "gate", at: position)
                    finding.severity = .warning
                    finding.what = "\(sides[index].name) signers: " + finding.what
                    verdict.findings.add(finding)
                }
            }
        } catch {
            verdict.findings.add(error.finding(area: "gate", at: position))
        }
    }

    // MARK: Terms

    private func judgeTerms(_ engagement: EngagementDocument, _ ignoringLifetime: Bool, _ verdict: inout GateVerdict) {
        guard let terms = verdict.terms else { return }
        let gate = verdict.gate
        func refuse(_ code: String, _ what: String, _ remedy: String) {
            verdict.findings.add(
                Finding(code: "gate.\(code)", what: what, at: SourcePosition(file: gate.termsFile), remedy: remedy))
        }
        var expected: [(String, String, String)] = [
            ("gate", terms.gate.rawValue, gate.rawValue), ("engagement", terms.engagement, engagement.id),
            ("cycle", String(terms.cycle), String(folder.cycle)),
        ]
        if let site {
            expected += [("site", terms.site, site.siteName), ("environment", terms.environment, site.environment)]
        }
        for (key, approved, found) in expected where approved != found {
            refuse(
                "terms-mismatch", "\(gate.title) was approved for \(key) “\(approved)”, here it is “\(found)”",
                "use the approval where it was given, or open the next cycle with `asbuilt amend`")
        }
        guard !ignoringLifetime, let validUntil = verdict.validUntil else { return }
        if verdict.moment >= validUntil {
            refuse(
                "expired",
                "\(gate.title) was valid until \(MomentText.print(validUntil)), now is \(MomentText.print(verdict.moment))",
                "open the next cycle with `asbuilt amend` and let it be approved again")
        }
        if verdict.moment.addingTimeInterval(Self.clockTolerance) < terms.openedAt {
            refuse(
                "from-the-future",
                "\(gate.title) was opened at \(MomentText.print(terms.openedAt)), now is \(MomentText.print(verdict.moment))",
                "set the clock of this machine")
        }
    }

    /// How far clocks of people and executors may differ.
    private static let clockTolerance: Double = 300
}
