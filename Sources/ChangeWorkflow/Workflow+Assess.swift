internal import ByteTransport
internal import CanonicalData
internal import ChangeExecution
internal import DesignContracts
internal import DeviceConfiguration
internal import DeviceDrivers
internal import DeviceInventory
package import Diagnostics
internal import Foundation
internal import SignedManifests
internal import SourceDocuments
internal import WorkspaceStore

/// Phase 2: what the devices are and can do; read-only contact, after Gate 1.
extension Workflow {
    /// An engineer's decision on feasibility.
    package enum FeasibilityDecision: String, Sendable, CaseIterable { case feasible, not, constrained }

    /// Reads every device in scope, writes `feasibility/DEVICE.json`, and `feasibility.md` when there is none yet.
    ///
    /// - Parameters:
    ///   - decision: Recorded with `principal` and `reason` in `feasibility.md`; one that was recorded is never replaced.
    package func assess(
        engagement path: String?, decision: FeasibilityDecision?, as principal: String?, reason: String?
    ) async throws(Findings) -> WorkflowAnswer {
        // Nothing below may run without Gate 1: it opens connections.
        let verified = try await requireGate(.spec, engagement: path)
        let (context, loaded) = (verified.context, verified.loaded)
        let page = try FeasibilityPage(context.folder, title: loaded.engagement.title)
        let decided = try decision.map { decision throws(Findings) in
            try page.deciding(decision.rawValue, principal: principal, reason: reason)
        }
        let (facts, findings) = try await read(verified.devices.devices, context)
        try findings.throwIfErrors()
        for (device, fact) in facts {
            try Self.write(
                Array((CanonicalText.of(fact) + "\n").utf8),
                to: context.folder.path("\(EngagementFolder.feasibilityFolder)/\(device).json"))
        }
        if let text = decided ?? page.textToCreate {
            try Self.write(Array(text.utf8), to: context.folder.path(EngagementFolder.feasibilityFile))
        }
        var lines = facts.map { "\($0.device)  \($0.fact.summary)" }
        lines.append("written: \(EngagementFolder.feasibilityFolder)/ (\(facts.count) files)")
        lines.append(
            decision.map { "decision: \($0.rawValue), by \(principal ?? "")" }
                ?? "decision: \(page.decision ?? "open; it is an engineer's")")
        let isOpen = decision == nil && page.decision == nil
        return WorkflowAnswer(
            text: safeForDisplay(lines.joined(separator: "\n")),
            json: CanonicalText.of(AssessReport(devices: facts.map(\.fact), decision: decision?.rawValue ?? page.decision)),
            findings: findings,
            next: isOpen ? "asbuilt assess --decide feasible --as PRINCIPAL --reason TEXT" : "asbuilt plan")
    }

    private func read(_ devices: [Device], _ context: EngagementContext) async throws(Findings) -> (
        facts: [(device: String, fact: DeviceFacts)], findings: Findings
    ) {
        let access = try DeviceAccess(context.workspace, environment: environment, calls: calls)
        var (targets, findings) = ([(device: Device, target: DeviceSurvey.Target)](), Findings())
        for device in devices {
            guard let endpoint = device.endpoints.first(where: { $0.kind == .cli }) ?? device.endpoints.first else { continue }
            do throws(Findings) {
                targets.append(
                    (
                        device,
                        DeviceSurvey.Target(
                            device: device.name,
                            driver: try DeviceAccess.driver(device.platform, endpoint.kind, dialogs: []),
                            secrets: SecretTable(device: device.name, values: [:]))
                    ))
            } catch {
                for var finding in error.all {
                    finding.device = device.name
                    findings.add(finding)
                }
            }
        }
        try findings.throwIfErrors()
        let surveyed = await DeviceSurvey(
            ExecutionEnvironment(store: InMemoryWorkspace(), connector: try access.connector(devices))
        ).read(targets.map(\.target), progress: progress)
        var facts: [(device: String, fact: DeviceFacts)] = []
        for (entry, answer) in zip(targets, surveyed) {
            guard let session = answer.facts, answer.observed != nil else {
                findings.add(PlanComputation.finding(answer.failure, device: answer.device))
                continue
            }
            facts.append((answer.device, DeviceFacts(entry.device, session, entry.target.driver.traits)))
        }
        return (facts, findings)
    }

    private static func write(_ bytes: [UInt8], to path: String) throws(Findings) {
        do {
            let url = URL(filePath: path)
            try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(bytes).write(to: url, options: .atomic)
        } catch {
            throw Findings([
                Finding(
                    code: "assess.not-written", what: "\(path) cannot be written: \((error as NSError).localizedDescription)",
                    remedy: "check permissions and free space")
            ])
        }
    }
}

/// What a device is and how a change on it would be protected: `feasibility/DEVICE.json`.
struct DeviceFacts: Encodable {
    var asbuilt = "device-facts/v1"
    var device: String
    var platform: String
    var endpoint: String
    var system: [String: String]
    var capabilities: [String]
    var hostKeyFingerprint: String
    var strategy: String
    var protection: String
    var exclusion: String
    var driverVerifiedBy: String

    init(_ device: Device, _ session: SessionFacts, _ traits: DriverTraits) {
        self.device = device.name
        platform = device.platform
        endpoint = traits.endpoint
        system = session.system
        capabilities = session.capabilities.sorted()
        hostKeyFingerprint = session.connection.hostKeyFingerprint
        strategy = session.strategy
        protection = session.protection.rawValue
        exclusion = session.exclusion
        driverVerifiedBy = traits.verifiedBy
    }

    var summary: String {
        let what = system.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        return "\(platform) over \(endpoint)" + (what.isEmpty ? "" : ", \(what)") + "; protection: \(protection); exclusion: \(exclusion)"
    }
}

private struct AssessReport: Encodable {
    var asbuilt = "assessment/v1"
    var devices: [DeviceFacts]
    var decision: String?
}

/// `feasibility.md`: front matter with the decision, prose below that belongs to people.
private struct FeasibilityPage {
    private let text: String?
    private let title: String
    /// The recorded decision; nil while it is open.
    let decision: String?
    private static let open = "decision: open"

    init(_ folder: EngagementFolder, title: String) throws(Findings) {
        self.title = title
        if folder.isLocked(by: .design) {
            throw Findings([
                Finding(
                    code: "gate.locked", what: "Gate 2 has locked the feasibility: nothing is written any more",
                    at: SourcePosition(file: EngagementFolder.feasibilityFile), remedy: "`asbuilt amend` opens the next cycle")
            ])
        }
        guard folder.exists(EngagementFolder.feasibilityFile) else {
            (text, decision) = (nil, nil)
            return
        }
        let text = try SourceDocument.loadText(
            path: folder.path(EngagementFolder.feasibilityFile), shownAs: EngagementFolder.feasibilityFile)
        self.text = text
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        decision = lines.first { $0.hasPrefix("decision: ") && $0 != Self.open }.map { String($0.dropFirst("decision: ".count)) }
    }

    /// The page for an engagement that has none.
    var textToCreate: String? { text == nil ? Self.page(title, [Self.open]) : nil }

    private static func page(_ title: String, _ frontMatter: [String]) -> String {
        """
        ---
        asbuilt: feasibility/v1
        \(frontMatter.joined(separator: "\n"))
        ---

        # Feasibility: \(title)

        What the devices are and how a change on each is protected is in `feasibility/`, one file a device, as read by
        `asbuilt assess`. What follows from it, and what constrains the design, is for an engineer to write here.

        """
    }

    /// The page with a decision; one that was recorded stays.
    func deciding(_ decision: String, principal: String?, reason: String?) throws(Findings) -> String {
        func refuse(_ code: String, _ what: String, _ remedy: String) -> Findings {
            Findings([
                Finding(
                    code: "assess.\(code)", what: what, at: SourcePosition(file: EngagementFolder.feasibilityFile), remedy: remedy)
            ])
        }
        if let recorded = self.decision {
            throw refuse("decided", "the decision `\(recorded)` is recorded, and an engineer's: it is not replaced", "edit the file by hand if it is wrong")
        }
        guard let principal = principal.flatMap({ PrincipalName($0) }) else {
            throw refuse("principal", "a decision needs the name of who takes it", "give --as PRINCIPAL")
        }
        guard let reason, !reason.isEmpty, !reason.contains(where: \.isNewline) else {
            throw refuse("reason", "a decision needs a reason, in one line", "give --reason TEXT")
        }
        let recorded = ["decision: \(decision)", "decided-by: \(principal)", "reason: \(PlainValue.string(reason).json)"]
        guard let text else { return Self.page(title, recorded) }
        guard text.contains("\n\(Self.open)\n") else {
            throw refuse("no-decision-line", "the file has no line `\(Self.open)` to put the decision in", "add it to the front matter")
        }
        return text.replacing("\n\(Self.open)\n", with: "\n\(recorded.joined(separator: "\n"))\n", maxReplacements: 1)
    }
}
