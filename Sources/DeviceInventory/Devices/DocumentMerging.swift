package import Diagnostics
package import SourceDocuments

extension DocumentNode {
    /// This node with a stronger one laid over it: mappings merge key by key, anything else is replaced.
    /// Every node of the result keeps its own place.
    package func merged(with stronger: DocumentNode) -> DocumentNode {
        guard let weak = mapping, let strong = stronger.mapping else { return stronger }
        var entries = weak
        var places = Dictionary(weak.enumerated().map { ($1.key, $0) }, uniquingKeysWith: { first, _ in first })
        for entry in strong {
            if let place = places[entry.key] {
                entries[place] = Entry(keyNode: entry.keyNode, value: entries[place].value.merged(with: entry.value))
            } else {
                places[entry.key] = entries.count
                entries.append(entry)
            }
        }
        return DocumentNode(.mapping(entries), source: stronger.source, line: stronger.line, column: stronger.column)
    }

    /// The mapping without some of its keys.
    func without(_ keys: Set<String>) -> DocumentNode {
        guard let mapping else { return self }
        return DocumentNode(
            .mapping(mapping.filter { !keys.contains($0.key) }), source: source, line: line, column: column)
    }

    /// The node at a path of keys.
    func node(at path: some Sequence<String>) -> DocumentNode? {
        var node: DocumentNode? = self
        for key in path { node = node?[key] }
        return node
    }
}

/// Where one value of a device comes from: a line of `inventory show DEVICE --explain`.
package struct ExplainedValue: Sendable, Equatable {
    /// `vars.transit.asn`
    package var path: String
    /// The value as it is written, lists in short form.
    package var value: String
    package var position: SourcePosition
    /// `group edge`, `vars/all.yaml` …
    package var layer: String
    /// Places whose value lost against this one, weakest first.
    package var overridden: [SourcePosition]

    package init(
        path: String, value: String, position: SourcePosition, layer: String, overridden: [SourcePosition]
    ) {
        (self.path, self.value, self.position) = (path, value, position)
        (self.layer, self.overridden) = (layer, overridden)
    }
}

extension Device {
    /// Every value with the place that gave it, in the order of the merged documents.
    package func explained() -> [ExplainedValue] {
        var found: [ExplainedValue] = []
        let merged = layers.dropFirst().reduce(layers.first?.node) { $0?.merged(with: $1.node) }
        if let merged { explain(merged, [], &found) }
        return found + configuredValues
    }

    private func explain(_ node: DocumentNode, _ path: [String], _ found: inout [ExplainedValue]) {
        if let entries = node.mapping, !entries.isEmpty {
            for entry in entries { explain(entry.value, path + [entry.key], &found) }
            return
        }
        let givers = layers.filter { $0.node.node(at: path) != nil }
        guard let winner = givers.last else { return }
        found.append(
            ExplainedValue(
                path: path.joined(separator: "."), value: Self.shown(node), position: node.position, layer: winner.name,
                overridden: givers.dropLast().compactMap { $0.node.node(at: path)?.position }))
    }

    private static func shown(_ node: DocumentNode) -> String {
        switch node.content {
        case .scalar(let scalar): safeForDisplay(scalar.text, keepingLines: false)
        case .sequence(let nodes): "[" + nodes.map(shown).joined(separator: ", ") + "]"
        case .mapping(let entries): "{" + entries.map { "\($0.key): \(shown($0.value))" }.joined(separator: ", ") + "}"
        }
    }
}
