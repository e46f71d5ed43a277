package import FoundationEssentials

/// Moments as documents write them: RFC 3339 in UTC, seconds and time of day optional, always with `Z`.
package enum MomentText {
    /// Reads `2026-11-25`, `2026-11-25T22:00Z` or `2026-11-25T22:00:00Z`; nil when it is none or no such day exists.
    package static func parse(_ text: some StringProtocol) -> Date? {
        let halves = String(text).split(separator: "T", maxSplits: 1, omittingEmptySubsequences: false).map {
            String($0)
        }
        guard let day = numbers(halves[0], separator: "-", widths: [4, 2, 2]), (1...12).contains(day[1]) else {
            return nil
        }
        var clock = [0, 0, 0]
        if halves.count == 2 {
            guard halves[1].hasSuffix("Z") else { return nil }
            let time = String(halves[1].dropLast())
            guard
                let read = numbers(time, separator: ":", widths: [2, 2])
                    ?? numbers(time, separator: ":", widths: [2, 2, 2])
            else { return nil }
            clock = read + (read.count == 2 ? [0] : [])
        }
        guard clock[0] < 24, clock[1] < 60, clock[2] < 60 else { return nil }
        let days = daysSinceEpoch(day[0], day[1], day[2])
        guard (1...31).contains(day[2]), civil(days) == (day[0], day[1], day[2]) else { return nil }
        return Date(timeIntervalSince1970: Double(days * 86_400 + clock[0] * 3_600 + clock[1] * 60 + clock[2]))
    }

    /// `2026-11-25T22:00:00Z`; fractions of a second are dropped.
    package static func print(_ moment: Date) -> String {
        let seconds = Int(moment.timeIntervalSince1970.rounded(.down))
        let days = Int((Double(seconds) / 86_400).rounded(.down))
        let rest = seconds - days * 86_400
        let (year, month, day) = civil(days)
        return "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))T\(pad(rest / 3_600, 2)):\(pad(rest / 60 % 60, 2)):"
            + "\(pad(rest % 60, 2))Z"
    }

    private static func pad(_ value: Int, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }

    private static func numbers(_ text: String, separator: Character, widths: [Int]) -> [Int]? {
        let parts = text.split(separator: separator, omittingEmptySubsequences: false)
        guard parts.count == widths.count,
            zip(parts, widths).allSatisfy({ $0.utf8.count == $1 && $0.utf8.allSatisfy({ (0x30...0x39).contains($0) }) })
        else { return nil }
        return parts.compactMap { Int($0) }
    }

    /// Days from 1970-01-01 in the Gregorian calendar, by the era arithmetic of 400 years.
    private static func daysSinceEpoch(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let y = month <= 2 ? year - 1 : year
        let era = (y >= 0 ? y : y - 399) / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func civil(_ days: Int) -> (Int, Int, Int) {
        let z = days + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }
}
