/// A parsed document in a compact, immutable form: flat arrays, each name once, one arena of text.
///
/// Takes about as much memory as the text for 50 MB of configuration. White space between elements is not kept;
/// text of leaves is kept as written.
package struct XMLDocument: Sendable {
    let storage: XMLStorage

    /// The document element.
    package var root: XMLElementView { XMLElementView(storage: storage, index: 0) }

    /// Number of elements.
    package var elementCount: Int { storage.elementCount }
}

extension XMLDocument: Equatable {
    /// Printed alike: takes as long as printing both.
    package static func == (a: XMLDocument, b: XMLDocument) -> Bool {
        a.storage === b.storage || a.root.serialized() == b.root.serialized()
    }
}

/// Everything of a document; immutable once parsed.
final class XMLStorage: Sendable {
    struct Name: Sendable, Hashable {
        var name: XMLName
        var prefix: String
    }
    struct Node: Sendable {
        /// Index into `names`; `textNode` for text between elements.
        var name: UInt32
        var parent: UInt32
        /// One past the last descendant.
        var end: UInt32
        /// Text of a leaf, or of a text node.
        var textStart: UInt32
        var textLength: UInt32
        /// First of its attributes; the next node's value ends them.
        var attributes: UInt32
        var line: UInt32
        var column: UInt32
        static let textNode = UInt32.max
    }
    struct Attribute: Sendable {
        var name: UInt32
        var start: UInt32
        var length: UInt32
    }
    struct Declaration: Sendable {
        var node: UInt32
        /// Index into `declared`.
        var index: UInt32
    }
    let nodes: [Node]
    let attributes: [Attribute]
    let declarations: [Declaration]
    /// Each different declaration once.
    let declared: [XMLNamespaceDeclaration]
    let names: [Name]
    let text: [UInt8]
    let elementCount: Int

    init(
        nodes: [Node], attributes: [Attribute], declarations: [Declaration], declared: [XMLNamespaceDeclaration],
        names: [Name], text: [UInt8], elementCount: Int
    ) {
        self.nodes = nodes
        self.attributes = attributes
        self.declarations = declarations
        self.declared = declared
        self.names = names
        self.text = text
        self.elementCount = elementCount
    }

    func string(_ start: UInt32, _ length: UInt32) -> String {
        String(decoding: text[Int(start)..<Int(start + length)], as: UTF8.self)
    }

    func attributeRange(_ index: Int) -> Range<Int> {
        let end = index + 1 < nodes.count ? Int(nodes[index + 1].attributes) : attributes.count
        return Int(nodes[index].attributes)..<end
    }

    /// Declarations are stored in order of their nodes.
    func declarations(of index: Int) -> [XMLNamespaceDeclaration] {
        var low = 0
        var high = declarations.count
        while low < high {
            let middle = (low + high) / 2
            if Int(declarations[middle].node) < index { low = middle + 1 } else { high = middle }
        }
        var end = low
        while end < declarations.count, Int(declarations[end].node) == index { end += 1 }
        return declarations[low..<end].map { declared[Int($0.index)] }
    }
}

/// One element of an `XMLDocument`. Cheap to copy; keeps the document alive.
package struct XMLElementView: Sendable {
    let storage: XMLStorage
    let index: Int
    private var node: XMLStorage.Node { storage.nodes[index] }

    package var name: XMLName { storage.names[Int(node.name)].name }
    package var prefix: String { storage.names[Int(node.name)].prefix }
    package var local: String { name.local }
    package var namespace: String { name.namespace }
    package var position: XMLPosition { XMLPosition(line: Int(node.line), column: Int(node.column)) }

    package var parent: XMLElementView? {
        index == 0 ? nil : XMLElementView(storage: storage, index: Int(node.parent))
    }

    /// The text directly inside, concatenated and as written.
    package var text: String {
        var result = storage.string(node.textStart, node.textLength)
        for child in childIndices where storage.nodes[child].name == XMLStorage.Node.textNode {
            result += storage.string(storage.nodes[child].textStart, storage.nodes[child].textLength)
        }
        return result
    }

    package var trimmedText: String { text.trimmingXMLSpace }
    package var hasElements: Bool { elements.contains { _ in true } }

    package var attributes: [XMLAttribute] {
        storage.attributeRange(index).map { position in
            let attribute = storage.attributes[position]
            let name = storage.names[Int(attribute.name)]
            return XMLAttribute(
                name.name, prefix: name.prefix, value: storage.string(attribute.start, attribute.length))
        }
    }

    package func attribute(_ local: String, in namespace: String = "") -> String? {
        for position in storage.attributeRange(index) {
            let attribute = storage.attributes[position]
            let name = storage.names[Int(attribute.name)].name
            if name.local == local, name.namespace == namespace {
                return storage.string(attribute.start, attribute.length)
            }
        }
        return nil
    }

    /// Declared on this very element.
    package var namespaces: [XMLNamespaceDeclaration] { storage.declarations(of: index) }

    /// All prefixes in scope here; the default namespace under the empty prefix.
    package var namespacesInScope: [String: String] {
        var scope = parent?.namespacesInScope ?? [:]
        for declaration in namespaces { scope[declaration.prefix] = declaration.uri }
        return scope
    }

    /// The child elements, in order, found as one walks.
    package var elements: XMLElementSequence { XMLElementSequence(indices: childIndices) }

    package func first(_ local: String, in namespace: String? = nil) -> XMLElementView? {
        elements.first { $0.matches(local, namespace) }
    }

    package func all(_ local: String, in namespace: String? = nil) -> [XMLElementView] {
        elements.filter { $0.matches(local, namespace) }
    }

    package func matches(_ local: String, _ namespace: String?) -> Bool {
        let name = name
        return name.local == local && (namespace == nil || name.namespace == namespace)
    }

    /// A copy as a value tree. Prefixes in scope come along as declarations of the copy's root.
    package var element: XMLElement {
        var copy = copied()
        var known = Set(copy.namespaces.map(\.prefix))
        for (prefix, uri) in namespacesInScope.sorted(by: { $0.key < $1.key }) where !known.contains(prefix) {
            known.insert(prefix)
            if prefix.isEmpty, uri == copy.namespace { continue }
            copy.namespaces.append(XMLNamespaceDeclaration(prefix: prefix, uri: uri))
        }
        return copy
    }

    private func copied() -> XMLElement {
        var children: [XMLNode] = []
        if node.textLength > 0 { children.append(.text(storage.string(node.textStart, node.textLength))) }
        for child in childIndices {
            let record = storage.nodes[child]
            if record.name == XMLStorage.Node.textNode {
                children.append(.text(storage.string(record.textStart, record.textLength)))
            } else {
                children.append(.element(XMLElementView(storage: storage, index: child).copied()))
            }
        }
        return XMLElement(
            name, prefix: prefix, attributes: attributes, namespaces: namespaces, children: children, position: position
        )
    }

    /// Indices of child nodes, text nodes included.
    var childIndices: ChildIndices { ChildIndices(storage: storage, next: index + 1, end: Int(node.end)) }

    struct ChildIndices: Sequence, IteratorProtocol, Sendable {
        let storage: XMLStorage
        private var upcoming: Int
        let end: Int
        init(storage: XMLStorage, next: Int, end: Int) {
            (self.storage, upcoming, self.end) = (storage, next, end)
        }
        mutating func next() -> Int? {
            guard upcoming < end else { return nil }
            defer { upcoming = Int(storage.nodes[upcoming].end) }
            return upcoming
        }
    }
}

/// The child elements of one element.
package struct XMLElementSequence: Sequence, IteratorProtocol, Sendable {
    var indices: XMLElementView.ChildIndices

    package mutating func next() -> XMLElementView? {
        while let index = indices.next() {
            if indices.storage.nodes[index].name != XMLStorage.Node.textNode {
                return XMLElementView(storage: indices.storage, index: index)
            }
        }
        return nil
    }
}
