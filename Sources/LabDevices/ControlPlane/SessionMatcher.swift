/// Decides whether a configured neighbour can have a session, by looking at both ends.
struct SessionMatcher {
    let intents: [String: RouterIntent]
    let forwarding: Forwarding

    enum Outcome: Equatable {
        case shutDown
        case idle(String)
        case active(String)
        case agreed
    }

    struct Verdict {
        var outcome: Outcome
        var agreement: Agreement?
        var remoteAS: UInt32
        var isExternal: Bool
        /// Why a session that was up went down.
        var dropReason: String
    }

    func judge(device: String, neighbor: RouterIntent.Neighbor) -> Verdict {
        guard let local = intents[device], let bgp = local.bgp else {
            return Verdict(outcome: .idle("BGP is not running"), remoteAS: 0, isExternal: false, dropReason: "")
        }
        let ownAS = neighbor.localAS ?? bgp.asn
        var verdict = Verdict(
            outcome: .idle(""), remoteAS: 0, isExternal: true, dropReason: "Peer closed the session")
        switch neighbor.remoteAS {
        case .number(let number): (verdict.remoteAS, verdict.isExternal) = (number, number != ownAS)
        case .internal: (verdict.remoteAS, verdict.isExternal) = (ownAS, false)
        case .external: verdict.isExternal = true
        }
        func ended(_ outcome: Outcome, _ dropReason: String) -> Verdict {
            verdict.outcome = outcome
            verdict.dropReason = dropReason
            return verdict
        }
        if neighbor.isShutDown { return ended(.shutDown, "Admin. shutdown") }
        guard local.isRunning else { return ended(.idle("Router is down"), "Interface down") }
        guard let path = reach(neighbor, from: device, isExternal: verdict.isExternal) else {
            return ended(.active("Waiting for NHT"), "Interface down")
        }
        guard let far = intents[path.device], let farBGP = far.bgp,
            let mirror = farBGP.neighbors.first(where: { $0.address == path.source })
        else { return ended(.active("Peer closed the session"), "Peer closed the session") }
        let farAS = mirror.localAS ?? farBGP.asn
        if mirror.isShutDown { return ended(.active("Peer closed the session"), "Notification received (Cease/Administrative Shutdown)") }
        guard mirror.password == neighbor.password else {
            return ended(.active("No path to specified Neighbor"), "Hold Timer Expired")
        }
        // The far end must reach this one from the address this one looks for.
        guard let back = reach(mirror, from: path.device, isExternal: farAS != ownAS), back.device == device,
            back.source == neighbor.address
        else { return ended(.active("Waiting for NHT"), "Interface down") }
        guard accepts(neighbor.remoteAS, own: ownAS, met: farAS) else {
            return ended(.idle("Notification sent (OPEN Message Error/Bad Peer AS)"), "Remote AS changed")
        }
        guard accepts(mirror.remoteAS, own: farAS, met: ownAS) else {
            return ended(.idle("Notification received (OPEN Message Error/Bad Peer AS)"), "Peer closed the session")
        }
        let families = Set(neighbor.families.keys).intersection(mirror.families.keys)
        if families.isEmpty { return ended(.idle("No AFI/SAFI activated for peer"), "No AFI/SAFI activated for peer") }
        if neighbor.isPassive, mirror.isPassive { return ended(.active("Waiting for peer OPEN"), "Peer closed the session") }
        let routerIDs = (RouterIdentity.of(local), RouterIdentity.of(far))
        if let own = routerIDs.0, own == routerIDs.1 {
            return ended(.idle("Notification sent (OPEN Message Error/Bad BGP Identifier)"), "Peer closed the session")
        }
        verdict.remoteAS = farAS
        verdict.outcome = .agreed
        verdict.dropReason = "Peer closed the session"
        verdict.agreement = Agreement(
            peerDevice: path.device, peerRouterID: routerIDs.1, localAddress: path.source, remoteAS: farAS,
            localAS: ownAS, password: neighbor.password, families: families)
        return verdict
    }

    private func accepts(_ wanted: RouterIntent.Neighbor.RemoteAS, own: UInt32, met: UInt32) -> Bool {
        switch wanted {
        case .number(let number): number == met
        case .internal: own == met
        case .external: own != met
        }
    }

    /// Who answers at the neighbour's address, if the session may go that far.
    private func reach(_ neighbor: RouterIntent.Neighbor, from device: String, isExternal: Bool)
        -> (device: String, source: LabAddress)?
    {
        guard let found = forwarding.reach(neighbor.address, from: device) else { return nil }
        if isExternal, found.hops > neighbor.hops { return nil }
        if isExternal, neighbor.hops == 1, !neighbor.skipsConnectedCheck,
            forwarding.connected(device, neighbor.address) == nil
        {
            return nil
        }
        guard let source = neighbor.updateSource else { return (found.device, found.source) }
        if let address = LabAddress(source) {
            return forwarding.owns(device, address) ? (found.device, address) : nil
        }
        let interface = forwarding.upInterfaces(of: device).first { $0.name == source }
        let address = interface?.addresses.first { $0.address.isIPv6 == neighbor.address.isIPv6 }?.address
        return address.map { (found.device, $0) }
    }
}

/// The router id a router uses.
enum RouterIdentity {
    /// The configured one, else the highest loopback address, else the highest interface address.
    static func of(_ intent: RouterIntent) -> LabAddress? {
        if let configured = intent.bgp?.routerID { return configured }
        func highest(_ interfaces: [RouterIntent.Interface]) -> LabAddress? {
            interfaces.flatMap(\.addresses).map(\.address).filter { !$0.isIPv6 }.max()
        }
        let loopbacks = intent.interfaces.filter { $0.name == "lo" || $0.name.hasPrefix("loopback") }
        return highest(loopbacks) ?? highest(intent.interfaces)
    }
}
