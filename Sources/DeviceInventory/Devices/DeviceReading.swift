internal import Diagnostics
internal import SourceDocuments

/// Reads what stands under `defaults`, a group or a device; the same keys everywhere.
enum DeviceReading {
    static let builtInFields = ["role", "site"]
    private static let plainKeys = [
        "platform", "groups", "children", "endpoints", "vars", "tags", "credentials", "host-keys", "host-key-name",
        "legacy-algorithms", "jump-hosts",
    ]
    static let reservedKeys = Set(plainKeys + builtInFields + ["name", "group", "tag", "endpoint", "all"])

    /// Old algorithms that libssh still has and that a device may be allowed by name.
    static let legacyAlgorithms = [
        "diffie-hellman-group14-sha1", "diffie-hellman-group1-sha1", "diffie-hellman-group-exchange-sha1",
        "diffie-hellman-group18-sha512", "ssh-rsa", "aes128-cbc", "aes192-cbc", "aes256-cbc", "3des-cbc", "hmac-sha1",
        "hmac-sha1-etm@openssh.com",
    ]

    /// What one level says, each part nil when it says nothing about it.
    struct Level {
        var platform: String?
        var groups: [NodeReader] = []
        var children: [NodeReader] = []
        var tags: [String]?
        var endpoints: [Endpoint]?
        var fields: [String: String] = [:]
        var credentials: DeviceCredentials?
        var hostKeys: [String]?
        var hostKeyName: String?
        var legacyAlgorithms: [String]?
        var jumpHosts: [Endpoint]?
    }

    enum Place { case defaults, group, device }

    /// Reads and checks one level.
    static func level(_ reader: NodeReader, _ place: Place, thing: String, site: SiteSettings, platforms: [String]?)
        -> Level?
    {
        if reader.node.isNull { return Level() }
        return reader.mapping(thing) { keys -> Level? in
            var level = Level()
            level.platform = keys.optional("platform").flatMap { platform($0, platforms) }
            if place == .device { level.groups = keys.optional("groups")?.list { $0 } ?? [] }
            if place == .group { level.children = keys.optional("children")?.list { $0 } ?? [] }
            level.tags = keys.optional("tags")?.strings()
            level.endpoints = keys.optional("endpoints").flatMap(endpoints)
            level.credentials = keys.optional("credentials").flatMap(credentials)
            level.hostKeys = keys.optional("host-keys")?.list(hostKey)
            level.hostKeyName = keys.optional("host-key-name")?.string()
            level.legacyAlgorithms = keys.optional("legacy-algorithms")?.list { $0.choice(legacyAlgorithms) }
            level.jumpHosts = keys.optional("jump-hosts")?.list { Endpoint.read($0, kind: .cli) }
            if let variables = keys.optional("vars") { _ = variables.map { _, value in value.value() } }
            for field in builtInFields + site.fields {
                if let text = keys.optional(field)?.string() { level.fields[field] = text }
            }
            return level
        }
    }

    private static func platform(_ reader: NodeReader, _ known: [String]?) -> String? {
        guard let text = reader.string() else { return nil }
        guard let known, !known.contains(text) else { return text }
        let meant = ClosestWord.find(text, among: known).map { "did you mean `\($0)`? " } ?? ""
        reader.report(
            "unknown-platform", "there is no platform “\(text)”",
            remedy: meant + "Known platforms: \(known.sorted().joined(separator: ", "))")
        return nil
    }

    private static func endpoints(_ reader: NodeReader) -> [Endpoint]? {
        reader.mapping("a list of endpoints") { keys -> [Endpoint]? in
            Endpoint.Kind.allCases.sorted().compactMap { kind in
                keys.optional(kind.rawValue).flatMap { Endpoint.read($0, kind: kind) }
            }
        }
    }

    private static func credentials(_ reader: NodeReader) -> DeviceCredentials? {
        reader.mapping("credentials") { keys -> DeviceCredentials? in
            func reference(_ key: String, agent: Bool = false) -> CredentialReference? {
                keys.optional(key).flatMap { CredentialReference.read($0, agentAllowed: agent) }
            }
            return DeviceCredentials(
                user: keys.optional("user")?.string(), key: reference("key", agent: true),
                passphrase: reference("passphrase"), certificate: reference("certificate"), password: reference("password"), enable: reference("enable"))
        }
    }

    private static func hostKey(_ reader: NodeReader) -> String? {
        guard let text = reader.string() else { return nil }
        guard text.hasPrefix("SHA256:"), text.utf8.count == 50 else {
            reader.report(
                "host-key", "“\(text)” is not a host key fingerprint",
                remedy: "write SHA256: and 43 characters, as `ssh-keygen -lf FILE` prints it")
            return nil
        }
        return text
    }
}
