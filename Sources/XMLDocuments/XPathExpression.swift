import CLibXML2

/// An XPath 1.0 expression, checked when made, evaluated on documents with a prefix map.
package struct XPathExpression: Equatable, Sendable {
    package let text: String

    /// Fails with where the expression stops making sense.
    package init(_ text: String) throws(XMLError) {
        self.text = text
        _ = XMLLibrary.start
        guard text.utf8.count <= Self.maximumBytes else {
            throw XMLError(.expression, what: "an XPath expression longer than \(Self.maximumBytes) bytes")
        }
        guard let context = xmlXPathNewContext(nil) else { throw XMLError(.limit, what: "no memory for XPath") }
        defer { xmlXPathFreeContext(context) }
        let errors = XPathErrors()
        errors.listen(to: context)
        guard let compiled = xmlXPathCtxtCompile(context, text) else {
            throw XMLError(
                .expression, what: "not an XPath 1.0 expression: \(errors.sentence) in \"\(text)\"",
                remedy: "correct the expression")
        }
        xmlXPathFreeCompExpr(compiled)
    }

    /// Longest expression taken.
    package static let maximumBytes = 64 << 10
    /// Steps libxml2 may take for one evaluation.
    package static let maximumOperations = 20_000_000

    /// Evaluates on a document's text; `namespaces` maps prefixes used in the expression to URIs.
    package func evaluate(
        on document: [UInt8], namespaces: [String: String] = [:], limits: XMLLimits = .standard
    ) throws(XMLError) -> XPathValue {
        // The first pass enforces our limits and keeps document types out; libxml2's own tree is only built after it.
        _ = try XMLDocument(parsing: document, limits: limits)
        guard document.count < Int(Int32.max) else { throw XMLError(.limit, what: "too large for XPath") }
        var start = document.startIndex
        while start < document.endIndex, [0x20, 0x0A, 0x0D, 0x09].contains(document[start]) { start += 1 }
        let options = Int32(
            XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue
                | XML_PARSE_COMPACT.rawValue | XML_PARSE_IGNORE_ENC.rawValue | XML_PARSE_NOCDATA.rawValue)
        let result: Result<XPathValue, XMLError> = document[start...].withUnsafeBufferPointer { buffer in
            let tree = buffer.withMemoryRebound(to: CChar.self) {
                xmlReadMemory($0.baseAddress, Int32($0.count), nil, nil, options)
            }
            guard let tree else { return .failure(XMLError(.malformed, what: "not well-formed")) }
            defer { xmlFreeDoc(tree) }
            do throws(XMLError) { return .success(try evaluate(tree, namespaces)) } catch { return .failure(error) }
        }
        return try result.get()
    }

    /// Evaluates on a value tree; its own prefixes do not matter, `namespaces` does.
    package func evaluate(on element: XMLElement, namespaces: [String: String] = [:]) throws(XMLError) -> XPathValue {
        try evaluate(on: element.serialized(), namespaces: namespaces)
    }

    private func evaluate(_ tree: xmlDocPtr, _ namespaces: [String: String]) throws(XMLError) -> XPathValue {
        guard let context = xmlXPathNewContext(tree) else { throw XMLError(.limit, what: "no memory for XPath") }
        defer { xmlXPathFreeContext(context) }
        let errors = XPathErrors()
        errors.listen(to: context)
        context.pointee.opLimit = UInt(Self.maximumOperations)
        for (prefix, uri) in namespaces.sorted(by: { $0.key < $1.key }) where !prefix.isEmpty {
            guard xmlXPathRegisterNs(context, prefix, uri) == 0 else {
                throw XMLError(.expression, what: "prefix \"\(prefix)\" cannot be bound to \"\(uri)\"")
            }
        }
        guard let result = xmlXPathEvalExpression(text, context) else {
            throw XMLError(
                .evaluation, what: "XPath \"\(text)\" failed: \(errors.sentence)",
                remedy: "check prefixes and functions; bound prefixes are: "
                    + (namespaces.isEmpty ? "none" : namespaces.keys.sorted().joined(separator: ", ")))
        }
        defer { xmlXPathFreeObject(result) }
        switch result.pointee.type {
        case XPATH_BOOLEAN: return .boolean(result.pointee.boolval != 0)
        case XPATH_NUMBER: return .number(result.pointee.floatval)
        case XPATH_STRING: return .string(result.pointee.stringval.map { String(cString: $0) } ?? "")
        case XPATH_NODESET: return .nodes(XPathNode.all(in: result.pointee.nodesetval))
        default:
            throw XMLError(.evaluation, what: "XPath \"\(text)\" gives a type that is not part of XPath 1.0")
        }
    }
}

/// What an expression gives.
package enum XPathValue: Equatable, Sendable {
    /// In document order.
    case nodes([XPathNode])
    case string(String)
    case number(Double)
    case boolean(Bool)

    /// `string()` of the value (XPath 1.0 §4.2), except that an empty node-set is nil: nothing was found.
    package var stringValue: String? {
        switch self {
        case .nodes(let nodes): nodes.first?.stringValue
        case .string(let text): text
        case .number(let number): Self.string(of: number)
        case .boolean(let value): value ? "true" : "false"
        }
    }

    /// The string-values of all nodes, or the one value.
    package var strings: [String] {
        switch self {
        case .nodes(let nodes): nodes.map(\.stringValue)
        case .string, .number, .boolean: [stringValue ?? ""]
        }
    }

    private static func string(of number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number < 0 ? "-Infinity" : "Infinity" }
        if number == number.rounded(), abs(number) < 1e15 { return String(Int64(number)) }
        return String(number)
    }
}

/// One node of a result.
package struct XPathNode: Equatable, Sendable {
    package enum Kind: String, Sendable { case element, attribute, text, root, other }
    package var kind: Kind
    package var name: XMLName
    /// The text of the node and everything inside it.
    package var stringValue: String
    /// Line in the document, from 1; 0 when not known.
    package var line: Int
    /// Where it is: `/data/interfaces/interface[2]/name`.
    package var path: String
    /// The element as a value, when it is one.
    package var element: XMLElement?

    package init(
        kind: Kind, name: XMLName, stringValue: String, line: Int = 0, path: String = "", element: XMLElement? = nil
    ) {
        self.kind = kind
        self.name = name
        self.stringValue = stringValue
        self.line = line
        self.path = path
        self.element = element
    }

    static func all(in set: xmlNodeSetPtr?) -> [XPathNode] {
        guard let set, let table = set.pointee.nodeTab else { return [] }
        return (0..<Int(set.pointee.nodeNr)).compactMap { index in table[index].map(XPathNode.init) }
    }

    private init(_ node: xmlNodePtr) {
        // A namespace node is a shorter structure than all others: only its type may be looked at.
        guard node.pointee.type != XML_NAMESPACE_DECL else {
            self.init(kind: .other, name: XMLName("namespace"), stringValue: "")
            return
        }
        let kind: Kind =
            switch node.pointee.type {
            case XML_ELEMENT_NODE: .element
            case XML_ATTRIBUTE_NODE: .attribute
            case XML_TEXT_NODE, XML_CDATA_SECTION_NODE: .text
            case XML_DOCUMENT_NODE: .root
            default: .other
            }
        // Safe from expansion bombs: a document with entity declarations was refused before.
        let content = xmlXPathCastNodeToString(node)
        defer { cxml_free(content) }
        let path = xmlGetNodePath(node)
        defer { cxml_free(path) }
        let hasName = kind == .element || kind == .attribute
        self.init(
            kind: kind,
            name: hasName ? Self.name(of: node) : XMLName(""),
            stringValue: content.map { String(cString: $0) } ?? "",
            line: max(0, Int(xmlGetLineNo(node))), path: path.map { String(cString: $0) } ?? "",
            element: kind == .element ? Self.element(node) : nil)
    }

    private static func name(of node: xmlNodePtr) -> XMLName {
        XMLName(
            node.pointee.name.map { String(cString: $0) } ?? "",
            in: node.pointee.ns?.pointee.href.map { String(cString: $0) } ?? "")
    }

    /// Depth is bounded: the document was parsed under `XMLLimits`.
    private static func element(_ node: xmlNodePtr) -> XMLElement {
        var element = XMLElement(name(of: node))
        element.prefix = node.pointee.ns?.pointee.prefix.map { String(cString: $0) } ?? ""
        var attribute = node.pointee.properties
        while let current = attribute {
            let value = xmlXPathCastNodeToString(UnsafeMutableRawPointer(current).assumingMemoryBound(to: xmlNode.self))
            defer { cxml_free(value) }
            element.attributes.append(
                XMLAttribute(
                    XMLName(
                        String(cString: current.pointee.name),
                        in: current.pointee.ns?.pointee.href.map { String(cString: $0) } ?? ""),
                    prefix: current.pointee.ns?.pointee.prefix.map { String(cString: $0) } ?? "",
                    value: value.map { String(cString: $0) } ?? ""))
            attribute = current.pointee.next
        }
        var declaration = node.pointee.nsDef
        while let current = declaration {
            element.namespaces.append(
                XMLNamespaceDeclaration(
                    prefix: current.pointee.prefix.map { String(cString: $0) } ?? "",
                    uri: current.pointee.href.map { String(cString: $0) } ?? ""))
            declaration = current.pointee.next
        }
        var child = node.pointee.children
        while let current = child {
            switch current.pointee.type {
            case XML_ELEMENT_NODE: element.children.append(.element(Self.element(current)))
            case XML_TEXT_NODE, XML_CDATA_SECTION_NODE:
                element.children.append(.text(current.pointee.content.map { String(cString: $0) } ?? ""))
            default: break
            }
            child = current.pointee.next
        }
        element.position = XMLPosition(line: max(0, Int(xmlGetLineNo(node))), column: 1)
        return element
    }
}

/// Collects libxml2's messages about one XPath context; lives inside one synchronous call.
private final class XPathErrors {
    private var messages: [String] = []
    var sentence: String { messages.isEmpty ? "invalid expression" : messages.joined(separator: "; ") }

    func listen(to context: xmlXPathContextPtr) {
        context.pointee.userData = Unmanaged.passUnretained(self).toOpaque()
        context.pointee.error = { data, error in
            guard let data, let error, let message = error.pointee.message else { return }
            let errors = Unmanaged<XPathErrors>.fromOpaque(data).takeUnretainedValue()
            errors.messages.append(String(cString: message).trimmingXMLSpace)
        }
    }
}
