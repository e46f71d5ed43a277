import NETCONFProtocol
import XMLDocuments
import YANGData

/// A NETCONF router: datastores, locks and the confirmed commit of RFC 6241, over the `lab-router` module.
///
/// It takes requests and the time, and returns answers; sessions and their bytes are the network's business.
///
///     idle ──commit confirmed──▶ pending ──commit──▶ idle (kept)
///                                   ├──cancel-commit, timer, or end of a session without persist──▶ idle (reverted)
///                                   └──commit confirmed──▶ pending, timer anew, same way back
struct LabRouter: Sendable {
    struct Pending: Equatable, Sendable {
        /// Running before the first of the confirmed commits.
        var before: String
        var revertsAt: LabInstant
        /// The session it ends with; nil for a persistent one.
        var session: UInt32?
        var persist: String?
    }

    struct Session: Equatable, Sendable {
        var user: String
        var since: LabInstant
        var requests = 0
        var badRequests = 0
        var errorsSent = 0
        var notificationsSent = 0
    }

    struct Lock: Equatable, Sendable {
        var session: UInt32
        var since: LabInstant
    }

    /// What an operation led to beside its answer.
    enum Effect: Equatable, Sendable {
        case closesSession
        case kills(UInt32)
    }

    let name: String
    let ports: [String]
    let profile: LabNETCONFProfile
    let schema: Result<LabRouterSchema, LabRouterRefusal>
    /// Seconds since 1970 at the lab's start.
    let epoch: Int
    var running = ""
    var candidate = ""
    var startup: String
    var locks: [NETCONFDatastore: Lock] = [:]
    /// By their numbers.
    var partialLocks: [UInt32: LabPartialLock] = [:]
    var lastPartialLock: UInt32 = 0
    var files = LabRouterFiles()
    /// Nil where running says nothing about it: then everybody may do everything.
    private(set) var access: LabAccessControl?
    var pending: Pending?
    var notifications = LabNotifications()
    /// The way back from a commit is lost: a lock kept the router's own session out.
    private(set) var lostWayBack = false
    private(set) var sessions: [UInt32: Session] = [:]
    private var lastSession: UInt32 = 0
    /// What running means to the protocols; worked out when running changes.
    private(set) var intent = RouterIntent()
    private(set) var hostname: String
    var bootedAt = LabInstant.start

    static let version = "1.0"
    /// RFC 6241 §8.4.1.
    static let defaultConfirmTimeout: UInt32 = 600

    init(name: String, ports: [String], profile: LabNETCONFProfile = .full, startup: String, epoch: Int) {
        (self.name, self.epoch, hostname) = (name, epoch, name)
        self.profile = profile
        self.ports = ports.contains("lo") ? ports : ports + ["lo"]
        schema = LabRouterSchema.shared
        do {
            let schema = try LabRouterSchema.shared.get()
            self.startup = try schema.validated(try schema.parsed(try Self.configuration(in: startup)))
        } catch {
            // An unusable file leaves an empty device; the lab's owner was told by `complaints`.
            self.startup = ""
        }
        boot(at: .start)
    }

    /// Why a startup file cannot be used.
    static func complaints(_ startup: String) -> [LabDeviceSpec.StartupComplaint] {
        func complaint(_ text: String, line: Int = 0) -> [LabDeviceSpec.StartupComplaint] {
            [.init(line: line, text: text, isFatal: true)]
        }
        do throws(LabRouterRefusal) {
            let schema = try LabRouterSchema.shared.get()
            let content: [XMLElement]
            do throws(XMLError) { content = try configuration(in: startup) } catch {
                return complaint("not usable XML: \(error.what)", line: error.position?.line ?? 0)
            }
            _ = try schema.validated(try schema.parsed(content))
            return []
        } catch {
            return error.errors.flatMap { complaint($0.summary) }
        }
    }

    /// The content of `<config>`, or elements standing side by side.
    private static func configuration(in text: String) throws(XMLError) -> [XMLElement] {
        var body = text[...]
        if body.hasPrefix("<?xml"), let end = body.range(of: "?>")?.upperBound { body = body[end...] }
        let elements = try XMLElement.fragments(parsing: String(body))
        guard elements.count == 1, let root = elements.first, root.local == "config" else { return elements }
        return root.elements
    }

    /// Starts with the saved configuration: sessions, locks and what was not saved are gone.
    mutating func boot(at now: LabInstant) {
        (candidate, locks, pending, sessions, bootedAt) = (startup, [:], nil, [:], now)
        partialLocks = [:]
        notifications = LabNotifications()
        setRunning(startup)
    }

    mutating func setRunning(_ text: String) {
        running = text
        access = LabAccessControl((try? XMLElement.fragments(parsing: text)) ?? [])
        (intent, hostname) = Self.meaning(of: text, name: name, ports: ports)
    }

    // MARK: Sessions

    mutating func openSession(user: String, at now: LabInstant) -> UInt32 {
        lastSession += 1
        sessions[lastSession] = Session(user: user, since: now)
        notifications.publish(LabEvent.session("start", lastSession, user), at: now)
        return lastSession
    }

    mutating func count(_ id: UInt32, _ change: (inout Session) -> Void) {
        if sessions[id] != nil { change(&sessions[id, default: Session(user: "", since: .start)]) }
    }

    /// A session ended, for whatever reason (checklist T-6, CC-6, LK-4).
    mutating func closeSession(_ id: UInt32, _ end: SessionEnd, at now: LabInstant) {
        guard let session = sessions.removeValue(forKey: id) else { return }
        notifications.end(id)
        if pending?.session == id { revert("cancel", by: (id, session.user), at: now) }
        partialLocks = partialLocks.filter { $0.value.session != id }
        for (datastore, lock) in locks where lock.session == id {
            locks[datastore] = nil
            if datastore == .candidate, !profile.keepsCommitted { candidate = running }
        }
        notifications.publish(
            LabEvent.session("end", id, session.user, reason: end.reason, killedBy: end.killer), at: now)
    }

    /// Why a session ended (RFC 6470 §2.4).
    enum SessionEnd: Equatable, Sendable {
        case closed, dropped
        case killed(by: UInt32)
        var reason: String {
            switch self {
            case .closed: "closed"
            case .dropped: "dropped"
            case .killed: "killed"
            }
        }
        var killer: UInt32? {
            switch self {
            case .killed(let by): by
            case .closed, .dropped: nil
            }
        }
    }

    /// Takes running back to before the pending confirmed commit.
    mutating func revert(_ event: String, by session: (id: UInt32, user: String)?, at now: LabInstant) {
        guard let pending else { return }
        self.pending = nil
        if profile == .timerNeedsRunning, session == nil, pending.persist != nil, locks[.running] != nil {
            lostWayBack = true
            return
        }
        let was = running
        defer {
            notifications.publish(LabEvent.confirmedCommit(event, by: session), at: now)
            notifications.publish(LabEvent.configChange(.running, by: session, from: was, to: running), at: now)
        }
        if profile.keepsCommitted { return setRunning(pending.before) }
        // Candidate edits made meanwhile stay; what was only a copy of running follows it.
        if candidate == running { candidate = pending.before }
        setRunning(pending.before)
    }

    /// When something happens by itself.
    var nextEvent: LabInstant? { [pending?.revertsAt, notifications.nextStop].compactMap(\.self).min() }

    /// True when running changed.
    mutating func advance(to now: LabInstant) -> Bool {
        notifications.advance(to: now)
        guard let pending, pending.revertsAt <= now else { return false }
        revert("timeout", by: nil, at: now)
        return true
    }
}

extension Substring {
    /// Where `piece` first occurs.
    fileprivate func range(of piece: String) -> Range<Index>? { firstRange(of: piece[...]) }
}
