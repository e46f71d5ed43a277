package import ByteTransport
import CLibSSH
package import Diagnostics
import Glibc

/// A private key in OpenSSH's file form, held as text: for host keys of lab devices and for logins.
package struct SSHPrivateKey: Sendable, Equatable {
    /// Key types that can be made here.
    package enum Kind: String, Sendable, CaseIterable {
        case ed25519, ecdsa256, rsa2048, rsa3072, rsa4096
    }

    /// `-----BEGIN OPENSSH PRIVATE KEY-----` …
    let text: Secret
    let passphrase: Secret?
    /// The public half.
    package let publicKey: SSHPublicKey

    /// Makes a new key.
    package static func generate(_ kind: Kind = .ed25519) throws(TransportError) -> SSHPrivateKey {
        let (type, bits): (ssh_keytypes_e, Int32) =
            switch kind {
            case .ed25519: (SSH_KEYTYPE_ED25519, 0)
            case .ecdsa256: (SSH_KEYTYPE_ECDSA, 256)
            case .rsa2048: (SSH_KEYTYPE_RSA, 2048)
            case .rsa3072: (SSH_KEYTYPE_RSA, 3072)
            case .rsa4096: (SSH_KEYTYPE_RSA, 4096)
            }
        var key: ssh_key?
        guard ssh_pki_generate(type, bits, &key) == SSH_OK, let key else {
            throw TransportError(.credentialUnavailable, what: "a \(kind.rawValue) key could not be generated")
        }
        defer { ssh_key_free(key) }
        var exported: UnsafeMutablePointer<CChar>?
        guard ssh_pki_export_privkey_base64(key, nil, nil, nil, &exported) == SSH_OK, let exported else {
            throw TransportError(.credentialUnavailable, what: "a \(kind.rawValue) key could not be exported")
        }
        defer { ssh_string_free_char(exported) }
        return try SSHPrivateKey(text: Secret(String(cString: exported)), passphrase: nil, name: "new key")
    }

    /// Reads the text of a private key file. `name` appears in errors.
    package init(text: Secret, passphrase: Secret?, name: String) throws(TransportError) {
        self.text = text
        self.passphrase = passphrase
        let key = try Self.importKey(text, passphrase, name)
        defer { ssh_key_free(key) }
        publicKey = try SSHPublicKey(key)
    }

    /// Reads a private key file, at most 64 KB.
    package init(file path: String, passphrase: Secret? = nil) throws(TransportError) {
        let text = try SmallFile.read(path, maximumBytes: 65536)
        try self.init(text: Secret(text), passphrase: passphrase, name: path)
    }

    /// Writes the key file with mode 0600, without a passphrase; fails when the file exists.
    package func export(to path: String) throws(TransportError) {
        let bytes = text.withRevealed { Array($0.utf8) }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw TransportError(
                .credentialUnavailable, what: "\(path) cannot be written: \(TransportError.systemText(errno))")
        }
        defer { close(descriptor) }
        guard bytes.withUnsafeBytes({ write(descriptor, $0.baseAddress, $0.count) }) == bytes.count else {
            throw TransportError(
                .credentialUnavailable, what: "\(path) was not written whole: \(TransportError.systemText(errno))")
        }
    }

    /// libssh's form; the caller frees it.
    func makeHandle() throws(TransportError) -> ssh_key { try Self.importKey(text, passphrase, publicKey.type) }

    private static func importKey(_ text: Secret, _ passphrase: Secret?, _ name: String) throws(TransportError)
        -> ssh_key
    {
        var key: ssh_key?
        // Without a passphrase libssh asks on the terminal unless a callback says no.
        let refuse: ssh_auth_callback = { _, _, _, _, _, _ in -1 }
        let status = text.withRevealed { text in
            if let passphrase {
                return passphrase.withRevealed { ssh_pki_import_privkey_base64(text, $0, refuse, nil, &key) }
            }
            return ssh_pki_import_privkey_base64(text, nil, refuse, nil, &key)
        }
        guard status == SSH_OK, let key else {
            throw TransportError(
                .credentialUnavailable, what: "\(name) is not a usable private key, or its passphrase is wrong",
                location: name, remedy: "check the file with: ssh-keygen -y -f \(name)")
        }
        return key
    }
}

/// A public key: its type, its base64 form and its fingerprint.
package struct SSHPublicKey: Sendable, Equatable, Hashable {
    /// `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`, …
    package let type: String
    /// The key blob in base64, as in `known_hosts` and `authorized_keys`.
    package let base64: String
    /// `SHA256:…` in OpenSSH's form.
    package let fingerprint: String

    /// `TYPE BASE64`, as one line of `authorized_keys`.
    package var line: String { "\(type) \(base64)" }

    /// From the two words of `known_hosts`; nil when the words are no key.
    package init?(type: String, base64: String) {
        var key: ssh_key?
        guard ssh_pki_import_pubkey_base64(base64, ssh_key_type_from_name(type), &key) == SSH_OK, let key else {
            return nil
        }
        defer { ssh_key_free(key) }
        guard let read = try? SSHPublicKey(key), read.type == type else { return nil }
        self = read
    }

    init(_ key: ssh_key) throws(TransportError) {
        var encoded: UnsafeMutablePointer<CChar>?
        guard ssh_pki_export_pubkey_base64(key, &encoded) == SSH_OK, let encoded else {
            throw TransportError(.protocolViolation, what: "a public key could not be read")
        }
        defer { ssh_string_free_char(encoded) }
        base64 = String(cString: encoded)
        type = Self.typeName(key)
        var hash: UnsafeMutablePointer<UInt8>?
        var length = 0
        guard ssh_get_publickey_hash(key, SSH_PUBLICKEY_HASH_SHA256, &hash, &length) == SSH_OK, let raw = hash else {
            throw TransportError(.protocolViolation, what: "a public key could not be hashed")
        }
        defer { ssh_clean_pubkey_hash(&hash) }
        guard let text = ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, raw, length) else {
            throw TransportError(.protocolViolation, what: "a fingerprint could not be made")
        }
        defer { ssh_string_free_char(text) }
        fingerprint = String(cString: text)
    }

    private static let maximumCertificateCharacters = 65_536

    /// Whether a certificate in base64 is about this key. It holds its type and a nonce, then the same fields that follow the
    /// type in the key itself, for all key types (OpenSSH's PROTOCOL.certkeys).
    func isCertified(by certificate: some StringProtocol) -> Bool {
        func dropString(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
            guard bytes.count >= 4 else { return nil }
            let length = bytes.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            return bytes.count >= 4 + length ? bytes.dropFirst(4 + length) : nil
        }
        guard let whole = Base64.decode(certificate, maximumCharacters: Self.maximumCertificateCharacters),
            let blob = Base64.decode(base64, maximumCharacters: Self.maximumCertificateCharacters),
            let fields = dropString(blob[...]), let rest = dropString(whole[...]).flatMap(dropString)
        else { return false }
        return !fields.isEmpty && rest.starts(with: fields)
    }

    private static func typeName(_ key: ssh_key) -> String {
        switch ssh_key_type(key) {
        case SSH_KEYTYPE_ECDSA, SSH_KEYTYPE_ECDSA_P256, SSH_KEYTYPE_ECDSA_P384, SSH_KEYTYPE_ECDSA_P521:
            ssh_pki_key_ecdsa_name(key).map { String(cString: $0) } ?? "ecdsa"
        case let other: ssh_key_type_to_char(other).map { String(cString: $0) } ?? "unknown"
        }
    }
}

/// Reads a whole small file on the calling thread.
enum SmallFile {
    static func read(_ path: String, maximumBytes: Int) throws(TransportError) -> String {
        func failure(_ why: String) -> TransportError {
            TransportError(
                .credentialUnavailable, what: "\(path) cannot be read: \(why)", location: path,
                remedy: "check that the file exists and that you may read it")
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(TransportError.systemText(errno)) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16384)
        while true {
            let count = Glibc.read(descriptor, &piece, piece.count)
            if count < 0 { throw failure(TransportError.systemText(errno)) }
            if count == 0 { break }
            bytes += piece[..<count]
            if bytes.count > maximumBytes { throw failure("larger than \(maximumBytes) bytes") }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
