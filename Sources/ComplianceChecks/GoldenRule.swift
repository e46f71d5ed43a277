package import Diagnostics

/// One golden rule: what lines a device must have, must not have, or that do not count.
package struct GoldenRule: Sendable, Equatable {
    package enum Severity: String, Sendable, Codable, CaseIterable { case error, warning, note }
    package var id: String
    /// The inventory group that set it; children inherit, and override by the same id.
    package var group: String
    package var severity: Severity
    /// Only lines inside sections whose header matches, when given.
    package var section: LinePattern?
    package var required: [LinePattern]
    package var disallowed: [LinePattern]
    /// Lines left out of every comparison (`mode: ignored`).
    package var ignored: [LinePattern]
    package var position: SourcePosition

    package init(
        id: String, group: String, severity: Severity, section: LinePattern?, required: [LinePattern],
        disallowed: [LinePattern], ignored: [LinePattern], position: SourcePosition
    ) {
        self.id = id
        self.group = group
        self.severity = severity
        self.section = section
        self.required = required
        self.disallowed = disallowed
        self.ignored = ignored
        self.position = position
    }
}
