internal import CLibCrypto

/// Digests by the names OpenSSL knows (`md5`, `sha1`, `sha256`, `sha512`, …), for templates that print them. Whatever this
/// program hashes for its own ends uses SHA-256.
package enum NamedDigest {
    /// Lower-case hexadecimal digits; nil for an unknown name.
    package static func hex(_ name: String, _ bytes: some Sequence<UInt8>) -> String? {
        self.bytes(name, bytes).map { digest in
            digest.map { byte in
                let digits = String(byte, radix: 16)
                return digits.utf8.count == 1 ? "0" + digits : digits
            }.joined()
        }
    }

    /// The digest itself; nil for an unknown name.
    package static func bytes(_ name: String, _ bytes: some Sequence<UInt8>) -> [UInt8]? {
        guard let algorithm = EVP_get_digestbyname(name) else { return nil }
        let data = Array(bytes)
        var out = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var length: UInt32 = 0
        guard EVP_Digest(data, data.count, &out, &length, algorithm, nil) == 1 else { return nil }
        return Array(out.prefix(Int(length)))
    }
}
