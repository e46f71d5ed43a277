/// Reads one expression, checks what Python checks, and writes the PCRE2 form as it goes.
struct PythonExpressionParser {
    /// What is known of a part of the expression.
    struct Piece {
        /// Least and greatest number of characters it matches; `.max` is no bound.
        var minimum = 0
        var maximum = 0
        /// ASCII bytes it can begin with.
        var first = ASCIISet.none
        /// Whether it can match at the start of a line that is not empty and take none of it.
        var mayBeEmpty = true

        func followed(by next: Piece) -> Piece {
            Piece(
                minimum: Self.sum(minimum, next.minimum), maximum: Self.sum(maximum, next.maximum),
                first: mayBeEmpty ? first.union(next.first) : first, mayBeEmpty: mayBeEmpty && next.mayBeEmpty)
        }

        func or(_ other: Piece) -> Piece {
            Piece(
                minimum: min(minimum, other.minimum), maximum: max(maximum, other.maximum),
                first: first.union(other.first), mayBeEmpty: mayBeEmpty || other.mayBeEmpty)
        }

        func repeated(_ least: Int, _ most: Int) -> Piece {
            Piece(
                minimum: Self.product(minimum, least), maximum: Self.product(maximum, most),
                first: most == 0 ? .none : first, mayBeEmpty: least == 0 || mayBeEmpty)
        }

        private static func sum(_ a: Int, _ b: Int) -> Int { a.addingReportingOverflow(b).overflow ? .max : a + b }
        private static func product(_ a: Int, _ b: Int) -> Int {
            if a == 0 || b == 0 { return 0 }
            return a.multipliedReportingOverflow(by: b).overflow ? .max : a * b
        }
    }

    /// What a quantifier may follow.
    enum LastItem { case none, position, repetition, item }

    struct Flags {
        var ignoresCase = false
        var isVerbose = false
        var isASCII = false
        var isMultiline = false
        var dotMatchesAll = false
    }

    private struct OpenParenthesis {
        var offset: Int
        var group: Int
        var name: String?
    }

    let source: String
    let scalars: [Unicode.Scalar]
    let subject: PythonExpression.Subject
    var index = 0
    var flags = Flags()
    var needsAnySubject = false
    private(set) var output: [UInt8] = []
    private var parentheses: [OpenParenthesis] = []
    private var hasReferences = false
    private(set) var groupCount = 0
    private var names: [String: Int] = [:]
    /// Width of each closed group, by number.
    private var widths: [Int: Piece] = [:]
    /// Per enclosing lookbehind, how many groups there were when it began.
    private var lookbehindStarts: [Int] = []
    /// Groups that conditions ask for before they are known to exist.
    private var laterGroups: [(group: Int, offset: Int)] = []
    private var depth = 0

    init(_ source: String, _ subject: PythonExpression.Subject) {
        self.source = source
        self.subject = subject
        scalars = Array(source.unicodeScalars)
        needsAnySubject = !scalars.allSatisfy { $0.isASCII }
    }

    mutating func parse() throws(TextPatternError) -> Piece {
        let piece = try alternatives(isFirst: true)
        if index < scalars.count { throw wrong("unbalanced parenthesis", at: index) }
        for later in laterGroups where later.group > groupCount {
            throw wrong("invalid group reference \(later.group)", at: later.offset)
        }
        return piece
    }

    /// The PCRE2 form: parentheses nobody refers to lose their number.
    func written() -> (pcre: String, names: [PythonExpression.Name], groups: Int) {
        var (result, from, count) = ([UInt8](), 0, 0)
        var found: [PythonExpression.Name] = []
        for parenthesis in parentheses {
            result += output[from...parenthesis.offset]
            from = parenthesis.offset + 1
            if parenthesis.name == nil, !hasReferences {
                result += "?:".utf8
            } else {
                count += 1
                if let name = parenthesis.name { found.append(.init(name: name, group: count)) }
            }
        }
        result += output[from...]
        return (String(decoding: result, as: UTF8.self), found, count)
    }

    // MARK: Structure

    private mutating func alternatives(isFirst: Bool = false) throws(TextPatternError) -> Piece {
        var piece = try sequence(isFirst: isFirst)
        while take("|") {
            write("|")
            piece = piece.or(try sequence())
        }
        return piece
    }

    private mutating func sequence(isFirst: Bool = false) throws(TextPatternError) -> Piece {
        var whole = Piece()
        // The item a quantifier would belong to is not yet part of `whole`.
        var (item, last, isEmpty) = (Piece(), LastItem.none, true)
        while index < scalars.count {
            let scalar = scalars[index]
            if scalar == "|" || scalar == ")" { break }
            if flags.isVerbose, skipVerbose() { continue }
            if scalar == "*" || scalar == "+" || scalar == "?" || scalar == "{" {
                let start = index
                if let (least, most) = try quantifier() {
                    switch last {
                    case .none, .position: throw wrong("nothing to repeat", at: start)
                    case .repetition: throw wrong("multiple repeat", at: start)
                    case .item: break
                    }
                    try writeQuantifier(least, most, at: start)
                    (item, last) = (item.repeated(least, most), .repetition)
                    continue
                }
            }
            guard let (next, kind) = try self.item(isFirst: isFirst && isEmpty) else { continue }
            whole = whole.followed(by: item)
            (item, last, isEmpty) = (next, kind, false)
        }
        return whole.followed(by: item)
    }

    private mutating func skipVerbose() -> Bool {
        let scalar = scalars[index]
        if 0x09...0x0D ~= scalar.value || scalar == " " {
            index += 1
            return true
        }
        guard scalar == "#" else { return false }
        while index < scalars.count, scalars[index] != "\n" { index += 1 }
        return true
    }

    /// The bounds of a quantifier; nil when a brace is only a brace.
    private mutating func quantifier() throws(TextPatternError) -> (Int, Int)? {
        let start = index
        index += 1
        switch scalars[start] {
        case "?": return (0, 1)
        case "*": return (0, .max)
        case "+": return (1, .max)
        default: break
        }
        if peek == "}" {
            index = start
            return nil
        }
        let low = digits()
        let high = take(",") ? digits() : low
        guard take("}") else {
            index = start
            return nil
        }
        guard let least = low.isEmpty ? 0 : Int(low), let most = high.isEmpty ? Int.max : Int(high) else {
            throw wrong("the repetition number is too large", at: start)
        }
        guard least <= most else { throw wrong("min repeat greater than max repeat", at: start) }
        return (least, most)
    }

    /// Most repetitions PCRE2 counts to.
    private static let maximumRepetitions = 65_535

    private mutating func writeQuantifier(_ least: Int, _ most: Int, at start: Int) throws(TextPatternError) {
        guard least <= Self.maximumRepetitions, most == .max || most <= Self.maximumRepetitions else {
            throw TextPatternError(
                .notSupported, what: "more than \(Self.maximumRepetitions) repetitions", pattern: source, offset: start,
                remedy: "write {n,} or a smaller number")
        }
        switch (least, most) {
        case (0, 1): write("?")
        case (0, .max): write("*")
        case (1, .max): write("+")
        case (_, .max): write("{\(least),}")
        default: write(least == most ? "{\(least)}" : "{\(least),\(most)}")
        }
        if take("?") { write("?") } else if take("+") { write("+") }
    }

    // MARK: Items

    /// One item; nil for what takes no place (comments, flags).
    private mutating func item(isFirst: Bool) throws(TextPatternError) -> (Piece, LastItem)? {
        let scalar = scalars[index]
        switch scalar {
        case "\\": return try escape()
        case "[": return (try set(), .item)
        case "(": return try group(isFirst: isFirst).map { ($0, .item) }
        case ".":
            index += 1
            write(".")
            let first = flags.dotMatchesAll ? ASCIISet.all : ASCIISet { $0 != 0x0A }
            return (Piece(minimum: 1, maximum: 1, first: first, mayBeEmpty: false), .item)
        case "^":
            index += 1
            write("^")
            return (Piece(), .position)
        case "$":
            index += 1
            write("$")
            return (Piece(mayBeEmpty: false), .position)
        default:
            index += 1
            return (literal(scalar), .item)
        }
    }

    mutating func literal(_ scalar: Unicode.Scalar) -> Piece {
        writeLiteral(scalar)
        var first = ASCIISet.none
        if scalar.isASCII { first.insert(UInt8(scalar.value)) }
        return Piece(
            minimum: 1, maximum: 1, first: flags.ignoresCase ? first.withBothCases : first, mayBeEmpty: false)
    }

    // MARK: Groups

    private mutating func group(isFirst: Bool) throws(TextPatternError) -> Piece? {
        let start = index
        depth += 1
        defer { depth -= 1 }
        guard depth <= PythonExpression.maximumDepth else {
            throw TextPatternError(
                .patternTooBig, what: "groups nested deeper than \(PythonExpression.maximumDepth)", pattern: source,
                offset: index, remedy: "split the pattern")
        }
        index += 1
        guard take("?") else { return try capturing(nil, start) }
        guard let mark = next() else { throw wrong("unexpected end of pattern", at: index) }
        switch mark {
        case "P": return try named(start)
        case ":":
            write("(?:")
            return try content(start)
        case ">":
            write("(?>")
            return try content(start)
        case "#":
            while let scalar = next() {
                if scalar == ")" { return nil }
            }
            throw wrong("missing ), unterminated comment", at: start)
        case "=", "!":
            write("(?" + String(mark))
            _ = try content(start)
            return Piece()
        case "<":
            guard let direction = next() else { throw wrong("unexpected end of pattern", at: index) }
            guard direction == "=" || direction == "!" else {
                throw wrong("unknown extension ?<\(direction); a name is written (?P<name>…)", at: start + 1)
            }
            write("(?<" + String(direction))
            lookbehindStarts.append(groupCount)
            let width = try content(start)
            lookbehindStarts.removeLast()
            guard width.minimum == width.maximum else {
                throw wrong("look-behind requires fixed-width pattern", at: start)
            }
            return Piece()
        case "(": return try conditional(start)
        default:
            guard mark == "-" || "aiLmsux".unicodeScalars.contains(mark) else {
                throw wrong("unknown extension ?\(mark)", at: start + 1)
            }
            index -= 1
            return try flagged(start, isFirst: isFirst)
        }
    }

    private mutating func named(_ start: Int) throws(TextPatternError) -> Piece {
        if take("<") {
            let name = try until(">", "group name")
            guard Self.isIdentifier(name) else { throw wrong("bad character in group name '\(name)'", at: start + 4) }
            guard names[name] == nil else { throw wrong("redefinition of group name '\(name)'", at: start + 4) }
            return try capturing(name, start)
        }
        guard take("=") else { throw wrong("unknown extension ?P", at: start + 1) }
        let name = try until(")", "group name")
        guard let group = names[name] else { throw wrong("unknown group name '\(name)'", at: start + 4) }
        return try reference(to: group, start)
    }

    private mutating func capturing(_ name: String?, _ start: Int) throws(TextPatternError) -> Piece {
        groupCount += 1
        let number = groupCount
        if let name { names[name] = number }
        parentheses.append(.init(offset: output.count, group: number, name: name))
        write("(")
        let piece = try content(start)
        widths[number] = piece
        return piece
    }

    private mutating func content(_ start: Int) throws(TextPatternError) -> Piece {
        let outer = flags
        let piece = try alternatives()
        flags = outer
        guard take(")") else { throw wrong("missing ), unterminated subpattern", at: start) }
        write(")")
        return piece
    }

    mutating func reference(to group: Int, _ start: Int) throws(TextPatternError) -> Piece {
        guard let width = widths[group] else { throw wrong("cannot refer to an open group", at: start) }
        try checkLookbehind(group, start)
        hasReferences = true
        write("\\g{\(group)}")
        return Piece(minimum: width.minimum, maximum: width.maximum, first: .all, mayBeEmpty: true)
    }

    private func checkLookbehind(_ group: Int, _ start: Int) throws(TextPatternError) {
        if let first = lookbehindStarts.first, group > first {
            throw wrong("cannot refer to group defined in the same lookbehind subpattern", at: start)
        }
    }

    private mutating func conditional(_ start: Int) throws(TextPatternError) -> Piece {
        let condition = try until(")", "group name")
        let group: Int
        if let named = names[condition] {
            group = named
        } else if condition.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let number = Int(condition) {
            guard number > 0 else { throw wrong("bad group number", at: start + 3) }
            group = number
            laterGroups.append((number, start + 3))
        } else {
            throw wrong("unknown group name '\(condition)'", at: start + 3)
        }
        try checkLookbehind(group, start + 3)
        hasReferences = true
        write("(?(\(group))")
        let outer = flags
        var piece = try sequence()
        if take("|") {
            write("|")
            piece = piece.or(try sequence())
            if peek == "|" { throw wrong("conditional backref with more than two branches", at: index) }
        } else {
            piece = piece.or(Piece())
        }
        flags = outer
        guard take(")") else { throw wrong("missing ), unterminated subpattern", at: start) }
        write(")")
        return Piece(minimum: piece.minimum, maximum: piece.maximum, first: .all, mayBeEmpty: true)
    }

    // MARK: Flags

    private mutating func flagged(_ start: Int, isFirst: Bool) throws(TextPatternError) -> Piece? {
        var (added, removed): ([Unicode.Scalar], [Unicode.Scalar]) = ([], [])
        var isRemoving = false
        while true {
            guard let mark = next() else { throw wrong("missing -, : or )", at: index) }
            if mark == ":" || mark == ")" {
                if isRemoving, removed.isEmpty || mark == ")" { throw wrong("missing flag", at: index - 1) }
                if mark == ":" { break }
                guard isFirst else { throw wrong("global flags not at the start of the expression", at: start) }
                return try globalFlags(added, start)
            }
            if mark == "-", !isRemoving {
                isRemoving = true
                continue
            }
            guard "aiLmsux".unicodeScalars.contains(mark) else { throw wrong("unknown flag", at: index - 1) }
            if mark == "L" {
                throw wrong("bad inline flags: cannot use 'L' flag with a str pattern", at: index)
            }
            if isRemoving, "au".unicodeScalars.contains(mark) {
                throw wrong("bad inline flags: cannot turn off flags 'a' and 'u'", at: index)
            }
            if isRemoving { removed.append(mark) } else { added.append(mark) }
        }
        if added.contains("a") && added.contains("u") {
            throw wrong("bad inline flags: flags 'a' and 'u' are incompatible", at: index)
        }
        if let both = added.first(where: removed.contains) {
            throw wrong("bad inline flags: flag '\(both)' turned on and off", at: index)
        }
        let outer = flags
        set(added, true)
        set(removed, false)
        let (on, off) = (Self.pcreFlags(added), Self.pcreFlags(removed))
        write("(?" + on + (off.isEmpty ? "" : "-" + off) + ":")
        let piece = try alternatives()
        flags = outer
        guard take(")") else { throw wrong("missing ), unterminated subpattern", at: start) }
        write(")")
        return piece
    }

    private mutating func globalFlags(_ added: [Unicode.Scalar], _ start: Int) throws(TextPatternError) -> Piece? {
        if added.contains("a") && added.contains("u") {
            throw wrong("ASCII and UNICODE flags are incompatible", at: start)
        }
        set(added, true)
        let on = Self.pcreFlags(added)
        if !on.isEmpty { write("(?" + on + ")") }
        return nil
    }

    private mutating func set(_ letters: [Unicode.Scalar], _ value: Bool) {
        for letter in letters {
            switch letter {
            case "i": flags.ignoresCase = value
            case "x": flags.isVerbose = value
            case "a": flags.isASCII = value
            case "u": flags.isASCII = !value
            case "m": flags.isMultiline = value
            default: flags.dotMatchesAll = value
            }
        }
    }

    /// Those PCRE2 shall know; the others are dealt with here.
    private static func pcreFlags(_ letters: [Unicode.Scalar]) -> String {
        String(String.UnicodeScalarView(letters.filter { "ims".unicodeScalars.contains($0) }))
    }

    // MARK: Reading

    var peek: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

    mutating func next() -> Unicode.Scalar? {
        guard index < scalars.count else { return nil }
        defer { index += 1 }
        return scalars[index]
    }

    mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard index < scalars.count, scalars[index] == scalar else { return false }
        index += 1
        return true
    }

    private mutating func digits() -> String {
        let start = index
        while let scalar = peek, "0"..."9" ~= scalar { index += 1 }
        return text(start..<index)
    }

    func text(_ range: Range<Int>) -> String {
        let part = scalars[range]
        if part.allSatisfy(\.isASCII) { return String(decoding: part.map { UInt8($0.value) }, as: UTF8.self) }
        return String(String.UnicodeScalarView(part))
    }

    private mutating func until(_ end: Unicode.Scalar, _ what: String) throws(TextPatternError) -> String {
        let start = index
        while let scalar = next() {
            if scalar == end {
                guard index - 1 > start else { throw wrong("missing \(what)", at: start) }
                return text(start..<index - 1)
            }
        }
        throw wrong("missing \(end), unterminated name", at: start)
    }

    private static func isIdentifier(_ name: String) -> Bool {
        if name.utf8.allSatisfy({ 0x30...0x39 ~= $0 || 0x41...0x5A ~= $0 || 0x61...0x7A ~= $0 || $0 == 0x5F }) {
            return name.utf8.first.map { !(0x30...0x39 ~= $0) } ?? false
        }
        guard let first = name.unicodeScalars.first, first == "_" || first.properties.isXIDStart else { return false }
        return name.unicodeScalars.allSatisfy { $0.properties.isXIDContinue }
    }

    func wrong(_ what: String, at offset: Int) -> TextPatternError {
        TextPatternError(
            .syntax, what: what, pattern: source, offset: min(offset, scalars.count),
            remedy:
                "write the pattern in the syntax of Python's re; a special character meant as itself takes a backslash")
    }

    // MARK: Writing

    mutating func write(_ text: String) { output += text.utf8 }

    mutating func writeLiteral(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "0"..."9", "a"..."z", "A"..."Z", "_", " ": output.append(UInt8(scalar.value))
        case "!"..."~":
            output.append(0x5C)
            output.append(UInt8(scalar.value))
        default: write("\\x{" + String(scalar.value, radix: 16) + "}")
        }
    }
}
