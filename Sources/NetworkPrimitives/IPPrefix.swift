/// An address with a prefix length: an interface's address, or a network when the host bits are zero.
package struct IPPrefix: Hashable, Sendable, CustomStringConvertible {
    package let address: IPAddress
    /// 0 to 32, or 0 to 128.
    package let length: Int

    /// Nil when the length does not fit the address.
    package init?(_ address: IPAddress, length: Int) {
        guard length >= 0, length <= address.version.bits else { return nil }
        (self.address, self.length) = (address, length)
    }

    /// `address`, `address/length`, `address/netmask` or `address/hostmask`.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let address = IPAddress(parts[0]) else { return nil }
        guard parts.count == 2 else {
            self.init(address, length: address.version.bits)
            return
        }
        if !parts[1].isEmpty, parts[1].count <= 3, parts[1].utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let length = Int(parts[1]) {
            self.init(address, length: length)
        } else if let mask = IPAddress(parts[1]), mask.version == address.version, let length = Self.length(ofMask: mask) {
            self.init(address, length: length)
        } else {
            return nil
        }
    }

    /// The length a netmask or hostmask stands for.
    package static func length(ofMask mask: IPAddress) -> Int? {
        let bits = mask.version.bits
        for length in 0...bits where netmask(mask.version, length) == mask.value { return length }
        for length in 0...bits where mask.version.maximum ^ netmask(mask.version, length) == mask.value { return length }
        return nil
    }

    private static func netmask(_ version: IPAddress.Version, _ length: Int) -> UInt128 {
        length == 0 ? 0 : version.maximum << UInt128(version.bits - length) & version.maximum
    }

    package var version: IPAddress.Version { address.version }
    package var netmask: IPAddress { IPAddress(trusted: version, Self.netmask(version, length)) }
    package var hostmask: IPAddress { IPAddress(trusted: version, version.maximum ^ netmask.value) }
    /// The first address.
    package var network: IPAddress { IPAddress(trusted: version, address.value & netmask.value) }
    /// The last address.
    package var last: IPAddress { IPAddress(trusted: version, address.value | hostmask.value) }
    /// The prefix with its host bits cleared.
    package var masked: IPPrefix { IPPrefix(network, length: length) ?? self }
    /// How many addresses it spans, less one: the whole IPv6 space has one more than fits.
    package var sizeMinusOne: UInt128 { hostmask.value }
    package var isSingle: Bool { length == version.bits }

    package func contains(_ other: IPAddress) -> Bool {
        other.version == version && other.value & netmask.value == network.value
    }
    package func contains(_ other: IPPrefix) -> Bool { other.length >= length && contains(other.network) }

    package var description: String { "\(address)/\(length)" }
}
