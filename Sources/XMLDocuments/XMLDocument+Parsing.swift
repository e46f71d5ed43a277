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

    package init(parsing bytes: ArraySlice<UInt8>, limits: XMLLimits = .standard) throws(XMLError) {
        guard bytes.count <= limits.maximumBytes else {
            throw XMLError(
                .limit, what: "a document of \(bytes.count) bytes, limit \(limits.maximumBytes)",
                remedy: "ask for less, for example with a filter")
        }
        _ = XMLLibrary.start
        let builder = XMLTreeBuilder(limits: limits)
        let result: Result<XMLStorage, XMLError> = bytes.withUnsafeBufferPointer { buffer in
            do throws(XMLError) { return .success(try builder.parse(buffer)) } catch { return .failure(error) }
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

/// Receives libxml2's SAX events and grows the flat arrays. Lives inside one synchronous call.
private final class XMLTreeBuilder {
    private let limits: XMLLimits
    private var scanner: XMLMarkupScanner
    private var failure: XMLError?
    private var parser: xmlParserCtxtPtr?

    private var nodes: [XMLStorage.Node] = []
    private var attributes: [XMLStorage.Attribute] = []
    private var declarations: [XMLStorage.Declaration] = []
    private var names: [XMLStorage.Name] = []
    private var text: [UInt8] = []
    private var open: [Int] = []
    private var textStart = 0
    private var elementCount = 0

    /// libxml2 interns names per parser, so that its pointers identify them.
    private struct NameKey: Hashable {
        var local, prefix, uri: UInt
    }
    private var nameIndex: [NameKey: UInt32] = [:]
    private var lastKey = NameKey(local: 0, prefix: 0, uri: 0)
    private var lastName: UInt32 = 0

    private static let sliceBytes = 64 << 10

    init(limits: XMLLimits) {
        self.limits = limits
        scanner = XMLMarkupScanner(limits: limits)
    }

    func parse(_ bytes: UnsafeBufferPointer<UInt8>) throws(XMLError) -> XMLStorage {
        nodes.reserveCapacity(bytes.count / 40)
        text.reserveCapacity(bytes.count / 3)
        var handler = Self.handler()
        guard
            let context = xmlCreatePushParserCtxt(&handler, Unmanaged.passUnretained(self).toOpaque(), nil, 0, nil)
        else { throw XMLError(.limit, what: "no memory for an XML parser") }
        parser = context
        defer {
            xmlFreeParserCtxt(context)
            parser = nil
        }
        xmlCtxtUseOptions(
            context,
            Int32(
                XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue
                    | XML_PARSE_COMPACT.rawValue | XML_PARSE_IGNORE_ENC.rawValue))
        // White space before the XML declaration is common on devices and harmless (checklist F-11).
        var start = 0
        while start < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[start]) { start += 1 }
        try scanner.scan(UnsafeBufferPointer(rebasing: bytes[..<start]))
        guard start < bytes.count else {
            throw XMLError(.empty, what: "no XML: the text is empty", remedy: "look at what was sent")
        }
        while start < bytes.count {
            let slice = UnsafeBufferPointer(rebasing: bytes[start..<min(start + Self.sliceBytes, bytes.count)])
            try scanner.scan(slice)
            let status = slice.withMemoryRebound(to: CChar.self) {
                xmlParseChunk(context, $0.baseAddress, Int32($0.count), 0)
            }
            if let failure { throw failure }
            if status != 0 { throw error(context) }
            start += slice.count
        }
        let status = xmlParseChunk(context, nil, 0, 1)
        if let failure { throw failure }
        // Namespace errors (an unbound prefix) do not stop libxml2, but make names meaningless.
        guard status == 0, context.pointee.wellFormed == 1, context.pointee.nsWellFormed == 1, !nodes.isEmpty else {
            throw error(context)
        }
        return XMLStorage(
            nodes: nodes, attributes: attributes, declarations: declarations, names: names, text: text,
            elementCount: elementCount)
    }

    private func error(_ context: xmlParserCtxtPtr) -> XMLError {
        let last = context.pointee.lastError
        let message = last.message.map { String(cString: $0).trimmingXMLSpace } ?? "the text ends too early"
        let position =
            last.line > 0 ? XMLPosition(line: Int(last.line), column: Int(max(last.int2, 1))) : scanner.position
        if last.code == Int32(XML_ERR_INVALID_CHAR.rawValue) || last.code == Int32(XML_ERR_INVALID_ENCODING.rawValue) {
            return XMLError(.encoding, what: message, position: position, remedy: "only UTF-8 text of XML characters")
        }
        return XMLError(.malformed, what: message, position: position, remedy: "correct the XML")
    }

    private func fail(_ error: XMLError) {
        guard failure == nil else { return }
        failure = error
        if let parser { xmlStopParser(parser) }
    }

    private func limit(_ what: String) {
        fail(
            XMLError(
                .limit, what: what, position: scanner.position, remedy: "no device needs this; look at what was sent"))
    }

    // MARK: events

    fileprivate func startElement(
        _ local: UnsafePointer<xmlChar>, _ prefix: UnsafePointer<xmlChar>?, _ uri: UnsafePointer<xmlChar>?,
        _ declared: UnsafeBufferPointer<UnsafePointer<xmlChar>?>,
        _ given: UnsafeBufferPointer<UnsafePointer<xmlChar>?>
    ) {
        guard failure == nil else { return }
        guard open.count < limits.maximumDepth else {
            return limit("elements nested deeper than \(limits.maximumDepth) levels")
        }
        guard nodes.count + attributes.count < limits.maximumNodes else {
            return limit("more than \(limits.maximumNodes) elements and attributes")
        }
        guard declared.count / 2 + given.count / 5 <= limits.maximumAttributesPerTag else {
            return limit("more than \(limits.maximumAttributesPerTag) attributes on one tag")
        }
        endText()
        let index = nodes.count
        let position = scanner.takePosition() ?? XMLPosition(line: 0, column: 0)
        nodes.append(
            XMLStorage.Node(
                name: intern(local, prefix, uri), parent: UInt32(open.last ?? 0), end: 0, textStart: UInt32(text.count),
                textLength: 0, attributes: UInt32(attributes.count), line: UInt32(clamping: position.line),
                column: UInt32(clamping: position.column)))
        elementCount += 1
        for pair in 0..<declared.count / 2 {
            declarations.append(
                XMLStorage.Declaration(
                    node: UInt32(index),
                    declaration: XMLNamespaceDeclaration(
                        prefix: string(declared[2 * pair]), uri: string(declared[2 * pair + 1]))))
        }
        for position in 0..<given.count / 5 {
            guard let name = given[5 * position], let value = given[5 * position + 3],
                let end = given[5 * position + 4]
            else { continue }
            let start = text.count
            appendAttributeValue(UnsafeBufferPointer(start: value, count: end - value))
            attributes.append(
                XMLStorage.Attribute(
                    name: intern(name, given[5 * position + 1], given[5 * position + 2]), start: UInt32(start),
                    length: UInt32(text.count - start)))
        }
        open.append(index)
        textStart = text.count
    }

    /// Without entity substitution libxml2 leaves `&` in attribute values as `&#38;`, and only there.
    private func appendAttributeValue(_ value: UnsafeBufferPointer<UInt8>) {
        let mark = Array("&#38;".utf8)
        var index = 0
        while index < value.count {
            text.append(value[index])
            let isMark = value[index] == mark[0] && index + mark.count <= value.count
            index += isMark && value[index..<index + mark.count].elementsEqual(mark) ? mark.count : 1
        }
    }

    fileprivate func endElement() {
        guard failure == nil, let index = open.popLast() else { return }
        if nodes.count == index + 1 {
            // A leaf keeps its text as written, white space included.
            nodes[index].textStart = UInt32(textStart)
            nodes[index].textLength = UInt32(text.count - textStart)
        } else {
            endText(inside: index)
        }
        nodes[index].end = UInt32(nodes.count)
        textStart = text.count
    }

    fileprivate func characters(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard failure == nil else { return }
        text.append(contentsOf: bytes)
    }

    fileprivate func documentType() {
        fail(
            XMLError(
                .documentType, what: "a document type declaration is not allowed", position: scanner.position,
                remedy: "NETCONF forbids it (RFC 6241 §3); remove <!DOCTYPE …>"))
    }

    /// Text between elements becomes a node of its own, unless it is white space.
    private func endText(inside parent: Int? = nil) {
        guard let parent = parent ?? open.last else { return }
        let isSpace = text[textStart...].allSatisfy { $0 == 0x20 || $0 == 0x0A || $0 == 0x09 || $0 == 0x0D }
        if isSpace {
            text.removeLast(text.count - textStart)
            return
        }
        let index = UInt32(nodes.count)
        nodes.append(
            XMLStorage.Node(
                name: XMLStorage.Node.textNode, parent: UInt32(parent), end: index + 1, textStart: UInt32(textStart),
                textLength: UInt32(text.count - textStart), attributes: UInt32(attributes.count), line: 0, column: 0))
        textStart = text.count
    }

    private func intern(
        _ local: UnsafePointer<xmlChar>, _ prefix: UnsafePointer<xmlChar>?, _ uri: UnsafePointer<xmlChar>?
    ) -> UInt32 {
        let key = NameKey(
            local: UInt(bitPattern: local), prefix: UInt(bitPattern: prefix), uri: UInt(bitPattern: uri))
        if key == lastKey { return lastName }
        if let known = nameIndex[key] {
            (lastKey, lastName) = (key, known)
            return known
        }
        let name = XMLStorage.Name(name: XMLName(string(local), in: string(uri)), prefix: string(prefix))
        if name.name.local.utf8.count > limits.maximumNameBytes || name.prefix.utf8.count > limits.maximumNameBytes {
            limit("a name longer than \(limits.maximumNameBytes) bytes")
        }
        if names.count >= limits.maximumDistinctNames {
            limit("more than \(limits.maximumDistinctNames) different names")
        }
        let index = UInt32(names.count)
        names.append(name)
        nameIndex[key] = index
        (lastKey, lastName) = (key, index)
        return index
    }

    private func string(_ text: UnsafePointer<xmlChar>?) -> String { text.map { String(cString: $0) } ?? "" }

    // MARK: libxml2

    private static func handler() -> xmlSAXHandler {
        var handler = xmlSAXHandler()
        handler.initialized = XML_SAX2_MAGIC
        handler.internalSubset = { context, _, _, _ in XMLTreeBuilder.from(context)?.documentType() }
        handler.externalSubset = { context, _, _, _ in XMLTreeBuilder.from(context)?.documentType() }
        handler.startElementNs = { context, local, prefix, uri, namespaces, declared, given, _, attributes in
            guard let local else { return }
            XMLTreeBuilder.from(context)?.startElement(
                local, prefix, uri, UnsafeBufferPointer(start: declared, count: 2 * Int(namespaces)),
                UnsafeBufferPointer(start: attributes, count: 5 * Int(given)))
        }
        handler.endElementNs = { context, _, _, _ in XMLTreeBuilder.from(context)?.endElement() }
        let characters: charactersSAXFunc = { context, bytes, count in
            XMLTreeBuilder.from(context)?.characters(UnsafeBufferPointer(start: bytes, count: Int(count)))
        }
        handler.characters = characters
        handler.ignorableWhitespace = characters
        handler.cdataBlock = characters
        return handler
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> XMLTreeBuilder? {
        context.map { Unmanaged<XMLTreeBuilder>.fromOpaque($0).takeUnretainedValue() }
    }
}
