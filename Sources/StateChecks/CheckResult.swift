/// What became of one check on one device at one moment, with its evidence.
package struct CheckResult: Sendable, Equatable, Codable {
    /// `open` is never green: there was no evidence, or it could not be read.
    package enum Verdict: String, Sendable, Codable {
        case proved, failed, open
        /// The worse of two: failed, then open, then proved.
        package func worse(_ other: Verdict) -> Verdict {
            self == .failed || other == .failed ? .failed : self == .open || other == .open ? .open : .proved
        }
    }
    package var check: String
    package var proves: [String]
    package var verdict: Verdict
    /// In one sentence, for people.
    package var message: String
    package var expectations: [ExpectationResult]

    package init(check: String, proves: [String], verdict: Verdict, message: String, expectations: [ExpectationResult])
    {
        self.check = check
        self.proves = proves
        self.verdict = verdict
        self.message = message
        self.expectations = expectations
    }
}

/// What became of one expectation.
package struct ExpectationResult: Sendable, Equatable, Codable {
    /// `$.peers.*.state: all equals "Established"`
    package var expectation: String
    package var verdict: CheckResult.Verdict
    package var message: String
    /// How many values the path matched.
    package var matched: Int
    /// Those that matter most first, at most `maximumEvidence` of them.
    package var evidence: [Evidence]

    package static let maximumEvidence = 50

    package init(
        expectation: String, verdict: CheckResult.Verdict, message: String, matched: Int = 0, evidence: [Evidence] = []
    ) {
        self.expectation = expectation
        self.verdict = verdict
        self.message = message
        self.matched = matched
        self.evidence = Array(evidence.prefix(Self.maximumEvidence))
    }
}

/// One value that was looked at.
package struct Evidence: Sendable, Equatable, Codable {
    package var path: String
    /// Compact JSON, cut when it is long.
    package var value: String
    package var holds: Bool

    private static let maximumLength = 200

    package init(path: String, value: String, holds: Bool) {
        self.path = path
        self.value = value.count > Self.maximumLength ? String(value.prefix(Self.maximumLength)) + "…" : value
        self.holds = holds
    }
}
