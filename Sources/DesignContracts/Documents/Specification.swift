package import DeviceInventory
package import Diagnostics
package import SourceDocuments

/// `spec.md`: what is wanted, for which devices at most, within which limits, and how one sees that it is there.
package struct Specification: Equatable, Sendable {
    package static let format = "spec/v1"
    package var title: String
    /// Nothing outside may be touched.
    package var scope: DeviceSelector
    package var window: TimeWindow?
    package var maximumDevices: Int?
    package var acceptance: [AcceptanceCriterion]
    /// The prose below the front matter.
    package var prose: String
    /// Where the scope stands, for findings about what it selects.
    package var scopeNode: DocumentNode

    /// - Parameter fields: Inventory fields the site declares, for selectors.
    package static func read(
        markdown: String, file: String, fields: [String], warnings: inout Findings
    ) throws(Findings) -> Specification {
        let (document, prose) = try SourceDocument.frontMatter(of: markdown, file: file)
        return try DocumentReader.read(document.root, area: "spec", warnings: &warnings) { root in
            root.mapping("a specification") { keys -> Specification? in
                keys.format(format)
                let title = keys.required("title")?.string()
                let scope = keys.required("scope")?.mapping("a scope") { scope -> (DeviceSelector, DocumentNode)? in
                    guard let reader = scope.required("devices"),
                        let selector = DeviceSelector.read(reader, fields: fields)
                    else { return nil }
                    return (selector, reader.node)
                }
                let limits = keys.optional("constraints").map(readConstraints)
                let acceptance = keys.required("acceptance").flatMap(readAcceptance)
                guard let title, let scope, let acceptance else { return nil }
                return Specification(
                    title: title, scope: scope.0, window: limits?.window, maximumDevices: limits?.maximumDevices,
                    acceptance: acceptance, prose: prose, scopeNode: scope.1)
            }
        }
    }

    private static func readConstraints(_ reader: NodeReader) -> (window: TimeWindow?, maximumDevices: Int?) {
        reader.mapping("constraints") { fields -> (TimeWindow?, Int?)? in
            (fields.optional("window").flatMap(TimeWindow.read), fields.optional("max-devices")?.int(in: 1...100_000))
        } ?? (nil, nil)
    }

    private static func readAcceptance(_ reader: NodeReader) -> [AcceptanceCriterion]? {
        let read = reader.list { element -> (reader: NodeReader, id: String, value: AcceptanceCriterion)? in
            element.mapping("an acceptance criterion") { fields -> AcceptanceCriterion? in
                let id = fields.required("id").flatMap(DocumentWords.identifier)
                let statement = fields.required("statement")?.string()
                guard let id, let statement else { return nil }
                return AcceptanceCriterion(id: id, statement: statement)
            }.map { (element, $0.id, $0) }
        }
        guard let read else { return nil }
        DocumentWords.unique(read, "criterion")
        if read.isEmpty {
            reader.report(
                "no-acceptance", "there is no acceptance criterion", remedy: "say how one sees that the change worked")
        }
        return read.map(\.value)
    }
}

/// One sentence of a specification that checks have to prove.
package struct AcceptanceCriterion: Equatable, Sendable {
    package var id: String
    package var statement: String
}
