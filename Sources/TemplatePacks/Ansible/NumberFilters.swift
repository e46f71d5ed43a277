internal import Glibc
import JinjaTemplates

/// Ansible's arithmetic, sizes and VLAN lists.
enum NumberFilters {
    private static func number(_ value: TemplateValue, _ name: String) throws(EvaluationError) -> Double {
        switch value {
        case .int(let number): return Double(number)
        case .bool(let flag): return flag ? 1 : 0
        case .double(let number): return number
        default:
            throw AddressQuery.failure(
                "\(name)() can only be used on numbers: must be real number, not \(value.typeName)")
        }
    }

    static let filters: [String: TemplateFunction] = [
        "log": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("log", ["x", "base"], required: 1)
            let value = try number(arguments[0], "log")
            guard value > 0 else { throw AddressQuery.failure("log() can only be used on numbers: math domain error") }
            guard let base = bound[1] else { return .double(log(value)) }
            let radix = try number(base, "log")
            return .double(radix == 10 ? log10(value) : radix == 2 ? log2(value) : log(value) / log(radix))
        },
        "pow": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("pow", ["x", "y"], required: 2)
            return .double(pow(try number(arguments[0], "pow"), try number(bound[1] ?? .none, "pow")))
        },
        "root": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("root", ["x", "base"], required: 1)
            let value = try number(arguments[0], "root")
            let base = try bound[1].map { (base) throws(EvaluationError) in try number(base, "root") } ?? 2
            return .double(base == 2 ? value.squareRoot() : pow(value, 1 / base))
        },
        "human_readable": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("human_readable", ["size", "isbits", "unit"], required: 1)
            let isBits = try ScalarFilters.flag(bound[1], state, false)
            let size = try number(arguments[0], "human_readable")
            var (suffix, limit) = ("", 1.0)
            for (index, letter) in "YZEPTGMKB".enumerated() {
                let power = pow(1024, Double(8 - index))
                let isChosen = bound[2]?.string.map { $0.uppercased() == String(letter) } ?? (size >= power)
                if isChosen || letter == "B" {
                    (suffix, limit) = (letter == "B" ? "" : String(letter), power)
                    break
                }
            }
            let unit = suffix.isEmpty ? (isBits ? "bits" : "Bytes") : suffix + (isBits ? "b" : "B")
            return .string(
                try state.call(
                    RenderState.standardFilter("format") ?? missing, [.string("%.2f \(unit)"), .double(size / limit)]
                ).string ?? "")
        },
        "human_to_bytes": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("human_to_bytes", ["size", "default_unit", "isbits"], required: 1)
            return try bytes(try state.string(arguments[0]), bound[1]?.string, state)
        },
        "vlan_parser": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("vlan_parser", ["data", "first_line_len", "other_line_len"], required: 1)
            return try vlanLines(arguments[0], bound[1], bound[2], state)
        },
        "vlan_expander": { (arguments, state) throws(EvaluationError) in
            var result: [TemplateValue] = []
            for part in try state.string(arguments[0]).split(separator: ",") {
                let ends = part.split(separator: "-").map { Int($0.filter { $0 != " " }) }
                guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2 else {
                    throw AddressQuery.failure("The format of the VLAN list '\(part)' is not correct")
                }
                guard last - first < 5000 else {
                    throw EvaluationError(.limitExceeded, "a VLAN range of more than 5000")
                }
                try state.charge(max(0, last - first))
                if first <= last { for vlan in first...last { result.append(.int(vlan)) } }
            }
            return .list(try state.sorted(ContiguousArray(result)).map { $0 })
        },
        "hash_salt": { (arguments, state) throws(EvaluationError) in .string(try salt(try state.string(arguments[0])))
        },
    ]

    private static let missing: TemplateFunction = { (_, _) throws(EvaluationError) -> TemplateValue in
        TemplateValue.none
    }

    /// What stands between the second and the third `$` of a hash.
    static func salt(_ password: String) throws(EvaluationError) -> String {
        let parts = password.split(separator: "$", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4 else {
            throw AddressQuery.failure("Could not parse salt out password correctly from \(password)")
        }
        return String(parts[2])
    }

    private static func bytes(_ text: String, _ unit: String?, _ state: RenderState) throws(EvaluationError)
        -> TemplateValue
    {
        let trimmed = text.trimmingPythonSpace()
        let digits = trimmed.prefix { $0.isNumber || $0 == "." }
        var suffix = trimmed[digits.endIndex...].filter { $0 != " " }
        guard let value = Double(digits) else {
            throw EvaluationError(
                .ansibleError,
                "human_to_bytes() can't interpret the input: human_to_bytes() can't interpret following string: \(text)"
            )
        }
        if suffix.isEmpty { suffix = unit ?? "" }
        let letters = "BKMGTPEZY"
        guard let first = suffix.uppercased().first else {
            return BigInteger(value.rounded(.toNearestOrEven)).map { TemplateValue($0) } ?? .none
        }
        guard let index = letters.firstIndex(of: first) else {
            throw EvaluationError(
                .ansibleError,
                "human_to_bytes() can't interpret the input: human_to_bytes() failed to convert \(text) (unit = \(suffix))."
            )
        }
        let power = letters.distance(from: letters.startIndex, to: index)
        return BigInteger((value * pow(1024, Double(power))).rounded(.toNearestOrEven)).map { TemplateValue($0) }
            ?? .none
    }

    private static func vlanLines(
        _ value: TemplateValue, _ first: TemplateValue?, _ other: TemplateValue?, _ state: RenderState
    ) throws(EvaluationError) -> TemplateValue {
        var (firstLength, otherLength) = (48, 44)
        if case .int(let number)? = first { firstLength = number }
        if case .int(let number)? = other { otherLength = number }
        var vlans: [Int] = []
        for item in try state.sorted(try state.items(value)) {
            guard case .int(let number) = item else {
                throw EvaluationError(.typeError, "'<' not supported between instances of '\(item.typeName)' and 'int'")
            }
            if vlans.last != number { vlans.append(number) }
        }
        guard let lowest = vlans.first, let highest = vlans.last else { return .list([]) }
        if lowest < 1 || highest > 4094 { throw AddressQuery.failure("Valid VLAN range is 1-4094") }
        var parts: [String] = []
        var index = 0
        while index < vlans.count {
            var end = index
            while end + 1 < vlans.count, vlans[end + 1] == vlans[end] + 1 { end += 1 }
            if end - index >= 2 {
                parts.append("\(vlans[index])-\(vlans[end])")
            } else {
                parts += vlans[index...end].map(String.init)
            }
            index = end + 1
        }
        var lines = [""]
        for part in parts {
            let limit = lines.count == 1 ? firstLength : otherLength
            let line = lines[lines.count - 1]
            let longer = line.isEmpty ? part : line + "," + part
            if longer.utf8.count <= limit || line.isEmpty {
                lines[lines.count - 1] = longer
            } else {
                lines.append(part)
            }
        }
        return .list(lines.map { .string($0) })
    }
}
