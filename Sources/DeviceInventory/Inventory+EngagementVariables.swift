package import Diagnostics
internal import FoundationEssentials
internal import SourceDocuments

extension Inventory {
    /// This inventory with an engagement's `vars/` laid over it: all.yaml, then each device's groups, then the device.
    ///
    /// A folder that does not exist changes nothing. A file that belongs to no group and no device is a finding.
    /// - Parameters:
    ///   - folder: Path of the folder.
    ///   - name: What findings call it, for example `vars`.
    package func addingVariables(from folder: String, shownAs name: String) throws(Findings) -> Inventory {
        let files: [String]
        do {
            guard FileManager.default.fileExists(atPath: folder) else { return self }
            files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        } catch {
            throw Findings([
                Finding(
                    code: "inventory.vars-unreadable", what: "the folder cannot be read: \(error)",
                    at: SourcePosition(file: name), remedy: "check its permissions")
            ])
        }
        var (findings, layers) = (Findings(), [String: InventoryLayer]())
        for file in files where !file.hasPrefix(".") {
            let shown = "\(name)/\(file)"
            guard let owner = owner(of: file, shownAs: shown, &findings) else { continue }
            do throws(Findings) {
                let document = try SourceDocument.load(path: "\(folder)/\(file)", shownAs: shown)
                if let node = try Self.variables(document) { layers[owner] = InventoryLayer(name: shown, node: node) }
            } catch { findings.add(contentsOf: error) }
        }
        try findings.throwIfErrors()
        var result = self
        result.devices = devices.map { $0.adding((["all"] + $0.groups + [$0.name]).compactMap { layers[$0] }) }
        return result
    }

    private func owner(of file: String, shownAs shown: String, _ findings: inout Findings) -> String? {
        guard file.hasSuffix(".yaml") else {
            findings.add(
                Finding(
                    code: "inventory.vars-file", what: "only NAME.yaml is read here", at: SourcePosition(file: shown),
                    remedy: "rename or remove the file"))
            return nil
        }
        let owner = String(file.dropLast(5))
        let known = ["all"] + groups + devices.map(\.name)
        guard known.contains(owner) else {
            let meant = ClosestWord.find(owner, among: known).map { "did you mean \($0).yaml? " } ?? ""
            findings.add(
                Finding(
                    code: "inventory.vars-file", what: "there is no group and no device `\(owner)`",
                    at: SourcePosition(file: shown), remedy: meant + "Name the file all.yaml, GROUP.yaml or DEVICE.yaml"
                ))
            return nil
        }
        return owner
    }

    /// The document as a layer: its keys below `vars`. Nil when it is empty.
    private static func variables(_ document: SourceDocument) throws(Findings) -> DocumentNode? {
        let root = document.root
        if root.isNull { return nil }
        let collector = FindingCollector(area: "inventory")
        _ = NodeReader(root, name: "the variables", collector).map { _, value in value.value() }
        try collector.findings.throwIfErrors()
        let key = DocumentNode(
            .scalar(.init(text: "vars", style: .plain)), source: root.source, line: root.line, column: root.column)
        return DocumentNode(
            .mapping([.init(keyNode: key, value: root)]), source: root.source, line: root.line, column: root.column)
    }
}

extension Device {
    /// This device with further layers of variables laid over it.
    func adding(_ layers: [InventoryLayer]) -> Device {
        var result = self
        for layer in layers {
            result.layers.append(layer)
            if let variables = layer.node["vars"] { result.variables = result.variables.merged(with: variables) }
        }
        return result
    }
}
