internal import SourceDocuments

/// One way to reach a device.
package struct Endpoint: Equatable, Hashable, Sendable, Codable {
    package enum Kind: String, Sendable, Codable, CaseIterable, Comparable {
        case cli, netconf
        package var defaultPort: UInt16 { self == .netconf ? 830 : 22 }
        package static func < (a: Kind, b: Kind) -> Bool { a.rawValue < b.rawValue }
    }
    package var kind: Kind
    /// Host name or address, an IPv6 address without its brackets.
    package var host: String
    package var port: UInt16

    package init(kind: Kind, host: String, port: UInt16) { (self.kind, self.host, self.port) = (kind, host, port) }

    /// `ssh://host:port`, always with the port.
    package var url: String { "ssh://\(host.contains(":") ? "[\(host)]" : host):\(port)" }

    /// `host`, or `[host]:port` when the port is not 22: the name under which known_hosts keeps its key.
    package var knownHostsName: String { port == 22 ? host : "[\(host)]:\(port)" }

    /// Whether the host is this machine's loopback by its very address.
    package var isLoopback: Bool {
        host == "localhost" || host == "::1" || (host.hasPrefix("127.") && host.allSatisfy { $0.isNumber || $0 == "." })
    }

    /// Checks a host that was given without a scheme; nil when it is no name or address.
    init?(kind: Kind, checking host: String, port: UInt16) {
        self.init("ssh://\(host.contains(":") ? "[\(host)]" : host):\(port)", kind: kind)
    }

    /// Whether the text of an endpoint names a port.
    static func hasPort(_ url: String) -> Bool {
        let rest = url.dropFirst(6)
        return rest.first == "[" ? rest.firstRange(of: "]:") != nil : rest.contains(":")
    }

    /// Parses `ssh://host[:port]`; nil when it is something else.
    package init?(_ url: String, kind: Kind) {
        guard url.hasPrefix("ssh://") else { return nil }
        var rest = url.dropFirst(6)
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        let host: Substring
        if rest.first == "[" {
            guard let end = rest.firstIndex(of: "]") else { return nil }
            host = rest[rest.index(after: rest.startIndex)..<end]
            rest = rest[rest.index(after: end)...]
            guard host.count(where: { $0 == ":" }) >= 2, host.allSatisfy(Self.isIPv6Character) else { return nil }
        } else {
            host = rest.prefix { $0 != ":" }
            rest = rest.dropFirst(host.count)
            guard let first = host.first, first != "-", first != ".", host.allSatisfy(Self.isHostCharacter) else {
                return nil
            }
        }
        guard host.count <= 255 else { return nil }
        if rest.isEmpty {
            port = kind.defaultPort
        } else {
            let digits = rest.dropFirst()
            guard rest.first == ":", digits.allSatisfy({ "0"..."9" ~= $0 }), let number = UInt16(digits), number > 0
            else { return nil }
            port = number
        }
        self.kind = kind
        self.host = host.lowercased()
    }

    private static func isHostCharacter(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || "-._".contains(character))
    }

    private static func isIPv6Character(_ character: Character) -> Bool {
        character.isASCII && (character.isHexDigit || ":.%".contains(character) || character.isLetter)
    }

    static func read(_ reader: NodeReader, kind: Kind) -> Endpoint? {
        guard let text = reader.string() else { return nil }
        if let endpoint = Endpoint(text, kind: kind) { return endpoint }
        let hasUser = text.hasPrefix("ssh://") && text.contains("@")
        reader.report(
            "endpoint", "“\(text)” is not an endpoint\(hasUser ? ": the user stands under `credentials`" : "")",
            remedy: "write ssh://HOST or ssh://HOST:PORT, an IPv6 address in brackets")
        return nil
    }
}
