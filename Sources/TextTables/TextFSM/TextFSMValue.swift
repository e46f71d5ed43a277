internal import TextPatterns

/// A `Value` line of a template.
package struct TextFSMValue: Sendable {
    package enum Option: String, Sendable, CaseIterable {
        /// Without it there is no row.
        case required = "Required"
        /// Keeps what it found for the next rows.
        case filldown = "Filldown"
        /// Fills the rows above that have none.
        case fillup = "Fillup"
        /// Part of what names a row.
        case key = "Key"
        /// Collects all that is found.
        case list = "List"
    }

    /// The column's name.
    package var name: String
    /// In the order they stand: `Required,List` asks for something else than `List,Required`.
    package var options: [Option]
    /// The expression with its outer parentheses.
    package var expression: String
    /// For a list whose expression has named groups: taken apart by this.
    var groups: LinePattern?

    var isList: Bool { options.contains(.list) }
    /// The expression as it stands in rules.
    var substitution: String { "(?P<\(name)>" + String(expression.unicodeScalars.dropFirst()) }
}
