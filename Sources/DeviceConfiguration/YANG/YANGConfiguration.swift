internal import Diagnostics
internal import XMLDocuments
internal import YANGData

/// One configuration parsed with its schema, as values: what the schema knows, and the rest kept as it came.
struct YANGConfiguration {
    var nodes: [DataNode]
    /// Top-level elements that no loaded module describes, in canonical text.
    var unknown: [String]

    init(_ data: borrowing DeviceData) {
        nodes = data.known.nodes()
        unknown = data.unknown.map { $0.canonicalText() }
    }

    init(_ tree: borrowing DataTree, unknown: [String]) { (nodes, self.unknown) = (tree.nodes(), unknown) }

    /// Names of leaves whose value is a secret whatever the module says about it.
    static func isSensitive(_ name: String) -> Bool {
        let local = name.split(separator: ":").last.map(String.init) ?? name
        return local.contains("password") || local.contains("secret") || local.contains("passphrase")
            || ["community", "key-string", "private-key", "pre-shared-key", "psk"].contains(local)
    }

    /// The value as it may be shown: a secret only the device knows is masked, a placeholder stays.
    static func shown(_ node: DataNode) -> String {
        let value = node.value ?? ""
        guard isSensitive(node.name), !value.isEmpty, SecretPlaceholder.all(in: value).first?.description != value else {
            return value.contains(where: \.isNewline) ? value.split(whereSeparator: \.isNewline).joined(separator: " ") : value
        }
        return Secret.mask
    }

    /// One canonical order and spelling; values equal to their default are left out, since a device may show or hide
    /// them (RFC 6243).
    var canonicalText: String {
        var text = ""
        func write(_ nodes: [DataNode], _ depth: Int) {
            for node in Self.ordered(nodes) where !node.isKey && !Self.isEmpty(node) {
                text += String(repeating: " ", count: depth) + Self.line(node) + "\n"
                write(node.children, depth + 1)
            }
        }
        write(nodes, 0)
        return text + unknown.sorted().joined()
    }

    /// Entries of what the system orders stand sorted; what the user orders stays as it is.
    static func ordered(_ nodes: [DataNode]) -> [DataNode] {
        nodes.enumerated().sorted { a, b in
            let (x, y) = (a.element, b.element)
            if x.name != y.name { return x.name < y.name }
            if x.isUserOrdered { return a.offset < b.offset }
            return x.segment < y.segment
        }.map(\.element)
    }

    /// Means nothing by itself: a container that is only there to hold others, or a default.
    static func isEmpty(_ node: DataNode) -> Bool {
        switch node.kind {
        case .container: node.children.allSatisfy { isEmpty($0) }
        case .leaf, .leafListEntry: node.equalsDefault
        case .presenceContainer, .listEntry, .anydata: false
        }
    }

    /// `name value` for a leaf, the segment for the rest.
    static func line(_ node: DataNode) -> String {
        switch node.kind {
        case .container, .presenceContainer, .listEntry: node.segment
        case .leaf, .leafListEntry, .anydata: shown(node).isEmpty ? node.name : "\(node.name) \(shown(node))"
        }
    }

    /// A line or leaf with its place and whether it is a default.
    struct Element {
        var path: [String]
        var segment: String
        var text: String
        var value: String?
        var equalsDefault: Bool
        var key: String { (path + [segment]).joined(separator: "/") }
    }

    /// Everything that says something, in canonical order; defaults too.
    var elements: [Element] {
        var found: [Element] = []
        func walk(_ nodes: [DataNode], _ path: [String]) {
            for node in Self.ordered(nodes) where !node.isKey {
                if node.kind != .container {
                    found.append(
                        Element(
                            path: path, segment: node.segment, text: Self.line(node), value: node.value,
                            equalsDefault: node.equalsDefault))
                }
                walk(node.children, path + [node.segment])
            }
        }
        walk(nodes, [])
        return found
    }
}
