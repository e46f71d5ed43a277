/// A moment of a lab's own time, counted from its start. It only moves when the lab is told to.
package struct LabInstant: Hashable, Comparable, Sendable, CustomStringConvertible {
    package var sinceStart: Duration
    package init(_ sinceStart: Duration) { self.sinceStart = sinceStart }

    package static let start = LabInstant(.zero)
    package static func < (a: LabInstant, b: LabInstant) -> Bool { a.sinceStart < b.sinceStart }
    package static func + (a: LabInstant, b: Duration) -> LabInstant { LabInstant(a.sinceStart + b) }
    package static func - (a: LabInstant, b: LabInstant) -> Duration { a.sinceStart - b.sinceStart }
    package var description: String { "\(sinceStart)" }
}

extension Duration {
    /// Whole milliseconds, rounded down.
    package var wholeMilliseconds: Int {
        Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000)
    }
    /// `hh:mm:ss`, and from a day on `1d02h03m`, from a week on `1w2d03h`: the form in which routers show ages.
    package var routerAge: String {
        let seconds = Int(components.seconds)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let (day, week) = (86_400, 604_800)
        if seconds < day { return "\(two(seconds / 3600)):\(two(seconds / 60 % 60)):\(two(seconds % 60))" }
        if seconds < week { return "\(seconds / day)d\(two(seconds % day / 3600))h\(two(seconds / 60 % 60))m" }
        return "\(seconds / week)w\(seconds % week / day)d\(two(seconds % day / 3600))h"
    }
}
