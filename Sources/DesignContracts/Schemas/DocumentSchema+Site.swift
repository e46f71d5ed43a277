internal import CanonicalData

/// The documents of a site: what is in the network, and what every device must have.
extension DocumentSchema {
    static let siteSchema = object(
        [
            "asbuilt": format("site/v1"), "name": text, "environment": text, "fields": list(text),
            "plan-secrets-key": secret,
            "ssh-config": ["type": ["boolean", "string"], "description": "true for ~/.ssh/config, or a path"],
        ], required: ["asbuilt", "name", "environment"])

    static let devicesSchema = object(
        [
            "asbuilt": format("devices/v1"), "defaults": nullable(level([:])),
            "devices": map(nullable(level(["groups": list(text)]))),
        ], required: ["asbuilt", "devices"])

    static let groupsSchema = object(
        [
            "asbuilt": format("groups/v1"), "defaults": nullable(level([:])),
            "groups": map(nullable(level(["children": list(text)]))),
        ], required: ["asbuilt", "groups"])

    static let rulesSchema = object(
        ["asbuilt": format("rules/v1"), "groups": map(list(rule))], required: ["asbuilt", "groups"])

    // MARK: Parts

    private static let secret: JSONValue = [
        "type": "string", "pattern": "^(env|file|command):.+",
        "description": "where a secret is kept, never the secret",
    ]
    private static let key: JSONValue = [
        "type": "string", "pattern": "^((env|file|command):.+|agent:.*)",
        "description": "where the private key is kept",
    ]
    private static let endpoint: JSONValue = ["type": "string", "pattern": "^ssh://[^/]+/?$"]
    private static let fingerprint: JSONValue = ["type": "string", "pattern": "^SHA256:.{43}$"]
    private static func nullable(_ schema: JSONValue) -> JSONValue { ["anyOf": [["type": "null"], schema]] }

    /// What defaults, a group or a device may say; other keys are the fields that `site.yaml` names.
    private static func level(_ own: [String: JSONValue]) -> JSONValue {
        let shared: [String: JSONValue] = [
            "platform": text, "tags": list(text), "role": text, "site": text, "vars": ["type": ["object", "null"]],
            "endpoints": object(["cli": endpoint, "netconf": endpoint]),
            "credentials": object([
                "user": text, "key": key, "passphrase": secret, "certificate": secret, "password": secret,
                "enable": secret,
            ]),
            "host-keys": list(fingerprint), "host-key-name": text, "legacy-algorithms": list(text),
            "jump-hosts": list(endpoint),
        ]
        return object(shared.merging(own) { _, own in own }, others: text)
    }

    private static let rule = object(
        [
            "id": text, "severity": words(["error", "warning", "note"]), "section": text, "required": list(text),
            "disallowed": list(text), "mode": format("ignored"), "lines": list(text),
        ], required: ["id"])
}
