/// Prints elements. Declares a namespace where an element or attribute needs it and the prefix is not bound to it yet.
struct XMLWriter {
    private(set) var bytes: [UInt8] = []
    /// Spaces a level; 0 prints everything on one line.
    let indent: Int
    /// Declarations that hold here, outermost first.
    private var scope: [XMLNamespaceDeclaration] = []
    /// With how many declarations hold outside each.
    private var openNames: [(local: String, prefix: String, outside: Int)] = []

    init(indent: Int = 0) {
        self.indent = indent
        bytes.reserveCapacity(256)
    }

    /// Starts a tag; `isEmpty` closes it at once, and `endElement` must then not be called.
    mutating func startElement(
        _ name: XMLName, prefix: String, attributes: [XMLAttribute], namespaces: [XMLNamespaceDeclaration],
        isEmpty: Bool
    ) {
        newLine()
        let outside = scope.count
        let prefix = elementPrefix(name, prefix)
        for declaration in namespaces
        where !isDeclared(declaration.prefix, since: outside) && binding(declaration.prefix) != declaration.uri
            // Undeclaring a prefix is not possible in XML 1.0, only the default namespace can go.
            && !(declaration.uri.isEmpty && !declaration.prefix.isEmpty)
        {
            scope.append(declaration)
        }
        // Prefixes first: finding one may add a declaration.
        let prefixes = attributes.isEmpty ? [] : attributes.map { attributePrefix($0, since: outside) }
        bytes.append(UInt8(ascii: "<"))
        append(name.local, prefix)
        for declaration in scope[outside...] {
            bytes.append(contentsOf: (declaration.prefix.isEmpty ? " xmlns" : " xmlns:").utf8)
            bytes.append(contentsOf: declaration.prefix.utf8)
            bytes.append(contentsOf: "=\"".utf8)
            Self.escape(declaration.uri, inAttribute: true, into: &bytes)
            bytes.append(UInt8(ascii: "\""))
        }
        for (attribute, prefix) in zip(attributes, prefixes) {
            bytes.append(UInt8(ascii: " "))
            append(attribute.name.local, prefix)
            bytes.append(contentsOf: "=\"".utf8)
            Self.escape(attribute.value, inAttribute: true, into: &bytes)
            bytes.append(UInt8(ascii: "\""))
        }
        if isEmpty {
            bytes.append(contentsOf: "/>".utf8)
            leaveScope(outside)
        } else {
            bytes.append(UInt8(ascii: ">"))
            openNames.append((name.local, prefix, outside))
        }
    }

    private mutating func append(_ local: String, _ prefix: String) {
        if !prefix.isEmpty {
            bytes.append(contentsOf: prefix.utf8)
            bytes.append(UInt8(ascii: ":"))
        }
        bytes.append(contentsOf: local.utf8)
    }

    mutating func text(_ text: String) { Self.escape(text, inAttribute: false, into: &bytes) }

    mutating func endElement(onNewLine: Bool) {
        guard let name = openNames.popLast() else { return }
        leaveScope(name.outside)
        if onNewLine { newLine() }
        bytes.append(contentsOf: "</".utf8)
        append(name.local, name.prefix)
        bytes.append(UInt8(ascii: ">"))
    }

    private mutating func newLine() {
        guard indent > 0, !bytes.isEmpty else { return }
        bytes.append(0x0A)
        bytes += [UInt8](repeating: 0x20, count: indent * openNames.count)
    }

    // MARK: namespaces

    private mutating func leaveScope(_ outside: Int) {
        while scope.count > outside { scope.removeLast() }
    }

    private func binding(_ prefix: String) -> String {
        if prefix == "xml" { return "http://www.w3.org/XML/1998/namespace" }
        return scope.last { $0.prefix == prefix }?.uri ?? ""
    }

    private func isDeclared(_ prefix: String, since outside: Int) -> Bool {
        scope[outside...].contains { $0.prefix == prefix }
    }

    private mutating func elementPrefix(_ name: XMLName, _ wish: String) -> String {
        // No namespace can only be said without a prefix.
        let prefix = name.namespace.isEmpty ? "" : wish
        if binding(prefix) != name.namespace {
            scope.append(XMLNamespaceDeclaration(prefix: prefix, uri: name.namespace))
        }
        return prefix
    }

    private mutating func attributePrefix(_ attribute: XMLAttribute, since outside: Int) -> String {
        let namespace = attribute.name.namespace
        if namespace.isEmpty { return "" }
        if namespace == "http://www.w3.org/XML/1998/namespace" { return "xml" }
        if !attribute.prefix.isEmpty {
            if binding(attribute.prefix) == namespace { return attribute.prefix }
            if !isDeclared(attribute.prefix, since: outside) {
                scope.append(XMLNamespaceDeclaration(prefix: attribute.prefix, uri: namespace))
                return attribute.prefix
            }
        }
        if let own = scope[outside...].first(where: { $0.uri == namespace && !$0.prefix.isEmpty }) { return own.prefix }
        var number = 1
        while isDeclared("ns\(number)", since: outside) { number += 1 }
        scope.append(XMLNamespaceDeclaration(prefix: "ns\(number)", uri: namespace))
        return "ns\(number)"
    }

    // MARK: characters

    /// Escapes `>` always, so that neither `]]>` nor NETCONF's end-of-message can appear (RFC 6242 §4.3). Characters
    /// that XML 1.0 cannot hold become U+FFFD; `firstForbiddenCharacter` finds them beforehand.
    static func escape(_ text: String, inAttribute: Bool, into bytes: inout [UInt8]) {
        var text = text
        text.withUTF8 { buffer in
            // The common case: nothing to escape.
            let isPlain = buffer.allSatisfy {
                $0 >= 0x20 && $0 != 0x22 && $0 != 0x26 && $0 != 0x3C && $0 != 0x3E && $0 != 0xEF
            }
            if isPlain {
                bytes += buffer
                return
            }
            for scalar in String(decoding: buffer, as: UTF8.self).unicodeScalars {
                switch scalar {
                case "&": bytes += Array("&amp;".utf8)
                case "<": bytes += Array("&lt;".utf8)
                case ">": bytes += Array("&gt;".utf8)
                case "\"" where inAttribute: bytes += Array("&quot;".utf8)
                case "\n" where inAttribute: bytes += Array("&#10;".utf8)
                case "\t" where inAttribute: bytes += Array("&#9;".utf8)
                case "\r": bytes += Array("&#13;".utf8)
                default:
                    let allowed = scalar.isAllowedInXML ? scalar : "\u{FFFD}"
                    bytes += Array(String(Character(allowed)).utf8)
                }
            }
        }
    }
}

extension Unicode.Scalar {
    /// `Char` of XML 1.0 §2.2.
    package var isAllowedInXML: Bool {
        switch value {
        case 0x09, 0x0A, 0x0D, 0x20...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: true
        default: false
        }
    }
}

extension XMLElement {
    /// The element as text, without XML declaration. `indent` spaces a level; 0 keeps everything on one line.
    package func serialized(indent: Int = 0) -> [UInt8] {
        var writer = XMLWriter(indent: indent)
        write(to: &writer)
        return writer.bytes
    }

    /// `serialized` as a string.
    package func text(indent: Int) -> String { String(decoding: serialized(indent: indent), as: UTF8.self) }

    private func write(to writer: inout XMLWriter) {
        writer.startElement(
            name, prefix: prefix, attributes: attributes, namespaces: namespaces, isEmpty: children.isEmpty)
        if children.isEmpty { return }
        for child in children {
            switch child {
            case .element(let element): element.write(to: &writer)
            case .text(let text): writer.text(text)
            }
        }
        writer.endElement(onNewLine: hasElements)
    }

    /// The first character in text or attributes that XML 1.0 cannot hold, with the element it is in.
    package var firstForbiddenCharacter: (element: XMLName, scalar: Unicode.Scalar)? {
        for case .text(let part) in children {
            if let scalar = part.firstForbiddenScalar { return (name, scalar) }
        }
        for attribute in attributes {
            if let scalar = attribute.value.firstForbiddenScalar { return (name, scalar) }
        }
        for case .element(let child) in children {
            if let found = child.firstForbiddenCharacter { return found }
        }
        return nil
    }
}

extension String {
    fileprivate var firstForbiddenScalar: Unicode.Scalar? {
        // In most texts no byte can be part of one.
        if utf8.allSatisfy({ $0 >= 0x20 && $0 < 0xEF }) { return nil }
        return unicodeScalars.first { !$0.isAllowedInXML }
    }
}

extension XMLElementView {
    /// The element as text that stands on its own: prefixes in scope are declared again.
    package func serialized(indent: Int = 0) -> [UInt8] {
        var writer = XMLWriter(indent: indent)
        var outer: [XMLNamespaceDeclaration] = []
        for (prefix, uri) in namespacesInScope.sorted(by: { $0.key < $1.key }) {
            outer.append(XMLNamespaceDeclaration(prefix: prefix, uri: uri))
        }
        write(to: &writer, extra: outer)
        return writer.bytes
    }

    private func write(to writer: inout XMLWriter, extra: [XMLNamespaceDeclaration]) {
        let record = storage.nodes[index]
        let isLeaf = Int(record.end) == index + 1
        writer.startElement(
            name, prefix: prefix, attributes: attributes, namespaces: extra.isEmpty ? namespaces : extra,
            isEmpty: isLeaf && record.textLength == 0)
        if isLeaf && record.textLength == 0 { return }
        if record.textLength > 0 { writer.text(storage.string(record.textStart, record.textLength)) }
        for child in childIndices {
            let node = storage.nodes[child]
            if node.name == XMLStorage.Node.textNode {
                writer.text(storage.string(node.textStart, node.textLength))
            } else {
                XMLElementView(storage: storage, index: child).write(to: &writer, extra: [])
            }
        }
        writer.endElement(onNewLine: !isLeaf)
    }
}
