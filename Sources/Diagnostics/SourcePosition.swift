/// Where in a text something is: file, line and column, counted from 1; the column counts Unicode scalars.
public struct SourcePosition: Equatable, Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    /// Path as the user gave it or relative to the engagement or workspace; never made absolute for display.
    public var file: String
    /// Line, from 1; 0 when only the file is known.
    public var line: Int
    /// Column in Unicode scalars, from 1; 0 when only the line is known.
    public var column: Int

    public init(file: String, line: Int = 0, column: Int = 0) {
        (self.file, self.line, self.column) = (file, line, column)
    }

    /// `file:line:column`, with what is known.
    public var description: String {
        switch (line, column) {
        case (0, _): file
        case (_, 0): "\(file):\(line)"
        default: "\(file):\(line):\(column)"
        }
    }

    public static func < (a: SourcePosition, b: SourcePosition) -> Bool {
        (a.file, a.line, a.column) < (b.file, b.line, b.column)
    }
}
