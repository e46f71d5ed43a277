package import Diagnostics

/// Where to connect and as whom.
package struct SSHTarget: Sendable, Equatable {
    /// Name or literal address; also the name under which the host key is pinned.
    package var host: String
    package var port: Int
    package var user: String
    /// Device name for errors; the host when there is none.
    package var device: String?
    /// The name under which `known_hosts` keeps the host key, when it is not that of host and port.
    package var hostKeyName: String?
    /// Fingerprints (`SHA256:…`) that are accepted beside the keys of `known_hosts`.
    package var fingerprints: [String]

    package init(
        host: String, port: Int = 22, user: String, device: String? = nil, hostKeyName: String? = nil,
        fingerprints: [String] = []
    ) {
        (self.host, self.port, self.user, self.device) = (host, port, user, device)
        (self.hostKeyName, self.fingerprints) = (hostKeyName, fingerprints)
    }

    /// `host:port`, with the device's name in front when it is known.
    package var location: String {
        let endpoint = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        return device.map { "\($0) (\(endpoint))" } ?? endpoint
    }
    /// What stands for the device in commands.
    var subject: String { device ?? host }
}

/// A host to go through, and how to log in there.
package struct SSHHop: Sendable, Equatable {
    package var target: SSHTarget
    package var credentials: [SSHCredential]
    /// Nil: those of the connector.
    package var options: SSHClientOptions?

    package init(target: SSHTarget, credentials: [SSHCredential], options: SSHClientOptions? = nil) {
        (self.target, self.credentials, self.options) = (target, credentials, options)
    }
}

/// One way to prove who we are; tried in the order given.
package enum SSHCredential: Sendable, Equatable {
    /// A private key, with the text of a user certificate (`ssh-ed25519-cert-v01@openssh.com AAAA…`) if there is one.
    case key(SSHPrivateKey, certificate: String? = nil)
    case password(Secret)
    /// Answers to keyboard-interactive (RFC 4256): one per hidden question in order; the last one is repeated.
    case interactive([Secret])
    /// Keys of the agent behind this socket (nil means `SSH_AUTH_SOCK`): all of them, or the one with this fingerprint or
    /// comment. Blocks its reactor while the agent signs, so such sessions run on a reactor of their own.
    case agent(socket: String?, key: String? = nil)

    /// The method's name in RFC 4252.
    var method: String {
        switch self {
        case .key, .agent: "publickey"
        case .password: "password"
        case .interactive: "keyboard-interactive"
        }
    }
    /// For errors.
    var summary: String {
        switch self {
        case .key(let key, let certificate):
            "publickey \(key.publicKey.fingerprint)\(certificate == nil ? "" : " with certificate")"
        case .password: "password"
        case .interactive: "keyboard-interactive"
        case .agent(_, let key): "publickey from the agent\(key.map { " (\($0))" } ?? "")"
        }
    }
    package var isKey: Bool {
        switch self {
        case .key, .agent: true
        case .password, .interactive: false
        }
    }
    /// RSA signing and agents take milliseconds of a reactor.
    var isSlow: Bool {
        switch self {
        case .key(let key, _): key.publicKey.type == "ssh-rsa"
        case .agent: true
        case .password, .interactive: false
        }
    }
}

/// Limits and habits of client sessions.
package struct SSHClientOptions: Sendable, Equatable {
    package var algorithms = SSHAlgorithms.modern
    /// An SSH keep-alive is sent after this much silence.
    /// TCP keep-alive is always on. Nil: no SSH keep-alive.
    package var keepAlive: Duration? = .seconds(60)
    /// Keep-alives without an answer after which the session is given up.
    package var maximumUnansweredKeepAlives = 3
    /// From the first packet to the end of the key exchange; nil: as long as the deadline allows.
    package var connectTimeout: Duration?
    /// Bytes of a channel kept for a reader that does not read; beyond them libssh's window (1.28 MB) fills and the
    /// peer must wait.
    package var maximumUnreadBytes = 256 * 1024
    package var maximumChannels = 16
    package init() {}
}
