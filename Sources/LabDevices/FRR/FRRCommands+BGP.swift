extension FRRCommands {
    static func addRouterBGP(to table: inout Table) {
        table.add("router bgp [(1-4294967295)$asn]") { run, words in run.enterBGP(words.number("asn")) }
        table.add("no router bgp [(1-4294967295)$asn]") { run, words in
            guard let bgp = run.router.running.bgp,
                words.number("asn").map({ UInt32($0) == bgp.asn }) ?? true
            else {
                run.refuse("% Can't find BGP instance")
                return
            }
            run.router.running.bgp = nil
        }
    }

    static func addBGPGlobals(to table: inout Table) {
        table.add("bgp router-id A.B.C.D$id") { run, words in run.editBGP { $0.routerID = words.address("id") } }
        table.add("no bgp router-id [A.B.C.D$id]") { run, _ in run.editBGP { $0.routerID = nil } }
        let flags: [(String, any WritableKeyPath<FRRConfiguration.BGP, Bool> & Sendable)] = [
            ("bgp log-neighbor-changes", \.logsNeighborChanges), ("bgp ebgp-requires-policy", \.requiresPolicy),
            ("bgp default ipv4-unicast", \.activatesIPv4), ("bgp bestpath as-path multipath-relax", \.relaxesMultipath),
            ("bgp network import-check", \.checksNetworks),
        ]
        for (command, path) in flags {
            table.add(command) { run, _ in run.editBGP { $0[keyPath: path] = true } }
            table.add("no \(command)") { run, _ in run.editBGP { $0[keyPath: path] = false } }
        }
        table.add("timers bgp (0-65535)$keepalive (0-65535)$hold") { run, words in
            run.editBGP { ($0.keepalive, $0.hold) = (words.number("keepalive"), words.number("hold")) }
        }
        table.add("no timers bgp [(0-65535)$keepalive (0-65535)$hold]") { run, _ in
            run.editBGP { ($0.keepalive, $0.hold) = (nil, nil) }
        }
        table.add("address-family <ipv4|ipv6> [unicast]") { run, words in
            run.mode = .bgpFamily(words.has("ipv6") ? .ipv6Unicast : .ipv4Unicast)
        }
    }

    /// A neighbour's address; a word stands for a peer group or an interface, which this router does not have.
    private static let neighbor = "neighbor <A.B.C.D|X:X::X:X|WORD>$peer"

    static func addNeighbors(to table: inout Table) {
        table.add("\(neighbor) remote-as (1-4294967295)$asn", "\(neighbor) remote-as <internal|external>") { run, words in
            run.setRemoteAS(words)
        }
        table.add(
            "no \(neighbor)", "no \(neighbor) remote-as [<(1-4294967295)$asn|internal|external>]"
        ) { run, words in
            guard let address = words.address("peer") else {
                run.refuse("% Create the peer-group first")
                return
            }
            run.editBGP { $0.neighbors[address] = nil }
        }
        neighborSetting(&table, "description LINE...", "description [LINE...]") { $0.description = $1["LINE..."] }
        neighborSetting(&table, "password TEXT", "password [TEXT]") { $0.password = $1["TEXT"] }
        neighborSetting(&table, "shutdown [message LINE...]", "shutdown [message LINE...]") { peer, words in
            peer.isShutDown = words.has("shutdown")
            peer.shutdownMessage = words["LINE..."] ?? (words.has("shutdown") ? peer.shutdownMessage : nil)
        }
        neighborSetting(&table, "local-as (1-4294967295)$asn", "local-as [(1-4294967295)$asn]") {
            $0.localAS = $1.number("asn").map { UInt32($0) }
        }
        neighborSetting(&table, "passive", "passive") { $0.isPassive = $1.has("passive") }
        neighborSetting(&table, "ebgp-multihop [(1-255)$hops]", "ebgp-multihop [(1-255)$hops]") {
            $0.multihop = $1.has("ebgp-multihop") ? $1.number("hops") ?? 255 : nil
        }
        neighborSetting(&table, "disable-connected-check", "disable-connected-check") {
            $0.skipsConnectedCheck = $1.has("disable-connected-check")
        }
        neighborSetting(
            &table, "update-source <A.B.C.D|X:X::X:X|WORD>$source", "update-source [<A.B.C.D|X:X::X:X|WORD>$source]"
        ) { $0.updateSource = $1["source"] }
        neighborSetting(&table, "advertisement-interval (0-600)$value", "advertisement-interval [(0-600)$value]") {
            $0.advertisementInterval = $1.number("value")
        }
        neighborSetting(
            &table, "timers (0-65535)$keepalive (0-65535)$hold", "timers [(0-65535)$keepalive (0-65535)$hold]"
        ) { peer, words in
            peer.timers = words.number("keepalive").flatMap { keepalive in
                words.number("hold").map { (min(keepalive, $0 / 3), $0) }
            }
        }
        neighborSetting(&table, "timers connect (1-65535)$value", "timers connect [(1-65535)$value]") {
            $0.connectTimer = $1.number("value")
        }
    }

    /// A setting of a neighbour and its `no` form. For the latter `set` gets empty arguments.
    private static func neighborSetting(
        _ table: inout Table, _ form: String, _ negated: String,
        _ set: @escaping @Sendable (inout FRRConfiguration.Neighbor, CommandArguments) -> Void
    ) {
        table.add("\(neighbor) \(form)") { run, words in run.editNeighbor(words) { set(&$0, words) } }
        table.add("no \(neighbor) \(negated)") { run, words in
            run.editNeighbor(words) { set(&$0, CommandArguments()) }
        }
    }

    static func addFamilyCommands(to table: inout Table) {
        table.add(
            "network A.B.C.D/M$prefix [route-map NAME]", "network X:X::X:X/M$prefix [route-map NAME]"
        ) { run, words in
            guard let prefix = words.prefix("prefix")?.network else { return }
            run.editFamily { bgp, family in bgp.networks[family, default: [:]][prefix] = .some(words["NAME"]) }
        }
        table.add(
            "no network A.B.C.D/M$prefix [route-map NAME]", "no network X:X::X:X/M$prefix [route-map NAME]"
        ) { run, words in
            guard let prefix = words.prefix("prefix")?.network, let bgp = run.router.running.bgp else { return }
            guard bgp.networks[run.family]?[prefix] != nil else {
                run.refuse("% Can't find static route specified")
                return
            }
            run.editFamily { bgp, family in bgp.networks[family]?.removeValue(forKey: prefix) }
        }
        table.add("redistribute <connected|static> [route-map NAME]") { run, words in
            let source = words.has("connected") ? "connected" : "static"
            run.editFamily { bgp, family in bgp.redistributed[family, default: [:]][source] = .some(words["NAME"]) }
        }
        table.add("no redistribute <connected|static> [route-map NAME]") { run, words in
            let source = words.has("connected") ? "connected" : "static"
            run.editFamily { bgp, family in bgp.redistributed[family]?.removeValue(forKey: source) }
        }
        table.add("maximum-paths (1-256)$count") { run, words in
            run.editFamily { bgp, family in bgp.maximumPaths[family] = words.number("count") }
        }
        table.add("no maximum-paths [(1-256)$count]") { run, _ in
            run.editFamily { bgp, family in bgp.maximumPaths[family] = nil }
        }
        addNeighborFamilySettings(to: &table)
    }

    private static func addNeighborFamilySettings(to table: inout Table) {
        familySetting(&table, "activate", "activate") { $0.isActive = $1.has("activate") }
        familySetting(&table, "next-hop-self", "next-hop-self") { $0.policy.setsNextHopSelf = $1.has("next-hop-self") }
        familySetting(&table, "default-originate", "default-originate") {
            $0.policy.originatesDefault = $1.has("default-originate")
        }
        familySetting(&table, "soft-reconfiguration inbound", "soft-reconfiguration inbound") {
            $0.keepsInbound = $1.has("inbound")
        }
        familySetting(
            &table, "maximum-prefix (1-4294967295)$count [(1-100)$threshold] [warning-only]",
            "maximum-prefix [(1-4294967295)$count [(1-100)$threshold] [warning-only]]"
        ) { settings, words in
            settings.policy.maximumPrefixes = words.number("count")
            settings.policy.onlyWarnsAtMaximum = words.has("warning-only")
            settings.maximumPrefixes = words["count"].map { count in
                count + (words["threshold"].map { " \($0)" } ?? "") + (words.has("warning-only") ? " warning-only" : "")
            }
        }
        familySetting(&table, "allowas-in [(1-10)$count]", "allowas-in [(1-10)$count]") {
            $0.allowedOwnAS = $1.has("allowas-in") ? $1["count"] ?? "" : nil
        }
        familySetting(&table, "weight (0-65535)$value", "weight [(0-65535)$value]") { $0.weight = $1.number("value") }
        familySetting(&table, "send-community [<standard|extended|both|large|all>]", "send-community [<standard|extended|both|large|all>]") { _, _ in }
        for direction in ["in", "out"] {
            let isIn = direction == "in"
            familySetting(&table, "prefix-list NAME \(direction)", "prefix-list NAME \(direction)") {
                if isIn { $0.policy.prefixListIn = $1["NAME"] } else { $0.policy.prefixListOut = $1["NAME"] }
            }
            familySetting(&table, "route-map NAME \(direction)", "route-map NAME \(direction)") {
                if isIn { $0.policy.routeMapIn = $1["NAME"] } else { $0.policy.routeMapOut = $1["NAME"] }
            }
        }
        table.add("\(neighbor) route-reflector-client") { run, words in
            guard let asn = run.router.running.bgp?.asn, let address = words.address("peer"),
                let peer = run.router.running.bgp?.neighbors[address]
            else { return run.editNeighbor(words) { _ in } }
            guard peer.remoteAS == .internal || peer.remoteAS == .number(asn) else {
                run.refuse("% Invalid command. Not an internal neighbor")
                return
            }
            let family = run.family
            run.editNeighbor(words) { $0.families[family, default: .init()].policy.isReflectorClient = true }
        }
        table.add("no \(neighbor) route-reflector-client") { run, words in
            let family = run.family
            run.editNeighbor(words) { $0.families[family]?.policy.isReflectorClient = false }
        }
    }

    private static func familySetting(
        _ table: inout Table, _ form: String, _ negated: String,
        _ set: @escaping @Sendable (inout FRRConfiguration.NeighborFamily, CommandArguments) -> Void
    ) {
        table.add("\(neighbor) \(form)") { run, words in
            let family = run.family
            if let map = words["NAME"], words.has("route-map"), run.router.running.routeMaps[map] == nil {
                run.print("The route-map '\(map)' does not exist.")
            }
            run.editNeighbor(words) { set(&$0.families[family, default: .init()], words) }
        }
        table.add("no \(neighbor) \(negated)") { run, words in
            let family = run.family
            run.editNeighbor(words) { set(&$0.families[family, default: .init()], CommandArguments()) }
        }
    }
}

extension FRRExecution {
    var family: RouteFamily { if case .bgpFamily(let family) = mode { family } else { .ipv4Unicast } }

    mutating func enterBGP(_ asn: Int?) {
        switch (router.running.bgp, asn) {
        case (let bgp?, let asn?) where bgp.asn != UInt32(asn):
            refuse("BGP is already running; AS is \(bgp.asn)")
            mode = .configure
        case (nil, nil):
            refuse("% No BGP process is configured")
        case (nil, let asn?):
            router.running.bgp = FRRConfiguration.BGP(asn: UInt32(asn))
            mode = .bgp
        case (.some, _):
            mode = .bgp
        }
    }

    mutating func editBGP(_ edit: (inout FRRConfiguration.BGP) -> Void) {
        guard var bgp = router.running.bgp else {
            // Another session removed it under our feet.
            refuse("% No BGP process is configured")
            return
        }
        edit(&bgp)
        router.running.bgp = bgp
    }

    mutating func editFamily(_ edit: (inout FRRConfiguration.BGP, RouteFamily) -> Void) {
        let family = self.family
        editBGP { edit(&$0, family) }
    }

    mutating func setRemoteAS(_ words: CommandArguments) {
        guard let address = words.address("peer") else {
            refuse("% Create the peer-group or interface first")
            return
        }
        if router.running.interfaces.values.contains(where: { $0.addresses.contains { $0.address == address } }) {
            refuse("% Can not configure the local system as neighbor")
            return
        }
        let remote: RouterIntent.Neighbor.RemoteAS =
            words.has("internal") ? .internal : words.has("external") ? .external : .number(UInt32(words.number("asn") ?? 0))
        editBGP { bgp in
            if bgp.neighbors[address] != nil {
                bgp.neighbors[address]?.remoteAS = remote
            } else {
                var neighbor = FRRConfiguration.Neighbor(remoteAS: remote)
                if bgp.activatesIPv4 { neighbor.families[.ipv4Unicast] = .init(isActive: true) }
                bgp.neighbors[address] = neighbor
            }
        }
    }

    mutating func editNeighbor(_ words: CommandArguments, _ edit: (inout FRRConfiguration.Neighbor) -> Void) {
        guard let address = words.address("peer"), router.running.bgp?.neighbors[address] != nil else {
            refuse("% Specify remote-as or peer-group commands first")
            return
        }
        editBGP { bgp in
            guard var neighbor = bgp.neighbors[address] else { return }
            edit(&neighbor)
            bgp.neighbors[address] = neighbor
        }
    }
}
