internal import Diagnostics
internal import TextPatterns

/// Reads the text of a template.
struct TextFSMTemplateReader {
    private(set) var values: [TextFSMValue] = []
    private(set) var states: [TextFSMTemplate.State] = []
    private(set) var startState = 0
    private(set) var declaresEndOfFile = false
    private(set) var maximumGroups = 0

    /// Longest name of a value or state, in characters.
    static let maximumNameLength = 48

    private let text: String
    private let file: String
    private let limits: TextTableLimits
    private var lines: [String] = []
    /// The line that is read next, from 0.
    private var index = 0
    /// What stands for a value in rules, by name.
    private var substitutions: [String: [UInt8]] = [:]
    private var stateLines: [String: Int] = [:]
    /// States that rules lead to, checked when all are known.
    private var leads: [(state: Int, rule: Int, name: String)] = []

    init(_ text: String, _ file: String, _ limits: TextTableLimits) {
        (self.text, self.file, self.limits) = (text, file, limits)
    }

    mutating func read() throws(TextTableError) {
        guard text.utf8.count <= limits.maximumTemplateBytes else {
            throw TextTableError(
                .template, "the template has \(text.utf8.count) bytes, limit \(limits.maximumTemplateBytes)",
                at: SourcePosition(file: file), remedy: "split the template")
        }
        lines = PythonText.fileLines(text).map(PythonText.strippedRight)
        try readValues()
        while try readState() {}
        try connect()
    }

    // MARK: Values

    private mutating func readValues() throws(TextTableError) {
        while index < lines.count {
            let line = lines[index]
            index += 1
            if line.isEmpty { return }
            if Self.isComment(line) { continue }
            guard line.utf8.starts(with: "Value ".utf8) else {
                if values.isEmpty {
                    throw wrong(
                        "no Value definitions found", remedy: "begin the template with lines like `Value NAME (\\S+)`")
                }
                throw wrong(
                    "an empty line is expected after the last Value", remedy: "put an empty line before the first state"
                )
            }
            let value = try self.value(line)
            guard !values.contains(where: { $0.name == value.name }) else {
                throw wrong("Value \(value.name) is declared twice", remedy: "give it another name")
            }
            substitutions[value.name] = Array(value.substitution.utf8)
            values.append(value)
        }
    }

    private func value(_ line: String) throws(TextTableError) -> TextFSMValue {
        let words = PythonText.split(line, at: 0x20)
        let form = "write `Value [Option,…] NAME (expression)`, with one space between the parts"
        guard words.count >= 3 else { throw wrong("a Value needs a name and an expression", remedy: form) }
        var options: [TextFSMValue.Option] = []
        let (name, expression): (String, String)
        if words[2].utf8.first == 0x28 {
            (name, expression) = (words[1], words[2...].joined(separator: " "))
        } else {
            options = try self.options(words[1])
            (name, expression) = (words[2], words[3...].joined(separator: " "))
        }
        guard name.unicodeScalars.count <= Self.maximumNameLength else {
            throw wrong(
                "the name \(name) has more than \(Self.maximumNameLength) characters", remedy: "choose a shorter name")
        }
        guard expression.utf8.first == 0x28, expression.utf8.last == 0x29, expression.utf8.dropLast().last != 0x5C
        else {
            throw wrong(
                expression.isEmpty
                    ? "the Value \(name) has no expression"
                    : "the expression of \(name) is not inside of ( ): \(expression)", remedy: form)
        }
        var value = TextFSMValue(name: name, options: options, expression: expression)
        if value.isList {
            let groups = try pattern(expression)
            if groups.groupCount > 1, !groups.names.isEmpty { value.groups = groups }
        } else {
            try check(expression)
        }
        return value
    }

    private func options(_ list: String) throws(TextTableError) -> [TextFSMValue.Option] {
        var options: [TextFSMValue.Option] = []
        for word in list.split(separator: ",", omittingEmptySubsequences: false) {
            guard let option = TextFSMValue.Option(rawValue: String(word)) else {
                let known = TextFSMValue.Option.allCases.map(\.rawValue).joined(separator: ", ")
                throw wrong("there is no option “\(word)”", remedy: "use one of \(known), separated by commas")
            }
            guard !options.contains(option) else {
                throw wrong("the option \(word) stands twice", remedy: "remove one")
            }
            options.append(option)
        }
        return options
    }

    // MARK: States

    private mutating func readState() throws(TextTableError) -> Bool {
        while index < lines.count, lines[index].isEmpty || Self.isComment(lines[index]) { index += 1 }
        guard index < lines.count else { return false }
        let name = lines[index]
        index += 1
        guard name.unicodeScalars.allSatisfy(PythonText.isWord), name.unicodeScalars.count <= Self.maximumNameLength,
            TextFSMRule.LineOperation(rawValue: name) == nil,
            TextFSMRule.RecordOperation(rawValue: name) == nil
        else {
            throw wrong(
                "“\(name)” cannot be the name of a state",
                remedy: name.contains("^")
                    ? "a rule takes one or two spaces or a tab before ^, and no empty line above it"
                    : "use letters, digits and _, at most \(Self.maximumNameLength), and no operator's name")
        }
        guard stateLines[name] == nil else {
            throw wrong("there is another state \(name)", remedy: "give it another name, or join the two")
        }
        stateLines[name] = index
        states.append(.init(name: name, rules: []))
        while index < lines.count {
            let line = lines[index]
            index += 1
            if line.isEmpty { break }
            if Self.isComment(line) { continue }
            guard [" ^", "  ^", "\t^"].contains(where: { line.utf8.starts(with: $0.utf8) }) else {
                throw wrong(
                    "a rule begins with one or two spaces or a tab, and ^",
                    remedy: "write `  ^expression -> action`; an empty line ends a state")
            }
            let (rule, newState) = try self.rule(PythonText.stripped(line))
            if let newState { leads.append((states.count - 1, states[states.count - 1].rules.count, newState)) }
            states[states.count - 1].rules.append(rule)
        }
        return true
    }

    private mutating func rule(_ line: String) throws(TextTableError) -> (TextFSMRule, newState: String?) {
        let (match, actionText) = Self.split(line)
        let pattern = try self.pattern(values.isEmpty ? match : try substituted(match))
        var assignments: [(group: Int, value: Int)] = []
        for name in pattern.names {
            if let value = values.firstIndex(where: { $0.name == name.name }) {
                assignments.append((name.group, value))
            }
        }
        maximumGroups = max(maximumGroups, pattern.capturedGroupCount)
        var rule = TextFSMRule(line: index, pattern: pattern, assignments: assignments)
        guard let actionText else { return (rule, nil) }
        guard let action = TextFSMAction(actionText) else {
            throw wrong(
                "the action “\(PythonText.stripped(actionText))” is not understood",
                remedy: "write `-> [Next|Continue|Error][.Record|.Clear|.Clearall|.NoRecord] [State]`")
        }
        rule.lineOperation = action.lineOperation ?? .next
        rule.recordOperation = action.recordOperation ?? .none
        switch (rule.lineOperation, action.newState) {
        case (_, nil): return (rule, nil)
        case (.error, let text?):
            rule.message = text
            return (rule, nil)
        case (.continue, let name?):
            throw wrong(
                "Continue cannot change the state (to \(name)), since it stays with the line",
                remedy: "use Next, or leave the state out")
        case (.next, let name?):
            guard name.unicodeScalars.first.map(PythonText.isWord) == true else {
                throw wrong(
                    "a state's name has only letters, digits and _", remedy: "a text in quotes belongs to `-> Error`")
            }
            return (rule, name)
        }
    }

    /// The expression, and what stands behind the last `->` that follows white space.
    private static func split(_ line: String) -> (match: String, action: String?) {
        let bytes = Array(line.utf8)
        var place = bytes.count - 2
        while place > 0 {
            if bytes[place] == UInt8(ascii: "-"), bytes[place + 1] == UInt8(ascii: ">") {
                let before = String(decoding: bytes[..<place], as: UTF8.self)
                if let last = before.unicodeScalars.last, PythonText.isSpace(last) {
                    return (
                        String(before.unicodeScalars.dropLast()), String(decoding: bytes[(place + 2)...], as: UTF8.self)
                    )
                }
            }
            place -= 1
        }
        return (line, nil)
    }

    /// The expression with `$NAME` and `${NAME}` replaced by values, and `$$` by `$`.
    private func substituted(_ match: String) throws(TextTableError) -> String {
        let bytes = Array(match.utf8)
        var (result, position) = ([UInt8](), 0)
        result.reserveCapacity(bytes.count * 2)
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            guard byte == UInt8(ascii: "$") else {
                result.append(byte)
                continue
            }
            if position < bytes.count, bytes[position] == byte {
                result.append(byte)
                position += 1
                continue
            }
            let isBraced = position < bytes.count && bytes[position] == UInt8(ascii: "{")
            if isBraced { position += 1 }
            let start = position
            while position < bytes.count, Self.isName(bytes[position], isFirst: position == start) { position += 1 }
            let name = String(decoding: bytes[start..<position], as: UTF8.self)
            let isClosed = !isBraced || (position < bytes.count && bytes[position] == UInt8(ascii: "}"))
            guard !name.isEmpty, isClosed else {
                throw wrong(
                    "a $ in “\(match)” names no Value",
                    remedy: "write ${NAME} for a Value, and $$ for the end of the line")
            }
            if isBraced { position += 1 }
            guard let substitution = substitutions[name] else {
                let known = values.map(\.name).joined(separator: ", ")
                throw wrong("there is no Value \(name)", remedy: "declare it, or use one of \(known)")
            }
            result += substitution
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func isName(_ byte: UInt8, isFirst: Bool) -> Bool {
        switch byte {
        case 0x41...0x5A, 0x61...0x7A, 0x5F: true
        case 0x30...0x39: !isFirst
        default: false
        }
    }

    // MARK: All together

    private mutating func connect() throws(TextTableError) {
        guard let start = states.firstIndex(where: { $0.name == "Start" }) else {
            throw TextTableError(
                .template, "there is no state Start", at: SourcePosition(file: file),
                remedy: "name the first state Start, behind an empty line after the Values")
        }
        startState = start
        for name in ["End", "EOF"] {
            if let state = states.first(where: { $0.name == name }), let rule = state.rules.first {
                throw TextTableError(
                    .template, "the state \(name) has rules, but nothing is read in it",
                    at: SourcePosition(file: file, line: rule.line), remedy: "remove its rules")
            }
        }
        declaresEndOfFile = states.contains { $0.name == "EOF" }
        for index in states.indices {
            states[index].firstBytes = states[index].rules.map(\.pattern.firstBytesOfPlainLines)
        }
        let known = Dictionary(uniqueKeysWithValues: states.enumerated().map { ($1.name, $0) })
        for lead in leads {
            let target: TextFSMRule.Target
            switch lead.name {
            case "End": target = .end
            case "EOF": target = .endOfFile
            default:
                guard let state = known[lead.name] else {
                    throw TextTableError(
                        .template, "there is no state \(lead.name)",
                        at: SourcePosition(file: file, line: states[lead.state].rules[lead.rule].line),
                        remedy: "declare it, or lead to one of \(states.map(\.name).joined(separator: ", "))")
                }
                target = .state(state)
            }
            states[lead.state].rules[lead.rule].target = target
        }
    }

    // MARK: Small parts

    private static func isComment(_ line: String) -> Bool {
        line.unicodeScalars.first { !PythonText.isSpace($0) } == "#"
    }

    private func pattern(_ expression: String) throws(TextTableError) -> LinePattern {
        do { return try LinePattern(expression, limits: limits.patterns) } catch { throw wrong(error) }
    }

    private func check(_ expression: String) throws(TextTableError) {
        do { _ = try PythonExpression(expression, for: .plain) } catch { throw wrong(error) }
    }

    private func wrong(_ error: TextPatternError) -> TextTableError {
        let place = error.offset.map { " at character \($0 + 1)" } ?? ""
        return wrong("the expression \(error.pattern)\(place): \(error.what)", remedy: error.remedy)
    }

    /// About the line read last.
    private func wrong(_ what: String, remedy: String) -> TextTableError {
        TextTableError(.template, what, at: SourcePosition(file: file, line: index), remedy: remedy)
    }
}
