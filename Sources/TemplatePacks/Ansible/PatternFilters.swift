import JinjaTemplates
import Synchronization
import TextPatterns

/// Python's regular expressions on PCRE2, with limits; compiled patterns are kept.
enum PythonPattern {
    private struct Key: Hashable {
        var source: String
        var options: TextPattern.Options
    }
    private static let cache = Mutex<[Key: TextPattern]>([:])

    static func compile(
        _ source: String, ignoreCase: Bool = false, multiline: Bool = false, dotAll: Bool = false
    ) throws(EvaluationError) -> TextPattern {
        var options: TextPattern.Options = []
        if ignoreCase { options.insert(.caseInsensitive) }
        if multiline { options.insert(.multiline) }
        if dotAll { options.insert(.dotMatchesLineEnds) }
        let key = Key(source: source, options: options)
        if let known = cache.withLock({ $0[key] }) { return known }
        let pattern: TextPattern
        do {
            pattern = try TextPattern(translated(source), options: options)
        } catch {
            throw EvaluationError(.hostError, "invalid regular expression: \(error)", typeName: "PatternError")
        }
        cache.withLock { cache in
            // Patterns come from templates, of which there are few; data that makes patterns must not fill memory.
            if cache.count > 500 { cache.removeAll() }
            cache[key] = pattern
        }
        return pattern
    }

    /// What differs between the dialects: `\Z` is the very end in Python.
    private static func translated(_ source: String) -> String {
        var result = ""
        var isEscaped = false
        for character in source {
            if isEscaped {
                result += character == "Z" ? "\\z" : "\\" + String(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else {
                result.append(character)
            }
        }
        return isEscaped ? result + "\\" : result
    }

    static func failure(_ error: TextPatternError) -> EvaluationError {
        EvaluationError(.limitExceeded, "\(error)")
    }

    static func matches(_ pattern: TextPattern, _ bytes: [UInt8]) throws(EvaluationError) -> [TextMatch] {
        do { return try pattern.allMatches(in: bytes) } catch { throw failure(error) }
    }

    static func first(_ pattern: TextPattern, _ bytes: [UInt8], anchored: Bool = false) throws(EvaluationError)
        -> TextMatch?
    {
        do { return try pattern.firstMatch(in: bytes, anchored: anchored) } catch { throw failure(error) }
    }

    /// A replacement with `\1`, `\g<name>` and the usual escapes.
    static func expand(_ template: String, _ match: TextMatch, _ bytes: [UInt8]) throws(EvaluationError) -> [UInt8] {
        var result: [UInt8] = []
        let source = Array(template.utf8)
        var index = 0
        func group(_ name: String) throws(EvaluationError) -> [UInt8] {
            let text: String?
            if let number = Int(name) {
                guard number < match.groups.count + 1 else {
                    throw EvaluationError(.hostError, "invalid group reference \(number)", typeName: "PatternError")
                }
                text = match.text(number, in: bytes)
            } else {
                text = match.text(name, in: bytes)
            }
            return Array((text ?? "").utf8)
        }
        while index < source.count {
            guard source[index] == 0x5C, index + 1 < source.count else {
                result.append(source[index])
                index += 1
                continue
            }
            let mark = source[index + 1]
            index += 2
            switch mark {
            case 0x67 where index < source.count && source[index] == 0x3C:
                guard let end = source[index...].firstIndex(of: 0x3E) else { continue }
                result += try group(String(decoding: source[(index + 1)..<end], as: UTF8.self))
                index = end + 1
            case 0x30...0x39:
                var digits = String(UnicodeScalar(mark))
                if index < source.count, source[index] >= 0x30, source[index] <= 0x39 {
                    digits.unicodeScalars.append(UnicodeScalar(source[index]))
                    index += 1
                }
                result += try group(digits)
            case 0x6E: result.append(0x0A)
            case 0x74: result.append(0x09)
            case 0x72: result.append(0x0D)
            case 0x5C: result.append(0x5C)
            default:
                result.append(0x5C)
                result.append(mark)
            }
        }
        return result
    }
}

/// `regex_*` filters, and the tests `match`, `search` and `regex`.
enum PatternFilters {
    /// Text of a value; null is empty text, as Ansible's own conversion has it.
    private static func bytes(_ value: TemplateValue, _ state: RenderState) throws(EvaluationError) -> [UInt8] {
        Array(try state.string(value).utf8)
    }
    /// The pattern's text; Python takes nothing else for one.
    private static func patternText(_ value: TemplateValue) throws(EvaluationError) -> String {
        guard let text = value.string else {
            throw EvaluationError(.typeError, "first argument must be string or compiled pattern")
        }
        return text
    }

    private static func flag(_ value: TemplateValue?, _ state: RenderState) throws(EvaluationError) -> Bool {
        guard let value else { return false }
        return try state.truth(value)
    }

    static let filters: [String: TemplateFunction] = [
        "regex_replace": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind(
                "regex_replace",
                ["value", "pattern", "replacement", "ignorecase", "multiline", "count", "mandatory_count"], required: 1)
            let pattern = try PythonPattern.compile(
                try patternText(bound[1, fallback: .emptyText]), ignoreCase: try flag(bound[3], state),
                multiline: try flag(bound[4], state))
            let text = try bytes(arguments[0], state)
            let replacement = try state.string(bound[2, fallback: .emptyText])
            var limit = Int.max
            if case .int(let count)? = bound[5], count > 0 { limit = count }
            let found = try PythonPattern.matches(pattern, text).prefix(limit)
            if case .int(let wanted)? = bound[6], wanted > 0, found.count != wanted {
                throw AddressQuery.failure(
                    "'\(pattern.source)' should match \(wanted) times, but matches \(found.count) times")
            }
            var result: [UInt8] = []
            var start = 0
            for match in found {
                result += text[start..<match.range.lowerBound]
                result += try PythonPattern.expand(replacement, match, text)
                start = match.range.upperBound
                try state.checkText(bytes: result.count >> 6)
            }
            result += text[start...]
            try state.checkText(bytes: result.count)
            return .bytes(result)
        },
        "regex_search": { (arguments, state) throws(EvaluationError) in
            guard arguments.count >= 2 else {
                throw EvaluationError(.typeError, "regex_search() missing 1 required positional argument: 'regex'")
            }
            let pattern = try PythonPattern.compile(
                try patternText(arguments[1]), ignoreCase: try flag(arguments.keyword("ignorecase"), state),
                multiline: try flag(arguments.keyword("multiline"), state))
            let text = try bytes(arguments[0], state)
            var groups: [String] = []
            for index in 2..<max(2, arguments.count) {
                let wanted = try state.string(arguments[index])
                if wanted.hasPrefix("\\g<"), wanted.hasSuffix(">") {
                    groups.append(String(wanted.dropFirst(3).dropLast()))
                } else if wanted.hasPrefix("\\"), Int(wanted.dropFirst()) != nil {
                    groups.append(String(wanted.dropFirst()))
                } else {
                    throw AddressQuery.failure("Unknown argument")
                }
            }
            guard let match = try PythonPattern.first(pattern, text) else { return TemplateValue.none }
            if groups.isEmpty { return .string(match.text(0, in: text) ?? "") }
            return .list(
                groups.map { name in
                    let found = Int(name).map { match.text($0, in: text) } ?? match.text(name, in: text)
                    return found.map { .string($0) } ?? .none
                })
        },
        "regex_findall": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("regex_findall", ["value", "regex", "multiline", "ignorecase"], required: 2)
            let pattern = try PythonPattern.compile(
                try patternText(bound[1, fallback: .none]), ignoreCase: try flag(bound[3], state),
                multiline: try flag(bound[2], state))
            let text = try bytes(arguments[0], state)
            return .list(
                try PythonPattern.matches(pattern, text).map { match in
                    func group(_ number: Int) -> TemplateValue { .string(match.text(number, in: text) ?? "") }
                    switch pattern.groupCount {
                    case 0: return group(0)
                    case 1: return group(1)
                    case let count: return .tuple((1...count).map(group))
                    }
                })
        },
        "regex_escape": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("regex_escape", ["string", "re_type"], required: 1)
            if let kind = bound[1], !["python", "posix_basic"].contains(kind.string ?? "") {
                throw AddressQuery.failure("Invalid regex type (\(try state.string(kind)))")
            }
            let special = Set(
                (bound[1]?.string == "posix_basic" ? "$^.[]*\\" : "()[]{}?*+-|^$\\.&~# \t\n\r\u{B}\u{C}").unicodeScalars
            )
            var result = ""
            for scalar in try state.string(arguments[0]).unicodeScalars {
                if special.contains(scalar) { result += "\\" }
                result.unicodeScalars.append(scalar)
            }
            return .string(result)
        },
    ]

    private enum Kind {
        case match, search, regex
    }

    private static func test(_ kind: Kind) -> TemplateFunction {
        { (arguments, state) throws(EvaluationError) in
            let names =
                kind == .regex
                ? ["value", "pattern", "ignorecase", "multiline", "match_type"]
                : ["value", "pattern", "ignorecase", "multiline"]
            let bound = try arguments.bind("regex", names, required: 1)
            let pattern = try PythonPattern.compile(
                try patternText(bound[1, fallback: .emptyText]), ignoreCase: try flag(bound[2], state),
                multiline: try flag(bound[3], state))
            let text = try bytes(arguments[0], state)
            let anchored = kind == .match || (kind == .regex && bound[4]?.string == "match")
            return .bool(try PythonPattern.first(pattern, text, anchored: anchored) != nil)
        }
    }
    static let tests: [String: TemplateFunction] = [
        "match": test(.match), "search": test(.search), "regex": test(.regex),
    ]
}
