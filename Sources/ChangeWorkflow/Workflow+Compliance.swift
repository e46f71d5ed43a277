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

/// Judging configurations by golden rules: of live devices, or in files.
extension Workflow {
    /// - Parameters:
    ///   - rules: a rule file.
    ///   - input: one file, or a folder with one file a device, named after it: `DEVICE.cfg`; nil reads the devices.
    ///   - principal: who reads live devices; the policy's `standing-read` says who may.
    ///   - junit: also write a JUnit XML report to this file.
    package func compliance(
        rules: String, input: String?, devices selector: String, as principal: String?, junit: String?
    ) async throws(Findings) -> WorkflowAnswer {
        let ruleSet = try RuleSet(
            try SourceDocument.load(path: url(rules).path(percentEncoded: false), shownAs: rules))
        if ruleSet.rules.isEmpty {
            throw Findings([
                Finding(
                    code: "rules.empty", what: "\(rules) holds no rule: nothing would be judged",
                    at: SourcePosition(file: rules), remedy: "add rules, or name another file")
            ])
        }
        let inventory = try inventory()
        let chosen = try devices(selector, in: inventory)
        let results: [DeviceCompliance]
        if let input {
            results = try judgeFiles(input, chosen, inventory, ruleSet)
        } else {
            guard let principal else {
                throw Findings([
                    Finding(
                        code: "compliance.who", what: "reading live devices needs the name of who reads them",
                        remedy: "give --as PRINCIPAL, or judge files with --input FOLDER")
                ])
            }
            try await requireStandingRead(principal, inventory)
            results = try await judgeLive(chosen, ruleSet)
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
        let status: CommandStatus = report.hasUnreadable ? .notDone : report.isGreen ? .done : .differences
        return WorkflowAnswer(text: report.text, json: CanonicalText.of(report), status: status)
    }

    private func judgeFiles(_ input: String, _ chosen: [Device], _ inventory: Inventory, _ rules: RuleSet)
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
            results.append(try judge(device, source: file, try bytes(of: file), rules))
        }
        for name in files.keys.sorted() where inventory.device(name) == nil {
            results.append(
                ComplianceJudge.unreadable(
                    device: name, source: files[name] ?? input, because: "the inventory knows no device of this name"))
        }
        return results
    }

    /// Reads the running configuration of each device and judges it; a device that cannot be read is never green.
    private func judgeLive(_ chosen: [Device], _ rules: RuleSet) async throws(Findings) -> [DeviceCompliance] {
        let access = try DeviceAccess(
            try Workspace.find(from: startFolder.path(percentEncoded: false)), environment: environment)
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
                            secrets: SecretTable(device: device.name, values: [:]))
                    ))
            } catch {
                results.append(
                    ComplianceJudge.unreadable(
                        device: device.name, source: "live", because: error.all.map(\.what).joined(separator: "; ")))
            }
        }
        let answers = await DeviceSurvey(
            ExecutionEnvironment(store: InMemoryWorkspace(), connector: try access.connector(chosen))
        ).read(targets.map(\.target))
        for (entry, answer) in zip(targets, answers) {
            guard let observed = answer.observed else {
                results.append(
                    ComplianceJudge.unreadable(
                        device: entry.device.name, source: "live",
                        because: answer.failure?.what ?? "it gave no configuration"))
                continue
            }
            results.append(try judge(entry.device, source: "live", observed.running, rules))
        }
        return results
    }

    private func judge(_ device: Device, source: String, _ configuration: [UInt8], _ rules: RuleSet) throws(Findings)
        -> DeviceCompliance
    {
        let model: any ConfigurationModel
        do throws(Findings) {
            model = try DeviceAccess.model(device.platform, try DeviceAccess.readingEndpoint(device))
        } catch {
            return ComplianceJudge.unreadable(
                device: device.name, source: source, because: error.all.map(\.what).joined(separator: "; "))
        }
        let elements = model.elements(of: try model.snapshot(configuration))
        let judge = ComplianceJudge(rules: rules.rules(forGroups: device.groups), baseline: Baseline())
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
