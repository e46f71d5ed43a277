import NETCONFProtocol
import XMLDocuments

/// An XPath filter (RFC 6241 §8.9): the selected nodes with all inside them, what encloses them, and the keys that name it.
struct XPathFilter: Sendable {
    let select: String
    let namespaces: [String: String]
    /// Levels of each node that is selected; all when nil.
    var depth: Int?

    /// Numbers elements while an expression is evaluated, so that what it selects is found again.
    private static let number = XMLName("number", in: "urn:asbuilt:lab-filter")

    func select(_ data: [XMLElement]) throws(LabRouterRefusal) -> [XMLElement] {
        let (numbered, wanted) = try evaluated(data)
        return numbered.compactMap { kept($0, wanted) }
    }

    /// Where the selected nodes are.
    func paths(in data: [XMLElement]) throws(LabRouterRefusal) -> [LabDataPath] {
        let (numbered, wanted) = try evaluated(data)
        var found: [LabDataPath] = []
        func walk(_ elements: [XMLElement], _ above: [LabDataPath.Step]) {
            for element in elements {
                let isEntry = !element.hasElements && elements.count { $0.name == element.name } > 1
                let steps = above + [LabDataPath.Step(Self.plain(element), isLeafListEntry: isEntry)]
                if Self.isWanted(element, wanted) { found.append(LabDataPath(steps: steps)) }
                walk(element.elements, steps)
            }
        }
        walk(numbered, [])
        return found
    }

    private func evaluated(_ data: [XMLElement]) throws(LabRouterRefusal) -> ([XMLElement], wanted: Set<String>) {
        var count = 0
        let numbered = data.map { Self.numbered($0, &count) }
        let value: XPathValue
        do throws(XMLError) {
            // The data have no one root: paths begin at what holds them here.
            let text = select.hasPrefix("/") && !select.hasPrefix("//") ? "/data" + select : select
            value = try XPathExpression(text).evaluate(on: XMLElement("data", in: "", numbered), namespaces: namespaces)
        } catch {
            throw LabRouterRefusal(
                .invalidValue(
                    "the expression \"\(select)\" cannot be evaluated: \(error.what)"
                        + (error.remedy.isEmpty ? "" : "; \(error.remedy)")))
        }
        guard case .nodes(let nodes) = value else {
            throw LabRouterRefusal(
                RPCError(
                    .protocol, .invalidValue, message: "the expression \"\(select)\" selects no nodes but a value",
                    appTag: "not-a-node-set"))
        }
        return (numbered, Set(nodes.compactMap { $0.element?.attribute(Self.number.local, in: Self.number.namespace) }))
    }

    private static func isWanted(_ element: XMLElement, _ wanted: Set<String>) -> Bool {
        element.attribute(number.local, in: number.namespace).map { wanted.contains($0) } ?? false
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
    private func kept(_ element: XMLElement, _ wanted: Set<String>) -> XMLElement? {
        if Self.isWanted(element, wanted) { return Self.plain(element).limited(to: depth) }
        var found = false
        let children = element.elements.compactMap { child -> XMLElement? in
            if let inner = kept(child, wanted) {
                found = true
                return inner
            }
            return SubtreeFilter.keys[element.local]?.contains(child.local) == true ? Self.plain(child) : nil
        }
        guard found else { return nil }
        var copy = Self.plain(element)
        copy.children = children.map { .element($0) }
        return copy
    }
}
