internal import Foundation

/// Host keys that a lab on this machine made, as told from those of real devices.
///
/// `lab inventory` pins a lab's host keys with a comment that names the private key file in the lab's state folder.
/// Whoever may edit `known_hosts` can write such a comment; therefore it proves nothing alone. A pinned key is the lab's
/// when the named private key is here, belongs to this user alone, and is the other half of the pinned key: nobody
/// holds the private key of a real device, so a real device behind a tunnel on loopback is never taken for the lab's.
package enum LabHostKey {
    private static let mark = "asbuilt-lab:"
    private static let pathCharacters: CharacterSet = .alphanumerics.union(CharacterSet(charactersIn: "/-_.~"))

    /// The line that pins a lab's key and says where its private half lies.
    package static func line(host: String, port: Int, key: SSHPublicKey, privateKeyFile: String) -> String {
        // Unencodable only if it is no Unicode text, and then the mark does not match: not a lab key.
        let path = privateKeyFile.addingPercentEncoding(withAllowedCharacters: pathCharacters) ?? ""
        return HostKeyIndex.line(host: host, port: port, key: key) + " " + mark + path
    }

    /// Whether a line carries the mark, be it true or not.
    package static func isMarked(_ line: some StringProtocol) -> Bool { line.contains(" " + mark) }

    /// Whether a lab on this machine made the pinned key.
    package static func isMade(_ pin: HostKeyIndex.Pin) -> Bool {
        guard let word = pin.comment.split(separator: " ").first(where: { $0.hasPrefix(mark) }),
            let path = word.dropFirst(mark.count).removingPercentEncoding, path.hasPrefix("/")
        else { return false }
        var facts = stat()
        guard lstat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG, facts.st_mode & 0o077 == 0,
            facts.st_uid == geteuid(), facts.st_size <= 65_536, let key = try? SSHPrivateKey(file: path)
        else { return false }
        return key.publicKey == pin.key
    }
}
