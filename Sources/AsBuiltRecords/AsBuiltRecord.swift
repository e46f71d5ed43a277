package import CanonicalData
package import DeviceConfiguration

/// What was approved, what was done, and what the devices held before and after: `record.json`.
///
/// Written by the executor at the end of every run, however it ended, and never changed afterwards; a person's closing
/// words are in `closing.json` beside it. Stored as canonical JSON (RFC 8785). Bytes from devices are not in it: they
/// lie in `evidence/` under their digest.
package struct AsBuiltRecord: Equatable, Sendable, Codable {
    package static let format = "record/v1"
    package var asbuilt = AsBuiltRecord.format
    package var engagement: EngagementSummary
    /// Gate 1 and Gate 2 as verified at `verifiedAt`.
    package var gates: [GateSummary]
    /// RFC 3339, UTC: the moment at which keys and windows were checked.
    package var verifiedAt: String
    /// `pinned` or `workspace only`.
    package var trust: String
    package var run: RunSummary
    package var devices: [DeviceRecord]
    package var checks: [CheckRecord]
    package var acceptance: [AcceptanceRow]
    package var deviations: [Deviation]
    /// Remarks of the executor that the next engagement should know.
    package var learnings: [String]
    /// Tool, libraries and platform drivers with their versions.
    package var versions: [String: String]
    /// Links between devices for the drawing; taken from the inventory.
    package var links: [TopologyLink]

    package init(
        engagement: EngagementSummary, gates: [GateSummary], verifiedAt: String, trust: String, run: RunSummary,
        devices: [DeviceRecord], checks: [CheckRecord], acceptance: [AcceptanceRow], deviations: [Deviation],
        learnings: [String], versions: [String: String], links: [TopologyLink]
    ) {
        self.engagement = engagement
        self.gates = gates
        self.verifiedAt = verifiedAt
        self.trust = trust
        self.run = run
        self.devices = devices
        self.checks = checks
        self.acceptance = acceptance
        self.deviations = deviations
        self.learnings = learnings
        self.versions = versions
        self.links = links
    }
}

package struct EngagementSummary: Equatable, Sendable, Codable {
    package var id: String
    package var title: String
    package var ticket: String
    package var cycle: Int
    package var authors: [String]
    package var startsFrom: [Digest]
    package init(id: String, title: String, ticket: String, cycle: Int, authors: [String], startsFrom: [Digest]) {
        self.id = id
        self.title = title
        self.ticket = ticket
        self.cycle = cycle
        self.authors = authors
        self.startsFrom = startsFrom
    }
}

package struct GateSummary: Equatable, Sendable, Codable {
    /// `spec` or `design`.
    package var gate: String
    package var manifest: Digest
    package var signers: [Signer]
    package var validUntil: String
    package struct Signer: Equatable, Sendable, Codable {
        package var principal: String
        package var fingerprint: String
        package init(principal: String, fingerprint: String) {
            (self.principal, self.fingerprint) = (principal, fingerprint)
        }
    }
    package init(gate: String, manifest: Digest, signers: [Signer], validUntil: String) {
        (self.gate, self.manifest, self.signers, self.validUntil) = (gate, manifest, signers, validUntil)
    }
}

package struct RunSummary: Equatable, Sendable, Codable {
    package var id: String
    /// RFC 3339, UTC.
    package var startedAt: String
    package var endedAt: String
    /// One word: `kept`, `backed-out`, `refused`, `split`, `unknown`, `unchanged`.
    package var outcome: String
    /// The exit status the run ended with.
    package var exitStatus: Int
    package var executor: String
    package var timeline: [Moment]
    package struct Moment: Equatable, Sendable, Codable {
        package var at: String
        package var device: String?
        package var what: String
        package init(at: String, device: String?, what: String) { (self.at, self.device, self.what) = (at, device, what) }
    }
    package init(
        id: String, startedAt: String, endedAt: String, outcome: String, exitStatus: Int, executor: String,
        timeline: [Moment]
    ) {
        self.id = id
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.outcome = outcome
        self.exitStatus = exitStatus
        self.executor = executor
        self.timeline = timeline
    }
}

package struct DeviceRecord: Equatable, Sendable, Codable {
    package var device: String
    package var platform: String
    package var endpoint: String
    package var strategy: String
    package var protection: ProtectionClass
    package var endState: DeviceEndState
    /// Vendor, model and version as the device says.
    package var system: [String: String]
    package var hostKeyFingerprint: String?
    package var baseDigest: Digest?
    package var plannedDigest: Digest?
    package var capturedDigest: Digest?
    /// Raw running configuration before and after, in `evidence/`.
    package var runningBefore: Digest?
    package var runningAfter: Digest?
    /// The transcript, secrets masked, in `evidence/`.
    package var transcript: Digest?
    /// The difference approvers saw, `+` and `-` lines with their sections.
    package var diff: String
    package var forward: [String]
    package var backout: [String]
    package var captures: [CaptureEvidence]
    package var entries: [Reconciliation.Entry]
    /// Digest of the record that designed this device's elements before; nil when there was none.
    package var previousRecord: Digest?
    package var remarks: [String]

    package struct CaptureEvidence: Equatable, Sendable, Codable {
        package var command: String
        package var before: Digest?
        package var after: Digest?
        package init(command: String, before: Digest?, after: Digest?) {
            (self.command, self.before, self.after) = (command, before, after)
        }
    }
    package init(
        device: String, platform: String, endpoint: String, strategy: String, protection: ProtectionClass,
        endState: DeviceEndState, system: [String: String], hostKeyFingerprint: String?, baseDigest: Digest?,
        plannedDigest: Digest?, capturedDigest: Digest?, runningBefore: Digest?, runningAfter: Digest?,
        transcript: Digest?, diff: String, forward: [String], backout: [String], captures: [CaptureEvidence],
        entries: [Reconciliation.Entry], previousRecord: Digest?, remarks: [String]
    ) {
        self.device = device
        self.platform = platform
        self.endpoint = endpoint
        self.strategy = strategy
        self.protection = protection
        self.endState = endState
        self.system = system
        self.hostKeyFingerprint = hostKeyFingerprint
        self.baseDigest = baseDigest
        self.plannedDigest = plannedDigest
        self.capturedDigest = capturedDigest
        self.runningBefore = runningBefore
        self.runningAfter = runningAfter
        self.transcript = transcript
        self.diff = diff
        self.forward = forward
        self.backout = backout
        self.captures = captures
        self.entries = entries
        self.previousRecord = previousRecord
        self.remarks = remarks
    }
}

/// The result of one check on one device.
package struct CheckRecord: Equatable, Sendable, Codable {
    package var id: String
    package var device: String
    /// Acceptance criteria, when the check proves some: `AC-1, AC-2`.
    package var proves: String?
    package var show: String
    /// `proved`, `failed` or `open`.
    package var result: String
    /// What was compared: paths, values found, values expected.
    package var details: [String]
    /// Outputs the result rests on, in `evidence/`.
    package var evidence: [Digest]
    /// `before` or `after` the change.
    package var moment: String
    package init(
        id: String, device: String, proves: String?, show: String, result: String, details: [String],
        evidence: [Digest], moment: String = "after"
    ) {
        self.moment = moment
        self.id = id
        self.device = device
        self.proves = proves
        self.show = show
        self.result = result
        self.details = details
        self.evidence = evidence
    }
}

/// One acceptance criterion of the specification and what became of it.
package struct AcceptanceRow: Equatable, Sendable, Codable {
    package var id: String
    package var statement: String
    /// `proved`, `failed` or `open`.
    package var verdict: String
    /// `check@device` for each check that counts.
    package var because: [String]
    package init(id: String, statement: String, verdict: String, because: [String]) {
        (self.id, self.statement, self.verdict, self.because) = (id, statement, verdict, because)
    }
}

/// A difference that a person has to give a reason for before the record can be closed.
package struct Deviation: Equatable, Sendable, Codable {
    /// `D-1`, `D-2`, … in the order of devices and entries.
    package var id: String
    package var device: String?
    package var what: String
    package init(id: String, device: String?, what: String) { (self.id, self.device, self.what) = (id, device, what) }
}

package struct TopologyLink: Equatable, Hashable, Sendable, Codable {
    package var a: String
    package var aInterface: String
    package var b: String
    package var bInterface: String
    package init(a: String, aInterface: String, b: String, bInterface: String) {
        (self.a, self.aInterface, self.b, self.bInterface) = (a, aInterface, b, bInterface)
    }
}

/// A person's closing words: `closing.json`.
package struct ClosingStatement: Equatable, Sendable, Codable {
    package static let format = "closing/v1"
    package var asbuilt = ClosingStatement.format
    /// Digest of the run's manifest that this closes.
    package var manifest: Digest
    package var principal: String
    /// RFC 3339, UTC; claimed, since OpenSSH signatures carry no time.
    package var claimedAt: String
    /// Reason for each residual deviation, by its id.
    package var reasons: [String: String]
    package var learnings: [String]
    package init(
        manifest: Digest, principal: String, claimedAt: String, reasons: [String: String], learnings: [String]
    ) {
        self.manifest = manifest
        self.principal = principal
        self.claimedAt = claimedAt
        self.reasons = reasons
        self.learnings = learnings
    }
}
