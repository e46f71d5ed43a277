package import CanonicalData
package import DeviceConfiguration

/// What `observe` found, when the plan still fits.
package struct ObservedFacts: Equatable, Sendable, Codable {
    /// Blob with the raw running configuration: the base of this run.
    package var running: Digest
    /// Digest of its comparable form.
    package var base: Digest
    /// Blob with the raw startup configuration, where there is one.
    package var startup: Digest?
    /// What has moved since the plan outside what it touches; empty when nothing has. At most 200 are kept here.
    package var movedElsewhere: [ConfigurationDifference]
    /// Digest of the comparable form it should have afterwards.
    package var planned: Digest
    package init(
        running: Digest, base: Digest, startup: Digest?, movedElsewhere: [ConfigurationDifference], planned: Digest
    ) {
        self.running = running
        self.base = base
        self.startup = startup
        self.movedElsewhere = movedElsewhere
        self.planned = planned
    }
}

/// What the device shows once armed.
package struct ReadBackFacts: Equatable, Sendable, Codable {
    package var running: Digest
    package var captured: Digest
    /// Blob with the `Reconciliation` as JSON.
    package var reconciliation: Digest
    /// Number of entries per verdict.
    package var verdicts: [String: Int]
    /// Nothing is missing, a side effect or unexplained, but what the contract accepts.
    package var isAcceptable: Bool
    /// The first entries that are not acceptable, as sentences.
    package var problems: [String]
    package init(
        running: Digest, captured: Digest, reconciliation: Digest, verdicts: [String: Int], isAcceptable: Bool,
        problems: [String]
    ) {
        self.running = running
        self.captured = captured
        self.reconciliation = reconciliation
        self.verdicts = verdicts
        self.isAcceptable = isAcceptable
        self.problems = problems
    }
}

/// A device compared with what it was and with what it was to become.
package struct Reading: Equatable, Sendable, Codable {
    package enum Standing: String, Sendable, Codable {
        /// Equal to what it was before the run.
        case before
        /// Equal to what was read back and verified, or to what was planned.
        case after
        /// Nothing of the change is there, but something else has moved.
        case movedWithoutChange = "moved without the change"
        /// The change is there in full, and something else has moved.
        case movedWithChange = "moved with the change"
        /// Part of the change is there.
        case partial
    }
    package var standing: Standing
    package var running: Digest
    package var captured: Digest
    /// Blob with what was sent to take the change back (JSON of steps), when something was.
    package var sent: Digest?
    /// What was done about edits that were still in the candidate when running was back where it had been (RFC 6241 §8.4
    /// leaves open what a candidate holds then): the next commit of anybody would have brought our change back.
    package enum Leftovers: String, Sendable, Codable {
        /// They were ours, and are dropped.
        case dropped
        /// They were ours, and the device did not drop them.
        case left
        /// They are not what this run staged: left alone.
        case foreign
    }
    /// Nil when the candidate held nothing.
    package var leftovers: Leftovers?
    package init(
        standing: Standing, running: Digest, captured: Digest, sent: Digest? = nil, leftovers: Leftovers? = nil
    ) {
        self.standing = standing
        self.running = running
        self.captured = captured
        self.sent = sent
        self.leftovers = leftovers
    }
}

extension Reading.Leftovers {
    /// For people.
    package var sentence: String {
        switch self {
        case .dropped: "the change was still in the candidate, and was discarded there"
        case .left: "the change is still in the candidate: the next commit of anybody brings it back; discard it there"
        case .foreign: "the candidate holds somebody else's uncommitted work, which was left alone"
        }
    }
}
