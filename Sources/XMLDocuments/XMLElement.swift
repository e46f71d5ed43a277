/// One element as a value: for building messages and for reading small ones. Large documents stay `XMLDocument`s.
///
/// Equality looks at names, attributes (in any order) and content, not at prefixes, declarations or positions.
package struct XMLElement: Sendable {
    package var name: XMLName
    /// As written; only a wish when printing.
    package var prefix: String
    package var attributes: [XMLAttribute]
    /// Declared on this very element, beyond what the names need: for prefixes inside text (QNames, XPath).
    package var namespaces: [XMLNamespaceDeclaration]
    package var children: [XMLNode]
    /// Where the start tag begins, when the element was parsed.
    package var position: XMLPosition?

    package init(
        _ name: XMLName, prefix: String = "", attributes: [XMLAttribute] = [],
        namespaces: [XMLNamespaceDeclaration] = [], children: [XMLNode] = [], position: XMLPosition? = nil
    ) {
        self.name = name
        self.prefix = prefix
        self.attributes = attributes
        self.namespaces = namespaces
        self.children = children
        self.position = position
    }

    /// An element of child elements.
    package init(_ local: String, in namespace: String, _ children: [XMLElement] = []) {
        self.init(XMLName(local, in: namespace), children: children.map { .element($0) })
    }

    /// A leaf with text.
    package init(_ local: String, in namespace: String, text: String) {
        self.init(XMLName(local, in: namespace), children: text.isEmpty ? [] : [.text(text)])
    }
}

/// Content of an element. Comments and processing instructions are not kept.
package indirect enum XMLNode: Sendable, Equatable {
    case element(XMLElement)
    case text(String)
}

extension XMLElement: Equatable {
    package static func == (a: XMLElement, b: XMLElement) -> Bool {
        a.name == b.name && a.children == b.children && a.attributes.count == b.attributes.count
            && a.sortedAttributes.elementsEqual(b.sortedAttributes) { $0.name == $1.name && $0.value == $1.value }
    }

    /// In order of namespace and local name.
    package var sortedAttributes: [XMLAttribute] {
        attributes.count < 2 ? attributes : attributes.sorted { $0.name < $1.name }
    }
}

extension XMLElement {
    package var local: String { name.local }
    package var namespace: String { name.namespace }

    /// The child elements, in order.
    package var elements: [XMLElement] {
        children.compactMap {
            switch $0 {
            case .element(let element): element
            case .text: nil
            }
        }
    }

    /// The first child element with this local name; with a namespace only if that fits too.
    package func first(_ local: String, in namespace: String? = nil) -> XMLElement? {
        for case .element(let element) in children where element.matches(local, namespace) { return element }
        return nil
    }

    /// All child elements with this local name, in order.
    package func all(_ local: String, in namespace: String? = nil) -> [XMLElement] {
        elements.filter { $0.matches(local, namespace) }
    }

    /// Local name and, if given, namespace are these.
    package func matches(_ local: String, _ namespace: String?) -> Bool {
        name.local == local && (namespace == nil || name.namespace == namespace)
    }

    /// The text directly inside, concatenated and as written.
    package var text: String {
        var result = ""
        for case .text(let part) in children { result += part }
        return result
    }

    /// `text` without white space at both ends: what a leaf means in most NETCONF data.
    package var trimmedText: String { text.trimmingXMLSpace }

    package var hasElements: Bool {
        children.contains {
            switch $0 {
            case .element: true
            case .text: false
            }
        }
    }

    /// Value of an attribute, by its expanded name.
    package func attribute(_ local: String, in namespace: String = "") -> String? {
        attributes.first { $0.name.local == local && $0.name.namespace == namespace }?.value
    }

    /// The same element with one more child.
    package func adding(_ child: XMLElement) -> XMLElement {
        var copy = self
        copy.children.append(.element(child))
        return copy
    }

    /// Calls `body` for this element and everything inside, outermost first.
    package func forEachElement(_ body: (XMLElement) -> Void) {
        body(self)
        for case .element(let child) in children { child.forEachElement(body) }
    }
}

extension String {
    /// Without XML white space (space, tab, line feed, carriage return) at both ends.
    package var trimmingXMLSpace: String {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x0A || $0 == 0x09 || $0 == 0x0D }
        let bytes = utf8
        guard let first = bytes.firstIndex(where: { !isSpace($0) }) else { return "" }
        var last = bytes.endIndex
        while last > first, isSpace(bytes[bytes.index(before: last)]) { last = bytes.index(before: last) }
        return String(self[first..<last])
    }
}

extension XMLElement {
    /// Parses several elements standing side by side, such as the content of `<config>`. Prefixes of `namespaces` may be
    /// used without being declared; positions are those in `text`.
    package static func fragments(
        parsing text: String, namespaces: [String: String] = [:], limits: XMLLimits = .standard
    ) throws(XMLError) -> [XMLElement] {
        var start = "<fragments"
        for (prefix, uri) in namespaces.sorted(by: { $0.key < $1.key }) {
            var value: [UInt8] = []
            XMLWriter.escape(uri, inAttribute: true, into: &value)
            start +=
                (prefix.isEmpty ? " xmlns=\"" : " xmlns:\(prefix)=\"") + String(decoding: value, as: UTF8.self) + "\""
        }
        start += ">"
        let shift = start.unicodeScalars.count
        let back = { (position: XMLPosition) -> XMLPosition in
            XMLPosition(
                line: position.line, column: position.line == 1 ? max(1, position.column - shift) : position.column)
        }
        do throws(XMLError) {
            let root = try XMLDocument(parsing: start + text + "</fragments>", limits: limits).root
            let stray = root.text.trimmingXMLSpace
            guard stray.isEmpty else {
                throw XMLError(
                    .malformed, what: "text \"\(stray.prefix(40))\" outside of any element",
                    remedy: "only elements may stand here")
            }
            return root.elements.map { view in
                var element = view.element
                element.shiftFirstLine(back)
                return element
            }
        } catch {
            var moved = error
            moved.position = error.position.map(back)
            throw moved
        }
    }

    private mutating func shiftFirstLine(_ back: (XMLPosition) -> XMLPosition) {
        guard let place = position, place.line <= 1 else { return }
        position = back(place)
        for index in children.indices {
            if case .element(var child) = children[index] {
                child.shiftFirstLine(back)
                children[index] = .element(child)
            }
        }
    }
}
