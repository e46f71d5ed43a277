package import CanonicalData

/// One execution of a plan as the store knows it; what happened in it is in its journal.
package struct StoredRun: Equatable, Sendable, Codable {
    package enum State: String, Sendable, Codable {
        /// Being carried out, interrupted, or left with devices that could not be settled: `resume` goes on.
        case open
        /// Every device is accounted for.
        case finished
    }
    package var id: RunID
    package var engagement: String
    package var cycle: Int
    package var planDigest: Digest
    package var ticket: String?
    package var openedAt: UTCInstant
    package var state: State
    package var finishedAt: UTCInstant?
    /// The blob that holds its outcome, once there is one.
    package var outcome: Digest?
    /// The earlier run whose change this one takes back with its signed backout; nil for a run that builds.
    package var takesBack: RunID?

    package init(
        id: RunID, engagement: String, cycle: Int, planDigest: Digest, ticket: String? = nil, openedAt: UTCInstant,
        state: State = .open, finishedAt: UTCInstant? = nil, outcome: Digest? = nil, takesBack: RunID? = nil
    ) {
        self.id = id
        self.engagement = engagement
        self.cycle = cycle
        self.planDigest = planDigest
        self.ticket = ticket
        self.openedAt = openedAt
        self.state = state
        self.finishedAt = finishedAt
        self.outcome = outcome
        self.takesBack = takesBack
    }
}

/// One line of a run's journal.
package struct JournalEntry: Equatable, Sendable, Codable {
    /// From 1, without gaps.
    package var sequence: Int
    package var at: UTCInstant
    /// Short name of what happened, for people who look into the database.
    package var kind: String
    /// The event, as the journal's owner encodes it (JSON).
    package var body: [UInt8]

    package init(sequence: Int, at: UTCInstant, kind: String, body: [UInt8]) {
        self.sequence = sequence
        self.at = at
        self.kind = kind
        self.body = body
    }
}

/// Where an as-built record lies and what it is the newest word on; rebuilt from the engagement folders at any time.
package struct RecordEntry: Equatable, Sendable, Codable {
    package enum State: String, Sendable, Codable { case open, closed }
    /// Digest of `record.json`.
    package var digest: Digest
    package var engagement: String
    package var cycle: Int
    package var run: RunID?
    package var state: State
    package var recordedAt: UTCInstant
    /// Engagement folder, relative to the workspace.
    package var folder: String
    /// What the record designed: becomes the baseline of these elements when the record is closed.
    package var elements: [RecordedElement]

    package init(
        digest: Digest, engagement: String, cycle: Int, run: RunID?, state: State, recordedAt: UTCInstant,
        folder: String, elements: [RecordedElement]
    ) {
        self.digest = digest
        self.engagement = engagement
        self.cycle = cycle
        self.run = run
        self.state = state
        self.recordedAt = recordedAt
        self.folder = folder
        self.elements = elements
    }
}

/// One element of one device's configuration; the record writer says how elements are named.
package struct RecordedElement: Hashable, Sendable, Codable {
    package var device: String
    package var element: String
    package init(device: String, element: String) { (self.device, self.element) = (device, element) }
}
