internal import CanonicalData
internal import Diagnostics
internal import XMLDocuments
internal import YANGData

/// One configuration parsed with its schema, as values: what the schema knows, and the rest kept as it came.
struct YANGConfiguration {
    var nodes: [DataNode]
    /// Top-level elements that no loaded module describes, in canonical text.
    var unknown: [String]

    init(nodes: [DataNode], unknown: [String] = []) { (self.nodes, self.unknown) = (nodes, unknown) }

    init(_ data: borrowing DeviceData) {
        nodes = data.known.nodes()
        unknown = data.unknown.map { $0.canonicalText() }
    }

    init(_ tree: borrowing DataTree, unknown: [String]) { (nodes, self.unknown) = (tree.nodes(), unknown) }

    /// Names of leaves whose value is a secret whatever the module says about it.
    static func isSensitive(_ name: String) -> Bool {
        let local = name.split(separator: ":").last.map(String.init) ?? name
        return local.contains("password") || local.contains("secret") || local.contains("passphrase")
            || local.hasPrefix("cleartext-") || local.hasSuffix("private-key")
            || ["community", "key-string", "pre-shared-key", "psk"].contains(local)
    }

    static func isDeviceSecret(_ segment: String, _ value: String) -> Bool {
        isSensitive(String(segment.prefix { $0 != "[" })) && !value.isEmpty
            && SecretPlaceholder.all(in: value).first?.description != value
    }

    /// The value as it may be shown: a secret only the device knows is masked, a placeholder stays.
    static func shown(_ node: DataNode) -> String {
        let value = node.value ?? ""
        guard isDeviceSecret(node.segment, value) else {
            return value.contains(where: \.isNewline)
                ? value.split(whereSeparator: \.isNewline).joined(separator: " ") : value
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
            if x.isUserOrdered, y.isUserOrdered { return a.offset < b.offset }
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

    /// One set of entries that the user orders.
    struct Order {
        var path: [String]
        var entries: [String]
    }

    var orders: [Order] {
        func walk(_ nodes: [DataNode], _ path: [String]) -> [Order] {
            var found: [Order] = []
            let names = nodes.filter(\.isUserOrdered).map(\.name)
            for name in names.reduce(into: [String](), { if !$0.contains($1) { $0.append($1) } }) {
                found.append(
                    Order(
                        path: path + [name],
                        entries: nodes.filter { $0.name == name && $0.isUserOrdered }.map(\.segment)))
            }
            for node in nodes { found += walk(node.children, path + [node.segment]) }
            return found
        }
        return walk(nodes, [])
    }
}

/// One place in which two configurations differ, for plans.
struct YANGChange {
    var path: [String]
    var segment: String
    var old: YANGConfiguration.Element?
    var new: YANGConfiguration.Element?
    /// The same entries in another order: `old` and `new` say which.
    var isMove = false

    static func between(_ before: YANGConfiguration, _ after: YANGConfiguration) -> [YANGChange] {
        let (was, wanted) = (before.elements, after.elements)
        let known = Dictionary(was.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        let kept = Set(wanted.map(\.key))
        var changes = was.filter { !kept.contains($0.key) }.map {
            YANGChange(path: $0.path, segment: $0.segment, old: $0)
        }
        for element in wanted where known[element.key] == nil || known[element.key]?.value != element.value {
            changes.append(
                YANGChange(path: element.path, segment: element.segment, old: known[element.key], new: element))
        }
        for order in after.orders {
            guard let old = before.orders.first(where: { $0.path == order.path }),
                old.entries != order.entries, old.entries.sorted() == order.entries.sorted()
            else { continue }
            func element(_ entries: [String]) -> YANGConfiguration.Element {
                YANGConfiguration.Element(
                    path: Array(order.path.dropLast()), segment: order.path.last ?? "",
                    text: "order of \(entries.joined(separator: " "))", equalsDefault: false)
            }
            changes.append(
                YANGChange(
                    path: Array(order.path.dropLast()), segment: order.path.last ?? "", old: element(old.entries),
                    new: element(order.entries), isMove: true))
        }
        return changes.sorted { ($0.path + [$0.segment]).lexicographicallyPrecedes($1.path + [$1.segment]) }
    }

    /// As a line of a step, with the template line that made it.
    func line(_ places: [XMLPlaces], _ intended: [IntendedFragment]) -> SentLine {
        var provenance: LineProvenance?
        for (index, place) in places.enumerated().reversed() {
            guard let line = place.line(path + [segment]), intended[index].provenance.indices.contains(line - 1) else {
                continue
            }
            provenance = intended[index].provenance[line - 1]
            break
        }
        return SentLine(
            text: new?.text ?? old?.text ?? segment, path: path, kind: new == nil ? .remove : .set,
            provenance: provenance)
    }

    /// Digest over what the edit rests on: each changed place as observed, and whether what encloses it exists.
    static func touched(_ changes: [YANGChange], in before: YANGConfiguration) -> Digest {
        let observed = Dictionary(
            before.elements.map { ($0.key, $0.text) }, uniquingKeysWith: { first, _ in first })
        var facts: Set<String> = []
        for change in changes {
            let segments = change.path + [change.segment]
            for depth in segments.indices {
                let key = segments[...depth].joined(separator: "/")
                facts.insert("\(key) = \(observed[key] ?? "absent")")
            }
            // Where the user orders entries, their order decides what an edit does.
            if change.isMove { facts.insert(change.old?.text ?? "") }
        }
        return .sha256(facts.sorted().joined(separator: "\n"))
    }

    /// `+` and `-` lines under the containers and entries they stand in.
    static func text(of changes: [YANGChange]) -> String {
        var (text, shown) = ("", [String]())
        for change in changes {
            let common = zip(shown, change.path).prefix { $0 == $1 }.count
            for depth in common..<max(common, change.path.count) {
                text += "  " + String(repeating: " ", count: depth) + change.path[depth] + "\n"
            }
            shown = change.path
            let indent = String(repeating: " ", count: change.path.count)
            if let old = change.old { text += "- \(indent)\(old.text)\n" }
            if let new = change.new {
                text += "+ \(indent)\(new.text)\n"
                if new.text == change.segment { shown.append(change.segment) }
            }
        }
        return text
    }
}

extension YANGConfiguration {
    /// The same tree, in which only entries that stood in `old` are judged by their order: where a device puts new ones
    /// is its own affair when nobody knows whether order means something.
    func keepingOrder(of old: YANGConfiguration) -> YANGConfiguration {
        let known = Dictionary(
            old.orders.map { ($0.path, Set($0.entries)) }, uniquingKeysWith: { first, _ in first })
        func judged(_ nodes: [DataNode], _ path: [String]) -> [DataNode] {
            nodes.map { node in
                var copy = node
                if node.isUserOrdered, known[path + [node.name]]?.contains(node.segment) != true {
                    copy.isUserOrdered = false
                }
                copy.children = judged(node.children, path + [node.segment])
                return copy
            }
        }
        return YANGConfiguration(nodes: judged(nodes, []), unknown: unknown)
    }
}
