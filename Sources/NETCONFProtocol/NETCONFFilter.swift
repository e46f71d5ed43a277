package import XMLDocuments

/// What of a datastore is asked for (RFC 6241 §6, §8.9).
package enum NETCONFFilter: Equatable, Sendable {
    /// Top-level elements of a subtree filter; none selects nothing (SF-8).
    case subtree([XMLElement])
    /// Needs `:xpath`; prefixes are declared on the filter element.
    case xpath(String, namespaces: [String: String])

    /// `<filter>`; `type` and `select` are attributes without namespace (GC-2).
    package var element: XMLElement {
        var filter = XMLElement("filter", in: NETCONFNamespace.base)
        switch self {
        case .subtree(let elements):
            filter.attributes = [XMLAttribute(XMLName("type"), value: "subtree")]
            filter.children = elements.map { .element($0) }
        case .xpath(let select, let namespaces):
            filter.attributes = [
                XMLAttribute(XMLName("type"), value: "xpath"), XMLAttribute(XMLName("select"), value: select),
            ]
            filter.namespaces = namespaces.sorted { $0.key < $1.key }
                .map { XMLNamespaceDeclaration(prefix: $0.key, uri: $0.value) }
        }
        return filter
    }

    /// Reads `<filter>` as a server does; prefixes in scope outside of it come in `scope`.
    package init(_ element: XMLElement, scope: [XMLNamespaceDeclaration] = []) throws(RPCError) {
        switch element.attribute("type") ?? "subtree" {
        case "subtree": self = .subtree(element.elements)
        case "xpath":
            guard let select = element.attribute("select") else {
                throw RPCError.missingAttribute("select", element: "filter", .protocol)
            }
            var namespaces: [String: String] = [:]
            for declaration in scope + element.namespaces where !declaration.prefix.isEmpty {
                namespaces[declaration.prefix] = declaration.uri
            }
            self = .xpath(select, namespaces: namespaces)
        case let other:
            throw RPCError.badAttribute(
                "type", element: "filter", message: "filter type \"\(other)\" is not known", .protocol)
        }
    }
}
