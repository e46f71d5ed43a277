package import Diagnostics
internal import FoundationEssentials

/// A document that was read from YAML or JSON.
package struct SourceDocument: Sendable, Equatable {
    package let source: SourceText
    package let root: DocumentNode

    /// Reads YAML (one document, no tags).
    /// - Parameter file: The name findings show.
    package static func yaml(_ text: String, file: String, limits: DocumentLimits = .standard)
        throws(Findings) -> SourceDocument
    {
        try yaml(SourceText(file: file, text: text), limits: limits)
    }

    private static func yaml(_ source: SourceText, limits: DocumentLimits) throws(Findings) -> SourceDocument {
        try checkSize(source.text.utf8.count, file: source.file, limits)
        return SourceDocument(source: source, root: try YAMLReading(source, limits).read())
    }

    /// Reads JSON (RFC 8259, strictly).
    /// - Parameter file: The name findings show.
    package static func json(_ text: String, file: String, limits: DocumentLimits = .standard)
        throws(Findings) -> SourceDocument
    {
        try checkSize(text.utf8.count, file: file, limits)
        let source = SourceText(file: file, text: text)
        var reading = JSONReading(source, limits)
        return SourceDocument(source: source, root: try reading.read())
    }

    /// Reads JSON from bytes, which must be UTF-8.
    package static func json(bytes: [UInt8], file: String, limits: DocumentLimits = .standard)
        throws(Findings) -> SourceDocument
    {
        try checkSize(bytes.count, file: file, limits)
        return try json(try decode(bytes, file: file), file: file, limits: limits)
    }

    /// Reads the YAML between the two `---` lines at the start of a Markdown file; lines keep their numbers.
    /// - Returns: The document and the text after it.
    package static func frontMatter(of markdown: String, file: String, limits: DocumentLimits = .standard)
        throws(Findings) -> (document: SourceDocument, body: String)
    {
        let lines = markdown.split(separator: "\n", omittingEmptySubsequences: false)
        let isFence = { (line: Substring) in line == "---" || line == "---\r" }
        guard let first = lines.first, isFence(first), let end = lines.dropFirst().firstIndex(where: isFence) else {
            throw Findings([
                Finding(
                    code: "document.no-front-matter", what: "the file has no front matter",
                    at: SourcePosition(file: file, line: 1, column: 1),
                    remedy: "start the file with a line `---`, the keys in YAML, and another line `---`")
            ])
        }
        // An empty line stands for the first fence, so that positions are those of the file.
        let matter = "\n" + lines[1..<end].joined(separator: "\n") + "\n"
        let document = try yaml(matter, file: file, limits: limits)
        return (document, lines[(end + 1)...].joined(separator: "\n"))
    }

    /// Reads a file; `.json` is JSON, anything else YAML.
    /// - Parameter name: The name findings show.
    package static func load(path: String, shownAs name: String, limits: DocumentLimits = .standard)
        throws(Findings) -> SourceDocument
    {
        let text = try loadText(path: path, shownAs: name, limits: limits)
        return name.hasSuffix(".json")
            ? try json(text, file: name, limits: limits) : try yaml(text, file: name, limits: limits)
    }

    /// Reads a text file with the limits and findings of documents.
    package static func loadText(path: String, shownAs name: String, limits: DocumentLimits = .standard)
        throws(Findings) -> String
    {
        let position = SourcePosition(file: name)
        let bytes: [UInt8]
        do {
            guard let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? UInt64 else {
                throw CocoaError(.fileReadUnknown)
            }
            try checkSize(Int(clamping: size), file: name, limits)
            bytes = Array(try Data(contentsOf: URL(filePath: path)))
        } catch let findings as Findings { throw findings } catch let error as CocoaError
            where error.code == .fileReadNoSuchFile || error.code == .fileNoSuchFile
        {
            throw Findings([
                Finding(
                    code: "file.missing", what: "there is no such file", at: position,
                    remedy: "create \(name), or correct its name where it is used")
            ])
        } catch {
            throw Findings([
                Finding(
                    code: "file.unreadable", what: "the file cannot be read: \(error)", at: position,
                    remedy: "check its permissions")
            ])
        }
        return try decode(bytes, file: name)
    }

    private static func checkSize(_ size: Int, file: String, _ limits: DocumentLimits) throws(Findings) {
        guard size <= limits.maximumBytes else {
            throw Findings([
                Finding(
                    code: "document.too-big", what: "the document has \(size) bytes, limit \(limits.maximumBytes)",
                    at: SourcePosition(file: file), remedy: "split it")
            ])
        }
    }

    private static func decode(_ bytes: [UInt8], file: String) throws(Findings) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            let valid = String(decoding: bytes, as: UTF8.self).unicodeScalars.prefix { $0 != "\u{FFFD}" }
            let lineStart = valid.lastIndex(of: "\n").map { valid.index(after: $0) } ?? valid.startIndex
            let position = SourcePosition(
                file: file, line: 1 + valid.count { $0 == "\n" }, column: 1 + valid[lineStart...].count)
            throw Findings([
                Finding(
                    code: "document.not-utf8", what: "the document is not UTF-8 text", at: position,
                    remedy: "save the file as UTF-8")
            ])
        }
        return text
    }
}
