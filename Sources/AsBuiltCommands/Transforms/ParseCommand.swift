internal import ArgumentParser
internal import ChangeWorkflow
internal import Foundation

struct ParseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parse", abstract: "The output of a show command as rows, with TextFSM templates.",
        discussion: """
            The template is a file, or is chosen by platform and command from a folder with an index, as ntc-templates has it: \
            `pip install ntc-templates`, and name its folder `templates` with --templates or in NTC_TEMPLATES_DIR. \
            Column names are in lower case, as ntc-templates gives them.
            """)
    @Argument(help: "File with what the device printed.") var file: String
    @Option(help: "Platform in the index, for example cisco_ios.") var platform: String?
    @Option(help: "The command that was typed; it may be abbreviated as the index allows.") var command: String?
    @Option(help: "A TextFSM template to use instead of the index.") var template: String?
    @Option(help: "Folder with templates and their index; by default NTC_TEMPLATES_DIR.") var templates: String?
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let folder = templates ?? ProcessInfo.processInfo.environment["NTC_TEMPLATES_DIR"]
        try await common.answer {
            try $0.parse(file, platform: platform, command: command, template: template, folder: folder)
        }
    }
}
