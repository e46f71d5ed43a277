internal import TextPatterns

/// An interoperable regular expression (RFC 9485): a small common subset, checked and put into PCRE2's terms.
struct IRegexp: Sendable, Equatable {
    private let whole: TextPattern
    private let part: TextPattern

    /// Nil when the text is no I-Regexp.
    init?(_ text: String) {
        var translation = IRegexpTranslation(text)
        guard let translated = translation.translate() else { return nil }
        guard let whole = try? TextPattern("(?:\(translated))", options: .wholeText),
            let part = try? TextPattern(translated)
        else { return nil }
        (self.whole, self.part) = (whole, part)
    }

    /// Whether the whole text matches; throws when matching gave up.
    func matches(_ text: String) throws(TextPatternError) -> Bool { try whole.matches(text) }

    /// Whether some part of the text matches.
    func occurs(in text: String) throws(TextPatternError) -> Bool { try part.matches(text) }
}

/// RFC 9485 §4, by recursive descent.
private struct IRegexpTranslation {
    private let scalars: [Unicode.Scalar]
    private var index = 0
    private var depth = 0
    private var output = ""

    init(_ text: String) { scalars = Array(text.unicodeScalars) }

    mutating func translate() -> String? {
        guard alternatives(), index == scalars.count else { return nil }
        return output
    }

    private var next: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard next == scalar else { return false }
        index += 1
        return true
    }

    private mutating func alternatives() -> Bool {
        depth += 1
        defer { depth -= 1 }
        guard depth < 64 else { return false }
        repeat {
            while let scalar = next, scalar != "|", scalar != ")" {
                guard atom(scalar), quantifier() else { return false }
            }
            if next == "|" { output += "|" }
        } while take("|")
        return true
    }

    private mutating func atom(_ scalar: Unicode.Scalar) -> Bool {
        index += 1
        switch scalar {
        case ".": output += "[^\\n\\r]"
        case "(":
            output += "(?:"
            guard alternatives(), take(")") else { return false }
            output += ")"
        case "[": return characterClass()
        case "\\": return escape()
        case "*", "+", "?", "{", "}", "]": return false
        // Anchors are what readers of the RFC's mapping to PCRE make of them (§5.4).
        case "^", "$": output.unicodeScalars.append(scalar)
        default: output += TextPattern.escaping(String(scalar))
        }
        return true
    }

    private mutating func quantifier() -> Bool {
        guard let scalar = next else { return true }
        switch scalar {
        case "*", "+", "?":
            index += 1
            output.unicodeScalars.append(scalar)
        case "{":
            guard let end = scalars[index...].firstIndex(of: "}") else { return false }
            let body = String(String.UnicodeScalarView(scalars[(index + 1)..<end]))
            let parts = body.split(separator: ",", omittingEmptySubsequences: false)
            let isNumber = { (text: Substring) in text.count < 6 && text.allSatisfy { "0"..."9" ~= $0 } }
            guard (1...2).contains(parts.count), !parts[0].isEmpty, parts.allSatisfy(isNumber) else { return false }
            output += "{\(body)}"
            index = end + 1
        default: return true
        }
        // No lazy or possessive forms.
        return next != "?" && next != "+" && next != "*" && next != "{"
    }

    private mutating func escape() -> Bool {
        guard let scalar = next else { return false }
        index += 1
        switch scalar {
        case "(", ")", "*", "+", "-", ".", "?", "[", "\\", "]", "^", "{", "|", "}", "$":
            output += TextPattern.escaping(String(scalar))
        case "n", "r", "t": output += "\\\(scalar)"
        case "p", "P": return category(scalar)
        default: return false
        }
        return true
    }

    private mutating func category(_ scalar: Unicode.Scalar) -> Bool {
        guard take("{"), let end = scalars[index...].firstIndex(of: "}") else { return false }
        let name = String(String.UnicodeScalarView(scalars[index..<end]))
        index = end + 1
        let categories: Set<String> = [
            "L", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Pe",
            "Pf",
            "Pi", "Po", "Ps", "Z", "Zl", "Zp", "Zs", "S", "Sc", "Sk", "Sm", "So", "C", "Cc", "Cf", "Cn", "Co",
        ]
        guard categories.contains(name) else { return false }
        output += "\\\(scalar){\(name)}"
        return true
    }

    private mutating func characterClass() -> Bool {
        output += "["
        if take("^") { output += "^" }
        var isFirst = true
        while let scalar = next {
            index += 1
            switch scalar {
            case "]":
                guard !isFirst else { return false }
                output += "]"
                return true
            case "\\": guard escape() else { return false }
            case "[": return false
            case "-":
                // A range, or a hyphen at an end of the class.
                output += isFirst || next == "]" ? "\\-" : "-"
            default: output += TextPattern.escaping(String(scalar))
            }
            isFirst = false
        }
        return false
    }
}
