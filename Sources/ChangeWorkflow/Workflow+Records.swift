internal import AsBuiltRecords
internal import CanonicalData
internal import DesignContracts
internal import DeviceConfiguration
internal import DeviceInventory
package import Diagnostics
internal import Foundation
internal import RecordViews
internal import SignedManifests

/// The record: signing it off, showing it, and what it makes the baseline.
extension Workflow {
    /// Adds a person's closing signature. The first one brings the reasons; later ones sign the same words.
    ///
    /// - Parameters:
    ///   - reasons: `D-1=text`, one for each deviation.
    package func close(
        engagement path: String?, as principal: String, keyFile: String?, reasons: [String], learnings: [String]
    ) async throws(Findings) -> WorkflowAnswer {
        let context = try await engagement(path)
        let stored = try StoredRecord.read(context.folder)
        guard let record = stored.record else { throw Self.noRecord() }
        let name = try Self.principal(principal)
        let key = try key(keyFile)
        var statement: ClosingStatement?
        if let closing = stored.closing {
            guard reasons.isEmpty, learnings.isEmpty else {
                throw Findings([
                    Finding(
                        code: "close.words-given",
                        what: "\(closing.principal) has given the closing words; who signs after that signs the same words",
                        at: SourcePosition(file: RecordSeal.closingFile),
                        remedy: "close without --reason and --learning, after reading `asbuilt show record`")
                ])
            }
        } else {
            guard case .bytes(let manifest) = LockedFile.read(root: context.folder.root, path: RecordSeal.manifestFile)
            else { throw Self.noRecord() }
            statement = ClosingStatement(
                manifest: .sha256(manifest), principal: name.text, claimedAt: MomentText.print(Date()),
                reasons: try ClosingReasons(reasons, deviations: record.deviations).byDeviation, learnings: learnings)
        }
        let seal = RecordSeal(folder: context.folder, keygen: context.keygen)
        try await seal.close(
            statement: try statement.map { closing throws(Findings) in try RecordFile.bytes(closing) }, as: name,
            keyFile: key, site: context.site, now: Date())
        let verdict = await seal.verify(site: context.site, moment: Date())
        let words = statement ?? stored.closing
        let kept = record.devices.filter { $0.endState == .kept }.map(\.device)
        var lines = ["record of run \(record.run.id) (\(record.run.outcome)): signed by \(name)"]
        for deviation in record.deviations {
            lines.append("  \(deviation.id) \(deviation.device.map { $0 + ": " } ?? "")\(deviation.what)")
            lines.append("      reason: \(words?.reasons[deviation.id] ?? "")")
        }
        lines += verdict.missing.map { "  missing  \($0.count) × \($0.role); could sign: \($0.couldSign.map(\.text).joined(separator: ", "))" }
        if verdict.isClosed {
            lines.append(
                kept.isEmpty
                    ? "closed; the run kept nothing, so no baseline moves"
                    : "closed; it is now the baseline of what it changed on \(kept.joined(separator: ", "))")
        }
        let who = verdict.missing.first?.couldSign.first
        return WorkflowAnswer(
            text: safeForDisplay(lines.joined(separator: "\n")),
            json: CanonicalText.of(
                CloseReport(
                    run: record.run.id, record: stored.digest?.hex, isClosed: verdict.isClosed,
                    signers: verdict.closers, missing: verdict.missing, reasons: words?.reasons ?? [:])),
            findings: Findings(verdict.findings.all.filter { $0.severity != .error }),
            next: who.map { "asbuilt close --as \($0) --key FILE" } ?? "asbuilt verify")
    }

    /// The record of the newest run, for people.
    package func showRecord(engagement path: String?) throws(Findings) -> WorkflowAnswer {
        let folder = try engagementFolder(path)
        let stored = try StoredRecord.read(folder)
        guard let record = stored.record else { throw Self.noRecord() }
        return WorkflowAnswer(
            text: safeForDisplay(RecordMarkdown(record, closing: stored.closing).text),
            json: CanonicalText.of(ShownRecord(record: record, closing: stored.closing)),
            next: stored.closing == nil ? "asbuilt close --as PRINCIPAL --key FILE" : "asbuilt verify")
    }

    /// What the closed records of the workspace say a device holds.
    package func baseline(device name: String) async throws(Findings) -> WorkflowAnswer {
        let workspace = try Workspace.find(from: startFolder.path(percentEncoded: false))
        let index = await BaselineIndex.load(engagementsFolder: workspace.engagementsFolder)
        let inventory = try Inventory.load(
            workspace, platforms: DeviceAccess.platforms, environment: environment)
        let elements = index.baseline(of: name).elements
        guard inventory.device(name) != nil || !elements.isEmpty else {
            throw Findings([
                Finding(
                    code: "inventory.unknown-device", what: "no device is called `\(name)`, and no record names it",
                    remedy: "`asbuilt inventory list` shows all devices")
            ])
        }
        let latest = index.latest(of: name)
        var lines: [String] = []
        if let latest {
            lines.append("\(name): newest record \(latest.digest), run \(latest.record.run.id) of \(latest.record.engagement.id)")
        } else {
            lines.append("\(name): no closed record; nothing on it is as built by an approved change")
        }
        for element in elements {
            let place = (element.path + [element.text]).joined(separator: " › ")
            lines.append(
                "\(element.isPresent ? "+" : "-") \(place)    \(element.source.engagement) cycle \(element.source.cycle), run \(element.source.run)")
        }
        return WorkflowAnswer(
            text: safeForDisplay(lines.joined(separator: "\n")),
            json: CanonicalText.of(BaselineReport(device: name, latest: latest?.digest.hex, elements: elements)),
            findings: index.findings)
    }

    private static func noRecord() -> Findings {
        Findings([
            Finding(
                code: "record.none", what: "there is no record yet: nothing was built in this cycle",
                at: SourcePosition(file: RecordSeal.recordFile), remedy: "carry the change out: `asbuilt apply`")
        ])
    }
}

/// `record.json` and `closing.json` as they lie there; reading them proves nothing, `verify` does.
struct StoredRecord {
    var record: AsBuiltRecord?
    /// Digest of `record.json`.
    var digest: Digest?
    var closing: ClosingStatement?

    static func read(_ folder: EngagementFolder, at location: RecordLocation = .current) throws(Findings) -> StoredRecord {
        var stored = StoredRecord()
        if let bytes = try bytes(folder, location.actual(RecordSeal.recordFile)) {
            stored.record = try RecordFile.read(bytes, file: location.actual(RecordSeal.recordFile))
            stored.digest = .sha256(bytes)
        }
        if let bytes = try bytes(folder, location.actual(RecordSeal.closingFile)) {
            stored.closing = try RecordFile.readClosing(bytes, file: location.actual(RecordSeal.closingFile))
        }
        return stored
    }

    private static func bytes(_ folder: EngagementFolder, _ path: String) throws(Findings) -> [UInt8]? {
        switch LockedFile.read(root: folder.root, path: path) {
        case .bytes(let bytes): return bytes
        case .missing: return nil
        case .link, .notAFile, .unreadable:
            throw Findings([
                Finding(
                    code: "record.unreadable", what: "\(path) is a link or cannot be read",
                    at: SourcePosition(file: path), remedy: "restore the file")
            ])
        }
    }
}

/// Reasons as they are typed, `D-1=text`, matched with the deviations of a record.
struct ClosingReasons {
    var byDeviation: [String: String] = [:]

    /// Throws for every deviation without a reason and every reason without a deviation.
    init(_ typed: [String], deviations: [Deviation]) throws(Findings) {
        var findings = Findings()
        for text in typed {
            let halves = text.split(separator: "=", maxSplits: 1)
            let id = halves.first?.trimmingCharacters(in: .whitespaces) ?? ""
            let reason = halves.count == 2 ? halves[1].trimmingCharacters(in: .whitespacesAndNewlines) : ""
            if !deviations.contains(where: { $0.id == id }) || reason.isEmpty {
                let shown = safeForDisplay(text, keepingLines: false)
                findings.add(
                    Finding(
                        code: "close.reason", what: "`\(shown)` is no reason for a deviation of this record",
                        remedy: deviations.isEmpty
                            ? "the record has no deviation; leave --reason out"
                            : "write ID=TEXT with one of \(deviations.map(\.id).joined(separator: ", "))"))
            } else if byDeviation.updateValue(reason, forKey: id) != nil {
                findings.add(
                    Finding(code: "close.reason", what: "there are two reasons for \(id)", remedy: "give one"))
            }
        }
        for deviation in deviations where byDeviation[deviation.id] == nil {
            findings.add(
                Finding(
                    code: "close.reason-missing",
                    what: "\(deviation.id) has no reason: \(deviation.device.map { $0 + ": " } ?? "")\(deviation.what)",
                    remedy: "say why it may stay: --reason \(deviation.id)=\"…\""))
        }
        try findings.throwIfErrors()
    }
}

private struct CloseReport: Encodable {
    var asbuilt = "close/v1"
    var run: String
    var record: String?
    var isClosed: Bool
    var signers: [GateSigner]
    var missing: [MissingApproval]
    var reasons: [String: String]
}

private struct ShownRecord: Encodable {
    var asbuilt = "shown-record/v1"
    var record: AsBuiltRecord
    var closing: ClosingStatement?
}

private struct BaselineReport: Encodable {
    var asbuilt = "baseline/v1"
    var device: String
    var latest: String?
    var elements: [BaselineElement]
}
