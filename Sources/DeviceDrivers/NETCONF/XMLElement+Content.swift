internal import NETCONFProtocol
internal import XMLDocuments

extension XMLElement {
    /// What a configuration says, for comparing two datastores of one device: remarks of the device's are left out
    /// (`junos:changed-seconds` on the candidate, `junos:commit-seconds` on running), and elements of different names may
    /// stand in any order. Those of one name keep theirs: it may mean something.
    var asContent: XMLElement { canonical.withoutRemarks }

    private var withoutRemarks: XMLElement {
        var copy = self
        copy.attributes = attributes.filter { $0.name.namespace.isEmpty }
        guard hasElements else { return copy }
        let inner = elements.map(\.withoutRemarks)
        copy.children = inner.indices.sorted { a, b in
            inner[a].name == inner[b].name ? a < b : inner[a].name < inner[b].name
        }.map { .element(inner[$0]) }
        return copy
    }

    /// Anywhere in it.
    var asksForRemove: Bool {
        attribute("operation", in: NETCONFNamespace.base) == "remove" || elements.contains(where: \.asksForRemove)
    }
}
