package import SourceDocuments

/// A JSONPath query (RFC 9535), checked when made.
///
/// Departure: a literal pattern of `match` and `search` that is no I-Regexp (RFC 9485) is refused when the query is
/// made, where the RFC lets it silently match nothing.
package struct JSONPath: Sendable, Equatable {
    /// The query as written.
    package let text: String
    let query: JSONPathQuery

    /// Checks syntax (§2.1) and types (§2.4.3).
    package init(_ text: String) throws(JSONPathError) {
        self.text = text
        var parser = JSONPathParser(text)
        query = try parser.parse()
    }

    /// The nodes the query selects, in order; throws only when a limit is reached.
    /// - Parameter maximumSteps: Nodes that the evaluation may look at.
    package func nodes(in root: PlainValue, maximumSteps: Int = 10_000_000) throws(JSONPathError) -> [JSONPathNode] {
        var evaluation = JSONPathEvaluation(root: root, text: text, maximumSteps: maximumSteps)
        return try evaluation.nodes(query, current: JSONPathNode(path: [], value: root))
    }

    /// The query without its last segment: where something would have to be. Nil for `$`.
    package var parent: JSONPath? {
        guard !query.segments.isEmpty else { return nil }
        return JSONPath(
            text: text, query: JSONPathQuery(isRelative: false, segments: Array(query.segments.dropLast())))
    }

    private init(text: String, query: JSONPathQuery) { (self.text, self.query) = (text, query) }
}

/// One node that a query selected.
package struct JSONPathNode: Sendable, Equatable {
    package enum Step: Sendable, Equatable, Hashable {
        case name(String)
        case index(Int)
    }
    package var path: [Step]
    package var value: PlainValue

    /// The normalized path (§2.7): `$['peers']['10.0.0.1'][0]`.
    package var normalizedPath: String { Self.text(of: path) }

    /// The normalized path of steps.
    package static func text(of path: [Step]) -> String {
        var text = "$"
        for step in path {
            switch step {
            case .index(let index): text += "[\(index)]"
            case .name(let name): text += "['\(escaped(name))']"
            }
        }
        return text
    }

    private static func escaped(_ name: String) -> String {
        var text = ""
        for scalar in name.unicodeScalars {
            switch scalar {
            case "'": text += "\\'"
            case "\\": text += "\\\\"
            case "\u{8}": text += "\\b"
            case "\u{C}": text += "\\f"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{0}"..."\u{1F}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}

/// Why a text is not a JSONPath query, or why evaluating it was given up.
package struct JSONPathError: Error, Equatable, Sendable, CustomStringConvertible {
    package let what: String
    package let text: String
    /// Where in the query, in Unicode scalars from 0.
    package let offset: Int
    package let remedy: String
    package var description: String { "“\(text)” at character \(offset + 1): \(what)\n  → \(remedy)" }
}

// MARK: Syntax tree

struct JSONPathQuery: Sendable, Equatable {
    /// Starts at `@` instead of `$`.
    var isRelative: Bool
    var segments: [JSONPathSegment]
    /// At most one node (§2.3.5.1): names and indexes only.
    var isSingular: Bool {
        segments.allSatisfy { segment in
            guard !segment.isDescendant, segment.selectors.count == 1 else { return false }
            switch segment.selectors[0] {
            case .name, .index: return true
            case .wildcard, .slice, .filter: return false
            }
        }
    }
}

struct JSONPathSegment: Sendable, Equatable {
    var isDescendant: Bool
    var selectors: [JSONPathSelector]
}

enum JSONPathSelector: Sendable, Equatable {
    case name(String)
    case wildcard
    case index(Int)
    case slice(start: Int?, end: Int?, step: Int)
    case filter(JSONPathCondition)
}

indirect enum JSONPathCondition: Sendable, Equatable {
    case or([JSONPathCondition])
    case and([JSONPathCondition])
    case not(JSONPathCondition)
    case comparison(JSONPathOperand, JSONPathComparison, JSONPathOperand)
    case exists(JSONPathQuery)
    case test(JSONPathCall)
}

enum JSONPathComparison: String, Sendable, CaseIterable {
    case equal = "=="
    case notEqual = "!="
    case lessOrEqual = "<="
    case greaterOrEqual = ">="
    case less = "<"
    case greater = ">"
}

indirect enum JSONPathOperand: Sendable, Equatable {
    case literal(PlainValue)
    case query(JSONPathQuery)
    case call(JSONPathCall)
}

/// A call of one of the five functions of §2.4.
enum JSONPathCall: Sendable, Equatable {
    case length(JSONPathOperand)
    case count(JSONPathQuery)
    case value(JSONPathQuery)
    case match(JSONPathOperand, JSONPathPattern)
    case search(JSONPathOperand, JSONPathPattern)

    /// Whether it gives a value; `match` and `search` give a truth value of the language instead.
    var givesValue: Bool {
        switch self {
        case .length, .count, .value: true
        case .match, .search: false
        }
    }
}

/// The second argument of `match` and `search`.
enum JSONPathPattern: Sendable, Equatable {
    case compiled(IRegexp)
    case dynamic(JSONPathOperand)
}
