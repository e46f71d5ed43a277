/// One difference between two trees whose schema is not known.
package struct XMLTreeDifference: Equatable, Sendable {
    package enum Kind: String, Sendable { case added, removed, changed }
    package var kind: Kind
    /// Names from the outside in; entries of a list carry what identifies them: `interface[name='eth0']`.
    package var path: [String]
    package var old: String?
    package var new: String?

    /// Compares by name and, where several siblings share one, by a child that looks like a key, else by place.
    /// Prefixes, attribute order and layout do not matter.
    package static func between(_ old: XMLElement, _ new: XMLElement) -> [XMLTreeDifference] {
        var found: [XMLTreeDifference] = []
        compare(old.canonical, new.canonical, [], &found)
        return found
    }

    /// Child names taken for keys, best first.
    package static let keyNames = ["name", "id", "address", "ip", "prefix", "key", "index", "number", "vlan-id"]

    private static func compare(
        _ old: XMLElement, _ new: XMLElement, _ path: [String], _ found: inout [XMLTreeDifference]
    ) {
        guard old != new else { return }
        guard old.hasElements || new.hasElements, old.sortedAttributes == new.sortedAttributes else {
            found.append(XMLTreeDifference(kind: .changed, path: path, old: value(old), new: value(new)))
            return
        }
        if old.trimmedText != new.trimmedText {
            found.append(XMLTreeDifference(kind: .changed, path: path, old: old.trimmedText, new: new.trimmedText))
        }
        var rest = labelled(new)
        for (label, element) in labelled(old) {
            if let index = rest.firstIndex(where: { $0.0 == label }) {
                compare(element, rest.remove(at: index).1, path + [label], &found)
            } else {
                found.append(XMLTreeDifference(kind: .removed, path: path + [label], old: value(element)))
            }
        }
        for (label, element) in rest {
            found.append(XMLTreeDifference(kind: .added, path: path + [label], new: value(element)))
        }
    }

    private static func value(_ element: XMLElement) -> String {
        element.hasElements ? element.canonicalText() : element.trimmedText
    }

    private static func labelled(_ parent: XMLElement) -> [(String, XMLElement)] {
        let children = parent.elements
        let counts = Dictionary(children.map { ($0.name, 1) }, uniquingKeysWith: +)
        return children.map { child in
            let name = child.namespace == parent.namespace ? child.local : child.name.description
            guard child.hasElements else {
                // Of a leaf-list each value is an entry.
                return (counts[child.name] == 1 ? name : "\(name)[.='\(child.trimmedText)']", child)
            }
            let key = keyNames.lazy.compactMap { child.first($0) }.first { !$0.hasElements }
            guard let key else { return (name, child) }
            return ("\(name)[\(key.local)='\(key.trimmedText)']", child)
        }
    }

    package init(kind: Kind, path: [String], old: String? = nil, new: String? = nil) {
        (self.kind, self.path, self.old, self.new) = (kind, path, old, new)
    }
}
