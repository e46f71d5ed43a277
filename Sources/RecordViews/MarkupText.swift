internal import Diagnostics

/// Text made safe for one kind of page. Device text is hostile in each of them.
enum MarkupText {
    /// For HTML content and attribute values in double quotes; controls become visible first.
    static func html(_ text: String) -> String {
        var result = ""
        for character in safeForDisplay(text).unicodeScalars {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }

    /// For a Markdown table cell or sentence: one line, with the marks that would format or link escaped.
    static func markdown(_ text: String) -> String {
        var result = ""
        for character in safeForDisplay(text, keepingLines: false).unicodeScalars {
            if "\\`*_[]<>|#".unicodeScalars.contains(character) { result += "\\" }
            result.unicodeScalars.append(character)
        }
        return result
    }

    /// A code span that cannot be ended by its content.
    static func code(_ text: String) -> String {
        let safe = safeForDisplay(text, keepingLines: false).replacing("|", with: "\\|")
        if safe.isEmpty { return "–" }
        var longest = 0
        var current = 0
        for character in safe {
            current = character == "`" ? current + 1 : 0
            longest = max(longest, current)
        }
        let fence = String(repeating: "`", count: longest + 1)
        return longest == 0 ? "`\(safe)`" : "\(fence) \(safe) \(fence)"
    }

    /// A fenced block that cannot be ended by its content.
    static func block(_ text: String, language: String = "") -> String {
        let safe = safeForDisplay(text)
        var fence = "```"
        while safe.contains(fence) { fence += "`" }
        return "\(fence)\(language)\n\(safe.hasSuffix("\n") ? safe : safe + "\n")\(fence)\n"
    }
}
