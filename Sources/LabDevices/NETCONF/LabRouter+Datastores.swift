import NETCONFProtocol
import XMLDocuments
import YANGData

extension LabRouter {
    private static let originName = XMLName("origin", in: NETCONFNamespace.origin)

    /// Datastores of RFC 8342 by the names of their identities.
    var datastoreNames: [String] {
        ["running"] + (offers(.candidate) ? ["candidate"] : []) + (offers(.startup) ? ["startup"] : [])
            + ["intended", "operational"]
    }

    func offers(_ capability: NETCONFCapability.Known) -> Bool { profile.capabilities.contains(capability) }

    /// A datastore named by its identity as the one it is; others are a wrong value (NM-6).
    func named(_ datastore: NETCONFDatastore) throws(LabRouterRefusal) -> NETCONFDatastore {
        guard case .identity(let name) = datastore else { return datastore }
        let known: [NETCONFDatastore] = [.running, .candidate, .startup]
        guard datastoreNames.contains(name), let found = known.first(where: { $0.description == name }) else {
            throw LabRouterRefusal(.invalidValue("datastore \(name) is not offered for this operation"))
        }
        return found
    }

    /// `<get-data>` (RFC 8526 §3.1.1): what is asked for is cut out in the order origin and kind, filter, depth.
    func data(
        _ request: GetData, _ session: UInt32, _ view: RouterView, at now: LabInstant
    ) throws(LabRouterRefusal) -> [XMLElement] {
        guard datastoreNames.contains(request.datastore) else {
            throw LabRouterRefusal(.invalidValue("datastore \(request.datastore) is not offered here"))
        }
        let isOperational = request.datastore == "operational"
        if !isOperational, request.withOrigin || !request.origins.isEmpty {
            throw LabRouterRefusal(.invalidValue("only the operational datastore knows origins"))
        }
        if isOperational, request.withDefaults != nil {
            throw LabRouterRefusal(.invalidValue("with-defaults is not offered for the operational datastore"))
        }
        let known: Set<String> = ["intended", "dynamic", "system", "learned", "default", "unknown"]
        if let strange = request.origins.first(where: { !known.contains($0) }) {
            throw LabRouterRefusal(.invalidValue("origin \(strange) is not known"))
        }
        var data: [XMLElement]
        switch request.datastore {
        case "operational": data = try operational(view, at: now)
        case "intended": data = try schema.get().content(running, request.withDefaults ?? .explicit)
        default:
            let datastore = try named(.identity(request.datastore))
            data = try schema.get().content(try stored(datastore), request.withDefaults ?? .explicit)
        }
        data = readable(data, by: session)
        if request.configFilter != nil || !request.origins.isEmpty {
            data = data.compactMap { Self.kept($0, "unknown", request) }
        }
        let depth = request.maximumDepth.map { Int($0) }
        switch request.filter {
        case nil: data = data.map { $0.limited(to: depth) }
        case .subtree(let wanted)?: data = SubtreeFilter(wanted, depth: depth).select(data)
        case .xpath(let select, let namespaces)?:
            data = try XPathFilter(select: select, namespaces: namespaces, depth: depth).select(data)
        }
        return request.withOrigin ? data.map(\.declaringOrigins) : data.map(\.withoutOrigins)
    }

    /// Running with the values in use and the state that belongs to it, each node that is configuration with its origin.
    private func operational(_ view: RouterView, at now: LabInstant) throws(LabRouterRefusal) -> [XMLElement] {
        let explicit = try schema.get().content(running, .explicit)
        let complete = try schema.get().content(running, .reportAll)
        let known = Self.withOrigins(complete, explicit).map { $0.withOrigin("intended") }
        return known.addingState(of: self, view, at: now).map { root in
            if Self.isState(root) { return root }
            var root = root
            // What is there without being configured: ports that nobody wrote about.
            if root.attribute("origin", in: NETCONFNamespace.origin) == nil { root = root.withOrigin("system") }
            let configured = explicit.first { $0.name == root.name }
            root.children = root.children.map { child in
                guard case .element(let entry) = child, entry.local == "interface",
                    configured?.elements.contains(where: { $0.leaf("name") == entry.leaf("name") }) != true
                else { return child }
                return .element(entry.withOrigin("system"))
            }
            return root
        }
    }

    /// Marks what only defaults gave: what `complete` has and `explicit` does not.
    private static func withOrigins(_ complete: [XMLElement], _ explicit: [XMLElement]) -> [XMLElement] {
        complete.map { node in
            let step = LabDataPath.Step(node, isLeafListEntry: false)
            guard let written = explicit.first(where: { step.matches($0) }) else {
                // A container that only defaults fill is theirs too.
                return node.withOrigin("default")
            }
            guard node.hasElements else { return node }
            var node = node
            node.children = withOrigins(node.elements, written.elements).map { .element($0) }
            return node
        }
    }

    /// Nodes that are not configuration, by name: none of them is the name of one that is.
    static let stateNames: Set<String> = [
        "oper-status", "state", "state-age", "times-established", "received-prefixes", "sent-prefixes", "last-error",
        "system-state",
    ]
    private static func isState(_ element: XMLElement) -> Bool { stateNames.contains(element.local) }

    /// What of a node is of the kind and origin asked for; nil for nothing.
    private static func kept(_ element: XMLElement, _ inherited: String, _ request: GetData) -> XMLElement? {
        if isState(element) { return request.configFilter == true ? nil : element }
        let origin =
            element.attributes.first { $0.name == originName }.map { String($0.value.dropFirst(3)) } ?? inherited
        func isWanted(_ origin: String) -> Bool {
            request.origins.isEmpty || request.origins.contains(origin) != request.excludesOrigins
        }
        guard element.hasElements else { return request.configFilter != false && isWanted(origin) ? element : nil }
        let keys = SubtreeFilter.keys[element.local] ?? []
        var hasKept = false
        var copy = element
        copy.children = element.elements.compactMap { child in
            let inner = kept(child, origin, request)
            if keys.contains(child.local) {
                // A key alone keeps its entry only when it is asked for itself.
                if inner != nil, !isState(child) { hasKept = true }
                return .element(child)
            }
            if inner != nil { hasKept = true }
            return inner.map { .element($0) }
        }
        return hasKept ? copy : nil
    }

    /// RFC 8525: one schema, which all datastores have.
    var library: XMLElement {
        let namespace = "urn:ietf:params:xml:ns:yang:ietf-yang-library"
        func leaf(_ name: String, _ text: String) -> XMLElement { XMLElement(name, in: namespace, text: text) }
        func module(_ element: String, _ name: String, _ revision: String, _ uri: String) -> XMLElement {
            XMLElement(
                element, in: namespace, [leaf("name", name), leaf("revision", revision), leaf("namespace", uri)])
        }
        let modules = [
            module("module", LabRouterModule.name, LabRouterModule.revision, LabRouterModule.namespace),
            module("module", "ietf-datastores", "2018-02-14", NETCONFNamespace.datastores),
            module("module", "ietf-netconf-monitoring", "2010-10-04", NETCONFNamespace.monitoring),
            module("module", "ietf-netconf-nmda", "2019-01-07", NETCONFNamespace.nmda),
            module("module", "ietf-origin", "2018-02-14", NETCONFNamespace.origin),
            module("module", "ietf-yang-library", "2019-01-04", namespace),
            module(
                "import-only-module", "ietf-inet-types", "2013-07-15", "urn:ietf:params:xml:ns:yang:ietf-inet-types"),
        ]
        let datastores = datastoreNames.map { name in
            var identity = leaf("name", "ds:\(name)")
            identity.namespaces = [XMLNamespaceDeclaration(prefix: "ds", uri: NETCONFNamespace.datastores)]
            return XMLElement("datastore", in: namespace, [identity, leaf("schema", "all")])
        }
        return XMLElement(
            "yang-library", in: namespace,
            [
                XMLElement("module-set", in: namespace, [leaf("name", "all")] + modules),
                XMLElement("schema", in: namespace, [leaf("name", "all"), leaf("module-set", "all")]),
            ] + datastores + [leaf("content-id", Self.moduleSet)])
    }
}

extension XMLElement {
    fileprivate func withOrigin(_ origin: String) -> XMLElement {
        var copy = self
        copy.attributes.removeAll { $0.name == XMLName("origin", in: NETCONFNamespace.origin) }
        copy.attributes.append(
            XMLAttribute(XMLName("origin", in: NETCONFNamespace.origin), prefix: "or", value: "or:\(origin)"))
        return copy
    }

    /// The prefix in the values is declared at the root; values need it, whatever prefix the attribute gets.
    fileprivate var declaringOrigins: XMLElement {
        var copy = self
        copy.namespaces.append(XMLNamespaceDeclaration(prefix: "or", uri: NETCONFNamespace.origin))
        return copy
    }

    fileprivate var withoutOrigins: XMLElement {
        var copy = self
        copy.attributes.removeAll { $0.name.namespace == NETCONFNamespace.origin }
        copy.children = children.map { child in
            switch child {
            case .element(let inner): .element(inner.withoutOrigins)
            case .text: child
            }
        }
        return copy
    }

    /// The element with so many levels of what is inside, itself counted; keys of entries stay. All without a limit.
    func limited(to depth: Int?) -> XMLElement {
        guard let depth, hasElements else { return self }
        let keys = SubtreeFilter.keys[local] ?? []
        var copy = self
        copy.children = elements.compactMap { child in
            if depth > 1 { return .element(child.limited(to: depth - 1)) }
            return keys.contains(child.local) ? .element(child) : nil
        }
        return copy
    }
}
