/// One word of a command's pattern.
enum PatternWord: Equatable, Sendable {
    case keyword(String)
    /// `A.B.C.D`, `A.B.C.D/M`, `X:X::X:X`, `X:X::X:X/M`, a range, any word, or the rest of the line.
    case variable(name: String, Kind)

    enum Kind: Equatable, Sendable {
        case ipv4, ipv4Prefix, ipv6, ipv6Prefix
        case number(ClosedRange<Int>)
        case word
        case restOfLine
    }

    /// How well a typed word fits; lower is better, nil when it does not.
    /// A whole keyword beats an abbreviated one, which beats typed values, which beat a free word.
    func rank(of word: Substring) -> Int? {
        switch self {
        case .keyword(let keyword):
            if word == keyword { return 0 }
            return !word.isEmpty && keyword.hasPrefix(word) ? 5 : nil
        case .variable(_, let kind):
            switch kind {
            case .ipv4: return LabAddress(String(word)).map(\.isIPv6) == false ? 1 : nil
            case .ipv6: return LabAddress(String(word)).map(\.isIPv6) == true ? 1 : nil
            case .ipv4Prefix: return LabPrefix(String(word)).map(\.address.isIPv6) == false ? 2 : nil
            case .ipv6Prefix: return LabPrefix(String(word)).map(\.address.isIPv6) == true ? 2 : nil
            case .number(let range):
                guard !word.isEmpty, word.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int(word) else {
                    return nil
                }
                return range.contains(number) ? 3 : nil
            case .word, .restOfLine: return 6
            }
        }
    }

    /// Whether a word that does not fit could still become one that does: an address where a prefix is wanted.
    func couldBegin(with word: Substring) -> Bool {
        switch self {
        case .variable(_, .ipv4Prefix): LabAddress(String(word)).map(\.isIPv6) == false
        case .variable(_, .ipv6Prefix): LabAddress(String(word)).map(\.isIPv6) == true
        case .keyword, .variable: false
        }
    }

    /// What `?` shows for it.
    var help: String {
        switch self {
        case .keyword(let keyword): return keyword
        case .variable(let name, let kind):
            switch kind {
            case .ipv4: return "A.B.C.D"
            case .ipv4Prefix: return "A.B.C.D/M"
            case .ipv6: return "X:X::X:X"
            case .ipv6Prefix: return "X:X::X:X/M"
            case .number(let range): return "(\(range.lowerBound)-\(range.upperBound))"
            case .word: return name
            case .restOfLine: return "LINE"
            }
        }
    }
}

/// A command's syntax, written much as router documentation writes it:
/// `ip route A.B.C.D/M <A.B.C.D$via|blackhole> [(1-255)$distance]`.
///
/// Lower-case words are keywords; `A.B.C.D`, `(1-9)`, `NAME`, `LINE...` stand for values; `<a|b>` is a choice of
/// sequences, `[a]` may be left out, `$name` names a value. Patterns are part of this program, so a mistake in one is
/// found by the test that compiles every table.
struct CommandPattern: Sendable {
    /// Every way to write the command, without choices.
    let sequences: [[PatternWord]]

    init(_ text: String) {
        var reader = PatternReader(text)
        sequences = reader.readSequences()
    }
}

/// Reads the pattern language. Choices multiply: patterns keep them few.
private struct PatternReader {
    private var rest: Substring
    init(_ text: String) { rest = text[...] }

    mutating func readSequences() -> [[PatternWord]] {
        var results: [[PatternWord]] = [[]]
        while let next = rest.first {
            switch next {
            case " ": rest.removeFirst()
            case "|", ">", "]": return results
            case "<":
                rest.removeFirst()
                results = product(results, named(readChoice(until: ">")))
            case "[":
                rest.removeFirst()
                results = product(results, [[]] + readChoice(until: "]"))
            default: results = results.map { [word = readWord()] in $0 + [word] }
            }
        }
        return results
    }

    private mutating func readChoice(until end: Character) -> [[PatternWord]] {
        var all: [[PatternWord]] = []
        while !rest.isEmpty {
            all += readSequences()
            let separator = rest.popFirst()
            if separator == end { break }
        }
        return all
    }

    /// A `$name` after a choice names the single values in it.
    private mutating func named(_ choice: [[PatternWord]]) -> [[PatternWord]] {
        guard let name = readName() else { return choice }
        return choice.map { sequence in
            guard sequence.count == 1, case .variable(_, let kind) = sequence[0] else { return sequence }
            return [.variable(name: name, kind)]
        }
    }

    private mutating func readName() -> String? {
        guard rest.first == "$" else { return nil }
        rest.removeFirst()
        return String(readToken())
    }

    private mutating func readToken() -> Substring {
        let end = rest.firstIndex { " |<>[]$".contains($0) } ?? rest.endIndex
        defer { rest = rest[end...] }
        return rest[..<end]
    }

    private mutating func readWord() -> PatternWord {
        let token = readToken()
        let name = readName()
        func variable(_ kind: PatternWord.Kind) -> PatternWord { .variable(name: name ?? String(token), kind) }
        switch token {
        case "A.B.C.D": return variable(.ipv4)
        case "A.B.C.D/M": return variable(.ipv4Prefix)
        case "X:X::X:X": return variable(.ipv6)
        case "X:X::X:X/M": return variable(.ipv6Prefix)
        case "LINE...": return variable(.restOfLine)
        default: break
        }
        if token.hasPrefix("("), let dash = token.firstIndex(of: "-"),
            let low = Int(token[token.index(after: token.startIndex)..<dash]),
            let high = Int(token[token.index(after: dash)...].dropLast())
        {
            return variable(.number(low...high))
        }
        if let first = token.first, first.isUppercase { return variable(.word) }
        return .keyword(String(token))
    }

    private func product(_ a: [[PatternWord]], _ b: [[PatternWord]]) -> [[PatternWord]] {
        a.flatMap { head in b.map { head + $0 } }
    }
}
