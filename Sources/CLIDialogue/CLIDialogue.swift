/// How a platform's command line looks, as data.
package struct CLIStyle: Equatable, Sendable {
    package var platform: String
    /// Sent after the login, so that nothing is paged or wrapped.
    package var preparation: [String]
    package var pagers: [String]
    /// A line of output that starts with one of these, or contains one of `errorPhrases`, is an error.
    package var errorStarts: [String]
    package var errorPhrases: [String]
    /// Exceptions: output that looks like an error and is none.
    package var harmless: [String]

    package static let frr = CLIStyle(
        platform: "frr", preparation: ["terminal length 0"], pagers: ["--More--", "(END)"], errorStarts: ["% "],
        errorPhrases: [
            " is not running", " is already running", "connecting to ", "closing connection to ", "Configuration failed",
        ],
        harmless: ["% Warning: can't chown"])
    package static let ciscoIOS = CLIStyle(
        platform: "cisco_ios", preparation: ["terminal length 0", "terminal width 511"],
        pagers: ["--More--", "---(more)---"], errorStarts: ["% "],
        errorPhrases: [
            "Command authorization failed", "Command rejected", "Bad mask", "Translating ", "ERROR:", "overlaps with",
        ],
        harmless: ["% Generating", "%Warning", "% Informational"])

    /// The first line of an output that says no; nil when none does.
    package func refusal(in output: String) -> String? {
        output.split(whereSeparator: \.isNewline).map(String.init).first { line in
            guard !harmless.contains(where: { line.contains($0) }) else { return false }
            return errorStarts.contains { line.hasPrefix($0) } || errorPhrases.contains { line.contains($0) }
        }
    }
}

/// A prompt such as `r1(config-router)#`: the device's name, the mode and the privilege.
package struct CLIPrompt: Equatable, Sendable {
    package var name: String
    /// `config-router`, or empty outside configuration.
    package var mode: String
    package var isPrivileged: Bool
    package var isConfiguring: Bool { mode.hasPrefix("conf") }

    /// Reads one line that may be a prompt.
    package init?(_ line: String) {
        var rest = Substring(line)
        while rest.last == " " { rest.removeLast() }
        guard let last = rest.popLast(), last == "#" || last == ">" else { return nil }
        isPrivileged = last == "#"
        mode = ""
        if rest.last == ")", let open = rest.firstIndex(of: "(") {
            mode = String(rest[rest.index(after: open)...].dropLast())
            rest = rest[..<open]
        }
        let isName = rest.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || byte == 0x2D || byte == 0x2E || byte == 0x5F
        }
        guard !rest.isEmpty, rest.utf8.count <= 64, isName else { return nil }
        name = String(rest)
    }

    /// The same device; platforms cut the name in configuration mode (IOS after 16 characters or so).
    func isSameDevice(as other: CLIPrompt) -> Bool { name.prefix(16) == other.name.prefix(16) }
}

/// The conversation with a vendor's command line: takes bytes, says what to send and when an answer is complete.
///
///     login ──prompt──▶ confirming ──same prompt──▶ ready ──command──▶ answering ──prompt──▶ ready
///
/// A prompt counts only as the last line, and after a login only when a newline brings it back unchanged, because a
/// banner may hold anything. The echo of the command must have come before the prompt that ends its output.
package struct CLIDialogue: Sendable {
    package struct Reply: Equatable, Sendable {
        /// Lines between the echo and the prompt, joined by newlines.
        package var output: String
        package var prompt: CLIPrompt
        package init(output: String, prompt: CLIPrompt) { (self.output, self.prompt) = (output, prompt) }
    }
    package enum Action: Equatable, Sendable {
        case send([UInt8])
        case ready(CLIPrompt)
        case finished(Reply)
        /// The device asks something that nobody foresaw; the text is its last line. Nothing was answered.
        case asked(String)
        /// More output than allowed.
        case tooMuch
    }
    /// A question that a command may raise, with its answer.
    package struct Expectation: Equatable, Sendable {
        package var expect: String
        package var answer: String
        package init(expect: String, answer: String) { (self.expect, self.answer) = (expect, answer) }
    }

    private enum State: Equatable {
        case login
        case confirming(CLIPrompt)
        case ready(CLIPrompt)
        case answering(CLIPrompt, [Expectation])
    }
    private var state = State.login
    private var text = TerminalText()
    private let style: CLIStyle
    private static let questionEnds = ["[confirm]", "[y/n]", "[Y/N]", "(y/n)", "(yes/no)", "[yes/no]", "[no]:", "]?", "assword:"]
    package static let maximumOutputBytes = 64 * 1024 * 1024

    package init(style: CLIStyle) { self.style = style }

    /// The newest prompt, once ready.
    package var prompt: CLIPrompt? {
        if case .ready(let prompt) = state { prompt } else { nil }
    }

    /// Bytes to send for a command; only when ready.
    package mutating func command(_ line: String, expecting: [Expectation] = []) -> [UInt8] {
        guard case .ready(let prompt) = state else { return [] }
        text = TerminalText()
        state = .answering(prompt, expecting)
        return Array(line.utf8) + [0x0A]
    }

    package mutating func received(_ bytes: [UInt8]) -> [Action] {
        text.append(bytes)
        guard text.count <= Self.maximumOutputBytes else { return [.tooMuch] }
        let last = text.lastLine
        switch state {
        case .ready: return []
        case .login:
            guard let prompt = CLIPrompt(last) else { return [] }
            state = .confirming(prompt)
            text = TerminalText()
            return [.send([0x0A])]
        case .confirming(let first):
            guard text.hasNewline, let prompt = CLIPrompt(last) else { return [] }
            guard prompt == first else {
                state = .confirming(prompt)
                text = TerminalText()
                return [.send([0x0A])]
            }
            state = .ready(prompt)
            return [.ready(prompt)]
        case .answering(let before, let expectations):
            return answering(before, expectations, last)
        }
    }

    private mutating func answering(_ before: CLIPrompt, _ expectations: [Expectation], _ last: String) -> [Action] {
        if style.pagers.contains(where: { last.hasSuffix($0) || last.hasSuffix($0 + " ") }) {
            text.dropLastLine()
            return [.send([0x20])]
        }
        guard text.hasNewline else { return [] }
        if let prompt = CLIPrompt(last), prompt.isSameDevice(as: before) {
            let reply = Reply(output: text.betweenEchoAndPrompt, prompt: prompt)
            state = .ready(prompt)
            return [.finished(reply)]
        }
        var trimmed = Substring(last)
        while trimmed.last == " " { trimmed.removeLast() }
        if let known = expectations.first(where: { trimmed.hasSuffix($0.expect) }) {
            text.append([0x0A])
            return [.send(Array(known.answer.utf8) + [0x0A])]
        }
        if Self.questionEnds.contains(where: { trimmed.hasSuffix($0) }) { return [.asked(String(trimmed))] }
        return []
    }
}

/// Text as a terminal would keep it: escape sequences removed, backspaces applied, line ends made one.
struct TerminalText: Sendable {
    private enum Escape: Equatable { case none, started, control, title }
    private var bytes: [UInt8] = []
    private var escape = Escape.none
    var hasNewline = false
    var count: Int { bytes.count }

    mutating func append(_ more: [UInt8]) {
        for byte in more {
            switch (escape, byte) {
            case (.none, 0x1B): escape = .started
            case (.none, 0x0A):
                bytes.append(byte)
                hasNewline = true
            case (.none, 0x08): if let last = bytes.last, last != 0x0A { bytes.removeLast() }
            case (.none, 0x00..<0x20) where byte != 0x09: break
            case (.none, 0x7F): break
            case (.none, _): bytes.append(byte)
            case (.started, 0x5B): escape = .control
            case (.started, 0x5D): escape = .title
            case (.started, _): escape = .none
            case (.control, 0x40...0x7E): escape = .none
            case (.control, _): break
            case (.title, 0x07): escape = .none
            case (.title, _): break
            }
        }
    }

    var lastLine: String {
        let start = bytes.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        guard bytes.count - start <= 512 else { return "" }
        return String(decoding: bytes[start...], as: UTF8.self)
    }

    mutating func dropLastLine() {
        let start = bytes.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        bytes.removeSubrange(start...)
    }

    /// Everything after the first line (the echo) and before the last (the prompt).
    var betweenEchoAndPrompt: String {
        guard let first = bytes.firstIndex(of: 0x0A), let last = bytes.lastIndex(of: 0x0A), first < last else { return "" }
        return String(decoding: bytes[(first + 1)..<last], as: UTF8.self)
    }
}
