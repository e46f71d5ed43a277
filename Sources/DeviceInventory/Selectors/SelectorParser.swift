internal import SourceDocuments
internal import TextPatterns

/// Reads the selector language by recursive descent.
///
///     selector = and { "or" and } ;  and = not { "and" not } ;  not = [ "not" ] primary
struct SelectorParser {
    private let scalars: [Unicode.Scalar]
    private let keys: [String]
    private var index = 0
    private var depth = 0

    private static let maximumLength = 4_096
    private static let maximumDepth = 64

    init(_ text: String, keys: [String]) {
        scalars = Array(text.unicodeScalars)
        self.keys = keys
    }

    mutating func parse() throws(DeviceSelector.SyntaxError) -> DeviceSelector.Expression {
        guard scalars.count <= Self.maximumLength else {
            throw wrong(
                "selector-too-long", "the selector has \(scalars.count) characters, limit \(Self.maximumLength)", 0,
                "use a group")
        }
        skipSpace()
        guard index < scalars.count else {
            throw wrong("selector-syntax", "the selector is empty", 0, "write `all`, or a term like role:edge")
        }
        let expression = try alternatives()
        guard index == scalars.count else {
            let what =
                scalars[index] == ")" ? "“)” closes nothing" : "“\(rest())” is here, expected `and`, `or` or the end"
            throw wrong(
                "selector-syntax", what, index, "join terms with `and` or `or`; put values with spaces in quotes")
        }
        return expression
    }

    // MARK: Grammar

    private mutating func alternatives() throws(DeviceSelector.SyntaxError) -> DeviceSelector.Expression {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else {
            throw wrong("selector-too-deep", "nested deeper than \(Self.maximumDepth)", index, "use a group")
        }
        var parts = [try conjunction()]
        while takeWord("or") { parts.append(try conjunction()) }
        return parts.count == 1 ? parts[0] : .or(parts)
    }

    private mutating func conjunction() throws(DeviceSelector.SyntaxError) -> DeviceSelector.Expression {
        var parts = [try negation()]
        while takeWord("and") { parts.append(try negation()) }
        return parts.count == 1 ? parts[0] : .and(parts)
    }

    private mutating func negation() throws(DeviceSelector.SyntaxError) -> DeviceSelector.Expression {
        var isNegated = false
        while takeWord("not") { isNegated.toggle() }
        let primary = try primary()
        return isNegated ? .not(primary) : primary
    }

    private mutating func primary() throws(DeviceSelector.SyntaxError) -> DeviceSelector.Expression {
        skipSpace()
        guard index < scalars.count else {
            throw wrong(
                "selector-syntax", "the selector ends where a term is expected", index,
                "complete it with a term like role:edge")
        }
        if scalars[index] == "(" {
            let open = index
            index += 1
            let inner = try alternatives()
            skipSpace()
            guard index < scalars.count, scalars[index] == ")" else {
                throw wrong("selector-syntax", "the parenthesis is not closed", open, "add `)`")
            }
            index += 1
            skipSpace()
            return inner
        }
        if takeWord("all") { return .all }
        return .term(try term())
    }

    private mutating func term() throws(DeviceSelector.SyntaxError) -> DeviceSelector.Term {
        let start = index
        while index < scalars.count, Self.isKey(scalars[index]) { index += 1 }
        let key = text(start..<index)
        guard !key.isEmpty, index < scalars.count, scalars[index] == ":" else {
            let known = keys.contains(key) ? "write \(key):VALUE" : "write a term like role:edge or name:~^ams-"
            let shown = key.isEmpty ? rest() : key
            throw wrong("selector-syntax", "“\(shown)” is no term", start, known)
        }
        guard keys.contains(key) else {
            let meant = ClosestWord.find(key, among: keys).map { "did you mean `\($0)`? " } ?? ""
            throw wrong(
                "selector-unknown-key", "`\(key)` is no key of a selector", start,
                meant + "Known keys: \(keys.sorted().joined(separator: ", ")); declare more in site.yaml under `fields`"
            )
        }
        index += 1
        if index < scalars.count, scalars[index] == "~" {
            index += 1
            return .init(key: key, test: try pattern(), keyOffset: start, valueOffset: index)
        }
        let valueStart = index
        let value = try index < scalars.count && scalars[index] == "\"" ? quoted() : word()
        return .init(key: key, test: .equals(value), keyOffset: start, valueOffset: valueStart)
    }

    private mutating func word() throws(DeviceSelector.SyntaxError) -> String {
        let start = index
        while index < scalars.count, !Self.isSpace(scalars[index]), !["(", ")", "\""].contains(scalars[index]) {
            index += 1
        }
        let word = text(start..<index)
        guard !word.isEmpty else {
            throw wrong("selector-syntax", "a value is missing here", start, "write the value right behind the colon")
        }
        skipSpace()
        return word
    }

    private mutating func quoted() throws(DeviceSelector.SyntaxError) -> String {
        let open = index
        var value = String.UnicodeScalarView()
        index += 1
        while index < scalars.count {
            let scalar = scalars[index]
            index += 1
            if scalar == "\"" {
                skipSpace()
                return String(value)
            }
            if scalar == "\\", index < scalars.count, scalars[index] == "\"" {
                value.append("\"")
                index += 1
            } else {
                value.append(scalar)
            }
        }
        throw wrong("selector-syntax", "the quote is not closed", open, "add `\"`")
    }

    /// A pattern without quotes ends at white space or at a `)` that it did not open itself.
    private mutating func pattern() throws(DeviceSelector.SyntaxError) -> DeviceSelector.Test {
        let start = index
        let isQuoted = index < scalars.count && scalars[index] == "\""
        let source = isQuoted ? try quoted() : barePattern()
        guard !source.isEmpty else {
            throw wrong(
                "selector-syntax", "a pattern is missing here", start, "write a regular expression right behind the ~")
        }
        do { return .matches(try TextPattern(source)) } catch {
            throw wrong(
                "selector-pattern", "the regular expression is wrong: \(error.what)",
                start + (isQuoted ? 1 : 0) + (error.offset ?? 0), error.remedy)
        }
    }

    private mutating func barePattern() -> String {
        let start = index
        var open = 0
        while index < scalars.count, !Self.isSpace(scalars[index]) {
            switch scalars[index] {
            case "\\": index += 1
            case "(": open += 1
            case ")" where open == 0: return finish(start)
            case ")": open -= 1
            default: break
            }
            index = min(index + 1, scalars.count)
        }
        return finish(start)
    }

    private mutating func finish(_ start: Int) -> String {
        let source = text(start..<index)
        skipSpace()
        return source
    }

    // MARK: Characters

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace }

    private static func isKey(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || "0"..."9" ~= scalar || scalar == "-" || scalar == "_"
    }

    private mutating func skipSpace() {
        while index < scalars.count, Self.isSpace(scalars[index]) { index += 1 }
    }

    /// Takes a keyword, unless it is the key of a term.
    private mutating func takeWord(_ word: String) -> Bool {
        skipSpace()
        let end = index + word.unicodeScalars.count
        guard end <= scalars.count, text(index..<end) == word else { return false }
        if end < scalars.count, Self.isKey(scalars[end]) || scalars[end] == ":" { return false }
        index = end
        skipSpace()
        return true
    }

    private func text(_ range: Range<Int>) -> String { String(String.UnicodeScalarView(scalars[range])) }

    private func rest() -> String { text(index..<min(index + 20, scalars.count)) }

    private func wrong(_ code: String, _ what: String, _ offset: Int, _ remedy: String) -> DeviceSelector.SyntaxError {
        DeviceSelector.SyntaxError(code: code, what: what, offset: offset, remedy: remedy)
    }
}
