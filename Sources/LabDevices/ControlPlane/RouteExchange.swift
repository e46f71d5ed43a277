/// What a router knows about destinations.
struct RoutingTables: Equatable, Sendable {
    var bgp: [LabPrefix: [BGPRoute]] = [:]
    var version = 0
    var routes: [RouterView.Route] = []
    var counts: [ControlPlane.SessionKey: SessionCounts] = [:]
}

/// Routes accepted from and announced to one neighbour.
struct SessionCounts: Equatable, Sendable {
    var received: [RouteFamily: Int] = [:]
    var sent: [RouteFamily: Int] = [:]
    var lacksPolicy: Set<RouteFamily> = []
}

/// Carries routes over the sessions that are up until nothing changes any more.
struct RouteExchange {
    let intents: [String: RouterIntent]
    let sessions: [ControlPlane.SessionKey: BGPSession]
    let forwarding: Forwarding

    /// Rounds after which a network that never settles (a policy conflict) is left as it is.
    static let maximumRounds = 64

    private typealias Learned = [ControlPlane.SessionKey: [LabPrefix: BGPRoute]]

    func run(previous: [String: RoutingTables], at now: LabInstant) -> [String: RoutingTables] {
        var learned: Learned = [:]
        var announced: Learned = [:]
        for _ in 0..<Self.maximumRounds {
            let next = exchange(learned)
            announced = next.announced
            if next.learned == learned { break }
            learned = next.learned
        }
        var result: [String: RoutingTables] = [:]
        for device in intents.keys {
            result[device] = tables(of: device, learned, announced, previous: previous[device], at: now)
        }
        return result
    }

    static func counts(_ tables: [String: RoutingTables]) -> [ControlPlane.SessionKey: SessionCounts] {
        tables.values.reduce(into: [:]) { $0.merge($1.counts) { a, _ in a } }
    }

    /// One round: everybody announces its best routes to everybody it has a session with.
    private func exchange(_ learned: Learned) -> (learned: Learned, announced: Learned) {
        var incoming: Learned = [:]
        var announced: Learned = [:]
        for (device, intent) in intents {
            guard let bgp = intent.bgp else { continue }
            let best = paths(of: device, learned).compactMapValues { $0.first { $0.isValid } }
            for neighbor in bgp.neighbors {
                let key = ControlPlane.SessionKey(device: device, neighbor: neighbor.address)
                guard let session = sessions[key], session.isEstablished, let peer = session.peerDevice,
                    let source = session.localAddress
                else { continue }
                let outgoing = export(best, from: intent, to: neighbor, over: session)
                announced[key] = outgoing
                let far = ControlPlane.SessionKey(device: peer, neighbor: source)
                incoming[far] = receive(outgoing, at: peer, over: far)
            }
        }
        return (incoming, announced)
    }

    /// All paths a router has per prefix, best first.
    private func paths(of device: String, _ learned: Learned) -> [LabPrefix: [BGPRoute]] {
        guard let intent = intents[device], let bgp = intent.bgp, intent.isRunning else { return [:] }
        var paths: [LabPrefix: [BGPRoute]] = [:]
        for route in originated(device, intent, bgp) { paths[route.prefix, default: []].append(route) }
        for neighbor in bgp.neighbors {
            let key = ControlPlane.SessionKey(device: device, neighbor: neighbor.address)
            for (prefix, route) in learned[key] ?? [:] { paths[prefix, default: []].append(route) }
        }
        return paths.mapValues { $0.sorted { $0.isBetter(than: $1) } }
    }

    private func originated(_ device: String, _ intent: RouterIntent, _ bgp: RouterIntent.BGP) -> [BGPRoute] {
        let local = localRoutes(device, intent)
        let policy = RoutePolicy(intent: intent)
        var routes: [BGPRoute] = []
        for network in bgp.networks {
            if bgp.checksNetworks, !local.contains(where: { $0.prefix == network.prefix }) { continue }
            var route = BGPRoute(prefix: network.prefix, origin: .local)
            route.weight = 32_768
            if let map = network.routeMap {
                guard let changed = policy.apply(routeMap: map, to: route) else { continue }
                route = changed
            }
            routes.append(route)
        }
        for route in local where !routes.contains(where: { $0.prefix == route.prefix }) {
            let wanted = route.kind == .connected ? bgp.redistributesConnected : bgp.redistributesStatic
            guard wanted else { continue }
            var own = BGPRoute(prefix: route.prefix, origin: .local)
            (own.weight, own.isIncomplete) = (32_768, true)
            routes.append(own)
        }
        return routes
    }

    /// Connected networks and usable static routes.
    private func localRoutes(_ device: String, _ intent: RouterIntent) -> [RouterView.Route] {
        var routes: [RouterView.Route] = []
        for interface in forwarding.upInterfaces(of: device) {
            for prefix in interface.addresses {
                routes.append(
                    RouterView.Route(prefix: prefix.network, kind: .connected, interface: interface.name, distance: 0))
            }
        }
        guard intent.isRunning else { return [] }
        for route in intent.staticRoutes {
            var entry = RouterView.Route(prefix: route.prefix.network, kind: .static, distance: route.distance)
            switch route.target {
            case .discard: entry.isDiscard = true
            case .interface(let name):
                guard forwarding.upInterfaces(of: device).contains(where: { $0.name == name }) else { continue }
                entry.interface = name
            case .via(let gateway):
                guard let direct = forwarding.connected(device, gateway) else { continue }
                (entry.via, entry.interface) = (gateway, direct.interface)
            }
            routes.append(entry)
        }
        return routes
    }

    private func export(
        _ best: [LabPrefix: BGPRoute], from intent: RouterIntent, to neighbor: RouterIntent.Neighbor,
        over session: BGPSession
    ) -> [LabPrefix: BGPRoute] {
        guard let bgp = intent.bgp, let source = session.localAddress else { return [:] }
        let policy = RoutePolicy(intent: intent)
        var result: [LabPrefix: BGPRoute] = [:]
        for (prefix, route) in best {
            guard let family = neighbor.families.first(where: { $0.key.holds(prefix) })?.value else { continue }
            if session.isExternal, bgp.requiresPolicy, family.routeMapOut == nil, family.prefixListOut == nil { continue }
            if case .neighbor(let from, let isExternal) = route.origin {
                // An external peer is told what it said; it drops its own AS (seen on FRRouting 8.4.4).
                if from == neighbor.address, !session.isExternal { continue }
                // What came from inside is not told to others inside, unless one of them is a reflector client.
                if !isExternal, !session.isExternal {
                    let client = bgp.neighbors.first { $0.address == from }?.families.values.contains(where: \.isReflectorClient)
                    if client != true, !family.isReflectorClient { continue }
                }
            }
            let filtered = policy.apply(prefixList: family.prefixListOut, routeMap: family.routeMapOut, to: route)
            guard var sent = filtered else { continue }
            if session.isExternal {
                sent.path = [neighbor.localAS ?? bgp.asn] + sent.path
                sent.localPreference = nil
                if sent.nextHop == route.nextHop { sent.nextHop = source }
            } else {
                sent.localPreference = sent.localPreference ?? 100
                if sent.nextHop == nil || family.setsNextHopSelf { sent.nextHop = source }
            }
            result[prefix] = sent
        }
        for (family, settings) in neighbor.families where settings.originatesDefault && family == .ipv4Unicast {
            let prefix = LabPrefix(LabAddress(octets: [0, 0, 0, 0]), 0)
            var route = BGPRoute(prefix: prefix, origin: .local)
            route.path = session.isExternal ? [neighbor.localAS ?? bgp.asn] : []
            route.nextHop = source
            result[prefix] = route
        }
        return result
    }

    private func receive(_ routes: [LabPrefix: BGPRoute], at device: String, over key: ControlPlane.SessionKey)
        -> [LabPrefix: BGPRoute]
    {
        guard let intent = intents[device], let bgp = intent.bgp, let session = sessions[key],
            let neighbor = bgp.neighbors.first(where: { $0.address == key.neighbor })
        else { return [:] }
        let policy = RoutePolicy(intent: intent)
        var accepted: [LabPrefix: BGPRoute] = [:]
        for (prefix, sent) in routes {
            guard let family = neighbor.families.first(where: { $0.key.holds(prefix) })?.value else { continue }
            if session.isExternal, bgp.requiresPolicy, family.routeMapIn == nil, family.prefixListIn == nil { continue }
            // A path that holds our own AS has looped (RFC 4271 §9.1.2).
            if sent.path.contains(bgp.asn) { continue }
            var route = sent
            route.origin = .neighbor(key.neighbor, isExternal: session.isExternal)
            route.weight = 0
            let filtered = policy.apply(prefixList: family.prefixListIn, routeMap: family.routeMapIn, to: route)
            guard var kept = filtered else { continue }
            kept.isValid = kept.nextHop.map { forwarding.resolves($0, on: device) != nil } ?? false
            accepted[prefix] = kept
        }
        return accepted
    }

    private func tables(
        of device: String, _ learned: Learned, _ announced: Learned, previous: RoutingTables?, at now: LabInstant
    ) -> RoutingTables {
        var tables = RoutingTables()
        guard let intent = intents[device], intent.isRunning else { return tables }
        tables.bgp = paths(of: device, learned)
        tables.version = (previous?.version ?? 0) + (previous?.bgp == tables.bgp ? 0 : tables.bgp.count)
        var routes = localRoutes(device, intent)
        for best in tables.bgp.values.compactMap({ $0.first { $0.isValid } }) {
            guard case .neighbor(_, let isExternal) = best.origin, let nextHop = best.nextHop else { continue }
            var route = RouterView.Route(
                prefix: best.prefix, kind: isExternal ? .external : .internal, distance: isExternal ? 20 : 200)
            (route.via, route.metric) = (nextHop, best.metric)
            route.interface = forwarding.resolves(nextHop, on: device)
            routes.append(route)
        }
        tables.routes = select(routes, previous: previous?.routes ?? [], at: now)
        tables.counts = counts(of: device, intent, learned, announced)
        return tables
    }

    private func select(_ routes: [RouterView.Route], previous: [RouterView.Route], at now: LabInstant)
        -> [RouterView.Route]
    {
        var sorted = routes.sorted { ($0.prefix, $0.distance, $0.kind.rawValue) < ($1.prefix, $1.distance, $1.kind.rawValue) }
        for index in sorted.indices {
            if index > 0, sorted[index - 1].prefix == sorted[index].prefix { sorted[index].isSelected = false }
            var same = sorted[index]
            let old = previous.first {
                same.since = $0.since
                return $0 == same
            }
            sorted[index].since = old?.since ?? now
        }
        return sorted
    }

    private func counts(of device: String, _ intent: RouterIntent, _ learned: Learned, _ announced: Learned)
        -> [ControlPlane.SessionKey: SessionCounts]
    {
        var result: [ControlPlane.SessionKey: SessionCounts] = [:]
        for neighbor in intent.bgp?.neighbors ?? [] {
            let key = ControlPlane.SessionKey(device: device, neighbor: neighbor.address)
            var counts = SessionCounts()
            for (family, settings) in neighbor.families {
                counts.received[family] = (learned[key] ?? [:]).keys.count { family.holds($0) }
                counts.sent[family] = (announced[key] ?? [:]).keys.count { family.holds($0) }
                let missing = (settings.routeMapIn == nil && settings.prefixListIn == nil)
                    || (settings.routeMapOut == nil && settings.prefixListOut == nil)
                if sessions[key]?.isExternal == true, intent.bgp?.requiresPolicy == true, missing {
                    counts.lacksPolicy.insert(family)
                }
            }
            result[key] = counts
        }
        return result
    }
}
