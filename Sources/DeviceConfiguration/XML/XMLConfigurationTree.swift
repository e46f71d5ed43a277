internal import XMLDocuments
internal import YANGData

extension YANGConfiguration {
    /// A tree without a schema in the vocabulary of those that have one: names, keys and values as far as `rules` guess.
    init(_ tree: [XMLElement], rules: XMLListRules) {
        self.init(nodes: Self.nodes(tree, [], in: "", rules))
    }

    private static func nodes(_ siblings: [XMLElement], _ outer: [XMLName], in namespace: String, _ rules: XMLListRules)
        -> [DataNode]
    {
        var places: [String: Int] = [:]
        return siblings.map { element in
            let path = outer + [element.name]
            let name =
                element.namespace == namespace || element.namespace.isEmpty
                ? element.local : "\(XMLElement.shortName(of: element.namespace)):\(element.local)"
            let attributes = element.attributes.filter { $0.name.namespace.isEmpty }.sorted { $0.name < $1.name }
            let rule = rules.rule(path)
            guard element.hasElements else {
                let value = ([element.comparedValue] + attributes.map { "\($0.name.local)=\($0.value)" })
                    .filter { !$0.isEmpty }.joined(separator: " ")
                guard rule == .leafList else { return DataNode(kind: .leaf, segment: name, value: value) }
                return DataNode(
                    kind: .leafListEntry, segment: "\(name)[.=\(quoted(value))]", value: value, isUserOrdered: true)
            }
            var children = nodes(element.elements, path, in: element.namespace, rules)
            children += attributes.map {
                DataNode(kind: .leaf, segment: "@\($0.name.local)", value: $0.value)
            }
            switch rule {
            case .list(let count):
                let keys = XMLListRules.keys(of: element, count)
                for index in children.indices.prefix(keys.count) { children[index].isKey = true }
                let predicates = keys.map { "[\($0.name.local)=\(quoted($0.value))]" }.joined()
                return DataNode(
                    kind: .listEntry, segment: name + predicates, isUserOrdered: true, children: children)
            case .positional:
                places[name, default: 0] += 1
                return DataNode(kind: .listEntry, segment: "\(name)[\(places[name] ?? 1)]", children: children)
            case .single, .leafList: return DataNode(kind: .container, segment: name, children: children)
            }
        }
    }

    private static func quoted(_ value: String) -> String { value.contains("'") ? "\"\(value)\"" : "'\(value)'" }
}
