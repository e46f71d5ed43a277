import CLibXML2

/// Receives libxml2's SAX events and grows the flat arrays. Lives inside one synchronous call.
///
/// A struct behind a pointer and not a class: the events come a million times, and each access to a class's property is
/// checked for exclusivity at run time, which took a sixth of the whole.
struct XMLTreeBuilder {
    private let limits: XMLLimits
    private var scanner: XMLMarkupScanner
    private var failure: XMLError?
    /// Asked at each event; looking at `failure` copies it.
    private var hasFailed = false
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
    /// The names used last, by a few bits of their key: hashing every name would cost as much as parsing it.
    private var recentKeys = [NameKey](repeating: NameKey(local: 0, prefix: 0, uri: 0), count: recentCount)
    private var recentNames = [UInt32](repeating: 0, count: recentCount)
    private static let recentCount = 64
    /// Declarations repeat: the same pair of interned pointers is the same declaration.
    private var declarationIndex: [NameKey: UInt32] = [:]
    private var declared: [XMLNamespaceDeclaration] = []
    /// Namespaces met so far, by libxml2's pointer: a document has few.
    private var namespaces: [(uri: UInt, text: String)] = []

    private static let sliceBytes = 64 << 10

    private init(limits: XMLLimits, bytes: Int) {
        self.limits = limits
        scanner = XMLMarkupScanner(limits: limits)
        nodes.reserveCapacity(bytes / 40)
        text.reserveCapacity(bytes / 3)
    }

    static func parse(_ bytes: UnsafeBufferPointer<UInt8>, limits: XMLLimits) throws(XMLError) -> XMLStorage {
        let builder = UnsafeMutablePointer<XMLTreeBuilder>.allocate(capacity: 1)
        builder.initialize(to: XMLTreeBuilder(limits: limits, bytes: bytes.count))
        defer {
            builder.deinitialize(count: 1)
            builder.deallocate()
        }
        var handler = Self.handler()
        guard let context = xmlCreatePushParserCtxt(&handler, builder, nil, 0, nil) else {
            throw XMLError(.limit, what: "no memory for an XML parser")
        }
        builder.pointee.parser = context
        defer { xmlFreeParserCtxt(context) }
        xmlCtxtUseOptions(
            context,
            Int32(
                XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue
                    | XML_PARSE_COMPACT.rawValue | XML_PARSE_IGNORE_ENC.rawValue))
        // White space before the XML declaration is common on devices and harmless (checklist F-11).
        var start = 0
        while start < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[start]) { start += 1 }
        try builder.pointee.scanner.scan(UnsafeBufferPointer(rebasing: bytes[..<start]))
        guard start < bytes.count else {
            throw XMLError(.empty, what: "no XML: the text is empty", remedy: "look at what was sent")
        }
        while start < bytes.count {
            let slice = UnsafeBufferPointer(rebasing: bytes[start..<min(start + Self.sliceBytes, bytes.count)])
            try builder.pointee.scanner.scan(slice)
            let status = slice.withMemoryRebound(to: CChar.self) {
                xmlParseChunk(context, $0.baseAddress, Int32($0.count), 0)
            }
            if let failure = builder.pointee.failure { throw failure }
            if status != 0 { throw builder.pointee.error(context) }
            start += slice.count
        }
        let status = xmlParseChunk(context, nil, 0, 1)
        if let failure = builder.pointee.failure { throw failure }
        // Namespace errors (an unbound prefix) do not stop libxml2, but make names meaningless.
        guard status == 0, context.pointee.wellFormed == 1, context.pointee.nsWellFormed == 1,
            !builder.pointee.nodes.isEmpty
        else { throw builder.pointee.error(context) }
        return builder.pointee.storage
    }

    private var storage: XMLStorage {
        XMLStorage(
            nodes: nodes, attributes: attributes, declarations: declarations, declared: declared,
            names: names, text: text, elementCount: elementCount)
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

    private mutating func fail(_ error: XMLError) {
        guard !hasFailed else { return }
        hasFailed = true
        failure = error
        if let parser { xmlStopParser(parser) }
    }

    private mutating func limit(_ what: String) {
        fail(
            XMLError(
                .limit, what: what, position: scanner.position, remedy: "no device needs this; look at what was sent"))
    }

    // MARK: events

    fileprivate mutating func startElement(
        _ local: UnsafePointer<xmlChar>, _ prefix: UnsafePointer<xmlChar>?, _ uri: UnsafePointer<xmlChar>?,
        _ namespaces: UnsafeBufferPointer<UnsafePointer<xmlChar>?>,
        _ given: UnsafeBufferPointer<UnsafePointer<xmlChar>?>
    ) {
        guard !hasFailed else { return }
        guard open.count < limits.maximumDepth else {
            return limit("elements nested deeper than \(limits.maximumDepth) levels")
        }
        guard nodes.count + attributes.count < limits.maximumNodes else {
            return limit("more than \(limits.maximumNodes) elements and attributes")
        }
        guard namespaces.count / 2 + given.count / 5 <= limits.maximumAttributesPerTag else {
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
        for pair in 0..<namespaces.count / 2 {
            let declaration = declaration(namespaces[2 * pair], namespaces[2 * pair + 1])
            declarations.append(XMLStorage.Declaration(node: UInt32(index), index: declaration))
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

    /// Without entity substitution libxml2 leaves `&` in the values of attributes and namespace declarations as
    /// `&#38;`, and only there.
    private static let ampersand = Array("&#38;".utf8)

    private mutating func appendAttributeValue(_ value: UnsafeBufferPointer<UInt8>) {
        guard value.contains(Self.ampersand[0]) else { return text.append(contentsOf: value) }
        text += Self.plain(value)
    }

    private static func plain(_ value: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        var index = 0
        while index < value.count {
            result.append(value[index])
            let isMark = value[index] == ampersand[0] && index + ampersand.count <= value.count
            index += isMark && value[index..<index + ampersand.count].elementsEqual(ampersand) ? ampersand.count : 1
        }
        return result
    }

    private mutating func declaration(_ prefix: UnsafePointer<xmlChar>?, _ uri: UnsafePointer<xmlChar>?) -> UInt32 {
        let key = NameKey(local: 0, prefix: UInt(bitPattern: prefix), uri: UInt(bitPattern: uri))
        if let known = declarationIndex[key] { return known }
        if declared.count >= limits.maximumDistinctNames {
            limit("more than \(limits.maximumDistinctNames) different namespace declarations")
        }
        let index = UInt32(declared.count)
        declared.append(XMLNamespaceDeclaration(prefix: string(prefix), uri: namespace(uri)))
        declarationIndex[key] = index
        return index
    }

    fileprivate mutating func endElement() {
        guard !hasFailed, let index = open.popLast() else { return }
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

    fileprivate mutating func characters(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard !hasFailed else { return }
        text.append(contentsOf: bytes)
    }

    fileprivate mutating func documentType() {
        fail(
            XMLError(
                .documentType, what: "a document type declaration is not allowed", position: scanner.position,
                remedy: "NETCONF forbids it (RFC 6241 §3); remove <!DOCTYPE …>"))
    }

    /// Text between elements becomes a node of its own, unless it is white space.
    private mutating func endText(inside parent: Int? = nil) {
        guard textStart < text.count, let parent = parent ?? open.last else { return }
        let isSpace = text.withUnsafeBufferPointer { bytes in
            UnsafeBufferPointer(rebasing: bytes[textStart...]).allSatisfy { $0 <= 0x20 }
        }
        if isSpace {
            // libxml2 lets no other control characters through.
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

    private mutating func intern(
        _ local: UnsafePointer<xmlChar>, _ prefix: UnsafePointer<xmlChar>?, _ uri: UnsafePointer<xmlChar>?
    ) -> UInt32 {
        let key = NameKey(
            local: UInt(bitPattern: local), prefix: UInt(bitPattern: prefix), uri: UInt(bitPattern: uri))
        let place = Int(truncatingIfNeeded: (key.local ^ (key.uri >> 3)) & UInt(Self.recentCount - 1))
        if recentKeys[place] == key { return recentNames[place] }
        let index = number(of: key, local, prefix, uri)
        (recentKeys[place], recentNames[place]) = (key, index)
        return index
    }

    private mutating func number(
        of key: NameKey, _ local: UnsafePointer<xmlChar>, _ prefix: UnsafePointer<xmlChar>?,
        _ uri: UnsafePointer<xmlChar>?
    ) -> UInt32 {
        if let known = nameIndex[key] { return known }
        let name = XMLStorage.Name(name: XMLName(string(local), in: namespace(uri)), prefix: string(prefix))
        if name.name.local.utf8.count > limits.maximumNameBytes || name.prefix.utf8.count > limits.maximumNameBytes {
            limit("a name longer than \(limits.maximumNameBytes) bytes")
        }
        if names.count >= limits.maximumDistinctNames {
            limit("more than \(limits.maximumDistinctNames) different names")
        }
        let index = UInt32(names.count)
        names.append(name)
        nameIndex[key] = index
        return index
    }

    private func string(_ text: UnsafePointer<xmlChar>?) -> String { text.map { String(cString: $0) } ?? "" }

    private mutating func namespace(_ uri: UnsafePointer<xmlChar>?) -> String {
        guard let uri else { return "" }
        let key = UInt(bitPattern: uri)
        for known in namespaces where known.uri == key { return known.text }
        let bytes = UnsafeBufferPointer(start: uri, count: Int(xmlStrlen(uri)))
        let text =
            bytes.contains(Self.ampersand[0])
            ? String(decoding: Self.plain(bytes), as: UTF8.self) : String(decoding: bytes, as: UTF8.self)
        if namespaces.count < Self.rememberedNamespaces { namespaces.append((key, text)) }
        return text
    }
    private static let rememberedNamespaces = 64

    // MARK: libxml2

    private static func handler() -> xmlSAXHandler {
        var handler = xmlSAXHandler()
        handler.initialized = XML_SAX2_MAGIC
        handler.internalSubset = { context, _, _, _ in XMLTreeBuilder.from(context)?.pointee.documentType() }
        handler.externalSubset = { context, _, _, _ in XMLTreeBuilder.from(context)?.pointee.documentType() }
        handler.startElementNs = { context, local, prefix, uri, namespaces, declared, given, _, attributes in
            guard let local else { return }
            XMLTreeBuilder.from(context)?.pointee.startElement(
                local, prefix, uri, UnsafeBufferPointer(start: declared, count: 2 * Int(namespaces)),
                UnsafeBufferPointer(start: attributes, count: 5 * Int(given)))
        }
        handler.endElementNs = { context, _, _, _ in XMLTreeBuilder.from(context)?.pointee.endElement() }
        let characters: charactersSAXFunc = { context, bytes, count in
            XMLTreeBuilder.from(context)?.pointee.characters(UnsafeBufferPointer(start: bytes, count: Int(count)))
        }
        handler.characters = characters
        handler.ignorableWhitespace = characters
        handler.cdataBlock = characters
        return handler
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> UnsafeMutablePointer<XMLTreeBuilder>? {
        context?.assumingMemoryBound(to: XMLTreeBuilder.self)
    }
}
