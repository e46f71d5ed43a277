import CanonicalData
import JinjaTemplates
import NetworkPrimitives

/// The filters of SONiC's `sonic-cfggen` and `bgpcfgd`.
enum SONiCPack {
    static let pack = TemplatePack(
        name: "sonic", filters: filters,
        globals: [
            "template_exists": { (arguments, state) throws(EvaluationError) in
                let bound = try arguments.bind("template_exists", ["name"], required: 1)
                return .bool(try state.hasTemplate(named: try state.string(bound[0, fallback: .none])))
            }
        ])

    private static let filters: [String: TemplateFunction] = [
        "sort_by_port_index": { (arguments, state) throws(EvaluationError) in try sortPorts(arguments, state) },
        "ipv4": { (arguments, state) throws(EvaluationError) in
            .bool(try prefix("is_ipv4", arguments, state)?.version == .v4)
        },
        "ipv6": { (arguments, state) throws(EvaluationError) in
            .bool(try prefix("is_ipv6", arguments, state)?.version == .v6)
        },
        "ip": attribute { $0.address.description },
        "network": attribute { $0.network.description },
        "prefixlen": attribute { "\($0.length)" },
        "netmask": attribute { $0.netmask.description },
        "broadcast": attribute { $0.sizeMinusOne > 1 ? $0.last.description : nil },
        "ip_network": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("ip_network", ["value"], required: 1)
            let text = try state.string(bound[0, fallback: .none])
            return .string(IPPrefix(text)?.network.description ?? "Invalid ip address \(text)")
        },
        "is_interface": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("is_interface", ["value"], required: 1)
            guard try state.truth(bound[0, fallback: .none]) else { return .bool(false) }
            let text = try state.string(bound[0, fallback: .none])
            for kind in ["Ethernet", "PortChannel", "Vlan"] where text.hasPrefix(kind) {
                let number = text.dropFirst(kind.count)
                return .bool(!number.isEmpty && number.utf8.allSatisfy { (0x30...0x39).contains($0) })
            }
            return .bool(false)
        },
        "unique_name": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("unique_name", ["l"], required: 1)
            let seen = DictValue()
            var kept: [TemplateValue] = []
            for item in try state.items(bound[0, fallback: .none]) {
                let name = try state.item(item, .string("name"))
                if name.isUndefined { throw EvaluationError(.keyError, "'name'") }
                guard let hash = name.hashValueForKey else {
                    throw EvaluationError(.typeError, "unhashable type: '\(name.typeName)'")
                }
                if seen.get(name, hash: hash) == nil { kept.append(item) }
                seen.set(name, hash: hash, .none)
            }
            return .list(kept)
        },
        "pfx_filter": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("pfx_filter", ["value"], required: 1)
            return .dict(try interfacePrefixes(bound[0, fallback: .none], state))
        },
        "get_primary_addr": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("get_primary_addr", ["value"], required: 1)
            guard try state.truth(bound[0, fallback: .none]) else { return .emptyText }
            return .dict(try primaryGateways(bound[0, fallback: .none], state))
        },
        "b64encode": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("b64encode", ["value"], required: 1)
            guard let text = bound[0]?.string else { return bound[0, fallback: .none] }
            return .string(Base64.encode(text.utf8))
        },
        "b64decode": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("b64decode", ["value"], required: 1)
            let value = bound[0, fallback: .none]
            guard let bytes = value.string.flatMap({ Base64.decode($0) }) else { return value }
            return String(validating: bytes, as: UTF8.self).map { .string($0) } ?? value
        },
        "file_exists": { (_, _) throws(EvaluationError) in
            throw EvaluationError(
                .notImplementedError,
                "file_exists is not available: a rendering reads nothing but its templates and variables. Say in a variable what the switch has"
            )
        },
    ]

    /// What netaddr's `IPNetwork` would be; nil for anything that counts as false or is no prefix.
    private static func prefix(_ name: String, _ arguments: Arguments, _ state: RenderState) throws(EvaluationError)
        -> IPPrefix?
    {
        let value = try arguments.bind(name, ["value"], required: 1)[0, fallback: .none]
        guard try state.truth(value) else { return nil }
        return IPPrefix(try state.string(value).trimmingPythonSpace())
    }

    private static func attribute(_ part: @escaping @Sendable (IPPrefix) -> String?) -> TemplateFunction {
        { (arguments, state) throws(EvaluationError) in
            guard let prefix = try prefix("prefix_attr", arguments, state), let text = part(prefix) else {
                return .none
            }
            return .string(text)
        }
    }

    /// Sorts a list of ports in place and gives nothing back, so that templates call it with `set _ =` or `do`.
    private static func sortPorts(_ arguments: Arguments, _ state: RenderState) throws(EvaluationError) -> TemplateValue
    {
        let value = try arguments.bind("sort_by_port_index", ["value"], required: 1)[0, fallback: .none]
        guard case .list(let list) = value, !list.items.isEmpty else {
            if case .undefined(let info) = value, state.isStrict(info) { throw state.undefinedError(info) }
            return .none
        }
        if list.isFrozen { throw EvaluationError.frozen() }
        list.items = try state.sorted(list.items) { (item) throws(EvaluationError) in
            guard let text = item.string else {
                throw EvaluationError(.typeError, "'\(item.typeName)' object is not subscriptable")
            }
            // `Ethernet12`, or `Ethernet-BP12` for a port between chips, which come last.
            let isBackplane = text.contains("BP")
            let digits = String(text.unicodeScalars.dropFirst(isBackplane ? 11 : 8)).trimmingPythonSpace()
            guard let number = Int(digits), number < Int.max - 1_024 else {
                throw EvaluationError(.valueError, "invalid literal for int() with base 10: \(pythonQuoted(digits))")
            }
            return .int(isBackplane ? number + 1_024 : number)
        }
        return .none
    }

    /// The entries of an interface table whose key is a pair of interface and address, which gets a length when it has none.
    private static func interfacePrefixes(_ value: TemplateValue, _ state: RenderState) throws(EvaluationError)
        -> DictValue
    {
        let table = DictValue()
        guard try state.truth(value) else { return table }
        guard case .dict(let dict) = value else {
            throw EvaluationError(.attributeError, "'\(value.typeName)' object has no attribute 'items'")
        }
        for pair in dict.pairs {
            guard case .tuple(let key) = pair.key, key.items.count == 2, let name = key.items[0].string,
                !name.isEmpty, name.utf8.count < 16, let text = key.items[1].string, let prefix = IPPrefix(text)
            else { continue }
            let full = text.contains("/") ? pair.key : .tuple([key.items[0], .string("\(text)/\(prefix.length)")])
            if let hash = full.hashValueForKey { table.set(full, hash: hash, pair.value) }
        }
        return table
    }

    /// The first address of the network of each interface that also has secondary addresses.
    private static func primaryGateways(_ value: TemplateValue, _ state: RenderState) throws(EvaluationError)
        -> DictValue
    {
        let table = try interfacePrefixes(value, state)
        func isSecondary(_ value: TemplateValue) throws(EvaluationError) -> Bool {
            try state.contains(value, .string("secondary"))
        }
        var waiting: Set<String> = []
        for pair in table.pairs {
            if case .tuple(let key) = pair.key, try isSecondary(pair.value) {
                waiting.insert(key.items[0].string ?? "")
            }
        }
        let result = DictValue()
        for pair in table.pairs {
            guard case .tuple(let key) = pair.key, let name = key.items[0].string, waiting.contains(name),
                try !isSecondary(pair.value),
                let prefix = key.items[1].string.flatMap({ IPPrefix($0) })
            else { continue }
            guard let gateway = prefix.isSingle ? nil : prefix.network.advanced(by: 1) else {
                throw EvaluationError(.indexError, "address out of range")
            }
            waiting.remove(name)
            let full = TemplateValue.tuple([key.items[0], .string(gateway.description)])
            if let hash = full.hashValueForKey { result.set(full, hash: hash, .dict(DictValue())) }
        }
        return result
    }
}
