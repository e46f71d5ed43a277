internal import AsBuiltRecords
internal import CanonicalData
internal import DesignContracts
internal import DeviceInventory
package import Diagnostics
internal import Foundation
internal import SignedManifests
internal import SourceDocuments

/// Checking a whole engagement later: offline, without its site, one verdict per link of the chain.
extension Workflow {
    /// Verifies Gate 1, Gate 2, the run's record and its closing, and every earlier record in the folder.
    ///
    /// Judged by the copies of policy and signers that the gates froze, as of the moment the record says; signing times
    /// by people are claims.
    ///
    /// - Parameter trustFile: an `allowed_signers` file of whoever verifies; signatures have to satisfy it as well.
    package func verify(engagement path: String?, trustFile: String?) async throws(Findings) -> WorkflowAnswer {
        let folder = try engagementFolder(path)
        let signers = try trustFile.map { file throws(Findings) in try bytes(of: file) }
        var chain = ChainVerification(folder: folder, brought: signers)
        await chain.run(devices: { names in self.knownDevices(names, from: folder) })
        let trust: String
        if let trustFile { trust = trustFile } else { trust = await trustLabel(folder, &chain.findings) }
        var lines = chain.links.map { link in
            "\(link.name)  \(link.verdict)" + (link.detail.isEmpty ? "" : "  \(link.detail)")
        }
        lines.append("trust: \(trust)")
        let isGood = !chain.findings.hasErrors
        lines.append(isGood ? "the chain is whole" : "the chain is broken, see the findings")
        return WorkflowAnswer(
            text: safeForDisplay(lines.joined(separator: "\n")),
            json: CanonicalText.of(
                VerificationReport(
                    folder: folder.name, isGood: isGood, trust: trust, links: chain.links,
                    findings: chain.findings.sorted().all)),
            status: isGood ? .done : .differences, findings: chain.findings)
    }

    /// The site's devices of these names, when the folder lies in a workspace: they know more than the lock.
    private func knownDevices(_ names: [String], from folder: EngagementFolder) -> [Device]? {
        do {
            let found = try Inventory.load(try Workspace.find(from: folder.root), environment: environment).devices
                .filter { names.contains($0.name) }
            return found.count == names.count ? found : nil
        } catch {
            // Verification needs no site; without a readable one the lock says what the devices were.
            return nil
        }
    }

    /// `pinned` when the frozen policy and signers are the ones that a key pinned here vouches for today.
    private func trustLabel(_ folder: EngagementFolder, _ findings: inout Findings) async -> String {
        do {
            let context = try await engagement(folder.root)
            guard case .pinned = context.site.verdict else { return TrustVerdict.selfContained.description }
            let gate: Gate = folder.exists(Gate.design.policyFile) ? .design : .spec
            let frozen = try SiteTrust.frozen(folder, gate: gate, signers: nil)
            if frozen.policyBytes == context.site.policyBytes, frozen.signersBytes == context.site.signersBytes {
                return TrustVerdict.pinned(fingerprint: "").description
            }
            findings.add(
                Finding(
                    .note, code: "verify.site-moved-on",
                    what: "the site's policy or signers have changed since; the copies frozen then are applied",
                    remedy: "name a file of signers you trust with --trust to judge by today's"))
        } catch where error.all.contains(where: { $0.code.hasPrefix("trust.") && $0.code != "trust.file-missing" }) {
            findings.add(
                Finding(
                    .warning, code: "verify.site-trust",
                    what: "the site around it is not trusted: \(error.all.first?.what ?? "")",
                    remedy: "`asbuilt trust status` says why; the copies frozen in the folder are applied"))
        } catch {
            // No site around: that is what self-contained means.
        }
        return TrustVerdict.selfContained.description
    }
}

/// The links of one engagement's chain, judged one after the other.
private struct ChainVerification {
    struct Link: Encodable {
        var name: String
        /// `good`, `open`, `none`, `bad`.
        var verdict: String
        var detail: String
        var signers: [GateSigner]
    }
    let folder: EngagementFolder
    let brought: [UInt8]?
    let keygen = SSHKeygen()
    var links: [Link] = []
    var findings = Findings()

    init(folder: EngagementFolder, brought: [UInt8]?) { (self.folder, self.brought) = (folder, brought) }

    mutating func run(devices known: ([String]) -> [Device]?) async {
        guard Gate.allCases.contains(where: { folder.exists($0.folder) }) || !folder.records.isEmpty else {
            findings.add(
                Finding(
                    code: "verify.nothing", what: "\(folder.name) holds no approval and no record: there is nothing to verify",
                    remedy: "name an engagement that was approved"))
            return
        }
        var stored = StoredRecord()
        do { stored = try StoredRecord.read(folder) } catch { findings.add(contentsOf: error) }
        let moment = stored.record.flatMap { MomentText.parse($0.verifiedAt) } ?? Date()
        let devices = lockedDevices(known)
        for gate in Gate.allCases { await judge(gate, devices, moment, stored.record) }
        for location in folder.records {
            if location == .current { await judge(location, stored) } else { await judgeEarlier(location) }
        }
        if folder.exists(EngagementFolder.asBuiltFolder), stored.record == nil, !findings.hasErrors {
            findings.add(
                Finding(
                    code: "record.missing-file", what: "\(RecordSeal.recordFile) is missing",
                    at: SourcePosition(file: RecordSeal.recordFile), remedy: "restore the file"))
        }
        if stored.record == nil {
            links.append(Link(name: "run    ", verdict: "none", detail: "nothing was built in this cycle", signers: []))
        }
    }

    // MARK: Gates

    private mutating func judge(_ gate: Gate, _ devices: GateDevices, _ moment: Date, _ record: AsBuiltRecord?) async {
        let name = gate.title.lowercased() + " "
        guard folder.exists(gate.folder) else {
            let isNeeded = record != nil || (gate == .spec && folder.exists(Gate.design.folder))
            links.append(Link(name: name, verdict: isNeeded ? "bad" : "none", detail: "no approval", signers: []))
            if isNeeded {
                findings.add(
                    Finding(
                        code: "gate.not-approved", what: "\(gate.title) has no approval, though later links rest on it",
                        remedy: "treat the record as damaged"))
            }
            return
        }
        var trust: SiteTrust?
        if let brought {
            do { trust = try SiteTrust.frozen(folder, gate: gate, signers: brought) } catch {
                findings.add(contentsOf: error)
            }
        }
        var verdict = await GateVerifier(folder: folder, site: trust, keygen: keygen)
            .verify(gate, devices: devices, now: moment)
        if let record, let digest = verdict.manifestDigest {
            let named = record.gates.first { $0.gate == gate.rawValue }?.manifest
            if named != digest {
                verdict.findings.add(
                    Finding(
                        code: "record.other-gate",
                        what: "the record was made under \(gate.title) \(named?.hex ?? "nothing"), found \(digest)",
                        at: SourcePosition(file: gate.manifestFile), remedy: "treat the record as damaged"))
            }
        }
        // Gate 2 repeats what stands against Gate 1.
        for finding in verdict.findings.all where !findings.all.contains(finding) { findings.add(finding) }
        let signed = verdict.signers.map { "\($0.principal)" + ($0.isLabOnly ? " (lab only)" : "") }.joined(separator: ", ")
        links.append(
            Link(
                name: name, verdict: verdict.isGranted ? "good" : "bad",
                detail: "\(verdict.manifest?.entries.count ?? 0) files, manifest \(verdict.manifestDigest?.prefix ?? "none"), signed by \(signed.isEmpty ? "nobody" : signed)",
                signers: verdict.signers))
    }

    /// What the engagement touches, from the lock that Gate 2 covers. Whether a host key was the lab's cannot be seen
    /// offline; that an endpoint is on loopback, and that no jump host is before it, can.
    private mutating func lockedDevices(_ known: ([String]) -> [Device]?) -> GateDevices {
        guard case .bytes(let bytes) = LockedFile.read(root: folder.root, path: EngagementFolder.inventoryLockFile) else {
            return GateDevices([])
        }
        do {
            let lock = try CanonicalJSON.decode(InventoryLock.self, from: bytes)
            let names = lock.devices.map(\.name)
            if let devices = known(names) { return GateDevices(devices, withLabHostKey: Set(names)) }
            let entries = Dictionary(
                lock.devices.map { device in
                    (
                        device.name,
                        JSONValue.object([
                            "platform": .string(device.platform),
                            "endpoints": .object(device.endpoints.mapValues { .string($0) }),
                            "jump-hosts": .array(device.jumpHosts.map { .string($0) }),
                            "credentials": ["user": .string(device.credentials["user"] ?? "nobody")],
                        ])
                    )
                }, uniquingKeysWith: { first, _ in first })
            let text = String(
                decoding: CanonicalJSON.bytes(of: ["asbuilt": "devices/v1", "devices": .object(entries)]), as: UTF8.self)
            let devices = try Inventory.read(
                site: SiteSettings(name: "verified", environment: "verified"),
                devices: try SourceDocument.yaml(text, file: EngagementFolder.inventoryLockFile), groups: nil
            ).devices
            noteConditions()
            return GateDevices(devices, withLabHostKey: Set(names))
        } catch let error as Findings {
            findings.add(contentsOf: error)
        } catch {
            findings.add(
                Finding(
                    code: "verify.lock-malformed", what: "\(EngagementFolder.inventoryLockFile) cannot be read: \(error)",
                    at: SourcePosition(file: EngagementFolder.inventoryLockFile), remedy: "restore the file"))
        }
        return GateDevices([])
    }

    /// The lock holds names, platforms and endpoints; roles and other fields belong to the site.
    private mutating func noteConditions() {
        let policy: Policy
        do { policy = try SiteTrust.frozen(folder, gate: .design, signers: nil).policy } catch {
            // A gate that cannot be read is told by its own verdict.
            return
        }
        let hasTouches = [policy.spec, policy.design].flatMap(\.conditions).contains { condition in
            if case .touches = condition.trigger { true } else { false }
        }
        guard hasTouches else { return }
        findings.add(
            Finding(
                .note, code: "verify.conditions",
                what: "the policy asks for more signatures when certain devices are touched; without the site's inventory this was judged by name, platform and endpoint only",
                remedy: "verify inside the workspace to judge it in full"))
    }

    // MARK: Records

    private mutating func judge(_ location: RecordLocation, _ stored: StoredRecord) async {
        guard let record = stored.record else { return }
        var trust: SiteTrust?
        if let brought {
            do { trust = try SiteTrust.frozen(folder, gate: .design, signers: brought) } catch {
                findings.add(contentsOf: error)
            }
        }
        let moment = MomentText.parse(record.verifiedAt) ?? Date()
        var verdict = await RecordSeal(folder: folder, location: location, keygen: keygen)
            .verify(site: trust, moment: moment)
        verdict.findings.add(contentsOf: contradictions(record, stored.closing, verdict))
        findings.add(contentsOf: verdict.findings)
        let isGood = !verdict.findings.hasErrors
        links.append(
            Link(
                name: "run    ", verdict: isGood ? "good" : "bad",
                detail: "\(record.run.id) \(record.run.outcome), \(verdict.manifest?.entries.count ?? 0) files, record \(stored.digest?.prefix ?? ""), signed by \(verdict.executor?.principal.text ?? "nobody")",
                signers: [verdict.executor].compactMap { $0 }))
        let waiting = verdict.missing.map { "\($0.count) × \($0.role)" }.joined(separator: ", ")
        links.append(
            Link(
                name: "closing", verdict: verdict.isClosed ? "good" : isGood ? "open" : "bad",
                detail: verdict.isClosed
                    ? "by \(verdict.closers.map(\.principal.text).joined(separator: ", ")), claimed at \(stored.closing?.claimedAt ?? "")"
                    : "waits for \(waiting.isEmpty ? "nobody" : waiting)",
                signers: verdict.closers))
    }

    /// What record and closing say about each other and about the gates.
    private func contradictions(_ record: AsBuiltRecord, _ closing: ClosingStatement?, _ verdict: RecordSeal.Verdict)
        -> Findings
    {
        var found = Findings()
        func add(_ what: String, _ file: String) {
            found.add(
                Finding(
                    code: "record.contradiction", what: what, at: SourcePosition(file: file),
                    remedy: "treat the record as damaged"))
        }
        if record.run.executor != verdict.executor?.principal.text, verdict.executor != nil {
            add("the record names \(record.run.executor) as executor, it was signed by another", RecordSeal.recordFile)
        }
        for digest in record.evidence where verdict.manifest?["as-built/evidence/\(digest.hex)"] != digest {
            add("the record points to evidence \(digest.prefix), which the manifest does not cover", RecordSeal.recordFile)
        }
        guard let closing else { return found }
        if closing.manifest != verdict.manifest?.digest {
            add("the closing words are about another manifest, \(closing.manifest)", RecordSeal.closingFile)
        }
        for deviation in record.deviations where closing.reasons[deviation.id]?.isEmpty != false {
            add("\(deviation.id) was closed without a reason", RecordSeal.closingFile)
        }
        return found
    }

    /// Records of earlier runs and cycles: files and seals. What their gates locked has moved on since.
    private mutating func judgeEarlier(_ location: RecordLocation) async {
        let what = location.pastCycle.map { "cycle \($0)" } ?? "this cycle"
        do {
            let stored = try StoredRecord.read(folder, at: location)
            guard let record = stored.record else { return }
            let verdict = await RecordSeal(folder: folder, location: location, keygen: keygen)
                .verify(site: nil, moment: MomentText.parse(record.verifiedAt) ?? Date())
            var all = verdict.findings
            all.add(contentsOf: contradictions(record, stored.closing, verdict))
            for finding in all.all {
                var placed = finding
                placed.position = finding.position.map { SourcePosition(file: location.actual($0.file)) }
                findings.add(placed)
            }
            links.append(
                Link(
                    name: "earlier", verdict: all.hasErrors ? "bad" : verdict.isClosed ? "good" : "open",
                    detail: "\(record.run.id) \(record.run.outcome), of \(what), record \(stored.digest?.prefix ?? "")",
                    signers: [verdict.executor].compactMap { $0 } + verdict.closers))
        } catch {
            findings.add(contentsOf: error)
            links.append(Link(name: "earlier", verdict: "bad", detail: location.record, signers: []))
        }
    }
}

private struct VerificationReport: Encodable {
    var asbuilt = "verification/v1"
    var folder: String
    var isGood: Bool
    var trust: String
    var links: [ChainVerification.Link]
    var findings: [Finding]
}
