/// 64-bit hashes of words and lines: what the arena compares instead of text.
///
/// The seed is drawn once per process, so that a device cannot prepare lines that collide. No output depends on a
/// hash's value, only on equality; whoever needs proof compares `canonicalText`.
package enum TextHash {
    fileprivate static let seed = UInt64.random(in: .min ... .max) | 1

    /// Folds one value into another; order matters.
    @inline(__always)
    package static func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = (a ^ 0x9E37_79B9_7F4A_7C15).multipliedFullWidth(by: b ^ 0xD1B5_4A32_D192_ED03)
        return product.high ^ product.low
    }

    /// The hash of some bytes: eight at a time, then what is left with the length.
    @inline(__always)
    package static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var state = HashState()
        var offset = 0
        while offset + 8 <= bytes.count {
            state.take(bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset += 8
        }
        var rest: UInt64 = 0
        for place in offset..<bytes.count { rest |= UInt64(bytes[place]) << UInt64(8 * (place - offset)) }
        return state.finish(rest, count: bytes.count)
    }

    package static func of(_ text: some StringProtocol) -> UInt64 {
        var copy = String(text)
        return copy.withUTF8 { of(UnsafeRawBufferPointer($0)) }
    }
}

/// A hash over bytes that come eight at a time.
struct HashState {
    private let seed = TextHash.seed
    private var hash: UInt64

    init() { hash = seed }

    /// Eight bytes, the first one lowest.
    @inline(__always)
    mutating func take(_ bytes: UInt64) { hash = TextHash.mix(hash, bytes ^ seed) }

    /// What is left, up to seven bytes with zeros above, and how many bytes there were in all.
    @inline(__always)
    func finish(_ rest: UInt64, count: Int) -> UInt64 {
        TextHash.mix(hash, (rest | UInt64(truncatingIfNeeded: count) << 56) ^ seed)
    }
}

/// A word of a configuration line: where it stands in its buffer, and its hash.
package struct CLIWord: Sendable {
    package var start: Int32
    package var end: Int32
    package var hash: UInt64
    /// Only digits, up to ten of them: a sequence number.
    package var isNumber: Bool
    /// Looks like an IPv4 or IPv6 address, with or without a prefix length.
    package var isAddress: Bool
}

/// Splits lines into words at blanks; text in double quotes is one word where `quotes` says so.
package enum CLIWords {
    @inline(__always)
    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// Appends the words of `range` to `words`.
    package static func split(
        _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, quotes: Bool, into words: inout [CLIWord]
    ) {
        var at = range.lowerBound
        while let word = next(bytes, &at, range.upperBound, quotes) { words.append(word) }
    }

    /// The same into room for at least half as many words as there are bytes, rounded up; gives their number.
    static func split(
        _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, quotes: Bool,
        into words: UnsafeMutableBufferPointer<CLIWord>
    ) -> Int {
        var at = range.lowerBound
        var count = 0
        while let word = next(bytes, &at, range.upperBound, quotes) {
            words.initializeElement(at: count, to: word)
            count += 1
        }
        return count
    }

    /// The next word at or after a place, which moves behind it.
    @inline(__always)
    private static func next(
        _ bytes: UnsafeRawBufferPointer, _ at: inout Int, _ limit: Int, _ quotes: Bool
    ) -> CLIWord? {
        while at < limit, isBlank(bytes[at]) { at += 1 }
        guard at < limit else { return nil }
        let word = quotes && bytes[at] == 0x22 ? quotedWord(bytes, at, limit) : word(bytes, at, limit)
        at = Int(word.end)
        return word
    }

    /// The word that begins at a place, looked at eight bytes at a time.
    @inline(__always)
    private static func word(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ limit: Int) -> CLIWord {
        var state = HashState()
        var at = start
        var digits = true
        var hasMark = false
        var rest: UInt64 = 0
        while at < limit {
            var length = min(limit - at, 8)
            var chunk = ByteLanes.load(bytes, at..<(at + length))
            let blanks = ByteLanes.equal(chunk, 0x20) | ByteLanes.equal(chunk, 0x09)
            if blanks != 0 { length = min(length, blanks.trailingZeroBitCount / 8) }
            chunk &= ByteLanes.mask(length)
            digits = digits && ByteLanes.areDigits(chunk, count: length)
            hasMark = hasMark || ByteLanes.equal(chunk, 0x2E) | ByteLanes.equal(chunk, 0x3A) != 0
            at += length
            guard length == 8 else {
                rest = chunk
                break
            }
            state.take(chunk)
        }
        return CLIWord(
            start: Int32(start), end: Int32(at), hash: state.finish(rest, count: at - start),
            isNumber: digits && at - start <= 10, isAddress: hasMark && isAddress(bytes, start..<at))
    }

    /// Hexadecimal digits with at least two dots or colons, and perhaps a slash.
    private static func isAddress(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
        var marks = 0
        for place in range {
            switch bytes[place] {
            case 0x2E, 0x3A: marks += 1
            case 0x2F...0x39, 0x41...0x46, 0x61...0x66: break
            default: return false
            }
        }
        return marks >= 2
    }

    /// A word that begins with a quote: up to the closing one, and what follows it without a blank.
    private static func quotedWord(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ limit: Int) -> CLIWord {
        var at = start + 1
        while at < limit, bytes[at] != 0x22 { at += bytes[at] == 0x5C ? 2 : 1 }
        at = min(at + 1, limit)
        let close = at
        while at < limit, !isBlank(bytes[at]) { at += 1 }
        return CLIWord(
            start: Int32(start), end: Int32(at), hash: TextHash.of(UnsafeRawBufferPointer(rebasing: bytes[start..<at])),
            isNumber: false, isAddress: isAddress(bytes, close..<at))
    }

    /// The words of a text as strings.
    package static func strings(_ text: String) -> [String] {
        var result: [String] = []
        var copy = text
        copy.withUTF8 { bytes in
            var at = 0
            while at < bytes.count {
                while at < bytes.count, bytes[at] == 0x20 || bytes[at] == 0x09 { at += 1 }
                let start = at
                while at < bytes.count, bytes[at] != 0x20, bytes[at] != 0x09 { at += 1 }
                if at > start { result.append(String(decoding: bytes[start..<at], as: UTF8.self)) }
            }
        }
        return result
    }
}

/// Eight bytes looked at in one step.
enum ByteLanes {
    private static let ones: UInt64 = 0x0101_0101_0101_0101

    /// Up to eight bytes of a range, the first one lowest, zeros above.
    @inline(__always)
    static func load(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> UInt64 {
        if range.lowerBound + 8 <= bytes.count {
            let all = bytes.loadUnaligned(fromByteOffset: range.lowerBound, as: UInt64.self)
            return all & mask(range.count)
        }
        var result: UInt64 = 0
        for place in range { result |= UInt64(bytes[place]) << UInt64(8 * (place - range.lowerBound)) }
        return result
    }

    /// All bits of the first bytes, up to eight.
    @inline(__always)
    static func mask(_ count: Int) -> UInt64 { count < 8 ? (1 << UInt64(8 * count)) &- 1 : .max }

    /// The upper bit of each byte that equals one; exact up to the first such byte.
    @inline(__always)
    static func equal(_ lanes: UInt64, _ byte: UInt8) -> UInt64 {
        let difference = lanes ^ (ones &* UInt64(byte))
        return (difference &- ones) & ~difference & 0x8080_8080_8080_8080
    }

    /// True when the first bytes are all decimal digits; those above are zero.
    @inline(__always)
    static func areDigits(_ lanes: UInt64, count: Int) -> Bool {
        let filled = count < 8 ? lanes | 0x3030_3030_3030_3030 << UInt64(8 * count) : lanes
        return filled & 0xF0F0_F0F0_F0F0_F0F0 == 0x3030_3030_3030_3030
            && (filled &+ 0x0606_0606_0606_0606) & 0xF0F0_F0F0_F0F0_F0F0 == 0x3030_3030_3030_3030
    }
}

/// Some of the 256 bytes.
struct ByteSet: Sendable {
    private var low: (UInt64, UInt64) = (0, 0)
    private var high: (UInt64, UInt64) = (0, 0)

    init(_ bytes: some Sequence<UInt8>) {
        for byte in bytes {
            let bit: UInt64 = 1 << UInt64(byte & 63)
            switch byte >> 6 {
            case 0: low.0 |= bit
            case 1: low.1 |= bit
            case 2: high.0 |= bit
            default: high.1 |= bit
            }
        }
    }

    @inline(__always)
    func contains(_ byte: UInt8) -> Bool {
        let half = byte < 128 ? low : high
        return (byte & 64 == 0 ? half.0 : half.1) >> UInt64(byte & 63) & 1 != 0
    }
}
