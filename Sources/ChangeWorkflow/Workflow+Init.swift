internal import AsBuiltRecords
internal import CanonicalData
internal import DesignContracts
internal import DeviceInventory
package import Diagnostics
internal import Foundation
internal import SignedManifests

/// Beginning an engagement, and the schemas of the files one writes in it.
extension Workflow {
    /// Writes a new engagement folder whose files read without a finding, but for the template that is still empty.
    ///
    /// - Parameters:
    ///   - devices: selector of the scope; it must choose something now.
    ///   - records: closed records to start from: digests or beginnings of them, or `newest` for those of the devices.
    package func initialise(
        _ path: String, devices selector: String, title: String?, ticket: String?, authors: [String],
        from records: [String]
    ) async throws(Findings) -> WorkflowAnswer {
        let inventory = try inventory()
        let chosen = try devices(selector, in: inventory)
        let folder = EngagementFolder(root: url(path).path(percentEncoded: false).trimmingSuffix("/"))
        var findings = Findings()
        for author in authors where PrincipalName(author) == nil {
            findings.add(
                Finding(
                    code: "init.author", what: "“\(safeForDisplay(author, keepingLines: false))” cannot be a principal",
                    remedy: "write a name like alice@example.net, as in inventory/allowed_signers"))
        }
        let workspace = try Workspace.find(from: startFolder.path(percentEncoded: false))
        if URL(filePath: folder.root).deletingLastPathComponent().standardizedFileURL.path
            != URL(filePath: workspace.engagementsFolder).standardizedFileURL.path
        {
            findings.add(
                Finding(
                    code: "init.place", what: "\(path) is not directly below the workspace's engagements/",
                    remedy: "write `asbuilt init engagements/NAME …` in the workspace: records are looked for there"))
        }
        if let there = try? FileManager.default.contentsOfDirectory(atPath: folder.root), !there.isEmpty {
            findings.add(
                Finding(
                    code: "init.not-empty", what: "\(path) is there already, with \(there.count) entries",
                    remedy: "choose another name; `asbuilt amend` opens the next cycle of an engagement"))
        }
        try findings.throwIfErrors()

        var warnings = Findings()
        var startsFrom: [String] = []
        if !records.isEmpty {
            let index = await BaselineIndex.load(engagementsFolder: workspace.engagementsFolder)
            warnings = index.findings
            startsFrom = try Self.chosen(records, index, chosen.map(\.name))
        }
        let scaffold = EngagementScaffold(
            id: folder.name, title: title ?? folder.name, ticket: ticket, authors: authors, selector: selector,
            devices: chosen, startsFrom: startsFrom)
        let files = scaffold.files
        // What is written must be what the readers accept.
        try scaffold.requireReadable(inventory.site.fields)
        for (name, text) in files.sorted(by: { $0.key < $1.key }) {
            let target = folder.path(name)
            do {
                try FileManager.default.createDirectory(
                    at: URL(filePath: target).deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(text.utf8).write(to: URL(filePath: target), options: .withoutOverwriting)
            } catch {
                throw Findings([
                    Finding(
                        code: "file.not-written",
                        what: "\(path)/\(name) cannot be written: \((error as NSError).localizedDescription)",
                        remedy: "check the folder's permissions and free space")
                ])
            }
        }
        let names = files.keys.sorted()
        return WorkflowAnswer(
            text: safeForDisplay(
                (["engagement \(folder.name) for \(chosen.map(\.name).joined(separator: ", "))"]
                    + names.map { "  \(path.trimmingSuffix("/"))/\($0)" }).joined(separator: "\n")),
            json: CanonicalText.of(
                InitReport(engagement: folder.name, devices: chosen.map(\.name), files: names, startsFrom: startsFrom)),
            findings: warnings,
            next: "say in spec.md what is wanted, write the templates, then: asbuilt check \(path.trimmingSuffix("/"))")
    }

    private static func chosen(_ wanted: [String], _ index: BaselineIndex, _ devices: [String]) throws(Findings)
        -> [String]
    {
        let (known, newest) = (Set(index.entries.map(\.digest.hex)), Set(index.previous(of: devices).values.map(\.hex)))
        var (found, findings) = (Set<String>(), Findings())
        for word in wanted {
            let fitting = word == "newest" ? newest : word.count < 8 ? [] : known.filter { $0.hasPrefix(word) }
            if fitting.isEmpty || (word != "newest" && fitting.count > 1) {
                findings.add(
                    Finding(
                        code: "init.record",
                        what: word == "newest"
                            ? "no closed record names these devices"
                            : "“\(safeForDisplay(word, keepingLines: false))” is not one closed record of this workspace",
                        remedy: "give `newest`, or at least 8 digits of a digest that `asbuilt baseline DEVICE` prints")
                )
            }
            found.formUnion(fitting)
        }
        try findings.throwIfErrors()
        return found.sorted()
    }

    /// The JSON Schema of one of the documents people write, or the list of them.
    package func schema(_ name: String?) throws(Findings) -> WorkflowAnswer {
        let names = DocumentSchema.allCases.map(\.rawValue)
        guard let name else {
            return WorkflowAnswer(
                text: names.joined(separator: "\n"), json: CanonicalText.of(SchemaList(schemas: names)),
                next: "asbuilt schema contract")
        }
        guard let schema = DocumentSchema(rawValue: name) else {
            throw Findings([
                Finding(
                    code: "schema.unknown", what: "there is no schema “\(safeForDisplay(name, keepingLines: false))”",
                    remedy: "there are: " + names.joined(separator: ", "))
            ])
        }
        return WorkflowAnswer(text: schema.text, json: schema.text)
    }
}

extension String {
    fileprivate func trimmingSuffix(_ suffix: String) -> String {
        count > 1 && hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
    }
}

private struct InitReport: Encodable {
    var asbuilt = "init/v1"
    var engagement: String
    var devices: [String]
    var files: [String]
    var startsFrom: [String]
}

private struct SchemaList: Encodable {
    var asbuilt = "schemas/v1"
    var schemas: [String]
}
