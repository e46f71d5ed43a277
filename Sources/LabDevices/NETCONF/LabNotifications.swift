import NETCONFProtocol
import XMLDocuments

/// The stream `NETCONF` of one router: who listens, and what was said (RFC 5277).
///
///     none ──create-subscription──▶ subscribed ──stop time, or end of the session──▶ none
struct LabNotifications: Sendable {
    struct Subscription: Equatable, Sendable {
        /// Top-level elements of a subtree filter; nil passes everything.
        var filter: [XMLElement]?
        var stopsAt: LabInstant?
    }
    struct Entry: Equatable, Sendable {
        var at: LabInstant
        var event: XMLElement
    }
    struct Message: Equatable, Sendable {
        var session: UInt32
        var entry: Entry
    }

    private(set) var subscriptions: [UInt32: Subscription] = [:]
    private var log: [Entry] = []
    private var waiting: [Message] = []
    /// Events kept for replay; older ones are forgotten.
    static let maximumStored = 500

    /// Tells everybody who listens, and remembers.
    mutating func publish(_ event: XMLElement, at now: LabInstant) {
        let entry = Entry(at: now, event: event)
        log.append(entry)
        if log.count > Self.maximumStored { log.removeFirst(log.count - Self.maximumStored) }
        for session in subscriptions.keys.sorted() { tell(session, entry) }
    }

    private mutating func tell(_ session: UInt32, _ entry: Entry) {
        guard let subscription = subscriptions[session] else { return }
        if let stop = subscription.stopsAt, stop < entry.at { return }
        guard let filter = subscription.filter else {
            waiting.append(Message(session: session, entry: entry))
            return
        }
        // The filter sees the content of <notification>, not the wrapper (N-7).
        for event in SubtreeFilter(filter).select([entry.event]) {
            waiting.append(Message(session: session, entry: Entry(at: entry.at, event: event)))
        }
    }

    /// Begins one; what was stored since `start` comes first (N-6).
    mutating func subscribe(
        _ session: UInt32, _ subscription: Subscription, from start: LabInstant?, at now: LabInstant
    ) {
        subscriptions[session] = subscription
        guard let start else { return }
        for entry in log where entry.at >= start { tell(session, entry) }
        waiting.append(Message(session: session, entry: Entry(at: now, event: Self.mark("replayComplete"))))
        advance(to: now)
    }

    mutating func end(_ session: UInt32) {
        subscriptions[session] = nil
        waiting.removeAll { $0.session == session }
    }

    /// When the next subscription ends by itself.
    var nextStop: LabInstant? { subscriptions.values.compactMap(\.stopsAt).min() }

    mutating func advance(to now: LabInstant) {
        for (session, subscription) in subscriptions.sorted(by: { $0.key < $1.key }) {
            guard let stop = subscription.stopsAt, stop <= now else { continue }
            subscriptions[session] = nil
            waiting.append(Message(session: session, entry: Entry(at: now, event: Self.mark("notificationComplete"))))
        }
    }

    /// What is to be sent, in order.
    mutating func takeWaiting() -> [Message] {
        defer { waiting = [] }
        return waiting
    }

    private static func mark(_ local: String) -> XMLElement { XMLElement(local, in: NETCONFNamespace.streams) }
}

/// Events of RFC 6470.
enum LabEvent {
    private static let namespace = NETCONFNamespace.baseNotifications

    private static func leaf(_ name: String, _ text: String) -> XMLElement {
        XMLElement(name, in: namespace, text: text)
    }

    static func session(_ kind: String, _ id: UInt32, _ user: String, reason: String? = nil, killedBy: UInt32? = nil)
        -> XMLElement
    {
        XMLElement(
            "netconf-session-\(kind)", in: namespace,
            [leaf("username", user), leaf("session-id", "\(id)")]
                + (killedBy.map { [leaf("killed-by", "\($0)")] } ?? [])
                + (reason.map { [leaf("termination-reason", $0)] } ?? []))
    }

    /// `by` is nil when the router did it by itself.
    static func configChange(
        _ datastore: NETCONFDatastore, by: (id: UInt32, user: String)?, from old: String, to new: String
    )
        -> XMLElement
    {
        let who =
            by.map { [leaf("username", $0.user), leaf("session-id", "\($0.id)")] } ?? [
                XMLElement("server", in: namespace)
            ]
        return XMLElement(
            "netconf-config-change", in: namespace,
            [XMLElement("changed-by", in: namespace, who), leaf("datastore", "\(datastore)")] + edits(old, new))
    }

    /// One for each top-level container that changed.
    private static func edits(_ old: String, _ new: String) -> [XMLElement] {
        func roots(_ text: String) -> [String: XMLElement] {
            let parsed = (try? XMLElement.fragments(parsing: text)) ?? []
            return Dictionary(parsed.map { ($0.local, $0) }, uniquingKeysWith: { first, _ in first })
        }
        let (before, after) = (roots(old), roots(new))
        return Set(before.keys).union(after.keys).sorted().compactMap { name in
            guard before[name] != after[name] else { return nil }
            let operation = before[name] == nil ? "create" : after[name] == nil ? "delete" : "merge"
            var target = leaf("target", "/lr:\(name)")
            target.namespaces = [
                XMLNamespaceDeclaration(prefix: "lr", uri: (after[name] ?? before[name])?.namespace ?? "")
            ]
            return XMLElement("edit", in: namespace, [target, leaf("operation", operation)])
        }
    }

    static func confirmedCommit(_ event: String, by: (id: UInt32, user: String)?, timeout: UInt32? = nil) -> XMLElement
    {
        let who = by.map { [leaf("username", $0.user), leaf("session-id", "\($0.id)")] } ?? []
        return XMLElement(
            "netconf-confirmed-commit", in: namespace,
            who + [leaf("confirm-event", event)] + (timeout.map { [leaf("timeout", "\($0)")] } ?? []))
    }
}
