package import FoundationEssentials
internal import SourceDocuments

/// From one moment until another: `2026-11-25T22:00Z/2026-11-26T02:00Z`. The end is not part of it.
package struct TimeWindow: Equatable, Hashable, Sendable, Codable, CustomStringConvertible {
    package let start: Date
    package let end: Date

    /// Nil unless `start` is before `end`.
    package init?(start: Date, end: Date) {
        guard start < end else { return nil }
        (self.start, self.end) = (start, end)
    }

    /// Reads `START/END`; when both are days without a time, the last day is included as a whole.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let start = MomentText.parse(parts[0]), let end = MomentText.parse(parts[1]) else {
            return nil
        }
        let isDays = !parts[1].contains("T")
        self.init(start: start, end: isDays ? end.addingTimeInterval(86_400) : end)
    }

    package func contains(_ moment: Date) -> Bool { start <= moment && moment < end }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let window = TimeWindow(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a time window: \(text)")
        }
        self = window
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    package var description: String { "\(MomentText.print(start))/\(MomentText.print(end))" }

    static func read(_ reader: NodeReader) -> TimeWindow? {
        guard let text = reader.string() else { return nil }
        guard let window = TimeWindow(text) else {
            reader.report(
                "time-window", "“\(text)” is not a time from START to a later END, in UTC",
                remedy: "write 2026-11-25T22:00Z/2026-11-26T02:00Z, or whole days: 2026-12-20/2027-01-04")
            return nil
        }
        return window
    }
}
