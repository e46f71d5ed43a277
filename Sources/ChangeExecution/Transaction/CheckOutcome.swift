package import CanonicalData
package import WorkspaceStore

/// Results of a set of checks.
package struct CheckSummary: Equatable, Sendable, Codable {
    package var results: [CheckOutcome]
    package var captures: [CapturedOutput]
    /// Every check proved.
    package var passed: Bool
    package init(results: [CheckOutcome], captures: [CapturedOutput], passed: Bool) {
        (self.results, self.captures, self.passed) = (results, captures, passed)
    }
}

/// One check on one device, with what it saw.
package struct CheckOutcome: Equatable, Sendable, Codable {
    package enum Verdict: String, Sendable, Codable {
        case proved, failed
        /// No evidence, unparsed output, a path that matches nothing: never green.
        case open
    }
    package var id: String
    package var device: String
    /// Acceptance criteria it proves.
    package var proves: [String]
    /// The command or filter it looks at.
    package var show: String
    package var verdict: Verdict
    /// What was expected and what was there.
    package var why: [String]
    /// Blobs with the raw outputs that decided it.
    package var evidence: [Digest]
    package var samples: Int
    package var decidedAt: UTCInstant
    package init(
        id: String, device: String, proves: [String], show: String, verdict: Verdict, why: [String], evidence: [Digest],
        samples: Int, decidedAt: UTCInstant
    ) {
        self.id = id
        self.device = device
        self.proves = proves
        self.show = show
        self.verdict = verdict
        self.why = why
        self.evidence = evidence
        self.samples = samples
        self.decidedAt = decidedAt
    }
}

/// One read-only command and where its output lies.
package struct CapturedOutput: Equatable, Sendable, Codable {
    package var device: String
    package var command: String
    package var at: UTCInstant
    /// Blob with the output; nil when it could not be had, `problem` then says why.
    package var output: Digest?
    package var problem: String?
    package init(device: String, command: String, at: UTCInstant, output: Digest?, problem: String? = nil) {
        self.device = device
        self.command = command
        self.at = at
        self.output = output
        self.problem = problem
    }
}
