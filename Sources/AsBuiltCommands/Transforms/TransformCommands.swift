internal import ArgumentParser
internal import ChangeWorkflow

struct DiffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "What differs between two configuration files, as their dialect understands them.",
        discussion: "Noise, spacing and the order of lines that have none make no difference. Status 1 when something does.")
    @Argument(help: "File with the first configuration.") var old: String
    @Argument(help: "File with the second configuration.") var new: String
    @Option(help: "Platform whose dialect both are in, for example frr.") var platform: String
    @OptionGroup var common: CommonOptions
    func run() async throws { try await common.answer { try $0.compare(old, new, platform: platform) } }
}

extension TransformOwnership: ExpressibleByArgument {}

struct RemediateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remediate",
        abstract: "The ordered commands that bring a device from what it runs to what it should run.",
        discussion: """
            Prints flat lines as they are typed in configuration mode. They are tried on a model of the device first; if it \
            would not end at the intended configuration, nothing is printed and the difference is named.
            """)
    @Argument(help: "File with what the device runs.") var running: String
    @Argument(help: "File with what it should run.") var intended: String
    @Option(help: "Platform whose dialect both are in, for example frr.") var platform: String
    @Option(help: "merge: the lines shall be present; section: whole sections are ours; replace: everything is.")
    var ownership: TransformOwnership = .replace
    @Flag(help: "Print the way back instead.") var backout = false
    @Flag(help: "Write secrets that the files show; otherwise they are masked.") var showSecrets = false
    @OptionGroup var common: CommonOptions
    func run() async throws {
        try await common.answer {
            try $0.remediate(
                running: running, intended: intended, platform: platform, ownership: ownership, backout: backout,
                showSecrets: showSecrets)
        }
    }
}
