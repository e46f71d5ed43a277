package import CanonicalData
package import ChangeExecution
package import ChangePlanning
package import DesignContracts
internal import DeviceConfiguration
internal import Diagnostics
internal import SignedManifests
internal import StateChecks
package import WorkspaceStore

/// Makes the as-built record of a run: what was approved, what came of it, and what a person still has to explain.
///
/// Pure but for fetching blobs: the same journal gives the same record, byte for byte.
package struct RecordAssembly: Sendable {
    package var engagement: EngagementSummary
    package var criteria: [AcceptanceCriterion]
    /// As verified before the run, both at the same moment.
    package var gates: [GateVerdict]
    package var plan: ChangePlan
    package var outcome: RunOutcome
    /// The contract's checks with the devices each was to run on.
    package var checks: [RunCheck]
    /// Per device the text of `plan/DEVICE.diff`.
    package var diffs: [String: String]
    /// Per device the record that designed it before.
    package var previous: [String: Digest]
    package var links: [TopologyLink]
    package var versions: [String: String]
    package var learnings: [String]

    package init(
        engagement: EngagementSummary, criteria: [AcceptanceCriterion], gates: [GateVerdict], plan: ChangePlan,
        outcome: RunOutcome, checks: [RunCheck], diffs: [String: String], previous: [String: Digest],
        links: [TopologyLink] = [], versions: [String: String], learnings: [String] = []
    ) {
        self.engagement = engagement
        self.criteria = criteria
        self.gates = gates
        self.plan = plan
        self.outcome = outcome
        self.checks = checks
        self.diffs = diffs
        self.previous = previous
        self.links = links
        self.versions = versions
        self.learnings = learnings
    }

    /// The record with all the evidence it points to.
    ///
    /// - Throws: `StoreError` when a blob of the run cannot be read.
    package func assemble(from store: any WorkspaceStore) async throws(StoreError) -> (
        record: AsBuiltRecord, evidence: [Digest: [UInt8]]
    ) {
        var blobs: [Digest: [UInt8]] = [:]
        for digest in neededBlobs { blobs[digest] = try await store.blob(digest) }
        return assemble(blobs: blobs)
    }

    /// Blobs of the run that become evidence, sorted.
    package var neededBlobs: [Digest] {
        var all = Set((outcome.checksBefore + outcome.checksAfter).flatMap(\.evidence))
        all.formUnion((outcome.capturesBefore + outcome.capturesAfter).compactMap(\.output))
        for device in outcome.devices {
            all.formUnion([device.observed?.running, Self.runningAfter(device)].compactMap { $0 })
            all.formUnion(device.transcripts)
        }
        return all.sorted()
    }

    /// - Parameter blobs: bytes of `neededBlobs`.
    package func assemble(blobs: [Digest: [UInt8]]) -> (record: AsBuiltRecord, evidence: [Digest: [UInt8]]) {
        var evidence = blobs
        let devices = outcome.devices.map { device in
            let transcript = Self.joined(device.transcripts, blobs)
            for part in device.transcripts { evidence[part] = nil }
            let digest = transcript.map { Digest.sha256($0) }
            if let transcript, let digest { evidence[digest] = transcript }
            return record(of: device, transcript: digest)
        }
        let acceptance = AcceptanceJudgement(criteria: criteria, checks: checks, outcome: outcome).rows
        let whole = AsBuiltRecord(
            engagement: engagement, gates: gates.compactMap(Self.summary),
            verifiedAt: gates.map(\.moment).max().map(MomentText.print) ?? outcome.startedAt.description,
            trust: gates.last?.trust.description ?? "self-contained", run: run, devices: devices,
            checks: outcome.checksBefore.map { Self.record(of: $0, moment: "before") }
                + outcome.checksAfter.map { Self.record(of: $0, moment: "after") },
            acceptance: acceptance, deviations: deviations(acceptance), learnings: learnings, versions: versions,
            links: links)
        // A blob that two things share stays as long as one of them points to it.
        let wanted = Set(whole.evidence)
        for digest in wanted where evidence[digest] == nil { evidence[digest] = blobs[digest] }
        return (whole, evidence.filter { wanted.contains($0.key) })
    }

    /// One transcript a device: sessions in the order in which they were closed.
    private static func joined(_ parts: [Digest], _ blobs: [Digest: [UInt8]]) -> [UInt8]? {
        let texts = parts.compactMap { blobs[$0] }
        return texts.isEmpty ? nil : Array(texts.joined())
    }

    private static func runningAfter(_ device: DeviceOutcome) -> Digest? {
        device.lastReading?.running ?? device.readBack?.running
    }

    private static func summary(_ verdict: GateVerdict) -> GateSummary? {
        guard let manifest = verdict.manifestDigest else { return nil }
        return GateSummary(
            gate: verdict.gate.rawValue, manifest: manifest,
            signers: verdict.signers.map { .init(principal: $0.principal.text, fingerprint: $0.fingerprint) },
            validUntil: verdict.validUntil.map(MomentText.print) ?? "")
    }

    private var run: RunSummary {
        RunSummary(
            id: outcome.run.text, startedAt: outcome.startedAt.description, endedAt: outcome.endedAt.description,
            outcome: outcome.outcome, exitStatus: outcome.exit.rawValue, executor: outcome.executor,
            timeline: outcome.timeline.map { .init(at: $0.at.description, device: $0.device, what: $0.what) })
    }

    // MARK: Devices

    private func record(of device: DeviceOutcome, transcript: Digest?) -> DeviceRecord {
        let planned = plan.devices.first { $0.device == device.device }
        return DeviceRecord(
            device: device.device, platform: device.platform, endpoint: device.endpoint, strategy: device.strategy,
            protection: device.protection, endState: device.end, system: device.system,
            hostKeyFingerprint: device.hostKeyFingerprint,
            baseDigest: device.observed?.base ?? planned?.baseDigest,
            plannedDigest: device.observed?.planned ?? planned?.plannedDigest,
            capturedDigest: device.lastReading?.captured ?? device.readBack?.captured,
            runningBefore: device.observed?.running, runningAfter: Self.runningAfter(device), transcript: transcript,
            diff: diffs[device.device] ?? "", forward: device.steps.map(\.forward),
            backout: device.steps.map(\.backout), captures: captures(of: device.device),
            entries: device.reconciliation?.entries ?? [], previousRecord: previous[device.device],
            remarks: remarks(device))
    }

    private func captures(of device: String) -> [DeviceRecord.CaptureEvidence] {
        func outputs(_ list: [CapturedOutput]) -> [String: Digest] {
            Dictionary(
                list.filter { $0.device == device }.compactMap { item in item.output.map { (item.command, $0) } },
                uniquingKeysWith: { _, last in last })
        }
        let (before, after) = (outputs(outcome.capturesBefore), outputs(outcome.capturesAfter))
        return Set(before.keys).union(after.keys).sorted().map {
            .init(command: $0, before: before[$0], after: after[$0])
        }
    }

    private func remarks(_ device: DeviceOutcome) -> [String] {
        var remarks = device.connectionWarnings
        let moved = device.observed?.movedElsewhere ?? []
        if !moved.isEmpty {
            remarks.append("moved since the plan, outside what it touches: \(moved.count) differences")
            remarks += moved.prefix(Self.shownMovements).map {
                "\($0.kind.rawValue): " + ($0.path + [$0.new ?? $0.old].compactMap { $0 }).joined(separator: " › ")
            }
        }
        for output in outcome.capturesBefore + outcome.capturesAfter where output.device == device.device {
            if let problem = output.problem { remarks.append("`\(output.command)` gave no output: \(problem)") }
        }
        if device.exclusion == "none", !device.steps.isEmpty {
            remarks.append("no exclusion: others could have changed the device meanwhile")
        }
        if device.end == .kept {
            remarks.append(device.isSaved ? "saved: it survives a reboot" : "not saved: a reboot would undo it")
        }
        if !device.backoutSent.isEmpty { remarks.append("the backout was sent") }
        if let leftovers = device.lastReading?.leftovers { remarks.append(leftovers.sentence) }
        if let failure = device.failure { remarks.append(failure.what) }
        return remarks
    }

    /// Movements elsewhere that a remark names one by one.
    private static let shownMovements = 20

    private static func record(of check: CheckOutcome, moment: String) -> CheckRecord {
        CheckRecord(
            id: check.id, device: check.device, proves: check.proves.isEmpty ? nil : check.proves.joined(separator: ", "),
            show: check.show, result: check.verdict.rawValue, details: check.why, evidence: check.evidence,
            moment: moment)
    }

    // MARK: Deviations

    /// What a person has to give a reason for, in the order of devices and their entries, then criteria.
    private func deviations(_ acceptance: [AcceptanceRow]) -> [Deviation] {
        var found: [(device: String?, what: String)] = []
        if outcome.exit != .done, let failure = outcome.failure {
            found.append((nil, "the run ended \(outcome.outcome): \(failure.what)"))
        } else if outcome.exit != .done {
            found.append((nil, "the run ended \(outcome.outcome)"))
        }
        for device in outcome.devices { found += Self.deviations(of: device).map { (device.device, $0) } }
        for row in acceptance where row.verdict != "proved" {
            found.append((nil, "\(row.id) is \(row.verdict): \(row.statement)"))
        }
        return found.enumerated().map { Deviation(id: "D-\($0.offset + 1)", device: $0.element.device, what: $0.element.what) }
    }

    private static func deviations(of device: DeviceOutcome) -> [String] {
        var found: [String] = []
        switch device.end {
        case .deviating: found.append("holds neither the plan nor what it held before")
        case .unknown: found.append("could not be read: what it holds is unknown")
        case .kept, .unchanged, .rolledBackByTimer, .backedOut, .refused, .unreachable: break
        }
        if device.confirmedByOther { found.append("somebody else's commit confirmed the change") }
        if let failure = device.saveFailure { found.append("the change was not saved: \(failure.what)") }
        // Where the change was taken back nothing of it is left to explain.
        guard device.end == .kept || device.end == .deviating || device.end == .unknown else { return found }
        for entry in device.reconciliation?.entries ?? [] {
            let place = (entry.path + [entry.sent ?? entry.captured].compactMap { $0 }).joined(separator: " › ")
            switch entry.verdict {
            case .asDesigned, .normalised: break
            case .missing: found.append("missing: \(place) was sent and is not there")
            case .sideEffect: found.append("side effect: \(place) changed although nothing was sent for it")
            case .unobservable: found.append("unobservable: the device does not show \(place)")
            case .unexplained: found.append("unexplained: \(place)")
            }
        }
        return found
    }
}

/// What became of each acceptance criterion: proved only with evidence from every check on every device it was for.
struct AcceptanceJudgement {
    let criteria: [AcceptanceCriterion]
    let checks: [RunCheck]
    let outcome: RunOutcome

    var rows: [AcceptanceRow] { criteria.map(judge) }

    private func judge(_ criterion: AcceptanceCriterion) -> AcceptanceRow {
        var because: [String] = []
        var (isFailed, isOpen, count) = (false, false, 0)
        for check in checks where check.moment == .after && check.check.proves.contains(criterion.id) {
            if check.devices.isEmpty { isOpen = true }
            for device in check.devices {
                count += 1
                let result = outcome.checksAfter.last { $0.id == check.check.id && $0.device == device }
                switch result?.verdict {
                case .proved?: because.append("\(check.check.id)@\(device)")
                case .failed?:
                    isFailed = true
                    because.append("\(check.check.id)@\(device) failed")
                case .open?:
                    isOpen = true
                    because.append("\(check.check.id)@\(device) has no evidence")
                case nil:
                    isOpen = true
                    because.append("\(check.check.id)@\(device) did not run")
                }
            }
        }
        if count == 0 {
            isOpen = true
            because.append("no check proves it")
        }
        // Proved while armed says nothing once the change was taken back.
        let gone = outcome.devices.filter { !$0.steps.isEmpty && $0.end != .kept }.map(\.device)
        if !isFailed, !isOpen, !gone.isEmpty {
            isOpen = true
            because.append("the change did not stay on \(gone.joined(separator: ", "))")
        }
        return AcceptanceRow(
            id: criterion.id, statement: criterion.statement,
            verdict: isFailed ? "failed" : isOpen ? "open" : "proved", because: because)
    }
}
