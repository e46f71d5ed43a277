import XMLDocuments

/// A subtree filter (RFC 6241 §6) over elements: configuration and state alike.
struct SubtreeFilter: Sendable {
    private let wanted: [XMLElement]
    /// Levels of each node that is selected whole; all when nil.
    private let depth: Int?
    init(_ wanted: [XMLElement], depth: Int? = nil) { (self.wanted, self.depth) = (wanted, depth) }

    /// Leaves that name an entry of a list; they come along with whatever is selected in it (§6.2.5, rule 4).
    static let keys: [String: Set<String>] = [
        "interface": ["name"], "address": ["ip"], "neighbor": ["address"], "network": ["prefix"], "server": ["address"],
        "acl": ["name"], "rule": ["id", "name"], "route": ["prefix"], "session": ["session-id"],
        "schema": ["identifier"],
        "datastore": ["name"], "module": ["name", "revision"], "partial-lock": ["lock-id"], "module-set": ["name"],
        "group": ["name"], "rule-list": ["name"],
    ]

    func select(_ data: [XMLElement]) -> [XMLElement] {
        data.compactMap { node in
            Self.merged(wanted.filter { Self.names($0, node) }.compactMap { select(node, $0) }, like: node)
        }
    }

    private static func names(_ filter: XMLElement, _ node: XMLElement) -> Bool {
        guard filter.local == node.local, filter.namespace.isEmpty || filter.namespace == node.namespace else {
            return false
        }
        return filter.attributes.allSatisfy { node.attribute($0.name.local, in: $0.name.namespace) == $0.value }
    }

    /// What of a node one filter element selects; nil for nothing.
    private func select(_ node: XMLElement, _ filter: XMLElement) -> XMLElement? {
        let inside = filter.elements
        if inside.isEmpty {
            let text = filter.trimmedText
            return text.isEmpty || text == node.trimmedText ? node.limited(to: depth) : nil
        }
        let matches = inside.filter { !$0.hasElements && !$0.trimmedText.isEmpty }
        for match in matches {
            guard node.elements.contains(where: { Self.names(match, $0) && $0.trimmedText == match.trimmedText }) else {
                return nil
            }
        }
        if matches.count == inside.count { return node.limited(to: depth) }
        let keys = Self.keys[node.local] ?? []
        var result = node
        var hasSelected = false
        result.children = node.elements.compactMap { child in
            let asked = inside.filter { Self.names($0, child) }
            if let part = Self.merged(asked.compactMap { select(child, $0) }, like: child) {
                hasSelected = true
                return .element(part)
            }
            return keys.contains(child.local) ? .element(child) : nil
        }
        return hasSelected ? result : nil
    }

    /// Several selections of one node as one (rule 5): children in the order of the data.
    private static func merged(_ parts: [XMLElement], like node: XMLElement) -> XMLElement? {
        guard let first = parts.first else { return nil }
        if parts.count == 1 { return first }
        if parts.contains(node) { return node }
        var result = node
        result.children = node.elements.compactMap { child in
            let selected = parts.flatMap { part in part.elements.filter { isPart($0, of: child) } }
            return merged(selected, like: child).map { .element($0) }
        }
        return result
    }

    /// Whether `part` was selected from `node`: same name, and no leaf in it that says otherwise.
    private static func isPart(_ part: XMLElement, of node: XMLElement) -> Bool {
        guard part.name == node.name else { return false }
        if !part.hasElements { return !node.hasElements && part.trimmedText == node.trimmedText }
        return part.elements.allSatisfy { child in node.elements.contains { isPart(child, of: $0) } }
    }
}
