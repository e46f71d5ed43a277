internal import ArgumentParser
internal import ChangeExecution
internal import ChangeWorkflow

struct ApplyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Carry out the approved plan as one transaction, and write and sign its record.",
        discussion: """
            Needs Gate 2. Refused before any connection is opened when an approved file was changed or one was added; refused
            before anything is sent when the plan no longer fits what the devices show. Each device is read back, reconciled with
            the plan and checked before the change is kept; when one fails, every device is taken back and read to see that it is.
            The record in as-built/ is written and signed by the executor however the run ends.
            Status: 0 every device kept it, 1 partly, 3 refused, 4 every device is as it was, 5 look at the devices named.
            Today for the platforms frr and cisco_ios over the CLI.
            """)
    @OptionGroup var target: EngagementArgument
    @Option(name: .customLong("as"), help: "The executor, a principal with the policy's role executor.") var principal: String
    @Option(help: "The executor's key; signs the record.", completion: .file()) var key: String?
    @OptionGroup var common: CommonOptions
    func run() async throws {
        try await common.answer {
            try await $0.apply(engagement: target.engagement, as: principal, keyFile: key, report: ProgressLines.show)
        }
    }
}

struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Go on with a run whose executor was stopped.",
        discussion: """
            Reads the journal and the devices: forward after the run's commit point, back before it. Needs no approval that is
            still valid, but the files that were approved as they were.
            """)
    @Argument(help: "The run, as apply printed it.") var run: String
    @OptionGroup var target: EngagementArgument
    @Option(name: .customLong("as"), help: "The executor.") var principal: String
    @Option(help: "The executor's key; signs the record.", completion: .file()) var key: String?
    @OptionGroup var common: CommonOptions
    func run() async throws {
        let run = run
        try await common.answer {
            try await $0.resume(
                run: run, engagement: target.engagement, as: principal, keyFile: key, report: ProgressLines.show)
        }
    }
}

/// Progress as plain lines on standard error.
enum ProgressLines {
    static func show(_ step: RunProgress) {
        var line = "\(step.at)  " + (step.device.map { $0 + "  " } ?? "")
        let what = "\(step.phase.rawValue) \(step.status.rawValue)"
        line += what
        if let message = step.message, message != what { line += ": \(message)" }
        if let moment = step.revertsAt { line += "; reverts by itself at \(moment)" }
        CommandOutput.complain(line)
        if !step.confirmByHand.isEmpty { CommandOutput.complain("    to keep it by hand: \(step.confirmByHand.joined(separator: " / "))") }
        if !step.cancelByHand.isEmpty { CommandOutput.complain("    to take it back by hand: \(step.cancelByHand.joined(separator: " / "))") }
    }
}
