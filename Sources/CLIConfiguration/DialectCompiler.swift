/// From a dialect's text to its rules and tries.
struct DialectCompiler {
    private let source: DialectSource
    private(set) var problems: [String] = []
    private var rules: [CommandRule] = []
    private var variants: [CLIDialect.Variant] = []
    private var tries: [RuleTrie] = []
    private var groups: [String: [DialectSource.RuleLine]] = [:]
    /// Contexts already made, by the identity of their lines, so that a group used twice is compiled once.
    private var depth = 0
    private var defaultExit = "exit"

    init(_ source: DialectSource) { self.source = source }

    mutating func compile() -> CLIDialect {
        var chain = [source.parse()]
        var seen: Set<String> = [source.name]
        while let parent = chain[0].directives.first(where: { $0.name == "inherits" })?.value {
            guard let next = DialectSource.named(parent), seen.insert(parent).inserted else {
                problems.append("\(source.name): cannot inherit from \(parent)")
                break
            }
            chain.insert(next.parse(), at: 0)
        }
        var lines: [DialectSource.RuleLine] = []
        var directives: [(name: String, value: String)] = []
        for parsed in chain {
            problems += parsed.problems.map { "\(source.name): \($0)" }
            for (name, group) in parsed.groups {
                groups[name] = groups[name].map { DialectSource.overlay($0, group) } ?? group
            }
            lines = DialectSource.overlay(lines, parsed.rules)
            let replaced = Set(parsed.directives.map(\.name)).intersection(["syntax", "negation", "comment", "noise!"])
            directives.removeAll { replaced.contains($0.name) }
            directives += parsed.directives
        }
        func values(_ name: String) -> [String] { directives.filter { $0.name == name }.map(\.value) }
        let allowed: Set<String> = [
            "syntax", "negation", "comment", "noise", "exit", "abbreviate", "inherits", "setting", "quotes",
            "section-exit",
        ]
        for directive in directives where !allowed.contains(directive.name) {
            problems.append("\(source.name): unknown directive \(directive.name)")
        }
        defaultExit = values("section-exit").last ?? "exit"
        let root = context(lines)
        var settings: [String: String] = [:]
        for value in values("setting") {
            let words = CLIWords.strings(value)
            settings[words.first ?? ""] = words.dropFirst().joined(separator: " ")
        }
        return CLIDialect(
            name: source.name, syntax: CLIDialect.Syntax(rawValue: values("syntax").last ?? "") ?? .indented,
            negation: values("negation").last ?? "no", rules: rules, variants: variants, tries: tries,
            rootContext: root, noise: values("noise"), comments: values("comment"), exits: values("exit"),
            abbreviations: values("abbreviate").compactMap { value in
                let words = CLIWords.strings(value)
                guard words.count == 2 else { return nil }
                return CLIDialect.InterfaceAbbreviation(short: words[0], long: words[1])
            },
            quotes: !values("quotes").isEmpty, settings: settings)
    }

    /// Compiles the lines of one section into a trie.
    private mutating func context(_ lines: [DialectSource.RuleLine]) -> Int32 {
        depth += 1
        defer { depth -= 1 }
        guard depth < 12 else {
            problems.append("\(source.name): groups nest without end")
            return -1
        }
        let index = tries.count
        tries.append(RuleTrie())
        var trie = RuleTrie()
        for line in expanded(lines, depth: 0) {
            let rule = rule(from: line)
            let spellings = Self.spellings(line.pattern)
            if rule.isSection || !line.children.isEmpty {
                rule.isSection = true
                rule.context = context(line.children)
            }
            rules.append(rule)
            for spelling in spellings {
                guard spelling.count <= PatternShape.maximumElements else {
                    problems.append("\(source.name):\(line.line): more than \(PatternShape.maximumElements) words")
                    continue
                }
                variants.append(CLIDialect.Variant(rule: Int32(rules.count - 1), elements: spelling))
                trie.insert(spelling, variant: Int32(variants.count - 1))
            }
        }
        tries[index] = trie
        return Int32(index)
    }

    /// `use` lines replaced by the lines of their groups.
    private mutating func expanded(_ lines: [DialectSource.RuleLine], depth: Int) -> [DialectSource.RuleLine] {
        var result: [DialectSource.RuleLine] = []
        for line in lines {
            guard line.pattern.hasPrefix("use ") else {
                result = DialectSource.overlay(result, [line])
                continue
            }
            let name = String(line.pattern.dropFirst(4))
            guard let group = groups[name], depth < 8 else {
                problems.append("\(source.name):\(line.line): no group \(name)")
                continue
            }
            result = DialectSource.overlay(result, expanded(group, depth: depth + 1))
        }
        return result
    }

    /// Every way a pattern can be written: `a|b` and `[a]` multiplied out.
    static func spellings(_ pattern: String) -> [[CommandRule.Element]] {
        var result: [[CommandRule.Element]] = [[]]
        for word in CLIWords.strings(pattern) {
            switch word {
            case "*": result = result.map { $0 + [.key] }
            case "?": result = result.map { $0 + [.value] }
            case "@": result = result.map { $0 + [.address] }
            case "#": result = result.map { $0 + [.number] }
            case "~": result = result.map { $0 + [.restValue] }
            case "**": result = result.map { $0 + [.restKey] }
            default:
                let optional = word.hasPrefix("[") && word.hasSuffix("]")
                let inner = optional ? String(word.dropFirst().dropLast()) : word
                let choices = inner.split(separator: "|").map {
                    CommandRule.Element.literal(TextHash.of($0), String($0))
                }
                let with = choices.flatMap { choice in result.map { $0 + [choice] } }
                result = optional ? result + with : with
            }
        }
        return result
    }

    private mutating func rule(from line: DialectSource.RuleLine) -> CommandRule {
        let rule = CommandRule(pattern: line.pattern, line: line.line, exit: defaultExit)
        let words = CLIWords.strings(line.pattern)
        rule.isOffByDefault = words.contains { ["*", "?", "#", "@", "~", "**"].contains($0) }
        for attribute in line.attributes {
            let parts = attribute.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            if !set(parts[0], parts.count > 1 ? parts[1] : "", in: rule) {
                problems.append("\(source.name):\(line.line): unknown attribute \(attribute)")
            }
        }
        return rule
    }

    private func set(_ name: String, _ value: String, in rule: CommandRule) -> Bool {
        switch name {
        case "section": rule.isSection = true
        case "sequence": (rule.isSection, rule.isSequence) = (true, true)
        case "replaces": (rule.isSection, rule.replacesOnEntry) = (true, true)
        case "vanishes": rule.vanishesWhenEmpty = true
        case "off": rule.isOffByDefault = true
        case "off-beside": rule.isOffBeside = value.split(separator: ",").map { String($0) }
        case "on": (rule.isOnByDefault, rule.isOffByDefault) = (true, false)
        case "on-unless": (rule.isOnUnless, rule.isOffByDefault) = (value, true)
        case "shown": rule.isOffByDefault = false
        case "renew": rule.renews = true
        case "ordered":
            guard value.isEmpty || value == "mixed" else { return false }
            (rule.isOrdered, rule.ordersMixedOnly) = (true, value == "mixed")
        case "staying": rule.stayingWords = Set(CLIWords.strings(value))
        case "fixed-by": rule.fixedBy = CLIWords.strings(value)
        case "opaque": rule.isOpaque = true
        case "appears": rule.appears = true
        case "readonly": rule.isReadOnly = true
        case "rehashed": rule.secretIsRehashed = true
        case "exit": rule.exit = value
        case "default": rule.defaultText = value
        case "ranges":
            guard value == "add" || Int(value) != nil else { return false }
            rule.ranges = Int(value).map { .capture($0) } ?? .keywords
        case "expand": rule.isExpanded = true
        case "numbered":
            (rule.isSection, rule.isNumbered, rule.numberWord) = (true, true, value.isEmpty ? nil : value)
        case "whole": (rule.isOrdered, rule.isWhole) = (true, true)
        case "virtual": rule.virtualNames = value.split(separator: ",").map(String.init)
        case "until": (rule.isOpaque, rule.until) = (true, value)
        case "block":
            (rule.isSection, rule.isSequence, rule.replacesOnEntry, rule.isBlock) = (true, true, true, true)
            rule.exit = value
        case "set": (rule.isSet, rule.isSequence) = (true, false)
        case "filter": rule.filters = value
        case "mark": rule.marks.formUnion(value.split(separator: ",").map(String.init))
        case "remove":
            guard value == "children" else { return false }
            rule.removal = .children
        case "undo":
            switch value {
            case "full": rule.undo = .full
            case "key": rule.undo = .key
            case "none": rule.undo = .impossible
            default: rule.undo = .template(value)
            }
        case "reset": rule.reset = value
        case "order":
            guard let number = Int(value) else { return false }
            rule.weight = number
        case "secret":
            guard let number = Int(value) else { return false }
            rule.secretCapture = number
        case "list":
            rule.list = value.split(separator: ",").compactMap { Int($0) }
        case "def", "use", "claim":
            guard let reference = Self.reference(value) else { return false }
            switch name {
            case "def": rule.defines.append(reference)
            case "use": rule.uses.append(reference)
            default: rule.claims.append(reference)
            }
        case "carries": rule.carries = value
        case "rests-on": rule.restsOn = value
        case "governs": rule.governs = value
        case "frees": rule.frees.append(value)
        case "takes": rule.takes.append(value)
        case "drop", "drop-set", "drop-no", "may-drop":
            let levels = value.prefix { $0 == "^" }.count
            rule.drops.append(
                CommandRule.Drop(
                    trigger: name == "drop-set" ? .set : name == "drop-no" ? .remove : .both,
                    prefix: CLIWords.strings(String(value.dropFirst(levels))), levelsUp: levels,
                    isUncertain: name == "may-drop"))
        case "unless":
            // About the effect written before it.
            guard !rule.drops.isEmpty else { return false }
            rule.drops[rule.drops.count - 1].unless = CLIWords.strings(value)
        case "when":
            guard !rule.drops.isEmpty else { return false }
            rule.drops[rule.drops.count - 1].when = CLIWords.strings(value)
        case "through":
            guard !rule.drops.isEmpty else { return false }
            rule.drops[rule.drops.count - 1].through = CLIWords.strings(value)
        default: return false
        }
        return true
    }

    /// `kind:1`, `kind:1,2`, `kind:3*` (each word of the third capture).
    private static func reference(_ text: String) -> CommandRule.Reference? {
        let parts = text.split(separator: ":").map(String.init)
        guard parts.count == 2 else { return nil }
        let each = parts[1].hasSuffix("*")
        let numbers = parts[1].split(separator: ",").compactMap { Int($0.filter(\.isNumber)) }
        guard !numbers.isEmpty else { return nil }
        return CommandRule.Reference(kind: parts[0], captures: numbers, eachWord: each)
    }
}
