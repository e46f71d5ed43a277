internal import Diagnostics

/// One line of an OpenSSH client configuration (ssh_config(5)): a keyword and its words, split as OpenSSH splits them.
struct SSHConfigurationLine: Equatable, Sendable {
    /// One word without its quotes.
    struct Word: Equatable, Sendable {
        var text: String
        /// In Unicode scalars, from 1.
        var column: Int
    }
    /// As written.
    var keyword: Word
    var arguments: [Word]

    enum Problem: Error, Equatable { case noArgument, openQuote }

    /// Splits a line; nil when it is empty or a comment.
    ///
    /// A keyword ends at white space or one `=`. Words may stand in single or double quotes; `\` keeps a quote or another
    /// `\`, outside quotes a space too; `#` where a word could begin ends the line.
    init?(_ line: Substring) throws(Problem) {
        let scalars = Array(line.unicodeScalars)
        var end = scalars.count
        while end > 0, Self.isSpace(scalars[end - 1]) || scalars[end - 1] == "\u{0C}" { end -= 1 }
        var index = 0
        while index < end, Self.isSpace(scalars[index]) { index += 1 }
        guard index < end, scalars[index] != "#" else { return nil }
        keyword = try Self.keyword(scalars, &index, end)
        while index < end, Self.isSpace(scalars[index]) { index += 1 }
        if index < end, scalars[index] == "=" {
            index += 1
            while index < end, Self.isSpace(scalars[index]) { index += 1 }
        }
        guard index < end else { throw .noArgument }
        arguments = try Self.words(scalars, &index, end)
        guard !arguments.isEmpty else { throw .noArgument }
    }

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar == " " || scalar == "\t" || scalar == "\r" }

    private static func keyword(_ scalars: [Unicode.Scalar], _ index: inout Int, _ end: Int) throws(Problem) -> Word {
        let column = index + 1
        var text = String.UnicodeScalarView()
        if scalars[index] == "\"" {
            index += 1
            while index < end, scalars[index] != "\"" {
                text.append(scalars[index])
                index += 1
            }
            guard index < end else { throw .openQuote }
            index += 1
        } else {
            while index < end, !isSpace(scalars[index]), scalars[index] != "=" {
                text.append(scalars[index])
                index += 1
            }
        }
        return Word(text: String(text), column: column)
    }

    private static func words(_ scalars: [Unicode.Scalar], _ index: inout Int, _ end: Int) throws(Problem) -> [Word] {
        var words: [Word] = []
        while index < end {
            if isSpace(scalars[index]) {
                index += 1
                continue
            }
            if scalars[index] == "#" { break }
            words.append(try word(scalars, &index, end))
        }
        return words
    }

    private static func word(_ scalars: [Unicode.Scalar], _ index: inout Int, _ end: Int) throws(Problem) -> Word {
        let column = index + 1
        var text = String.UnicodeScalarView()
        var quote: Unicode.Scalar?
        while index < end {
            let scalar = scalars[index]
            let next = index + 1 < end ? scalars[index + 1] : nil
            if scalar == "\\", next == "'" || next == "\"" || next == "\\" || (quote == nil && next == " "), let next {
                text.append(next)
                index += 1
            } else if quote == nil, scalar == " " || scalar == "\t" {
                break
            } else if quote == nil, scalar == "\"" || scalar == "'" {
                quote = scalar
            } else if scalar == quote {
                quote = nil
            } else {
                text.append(scalar)
            }
            index += 1
        }
        guard quote == nil else { throw .openQuote }
        return Word(text: String(text), column: column)
    }
}

/// Names with `*` and `?`, as `Host` lines list them.
enum SSHConfigurationPattern {
    /// A list matches when one of its patterns does, and no negated one.
    static func matches(_ patterns: [String], _ name: String) -> Bool {
        let name = Array(name.utf8)
        var isMatched = false
        for pattern in patterns {
            if pattern.hasPrefix("!") {
                if isLike(Array(pattern.utf8.dropFirst()), name) { return false }
            } else if !isMatched {
                isMatched = isLike(Array(pattern.utf8), name)
            }
        }
        return isMatched
    }

    /// `*` for any run, `?` for one byte; at most pattern times name steps.
    static func isLike(_ pattern: [UInt8], _ name: [UInt8]) -> Bool {
        var (p, n) = (0, 0)
        var retry: (pattern: Int, name: Int)?
        while n < name.count {
            if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
                p += 1
                retry = (p, n)
            } else if p < pattern.count, pattern[p] == UInt8(ascii: "?") || pattern[p] == name[n] {
                (p, n) = (p + 1, n + 1)
            } else if let last = retry {
                (p, n) = (last.pattern, last.name + 1)
                retry = (last.pattern, n)
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
