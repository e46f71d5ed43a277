internal import SourceDocuments

/// Reads a query by the grammar of RFC 9535 (appendix A).
struct JSONPathParser {
    private let text: String
    let scalars: [Unicode.Scalar]
    var index = 0
    private var depth = 0

    private static let maximumLength = 8_192
    private static let maximumDepth = 64
    /// §2.1: integers are those that I-JSON can hold exactly.
    private static let maximumInteger = 9_007_199_254_740_991

    init(_ text: String) {
        self.text = text
        scalars = Array(text.unicodeScalars)
    }

    mutating func parse() throws(JSONPathError) -> JSONPathQuery {
        guard scalars.count <= Self.maximumLength else {
            throw wrong("longer than \(Self.maximumLength) characters", "write a shorter query")
        }
        guard take("$") else { throw wrong("a query starts with $", "write, for example, $.peers.*.state") }
        let segments = try segments()
        guard index == scalars.count else { throw unexpected("the end, or a segment like .name or ['name']") }
        return JSONPathQuery(isRelative: false, segments: segments)
    }

    // MARK: Characters

    var next: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

    mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard next == scalar else { return false }
        index += 1
        return true
    }

    mutating func take(_ word: String) -> Bool {
        guard scalars[index...].starts(with: word.unicodeScalars) else { return false }
        index += word.unicodeScalars.count
        return true
    }

    mutating func skipSpace() {
        while let scalar = next, [" ", "\t", "\n", "\r"].contains(scalar) { index += 1 }
    }

    func wrong(_ what: String, _ remedy: String, at offset: Int? = nil) -> JSONPathError {
        JSONPathError(what: what, text: text, offset: offset ?? index, remedy: remedy)
    }

    func unexpected(_ expected: String) -> JSONPathError {
        let found = next.map { "“\($0)” is here" } ?? "the query ends here"
        return wrong("\(found), expected \(expected)", "correct the query (RFC 9535)")
    }

    // MARK: Segments

    mutating func segments() throws(JSONPathError) -> [JSONPathSegment] {
        var segments: [JSONPathSegment] = []
        while true {
            let start = index
            skipSpace()
            if take("[") {
                segments.append(JSONPathSegment(isDescendant: false, selectors: try bracketed()))
            } else if take("..") {
                let selectors = take("[") ? try bracketed() : [try shorthand()]
                segments.append(JSONPathSegment(isDescendant: true, selectors: selectors))
            } else if take(".") {
                segments.append(JSONPathSegment(isDescendant: false, selectors: [try shorthand()]))
            } else {
                index = start
                return segments
            }
        }
    }

    /// A wildcard or a member name without quotes, right behind the dots.
    private mutating func shorthand() throws(JSONPathError) -> JSONPathSelector {
        if take("*") { return .wildcard }
        let start = index
        while let scalar = next, Self.isNameCharacter(scalar, isFirst: index == start) { index += 1 }
        guard index > start else { throw unexpected("a name or * (quote other names: ['10.0.0.1'])") }
        return .name(String(String.UnicodeScalarView(scalars[start..<index])))
    }

    private static func isNameCharacter(_ scalar: Unicode.Scalar, isFirst: Bool) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "_", "\u{80}"...: true
        case "0"..."9": !isFirst
        default: false
        }
    }

    private mutating func bracketed() throws(JSONPathError) -> [JSONPathSelector] {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else {
            throw wrong("nested deeper than \(Self.maximumDepth)", "simplify the query")
        }
        var selectors: [JSONPathSelector] = []
        repeat {
            skipSpace()
            selectors.append(try selector())
            skipSpace()
        } while take(",")
        guard take("]") else { throw unexpected("“,” or “]”") }
        return selectors
    }

    private mutating func selector() throws(JSONPathError) -> JSONPathSelector {
        switch next {
        case "'", "\"": return .name(try string())
        case "*":
            index += 1
            return .wildcard
        case "?":
            index += 1
            skipSpace()
            return .filter(try disjunction())
        default: return try indexOrSlice()
        }
    }

    private mutating func indexOrSlice() throws(JSONPathError) -> JSONPathSelector {
        let start = try integer()
        let afterStart = index
        skipSpace()
        guard take(":") else {
            guard let start else { throw unexpected("a name in quotes, an index, a slice, * or a filter") }
            index = afterStart
            return .index(start)
        }
        skipSpace()
        let end = try integer()
        let afterEnd = index
        skipSpace()
        var step: Int?
        if take(":") {
            let afterColon = index
            skipSpace()
            step = try integer()
            if step == nil { index = afterColon }
        } else {
            index = afterEnd
        }
        return .slice(start: start, end: end, step: step ?? 1)
    }

    /// An integer without leading zeros; nil when there is none here.
    private mutating func integer() throws(JSONPathError) -> Int? {
        let start = index
        let isNegative = take("-")
        while let scalar = next, "0"..."9" ~= scalar { index += 1 }
        let digits = String(String.UnicodeScalarView(scalars[(isNegative ? start + 1 : start)..<index]))
        guard !digits.isEmpty else {
            guard !isNegative else { throw unexpected("a digit") }
            return nil
        }
        guard digits == "0" ? !isNegative : !digits.hasPrefix("0") else {
            throw wrong("integers have no leading zeros, and no -0", "write it without", at: start)
        }
        guard let number = Int(digits), number <= Self.maximumInteger else {
            throw wrong("the integer is too big", "stay within ±(2⁵³ − 1)", at: start)
        }
        return isNegative ? -number : number
    }

    // MARK: Strings

    mutating func string() throws(JSONPathError) -> String {
        let start = index
        guard let quote = next else { throw unexpected("a text") }
        index += 1
        var result = String.UnicodeScalarView()
        while let scalar = next {
            index += 1
            switch scalar {
            case quote: return String(result)
            case "\\": result.append(try escape(quote))
            case "\u{0}"..."\u{1F}":
                throw wrong("a control character inside a text", "write it as an escape", at: index - 1)
            default: result.append(scalar)
            }
        }
        throw wrong("the quote is not closed", "add \(quote)", at: start)
    }

    private mutating func escape(_ quote: Unicode.Scalar) throws(JSONPathError) -> Unicode.Scalar {
        guard let scalar = next else { throw unexpected("an escape") }
        index += 1
        switch scalar {
        case "b": return "\u{8}"
        case "f": return "\u{C}"
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "/", "\\", quote: return scalar
        case "u":
            var code = try codeUnit()
            if (0xD800..<0xDC00).contains(code), take("\\u") {
                let low = try codeUnit()
                guard (0xDC00..<0xE000).contains(low) else {
                    throw wrong("half of a surrogate pair", "write both halves")
                }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let result = Unicode.Scalar(code) else {
                throw wrong("half of a surrogate pair", "write both halves")
            }
            return result
        default: throw wrong("\\\(scalar) is no escape", "write \\\\ for a backslash", at: index - 2)
        }
    }

    private mutating func codeUnit() throws(JSONPathError) -> UInt32 {
        let digits = scalars[index...].prefix(4)
        guard digits.count == 4, digits.allSatisfy(\.properties.isASCIIHexDigit),
            let unit = UInt32(String(String.UnicodeScalarView(digits)), radix: 16)
        else { throw unexpected("four hexadecimal digits") }
        index += 4
        return unit
    }
}

extension JSONPathParser {
    // MARK: Filters

    mutating func disjunction() throws(JSONPathError) -> JSONPathCondition {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else {
            throw wrong("nested deeper than \(Self.maximumDepth)", "simplify the query")
        }
        var parts = [try conjunction()]
        while takeOperator("||") { parts.append(try conjunction()) }
        return parts.count == 1 ? parts[0] : .or(parts)
    }

    private mutating func conjunction() throws(JSONPathError) -> JSONPathCondition {
        var parts = [try basic()]
        while takeOperator("&&") { parts.append(try basic()) }
        return parts.count == 1 ? parts[0] : .and(parts)
    }

    /// Takes an operator with the space around it, or nothing at all.
    private mutating func takeOperator(_ word: String) -> Bool {
        let start = index
        skipSpace()
        guard take(word) else {
            index = start
            return false
        }
        skipSpace()
        return true
    }

    private mutating func basic() throws(JSONPathError) -> JSONPathCondition {
        let start = index
        let isNegated = take("!")
        if isNegated { skipSpace() }
        if take("(") {
            skipSpace()
            let inner = try disjunction()
            skipSpace()
            guard take(")") else { throw unexpected("“)”") }
            return isNegated ? .not(inner) : inner
        }
        let operand = try operand()
        let end = index
        skipSpace()
        for comparison in JSONPathComparison.allCases where take(comparison.rawValue) {
            guard !isNegated else {
                throw wrong("! stands before a comparison", "put the comparison in parentheses", at: start)
            }
            skipSpace()
            let right = index
            let other = try self.operand()
            try requireValue(operand, at: start)
            try requireValue(other, at: right)
            return .comparison(operand, comparison, other)
        }
        index = end
        let test = try test(operand, at: start)
        return isNegated ? .not(test) : test
    }

    private func test(_ operand: JSONPathOperand, at start: Int) throws(JSONPathError) -> JSONPathCondition {
        switch operand {
        case .query(let query): return .exists(query)
        case .literal: throw wrong("a literal alone is no condition", "compare it with something", at: start)
        case .call(let call):
            guard !call.givesValue else {
                throw wrong("the function gives a value, not a condition", "compare it with something", at: start)
            }
            return .test(call)
        }
    }

    private func requireValue(_ operand: JSONPathOperand, at offset: Int) throws(JSONPathError) {
        switch operand {
        case .literal: return
        case .query(let query):
            guard query.isSingular else {
                throw wrong(
                    "this query may select many nodes and cannot be compared",
                    "use names and indexes only, or count(…)", at: offset)
            }
        case .call(let call):
            guard call.givesValue else {
                throw wrong(
                    "match and search give a condition and cannot be compared", "remove the comparison", at: offset)
            }
        }
    }

    private mutating func operand() throws(JSONPathError) -> JSONPathOperand {
        switch next {
        case "@", "$":
            let isRelative = next == "@"
            index += 1
            return .query(JSONPathQuery(isRelative: isRelative, segments: try segments()))
        case "'", "\"": return .literal(.string(try string()))
        case "-": return .literal(try number())
        case let digit? where "0"..."9" ~= digit: return .literal(try number())
        default: break
        }
        let start = index
        while let scalar = next, "a"..."z" ~= scalar || (index > start && ("0"..."9" ~= scalar || scalar == "_")) {
            index += 1
        }
        let word = String(String.UnicodeScalarView(scalars[start..<index]))
        if next == "(" { return .call(try call(word, at: start)) }
        switch word {
        case "true": return .literal(.bool(true))
        case "false": return .literal(.bool(false))
        case "null": return .literal(.null)
        default:
            index = start
            throw unexpected("@, $, a literal or a function")
        }
    }

    private mutating func number() throws(JSONPathError) -> PlainValue {
        let start = index
        _ = take("-")
        let whole = try digits()
        guard whole == "0" || !whole.hasPrefix("0") else {
            throw wrong("numbers have no leading zeros", "write it without", at: start)
        }
        var isWhole = true
        if take(".") {
            isWhole = false
            _ = try digits()
        }
        if take("e") || take("E") {
            isWhole = false
            if !take("+") { _ = take("-") }
            _ = try digits()
        }
        let text = String(String.UnicodeScalarView(scalars[start..<index]))
        if isWhole, let number = Int128(text) { return .int(number) }
        guard let number = Double(text), number.isFinite else {
            throw wrong("the number is too big", "write a smaller one", at: start)
        }
        return .double(number)
    }

    private mutating func digits() throws(JSONPathError) -> String {
        let start = index
        while let scalar = next, "0"..."9" ~= scalar { index += 1 }
        guard index > start else { throw unexpected("a digit") }
        return String(String.UnicodeScalarView(scalars[start..<index]))
    }

    // MARK: Functions (§2.4)

    private mutating func call(_ name: String, at start: Int) throws(JSONPathError) -> JSONPathCall {
        let known = ["count", "length", "match", "search", "value"]
        guard known.contains(name) else {
            throw wrong("there is no function \(name)", "use \(known.joined(separator: ", "))", at: start)
        }
        index += 1
        var arguments: [(operand: JSONPathOperand, offset: Int)] = []
        skipSpace()
        if !take(")") {
            repeat {
                skipSpace()
                let offset = index
                arguments.append((try operand(), offset))
                skipSpace()
            } while take(",")
            guard take(")") else { throw unexpected("“,” or “)”") }
        }
        let expected = name == "match" || name == "search" ? 2 : 1
        guard arguments.count == expected else {
            throw wrong(
                "\(name) takes \(expected) argument\(expected == 1 ? "" : "s"), here are \(arguments.count)",
                "correct the call", at: start)
        }
        let first = arguments[0]
        switch name {
        case "count", "value":
            guard case .query(let query) = first.operand else {
                throw wrong("\(name) takes a query", "write, for example, \(name)(@.*)", at: first.offset)
            }
            return name == "count" ? .count(query) : .value(query)
        case "length":
            try requireValue(first.operand, at: first.offset)
            return .length(first.operand)
        default:
            try requireValue(first.operand, at: first.offset)
            try requireValue(arguments[1].operand, at: arguments[1].offset)
            let pattern = try pattern(arguments[1].operand, at: arguments[1].offset)
            return name == "match" ? .match(first.operand, pattern) : .search(first.operand, pattern)
        }
    }

    private func pattern(_ operand: JSONPathOperand, at offset: Int) throws(JSONPathError) -> JSONPathPattern {
        guard case .literal(.string(let text)) = operand else { return .dynamic(operand) }
        guard let pattern = IRegexp(text) else {
            throw wrong(
                "“\(text)” is no I-Regexp (RFC 9485)",
                "use [0-9] for \\d, [A-Za-z0-9_] for \\w, plain groups, and \\\\ before special characters", at: offset)
        }
        return .compiled(pattern)
    }
}
