import JinjaTemplates

/// `to_seconds` and its relatives of `community.general`: `1h 30m` as a number of units.
enum TimeUnitFilters {
    private static let milliseconds: [(name: String, value: Int)] = [
        ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("w", 604_800_000),
        ("mo", 2_592_000_000), ("y", 31_536_000_000),
    ]
    private static let longNames: [(name: String, unit: String)] = [
        ("millisecond", "ms"), ("msec", "ms"), ("msecond", "ms"), ("sec", "s"), ("second", "s"), ("hour", "h"),
        ("min", "m"),
        ("minute", "m"), ("day", "d"), ("week", "w"), ("month", "mo"), ("year", "y"),
    ]

    static let filters: [String: TemplateFunction] = {
        var table: [String: TemplateFunction] = ["to_time_unit": convert(nil)]
        for (name, unit) in [
            ("to_milliseconds", "ms"), ("to_seconds", "s"), ("to_minutes", "m"), ("to_hours", "h"), ("to_days", "d"),
            ("to_weeks", "w"), ("to_months", "mo"), ("to_years", "y"),
        ] { table[name] = convert(unit) }
        return table
    }()

    private static func convert(_ fixed: String?) -> TemplateFunction {
        { (arguments, state) throws(EvaluationError) in
            let parameters = (fixed == nil ? ["human_time", "unit"] : ["human_time"]) + ["year", "month"]
            guard arguments.count <= (fixed == nil ? 2 : 1) else {
                throw EvaluationError(
                    .typeError, "to_time_unit() takes fewer positional arguments than \(arguments.count)")
            }
            let unknown = arguments.keywordNames.filter { !parameters.contains($0) }
            guard unknown.isEmpty else {
                throw AddressQuery.failure(
                    "to_time_unit() got unknown keyword arguments: \(unknown.joined(separator: ", "))")
            }
            let bound = try arguments.bind("to_time_unit", parameters, required: 1)
            var unit = fixed ?? ""
            if fixed == nil { unit = try state.string(bound[1, fallback: .string("ms")]) }
            guard let human = bound[0]?.string else {
                throw EvaluationError(.attributeError, "'\(arguments[0].typeName)' object has no attribute 'split'")
            }
            if human == "0" { return .int(0) }
            // Days of a year and of a month can be said.
            var sizes = Dictionary(uniqueKeysWithValues: milliseconds)
            for (name, key) in [("year", "y"), ("month", "mo")] {
                guard let given = arguments.keyword(name) else { continue }
                guard case .int(let days) = given, (1...1_000_000).contains(days) else {
                    throw AddressQuery.failure("to_time_unit(): \(name) is a number of days")
                }
                sizes[key] = days * 86_400_000
            }
            guard let size = sizes[short(unit)] else {
                let longs = longNames.map(\.name).joined(separator: ", ")
                let shorts = milliseconds.map(\.name).joined(separator: ", ")
                throw AddressQuery.failure(
                    "to_time_unit() can not convert to the following unit: \(short(unit)). Available units (singular or plural): \(longs). Available short units: \(shorts)"
                )
            }
            var total = 0
            for word in human.split(whereSeparator: { $0.isWhitespace }) {
                let digits = word.prefix { $0 == "-" || ("0"..."9").contains($0) }
                let rest = word[digits.endIndex...].prefix { $0.isLetter || $0.isNumber || $0 == "_" }
                guard let number = Int(digits), !rest.isEmpty, let factor = sizes[short(String(rest))] else {
                    throw AddressQuery.failure("to_time_unit() can not interpret following string: \(human)")
                }
                let (product, isTooBig) = number.multipliedReportingOverflow(by: factor)
                let (sum, isTooMuch) = total.addingReportingOverflow(product)
                if isTooBig || isTooMuch {
                    throw EvaluationError(.limitExceeded, "to_time_unit(): \(human) is too long a time")
                }
                total = sum
            }
            guard let round = RenderState.standardFilter("round") else { return .double(Double(total) / Double(size)) }
            return try state.call(round, [.double(Double(total) / Double(size)), .int(12)])
        }
    }

    private static func short(_ unit: String) -> String {
        var singular = Substring(unit)
        while singular.hasSuffix("s") { singular = singular.dropLast() }
        return longNames.first { $0.name == singular }?.unit ?? unit
    }
}
