/// A SHA-256 digest, shown and stored as 64 lower-case hexadecimal digits.
package struct Digest: Hashable, Sendable, Codable, CustomStringConvertible, Comparable {
    package let hex: String

    /// Nil unless `hex` is 64 lower-case hexadecimal digits.
    package init?(hex: String) {
        guard hex.utf8.count == 64, hex.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        self.hex = hex
    }

    init(uncheckedHex hex: String) { self.hex = hex }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let digest = Digest(hex: text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a SHA-256 digest: \(text)")
        }
        self = digest
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(hex)
    }

    /// The first 12 digits, for people.
    package var prefix: String { String(hex.prefix(12)) }
    package var description: String { hex }
    package static func < (a: Digest, b: Digest) -> Bool { a.hex < b.hex }
}
