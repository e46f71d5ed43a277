package import XMLDocuments

extension NETCONFOperation {
    /// The operation element, as it stands inside `<rpc>`; parameters in the order of the YANG modules, since some
    /// devices insist on it (GC-1).
    package var element: XMLElement {
        let base = NETCONFNamespace.base
        switch self {
        case .getConfig(let source, let filter, let mode):
            return XMLElement(
                "get-config", in: base,
                [Self.wrap("source", source)] + [filter?.element, Self.defaults(mode)].compactMap { $0 })
        case .get(let filter, let mode):
            return XMLElement("get", in: base, [filter?.element, Self.defaults(mode)].compactMap { $0 })
        case .editConfig(let edit): return edit.element
        case .copyConfig(let target, let source, let mode):
            return XMLElement(
                "copy-config", in: base,
                [Self.wrap("target", target), Self.wrap("source", source)] + [Self.defaults(mode)].compactMap { $0 })
        case .deleteConfig(let target): return XMLElement("delete-config", in: base, [Self.wrap("target", target)])
        case .lock(let target): return XMLElement("lock", in: base, [Self.wrap("target", target)])
        case .unlock(let target): return XMLElement("unlock", in: base, [Self.wrap("target", target)])
        case .closeSession: return XMLElement("close-session", in: base)
        case .killSession(let id):
            return XMLElement("kill-session", in: base, [.init("session-id", in: base, text: String(id))])
        case .commit(let options): return options.element
        case .cancelCommit(let persistID):
            return XMLElement(
                "cancel-commit", in: base, persistID.map { [.init("persist-id", in: base, text: $0)] } ?? [])
        case .discardChanges: return XMLElement("discard-changes", in: base)
        case .validate(let source): return XMLElement("validate", in: base, [Self.wrap("source", source)])
        case .createSubscription(let stream, let filter, let start, let stop):
            let namespace = NETCONFNamespace.notification
            var filterElement = filter?.element
            filterElement?.name = XMLName("filter", in: namespace)
            return XMLElement(
                "create-subscription", in: namespace,
                [
                    stream.map { XMLElement("stream", in: namespace, text: $0) }, filterElement,
                    start.map { XMLElement("startTime", in: namespace, text: $0) },
                    stop.map { XMLElement("stopTime", in: namespace, text: $0) },
                ].compactMap { $0 })
        case .getSchema(let identifier, let version, let format):
            let namespace = NETCONFNamespace.monitoring
            return XMLElement(
                "get-schema", in: namespace,
                [
                    XMLElement("identifier", in: namespace, text: identifier),
                    version.map { XMLElement("version", in: namespace, text: $0) },
                    format.map { XMLElement("format", in: namespace, text: $0) },
                ].compactMap { $0 })
        case .partialLock(let select, let namespaces):
            let declarations = namespaces.sorted { $0.key < $1.key }
                .map { XMLNamespaceDeclaration(prefix: $0.key, uri: $0.value) }
            return XMLElement(
                "partial-lock", in: NETCONFNamespace.partialLock,
                select.map { text in
                    var element = XMLElement("select", in: NETCONFNamespace.partialLock, text: text)
                    element.namespaces = declarations
                    return element
                })
        case .partialUnlock(let id):
            return XMLElement(
                "partial-unlock", in: NETCONFNamespace.partialLock,
                [.init("lock-id", in: NETCONFNamespace.partialLock, text: String(id))])
        case .getData(let parameters): return parameters.element
        case .editData(let datastore, let operation, let content):
            let namespace = NETCONFNamespace.nmda
            var children = [GetData.datastoreElement(datastore)]
            if let operation { children.append(.init("default-operation", in: namespace, text: operation.rawValue)) }
            switch content {
            case .config(let elements): children.append(XMLElement("config", in: namespace, elements))
            case .url(let url): children.append(XMLElement("url", in: namespace, text: url))
            }
            return XMLElement("edit-data", in: namespace, children)
        case .other(let element): return element
        }
    }

    /// Name of the operation, for messages to people.
    package var name: String { element.local }

    private static func wrap(_ local: String, _ datastore: NETCONFDatastore) -> XMLElement {
        let base = NETCONFNamespace.base
        return switch datastore {
        case .url(let url): XMLElement(local, in: base, [.init("url", in: base, text: url)])
        case .running, .candidate, .startup: XMLElement(local, in: base, [.init(datastore.description, in: base)])
        case .identity(let name): XMLElement(local, in: base, [GetData.datastoreElement(name)])
        }
    }

    private static func wrap(_ local: String, _ source: ConfigurationSource) -> XMLElement {
        switch source {
        case .datastore(let datastore): wrap(local, datastore)
        case .content(let elements):
            XMLElement(local, in: NETCONFNamespace.base, [.init("config", in: NETCONFNamespace.base, elements)])
        }
    }

    fileprivate static func defaults(_ mode: WithDefaultsMode?) -> XMLElement? {
        mode.map { XMLElement("with-defaults", in: NETCONFNamespace.withDefaults, text: $0.rawValue) }
    }
}

extension EditConfig {
    fileprivate var element: XMLElement {
        let base = NETCONFNamespace.base
        let target: XMLElement =
            switch self.target {
            case .url(let url): .init("url", in: base, text: url)
            case .running, .candidate, .startup: .init(self.target.description, in: base)
            case .identity(let name): GetData.datastoreElement(name)
            }
        var children = [XMLElement("target", in: base, [target])]
        if let defaultOperation {
            children.append(.init("default-operation", in: base, text: defaultOperation.rawValue))
        }
        if let testOption { children.append(.init("test-option", in: base, text: testOption.rawValue)) }
        if let errorOption { children.append(.init("error-option", in: base, text: errorOption.rawValue)) }
        switch content {
        case .config(let elements): children.append(XMLElement("config", in: base, elements))
        case .url(let url): children.append(XMLElement("url", in: base, text: url))
        }
        return XMLElement("edit-config", in: base, children)
    }
}

extension CommitOptions {
    fileprivate var element: XMLElement {
        let base = NETCONFNamespace.base
        var children: [XMLElement] = []
        if confirmed { children.append(.init("confirmed", in: base)) }
        if let confirmTimeoutSeconds {
            children.append(.init("confirm-timeout", in: base, text: String(confirmTimeoutSeconds)))
        }
        if let persist { children.append(.init("persist", in: base, text: persist)) }
        if let persistID { children.append(.init("persist-id", in: base, text: persistID)) }
        return XMLElement("commit", in: base, children)
    }
}

extension GetData {
    /// `<datastore>` with the identity's prefix declared.
    static func datastoreElement(_ name: String) -> XMLElement {
        var element = XMLElement("datastore", in: NETCONFNamespace.nmda, text: "ds:\(name)")
        element.namespaces = [XMLNamespaceDeclaration(prefix: "ds", uri: NETCONFNamespace.datastores)]
        return element
    }

    fileprivate var element: XMLElement {
        let namespace = NETCONFNamespace.nmda
        var children = [Self.datastoreElement(datastore)]
        switch filter {
        case .subtree(let elements): children.append(XMLElement("subtree-filter", in: namespace, elements))
        case .xpath(let select, let namespaces):
            var element = XMLElement("xpath-filter", in: namespace, text: select)
            element.namespaces = namespaces.sorted { $0.key < $1.key }
                .map { XMLNamespaceDeclaration(prefix: $0.key, uri: $0.value) }
            children.append(element)
        case nil: break
        }
        if let configFilter {
            children.append(.init("config-filter", in: namespace, text: configFilter ? "true" : "false"))
        }
        for origin in origins {
            let name = excludesOrigins ? "negated-origin-filter" : "origin-filter"
            var element = XMLElement(name, in: namespace, text: "or:\(origin)")
            element.namespaces = [XMLNamespaceDeclaration(prefix: "or", uri: NETCONFNamespace.origin)]
            children.append(element)
        }
        if let maximumDepth { children.append(.init("max-depth", in: namespace, text: String(maximumDepth))) }
        if withOrigin { children.append(.init("with-origin", in: namespace)) }
        if let withDefaults { children.append(.init("with-defaults", in: namespace, text: withDefaults.rawValue)) }
        return XMLElement("get-data", in: namespace, children)
    }
}
