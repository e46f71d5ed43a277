import JinjaTemplates
import NetworkPrimitives

/// What `ansible.utils.ipaddr` and its relatives answer; their quirks are kept, since playbooks rely on them.
struct AddressQuery {
    /// How the value was written.
    enum Form {
        case address, network
    }

    var prefix: IPPrefix
    var form: Form
    /// The value as the queries that hand it back print it.
    var value: TemplateValue

    static func failure(_ message: String) -> EvaluationError { EvaluationError(.ansibleFilterError, message) }

    /// Numbers become addresses; nil for what is no address.
    init?(_ value: TemplateValue, text: String, version: IPAddress.Version?) {
        if !text.isEmpty, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) {
            guard let number = UInt128(text) else { return nil }
            let wanted: IPAddress? =
                version == .v6 ? IPAddress(.v6, number) : IPAddress(.v4, number) ?? IPAddress(.v6, number)
            guard let address = wanted, let prefix = IPPrefix(address, length: address.version.bits) else { return nil }
            self.init(prefix: prefix, form: .address, value: .string(prefix.description))
            return
        }
        if let prefix = IPPrefix(text) {
            self.init(prefix: prefix, form: text.contains("/") ? .network : .address, value: value)
            return
        }
        // A number with a length.
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let number = UInt128(parts[0]), let length = Int(parts[1]) else { return nil }
        let prefix =
            IPAddress(.v4, number).flatMap { IPPrefix($0, length: length) }
            ?? IPAddress(.v6, number).flatMap { IPPrefix($0, length: length) }
        guard let prefix else { return nil }
        self.init(prefix: prefix, form: .network, value: .string(prefix.description))
    }

    private init(prefix: IPPrefix, form: Form, value: TemplateValue) {
        (self.prefix, self.form, self.value) = (prefix, form, value)
    }

    // MARK: The filter

    static func run(
        _ value: TemplateValue, _ query: String, version: IPAddress.Version?, alias: String?, _ state: RenderState
    ) throws(EvaluationError) -> TemplateValue {
        switch value {
        case .list, .tuple:
            var results: [TemplateValue] = []
            for item in try state.items(value) {
                let result = try run(item, query, version: version, alias: "ipaddr", state)
                if try state.truth(result) { results.append(result) }
            }
            return .list(results)
        default: break
        }
        if case .bool = value { return .bool(false) }
        guard !value.isUndefined, try state.truth(value) else { return .bool(false) }
        guard let found = AddressQuery(value, text: try state.string(value), version: version) else {
            return .bool(false)
        }
        if let version, found.prefix.version != version { return .bool(false) }
        return try found.answer(query, alias: alias, state)
    }

    private func answer(_ query: String, alias: String?, _ state: RenderState) throws(EvaluationError) -> TemplateValue
    {
        let none = TemplateValue.none
        let (address, isAtNetwork) = (prefix.address, prefix.address == prefix.network)
        let isSingle = prefix.isSingle
        let isPair = prefix.sizeMinusOne == 1
        // netaddr knows no broadcast address for pairs and single addresses.
        let hasBroadcast = prefix.sizeMinusOne > 1
        func text(_ value: some CustomStringConvertible) -> TemplateValue { .string(value.description) }
        switch query {
        case "": return form == .address ? text(address) : text(prefix)
        case "address", "ip":
            if isSingle || !isAtNetwork || !hasBroadcast || prefix.version == .v6 { return text(address) }
            return none
        case "address/prefix", "gateway", "gw", "host/prefix", "hostnet", "router":
            if hasBroadcast, isAtNetwork || address == prefix.last { return .bool(false) }
            return text(prefix)
        case "bool": return .bool(true)
        case "broadcast": return hasBroadcast ? text(prefix.last) : none
        case "cidr": return text(prefix)
        case "host":
            if isSingle { return text(prefix) }
            return !isAtNetwork || !hasBroadcast ? text(prefix) : none
        case "hostmask", "wildcard": return text(prefix.hostmask)
        case "int": return form == .address ? number(address.value) : .string("\(address.value)/\(prefix.length)")
        case "ip/prefix": return isPair || (!isSingle && !isAtNetwork) ? text(prefix) : none
        case "ip_netmask": return isPair || (!isSingle && !isAtNetwork) ? .string("\(address) \(prefix.netmask)") : none
        case "ipv4", "v4": return try fourFromSix()
        case "ipv6", "v6": return sixFromFour()
        case "net": return !isSingle && isAtNetwork ? text(prefix) : none
        case "netmask": return text(prefix.netmask)
        case "network", "network_id": return text(prefix.network)
        case "network_netmask": return .string("\(prefix.network) \(prefix.netmask)")
        case "network_wildcard": return .string("\(prefix.network) \(prefix.hostmask)")
        case "network/prefix", "subnet": return text(prefix.masked)
        case "prefix": return .int(prefix.length)
        case "revdns": return .string(address.reverseName)
        case "size": return size(less: 0)
        case "size_usable": return isSingle ? .int(0) : isPair ? .int(2) : size(less: 2)
        case "type": return .string(isSingle || !isAtNetwork ? "address" : "network")
        case "version": return .int(prefix.version.rawValue)
        case "wrap":
            guard prefix.version == .v6 else { return value }
            return .string(form == .address ? "[\(address)]" : "[\(address)]/\(prefix.length)")
        case "6to4": return try sixToFour()
        case "link-local":
            return AddressRegistry.linkLocal.contains { $0.contains(address) } ? value : none
        case "loopback", "lo": return AddressRegistry.isLoopback(address) ? value : none
        case "multicast": return AddressRegistry.isMulticast(address) ? value : none
        case "unicast": return AddressRegistry.isMulticast(address) ? none : value
        case "private": return AddressRegistry.isGlobal(address) ? none : value
        case "public":
            let isPublic =
                !AddressRegistry.isMulticast(address) && AddressRegistry.isGlobal(address)
                && !AddressRegistry.isLoopback(address) && IPPrefix.length(ofMask: address) == nil
            return isPublic ? value : none
        case "first_usable", "last_usable", "next_usable", "previous_usable", "range_usable", "peer":
            guard form == .network else { throw Self.failure("Not a network address") }
            return query == "peer" ? try peer() : usable(query)
        default: return try lookup(query, alias: alias, state)
        }
    }

    private func number(_ value: UInt128) -> TemplateValue { TemplateValue(integer: String(value)) ?? .none }

    private func size(less: UInt128) -> TemplateValue {
        let last = prefix.sizeMinusOne
        // 2¹²⁸ does not fit; it is the only size that does not.
        if last == .max {
            return TemplateValue(
                integer: less == 0
                    ? "340282366920938463463374607431768211456" : "340282366920938463463374607431768211454") ?? .none
        }
        return number(last + 1 - less)
    }

    /// First and last usable addresses; nil for a single address.
    var usableRange: (first: IPAddress, last: IPAddress)? {
        guard !prefix.isSingle else { return nil }
        if prefix.sizeMinusOne == 1 { return (prefix.network, prefix.last) }
        guard let first = prefix.network.advanced(by: 1), let last = prefix.last.advanced(by: -1) else { return nil }
        return (first, last)
    }

    private func usable(_ query: String) -> TemplateValue {
        guard let (first, last) = usableRange else { return .none }
        func inside(_ offset: Int) -> TemplateValue {
            guard let next = prefix.address.advanced(by: offset), next >= first, next <= last else { return .none }
            return .string(next.description)
        }
        switch query {
        case "first_usable": return .string(first.description)
        case "last_usable": return .string(last.description)
        case "next_usable": return inside(1)
        case "previous_usable": return inside(-1)
        default: return .string("\(first)-\(last)")
        }
    }

    private func peer() throws(EvaluationError) -> TemplateValue {
        let value = prefix.address.value
        switch prefix.sizeMinusOne {
        case 1: return .string(IPAddress(prefix.version, value ^ 1)?.description ?? "")
        case 3:
            if value % 4 == 0 { throw Self.failure("Network address of /30 has no peer") }
            if value % 4 == 3 { throw Self.failure("Broadcast address of /30 has no peer") }
            return .string(IPAddress(prefix.version, value ^ 3)?.description ?? "")
        default: throw Self.failure("Not a point-to-point network")
        }
    }

    private func fourFromSix() throws(EvaluationError) -> TemplateValue {
        guard prefix.version == .v6 else { return value }
        let high = prefix.address.value >> 32
        guard high == 0 || high == 0xFFFF, prefix.length >= 96,
            let address = IPAddress(.v4, prefix.address.value & 0xFFFF_FFFF),
            let result = IPPrefix(address, length: prefix.length - 96)
        else { return .bool(false) }
        return .string(result.description)
    }

    private func sixFromFour() -> TemplateValue {
        guard prefix.version == .v4 else { return value }
        guard let address = IPAddress(.v6, 0xFFFF << 32 | prefix.address.value),
            let result = IPPrefix(address, length: prefix.length + 96)
        else { return .bool(false) }
        return .string(result.description)
    }

    private func sixToFour() throws(EvaluationError) -> TemplateValue {
        if prefix.version == .v4 {
            let address = prefix.address
            if !prefix.isSingle, address == prefix.network { return .bool(false) }
            let isPublic =
                !AddressRegistry.isMulticast(address) && AddressRegistry.isGlobal(address)
                && !AddressRegistry.isLoopback(address) && IPPrefix.length(ofMask: address) == nil
            guard isPublic || !AddressRegistry.isGlobal(address) else { return .bool(false) }
            let octets = address.groups.map { octet in (octet < 16 ? "0" : "") + String(octet, radix: 16) }
            return .string("2002:\(octets[0])\(octets[1]):\(octets[2])\(octets[3])::1/48")
        }
        let relay = IPPrefix("2002::/16")
        if form == .network, prefix.address == prefix.network { return .bool(false) }
        return relay?.contains(prefix.address) == true ? value : .bool(false)
    }

    /// A query that is no word: a network to be in, or an index.
    private func lookup(_ query: String, alias: String?, _ state: RenderState) throws(EvaluationError) -> TemplateValue
    {
        let isDigits = !query.isEmpty && query.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
        if !isDigits, let network = IPPrefix(query) {
            return network.masked.contains(prefix) ? value : .none
        }
        guard let index = Double(query) else {
            guard let alias else {
                throw EvaluationError(.typeError, "unsupported operand type(s) for +: 'NoneType' and 'str'")
            }
            throw Self.failure("\(alias): unknown filter type: \(query)")
        }
        if prefix.isSingle { return .string(form == .address ? prefix.address.description : prefix.description) }
        guard let whole = Int(exactly: index), let address = nth(whole) else { return .bool(false) }
        return .string("\(address)/\(prefix.length)")
    }

    /// The address at an index, from the end when negative.
    func nth(_ index: Int) -> IPAddress? {
        guard UInt128(index < 0 ? index.magnitude - 1 : index.magnitude) <= prefix.sizeMinusOne else { return nil }
        return index < 0 ? prefix.last.advanced(by: index + 1) : prefix.network.advanced(by: index)
    }
}

/// Address ranges with a meaning of their own, as netaddr lists them (from the IANA special-purpose registries).
enum AddressRegistry {
    private static func prefixes(_ texts: [String]) -> [IPPrefix] { texts.compactMap { IPPrefix($0) } }

    static let linkLocal = prefixes(["169.254.0.0/16", "fe80::/10"])
    private static let loopback = prefixes(["127.0.0.0/8", "::1/128"])
    private static let multicast = prefixes(["224.0.0.0/4", "ff00::/8"])
    private static let notGlobal = prefixes([
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.0.170/31", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "240.0.0.0/4", "255.255.255.255/32", "::1/128", "::/128", "::ffff:0:0/96", "64:ff9b:1::/48", "100::/64",
        "2001::/23", "2001:db8::/32", "2002::/16", "fc00::/7", "fe80::/10",
    ])
    private static let exceptions = prefixes([
        "192.0.0.9/32", "192.0.0.10/32", "2001:1::1/128", "2001:1::2/128", "2001:3::/32", "2001:4:112::/48",
        "2001:20::/28", "2001:30::/28",
    ])
    private static let reserved = prefixes(["240.0.0.0/4"])

    private static let reservedSix = prefixes([
        "::/8", "100::/8", "200::/7", "400::/6", "800::/5", "1000::/4", "4000::/3", "6000::/3", "8000::/3", "a000::/3",
        "c000::/3", "e000::/4", "f000::/5", "f800::/6", "fe00::/9",
    ])

    /// What Python's `ipaddress` calls reserved.
    static func isReserved(_ address: IPAddress) -> Bool {
        (address.version == .v4 ? reserved : reservedSix).contains { $0.contains(address) }
    }
    static func isLoopback(_ address: IPAddress) -> Bool { loopback.contains { $0.contains(address) } }
    static func isMulticast(_ address: IPAddress) -> Bool { multicast.contains { $0.contains(address) } }
    static func isGlobal(_ address: IPAddress) -> Bool {
        !notGlobal.contains { $0.contains(address) } || exceptions.contains { $0.contains(address) }
    }
}
