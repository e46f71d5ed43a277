internal import ArgumentParser
internal import ChangeWorkflow

struct CloseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "close", abstract: "Sign off the as-built record as a person; it becomes the baseline.",
        discussion: """
            Every deviation needs a reason: --reason D-1="the provider announces two prefixes more than agreed". The first \
            person to close gives the words; others sign the same ones, without --reason. `asbuilt show record` lists the \
            deviations. Adds closing.json, closing.manifest and PRINCIPAL.sig to as-built/; the record itself never changes.
            """)
    @OptionGroup var target: EngagementArgument
    @Option(name: .customLong("as"), help: "Who signs, as in inventory/allowed_signers.") var principal: String
    @Option(help: "Key to sign with.", completion: .file()) var key: String?
    @Option(name: .customLong("reason"), help: ArgumentHelp("Reason for a deviation; once for each.", valueName: "id=text"))
    var reasons: [String] = []
    @Option(name: .customLong("learning"), help: ArgumentHelp("What the next engagement should know.", valueName: "text"))
    var learnings: [String] = []
    @OptionGroup var common: CommonOptions
    func run() async throws {
        try await common.answer {
            try await $0.close(
                engagement: target.engagement, as: principal, keyFile: key, reasons: reasons, learnings: learnings)
        }
    }
}

struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check the whole chain of an engagement: gates, run, closing; offline, without its site.",
        discussion: """
            One verdict per link: good, open, none or bad. Changed, added, missing and reordered files are named with the digest \
            that was signed and the one found. Judged by the policy and signers that the gates froze, as of the moment the record \
            gives; times that people signed at are claims. Status 1 when a link is bad. \
            With --trust the signatures have to be by keys in your own file of signers as well. The last line says what the \
            verdict rests on: that file, `pinned`, or `self-contained`: the folder's own copies, which whoever forged \
            the whole folder could have made too.
            """)
    @OptionGroup var target: EngagementArgument
    @Option(help: ArgumentHelp("Signers you trust, in OpenSSH's allowed_signers format.", valueName: "file"), completion: .file())
    var trust: String?
    @OptionGroup var common: CommonOptions
    func run() async throws {
        try await common.answer { try await $0.verify(engagement: target.engagement, trustFile: trust) }
    }
}

struct ShowRecordCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record", abstract: "The record of the newest run: outcome, criteria, devices, deviations, evidence.")
    @OptionGroup var target: EngagementArgument
    @OptionGroup var common: CommonOptions
    func run() async throws { try await common.answer { try $0.showRecord(engagement: target.engagement) } }
}

struct BaselineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "baseline", abstract: "What closed records say a device holds, element by element, and which record says it.",
        discussion: """
            + is there, - was removed. Read from the engagement folders of the workspace; a record that does not verify is named \
            and does not count. The digest of the newest record is what `starts-from` of the next engagement names.
            """)
    @Argument(help: "Device.") var device: String
    @OptionGroup var common: CommonOptions
    func run() async throws { try await common.answer { try await $0.baseline(device: device) } }
}
