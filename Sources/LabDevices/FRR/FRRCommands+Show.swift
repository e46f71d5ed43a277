extension FRRCommands {
    static func addShowCommands(to table: inout Table) {
        table.add("show running-config [no-header]", "show running-config <bgpd|zebra|staticd> [no-header]") { run, words in
            run.showRunningConfiguration(header: !words.has("no-header"))
        }
        table.add("show startup-config") { run, _ in
            let saved = run.router.startup
            run.print(contentsOf: saved)
        }
        table.add("show version") { run, _ in run.showVersion() }
        table.add("show daemons") { run, _ in run.print(" zebra bgpd staticd") }
        table.add("show interface [NAME]") { run, words in run.showInterfaces(words["NAME"]) }
        table.add("show interface brief [json]") { run, words in run.showInterfaceBrief(json: words.has("json")) }
        table.add("show interface description") { run, _ in run.showInterfaceDescriptions() }
        for start in ["show bgp", "show ip bgp", "show bgp <ipv4|ipv6> [unicast]"] {
            let named = start.contains("<")
            table.add("\(start) summary [json]") { run, words in
                run.showBGPSummary(named ? (words.has("ipv6") ? .ipv6Unicast : .ipv4Unicast) : nil, json: words.has("json"))
            }
            table.add("\(start) [json]") { run, words in
                run.showBGP(words.has("ipv6") ? .ipv6Unicast : .ipv4Unicast, json: words.has("json"))
            }
            table.add("\(start) neighbors [<A.B.C.D|X:X::X:X>$peer] [json]") { run, words in
                run.showNeighbors(words.address("peer"), json: words.has("json"))
            }
        }
        table.add("show ip route [json]") { run, words in run.showRoutes(json: words.has("json")) }
        table.add("show ip route summary [json]") { run, words in run.showRouteSummary(json: words.has("json")) }
        table.add("show <ip|ipv6> prefix-list [NAME]") { run, words in run.showPrefixLists(words) }
        table.add("show route-map [NAME]") { run, words in run.showRouteMaps(words["NAME"]) }
    }
}

extension FRRExecution {
    fileprivate var orderedPorts: [String] {
        Array(Set(router.ports).union(router.running.interfaces.keys)).sorted()
    }

    fileprivate func isUp(_ port: String) -> Bool { view.interfaces[port]?.isUp ?? false }

    mutating func showVersion() {
        print(
            "FRRouting \(FRRConfiguration.version) (\(router.prompt)) on Linux(asbuilt-lab).",
            "Copyright 1996-2005 Kunihiro Ishiguro, et al.")
    }

    mutating func showInterfaceBrief(json: Bool) {
        let rows = orderedPorts.map { name in
            (name, isUp(name) ? "up" : "down", (router.running.interfaces[name]?.addresses ?? []).sorted { "\($0)" < "\($1)" })
        }
        if json {
            let members = rows.map { name, status, addresses -> (String, RouterJSON) in
                var fields: [(String, RouterJSON)] = [("status", .string(status)), ("vrfName", .string("default"))]
                if !addresses.isEmpty { fields.append(("addresses", .array(addresses.map { .string("\($0)") }))) }
                return (name, .object(fields))
            }
            print(contentsOf: RouterJSON.object(members).lines())
            return
        }
        print(
            "Interface       Status  VRF             Addresses", "---------       ------  ---             ---------")
        for (name, status, addresses) in rows {
            let start = name.padded(to: 15) + " " + status.padded(to: 7) + " " + "default".padded(to: 15) + " "
            let rest = String(repeating: " ", count: start.count)
            print((start + (addresses.first.map { "\($0)" } ?? "")))
            print(contentsOf: addresses.dropFirst().map { rest + "\($0)" })
        }
        print("")
    }

    mutating func showInterfaceDescriptions() {
        print("", "\tVRF default(0)", "", "Interface       Status  Protocol  Description")
        for name in orderedPorts {
            let status = isUp(name) ? "up" : "down"
            let description = router.running.interfaces[name]?.description ?? ""
            print(name.padded(to: 15) + " " + status.padded(to: 7) + " " + status.padded(to: 9) + " " + description)
        }
    }

    mutating func showInterfaces(_ only: String?) {
        if let only, !orderedPorts.contains(only) {
            refuse("% Can't find interface \(only)")
            return
        }
        for (index, name) in orderedPorts.enumerated() where only == nil || only == name {
            let interface = router.running.interfaces[name] ?? FRRConfiguration.Interface()
            let state = view.interfaces[name]
            let word = isUp(name) ? "up" : "down"
            let admin = interface.isShutDown || !router.ports.contains(name) ? "down" : "up"
            print("Interface \(name) is \(admin), line protocol is \(word)")
            print("  Link ups:       \(state?.ups ?? 0)    last: \(changed(state, up: true))")
            print("  Link downs:     \(state?.downs ?? 0)    last: \(changed(state, up: false))")
            print("  vrf: default")
            if let description = interface.description { print("  Description: \(description)") }
            print("  index \(index + 1) metric 0 mtu \(name == "lo" ? 65536 : 1500) speed \(name == "lo" ? 0 : 10000) ")
            let kind = name == "lo" ? "LOOPBACK" : "BROADCAST"
            print("  flags: <\(admin == "up" ? "UP," : "")\(kind)\(isUp(name) ? ",RUNNING" : "")\(name == "lo" ? "" : ",MULTICAST")>")
            print("  Type: \(name == "lo" ? "Loopback" : "Ethernet")")
            for address in interface.addresses { print("  inet\(address.address.isIPv6 ? "6" : "") \(address)") }
        }
    }

    private func changed(_ state: RouterView.Interface?, up: Bool) -> String {
        guard let state, state.isUp == up, let at = state.changedAt else { return "(never)" }
        return "\((view.now - at).routerAge) ago"
    }

    // MARK: Routes

    mutating func showRouteSummary(json: Bool) {
        let groups: [(String, [RouterView.Route])] = [
            ("connected", view.routes.filter { $0.kind == .connected }),
            ("static", view.routes.filter { $0.kind == .static }), ("ebgp", view.routes.filter { $0.kind == .external }),
            ("ibgp", view.routes.filter { $0.kind == .internal }),
        ].map { name, routes in (name, routes.filter { !$0.prefix.address.isIPv6 }) }
            .filter { name, routes in !routes.isEmpty || (name == "ibgp" && view.routes.contains { $0.kind == .external }) }
        let total = groups.map(\.1.count).reduce(0, +)
        let selected = groups.map { $0.1.count(where: \.isSelected) }.reduce(0, +)
        if json {
            let rows = groups.map { name, routes in
                RouterJSON.object([
                    ("fib", .number(routes.count(where: \.isSelected))), ("rib", .number(routes.count)),
                    ("fibOffLoaded", .number(0)), ("fibTrapped", .number(0)), ("type", .string(name)),
                ])
            }
            let all = RouterJSON.object([
                ("routes", .array(rows)), ("routesTotal", .number(total)), ("routesTotalFib", .number(selected)),
            ])
            print(contentsOf: all.lines())
            return
        }
        print("Route Source         Routes               FIB  (vrf default)")
        for (name, routes) in groups {
            print(name.padded(to: 20) + " " + "\(routes.count)".padded(to: 20) + " " + "\(routes.count(where: \.isSelected))".padded(to: 20) + " ")
        }
        print("------", "Totals".padded(to: 20) + " " + "\(total)".padded(to: 20) + " " + "\(selected)".padded(to: 20) + " ", "")
    }

    mutating func showRoutes(json: Bool) {
        let routes = view.routes.filter { !$0.prefix.address.isIPv6 }
        if json {
            var members: [(String, RouterJSON)] = []
            for prefix in routes.map(\.prefix) where members.last?.0 != "\(prefix)" {
                members.append(("\(prefix)", .array(routes.filter { $0.prefix == prefix }.map { routeJSON($0) })))
            }
            print(contentsOf: RouterJSON.object(members).lines())
            return
        }
        if routes.isEmpty { return }
        print(
            "Codes: K - kernel route, C - connected, S - static, R - RIP,",
            "       O - OSPF, I - IS-IS, B - BGP, E - EIGRP, N - NHRP,",
            "       T - Table, v - VNC, V - VNC-Direct, A - Babel, F - PBR,", "       f - OpenFabric,",
            "       > - selected route, * - FIB route, q - queued, r - rejected, b - backup",
            "       t - trapped, o - offload failure", "")
        for route in routes { print(routeLine(route)) }
    }

    private func routeLine(_ route: RouterView.Route) -> String {
        let code =
            switch route.kind {
            case .connected: "C"
            case .static: "S"
            case .external, .internal: "B"
            }
        var line = code + (route.isSelected ? ">* " : "   ") + "\(route.prefix)"
        if route.kind != .connected { line += " [\(route.distance)/\(route.metric)]" }
        if route.isDiscard {
            line += " unreachable (blackhole)"
        } else if let via = route.via {
            line += " via \(via), \(route.interface ?? "unknown")"
        } else {
            line += " is directly connected, \(route.interface ?? "unknown")"
        }
        if route.kind != .connected { line += ", weight 1" }
        return line + ", \((view.now - route.since).routerAge)"
    }

    private func routeJSON(_ route: RouterView.Route) -> RouterJSON {
        let kind =
            switch route.kind {
            case .connected: "connected"
            case .static: "static"
            case .external, .internal: "bgp"
            }
        var fields: [(String, RouterJSON)] = [
            ("prefix", .string("\(route.prefix)")), ("prefixLen", .number(route.prefix.length)),
            ("protocol", .string(kind)), ("vrfId", .number(0)), ("vrfName", .string("default")),
        ]
        if route.isSelected { fields += [("selected", .bool(true)), ("destSelected", .bool(true))] }
        fields += [("distance", .number(route.distance)), ("metric", .number(route.metric))]
        if route.isSelected { fields.append(("installed", .bool(true))) }
        fields.append(("table", .number(254)))
        fields.append(("uptime", .string((view.now - route.since).routerAge)))
        var hop: [(String, RouterJSON)] = []
        if route.isSelected { hop.append(("fib", .bool(true))) }
        if route.isDiscard {
            hop += [("unreachable", .bool(true)), ("blackhole", .bool(true))]
        } else if let via = route.via {
            hop += [("ip", .string("\(via)")), ("afi", .string(via.isIPv6 ? "ipv6" : "ipv4"))]
        } else {
            hop.append(("directlyConnected", .bool(true)))
        }
        if let interface = route.interface { hop.append(("interfaceName", .string(interface))) }
        hop.append(("active", .bool(true)))
        fields.append(("nexthops", .array([.object(hop)])))
        return .object(fields)
    }

    // MARK: Policy

    mutating func showPrefixLists(_ words: CommandArguments) {
        for name in router.running.prefixListOrder where name.isIPv6 == words.has("ipv6") {
            guard words["NAME"] == nil || words["NAME"] == name.name, let list = router.running.prefixLists[name] else { continue }
            for daemon in ["ZEBRA", "BGP"] {
                print("\(daemon): \(name.isIPv6 ? "ipv6" : "ip") prefix-list \(name.name): \(list.entries.count) entries")
                if let description = list.description { print("   Description: \(description)") }
                print(contentsOf: list.entries.map { "   seq \($0.sequence) \($0.ruleText)" })
            }
        }
    }

    mutating func showRouteMaps(_ only: String?) {
        for daemon in ["ZEBRA", "BGP"] {
            print("\(daemon):")
            for (name, map) in router.running.routeMaps.sorted(by: { $0.key < $1.key }) where only == nil || only == name {
                print("route-map: \(name) Invoked: 0 Optimization: enabled Processed Change: false")
                for clause in map.clauses {
                    let lines = clause.lines.map { String($0.dropFirst()) }
                    print(" \(clause.permits ? "permit" : "deny"), sequence \(clause.sequence) Invoked 0", "  Match clauses:")
                    print(contentsOf: lines.filter { $0.hasPrefix("match ") }.map { "    \($0.dropFirst(6))" })
                    print("  Set clauses:")
                    print(contentsOf: lines.filter { $0.hasPrefix("set ") }.map { "    \($0.dropFirst(4))" })
                    print("  Call clause:", "  Action:", "    Exit routemap")
                }
            }
        }
    }
}
