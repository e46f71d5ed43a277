package import XMLDocuments

extension NETCONFOperation {
    /// Reads an operation as a server does. Values are not checked against capabilities or datastores; operations this
    /// type does not know become `.other`.
    package init(parsing element: XMLElement) throws(RPCError) {
        switch element.namespace {
        case NETCONFNamespace.base: self = try Self.base(element)
        case NETCONFNamespace.notification where element.local == "create-subscription":
            self = .createSubscription(
                stream: element.first("stream")?.trimmedText, filter: try Self.filter(element),
                startTime: element.first("startTime")?.trimmedText, stopTime: element.first("stopTime")?.trimmedText)
        case NETCONFNamespace.monitoring where element.local == "get-schema":
            guard let identifier = element.first("identifier")?.trimmedText else {
                throw RPCError.missingElement("identifier")
            }
            self = .getSchema(
                identifier: identifier, version: element.first("version")?.trimmedText,
                format: element.first("format")?.trimmedText)
        case NETCONFNamespace.partialLock where element.local == "partial-lock":
            let selects = element.all("select")
            guard !selects.isEmpty else { throw RPCError.missingElement("select") }
            var scope: [String: String] = [:]
            for declaration in element.namespaces + selects.flatMap(\.namespaces) where !declaration.prefix.isEmpty {
                scope[declaration.prefix] = declaration.uri
            }
            self = .partialLock(select: selects.map(\.trimmedText), namespaces: scope)
        case NETCONFNamespace.partialLock where element.local == "partial-unlock":
            self = .partialUnlock(lockID: try Self.number("lock-id", in: element))
        case NETCONFNamespace.nmda where element.local == "get-data": self = .getData(try GetData(parsing: element))
        case NETCONFNamespace.nmda where element.local == "edit-data":
            self = .editData(
                datastore: try GetData.datastore(in: element), defaultOperation: try Self.defaultOperation(element),
                content: try Self.content(element))
        default: self = .other(element)
        }
    }

    private static func base(_ element: XMLElement) throws(RPCError) -> NETCONFOperation {
        switch element.local {
        case "get-config":
            return .getConfig(
                try datastore("source", in: element), filter: try filter(element),
                withDefaults: try withDefaults(element))
        case "get": return .get(filter: try filter(element), withDefaults: try withDefaults(element))
        case "edit-config":
            return .editConfig(
                EditConfig(
                    target: try datastore("target", in: element), defaultOperation: try defaultOperation(element),
                    testOption: try choice("test-option", in: element),
                    errorOption: try choice("error-option", in: element), content: try content(element)))
        case "copy-config":
            return .copyConfig(
                target: try datastore("target", in: element), source: try source(element),
                withDefaults: try withDefaults(element))
        case "delete-config": return .deleteConfig(try datastore("target", in: element))
        case "lock": return .lock(try datastore("target", in: element))
        case "unlock": return .unlock(try datastore("target", in: element))
        case "close-session": return .closeSession
        case "kill-session": return .killSession(try number("session-id", in: element))
        case "commit":
            return .commit(
                CommitOptions(
                    confirmed: element.first("confirmed") != nil,
                    confirmTimeoutSeconds: element.first("confirm-timeout") == nil
                        ? nil : try number("confirm-timeout", in: element),
                    persist: element.first("persist")?.trimmedText, persistID: element.first("persist-id")?.trimmedText)
            )
        case "cancel-commit": return .cancelCommit(persistID: element.first("persist-id")?.trimmedText)
        case "discard-changes": return .discardChanges
        case "validate": return .validate(try source(element))
        default: return .other(element)
        }
    }

    // MARK: parameters

    private static func datastore(_ parameter: String, in element: XMLElement) throws(RPCError) -> NETCONFDatastore {
        guard let wrapper = element.first(parameter) else { throw RPCError.missingElement(parameter) }
        guard let found = try datastore(inside: wrapper) else {
            throw RPCError.missingElement("datastore in \(parameter)")
        }
        return found
    }

    private static func datastore(inside wrapper: XMLElement) throws(RPCError) -> NETCONFDatastore? {
        guard let choice = wrapper.elements.first else { return nil }
        switch choice.local {
        case "running": return .running
        case "candidate": return .candidate
        case "startup": return .startup
        case "url": return .url(choice.trimmedText)
        case "datastore" where choice.namespace == NETCONFNamespace.nmda:
            return .identity(GetData.identity(choice.trimmedText))
        default: throw RPCError.unknownElement(choice.local, .protocol)
        }
    }

    private static func source(_ element: XMLElement) throws(RPCError) -> ConfigurationSource {
        guard let wrapper = element.first("source") else { throw RPCError.missingElement("source") }
        if let config = wrapper.first("config") { return .content(inScope(config, of: [element, wrapper])) }
        guard let found = try datastore(inside: wrapper) else { throw RPCError.missingElement("datastore in source") }
        return .datastore(found)
    }

    private static func content(_ element: XMLElement) throws(RPCError) -> EditConfig.Content {
        if let config = element.first("config") { return .config(inScope(config, of: [element])) }
        if let url = element.first("url") { return .url(url.trimmedText) }
        throw RPCError.missingElement("config")
    }

    /// The content of `<config>`, each element carrying the prefixes declared around it: values and attributes may use
    /// them.
    private static func inScope(_ config: XMLElement, of outer: [XMLElement]) -> [XMLElement] {
        var scope: [String: String] = [:]
        for element in outer + [config] {
            for declaration in element.namespaces { scope[declaration.prefix] = declaration.uri }
        }
        scope[""] = nil
        return config.elements.map { element in
            var copy = element
            let own = Set(element.namespaces.map(\.prefix))
            copy.namespaces += scope.sorted { $0.key < $1.key }.filter { !own.contains($0.key) }
                .map { XMLNamespaceDeclaration(prefix: $0.key, uri: $0.value) }
            return copy
        }
    }

    private static func filter(_ element: XMLElement) throws(RPCError) -> NETCONFFilter? {
        guard let filter = element.first("filter") else { return nil }
        return try NETCONFFilter(filter, scope: element.namespaces)
    }

    fileprivate static func withDefaults(_ element: XMLElement) throws(RPCError) -> WithDefaultsMode? {
        guard let text = element.first("with-defaults")?.trimmedText else { return nil }
        guard let mode = WithDefaultsMode(rawValue: text) else {
            throw RPCError.invalidValue("with-defaults \"\(text)\" is not known")
        }
        return mode
    }

    private static func defaultOperation(_ element: XMLElement) throws(RPCError) -> EditConfig.DefaultOperation? {
        try choice("default-operation", in: element)
    }

    private static func choice<T: RawRepresentable>(_ local: String, in element: XMLElement) throws(RPCError) -> T?
    where T.RawValue == String {
        guard let text = element.first(local)?.trimmedText else { return nil }
        guard let value = T(rawValue: text) else {
            throw RPCError.badElement(local, message: "\(local) \"\(text)\" is not known")
        }
        return value
    }

    private static func number(_ local: String, in element: XMLElement) throws(RPCError) -> UInt32 {
        guard let text = element.first(local)?.trimmedText else { throw RPCError.missingElement(local) }
        guard let number = UInt32(text), number > 0 else {
            throw RPCError.invalidValue("\(local) \"\(text)\" is not a number between 1 and 4294967295")
        }
        return number
    }
}

extension GetData {
    fileprivate static func datastore(in element: XMLElement) throws(RPCError) -> String {
        guard let text = element.first("datastore")?.trimmedText else { throw RPCError.missingElement("datastore") }
        return identity(text)
    }

    /// The name of an identity without its prefix.
    fileprivate static func identity(_ text: String) -> String {
        text.split(separator: ":").last.map(String.init) ?? text
    }

    fileprivate init(parsing element: XMLElement) throws(RPCError) {
        self.init(datastore: try Self.datastore(in: element))
        if let subtree = element.first("subtree-filter") { filter = .subtree(subtree.elements) }
        if let xpath = element.first("xpath-filter") {
            var scope: [String: String] = [:]
            for declaration in element.namespaces + xpath.namespaces where !declaration.prefix.isEmpty {
                scope[declaration.prefix] = declaration.uri
            }
            filter = .xpath(xpath.trimmedText, namespaces: scope)
        }
        configFilter = element.first("config-filter").map { $0.trimmedText == "true" }
        let negated = element.all("negated-origin-filter")
        excludesOrigins = !negated.isEmpty
        guard negated.isEmpty || element.first("origin-filter") == nil else {
            throw RPCError.badElement(
                "negated-origin-filter", message: "origin-filter and negated-origin-filter exclude each other")
        }
        origins = (negated.isEmpty ? element.all("origin-filter") : negated).map { Self.identity($0.trimmedText) }
        withOrigin = element.first("with-origin") != nil
        withDefaults = try NETCONFOperation.withDefaults(element)
        if let depth = element.first("max-depth")?.trimmedText, depth != "unbounded" {
            guard let number = UInt16(depth), number > 0 else {
                throw RPCError.invalidValue("max-depth \"\(depth)\" is not between 1 and 65535")
            }
            maximumDepth = number
        }
    }
}
