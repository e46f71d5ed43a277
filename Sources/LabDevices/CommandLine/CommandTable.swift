/// What was typed for a command's variables and which keywords were there.
struct CommandArguments: Sendable {
    private(set) var values: [String: String] = [:]
    private(set) var keywords: Set<String> = []

    init() {}
    init(sequence: [PatternWord], words: [Substring], line: Substring) {
        for (index, word) in sequence.enumerated() where index < words.count {
            switch word {
            case .keyword(let keyword): keywords.insert(keyword)
            case .variable(let name, .restOfLine): values[name] = String(line[words[index].startIndex...])
            case .variable(let name, _): values[name] = String(words[index])
            }
        }
    }

    func has(_ keyword: String) -> Bool { keywords.contains(keyword) }
    subscript(_ name: String) -> String? { values[name] }
    /// The value of a variable that every way to write the command has.
    func text(_ name: String) -> String { values[name] ?? "" }
    func number(_ name: String) -> Int? { values[name].flatMap { Int($0) } }
    func address(_ name: String) -> LabAddress? { values[name].flatMap { LabAddress($0) } }
    func prefix(_ name: String) -> LabPrefix? { values[name].flatMap { LabPrefix($0) } }
}

/// The commands of one mode, looked up with abbreviations the way router CLIs do it.
struct CommandTable<Handler: Sendable>: Sendable {
    struct Command: Sendable {
        let patterns: [CommandPattern]
        let handler: Handler
    }
    private(set) var commands: [Command] = []

    /// What a line turned out to be.
    enum Lookup {
        case found(Handler, CommandArguments)
        /// Nothing begins like this.
        case unknown
        /// Something begins like this but needs more words.
        case incomplete
        /// Two commands fit equally well.
        case ambiguous
    }

    mutating func add(_ patterns: String..., handler: Handler) {
        commands.append(Command(patterns: patterns.map { CommandPattern($0) }, handler: handler))
    }
    mutating func add(contentsOf other: CommandTable) { commands += other.commands }

    func lookUp(_ line: Substring) -> Lookup {
        let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
        var best: (ranks: [Int], sequence: [PatternWord], handler: Handler)?
        var tied = false
        var sawLonger = false
        for command in commands {
            for sequence in command.patterns.lazy.flatMap(\.sequences) {
                guard let ranks = Self.ranks(words, sequence) else {
                    sawLonger = sawLonger || Self.lastWordIsBegun(words, sequence)
                    continue
                }
                let takesRest = if case .variable(_, .restOfLine)? = sequence.last { true } else { false }
                guard sequence.count == words.count || (takesRest && words.count >= sequence.count) else {
                    sawLonger = sawLonger || sequence.count > words.count
                    continue
                }
                guard let current = best else {
                    best = (ranks, sequence, command.handler)
                    continue
                }
                if ranks.lexicographicallyPrecedes(current.ranks) {
                    best = (ranks, sequence, command.handler)
                    tied = false
                } else if ranks == current.ranks, sequence != current.sequence {
                    tied = true
                }
            }
        }
        if tied { return .ambiguous }
        if let best {
            return .found(best.handler, CommandArguments(sequence: best.sequence, words: words, line: line))
        }
        return sawLonger ? .incomplete : .unknown
    }

    /// All words fit but the last, which is the beginning of a value.
    private static func lastWordIsBegun(_ words: [Substring], _ sequence: [PatternWord]) -> Bool {
        guard let last = words.last, words.count <= sequence.count, ranks(words.dropLast(), sequence) != nil else {
            return false
        }
        return sequence[words.count - 1].couldBegin(with: last)
    }

    /// How each typed word fits; nil when one does not, or when there are more words than the pattern takes.
    private static func ranks(_ words: [Substring], _ sequence: [PatternWord]) -> [Int]? {
        var ranks: [Int] = []
        for (index, word) in words.enumerated() {
            guard index < sequence.count else { return nil }
            guard let rank = sequence[index].rank(of: word) else { return nil }
            ranks.append(rank)
            if case .variable(_, .restOfLine) = sequence[index] { return ranks }
        }
        return ranks
    }

    /// The words that may come after `words`, where the last one is only begun (it may be empty). In order.
    func continuations(after words: [Substring], begun: Substring) -> [PatternWord] {
        var found: [PatternWord] = []
        for sequence in commands.lazy.flatMap({ $0.patterns.lazy.flatMap(\.sequences) }) {
            guard sequence.count > words.count, Self.ranks(words, sequence) != nil else { continue }
            let next = sequence[words.count]
            if !begun.isEmpty, next.rank(of: begun) == nil { continue }
            if !found.contains(next) { found.append(next) }
        }
        return found.sorted { $0.help < $1.help }
    }
}
