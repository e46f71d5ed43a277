package import CanonicalData
package import Diagnostics

/// How one device's configuration is understood: the narrow waist between text on a wire and the planner.
///
/// One implementation for CLI text per dialect, one for NETCONF content with or without schemas. Everything is pure:
/// no device is contacted, no clock read.
package protocol ConfigurationModel: Sendable {
    /// Reads what a device showed. Noise (time stamps, byte counts) is left out of `canonical`, not of `raw`.
    func snapshot(_ raw: [UInt8]) throws(Findings) -> ConfigurationSnapshot

    /// What has to be sent, and how to take it back, so that `observed` becomes what `intended` asks for.
    func change(from observed: ConfigurationSnapshot, to intended: [IntendedFragment]) throws(Findings)
        -> ComputedChange

    /// What is wrong with rendered content whatever the device holds: names, values, form. Positions are the templates'.
    func check(_ intended: [IntendedFragment]) -> Findings

    /// What `check` could not see: whether the values of secrets are what the device takes. `revealed` is the step's
    /// forward with the values in; findings never show one.
    func checkSecrets(of step: ChangeStep, revealed: Secret) -> Findings

    /// What the device should hold after these steps, computed independently of the differ.
    func applying(_ steps: [ChangeStep], to snapshot: ConfigurationSnapshot) throws(Findings) -> ConfigurationSnapshot

    /// Explains every difference between before and after (DESIGN §8).
    func reconcile(before: ConfigurationSnapshot, steps: [ChangeStep], after: ConfigurationSnapshot)
        throws(Findings) -> Reconciliation

    /// Equal in the dialect's comparison ("back where it was").
    func areEquivalent(_ a: ConfigurationSnapshot, _ b: ConfigurationSnapshot) -> Bool

    /// The lines or elements in which two snapshots differ, for people; empty when they are equivalent.
    func differences(from old: ConfigurationSnapshot, to new: ConfigurationSnapshot) -> [ConfigurationDifference]

    /// Every line or leaf of a configuration with its place, in canonical order: the vocabulary in which records,
    /// baselines and rules speak. `Reconciliation.Entry` uses the same paths and texts.
    func elements(of snapshot: ConfigurationSnapshot) -> [ConfigurationElement]

    /// What is still to be sent to take `steps` back, given what the device shows now: the backouts of the steps that
    /// took effect, newest first. Empty when nothing of them is there.
    func undo(_ steps: [ChangeStep], observed: ConfigurationSnapshot, base: ConfigurationSnapshot) throws(Findings)
        -> [ChangeStep]
}

extension ConfigurationModel {
    /// Nothing can be said without a device's configuration.
    package func check(_ intended: [IntendedFragment]) -> Findings { Findings() }

    /// Text has no types.
    package func checkSecrets(of step: ChangeStep, revealed: Secret) -> Findings { Findings() }
}

/// One configuration as read from a device, a file or a record.
package struct ConfigurationSnapshot: Equatable, Sendable {
    /// The bytes as they came.
    package var raw: [UInt8]
    /// The comparable form: noise removed, one canonical order and spelling, secrets masked.
    package var canonical: String
    /// Digest of `canonical`.
    package var digest: Digest

    package init(raw: [UInt8], canonical: String) {
        self.raw = raw
        self.canonical = canonical
        digest = .sha256(canonical)
    }
}

/// One line or leaf of a configuration and the sections around it.
package struct ConfigurationElement: Equatable, Hashable, Sendable, Codable {
    /// Enclosing sections, outermost first; for XML the element path with its keys.
    package var path: [String]
    /// The line, or `name value` for a leaf.
    package var text: String
    /// Line in the raw text, from 1, when known.
    package var line: Int?
    package init(path: [String], text: String, line: Int? = nil) {
        (self.path, self.text, self.line) = (path, text, line)
    }
}

/// Who owns what a rendered fragment touches (DESIGN §4).
package enum Ownership: String, Sendable, Codable, CaseIterable {
    /// The rendered lines shall be present; nothing else is judged ours.
    case merge
    /// Each rendered section is wholly ours: extra lines in it are removed.
    case section
    /// The entire configuration is ours.
    case replace
}

/// What one clause of the contract wants one device to hold.
package struct IntendedFragment: Equatable, Sendable {
    /// The `id` of the contract's `config` entry.
    package var clause: String
    package var ownership: Ownership
    /// CLI lines, or the content of NETCONF's `<config>`; secrets as placeholders.
    package var text: String
    /// For each line of `text`, from 0: where it comes from.
    package var provenance: [LineProvenance]
    /// For each line of `text`: the template's line that wrote it, as it stands in the file. Fewer, or empty, when not known.
    package var templateLines: [String]

    package init(
        clause: String, ownership: Ownership, text: String, provenance: [LineProvenance], templateLines: [String] = []
    ) {
        (self.clause, self.ownership, self.text, self.provenance) = (clause, ownership, text, provenance)
        self.templateLines = templateLines
    }
}

/// Where one rendered line comes from.
package struct LineProvenance: Equatable, Hashable, Sendable, Codable {
    package var clause: String
    /// Template line, through includes and macros: innermost first.
    package var positions: [SourcePosition]
    /// Names of the variables that made the line, with the values that were printed (secrets masked).
    package var variables: [String: String]

    package init(clause: String, positions: [SourcePosition], variables: [String: String] = [:]) {
        (self.clause, self.positions, self.variables) = (clause, positions, variables)
    }
}

/// One reviewable unit of a change, with its own way back.
package struct ChangeStep: Equatable, Sendable, Codable {
    /// Position in the device's list, from 1.
    package var id: Int
    /// Exactly what is typed, one command a line, without entering or leaving configuration mode; or the content of
    /// `<config>`. Secrets stay placeholders until the driver's last step.
    package var forward: String
    /// What takes it back, in the same form. Empty only when nothing has to be sent.
    package var backout: String
    /// One entry per line of `forward` for CLI; per changed node for NETCONF (`path` then names it).
    package var lines: [SentLine]

    package init(id: Int, forward: String, backout: String, lines: [SentLine]) {
        (self.id, self.forward, self.backout, self.lines) = (id, forward, backout, lines)
    }
}

/// One line or node of a step.
package struct SentLine: Equatable, Sendable, Codable {
    /// The line as sent, or the node's path and value.
    package var text: String
    /// Enclosing sections, outermost first.
    package var path: [String]
    package var kind: Kind
    package var provenance: LineProvenance?

    package enum Kind: String, Sendable, Codable {
        /// Adds or sets.
        case set
        /// Removes.
        case remove
        /// Enters or leaves a section; changes nothing by itself.
        case navigate
    }
    package init(text: String, path: [String], kind: Kind, provenance: LineProvenance? = nil) {
        (self.text, self.path, self.kind, self.provenance) = (text, path, kind, provenance)
    }
}

/// The answer of the differ.
package struct ComputedChange: Equatable, Sendable {
    package var steps: [ChangeStep]
    /// Unified-diff-like text for approvers: `+`, `-`, with section context.
    package var diff: String
    /// What the device should hold afterwards.
    package var planned: ConfigurationSnapshot
    /// Digest over the observed part that the steps read or touch: moves only when the plan would be stale.
    package var touchedDigest: Digest
    /// Dialect doubts, unknown lines, fail-open windows, incomplete backouts.
    package var findings: Findings
    /// Secrets that only the device knows and the backout would need.
    package var backoutIsComplete: Bool

    package var isEmpty: Bool { steps.isEmpty }
    package init(
        steps: [ChangeStep], diff: String, planned: ConfigurationSnapshot, touchedDigest: Digest,
        findings: Findings = Findings(), backoutIsComplete: Bool = true
    ) {
        self.steps = steps
        self.diff = diff
        self.planned = planned
        self.touchedDigest = touchedDigest
        self.findings = findings
        self.backoutIsComplete = backoutIsComplete
    }
}

/// One difference between two configurations.
package struct ConfigurationDifference: Equatable, Sendable, Codable {
    package enum Kind: String, Sendable, Codable { case added, removed, changed, moved }
    package var kind: Kind
    /// Enclosing sections, outermost first; for XML the element path.
    package var path: [String]
    package var old: String?
    package var new: String?
    package init(kind: Kind, path: [String], old: String? = nil, new: String? = nil) {
        (self.kind, self.path, self.old, self.new) = (kind, path, old, new)
    }
}

/// What became of a change, element by element (DESIGN §8).
package struct Reconciliation: Equatable, Sendable, Codable {
    package enum Verdict: String, Sendable, Codable {
        case asDesigned = "as-designed"
        /// The device rewrote it; `rule` says which rule explains that.
        case normalised
        case missing
        case sideEffect = "side effect"
        /// The device cannot show it: never green without another check.
        case unobservable
        case unexplained
    }
    package struct Entry: Equatable, Sendable, Codable {
        package var verdict: Verdict
        /// Enclosing sections, outermost first.
        package var path: [String]
        /// What was sent, or nil for what was not ours.
        package var sent: String?
        /// What the device shows for it, or nil when it shows nothing.
        package var captured: String?
        /// The rule that explains a normalisation or a side effect.
        package var rule: String?
        package var provenance: LineProvenance?
        package init(
            verdict: Verdict, path: [String], sent: String? = nil, captured: String? = nil, rule: String? = nil,
            provenance: LineProvenance? = nil
        ) {
            self.verdict = verdict
            self.path = path
            self.sent = sent
            self.captured = captured
            self.rule = rule
            self.provenance = provenance
        }
    }
    package var entries: [Entry]
    /// False when any entry is `missing`, `side effect` or `unexplained`.
    package var isClean: Bool {
        entries.allSatisfy { entry in
            switch entry.verdict {
            case .asDesigned, .normalised, .unobservable: true
            case .missing, .sideEffect, .unexplained: false
            }
        }
    }
    package init(entries: [Entry]) { self.entries = entries }
}
