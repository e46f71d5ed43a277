/// A 48-bit MAC address (EUI-48).
package struct MACAddress: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The address as a number below 2⁴⁸.
    package let value: UInt64

    /// Nil for more than 48 bits.
    package init?(_ value: UInt64) {
        guard value < 1 << 48 else { return nil }
        self.value = value
    }

    /// Six groups of two digits, three of four, two of six, or twelve digits in one.
    package init?(_ text: some StringProtocol) {
        for (separator, count, sizes): (Character, Int, ClosedRange<Int>) in [
            (":", 6, 1...2), ("-", 6, 1...2), (":", 3, 1...4), ("-", 3, 1...4), (".", 3, 1...4), ("-", 2, 5...6),
            (":", 2, 5...6),
        ] {
            let parts = text.split(separator: separator, omittingEmptySubsequences: false)
            guard parts.count == count else { continue }
            let width = UInt64(48 / count)
            var value: UInt64 = 0
            var fits = true
            for part in parts {
                guard sizes.contains(part.utf8.count), part.utf8.allSatisfy({ IPAddress.hexValue($0) != nil }),
                    let number = UInt64(part, radix: 16)
                else {
                    fits = false
                    break
                }
                value = value << width | number
            }
            if fits {
                self.init(value)
                return
            }
        }
        guard text.utf8.count == 12 || text.utf8.count == 11, text.utf8.allSatisfy({ IPAddress.hexValue($0) != nil }),
            let value = UInt64(text, radix: 16)
        else { return nil }
        self.init(value)
    }

    /// Groups of hexadecimal digits.
    package func text(groups: Int, separator: String, padded: Bool = true, uppercase: Bool = false) -> String {
        let width = 48 / groups
        return (0..<groups).map { group in
            let part = value >> UInt64((groups - 1 - group) * width) & ((1 << UInt64(width)) - 1)
            let digits = String(part, radix: 16, uppercase: uppercase)
            return (padded ? String(repeating: "0", count: width / 4 - digits.count) : "") + digits
        }.joined(separator: separator)
    }

    /// `00:1a:2b:3c:4d:5e`.
    package var description: String { text(groups: 6, separator: ":") }
    package static func < (a: MACAddress, b: MACAddress) -> Bool { a.value < b.value }

    /// The interface identifier of RFC 4291 appendix A.
    package var modifiedEUI64: UInt64 {
        let high = value >> 24 ^ 0x02_0000
        return high << 40 | 0xFFFE << 24 | value & 0xFF_FFFF
    }
}
