/// Names one execution of a plan; later runs sort after earlier ones.
///
/// `20261124T000509123Z-5f3a9c1e`: the moment it was opened, to the millisecond, and 32 bits of chance. Safe as a file
/// name and in a device's commit comment.
package struct RunID: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    package let text: String

    /// Nil unless the text has the form above.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        let isDigit = { (byte: UInt8) in (0x30...0x39).contains(byte) }
        guard bytes.count == 28, bytes[8] == UInt8(ascii: "T"), bytes[18] == UInt8(ascii: "Z"),
            bytes[19] == UInt8(ascii: "-"), bytes[0..<8].allSatisfy(isDigit), bytes[9..<18].allSatisfy(isDigit),
            bytes[20...].allSatisfy({ isDigit($0) || (0x61...0x66).contains($0) })
        else { return nil }
        self.text = text
    }

    /// A new name for a run opened at `instant`.
    package init(openedAt instant: UTCInstant, using generator: inout some RandomNumberGenerator) {
        let moment = instant.description.filter { $0 != "-" && $0 != ":" && $0 != "." }
        let chance = String(UInt32.random(in: .min ... .max, using: &generator), radix: 16)
        text = "\(moment)-\(String(repeating: "0", count: 8 - chance.count))\(chance)"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let id = RunID(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a run's name: \(text)")
        }
        self = id
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    package var description: String { text }
    package static func < (a: RunID, b: RunID) -> Bool { a.text < b.text }
}
