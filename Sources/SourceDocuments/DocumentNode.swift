package import Diagnostics

/// One node of a document: a text, a sequence or a mapping, with the place it was read from.
///
/// A scalar keeps its text: what type it has is decided by whoever reads it (`NodeReader`), so that a YAML 1.1 `no`
/// or `12:30:45` stays text where a text is expected. Nodes are equal when their contents are; places do not count.
package struct DocumentNode: Sendable, Equatable {
    package enum Content: Sendable, Equatable {
        case scalar(Scalar)
        case sequence([DocumentNode])
        case mapping([Entry])
    }

    /// The text of a scalar, without quotes and escapes.
    package struct Scalar: Sendable, Equatable {
        /// How it was written, which decides whether it can be anything but text.
        package enum Style: Sendable, Equatable {
            /// YAML without quotes: may be a number, a truth value or nothing, if the reader wants one.
            case plain
            case singleQuoted
            /// Also every JSON string.
            case doubleQuoted
            /// YAML `|`
            case literal
            /// YAML `>`
            case folded
            /// A JSON number, `true`, `false` or `null`.
            case jsonLiteral
        }
        package var text: String
        package var style: Style
        package init(text: String, style: Style) { (self.text, self.style) = (text, style) }
    }

    /// One key of a mapping with its value.
    package struct Entry: Sendable, Equatable {
        package var key: String
        /// The key as a node, for its place.
        package var keyNode: DocumentNode
        package var value: DocumentNode
        package init(keyNode: DocumentNode, value: DocumentNode) {
            self.keyNode = keyNode
            self.value = value
            key = keyNode.scalar?.text ?? ""
        }
        package var keyPosition: SourcePosition { keyNode.position }
    }

    package var content: Content
    /// The text this was read from.
    package let source: SourceText
    /// Line and column of its first character, from 1.
    package let line: Int
    package let column: Int

    package init(_ content: Content, source: SourceText, line: Int, column: Int) {
        (self.content, self.source, self.line, self.column) = (content, source, line, column)
    }

    package static func == (a: DocumentNode, b: DocumentNode) -> Bool { a.content == b.content }

    package var position: SourcePosition { source.position(line: line, column: column) }

    package var scalar: Scalar? {
        if case .scalar(let scalar) = content { scalar } else { nil }
    }
    package var sequence: [DocumentNode]? {
        if case .sequence(let nodes) = content { nodes } else { nil }
    }
    package var mapping: [Entry]? {
        if case .mapping(let entries) = content { entries } else { nil }
    }

    /// The value of a key, when this is a mapping that has it.
    package subscript(_ key: String) -> DocumentNode? { mapping?.first { $0.key == key }?.value }

    /// Whether this stands for no value: an empty plain scalar, `~` or `null`.
    package var isNull: Bool {
        guard let scalar else { return false }
        return switch scalar.style {
        case .plain: ["", "~", "null", "Null", "NULL"].contains(scalar.text)
        case .jsonLiteral: scalar.text == "null"
        case .singleQuoted, .doubleQuoted, .literal, .folded: false
        }
    }

    /// What it is, for messages: `a mapping`, `a list`, `a number` …
    package var kindForPeople: String {
        switch content {
        case .mapping: return "a mapping"
        case .sequence: return "a list"
        case .scalar:
            if isNull { return "nothing" }
            switch try? PlainValue(self) {
            case .bool: return "a truth value"
            case .int, .double: return "a number"
            case .null, .string, .list, .map, nil: return "a text"
            }
        }
    }
}
