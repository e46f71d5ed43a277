extension FRRCommands {
    static func addRoutes(to table: inout Table) {
        let targets = "<A.B.C.D$via [INTERFACE]|blackhole|reject|INTERFACE>"
        let targets6 = "<X:X::X:X$via [INTERFACE]|blackhole|reject|INTERFACE>"
        table.add(
            "ip route A.B.C.D/M$prefix \(targets) [(1-255)$distance]",
            "ipv6 route X:X::X:X/M$prefix \(targets6) [(1-255)$distance]"
        ) { run, words in
            guard let route = run.staticRoute(words) else { return }
            run.router.running.staticRoutes.removeAll { $0.prefix == route.prefix && $0.target == route.target }
            run.router.running.staticRoutes.append(route)
        }
        table.add(
            "no ip route A.B.C.D/M$prefix \(targets) [(1-255)$distance]",
            "no ipv6 route X:X::X:X/M$prefix \(targets6) [(1-255)$distance]"
        ) { run, words in
            guard let route = run.staticRoute(words) else { return }
            let before = run.router.running.staticRoutes.count
            run.router.running.staticRoutes.removeAll { $0.prefix == route.prefix && $0.target == route.target }
            if run.router.running.staticRoutes.count == before {
                run.refuse("% Refusing to remove a non-existent route")
            }
        }
    }

    static func addPrefixLists(to table: inout Table) {
        let rules = "<permit|deny> <any|A.B.C.D/M$prefix [ge (0-32)$ge] [le (0-32)$le]>"
        let rules6 = "<permit|deny> <any|X:X::X:X/M$prefix [ge (0-128)$ge] [le (0-128)$le]>"
        table.add(
            "ip prefix-list NAME [seq (1-4294967295)$seq] \(rules)",
            "ipv6 prefix-list NAME [seq (1-4294967295)$seq] \(rules6)"
        ) { run, words in run.addPrefixListEntry(words) }
        table.add(
            "no ip prefix-list NAME [seq (1-4294967295)$seq] \(rules)",
            "no ipv6 prefix-list NAME [seq (1-4294967295)$seq] \(rules6)"
        ) { run, words in run.removePrefixListEntry(words) }
        table.add("no <ip|ipv6> prefix-list NAME seq (1-4294967295)$seq") { run, words in
            run.editPrefixList(words) { $0.entries.removeAll { $0.sequence == words.number("seq") } }
        }
        table.add("no <ip|ipv6> prefix-list NAME") { run, words in run.removePrefixList(words) }
        table.add("<ip|ipv6> prefix-list NAME description LINE...") { run, words in
            run.editPrefixList(words, creating: true) { $0.description = words.text("LINE...") }
        }
        table.add("no <ip|ipv6> prefix-list NAME description [LINE...]") { run, words in
            run.editPrefixList(words) { $0.description = nil }
        }
        for (kind, path) in [
            ("bgp as-path access-list", \FRRConfiguration.asPathLines), ("bgp community-list standard", \.communityLines),
        ] as [(String, any WritableKeyPath<FRRConfiguration, [String]> & Sendable)] {
            table.add("\(kind) NAME [seq (1-4294967295)$seq] <permit|deny> LINE...") { run, words in
                run.addListLine(kind, words, at: path)
            }
            table.add("no \(kind) NAME") { run, words in
                run.router.running[keyPath: path].removeAll { $0.hasPrefix("\(kind) \(words.text("NAME")) ") }
            }
            table.add("no \(kind) NAME [seq (1-4294967295)$seq] <permit|deny> LINE...") { run, words in
                let rule = "\(words.has("permit") ? "permit" : "deny") \(words.text("LINE..."))"
                run.router.running[keyPath: path].removeAll {
                    $0.hasPrefix("\(kind) \(words.text("NAME")) ") && $0.hasSuffix(" \(rule)")
                }
            }
        }
    }

    static func addRouteMaps(to table: inout Table) {
        table.add("route-map NAME <permit|deny> (1-65535)$seq") { run, words in run.enterRouteMap(words) }
        table.add("no route-map NAME") { run, words in run.router.running.routeMaps[words.text("NAME")] = nil }
        table.add("no route-map NAME <permit|deny> (1-65535)$seq") { run, words in
            let name = words.text("NAME")
            run.router.running.routeMaps[name]?.clauses.removeAll { $0.sequence == words.number("seq") }
            if run.router.running.routeMaps[name]?.clauses.isEmpty == true { run.router.running.routeMaps[name] = nil }
        }
    }

    static func addRouteMapClauses(to table: inout Table) {
        table.add("description LINE...") { run, words in run.editClause { $0.description = words.text("LINE...") } }
        table.add("no description [LINE...]") { run, _ in run.editClause { $0.description = nil } }
        table.add("match <ip|ipv6> address prefix-list NAME") { run, words in
            run.editClause { $0.matchPrefixLists = [words.text("NAME")] }
        }
        table.add("no match <ip|ipv6> address prefix-list [NAME]") { run, _ in
            run.editClause { $0.matchPrefixLists = [] }
        }
        table.add("set local-preference (0-4294967295)$value") { run, words in
            run.editClause { $0.localPreference = words.number("value") }
        }
        table.add("no set local-preference [(0-4294967295)$value]") { run, _ in
            run.editClause { $0.localPreference = nil }
        }
        table.add("set metric (0-4294967295)$value") { run, words in
            run.editClause { $0.metric = words.number("value") }
        }
        table.add("no set metric [(0-4294967295)$value]") { run, _ in run.editClause { $0.metric = nil } }
        table.add("set ip next-hop A.B.C.D$address") { run, words in
            run.editClause { $0.nextHop = words.address("address") }
        }
        table.add("no set ip next-hop [A.B.C.D$address]") { run, _ in run.editClause { $0.nextHop = nil } }
        table.add("set weight (0-4294967295)$value") { run, words in
            run.editClause { $0.weight = words.number("value") }
        }
        table.add("no set weight [(0-4294967295)$value]") { run, _ in run.editClause { $0.weight = nil } }
        table.add("set as-path prepend LINE...") { run, words in
            let numbers = words.text("LINE...").split(separator: " ").map { UInt32($0) }
            guard !numbers.contains(nil) else {
                run.refuse("% Malformed AS path")
                return
            }
            run.editClause { $0.prepends = numbers.compactMap(\.self) }
        }
        table.add("no set as-path prepend [LINE...]") { run, _ in run.editClause { $0.prepends = [] } }
        for stem in [
            "match as-path", "match community", "match interface", "match ip next-hop prefix-list", "match metric",
            "match tag", "set community", "set tag", "set origin", "call",
        ] {
            table.add("\(stem) LINE...") { run, words in
                run.editClause { $0.opaqueLines[stem] = "\(stem) \(words.text("LINE..."))" }
            }
            table.add("no \(stem) [LINE...]") { run, _ in run.editClause { $0.opaqueLines[stem] = nil } }
        }
        table.add("on-match next") { run, _ in run.editClause { $0.opaqueLines["on-match"] = "on-match next" } }
        table.add("on-match goto (1-65535)$seq", "continue (1-65535)$seq") { run, words in
            run.editClause { $0.opaqueLines["on-match"] = "on-match goto \(words.text("seq"))" }
        }
        table.add("no on-match <next|goto>", "no continue [(1-65535)$seq]") { run, _ in
            run.editClause { $0.opaqueLines["on-match"] = nil }
        }
    }
}

extension FRRExecution {
    func staticRoute(_ words: CommandArguments) -> FRRConfiguration.StaticRoute? {
        guard let prefix = words.prefix("prefix") else { return nil }
        let target = ["blackhole", "reject"].first { words.has($0) }
            ?? [words["via"], words["INTERFACE"]].compactMap(\.self).joined(separator: " ")
        return FRRConfiguration.StaticRoute(prefix: prefix.network, target: target, distance: words.number("distance"))
    }

    // MARK: Prefix lists

    private func listName(_ words: CommandArguments) -> FRRConfiguration.ListName {
        FRRConfiguration.ListName(isIPv6: words.has("ipv6"), name: words.text("NAME"))
    }

    mutating func editPrefixList(
        _ words: CommandArguments, creating: Bool = false, _ edit: (inout PrefixList) -> Void
    ) {
        let name = listName(words)
        guard var list = router.running.prefixLists[name] ?? (creating ? PrefixList() : nil) else { return }
        edit(&list)
        if list == PrefixList() {
            removePrefixList(words)
            return
        }
        router.running.prefixLists[name] = list
        if !router.running.prefixListOrder.contains(name) { router.running.prefixListOrder.append(name) }
    }

    mutating func removePrefixList(_ words: CommandArguments) {
        let name = listName(words)
        router.running.prefixLists[name] = nil
        router.running.prefixListOrder.removeAll { $0 == name }
    }

    /// An identical rule is taken silently; a number in use gets the new rule; without a number the next multiple of 5.
    mutating func addPrefixListEntry(_ words: CommandArguments) {
        var entry = self.entry(words)
        if let prefix = entry.prefix {
            let (low, high) = (entry.minimumLength, entry.maximumLength)
            let bad = [low, high].compactMap(\.self).contains { $0 < prefix.length } || (low ?? 0) > (high ?? 128)
            if bad {
                refuse(
                    "% Configuration failed.", "", "Error type: validation",
                    "Error description: Invalid prefix range for \(prefix): Make sure that mask length <= ge <= le")
                return
            }
        }
        editPrefixList(words, creating: true) { list in
            if list.entries.contains(where: { $0.saysTheSame(as: entry) }) { return }
            if words["seq"] == nil { entry.sequence = ((list.entries.last?.sequence ?? 0) / 5 + 1) * 5 }
            list.entries.removeAll { $0.sequence == entry.sequence }
            list.entries.append(entry)
            list.entries.sort { $0.sequence < $1.sequence }
        }
    }

    mutating func removePrefixListEntry(_ words: CommandArguments) {
        let entry = self.entry(words)
        editPrefixList(words) { list in
            list.entries.removeAll {
                $0.saysTheSame(as: entry) && (words["seq"] == nil || $0.sequence == entry.sequence)
            }
        }
    }

    private func entry(_ words: CommandArguments) -> PrefixList.Entry {
        PrefixList.Entry(
            sequence: words.number("seq") ?? 0, permits: words.has("permit"), prefix: words.prefix("prefix")?.network,
            minimumLength: words.number("ge"), maximumLength: words.number("le"))
    }

    mutating func addListLine(
        _ kind: String, _ words: CommandArguments, at path: WritableKeyPath<FRRConfiguration, [String]>
    ) {
        let start = "\(kind) \(words.text("NAME")) "
        let rule = "\(words.has("permit") ? "permit" : "deny") \(words.text("LINE..."))"
        let mine = router.running[keyPath: path].filter { $0.hasPrefix(start) }
        if mine.contains(where: { $0.hasSuffix(" \(rule)") }) { return }
        let last = mine.compactMap { Int($0.dropFirst(start.count).split(separator: " ").dropFirst().first ?? "") }.max()
        let sequence = words.number("seq") ?? ((last ?? 0) / 5 + 1) * 5
        router.running[keyPath: path].append("\(start)seq \(sequence) \(rule)")
    }

    // MARK: Route-maps

    mutating func enterRouteMap(_ words: CommandArguments) {
        let (name, sequence) = (words.text("NAME"), words.number("seq") ?? 10)
        var map = router.running.routeMaps[name] ?? RouteMap()
        if let index = map.clauses.firstIndex(where: { $0.sequence == sequence }) {
            map.clauses[index].permits = words.has("permit")
        } else {
            map.clauses.append(RouteMap.Clause(sequence: sequence, permits: words.has("permit")))
            map.clauses.sort { $0.sequence < $1.sequence }
        }
        router.running.routeMaps[name] = map
        mode = .routeMap(name: name, sequence: sequence)
    }

    mutating func editClause(_ edit: (inout RouteMap.Clause) -> Void) {
        guard case .routeMap(let name, let sequence) = mode,
            let index = router.running.routeMaps[name]?.clauses.firstIndex(where: { $0.sequence == sequence })
        else { return }
        router.running.routeMaps[name]?.clauses[index].apply(edit)
    }
}

extension RouteMap.Clause {
    fileprivate mutating func apply(_ edit: (inout RouteMap.Clause) -> Void) { edit(&self) }
}
