internal import CanonicalData

/// JSON Schemas (draft 2020-12) of the documents people write: for editors and other tools.
///
/// The readers judge more than a schema can say (selectors, references, near misses); what a schema refuses, they
/// refuse too.
package enum DocumentSchema: String, Sendable, CaseIterable {
    case engagement, spec, contract, policy, site, devices, groups, rules

    /// Canonical JSON text.
    package var text: String {
        guard case .object(var members) = root else { return "{}" }
        members["$schema"] = "https://json-schema.org/draft/2020-12/schema"
        members["title"] = .string("asbuilt: \(rawValue)/v1")
        return String(decoding: CanonicalJSON.bytes(of: .object(members)), as: UTF8.self)
    }

    var root: JSONValue {
        switch self {
        case .engagement: Self.engagementSchema
        case .spec: Self.specSchema
        case .contract: Self.contractSchema
        case .policy: Self.policySchema
        case .site: Self.siteSchema
        case .devices: Self.devicesSchema
        case .groups: Self.groupsSchema
        case .rules: Self.rulesSchema
        }
    }

    // MARK: Words

    /// A text; the readers take what YAML calls a number or a boolean as it is written.
    static let text: JSONValue = ["type": ["string", "number", "boolean"], "minLength": 1]
    static let flag: JSONValue = ["type": "boolean"]
    static let identifier: JSONValue = ["type": "string", "pattern": "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$"]
    static let principal: JSONValue = ["type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}$"]
    static let duration: JSONValue = ["type": "string", "pattern": "^[0-9]+(ms|s|m|h|d)$"]
    static let selector: JSONValue = ["type": "string", "minLength": 1, "description": "a selector of devices"]
    static let window: JSONValue = [
        "type": "string",
        "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:]{5,8}Z)?/[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:]{5,8}Z)?$",
    ]
    static let template: JSONValue = ["type": "string", "pattern": "^templates/.+"]

    static func format(_ name: String) -> JSONValue { ["const": .string(name)] }
    static func list(_ items: JSONValue, atLeast count: Int32 = 0) -> JSONValue {
        ["type": "array", "items": items, "minItems": .number(Double(count))]
    }
    static func words(_ words: [String]) -> JSONValue { ["enum": .array(words.map { .string($0) })] }
    static func number(_ range: ClosedRange<Int32>) -> JSONValue {
        ["type": "integer", "minimum": .number(Double(range.lowerBound)), "maximum": .number(Double(range.upperBound))]
    }
    static func map(_ values: JSONValue) -> JSONValue { ["type": "object", "additionalProperties": values] }
    static func object(_ properties: [String: JSONValue], required: [String] = [], others: JSONValue = false)
        -> JSONValue
    {
        [
            "type": "object", "properties": .object(properties), "additionalProperties": others,
            "required": .array(required.map { .string($0) }),
        ]
    }

    // MARK: Documents

    private static let engagementSchema = object(
        [
            "asbuilt": format(EngagementDocument.format), "id": identifier, "title": text, "ticket": text,
            "authors": list(principal, atLeast: 1),
            "starts-from": ["anyOf": [["type": "string"], list(text)]],
        ], required: ["asbuilt", "id", "title", "authors", "starts-from"])

    private static let specSchema = object(
        [
            "asbuilt": format(Specification.format), "title": text,
            "scope": object(["devices": selector], required: ["devices"]),
            "constraints": object(["window": window, "max-devices": number(1...100_000)]),
            "acceptance": list(
                object(["id": identifier, "statement": text], required: ["id", "statement"]), atLeast: 1),
        ], required: ["asbuilt", "title", "scope", "acceptance"])

    private static let check: JSONValue = [
        "type": "object", "description": "a check; see the page on checks",
        "required": ["id", "devices", "show", "parse"],
    ]

    private static let clause = object(
        [
            "id": identifier, "template": template, "netconf": template, "devices": selector,
            "ownership": words(Contract.Ownership.allCases.map(\.rawValue)), "sections": list(text, atLeast: 1),
            "satisfies": list(identifier),
        ], required: ["id", "devices"])

    private static let wave = object(
        [
            "name": identifier, "devices": selector, "soak": duration,
            "batch": ["anyOf": [["type": "integer", "minimum": 1], ["type": "string", "pattern": "^[0-9]+%?$"]]],
        ], required: ["name"])

    private static let contractSchema = object(
        [
            "asbuilt": format(Contract.format), "devices": selector, "config": list(clause, atLeast: 1),
            "templates": object([
                "style": words(Contract.Templates.Style.allCases.map(\.rawValue)),
                "packs": list(words(Contract.Templates.packNames)),
                "undefined": words(Contract.Templates.Undefined.allCases.map(\.rawValue)), "trim-blocks": flag,
                "lstrip-blocks": flag, "keep-trailing-newline": flag,
            ]),
            "checks": object(["before": list(check), "after": list(check)]),
            "rollout": object([
                "transaction": words(Contract.Rollout.Transaction.allCases.map(\.rawValue)), "waves": list(wave),
                "stop-when": object(["failed": number(1...100_000)], required: ["failed"]),
                "confirm-timeout": duration, "on-split": words(Contract.Rollout.OnSplit.allCases.map(\.rawValue)),
            ]),
            "stale": words(Contract.Stale.allCases.map(\.rawValue)), "capture": list(text),
            "save": words(Contract.Save.allCases.map(\.rawValue)),
            "accept": list(words(Contract.acceptableWeaknesses)),
            "dialogs": list(
                object(
                    ["command": text, "expect": text, "answer": ["type": "string"]],
                    required: ["command", "expect", "answer"])),
            "rotates": list(text),
        ], required: ["asbuilt", "devices", "config"])

    private static let requirements = list(
        object(["role": identifier, "count": number(1...100)], required: ["role"]), atLeast: 1)

    private static let gate = object(
        [
            "require": requirements,
            "when": list(
                object(
                    ["devices-over": number(0...100_000), "touches": selector, "require": requirements],
                    required: ["require"])),
            "lifetime": duration, "runs": number(1...1_000), "backout-for": duration,
        ], required: ["require", "lifetime"])

    private static let policySchema = object(
        [
            "asbuilt": format(Policy.format), "roles": map(list(principal)),
            "gates": object(
                ["spec": gate, "design": gate, "record": object(["require": requirements], required: ["require"])],
                required: ["spec", "design", "record"]),
            "separation": object(["author-may-approve": flag, "same-person-both-gates": flag]),
            "standing-read": object(["role": identifier], required: ["role"]), "freeze": list(window),
            "agents": map(words(Policy.AgentLevel.allCases.map(\.rawValue))),
        ], required: ["asbuilt", "roles", "gates"])
}
