/// Rows that a template found in a text.
package struct TextTable: Equatable, Sendable {
    /// Names of the columns: the template's values, in order.
    package var header: [String]
    package var rows: [[Cell]]

    package init(header: [String], rows: [[Cell]] = []) { (self.header, self.rows) = (header, rows) }

    /// One cell of a row.
    package enum Cell: Hashable, Sendable {
        /// What a value matched last; empty when it matched nothing.
        case text(String)
        /// What a `List` value matched, in order.
        case list([Item])

        /// Whether it says nothing.
        package var isEmpty: Bool {
            switch self {
            case .text(let text): text.isEmpty
            case .list(let items): items.isEmpty
            }
        }
    }

    /// One item of a `List` value.
    package enum Item: Hashable, Sendable {
        case text(String)
        /// The value's group took no part in the match.
        case null
        /// The named groups inside of the value's expression, in order.
        case groups([Group])
    }

    /// A named group inside of a `List` value's expression.
    package struct Group: Hashable, Sendable {
        package var name: String
        /// Nil when the group took no part in the match.
        package var text: String?
        package init(_ name: String, _ text: String?) { (self.name, self.text) = (name, text) }
    }
}
