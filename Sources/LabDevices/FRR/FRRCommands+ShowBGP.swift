extension BGPSession {
    /// The word FRRouting has for the state.
    var stateWord: String {
        switch state {
        case .idle: "Idle"
        case .shutDown: "Idle (Admin)"
        case .active: "Active"
        case .opening: "Connect"
        case .established: "Established"
        }
    }

    /// Since when it is up, or when it went down; nil when it never was up.
    var uptimeSince: LabInstant? { isEstablished ? establishedAt : (timesEstablished > 0 ? lastResetAt ?? since : nil) }
}

extension FRRExecution {
    /// Neighbours that are active in a family, in order.
    private func neighbors(in family: RouteFamily) -> [(LabAddress, FRRConfiguration.Neighbor, BGPSession)] {
        (router.running.bgp?.neighbors ?? [:]).sorted { $0.key < $1.key }.compactMap { address, neighbor in
            guard neighbor.families[family]?.isActive == true else { return nil }
            let session = view.neighbors[address]
                ?? BGPSession(state: .idle(reason: ""), since: view.now, remoteAS: 0, isExternal: true)
            return (address, neighbor, session)
        }
    }

    private var routerID: String { RouterIdentity.of(router.intent).map { "\($0)" } ?? "0.0.0.0" }

    private func tableSize(_ family: RouteFamily) -> Int { view.bgpTable.keys.count { family.holds($0) } }

    mutating func showBGPSummary(_ family: RouteFamily?, json: Bool) {
        guard let bgp = router.running.bgp else {
            print(json ? "{}" : "% BGP instance not found")
            return
        }
        let families = family.map { [$0] } ?? RouteFamily.allCases.filter { !neighbors(in: $0).isEmpty }
        if json {
            showBGPSummaryJSON(families, isAlone: family != nil, bgp)
            return
        }
        if families.isEmpty { print("% No BGP neighbors found in VRF default") }
        for family in families { showBGPSummaryText(family, bgp) }
    }

    private mutating func showBGPSummaryJSON(_ families: [RouteFamily], isAlone: Bool, _ bgp: FRRConfiguration.BGP) {
        if isAlone, let family = families.first {
            print(contentsOf: summaryJSON(family, bgp).lines())
            return
        }
        print("{")
        for (index, family) in families.enumerated() {
            let name = family == .ipv4Unicast ? "ipv4Unicast" : "ipv6Unicast"
            var lines = summaryJSON(family, bgp).lines()
            lines[0] = "\"\(name)\":" + lines[0]
            print(contentsOf: lines)
            if index + 1 < families.count { print(",") }
        }
        print("}")
    }

    private func summaryJSON(_ family: RouteFamily, _ bgp: FRRConfiguration.BGP) -> RouterJSON {
        let all = neighbors(in: family)
        let size = tableSize(family)
        let peers = all.map { ("\($0)", summaryJSON(of: $0, $1, $2, family, bgp)) }
        return .object([
            ("routerId", .string(routerID)), ("as", .number(Int(bgp.asn))), ("vrfId", .number(0)),
            ("vrfName", .string("default")), ("tableVersion", .number(view.tableVersion)), ("ribCount", .number(size)),
            ("ribMemory", .number(size * 192)), ("peerCount", .number(all.count)),
            ("peerMemory", .number(all.count * 741_464)), ("peers", .object(peers)),
            ("failedPeers", .number(all.count { !$0.2.isEstablished })), ("displayedPeers", .number(all.count)),
            ("totalPeers", .number(all.count)), ("dynamicPeers", .number(0)),
            ("bestPath", .object([("multiPathRelax", .string(bgp.relaxesMultipath ? "true" : "false"))])),
        ])
    }

    private func summaryJSON(
        of address: LabAddress, _ neighbor: FRRConfiguration.Neighbor, _ session: BGPSession, _ family: RouteFamily,
        _ bgp: FRRConfiguration.BGP
    ) -> RouterJSON {
        var fields: [(String, RouterJSON)] = []
        if session.timesEstablished > 0, let host = session.peerHostname { fields.append(("hostname", .string(host))) }
        let messages = messageCount(session)
        let uptime = session.uptimeSince.map { view.now - $0 }
        fields += [
            ("remoteAs", .number(Int(session.remoteAS))), ("localAs", .number(Int(neighbor.localAS ?? bgp.asn))),
            ("version", .number(4)), ("msgRcvd", .number(messages)), ("msgSent", .number(messages)),
            ("tableVersion", .number(0)), ("outq", .number(0)), ("inq", .number(0)),
            ("peerUptime", .string(uptime?.routerAge ?? "never")),
            ("peerUptimeMsec", .number(uptime.map { Int($0.components.seconds) * 1000 } ?? 0)),
        ]
        if let since = session.uptimeSince {
            fields.append(("peerUptimeEstablishedEpoch", .number(router.epoch + Int(since.sinceStart.components.seconds))))
        }
        fields += [
            ("pfxRcd", .number(session.received[family] ?? 0)), ("pfxSnt", .number(session.sent[family] ?? 0)),
            ("state", .string(session.stateWord)), ("peerState", .string(peerState(neighbor, session, family))),
            ("connectionsEstablished", .number(session.timesEstablished)),
            ("connectionsDropped", .number(session.timesDropped)),
        ]
        if let description = neighbor.description { fields.append(("desc", .string(description))) }
        fields.append(("idType", .string(address.isIPv6 ? "ipv6" : "ipv4")))
        return .object(fields)
    }

    private func peerState(_ neighbor: FRRConfiguration.Neighbor, _ session: BGPSession, _ family: RouteFamily) -> String {
        if neighbor.isShutDown { return "Admin" }
        if neighbor.isPassive, !session.isEstablished { return "Passive" }
        return session.lacksPolicy.contains(family) ? "Policy" : "OK"
    }

    /// A keepalive a minute, and what opening a session takes.
    private func messageCount(_ session: BGPSession) -> Int {
        guard let since = session.establishedAt else { return 0 }
        let end = session.isEstablished ? view.now : session.lastResetAt ?? view.now
        return session.timesEstablished * 4 + Int((end - since).components.seconds) / 60
    }

    private mutating func showBGPSummaryText(_ family: RouteFamily, _ bgp: FRRConfiguration.BGP) {
        let all = neighbors(in: family)
        let size = tableSize(family)
        print(
            "", "\(family == .ipv4Unicast ? "IPv4" : "IPv6") Unicast Summary (VRF default):",
            "BGP router identifier \(routerID), local AS number \(bgp.asn) vrf-id 0",
            "BGP table version \(view.tableVersion)", "RIB entries \(size), using \(size * 192) bytes of memory",
            "Peers \(all.count), using \(all.count * 724) KiB of memory", "")
        let width = max(15, all.map { "\($0.0)".count }.max() ?? 0)
        print("Neighbor".padded(to: width) + " V         AS   MsgRcvd   MsgSent   TblVer  InQ OutQ  Up/Down State/PfxRcd   PfxSnt Desc")
        for (address, neighbor, session) in all {
            let messages = "\(messageCount(session))".aligned(to: 9)
            let uptime = (session.uptimeSince.map { (view.now - $0).routerAge } ?? "never").aligned(to: 8)
            let lacksPolicy = session.lacksPolicy.contains(family)
            let received = !session.isEstablished ? session.stateWord : lacksPolicy ? "(Policy)" : "\(session.received[family] ?? 0)"
            let sent = session.isEstablished && lacksPolicy ? "(Policy)" : "\(session.sent[family] ?? 0)"
            print(
                "\(address)".padded(to: width) + " 4 " + "\(session.remoteAS)".aligned(to: 10) + " " + messages + " " + messages
                    + "        0    0    0 " + uptime + " " + received.aligned(to: 12) + " " + sent.aligned(to: 8) + " "
                    + (neighbor.description.map { String($0.prefix(20)) } ?? "N/A"))
        }
        print("", "Total number of neighbors \(all.count)")
    }

    // MARK: Table

    mutating func showBGP(_ family: RouteFamily, json: Bool) {
        guard let bgp = router.running.bgp else {
            print(contentsOf: json ? ["{", "  \"warning\":\"Default BGP instance not found\"", "}"] : ["Default BGP instance not found"])
            return
        }
        let table = view.bgpTable.filter { family.holds($0.key) }.sorted { $0.key < $1.key }
        if json {
            showBGPJSON(table, bgp)
            return
        }
        guard !table.isEmpty else {
            print("No BGP prefixes displayed, 0 exist")
            return
        }
        print(
            "BGP table version is \(view.tableVersion), local router ID is \(routerID), vrf id 0",
            "Default local pref 100, local AS \(bgp.asn)",
            "Status codes:  s suppressed, d damped, h history, * valid, > best, = multipath,",
            "               i internal, r RIB-failure, S Stale, R Removed",
            "Nexthop codes: @NNN nexthop's vrf id, < announce-nh-self", "Origin codes:  i - IGP, e - EGP, ? - incomplete",
            "RPKI validation codes: V valid, I invalid, N Not found", "",
            "   Network          Next Hop            Metric LocPrf Weight Path")
        for (prefix, paths) in table {
            for (index, path) in paths.enumerated() { print(tableLine(path, prefix: index == 0 ? "\(prefix)" : "", isBest: index == 0 && path.isValid)) }
        }
        print("", "Displayed  \(table.count) routes and \(table.map(\.value.count).reduce(0, +)) total paths")
    }

    private func tableLine(_ path: BGPRoute, prefix: String, isBest: Bool) -> String {
        let isInternal = if case .neighbor(_, isExternal: false) = path.origin { true } else { false }
        let status = (path.isValid ? "*" : " ") + (isBest ? ">" : " ") + (isInternal ? "i" : " ")
        let preference = path.origin == .local || !isInternal && path.localPreference == nil ? "" : "\(path.localPreference ?? 100)"
        let hop = path.nextHop.map { "\($0)" } ?? "0.0.0.0"
        return status + prefix.padded(to: 16) + " " + hop.padded(to: 15) + "\(path.metric)".aligned(to: 11)
            + preference.aligned(to: 7) + "\(path.weight)".aligned(to: 7) + " "
            + (path.path.map { "\($0) " }.joined()) + (path.isIncomplete ? "?" : "i")
    }

    private mutating func showBGPJSON(_ table: [(key: LabPrefix, value: [BGPRoute])], _ bgp: FRRConfiguration.BGP) {
        print(
            "{", " \"vrfId\": 0,", " \"vrfName\": \"default\",", " \"tableVersion\": \(view.tableVersion),",
            " \"routerId\": \"\(routerID)\",", " \"defaultLocPrf\": 100,", " \"localAS\": \(bgp.asn),")
        var lines: [String] = []
        for (index, (prefix, paths)) in table.enumerated() {
            let entries = paths.enumerated().map { pathJSON($1, prefix: prefix, isBest: $0 == 0 && $1.isValid) }
            lines.append((index == 0 ? " \"routes\": { " : ",") + "\"\(prefix)\": [\(entries.joined(separator: ","))]")
        }
        if lines.isEmpty {
            print(" \"routes\": {  }  } ")
            return
        }
        print(contentsOf: lines)
        print(" }  } ")
    }

    private func pathJSON(_ path: BGPRoute, prefix: LabPrefix, isBest: Bool) -> String {
        var fields: [String] = []
        if path.isValid { fields.append("\"valid\":true") }
        if isBest { fields += ["\"bestpath\":true", "\"selectionReason\":\"First path received\""] }
        var peer = "(unspec)"
        var from = "external"
        if case .neighbor(let address, let isExternal) = path.origin {
            (peer, from) = ("\(address)", isExternal ? "external" : "internal")
        }
        fields += [
            "\"pathFrom\":\"\(from)\"", "\"prefix\":\"\(prefix.address)\"", "\"prefixLen\":\(prefix.length)",
            "\"network\":\"\(prefix)\"", "\"version\":\(view.tableVersion)", "\"metric\":\(path.metric)",
        ]
        if let preference = path.localPreference { fields.append("\"locPrf\":\(preference)") }
        fields += [
            "\"weight\":\(path.weight)", "\"peerId\":\"\(peer)\"",
            "\"path\":\"\(path.path.map { "\($0)" }.joined(separator: " "))\"",
            "\"origin\":\"\(path.isIncomplete ? "incomplete" : "IGP")\"",
            "\"nexthops\":[{\"ip\":\"\(path.nextHop.map { "\($0)" } ?? "0.0.0.0")\",\"afi\":\"\(prefix.address.isIPv6 ? "ipv6" : "ipv4")\",\"used\":true}]",
        ]
        return "{" + fields.joined(separator: ",") + "}"
    }

    // MARK: Neighbours

    mutating func showNeighbors(_ only: LabAddress?, json: Bool) {
        guard let bgp = router.running.bgp else {
            print(json ? "{}" : "% BGP instance not found")
            return
        }
        let chosen = bgp.neighbors.sorted { $0.key < $1.key }.filter { only == nil || only == $0.key }
        guard !chosen.isEmpty || only == nil else {
            print(contentsOf: json ? ["{", "  \"bgpNoSuchNeighbor\":true", "}"] : ["% No such neighbor in this view/vrf"])
            return
        }
        if json {
            let members = chosen.map { ("\($0)", neighborJSON($0, $1, bgp)) }
            print(contentsOf: RouterJSON.object(members).lines())
            return
        }
        for (address, neighbor) in chosen { showNeighbor(address, neighbor, bgp) }
    }

    private func session(_ address: LabAddress) -> BGPSession {
        view.neighbors[address] ?? BGPSession(state: .idle(reason: ""), since: view.now, remoteAS: 0, isExternal: true)
    }

    private mutating func showNeighbor(_ address: LabAddress, _ neighbor: FRRConfiguration.Neighbor, _ bgp: FRRConfiguration.BGP) {
        let session = session(address)
        print("BGP neighbor is \(address), remote AS \(session.remoteAS), local AS \(neighbor.localAS ?? bgp.asn), \(session.isExternal ? "external" : "internal") link")
        if let description = neighbor.description { print(" Description: \(description)") }
        if session.timesEstablished > 0, let host = session.peerHostname { print("Hostname: \(host)") }
        if neighbor.isShutDown { print(" Administratively shut down") }
        print("  BGP version 4, remote router ID \(session.isEstablished ? session.peerRouterID.map { "\($0)" } ?? "0.0.0.0" : "0.0.0.0"), local router ID \(routerID)")
        let up = session.isEstablished ? ", up for \((view.now - session.since).routerAge)" : ""
        print("  BGP state = \(session.stateWord)\(up)")
        for family in RouteFamily.allCases where neighbor.families[family]?.isActive == true {
            print("", " For address family: \(family == .ipv4Unicast ? "IPv4" : "IPv6") Unicast")
            if session.lacksPolicy.contains(family) {
                print("  Inbound updates discarded due to missing policy", "  Outbound updates discarded due to missing policy")
            }
            print("  \(session.received[family] ?? 0) accepted prefixes")
        }
        print("", "  Connections established \(session.timesEstablished); dropped \(session.timesDropped)")
        if let at = session.lastResetAt { print("  Last reset \((view.now - at).routerAge),  \(session.lastReset ?? "")") } else { print("  Last reset never") }
        switch session.state {
        case .idle(let reason) where !reason.isEmpty, .active(let reason) where !reason.isEmpty: print("  Reason: \(reason)")
        case .idle, .active, .opening, .shutDown, .established: break
        }
        print("", "")
    }

    private func neighborJSON(_ address: LabAddress, _ neighbor: FRRConfiguration.Neighbor, _ bgp: FRRConfiguration.BGP) -> RouterJSON {
        let session = session(address)
        var fields: [(String, RouterJSON)] = [
            ("remoteAs", .number(Int(session.remoteAS))), ("localAs", .number(Int(neighbor.localAS ?? bgp.asn))),
            (session.isExternal ? "nbrExternalLink" : "nbrInternalLink", .bool(true)),
        ]
        if let description = neighbor.description { fields.append(("nbrDesc", .string(description))) }
        fields += [
            ("bgpVersion", .number(4)), ("remoteRouterId", .string(session.isEstablished ? session.peerRouterID.map { "\($0)" } ?? "0.0.0.0" : "0.0.0.0")),
            ("localRouterId", .string(routerID)), ("bgpState", .string(session.stateWord)),
        ]
        if session.isEstablished {
            fields.append(("bgpTimerUpString", .string((view.now - session.since).routerAge)))
        }
        let families = RouteFamily.allCases.filter { neighbor.families[$0]?.isActive == true }.map { family in
            (family == .ipv4Unicast ? "ipv4Unicast" : "ipv6Unicast", RouterJSON.object([
                ("acceptedPrefixCounter", .number(session.received[family] ?? 0)),
                ("sentPrefixCounter", .number(session.sent[family] ?? 0)),
            ]))
        }
        fields += [
            ("addressFamilyInfo", .object(families)), ("connectionsEstablished", .number(session.timesEstablished)),
            ("connectionsDropped", .number(session.timesDropped)),
        ]
        if let reset = session.lastReset { fields.append(("lastResetDueTo", .string(reset))) }
        return .object(fields)
    }
}
