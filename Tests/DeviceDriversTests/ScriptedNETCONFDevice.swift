import ByteTransport
import DeviceConfiguration
import Diagnostics
import NETCONFProtocol
import Synchronization
import XMLDocuments

@testable import DeviceDrivers

/// A NETCONF device at the wire: answers by the server machine, from a table of what each operation gets.
final class ScriptedDevice: DeviceConnector, DeviceConnection {
    typealias Answer = @Sendable (NETCONFOperation) -> ReplyContent?
    let capabilities: [String]
    let silentHellos: Int
    /// Keeps the answer to the first request until another one comes.
    let holdsFirstAnswer: Bool
    /// Answers an edit and takes no more of it.
    let refusesWrites: Bool
    let answer: Answer
    let connections = Mutex(0)
    let seen = Mutex<[NETCONFOperation]>([])
    let facts = ConnectionFacts(peerBanner: "SSH-2.0-scripted", hostKeyFingerprint: "SHA256:none")

    /// What this device does not open.
    let refusedChannels: [ChannelKind]
    let opened = Mutex<[ChannelKind]>([])

    init(
        _ capabilities: [String], base: String = "1.1", refusedChannels: [ChannelKind] = [], silentHellos: Int = 0,
        holdsFirstAnswer: Bool = false, refusesWrites: Bool = false,
        answer: @escaping Answer
    ) {
        self.refusesWrites = refusesWrites
        self.refusedChannels = refusedChannels
        self.holdsFirstAnswer = holdsFirstAnswer
        self.capabilities = ["urn:ietf:params:netconf:base:\(base)"] + capabilities
        self.silentHellos = silentHellos
        self.answer = answer
    }

    func connect(device: String, endpoint: String, deadline: ContinuousClock.Instant) async throws(TransportError)
        -> any DeviceConnection
    {
        connections.withLock { $0 += 1 }
        return self
    }
    func open(_ kind: ChannelKind, deadline: ContinuousClock.Instant) async throws(TransportError) -> any ByteChannel {
        opened.withLock { $0.append(kind) }
        if refusedChannels.contains(kind) { throw TransportError(.subsystemRefused, what: "\(kind) is refused") }
        let isSilent = connections.withLock { $0 } <= silentHellos
        return ScriptedChannel(device: self, isSilent: isSilent)
    }
    func close() async {}
}

final class ScriptedChannel: ByteChannel {
    private struct State {
        var session: NETCONFServerSession
        var ready: [UInt8]
        var held: [UInt8] = []
        var requests = 0
        var isClosed = false
    }
    private let device: ScriptedDevice
    private let state: Mutex<State>

    init(device: ScriptedDevice, isSilent: Bool) {
        self.device = device
        var session = NETCONFServerSession(sessionID: 5, capabilities: device.capabilities)
        let hello = session.start()
        state = Mutex(State(session: session, ready: isSilent ? [] : hello))
    }
    func read(deadline: ContinuousClock.Instant) async throws(TransportError) -> [UInt8]? {
        let (bytes, isClosed) = state.withLock { state in
            defer { state.ready = [] }
            return (state.ready, state.isClosed)
        }
        if !bytes.isEmpty { return bytes }
        if isClosed { return nil }
        // Nothing more will come: what a deadline that passes looks like, without waiting for it.
        throw TransportError(.timedOut, what: "nothing came")
    }
    func write(_ bytes: [UInt8], deadline: ContinuousClock.Instant) async throws(TransportError) {
        let wasRefused = state.withLock { state in
            var wasRefused = false
            for event in state.session.receive(bytes) {
                guard case .request(let request) = event, let operation = try? request.parsed() else { continue }
                wasRefused = wasRefused || (device.refusesWrites && operation.name == "edit-config")
                device.seen.withLock { $0.append(operation) }
                guard let answer = device.answer(operation) else { continue }
                state.requests += 1
                let reply = state.session.reply(to: request, answer)
                if device.holdsFirstAnswer, state.requests == 1 {
                    state.held = reply
                } else {
                    state.ready += state.held + reply
                    state.held = []
                }
            }
            return wasRefused
        }
        if wasRefused { throw TransportError(.timedOut, what: "the device reads no further") }
    }
    func close() async { state.withLock { $0.isClosed = true } }
}

struct NoSecrets: SecretValues {
    func reveal(_ text: String) throws(DriverError) -> Secret { Secret(text) }
    func mask(_ bytes: [UInt8]) -> [UInt8] { bytes }
}

final class Notes: TranscriptSink {
    let text = Mutex("")
    func record(_ direction: TranscriptDirection, _ bytes: [UInt8]) {
        text.withLock { $0 += "\(direction.rawValue): " + String(decoding: bytes, as: UTF8.self) }
    }
}
