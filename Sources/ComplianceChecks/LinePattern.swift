package import Diagnostics
internal import TextPatterns

/// How a rule names lines: whole words, with `*` for any one word; or `~` and a regular expression.
///
/// `100` never matches `1002`: words are compared as wholes and every word of the line takes part.
package struct LinePattern: Sendable, Equatable {
    private enum Kind: Sendable, Equatable {
        case words([String])
        case expression(String, TextPattern)
        static func == (a: Kind, b: Kind) -> Bool {
            switch (a, b) {
            case (.words(let x), .words(let y)): x == y
            case (.expression(let x, _), .expression(let y, _)): x == y
            case (.words, .expression), (.expression, .words): false
            }
        }
    }
    private let kind: Kind
    /// As written in the rule.
    package let source: String

    /// Fails with a finding at `position` when a regular expression cannot be read.
    package init(_ source: String, at position: SourcePosition?) throws(Finding) {
        self.source = source
        guard source.hasPrefix("~") else {
            let words = source.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
            guard !words.isEmpty else {
                throw Finding(
                    code: "rules.empty-line", what: "an empty line matches nothing", at: position,
                    remedy: "write the words of the line, or ~ and a regular expression")
            }
            kind = .words(words)
            return
        }
        do {
            kind = .expression(source, try TextPattern(String(source.dropFirst())))
        } catch {
            throw Finding(
                code: "rules.bad-pattern", what: "the regular expression cannot be read: \(error)", at: position,
                remedy: "mend the expression after ~ (PCRE2 syntax)")
        }
    }

    /// Whether the line is one that the pattern names. A match that exceeds its limits is an error, never a "no".
    package func matches(_ line: String) throws(Finding) -> Bool {
        switch kind {
        case .words(let words):
            let parts = line.split(separator: " ", omittingEmptySubsequences: true)
            return parts.count == words.count && zip(parts, words).allSatisfy { $1 == "*" || $0 == $1 }
        case .expression(let text, let pattern):
            do {
                return try pattern.firstMatch(in: line) != nil
            } catch {
                throw Finding(
                    code: "rules.pattern-limit", what: "matching `\(text)` gave up: \(error)", at: nil,
                    remedy: "simplify the expression: it backtracks without end")
            }
        }
    }
}
