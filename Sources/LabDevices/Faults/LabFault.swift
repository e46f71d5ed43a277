/// Something that goes wrong on a device, when and as often as a script says.
package struct LabFault: Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
        /// A matching line is answered with `text` and has no effect.
        case refuseLine(LinePattern, text: String)
        /// A matching line has no effect and no answer; the session stays open and silent.
        case hangAtLine(LinePattern)
        /// The connection breaks at a matching line, before or after it took effect.
        case dropAtLine(LinePattern, afterEffect: Bool)
        /// The connection breaks after this many bytes were sent on a channel.
        case dropAfterBytes(Int)
        /// Everything sent comes this much later.
        case slow(Duration)
        /// A log line lands in the middle of the next prompt.
        case logLine(String)
        /// A matching line is answered with a question; only `answer` lets it take effect.
        case question(LinePattern, text: String, answer: String)
        /// A matching line, or an edit, is answered as if it had worked, and has no effect.
        case lie(LinePattern)
        /// No login is accepted.
        case loginRefused
        /// Somebody outside NETCONF holds the locks: every `lock` is denied.
        case lockHeld
        /// The device reboots right after a matching line or operation took effect.
        case rebootAtLine(LinePattern)
    }

    package var kind: Kind
    /// How often it happens; nil: until it is cleared.
    package var times: Int?
    /// How likely it is each time, from 0 to 1.
    package var chance: Double

    package init(_ kind: Kind, times: Int? = 1, chance: Double = 1) {
        (self.kind, self.times, self.chance) = (kind, times, chance)
    }
}

/// Lines by shape: `*` stands for any text, everything else for itself.
package struct LinePattern: Equatable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    package let text: String
    package init(_ text: String) { self.text = text }
    package init(stringLiteral value: String) { text = value }
    package var description: String { text }

    package func matches(_ line: String) -> Bool {
        let pieces = text.split(separator: "*", omittingEmptySubsequences: false)
        guard let first = pieces.first, let last = pieces.last, pieces.count > 1 else { return line == text }
        guard line.hasPrefix(first) else { return false }
        var rest = line.dropFirst(first.count)
        for piece in pieces.dropFirst().dropLast() {
            guard let found = rest.firstRange(of: piece) else { return false }
            rest = rest[found.upperBound...]
        }
        return rest.count >= last.count && rest.hasSuffix(last)
    }
}

extension Substring {
    /// Where `piece` first occurs; an empty piece occurs at the start.
    fileprivate func firstRange(of piece: Substring) -> Range<Index>? {
        if piece.isEmpty { return startIndex..<startIndex }
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(piece) { return start..<index(start, offsetBy: piece.count) }
            start = index(after: start)
        }
        return nil
    }
}

/// The faults a device still has in store, and the chance that decides.
struct FaultPlan: Sendable {
    private(set) var faults: [LabFault] = []
    private var random: UInt64

    init(seed: UInt64) { random = seed }

    mutating func add(_ fault: LabFault) { faults.append(fault) }
    mutating func clear() { faults = [] }

    /// The first fault that applies now, counted as used.
    mutating func take(_ applies: (LabFault.Kind) -> Bool) -> LabFault.Kind? {
        for index in faults.indices where applies(faults[index].kind) {
            guard faults[index].chance >= 1 || draw() < faults[index].chance else { continue }
            let kind = faults[index].kind
            if let times = faults[index].times {
                if times <= 1 { faults.remove(at: index) } else { faults[index].times = times - 1 }
            }
            return kind
        }
        return nil
    }

    /// A number in 0..<1 (SplitMix64).
    private mutating func draw() -> Double {
        random &+= 0x9E37_79B9_7F4A_7C15
        var z = random
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((z ^ (z >> 31)) >> 11) / 9_007_199_254_740_992
    }
}
