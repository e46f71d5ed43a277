package import Diagnostics
internal import SignedManifests
internal import SourceDocuments
internal import StateChecks

/// The documents that people write in an engagement, read and compared with each other.
package struct LoadedEngagement: Equatable, Sendable {
    package var folder: EngagementFolder
    package var engagement: EngagementDocument
    package var specification: Specification
    /// Nil before the design phase: the file does not exist yet.
    package var contract: Contract?
    /// Warnings and notes.
    package var findings: Findings
}

/// Reads engagement folders.
package enum Engagement {
    /// Reads and checks all documents; throws everything that is wrong in any of them at once.
    ///
    /// - Parameters:
    ///   - fields: Inventory fields the site declares, for selectors.
    ///   - texts: By path, bytes to read instead of the files: what a gate verified, so that what is used is what was
    ///     checked.
    package static func load(_ folder: EngagementFolder, fields: [String] = [], texts: [String: [UInt8]] = [:])
        throws(Findings) -> LoadedEngagement
    {
        var findings = Findings()
        let reader = DocumentTexts(folder: folder, texts: texts)
        let engagement = collecting(&findings) { warnings throws(Findings) in
            try EngagementDocument.read(try reader.yaml(EngagementFolder.engagementFile), warnings: &warnings)
        }
        let specification = collecting(&findings) { warnings throws(Findings) in
            let name = EngagementFolder.specFile
            return try Specification.read(
                markdown: try reader.text(name), file: name, fields: fields, warnings: &warnings)
        }
        var contract: Contract?
        if reader.exists(EngagementFolder.contractFile) {
            contract = collecting(&findings) { warnings throws(Findings) in
                try Contract.read(
                    try reader.yaml(EngagementFolder.contractFile), fields: fields, warnings: &warnings)
            }
        }
        if let read = contract {
            contract = collecting(&findings) { _ throws(Findings) in
                try loadingTemplates(of: read, reader)
            }
        }
        if let specification, let contract {
            findings.add(contentsOf: ContractConsistency(specification, contract, reader).findings)
        }
        try findings.throwIfErrors()
        guard let engagement, let specification else { throw findings }
        return LoadedEngagement(
            folder: folder, engagement: engagement, specification: specification, contract: contract,
            findings: findings.sorted())
    }

    /// The contract with the TextFSM templates of its checks.
    private static func loadingTemplates(of contract: Contract, _ texts: DocumentTexts) throws(Findings) -> Contract {
        var (contract, findings) = (contract, Findings())
        for list in [\Contract.checksBefore, \Contract.checksAfter] {
            for index in contract[keyPath: list].indices {
                let check = contract[keyPath: list][index]
                guard let path = check.template else { continue }
                guard texts.exists(path) else {
                    findings.add(
                        Finding(
                            code: "contract.template-missing",
                            what: "check `\(check.id)` needs \(path), which does not exist",
                            at: check.devices.position, remedy: "write the template, or correct its name"))
                    continue
                }
                do throws(Findings) {
                    let text = try texts.text(path)
                    try contract[keyPath: list][index].load(template: text)
                } catch { findings.add(contentsOf: error) }
            }
        }
        try findings.throwIfErrors()
        return contract
    }

    private static func collecting<T>(
        _ findings: inout Findings, _ read: (_ warnings: inout Findings) throws(Findings) -> T
    ) -> T? {
        do {
            return try read(&findings)
        } catch {
            findings.add(contentsOf: error)
            return nil
        }
    }
}

/// Texts of an engagement, from the folder or from what was verified.
struct DocumentTexts {
    let folder: EngagementFolder
    let texts: [String: [UInt8]]

    func exists(_ name: String) -> Bool { texts.isEmpty ? folder.exists(name) : texts[name] != nil }

    func text(_ name: String) throws(Findings) -> String {
        guard let bytes = texts[name] else {
            return try SourceDocument.loadText(path: folder.path(name), shownAs: name)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Findings([
                Finding(
                    code: "document.not-utf8", what: "the document is not UTF-8 text", at: SourcePosition(file: name),
                    remedy: "save the file as UTF-8")
            ])
        }
        return text
    }

    func yaml(_ name: String) throws(Findings) -> SourceDocument {
        try SourceDocument.yaml(try text(name), file: name)
    }
}
