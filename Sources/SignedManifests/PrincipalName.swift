/// A person's or agent's signing identity, `alice@example.net`; also the name of its signature file.
package struct PrincipalName: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    package let text: String

    /// Nil unless `text` is 1 to 128 letters, digits and `._@+-`, starting with a letter or digit, so that it can be
    /// a file name, an `ssh-keygen -I` argument and a literal in `allowed_signers`.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard (1...128).contains(bytes.count), let first = bytes.first, Self.isAlphanumeric(first),
            bytes.allSatisfy({ Self.isAlphanumeric($0) || "._@+-".utf8.contains($0) })
        else { return nil }
        self.text = text
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let name = PrincipalName(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a principal: \(text)")
        }
        self = name
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    package var signatureFileName: String { text + ".sig" }
    package var description: String { text }
    package static func < (a: PrincipalName, b: PrincipalName) -> Bool {
        a.text.utf8.lexicographicallyPrecedes(b.text.utf8)
    }
}
