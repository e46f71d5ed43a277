import NETCONFProtocol
import XMLDocuments

/// An XPath filter (RFC 6241 §8.9): the selected nodes with all inside them, what encloses them, and the keys that name it.
struct XPathFilter: Sendable {
    let select: String
    let namespaces: [String: String]

    /// Numbers elements while an expression is evaluated, so that what it selects is found again.
    private static let number = XMLName("number", in: "urn:asbuilt:lab-filter")

    func select(_ data: [XMLElement]) throws(LabRouterRefusal) -> [XMLElement] {
        var count = 0
        let numbered = data.map { Self.numbered($0, &count) }
        let value: XPathValue
        do throws(XMLError) {
            // The data have no one root: paths begin at what holds them here.
            let text = select.hasPrefix("/") && !select.hasPrefix("//") ? "/data" + select : select
            value = try XPathExpression(text).evaluate(on: XMLElement("data", in: "", numbered), namespaces: namespaces)
        } catch {
            throw LabRouterRefusal(.invalidValue("the filter cannot be evaluated: \(error.what)"))
        }
        guard case .nodes(let nodes) = value else {
            throw LabRouterRefusal(.invalidValue("the filter selects no nodes but a value"))
        }
        let wanted = Set(nodes.compactMap { $0.element?.attribute(Self.number.local, in: Self.number.namespace) })
        return numbered.compactMap { Self.kept($0, wanted) }
    }

    private static func numbered(_ element: XMLElement, _ count: inout Int) -> XMLElement {
        var copy = element
        count += 1
        copy.attributes.append(XMLAttribute(number, prefix: "number", value: String(count)))
        copy.children = element.children.map { child in
            switch child {
            case .element(let inner): .element(numbered(inner, &count))
            case .text: child
            }
        }
        return copy
    }

    private static func plain(_ element: XMLElement) -> XMLElement {
        var copy = element
        copy.attributes.removeAll { $0.name == number }
        copy.children = element.children.map { child in
            switch child {
            case .element(let inner): .element(plain(inner))
            case .text: child
            }
        }
        return copy
    }

    /// What of an element is selected; nil for nothing.
    private static func kept(_ element: XMLElement, _ wanted: Set<String>) -> XMLElement? {
        if let own = element.attribute(number.local, in: number.namespace), wanted.contains(own) {
            return plain(element)
        }
        var found = false
        let children = element.elements.compactMap { child -> XMLElement? in
            if let inner = kept(child, wanted) {
                found = true
                return inner
            }
            return SubtreeFilter.keys[element.local]?.contains(child.local) == true ? plain(child) : nil
        }
        guard found else { return nil }
        var copy = plain(element)
        copy.children = children.map { .element($0) }
        return copy
    }
}
