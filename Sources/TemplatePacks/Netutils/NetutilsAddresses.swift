import JinjaTemplates
import NetworkPrimitives

/// netutils on addresses, after Python's `ipaddress`: a network with host bits is an error.
enum NetutilsAddresses {
    private static func value(_ message: String) -> EvaluationError { NetutilsPack.value(message) }

    private static func address(_ text: String) throws(EvaluationError) -> IPAddress {
        guard let address = IPAddress(text) else {
            throw value("\(pythonQuoted(text)) does not appear to be an IPv4 or IPv6 address")
        }
        return address
    }
    private static func interface(_ text: String) throws(EvaluationError) -> IPPrefix {
        guard let prefix = IPPrefix(text) else {
            throw value("\(pythonQuoted(text)) does not appear to be an IPv4 or IPv6 interface")
        }
        return prefix
    }
    private static func network(_ text: String) throws(EvaluationError) -> IPPrefix {
        guard let prefix = IPPrefix(text) else {
            throw value("\(pythonQuoted(text)) does not appear to be an IPv4 or IPv6 network")
        }
        guard prefix.address == prefix.network else { throw value("\(text) has host bits set") }
        return prefix
    }
    private static func shown(_ value: some CustomStringConvertible) -> TemplateValue { .string(value.description) }

    private static func padded(_ number: UInt128, _ radix: Int, _ width: Int) -> TemplateValue {
        let digits = String(number, radix: radix)
        return .string(String(repeating: "0", count: max(0, width - digits.count)) + digits)
    }

    /// The address at an index, from the end when negative.
    private static func nth(_ prefix: IPPrefix, _ index: Int) throws(EvaluationError) -> IPAddress {
        let isInside = UInt128(index < 0 ? index.magnitude - 1 : index.magnitude) <= prefix.sizeMinusOne
        let found = index < 0 ? prefix.last.advanced(by: index + 1) : prefix.network.advanced(by: index)
        guard isInside, let found else { throw EvaluationError(.indexError, "address out of range") }
        return found
    }

    private static func isMask(_ text: String) -> Bool {
        guard let mask = IPAddress(text), mask.value != 0 else { return false }
        let rest = mask.version.maximum ^ mask.value
        return rest & (rest &+ 1) == 0
    }

    private static func octets(inverting text: String) -> String {
        text.split(separator: ".").map { "\(255 - (Int($0) ?? 0))" }.joined(separator: ".")
    }
    private static func isReversible(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4, parts.allSatisfy({ UInt8($0) != nil && !$0.hasPrefix("+") }) else { return false }
        return isMask(octets(inverting: text))
    }

    private static func range(_ text: String) throws(EvaluationError) -> (first: IPAddress, last: IPAddress)? {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2 else {
            if ends.count < 2 { return nil }
            throw value("too many values to unpack (expected 2)")
        }
        guard let first = IPAddress(ends[0]), let last = IPAddress(ends[1]), first.version == last.version, first < last
        else { return nil }
        return (first, last)
    }

    private static func span(_ text: String) throws(EvaluationError) -> (first: IPAddress, last: IPAddress) {
        if text.contains("-") {
            guard let range = try range(text) else {
                throw value("Not a valid IP range format of `{start_ip}-{end_ip}`")
            }
            return range
        }
        let prefix = try network(text)
        return (prefix.network, prefix.last)
    }

    /// The hosts of a network: all addresses of pairs and single ones.
    private static func hosts(_ prefix: IPPrefix, _ state: RenderState) throws(EvaluationError) -> [TemplateValue] {
        var (first, last) = (prefix.network, prefix.last)
        if prefix.sizeMinusOne > 1 {
            first = first.advanced(by: 1) ?? first
            // The last address of an IPv6 network is a host's.
            if prefix.version == .v4 { last = last.advanced(by: -1) ?? last }
        }
        let count = last.value - first.value
        guard count < UInt128(state.itemLimit) else {
            throw EvaluationError(.limitExceeded, "\(prefix) has more than \(state.itemLimit) hosts")
        }
        try state.checkItems(Int(count) + 1)
        return (0...Int(count)).compactMap { first.advanced(by: $0) }.map(shown)
    }

    private static func moved(_ name: String, _ sign: Int) -> TemplateFunction {
        { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind(name, ["ip", "val"], required: 2)
            let start = try address(try NetutilsPack.text(bound[0], state))
            let (amount, isTooBig) = try NetutilsPack.integer(bound[1], 0).multipliedReportingOverflow(by: sign)
            guard !isTooBig, let result = start.advanced(by: amount) else {
                throw EvaluationError(
                    .hostError, "the address is outside of IPv\(start.version.rawValue)", typeName: "AddressValueError")
            }
            return shown(result)
        }
    }

    static let filters: [String: TemplateFunction] = [
        "ip_addition": moved("ip_addition", 1), "ip_subtract": moved("ip_subtract", -1),
        "ip_to_hex": NetutilsPack.of("ip_to_hex") { (text) throws(EvaluationError) in
            let found = try address(text)
            return padded(found.value, 16, found.version.bits / 4)
        },
        "ip_to_bin": NetutilsPack.of("ip_to_bin") { (text) throws(EvaluationError) in
            let found = try address(text)
            return padded(found.value, 2, found.version.bits)
        },
        "is_ip": NetutilsPack.of("is_ip") { (text) throws(EvaluationError) in .bool(IPAddress(text) != nil) },
        "is_ip_range": NetutilsPack.of("is_ip_range") { (text) throws(EvaluationError) in .bool(try range(text) != nil)
        },
        "is_netmask": NetutilsPack.of("is_netmask") { (text) throws(EvaluationError) in .bool(isMask(text)) },
        "is_network": NetutilsPack.of("is_network") { (text) throws(EvaluationError) in
            guard text.contains("/"), let prefix = IPPrefix(text) else { return .bool(false) }
            return .bool(prefix.address == prefix.network)
        },
        "is_reversible_wildcardmask": NetutilsPack.of("is_reversible_wildcardmask") { (text) throws(EvaluationError) in
            .bool(isReversible(text))
        },
        "is_classful": NetutilsPack.of("is_classful") { (text) throws(EvaluationError) in
            let prefix = try network(text)
            guard prefix.version == .v4 else { return .bool(false) }
            let wanted =
                switch prefix.network.value >> 24 {
                case 0..<128: 8
                case 128..<192: 16
                case 192..<224: 24
                default: -1
                }
            return .bool(prefix.length == wanted)
        },
        "is_ip_within": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("is_ip_within", ["ip", "ip_compare"], required: 2)
            let inner = try span(try NetutilsPack.text(bound[0], state))
            let compared = bound[1, fallback: .none]
            var texts: [String] = []
            if let text = compared.string {
                texts = [text]
            } else {
                for item in try state.items(compared) { texts.append(try NetutilsPack.text(item, state)) }
            }
            for text in texts {
                let outer = try span(text)
                guard outer.first.version == inner.first.version else {
                    throw EvaluationError(.typeError, "\(inner.first) and \(outer.first) are not of the same version")
                }
                if outer.first <= inner.first, inner.last <= outer.last { return .bool(true) }
            }
            return .bool(false)
        },
        "netmask_to_cidr": NetutilsPack.of("netmask_to_cidr") { (text) throws(EvaluationError) in
            guard isMask(text), let mask = IPAddress(text) else { throw value("Subnet mask is not valid.") }
            return .int(mask.value.nonzeroBitCount)
        },
        "netmask_to_wildcardmask": NetutilsPack.of("netmask_to_wildcardmask") { (text) throws(EvaluationError) in
            guard isMask(text), text.contains(".") else { throw value("Subnet mask is not valid.") }
            return .string(octets(inverting: text))
        },
        "wildcardmask_to_netmask": NetutilsPack.of("wildcardmask_to_netmask") { (text) throws(EvaluationError) in
            guard isReversible(text) else { throw value("Wildcard mask is not valid.") }
            return .string(octets(inverting: text))
        },
        "cidr_to_netmask": mask("cidr_to_netmask", .v4), "cidr_to_netmaskv6": mask("cidr_to_netmaskv6", .v6),
        "get_all_host": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("get_all_host", ["ip_network"], required: 1)
            let all = try hosts(try network(try NetutilsPack.text(bound[0], state)), state)
            return .object(IteratorValue(ListedIterator(all)))
        },
        "get_broadcast_address": NetutilsPack.of("get_broadcast_address") { (text) throws(EvaluationError) in
            shown(try network(text).last)
        },
        "get_first_usable": NetutilsPack.of("get_first_usable") { (text) throws(EvaluationError) in
            let prefix = try network(text)
            return shown(try nth(prefix, prefix.length == 31 || prefix.length == 127 ? 0 : 1))
        },
        "get_usable_range": NetutilsPack.of("get_usable_range") { (text) throws(EvaluationError) in
            let prefix = try network(text)
            let isPair = prefix.length == 31 || prefix.length == 127
            return .string("\(try nth(prefix, isPair ? 0 : 1)) - \(try nth(prefix, isPair ? 1 : -2))")
        },
        "get_peer_ip": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("get_peer_ip", ["ip_interface"], required: 1)
            let text = try NetutilsPack.text(bound[0], state)
            let own = try interface(text)
            let bits = own.version.bits
            guard own.length >= bits - 2, own.length < bits else {
                throw value(
                    "\(own) did not conform to IPv\(own.version.rawValue) acceptable masks of \(bits - 2) or \(bits - 1)"
                )
            }
            guard own.length == bits - 1 || (own.address != own.network && own.address != own.last) else {
                throw value("\(own) is not an IP in the point-to-point link usable range.")
            }
            let others = try hosts(own.masked, state).filter { $0.string != own.address.description }
            guard let peer = others.first else { throw EvaluationError(.indexError, "list index out of range") }
            return peer
        },
        "get_range_ips": NetutilsPack.of("get_range_ips") { (text) throws(EvaluationError) in
            guard let range = try range(text) else {
                throw value("Not a valid IP range format of `{start_ip}-{end_ip}`")
            }
            return .tuple([shown(range.first), shown(range.last)])
        },
        "get_ips_sorted": { (arguments, state) throws(EvaluationError) in try sorted(arguments, state) },
        "longest_prefix_match": { (arguments, state) throws(EvaluationError) in try longest(arguments, state) },
        "ipaddress_address": attribute("ipaddress_address") { (text) throws(EvaluationError) in
            let found = try address(text)
            return (IPPrefix(found, length: found.version.bits) ?? IPPrefix(found, length: 0), .address)
        },
        "ipaddress_interface": attribute("ipaddress_interface") { (text) throws(EvaluationError) in
            (try interface(text), .interface)
        },
        "ipaddress_network": attribute("ipaddress_network") { (text) throws(EvaluationError) in
            (try network(text), .network)
        },
    ]

    private static func mask(_ name: String, _ version: IPAddress.Version) -> TemplateFunction {
        { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind(name, ["cidr"], required: 1)
            guard case .int(let length)? = bound[0], let zero = IPAddress(version, 0),
                let prefix = IPPrefix(zero, length: length)
            else {
                throw value("Parameter must be an integer between 0 and \(version.bits).")
            }
            return shown(prefix.netmask)
        }
    }

    private static func sorted(_ arguments: Arguments, _ state: RenderState) throws(EvaluationError) -> TemplateValue {
        let bound = try arguments.bind("get_ips_sorted", ["ips", "sort_type"], required: 1)
        let kind = bound[1, fallback: .string("network")].string ?? ""
        guard ["address", "interface", "network"].contains(kind) else {
            throw value("Invalid sort type passed. Must be `address`, `interface`, or `network`.")
        }
        var texts: [String] = []
        if case .list(let list)? = bound[0] {
            for item in list.items { texts.append(try NetutilsPack.text(item, state)) }
        } else if let text = bound[0]?.string, text.contains(",") {
            texts = text.filter { $0 != " " }.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        } else {
            throw value("Not a concatenated list of IPs as expected.")
        }
        var prefixes: [IPPrefix] = []
        for text in texts {
            do throws(EvaluationError) {
                prefixes.append(
                    try kind == "address"
                        ? interface(try address(text).description) : kind == "network" ? network(text) : interface(text)
                )
            } catch {
                throw value("Invalid IP of \(kind) input: \(error.message)")
            }
        }
        guard Set(prefixes.map(\.version)).count <= 1 else {
            throw EvaluationError(.typeError, "the addresses are not of the same version")
        }
        try state.charge(prefixes.count * 8)
        // An interface counts by its network first, as in Python.
        prefixes.sort {
            kind == "interface"
                ? ($0.network, $0.length, $0.address) < ($1.network, $1.length, $1.address)
                : ($0.address, $0.length) < ($1.address, $1.length)
        }
        return .list(prefixes.map { shown(kind == "address" ? $0.address.description : $0.description) })
    }

    private static func longest(_ arguments: Arguments, _ state: RenderState) throws(EvaluationError) -> TemplateValue {
        let bound = try arguments.bind("longest_prefix_match", ["ip_addr", "routes"], required: 2)
        guard case .list(let routes)? = bound[1] else {
            throw EvaluationError(
                .typeError, "'routing_table' should be a list, got \(AVDFilters.pythonType(bound[1, fallback: .none]))")
        }
        guard !routes.items.isEmpty else {
            throw EvaluationError(.indexError, "'routing_table' should have more than zero indexes. Got 0")
        }
        let wanted = try address(try NetutilsPack.text(bound[0], state))
        var best: IPPrefix?
        for route in routes.items {
            guard case .dict(let dict) = route, let base = dict.get("network"), let mask = dict.get("mask") else {
                throw EvaluationError(.keyError, "'network'")
            }
            let prefix = try network("\(try state.string(base))/\(try state.string(mask))")
            guard prefix.contains(wanted) else { continue }
            // The last in order of address and length.
            if let known = best, (prefix.network, prefix.length) < (known.network, known.length) { continue }
            best = prefix
        }
        guard let best else { throw EvaluationError(.hostError, "No Matching Route Found.", typeName: "NoRouteFound") }
        return shown(best)
    }

    // MARK: Attributes of Python's objects

    private enum Kind {
        case address, interface, network
    }

    private static func attribute(
        _ name: String, _ parse: @escaping @Sendable (String) throws(EvaluationError) -> (IPPrefix?, Kind)
    ) -> TemplateFunction {
        { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind(name, ["ip", "attr"], required: 2)
            let (found, kind) = try parse(try NetutilsPack.text(bound[0], state))
            let attribute = try NetutilsPack.text(bound[1], state)
            guard let prefix = found, let value = member(attribute, prefix, kind) else {
                throw EvaluationError(
                    .attributeError, "\(name) has no attribute \(pythonQuoted(attribute)) that a template can use")
            }
            return value
        }
    }

    private static func member(_ name: String, _ prefix: IPPrefix, _ kind: Kind) -> TemplateValue? {
        let address = prefix.address
        let whole = kind == .address ? address.description : prefix.description
        switch (name, kind) {
        case ("version", _): return .int(prefix.version.rawValue)
        case ("max_prefixlen", _): return .int(prefix.version.bits)
        case ("compressed", _), ("__str__", _): return .string(whole)
        case ("exploded", .address): return .string(address.exploded)
        case ("exploded", _): return .string("\(address.exploded)/\(prefix.length)")
        case ("is_multicast", _): return .bool(AddressRegistry.isMulticast(address))
        case ("is_loopback", _): return .bool(AddressRegistry.isLoopback(address))
        case ("is_link_local", _): return .bool(AddressRegistry.linkLocal.contains { $0.contains(address) })
        case ("is_unspecified", _): return .bool(address.value == 0)
        case ("is_reserved", _): return .bool(AddressRegistry.isReserved(address))
        case ("is_private", .address), ("is_private", .interface): return .bool(!AddressRegistry.isGlobal(address))
        case ("is_global", .address), ("is_global", .interface): return .bool(AddressRegistry.isGlobal(address))
        case ("reverse_pointer", .address): return .string(String(address.reverseName.dropLast()))
        case ("ip", .interface): return shown(address)
        case ("network", .interface): return shown(prefix.masked)
        case ("network_address", .network): return shown(prefix.network)
        case ("broadcast_address", .network): return shown(prefix.last)
        case ("prefixlen", .network): return .int(prefix.length)
        case ("num_addresses", .network):
            if prefix.sizeMinusOne == .max { return TemplateValue(integer: "340282366920938463463374607431768211456") }
            return TemplateValue(integer: "\(prefix.sizeMinusOne + 1)")
        case ("netmask", .interface), ("netmask", .network): return shown(prefix.netmask)
        case ("hostmask", .interface), ("hostmask", .network): return shown(prefix.hostmask)
        case ("with_prefixlen", .interface), ("with_prefixlen", .network): return .string(whole)
        case ("with_netmask", .interface), ("with_netmask", .network): return .string("\(address)/\(prefix.netmask)")
        case ("with_hostmask", .interface), ("with_hostmask", .network): return .string("\(address)/\(prefix.hostmask)")
        default: return nil
        }
    }
}
