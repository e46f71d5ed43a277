/// One command, exactly as it is typed in configuration mode.
package struct CLICommand: Equatable, Sendable {
    package enum Kind: String, Sendable, Codable {
        /// Adds or sets.
        case set
        /// Removes.
        case remove
        /// Enters or leaves a section; changes nothing by itself.
        case navigate
    }
    /// The line of an intended text that a command satisfies.
    package struct Source: Hashable, Sendable {
        /// Which of the intended texts, from 0.
        package var part: Int
        /// Line of that text, from 0.
        package var line: Int
        package init(part: Int, line: Int) { (self.part, self.line) = (part, line) }
    }

    /// One line; several only for a value that runs over lines (a banner).
    package var text: String
    /// Enclosing sections, outermost first.
    package var path: [String]
    package var kind: Kind
    package var source: Source?
    /// The command needs a secret that only the device knows; `text` shows it masked.
    package var lacksSecret = false

    package init(text: String, path: [String], kind: Kind, source: Source? = nil, lacksSecret: Bool = false) {
        self.text = text
        self.path = path
        self.kind = kind
        self.source = source
        self.lacksSecret = lacksSecret
    }

    /// The lines to type.
    package var lines: [String] {
        if !text.utf8.contains(where: { $0 == 0x0A || $0 == 0x0D }) { return [text] }
        return split
    }

    private var split: [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.hasSuffix("\r") ? String(line.dropLast()) : String(line)
        }
    }
}

/// What becomes of secrets that a device shows, in commands that would repeat them.
package enum CLISecretDisplay: Sendable {
    /// They are masked, and the command is marked as lacking them.
    case masked
    /// They are written: only for transforms of files at a user's wish.
    case shown
}
