import CLibCrypto

/// Base64 of RFC 4648 §4, with padding.
enum Base64 {
    /// Nil for text that is none or longer than allowed.
    static func decode(_ text: some StringProtocol, maximumCharacters: Int) -> [UInt8]? {
        let bytes = Array(text.utf8)
        guard bytes.count % 4 == 0, !bytes.isEmpty, bytes.count <= maximumCharacters else { return nil }
        var result = [UInt8](repeating: 0, count: bytes.count / 4 * 3)
        let count = EVP_DecodeBlock(&result, bytes, Int32(bytes.count))
        let padding = bytes.suffix(2).count { $0 == 0x3D }
        guard count >= 0, Int(count) >= padding else { return nil }
        return Array(result.prefix(Int(count) - padding))
    }
}
