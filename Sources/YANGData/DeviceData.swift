package import XMLDocuments

/// Configuration as a device reported it, split into what the loaded schemas know and the rest, which is kept.
package struct DeviceData: ~Copyable {
    /// Data of known modules.
    package var known: DataTree
    /// Top-level elements of namespaces no loaded module implements, in order: reported, never dropped.
    package let unknown: [XMLElement]

    /// Takes `<data>` or `<config>`. Known content that breaks its schema fails; see `YANGFailure`.
    package init(_ container: XMLElement, parsing: DataTree.Parsing = .unvalidated, in context: YANGContext) throws {
        var text: [UInt8] = []
        var rest: [XMLElement] = []
        for element in container.elements {
            guard context.implements(namespace: element.namespace) else {
                rest.append(element)
                continue
            }
            var copy = element
            let own = Set(copy.namespaces.map(\.prefix))
            copy.namespaces += container.namespaces.filter { !own.contains($0.prefix) && !$0.prefix.isEmpty }
            text += copy.serialized()
        }
        known = try DataTree(String(decoding: text, as: UTF8.self), parsing: parsing, in: context)
        unknown = rest
    }

    /// Comparable text: known data as its schema prints it, then the rest in canonical form.
    package func canonicalText() throws -> String {
        try known.print(pretty: true) + unknown.map { $0.canonicalText() }.joined()
    }
}
