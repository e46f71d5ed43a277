package import Diagnostics

/// The exit status of every command; part of the interface (DESIGN §11).
package enum CommandStatus: Int32, Sendable, Codable {
    /// Done.
    case done = 0
    /// Differences found, checks failed, verification failed.
    case differences = 1
    /// Wrong usage or invalid files.
    case invalid = 2
    /// Refused: gate, policy, trust, stale plan, lease, host key.
    case refused = 3
    /// Could not be done, and every device is as it was.
    case notDone = 4
    /// Split, unknown, deviating, or confirmed by somebody else.
    case unsettled = 5
    /// Our bug.
    case bug = 70

    /// The status that findings of these codes lead to: a refusal outranks an invalid file.
    package init(findings: Findings) {
        let refusing = [
            "gate.", "trust.", "policy.", "plan.stale", "lease.", "hostkey.", "transport.host-key", "record.chain",
        ]
        let errors = findings.all.filter { $0.severity == .error }
        if errors.contains(where: { finding in refusing.contains { finding.code.hasPrefix($0) } }) {
            self = .refused
        } else if errors.contains(where: { $0.code.hasPrefix("transport.") || $0.code.hasPrefix("driver.") }) {
            self = .notDone
        } else {
            self = errors.isEmpty ? .done : .invalid
        }
    }
}

/// What one use-case answers: for people, for programs, and for the shell.
package struct WorkflowAnswer: Sendable {
    /// Text for people, without trailing blank lines; empty when there is nothing to say.
    package var text: String
    /// The same as a document with its `asbuilt: NAME/vN` key, canonical JSON.
    package var json: String { makeJSON() }
    package var status: CommandStatus
    /// For standard error: warnings, notes, and what stopped the command.
    package var findings: Findings
    /// The next useful command, for people.
    package var next: String?

    private let makeJSON: @Sendable () -> String

    package init(
        text: String, json: String, status: CommandStatus = .done, findings: Findings = Findings(), next: String? = nil
    ) {
        self.init(text: text, makingJSON: { json }, status: status, findings: findings, next: next)
    }

    /// - Parameter makingJSON: Called when somebody wants the document: it may be large.
    package init(
        text: String, makingJSON: @escaping @Sendable () -> String, status: CommandStatus = .done,
        findings: Findings = Findings(), next: String? = nil
    ) {
        self.text = text
        makeJSON = makingJSON
        self.status = status
        self.findings = findings
        self.next = next
    }
}
