internal import ArgumentParser
internal import ChangeWorkflow

struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Read the devices and compute what will be sent, and how it is taken back.",
        discussion: """
            Needs Gate 1; contacts the devices of the contract and changes nothing on them. Writes plan/: plan.json, \
            inventory.lock.json and per device what it shall hold (.intended), what differs (.diff), what is sent (.forward) \
            and what takes it back (.backout). The same inputs and devices give the same bytes. Once Gate 2 has locked the \
            plan, nothing is written: it is computed again and compared, status 1 when it would differ.
            """)
    @OptionGroup var target: EngagementArgument
    @OptionGroup var calls: CallHomeOption
    @OptionGroup var common: CommonOptions
    func run() async throws { try await common.answer(callHome: calls.callHome) { try await $0.plan(engagement: target.engagement) } }
}

struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show what was computed, for people.", subcommands: [ShowPlanCommand.self, ShowRunCommand.self, ShowRecordCommand.self])
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

struct AssessCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "assess", abstract: "Read what the devices in scope are and can do, and record the decision on feasibility.",
        discussion: """
            Needs Gate 1; logs in read-only. Writes feasibility/DEVICE.json with what each device says it is, how a change would be \
            carried out and protected, and feasibility.md when there is none. With --decide the decision is written there, with \
            who took it and why; a recorded decision is never replaced.
            """)
    @OptionGroup var target: EngagementArgument
    @Option(help: "feasible, not or constrained.") var decide: String?
    @Option(name: .customLong("as"), help: "Who decides.") var principal: String?
    @Option(help: "Why, in one line.") var reason: String?
    @OptionGroup var common: CommonOptions
    func validate() throws {
        if let decide, Workflow.FeasibilityDecision(rawValue: decide) == nil {
            throw ValidationError("there is no decision '\(decide)': write feasible, not or constrained")
        }
    }
    func run() async throws {
        try await common.answer {
            try await $0.assess(
                engagement: target.engagement, decision: decide.flatMap { Workflow.FeasibilityDecision(rawValue: $0) },
                as: principal, reason: reason)
        }
    }
}
