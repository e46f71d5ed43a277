internal import ChangeExecution
internal import ComplianceChecks
internal import DeviceConfiguration
internal import DeviceDrivers
internal import DeviceInventory
package import Diagnostics
internal import Foundation
internal import SourceDocuments
internal import WorkspaceStore
internal import AsBuiltRecords

/// Judging configurations by golden rules and by what records say: of live devices, or in files.
extension Workflow {
    /// - Parameters:
    ///   - rules: a rule file.
    ///   - againstRecords: judge by the closed as-built records of the workspace too.
    ///   - input: one file, or a folder with one file a device, named after it: `DEVICE.cfg`; nil reads the devices.
    ///   - principal: who reads live devices; the policy's `standing-read` says who may.
    ///   - junit: also write a JUnit XML report to this file.
    package func compliance(
        rules: String?, againstRecords: Bool = false, input: String?, devices selector: String, as principal: String?,
        junit: String?
    ) async throws(Findings) -> WorkflowAnswer {
        guard rules != nil || againstRecords else {
            throw Findings([
                Finding(
                    code: "compliance.nothing-to-judge-by", what: "there is nothing to judge by",
                    remedy: "give --rules FILE, --against as-built, or both")
            ])
        }
        let ruleSet = try rules.map(ruleSet)
        let inventory = try inventory()
        let chosen = try devices(selector, in: inventory)
        let yardstick = try await ComplianceYardstick(
            rules: ruleSet, devices: chosen, records: againstRecords ? workspace().engagementsFolder : nil,
            access: try DeviceAccess(workspace(), environment: environment, calls: calls))
        let results: [DeviceCompliance]
        if let input {
            results = try judgeFiles(input, chosen, inventory, yardstick)
        } else {
            guard let principal else {
                throw Findings([
                    Finding(
                        code: "compliance.who", what: "reading live devices needs the name of who reads them",
                        remedy: "give --as PRINCIPAL, or judge files with --input FOLDER")
                ])
            }
            try await requireStandingRead(principal, inventory)
            results = try await judgeLive(chosen, yardstick)
        }
        let report = ComplianceReport(devices: results.sorted { $0.device < $1.device })
        if let junit {
            do { try Data(report.junit.utf8).write(to: url(junit)) } catch {
                throw Findings([
                    Finding(
                        code: "file.not-written", what: "\(junit) could not be written: \(error.localizedDescription)",
                        remedy: "name a file in a folder that exists")
                ])
            }
        }
        // A record that does not verify says nothing: without it nothing is green.
        let status: CommandStatus =
            report.hasUnreadable ? .notDone : report.isGreen && yardstick.findings.all.isEmpty ? .done : .differences
        return WorkflowAnswer(
            text: report.text, json: CanonicalText.of(report), status: status, findings: yardstick.findings,
            next: status == .differences
                ? "nothing is pushed from here; put it right with an engagement: "
                    + (againstRecords ? "asbuilt init engagements/NAME --from RECORD --author YOU" : "asbuilt init engagements/NAME --devices SELECTOR --author YOU")
                : nil)
    }

    private func workspace() throws(Findings) -> Workspace {
        try Workspace.find(from: startFolder.path(percentEncoded: false))
    }

    private func ruleSet(_ file: String) throws(Findings) -> RuleSet {
        let ruleSet = try RuleSet(try SourceDocument.load(path: url(file).path(percentEncoded: false), shownAs: file))
        guard !ruleSet.rules.isEmpty else {
            throw Findings([
                Finding(
                    code: "rules.empty", what: "\(file) holds no rule: nothing would be judged",
                    at: SourcePosition(file: file), remedy: "add rules, or name another file")
            ])
        }
        return ruleSet
    }

    private func judgeFiles(_ input: String, _ chosen: [Device], _ inventory: Inventory, _ yardstick: ComplianceYardstick)
        throws(Findings) -> [DeviceCompliance]
    {
        let files = try configurationFiles(input)
        var results: [DeviceCompliance] = []
        for device in chosen {
            guard let file = files[device.name] else {
                results.append(
                    ComplianceJudge.unreadable(
                        device: device.name, source: input, because: "there is no file \(device.name).cfg"))
                continue
            }
            results.append(try judge(device, source: file, try bytes(of: file), yardstick))
        }
        for name in files.keys.sorted() where inventory.device(name) == nil {
            results.append(
                ComplianceJudge.unreadable(
                    device: name, source: files[name] ?? input, because: "the inventory knows no device of this name"))
        }
        return results
    }

    /// Reads the running configuration of each device and judges it; a device that cannot be read is never green.
    private func judgeLive(_ chosen: [Device], _ yardstick: ComplianceYardstick) async throws(Findings) -> [DeviceCompliance] {
        let access = try DeviceAccess(
            try Workspace.find(from: startFolder.path(percentEncoded: false)), environment: environment, calls: calls)
        var results: [DeviceCompliance] = []
        var targets: [(device: Device, target: DeviceSurvey.Target)] = []
        for device in chosen {
            do throws(Findings) {
                targets.append(
                    (
                        device,
                        DeviceSurvey.Target(
                            device: device.name, driver: try DeviceAccess.driver(
                                device.platform, try DeviceAccess.readingEndpoint(device), dialogs: []),
                            secrets: yardstick.secrets(device.name))
                    ))
            } catch {
                results.append(
                    ComplianceJudge.unreadable(
                        device: device.name, source: "live", because: error.all.map(\.what).joined(separator: "; ")))
            }
        }
        let answers = await DeviceSurvey(
            ExecutionEnvironment(store: InMemoryWorkspace(), connector: try access.connector(chosen))
        ).read(targets.map(\.target), progress: progress)
        for (entry, answer) in zip(targets, answers) {
            guard let observed = answer.observed else {
                results.append(
                    ComplianceJudge.unreadable(
                        device: entry.device.name, source: "live",
                        because: answer.failure?.what ?? "it gave no configuration"))
                continue
            }
            results.append(try judge(entry.device, source: "live", observed.running, yardstick))
        }
        return results
    }

    private func judge(_ device: Device, source: String, _ configuration: [UInt8], _ yardstick: ComplianceYardstick) throws(Findings)
        -> DeviceCompliance
    {
        let model: any ConfigurationModel
        do throws(Findings) {
            model = try DeviceAccess.model(
                device.platform, try DeviceAccess.readingEndpoint(device), in: try Workspace.find(from: startFolder.path(percentEncoded: false)))
        } catch {
            return ComplianceJudge.unreadable(
                device: device.name, source: source, because: error.all.map(\.what).joined(separator: "; "))
        }
        if let why = yardstick.unjudgeable[device.name] {
            return ComplianceJudge.unreadable(device: device.name, source: source, because: why)
        }
        // Secrets of records compare as placeholders, in files as on devices.
        let shown = yardstick.secrets(device.name).mask(configuration)
        let elements: [ConfigurationElement]
        do throws(Findings) { elements = model.elements(of: try model.snapshot(shown)) } catch {
            return ComplianceJudge.unreadable(
                device: device.name, source: source, because: error.all.map(\.what).joined(separator: "; "))
        }
        let judge = ComplianceJudge(
            rules: yardstick.rules(device), baseline: yardstick.baselines[device.name] ?? Baseline())
        do {
            return try judge.judge(device: device.name, source: source, elements: elements)
        } catch {
            throw Findings([error])
        }
    }

    /// Files by device: the file's name without its ending.
    private func configurationFiles(_ input: String) throws(Findings) -> [String: String] {
        var isFolder: ObjCBool = false
        let path = url(input).path(percentEncoded: false)
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw Findings([
                Finding(code: "file.missing", what: "\(input) does not exist", remedy: "name a file or a folder of files")
            ])
        }
        func name(_ file: String) -> String { URL(filePath: file).deletingPathExtension().lastPathComponent }
        guard isFolder.boolValue else { return [name(input): input] }
        let names: [String]
        do { names = try FileManager.default.contentsOfDirectory(atPath: path) } catch {
            throw Findings([
                Finding(
                    code: "file.unreadable", what: "\(input) cannot be listed: \(error.localizedDescription)",
                    remedy: "check the permissions")
            ])
        }
        let folder = input.hasSuffix("/") ? String(input.dropLast()) : input
        return Dictionary(
            names.filter { $0.hasSuffix(".cfg") }.sorted().map { (name($0), "\(folder)/\($0)") },
            uniquingKeysWith: { first, _ in first })
    }
}

/// What configurations are judged by: rules, closed records, and the secrets these speak of.
private struct ComplianceYardstick {
    private let ruleSet: RuleSet?
    private(set) var baselines: [String: Baseline] = [:]
    private var tables: [String: SecretTable] = [:]
    /// Why a device cannot be judged by its records.
    private(set) var unjudgeable: [String: String] = [:]
    /// Records that cannot be believed, and gaps in their chain.
    private(set) var findings = Findings()

    init(rules: RuleSet?, devices: [Device], records: String?, access: DeviceAccess) async throws(Findings) {
        ruleSet = rules
        guard let records else { return }
        let index = await BaselineIndex.load(engagementsFolder: records)
        findings = index.findings
        for device in devices {
            let baseline = index.baseline(of: device.name)
            guard !baseline.elements.isEmpty else { continue }
            baselines[device.name] = baseline
            let text = baseline.elements.map(\.text).joined(separator: "\n")
            do throws(Findings) {
                var references: [CredentialReference] = []
                for placeholder in SecretPlaceholder.all(in: text) {
                    if let reference = CredentialReference(placeholder.reference) { references.append(reference) }
                }
                tables[device.name] = SecretTable(
                    device: device.name, values: try await access.secrets(references, device: device.name))
            } catch {
                unjudgeable[device.name] = "a secret of its record is not to be had: "
                    + error.all.map(\.what).joined(separator: "; ")
            }
        }
        guard !baselines.isEmpty else {
            throw Findings(
                findings.all + [
                    Finding(
                        code: "compliance.no-record", what: "no closed record says anything about these devices",
                        remedy: "sign a record off first (`asbuilt close`), or judge by rules: --rules FILE")
                ])
        }
    }

    func rules(_ device: Device) -> [GoldenRule] { ruleSet?.rules(forGroups: device.groups) ?? [] }

    func secrets(_ device: String) -> SecretTable { tables[device] ?? SecretTable(device: device, values: [:]) }
}
