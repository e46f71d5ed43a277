import ByteTransport
import CLIDialogue
import DeviceConfiguration
import DeviceDrivers
import Diagnostics
import Synchronization
import Testing

/// The CLI driver against a scripted router in memory.
@Suite(.timeLimit(.minutes(5))) struct CLIDriverTests {
    struct Router: ServerHandler, DeviceConnector {
        /// What a line does beyond an empty answer.
        var answers: [String: String] = [:]
        var silentAt: String?
        func authenticate(_ attempt: LoginAttempt, on connection: ServerConnection) -> Bool { true }
        func open(_ channel: ServerChannel) -> (any ServerChannelMachine)? { Shell(router: self) }
        func connect(device: String, endpoint: String, deadline: ContinuousClock.Instant) async throws(TransportError)
            -> any DeviceConnection
        { try MachineConnection(handler: self, login: LoginAttempt(user: "netops", proof: .none)) }
    }
    struct Shell: ServerChannelMachine {
        var router: Router
        var line = ""
        var isConfiguring = false
        var prompt: String { isConfiguring ? "r1(config)# " : "r1# " }
        mutating func opened(at now: ContinuousClock.Instant) -> [ServerChannelAction] {
            [.send(Array("\r\nWelcome #\r\n\(prompt)".utf8))]
        }
        mutating func received(_ bytes: [UInt8], at now: ContinuousClock.Instant) -> [ServerChannelAction] {
            var out: [ServerChannelAction] = []
            for byte in bytes {
                guard byte == 0x0A else {
                    line.unicodeScalars.append(Unicode.Scalar(byte))
                    out.append(.send([byte]))
                    continue
                }
                let typed = line
                line = ""
                if typed == router.silentAt { return out }
                if typed == "configure terminal" { isConfiguring = true }
                if typed == "end" { isConfiguring = false }
                out.append(.send(Array("\r\n\(router.answers[typed].map { $0 + "\r\n" } ?? "")\(prompt)".utf8)))
            }
            return out
        }
    }
    struct Secrets: SecretValues {
        func reveal(_ text: String) throws(DriverError) -> Secret {
            Secret(text.split(separator: "<S>", omittingEmptySubsequences: false).joined(separator: "canary"))
        }
        func mask(_ bytes: [UInt8]) -> [UInt8] {
            Array(
                String(decoding: bytes, as: UTF8.self).split(separator: "canary", omittingEmptySubsequences: false)
                    .joined(separator: "•••").utf8)
        }
    }
    final class Transcript: TranscriptSink {
        let text = Mutex("")
        func record(_ direction: TranscriptDirection, _ bytes: [UInt8]) {
            text.withLock { $0 += "[\(direction)]" + String(decoding: bytes, as: UTF8.self) }
        }
    }
    var soon: ContinuousClock.Instant { .now + .seconds(120) }
    func step(_ id: Int, _ forward: String) -> ChangeStep {
        ChangeStep(id: id, forward: forward, backout: "", lines: [])
    }
    func open(_ router: Router, _ transcript: Transcript = Transcript()) async throws -> any DeviceSession {
        try await CLIDriver(style: .frr, verifiedBy: "lab").open(
            device: "r1", connector: router, transcript: transcript, deadline: soon)
    }
    func arm(_ session: any DeviceSession, _ steps: [ChangeStep], deadline: ContinuousClock.Instant? = nil) async throws
    {
        try await session.arm(
            steps, timeout: .zero, token: Secret(""), secrets: Secrets(), before: { _ in }, deadline: deadline ?? soon)
    }

    @Test func `lines are typed one by one and a secret is in no transcript`() async throws {
        let transcript = Transcript()
        let session = try await open(Router(), transcript)
        try await arm(session, [step(1, "neighbor 1.1.1.1 password <S>"), step(2, "hostname r1")])
        let text = transcript.text.withLock { $0 }
        #expect(!text.contains("canary"))
        #expect(text.contains("password •••"))
        #expect(text.contains("[sent]hostname r1\n"))
        await session.close()
    }

    @Test func `a refused line stops the change and names step, line and message`() async throws {
        let session = try await open(Router(answers: ["bad": "% Unknown command: bad"]))
        let error = await #expect(throws: DriverError.self) {
            try await arm(session, [step(1, "good"), step(2, "bad\nnever")])
        }
        #expect(error?.code == .refusedByDevice)
        #expect(error?.step == 2)
        #expect(error?.what == "the device refused 'bad': % Unknown command: bad")
        // The session left configuration mode and goes on.
        #expect(try await session.capture("show version", deadline: soon) == [])
    }

    @Test func `silence after a line was sent is unknown`() async throws {
        let session = try await open(Router(silentAt: "slow"))
        let error = await #expect(throws: DriverError.self) {
            try await arm(session, [step(7, "slow")], deadline: .now + .milliseconds(200))
        }
        #expect(error?.code == .unknown)
        #expect(error?.step == 7)
    }

    @Test func `a capture that is not read-only is refused`() async throws {
        let session = try await open(Router())
        for command in ["reload", "show run | redirect flash:x", "show version\nreload"] {
            let error = await #expect(throws: DriverError.self) {
                _ = try await session.capture(command, deadline: soon)
            }
            #expect(error?.code == .notSupported)
        }
    }
}
