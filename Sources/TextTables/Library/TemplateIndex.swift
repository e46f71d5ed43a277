internal import Diagnostics
internal import TextPatterns

/// The index of a folder of templates: which template reads which command of which platform.
///
/// The format is that of `clitable`, as ntc-templates uses it: lines of fields separated by commas below a line of
/// column names; a field is a regular expression that must match at the start; in the column `Command`, `sh[[ow]]` stands
/// for `sh(o(w)?)?`; the first line that fits decides. Lines that begin with `#` and lines with another number of fields
/// count for nothing.
package struct TemplateIndex: Sendable {
    private struct Row: Sendable {
        var templates: String
        var platform: Field
        var command: Field
    }

    private enum Field: Sendable {
        case anything
        case pattern(LinePattern)
    }

    private let rows: [Row]
    private let file: String

    /// Longest index, in bytes.
    package static let maximumBytes = 16 << 20

    /// Reads an index. Throws `.index` with the line for an expression that is none, or a missing column.
    package init(_ text: String, file: String) throws(TextTableError) {
        guard text.utf8.count <= Self.maximumBytes else {
            throw TextTableError(
                .index, "the index has \(text.utf8.count) bytes, limit \(Self.maximumBytes)",
                at: SourcePosition(file: file), remedy: "split the index")
        }
        self.file = file
        let lines = PythonText.fileLines(text)
        let isTitle = { (line: String) in
            !PythonText.stripped(PythonText.split(line, at: 0x23)[0]).isEmpty
        }
        guard let first = lines.firstIndex(where: isTitle) else {
            throw TextTableError(
                .index, "the index names no columns", at: SourcePosition(file: file),
                remedy: "begin it with `Template, Hostname, Platform, Command`")
        }
        let columns = Self.fields(PythonText.split(lines[first], at: 0x23)[0])
        guard let template = columns.firstIndex(of: "Template") else {
            throw TextTableError(
                .index, "the index has no column Template", at: SourcePosition(file: file, line: first + 1),
                remedy: "begin it with `Template, Hostname, Platform, Command`")
        }
        if let double = columns.indices.first(where: { columns[..<$0].contains(columns[$0]) }) {
            throw TextTableError(
                .index, "the column \(columns[double]) stands twice", at: SourcePosition(file: file, line: first + 1),
                remedy: "remove one")
        }
        var rows: [Row] = []
        // Expressions repeat: most rows of a platform share one.
        var known: [String: LinePattern] = [:]
        for (number, line) in lines.enumerated().dropFirst(first + 1) where line.utf8.first != 0x23 {
            let fields = Self.fields(line)
            guard fields.count == columns.count else { continue }
            var row = Row(templates: fields[template], platform: .anything, command: .anything)
            for (column, field) in zip(columns, fields) where column != "Template" && !field.isEmpty {
                let expression = column == "Command" ? Self.completed(field) : field
                let pattern: LinePattern
                if let seen = known[expression] {
                    pattern = seen
                } else {
                    do { pattern = try LinePattern(expression) } catch {
                        throw TextTableError(
                            .index, "the field \(column), \(field): \(error.what)",
                            at: SourcePosition(file: file, line: number + 1), remedy: error.remedy)
                    }
                    known[expression] = pattern
                }
                switch column {
                case "Platform": row.platform = .pattern(pattern)
                case "Command": row.command = .pattern(pattern)
                // What is asked for has no such property, so any value fits.
                default: break
                }
            }
            rows.append(row)
        }
        self.rows = rows
    }

    /// Names of the templates for a command, more than one separated by colons; nil when no line fits.
    package func templates(platform: String, command: String) throws(TextTableError) -> String? {
        let matcher: LineMatcher
        do { matcher = try LineMatcher(groups: Self.maximumGroups) } catch {
            throw TextTableError(.limit, error.what, remedy: error.remedy)
        }
        let (platform, command) = (Array(platform.utf8), Array(command.utf8))
        for row in rows {
            if try matches(row.platform, platform, matcher), try matches(row.command, command, matcher) {
                return row.templates
            }
        }
        return nil
    }

    /// Groups an expression of an index may have.
    private static let maximumGroups = 1_000

    private func matches(_ field: Field, _ text: [UInt8], _ matcher: LineMatcher) throws(TextTableError) -> Bool {
        switch field {
        case .anything: return true
        case .pattern(let pattern):
            do {
                // Only text from a String comes here, so it is valid UTF-8.
                return try text.withUnsafeBufferPointer {
                    try matcher.matches(pattern, $0, isPlain: TextLines.isPlain($0))
                }
            } catch {
                throw TextTableError(
                    .limit, "the expression \(pattern.source) of the index: \(error)", at: SourcePosition(file: file),
                    remedy: "make it less ambiguous")
            }
        }
    }

    private static func fields(_ line: String) -> [String] {
        PythonText.split(line, at: 0x2C).map(PythonText.stripped)
    }

    /// `sh[[ow]]` as `sh(o(w)?)?`.
    static func completed(_ field: String) -> String {
        let scalars = Array(field.unicodeScalars)
        var (result, index) = (String.UnicodeScalarView(), 0)
        while index < scalars.count {
            if index + 4 < scalars.count, scalars[index] == "[", scalars[index + 1] == "[",
                let end = scalars.indices.dropFirst(index + 3).first(where: {
                    scalars[$0] == "]" && $0 + 1 < scalars.count && scalars[$0 + 1] == "]"
                })
            {
                let word = scalars[(index + 2)..<end]
                for scalar in word { result += ["(", scalar] }
                result += String(repeating: ")?", count: word.count).unicodeScalars
                index = end + 2
            } else {
                result.append(scalars[index])
                index += 1
            }
        }
        return String(result)
    }
}
