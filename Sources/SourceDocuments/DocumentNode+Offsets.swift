package import Diagnostics

extension DocumentNode {
    /// Where in the file the scalar's character number `offset` (in Unicode scalars, from 0) is.
    ///
    /// Knows quotes, escapes and literal blocks; for a text that YAML folded over lines the answer is its start.
    package func position(atScalar offset: Int) -> SourcePosition {
        guard let scalar, offset >= 0 else { return position }
        switch scalar.style {
        case .plain, .jsonLiteral:
            guard column + offset <= lineLength + 1, !foldsLines(scalar) else { return position }
            return source.position(line: line, column: column + offset)
        case .singleQuoted: return quotedPosition(offset) { rest in rest.first == "'" ? 2 : 1 }
        case .doubleQuoted: return quotedPosition(offset, Self.widthOfDoubleQuoted)
        case .literal: return literalPosition(scalar, offset)
        case .folded: return position
        }
    }

    private var lineLength: Int { source.line(line)?.unicodeScalars.count ?? 0 }

    private func foldsLines(_ scalar: Scalar) -> Bool {
        guard let text = source.line(line)?.unicodeScalars.dropFirst(column - 1) else { return true }
        return !text.starts(with: scalar.text.unicodeScalars)
    }

    private func quotedPosition(_ offset: Int, _ width: (ArraySlice<Unicode.Scalar>) -> Int) -> SourcePosition {
        guard let text = source.line(line) else { return position }
        var rest = Array(text.unicodeScalars).dropFirst(column)
        for _ in 0..<offset {
            guard !rest.isEmpty else { return position }
            rest = rest.dropFirst(width(rest))
        }
        return source.position(line: line, column: rest.startIndex + 1)
    }

    /// How many characters of the file make the next one of a double-quoted text (YAML 1.1 §5.7, RFC 8259 §7).
    private static func widthOfDoubleQuoted(_ rest: ArraySlice<Unicode.Scalar>) -> Int {
        guard rest.first == "\\", let escape = rest.dropFirst().first else { return 1 }
        switch escape {
        case "x": return 4
        case "U": return 10
        case "u":
            // A JSON surrogate pair is one character.
            let digits = String(String.UnicodeScalarView(rest.dropFirst(2).prefix(2))).lowercased()
            let isHigh = ["d8", "d9", "da", "db"].contains(digits)
            return isHigh && rest.dropFirst(6).starts(with: ["\\", "u"]) ? 12 : 6
        default: return 2
        }
    }

    private func literalPosition(_ scalar: Scalar, _ offset: Int) -> SourcePosition {
        let scalars = Array(scalar.text.unicodeScalars)
        guard offset <= scalars.count else { return position }
        let before = scalars[..<offset]
        let lineNumber = line + 1 + before.count { $0 == "\n" }
        let column = offset - ((before.lastIndex(of: "\n") ?? -1) + 1)
        guard let text = source.line(lineNumber) else { return position }
        // The block's indentation: its line in the file is longer than its text by that much.
        let content = scalar.text.split(separator: "\n", omittingEmptySubsequences: false)
        let textLine = content.indices.contains(lineNumber - line - 1) ? content[lineNumber - line - 1] : ""
        let indentation = text.unicodeScalars.filter { $0 != "\r" }.count - textLine.unicodeScalars.count
        return source.position(line: lineNumber, column: max(0, indentation) + column + 1)
    }
}
