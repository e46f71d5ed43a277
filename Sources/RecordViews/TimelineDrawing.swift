internal import AsBuiltRecords

/// When each device was worked on, one row a device, a tick for each moment.
struct TimelineDrawing {
    private let run: RunSummary
    init(_ run: RunSummary) { self.run = run }

    private static let left = 150.0, right = 840.0, row = 26.0

    var svg: String {
        let moments = run.timeline.compactMap { moment in
            Self.seconds(moment.at).map { (at: $0, device: moment.device, what: moment.what) }
        }
        guard let first = moments.map(\.at).min(), let last = moments.map(\.at).max() else { return "" }
        let span = max(last - first, 0.001)
        func x(_ at: Double) -> Double { Self.left + (at - first) / span * (Self.right - Self.left) }
        let devices = Array(Set(moments.compactMap(\.device))).sorted()
        let height = Double(devices.count + 1) * Self.row + 14
        var picture = """
            <svg class="timeline" viewBox="0 0 860 \(Int(height))" role="img" aria-label="Timeline">

            """
        for (index, device) in devices.enumerated() {
            let y = Double(index) * Self.row + 8
            let mine = moments.filter { $0.device == device }
            guard let start = mine.map(\.at).min(), let end = mine.map(\.at).max() else { continue }
            picture += #"<text x="0" y="\#(Self.short(y + 14))">\#(MarkupText.html(device))</text>"#
            picture += """
                <rect class="bar" x="\(Self.short(x(start)))" y="\(Self.short(y + 2))" \
                width="\(Self.short(max(x(end) - x(start), 2)))" height="16" rx="4"/>
                """
            for moment in mine {
                picture += """
                    <rect class="tick" x="\(Self.short(x(moment.at) - 1))" y="\(Self.short(y + 2))" width="2" \
                    height="16"><title>\(MarkupText.html(moment.what))</title></rect>
                    """
            }
            picture += "\n"
        }
        let y = height - 8
        picture += #"<text class="soft" x="\#(Int(Self.left))" y="\#(Self.short(y))">start</text>"#
        picture += #"<text class="soft" x="\#(Int(Self.right) - 60)" y="\#(Self.short(y))">+\#(Self.short(span)) s</text>"#
        return picture + "\n</svg>\n"
    }

    private static func short(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(abs(tenths % 10))"
    }

    /// Seconds within a span of days, from RFC 3339 in UTC (`2026-11-24T00:10:45.123Z`); nil for anything else.
    static func seconds(_ time: String) -> Double? {
        let parts = time.split(whereSeparator: { "-T:Z".contains($0) })
        guard parts.count == 6, let day = Int(parts[2]), let hour = Int(parts[3]), let minute = Int(parts[4]),
            let second = Double(parts[5]), let year = Int(parts[0]), let month = Int(parts[1])
        else { return nil }
        // Days from a civil date (proleptic Gregorian).
        let y = month <= 2 ? year - 1 : year
        let era = y / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return Double(days) * 86_400 + Double(hour * 3_600 + minute * 60) + second
    }
}
