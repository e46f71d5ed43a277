/// The text of a dialect: directives, then one rule line per command family, nested like the configuration itself.
///
///     syntax indented
///     negation no
///     rules
///     interface *               % section
///       description ~           % undo=key
///       ip address ? ?
///       ip address * * secondary
///
/// Words of a pattern: `*` any word and part of what identifies the line, `#` a number of that kind, `@` an
/// address, `?` any word that
/// is its value, `~` the rest as value, `**` the rest as identity, `a|b` either, `[a]` may be missing. What follows `%`
/// are attributes (`CommandRule` says what they mean). `use NAME` takes in the lines of `group NAME`; `inherits NAME`
/// starts from another dialect, whose rule of the same pattern is then replaced or, written without attributes,
/// extended; `- PATTERN` removes it.
package struct DialectSource: Sendable {
    package let name: String
    package let text: String

    init(_ name: String, _ text: String) { (self.name, self.text) = (name, text) }

    /// One rule line with those nested in it.
    struct RuleLine: Sendable {
        var pattern: String
        var attributes: [String]
        var children: [RuleLine]
        var line: Int
    }

    struct Parsed: Sendable {
        var directives: [(name: String, value: String)] = []
        var groups: [String: [RuleLine]] = [:]
        var rules: [RuleLine] = []
        var problems: [String] = []
    }

    /// What is wrong with the text; empty for every dialect that ships (a test says so).
    package var problems: [String] {
        var compiler = DialectCompiler(self)
        _ = compiler.compile()
        return compiler.problems
    }

    func compile() -> CLIDialect {
        var compiler = DialectCompiler(self)
        return compiler.compile()
    }

    func parse() -> Parsed {
        var result = Parsed()
        var lines: [(indent: Int, text: String, number: Int)] = []
        for (index, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let indent = raw.prefix { $0 == " " }.count
            var body = String(raw.dropFirst(indent))
            while body.last == " " { body.removeLast() }
            if body.isEmpty || body.hasPrefix(";") { continue }
            lines.append((indent, body, index + 1))
        }
        var at = 0
        while at < lines.count {
            let line = lines[at]
            let (head, value) = Self.firstWord(line.text)
            at += 1
            switch head {
            case "rules": result.rules += Self.block(lines, &at, below: line.indent)
            case "group": result.groups[value] = Self.block(lines, &at, below: line.indent)
            default:
                if line.indent > 0 { result.problems.append("line \(line.number): unexpected indentation") }
                result.directives.append((head, value))
            }
        }
        return result
    }

    private static func firstWord(_ text: String) -> (String, String) {
        guard let blank = text.firstIndex(of: " ") else { return (text, "") }
        return (String(text[..<blank]), String(text[text.index(after: blank)...].drop { $0 == " " }))
    }

    private static func block(
        _ lines: [(indent: Int, text: String, number: Int)], _ at: inout Int, below indent: Int
    ) -> [RuleLine] {
        var result: [RuleLine] = []
        while at < lines.count, lines[at].indent > indent {
            let line = lines[at]
            at += 1
            let children = block(lines, &at, below: line.indent)
            let parts = line.text.split(separator: "%", maxSplits: 1).map { String($0) }
            let pattern = CLIWords.strings(parts[0]).joined(separator: " ")
            result.append(
                RuleLine(
                    pattern: pattern, attributes: parts.count > 1 ? attributes(parts[1]) : [], children: children,
                    line: line.number))
        }
        return result
    }

    /// Splits `a b="c d" e=f` at blanks outside quotes, and takes the quotes off.
    private static func attributes(_ text: String) -> [String] {
        var result: [String] = []
        var word = ""
        var quoted = false
        for character in text {
            switch character {
            case "\"": quoted.toggle()
            case " " where !quoted:
                if !word.isEmpty { result.append(word) }
                word = ""
            default: word.append(character)
            }
        }
        if !word.isEmpty { result.append(word) }
        return result
    }

    /// A child dialect's lines laid over its parent's.
    static func overlay(_ parent: [RuleLine], _ child: [RuleLine]) -> [RuleLine] {
        var result = parent
        for line in child {
            if line.pattern.hasPrefix("- ") {
                result.removeAll { $0.pattern == line.pattern.dropFirst(2) }
            } else if let index = result.firstIndex(where: { $0.pattern == line.pattern }),
                !line.pattern.hasPrefix("use ")
            {
                if !line.attributes.isEmpty { result[index].attributes = line.attributes }
                result[index].children = overlay(result[index].children, line.children)
            } else {
                result.append(line)
            }
        }
        return result
    }

    /// Every dialect that ships.
    package static let all: [DialectSource] = [
        .frr, .ciscoIOS, .ciscoNXOS, .aristaEOS, .ciscoIOSXR, .juniperJunos, .nokiaSRLinux, .nokiaSROS, .vyos,
        .mikrotikRouterOS,
    ]

    static func named(_ name: String) -> DialectSource? { all.first { $0.name == name } }
}
