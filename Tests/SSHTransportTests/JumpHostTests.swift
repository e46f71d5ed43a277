import ByteTransport
import Diagnostics
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import SSHTransport

/// OpenSSH servers as jump hosts in front of our own server.
@Suite(.timeLimit(.minutes(3))) struct JumpHostTests {
    var soon: ContinuousClock.Instant { .now + .seconds(120) }

    func pins(_ keys: [(Int, SSHPublicKey)]) -> HostKeyIndex {
        HostKeyIndex(
            text: keys.map { HostKeyIndex.line(host: "127.0.0.1", port: $0.0, key: $0.1) }.joined(separator: "\n"),
            file: "known_hosts")
    }

    @Test func `two hops carry a session, large both ways, and every host key is checked`() async throws {
        let (mine, deviceKey) = (try SSHPrivateKey.generate(), try SSHPrivateKey.generate())
        let (first, second) = (try SSHDServer(authorized: mine), try SSHDServer(authorized: mine))
        let server = try SSHServer(handler: EchoDevice(), hostKeys: [deviceKey], reactor: Reactor())
        let known = [(first.port, first.key), (second.port, second.key), (server.port, deviceKey.publicKey)]
        let user = NSUserName()
        let hops = [first, second].map {
            SSHHop(target: SSHTarget(host: "127.0.0.1", port: $0.port, user: user), credentials: [.key(mine)])
        }
        let target = SSHTarget(host: "127.0.0.1", port: server.port, user: EchoDevice.user, device: "r1")
        let password = [SSHCredential.password(Secret(EchoDevice.password))]
        let connector = try SSHConnector()
        // Both listen?
        for (host, hop) in zip([first, second], hops) {
            let ready = try await host.listens {
                try await connector.connect(
                    to: hop.target, pins: pins(known), credentials: hop.credentials, deadline: soon)
            }
            await ready.close()
        }
        let connection = try await connector.connect(
            to: target, through: hops, pins: pins(known), credentials: password, deadline: soon)
        let echo = try await connection.open(.subsystem("echo"), deadline: soon)
        let sent = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        async let writing: Void = echo.write(sent, deadline: soon)
        var got: [UInt8] = []
        while got.count < sent.count, let more = try await echo.read(deadline: soon) { got += more }
        try await writing
        #expect(got == sent)
        await connection.close()
        // A key that is not pinned, on each host of the way.
        for missing in 0..<3 {
            var some = known
            some.remove(at: missing)
            let error = await #expect(throws: TransportError.self) {
                try await connector.connect(
                    to: target, through: hops, pins: pins(some), credentials: password, deadline: soon)
            }
            #expect(error?.code == .hostKeyUnknown)
            #expect(error?.what.contains("the jump host") == (missing < 2))
        }
        await server.stop()
    }

    @Test func `a jump host that forbids forwarding, and a device it cannot reach, are channel refusals`() async throws
    {
        let mine = try SSHPrivateKey.generate()
        let strict = try SSHDServer(authorized: mine, extra: "AllowTcpForwarding no")
        let hop = SSHHop(
            target: SSHTarget(host: "127.0.0.1", port: strict.port, user: NSUserName()), credentials: [.key(mine)])
        let connector = try SSHConnector()
        let known = pins([(strict.port, strict.key)])
        let ready = try await strict.listens {
            try await connector.connect(to: hop.target, pins: known, credentials: hop.credentials, deadline: soon)
        }
        await ready.close()
        let error = await #expect(throws: TransportError.self) {
            try await connector.connect(
                to: SSHTarget(host: "127.0.0.1", port: 9, user: "x"), through: [hop], pins: known, credentials: [],
                deadline: soon)
        }
        #expect(error?.code == .channelRefused)
        #expect(error?.remedy.contains("AllowTcpForwarding") == true)
    }
}

/// One jump host for many devices.
@Suite(.timeLimit(.minutes(3))) struct `Shared connections to jump hosts` {
    var soon: ContinuousClock.Instant { .now + .seconds(120) }

    @Test func `many devices share one connection, and a second one to the same device takes a way of its own`()
        async throws
    {
        let (mine, deviceKey) = (try SSHPrivateKey.generate(), try SSHPrivateKey.generate())
        let jump = try SSHDServer(authorized: mine)
        let reactor = try Reactor()
        var servers: [SSHServer] = []
        for _ in 0..<12 {
            servers.append(try SSHServer(handler: EchoDevice(), hostKeys: [deviceKey], reactor: reactor))
        }
        let known = HostKeyIndex(
            text: ([(jump.port, jump.key)] + servers.map { ($0.port, deviceKey.publicKey) })
                .map { HostKeyIndex.line(host: "127.0.0.1", port: $0.0, key: $0.1) }.joined(separator: "\n"),
            file: "known_hosts")
        let connector = try SSHConnector()
        let hop = SSHHop(
            target: SSHTarget(host: "127.0.0.1", port: jump.port, user: NSUserName()), credentials: [.key(mine)])
        try await jump.listens {
            try await connector.connect(to: hop.target, pins: known, credentials: hop.credentials, deadline: soon)
        }.close()
        let password = [SSHCredential.password(Secret(EchoDevice.password))]
        @Sendable func open(_ server: SSHServer) async throws -> (SSHConnection, any ByteChannel) {
            let connection = try await connector.connect(
                to: SSHTarget(host: "127.0.0.1", port: server.port, user: EchoDevice.user), through: [hop], pins: known,
                credentials: password, deadline: soon)
            return (connection, try await connection.open(.subsystem("echo"), deadline: soon))
        }
        let opened = try await withThrowingTaskGroup(of: (SSHConnection, any ByteChannel).self) { group in
            for server in servers { group.addTask { try await open(server) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(connector.jumpConnections == 1)
        // All at once, large both ways.
        let sent = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for (_, channel) in opened {
                group.addTask {
                    async let writing: Void = channel.write(sent, deadline: soon)
                    var got: [UInt8] = []
                    while got.count < sent.count, let more = try await channel.read(deadline: soon) { got += more }
                    try await writing
                    return got == sent
                }
            }
            for try await isSame in group { #expect(isSame) }
        }
        let (again, _) = try await open(servers[0])
        #expect(connector.jumpConnections == 2)
        await again.close()
        #expect(connector.jumpConnections == 1)
        for (connection, _) in opened.dropLast() { await connection.close() }
        #expect(connector.jumpConnections == 1)
        await opened.last?.0.close()
        #expect(connector.jumpConnections == 0)
        for server in servers { await server.stop() }
    }

    @Test func `what a jump host refuses, all who wanted through it hear, and nothing stays open`() async throws {
        let mine = try SSHPrivateKey.generate()
        let jump = try SSHDServer(authorized: [])
        let known = HostKeyIndex(
            text: HostKeyIndex.line(host: "127.0.0.1", port: jump.port, key: jump.key), file: "known_hosts")
        let connector = try SSHConnector()
        let hop = SSHHop(
            target: SSHTarget(host: "127.0.0.1", port: jump.port, user: NSUserName()), credentials: [.key(mine)])
        let end = soon
        let codes = await withTaskGroup(of: TransportError.Code?.self) { group in
            for port in 1...8 {
                group.addTask {
                    while true {
                        do throws(TransportError) {
                            _ = try await connector.connect(
                                to: SSHTarget(host: "127.0.0.1", port: port, user: "x"), through: [hop], pins: known,
                                credentials: [], deadline: end)
                            return nil
                        } catch {
                            // sshd listens a moment after it was started.
                            if error.code == .refused, ContinuousClock.now < end { continue }
                            return error.what.hasPrefix("the jump host") ? error.code : nil
                        }
                    }
                }
            }
            return await group.reduce(into: [TransportError.Code?]()) { $0.append($1) }
        }
        #expect(codes == [TransportError.Code?](repeating: .authenticationRefused, count: 8))
        #expect(connector.jumpConnections == 0)
    }

    @Test func `host keys behind a jump host are scanned through it, without a login at the device`() async throws {
        let (mine, deviceKey) = (try SSHPrivateKey.generate(), try SSHPrivateKey.generate())
        let jump = try SSHDServer(authorized: mine)
        let device = EchoDevice()
        let server = try SSHServer(handler: device, hostKeys: [deviceKey], reactor: Reactor())
        let known = HostKeyIndex(
            text: HostKeyIndex.line(host: "127.0.0.1", port: jump.port, key: jump.key), file: "known_hosts")
        let connector = try SSHConnector()
        let hop = SSHHop(
            target: SSHTarget(host: "127.0.0.1", port: jump.port, user: NSUserName()), credentials: [.key(mine)])
        try await jump.listens {
            try await connector.connect(to: hop.target, pins: known, credentials: hop.credentials, deadline: soon)
        }.close()
        let keys = try await connector.scanHostKeys(
            of: SSHTarget(host: "127.0.0.1", port: server.port, user: "x"), through: [hop], pins: known, deadline: soon)
        #expect(keys == [deviceKey.publicKey])
        #expect(device.log.attempts.withLock { $0 } == [])
        #expect(connector.jumpConnections == 0)
        await server.stop()
    }
}
