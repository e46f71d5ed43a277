/// One interactive session with the FRRouting-like CLI.
struct FRRShell: Sendable {
    private(set) var editor: LineEditor
    var mode: FRRMode = .exec
    /// A line that waits for the answer to a question.
    var asked: (line: String, answer: String)?
    let hasTerminal: Bool

    init(columns: Int) {
        hasTerminal = columns > 0
        editor = LineEditor(columns: columns)
    }

    var lineEnd: String { hasTerminal ? "\r\n" : "\n" }

    mutating func resize(columns: Int) { if hasTerminal { editor.columns = columns } }

    func greeting() -> [UInt8] {
        let lines = [
            "", "Hello, this is FRRouting (version \(FRRConfiguration.version)).",
            "Copyright 1996-2005 Kunihiro Ishiguro, et al.", "", "",
        ]
        return Array(lines.joined(separator: lineEnd).utf8)
    }

    /// The prompt; the cursor stands behind it.
    mutating func prompt(_ hostname: String) -> [UInt8] {
        let text = "\(hostname)\(mode.promptSuffix) "
        editor.prompted(text)
        return Array(text.utf8)
    }

    func text(_ lines: [String]) -> [UInt8] {
        lines.flatMap { Array($0.utf8) + Array(lineEnd.utf8) }
    }

    mutating func take(_ byte: UInt8, echo: inout [UInt8]) -> LineEditor.Event? { editor.take(byte, echo: &echo) }

    /// What may come after what was typed, one word a line.
    func help(for typed: String) -> [String] {
        let (words, begun) = Self.split(typed)
        let found = FRRCommands.table(for: mode).continuations(after: words, begun: begun)
        return found.isEmpty ? ["% There is no matched command."] : found.map { "  \($0.help)" }
    }

    /// Types the rest of a keyword when only one fits.
    mutating func complete(_ typed: String, echo: inout [UInt8]) {
        let (words, begun) = Self.split(typed)
        let found = FRRCommands.table(for: mode).continuations(after: words, begun: begun)
        guard found.count == 1, case .keyword(let keyword) = found[0] else { return }
        for byte in Array((keyword.dropFirst(begun.count) + " ").utf8) { editor.insert(byte, echo: &echo) }
    }

    /// Types again what was typed, behind a new prompt.
    mutating func retype(_ typed: String, echo: inout [UInt8]) {
        echo += Array(typed.utf8)
    }

    private static func split(_ typed: String) -> (words: [Substring], begun: Substring) {
        var words = typed.split(separator: " ")
        guard let last = words.last, !typed.hasSuffix(" ") else { return (words, "") }
        words.removeLast()
        return (words, last)
    }
}
