internal import CanonicalData
internal import DesignContracts
internal import DeviceInventory
package import Diagnostics
internal import Foundation
internal import SignedManifests

/// Gates and trust: who may let what pass, and until when.
extension Workflow {
    /// Per gate what is signed, by whom, until when, and what is missing.
    package func status(engagement path: String?) async throws(Findings) -> WorkflowAnswer {
        let context = try await engagement(path)
        let loaded = try context.load()
        let devices = try context.devices(loaded)
        var report = StatusReport(
            engagement: loaded.engagement.id, cycle: context.folder.cycle, trust: context.site.verdict.description,
            phase: Self.phase(context.folder), gates: [])
        var lines = [
            "engagement \(loaded.engagement.id), cycle \(report.cycle): \(loaded.engagement.title)",
            "phase: \(report.phase)", "trust: \(report.trust)",
        ]
        var next: String?
        for gate in Gate.allCases {
            let verdict = await GateVerifier(folder: context.folder, site: context.site, keygen: context.keygen)
                .verify(gate, devices: devices, now: Date())
            let row = StatusReport.GateRow(verdict)
            report.gates.append(row)
            lines += Self.describe(verdict, row)
            if next == nil, !verdict.isGranted { next = Self.nextStep(gate, verdict) }
        }
        return WorkflowAnswer(
            text: safeForDisplay(lines.joined(separator: "\n")), json: CanonicalText.of(report),
            findings: loaded.findings, next: next)
    }

    private static func phase(_ folder: EngagementFolder) -> String {
        if folder.exists(EngagementFolder.asBuiltFolder) { return "5 as-built" }
        if folder.isLocked(by: .design) { return "4 build" }
        if folder.exists(EngagementFolder.feasibilityFile) { return "3 design" }
        return folder.isLocked(by: .spec) ? "2 feasibility" : "1 requirements"
    }

    private static func nextStep(_ gate: Gate, _ verdict: GateVerdict) -> String {
        if let missing = verdict.missing.first, let who = missing.couldSign.first {
            return "asbuilt approve \(gate.rawValue) --as \(who) --key FILE"
        }
        return verdict.manifest == nil ? "asbuilt check" : "see the findings above; `asbuilt amend` opens the next cycle"
    }

    private static func describe(_ verdict: GateVerdict, _ row: StatusReport.GateRow) -> [String] {
        var lines = ["\(verdict.gate.title) (\(verdict.gate.rawValue)): \(row.state)"]
        if let manifest = row.manifest, let files = verdict.manifest?.entries.count {
            lines.append("  locks \(files) files, manifest \(manifest.prefix(12))")
        }
        for signer in verdict.signers {
            lines.append("  signed by \(signer.principal)  \(signer.fingerprint)" + (signer.isLabOnly ? "  (lab only)" : ""))
        }
        if let end = row.validUntil { lines.append("  valid until \(end)") }
        for missing in verdict.missing {
            lines.append("  missing: \(missing.count) × \(missing.role); \(couldSign(missing))")
        }
        for finding in verdict.findings.all where verdict.manifest != nil {
            lines += finding.description.split(separator: "\n").map { "  \($0)" }
        }
        return lines
    }

    private static func couldSign(_ missing: MissingApproval) -> String {
        missing.couldSign.isEmpty
            ? "nobody could sign" : "could sign: " + missing.couldSign.map(\.description).joined(separator: ", ")
    }

    /// Signs a gate as a person.
    package func approve(
        _ gateName: String, engagement path: String?, as principal: String, keyFile: String?, isLabOnly: Bool
    ) async throws(Findings) -> WorkflowAnswer {
        guard let gate = Gate(rawValue: gateName) else {
            throw Findings([
                Finding(
                    code: "approve.gate", what: "there is no gate `\(gateName)`", remedy: "write `spec` (Gate 1) or `design` (Gate 2)")
            ])
        }
        let context = try await engagement(path)
        let loaded = try context.load()
        if gate == .design { try requirePlan(context, loaded) }
        let outcome = try await GateApproval(folder: context.folder, site: context.site, keygen: context.keygen).approve(
            gate, as: try Self.principal(principal), keyFile: try key(keyFile), devices: try context.devices(loaded),
            now: Date(), isLabOnly: isLabOnly)
        var lines = [
            "\(gate.title) (\(gate.rawValue)) of \(loaded.engagement.id), cycle \(context.folder.cycle): signed by \(outcome.signer.principal)",
            "  key      \(outcome.signer.fingerprint) (\(outcome.signer.keyType))",
            "  locks    \(outcome.manifest.entries.count) files, manifest \(outcome.manifest.digest.hex.prefix(12))",
            "  trust    \(context.site.verdict)",
        ]
        if let changes = outcome.changes {
            lines.append(changes.isEmpty ? "  nothing changed since you signed last" : "  changed since you signed last:")
            lines += changes.map { "    \($0.path)" }
        }
        for missing in outcome.verdict.missing {
            lines.append("  missing  \(missing.count) × \(missing.role); \(Self.couldSign(missing))")
        }
        if let end = outcome.verdict.validUntil { lines.append("  valid until \(MomentText.print(end))") }
        let report = StatusReport.GateRow(outcome.verdict)
        let missing = outcome.verdict.missing.first
        return WorkflowAnswer(
            text: safeForDisplay(lines.joined(separator: "\n")), json: CanonicalText.of(report),
            findings: outcome.verdict.isGranted ? Findings() : Findings(outcome.verdict.findings.all.map(Self.asNote)),
            next: missing.flatMap { $0.couldSign.first }.map { "asbuilt approve \(gate.rawValue) --as \($0) --key FILE" }
                ?? "asbuilt status")
    }

    /// What still stands against a gate after a valid signature is news, not an error of this command.
    private static func asNote(_ finding: Finding) -> Finding {
        var copy = finding
        if copy.severity == .error { copy.severity = .warning }
        return copy
    }

    private func requirePlan(_ context: EngagementContext, _ loaded: LoadedEngagement) throws(Findings) {
        guard loaded.contract != nil, context.folder.exists(EngagementFolder.planFile) else {
            throw Findings([
                Finding(
                    code: "gate.no-plan", what: "there is no plan to approve: Gate 2 locks what will be sent, byte for byte",
                    at: SourcePosition(file: EngagementFolder.planFile), remedy: "compute it first: `asbuilt plan`")
            ])
        }
    }

    static func principal(_ text: String) throws(Findings) -> PrincipalName {
        guard let name = PrincipalName(text) else {
            throw Findings([
                Finding(
                    code: "gate.principal", what: "`\(safeForDisplay(text, keepingLines: false))` is no principal",
                    remedy: "write it as in inventory/allowed_signers, for example alice@example.net")
            ])
        }
        return name
    }

    func key(_ file: String?) throws(Findings) -> String {
        guard let file else {
            throw Findings([
                Finding(
                    code: "gate.key", what: "no key was named",
                    remedy: "give --key FILE: a private key, or the public half of one in your agent or on a hardware key")
            ])
        }
        return url(file).path(percentEncoded: false)
    }

    /// Opens the next cycle; approvals so far become history.
    package func amend(engagement path: String?) async throws(Findings) -> WorkflowAnswer {
        let folder = try engagementFolder(path)
        let cycle = try ApprovalHistory(folder: folder).amend()
        return WorkflowAnswer(
            text: "cycle \(cycle) is open: files may be changed, and both gates are to be passed again\n"
                + "earlier approvals: \(EngagementFolder.historyFolder)/cycle-\(cycle - 1)",
            json: CanonicalText.of(AmendReport(cycle: cycle)), next: "asbuilt check")
    }

    // MARK: Trust

    /// Pins the key that vouches for policy and signers of this site, outside the workspace.
    package func trustPin(publicKey file: String) throws(Findings) -> WorkflowAnswer {
        let site = try inventory().site.name
        let line = String(decoding: try bytes(of: file), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        let words = line.split(separator: " ")
        guard words.count >= 2, !line.contains("\n"), !line.contains("PRIVATE KEY") else {
            throw Findings([
                Finding(
                    code: "trust.public-key", what: "\(file) holds no single public key",
                    remedy: "give the .pub file, one line: ssh-ed25519 AAAA…")
            ])
        }
        guard let path = TrustPin.userPath(environment) else {
            throw Findings([
                Finding(
                    code: "trust.no-home", what: "there is no place to pin to: HOME and XDG_CONFIG_HOME are not set",
                    remedy: "set one of them, or ASBUILT_TRUST to a file outside the workspace")
            ])
        }
        try TrustPin.pin(site: site, publicKey: words.prefix(2).joined(separator: " "), at: path)
        return WorkflowAnswer(
            text: "pinned for site \(site) in \(path)",
            json: CanonicalText.of(TrustReport(site: site, trust: "pinned", pinFile: path)), next: "asbuilt trust status")
    }

    /// Signs policy and signers with the site owner's key.
    package func trustSign(keyFile: String) async throws(Findings) -> WorkflowAnswer {
        let inventory = try inventory()
        try await TrustRoot.sign(
            try Workspace.find(from: startFolder.path(percentEncoded: false)), keyFile: url(keyFile).path(percentEncoded: false))
        return WorkflowAnswer(
            text: "signed: inventory/\(TrustRoot.policyFile), inventory/\(TrustRoot.signersFile)",
            json: CanonicalText.of(TrustReport(site: inventory.site.name, trust: "signed", pinFile: nil)),
            next: "asbuilt trust status")
    }

    /// Who vouches for policy and signers, and whether they are as signed.
    package func trustStatus() async throws(Findings) -> WorkflowAnswer {
        let inventory = try inventory()
        let trust = try await TrustRoot.load(
            try Workspace.find(from: startFolder.path(percentEncoded: false)), site: inventory.site,
            pins: TrustPin.locations(environment: environment), now: Date())
        var text = "site \(inventory.site.name)\ntrust: \(trust.verdict)"
        var next: String?
        if case .pinned(let fingerprint) = trust.verdict { text += "\nkey: \(fingerprint)" } else {
            text += "\nWhoever can edit this workspace could edit its policy: changes are refused outside the lab."
            next = "asbuilt trust sign --key FILE, then asbuilt trust pin FILE.pub"
        }
        return WorkflowAnswer(
            text: text,
            json: CanonicalText.of(
                TrustReport(site: inventory.site.name, trust: trust.verdict.description, pinFile: nil)), next: next)
    }
}

private struct AmendReport: Encodable {
    var asbuilt = "amend/v1"
    var cycle: Int
}

private struct TrustReport: Encodable {
    var asbuilt = "trust/v1"
    var site: String
    var trust: String
    var pinFile: String?
}

private struct StatusReport: Encodable {
    struct GateRow: Encodable {
        var gate: String
        var state: String
        var manifest: String?
        var signers: [GateSigner]
        var validUntil: String?
        var missing: [MissingApproval]
        var findings: [Finding]

        init(_ verdict: GateVerdict) {
            gate = verdict.gate.rawValue
            state = verdict.isGranted ? "granted" : verdict.manifest == nil ? "not opened" : verdict.missing.isEmpty ? "refused" : "waiting"
            manifest = verdict.manifestDigest?.hex
            signers = verdict.signers
            validUntil = verdict.validUntil.map(MomentText.print)
            missing = verdict.missing
            findings = verdict.manifest == nil ? [] : verdict.findings.all
        }
    }
    var asbuilt = "status/v1"
    var engagement: String
    var cycle: Int
    var trust: String
    var phase: String
    var gates: [GateRow]
}
