/// The commands of the FRRouting-like personality, by mode.
enum FRRCommands {
    typealias Handler = @Sendable (inout FRRExecution, CommandArguments) -> Void
    typealias Table = CommandTable<Handler>

    static func table(for mode: FRRMode) -> Table {
        switch mode {
        case .exec: exec
        case .configure: configure
        case .interface: interface
        case .bgp: bgp
        case .bgpFamily: bgpFamily
        case .routeMap: routeMap
        case .lineVTY: lineVTY
        }
    }

    static let exec: Table = {
        var table = Table()
        table.add("configure [terminal]") { run, _ in run.mode = .configure }
        table.add("exit", "quit") { run, _ in run.outcome.endsSession = true }
        table.add("enable") { _, _ in }
        table.add("end") { _, _ in }
        table.add("terminal length (0-512)", "no terminal length [(0-512)]") { _, _ in }
        table.add("terminal paginate", "no terminal paginate") { _, _ in }
        table.add("write [<memory|file|integrated>]", "copy running-config startup-config") { run, _ in
            run.saveConfiguration()
        }
        table.add("write terminal") { run, _ in run.showRunningConfiguration(header: true) }
        table.add(
            "clear <ip|ipv6> bgp <A.B.C.D|X:X::X:X|*> [soft [<in|out>]]",
            "clear bgp <A.B.C.D|X:X::X:X|*> [soft [<in|out>]]"
        ) { _, _ in }
        addShowCommands(to: &table)
        return table
    }()

    /// `exit` and `end` of every configuration mode.
    private static func addLeaving(to table: inout Table) {
        table.add("exit", "quit") { run, _ in run.mode = run.mode.parent ?? .exec }
        table.add("end") { run, _ in run.mode = .exec }
    }

    static let configure: Table = {
        var table = Table()
        addLeaving(to: &table)
        table.add("hostname NAME") { run, words in run.router.running.hostname = words.text("NAME") }
        table.add("no hostname [NAME]") { run, _ in run.router.running.hostname = "" }
        table.add("frr <version|defaults> LINE...") { _, _ in }
        table.add("service integrated-vtysh-config") { run, _ in run.router.running.isIntegrated = true }
        table.add("no service integrated-vtysh-config") { run, _ in run.router.running.isIntegrated = false }
        table.add("log LINE...") { run, words in
            let line = "log \(words.text("LINE..."))"
            if !run.router.running.logLines.contains(line) { run.router.running.logLines.append(line) }
        }
        table.add("no log LINE...") { run, words in
            let stem = "log \(words.text("LINE..."))"
            run.router.running.logLines.removeAll { $0 == stem || $0.hasPrefix(stem + " ") }
        }
        table.add("banner motd line LINE...") { run, words in run.router.running.banner = words.text("LINE...") }
        table.add("no banner motd [line LINE...]") { run, _ in run.router.running.banner = nil }
        table.add("<ip|ipv6> forwarding") { _, _ in }
        table.add("interface NAME [vrf VRF]") { run, words in run.enterInterface(words.text("NAME")) }
        table.add("no interface NAME [vrf VRF]") { run, words in run.removeInterface(words.text("NAME")) }
        table.add("line vty") { run, _ in run.mode = .lineVTY }
        addRoutes(to: &table)
        addPrefixLists(to: &table)
        addRouteMaps(to: &table)
        addRouterBGP(to: &table)
        return table
    }()

    static let lineVTY: Table = {
        var table = Table()
        addLeaving(to: &table)
        table.add("exec-timeout (0-35791)$minutes [(0-2147483)$seconds]") { run, words in
            run.router.running.execTimeout = "\(words.text("minutes")) \(words["seconds"] ?? "0")"
        }
        table.add("no exec-timeout") { run, _ in run.router.running.execTimeout = nil }
        return table
    }()

    static let interface: Table = {
        var table = Table()
        addLeaving(to: &table)
        table.add("description LINE...") { run, words in
            run.editInterface { $0.description = words.text("LINE...") }
        }
        table.add("no description [LINE...]") { run, _ in run.editInterface { $0.description = nil } }
        table.add("ip address A.B.C.D/M$address", "ipv6 address X:X::X:X/M$address") { run, words in
            run.addAddress(words.prefix("address"))
        }
        table.add("no ip address A.B.C.D/M$address", "no ipv6 address X:X::X:X/M$address") { run, words in
            run.removeAddress(words.prefix("address"))
        }
        table.add("shutdown") { run, _ in run.editInterface { $0.isShutDown = true } }
        table.add("no shutdown") { run, _ in run.editInterface { $0.isShutDown = false } }
        table.add("bandwidth (1-100000)$value") { run, words in
            run.editInterface { $0.bandwidth = words.number("value") }
        }
        table.add("no bandwidth [(1-100000)$value]") { run, _ in run.editInterface { $0.bandwidth = nil } }
        return table
    }()

    static let bgp: Table = {
        var table = Table()
        addLeaving(to: &table)
        addBGPGlobals(to: &table)
        addNeighbors(to: &table)
        // Without a family named, these mean IPv4 unicast.
        addFamilyCommands(to: &table)
        return table
    }()

    static let bgpFamily: Table = {
        var table = Table()
        addLeaving(to: &table)
        table.add("exit-address-family") { run, _ in run.mode = .bgp }
        addFamilyCommands(to: &table)
        return table
    }()

    static let routeMap: Table = {
        var table = Table()
        addLeaving(to: &table)
        addRouteMapClauses(to: &table)
        return table
    }()
}

extension FRRExecution {
    mutating func enterInterface(_ name: String) {
        // Interfaces the device does not have may be configured; they stay down.
        if router.running.interfaces[name] == nil { router.running.interfaces[name] = FRRConfiguration.Interface() }
        mode = .interface(name)
    }

    mutating func removeInterface(_ name: String) {
        guard !router.ports.contains(name) else {
            refuse(
                "% Configuration failed.", "", "Error type: validation",
                "Error description: only inactive interfaces can be deleted")
            return
        }
        router.running.interfaces[name] = nil
    }

    mutating func editInterface(_ edit: (inout FRRConfiguration.Interface) -> Void) {
        guard case .interface(let name) = mode else { return }
        edit(&router.running.interfaces[name, default: FRRConfiguration.Interface()])
    }

    mutating func addAddress(_ address: LabPrefix?) {
        guard let address else { return }
        editInterface { if !$0.addresses.contains(address) { $0.addresses.append(address) } }
    }

    mutating func removeAddress(_ address: LabPrefix?) {
        guard let address, case .interface(let name) = mode else { return }
        guard router.running.interfaces[name]?.addresses.contains(address) == true else {
            refuse("% Can't find address")
            return
        }
        editInterface { interface in interface.addresses.removeAll { $0 == address } }
    }

    mutating func saveConfiguration() {
        print(
            "Note: this version of vtysh never writes vtysh.conf", "Building Configuration...",
            "Integrated configuration saved to /etc/frr/frr.conf", "[OK]")
        router.startup = router.running.lines()
    }

    mutating func showRunningConfiguration(header: Bool) {
        if header { print("Building configuration...", "", "Current configuration:", "!") }
        print(contentsOf: router.running.lines())
        print("end")
    }
}
