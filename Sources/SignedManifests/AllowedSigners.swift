package import Diagnostics
internal import CanonicalData

/// An `allowed_signers` file, read to name its people and point at bad lines; whether a key is allowed is OpenSSH's
/// to judge.
package struct AllowedSigners: Equatable, Sendable {
    package struct Entry: Equatable, Sendable {
        package var position: SourcePosition
        /// Patterns as written, separated by commas in the file.
        package var principals: [String]
        /// Option names in lower case with their values without quotes.
        package var options: [String: String]
        package var keyType: String
        /// `SHA256:…`
        package var fingerprint: String
        package var isCertificateAuthority: Bool { options["cert-authority"] != nil }
    }
    package var entries: [Entry] = []
    package var findings = Findings()

    package static let maximumBytes = 1 << 20

    package init(_ bytes: [UInt8], file: String) {
        guard bytes.count <= Self.maximumBytes, let text = String(validating: bytes, as: UTF8.self) else {
            findings.add(
                Finding(
                    code: "signers.not-text", what: "\(file) is not UTF-8 text of at most \(Self.maximumBytes) bytes",
                    at: SourcePosition(file: file), remedy: "write it in the format of ssh-keygen(1), ALLOWED SIGNERS"))
            return
        }
        for (index, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = raw.hasSuffix("\r") ? raw.dropLast() : raw
            let fields = Self.fields(line)
            guard let first = fields.first, !first.hasPrefix("#") else { continue }
            add(fields, at: SourcePosition(file: file, line: index + 1, column: 1))
        }
    }

    private mutating func add(_ fields: [String], at position: SourcePosition) {
        let isKeyType: (String) -> Bool = {
            $0.hasPrefix("ssh-") || $0.hasPrefix("ecdsa-") || $0.hasPrefix("sk-") || $0.hasPrefix("rsa-")
        }
        guard fields.count >= 3, let typeIndex = fields.indices.dropFirst().first(where: { isKeyType(fields[$0]) }),
            typeIndex <= 2, typeIndex + 1 < fields.count
        else { return malformed("principals, options, key type and key are expected", position) }
        guard let blob = Base64.decode(fields[typeIndex + 1]), !blob.isEmpty else {
            return malformed("the key is not base 64", position)
        }
        var options: [String: String] = [:]
        if typeIndex == 2 {
            for option in Self.split(fields[1], by: ",") {
                let parts = option.split(separator: "=", maxSplits: 1).map(String.init)
                let name = parts[0].lowercased()
                let value = parts.count > 1 ? parts[1].filter { $0 != "\"" } : ""
                guard ["cert-authority", "namespaces", "valid-after", "valid-before"].contains(name) else {
                    return malformed("unknown option \"\(parts[0])\"", position)
                }
                options[name] = value
                if name.hasPrefix("valid-"), !value.hasSuffix("Z") {
                    findings.add(
                        Finding(
                            .warning, code: "signers.local-time",
                            what: "\(name) \(value) has no Z: OpenSSH reads it in the local time zone, asbuilt in UTC",
                            at: position, remedy: "write \(value)Z"))
                }
            }
        }
        var hash: [UInt8] = []
        let digits = Array(Digest.sha256(blob).hex.utf8)
        for start in stride(from: 0, to: digits.count, by: 2) {
            hash.append(UInt8(String(decoding: digits[start..<start + 2], as: UTF8.self), radix: 16) ?? 0)
        }
        entries.append(
            Entry(
                position: position, principals: Self.split(fields[0], by: ",").map { $0.filter { $0 != "\"" } },
                options: options, keyType: fields[typeIndex],
                fingerprint: "SHA256:" + Base64.encode(hash).filter { $0 != "=" }))
    }

    private mutating func malformed(_ what: String, _ position: SourcePosition) {
        findings.add(
            Finding(
                code: "signers.malformed", what: what, at: position,
                remedy: "write `alice@example.net ssh-ed25519 AAAA…`, see ssh-keygen(1), ALLOWED SIGNERS"))
    }

    /// Names without wildcards, sorted; certificate authorities speak for more people than can be listed.
    package var namedPrincipals: [String] {
        Set(entries.flatMap(\.principals).filter { !$0.contains("*") && !$0.contains("?") && !$0.hasPrefix("!") })
            .sorted()
    }

    /// True when a pattern of some entry covers the name.
    package func mentions(_ principal: PrincipalName) -> Bool {
        entries.contains { entry in
            entry.principals.contains {
                !$0.hasPrefix("!") && Self.matches(Array($0.utf8)[...], Array(principal.text.utf8)[...])
            }
                && !entry.principals.contains {
                    $0.hasPrefix("!") && Self.matches(Array($0.utf8).dropFirst(), Array(principal.text.utf8)[...])
                }
        }
    }

    /// `*` and `?` as in ssh_config(5), PATTERNS; linear in both lengths.
    private static func matches(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
        var (p, t) = (pattern.startIndex, text.startIndex)
        var retry: (p: Int, t: Int)?
        while t < text.endIndex {
            if p < pattern.endIndex, pattern[p] == UInt8(ascii: "*") {
                retry = (p + 1, t)
                p += 1
            } else if p < pattern.endIndex, pattern[p] == UInt8(ascii: "?") || pattern[p] == text[t] {
                p += 1
                t += 1
            } else if let again = retry {
                retry = (again.p, again.t + 1)
                (p, t) = (again.p, again.t + 1)
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
    }

    /// Fields between blanks, with double quotes keeping blanks together.
    private static func fields(_ line: Substring) -> [String] {
        split(String(line).replacing("\t", with: " "), by: " ")
    }

    private static func split(_ text: String, by separator: Character) -> [String] {
        var (parts, part, quoted) = ([String](), "", false)
        for character in text {
            if character == "\"" { quoted.toggle() }
            if character == separator, !quoted {
                if !part.isEmpty { parts.append(part) }
                part = ""
            } else {
                part.append(character)
            }
        }
        if !part.isEmpty { parts.append(part) }
        return parts
    }
}
