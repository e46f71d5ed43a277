import Glibc

/// An IPv4 or IPv6 address of a lab device.
package struct LabAddress: Hashable, Sendable, CustomStringConvertible {
    /// 4 or 16 octets in network order.
    package let octets: [UInt8]

    package init(octets: [UInt8]) { self.octets = octets }

    /// Reads `192.0.2.1` or `2001:db8::1`; nil for anything else.
    package init?(_ text: String) {
        guard text.utf8.count <= 45 else { return nil }
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            octets = withUnsafeBytes(of: &four) { Array($0) }
            return
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        octets = withUnsafeBytes(of: &six) { Array($0) }
    }

    package var isIPv6: Bool { octets.count == 16 }
    /// 32 or 128.
    package var width: Int { octets.count * 8 }
    package var isZero: Bool { octets.allSatisfy { $0 == 0 } }

    package var description: String {
        var buffer = [CChar](repeating: 0, count: 46)
        _ = octets.withUnsafeBytes { inet_ntop(isIPv6 ? AF_INET6 : AF_INET, $0.baseAddress, &buffer, 46) }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The address with all bits after the first `length` cleared.
    package func masked(to length: Int) -> LabAddress {
        var result = octets
        for index in result.indices {
            let kept = min(max(length - index * 8, 0), 8)
            result[index] &= kept == 0 ? 0 : UInt8(truncatingIfNeeded: 0xFF << (8 - kept))
        }
        return LabAddress(octets: result)
    }
}

extension LabAddress: Comparable {
    /// IPv4 before IPv6, then by value.
    package static func < (a: LabAddress, b: LabAddress) -> Bool {
        a.octets.count != b.octets.count ? a.octets.count < b.octets.count : a.octets.lexicographicallyPrecedes(b.octets)
    }
}

/// An address with a prefix length: a network, or an interface's address when host bits are set.
package struct LabPrefix: Hashable, Sendable, CustomStringConvertible {
    package let address: LabAddress
    package let length: Int

    package init(_ address: LabAddress, _ length: Int) { (self.address, self.length) = (address, length) }

    /// Reads `192.0.2.1/24`; nil for anything else.
    package init?(_ text: String) {
        guard let slash = text.firstIndex(of: "/"), let address = LabAddress(String(text[..<slash])) else { return nil }
        let digits = text[text.index(after: slash)...]
        guard !digits.isEmpty, digits.utf8.count <= 3, digits.utf8.allSatisfy({ (48...57).contains($0) }),
            let length = Int(digits), length <= address.width
        else { return nil }
        self.init(address, length)
    }

    package var description: String { "\(address)/\(length)" }
    /// With host bits cleared.
    package var network: LabPrefix { LabPrefix(address.masked(to: length), length) }

    package func contains(_ other: LabAddress) -> Bool {
        other.octets.count == address.octets.count && other.masked(to: length) == address.masked(to: length)
    }
    /// Whether every address of `other` is in this prefix.
    package func covers(_ other: LabPrefix) -> Bool { other.length >= length && contains(other.address) }
}

extension LabPrefix: Comparable {
    package static func < (a: LabPrefix, b: LabPrefix) -> Bool {
        a.address != b.address ? a.address < b.address : a.length < b.length
    }
}
