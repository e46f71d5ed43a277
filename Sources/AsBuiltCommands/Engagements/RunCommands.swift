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
    @OptionGroup var calls: CallHomeOption
    @OptionGroup var common: CommonOptions
    func run() async throws {
        let watcher = SignalWatcher()
        defer { watcher.stop() }
        let reporter = RunReporter(common.format)
        try await common.answer(callHome: calls.callHome) {
            defer { reporter.close() }
            return try await $0.apply(
                engagement: target.engagement, as: principal, keyFile: key, abort: watcher.abort, report: reporter.report)
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
    @OptionGroup var calls: CallHomeOption
    @OptionGroup var common: CommonOptions
    func run() async throws {
        let run = run
        let watcher = SignalWatcher()
        defer { watcher.stop() }
        let reporter = RunReporter(common.format)
        try await common.answer(callHome: calls.callHome) {
            defer { reporter.close() }
            return try await $0.resume(
                run: run, engagement: target.engagement, as: principal, keyFile: key, abort: watcher.abort, report: reporter.report)
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
    @OptionGroup var calls: CallHomeOption
    @OptionGroup var common: CommonOptions
    func run() async throws {
        let run = run
        let watcher = SignalWatcher()
        defer { watcher.stop() }
        let reporter = RunReporter(common.format)
        try await common.answer(callHome: calls.callHome) {
            defer { reporter.close() }
            return try await $0.rollback(
                run: run, engagement: target.engagement, as: principal, keyFile: key, abort: watcher.abort, report: reporter.report)
        }
    }
}

struct ShowRunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "A run as its journal tells it: what is armed, when it reverts, what to type by hand.",
        discussion: """
            Contacts nothing; works while the run goes on and after its executor died. Without RUN the runs of this engagement \
            are listed. Tokens (persist-ids) are masked unless --show-tokens is given: who has one can confirm or cancel the change.
            """)
    @Argument(help: "The run, as apply printed it.") var run: String?
    @OptionGroup var target: EngagementArgument
    @Flag(help: "Print tokens in clear, for confirming or cancelling by hand.") var showTokens = false
    @OptionGroup var common: CommonOptions
    func run() async throws {
        let run = run
        try await common.answer { try await $0.showRun(run, engagement: target.engagement, showsTokens: showTokens) }
    }
}

/// Progress as a live table on a terminal, as plain lines elsewhere, or as events on standard output.
final class RunReporter: Sendable {
    let report: @Sendable (RunProgress) -> Void
    private let screen: LiveScreen?

    init(_ format: OutputFormat) {
        let screen = format == .jsonl ? nil : LiveScreen.open()
        self.screen = screen
        if format == .jsonl {
            report = { CommandOutput.put(ProgressEvent.line($0)) }
        } else if let screen {
            report = { screen.show($0) }
        } else {
            report = { for line in RunTable.lines($0) { CommandOutput.complain(line) } }
        }
    }

    func close() { screen?.close() }
}
