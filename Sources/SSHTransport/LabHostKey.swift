import Glibc

/// Host keys that a lab on this machine made, as told from those of real devices.
///
/// `lab inventory` pins a lab's host keys with a comment that names the private key file in the lab's state folder.
/// Whoever may edit `known_hosts` can write such a comment; therefore it proves nothing alone. A pinned key is the lab's
/// when the named private key is here, belongs to this user alone, and is the other half of the pinned key: nobody
/// holds the private key of a real device, so a real device behind a tunnel on loopback is never taken for the lab's.
package enum LabHostKey {
    private static let mark = "asbuilt-lab:"

    /// The line that pins a lab's key and says where its private half lies.
    package static func line(host: String, port: Int, key: SSHPublicKey, privateKeyFile: String) -> String {
        HostKeyIndex.line(host: host, port: port, key: key) + " " + mark + encoded(privateKeyFile)
    }

    /// Whether a line carries the mark, be it true or not.
    package static func isMarked(_ line: some StringProtocol) -> Bool { line.contains(" " + mark) }

    /// Whether a lab on this machine made the pinned key.
    package static func isMade(_ pin: HostKeyIndex.Pin) -> Bool {
        guard let word = pin.comment.split(separator: " ").first(where: { $0.hasPrefix(mark) }),
            let path = decoded(word.dropFirst(mark.count)), path.hasPrefix("/")
        else { return false }
        var facts = stat()
        guard lstat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG, facts.st_mode & 0o077 == 0,
            facts.st_uid == geteuid(), facts.st_size <= 65_536, let key = try? SSHPrivateKey(file: path)
        else { return false }
        return key.publicKey == pin.key
    }

    // A path as one word: what is not a plain character stands as %XX.

    private static func encoded(_ path: String) -> String {
        path.utf8.reduce(into: "") { text, byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x2F, 0x5F, 0x7E:
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default: text += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
    }

    private static func decoded(_ word: some StringProtocol) -> String? {
        var (bytes, rest) = ([UInt8](), Array(word.utf8)[...])
        while let byte = rest.popFirst() {
            guard byte == 0x25 else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
