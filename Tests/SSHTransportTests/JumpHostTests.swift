import ByteTransport
import Diagnostics
import Foundation
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

    @Test func `a jump host that forbids forwarding, and a device it cannot reach, are channel refusals`() async throws {
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
