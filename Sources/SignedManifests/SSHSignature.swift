internal import CanonicalData

/// An OpenSSH signature file, taken apart (PROTOCOL.sshsig of OpenSSH): structure only, nothing is verified here.
package struct SSHSignature: Equatable, Sendable {
    /// The key or certificate blob.
    package let publicKey: [UInt8]
    package let namespace: String
    package let hashAlgorithm: String
    /// The file's bytes.
    package let armored: [UInt8]

    /// The type name at the start of the key blob, `ssh-ed25519` or `ssh-ed25519-cert-v01@openssh.com`.
    package var keyType: String {
        var reader = WireReader(publicKey)
        return reader.string().map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    private static let begin = "-----BEGIN SSH SIGNATURE-----\n"
    private static let end = "-----END SSH SIGNATURE-----\n"
    package static let maximumBytes = 64 << 10

    /// Reads a signature in canonical armor: exactly the bytes that `ssh-keygen` writes for the blob.
    ///
    /// Other wrapping, blank lines or text around the armor could make two files out of one signature, and would
    /// change what Gate 2 and the record cover without changing what was signed.
    package init(armored: [UInt8], file: String) throws(SigningError) {
        func malformed(_ what: String) -> SigningError { SigningError(.notCanonical, "\(file): \(what)") }
        guard armored.count <= Self.maximumBytes else { throw malformed("larger than \(Self.maximumBytes) bytes") }
        let (begin, end) = (Array(Self.begin.utf8), Array(Self.end.utf8))
        guard armored.count > begin.count + end.count, armored.starts(with: begin),
            armored.suffix(end.count) == end[...]
        else { throw malformed("not an OpenSSH signature in canonical armor") }
        let body = armored[begin.count..<armored.count - end.count].filter { $0 != 0x0A }
        guard let blob = Base64.decode(String(decoding: body, as: UTF8.self)), Self.armor(blob) == armored else {
            throw malformed("not an OpenSSH signature in canonical armor (base 64 in lines of 70)")
        }
        var reader = WireReader(blob)
        guard reader.take(6) == Array("SSHSIG".utf8), reader.integer() == 1, let key = reader.string(),
            let namespace = reader.string(), let reserved = reader.string(), let hash = reader.string(),
            reader.string() != nil, reader.isAtEnd
        else { throw malformed("not an SSHSIG version 1 structure") }
        guard reserved.isEmpty else { throw malformed("the reserved field of the signature is not empty") }
        self.armored = armored
        publicKey = key
        self.namespace = String(decoding: namespace, as: UTF8.self)
        hashAlgorithm = String(decoding: hash, as: UTF8.self)
    }

    private static func armor(_ blob: [UInt8]) -> [UInt8] {
        let text = Array(Base64.encode(blob).utf8)
        var out = Array(begin.utf8)
        for start in stride(from: 0, to: text.count, by: 70) {
            out += text[start..<min(start + 70, text.count)]
            out.append(0x0A)
        }
        return out + Array(end.utf8)
    }
}

/// Reads the length-prefixed fields of RFC 4251 §5.
struct WireReader {
    private let bytes: [UInt8]
    private var position = 0
    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func take(_ count: Int) -> [UInt8]? {
        guard count <= bytes.count - position else { return nil }
        defer { position += count }
        return Array(bytes[position..<position + count])
    }

    mutating func integer() -> UInt32? { take(4).map { $0.reduce(0) { $0 << 8 | UInt32($1) } } }

    mutating func string() -> [UInt8]? {
        guard let count = integer() else { return nil }
        return take(Int(count))
    }
}
