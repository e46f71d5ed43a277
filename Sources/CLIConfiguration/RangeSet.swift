/// A set of numbers as configurations write it: `1,5-9`, ascending and without overlaps once read.
struct RangeSet: Equatable, Sendable {
    /// Closed ranges, ascending, not touching.
    private(set) var ranges: [ClosedRange<Int>] = []

    static let vlans = RangeSet([1...4094])

    init(_ ranges: [ClosedRange<Int>]) {
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = self.ranges.last, range.lowerBound <= last.upperBound + 1 {
                self.ranges[self.ranges.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                self.ranges.append(range)
            }
        }
    }

    /// Reads `10`, `10,20-30`, `10, 20 - 30`, `all`, `none`, `except 5`; nil for anything else.
    init?(_ text: some StringProtocol) {
        var body = Substring(String(text))
        if body == "none" {
            self.init([])
            return
        }
        if body == "all" {
            self = .vlans
            return
        }
        let isComplement = body.hasPrefix("except ")
        if isComplement { body = body.dropFirst(7) }
        var found: [ClosedRange<Int>] = []
        for part in body.split(whereSeparator: { $0 == "," }) {
            let bounds = part.split(separator: "-", omittingEmptySubsequences: false)
                .map { Int($0.filter { $0 != " " }) }
            guard let first = bounds.first ?? nil, first >= 0, let last = bounds.last ?? nil, first <= last,
                bounds.count <= 2, last <= 1_000_000
            else { return nil }
            found.append(first...last)
        }
        guard !found.isEmpty else { return nil }
        self.init(found)
        if isComplement { self = RangeSet.vlans.subtracting(self) }
    }

    var isEmpty: Bool { ranges.isEmpty }
    var count: Int { ranges.reduce(0) { $0 + $1.count } }
    var members: [Int] { ranges.flatMap { Array($0) } }

    func union(_ other: RangeSet) -> RangeSet { RangeSet(ranges + other.ranges) }

    func subtracting(_ other: RangeSet) -> RangeSet {
        var result: [ClosedRange<Int>] = []
        var at = 0
        for range in ranges {
            var low = range.lowerBound
            while at < other.ranges.count, other.ranges[at].upperBound < low { at += 1 }
            var probe = at
            while probe < other.ranges.count, other.ranges[probe].lowerBound <= range.upperBound {
                let hole = other.ranges[probe]
                if hole.lowerBound > low { result.append(low...(hole.lowerBound - 1)) }
                low = max(low, hole.upperBound + 1)
                probe += 1
            }
            if low <= range.upperBound { result.append(low...range.upperBound) }
        }
        return RangeSet(result)
    }

    /// `1,5-9`; `none` for the empty set.
    var text: String {
        guard !ranges.isEmpty else { return "none" }
        return ranges.map(Self.text).joined(separator: ",")
    }

    private static func text(_ range: ClosedRange<Int>) -> String {
        range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"
    }

    /// The set in texts of at most `limit` characters: what one line can take.
    func texts(limit: Int) -> [String] {
        var result: [String] = []
        var line = ""
        for range in ranges {
            let part = Self.text(range)
            if !line.isEmpty, line.utf8.count + 1 + part.utf8.count > limit {
                result.append(line)
                line = ""
            }
            line += line.isEmpty ? part : "," + part
        }
        if !line.isEmpty { result.append(line) }
        return result
    }
}
