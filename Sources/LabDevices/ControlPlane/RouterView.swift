/// What one router sees of the network at a moment: what its `show` commands and state data are made of.
package struct RouterView: Sendable {
    package struct Interface: Equatable, Sendable {
        package var isUp: Bool
        /// When it last changed; nil when it never did.
        package var changedAt: LabInstant?
        package var ups = 0
        package var downs = 0
    }

    package struct Route: Equatable, Sendable {
        package enum Kind: Int, Equatable, Sendable {
            case connected, `static`, external, `internal`
        }
        package var prefix: LabPrefix
        package var kind: Kind
        package var via: LabAddress?
        package var interface: String?
        package var isDiscard = false
        package var distance: Int
        package var metric = 0
        package var isSelected = true
        package var since: LabInstant = .start
    }

    package var now: LabInstant = .start
    package var interfaces: [String: Interface] = [:]
    package var neighbors: [LabAddress: BGPSession] = [:]
    /// All paths per prefix, best first.
    package var bgpTable: [LabPrefix: [BGPRoute]] = [:]
    /// How often the BGP table changed.
    package var tableVersion = 0
    /// By prefix, then by distance.
    package var routes: [Route] = []
    package init() {}
}

/// One end's view of a BGP session.
package struct BGPSession: Equatable, Sendable {
    package enum State: Equatable, Sendable {
        /// `reason` as the router would give it.
        case idle(reason: String)
        /// Switched off by configuration.
        case shutDown
        /// Trying to connect, without success so far.
        case active(reason: String)
        /// Both ends agree and are about to come up.
        case opening(upAt: LabInstant)
        case established
    }
    package var state: State
    /// When the state was entered.
    package var since: LabInstant
    package var peerDevice: String?
    package var peerHostname: String?
    package var peerRouterID: LabAddress?
    package var localAddress: LabAddress?
    /// AS number of the other end as configured or, for `internal` and `external`, as met.
    package var remoteAS: UInt32
    package var isExternal: Bool
    package var timesEstablished = 0
    package var timesDropped = 0
    package var lastReset: String?
    package var lastResetAt: LabInstant?
    /// When it last was or became established.
    package var establishedAt: LabInstant?
    /// Routes accepted from and announced to the neighbour.
    package var received: [RouteFamily: Int] = [:]
    package var sent: [RouteFamily: Int] = [:]
    /// Families for which policy is required and missing: nothing is exchanged.
    package var lacksPolicy: Set<RouteFamily> = []

    package var isEstablished: Bool { state == .established }
}
