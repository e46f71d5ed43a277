internal import ArgumentParser
internal import ChangeWorkflow

struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Read the devices and compute what will be sent, and how it is taken back.",
        discussion: """
            Needs Gate 1; contacts the devices of the contract and changes nothing on them. Writes plan/: plan.json,
            inventory.lock.json and per device what it shall hold (.intended), what differs (.diff), what is sent (.forward)
            and what takes it back (.backout). The same inputs and devices give the same bytes. Once Gate 2 has locked the
            plan, nothing is written: it is computed again and compared, status 1 when it would differ.
            Today for the platforms frr and cisco_ios over the CLI.
            """)
    @OptionGroup var target: EngagementArgument
    @OptionGroup var common: CommonOptions
    func run() async throws { try await common.answer { try await $0.plan(engagement: target.engagement) } }
}

struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show what was computed, for people.", subcommands: [ShowPlanCommand.self])
}

struct ShowPlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "The approver's view: per device what changes, how it is protected, what is at risk.")
    @Flag(help: "As a method of procedure, to carry out by hand.") var mop = false
    @OptionGroup var target: EngagementArgument
    @OptionGroup var common: CommonOptions
    func run() async throws {
        try await common.answer { try $0.showPlan(engagement: target.engagement, asProcedure: mop) }
    }
}
