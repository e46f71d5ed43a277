import JinjaTemplates
import NetworkPrimitives

/// Ansible's tests.
enum AnsibleTests {
    private static func result(_ key: String, name: String, default fallback: Bool, negated: Bool = false)
        -> TemplateFunction
    {
        { (arguments, state) throws(EvaluationError) in
            guard case .dict(let dict) = arguments[0] else {
                throw AddressQuery.failure("The '\(name)' test expects a dictionary")
            }
            let value = try dict.get(key).map { (value) throws(EvaluationError) in try state.truth(value) } ?? fallback
            return .bool(value != negated)
        }
    }

    private static func address(_ accepts: @escaping @Sendable (IPAddress) -> Bool) -> TemplateFunction {
        { (arguments, state) throws(EvaluationError) in
            .bool(IPAddress(try state.string(arguments[0])).map(accepts) ?? false)
        }
    }

    /// An address or a network, which has no bits set behind its prefix.
    private static func network(_ accepts: @escaping @Sendable (IPPrefix) -> Bool) -> TemplateFunction {
        { (arguments, state) throws(EvaluationError) in
            .bool(strictNetwork(try state.string(arguments[0])).map(accepts) ?? false)
        }
    }

    private static func strictNetwork(_ text: String) -> IPPrefix? {
        IPPrefix(text).flatMap { $0.network == $0.address ? $0 : nil }
    }

    private static func within(_ swapped: Bool, addressOnly: Bool = false) -> TemplateFunction {
        { (arguments, state) throws(EvaluationError) in
            guard arguments.count == 2, let a = strictNetwork(try state.string(arguments[0])),
                let b = strictNetwork(try state.string(arguments[1]))
            else {
                return .bool(false)
            }
            if addressOnly, !a.isSingle { return .bool(false) }
            return .bool(swapped ? a.contains(b) : b.contains(a))
        }
    }

    private static func subset(_ swapped: Bool) -> TemplateFunction {
        { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind(swapped ? "issuperset" : "issubset", ["a", "b"], required: 2)
            let (a, b) = (try state.items(bound[0, fallback: .none]), try state.items(bound[1, fallback: .none]))
            try state.charge(a.count &* max(1, b.count) >> 3)
            let (inner, outer) = swapped ? (b, a) : (a, b)
            for item in inner {
                var isFound = false
                for other in outer where try state.equal(item, other) { isFound = true }
                if !isFound { return .bool(false) }
            }
            return .bool(true)
        }
    }

    /// Names a closure's type, which the compiler wants to know before it wraps it.
    private static func function(_ body: @escaping TemplateFunction) -> TemplateFunction { body }

    static let core: [String: TemplateFunction] = {
        var tests = PatternFilters.tests
        tests["failed"] = result("failed", name: "failed", default: false)
        tests["failure"] = tests["failed"]
        tests["succeeded"] = result("failed", name: "succeeded", default: false, negated: true)
        tests["success"] = tests["succeeded"]
        tests["successful"] = tests["succeeded"]
        tests["changed"] = result("changed", name: "changed", default: false)
        tests["change"] = tests["changed"]
        tests["skipped"] = result("skipped", name: "skipped", default: false)
        tests["skip"] = tests["skipped"]
        tests["unreachable"] = result("unreachable", name: "unreachable", default: false)
        tests["reachable"] = result("unreachable", name: "reachable", default: false, negated: true)
        tests["timedout"] = function { (arguments, state) throws(EvaluationError) in
            guard case .dict(let dict) = arguments[0] else {
                throw AddressQuery.failure("The 'timedout' test expects a dictionary")
            }
            guard let value = dict.get("timedout"), try state.truth(value) else { return .bool(false) }
            guard case .dict(let details) = value else {
                throw EvaluationError(.attributeError, "'\(value.typeName)' object has no attribute 'get'")
            }
            return .bool(
                try details.get("period").map { (period) throws(EvaluationError) in try state.truth(period) } ?? false)
        }
        tests["finished"] = result("finished", name: "finished", default: true)
        tests["started"] = result("started", name: "started", default: true)
        tests["subset"] = subset(false)
        tests["issubset"] = tests["subset"]
        tests["superset"] = subset(true)
        tests["issuperset"] = tests["superset"]
        tests["contains"] = function { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("contains", ["seq", "value"], required: 2)
            return .bool(try state.contains(bound[0, fallback: .none], bound[1, fallback: .none]))
        }
        tests["any"] = function { (arguments, state) throws(EvaluationError) in
            for item in try state.items(arguments[0]) where try state.truth(item) { return .bool(true) }
            return .bool(false)
        }
        tests["all"] = function { (arguments, state) throws(EvaluationError) in
            for item in try state.items(arguments[0]) where try !state.truth(item) { return .bool(false) }
            return .bool(true)
        }
        func truthiness(_ expected: Bool) -> TemplateFunction {
            { (arguments, state) throws(EvaluationError) in
                let bound = try arguments.bind("truthy", ["value", "convert_bool"], required: 1)
                let converts = try ScalarFilters.flag(bound[1], state, false)
                var value = arguments[0]
                // Other texts than Ansible's words for yes and no keep the truth that they have.
                let word = value.string?.lowercased().trimmingPythonSpace() ?? ""
                if converts, ScalarFilters.boolean(value) || ["no", "off", "0", "false", "f", "n"].contains(word) {
                    value = .bool(ScalarFilters.boolean(value))
                }
                return .bool(try state.truth(value) == expected)
            }
        }
        tests["truthy"] = truthiness(true)
        tests["falsy"] = truthiness(false)
        tests["nan"] = function { (arguments, _) throws(EvaluationError) in
            if case .double(let number) = arguments[0] { return .bool(number.isNaN) }
            return .bool(false)
        }
        tests["isnan"] = tests["nan"]
        tests["is_abs"] = function { (arguments, state) throws(EvaluationError) in
            .bool(try state.string(arguments[0]).hasPrefix("/"))
        }
        tests["abs"] = function { (arguments, state) throws(EvaluationError) in
            .bool(try state.string(arguments[0]).hasPrefix("/"))
        }
        tests["version"] = function { (arguments, state) throws(EvaluationError) in
            .bool(try VersionComparison.run(arguments, state))
        }
        tests["version_compare"] = tests["version"]
        for name in ["uri", "url", "urn"] {
            tests[name] = function { (arguments, state) throws(EvaluationError) in
                let parts = URLParts(try state.string(arguments[0])).dict
                func has(_ key: String) -> Bool { (parts.get(key)?.string ?? "") != "" }
                switch name {
                case "uri": return .bool(true)
                case "url": return .bool(has("scheme") && has("netloc"))
                default: return .bool(parts.get("scheme")?.string == "urn")
                }
            }
        }
        tests["vault_encrypted"] = function { (arguments, state) throws(EvaluationError) in
            .bool(try state.string(arguments[0]).hasPrefix("$ANSIBLE_VAULT"))
        }
        return tests
    }()

    static let network: [String: TemplateFunction] = [
        "ip": network { _ in true }, "ip_address": address { _ in true },
        "ipv4": network { $0.version == .v4 }, "ipv6": network { $0.version == .v6 },
        "ipv4_address": address { $0.version == .v4 }, "ipv6_address": address { $0.version == .v6 },
        "ipv4_netmask": address { $0.version == .v4 && isMask($0) },
        "ipv4_hostmask": address { $0.version == .v4 && isMask(inverted($0)) },
        "ipv6_ipv4_mapped": address { $0.version == .v6 && $0.value >> 32 == 0xFFFF },
        "ipv6_sixtofour": address { $0.version == .v6 && $0.value >> 112 == 0x2002 },
        "ipv6_teredo": address { $0.version == .v6 && $0.value >> 96 == 0x2001_0000 },
        "multicast": address(AddressRegistry.isMulticast), "loopback": address(AddressRegistry.isLoopback),
        "private": address { !AddressRegistry.isGlobal($0) }, "public": address(AddressRegistry.isGlobal),
        "reserved": address(AddressRegistry.isReserved), "unspecified": address { $0.value == 0 },
        "in_network": within(false),
        "in_any_network": { (arguments, state) throws(EvaluationError) in
            guard arguments.count == 2 else {
                throw EvaluationError(.typeError, "in_any_network() missing 1 required positional argument: 'networks'")
            }
            guard let inner = strictNetwork(try state.string(arguments[0])) else { return .bool(false) }
            for item in try state.items(arguments[1]) {
                if let outer = strictNetwork(try state.string(item)), outer.contains(inner) { return .bool(true) }
            }
            return .bool(false)
        },
        "in_one_network": { (arguments, state) throws(EvaluationError) in
            guard arguments.count == 2 else {
                throw EvaluationError(.typeError, "in_one_network() missing 1 required positional argument: 'networks'")
            }
            guard let inner = strictNetwork(try state.string(arguments[0])) else { return .bool(false) }
            for item in try state.items(arguments[1]) {
                if let outer = strictNetwork(try state.string(item)), outer.contains(inner) { return .bool(true) }
            }
            return .bool(false)
        },
        "subnet_of": within(false), "supernet_of": within(true),
        "resolvable": { (_, _) throws(EvaluationError) in
            throw AddressQuery.failure("'resolvable' is not available: templates do not use the network")
        },
        "mac": { (arguments, _) throws(EvaluationError) in
            guard let text = arguments[0].string else {
                throw EvaluationError(
                    .typeError, "expected string or bytes-like object, got '\(arguments[0].typeName)'")
            }
            return .bool(MACAddress(text) != nil)
        },
    ]

    private static func inverted(_ address: IPAddress) -> IPAddress {
        IPAddress(address.version, address.version.maximum ^ address.value) ?? address
    }
    private static func isMask(_ address: IPAddress) -> Bool {
        let ones = address.version.maximum ^ address.value
        return ones & (ones &+ 1) == 0
    }
}

/// The `version` test: Python's loose and strict versions, and semantic ones.
enum VersionComparison {
    private enum Part: Equatable {
        case number(Int)
        case text(String)
    }

    static func run(_ arguments: Arguments, _ state: RenderState) throws(EvaluationError) -> Bool {
        let bound = try arguments.bind(
            "version", ["value", "version", "operator", "strict", "version_type"], required: 2)
        let (left, right) = (try state.string(arguments[0]), try state.string(bound[1] ?? .none))
        guard !left.isEmpty else { throw AddressQuery.failure("Input version value cannot be empty") }
        guard !right.isEmpty else { throw AddressQuery.failure("Version parameter to compare against cannot be empty") }
        let op = bound[2]?.string ?? "eq"
        let order =
            bound[4]?.string == "semver" || bound[4]?.string == "semantic"
            ? semantic(left, right)
            : loose(left, right, strict: try ScalarFilters.flag(bound[3], state, false) || bound[4]?.string == "strict")
        switch op {
        case "==", "=", "eq": return order == 0
        case "<", "lt": return order < 0
        case "<=", "le": return order <= 0
        case ">", "gt": return order > 0
        case ">=", "ge": return order >= 0
        case "!=", "<>", "ne": return order != 0
        default:
            throw AddressQuery.failure(
                "Invalid operator type (\(op)). Must be one of '==', '=', 'eq', '<', 'lt', '<=', 'le', '>', 'gt', '>=', 'ge', '!=', '<>', 'ne'"
            )
        }
    }

    /// Runs of digits, runs of letters, and what stands between the dots.
    private static func parts(_ text: String) -> [Part] {
        var result: [Part] = []
        var current = ""
        func kind(_ character: Character) -> Int {
            character.isASCII && character.isNumber ? 0 : character.isASCII && character.isLowercase ? 1 : 2
        }
        func flush() {
            guard !current.isEmpty else { return }
            result.append(Int(current).map { .number($0) } ?? .text(current))
            current = ""
        }
        for character in text {
            if character == "." {
                flush()
                continue
            }
            if let last = current.last, kind(last) != kind(character) { flush() }
            current.append(character)
        }
        flush()
        return result
    }

    /// As Python's loose versions are ordered: negative, zero or positive.
    static func looseOrder(_ a: String, _ b: String) -> Int { loose(a, b, strict: false) }

    private static func loose(_ a: String, _ b: String, strict: Bool) -> Int {
        var (x, y) = (parts(a), parts(b))
        if strict {
            while x.count < 3 { x.append(.number(0)) }
            while y.count < 3 { y.append(.number(0)) }
        }
        for (p, q) in zip(x, y) where p != q {
            switch (p, q) {
            case (.number(let m), .number(let n)): return m < n ? -1 : 1
            case (.text(let m), .text(let n)): return m < n ? -1 : 1
            case (.number, .text): return 1
            case (.text, .number): return -1
            }
        }
        return x.count == y.count ? 0 : x.count < y.count ? -1 : 1
    }

    private static func semantic(_ a: String, _ b: String) -> Int {
        func split(_ text: String) -> (core: [Int], pre: [Part]) {
            let plain = text.split(separator: "+", maxSplits: 1)[0]
            let halves = plain.split(separator: "-", maxSplits: 1)
            let pre =
                halves.count > 1
                ? halves[1].split(separator: ".").map { Int($0).map { .number($0) } ?? .text(String($0)) } : [Part]()
            return (halves[0].split(separator: ".").map { Int($0) ?? 0 }, pre)
        }
        let (x, y) = (split(a), split(b))
        for (p, q) in zip(x.core, y.core) where p != q { return p < q ? -1 : 1 }
        if x.pre.isEmpty || y.pre.isEmpty { return x.pre.isEmpty == y.pre.isEmpty ? 0 : x.pre.isEmpty ? 1 : -1 }
        for (p, q) in zip(x.pre, y.pre) where p != q {
            switch (p, q) {
            case (.number(let m), .number(let n)): return m < n ? -1 : 1
            case (.text(let m), .text(let n)): return m < n ? -1 : 1
            case (.number, .text): return -1
            case (.text, .number): return 1
            }
        }
        return x.pre.count == y.pre.count ? 0 : x.pre.count < y.pre.count ? -1 : 1
    }
}
