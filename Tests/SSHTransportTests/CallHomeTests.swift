import ByteTransport
import Diagnostics
import Synchronization
import Testing

@testable import SSHTransport

/// Devices that call (RFC 8071), several at once and some that are not ours.
@Suite(.timeLimit(.minutes(2))) struct `Calls of devices` {
    var soon: ContinuousClock.Instant { .now + .seconds(60) }
    let credentials = [SSHCredential.password(Secret(EchoDevice.password))]

    struct Device {
        var name: String
        var key: SSHPrivateKey
        var server: SSHServer
        var target: SSHTarget {
            SSHTarget(host: "192.0.2.1", port: 830, user: EchoDevice.user, device: name, hostKeyName: name)
        }
    }

    func device(_ name: String, _ echo: EchoDevice = EchoDevice()) throws -> Device {
        let key = try SSHPrivateKey.generate()
        return Device(
            name: name, key: key,
            server: try SSHServer(handler: echo, hostKeys: [key], reactor: SSHClientTests.reactor.get()))
    }

    func pins(_ devices: [Device]) -> HostKeyIndex {
        HostKeyIndex(
            text: devices.map { "\($0.name) \($0.key.publicKey.line)" }.joined(separator: "\n"), file: "known_hosts")
    }

    /// Listens while `body` runs.
    func withCalls(
        _ devices: [Device], report: @escaping @Sendable (SSHCallHome.Event) -> Void = { _ in },
        _ body: @Sendable (SSHCallHome) async throws -> Void
    ) async throws {
        let names = devices.map { ($0.name, $0.key.publicKey) }
        let calls = try SSHCallHome(address: "127.0.0.1", port: 0, report: report) { key in
            names.filter { $0.1 == key }.map(\.0)
        }
        async let serving: Void = calls.run()
        do { try await body(calls) } catch {
            calls.stop()
            await serving
            throw error
        }
        calls.stop()
        await serving
    }

    @Test func `CH-1 CH-2 CH-3: are told apart by their host keys and logged in to with their own credentials`() async throws {
        let devices = try ["r1", "r2", "r3"].map { try device($0) }
        let known = pins(devices)
        try await withCalls(devices) { calls in
            // r3 is asked for before it calls, the others after.
            async let early = calls.call(from: "r3", deadline: soon)
            for device in devices { try device.server.callHome(address: "127.0.0.1", port: calls.port) }
            let third = try await early
            #expect(third.key == devices[2].key.publicKey)
            for device in devices.prefix(2) {
                let call = try await calls.call(from: device.name, deadline: soon)
                let connection = try await SSHConnector().connect(
                    answering: call, as: device.target, pins: known, credentials: credentials, deadline: soon)
                #expect(connection.facts.hostKeyFingerprint == device.key.publicKey.fingerprint)
                let echo = try await connection.open(.subsystem("echo"), deadline: soon)
                try await echo.write(Array(device.name.utf8), deadline: soon)
                #expect(try await echo.read(deadline: soon) == Array(device.name.utf8))
                await connection.close()
            }
        }
        for device in devices { await device.server.stop() }
    }

    @Test func `CH-6: may say something in plain text before SSH begins`() async throws {
        let device = try device("r1")
        try await withCalls([device]) { calls in
            let relay = try TalkativeRelay(
                saying: "MSG-ID: DEVICE-CONN-INFO\r\nMSG-VER: V1\r\nDEVICE-ID: somebody-else\r\n", to: calls.port)
            try device.server.callHome(address: "127.0.0.1", port: relay.port)
            let call = try await calls.call(from: "r1", deadline: soon)
            let connection = try await SSHConnector().connect(
                answering: call, as: device.target, pins: pins([device]), credentials: credentials, deadline: soon)
            #expect(connection.facts.hostKeyFingerprint == device.key.publicKey.fingerprint)
            await connection.close()
        }
        await device.server.stop()
    }

    @Test func `with a key that is pinned for nobody, or for two, end before anything about us is said`() async throws {
        let log = EchoDevice()
        let (stranger, twin) = (try device("stranger", log), try device("twin", log))
        let events = Mutex<[SSHCallHome.Event]>([])
        var other = twin
        other.name = "other-twin"
        try await withCalls([twin, other], report: { event in events.withLock { $0.append(event) } }) { calls in
            try stranger.server.callHome(address: "127.0.0.1", port: calls.port)
            try twin.server.callHome(address: "127.0.0.1", port: calls.port)
            let nobody = await #expect(throws: TransportError.self) {
                _ = try await calls.call(from: "twin", deadline: .now + .seconds(1))
            }
            #expect(nobody?.code == .timedOut)
            let end = soon
            while events.withLock({ $0.count }) < 2, ContinuousClock.now < end { await Task.yield() }
        }
        let told = events.withLock { $0 }
        #expect(told.count == 2)
        #expect(
            told.contains { if case .unknownKey(_, stranger.key.publicKey.fingerprint) = $0 { true } else { false } })
        #expect(told.contains { if case .ambiguousKey(_, _, ["other-twin", "twin"]) = $0 { true } else { false } })
        #expect(log.log.attempts.withLock { $0 } == [])
        await stranger.server.stop()
        await twin.server.stop()
    }

    @Test func `are checked again as the device they are taken for`() async throws {
        let log = EchoDevice()
        let one = try device("r1", log)
        try await withCalls([one]) { calls in
            try one.server.callHome(address: "127.0.0.1", port: calls.port)
            let call = try await calls.call(from: "r1", deadline: soon)
            let refused = await #expect(throws: TransportError.self) {
                try await SSHConnector().connect(
                    answering: call, as: one.target, pins: HostKeyIndex(), credentials: credentials, deadline: soon)
            }
            #expect(refused?.code == .hostKeyUnknown)
            #expect(refused?.location.contains("r1") == true)
        }
        #expect(log.log.attempts.withLock { $0 } == [])
        await one.server.stop()
    }

    @Test func `CH-5: that nobody takes are kept two for each device, and waiting ends with the listener`() async throws {
        let one = try device("r1")
        let known = pins([one])
        try await withCalls([one]) { calls in
            for _ in 0..<5 { try one.server.callHome(address: "127.0.0.1", port: calls.port) }
            for _ in 0..<2 {
                let call = try await calls.call(from: "r1", deadline: soon)
                _ = try? await SSHConnector().connect(
                    answering: call, as: one.target, pins: known, credentials: credentials, deadline: soon)
            }
            let waiting = Task { try await calls.call(from: "r9", deadline: soon) }
            await Task.yield()
            waiting.cancel()
            guard case .failure(let error as TransportError) = await waiting.result else {
                Issue.record("a call of a device that does not exist")
                return
            }
            #expect(error.code == .cancelled)
        }
        await one.server.stop()
    }
}
