internal import DeviceInventory
package import Diagnostics
internal import SignedManifests
package import SourceDocuments

extension Policy {
    private static let longest: Duration = .seconds(3_660 * 86_400)

    /// - Parameter fields: Inventory fields the site declares, for selectors. Nil takes any field: a frozen copy is read
    ///   without its site, and was checked when it was frozen.
    package static func read(_ document: SourceDocument, fields: [String]?, warnings: inout Findings)
        throws(Findings) -> Policy
    {
        try DocumentReader.read(document.root, area: "policy-file", warnings: &warnings) { root in
            root.mapping("a policy") { keys -> Policy? in
                keys.format(format)
                let roles = keys.required("roles").flatMap(readRoles)
                let gates = keys.required("gates").flatMap { readGates($0, roles ?? [:], fields) }
                let separation = keys.optional("separation").flatMap(readSeparation)
                let standing = keys.optional("standing-read")?.mapping("a standing right") { right -> String? in
                    right.required("role").flatMap { readRole($0, roles ?? [:]) }
                }
                let freeze = keys.optional("freeze")?.list(TimeWindow.read)
                let agents = keys.optional("agents").flatMap(readAgents)
                guard let roles, let gates else { return nil }
                return Policy(
                    roles: roles, spec: gates.spec, design: gates.design, record: gates.record,
                    separation: separation ?? Separation(authorMayApprove: false, samePersonBothGates: false),
                    standingReadRole: standing, freeze: freeze ?? [], agents: agents ?? [:])
            }
        }
    }

    private static func readRoles(_ reader: NodeReader) -> [String: [PrincipalName]]? {
        reader.map { key, value -> [PrincipalName]? in
            guard DocumentWords.identifier(key) != nil, let people = value.list(DocumentWords.principal) else {
                return nil
            }
            if Set(people).count < people.count {
                value.report(
                    "duplicate-id", "somebody is listed twice in `\(key.name ?? "")`", remedy: "list each once")
            }
            return people
        }.map { Dictionary($0.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first }) }
    }

    private static func readRole(_ reader: NodeReader, _ roles: [String: [PrincipalName]]) -> String? {
        guard let role = reader.string() else { return nil }
        guard roles[role] != nil else {
            let meant = ClosestWord.find(role, among: roles.keys.sorted()).map { "did you mean `\($0)`? " } ?? ""
            reader.report(
                "unknown-role", "there is no role `\(role)`",
                remedy: meant + "Roles: \(roles.keys.sorted().joined(separator: ", "))")
            return nil
        }
        return role
    }

    // MARK: Gates

    private static func readGates(_ reader: NodeReader, _ roles: [String: [PrincipalName]], _ fields: [String]?)
        -> (spec: GateRule, design: GateRule, record: [Requirement])?
    {
        reader.mapping("the gates") { keys -> (GateRule, GateRule, [Requirement])? in
            let spec = keys.required("spec").flatMap { readGate($0, roles, fields) }
            let design = keys.required("design").flatMap { readGate($0, roles, fields) }
            let record = keys.required("record")?.mapping("the closing rule") { rule -> [Requirement]? in
                rule.required("require").flatMap { readRequirements($0, roles) }
            }
            guard let spec, let design, let record else { return nil }
            return (spec, design, record)
        }
    }

    private static func readGate(_ reader: NodeReader, _ roles: [String: [PrincipalName]], _ fields: [String]?)
        -> GateRule?
    {
        reader.mapping("a gate") { keys -> GateRule? in
            let require = keys.required("require").flatMap { readRequirements($0, roles) }
            let when = keys.optional("when")?.list { readCondition($0, roles, fields) }
            let lifetime = keys.required("lifetime")?.duration(in: .seconds(60)...longest)
            let runs = keys.optional("runs")?.int(in: 1...1_000)
            let backout = keys.optional("backout-for")?.duration(in: .zero...longest)
            guard let require, let lifetime else { return nil }
            return GateRule(
                require: require, conditions: when ?? [], lifetime: lifetime, runs: runs ?? 1,
                backoutFor: backout ?? .zero)
        }
    }

    private static func readCondition(_ reader: NodeReader, _ roles: [String: [PrincipalName]], _ fields: [String]?)
        -> Condition?
    {
        reader.mapping("a condition") { keys -> Condition? in
            let over = keys.optional("devices-over")
            let touches = keys.optional("touches")
            let require = keys.required("require").flatMap { readRequirements($0, roles) }
            guard (over == nil) != (touches == nil) else {
                reader.report(
                    "condition", "a condition has exactly one of `devices-over` and `touches`",
                    remedy: "write, for example, `devices-over: 10`, and a second condition for anything else")
                return nil
            }
            let trigger: Condition.Trigger?
            if let over {
                trigger = over.int(in: 0...100_000).map { .devicesOver($0) }
            } else {
                trigger = touches.flatMap { DeviceSelector.read($0, fields: fields ?? selectorKeys(in: $0)) }.map {
                    .touches($0)
                }
            }
            guard let trigger, let require else { return nil }
            return Condition(trigger: trigger, require: require)
        }
    }

    /// Everything in a selector that stands where a key does.
    private static func selectorKeys(in reader: NodeReader) -> [String] {
        let words = reader.node.scalar?.text.split { !($0.isLetter || $0.isNumber || "-_:".contains($0)) } ?? []
        return words.compactMap { $0.split(separator: ":").first.map(String.init) }
    }

    private static func readRequirements(_ reader: NodeReader, _ roles: [String: [PrincipalName]]) -> [Requirement]? {
        let read = reader.list { element -> Requirement? in
            element.mapping("a requirement") { keys -> Requirement? in
                let role = keys.required("role").flatMap { readRole($0, roles) }
                let count = keys.optional("count").map { $0.int(in: 1...100) } ?? 1
                guard let role, let count else { return nil }
                let people = roles[role]?.count ?? 0
                if people < count {
                    element.report(
                        "role-too-small", "\(count) of role `\(role)` are required, \(people) are in it",
                        remedy: "add people to the role, or require fewer")
                }
                return Requirement(role: role, count: count)
            }
        }
        if read?.isEmpty == true {
            reader.report(
                "no-requirement", "the gate requires nobody's signature", remedy: "write `require: [ { role: … } ]`")
        }
        return read
    }

    // MARK: The rest

    private static func readSeparation(_ reader: NodeReader) -> Separation? {
        reader.mapping("the separation of duties") { keys -> Separation? in
            let author = keys.optional("author-may-approve").map { $0.bool() } ?? false
            let same = keys.optional("same-person-both-gates").map { $0.bool() } ?? false
            guard let author, let same else { return nil }
            return Separation(authorMayApprove: author, samePersonBothGates: same)
        }
    }

    private static func readAgents(_ reader: NodeReader) -> [PrincipalName: AgentLevel]? {
        let read = reader.map { key, value -> (PrincipalName, AgentLevel)? in
            guard let level = value.choice(AgentLevel.self) else { return nil }
            guard let name = key.name.flatMap(PrincipalName.init) else {
                key.report(
                    "principal", "“\(key.name ?? "")” cannot be a principal",
                    remedy: "write a name like bot@example.net")
                return nil
            }
            return (name, level)
        }
        guard let read else { return nil }
        return Dictionary(read.map(\.value), uniquingKeysWith: { first, _ in first })
    }
}
