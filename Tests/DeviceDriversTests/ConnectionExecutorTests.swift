import ByteTransport
import CLIDialogue
import Dispatch
import Synchronization
import Testing

@testable import DeviceDrivers

/// A dialogue of many reads and writes runs where its connection is; whoever asked for it does not.
@Suite struct ConnectionExecutorTests {
    /// One queue, which knows whether code runs on it.
    final class Place: TaskExecutor, SerialExecutor {
        private static let key = DispatchSpecificKey<ObjectIdentifier>()
        private let queue = DispatchQueue(label: "connection")
        init() { queue.setSpecific(key: Self.key, value: ObjectIdentifier(self)) }

        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            queue.async {
                job.runSynchronously(
                    isolatedTo: self.asUnownedSerialExecutor(), taskExecutor: self.asUnownedTaskExecutor())
            }
        }
        var isHere: Bool { DispatchQueue.getSpecific(key: Self.key) == ObjectIdentifier(self) }
    }

    /// Moves bytes at a place, as an SSH session does on its reactor.
    actor Mover {
        let place: Place
        nonisolated var unownedExecutor: UnownedSerialExecutor { place.asUnownedSerialExecutor() }
        init(_ place: Place) { self.place = place }
        func read(_ channel: any ByteChannel, _ deadline: ContinuousClock.Instant) async throws(TransportError)
            -> [UInt8]?
        {
            try await channel.read(deadline: deadline)
        }
        func write(_ channel: any ByteChannel, _ bytes: [UInt8], _ deadline: ContinuousClock.Instant)
            async throws(TransportError)
        { try await channel.write(bytes, deadline: deadline) }
    }

    /// Another connection with a place of its own, and where its bytes were moved.
    final class Placed: DeviceConnector, DeviceConnection {
        let place = Place()
        let mover: Mover
        let inner: any DeviceConnector
        let moves = Mutex((here: 0, elsewhere: 0))
        private let connection = Mutex<(any DeviceConnection)?>(nil)
        let facts = ConnectionFacts(peerBanner: "SSH-2.0-placed", hostKeyFingerprint: "SHA256:none")
        var executor: (any TaskExecutor)? { place }

        init(_ inner: any DeviceConnector) { (self.inner, mover) = (inner, Mover(place)) }
        func connect(device: String, endpoint: String, deadline: ContinuousClock.Instant) async throws(TransportError)
            -> any DeviceConnection
        {
            let made = try await inner.connect(device: device, endpoint: endpoint, deadline: deadline)
            connection.withLock { $0 = made }
            return self
        }
        func open(_ kind: ChannelKind, deadline: ContinuousClock.Instant) async throws(TransportError)
            -> any ByteChannel
        {
            guard let connection = connection.withLock({ $0 }) else {
                throw TransportError(.closed, what: "not connected")
            }
            return Channel(inner: try await connection.open(kind, deadline: deadline), placed: self)
        }
        func close() async { await connection.withLock { $0 }?.close() }
        func note() {
            let isHere = place.isHere
            moves.withLock { isHere ? ($0.here += 1) : ($0.elsewhere += 1) }
        }
    }
    struct Channel: ByteChannel {
        let inner: any ByteChannel
        let placed: Placed
        func read(deadline: ContinuousClock.Instant) async throws(TransportError) -> [UInt8]? {
            placed.note()
            return try await placed.mover.read(inner, deadline)
        }
        func write(_ bytes: [UInt8], deadline: ContinuousClock.Instant) async throws(TransportError) {
            placed.note()
            try await placed.mover.write(inner, bytes, deadline)
        }
        func close() async { await inner.close() }
    }
    /// Works on a device as a run does.
    actor Desk {
        func look(_ session: any DeviceSession, _ place: Place) async throws -> (ObservedDevice, isThere: Bool) {
            let device = try await session.observe(deadline: .now + .seconds(60))
            return (device, place.isHere)
        }
    }

    private func check(_ placed: Placed, _ driver: any DeviceDriver) async throws {
        let session = try await driver.open(
            device: "r1", connector: placed, transcript: Notes(), deadline: .now + .seconds(60))
        // An actor that two threads want is worked on by the one that has it, so on a busy machine an exchange may stay
        // with who asked, and what follows one may still run at the connection. It has to come out as it should once:
        // without the preference no exchange would be at the connection, without leaving it all that follows would be.
        var cameOut = false
        for _ in 0..<1000 where !cameOut {
            let before = placed.moves.withLock { $0.here }
            let (device, isThere) = try await Desk().look(session, placed.place)
            #expect(!device.running.isEmpty)
            cameOut = placed.moves.withLock { $0.here } > before && !isThere
        }
        #expect(cameOut, "parsing and planning would keep other devices waiting, or each read and write changes threads")
        await session.close()
    }

    @Test func `a NETCONF exchange runs at its connection, and what follows does not`() async throws {
        let device = ScriptedDevice(NETCONFDriverTests.full, answer: NETCONFDriverTests.usual)
        let quirks = try #require(NETCONFQuirks.named("netconf"))
        try await check(Placed(device), NETCONFDriver(quirks, helloTimeout: .seconds(60)))
    }

    @Test func `a CLI dialogue runs at its connection, and what follows does not`() async throws {
        let router = CLIDriverTests.Router(answers: ["show running-config": "hostname r1"])
        try await check(Placed(router), CLIDriver(style: .frr, verifiedBy: "nobody"))
    }
}
