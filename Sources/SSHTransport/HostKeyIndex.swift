import CLibCrypto
package import Diagnostics

/// The pinned host keys of a site, read once from `known_hosts` files; a lookup does not depend on their size.
///
/// Understands plain, wildcard and negated names, `[host]:port`, hashed names (`|1|salt|hash`) and `@revoked`. Lines
/// with `@cert-authority` are reported, not used: the SSH library cannot check host certificates. A hashed line costs an
/// HMAC per name; an offered key that is pinned is found by the key, so only lines with that key are hashed.
package struct HostKeyIndex: Sendable {
    /// What the pins say about an offered key.
    package enum Verdict: Equatable, Sendable {
        case trusted
        /// No key is pinned for the name.
        case unknown
        /// Other keys are pinned for the name.
        case changed(pinned: [Pin])
        case revoked(Pin)
    }

    /// One key of one line.
    package struct Pin: Equatable, Sendable {
        package var key: SSHPublicKey
        /// Where the line stands.
        package var position: SourcePosition
        /// What follows the key on its line.
        package var comment = ""
        package var isRevoked: Bool
    }

    private struct Hashed {
        var salt: [UInt8]
        var hash: [UInt8]
        var pin: Int
    }
    private struct Patterned {
        var patterns: [String]
        var pin: Int
    }

    private var pins: [Pin] = []
    private var byName: [String: [Int]] = [:]
    private var hashed: [Hashed] = []
    /// Positions in `hashed` by the key that the line pins.
    private var hashedByKey: [SSHPublicKey: [Int]] = [:]
    private var hashedTypes: Set<String> = []
    private var patterned: [Patterned] = []
    /// Names whose hashed lines were already looked up.
    private var resolved: Set<String> = []
    /// Lines that could not be read or are not supported.
    package private(set) var findings = Findings()

    package static let maximumBytes = 64 * 1024 * 1024

    package init() {}

    /// Reads one file's text. Unreadable lines become findings and pin nothing.
    package init(text: String, file: String) { add(text: text, file: file) }

    package mutating func add(text: String, file: String) {
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            add(line: line, at: SourcePosition(file: file, line: index + 1, column: 1))
        }
    }

    /// The name under which a key is pinned: the host, or `[host]:port` for other ports than 22.
    package static func name(host: String, port: Int) -> String {
        let host = host.lowercased()
        return port == 22 ? host : "[\(host)]:\(port)"
    }

    /// The name under which a target's key is pinned.
    package static func name(of target: SSHTarget) -> String {
        target.hostKeyName?.lowercased() ?? name(host: target.host, port: target.port)
    }

    /// The line that pins a key.
    package static func line(host: String, port: Int, key: SSHPublicKey) -> String {
        "\(name(host: host, port: port)) \(key.line)"
    }

    package var count: Int { pins.count }

    /// The same index with the hashed lines of these names looked up.
    package func resolving(_ names: some Sequence<(host: String, port: Int)>) -> HostKeyIndex {
        var result = self
        for (host, port) in names {
            let name = Self.name(host: host, port: port)
            guard result.resolved.insert(name).inserted else { continue }
            for entry in hashed where Self.hash(name, salt: entry.salt) == entry.hash {
                result.byName[name, default: []].append(entry.pin)
            }
        }
        return result
    }

    /// All pins for a host, in the order of the files.
    package func pins(host: String, port: Int) -> [Pin] { pins(named: Self.name(host: host, port: port)) }

    func pins(named name: String) -> [Pin] {
        var found = byName[name] ?? []
        if !resolved.contains(name) {
            found += hashed.filter { Self.hash(name, salt: $0.salt) == $0.hash }.map(\.pin)
        }
        found += patterned.filter { Self.matches($0.patterns, name) }.map(\.pin)
        return Set(found).sorted().map { pins[$0] }
    }

    /// The pins that count for a target: those under its own name for the host key, or under host and port.
    package func pins(of target: SSHTarget) -> [Pin] {
        guard let name = target.hostKeyName else { return pins(host: target.host, port: target.port) }
        return pins(named: name.lowercased())
    }

    package func verdict(host: String, port: Int, key: SSHPublicKey) -> Verdict {
        verdict(on: key, offeredBy: SSHTarget(host: host, port: port, user: ""))
    }

    /// Whether a key that a target offers may be trusted.
    package func verdict(on key: SSHPublicKey, offeredBy target: SSHTarget) -> Verdict {
        let name = Self.name(of: target)
        // Lines that pin this key come first: what is found among them needs no look at the others.
        let same = sameKey(key, under: name)
        if let revoked = same.first(where: \.isRevoked) { return .revoked(revoked) }
        if !same.isEmpty || target.fingerprints.contains(key.fingerprint) { return .trusted }
        let valid = pins(of: target).filter { !$0.isRevoked }
        return valid.isEmpty && target.fingerprints.isEmpty ? .unknown : .changed(pinned: valid)
    }

    /// The pins of one key under a name.
    private func sameKey(_ key: SSHPublicKey, under name: String) -> [Pin] {
        var found = byName[name] ?? []
        if !resolved.contains(name) {
            for position in hashedByKey[key] ?? [] where Self.hash(name, salt: hashed[position].salt) == hashed[position].hash {
                found.append(hashed[position].pin)
            }
        }
        found += patterned.filter { pins[$0.pin].key == key && Self.matches($0.patterns, name) }.map(\.pin)
        return found.map { pins[$0] }.filter { $0.key == key }
    }

    /// Types of the keys pinned for a target, to ask for one of them. Where hashed lines have one type only, that one is
    /// among them without a look at their names.
    func pinnedTypes(of target: SSHTarget) -> Set<String> {
        let name = Self.name(of: target)
        guard hashedTypes.count == 1, !resolved.contains(name) else {
            return Set(pins(of: target).filter { !$0.isRevoked }.map(\.key.type))
        }
        let plain = (byName[name] ?? []) + patterned.filter { Self.matches($0.patterns, name) }.map(\.pin)
        return Set(plain.map { pins[$0] }.filter { !$0.isRevoked }.map(\.key.type)).union(hashedTypes)
    }

    // MARK: Reading

    private mutating func add(line: Substring, at position: SourcePosition) {
        var words = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\r" })[...]
        guard let first = words.first, !first.hasPrefix("#") else { return }
        var isRevoked = false
        if first.hasPrefix("@") {
            guard first == "@revoked" else {
                return report(
                    .warning, "hostkeys.unsupported-marker", "the marker \(first) is not supported", position,
                    "pin the device's own host key with: asbuilt hostkeys pin DEVICE")
            }
            isRevoked = true
            words = words.dropFirst()
        }
        guard words.count >= 3, let names = words.first else {
            return report(
                .error, "hostkeys.bad-line", "the line has no host names, key type and key", position,
                "write it as: HOST KEYTYPE BASE64KEY")
        }
        let (type, base64) = (String(words[words.startIndex + 1]), String(words[words.startIndex + 2]))
        guard let key = SSHPublicKey(type: type, base64: base64) else {
            return report(
                .error, "hostkeys.bad-key", "'\(safeForDisplay(type, keepingLines: false))' with this text is no key",
                position, "copy the line again from the device, or scan it: asbuilt hostkeys scan DEVICE")
        }
        let comment = words.dropFirst(3).joined(separator: " ")
        pins.append(Pin(key: key, position: position, comment: comment, isRevoked: isRevoked))
        if names.hasPrefix("|1|") {
            addHashed(names, at: position)
        } else {
            addNames(names.lowercased())
        }
    }

    private mutating func addHashed(_ name: Substring, at position: SourcePosition) {
        let parts = name.split(separator: "|", omittingEmptySubsequences: true)
        guard parts.count == 3, let salt = Base64.decode(parts[1], maximumCharacters: 1024),
            let hash = Base64.decode(parts[2], maximumCharacters: 1024),
            hash.count == 20
        else {
            pins.removeLast()
            return report(
                .error, "hostkeys.bad-hash", "the hashed host name is damaged", position,
                "remove the line and pin the host again")
        }
        let key = pins[pins.count - 1].key
        hashedByKey[key, default: []].append(hashed.count)
        hashedTypes.insert(key.type)
        hashed.append(Hashed(salt: salt, hash: hash, pin: pins.count - 1))
    }

    private mutating func addNames(_ names: String) {
        let all = names.split(separator: ",").map(String.init)
        if all.contains(where: { $0.contains("*") || $0.contains("?") || $0.hasPrefix("!") }) {
            patterned.append(Patterned(patterns: all, pin: pins.count - 1))
        } else {
            for name in all { byName[name, default: []].append(pins.count - 1) }
        }
    }

    private mutating func report(
        _ severity: Finding.Severity, _ code: String, _ what: String, _ position: SourcePosition, _ remedy: String
    ) {
        findings.add(Finding(severity, code: code, what: what, at: position, remedy: remedy))
    }

    // MARK: Matching

    /// A list of patterns matches when one does and no negated one does.
    static func matches(_ patterns: [String], _ name: String) -> Bool {
        var isMatched = false
        for pattern in patterns {
            if pattern.hasPrefix("!") {
                if isLike(Array(pattern.utf8.dropFirst()), Array(name.utf8)) { return false }
            } else if isLike(Array(pattern.utf8), Array(name.utf8)) {
                isMatched = true
            }
        }
        return isMatched
    }

    /// `*` for any run, `?` for one byte; linear in the name for each star.
    static func isLike(_ pattern: [UInt8], _ name: [UInt8]) -> Bool {
        var (p, n, star, mark) = (0, 0, -1, 0)
        while n < name.count {
            if p < pattern.count, pattern[p] == 0x2A {
                (star, mark) = (p, n)
                p += 1
            } else if p < pattern.count, pattern[p] == 0x3F || pattern[p] == name[n] {
                p += 1
                n += 1
            } else if star >= 0 {
                mark += 1
                (p, n) = (star + 1, mark)
            } else {
                return false
            }
        }
        while p < pattern.count, pattern[p] == 0x2A { p += 1 }
        return p == pattern.count
    }

    private static func hash(_ name: String, salt: [UInt8]) -> [UInt8] {
        let bytes = Array(name.utf8)
        var result = [UInt8](repeating: 0, count: 20)
        var length: UInt32 = 20
        HMAC(EVP_sha1(), salt, Int32(salt.count), bytes, bytes.count, &result, &length)
        return result
    }
}
