package import ByteTransport

/// The algorithm names a client offers, in order of preference: cheap and strong first.
///
/// Old algorithms are offered only to devices that name them in their allow list; what was then used appears in
/// `ConnectionFacts.warnings`. libssh drops names it does not know without a word, so every name is checked here.
package struct SSHAlgorithms: Hashable, Sendable {
    package var keyExchange: [String]
    package var hostKeys: [String]
    package var ciphers: [String]
    package var macs: [String]

    /// What is offered to a device without an allow list.
    package static let modern = SSHAlgorithms(
        keyExchange: [
            "curve25519-sha256", "curve25519-sha256@libssh.org", "ecdh-sha2-nistp256", "ecdh-sha2-nistp384",
            "ecdh-sha2-nistp521", "diffie-hellman-group14-sha256", "diffie-hellman-group-exchange-sha256",
            "diffie-hellman-group16-sha512",
        ],
        hostKeys: [
            "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "rsa-sha2-512",
            "rsa-sha2-256",
        ],
        ciphers: [
            "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com", "aes128-gcm@openssh.com", "aes256-ctr",
            "aes192-ctr", "aes128-ctr",
        ],
        macs: [
            "hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512",
        ])

    /// Old or costly names that an allow list may add, by list.
    static let byAllowListOnly = SSHAlgorithms(
        keyExchange: [
            "diffie-hellman-group18-sha512", "diffie-hellman-group14-sha1", "diffie-hellman-group-exchange-sha1",
            "diffie-hellman-group1-sha1",
        ],
        hostKeys: ["ssh-rsa"],
        ciphers: ["aes256-cbc", "aes192-cbc", "aes128-cbc", "3des-cbc"],
        macs: ["hmac-sha1-etm@openssh.com", "hmac-sha1"])

    private static let oldNames = Set(byAllowListOnly.all)

    /// Names that devices are known to need and libssh 0.10 cannot do.
    static let unavailable: Set<String> = [
        "hmac-md5", "hmac-md5-96", "hmac-sha1-96", "ssh-dss", "arcfour", "arcfour128", "arcfour256", "blowfish-cbc",
        "sntrup761x25519-sha512@openssh.com", "mlkem768x25519-sha256", "umac-64@openssh.com", "umac-128@openssh.com",
    ]

    /// The modern lists with the allowed old names behind them. Throws for a name that is not one of them.
    package func allowing(_ names: [String]) throws(TransportError) -> SSHAlgorithms {
        var result = self
        let old = Self.byAllowListOnly
        for name in names {
            if old.keyExchange.contains(name) {
                result.keyExchange.append(name)
            } else if old.hostKeys.contains(name) {
                result.hostKeys.append(name)
            } else if old.ciphers.contains(name) {
                result.ciphers.append(name)
            } else if old.macs.contains(name) {
                result.macs.append(name)
            } else if !Self.modern.all.contains(name) {
                throw TransportError(
                    .algorithmMismatch,
                    what: Self.unavailable.contains(name)
                        ? "the algorithm '\(name)' is not available in this build's SSH library"
                        : "'\(name)' is not an SSH algorithm known here",
                    remedy: "names that can be allowed: " + old.all.joined(separator: ", "))
            }
        }
        return result
    }

    /// Names sorted into their lists; throws for one that is not known. For servers that speak only these.
    package static func only(_ names: [String]) throws(TransportError) -> SSHAlgorithms {
        let known = try modern.allowing(names)
        func these(_ list: [String]) -> [String] { names.filter { list.contains($0) } }
        return SSHAlgorithms(
            keyExchange: these(known.keyExchange), hostKeys: these(known.hostKeys), ciphers: these(known.ciphers),
            macs: these(known.macs))
    }

    /// Whether a key exchange may take a thread for long: group 14 with SHA-1 3.8 ms, group 18 140 ms.
    var hasSlowKeyExchange: Bool { keyExchange.contains { Self.byAllowListOnly.keyExchange.contains($0) } }

    var all: [String] { keyExchange + hostKeys + ciphers + macs }

    /// The host key algorithms with those of pinned key types first, so that a pinned key is asked for.
    func preferring(pinnedTypes: Set<String>) -> [String] {
        func keyType(_ algorithm: String) -> String { algorithm.hasPrefix("rsa-sha2") ? "ssh-rsa" : algorithm }
        return hostKeys.filter { pinnedTypes.contains(keyType($0)) }
            + hostKeys.filter { !pinnedTypes.contains(keyType($0)) }
    }

    /// Sentences about old algorithms among those negotiated.
    static func warnings(about negotiated: [String: String]) -> [String] {
        guard negotiated.values.contains(where: oldNames.contains) else { return [] }
        return negotiated.sorted { $0.key < $1.key }.compactMap { purpose, name in
            oldNames.contains(name) ? "old algorithm in use: \(name) (\(purpose))" : nil
        }
    }
}
