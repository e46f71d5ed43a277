import JinjaTemplates
import NetworkPrimitives

/// The address filters of `ansible.utils`.
enum AddressFilters {
    /// An argument as Ansible's argument checking makes it a string.
    private static func string(_ value: TemplateValue?, _ state: RenderState) throws(EvaluationError) -> String {
        guard let value else { return "" }
        if value.isUndefined { return "" }
        return try state.string(value)
    }

    private static func integer(_ value: TemplateValue?, _ name: String, _ state: RenderState) throws(EvaluationError)
        -> Int?
    {
        switch value {
        case .int(let number)?: return number
        case .text(let text)?:
            if let number = Int(text.string) { return number }
        case nil, .some(.none): return nil
        default: break
        }
        throw AddressQuery.failure("argument '\(name)' is of the wrong type and we were unable to convert to int")
    }

    private static func prefix(_ value: TemplateValue, _ state: RenderState) throws(EvaluationError) -> AddressQuery? {
        AddressQuery(value, text: try string(value, state), version: nil)
    }

    private static func checkType(_ value: TemplateValue, _ filter: String, integers: Bool) throws(EvaluationError) {
        switch value {
        case .text, .list, .bool: return
        case .int where integers: return
        default:
            let name = value.isUndefined ? "jinja2.runtime.Undefined" : value.typeName
            throw AddressQuery.failure("Unrecognized type <<class '\(name)'>> for \(filter) filter <value>")
        }
    }

    /// The collection's own argument check.
    private static func checkDefined(_ value: TemplateValue) throws(EvaluationError) {
        guard value.isUndefined else { return }
        throw AddressQuery.failure(
            "[\"argument 'value' is of type Undefined and we were unable to convert to list: <class 'jinja2.runtime.Undefined'> cannot be converted to a list\"]"
        )
    }

    private static func family(_ name: String, _ version: IPAddress.Version?) -> TemplateFunction {
        { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind(name, ["value", "query", "version", "alias"], required: 1)
            try checkType(arguments[0], name, integers: true)
            return try AddressQuery.run(
                arguments[0], try string(bound[1], state), version: version,
                alias: version == nil ? bound[3]?.string : name, state)
        }
    }

    private static func hardware(_ name: String) -> TemplateFunction {
        { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind(name, ["value", "query"], required: 1)
            return try HardwareQuery.run(arguments[0], try string(bound[1], state), alias: name, state)
        }
    }

    static let filters: [String: TemplateFunction] = [
        "ipaddr": family("ipaddr", nil), "ipv4": family("ipv4", .v4), "ipv6": family("ipv6", .v6),
        "hwaddr": hardware("hwaddr"), "macaddr": hardware("macaddr"),
        "ipwrap": { (arguments, state) throws(EvaluationError) in
            try checkType(arguments[0], "ipwrap", integers: false)
            func wrapped(_ value: TemplateValue) -> TemplateValue {
                guard let found = try? AddressQuery.run(value, "", version: nil, alias: "ipwrap", state),
                    (try? state.truth(found)) == true,
                    let result = try? AddressQuery.run(found, "wrap", version: nil, alias: nil, state)
                else { return value }
                return result
            }
            if case .list(let list) = arguments[0] { return .list(list.items.map(wrapped)) }
            return wrapped(arguments[0])
        },
        "ipmath": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("ipmath", ["value", "amount"], required: 2)
            let text = try string(arguments[0], state)
            let address = text.contains("/") ? IPPrefix(text)?.address : IPAddress(text)
            guard let address else { throw invalid(text) }
            guard let amount = try integer(bound[1], "amount", state) else {
                throw AddressQuery.failure("You must pass an integer for arithmetic; None is not a valid integer")
            }
            guard let result = address.advanced(by: amount) else {
                throw EvaluationError(.indexError, "result outside valid IP address boundary!")
            }
            return .string(result.description)
        },
        "ipsubnet": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("ipsubnet", ["value", "query", "index"], required: 1)
            return try subnet(arguments[0], try string(bound[1], state), try integer(bound[2], "index", state), state)
        },
        "nthhost": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("nthhost", ["value", "query"], required: 1)
            guard let found = try prefix(arguments[0], state), let index = Int(try string(bound[1], state)),
                let address = found.nth(index)
            else { return .bool(false) }
            return .string(address.description)
        },
        "next_nth_usable": usable("next_nth_usable", 1), "previous_nth_usable": usable("previous_nth_usable", -1),
        "network_in_network": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("network_in_network", ["value", "test"], required: 2)
            guard let outer = try range(arguments[0], state), let inner = try range(bound[1] ?? .none, state) else {
                return .bool(false)
            }
            return .bool(
                outer.first <= inner.first && inner.first <= outer.last && outer.first <= inner.last
                    && inner.last <= outer.last)
        },
        "network_in_usable": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("network_in_usable", ["value", "test"], required: 2)
            guard let found = try normalized(arguments[0], state), let inner = try range(bound[1] ?? .none, state)
            else { return .bool(false) }
            let outer = found.usableRange ?? (found.prefix.address, found.prefix.address)
            return .bool(
                outer.first <= inner.first && inner.first <= outer.last && outer.first <= inner.last
                    && inner.last <= outer.last)
        },
        "reduce_on_network": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("reduce_on_network", ["value", "network"], required: 2)
            try checkDefined(arguments[0])
            let outer = try range(bound[1] ?? .none, state)
            var kept: [TemplateValue] = []
            let values: [TemplateValue]
            switch arguments[0] {
            case .list(let list): values = Array(list.items)
            case .text(let text):
                values = text.string.split(separator: ",", omittingEmptySubsequences: false).map { .string(String($0)) }
            default: values = [arguments[0]]
            }
            for value in values {
                guard let outer, let inner = try range(value, state) else { continue }
                if outer.first <= inner.first, inner.last <= outer.last, inner.first <= outer.last {
                    kept.append(value)
                }
            }
            return .list(kept)
        },
        "ip4_hex": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("ip4_hex", ["arg", "delimiter"], required: 1)
            let text = try string(arguments[0], state)
            guard let address = IPAddress(text) else { throw invalid(text) }
            guard address.version == .v4 else {
                throw EvaluationError(.valueError, "invalid literal for int() with base 10: '\(text)'")
            }
            let octets = address.groups.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
            return .string(octets.joined(separator: try string(bound[1], state)))
        },
        "ipv6form": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("ipv6form", ["value", "format"], required: 2)
            let text = try string(arguments[0], state)
            let format = try string(bound[1], state)
            guard let address = IPAddress(text) else {
                if format == "x509", !text.contains("/"), case .list = arguments[0] { throw invalid(text) }
                if format == "x509", !text.contains("/") {
                    throw EvaluationError(
                        .hostError, "failed to detect a valid IP address from \(pythonQuoted(text))",
                        typeName: "AddrFormatError")
                }
                throw invalid(text)
            }
            switch format {
            case "expand": return .string(address.exploded)
            case "compress": return .string(address.description)
            case "x509":
                guard address.version == .v6 else { throw invalid(text) }
                return .string(address.groups.map { String($0, radix: 16) }.joined(separator: ":"))
            default: return TemplateValue.none
            }
        },
        "ipcut": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("ipcut", ["value", "amount"], required: 2)
            let text = try string(arguments[0], state)
            guard let address = IPAddress(text) else { throw invalid(text) }
            let amount = try integer(bound[1], "amount", state) ?? 0
            return .string(cut(address, amount))
        },
        "slaac": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("slaac", ["value", "query"], required: 1)
            guard let found = try prefix(arguments[0], state), found.prefix.version == .v6,
                let mac = MACAddress(try string(bound[1], state))
            else { return .bool(false) }
            let (value, isTooHigh) = found.prefix.network.value.addingReportingOverflow(UInt128(mac.modifiedEUI64))
            guard !isTooHigh, let address = IPAddress(.v6, value) else { return .bool(false) }
            return .string(address.description)
        },
        "cidr_merge": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("cidr_merge", ["value", "action"], required: 1)
            try checkDefined(arguments[0])
            return try merged(arguments[0], bound[1]?.string ?? "merge", state)
        },
        "usable_range": { (arguments, state) throws(EvaluationError) in
            let text = try string(try arguments.bind("usable_range", ["ip"], required: 1)[0], state)
            guard let prefix = IPPrefix(text) else {
                throw AddressQuery.failure(
                    "Error while using plugin 'usable_range': \(pythonQuoted(text)) does not appear to be an IPv4 or IPv6 network"
                )
            }
            guard prefix.address == prefix.network else {
                throw AddressQuery.failure("Error while using plugin 'usable_range': \(text) has host bits set")
            }
            guard prefix.sizeMinusOne < 1 << 24 else {
                throw EvaluationError(.limitExceeded, "usable_range of more than 16,777,216 addresses")
            }
            try state.checkItems(Int(prefix.sizeMinusOne) + 1)
            let addresses = (0...Int(prefix.sizeMinusOne)).compactMap { prefix.network.advanced(by: $0) }
            let result = DictValue()
            result.set("usable_ips", .list(addresses.map { .string($0.description) }))
            result.set("number_of_ips", .int(addresses.count))
            return .dict(result)
        },
    ]

    static func invalid(_ text: String) -> EvaluationError {
        AddressQuery.failure("You must pass a valid IP address; \(text) is invalid")
    }

    private static func usable(_ name: String, _ direction: Int) -> TemplateFunction {
        { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind(name, ["value", "offset"], required: 2)
            guard let offset = try integer(bound[1], "offset", state) else {
                throw AddressQuery.failure("Must pass in an integer")
            }
            guard let found = try normalized(arguments[0], state) else { return .bool(false) }
            guard let (first, last) = found.usableRange else { return TemplateValue.none }
            let (amount, isTooFar) = offset.multipliedReportingOverflow(by: direction)
            guard !isTooFar, let address = found.prefix.address.advanced(by: amount) else { return TemplateValue.none }
            return address >= first && address <= last ? .string(address.description) : TemplateValue.none
        }
    }

    /// The value as `ipaddr('subnet')` gives it for networks and `ipaddr('cidr')` for addresses.
    private static func normalized(_ value: TemplateValue, _ state: RenderState) throws(EvaluationError)
        -> AddressQuery?
    {
        try prefix(value, state)
    }

    private static func range(_ value: TemplateValue, _ state: RenderState) throws(EvaluationError) -> (
        first: IPAddress, last: IPAddress
    )? {
        guard let found = try prefix(value, state) else { return nil }
        let network = found.prefix.masked
        return (network.network, network.sizeMinusOne > 1 ? network.last : network.network)
    }

    private static func subnet(
        _ value: TemplateValue, _ query: String, _ index: Int?, _ state: RenderState
    ) throws(EvaluationError) -> TemplateValue {
        guard let found = try prefix(value, state) else { return .bool(false) }
        let network = found.prefix.masked
        if query.isEmpty { return .string(network.description) }
        let bits = network.version.bits
        guard query.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
            guard let outer = IPPrefix(query) else {
                throw AddressQuery.failure("You must pass a valid subnet or IP address; \(query) is invalid")
            }
            guard outer.contains(network.network) else {
                throw AddressQuery.failure("\(network) is not in the subnet \(outer.masked)")
            }
            let shift = UInt128(bits - network.length)
            let width = network.length - outer.length
            guard width >= 0 else { return .string("1") }
            let mask: UInt128 = width >= 128 ? .max : (1 << UInt128(width)) - 1
            return .string("\(((network.network.value & (mask << shift)) >> shift) + 1)")
        }
        guard let length = Int(query), length <= bits, (index ?? 0).magnitude <= 1 << 62 else { return .bool(false) }
        if network.isSingle {
            // The prefixes that hold a single address, from the asked for length downwards.
            guard let index else { return .string(IPPrefix(network.address, length: length)?.masked.description ?? "") }
            if index > bits + 1 - index || index < length - bits { return .bool(false) }
            let count = bits - length
            let position = index < 0 ? index + count : index
            guard position >= 0, position < count else {
                throw EvaluationError(.indexError, "list index out of range")
            }
            return .string(IPPrefix(network.address, length: length + position)?.masked.description ?? "")
        }
        let width = length - network.length
        guard let index else {
            if width < 0 { throw AddressQuery.failure("Requested subnet size of \(length) is invalid") }
            return .string(width == 128 ? "340282366920938463463374607431768211456" : "\(UInt128(1) << UInt128(width))")
        }
        if width < 0 {
            // Python makes a fraction of it: index 0 is in range, others are not.
            guard index == 0 else { return .bool(false) }
            return .string("\(network.network)/\(length)")
        }
        let highest: UInt128 = width >= 128 ? .max : (1 << UInt128(width)) - 1
        let wanted = UInt128(index.magnitude)
        guard index < 0 ? wanted <= highest + (width >= 128 ? 0 : 1) : wanted <= highest else { return .bool(false) }
        let position = index < 0 ? highest - (wanted - 1) : wanted
        guard let address = IPAddress(network.version, network.network.value + position << UInt128(bits - length))
        else {
            return .bool(false)
        }
        return .string("\(address)/\(length)")
    }

    private static func cut(_ address: IPAddress, _ amount: Int) -> String {
        let width = address.version.bits
        let bits = (0..<width).map { address.value >> UInt128(width - 1 - $0) & 1 == 1 ? 1 : 0 }
        let count = Int(min(UInt(width), amount.magnitude))
        let kept = amount < 0 ? bits.suffix(count) : bits.prefix(count)
        let size = address.version == .v4 ? 8 : 16
        var parts: [String] = []
        var rest = kept[...]
        while !rest.isEmpty {
            let number = rest.prefix(size).reduce(0) { $0 << 1 | $1 }
            parts.append(String(number, radix: address.version == .v4 ? 10 : 16))
            rest = rest.dropFirst(size)
        }
        return parts.joined(separator: address.version == .v4 ? "." : ":")
    }

    // MARK: Merging

    private static func merged(
        _ value: TemplateValue, _ action: String, _ state: RenderState
    ) throws(EvaluationError) -> TemplateValue {
        let items: [TemplateValue]
        switch value {
        case .list(let list): items = Array(list.items)
        case .text(let text):
            items = text.string.split(separator: ",", omittingEmptySubsequences: false).map { .string(String($0)) }
        case .undefined: items = []
        default: items = [value]
        }
        guard action == "merge" || action == "span" else {
            throw AddressQuery.failure("cidr_merge: invalid action '\(action)'")
        }
        if action == "span", items.isEmpty { return .none }
        var prefixes: [IPPrefix] = []
        for item in items {
            guard case .text(let text) = item, let prefix = IPPrefix(text.string) else {
                throw AddressQuery.failure("cidr_merge: error in netaddr:\ninvalid IPNetwork \(try state.string(item))")
            }
            prefixes.append(prefix)
        }
        if action == "span" { return .string(try spanning(prefixes).description) }
        return .list(merge(prefixes).map { .string($0.description) })
    }

    private static func spanning(_ prefixes: [IPPrefix]) throws(EvaluationError) -> IPPrefix {
        guard let first = prefixes.min(by: { $0.network < $1.network }), let last = prefixes.map(\.last).max() else {
            throw AddressQuery.failure("cidr_merge: nothing to span")
        }
        if prefixes.count == 1 { return first }
        guard first.version == last.version else {
            throw AddressQuery.failure("cidr_merge: error in netaddr:\nIP sequence cannot contain both IPv4 and IPv6!")
        }
        for length in stride(from: first.length, through: 0, by: -1) {
            if let candidate = IPPrefix(first.network, length: length)?.masked, candidate.contains(last) {
                return candidate
            }
        }
        return first.masked
    }

    /// The fewest prefixes that cover the same addresses; what merges with nothing stays as it was written.
    private static func merge(_ prefixes: [IPPrefix]) -> [IPPrefix] {
        var runs: [(first: IPAddress, last: IPAddress, sources: [IPPrefix])] = []
        for prefix in prefixes.sorted(by: { ($0.network, $0.last) < ($1.network, $1.last) }) {
            if let run = runs.last, run.last.version == prefix.version,
                prefix.network <= run.last || run.last.advanced(by: 1) == prefix.network
            {
                runs[runs.count - 1].last = max(run.last, prefix.last)
                runs[runs.count - 1].sources.append(prefix)
            } else {
                runs.append((prefix.network, prefix.last, [prefix]))
            }
        }
        return runs.flatMap { run in run.sources.count == 1 ? run.sources : cover(run.first, run.last) }
    }

    private static func cover(_ first: IPAddress, _ last: IPAddress) -> [IPPrefix] {
        var result: [IPPrefix] = []
        var start: IPAddress? = first
        while let address = start, address <= last {
            var best = IPPrefix(address, length: address.version.bits)
            for length in stride(from: address.version.bits, through: 0, by: -1) {
                guard let candidate = IPPrefix(address, length: length), candidate.network == address,
                    candidate.last <= last
                else { break }
                best = candidate
            }
            guard let best else { break }
            result.append(best)
            start = best.last.advanced(by: 1)
        }
        return result
    }
}

/// What `ansible.utils.hwaddr` answers.
enum HardwareQuery {
    static func run(_ value: TemplateValue, _ query: String, alias: String, _ state: RenderState)
        throws(EvaluationError) -> TemplateValue
    {
        let text = value.isUndefined ? "" : try state.string(value)
        var address: MACAddress?
        switch value {
        case .int(let number): address = number < 0 ? nil : MACAddress(UInt64(number))
        case .text: address = MACAddress(text)
        default: break
        }
        guard let address else {
            guard query.isEmpty || query == "bool" else {
                throw AddressQuery.failure("\(alias): not a hardware address: \(text)")
            }
            return .none
        }
        switch query {
        case "": return value
        case "bool": return .bool(true)
        case "int": return .int(Int(address.value))
        case "bare": return .string(address.text(groups: 1, separator: "", uppercase: true))
        case "cisco": return .string(address.text(groups: 3, separator: "."))
        case "win", "eui48": return .string(address.text(groups: 6, separator: "-", uppercase: true))
        case "linux": return .string(address.description)
        case "pgsql", "postgresql", "psql": return .string(address.text(groups: 2, separator: ":"))
        case "unix": return .string(address.text(groups: 6, separator: ":", padded: false))
        default: throw AddressQuery.failure("\(alias): unknown filter type: \(query)")
        }
    }
}
