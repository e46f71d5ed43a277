/// A route as BGP knows it.
package struct BGPRoute: Equatable, Sendable {
    package enum Origin: Equatable, Sendable {
        case local
        /// Learned from the neighbour with this address.
        case neighbor(LabAddress, isExternal: Bool)
    }
    package var prefix: LabPrefix
    package var origin: Origin
    /// nil for what the router originates itself.
    package var nextHop: LabAddress?
    package var path: [UInt32] = []
    package var localPreference: Int?
    package var metric = 0
    package var weight = 0
    /// Redistributed rather than named by a `network` statement.
    package var isIncomplete = false
    /// Whether the next hop can be reached.
    package var isValid = true

    package init(prefix: LabPrefix, origin: Origin) { (self.prefix, self.origin) = (prefix, origin) }

    /// Whether this route is better than another for the same prefix, in the usual order of questions.
    func isBetter(than other: BGPRoute) -> Bool {
        func rank(_ route: BGPRoute) -> [Int] {
            let external = if case .neighbor(_, isExternal: false) = route.origin { 1 } else { 0 }
            let local = route.origin == .local ? 0 : 1
            return [
                route.isValid ? 0 : 1, -route.weight, -(route.localPreference ?? 100), local, route.path.count,
                route.isIncomplete ? 1 : 0, route.metric, external,
            ]
        }
        let (a, b) = (rank(self), rank(other))
        if a != b { return a.lexicographicallyPrecedes(b) }
        guard case .neighbor(let x, _) = origin, case .neighbor(let y, _) = other.origin else { return false }
        return x < y
    }
}

/// What policy did to a route.
struct RoutePolicy {
    let intent: RouterIntent

    /// The route after a filter, nil when it is denied. A route-map or prefix list that does not exist denies, as in
    /// FRRouting.
    func apply(prefixList: String?, routeMap: String?, to route: BGPRoute) -> BGPRoute? {
        if let prefixList, intent.prefixLists[prefixList]?.permits(route.prefix) != true { return nil }
        guard let routeMap else { return route }
        return apply(routeMap: routeMap, to: route)
    }

    func apply(routeMap name: String, to route: BGPRoute) -> BGPRoute? {
        guard let map = intent.routeMaps[name] else { return nil }
        for clause in map.clauses {
            let matches = clause.matchPrefixLists.isEmpty
                || clause.matchPrefixLists.contains { intent.prefixLists[$0]?.permits(route.prefix) ?? false }
            guard matches else { continue }
            guard clause.permits else { return nil }
            var result = route
            if let preference = clause.localPreference { result.localPreference = preference }
            if let metric = clause.metric { result.metric = metric }
            if let nextHop = clause.nextHop { result.nextHop = nextHop }
            if let weight = clause.weight { result.weight = weight }
            result.path = clause.prepends + result.path
            return result
        }
        return nil
    }
}
