internal import DeviceConfiguration
internal import NETCONFProtocol
internal import XMLDocuments

extension NETCONFDeviceSession {
    /// The modules of these namespaces with all they import and include, by `get-schema` (RFC 6022); nil when the device
    /// does not offer it.
    package func modules(of namespaces: Set<String>, deadline: ContinuousClock.Instant) async throws(DriverError)
        -> DeviceModules?
    {
        let offered =
            capabilities.all.contains { $0.uri == NETCONFNamespace.monitoring }
            || capabilities.contains(.yangLibrary10) || capabilities.contains(.yangLibrary11)
        guard offered else { return nil }
        var known = capabilities.modules.map {
            ListedModule(name: $0.name, revision: $0.revision, namespace: $0.namespace)
        }
        // YANG 1.1 modules are not in the hello (H-6).
        if !namespaces.isSubset(of: known.map(\.namespace)) { known += try await listed(deadline) }
        var (found, problems) = ([DeviceModules.Module](), [String]())
        for namespace in namespaces.sorted() where !known.contains(where: { $0.namespace == namespace }) {
            problems.append("the device lists no module of \(namespace)")
        }
        var queue = known.filter { namespaces.contains($0.namespace) }.map(\.name)
        var (asked, bytes) = (Set<String>(), 0)
        while let name = queue.popLast() {
            guard asked.insert(name).inserted else { continue }
            guard asked.count <= DeviceModules.maximumModules, bytes < DeviceModules.maximumBytes else {
                problems.append(
                    "more than \(DeviceModules.maximumModules) modules, or \(DeviceModules.maximumBytes >> 20) MB of them"
                )
                break
            }
            let revision = known.filter { $0.name == name }.map(\.revision).max() ?? ""
            let reply = try await schema(name, revision, deadline)
            guard reply.isSuccess, let text = reply.schemaText, YANGModuleText.name(of: text) == name else {
                let why = reply.errors.first { !$0.isWarning }?.summary ?? "the answer is no module of this name"
                problems.append("\(name): \(why)")
                continue
            }
            bytes += text.utf8.count
            found.append(DeviceModules.Module(name: name, revision: revision, text: text))
            queue += YANGModuleText.dependencies(of: text)
        }
        return DeviceModules(modules: found.sorted { $0.name < $1.name }, problems: problems)
    }

    /// What the prefixes of an XPath expression stand for: each is the name of a module that the device has (CA-9).
    func namespaces(in expression: String, _ deadline: ContinuousClock.Instant) async throws(DriverError) -> [String: String]
    {
        let prefixes = Self.prefixes(in: expression)
        var known = Dictionary(
            capabilities.modules.map { ($0.name, $0.namespace) }, uniquingKeysWith: { first, _ in first })
        // YANG 1.1 modules are not in the hello (H-6).
        if !prefixes.isSubset(of: known.keys), capabilities.contains(.xpath) {
            for module in try await listed(deadline) where known[module.name] == nil {
                known[module.name] = module.namespace
            }
        }
        if let strange = prefixes.sorted().first(where: { known[$0] == nil }) {
            throw DriverError(
                .notSupported, what: "the prefix \(strange) in \"\(expression)\" is no module of the device",
                device: device,
                remedy: "prefixes are names of modules, as in /ietf-system:system; a subtree filter such as "
                    + "<system xmlns=\"…\"/> needs none")
        }
        return known.filter { prefixes.contains($0.key) }
    }

    /// Names before a colon, outside of quotes; what stands before two colons is an axis.
    static func prefixes(in expression: String) -> Set<String> {
        let text = expression.replacing(/"[^"]*"|'[^']*'/, with: "")
        return Set(text.matches(of: /([A-Za-z_][A-Za-z0-9_.\-]*):(?!:)/).map { String($0.output.1) })
    }

    private struct ListedModule {
        var name: String
        var revision: String
        var namespace: String
    }

    private func schema(_ name: String, _ revision: String, _ deadline: ContinuousClock.Instant)
        async throws(DriverError)
        -> RPCReply
    {
        let version = revision.isEmpty ? nil : revision
        return try await ask(.getSchema(identifier: name, version: version, format: "yang"), deadline)
    }

    /// What monitoring and the YANG library list (RFC 6022 §2.1.3, RFC 8525, RFC 7895).
    private func listed(_ deadline: ContinuousClock.Instant) async throws(DriverError) -> [ListedModule] {
        let library = "urn:ietf:params:xml:ns:yang:ietf-yang-library"
        let schemas = XMLElement(
            "netconf-state", in: NETCONFNamespace.monitoring, [XMLElement("schemas", in: NETCONFNamespace.monitoring)])
        var found: [ListedModule] = []
        for filter in [[schemas], [XMLElement("yang-library", in: library), XMLElement("modules-state", in: library)]] {
            let reply = try await ask(.get(filter: .subtree(filter)), deadline)
            guard reply.isSuccess, let data = reply.data else { continue }
            func walk(_ view: XMLElementView) {
                for child in view.elements {
                    let name = child.first("identifier") ?? child.first("name")
                    if child.local == "schema" || child.local == "module", let name,
                        let space = child.first("namespace")
                    {
                        found.append(
                            ListedModule(
                                name: name.trimmedText,
                                revision: (child.first("version") ?? child.first("revision"))?.trimmedText ?? "",
                                namespace: space.trimmedText))
                    } else {
                        walk(child)
                    }
                }
            }
            walk(data)
            if !found.isEmpty { break }
        }
        return found
    }
}
