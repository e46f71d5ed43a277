internal import ComplianceChecks
internal import DeviceConfiguration
internal import DeviceInventory
package import Diagnostics
internal import Foundation
internal import SourceDocuments
internal import AsBuiltRecords

/// Judging configurations that lie in files by golden rules.
extension Workflow {
    /// - Parameters:
    ///   - rules: a rule file.
    ///   - input: one file, or a folder with one file a device, named after it: `DEVICE.cfg`.
    ///   - junit: also write a JUnit XML report to this file.
    package func compliance(rules: String, input: String, devices selector: String, junit: String?) throws(Findings)
        -> WorkflowAnswer
    {
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
        let files = try configurationFiles(input)
        var results: [DeviceCompliance] = []
        for device in chosen {
            guard let file = files[device.name] else {
                results.append(
                    ComplianceJudge.unreadable(
                        device: device.name, source: input, because: "there is no file \(device.name).cfg"))
                continue
            }
            results.append(try judge(device, file: file, ruleSet))
        }
        for name in files.keys.sorted() where inventory.device(name) == nil {
            results.append(
                ComplianceJudge.unreadable(
                    device: name, source: files[name] ?? input, because: "the inventory knows no device of this name"))
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

    private func judge(_ device: Device, file: String, _ rules: RuleSet) throws(Findings) -> DeviceCompliance {
        guard let model = CLIConfigurationModel(platform: device.platform) else {
            return ComplianceJudge.unreadable(
                device: device.name, source: file,
                because: "no dialect is called \(device.platform); known: "
                    + CLIConfigurationModel.knownPlatforms.joined(separator: ", "))
        }
        let elements = model.elements(of: try model.snapshot(try bytes(of: file)))
        let judge = ComplianceJudge(rules: rules.rules(forGroups: device.groups), baseline: Baseline())
        do {
            return try judge.judge(device: device.name, source: file, elements: elements)
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
