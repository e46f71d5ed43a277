package import TextPatterns

/// A template of the TextFSM language: values to find, and states whose rules find them.
///
/// The language and what it makes of a text are those of Google's `textfsm` 2.1, rows for rows. Regular expressions are
/// those of Python's `re`, matched with limits: a rule that backtracks without end is an error, never a hang. A template
/// may be used from many threads at once.
///
///     let template = try TextFSMTemplate(text, file: "show_clock.textfsm")
///     let table = try template.table(of: output)
package struct TextFSMTemplate: Sendable {
    /// The path given, for messages.
    package let file: String
    /// The text it was read from.
    private let text: String
    /// What is looked for, in the order of the columns.
    package let values: [TextFSMValue]
    let states: [State]
    let startState: Int
    /// The template says what happens at the end of the text, so the last record is not added by itself.
    let declaresEndOfFile: Bool
    let limits: TextTableLimits
    /// Groups that a matcher for this template has room for.
    let maximumGroups: Int

    struct State: Sendable {
        var name: String
        var rules: [TextFSMRule]
        /// By rule: what a plain line that is not empty begins with when the rule matches it.
        var firstBytes: [ASCIISet] = []
    }

    /// The names of the columns.
    package var header: [String] { values.map(\.name) }

    /// Columns that together name a row.
    package var keys: [String] { values.filter { $0.options.contains(.key) }.map(\.name) }

    /// Reads a template. Throws the first thing wrong, with its line.
    package init(_ text: String, file: String, limits: TextTableLimits = .standard) throws(TextTableError) {
        var reader = TextFSMTemplateReader(text, file, limits)
        try reader.read()
        self.file = file
        self.text = text
        self.limits = limits
        values = reader.values
        states = reader.states
        startState = reader.startState
        declaresEndOfFile = reader.declaresEndOfFile
        maximumGroups = reader.maximumGroups
    }
}

extension TextFSMTemplate: Equatable {
    package static func == (a: TextFSMTemplate, b: TextFSMTemplate) -> Bool {
        a.text == b.text && a.file == b.file && a.limits == b.limits
    }
}

/// What reading a text may cost before it is given up.
package struct TextTableLimits: Equatable, Sendable {
    /// Longest template, in bytes.
    package var maximumTemplateBytes = 1 << 20
    /// Longest text, in bytes.
    package var maximumTextBytes = 256 << 20
    /// Cells and list items of all rows together.
    package var maximumCells = 50_000_000
    /// Time for one text.
    package var maximumTime: Duration = .seconds(60)
    /// For one rule on one line. Published templates have rules that take millions of steps on an odd line.
    package var patterns = PatternLimits.standard

    package init() { patterns.maximumSteps = 100_000_000 }
    /// The limits used unless others are given.
    package static let standard = TextTableLimits()
}
