/// The running configuration of an FRRouting-like router.
struct FRRConfiguration: Equatable, Sendable {
    struct Interface: Equatable, Sendable {
        var description: String?
        var addresses: [LabPrefix] = []
        var isShutDown = false
        var bandwidth: Int?
    }

    struct NeighborFamily: Equatable, Sendable {
        var isActive = false
        var policy = RouterIntent.NeighborFamily()
        var keepsInbound = false
        var maximumPrefixes: String?
        var allowedOwnAS: String?
        var weight: Int?
        /// Whether anything but activation was set.
        var hasSettings: Bool {
            keepsInbound || maximumPrefixes != nil || allowedOwnAS != nil || weight != nil
                || policy != RouterIntent.NeighborFamily()
        }
    }

    struct Neighbor: Equatable, Sendable {
        var remoteAS: RouterIntent.Neighbor.RemoteAS
        var description: String?
        var isShutDown = false
        var shutdownMessage: String?
        var password: String?
        var localAS: UInt32?
        var isPassive = false
        var multihop: Int?
        var skipsConnectedCheck = false
        var updateSource: String?
        var advertisementInterval: Int?
        var timers: (keepalive: Int, hold: Int)? {
            get { keepalive.flatMap { k in hold.map { (k, $0) } } }
            set { (keepalive, hold) = (newValue?.keepalive, newValue?.hold) }
        }
        private var keepalive: Int?
        private var hold: Int?
        var connectTimer: Int?
        var families: [RouteFamily: NeighborFamily] = [:]
        init(remoteAS: RouterIntent.Neighbor.RemoteAS) { self.remoteAS = remoteAS }
    }

    struct BGP: Equatable, Sendable {
        var asn: UInt32
        var routerID: LabAddress?
        var logsNeighborChanges = false
        var requiresPolicy = true
        var activatesIPv4 = true
        var relaxesMultipath = false
        var checksNetworks = true
        var keepalive: Int?
        var hold: Int?
        var neighbors: [LabAddress: Neighbor] = [:]
        var networks: [RouteFamily: [LabPrefix: String?]] = [:]
        var redistributed: [RouteFamily: [String: String?]] = [:]
        var maximumPaths: [RouteFamily: Int] = [:]
        init(asn: UInt32) { self.asn = asn }
    }

    /// A static route as written, so that it is shown as written.
    struct StaticRoute: Equatable, Sendable {
        var prefix: LabPrefix
        /// `10.0.0.1`, `eth0`, `10.0.0.1 eth0`, `blackhole`, `Null0`.
        var target: String
        var distance: Int?
        var sortKey: String { target }
    }

    struct ListName: Hashable, Sendable {
        var isIPv6: Bool
        var name: String
    }

    var hostname: String
    /// `log …`, `service …`: kept and shown, without meaning here.
    var logLines: [String] = []
    var isIntegrated = false
    var banner: String?
    var staticRoutes: [StaticRoute] = []
    var interfaces: [String: Interface] = [:]
    var bgp: BGP?
    var prefixLists: [ListName: PrefixList] = [:]
    /// Prefix lists are shown in the order they were made.
    var prefixListOrder: [ListName] = []
    /// `bgp as-path access-list …` and `bgp community-list …`, as shown.
    var asPathLines: [String] = []
    var communityLines: [String] = []
    var routeMaps: [String: RouteMap] = [:]
    var execTimeout: String?

    init(hostname: String) { self.hostname = hostname }

    /// What the configuration means to the protocols. `ports` are the interfaces the device has.
    func intent(ports: [String]) -> RouterIntent {
        var intent = RouterIntent()
        intent.interfaces = ports.map { name in
            let interface = interfaces[name] ?? Interface()
            return RouterIntent.Interface(
                name: name, isEnabled: !interface.isShutDown, addresses: interface.addresses)
        }
        intent.staticRoutes = staticRoutes.compactMap(\.intent)
        for (name, list) in prefixLists { intent.prefixLists[name.name] = list }
        intent.routeMaps = routeMaps
        intent.bgp = bgp.map(Self.intent(of:))
        return intent
    }

    private static func intent(of bgp: BGP) -> RouterIntent.BGP {
        var result = RouterIntent.BGP(asn: bgp.asn)
        result.routerID = bgp.routerID
        result.requiresPolicy = bgp.requiresPolicy
        result.checksNetworks = bgp.checksNetworks
        for family in RouteFamily.allCases {
            result.networks += (bgp.networks[family] ?? [:]).sorted { $0.key < $1.key }
                .map { RouterIntent.Network(prefix: $0.key, routeMap: $0.value) }
            result.redistributesConnected = result.redistributesConnected || bgp.redistributed[family]?["connected"] != nil
            result.redistributesStatic = result.redistributesStatic || bgp.redistributed[family]?["static"] != nil
        }
        result.neighbors = bgp.neighbors.sorted { $0.key < $1.key }.map { address, neighbor in
            var entry = RouterIntent.Neighbor(address: address, remoteAS: neighbor.remoteAS)
            entry.description = neighbor.description
            entry.password = neighbor.password
            entry.isShutDown = neighbor.isShutDown
            entry.isPassive = neighbor.isPassive
            entry.updateSource = neighbor.updateSource
            entry.hops = neighbor.multihop ?? 1
            entry.skipsConnectedCheck = neighbor.skipsConnectedCheck
            entry.localAS = neighbor.localAS
            for (family, settings) in neighbor.families where settings.isActive { entry.families[family] = settings.policy }
            return entry
        }
        return result
    }
}

extension FRRConfiguration.StaticRoute {
    /// What it means; nil for a target the lab's forwarding does not know.
    var intent: RouterIntent.StaticRoute? {
        let words = target.split(separator: " ")
        guard let first = words.first.map(String.init) else { return nil }
        let meaning: RouterIntent.StaticRoute.Target
        if ["blackhole", "reject", "Null0", "null0"].contains(first) {
            meaning = .discard
        } else if let gateway = LabAddress(first) {
            meaning = .via(gateway)
        } else {
            meaning = .interface(first)
        }
        return RouterIntent.StaticRoute(prefix: prefix.network, target: meaning, distance: distance ?? 1)
    }
}
