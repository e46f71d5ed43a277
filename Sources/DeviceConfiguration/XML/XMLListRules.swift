internal import XMLDocuments

/// What is a list and what tells its entries apart, guessed from trees whose modules nobody has.
///
/// YANG writes the keys of an entry before its other children (RFC 7950 §7.8.5), so leading leaves are keys where they
/// have to be. The guess can be wrong in one way that matters: a container whose first leaf has a name like a key
/// (`<system><name>`) looks like a list with one entry; `isCertain` says when nothing speaks against that.
struct XMLListRules {
    enum Rule: Equatable {
        /// At most one: a leaf or a container.
        case single
        /// Several leaves of one name; the value is what there is.
        case leafList
        /// Entries, told apart by so many leading leaves.
        case list(keys: Int)
        /// Several that nothing tells apart but their place.
        case positional
    }
    private struct Seen {
        var most = 0
        var hasElements = false
        var startsWithLeaf = true
        var keysNeeded = 1
        var cannotTell = false
        var looksLikeKey = true
        var keyValues: Set<String> = []
    }
    private(set) var rules: [[XMLName]: Rule] = [:]
    /// Lists of which only one entry was ever seen in one place, but with different keys: perhaps no list at all.
    private(set) var doubtful: Set<[XMLName]> = []

    /// Names of leaves taken for a key where they come first.
    static let keyNames: Set<String> = [
        "name", "id", "identifier", "address", "ip", "prefix", "key", "index", "number", "vlan-id", "sequence",
        "sequence-id", "seq", "interface-name", "instance-name", "neighbor-address", "group-name", "acl-name",
        "vrf-name",
        "address-prefix", "destination-prefix",
    ]
    private static let maximumKeys = 4

    /// Learns from all trees that will be compared, so that an entry has one name in all of them.
    init(learning trees: [[XMLElement]]) {
        var seen: [[XMLName]: Seen] = [:]
        for tree in trees { Self.walk(tree, [], &seen) }
        for (path, found) in seen {
            let rule: Rule
            if !found.hasElements {
                rule = found.most > 1 ? .leafList : .single
            } else if found.startsWithLeaf, found.most > 1 || found.looksLikeKey {
                rule = found.cannotTell ? .positional : .list(keys: found.keysNeeded)
                if found.most == 1, found.keyValues.count > 1 { doubtful.insert(path) }
            } else {
                rule = found.most > 1 ? .positional : .single
            }
            rules[path] = rule
        }
    }

    private static func walk(_ siblings: [XMLElement], _ path: [XMLName], _ seen: inout [[XMLName]: Seen]) {
        var order: [XMLName] = []
        var groups: [XMLName: [XMLElement]] = [:]
        for element in siblings {
            if groups[element.name] == nil { order.append(element.name) }
            groups[element.name, default: []].append(element)
        }
        for name in order {
            let (group, path) = (groups[name] ?? [], path + [name])
            var known = seen[path] ?? Seen()
            known.most = max(known.most, group.count)
            for element in group where element.hasElements {
                known.hasElements = true
                guard let first = element.elements.first, !first.hasElements, !first.trimmedText.isEmpty else {
                    known.startsWithLeaf = false
                    continue
                }
                if !keyNames.contains(first.local) { known.looksLikeKey = false }
                if known.keyValues.count < 2 { known.keyValues.insert(first.trimmedText) }
            }
            if group.count > 1, known.hasElements {
                if let needed = (1...maximumKeys).first(where: { count in
                    Set(group.map { keys(of: $0, count) }).count == group.count
                }) {
                    known.keysNeeded = max(known.keysNeeded, needed)
                } else {
                    known.cannotTell = true
                }
            }
            seen[path] = known
            // Children of all entries of a list are learned together.
            for element in group { walk(element.elements, path, &seen) }
        }
    }

    /// The leading leaves, at most so many.
    static func keys(of element: XMLElement, _ count: Int) -> [XMLLeaf] {
        element.elements.prefix(count).prefix { !$0.hasElements }.map {
            XMLLeaf(name: $0.name, value: $0.comparedValue)
        }
    }

    func rule(_ path: [XMLName]) -> Rule { rules[path] ?? .single }

    /// Whether two elements of one name under the same parent are the same thing.
    func areSame(_ a: XMLElement, _ b: XMLElement, at path: [XMLName]) -> Bool {
        guard a.name == b.name else { return false }
        switch rule(path) {
        case .single: return true
        case .leafList: return a.comparedValue == b.comparedValue
        case .list(let keys): return Self.keys(of: a, keys) == Self.keys(of: b, keys)
        case .positional: return a.canonical == b.canonical
        }
    }
}

/// A leaf by name and value.
struct XMLLeaf: Hashable {
    var name: XMLName
    var value: String
}

extension XMLElement {
    /// The text of a leaf as it is compared: trimmed, prefixes of names written as the last part of their namespace.
    var comparedValue: String {
        var scope: [String: String] = [:]
        for declaration in namespaces { scope[declaration.prefix] = declaration.uri }
        let text = trimmedText
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let uri = scope[String(parts[0])], !parts[0].isEmpty else { return text }
        return "\(XMLElement.shortName(of: uri)):\(parts[1])"
    }

    /// What a namespace is called in paths: its last part, which is the module's name in nearly every YANG module.
    static func shortName(of namespace: String) -> String {
        let last = namespace.split(whereSeparator: { $0 == "/" || $0 == ":" }).last.map(String.init) ?? ""
        let isName = last.unicodeScalars.allSatisfy {
            $0.properties.isAlphabetic || "0123456789-_.".unicodeScalars.contains($0)
        }
        return isName && !last.isEmpty ? last : "{\(namespace)}"
    }

    /// A copy that means the same anywhere: each leaf declares the prefixes its text may use.
    func selfContained(in outer: [String: String] = [:]) -> XMLElement {
        var scope = outer
        for declaration in namespaces { scope[declaration.prefix] = declaration.uri }
        if !prefix.isEmpty { scope[prefix] = namespace }
        var copy = self
        (copy.prefix, copy.namespaces) = ("", [])
        if hasElements {
            copy.children = elements.map { .element($0.selfContained(in: scope)) }
        } else {
            let text = trimmedText
            copy.children = self.text.isEmpty ? [] : [.text(self.text)]
            copy.namespaces = scope.sorted { $0.key < $1.key }
                .filter { !$0.key.isEmpty && text.contains($0.key + ":") }
                .map { XMLNamespaceDeclaration(prefix: $0.key, uri: $0.value) }
        }
        return copy
    }
}
