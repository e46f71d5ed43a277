import CLibXML2

extension XMLDocument {
    /// Parses UTF-8 text. No network, no document type, no entities beyond the five of XML itself.
    /// Takes about 10 ms a megabyte; call it from a task that may be busy that long.
    package init(parsing bytes: [UInt8], limits: XMLLimits = .standard) throws(XMLError) {
        try self.init(parsing: bytes[...], limits: limits)
    }

    package init(parsing text: String, limits: XMLLimits = .standard) throws(XMLError) {
        try self.init(parsing: Array(text.utf8)[...], limits: limits)
    }

    /// Plain documents are read here, all others, and all errors, are libxml2's; with `usesLibrary` plain ones are, too.
    package init(parsing bytes: ArraySlice<UInt8>, limits: XMLLimits = .standard, usesLibrary: Bool = false)
        throws(XMLError)
    {
        guard bytes.count <= limits.maximumBytes else {
            throw XMLError(
                .limit, what: "a document of \(bytes.count) bytes, limit \(limits.maximumBytes)",
                remedy: "ask for less, for example with a filter")
        }
        let result: Result<XMLStorage, XMLError> = bytes.withUnsafeBufferPointer { buffer in
            if !usesLibrary, let plain = PlainXMLReader.read(buffer, limits: limits) { return .success(plain) }
            _ = XMLLibrary.start
            do throws(XMLError) { return .success(try XMLTreeBuilder.parse(buffer, limits: limits)) } catch {
                return .failure(error)
            }
        }
        storage = try result.get()
    }
}

extension XMLElement {
    /// Parses a document into a value tree; for messages and files of modest size.
    package init(parsing text: String, limits: XMLLimits = .standard) throws(XMLError) {
        self = try XMLDocument(parsing: text, limits: limits).root.element
    }

    package init(parsing bytes: [UInt8], limits: XMLLimits = .standard) throws(XMLError) {
        self = try XMLDocument(parsing: bytes, limits: limits).root.element
    }
}

/// libxml2's one-time set-up.
enum XMLLibrary {
    static let start: Void = xmlInitParser()
}
