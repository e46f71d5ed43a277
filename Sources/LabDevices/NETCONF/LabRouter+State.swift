import NETCONFProtocol
import XMLDocuments
import YANGData

extension LabRouter {
    /// What running means to the protocols, and the name the router gives itself.
    static func meaning(of running: String, name: String, ports: [String]) -> (RouterIntent, String) {
        let roots = (try? XMLElement.fragments(parsing: running)) ?? []
        func root(_ local: String) -> XMLElement? { roots.first { $0.local == local } }
        var intent = RouterIntent()
        let configured = root("interfaces")?.all("interface") ?? []
        let names = ports + configured.compactMap { $0.leaf("name") }.filter { !ports.contains($0) }
        intent.interfaces = names.map { port in
            guard let interface = configured.first(where: { $0.leaf("name") == port }) else {
                return RouterIntent.Interface(name: port)
            }
            let addresses = interface.first("ipv4")?.all("address") ?? []
            return RouterIntent.Interface(
                name: port, isEnabled: interface.leaf("enabled") != "false",
                addresses: addresses.compactMap { entry in
                    guard let ip = entry.leaf("ip"), let length = entry.leaf("prefix-length") else { return nil }
                    return LabPrefix("\(ip)/\(length)")
                })
        }
        intent.bgp = root("bgp").flatMap(bgp)
        return (intent, root("system")?.leaf("hostname") ?? name)
    }

    private static func bgp(_ element: XMLElement) -> RouterIntent.BGP? {
        guard let asn = element.leaf("as").flatMap(UInt32.init) else { return nil }
        var bgp = RouterIntent.BGP(asn: asn)
        bgp.routerID = element.leaf("router-id").flatMap { LabAddress($0) }
        // This router has no policy to ask for, and announces what it is told to.
        (bgp.requiresPolicy, bgp.checksNetworks) = (false, false)
        bgp.networks = element.all("network").compactMap { $0.leaf("prefix").flatMap { LabPrefix($0) } }
            .map { RouterIntent.Network(prefix: $0.network) }
        bgp.neighbors = element.all("neighbor").compactMap { entry in
            guard let address = entry.leaf("address").flatMap({ LabAddress($0) }),
                let remote = entry.leaf("remote-as").flatMap(UInt32.init)
            else { return nil }
            var neighbor = RouterIntent.Neighbor(address: address, remoteAS: .number(remote))
            neighbor.description = entry.leaf("description")
            neighbor.password = entry.leaf("password")
            neighbor.isShutDown = entry.leaf("enabled") == "false"
            let family = entry.first("ipv4-unicast")
            if family?.leaf("enabled") != "false" {
                var policy = RouterIntent.NeighborFamily()
                policy.maximumPrefixes = family?.leaf("maximum-prefixes").flatMap { Int($0) }
                neighbor.families[.ipv4Unicast] = policy
            }
            return neighbor
        }
        return bgp
    }

    /// Capabilities of the hello.
    var capabilities: [String] {
        // By libyang's own module clients know the server whose habit this is.
        let mark = profile == .timerNeedsRunning ? ["\(NETCONFNamespace.yang)?module=yang&revision=2021-04-07"] : []
        return profile.capabilities.map { known in
            switch known {
            case .url: known.rawValue + "?scheme=file"
            case .yangLibrary11: known.rawValue + "?revision=2019-01-04&content-id=\(Self.moduleSet)"
            default: known.rawValue
            }
        } + Self.models + mark
    }

    private static let models: [String] = {
        [
            NETCONFCapability.Known.withDefaults.rawValue
                + "?basic-mode=explicit&also-supported=report-all,trim",
            NETCONFCapability.Known.yangLibrary10.rawValue + "?revision=2016-06-21&module-set-id=\(moduleSet)",
            "\(NETCONFNamespace.monitoring)?module=ietf-netconf-monitoring&revision=2010-10-04",
            "\(LabRouterModule.namespace)?module=\(LabRouterModule.name)&revision=\(LabRouterModule.revision)",
        ]
    }()
    static let moduleSet = "\(LabRouterModule.name)-\(LabRouterModule.revision)"

    /// What tells a client what this router is: RFC 6022 and RFC 7895.
    func discovery(at now: LabInstant) -> [XMLElement] {
        let ncm = NETCONFNamespace.monitoring
        func leaf(_ name: String, _ text: String) -> XMLElement { XMLElement(name, in: ncm, text: text) }
        let schemaEntry = XMLElement(
            "schema", in: ncm,
            [
                leaf("identifier", LabRouterModule.name), leaf("version", LabRouterModule.revision),
                leaf("format", "yang"),
                leaf("namespace", LabRouterModule.namespace), leaf("location", "NETCONF"),
            ])
        let datastores = [NETCONFDatastore.running, .candidate, .startup].filter { datastore in
            datastore == .running || offers(datastore == .startup ? .startup : .candidate)
        }.map { datastore in
            let global = locks[datastore].map { lock in
                XMLElement(
                    "global-lock", in: ncm,
                    [leaf("locked-by-session", "\(lock.session)"), leaf("locked-time", time(lock.since))])
            }
            let held = (global.map { [$0] } ?? []) + (datastore == .running ? shownPartialLocks : [])
            return XMLElement(
                "datastore", in: ncm,
                [leaf("name", "\(datastore)")] + (held.isEmpty ? [] : [XMLElement("locks", in: ncm, held)]))
        }
        let open = sessions.sorted { $0.key < $1.key }.map { id, session in
            XMLElement(
                "session", in: ncm,
                [
                    leaf("session-id", "\(id)"), leaf("transport", "netconf-ssh"), leaf("username", session.user),
                    leaf("login-time", time(session.since)), leaf("in-rpcs", "\(session.requests)"),
                    leaf("in-bad-rpcs", "\(session.badRequests)"), leaf("out-rpc-errors", "\(session.errorsSent)"),
                    leaf("out-notifications", "\(session.notificationsSent)"),
                ])
        }
        let state = XMLElement(
            "netconf-state", in: ncm,
            [
                XMLElement("capabilities", in: ncm, capabilities.map { leaf("capability", $0) }),
                XMLElement("datastores", in: ncm, datastores), XMLElement("schemas", in: ncm, [schemaEntry]),
                XMLElement("sessions", in: ncm, open),
            ])
        return [state, Self.modules] + (offers(.yangLibrary11) ? [library] : [])
    }

    /// RFC 7895.
    private static let modules: XMLElement = {
        let namespace = "urn:ietf:params:xml:ns:yang:ietf-yang-library"
        func leaf(_ name: String, _ text: String) -> XMLElement { XMLElement(name, in: namespace, text: text) }
        func module(_ name: String, _ revision: String, _ uri: String, _ conformance: String) -> XMLElement {
            XMLElement(
                "module", in: namespace,
                [
                    leaf("name", name), leaf("revision", revision), leaf("namespace", uri),
                    leaf("conformance-type", conformance),
                ])
        }
        return XMLElement(
            "modules-state", in: namespace,
            [
                leaf("module-set-id", moduleSet),
                module("ietf-inet-types", "2013-07-15", "urn:ietf:params:xml:ns:yang:ietf-inet-types", "import"),
                module(LabRouterModule.name, LabRouterModule.revision, LabRouterModule.namespace, "implement"),
            ])
    }()

    /// A moment as RFC 3339 text in UTC.
    func time(_ instant: LabInstant) -> String {
        let seconds = epoch + Int(instant.sinceStart.components.seconds)
        let (days, rest) = (seconds / 86_400, seconds % 86_400)
        // Civil date from days since 1970 (proleptic Gregorian, years of 400-year eras that start in March).
        let shifted = days + 719_468
        let era = shifted / 146_097
        let ofEra = shifted % 146_097
        let yearOfEra = (ofEra - ofEra / 1_460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let march = (5 * ofYear + 2) / 153
        let day = ofYear - (153 * march + 2) / 5 + 1
        let month = march < 10 ? march + 3 : march - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(year)-\(two(month))-\(two(day))T\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60))Z"
    }
}

extension XMLElement {
    /// Text of a child; nil when there is none.
    func leaf(_ local: String) -> String? { first(local)?.trimmedText }
}

extension [XMLElement] {
    /// Configuration with the state that belongs to it, worked out from the network (RFC 6241 §7.7).
    func addingState(of router: LabRouter, _ view: RouterView, at now: LabInstant) -> [XMLElement] {
        let namespace = LabRouterModule.namespace
        func leaf(_ name: String, _ value: some CustomStringConvertible) -> XMLNode {
            .element(XMLElement(name, in: namespace, text: value.description))
        }
        var result = self
        func index(_ local: String) -> Int {
            if let found = result.firstIndex(where: { $0.local == local && $0.namespace == namespace }) { return found }
            result.append(XMLElement(local, in: namespace))
            return result.count - 1
        }
        let interfaces = index("interfaces")
        for (name, state) in view.interfaces.sorted(by: { $0.key < $1.key }) {
            let leaves = [leaf("oper-status", state.isUp ? "up" : "down")]
            if !result[interfaces].addState(leaves, toEntry: "interface", where: "name", is: name) {
                let entry = XMLElement(XMLName("interface", in: namespace), children: [leaf("name", name)] + leaves)
                result[interfaces].children.append(.element(entry))
            }
        }
        if let bgp = result.firstIndex(where: { $0.local == "bgp" }) {
            for (address, session) in view.neighbors {
                var leaves = [
                    leaf("state", session.yangState), leaf("state-age", (now - session.since).components.seconds),
                    leaf("times-established", session.timesEstablished),
                    leaf("received-prefixes", session.received[.ipv4Unicast] ?? 0),
                    leaf("sent-prefixes", session.sent[.ipv4Unicast] ?? 0),
                ]
                if let reason = session.yangReason, !reason.isEmpty { leaves.append(leaf("last-error", reason)) }
                _ = result[bgp].addState(leaves, toEntry: "neighbor", where: "address", is: address.description)
            }
        }
        var system = XMLElement("system-state", in: namespace)
        system.children = [
            leaf("version", LabRouter.version), leaf("uptime", (now - router.bootedAt).components.seconds),
        ]
        return result + [system]
    }
}

extension XMLElement {
    /// Appends leaves to the entry with this key; false when there is none.
    fileprivate mutating func addState(_ leaves: [XMLNode], toEntry list: String, where key: String, is value: String)
        -> Bool
    {
        for index in children.indices {
            guard case .element(var entry) = children[index], entry.local == list, entry.leaf(key) == value else {
                continue
            }
            entry.children += leaves
            children[index] = .element(entry)
            return true
        }
        return false
    }
}

extension BGPSession {
    /// The state as the module names it.
    fileprivate var yangState: String {
        switch state {
        case .idle, .shutDown: "idle"
        case .active: "active"
        case .opening: "connect"
        case .established: "established"
        }
    }
    fileprivate var yangReason: String? {
        switch state {
        case .idle(let reason), .active(let reason): reason
        case .shutDown: "Admin. shutdown"
        case .opening, .established: lastReset
        }
    }
}
