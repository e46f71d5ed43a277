internal import AsBuiltRecords
internal import CanonicalData
internal import DesignContracts
internal import DeviceInventory
package import Diagnostics
internal import Foundation
internal import SignedManifests

/// Beginning an engagement, and the schemas of the files one writes in it.
extension Workflow {
    /// Writes a new engagement folder.
    ///
    /// With a selector its files read without a finding but for the templates, which are still empty. Without one, and
    /// with one record, it is the change of that record once more: specification, contract, templates and variables as they
    /// were approved, to put back what has drifted since.
    ///
    /// - Parameters:
    ///   - selector: the scope; it must choose something now. Nil with exactly one record.
    ///   - records: closed records to start from: digests or beginnings of them, or `newest` for those of the devices.
    package func initialise(
        _ path: String, devices selector: String?, title: String?, ticket: String?, authors: [String],
        from records: [String]
    ) async throws(Findings) -> WorkflowAnswer {
        let inventory = try inventory()
        let workspace = try Workspace.find(from: startFolder.path(percentEncoded: false))
        let folder = EngagementFolder(root: url(path).path(percentEncoded: false).trimmingSuffix("/"))
        try checkPlace(path, folder, workspace, authors)
        var index: BaselineIndex?
        if !records.isEmpty { index = await BaselineIndex.load(engagementsFolder: workspace.engagementsFolder) }
        let files: [String: [UInt8]]
        let startsFrom: [String]
        let next: String
        if let selector {
            let chosen = try devices(selector, in: inventory)
            startsFrom = try Self.chosen(records, index, chosen.map(\.name)).map(\.digest.hex)
            let scaffold = EngagementScaffold(
                id: folder.name, title: title ?? folder.name, ticket: ticket, authors: authors, selector: selector,
                devices: chosen, startsFrom: startsFrom)
            // What is written must be what the readers accept.
            try scaffold.requireReadable(inventory.site.fields)
            files = scaffold.files.mapValues { Array($0.utf8) }
            next = "say in spec.md what is wanted, write the templates, then: "
        } else {
            let found = try Self.chosen(records, index, inventory.devices.map(\.name))
            guard let entry = found.first, found.count == 1 else {
                throw Findings([
                    Finding(
                        code: "init.devices",
                        what: found.isEmpty
                            ? "neither devices nor a record say what the engagement is about"
                            : "these devices have \(found.count) newest records: \(found.map { "\($0.digest.prefix) (\($0.record.engagement.id))" }.joined(separator: ", "))",
                        remedy: "give --devices SELECTOR, or --from with the digest of one record to build it once more"
                    )
                ])
            }
            startsFrom = [entry.digest.hex]
            let document = EngagementScaffold(
                id: folder.name, title: title ?? entry.record.engagement.title + ", once more", ticket: ticket,
                authors: authors,
                selector: "", devices: [], startsFrom: startsFrom
            ).engagement
            files = try Self.approvedFiles(of: entry).merging([EngagementFolder.engagementFile: Array(document.utf8)]) {
                $1
            }
            next = "read spec.md, narrow it if need be, then: "
        }
        try Self.write(files, to: folder, shownAs: path)
        let shown = path.trimmingSuffix("/")
        return WorkflowAnswer(
            text: safeForDisplay(
                (["engagement \(folder.name)"] + files.keys.sorted().map { "  \(shown)/\($0)" }).joined(separator: "\n")
            ),
            json: CanonicalText.of(
                InitReport(engagement: folder.name, files: files.keys.sorted(), startsFrom: startsFrom)),
            findings: index?.findings ?? Findings(), next: next + "asbuilt check \(shown)")
    }

    private func checkPlace(_ path: String, _ folder: EngagementFolder, _ workspace: Workspace, _ authors: [String])
        throws(Findings)
    {
        var findings = Findings()
        for author in authors where PrincipalName(author) == nil {
            findings.add(
                Finding(
                    code: "init.author", what: "“\(safeForDisplay(author, keepingLines: false))” cannot be a principal",
                    remedy: "write a name like alice@example.net, as in inventory/allowed_signers"))
        }
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
    }

    private static func write(_ files: [String: [UInt8]], to folder: EngagementFolder, shownAs path: String)
        throws(Findings)
    {
        for (name, bytes) in files.sorted(by: { $0.key < $1.key }) {
            let target = URL(filePath: folder.path(name))
            do {
                try FileManager.default.createDirectory(
                    at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(bytes).write(to: target, options: .withoutOverwriting)
            } catch {
                throw Findings([
                    Finding(
                        code: "file.not-written",
                        what: "\(path)/\(name) cannot be written: \((error as NSError).localizedDescription)",
                        remedy: "check the folder's permissions and free space")
                ])
            }
        }
    }

    /// Specification, contract, templates and variables of a record, each byte as its gates locked it.
    private static func approvedFiles(of entry: BaselineIndex.Entry) throws(Findings) -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        let history = entry.location.pastCycle.map { "\(EngagementFolder.historyFolder)/cycle-\($0)/gate1" }
        for (gate, folder) in [(Gate.spec, history ?? Gate.spec.folder), (.design, entry.location.designGate)] {
            let name = folder + "/manifest"
            guard case .bytes(let bytes) = LockedFile.read(root: entry.folder.root, path: name) else { continue }
            for locked in try Manifest.parse(bytes, file: name, area: "gate").entries
            where [EngagementFolder.specFile, EngagementFolder.contractFile, EngagementFolder.designFile].contains(
                locked.path)
                || locked.path.hasPrefix(EngagementFolder.templatesFolder + "/")
                || locked.path.hasPrefix(EngagementFolder.variablesFolder + "/")
            {
                guard case .bytes(let content) = LockedFile.read(root: entry.folder.root, path: locked.path),
                    Digest.sha256(content) == locked.digest
                else {
                    throw Findings([
                        Finding(
                            code: "init.record-moved",
                            what:
                                "\(entry.folder.name)/\(locked.path) is no longer what \(gate.title) locked for record \(entry.digest.prefix)",
                            remedy: "begin with --devices SELECTOR and take over by hand what is still wanted")
                    ])
                }
                files[locked.path] = content
            }
        }
        return files
    }

    private static func chosen(_ wanted: [String], _ index: BaselineIndex?, _ devices: [String]) throws(Findings)
        -> [BaselineIndex.Entry]
    {
        guard let index else { return [] }
        let newest = Set(index.previous(of: devices).values)
        var (found, findings) = (Set<Digest>(), Findings())
        for word in wanted {
            let fitting =
                word == "newest"
                ? newest : Set(word.count < 8 ? [] : index.entries.map(\.digest).filter { $0.hex.hasPrefix(word) })
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
        return index.entries.filter { found.contains($0.digest) }
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
    var files: [String]
    var startsFrom: [String]
}

private struct SchemaList: Encodable {
    var asbuilt = "schemas/v1"
    var schemas: [String]
}
