import CanonicalData
import DesignContracts
import Diagnostics
import Foundation
import SourceDocuments
import TestSupport
import Testing

@Suite struct `Schemas and pages` {
    /// The keys a reader says it knows when it meets one it does not.
    private func knownKeys(_ document: DocumentSchema) -> [String] {
        do {
            var warnings = Findings()
            let source = try SourceDocument.yaml("zzzzzzzzzz: 1\n", file: "x")
            switch document {
            case .engagement: _ = try EngagementDocument.read(source, warnings: &warnings)
            case .spec:
                _ = try Specification.read(
                    markdown: "---\nzzzzzzzzzz: 1\n---\n", file: "x", fields: [], warnings: &warnings)
            case .contract: _ = try Contract.read(source, fields: [], warnings: &warnings)
            case .policy: _ = try Policy.read(source, fields: [], warnings: &warnings)
            }
        } catch {
            let remedy = error.all.first { $0.code.hasSuffix(".unknown-key") }?.remedy ?? ""
            return remedy.split(separator: "Known keys: ").last?.split(separator: ", ").map(String.init) ?? []
        }
        return []
    }

    @Test(arguments: DocumentSchema.allCases)
    func `a schema has exactly the keys its reader knows`(document: DocumentSchema) throws {
        let schema = try JSONValue.parse(document.text)
        #expect(schema["properties"]?.objectValue?.keys.sorted() == knownKeys(document))
        #expect(schema["additionalProperties"]?.boolValue == false)
    }

    @Test func `the examples on the format pages are read`() throws {
        var warnings = Findings()
        _ = try EngagementDocument.read(try example("engagement", 0), warnings: &warnings)
        _ = try Contract.read(try example("contract", 0), fields: [], warnings: &warnings)
        _ = try Policy.read(try example("policy", 0), fields: [], warnings: &warnings)
        let spec = try text("engagement", 1)
        _ = try Specification.read(markdown: spec, file: "spec.md", fields: [], warnings: &warnings)
        #expect(warnings.all.isEmpty)
    }

    @Test(arguments: [DocumentSchema.engagement, .contract, .policy])
    func `every key is on its page`(document: DocumentSchema) throws {
        let page = try page(document.rawValue)
        for key in knownKeys(document) where key != "asbuilt" {
            #expect(page.contains("`\(key)"), "\(key) is not documented")
        }
    }

    private func page(_ name: String) throws -> String {
        try String(contentsOf: Repository.root.appending(path: "Documentation/formats/\(name).md"), encoding: .utf8)
    }

    private func text(_ name: String, _ index: Int) throws -> String {
        let blocks = try page(name).components(separatedBy: "```")
        let block = try #require(blocks.indices.contains(2 * index + 1) ? blocks[2 * index + 1] : nil)
        return String(block.drop { $0 != "\n" }.dropFirst())
    }

    private func example(_ name: String, _ index: Int) throws -> SourceDocument {
        try SourceDocument.yaml(try text(name, index), file: "\(name).yaml")
    }
}
