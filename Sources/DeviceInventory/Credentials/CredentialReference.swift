internal import Diagnostics
internal import SourceDocuments

/// Where a secret is kept: `env:NAME`, `file:PATH`, `agent:[KEY]` or `command:PROGRAM ARGUMENTS`. Never the secret.
package struct CredentialReference: Sendable, Equatable, Hashable {
    package enum Kind: Sendable, Equatable, Hashable {
        case environment(String)
        /// As written; `~/` is the home folder, a relative path starts at the workspace.
        case file(String)
        /// The user's SSH agent; which key, by fingerprint or comment, or any.
        case agent(String?)
        /// Started without a shell; its first line of output is the secret.
        case command([String])
    }
    package let kind: Kind
    /// As written: goes into plans and locks.
    package let text: String

    /// Parses a reference; nil when it is none.
    package init?(_ text: String) {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let rest = String(text[text.index(after: colon)...])
        self.text = text
        switch text[..<colon] {
        case "env":
            guard let first = rest.unicodeScalars.first, !("0"..."9" ~= first),
                rest.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") })
            else { return nil }
            kind = .environment(rest)
        case "file":
            guard !rest.isEmpty, !rest.utf8.contains(0) else { return nil }
            kind = .file(rest)
        case "agent": kind = .agent(rest.isEmpty ? nil : rest)
        case "command":
            guard let words = Self.words(rest), !words.isEmpty else { return nil }
            kind = .command(words)
        default: return nil
        }
    }

    /// Splits at spaces; single and double quotes keep spaces, a backslash outside single quotes keeps the next character.
    private static func words(_ text: String) -> [String]? {
        var (words, word, isOpen) = ([String](), "", false)
        var quote: Character?
        var characters = text.makeIterator()
        while let character = characters.next() {
            switch (character, quote) {
            case ("\\", let open) where open != "'":
                guard let next = characters.next() else { return nil }
                word.append(next)
                isOpen = true
            case (let mark, let open?) where mark == open: quote = nil
            case ("'", nil), ("\"", nil):
                quote = character
                isOpen = true
            case (" ", nil), ("\t", nil):
                if isOpen { words.append(word) }
                (word, isOpen) = ("", false)
            default:
                word.append(character)
                isOpen = true
            }
        }
        guard quote == nil else { return nil }
        if isOpen { words.append(word) }
        return words
    }

    /// Reads a reference. What is none may be a secret written in clear: it is neither quoted nor shown.
    static func read(_ reader: NodeReader, agentAllowed: Bool) -> CredentialReference? {
        let node = reader.node
        if let scalar = node.scalar, let reference = CredentialReference(scalar.text) {
            if case .agent = reference.kind, !agentAllowed {
                reader.report(
                    "credential-kind", "`\(reader.name ?? "")` cannot come from the agent, only `key` can",
                    remedy: "write env:NAME, file:PATH or command:PROGRAM")
                return nil
            }
            return reference
        }
        reader.collector.findings.add(
            .init(
                code: "\(reader.collector.area).credential-in-clear",
                what: "`\(reader.name ?? "")` is not a reference to a secret (its text is not shown here)",
                at: node.position,
                remedy: "keep the secret elsewhere and write env:NAME, file:PATH"
                    + (agentAllowed ? ", agent:" : "") + " or command:PROGRAM; if it was a secret, change it"))
        return nil
    }
}
