/// An IPv4 or IPv6 address; ordered by version, then by value.
package struct IPAddress: Hashable, Sendable, Comparable, CustomStringConvertible {
    package enum Version: Int, Sendable, Hashable {
        case v4 = 4
        case v6 = 6
        /// Bits of an address.
        package var bits: Int { self == .v4 ? 32 : 128 }
        /// The highest address as a number.
        package var maximum: UInt128 { self == .v4 ? 0xFFFF_FFFF : .max }
    }

    package let version: Version
    /// The address as a number.
    package let value: UInt128

    /// Nil when the number has more bits than the version.
    package init?(_ version: Version, _ value: UInt128) {
        guard value <= version.maximum else { return nil }
        (self.version, self.value) = (version, value)
    }

    init(trusted version: Version, _ value: UInt128) { (self.version, self.value) = (version, value) }

    /// Four decimal octets, or the forms of RFC 4291 §2.2; nil for anything else, zones and leading zeros included.
    package init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        if bytes.contains(0x3A) {
            guard let value = Self.parse6(bytes) else { return nil }
            self.init(trusted: .v6, value)
        } else {
            guard let value = Self.parse4(bytes[...]) else { return nil }
            self.init(trusted: .v4, UInt128(value))
        }
    }

    private static func parse4(_ bytes: ArraySlice<UInt8>) -> UInt32? {
        let parts = bytes.split(separator: 0x2E, omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard !part.isEmpty, part.count <= 3, part.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
            guard part.count == 1 || part.first != 0x30 else { return nil }
            let octet = part.reduce(UInt32(0)) { $0 * 10 + UInt32($1 - 0x30) }
            guard octet <= 255 else { return nil }
            value = value << 8 | octet
        }
        return value
    }

    private static func parse6(_ bytes: [UInt8]) -> UInt128? {
        guard bytes.count <= 45 else { return nil }
        var gap: Int?
        var groups: [UInt16] = []
        var index = 0
        if bytes.first == 0x3A {
            guard bytes.count >= 2, bytes[1] == 0x3A else { return nil }
        }
        while index < bytes.count {
            if bytes[index] == 0x3A, index + 1 < bytes.count, bytes[index + 1] == 0x3A {
                guard gap == nil else { return nil }
                gap = groups.count
                index += 2
                if index == bytes.count { break }
                continue
            }
            let end = bytes[index...].firstIndex(of: 0x3A) ?? bytes.count
            let part = bytes[index..<end]
            if part.contains(0x2E) {
                guard end == bytes.count, let four = parse4(part) else { return nil }
                groups += [UInt16(four >> 16), UInt16(truncatingIfNeeded: four)]
                index = end
                break
            }
            guard !part.isEmpty, part.count <= 4, part.allSatisfy({ hexValue($0) != nil }) else { return nil }
            groups.append(part.reduce(0) { $0 << 4 | UInt16(hexValue($1) ?? 0) })
            index = end
            if index < bytes.count, bytes[index] == 0x3A, index + 1 < bytes.count, bytes[index + 1] != 0x3A { index += 1 }
            if index == bytes.count - 1, bytes[index] == 0x3A { return nil }
        }
        if let gap {
            guard groups.count < 8 else { return nil }
            groups.insert(contentsOf: repeatElement(0, count: 8 - groups.count), at: gap)
        }
        guard groups.count == 8 else { return nil }
        return groups.reduce(0) { $0 << 16 | UInt128($1) }
    }

    static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }

    /// The eight 16-bit groups of an IPv6 address, or the four octets of an IPv4 one.
    package var groups: [UInt16] {
        let (count, width) = version == .v4 ? (4, UInt128(8)) : (8, UInt128(16))
        return (0..<count).map { UInt16(truncatingIfNeeded: value >> (UInt128(count - 1 - $0) * width) & ((1 << width) - 1)) }
    }

    /// RFC 5952 text; mapped and compatible addresses end in dotted form.
    package var description: String {
        let groups = groups
        if version == .v4 { return groups.map { String($0) }.joined(separator: ".") }
        if value >> 32 == 0xFFFF || (value >> 32 == 0 && value > 0xFFFF) {
            return (value >> 32 == 0 ? "::" : "::ffff:") + IPAddress(trusted: .v4, value & 0xFFFF_FFFF).description
        }
        var (best, bestLength) = (0, 1)
        var index = 0
        while index < 8 {
            var end = index
            while end < 8, groups[end] == 0 { end += 1 }
            if end - index > bestLength { (best, bestLength) = (index, end - index) }
            index = max(end, index + 1)
        }
        func text(_ part: ArraySlice<UInt16>) -> String { part.map { String($0, radix: 16) }.joined(separator: ":") }
        guard bestLength > 1 else { return text(groups[...]) }
        return text(groups[..<best]) + "::" + text(groups[(best + bestLength)...])
    }

    /// All digits written out.
    package var exploded: String {
        if version == .v4 { return description }
        return groups.map { group in
            let digits = String(group, radix: 16)
            return String(repeating: "0", count: 4 - digits.count) + digits
        }.joined(separator: ":")
    }

    /// The name of its PTR record (RFC 1035 §3.5, RFC 3596 §2.5).
    package var reverseName: String {
        if version == .v4 { return groups.reversed().map { String($0) }.joined(separator: ".") + ".in-addr.arpa." }
        return exploded.filter { $0 != ":" }.reversed().map(String.init).joined(separator: ".") + ".ip6.arpa."
    }

    /// The address this many further on; nil past either end.
    package func advanced(by amount: Int) -> IPAddress? {
        let magnitude = UInt128(amount.magnitude)
        if amount < 0 { return magnitude <= value ? IPAddress(trusted: version, value - magnitude) : nil }
        let (sum, overflow) = value.addingReportingOverflow(magnitude)
        return overflow ? nil : IPAddress(version, sum)
    }

    package static func < (a: IPAddress, b: IPAddress) -> Bool {
        (a.version.rawValue, a.value) < (b.version.rawValue, b.value)
    }
}
