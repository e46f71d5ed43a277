internal import CLibCrypto

extension Digest {
    /// HMAC-SHA256 (RFC 2104, FIPS 198-1) of the bytes under the key.
    package static func hmac(_ bytes: some Sequence<UInt8>, key: some Sequence<UInt8>) -> Digest {
        let (data, secret) = (Array(bytes), Array(key))
        var out = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        var count: UInt32 = 0
        _ = HMAC(EVP_sha256(), secret, Int32(secret.count), data, data.count, &out, &count)
        return Digest(rawBytes: out)
    }

    /// HMAC-SHA256 of the text's UTF-8 bytes.
    package static func hmac(_ text: String, key: some Sequence<UInt8>) -> Digest { hmac(text.utf8, key: key) }
}
