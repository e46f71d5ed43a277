/// A set of numbers as configurations write it: `1,5-9`, ascending and without overlaps once read.
struct RangeSet: Equatable, Sendable {
    /// Closed ranges, ascending, not touching.
    private(set) var ranges: [ClosedRange<Int>] = []

    static let vlans = RangeSet([1...4094])

    init(_ ranges: [ClosedRange<Int>]) {
        let isAscending = zip(ranges, ranges.dropFirst()).allSatisfy { $0.lowerBound <= $1.lowerBound }
        self.ranges.reserveCapacity(ranges.count)
        for range in isAscending ? ranges : ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = self.ranges.last, range.lowerBound <= last.upperBound + 1 {
                self.ranges[self.ranges.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                self.ranges.append(range)
            }
        }
    }

    /// Reads `10`, `10,20-30`, `10, 20 - 30`, `all`, `none`, `except 5`; nil for anything else.
    init?(_ text: some StringProtocol) {
        var copy = String(text)
        guard let set = copy.withUTF8({ RangeSet(UnsafeRawBufferPointer($0)) }) else { return nil }
        self = set
    }

    /// The same from the bytes of a line.
    init?(_ bytes: UnsafeRawBufferPointer) {
        if bytes.elementsEqual("none".utf8) {
            self.init([])
            return
        }
        if bytes.elementsEqual("all".utf8) {
            self = .vlans
            return
        }
        let isComplement = bytes.starts(with: "except ".utf8)
        var found: [ClosedRange<Int>] = []
        found.reserveCapacity(bytes.count / 5 + 1)
        var at = isComplement ? 7 : 0
        while at < bytes.count {
            if bytes[at] == 0x2C {
                at += 1
                continue
            }
            guard let first = Self.number(bytes, &at) else { return nil }
            var last = first
            if at < bytes.count, bytes[at] == 0x2D {
                at += 1
                guard let second = Self.number(bytes, &at) else { return nil }
                last = second
            }
            guard first <= last, at == bytes.count || bytes[at] == 0x2C else { return nil }
            found.append(first...last)
        }
        guard !found.isEmpty else { return nil }
        self.init(found)
        if isComplement { self = RangeSet.vlans.subtracting(self) }
    }

    private static let largest = 1_000_000

    /// Digits with blanks anywhere among them, up to what is neither; nil where there are none, or too many.
    private static func number(_ bytes: UnsafeRawBufferPointer, _ at: inout Int) -> Int? {
        var value = -1
        while at < bytes.count {
            let byte = bytes[at]
            if byte >= 0x30, byte <= 0x39 {
                value = max(value, 0) * 10 + Int(byte - 0x30)
                guard value <= largest else { return nil }
            } else if byte != 0x20 {
                break
            }
            at += 1
        }
        return value < 0 ? nil : value
    }

    /// Equal for equal sets.
    var hash: UInt64 {
        ranges.reduce(7) { hash, range in
            TextHash.mix(
                hash, UInt64(truncatingIfNeeded: range.lowerBound) << 32 | UInt64(truncatingIfNeeded: range.upperBound))
        }
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
