import CanonicalData
import DesignContracts
import DeviceInventory
import Diagnostics
import Foundation
import SourceDocuments
import TestSupport
import Testing

@Suite struct `Schemas and pages` {
    private static let site = SiteSettings(name: "x", environment: "lab")

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
            case .site: _ = try SiteSettings.read(source)
            case .devices: _ = try Inventory.read(site: Self.site, devices: source, groups: nil)
            case .groups:
                let devices = try SourceDocument.yaml("asbuilt: devices/v1\ndevices: {}\n", file: "d")
                _ = try Inventory.read(site: Self.site, devices: devices, groups: source)
            case .rules: return ["asbuilt", "groups"]  // its reader is above this module
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

    /// The files of this repository, by the document they are.
    private static let files: [(DocumentSchema, String)] = [
        (.engagement, "lab/engagements/edge-transit/engagement.yaml"),
        (.contract, "lab/engagements/edge-transit/contract.yaml"), (.policy, "inventory/policy.yaml"),
        (.site, "inventory/site.yaml"), (.devices, "inventory/devices.yaml"), (.groups, "inventory/groups.yaml"),
        (.rules, "inventory/rules/edge.yaml"),
    ]

    @Test func `another validator finds the schemas sound, this repository's files right and an unknown key wrong`()
        throws
    {
        let scratch = try ScratchFolder("schemas")
        for schema in DocumentSchema.allCases { try scratch.write(schema.text, to: "\(schema.rawValue).json") }
        let program = """
            import json, sys, yaml
            from jsonschema import Draft202012Validator
            schema = json.load(open(sys.argv[1]))
            Draft202012Validator.check_schema(schema)
            validator = Draft202012Validator(schema)
            if len(sys.argv) > 2:
                document = yaml.safe_load(open(sys.argv[2]))
                for error in validator.iter_errors(document): print(error.message)
                document["zzzzzzzzzz"] = "1"
                if validator.is_valid(document): print("an unknown key is right")
            """
        for schema in DocumentSchema.allCases {
            let files = Self.files.filter { $0.0 == schema }.map { Repository.root.appending(path: $0.1).path }
            let found = try ShellCommand.run(
                "/usr/bin/python3",
                ["-c", program, scratch.url.appending(path: "\(schema.rawValue).json").path] + files)
            #expect(found == "", "\(schema.rawValue)")
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
