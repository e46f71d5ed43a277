/// Reads plain documents without libxml2: elements, attributes, namespaces and text of ASCII, as nearly all messages are.
///
/// It only ever says yes. What it does not know for certain (comments, CDATA, references by number, other alphabets,
/// carriage returns, anything that may be wrong) it leaves alone: libxml2 reads such a document and gives the verdict.
/// What it reads it reads as `XMLTreeBuilder` does, down to the positions; tests and the fuzzer compare the two.
struct PlainXMLReader {
    private let bytes: UnsafeBufferPointer<UInt8>
    private let limits: XMLLimits
    private var at = 0
    private var line = 1
    /// Where the current line begins.
    private var lineStart = 0

    private var nodes: [XMLStorage.Node] = []
    private var attributes: [XMLStorage.Attribute] = []
    private var declarations: [XMLStorage.Declaration] = []
    private var declared: [XMLNamespaceDeclaration] = []
    private var names: [XMLStorage.Name] = []
    private var text: [UInt8] = []
    private var textStart = 0
    /// Not only white space since `textStart`.
    private var hasContent = false
    private var elementCount = 0

    /// A stretch of `bytes`.
    private struct Stretch {
        var start: Int
        var end: Int
        var count: Int { end - start }
    }
    /// A name as it is written; `colon` is -1 for one without a prefix.
    private struct QualifiedName {
        var all: Stretch
        var colon: Int
        var hash: UInt64
        var prefix: Stretch { Stretch(start: all.start, end: colon < 0 ? all.start : colon) }
        var local: Stretch { Stretch(start: colon < 0 ? all.start : colon + 1, end: all.end) }
    }
    private struct Open {
        var node: Int
        var name: Stretch
        /// How many bindings hold outside.
        var bindings: Int
    }
    private var open: [Open] = []

    /// A prefix, none for the default namespace, and its place in `namespaces`.
    private struct Binding {
        var prefix: Stretch
        var uri: Stretch
        var namespace: Int
        /// Place in `declared`.
        var declaration: UInt32
    }
    private var bindings: [Binding] = []
    /// Each different URI; the first is none.
    private var namespaces = [""]
    /// Bindings met before, those out of scope included: messages declare the same again and again.
    private var known: [Binding] = []

    private struct PendingAttribute {
        var name: QualifiedName
        var value: Stretch
        /// `xmlns`, or a name with that prefix.
        var isBinding: Bool
    }
    private var pending: [PendingAttribute] = []

    /// Where each of `names` was met first.
    private struct KnownName {
        var written: QualifiedName
        var namespace: Int
    }
    private var knownNames: [KnownName] = []
    /// Indices of `knownNames` and one, by the bytes of the names; 0 is free. Open addressing, at most half full.
    private var nameTable = [UInt16](repeating: 0, count: 128)

    /// Below libxml2's own limits, so that what is read here would be read there, too.
    private static let maximumDepth = 200
    private static let maximumNames = 4_096
    private static let maximumSteps = 32
    private static let maximumBindings = 64
    /// Attributes of one tag are compared with each other.
    private static let maximumAttributes = 16
    private static let maximumTextBytes = 8 << 20

    /// So that nobody can prepare names that fall together.
    private static let seed = UInt64.random(in: .min ... .max)
    private let hashSeed = seed

    private init(_ bytes: UnsafeBufferPointer<UInt8>, _ limits: XMLLimits) {
        (self.bytes, self.limits) = (bytes, limits)
    }

    /// The document, or nil for one that libxml2 has to read.
    static func read(_ bytes: UnsafeBufferPointer<UInt8>, limits: XMLLimits) -> XMLStorage? {
        var reader = PlainXMLReader(bytes, limits)
        reader.reserve()
        guard reader.readDocument() else { return nil }
        return XMLStorage(
            nodes: reader.nodes, attributes: reader.attributes, declarations: reader.declarations,
            declared: reader.declared, names: reader.names, text: reader.text, elementCount: reader.elementCount)
    }

    private mutating func reserve() {
        nodes.reserveCapacity(bytes.count / 40 + 4)
        text.reserveCapacity(bytes.count / 3 + 16)
        open.reserveCapacity(16)
    }

    // MARK: structure

    private mutating func readDocument() -> Bool {
        guard skipSpace(), skipXMLDeclaration(), skipSpace() else { return false }
        guard at < bytes.count, bytes[at] == UInt8(ascii: "<"), readStartTag() else { return false }
        while !open.isEmpty {
            guard readText(), at + 1 < bytes.count else { return false }
            guard bytes[at + 1] == UInt8(ascii: "/") ? readEndTag() : readStartTag() else { return false }
        }
        return skipSpace() && at == bytes.count
    }

    /// Blanks and line feeds; false at a carriage return.
    private mutating func skipSpace() -> Bool {
        while at < bytes.count {
            switch bytes[at] {
            case 0x20, 0x09: break
            case 0x0A:
                line += 1
                lineStart = at + 1
            case 0x0D: return false
            default: return true
            }
            at += 1
        }
        return true
    }

    private static let xmlDeclarations = [
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<?xml version=\"1.0\" encoding=\"utf-8\"?>",
        "<?xml version=\"1.0\"?>",
    ].map { Array($0.utf8) }

    /// Passes the declaration where there is one; false for one that is written in another way.
    private mutating func skipXMLDeclaration() -> Bool {
        guard at + 1 < bytes.count, bytes[at + 1] == UInt8(ascii: "?") else { return true }
        for declaration in Self.xmlDeclarations where at + declaration.count <= bytes.count {
            if UnsafeBufferPointer(rebasing: bytes[at..<at + declaration.count]).elementsEqual(declaration) {
                at += declaration.count
                return true
            }
        }
        return false
    }

    /// Text up to the next tag.
    private mutating func readText() -> Bool {
        var start = at
        while true {
            var isSpace = true
            while at < bytes.count {
                let byte = bytes[at]
                if byte > 0x3E {
                    if byte >= 0x7F { return false }
                    isSpace = false
                } else if byte == UInt8(ascii: "<") || byte == UInt8(ascii: "&") {
                    break
                } else if byte == 0x0A {
                    line += 1
                    lineStart = at + 1
                } else if byte == UInt8(ascii: ">") {
                    // `]]>` must not stand in text.
                    if at >= 1, bytes[at - 1] == UInt8(ascii: "]") { return false }
                    isSpace = false
                } else if byte > 0x20 {
                    isSpace = false
                } else if byte != 0x20, byte != 0x09 {
                    return false
                }
                at += 1
            }
            guard at < bytes.count, at - start <= Self.maximumTextBytes, text.count - textStart <= Self.maximumTextBytes
            else { return false }
            if bytes[at] == UInt8(ascii: "<") {
                // White space between elements is not kept.
                if isSpace, text.count == textStart, !endsLeaf { return true }
                append(Stretch(start: start, end: at))
                hasContent = hasContent || !isSpace
                return true
            }
            append(Stretch(start: start, end: at))
            hasContent = true
            guard readReference() else { return false }
            start = at
        }
    }

    /// At a `<`: whether it ends an element that holds no other.
    private var endsLeaf: Bool {
        at + 1 < bytes.count && bytes[at + 1] == UInt8(ascii: "/") && open.last?.node == nodes.count - 1
    }

    private static let references: [(written: [UInt8], means: UInt8)] = [
        ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"), ("&quot;", "\""), ("&apos;", "'"),
    ].map { (Array($0.utf8), UInt8(ascii: $1)) }

    private mutating func readReference() -> Bool {
        for (written, means) in Self.references where at + written.count <= bytes.count {
            if UnsafeBufferPointer(rebasing: bytes[at..<at + written.count]).elementsEqual(written) {
                at += written.count
                text.append(means)
                return true
            }
        }
        return false
    }

    private mutating func append(_ stretch: Stretch) {
        if stretch.count > 0 {
            text.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[stretch.start..<stretch.end]))
        }
    }

    /// Text between elements becomes a node of its own, unless it is white space.
    private mutating func endText(inside parent: Int) {
        guard textStart < text.count else { return }
        guard hasContent else {
            text.removeLast(text.count - textStart)
            return
        }
        let index = UInt32(nodes.count)
        nodes.append(
            XMLStorage.Node(
                name: XMLStorage.Node.textNode, parent: UInt32(parent), end: index + 1, textStart: UInt32(textStart),
                textLength: UInt32(text.count - textStart), attributes: UInt32(attributes.count), line: 0, column: 0))
        beginText()
    }

    private mutating func beginText() {
        textStart = text.count
        hasContent = false
    }

    // MARK: tags

    private mutating func readStartTag() -> Bool {
        let start = at
        let (startLine, column) = (line, at - lineStart + 1)
        at += 1
        guard let name = readName(), open.count < min(limits.maximumDepth, Self.maximumDepth),
            nodes.count + attributes.count < limits.maximumNodes
        else { return false }
        pending.removeAll(keepingCapacity: true)
        var isEmpty = false
        while true {
            guard at < bytes.count else { return false }
            if bytes[at] == UInt8(ascii: ">") { break }
            if bytes[at] == UInt8(ascii: "/") {
                isEmpty = true
                at += 1
                guard at < bytes.count, bytes[at] == UInt8(ascii: ">") else { return false }
                break
            }
            let blank = at
            guard skipSpace(), at > blank, at < bytes.count else { return false }
            if bytes[at] != UInt8(ascii: ">"), bytes[at] != UInt8(ascii: "/"), !readAttribute() { return false }
        }
        at += 1
        guard at - start <= limits.maximumTagBytes,
            pending.count <= min(limits.maximumAttributesPerTag, Self.maximumAttributes)
        else { return false }
        if let parent = open.last?.node { endText(inside: parent) }
        let outside = bindings.count
        if !pending.isEmpty, !bindPrefixes() { return false }
        guard let namespace = namespace(of: name, isAttribute: false), let number = intern(name, namespace) else {
            return false
        }
        let index = nodes.count
        nodes.append(
            XMLStorage.Node(
                name: number, parent: UInt32(open.last?.node ?? 0), end: 0, textStart: UInt32(text.count),
                textLength: 0,
                attributes: UInt32(attributes.count), line: UInt32(clamping: startLine),
                column: UInt32(clamping: column)))
        elementCount += 1
        var place = outside
        while place < bindings.count {
            declarations.append(XMLStorage.Declaration(node: UInt32(index), index: bindings[place].declaration))
            place += 1
        }
        if pending.count > bindings.count - outside, !addAttributes() { return false }
        open.append(Open(node: index, name: name.all, bindings: outside))
        beginText()
        if isEmpty { endElement() }
        return true
    }

    private mutating func readEndTag() -> Bool {
        guard let element = open.last, at + 2 + element.name.count < bytes.count else { return false }
        at += 2
        guard equal(Stretch(start: at, end: at + element.name.count), element.name) else { return false }
        at += element.name.count
        guard skipSpace(), at < bytes.count, bytes[at] == UInt8(ascii: ">") else { return false }
        at += 1
        endElement()
        return true
    }

    private mutating func endElement() {
        guard let element = open.popLast() else { return }
        if nodes.count == element.node + 1 {
            // A leaf keeps its text as written, white space included.
            nodes[element.node].textStart = UInt32(textStart)
            nodes[element.node].textLength = UInt32(text.count - textStart)
        } else {
            endText(inside: element.node)
        }
        nodes[element.node].end = UInt32(nodes.count)
        beginText()
        while bindings.count > element.bindings { bindings.removeLast() }
    }

    private static func isNameStart(_ byte: UInt8) -> Bool {
        byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z") || byte == UInt8(ascii: "_")
    }

    private static func isName(_ byte: UInt8) -> Bool {
        isNameStart(byte) || byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: ".")
    }

    private mutating func readName() -> QualifiedName? {
        let start = at
        var (place, colon, hash) = (at, -1, hashSeed)
        while true {
            // The first letter, at the beginning and behind a colon.
            guard place < bytes.count, Self.isNameStart(bytes[place]) else { return nil }
            while place < bytes.count, Self.isName(bytes[place]) {
                hash = (hash ^ UInt64(bytes[place])) &* 0x9E37_79B9_7F4A_7C15
                place += 1
            }
            guard place < bytes.count, bytes[place] == UInt8(ascii: ":") else { break }
            guard colon < 0 else { return nil }
            colon = place
            hash = (hash ^ 0x3A) &* 0x9E37_79B9_7F4A_7C15
            place += 1
        }
        // Also a letter of another alphabet ends it.
        guard place < bytes.count, bytes[place] < 0x7F, place - start <= limits.maximumNameBytes else { return nil }
        at = place
        return QualifiedName(all: Stretch(start: start, end: place), colon: colon, hash: hash)
    }

    /// `name="value"`, with a value that means what it says.
    private mutating func readAttribute() -> Bool {
        guard let name = readName(), skipSpace(), at < bytes.count, bytes[at] == UInt8(ascii: "=") else { return false }
        at += 1
        guard skipSpace(), at < bytes.count else { return false }
        let quote = bytes[at]
        guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return false }
        at += 1
        let start = at
        while at < bytes.count, bytes[at] != quote {
            let byte = bytes[at]
            // Other white space would become blanks.
            guard byte >= 0x20, byte < 0x7F, byte != UInt8(ascii: "<"), byte != UInt8(ascii: "&") else { return false }
            at += 1
        }
        guard at < bytes.count else { return false }
        pending.append(
            PendingAttribute(name: name, value: Stretch(start: start, end: at), isBinding: isBinding(name)))
        at += 1
        return true
    }

    private mutating func addAttributes() -> Bool {
        let first = attributes.count
        for attribute in pending where !attribute.isBinding {
            guard let namespace = namespace(of: attribute.name, isAttribute: true),
                let number = intern(attribute.name, namespace)
            else { return false }
            // Twice the same, perhaps under another prefix, is an error.
            let name = names[Int(number)].name
            for other in attributes[first...] where names[Int(other.name)].name == name { return false }
            let start = text.count
            append(attribute.value)
            attributes.append(
                XMLStorage.Attribute(name: number, start: UInt32(start), length: UInt32(text.count - start)))
        }
        return true
    }

    // MARK: namespaces and names

    private func equal(_ a: Stretch, _ b: Stretch) -> Bool {
        guard a.count == b.count else { return false }
        if a.start == b.start { return true }
        let raw = UnsafeRawBufferPointer(bytes)
        var offset = 0
        while offset + 8 <= a.count {
            let first = raw.loadUnaligned(fromByteOffset: a.start + offset, as: UInt64.self)
            if first != raw.loadUnaligned(fromByteOffset: b.start + offset, as: UInt64.self) { return false }
            offset += 8
        }
        while offset < a.count {
            if bytes[a.start + offset] != bytes[b.start + offset] { return false }
            offset += 1
        }
        return true
    }

    private func equal(_ a: Stretch, _ text: StaticString) -> Bool {
        a.count == text.utf8CodeUnitCount
            && UnsafeBufferPointer(rebasing: bytes[a.start..<a.end])
                .elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private func isBinding(_ name: QualifiedName) -> Bool {
        guard bytes[name.all.start] == UInt8(ascii: "x") else { return false }
        return name.colon < 0 ? equal(name.all, "xmlns") : equal(name.prefix, "xmlns")
    }

    private mutating func bindPrefixes() -> Bool {
        let outside = bindings.count
        for attribute in pending where attribute.isBinding {
            let prefix =
                attribute.name.colon < 0
                ? Stretch(start: attribute.name.all.start, end: attribute.name.all.start) : attribute.name.local
            guard bindings.count < Self.maximumBindings, let binding = binding(prefix, attribute.value) else {
                return false
            }
            var place = outside
            while place < bindings.count {
                if equal(bindings[place].prefix, prefix) { return false }
                place += 1
            }
            bindings.append(binding)
        }
        return true
    }

    private mutating func binding(_ prefix: Stretch, _ uri: Stretch) -> Binding? {
        var place = 0
        while place < known.count {
            if equal(known[place].uri, uri), equal(known[place].prefix, prefix) { return known[place] }
            place += 1
        }
        guard known.count < Self.maximumBindings, isPlainURI(uri), !equal(prefix, "xml"), !equal(prefix, "xmlns") else {
            return nil
        }
        let alike = known.first { equal($0.uri, uri) }
        if alike == nil { namespaces.append(string(uri)) }
        let namespace = alike?.namespace ?? namespaces.count - 1
        let binding = Binding(prefix: prefix, uri: uri, namespace: namespace, declaration: UInt32(declared.count))
        declared.append(XMLNamespaceDeclaration(prefix: string(prefix), uri: namespaces[namespace]))
        known.append(binding)
        return binding
    }

    /// `urn:` or `http://` and what no one doubts to be a URI; the two names of XML itself are not among them.
    private func isPlainURI(_ uri: Stretch) -> Bool {
        let value = UnsafeBufferPointer(rebasing: bytes[uri.start..<uri.end])
        let isURN = value.starts(with: "urn:".utf8)
        guard isURN || value.starts(with: "http://".utf8), !value.starts(with: "http://www.w3.org/".utf8) else {
            return false
        }
        let body = UnsafeBufferPointer(rebasing: value[(isURN ? 4 : 7)...])
        guard let first = body.first, Self.isNameStart(first) else { return false }
        return body.allSatisfy { Self.isName($0) || $0 == (isURN ? UInt8(ascii: ":") : UInt8(ascii: "/")) }
    }

    /// Where the name's namespace stands in `namespaces`; nil for a prefix that is not bound here.
    private func namespace(of name: QualifiedName, isAttribute: Bool) -> Int? {
        if name.colon < 0, isAttribute { return 0 }
        let prefix = name.prefix
        var place = bindings.count - 1
        while place >= 0 {
            if equal(bindings[place].prefix, prefix) { return bindings[place].namespace }
            place -= 1
        }
        return name.colon < 0 ? 0 : nil
    }

    private mutating func intern(_ name: QualifiedName, _ namespace: Int) -> UInt32? {
        var place = Int(truncatingIfNeeded: (name.hash &+ UInt64(namespace)) >> 7) & (nameTable.count - 1)
        var steps = 0
        while nameTable[place] != 0 {
            let entry = Int(nameTable[place]) - 1
            if knownNames[entry].namespace == namespace, equal(knownNames[entry].written.all, name.all) {
                return UInt32(entry)
            }
            // Names made to fall together are libxml2's.
            guard steps < Self.maximumSteps else { return nil }
            steps += 1
            place = (place + 1) & (nameTable.count - 1)
        }
        guard names.count < min(limits.maximumDistinctNames, Self.maximumNames) else { return nil }
        names.append(
            XMLStorage.Name(
                name: XMLName(string(name.local), in: namespaces[namespace]), prefix: string(name.prefix)))
        knownNames.append(KnownName(written: name, namespace: namespace))
        nameTable[place] = UInt16(names.count)
        if 2 * names.count > nameTable.count { growNameTable() }
        return UInt32(names.count - 1)
    }

    private mutating func growNameTable() {
        nameTable = [UInt16](repeating: 0, count: 4 * nameTable.count)
        for (index, known) in knownNames.enumerated() {
            var place =
                Int(truncatingIfNeeded: (known.written.hash &+ UInt64(known.namespace)) >> 7) & (nameTable.count - 1)
            while nameTable[place] != 0 { place = (place + 1) & (nameTable.count - 1) }
            nameTable[place] = UInt16(index + 1)
        }
    }

    private func string(_ stretch: Stretch) -> String {
        String(decoding: UnsafeBufferPointer(rebasing: bytes[stretch.start..<stretch.end]), as: UTF8.self)
    }
}
