import ByteTransport
import DeviceConfiguration
import Diagnostics
import NETCONFProtocol
import Synchronization
import Testing
import XMLDocuments

@testable import DeviceDrivers

/// A NETCONF server at the wire with datastores of its own and the habits of one real server or another.
///
/// What it does with requests is written here from RFC 6241, apart from the drivers and models it meets.
final class HabitualServer: DeviceConnector, DeviceConnection {
    let habits: Habits
    let state: Mutex<ServerDatastores>
    let seen = Mutex<[NETCONFOperation]>([])
    let facts = ConnectionFacts(peerBanner: "SSH-2.0-habits", hostKeyFingerprint: "SHA256:none")

    init(_ habits: Habits, running: String) throws {
        self.habits = habits
        state = Mutex(ServerDatastores(habits: habits, running: try XMLElement.fragments(parsing: running)))
    }

    func connect(device: String, endpoint: String, deadline: ContinuousClock.Instant) async throws(TransportError)
        -> any DeviceConnection
    { self }
    func open(_ kind: ChannelKind, deadline: ContinuousClock.Instant) async throws(TransportError) -> any ByteChannel {
        HabitualChannel(self, session: state.withLock { $0.openSession() })
    }
    func close() async {}

    /// The confirm timer runs out.
    func expire() { state.withLock { $0.expire() } }
}

/// What one kind of server does beside or against the RFCs.
struct Habits: Sendable, CustomTestStringConvertible {
    var name: String
    /// Names below `urn:ietf:params:netconf:capability:`, or whole URIs.
    var capabilities: [String]
    var bases = ["1.0", "1.1"]
    /// Makes the hello of capabilities and session id.
    var hello: @Sendable ([String], UInt32) -> String = { capabilities, session in
        "<hello xmlns=\"\(NETCONFNamespace.base)\"><capabilities>"
            + capabilities.map { "<capability>\($0)</capability>" }.joined()
            + "</capabilities><session-id>\(session)</session-id></hello>"
    }
    /// Puts the content into an `<rpc-reply>`.
    var reply: @Sendable (_ id: String, _ content: String) -> String = { id, content in
        "<rpc-reply xmlns=\"\(NETCONFNamespace.base)\" message-id=\"\(id)\">\(content)</rpc-reply>"
    }
    /// Puts content into `<data>`; gets the datastore's name.
    var data: @Sendable (_ datastore: String, _ content: String) -> String = { _, content in
        "<data>\(content)</data>"
    }
    /// Refuses before anything is done; nil goes on.
    var refuses: @Sendable (NETCONFOperation, ServerDatastores, UInt32) -> RPCError? = { _, _, _ in nil }
    /// Beside `<ok/>`.
    var warnings: @Sendable (NETCONFOperation) -> [RPCError] = { _ in [] }
    /// In front of each reply.
    var unasked = ""
    var bytesPerRead = Int.max
    /// Answers the request before this one only now.
    var isLate = false
    var answersCloseSession = true
    /// Either lock keeps everybody from both (SR OS).
    var oneLock = false
    var locksRunning = true
    /// The timer's restoring is kept out by a lock on running (netopeer2, with a token).
    var timerNeedsRunning = false
    /// What was committed stays in the candidate when running is taken back (clixon).
    var keepsCandidate = false
    /// What the driver has to choose.
    var strategy = NETCONFStrategy.candidateConfirmedPersist
    var platform = "netconf"

    var announced: [String] {
        bases.map { "urn:ietf:params:netconf:base:\($0)" }
            + capabilities.map {
                $0.contains("://") || $0.hasPrefix("urn:") ? $0 : "urn:ietf:params:netconf:capability:\($0)"
            }
    }
    var testDescription: String { name }
}

final class HabitualChannel: ByteChannel {
    private struct State {
        var machine: NETCONFServerSession
        var ready: [UInt8]
        var held: [UInt8] = []
        var isClosed = false
    }
    private let server: HabitualServer
    private let session: UInt32
    private let state: Mutex<State>

    init(_ server: HabitualServer, session: UInt32) {
        (self.server, self.session) = (server, session)
        var machine = NETCONFServerSession(
            sessionID: session, capabilities: server.habits.announced, options: .init(maximumChunkBytes: 7))
        _ = machine.start()
        let hello = Array((server.habits.hello(server.habits.announced, session) + "]]>]]>").utf8)
        state = Mutex(State(machine: machine, ready: hello))
    }

    func read(deadline: ContinuousClock.Instant) async throws(TransportError) -> [UInt8]? {
        let (bytes, isClosed) = state.withLock { state in
            let count = min(server.habits.bytesPerRead, state.ready.count)
            defer { state.ready.removeFirst(count) }
            return (Array(state.ready[..<count]), state.isClosed)
        }
        if !bytes.isEmpty { return bytes }
        if isClosed { return nil }
        throw TransportError(.timedOut, what: "nothing came")
    }

    func write(_ bytes: [UInt8], deadline: ContinuousClock.Instant) async throws(TransportError) {
        state.withLock { state in
            for event in state.machine.receive(bytes) {
                guard case .request(let request) = event, let operation = try? request.parsed() else { continue }
                server.seen.withLock { $0.append(operation) }
                if operation == .closeSession {
                    server.state.withLock { $0.closeSession(session) }
                    state.isClosed = true
                    if !server.habits.answersCloseSession { continue }
                }
                let content = server.state.withLock { $0.answer(operation, session) }
                let message =
                    server.habits.unasked.utf8.isEmpty ? [] : state.machine.framed(Array(server.habits.unasked.utf8))
                let reply = message + state.machine.framed(Array(server.habits.reply(request.messageID, content).utf8))
                state.ready += state.held + (server.habits.isLate ? [] : reply)
                state.held = server.habits.isLate ? reply : []
            }
        }
    }

    /// The channel went away: everything tied to the session goes with it.
    func close() async {
        let wasOpen = state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
        if wasOpen { server.state.withLock { $0.closeSession(session) } }
    }
}
