import CanonicalData
import JinjaTemplates
import TextPatterns

/// netutils on AS numbers, bandwidths, VLAN lists, MAC addresses, times, versions and digests.
enum NetutilsValues {
    private static func value(_ message: String) -> EvaluationError { NetutilsPack.value(message) }

    static let filters: [String: TemplateFunction] = [
        "asn_to_int": NetutilsPack.of("asn_to_int") { (text) throws(EvaluationError) in
            let parts = text.split(separator: ".", omittingEmptySubsequences: false)
            var numbers: [Int] = []
            for part in parts.prefix(2) {
                let digits = String(part).trimmingPythonSpace()
                guard let number = Int(digits), number < 1 << 47 else {
                    throw value("invalid literal for int() with base 10: \(pythonQuoted(digits))")
                }
                numbers.append(number)
            }
            if parts.count == 1 { return .int(numbers[0]) }
            // Both halves are written as at least sixteen binary digits, one behind the other.
            let width = max(16, Int.bitWidth - numbers[1].leadingZeroBitCount)
            guard numbers[0] >= 0, numbers[1] >= 0, width + (Int.bitWidth - numbers[0].leadingZeroBitCount) < 63 else {
                throw value("\(text) is not within range of 1 - 2^32-1")
            }
            return .int(numbers[0] << width | numbers[1])
        },
        "int_to_asdot": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("int_to_asdot", ["asn_int"], required: 1)
            let text = try state.string(bound[0, fallback: .none]).trimmingPythonSpace()
            guard let number = Int(text) else {
                throw value("invalid literal for int() with base 10: \(pythonQuoted(text))")
            }
            guard (1..<1 << 32).contains(number) else { throw value("`\(number)` is not within range of 1 - 2^32-1") }
            return .string(number < 1 << 16 ? "\(number)" : "\(number >> 16).\(number & 0xFFFF)")
        },
        "vlanlist_to_config": { (arguments, state) throws(EvaluationError) in try vlanLines(arguments, state) },
        "vlanconfig_to_list": NetutilsPack.of("vlanconfig_to_list") { (text) throws(EvaluationError) in
            .list(try vlans(text).map { .int($0) })
        },
        "is_valid_mac": NetutilsPack.of("is_valid_mac") { (text) throws(EvaluationError) in .bool(macForm(text) != nil)
        },
        "mac_type": NetutilsPack.of("mac_type") { (text) throws(EvaluationError) in
            _ = try digits(text)
            return macForm(text).map { .string($0) } ?? .none
        },
        "mac_normalize": NetutilsPack.of("mac_normalize") { (text) throws(EvaluationError) in .string(try digits(text))
        },
        "mac_to_int": NetutilsPack.of("mac_to_int") { (text) throws(EvaluationError) in
            .int(Int(try digits(text), radix: 16) ?? 0)
        },
        "mac_to_format": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("mac_to_format", ["mac", "frmt"], required: 1)
            let digits = Array(try digits(try NetutilsPack.text(bound[0], state)))
            let wanted = try state.string(bound[1, fallback: .string("MAC_NO_SPECIAL")])
            guard let form = macForms.first(where: { $0.name == wanted }) else {
                let names = macForms.map(\.name).joined(separator: ", ")
                throw value("An invalid mac format was provided in: `\(wanted)`, not one of [\(names)]")
            }
            let groups = stride(from: 0, to: digits.count, by: form.count).map { start in
                String(digits[start..<min(digits.count, start + form.count)])
            }
            return .string(groups.joined(separator: form.separator))
        },
        "uptime_seconds_to_string": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("uptime_seconds_to_string", ["uptime_seconds"], required: 1)
            var rest = try NetutilsPack.integer(bound[0], 0)
            var parts: [String] = []
            for (name, size) in units {
                // Floored, as Python divides.
                let count = rest >= 0 ? rest / size : -((-(rest + 1)) / size) - 1
                guard count != 0 else { continue }
                rest -= count * size
                parts.append("\(count) \(count == 1 ? String(name.dropLast()) : name)")
            }
            return .string(parts.joined(separator: ", "))
        },
        "uptime_string_to_seconds": NetutilsPack.of("uptime_string_to_seconds") { (text) throws(EvaluationError) in
            let bytes = Array(text.utf8)
            for pattern in uptimes {
                guard let match = try PythonPattern.first(try PythonPattern.compile(pattern), bytes) else { continue }
                var total = 0
                for (name, size) in units {
                    guard let digits = match.text(name, in: bytes) else { continue }
                    guard let number = Int(digits), number < 1 << 32 else {
                        throw value("\(digits) \(name) are more than can be counted")
                    }
                    total += number * size
                }
                return .int(total)
            }
            throw value("Unable to parse uptime string.")
        },
        "compare_version_loose": versions("compare_version_loose", isStrict: false),
        "compare_version_strict": versions("compare_version_strict", isStrict: true),
        "hash_data": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("hash_data", ["data", "algorithm"], required: 2)
            let (data, name) = (
                try state.string(bound[0, fallback: .none]), try NetutilsPack.text(bound[1], state).lowercased()
            )
            try SecretGuard.check(data, "hash_data")
            guard let digest = NamedDigest.hex(name, data.utf8) else {
                throw EvaluationError(.attributeError, "module 'hashlib' has no attribute \(pythonQuoted(name))")
            }
            return .string(digest)
        },
        "bits_to_name": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("bits_to_name", ["speed", "nbr_decimal"], required: 1)
            guard let speed = bound[0]?.bigInteger else {
                throw value("Speed of \(try state.string(bound[0, fallback: .none])) was not a valid speed integer.")
            }
            guard let (name, low) = Bandwidth.bits.last(where: { speed.double >= $0.low }),
                speed.double < Bandwidth.limit(1_000), speed.double >= 0
            else { throw value("Speed of \(speed.description()) was not a valid speed representation.") }
            if low == 0 { return .string("\(speed.description())\(name)") }
            let places = try NetutilsPack.integer(bound[1]?.isNone == true ? nil : bound[1], 0)
            return .string(try Bandwidth.rounded(speed.double / low, places == 0 ? nil : places, state) + name)
        },
        "bytes_to_name": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("bytes_to_name", ["speed", "nbr_decimal"], required: 1)
            guard case .double(let speed)? = bound[0] else {
                throw value("Speed of \(try state.string(bound[0, fallback: .none])) was not a valid speed.")
            }
            guard speed >= 0, speed < Bandwidth.limit(8_000),
                let (name, low) = Bandwidth.bytes.last(where: { speed >= $0.low })
            else {
                throw value("Speed of \(pythonFloat(speed)) was not a valid speed representation.")
            }
            let bits = speed * 8
            return .string(
                try Bandwidth.rounded(low == 0 ? bits : bits / low, try NetutilsPack.integer(bound[1], 0), state) + name
            )
        },
        "name_to_bits": NetutilsPack.of("name_to_bits") { (text) throws(EvaluationError) in
            try Bandwidth.integer(try Bandwidth(text).bits, text)
        },
        "name_to_bytes": NetutilsPack.of("name_to_bytes") { (text) throws(EvaluationError) in
            .double(try Bandwidth(text).bytes)
        },
        "name_to_name": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("name_to_name", ["speed", "speed_type", "nbr_decimal"], required: 2)
            let speed = try Bandwidth(try NetutilsPack.text(bound[0], state))
            let wanted = try state.string(bound[1, fallback: .none])
            guard let size = (Bandwidth.bits + Bandwidth.bytes).first(where: { $0.name == wanted })?.low else {
                throw value("Speed type of \(wanted) was not a valid type.")
            }
            let total = speed.isBytes ? speed.bytes * 8 : speed.bits.rounded(.towardZero)
            return .string(
                try Bandwidth.rounded(size == 0 ? total : total / size, try NetutilsPack.integer(bound[2], 0), state)
                    + wanted)
        },
    ]

    private static let units = [
        ("years", 31_536_000), ("weeks", 604_800), ("days", 86_400), ("hours", 3_600), ("minutes", 60), ("seconds", 1),
    ]
    /// `2 weeks, 1 minute`; `3 days, 10:11:12`; `1w2d3h4m5s`.
    private static let uptimes: [String] = {
        func spoken(_ name: String) -> String { "(?:(?P<\(name)s>\\d+) \(name)s?,\\s+)?" }
        return [
            spoken("year") + spoken("week") + spoken("day") + spoken("hour") + "(?P<minutes>\\d+) minutes?",
            spoken("day") + "(?P<hours>\\d+):(?P<minutes>\\d+):(?P<seconds>\\d+)",
            "(?:(?:(?P<years>\\d+)y)?(?P<weeks>\\d+)w)?(?:(?P<days>\\d+)d)?(?:(?P<hours>\\d+)h)?(?:(?P<minutes>\\d+)m)?(?P<seconds>\\d+)s",
        ]
    }()

    // MARK: MAC addresses

    private static let macForms: [(name: String, count: Int, separator: String)] = [
        ("MAC_COLON_TWO", 2, ":"), ("MAC_COLON_FOUR", 4, ":"), ("MAC_DASH_TWO", 2, "-"), ("MAC_DASH_FOUR", 4, "-"),
        ("MAC_DOT_TWO", 2, "."), ("MAC_DOT_FOUR", 4, "."), ("MAC_NO_SPECIAL", 12, ""),
    ]

    private static func macForm(_ text: String) -> String? {
        macForms.first { form in
            let groups =
                form.separator.isEmpty
                ? [text] : text.components(separatedBy: Character(form.separator))
            return groups.count == 12 / form.count
                && groups.allSatisfy { $0.utf8.count == form.count && $0.utf8.allSatisfy { isHexDigit($0) } }
        }?.name
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }

    private static func digits(_ text: String) throws(EvaluationError) -> String {
        guard macForm(text) != nil else { throw value("There was not a valid mac address in: `\(text)`") }
        return text.filter { $0 != ":" && $0 != "-" && $0 != "." }
    }

    // MARK: VLANs

    private static func vlanLines(_ arguments: Arguments, _ state: RenderState) throws(EvaluationError) -> TemplateValue
    {
        let bound = try arguments.bind(
            "vlanlist_to_config",
            ["vlan_list", "first_line_len", "other_line_len", "min_grouping_size", "return_empty"], required: 1)
        let (first, other) = (try NetutilsPack.integer(bound[1], 48), try NetutilsPack.integer(bound[2], 44))
        let smallest = try NetutilsPack.integer(bound[3], 3)
        var numbers: Set<Int> = []
        for item in try state.items(bound[0, fallback: .none]) { numbers.insert(try NetutilsPack.integer(item, 0)) }
        if numbers.isEmpty {
            if try ScalarFilters.flag(bound[4], state, false) { return .list([]) }
            throw value("The `vlan_list` argument provided is empty, a list of vlans is required, e.g. [10,20,30].")
        }
        guard smallest >= 1 else { throw value("Minimum grouping size must be equal to or greater than one.") }
        let sorted = numbers.sorted()
        if smallest == 1 { return .list(try lines(sorted.map { "\($0)" }.joined(separator: ","), first, other)) }
        guard sorted[0] >= 1, sorted[sorted.count - 1] <= 4_094 else { throw value("Valid VLAN range is 1-4094") }
        var runs: [(first: Int, last: Int)] = []
        for vlan in sorted {
            if let run = runs.last, run.last + 1 == vlan {
                runs[runs.count - 1].last = vlan
            } else {
                runs.append((vlan, vlan))
            }
        }
        let parts = runs.map { run in
            let count = run.last - run.first + 1
            // A run that is too short for a range is written as its first two, as the library does.
            return count >= smallest
                ? "\(run.first)-\(run.last)" : count == 1 ? "\(run.first)" : "\(run.first),\(run.first + 1)"
        }
        return .list(try lines(parts.joined(separator: ","), first, other))
    }

    private static func lines(_ text: String, _ first: Int, _ other: Int) throws(EvaluationError) -> [TemplateValue] {
        let bytes = Array(text.utf8)
        guard bytes.count > first else { return [.string(text)] }
        func longest(from start: Int, _ length: Int, orEnd: Bool) -> Int? {
            guard length >= 0 else { return nil }
            for end in stride(from: min(bytes.count, start + min(length, bytes.count)), through: start, by: -1) {
                if end == bytes.count ? orEnd : bytes[end] == 0x2C { return end }
            }
            return nil
        }
        guard let end = longest(from: 0, first, orEnd: false) else {
            throw value("Line with comma seperated vlans is expected.(E.g. 1-3,5,6,1000,1002) Received \(text)")
        }
        var result = [bytes[..<end]]
        var place = end
        while place < bytes.count {
            if place > 0, bytes[place - 1] == 0x2C, let end = longest(from: place, other, orEnd: true) {
                result.append(bytes[place..<end])
                place = max(place + 1, end)
            } else {
                place += 1
            }
        }
        return result.map { .string(String(decoding: $0, as: UTF8.self)) }
    }

    private static func vlans(_ text: String) throws(EvaluationError) -> [Int] {
        let bytes = Array(text.utf8)
        func all(_ pattern: String) throws(EvaluationError) -> [String] {
            try PythonPattern.matches(try PythonPattern.compile(pattern), bytes).map { $0.text(0, in: bytes) ?? "" }
        }
        let isInvalid = try !all(",?[^0-9\\-],?$").isEmpty
        var result: [Int] = []
        for digits in try all("\\d+") { result.append(Int(digits) ?? Int.max) }
        if isInvalid {
            throw value(
                result.isEmpty ? "No digits found in `\(text)`" : "There were non-digits and dashes found in `\(text)`."
            )
        }
        guard let highest = result.max() else { throw EvaluationError(.indexError, "list index out of range") }
        guard highest <= 4_094 else { throw value("Valid VLAN range is 1-4094, found \(highest)") }
        for range in try all("\\d+-\\d+") {
            let ends = range.split(separator: "-").map { Int($0) ?? 0 }
            if ends[0] + 1 < ends[1] { result += (ends[0] + 1)..<ends[1] }
        }
        return result.sorted()
    }

    // MARK: Versions

    private static func versions(_ name: String, isStrict: Bool) -> TemplateFunction {
        { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind(name, ["current_version", "comparison", "target_version"], required: 3)
            let (current, target) = (try NetutilsPack.text(bound[0], state), try NetutilsPack.text(bound[2], state))
            let order = try isStrict ? strictOrder(current, target) : VersionComparison.looseOrder(current, target)
            switch bound[1]?.string {
            case "<": return .bool(order < 0)
            case "<=": return .bool(order <= 0)
            case "==": return .bool(order == 0)
            case "!=": return .bool(order != 0)
            case ">": return .bool(order > 0)
            case ">=": return .bool(order >= 0)
            default: throw value("Invalid comparison operator: \(try state.string(bound[1, fallback: .none]))")
            }
        }
    }

    private static func strictOrder(_ a: String, _ b: String) throws(EvaluationError) -> Int {
        /// Three numbers, and one that puts a pre-release before its release.
        func numbers(_ text: String) throws(EvaluationError) -> [Int] {
            let bytes = Array(text.utf8)
            let pattern = try PythonPattern.compile(
                "\\A(\\d{1,15})\\.(\\d{1,15})(?:\\.(\\d{1,15}))?(?:([ab])(\\d{1,15}))?\\z")
            guard let match = try PythonPattern.first(pattern, bytes) else {
                throw value("invalid version number '\(text)'")
            }
            func group(_ index: Int) -> Int { match.text(index, in: bytes).flatMap { Int($0) } ?? 0 }
            let stage =
                switch match.text(4, in: bytes) {
                case "a": 0
                case "b": 1
                default: 2
                }
            return [group(1), group(2), group(3), stage, group(5)]
        }
        let (x, y) = (try numbers(a), try numbers(b))
        return x.lexicographicallyPrecedes(y) ? -1 : x == y ? 0 : 1
    }
}

extension String {
    fileprivate func components(separatedBy separator: Character) -> [String] {
        split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
}

/// A speed such as `10Gbps`, after netutils: `bps` itself counts for nothing there.
struct Bandwidth {
    typealias Unit = (name: String, low: Double)
    private static func units(_ suffix: String, _ first: Double) -> [Unit] {
        var low = 0.0
        return ["", "K", "M", "G", "T", "P", "E", "Z"].map { letter in
            defer { low = low == 0 ? first : low * 1_000 }
            return (letter + suffix, low)
        }
    }
    static let bits = units("bps", 1_000)
    static let bytes = units("Bps", 8_000)
    /// Where the greatest unit ends.
    static func limit(_ first: Double) -> Double { first * 1e21 }

    private let number: Double
    private let low: Double
    let isBytes: Bool

    var bits: Double { number * low }
    var bytes: Double { isBytes ? number * low / 8 : number * low * 0.125 }

    init(_ text: String) throws(EvaluationError) {
        func wrong() -> EvaluationError { NetutilsPack.value("Speed of \(text) was not a valid speed representation.") }
        var plain = text.replacing("bit", with: "b").replacing("b/s", with: "b").filter { $0 != " " }
        if let last = plain.last, last == "b" || last == "B" { plain += "ps" }
        let digits = plain.prefix { ("0"..."9").contains($0) || $0 == "." }
        let rest = plain[digits.endIndex...]
        let unit = (Self.bits + Self.bytes).first { rest.hasPrefix($0.name) }
        guard !digits.isEmpty, let unit else { throw wrong() }
        guard let number = Double(digits) else {
            throw NetutilsPack.value("could not convert string to float: \(pythonQuoted(String(digits)))")
        }
        (self.number, low) = (number, unit.low)
        isBytes = unit.name.hasSuffix("Bps")
    }

    static func integer(_ value: Double, _ text: String) throws(EvaluationError) -> TemplateValue {
        guard let number = BigInteger(value.rounded(.towardZero)) else {
            throw NetutilsPack.value("Speed of \(text) was not a valid speed representation.")
        }
        return TemplateValue(number)
    }

    /// Python's `round`: an integer without places, a float with them.
    static func rounded(_ value: Double, _ places: Int?, _ state: RenderState) throws(EvaluationError) -> String {
        guard let places else {
            return BigInteger(value.rounded(.toNearestOrEven))?.description() ?? pythonFloat(value)
        }
        guard let round = RenderState.standardFilter("round") else { return pythonFloat(value) }
        return try state.string(try state.call(round, [.double(value), .int(min(max(places, -400), 400))]))
    }
}
