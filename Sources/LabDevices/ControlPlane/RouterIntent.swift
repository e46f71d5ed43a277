/// What a router's configuration means to the protocols it runs: the lab's control plane sees nothing else of it.
package struct RouterIntent: Equatable, Sendable {
    package struct Interface: Equatable, Sendable {
        package var name: String
        package var isEnabled = true
        package var addresses: [LabPrefix] = []
        package init(name: String, isEnabled: Bool = true, addresses: [LabPrefix] = []) {
            (self.name, self.isEnabled, self.addresses) = (name, isEnabled, addresses)
        }
    }

    package struct StaticRoute: Equatable, Hashable, Sendable {
        package enum Target: Equatable, Hashable, Sendable {
            case via(LabAddress)
            case interface(String)
            case discard
        }
        package var prefix: LabPrefix
        package var target: Target
        package var distance: Int
        package init(prefix: LabPrefix, target: Target, distance: Int = 1) {
            (self.prefix, self.target, self.distance) = (prefix, target, distance)
        }
    }

    package struct Neighbor: Equatable, Sendable {
        /// The AS the other end must have.
        package enum RemoteAS: Equatable, Sendable {
            case number(UInt32), `internal`, external
        }
        package var address: LabAddress
        package var remoteAS: RemoteAS
        package var description: String?
        package var password: String?
        package var isShutDown = false
        package var isPassive = false
        package var updateSource: String?
        /// Hops an external session may span.
        package var hops = 1
        package var skipsConnectedCheck = false
        package var localAS: UInt32?
        package var families: [RouteFamily: NeighborFamily] = [:]
        package init(address: LabAddress, remoteAS: RemoteAS) { (self.address, self.remoteAS) = (address, remoteAS) }
    }

    package struct NeighborFamily: Equatable, Sendable {
        package var prefixListIn: String?
        package var prefixListOut: String?
        package var routeMapIn: String?
        package var routeMapOut: String?
        package var setsNextHopSelf = false
        package var originatesDefault = false
        package var isReflectorClient = false
        package var maximumPrefixes: Int?
        package var onlyWarnsAtMaximum = false
        package init() {}
    }

    package struct Network: Equatable, Sendable {
        package var prefix: LabPrefix
        package var routeMap: String?
        package init(prefix: LabPrefix, routeMap: String? = nil) { (self.prefix, self.routeMap) = (prefix, routeMap) }
    }

    package struct BGP: Equatable, Sendable {
        package var asn: UInt32
        package var routerID: LabAddress?
        /// External neighbours without policy exchange nothing (RFC 8212).
        package var requiresPolicy = true
        /// A `network` is announced only if the routing table holds exactly it.
        package var checksNetworks = true
        package var neighbors: [Neighbor] = []
        package var networks: [Network] = []
        package var redistributesConnected = false
        package var redistributesStatic = false
        package init(asn: UInt32) { self.asn = asn }
    }

    /// False while the device is off or booting.
    package var isRunning = true
    package var interfaces: [Interface] = []
    package var staticRoutes: [StaticRoute] = []
    package var prefixLists: [String: PrefixList] = [:]
    package var routeMaps: [String: RouteMap] = [:]
    package var bgp: BGP?
    package init() {}
}

/// What kind of routes a session may carry.
package enum RouteFamily: Int, Comparable, CaseIterable, Sendable {
    case ipv4Unicast, ipv6Unicast
    package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    package func holds(_ prefix: LabPrefix) -> Bool { prefix.address.isIPv6 == (self == .ipv6Unicast) }
}

/// Ordered permits and denies over prefixes; what no entry matches is denied.
package struct PrefixList: Equatable, Sendable {
    package struct Entry: Equatable, Sendable {
        package var sequence: Int
        package var permits: Bool
        /// nil: any.
        package var prefix: LabPrefix?
        package var minimumLength: Int?
        package var maximumLength: Int?
        package init(sequence: Int, permits: Bool, prefix: LabPrefix?, minimumLength: Int? = nil, maximumLength: Int? = nil) {
            (self.sequence, self.permits, self.prefix) = (sequence, permits, prefix)
            (self.minimumLength, self.maximumLength) = (minimumLength, maximumLength)
        }
        func matches(_ candidate: LabPrefix) -> Bool {
            guard let prefix else { return true }
            guard prefix.covers(candidate) else { return false }
            if minimumLength == nil, maximumLength == nil { return candidate.length == prefix.length }
            return candidate.length >= (minimumLength ?? prefix.length)
                && candidate.length <= (maximumLength ?? candidate.address.width)
        }
        /// Whether it says the same, whatever its number.
        func saysTheSame(as other: Entry) -> Bool {
            permits == other.permits && prefix == other.prefix && minimumLength == other.minimumLength
                && maximumLength == other.maximumLength
        }
    }
    package var description: String?
    /// By sequence number.
    package var entries: [Entry] = []
    package init() {}
    package func permits(_ prefix: LabPrefix) -> Bool { entries.first { $0.matches(prefix) }?.permits ?? false }
}

/// Ordered clauses over routes; what no clause matches is denied.
package struct RouteMap: Equatable, Sendable {
    package struct Clause: Equatable, Sendable {
        package var sequence: Int
        package var permits: Bool
        package var description: String?
        package var matchPrefixLists: [String] = []
        package var localPreference: Int?
        package var metric: Int?
        package var nextHop: LabAddress?
        package var prepends: [UInt32] = []
        package var weight: Int?
        /// Lines that are kept and shown but mean nothing to the lab's protocols, by what they set.
        package var opaqueLines: [String: String] = [:]
        package init(sequence: Int, permits: Bool) { (self.sequence, self.permits) = (sequence, permits) }
    }
    /// By sequence number.
    package var clauses: [Clause] = []
    package init() {}
}
