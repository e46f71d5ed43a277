import NETCONFProtocol
import XMLDocuments

/// Running, candidate and startup with their locks and one pending confirmed commit (RFC 6241 §7, §8.3, §8.4, §8.7).
struct ServerDatastores: Sendable {
    struct Pending: Sendable {
        var before: [XMLElement]
        var token: String?
        var session: UInt32
    }
    let habits: Habits
    var running: [XMLElement]
    var candidate: [XMLElement]
    var startup: [XMLElement]
    var locks: [NETCONFDatastore: UInt32] = [:]
    var pending: Pending?
    /// A restoring that a lock kept out.
    var lostWayBack = false
    private var lastSession: UInt32 = 40

    init(habits: Habits, running: [XMLElement]) {
        (self.habits, self.running, candidate, startup) = (habits, running, running, running)
    }

    mutating func openSession() -> UInt32 {
        lastSession += 1
        return lastSession
    }

    mutating func closeSession(_ session: UInt32) {
        if let pending, pending.token == nil, pending.session == session { takeBack(by: session) }
        if locks[.candidate] == session, !habits.keepsCandidate { candidate = running }
        locks = locks.filter { $0.value != session }
    }

    mutating func expire() { if pending != nil { takeBack(by: habits.timerNeedsRunning ? 0 : pending?.session ?? 0) } }

    private mutating func takeBack(by session: UInt32) {
        guard let was = pending else { return }
        pending = nil
        if habits.timerNeedsRunning, let holder = locks[.running], holder != session {
            lostWayBack = true
            return
        }
        running = was.before
        if !habits.keepsCandidate { candidate = running }
    }

    private static func text(_ elements: [XMLElement]) -> String {
        elements.map { String(decoding: $0.serialized(), as: UTF8.self) }.joined()
    }

    /// Content of the reply to one request.
    mutating func answer(_ operation: NETCONFOperation, _ session: UInt32) -> String {
        do throws(RPCError) {
            if let refusal = habits.refuses(operation, self, session) { throw refusal }
            switch operation {
            case .getConfig(let source, let filter, _):
                let found = filter == nil ? try content(of: source) : []
                return habits.data(source.description, Self.text(found))
            case .get: return habits.data("running", "")
            case .closeSession: break
            case .lock(let target): try lock(target, session)
            case .unlock(let target):
                guard locks[target] == session else { throw .operationFailed("not locked by this session") }
                locks[target] = nil
                if target == .candidate, !habits.keepsCandidate { candidate = running }
            case .editConfig(let edit): try change(edit, session)
            case .discardChanges: candidate = running
            case .validate: break
            case .copyConfig(.startup, .datastore(.running), _): startup = running
            case .commit(let options): try commit(options, session)
            case .cancelCommit(let token):
                guard let pending else { throw .invalidValue("no confirmed commit is pending") }
                guard pending.token == token else { throw .invalidValue("persist-id does not match") }
                if habits.timerNeedsRunning, let holder = locks[.running], holder != session {
                    throw RPCError(.protocol, .inUse)
                }
                takeBack(by: session)
            default: throw RPCError(.protocol, .operationNotSupported)
            }
        } catch { return Self.text([error.element]) }
        return Self.text(habits.warnings(operation).map(\.element)) + "<ok/>"
    }

    private func content(of datastore: NETCONFDatastore) throws(RPCError) -> [XMLElement] {
        switch datastore {
        case .running: return running
        case .candidate: return candidate
        case .startup: return startup
        case .url, .identity: throw .invalidValue("no such datastore")
        }
    }

    private mutating func lock(_ target: NETCONFDatastore, _ session: UInt32) throws(RPCError) {
        if target == .running, !habits.locksRunning { throw RPCError(.protocol, .operationNotSupported) }
        if habits.oneLock, let holder = locks.values.first { throw .lockDenied(holder: holder) }
        if let holder = locks[target] { throw .lockDenied(holder: holder) }
        if target == .candidate, candidate != running {
            throw .lockDenied(holder: 0, message: "candidate has been modified and the changes have not been committed")
        }
        if target == .running, let pending, pending.session != session { throw .lockDenied(holder: pending.session) }
        locks[target] = session
    }

    private mutating func change(_ edit: EditConfig, _ session: UInt32) throws(RPCError) {
        guard case .config(let elements) = edit.content else { throw RPCError(.protocol, .operationNotSupported) }
        if let holder = locks[edit.target], holder != session { throw RPCError(.protocol, .inUse) }
        switch edit.target {
        case .candidate: candidate = try DatastoreEdit.applied(elements, to: candidate)
        case .running: running = try DatastoreEdit.applied(elements, to: running)
        case .startup, .url, .identity: throw .invalidValue("no such target")
        }
    }

    private mutating func commit(_ options: CommitOptions, _ session: UInt32) throws(RPCError) {
        if locks.contains(where: { $0.value != session }) { throw RPCError(.protocol, .inUse) }
        if let pending {
            if let token = pending.token, options.persistID != token {
                throw .invalidValue("persist-id does not match the pending commit")
            }
            if pending.token == nil, pending.session != session { throw .operationFailed("session does not match") }
        } else if options.persistID != nil {
            throw .invalidValue("no confirmed commit is pending")
        }
        let first = pending?.before ?? running
        running = candidate
        pending = options.confirmed ? Pending(before: first, token: options.persist, session: session) : nil
    }
}

/// `<edit-config>` over entries that a leading `<name>` tells apart, merge by default (RFC 6241 §7.2).
enum DatastoreEdit {
    static func applied(_ edits: [XMLElement], to tree: [XMLElement]) throws(RPCError) -> [XMLElement] {
        var tree = tree
        for edit in edits { try apply(edit, to: &tree) }
        return tree
    }

    private static func key(_ element: XMLElement) -> String? {
        element.elements.first.flatMap { $0.local == "name" ? $0.trimmedText : nil }
    }

    private static func apply(_ edit: XMLElement, to siblings: inout [XMLElement]) throws(RPCError) {
        let index = siblings.firstIndex { $0.name == edit.name && key($0) == key(edit) }
        switch edit.attribute("operation", in: NETCONFNamespace.base) ?? "merge" {
        case "delete":
            guard let index else { throw RPCError(.application, .dataMissing) }
            siblings.remove(at: index)
        case "remove": if let index { siblings.remove(at: index) }
        case "create":
            guard index == nil else { throw RPCError(.application, .dataExists) }
            siblings.append(plain(edit))
        case "replace": if let index { siblings[index] = plain(edit) } else { siblings.append(plain(edit)) }
        case "merge":
            var inner = index.map { siblings[$0].elements } ?? []
            guard edit.hasElements else {
                if let index { siblings[index] = plain(edit) } else { siblings.append(plain(edit)) }
                return
            }
            for child in edit.elements { try apply(child, to: &inner) }
            var merged = index.map { siblings[$0] } ?? XMLElement(edit.name)
            merged.children = inner.map { .element($0) }
            if let index { siblings[index] = merged } else { siblings.append(merged) }
        case let other: throw .badAttribute("operation", element: edit.local, message: "\(other) is not known")
        }
    }

    private static func plain(_ element: XMLElement) -> XMLElement {
        var copy = XMLElement(element.name, attributes: element.attributes.filter { $0.name.namespace.isEmpty })
        copy.children = element.children.map { child in
            switch child {
            case .element(let inner): .element(plain(inner))
            case .text: child
            }
        }
        return copy
    }
}
