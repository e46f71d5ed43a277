internal import CLibCrypto

/// DES in CBC mode with an initial vector of zeros and no padding: no protection at all, but the form in which some
/// devices keep passwords. Templates that print such forms need it; nothing else may use it.
package enum DESCipher {
    /// Nil when the key has not 8 bytes or the data no whole number of 8-byte blocks.
    package static func encrypt(_ data: [UInt8], key: [UInt8]) -> [UInt8]? { run(data, key, encrypts: true) }

    /// Nil when the key has not 8 bytes or the data no whole number of 8-byte blocks.
    package static func decrypt(_ data: [UInt8], key: [UInt8]) -> [UInt8]? { run(data, key, encrypts: false) }

    private static func run(_ data: [UInt8], _ key: [UInt8], encrypts: Bool) -> [UInt8]? {
        guard key.count == 8, data.count % 8 == 0, data.count <= 1 << 20, let context = EVP_CIPHER_CTX_new() else {
            return nil
        }
        defer { EVP_CIPHER_CTX_free(context) }
        // Triple DES with three equal keys is DES, which OpenSSL 3 keeps outside its default provider.
        let tripled = key + key + key
        let vector = [UInt8](repeating: 0, count: 8)
        guard EVP_CipherInit_ex(context, EVP_des_ede3_cbc(), nil, tripled, vector, encrypts ? 1 : 0) == 1,
            EVP_CIPHER_CTX_set_padding(context, 0) == 1
        else { return nil }
        var out = [UInt8](repeating: 0, count: data.count + 8)
        var length: Int32 = 0
        guard EVP_CipherUpdate(context, &out, &length, data, Int32(data.count)) == 1, Int(length) == data.count else {
            return nil
        }
        return Array(out.prefix(data.count))
    }
}
