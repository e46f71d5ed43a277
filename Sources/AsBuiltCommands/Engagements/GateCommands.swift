internal import ArgumentParser
internal import ChangeWorkflow

/// The engagement a command is about.
struct EngagementArgument: ParsableArguments {
    @Argument(
        help: "Folder of the engagement; without it, the one you are in.", completion: .directory)
    var engagement: String?
}

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Validate all files of an engagement and its site; offline, changes nothing.",
        discussion: """
            Reads engagement.yaml, spec.md, contract.yaml, vars/, templates/ and inventory/, and renders every template for every \
            device of the contract. All findings are given at once, each with file:line:column, what is wrong and what to write \
            instead. Ends with status 2 when there is an error.
            """)
    @OptionGroup var target: EngagementArgument
    @OptionGroup var common: CommonOptions
    func run() async throws { try await common.answer { try await $0.check(engagement: target.engagement) } }
}

struct RenderCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "render", abstract: "Print what each device shall hold, as the templates give it now; offline.",
        discussion: """
            Secrets are shown as placeholders, @secret(REFERENCE)@; their values are put in when a line is sent, never before. \
            With --annotate each line is followed by the template lines that wrote it, through macros and includes, innermost \
            first, and by the variables on it.
            """)
    @Option(help: "Only this device.") var device: String?
    @Flag(help: "Say for each line where it comes from.") var annotate = false
    @OptionGroup var target: EngagementArgument
    @OptionGroup var common: CommonOptions
    func run() async throws {
        try await common.answer { try await $0.render(engagement: target.engagement, device: device, annotate: annotate) }
    }
}

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Phase and gates of an engagement: what is signed, by whom, what is missing.",
        discussion: """
            Per gate: how many files it locks, the manifest's digest, who signed with which key, until when it is valid, what is \
            missing and who could supply it. A file that was changed after its approval is named with both digests.
            """)
    @OptionGroup var target: EngagementArgument
    @OptionGroup var common: CommonOptions
    func run() async throws { try await common.answer { try await $0.status(engagement: target.engagement) } }
}

struct ApproveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve", abstract: "Sign a gate as a person.",
        discussion: """
            `approve spec` (Gate 1) locks the specification; without it no device is contacted. `approve design` (Gate 2) locks \
            contract, templates, variables and plan, down to the bytes that will be sent; without it nothing is built. \
            The key may be a file, or the public half of a key in your agent or on a hardware key. Refused, with status 3, when \
            the policy does not let this principal sign.
            """)
    @Argument(help: "The gate: spec or design.") var gate: String
    @OptionGroup var target: EngagementArgument
    @Option(name: .customLong("as"), help: "Who signs, as in inventory/allowed_signers.") var principal: String
    @Option(help: "Key to sign with.", completion: .file()) var key: String?
    @Flag(help: "Approve for devices of the lab only: loopback endpoints whose host keys a lab on this machine made.") var lab = false
    @OptionGroup var common: CommonOptions
    func run() async throws {
        try await common.answer {
            try await $0.approve(gate, engagement: target.engagement, as: principal, keyFile: key, isLabOnly: lab)
        }
    }
}

struct AmendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "amend", abstract: "Open the next cycle of an engagement; approvals so far become history.",
        discussion: "The old gates and record move to approvals/history/cycle-N. Both gates are to be passed again.")
    @OptionGroup var target: EngagementArgument
    @OptionGroup var common: CommonOptions
    func run() async throws { try await common.answer { try await $0.amend(engagement: target.engagement) } }
}

struct TrustCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trust", abstract: "Who vouches for the site's policy and signers.",
        subcommands: [TrustStatusCommand.self, TrustSignCommand.self, TrustPinCommand.self],
        defaultSubcommand: TrustStatusCommand.self)
}

struct TrustStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Whether policy and signers are as the pinned key signed them.")
    @OptionGroup var common: CommonOptions
    func run() async throws { try await common.answer { try await $0.trustStatus() } }
}

struct TrustSignCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign", abstract: "Sign inventory/policy.yaml and allowed_signers, as the site's owner.")
    @Option(help: "The site owner's key.", completion: .file()) var key: String
    @OptionGroup var common: CommonOptions
    func run() async throws { try await common.answer { try await $0.trustSign(keyFile: key) } }
}

struct TrustPinCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pin", abstract: "Trust this key for the site's policy, outside the workspace.",
        discussion: """
            Writes to ASBUILT_TRUST, or asbuilt/trust under XDG_CONFIG_HOME or ~/.config. Compare the key's fingerprint with its \
            owner before: whoever holds this key decides who may approve changes here.
            """)
    @Argument(help: "The public key's file.", completion: .file()) var publicKey: String
    @OptionGroup var common: CommonOptions
    func run() async throws { try await common.answer { try $0.trustPin(publicKey: publicKey) } }
}
