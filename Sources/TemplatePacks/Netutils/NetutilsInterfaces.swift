import JinjaTemplates

/// netutils on names of interfaces.
enum NetutilsInterfaces {
    private static func value(_ message: String) -> EvaluationError { NetutilsPack.value(message) }

    /// Long names with what is read as each.
    private static let readings: [(long: String, words: String)] = [
        ("AppGigabitEthernet", "Ap ap"), ("ATM", "ATM AT"), ("Bdi", "B Bd Bdi"), ("BVI", "Bv Bvi"),
        ("Dialer", "Dialer Di"),
        ("EOBC", "EOBC EO"), ("Ethernet", "Ethernet Eth eth Et et"),
        ("FastEthernet", "FastEthernet FastEth FastE Fast Fas FE Fa fa"), ("Fddi", "Fddi FD"),
        (
            "FortyGigabitEthernet",
            "FortyGigabitEthernet FortyGigEthernet FortyGigEth FortyGigE FortyGig FGE FO Fo"
        ), ("FiftyGigabitEthernet", "FiftyGigabitEthernet FiftyGigEthernet FiftyGigEth FiftyGigE FI Fi fi"),
        ("GigabitEthernet", "GigabitEthernet GigEthernet GigEth GigE Gig GE Ge ge Gi gi"),
        ("HundredGigabitEthernet", "HundredGigabitEthernet HundredGigEthernet HundredGigEth HundredGigE HundredGig Hu"),
        (
            "TwentyFiveGigE",
            "TwentyFiveGigabitEthernet TwentyFiveGigEthernet TwentyFiveGigEth TwentyFiveGigE TwentyFiveGig TF Tf tf Twe"
        ),
        (
            "TwoHundredGigabitEthernet",
            "TwoHundredGigabitEthernet TwoHundredGigEthernet TwoHundredGigEth TwoHundredGigE TwoHundredGig TH Th th"
        ),
        (
            "FourHundredGigabitEthernet",
            "FourHundredGigabitEthernet FourHundredGigEthernet FourHundredGigEth FourHundredGigE FourHundredGig F f"
        ), ("Loopback", "Loopback loopback Lo lo"), ("Management", "Management Mgmt mgmt Ma"),
        ("Ma", "Management_short"),
        ("MFR", "MFR"), ("Multilink", "Multilink Mu"), ("nve", "n nv nve"),
        ("Port-channel", "Bridge-Aggregation PortChannel Port-channel Port-Channel port-channel po Po"),
        ("POS", "POS PO"),
        ("Serial", "Serial Se S"), ("Sync", "Sync Sy"),
        (
            "TenGigabitEthernet",
            "Ten-GigabitEthernet TenGigabitEthernet TenGigEthernet TenGigEth TenGigE TenGig TeGig Ten T Te te XGE"
        ), ("Tunnel", "Tunnel Tun Tu"), ("TwoGigabitEthernet", "Tw Two"), ("Virtual-Access", "Virtual-Access Vi"),
        ("Virtual-Template", "Virtual-Template Vt"), ("VLAN", "VLAN V Vl Vlan-interface vlan"),
        ("Wlan-GigabitEthernet", "Wlan-GigabitEthernet"),
    ]
    private static let longNames: [String: String] = {
        var table: [String: String] = [:]
        for (long, words) in readings { for word in words.split(separator: " ") { table[String(word)] = long } }
        return table
    }()
    private static let shortNames: [String: String] = [
        "AppGigabitEthernet": "Ap", "ATM": "At", "BVI": "Bv", "Dialer": "Di", "EOBC": "EO", "Ethernet": "Et",
        "FastEthernet": "Fa", "Fddi": "FD", "FortyGigabitEthernet": "Fo", "FourHundredGigabitEthernet": "FH",
        "GigabitEthernet": "Gi", "HundredGigabitEthernet": "Hu", "Loopback": "Lo", "Management": "Ma", "MFR": "MFR",
        "Multilink": "Mu", "Port-channel": "Po", "POS": "PO", "Serial": "Se", "Sync": "Sy", "TenGigabitEthernet": "Te",
        "Tunnel": "Tu", "TwoGigabitEthernet": "Tw", "TwentyFiveGigE": "Twe", "Virtual-Access": "Vi",
        "Virtual-Template": "Vt",
        "VLAN": "Vl", "Wlan-GigabitEthernet": "Wl-Gi",
    ]

    private static func split(_ name: String) -> (head: String, tail: String) {
        let scalars = Array(name.unicodeScalars)
        let end = scalars.lastIndex { !"/\\0123456789.: ".unicodeScalars.contains($0) }.map { $0 + 1 } ?? 0
        let tail = scalars[end...].drop(while: isPythonSpace)
        func text(_ part: ArraySlice<Unicode.Scalar>) -> String { String(String.UnicodeScalarView(part)) }
        return (text(scalars[..<end]), text(tail))
    }

    private static func additions(_ value: TemplateValue?, _ state: RenderState) throws(EvaluationError) -> [String:
        String]
    {
        guard case .dict(let dict)? = value else { return [:] }
        var table: [String: String] = [:]
        for pair in dict.pairs { table[try state.string(pair.key)] = try state.string(pair.value) }
        return table
    }

    private static func canonical(_ name: String, _ added: [String: String]) -> String? {
        let (head, tail) = split(name)
        return (added[head] ?? longNames[head]).map { $0 + tail }
    }

    private static func abbreviated(_ name: String, _ added: [String: String], _ reverse: [String: String]) -> String? {
        let (head, tail) = split(name)
        let long = added[head] ?? longNames[head] ?? head
        return (reverse[long] ?? shortNames[long]).map { $0 + tail }
    }

    private static func one(_ function: String, abbreviates: Bool) -> TemplateFunction {
        { (arguments, state) throws(EvaluationError) in
            let parameters = ["interface", "addl_name_map"] + (abbreviates ? ["addl_reverse_map"] : []) + ["verify"]
            let bound = try arguments.bind(function, parameters, required: 1)
            let name = try NetutilsPack.text(bound[0], state)
            let added = try additions(bound[1], state)
            let result = abbreviates ? abbreviated(name, added, try additions(bound[2], state)) : canonical(name, added)
            if result == nil, try ScalarFilters.flag(bound[abbreviates ? 3 : 2], state, false) {
                throw value("Verify interface on and no match found for \(name)")
            }
            return .string(result ?? name)
        }
    }

    private static func many(_ function: String, abbreviates: Bool) -> TemplateFunction {
        { (arguments, state) throws(EvaluationError) in
            let middle = abbreviates ? ["addl_reverse_map"] : []
            let parameters = ["interfaces", "addl_name_map"] + middle + ["verify", "order", "reverse"]
            let bound = try arguments.bind(function, parameters, required: 1)
            let shift = middle.count
            let (added, reverse) = (try additions(bound[1], state), abbreviates ? try additions(bound[2], state) : [:])
            let order = bound[3 + shift, fallback: .none]
            let isReversed = try ScalarFilters.flag(bound[4 + shift], state, false)
            if isReversed, order.isNone { throw value("Order must be set to use reverse.") }
            if !order.isNone, order.string != "alphabetical" {
                throw value("\(try state.string(order)) is not one of the supported orderings")
            }
            var names: [String] = []
            var unmatched: [String] = []
            for item in try state.items(bound[0, fallback: .none]) {
                let name = try NetutilsPack.text(item, state)
                let result = abbreviates ? abbreviated(name, added, reverse) : canonical(name, added)
                if result == nil { unmatched.append(name) }
                names.append(result ?? name)
            }
            // The library raises whenever it is asked to verify.
            if try ScalarFilters.flag(bound[2 + shift], state, false) {
                throw value("Verify interface on and no match found for \(unmatched.joined(separator: ", "))")
            }
            if !order.isNone { names = try sorted(names, state) }
            if isReversed { names.reverse() }
            return .list(names.map { .string($0) })
        }
    }

    static let filters: [String: TemplateFunction] = [
        "split_interface": NetutilsPack.of("split_interface") { (text) throws(EvaluationError) in
            let (head, tail) = split(text)
            return .tuple([.string(head), .string(tail)])
        },
        "canonical_interface_name": one("canonical_interface_name", abbreviates: false),
        "abbreviated_interface_name": one("abbreviated_interface_name", abbreviates: true),
        "canonical_interface_name_list": many("canonical_interface_name_list", abbreviates: false),
        "abbreviated_interface_name_list": many("abbreviated_interface_name_list", abbreviates: true),
        "interface_range_expansion": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("interface_range_expansion", ["interface_pattern"], required: 1)
            return .list(try expanded(try NetutilsPack.text(bound[0], state), state).map { .string($0) })
        },
        "interface_range_compress": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("interface_range_compress", ["interface_list"], required: 1)
            return .list(try compressed(try texts(bound[0], state), state).map { .string($0) })
        },
        "sort_interface_list": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("sort_interface_list", ["interfaces"], required: 1)
            return .list(try sorted(try texts(bound[0], state), state).map { .string($0) })
        },
    ]

    private static func texts(_ value: TemplateValue?, _ state: RenderState) throws(EvaluationError) -> [String] {
        var result: [String] = []
        for item in try state.items(value ?? .none) { result.append(try NetutilsPack.text(item, state)) }
        return result
    }

    // MARK: Order

    /// A run of letters, of digits or of separators.
    private struct Piece {
        var kind: Int
        var text: String

        /// Negative, zero or positive as this one comes before, with or after the other.
        func order(_ other: Piece) -> Int {
            if kind != other.kind { return kind - other.kind }
            switch kind {
            case 1:
                let (a, b) = (text.drop { $0 == "0" }, other.text.drop { $0 == "0" })
                if a.utf8.count != b.utf8.count { return a.utf8.count - b.utf8.count }
                return a == b ? 0 : a < b ? -1 : 1
            case 2:
                func weight(_ text: String) -> Int { text == "." ? 10 : text == "/" ? 20 : 0 }
                return weight(text) - weight(other.text)
            default: return text == other.text ? 0 : text < other.text ? -1 : 1
            }
        }
    }

    private static func pieces(_ name: String) throws(EvaluationError) -> [Piece] {
        var result: [Piece] = []
        for scalar in name.unicodeScalars {
            let kind: Int
            switch scalar {
            case "a"..."z", "A"..."Z", "-": kind = 0
            case "0"..."9": kind = 1
            case ".", "/": kind = 2
            default: throw value("unknown character \(pythonQuoted(String(scalar))).")
            }
            if result.last?.kind == kind {
                result[result.count - 1].text.unicodeScalars.append(scalar)
            } else {
                result.append(Piece(kind: kind, text: String(scalar)))
            }
        }
        return result
    }

    private static func sorted(_ names: [String], _ state: RenderState) throws(EvaluationError) -> [String] {
        var seen: Set<String> = []
        var keyed: [(pieces: [Piece], name: String, index: Int)] = []
        for name in names where !name.isEmpty && seen.insert(name).inserted {
            keyed.append((try pieces(name), name, keyed.count))
        }
        try state.charge(keyed.count * 16)
        keyed.sort { a, b in
            for (x, y) in zip(a.pieces, b.pieces) {
                let order = x.order(y)
                if order != 0 { return order < 0 }
            }
            return a.pieces.count == b.pieces.count ? a.index < b.index : a.pieces.count < b.pieces.count
        }
        return keyed.map(\.name)
    }

    // MARK: Ranges

    /// `[1-3,5]` in any place of the name.
    private static func expanded(_ pattern: String, _ state: RenderState) throws(EvaluationError) -> [String] {
        var results = [""]
        var rest = Array(pattern.utf8)[...]
        func append(_ choices: [String]) throws(EvaluationError) {
            let (count, isTooMany) = results.count.multipliedReportingOverflow(by: choices.count)
            try state.checkItems(isTooMany ? Int.max : count)
            results = results.flatMap { start in choices.map { start + $0 } }
            try state.checkText(bytes: (results.first?.utf8.count ?? 0) * results.count)
        }
        func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
        while let open = rest.firstIndex(of: UInt8(ascii: "[")) {
            let inside = rest[(open + 1)...].prefix { (0x30...0x39).contains($0) || $0 == 0x2C || $0 == 0x2D }
            guard !inside.isEmpty, inside.endIndex < rest.endIndex, rest[inside.endIndex] == UInt8(ascii: "]") else {
                try append([text(rest[...open])])
                rest = rest[(open + 1)...]
                continue
            }
            try append([text(rest[..<open])])
            try append(try numbers(text(inside), state))
            rest = rest[(inside.endIndex + 1)...]
        }
        try append([text(rest)])
        return results
    }

    private static func numbers(_ text: String, _ state: RenderState) throws(EvaluationError) -> [String] {
        var result: [String] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            func number(_ digits: Substring) throws(EvaluationError) -> Int {
                guard let number = Int(digits), number < 1 << 40 else {
                    throw value("invalid literal for int() with base 10: \(pythonQuoted(String(digits)))")
                }
                return number
            }
            if let dash = part.dropFirst().firstIndex(of: "-") {
                let (first, last) = (try number(part[..<dash]), try number(part[part.index(after: dash)...]))
                if first <= last {
                    try state.checkItems(last - first + 1)
                    for number in first...last { result.append("\(number)") }
                }
            } else {
                result.append("\(try number(part))")
            }
        }
        return result
    }

    private static func compressed(_ names: [String], _ state: RenderState) throws(EvaluationError) -> [String] {
        var order: [String] = []
        var ports: [String: [Int]] = [:]
        var current: String?
        for name in try sorted(names, state) {
            let parts = try pieces(name)
            guard let last = parts.last, let number = Int(last.text), number < Int.max else {
                throw value("invalid literal for int() with base 10: \(pythonQuoted(parts.last?.text ?? ""))")
            }
            let module = parts.dropLast().map(\.text).joined()
            if ports[module] == nil { order.append(module) }
            // A module that comes back after another starts over, as in the library.
            ports[module] = current == module || current == nil ? (ports[module] ?? []) + [number] : [number]
            current = module
        }
        var result: [String] = []
        for module in order {
            var runs: [(first: Int, last: Int)] = []
            for port in ports[module] ?? [] {
                if let run = runs.last, run.last + 1 == port {
                    runs[runs.count - 1].last = port
                } else {
                    runs.append((port, port))
                }
            }
            result += runs.map { $0.first == $0.last ? "\(module)\($0.first)" : "\(module)\($0.first)-\($0.last)" }
        }
        return result
    }
}
