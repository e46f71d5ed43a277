import ByteTransport

/// The algorithms that one side offers in its KEXINIT (RFC 4253 §7.1), read from the wire before anything is encrypted.
struct SSHKeyExchangeOffer: Equatable, Sendable {
    var keyExchange: [String]
    var hostKeys: [String]
    var ciphersToServer: [String]
    var ciphersToClient: [String]
    var macsToServer: [String]
    var macsToClient: [String]

    /// One kind of algorithm for which the two sides have nothing in common.
    struct Mismatch: Equatable, Sendable {
        var kind: String
        var device: [String]
        var ours: [String]
    }

    /// Names in a key exchange list that are no algorithms: they say what the side understands (RFC 8308; strict key exchange).
    static func isSignal(_ name: some StringProtocol) -> Bool {
        name.hasPrefix("ext-info-") || name.hasPrefix("kex-strict-")
    }

    /// A line of libssh about lists without a common name (`… server [a,b], client [c]`), without such names.
    static func withoutSignals(_ line: String) -> String {
        var (result, name) = ("", "")
        for character in line {
            guard ",[]".contains(character) else {
                name.append(character)
                continue
            }
            if !isSignal(name) {
                result += name
            } else if result.last == "," {
                result.removeLast()
            }
            name = ""
            if character != "," || result.last != "[" { result.append(character) }
        }
        return result + name
    }

    /// Kinds without a common name. A MAC is not needed where the first common cipher brings its own integrity.
    func mismatches(with ours: SSHAlgorithms) -> [Mismatch] {
        func isAuthenticated(_ ciphers: [String]) -> Bool {
            ours.ciphers.first { ciphers.contains($0) }.map { $0.contains("gcm") || $0.contains("poly1305") } ?? false
        }
        var pairs = [
            ("key exchange", keyExchange.filter { !Self.isSignal($0) }, ours.keyExchange),
            ("host key", hostKeys, ours.hostKeys),
            ("cipher", ciphersToServer, ours.ciphers), ("cipher", ciphersToClient, ours.ciphers),
        ]
        if !isAuthenticated(ciphersToServer) { pairs.append(("MAC", macsToServer, ours.macs)) }
        if !isAuthenticated(ciphersToClient) { pairs.append(("MAC", macsToClient, ours.macs)) }
        var found: [Mismatch] = []
        for (kind, device, own) in pairs where Set(device).isDisjoint(with: own) {
            let mismatch = Mismatch(kind: kind, device: device, ours: own)
            if !found.contains(mismatch) { found.append(mismatch) }
        }
        return found
    }
}

/// Reads a server's plaintext start: lines up to `SSH-2.0-…`, then packets up to KEXINIT.
///
///     banner ──SSH- line──▶ packets ──KEXINIT──▶ finished
///
/// Takes bytes in any split. Everything else that may stand there (RFC 4253 §4.2 lets a server send other lines first;
/// IGNORE and DEBUG may precede KEXINIT) is skipped, within limits.
struct SSHKeyExchangeReader: Sendable {
    private enum State: Equatable, Sendable { case banner, packets, finished }
    private var state = State.banner
    private var bytes: [UInt8] = []
    private var total = 0
    /// `SSH-2.0-…` once it came.
    private(set) var banner: String?

    /// All bytes before a KEXINIT is complete; a server needs far fewer.
    static let maximumBytes = 128 * 1024
    private static let maximumPacketBytes = 35_000

    /// The server's offer once it is complete; nil while more is needed.
    mutating func receive(_ more: [UInt8]) throws(TransportError) -> SSHKeyExchangeOffer? {
        total += more.count
        guard total <= Self.maximumBytes else {
            throw Self.violation("more than \(Self.maximumBytes) bytes before its KEXINIT")
        }
        bytes += more
        while true {
            switch state {
            case .finished: return nil
            case .banner:
                guard let end = bytes.firstIndex(of: 0x0A) else { return nil }
                let line = String(decoding: bytes[..<end], as: UTF8.self)
                bytes.removeSubrange(...end)
                guard line.hasPrefix("SSH-") else { continue }
                banner = line.last == "\r" ? String(line.dropLast()) : line
                state = .packets
            case .packets:
                guard let payload = try nextPayload() else { return nil }
                guard payload.first == 20 else { continue }
                state = .finished
                return try Self.offer(payload)
            }
        }
    }

    /// Unencrypted binary packets: length, padding length, payload, padding; no MAC (RFC 4253 §6).
    private mutating func nextPayload() throws(TransportError) -> [UInt8]? {
        guard bytes.count >= 5 else { return nil }
        let length = bytes[..<4].reduce(0) { $0 << 8 | Int($1) }
        let padding = Int(bytes[4])
        guard length <= Self.maximumPacketBytes, length >= padding + 2 else {
            throw Self.violation("a packet of \(length) bytes before the key exchange")
        }
        guard bytes.count >= 4 + length else { return nil }
        let payload = Array(bytes[5..<(4 + length - padding)])
        bytes.removeSubrange(..<(4 + length))
        return payload
    }

    private static func offer(_ payload: [UInt8]) throws(TransportError) -> SSHKeyExchangeOffer {
        // Message number and sixteen random bytes.
        var rest = payload.dropFirst(17)
        func list() throws(TransportError) -> [String] {
            guard rest.count >= 4 else { throw violation("a KEXINIT that ends early") }
            let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            rest = rest.dropFirst(4)
            guard rest.count >= length else { throw violation("a KEXINIT that ends early") }
            defer { rest = rest.dropFirst(length) }
            return String(decoding: rest.prefix(length), as: UTF8.self).split(separator: ",").map(String.init)
        }
        return SSHKeyExchangeOffer(
            keyExchange: try list(), hostKeys: try list(), ciphersToServer: try list(), ciphersToClient: try list(),
            macsToServer: try list(), macsToClient: try list())
    }

    private static func violation(_ what: String) -> TransportError {
        TransportError(.protocolViolation, what: "the device sent \(what)", remedy: "check that the port speaks SSH")
    }
}
