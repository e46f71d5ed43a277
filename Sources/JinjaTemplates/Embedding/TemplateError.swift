public import Diagnostics

/// Why a template could not be compiled or rendered, and where.
public struct TemplateError: Error, Sendable, CustomStringConvertible {
    /// The exception's name in Jinja2 or Python; for the engine's own limits `LimitExceeded`.
    public let kind: String
    /// What happened, as Python says it.
    public let message: String
    /// The template the failing place is in.
    public let template: String
    /// From 1; 0 when unknown.
    public let line: Int
    /// From 1.
    public let column: Int
    /// The source line and a caret under the place.
    public let excerpt: String
    /// `template:line` of each include or call on the way, innermost first.
    public let includeStack: [String]
    /// Names and printed values at hand where it failed.
    public let values: [(name: String, value: String)]
    /// A name that exists and looks like the undefined one.
    public let suggestion: String?

    init(_ error: EvaluationError, source: [UInt8], name: String) {
        kind = error.typeName
        message = error.message
        var (place, text, offset) = (
            error.failedSource?.name ?? name, error.failedSource?.source ?? source, error.sourceOffset
        )
        if offset == nil, let first = error.trail.first {
            (place, text, offset) = (first.template.name ?? "<template>", first.template.source, first.offset)
        }
        template = place
        (line, column, excerpt) = offset.map { Self.locate($0, in: text) } ?? (0, 0, "")
        includeStack = error.trail.dropFirst(error.sourceOffset == nil ? 1 : 0).map {
            "\($0.template.name ?? "<template>"):\($0.template.line(of: Int32(clamping: $0.offset)))"
        }
        values = error.values
        suggestion = error.suggestion
    }

    /// Line, column and excerpt of a byte offset.
    static func locate(_ offset: Int, in source: [UInt8]) -> (line: Int, column: Int, excerpt: String) {
        let place = min(max(0, offset), source.count)
        let line = source[..<place].count { $0 == 0x0A } + 1
        let start = source[..<place].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        let end = source[place...].firstIndex(of: 0x0A) ?? source.count
        let text = String(decoding: source[start..<end], as: UTF8.self)
        let column = String(decoding: source[start..<place], as: UTF8.self).unicodeScalars.count + 1
        let pad = text.unicodeScalars.prefix(column - 1).map { $0 == "\t" ? "\t" : " " }.joined()
        return (line, column, safeForDisplay(text) + "\n" + pad + "^")
    }

    /// As a finding to show together with others.
    public var finding: Finding { finding(withValues: true) }

    /// As a finding; without the values at hand it is the same for everything that fails in the same way.
    package func finding(withValues: Bool) -> Finding {
        var what = message
        if !includeStack.isEmpty { what += " (from \(includeStack.joined(separator: ", ")))" }
        if withValues, !values.isEmpty {
            what += "; " + values.map { "\($0.name) = \($0.value)" }.joined(separator: ", ")
        }
        let remedy: String
        switch kind {
        case "UndefinedError":
            remedy =
                suggestion.map { "write `\($0)`, or give the variable a value, or a default: `x|default('…')`" }
                ?? "give the variable a value in the inventory or in vars/, or a default: `x|default('…')`"
        case "TemplateSyntaxError", "TemplateAssertionError": remedy = "correct the template at the caret"
        case "TemplateNotFound", "TemplatesNotFound":
            remedy = "put the template where the loader looks, or correct its name"
        case "LimitExceeded": remedy = "make the template do less, or raise the limit that is named"
        default: remedy = "correct the expression at the caret or the data it reads"
        }
        return Finding(
            code: "template.\(kind)", what: safeForDisplay(what, keepingLines: false),
            at: SourcePosition(file: template, line: line, column: column), remedy: remedy, excerpt: excerpt)
    }

    /// The finding as text.
    public var description: String { finding.description }
}

extension EvaluationError {
    /// The nearest of the known names, when one is near.
    static func nearest(to name: String, among known: [String]) -> String? {
        let wanted = Array(name.utf8)
        let limit = max(1, wanted.count / 3)
        return known.map { ($0, distance(wanted, Array($0.utf8))) }.filter { $0.1 <= limit && $0.1 > 0 }
            .min { ($0.1, $0.0) < ($1.1, $1.0) }?.0
    }

    private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        if abs(a.count - b.count) > 8 { return 99 }
        var row = Array(0...b.count)
        for (i, x) in a.enumerated() {
            var corner = row[0]
            row[0] = i + 1
            for (j, y) in b.enumerated() {
                let next = min(row[j + 1] + 1, row[j] + 1, corner + (x == y ? 0 : 1))
                corner = row[j + 1]
                row[j + 1] = next
            }
        }
        return row[b.count]
    }
}
