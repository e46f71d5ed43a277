/// Ansible's first line of a template, `#jinja2: trim_blocks: False, lstrip_blocks: True`: settings for this template alone.
struct TemplateHeader {
    /// The settings with what the header changes.
    let syntax: TemplateSyntax

    private static let mark = Array("#jinja2:".utf8)

    /// Nil when the source has no header. Names and values are those of Ansible, and so are the errors.
    init?(_ source: [UInt8], _ base: TemplateSyntax) throws(EvaluationError) {
        guard source.starts(with: Self.mark) else { return nil }
        guard let end = source.firstIndex(of: 0x0A) else {
            throw Self.failure("Missing newline after '#jinja2:' override.", at: 0)
        }
        var syntax = base
        var offset = Self.mark.count
        for pair in source[offset..<end].split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            let text = String(decoding: pair, as: UTF8.self)
            guard !text.trimmingPythonSpace().isEmpty else {
                throw Self.failure("Empty '#jinja2:' override pair not allowed.", at: offset)
            }
            guard let colon = text.firstIndex(of: ":") else {
                let shown = pythonQuoted(text)
                throw Self.failure(
                    "Missing key-value separator `:` in '#jinja2:' override pair \(shown).", at: offset)
            }
            let key = String(text[..<colon]).trimmingPythonSpace()
            let value = String(text[text.index(after: colon)...]).trimmingPythonSpace()
            try Self.set(key, value, in: &syntax, at: offset)
            offset += pair.count + 1
        }
        self.syntax = syntax
    }

    private static func failure(_ message: String, at offset: Int) -> EvaluationError {
        let error = EvaluationError(.syntaxError, message)
        error.sourceOffset = offset
        return error
    }

    private static func set(
        _ key: String, _ value: String, in syntax: inout TemplateSyntax, at offset: Int
    ) throws(EvaluationError) {
        func flag() throws(EvaluationError) -> Bool {
            switch value {
            case "True": return true
            case "False": return false
            default: throw failure("The '#jinja2:' override \(key) is True or False, not \(value).", at: offset)
            }
        }
        func text() throws(EvaluationError) -> String {
            guard let text = quoted(value), !text.isEmpty else {
                throw failure("The '#jinja2:' override \(key) is a text in quotes, not \(value).", at: offset)
            }
            return text
        }
        switch key {
        case "block_start_string": syntax.blockStart = try text()
        case "block_end_string": syntax.blockEnd = try text()
        case "variable_start_string": syntax.variableStart = try text()
        case "variable_end_string": syntax.variableEnd = try text()
        case "comment_start_string": syntax.commentStart = try text()
        case "comment_end_string": syntax.commentEnd = try text()
        case "line_statement_prefix": syntax.lineStatementPrefix = value == "None" ? nil : try text()
        case "line_comment_prefix": syntax.lineCommentPrefix = value == "None" ? nil : try text()
        case "newline_sequence": syntax.newlineSequence = try text()
        case "trim_blocks": syntax.trimBlocks = try flag()
        case "lstrip_blocks": syntax.lstripBlocks = try flag()
        case "keep_trailing_newline": syntax.keepTrailingNewline = try flag()
        default: throw failure("Invalid '#jinja2:' override key \(pythonQuoted(key)).", at: offset)
        }
    }

    /// The text between quotes, with the escapes that a header has use for.
    private static func quoted(_ value: String) -> String? {
        guard value.utf8.count >= 2, let mark = value.first, mark == "'" || mark == "\"", value.last == mark else {
            return nil
        }
        var result = ""
        var isEscaped = false
        for character in value.dropFirst().dropLast() {
            if isEscaped {
                switch character {
                case "n": result += "\n"
                case "r": result += "\r"
                case "t": result += "\t"
                case "\\", "'", "\"": result.append(character)
                default: return nil
                }
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == mark {
                return nil
            } else {
                result.append(character)
            }
        }
        return isEscaped ? nil : result
    }
}
