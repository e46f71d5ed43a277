internal import ArgumentParser
internal import ChangeWorkflow

struct SchemaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Print the JSON Schema of a document, for editors and other tools.",
        discussion: """
            Without a name, the documents that have one. spec is the front matter of spec.md. What a schema refuses, \
            `asbuilt check` refuses too; check knows more: selectors, references between files, near misses.
            """)
    @Argument(help: "engagement, spec, contract, policy, site, devices, groups or rules.") var document: String?
    @OptionGroup var common: CommonOptions
    func run() async throws { try await common.answer { try $0.schema(document) } }
}
