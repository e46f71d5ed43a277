internal import CLibCrypto

extension Digest {
    /// SHA-256 (FIPS 180-4) of the bytes.
    package static func sha256(_ bytes: some Sequence<UInt8>) -> Digest {
        let data = Array(bytes)
        var out = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        _ = SHA256(data, data.count, &out)
        return Digest(rawBytes: out)
    }

    /// SHA-256 of the text's UTF-8 bytes.
    package static func sha256(_ text: String) -> Digest { sha256(text.utf8) }

    private static let digits = Array("0123456789abcdef".utf8)

    /// From the 32 bytes of a digest.
    init(rawBytes: [UInt8]) {
        let hexBytes = rawBytes.flatMap { [Self.digits[Int($0 >> 4)], Self.digits[Int($0 & 15)]] }
        self.init(uncheckedHex: String(decoding: hexBytes, as: UTF8.self))
    }
}
