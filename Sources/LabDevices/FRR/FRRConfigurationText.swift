extension FRRConfiguration {
    /// Version the personality claims to be; its texts were compared with FRRouting of this version.
    static let version = "8.4.4"

    /// The configuration as `show running-config` prints it, without the lines around it.
    func lines() -> [String] {
        var blocks: [[String]] = []
        blocks.append(header)
        if let banner { blocks.append(["banner motd line \(banner)"]) }
        blocks.append(staticRouteLines)
        blocks += interfaces.sorted { $0.key < $1.key }.filter { !$0.value.isEmpty }.map(Self.interfaceBlock)
        if let bgp { blocks.append(bgp.lines()) }
        blocks.append(prefixListLines(isIPv6: false))
        blocks.append(prefixListLines(isIPv6: true))
        blocks.append(asPathLines)
        blocks.append(communityLines)
        for (name, map) in routeMaps.sorted(by: { $0.key < $1.key }) {
            blocks += map.clauses.map { ["route-map \(name) \($0.permits ? "permit" : "deny") \($0.sequence)"] + $0.lines + ["exit"] }
        }
        if let execTimeout { blocks.append(["line vty", " exec-timeout \(execTimeout)", "exit"]) }
        return blocks.filter { !$0.isEmpty }.flatMap { $0 + ["!"] }
    }

    private var header: [String] {
        ["frr version \(Self.version)", "frr defaults traditional", "hostname \(hostname)"] + logLines
            + (isIntegrated ? ["service integrated-vtysh-config"] : [])
    }

    private var staticRouteLines: [String] {
        staticRoutes.sorted { ($0.prefix, $0.sortKey) < ($1.prefix, $1.sortKey) }.map { route in
            "\(route.prefix.address.isIPv6 ? "ipv6" : "ip") route \(route.prefix) \(route.target)"
                + (route.distance.map { " \($0)" } ?? "")
        }
    }

    private static func interfaceBlock(_ name: String, _ interface: Interface) -> [String] {
        var lines = ["interface \(name)"]
        if let bandwidth = interface.bandwidth { lines.append(" bandwidth \(bandwidth)") }
        if let description = interface.description { lines.append(" description \(description)") }
        lines += interface.addresses.sorted { $0.address.isIPv6 == $1.address.isIPv6 ? $0.sortText < $1.sortText : $1.address.isIPv6 }
            .map { " \($0.address.isIPv6 ? "ipv6" : "ip") address \($0)" }
        if interface.isShutDown { lines.append(" shutdown") }
        return lines + ["exit"]
    }

    private func prefixListLines(isIPv6: Bool) -> [String] {
        let word = isIPv6 ? "ipv6" : "ip"
        return prefixListOrder.filter { $0.isIPv6 == isIPv6 }.flatMap { name -> [String] in
            guard let list = prefixLists[name] else { return [] }
            let start = "\(word) prefix-list \(name.name)"
            return (list.description.map { ["\(start) description \($0)"] } ?? [])
                + list.entries.map { "\(start) seq \($0.sequence) \($0.ruleText)" }
        }
    }
}

extension LabPrefix {
    /// Addresses of an interface are shown in the order of their text.
    fileprivate var sortText: String { description }
}

extension FRRConfiguration.Interface {
    var isEmpty: Bool { self == FRRConfiguration.Interface() }
}

extension PrefixList.Entry {
    /// `permit 10.0.0.0/8 le 24`.
    var ruleText: String {
        (permits ? "permit " : "deny ") + (prefix.map { "\($0)" } ?? "any") + (minimumLength.map { " ge \($0)" } ?? "")
            + (maximumLength.map { " le \($0)" } ?? "")
    }
}

extension RouteMap.Clause {
    /// The lines below the clause's heading, in the order they are shown: by text.
    var lines: [String] {
        var lines = Array(opaqueLines.values)
        if let description { lines.append("description \(description)") }
        lines += matchPrefixLists.map { "match ip address prefix-list \($0)" }
        if let localPreference { lines.append("set local-preference \(localPreference)") }
        if let metric { lines.append("set metric \(metric)") }
        if let nextHop { lines.append("set ip next-hop \(nextHop)") }
        if let weight { lines.append("set weight \(weight)") }
        if !prepends.isEmpty { lines.append("set as-path prepend " + prepends.map { "\($0)" }.joined(separator: " ")) }
        return lines.sorted().map { " \($0)" }
    }
}

extension FRRConfiguration.BGP {
    func lines() -> [String] {
        var lines = ["router bgp \(asn)"]
        if let routerID { lines.append(" bgp router-id \(routerID)") }
        if logsNeighborChanges { lines.append(" bgp log-neighbor-changes") }
        if !requiresPolicy { lines.append(" no bgp ebgp-requires-policy") }
        if !activatesIPv4 { lines.append(" no bgp default ipv4-unicast") }
        if relaxesMultipath { lines.append(" bgp bestpath as-path multipath-relax") }
        if !checksNetworks { lines.append(" no bgp network import-check") }
        if let keepalive, let hold { lines.append(" timers bgp \(keepalive) \(hold)") }
        for (address, neighbor) in neighbors.sorted(by: { $0.key < $1.key }) {
            lines += neighbor.lines.map { " neighbor \(address) \($0)" }
        }
        for family in RouteFamily.allCases {
            let inside = familyLines(family)
            if inside.isEmpty { continue }
            let name = family == .ipv4Unicast ? "ipv4" : "ipv6"
            lines += [" !", " address-family \(name) unicast"] + inside.map { "  \($0)" } + [" exit-address-family"]
        }
        return lines + ["exit"]
    }

    private func familyLines(_ family: RouteFamily) -> [String] {
        var lines: [String] = []
        lines += (networks[family] ?? [:]).sorted { $0.key < $1.key }.map { prefix, map in
            "network \(prefix)" + (map.map { " route-map \($0)" } ?? "")
        }
        lines += (redistributed[family] ?? [:]).sorted { $0.key < $1.key }.map { source, map in
            "redistribute \(source)" + (map.map { " route-map \($0)" } ?? "")
        }
        for (address, neighbor) in neighbors.sorted(by: { $0.key < $1.key }) {
            lines += neighbor.lines(in: family, activatesByDefault: family == .ipv4Unicast && activatesIPv4)
                .map { $0.hasPrefix("no ") ? "no neighbor \(address) \($0.dropFirst(3))" : "neighbor \(address) \($0)" }
        }
        if let paths = maximumPaths[family] { lines.append("maximum-paths \(paths)") }
        return lines
    }
}

extension FRRConfiguration.Neighbor {
    /// What follows `neighbor ADDRESS`.
    fileprivate var lines: [String] {
        let number =
            switch remoteAS {
            case .number(let number): "\(number)"
            case .internal: "internal"
            case .external: "external"
            }
        var lines = ["remote-as \(number)"]
        if let localAS { lines.append("local-as \(localAS)") }
        if let description { lines.append("description \(description)") }
        if isShutDown { lines.append("shutdown" + (shutdownMessage.map { " message \($0)" } ?? "")) }
        if let password { lines.append("password \(password)") }
        if isPassive { lines.append("passive") }
        if let multihop { lines.append("ebgp-multihop \(multihop)") }
        if skipsConnectedCheck { lines.append("disable-connected-check") }
        if let updateSource { lines.append("update-source \(updateSource)") }
        if let advertisementInterval { lines.append("advertisement-interval \(advertisementInterval)") }
        if let timers { lines.append("timers \(timers.keepalive) \(timers.hold)") }
        if let connectTimer { lines.append("timers connect \(connectTimer)") }
        return lines
    }

    fileprivate func lines(in family: RouteFamily, activatesByDefault: Bool) -> [String] {
        let settings = families[family] ?? FRRConfiguration.NeighborFamily()
        var lines: [String] = []
        if settings.isActive != activatesByDefault { lines.append(settings.isActive ? "activate" : "no activate") }
        let policy = settings.policy
        if policy.isReflectorClient { lines.append("route-reflector-client") }
        if policy.setsNextHopSelf { lines.append("next-hop-self") }
        if policy.originatesDefault { lines.append("default-originate") }
        if settings.keepsInbound { lines.append("soft-reconfiguration inbound") }
        if let maximum = settings.maximumPrefixes { lines.append("maximum-prefix \(maximum)") }
        if let count = settings.allowedOwnAS { lines.append(count.isEmpty ? "allowas-in" : "allowas-in \(count)") }
        if let weight = settings.weight { lines.append("weight \(weight)") }
        if let list = policy.prefixListIn { lines.append("prefix-list \(list) in") }
        if let list = policy.prefixListOut { lines.append("prefix-list \(list) out") }
        if let map = policy.routeMapIn { lines.append("route-map \(map) in") }
        if let map = policy.routeMapOut { lines.append("route-map \(map) out") }
        return lines
    }
}
