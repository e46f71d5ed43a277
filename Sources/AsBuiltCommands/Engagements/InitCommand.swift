internal import ArgumentParser
internal import ChangeWorkflow

struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Begin an engagement: write its folder, ready to be filled in.",
        discussion: """
            Writes engagement.yaml, spec.md, contract.yaml and one empty template for each platform among the chosen devices; \
            overwrites nothing. The folder lies in the workspace's engagements/, for example:

              asbuilt init engagements/ntp-servers --devices "role:edge" --author dana@example.net --ticket CHG-2042

            What is still empty, `asbuilt check` says. With --from the digests of closed records go into `starts-from`. \
            With --from and without --devices it is that record's change once more, as it was approved: the plan then holds \
            what has drifted since, and nothing else.
            """)
    @Argument(help: "The new folder: engagements/NAME.", completion: .directory) var folder: String
    @Option(help: "Devices the change may touch, as a selector.") var devices: String?
    @Option(help: "Who writes specification and design; may be given more than once.") var author: [String]
    @Option(help: "What the change is called; the folder's name without it.") var title: String?
    @Option(help: "Ticket, as it goes into commit comments on the devices.") var ticket: String?
    @Option(
        help: ArgumentHelp(
            "Closed record to start from: its digest, or newest for those of the devices.", valueName: "record"))
    var from: [String] = []
    @OptionGroup var common: CommonOptions
    func run() async throws {
        try await common.answer {
            try await $0.initialise(
                folder, devices: devices, title: title, ticket: ticket, authors: author, from: from)
        }
    }
}
