import NETCONFProtocol
import XMLDocuments
import YANGData

/// What one session keeps others from changing in running (RFC 5717).
struct LabPartialLock: Equatable, Sendable {
    var session: UInt32
    var since: LabInstant
    /// As asked for.
    var select: [String]
    /// The nodes that were selected when it was granted; with all inside them.
    var nodes: [LabDataPath]
}

/// Where one node of a configuration is: names and keys from the root on.
struct LabDataPath: Hashable, Sendable {
    struct Step: Hashable, Sendable {
        var name: XMLName
        /// Values of keys by name; that of an entry of a leaf-list by `.`.
        var keys: [String: String]

        init(_ element: XMLElement, isLeafListEntry: Bool) {
            name = element.name
            if isLeafListEntry {
                keys = [".": element.trimmedText]
            } else {
                let wanted = element.hasElements ? SubtreeFilter.keys[element.local] ?? [] : []
                keys = element.elements.reduce(into: [:]) { keys, child in
                    if wanted.contains(child.local) { keys[child.local] = child.trimmedText }
                }
            }
        }

        func matches(_ element: XMLElement) -> Bool {
            element.name == name
                && keys.allSatisfy { key, value in
                    (key == "." ? element.trimmedText : element.leaf(key)) == value
                }
        }
    }
    var steps: [Step]

    /// As an instance identifier; its prefixes are in `namespaces`.
    var text: String {
        steps.map { step in
            let prefix = Self.prefix(step.name.namespace)
            let keys = step.keys.sorted { $0.key < $1.key }.map { key, value in
                let quote = value.contains("'") ? "\"" : "'"
                return "[\(key == "." ? "." : prefix + ":" + key)=\(quote)\(value)\(quote)]"
            }
            return "/\(prefix):\(step.name.local)" + keys.joined()
        }.joined()
    }
    /// By prefix.
    var namespaces: [String: String] {
        steps.reduce(into: [:]) { $0[Self.prefix($1.name.namespace)] = $1.name.namespace }
    }
    private static func prefix(_ namespace: String) -> String {
        switch namespace {
        case LabRouterModule.namespace: "lr"
        case LabAccessControl.namespace: "nacm"
        default: "ns"
        }
    }

    func find(in roots: [XMLElement]) -> XMLElement? {
        var level = roots
        var found: XMLElement?
        for step in steps {
            found = level.first { step.matches($0) }
            guard let found else { return nil }
            level = found.elements
        }
        return found
    }

    /// One is the other or encloses it.
    func overlaps(_ other: LabDataPath) -> Bool {
        zip(steps, other.steps).allSatisfy { $0 == $1 }
    }
}

extension LabRouter {
    private static let maximumPartialLocks = 100
    private static let maximumLockedNodes = 1_000

    /// RFC 5717 §2.4.1; the answer's content.
    mutating func partialLock(
        _ select: [String], _ namespaces: [String: String], _ session: UInt32, at now: LabInstant
    ) throws(LabRouterRefusal) -> [XMLElement] {
        if let pending, pending.session != session {
            throw LabRouterRefusal(
                RPCError(
                    .protocol, .inUse, message: "a confirmed commit is pending", appTag: "outstanding-confirmed-commit")
            )
        }
        let roots = try schema.get().content(running, .explicit)
        var nodes: [LabDataPath] = []
        for expression in select {
            let filter = XPathFilter(select: expression, namespaces: namespaces)
            for path in try filter.paths(in: roots) where !nodes.contains(path) { nodes.append(path) }
        }
        guard !nodes.isEmpty else {
            throw LabRouterRefusal(.operationFailed("nothing is selected", appTag: "no-matches"))
        }
        if let holder = locks[.running]?.session { throw LabRouterRefusal(.lockDenied(holder: holder)) }
        for lock in partialLocks.values.sorted(by: { $0.since < $1.since }) where lock.session != session {
            guard nodes.contains(where: { node in lock.nodes.contains { $0.overlaps(node) } }) else { continue }
            throw LabRouterRefusal(.lockDenied(holder: lock.session, message: "a part of it is locked"))
        }
        guard partialLocks.count < Self.maximumPartialLocks, nodes.count <= Self.maximumLockedNodes else {
            throw LabRouterRefusal(
                RPCError(
                    .protocol, .resourceDenied,
                    message:
                        "\(Self.maximumPartialLocks) partial locks, each of \(Self.maximumLockedNodes) nodes, are the limit"
                ))
        }
        lastPartialLock += 1
        partialLocks[lastPartialLock] = LabPartialLock(session: session, since: now, select: select, nodes: nodes)
        let namespace = NETCONFNamespace.partialLock
        return [XMLElement("lock-id", in: namespace, text: "\(lastPartialLock)")]
            + nodes.map { Self.node("locked-node", in: namespace, $0) }
    }

    mutating func partialUnlock(_ id: UInt32, _ session: UInt32) throws(LabRouterRefusal) {
        guard partialLocks[id]?.session == session else {
            throw LabRouterRefusal(.invalidValue("this session holds no partial lock \(id)"))
        }
        partialLocks[id] = nil
    }

    /// Refuses what would change anything that another session locked.
    func requireUntouched(by session: UInt32, from old: String, to new: String) throws(LabRouterRefusal) {
        let foreign = partialLocks.values.filter { $0.session != session }
        if foreign.isEmpty || old == new { return }
        let before = try LabRouterSchema.elements(old)
        let after = try LabRouterSchema.elements(new)
        for lock in foreign {
            for node in lock.nodes where node.find(in: before)?.canonical != node.find(in: after)?.canonical {
                throw LabRouterRefusal(
                    RPCError(
                        .protocol, .inUse, message: "\(node.text) is locked by session \(lock.session)",
                        info: [XMLElement("session-id", in: NETCONFNamespace.base, text: "\(lock.session)")]))
            }
        }
    }

    /// As RFC 6022 §2.1.2 shows them.
    var shownPartialLocks: [XMLElement] {
        let ncm = NETCONFNamespace.monitoring
        func leaf(_ name: String, _ text: String) -> XMLElement { XMLElement(name, in: ncm, text: text) }
        return partialLocks.sorted { $0.key < $1.key }.map { id, lock in
            XMLElement(
                "partial-lock", in: ncm,
                [
                    leaf("lock-id", "\(id)"), leaf("locked-by-session", "\(lock.session)"),
                    leaf("locked-time", time(lock.since)),
                ] + lock.select.map { leaf("select", $0) } + lock.nodes.map { Self.node("locked-node", in: ncm, $0) })
        }
    }

    private static func node(_ local: String, in namespace: String, _ path: LabDataPath) -> XMLElement {
        var element = XMLElement(local, in: namespace, text: path.text)
        element.namespaces = path.namespaces.sorted { $0.key < $1.key }
            .map { XMLNamespaceDeclaration(prefix: $0.key, uri: $0.value) }
        return element
    }
}
