internal import Diagnostics
internal import XMLDocuments

extension IntendedFragment {
    /// Where in its template something stands that was rendered to this place of `text`.
    ///
    /// The line is known from rendering. The column is that of the same tag in the template's line: what is printed before
    /// it moves it, so it is looked for by name, and the tags of that name before it are counted.
    func position(of rendered: XMLPosition) -> SourcePosition? {
        guard provenance.indices.contains(rendered.line - 1),
            var position = provenance[rendered.line - 1].positions.first
        else { return nil }
        guard templateLines.indices.contains(rendered.line - 1) else { return position }
        let lines = text.split(separator: "\n", maxSplits: rendered.line, omittingEmptySubsequences: false)
        guard lines.indices.contains(rendered.line - 1) else { return position }
        let line = Array(lines[rendered.line - 1].unicodeScalars)
        let template = Array(templateLines[rendered.line - 1].unicodeScalars)
        let offset = rendered.column - 1
        guard line.indices.contains(offset) else { return position }
        if template.count > offset, template[...offset] == line[...offset] {
            position.column = rendered.column
            return position
        }
        let tag = line[offset...].prefix { !$0.properties.isWhitespace && $0 != ">" && $0 != "/" }
        guard tag.count > 1 else { return position }
        func places(_ scalars: [Unicode.Scalar]) -> [Int] {
            scalars.indices.filter { scalars[$0...].starts(with: tag) }
        }
        let (before, there) = (places(Array(line[..<offset])).count, places(template))
        // A loop on one line prints a tag more often than the template writes it.
        guard places(line).count == there.count, there.indices.contains(before) else { return position }
        position.column = there[before] + 1
        return position
    }
}
