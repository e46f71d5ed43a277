/// Durations as documents write them: one number and one unit, `500ms`, `90s`, `15m`, `2h`, `30d`.
package enum DurationText {
    /// Longest duration that is taken: ten years.
    package static let maximum: Duration = .seconds(10 * 366 * 86_400)

    /// Parses a duration; nil when it is not one or is longer than `maximum`.
    package static func parse(_ text: String) -> Duration? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty, let number = Int64(digits) else { return nil }
        let unit: Int64
        switch text.dropFirst(digits.count) {
        case "ms": return number <= 315_000_000_000 ? .milliseconds(number) : nil
        case "s": unit = 1
        case "m": unit = 60
        case "h": unit = 3_600
        case "d": unit = 86_400
        default: return nil
        }
        let (seconds, overflow) = number.multipliedReportingOverflow(by: unit)
        guard !overflow, .seconds(seconds) <= maximum else { return nil }
        return .seconds(seconds)
    }

    /// Prints a duration in the largest unit that divides it.
    package static func print(_ duration: Duration) -> String {
        let (seconds, rest) = duration.components
        guard rest == 0 else {
            return "\(seconds * 1_000 + rest / 1_000_000_000_000_000)ms"
        }
        for (unit, length) in [("d", Int64(86_400)), ("h", 3_600), ("m", 60)]
        where seconds != 0 && seconds % length == 0 {
            return "\(seconds / length)\(unit)"
        }
        return "\(seconds)s"
    }
}
