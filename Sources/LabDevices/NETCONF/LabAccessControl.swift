import NETCONFProtocol
import XMLDocuments
import YANGData

/// Who may do what on a router, as its own configuration says (RFC 8341). A running without `<nacm>` restricts nobody.
struct LabAccessControl: Equatable, Sendable {
    enum Access: String, Sendable { case create, read, update, delete, exec }

    private enum Subject: Equatable, Sendable {
        case anything
        case operation(String)
        case notification(String)
        /// Names and the keys that are given, from the root on.
        case data([Step])
    }
    private struct Step: Equatable, Sendable {
        var name: XMLName
        var keys: [String: String]
    }
    private struct Rule: Equatable, Sendable {
        var module: String
        var subject: Subject
        /// Nil for all.
        var accesses: Set<String>?
        var permits: Bool
    }
    private struct RuleList: Equatable, Sendable {
        var groups: Set<String>
        var rules: [Rule]
    }

    private var groups: [String: Set<String>] = [:]
    private var lists: [RuleList] = []
    private var isEnabled: Bool
    private var permitsRead: Bool
    private var permitsWrite: Bool
    private var permitsExec: Bool

    static let namespace = "urn:ietf:params:xml:ns:yang:ietf-netconf-acm"
    /// By namespace: what `module-name` of a rule says.
    private static let modules = [
        LabRouterModule.namespace: LabRouterModule.name, namespace: "ietf-netconf-acm",
        NETCONFNamespace.base: "ietf-netconf", NETCONFNamespace.monitoring: "ietf-netconf-monitoring",
        NETCONFNamespace.nmda: "ietf-netconf-nmda", NETCONFNamespace.partialLock: "ietf-netconf-partial-lock",
        NETCONFNamespace.baseNotifications: "ietf-netconf-notifications",
        NETCONFNamespace.notification: "notifications",
        "urn:ietf:params:xml:ns:yang:ietf-yang-library": "ietf-yang-library",
    ]
    /// Marked default-deny-all in their modules (AC-2).
    private static let deniedOperations: Set<String> = ["kill-session", "delete-config"]

    init?(_ roots: [XMLElement]) {
        guard let nacm = roots.first(where: { $0.local == "nacm" && $0.namespace == Self.namespace }) else {
            return nil
        }
        isEnabled = nacm.leaf("enable-nacm") != "false"
        permitsRead = nacm.leaf("read-default") != "deny"
        permitsWrite = nacm.leaf("write-default") == "permit"
        permitsExec = nacm.leaf("exec-default") != "deny"
        for group in nacm.first("groups")?.all("group") ?? [] {
            groups[group.leaf("name") ?? ""] = Set(group.all("user-name").map(\.trimmedText))
        }
        lists = nacm.all("rule-list").map { list in
            RuleList(groups: Set(list.all("group").map(\.trimmedText)), rules: list.all("rule").map(Self.rule))
        }
    }

    private static func rule(_ element: XMLElement) -> Rule {
        let subject: Subject =
            if let name = element.leaf("rpc-name") {
                .operation(name)
            } else if let name = element.leaf("notification-name") {
                .notification(name)
            } else if let path = element.first("path") {
                .data(steps(path))
            } else {
                .anything
            }
        let accesses = element.leaf("access-operations") ?? "*"
        return Rule(
            module: element.leaf("module-name") ?? "*", subject: subject,
            accesses: accesses == "*" ? nil : Set(accesses.split(separator: " ").map(String.init)),
            permits: element.leaf("action") == "permit")
    }

    /// `/lr:interfaces/lr:interface[lr:name='eth1']` with the prefixes of its element; `/` is everything.
    private static func steps(_ element: XMLElement) -> [Step] {
        let scope = element.namespaces.reduce(into: [:]) { $0[$1.prefix] = $1.uri }
        func name(_ text: Substring) -> XMLName {
            guard let colon = text.firstIndex(of: ":") else { return XMLName(String(text)) }
            return XMLName(String(text[text.index(after: colon)...]), in: scope[String(text[..<colon])] ?? "")
        }
        var found: [Step] = []
        var (rest, quote) = (element.trimmedText[...], Character?.none)
        while !rest.isEmpty {
            rest = rest.drop { $0 == "/" }
            // Slashes inside of quoted keys separate nothing.
            let end = rest.firstIndex { character in
                if let open = quote {
                    if character == open { quote = nil }
                    return false
                }
                if character == "'" || character == "\"" { quote = character }
                return character == "/"
            }
            let piece = rest[..<(end ?? rest.endIndex)]
            rest = rest[(end ?? rest.endIndex)...]
            if piece.isEmpty { continue }
            let parts = piece.split(separator: "[")
            let keys = parts.dropFirst().reduce(into: [String: String]()) { keys, part in
                let sides = part.split(separator: "=", maxSplits: 1)
                guard sides.count == 2 else { return }
                let key = sides[0].filter { $0 != " " }
                let value = sides[1].drop { $0 == " " }.dropLast().filter { $0 != "'" && $0 != "\"" }
                keys[key == "." ? "." : name(Substring(key)).local] = String(value)
            }
            found.append(Step(name: name(parts.first ?? ""), keys: keys))
        }
        return found
    }

    // MARK: Decisions

    /// The first rule that fits decides, list after list (AC-4).
    private func decision(for user: String, _ matches: (Rule) -> Bool) -> Bool? {
        let own = groups.filter { $0.value.contains(user) }.keys
        if own.isEmpty { return nil }
        for list in lists where list.groups.contains("*") || own.contains(where: { list.groups.contains($0) }) {
            if let rule = list.rules.first(where: matches) { return rule.permits }
        }
        return nil
    }

    private static func fits(_ rule: Rule, _ namespace: String, _ access: Access) -> Bool {
        (rule.module == "*" || rule.module == modules[namespace])
            && (rule.accesses.map { $0.contains(access.rawValue) } ?? true)
    }

    func permits(_ user: String, operation: XMLName) -> Bool {
        if !isEnabled || operation.local == "close-session" { return true }
        let found = decision(for: user) { rule in
            guard Self.fits(rule, operation.namespace, .exec) else { return false }
            switch rule.subject {
            case .anything: return true
            case .operation(let name): return name == "*" || name == operation.local
            case .notification, .data: return false
            }
        }
        return found ?? (permitsExec && !Self.deniedOperations.contains(operation.local))
    }

    /// What ends a replay or a subscription is told to everybody (AC-3).
    func permits(_ user: String, notification: XMLName) -> Bool {
        if !isEnabled || notification.namespace == NETCONFNamespace.streams { return true }
        let found = decision(for: user) { rule in
            guard Self.fits(rule, notification.namespace, .read) else { return false }
            switch rule.subject {
            case .anything: return true
            case .notification(let name): return name == "*" || name == notification.local
            case .operation, .data: return false
            }
        }
        return found ?? permitsRead
    }

    func permits(_ user: String, _ access: Access, _ path: LabDataPath) -> Bool {
        guard isEnabled, let root = path.steps.first else { return true }
        let found = decision(for: user) { rule in
            guard Self.fits(rule, path.steps.last?.name.namespace ?? "", access) else { return false }
            switch rule.subject {
            case .anything: return true
            case .operation, .notification: return false
            case .data(let steps):
                return steps.count <= path.steps.count
                    && zip(steps, path.steps).allSatisfy { wanted, step in
                        wanted.name == step.name
                            && wanted.keys.allSatisfy { key, value in step.keys[key] == value }
                    }
            }
        }
        // The rules themselves are marked default-deny-all (AC-5).
        return found ?? (root.name.namespace != Self.namespace && (access == .read ? permitsRead : permitsWrite))
    }

    /// Without what the user may not read, and all inside it (AC-3).
    func readable(_ data: [XMLElement], by user: String) -> [XMLElement] {
        isEnabled ? data.compactMap { readable($0, by: user, []) } : data
    }

    private func readable(_ element: XMLElement, by user: String, _ above: [LabDataPath.Step]) -> XMLElement? {
        let steps = above + [LabDataPath.Step(element, isLeafListEntry: false)]
        guard permits(user, .read, LabDataPath(steps: steps)) else { return nil }
        guard element.hasElements else { return element }
        var copy = element
        copy.children = element.elements.compactMap { readable($0, by: user, steps).map { .element($0) } }
        return copy
    }

    /// The first change that the user may not make; containers are judged by what is in them.
    func objection(to user: String, from old: [XMLElement], to new: [XMLElement]) -> LabDataPath? {
        isEnabled ? objection(user, old, new, []) : nil
    }

    private func objection(
        _ user: String, _ old: [XMLElement], _ new: [XMLElement], _ above: [LabDataPath.Step]
    ) -> LabDataPath? {
        func step(_ element: XMLElement) -> LabDataPath.Step {
            // A leaf-list of one entry is like a leaf: a change of its value.
            let isEntry = [old, new].contains { $0.count { $0.name == element.name } > 1 }
            return LabDataPath.Step(element, isLeafListEntry: isEntry && !element.hasElements)
        }
        for element in new {
            let own = step(element)
            let path = LabDataPath(steps: above + [own])
            let before = old.first { own.matches($0) }
            if element.hasElements || before?.hasElements == true {
                if before == nil, !own.keys.isEmpty, !permits(user, .create, path) { return path }
                if let found = objection(user, before?.elements ?? [], element.elements, path.steps) { return found }
            } else if let before {
                if before.text != element.text, !permits(user, .update, path) { return path }
            } else if !permits(user, .create, path) {
                return path
            }
        }
        for element in old {
            let own = step(element)
            guard !new.contains(where: { own.matches($0) }) else { continue }
            let path = LabDataPath(steps: above + [own])
            if !element.hasElements || !own.keys.isEmpty, !permits(user, .delete, path) { return path }
            if let found = objection(user, element.elements, [], path.steps) { return found }
        }
        return nil
    }
}

extension LabRouter {
    private func user(_ session: UInt32) -> String { sessions[session]?.user ?? "" }

    func requireExec(_ operation: NETCONFOperation, _ session: UInt32) throws(LabRouterRefusal) {
        let name = operation.element.name
        guard let access, !access.permits(user(session), operation: name) else { return }
        throw LabRouterRefusal(
            RPCError(.protocol, .accessDenied, message: "\(user(session)) may not use \(name.local) here"))
    }

    func readable(_ data: [XMLElement], by session: UInt32) -> [XMLElement] {
        access?.readable(data, by: user(session)) ?? data
    }

    /// Checks each node that a change touches (AC-6).
    func requireWritable(by session: UInt32, from old: String, to new: String) throws(LabRouterRefusal) {
        guard let access, old != new else { return }
        let (before, after) = (try LabRouterSchema.elements(old), try LabRouterSchema.elements(new))
        guard let path = access.objection(to: user(session), from: before, to: after) else { return }
        throw LabRouterRefusal(
            RPCError(
                .application, .accessDenied, message: "\(user(session)) may not change this", path: path.text,
                pathNamespaces: path.namespaces))
    }

    func mayHear(_ session: UInt32, _ event: XMLElement) -> Bool {
        access?.permits(user(session), notification: event.name) ?? true
    }
}
