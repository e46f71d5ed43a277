internal import ArgumentParser
internal import ChangeWorkflow
internal import Diagnostics
internal import Foundation

/// Ends a command with a status; everything was already said.
struct CommandExit: Error {
    var status: CommandStatus
}

/// How the result is printed on standard output.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
    /// `jsonl`: one JSON document a line; commands that take long print their progress as lines before the result.
    case text, json, jsonl
}

/// Options that every command takes.
struct CommonOptions: ParsableArguments {
    @Option(name: .long, help: "How the result is printed: text, json or jsonl.")
    var format: OutputFormat = .text

    @Option(
        name: .customShort("C"), help: ArgumentHelp("Run as if started in this folder.", valueName: "dir"),
        completion: .directory)
    var directory: String?

    private var startFolder: URL {
        let current = URL(filePath: FileManager.default.currentDirectoryPath, directoryHint: .isDirectory)
        guard let directory else { return current }
        return URL(filePath: directory, directoryHint: .isDirectory, relativeTo: current).standardizedFileURL
    }

    /// The full path of a file the user named.
    func path(_ name: String) -> String {
        let path = URL(filePath: name, relativeTo: startFolder).standardizedFileURL.path(percentEncoded: false)
        return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    /// Runs one use-case and prints its answer: result on stdout, findings and the next step on stderr.
    /// With `callHome` the devices of the command are those that call there.
    func answer(callHome: String? = nil, _ useCase: (Workflow) async throws -> WorkflowAnswer) async throws {
        let answer: WorkflowAnswer
        do {
            let workflow = Workflow(startFolder: startFolder, progress: { CommandOutput.complain($0) })
            answer = try await workflow.listening(at: callHome, useCase)
        } catch let findings as Findings {
            answer = WorkflowAnswer(
                text: "", json: FindingsDocument.json(findings), status: CommandStatus(findings: findings),
                findings: findings)
        } catch {
            CommandOutput.complain("unexpected error, a bug of ours: \(String(reflecting: error))")
            throw CommandExit(status: .bug)
        }
        CommandOutput.show(answer, format: format)
        if answer.status != .done { throw CommandExit(status: answer.status) }
    }
}

/// For commands that reach devices which may call instead of being dialled.
struct CallHomeOption: ParsableArguments {
    @Option(
        name: .customLong("call-home"),
        help: ArgumentHelp(
            "Wait for the devices to call here (RFC 8071) instead of dialling them; who calls is told by the pinned host key.",
            valueName: "address:port"))
    var callHome: String?
}

/// Writes results and findings where they belong.
enum CommandOutput {
    static func show(_ answer: WorkflowAnswer, format: OutputFormat) {
        for finding in answer.findings.sorted().all { complain(finding.description) }
        switch format {
        case .text:
            if !answer.text.isEmpty { put(answer.text) }
            if let next = answer.next { complain("next: \(next)") }
        case .json, .jsonl: put(answer.json)
        }
    }

    static func put(_ text: String) {
        FileHandle.standardOutput.write(Data((text.hasSuffix("\n") ? text : text + "\n").utf8))
    }

    static func complain(_ text: String) {
        let text = safeForDisplay(text)
        if LiveScreen.putAbove(text) { return }
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }
}
