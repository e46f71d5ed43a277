/// Texts as Python's `str` treats them: white space, lines, and how values print.
enum PythonText {
    /// What `str.isspace` accepts.
    static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }

    /// What `\w` matches.
    static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII {
            return "0"..."9" ~= scalar || "a"..."z" ~= scalar || "A"..."Z" ~= scalar || scalar == "_"
        }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
            .letterNumber, .otherNumber:
            return true
        default: return false
        }
    }

    /// Without white space at the end.
    static func strippedRight(_ text: String) -> String {
        let scalars = text.unicodeScalars
        guard let last = scalars.last, isSpace(last) else { return text }
        guard let end = scalars.lastIndex(where: { !isSpace($0) }) else { return "" }
        return String(scalars[...end])
    }

    /// Without white space at both ends.
    static func stripped(_ text: String) -> String {
        String(strippedRight(text).unicodeScalars.drop(while: isSpace))
    }

    /// The first word, and what stands behind it without white space around it.
    static func firstWord(of text: String) -> (word: String, rest: String) {
        let start = text.unicodeScalars.drop(while: isSpace)
        let word = start.prefix { !isSpace($0) }
        return (String(word), stripped(String(start[word.endIndex...])))
    }

    /// Lines as reading a file gives them: ended by U+000A only. The end is not part of them.
    static func fileLines(_ text: String) -> [String] {
        var lines = split(text, at: 0x0A)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }

    /// The parts between ASCII marks, empty ones included; what follows a mark never joins it to one character.
    static func split(_ text: String, at mark: UInt8) -> [String] {
        text.utf8.split(separator: mark, omittingEmptySubsequences: false).map { String(Substring($0)) }
    }

    // MARK: How values print

    /// `repr` of a text.
    static func quoted(_ text: String) -> String {
        let quote: Unicode.Scalar =
            text.unicodeScalars.contains("'") && !text.unicodeScalars.contains("\"") ? "\"" : "'"
        var result = String.UnicodeScalarView([quote])
        for scalar in text.unicodeScalars {
            switch scalar {
            case quote, "\\": result += ["\\", scalar]
            case "\n": result += "\\n".unicodeScalars
            case "\r": result += "\\r".unicodeScalars
            case "\t": result += "\\t".unicodeScalars
            default:
                if isPrintable(scalar) { result.append(scalar) } else { result += escape(scalar).unicodeScalars }
            }
        }
        result.append(quote)
        return String(result)
    }

    /// `str` of an item of a list.
    static func printed(_ item: TextTable.Item) -> String {
        switch item {
        case .text(let text): return text
        case .null: return "None"
        case .groups(let groups):
            let parts = groups.map { "\(quoted($0.name)): \($0.text.map(quoted) ?? "None")" }
            return "{" + parts.joined(separator: ", ") + "}"
        }
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        if scalar == " " { return true }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            return false
        default: return true
        }
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let (mark, width) = scalar.value < 0x100 ? ("x", 2) : scalar.value < 0x10000 ? ("u", 4) : ("U", 8)
        let digits = String(scalar.value, radix: 16)
        return "\\" + mark + String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
