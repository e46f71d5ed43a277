package import Diagnostics

/// The text of one file, for positions and excerpts. Shared by all nodes that were read from it.
package final class SourceText: Sendable, Equatable {
    /// The name findings show: as the user gave it, or relative to the workspace or engagement.
    package let file: String
    package let text: String
    /// Lines without their ends.
    private let lines: [Substring]

    package init(file: String, text: String) {
        self.file = file
        self.text = text
        // Only `\n` ends a line here, as in the parsers; Swift would take `\r\n` as one character.
        lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).map { Substring($0) }
    }

    package static func == (a: SourceText, b: SourceText) -> Bool {
        a === b || (a.file == b.file && a.text == b.text)
    }

    /// A position in this text.
    package func position(line: Int, column: Int) -> SourcePosition {
        SourcePosition(file: file, line: line, column: column)
    }

    /// Line `number`, from 1, without its end.
    package func line(_ number: Int) -> Substring? {
        lines.indices.contains(number - 1) ? lines[number - 1] : nil
    }

    /// Widest part of a line that an excerpt shows, in Unicode scalars.
    private static let maximumExcerptColumns = 120

    /// The line at `position` with its number, and a caret below the column. Nil when the position is elsewhere.
    package func excerpt(at position: SourcePosition) -> String? {
        guard position.file == file, position.line > 0, let line = line(position.line) else { return nil }
        let scalars = Array(line.unicodeScalars.filter { $0 != "\r" })
        let column = max(position.column, 1) - 1
        // A long line is cut around the column.
        let start = column < Self.maximumExcerptColumns ? 0 : column - Self.maximumExcerptColumns / 2
        let shown = scalars.dropFirst(start).prefix(Self.maximumExcerptColumns)
        var text = String.UnicodeScalarView()
        text.append(contentsOf: shown.map { $0 == "\t" ? " " : $0 })
        let number = String(position.line)
        let gutter = String(repeating: " ", count: number.count)
        var result = "  \(number) | \(start > 0 ? "…" : "")\(safeForDisplay(String(text), keepingLines: false))"
        if shown.endIndex < scalars.endIndex { result += "…" }
        if position.column > 0 {
            let before = shown.prefix(max(0, column - start)).map { $0 == "\t" ? " " : $0 }
            var beforeText = String.UnicodeScalarView()
            beforeText.append(contentsOf: before)
            let width = safeForDisplay(String(beforeText), keepingLines: false).count + (start > 0 ? 1 : 0)
            result += "\n  \(gutter) | \(String(repeating: " ", count: width))^"
        }
        return result
    }
}
