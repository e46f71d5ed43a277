import JinjaTemplates

/// A date, or a date and time, as Python's `datetime` prints it. Without a time zone.
final class DateTimeValue: ObjectValue {
    let year: Int, month: Int, day: Int
    /// Nil for a date.
    let time: (hour: Int, minute: Int, second: Int, microsecond: Int)?

    init?(year: Int, month: Int, day: Int, time: (hour: Int, minute: Int, second: Int, microsecond: Int)? = nil) {
        guard (1...9999).contains(year), (1...12).contains(month), (1...Self.days(in: month, of: year)).contains(day)
        else { return nil }
        if let time {
            guard (0..<24).contains(time.hour), (0..<60).contains(time.minute), (0..<60).contains(time.second) else {
                return nil
            }
        }
        (self.year, self.month, self.day, self.time) = (year, month, day, time)
    }

    /// Seconds since 1970 in UTC.
    convenience init?(epoch: Double) {
        guard abs(epoch) < 1e11 else { return nil }
        let seconds = Int(epoch.rounded(.down))
        var (days, rest) = seconds.quotientAndRemainder(dividingBy: 86400)
        if rest < 0 { (days, rest) = (days - 1, rest + 86400) }
        // Days since 0000-03-01, in cycles of 400 years.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        self.init(
            year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month: month,
            day: dayOfYear - (153 * shiftedMonth + 2) / 5 + 1,
            time: (rest / 3600, rest / 60 % 60, rest % 60, 0))
    }

    /// A YAML timestamp; one with a time zone becomes UTC only when it is UTC already.
    convenience init?(yaml text: String) {
        let numbers = text.split { !$0.isNumber }.map { Int($0) ?? 0 }
        guard numbers.count >= 3 else { return nil }
        if numbers.count == 3 {
            self.init(year: numbers[0], month: numbers[1], day: numbers[2])
        } else {
            let zone = text.drop { $0 != ":" }.contains { $0 == "+" || $0 == "-" }
            guard numbers.count >= 6, !zone else { return nil }
            var micro = 0
            if numbers.count > 6, let dot = text.firstIndex(of: ".") {
                let digits = text[text.index(after: dot)...].prefix { $0.isNumber }.prefix(6)
                micro = Int(digits + String(repeating: "0", count: 6 - digits.count)) ?? 0
            }
            self.init(
                year: numbers[0], month: numbers[1], day: numbers[2], time: (numbers[3], numbers[4], numbers[5], micro))
        }
    }

    private static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }
    private static func days(in month: Int, of year: Int) -> Int {
        month == 2 ? (isLeap(year) ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    /// From 1.
    private var dayOfYear: Int { (1..<month).reduce(day) { $0 + Self.days(in: $1, of: year) } }
    /// Days since 0001-01-01, which was a Monday.
    private var ordinal: Int {
        let before = year - 1
        return before * 365 + before / 4 - before / 100 + before / 400 + dayOfYear - 1
    }
    private var epoch: Int {
        (ordinal - 719_162) * 86400 + (time.map { $0.hour * 3600 + $0.minute * 60 + $0.second } ?? 0)
    }

    override var typeName: String { time == nil ? "date" : "datetime" }

    override func print(_ state: RenderState) throws(EvaluationError) -> String { yaml }

    /// As YAML and `str` have it.
    var yaml: String { text(separator: " ") }

    private func text(separator: String) -> String {
        let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
        guard let time else { return date }
        let clock = "\(padded(time.hour, 2)):\(padded(time.minute, 2)):\(padded(time.second, 2))"
        return date + separator + clock + (time.microsecond == 0 ? "" : "." + padded(time.microsecond, 6))
    }

    override func represent(_ state: RenderState) throws(EvaluationError) -> String {
        guard let time else { return "datetime.date(\(year), \(month), \(day))" }
        var parts = [year, month, day, time.hour, time.minute]
        if time.second != 0 || time.microsecond != 0 { parts.append(time.second) }
        if time.microsecond != 0 { parts.append(time.microsecond) }
        return "datetime.datetime(\(parts.map(String.init).joined(separator: ", ")))"
    }

    override func equals(_ other: TemplateValue, _ state: RenderState) throws(EvaluationError) -> Bool {
        guard case .object(let object) = other, let date = object as? DateTimeValue else { return false }
        return (date.time == nil) == (time == nil) && date.yaml == yaml
    }

    override func attribute(_ name: String, _ state: RenderState) throws(EvaluationError) -> TemplateValue? {
        switch name {
        case "year": return .int(year)
        case "month": return .int(month)
        case "day": return .int(day)
        case "hour": return time.map { .int($0.hour) }
        case "minute": return time.map { .int($0.minute) }
        case "second": return time.map { .int($0.second) }
        case "microsecond": return time.map { .int($0.microsecond) }
        case "isoformat":
            let text = text(separator: "T")
            return .object(FunctionValue("isoformat") { (_, _) throws(EvaluationError) in .string(text) })
        case "strftime":
            return .object(
                FunctionValue("strftime") { (arguments, state) throws(EvaluationError) in
                    let bound = try arguments.bind("strftime", ["format"], required: 1)
                    return .string(self.formatted(try state.string(bound[0] ?? .none)))
                })
        case "timestamp" where time != nil:
            let seconds = Double(epoch)
            return .object(FunctionValue("timestamp") { (_, _) throws(EvaluationError) in .double(seconds) })
        default: return nil
        }
    }

    private func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    private static let dayNames = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    private static let monthNames = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]

    /// C's `strftime` in the C locale and UTC.
    func formatted(_ format: String) -> String {
        let clock = time ?? (0, 0, 0, 0)
        let weekday = ordinal % 7
        let hour12 = clock.hour % 12 == 0 ? 12 : clock.hour % 12
        var (result, isEscape) = ("", false)
        for letter in format {
            guard isEscape else {
                if letter == "%" { isEscape = true } else { result.append(letter) }
                continue
            }
            isEscape = false
            switch letter {
            case "Y": result += String(year)
            case "y": result += padded(year % 100, 2)
            case "C": result += padded(year / 100, 2)
            case "m": result += padded(month, 2)
            case "d": result += padded(day, 2)
            case "e": result += day < 10 ? " \(day)" : "\(day)"
            case "H": result += padded(clock.hour, 2)
            case "I": result += padded(hour12, 2)
            case "M": result += padded(clock.minute, 2)
            case "S": result += padded(clock.second, 2)
            case "f": result += padded(clock.microsecond, 6)
            case "p": result += clock.hour < 12 ? "AM" : "PM"
            case "j": result += padded(dayOfYear, 3)
            case "a": result += Self.dayNames[weekday].prefix(3)
            case "A": result += Self.dayNames[weekday]
            case "b", "h": result += Self.monthNames[month - 1].prefix(3)
            case "B": result += Self.monthNames[month - 1]
            case "u": result += String(weekday + 1)
            case "w": result += String((weekday + 1) % 7)
            case "U": result += padded((dayOfYear + 6 - (weekday + 1) % 7) / 7, 2)
            case "W": result += padded((dayOfYear + 6 - weekday) / 7, 2)
            case "F": result += formatted("%Y-%m-%d")
            case "T", "X": result += formatted("%H:%M:%S")
            case "R": result += formatted("%H:%M")
            case "D", "x": result += formatted("%m/%d/%y")
            case "c": result += formatted("%a %b %e %H:%M:%S %Y")
            case "s": result += String(epoch)
            case "z": result += "+0000"
            case "Z": result += "UTC"
            case "n": result += "\n"
            case "t": result += "\t"
            case "%": result += "%"
            default: result += "%" + String(letter)
            }
        }
        return isEscape ? result + "%" : result
    }

    /// Python's `strptime` for numeric directives and month names.
    static func parse(_ text: String, _ format: String) throws(EvaluationError) -> DateTimeValue {
        func mismatch() -> EvaluationError {
            EvaluationError(
                .valueError, "time data \(pythonQuoted(text)) does not match format \(pythonQuoted(format))")
        }
        var rest = Substring(text)
        var fields: [Character: Int] = [:]
        var letters = Substring(format)
        while let letter = letters.popFirst() {
            guard letter == "%", let directive = letters.popFirst() else {
                if letter.isWhitespace {
                    rest = rest.drop(while: \.isWhitespace)
                } else {
                    guard rest.popFirst() == letter else { throw mismatch() }
                }
                continue
            }
            switch directive {
            case "Y", "m", "d", "H", "I", "M", "S", "j", "y", "f":
                let width = directive == "Y" ? 4 : directive == "j" ? 3 : directive == "f" ? 6 : 2
                let digits = rest.prefix(width).prefix { $0.isASCII && $0.isNumber }
                guard let number = Int(digits), directive != "Y" || digits.count == 4 else { throw mismatch() }
                fields[directive] =
                    directive == "f" ? Int(digits + String(repeating: "0", count: 6 - digits.count)) : number
                rest = rest.dropFirst(digits.count)
            case "b", "B":
                guard
                    let month = monthNames.firstIndex(where: {
                        rest.lowercased().hasPrefix(directive == "B" ? $0.lowercased() : $0.prefix(3).lowercased())
                    })
                else { throw mismatch() }
                fields["m"] = month + 1
                rest = rest.dropFirst(directive == "B" ? monthNames[month].count : 3)
            case "p":
                let half = rest.prefix(2).lowercased()
                guard half == "am" || half == "pm" else { throw mismatch() }
                fields["p"] = half == "pm" ? 1 : 0
                rest = rest.dropFirst(2)
            case "Z" where rest.hasPrefix("UTC") || rest.hasPrefix("GMT"): rest = rest.dropFirst(3)
            case "%": guard rest.popFirst() == "%" else { throw mismatch() }
            default:
                throw EvaluationError(
                    .valueError, "'\(directive)' is a bad directive in format \(pythonQuoted(format))")
            }
        }
        guard rest.isEmpty else { throw EvaluationError(.valueError, "unconverted data remains: \(rest)") }
        var hour = fields["H"] ?? 0
        if let given = fields["I"] { hour = given % 12 + (fields["p"] ?? 0) * 12 }
        let year = fields["Y"] ?? fields["y"].map { $0 < 69 ? 2000 + $0 : 1900 + $0 } ?? 1900
        guard
            let date = DateTimeValue(
                year: year, month: fields["m"] ?? 1, day: fields["d"] ?? 1,
                time: (hour, fields["M"] ?? 0, fields["S"] ?? 0, fields["f"] ?? 0))
        else { throw mismatch() }
        return date
    }
}

/// Ansible's `strftime` and `to_datetime`.
enum ClockFilters {
    static let filters: [String: TemplateFunction] = [
        "strftime": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("strftime", ["string_format", "second", "utc"], required: 1)
            guard let second = bound[1], !second.isNone else {
                throw AddressQuery.failure(
                    "strftime: the same change must render the same text whenever it is rendered; give the time, in seconds since 1970, as an argument"
                )
            }
            let number: Double?
            switch second {
            case .int(let value): number = Double(value)
            case .double(let value): number = value
            case .text(let text): number = Double(text.string)
            default: number = nil
            }
            guard let number, let date = DateTimeValue(epoch: number) else {
                throw AddressQuery.failure("Invalid value for epoch value (\(try state.string(second)))")
            }
            return .string(date.formatted(try state.string(arguments[0])))
        },
        "to_datetime": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("to_datetime", ["string", "format"], required: 1)
            let format =
                try bound[1].map { (format) throws(EvaluationError) in try state.string(format) } ?? "%Y-%m-%d %H:%M:%S"
            return .object(try DateTimeValue.parse(try state.string(arguments[0]), format))
        },
    ]
}
