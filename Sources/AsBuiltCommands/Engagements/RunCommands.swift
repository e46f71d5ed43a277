internal import ArgumentParser
internal import ChangeExecution
internal import ChangeWorkflow

struct ApplyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Carry out the approved plan as one transaction, and write and sign its record.",
        discussion: """
            Needs Gate 2. Refused before any connection is opened when an approved file was changed or one was added; refused \
            before anything is sent when the plan no longer fits what the devices show. Each device is read back, reconciled with \
            the plan and checked before the change is kept; when one fails, every device is taken back and read to see that it is. \
            The record in as-built/ is written and signed by the executor however the run ends. \
            Status: 0 every device kept it, 1 partly, 3 refused, 4 every device is as it was, 5 look at the devices named. \
            Ctrl-C, or `asbuilt abort RUN` from elsewhere, ends it in order: what was not decided yet is taken back. A second \
            Ctrl-C leaves at once; `asbuilt resume RUN` then goes on. --format jsonl prints one event a line, the outcome last.
            """)
    @OptionGroup var target: EngagementArgument
    @Option(name: .customLong("as"), help: "The executor, a principal with the policy's role executor.") var principal: String
    @Option(help: "The executor's key; signs the record.", completion: .file()) var key: String?
    @OptionGroup var common: CommonOptions
    func run() async throws {
        let watcher = SignalWatcher()
        defer { watcher.stop() }
        let report = ProgressLines.report(common.format)
        try await common.answer {
            try await $0.apply(
                engagement: target.engagement, as: principal, keyFile: key, abort: watcher.abort, report: report)
        }
    }
}

struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Go on with a run whose executor was stopped.",
        discussion: """
            Reads the journal and the devices: forward after the run's commit point, back before it. Needs no approval that is \
            still valid, but the files that were approved as they were.
            """)
    @Argument(help: "The run, as apply printed it.") var run: String
    @OptionGroup var target: EngagementArgument
    @Option(name: .customLong("as"), help: "The executor.") var principal: String
    @Option(help: "The executor's key; signs the record.", completion: .file()) var key: String?
    @OptionGroup var common: CommonOptions
    func run() async throws {
        let run = run
        let watcher = SignalWatcher()
        defer { watcher.stop() }
        let report = ProgressLines.report(common.format)
        try await common.answer {
            try await $0.resume(
                run: run, engagement: target.engagement, as: principal, keyFile: key, abort: watcher.abort, report: report)
        }
    }
}

struct AbortCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "abort", abstract: "Ask the executor of a run, on this host, to end it in order.",
        discussion: """
            No new device is started, armed changes are cancelled and typed ones taken back, and each device is read to see that \
            it is back. A run that has passed its commit point is carried to its end. Only for a run whose executor is alive: \
            `asbuilt resume` goes on with one whose executor is gone.
            """)
    @Argument(help: "The run, as apply printed it.") var run: String
    @OptionGroup var target: EngagementArgument
    @OptionGroup var common: CommonOptions
    func run() async throws {
        let run = run
        try await common.answer { try await $0.abort(run: run, engagement: target.engagement) }
    }
}

struct RollbackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Take a kept run back with the backout that was approved with it.",
        discussion: """
            A run of its own, with its own record. Allowed for as long as the policy's backout-for says after the run ended, and \
            only on devices where what the run changed stands as it was captured; otherwise going back is a new change.
            """)
    @Argument(help: "The run, as apply printed it.") var run: String
    @OptionGroup var target: EngagementArgument
    @Option(name: .customLong("as"), help: "The executor.") var principal: String
    @Option(help: "The executor's key; signs the record.", completion: .file()) var key: String?
    @OptionGroup var common: CommonOptions
    func run() async throws {
        let run = run
        let watcher = SignalWatcher()
        defer { watcher.stop() }
        let report = ProgressLines.report(common.format)
        try await common.answer {
            try await $0.rollback(
                run: run, engagement: target.engagement, as: principal, keyFile: key, abort: watcher.abort, report: report)
        }
    }
}

/// Progress as plain lines on standard error, or as events on standard output.
enum ProgressLines {
    static func report(_ format: OutputFormat) -> @Sendable (RunProgress) -> Void {
        switch format {
        case .text, .json: { show($0) }
        case .jsonl: { CommandOutput.put(ProgressEvent.line($0)) }
        }
    }

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
