import JinjaTemplates
import NetworkPrimitives

/// The filters that netlab brings for its device templates: simpler than Ansible's of the same names.
enum NetlabPack {
    static let pack: TemplatePack = {
        var pack = TemplatePack(name: "netlab", globals: ["fail": fail])
        for (name, function) in NetlabFilters.network {
            for prefix in ["", "ansible.utils.", "ansible.netcommon."] { pack.filters[prefix + name] = function }
        }
        for (name, function) in NetlabFilters.structure {
            for prefix in ["", "ansible.builtin."] { pack.filters[prefix + name] = function }
        }
        return pack
    }()

    private static let fail: TemplateFunction = { (arguments, state) throws(EvaluationError) in
        let bound = try arguments.bind("j2_fail", ["msg"], required: 1)
        throw EvaluationError(.valueError, try state.string(bound[0, fallback: .none]))
    }
}

enum NetlabFilters {
    private static func value(_ message: String) -> EvaluationError { EvaluationError(.valueError, message) }

    // MARK: Addresses

    static let network: [String: TemplateFunction] = [
        "ipaddr": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("j2_ipaddr", ["value", "arg", "version"], required: 1)
            var version: IPAddress.Version?
            if case .int(let number)? = bound[2] { version = IPAddress.Version(rawValue: number) }
            return try address(bound[0, fallback: .none], bound[1, fallback: .emptyText], version, state)
        },
        "ipv4": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("j2_ipv4", ["value", "arg"], required: 1)
            return try address(bound[0, fallback: .none], bound[1, fallback: .emptyText], .v4, state)
        },
        "ipv6": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("j2_ipv6", ["value", "arg"], required: 1)
            return try address(bound[0, fallback: .none], bound[1, fallback: .emptyText], .v6, state)
        },
        "hwaddr": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("j2_hwaddr", ["value", "format"], required: 1)
            let input = bound[0, fallback: .none]
            let format = bound[1, fallback: .emptyText]
            if format.string == "" { return .emptyText }
            let mac: MACAddress?
            switch input {
            case .int(let number): mac = number < 0 ? nil : MACAddress(UInt64(number))
            case .text(let text): mac = MACAddress(text.string)
            default: mac = nil
            }
            guard let mac, let text = formatted(mac, format.string ?? "") else {
                throw value(
                    "\(try state.string(input)) is not a valid MAC address and cannot be formatted as \(format.string ?? "")"
                )
            }
            return .string(text)
        },
    ]

    private static func formatted(_ mac: MACAddress, _ format: String) -> String? {
        switch format {
        case "linux", "unix_expanded": mac.description
        case "unix": mac.text(groups: 6, separator: ":", padded: false)
        case "cisco": mac.text(groups: 3, separator: ".")
        case "bare": mac.text(groups: 1, separator: "", uppercase: true)
        case "eui48": mac.text(groups: 6, separator: "-", uppercase: true)
        case "pgsql": mac.text(groups: 2, separator: ":")
        default: nil
        }
    }

    private static func address(
        _ input: TemplateValue, _ query: TemplateValue, _ version: IPAddress.Version?, _ state: RenderState
    ) throws(EvaluationError) -> TemplateValue {
        if case .bool = input { throw value("Value passed to ipaddr filter cannot be a bool") }
        if query.string == "" { return try checked(input, version) }
        if case .undefined(let info) = input { throw state.undefinedError(info) }
        guard let text = input.string else {
            throw EvaluationError(.typeError, "unexpected type \(AVDFilters.pythonType(input)) for addr arg")
        }
        guard let prefix = IPPrefix(text) else {
            throw EvaluationError(.hostError, "invalid IPNetwork \(text)", typeName: "AddrFormatError")
        }
        var index: Int?
        switch query {
        case .int(let number): index = number
        case .text(let text): index = Int(text.string.trimmingPythonSpace())
        default: break
        }
        if let index {
            let isInside = UInt128(index < 0 ? index.magnitude - 1 : index.magnitude) <= prefix.sizeMinusOne
            let found =
                isInside ? (index < 0 ? prefix.last.advanced(by: index + 1) : prefix.network.advanced(by: index)) : nil
            guard let found else { throw EvaluationError(.indexError, "index out range for address range size!") }
            return .string("\(found)/\(prefix.length)")
        }
        func shown(_ value: some CustomStringConvertible) -> TemplateValue { .string(value.description) }
        switch query.string {
        case "subnet", "host", "cidr": return shown(prefix.masked)
        case "address", "ip": return shown(prefix.address)
        case "prefix", "prefixlen": return shown(prefix.length)
        case "network": return shown(prefix.network)
        case "netmask": return shown(prefix.netmask)
        case "hostmask": return shown(prefix.hostmask)
        case "broadcast": return prefix.sizeMinusOne > 1 ? shown(prefix.last) : .string("None")
        case "first": return shown(prefix.network.value)
        case "last": return shown(prefix.last.value)
        case "value": return shown(prefix.address.value)
        case "version": return shown(prefix.version.rawValue)
        case "size":
            return prefix.sizeMinusOne == .max
                ? .string("340282366920938463463374607431768211456") : shown(prefix.sizeMinusOne + 1)
        default: throw value("Invalid argument \(try state.string(query)) passed to built-in ipaddr filter")
        }
    }

    /// The address or prefix when it is one of the version, else empty text.
    private static func checked(_ input: TemplateValue, _ version: IPAddress.Version?) throws(EvaluationError)
        -> TemplateValue
    {
        switch input {
        case .list:
            throw EvaluationError(
                .hostError, "cannot access local variable 'f_list' where it is not associated with a value",
                typeName: "UnboundLocalError")
        case .int(let number):
            guard number >= 0, let address = IPAddress(.v4, UInt128(number)) ?? IPAddress(.v6, UInt128(number)) else {
                return .emptyText
            }
            return version == nil || version == address.version ? .string(address.description) : .emptyText
        case .text(let text):
            guard let prefix = IPPrefix(text.string), version == nil || version == prefix.version else {
                return .emptyText
            }
            return .string(text.string.contains("/") ? prefix.description : prefix.address.description)
        default: return .emptyText
        }
    }

    // MARK: Lists and dicts

    private static func listed(_ value: TemplateValue, _ state: RenderState) throws(EvaluationError) -> [TemplateValue]
    {
        switch value {
        case .list(let list): return Array(list.items)
        case .text: return [value]
        case .dict:
            throw EvaluationError(
                .typeError, "expected something that could be made into a list, got \(try state.string(value))")
        default: return try state.iteratorIfIterable(value) == nil ? [value] : Array(try state.items(value))
        }
    }

    static let structure: [String: TemplateFunction] = [
        "flatten": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("bi_flatten", ["f_list", "levels"], required: 1)
            var levels: Int?
            if case .int(let number)? = bound[1] { levels = number }
            return .list(try flattened(bound[0, fallback: .none], levels, state))
        },
        "difference": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("bi_difference", ["src", "diff"], required: 2)
            let removed = TemplateValue.list(try listed(bound[1, fallback: .none], state))
            var kept: [TemplateValue] = []
            for item in try listed(bound[0, fallback: .none], state) where try !state.contains(removed, item) {
                kept.append(item)
            }
            return .list(kept)
        },
        "to_yaml": yaml, "to_nice_yaml": yaml,
        "combine": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("bi_merge", ["d1", "d2"], required: 2)
            guard case .dict(let base)? = bound[0], case .dict(let over)? = bound[1] else {
                throw value("Parameters to combine/merge filter must be dictionaries")
            }
            return .dict(try merged(base, over, state))
        },
    ]

    /// Block style with sorted keys; what is no dict or list is printed as it is.
    private static let yaml: TemplateFunction = { (arguments, state) throws(EvaluationError) in
        guard arguments.count == 1 else {
            throw EvaluationError(.typeError, "bi_yaml() takes 1 positional argument but \(arguments.count) were given")
        }
        switch arguments[0] {
        case .dict, .list: break
        default: return .string(try state.string(arguments[0]))
        }
        guard let write = YAMLFilters.community["community.general.to_nice_yaml"] else { return arguments[0] }
        return try state.call(write, [arguments[0]])
    }

    private static func flattened(_ value: TemplateValue, _ levels: Int?, _ state: RenderState) throws(EvaluationError)
        -> [TemplateValue]
    {
        try state.descending { () throws(EvaluationError) in
            var result: [TemplateValue] = []
            for item in try listed(value, state) {
                if case .list(let list) = item {
                    if (levels ?? 1) >= 1 {
                        result += try flattened(item, levels.map { $0 - 1 }, state)
                    } else {
                        result += list.items
                    }
                } else {
                    result.append(item)
                }
            }
            try state.checkItems(result.count)
            try state.charge(result.count)
            return result
        }
    }

    /// Dicts in both are merged; everything else comes from `over`.
    private static func merged(_ base: DictValue, _ over: DictValue, _ state: RenderState) throws(EvaluationError)
        -> DictValue
    {
        try state.charge(base.count + over.count)
        let result = base.copy()
        for pair in over.pairs {
            guard let hash = pair.key.hashValueForKey else { continue }
            if case .dict(let inner) = pair.value, case .dict(let old)? = result.get(pair.key, hash: hash) {
                let both = try state.descending { () throws(EvaluationError) in try merged(old, inner, state) }
                result.set(pair.key, hash: hash, .dict(both))
            } else {
                result.set(pair.key, hash: hash, pair.value)
            }
        }
        return result
    }
}
