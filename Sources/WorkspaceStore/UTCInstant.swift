/// A moment in UTC to the millisecond; written as `2026-11-24T00:05:09.123Z` (RFC 3339).
///
/// What has to survive a restart is counted in it: journal entries, lease expiry, the moment a device reverts.
package struct UTCInstant: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    /// Since 1970-01-01T00:00:00Z, without leap seconds.
    package var milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// Nil unless the text has exactly the form that `description` writes; the fraction may be missing.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 20 || bytes.count == 24, bytes.last == UInt8(ascii: "Z") else { return nil }
        func number(_ range: Range<Int>) -> Int64? {
            var value: Int64 = 0
            for byte in bytes[range] {
                guard (0x30...0x39).contains(byte) else { return nil }
                value = value * 10 + Int64(byte - 0x30)
            }
            return value
        }
        let marks: [(Int, Character)] = [(4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":")]
        guard marks.allSatisfy({ bytes[$0.0] == $0.1.asciiValue }),
            let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 60
        else { return nil }
        var fraction: Int64 = 0
        if bytes.count == 24 {
            guard bytes[19] == UInt8(ascii: "."), let value = number(20..<23) else { return nil }
            fraction = value
        }
        let days = Self.days(year: year, month: month, day: day)
        guard Self.date(days: days) == (year, month, day) else { return nil }
        milliseconds = ((days * 24 + hour) * 60 + minute) * 60_000 + second * 1000 + fraction
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let instant = UTCInstant(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a moment in UTC: \(text)")
        }
        self = instant
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    package var description: String {
        let days = Self.floorDivide(milliseconds, 86_400_000)
        let (year, month, day) = Self.date(days: days)
        let rest = milliseconds - days * 86_400_000
        let date = "\(Self.pad(year, 4))-\(Self.pad(month, 2))-\(Self.pad(day, 2))"
        let time =
            "\(Self.pad(rest / 3_600_000, 2)):\(Self.pad(rest / 60_000 % 60, 2)):\(Self.pad(rest / 1000 % 60, 2))"
        return "\(date)T\(time).\(Self.pad(rest % 1000, 3))Z"
    }

    package static func < (a: UTCInstant, b: UTCInstant) -> Bool { a.milliseconds < b.milliseconds }

    /// The moment `duration` later, cut to the millisecond.
    package static func + (instant: UTCInstant, duration: Duration) -> UTCInstant {
        UTCInstant(milliseconds: instant.milliseconds + duration.wholeMilliseconds)
    }
    package static func - (instant: UTCInstant, duration: Duration) -> UTCInstant {
        UTCInstant(milliseconds: instant.milliseconds - duration.wholeMilliseconds)
    }
    /// The time from `earlier` to `later`; negative when they are the other way round.
    package static func - (later: UTCInstant, earlier: UTCInstant) -> Duration {
        .milliseconds(later.milliseconds - earlier.milliseconds)
    }

    private static func floorDivide(_ a: Int64, _ b: Int64) -> Int64 { a >= 0 ? a / b : -((b - 1 - a) / b) }

    private static func pad(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// Days since 1970-01-01 of a date in the proleptic Gregorian calendar.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        // Years begin in March here, so that a leap day is a year's last day; an era has 400 years.
        let shifted = month <= 2 ? year - 1 : year
        let era = floorDivide(shifted, 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func date(days: Int64) -> (Int64, Int64, Int64) {
        let shifted = days + 719_468
        let era = floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
    }
}

extension Duration {
    /// Cut to whole milliseconds.
    package var wholeMilliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
