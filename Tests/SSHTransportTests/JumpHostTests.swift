import ByteTransport
import Diagnostics
import Foundation
import Glibc
import TestSupport
import Testing

@testable import SSHTransport

/// OpenSSH servers as jump hosts in front of our own server.
@Suite(.timeLimit(.minutes(3))) struct JumpHostTests {
    var soon: ContinuousClock.Instant { .now + .seconds(120) }

    /// A private sshd for the user who runs the tests; ends with this value.
    final class JumpHost {
        let port: Int
        let key: SSHPublicKey
        private let process = Process()
        private let folder: ScratchFolder

        init(authorized: SSHPrivateKey, extra: String = "") throws {
            folder = try ScratchFolder("jump")
            let host = try SSHPrivateKey.generate()
            key = host.publicKey
            try host.export(to: folder.path + "host")
            _ = try folder.write(authorized.publicKey.line + "\n", to: "authorized")
            port = try Self.freePort()
            _ = try folder.write(
                """
                ListenAddress 127.0.0.1
                Port \(port)
                HostKey \(folder.path)host
                PidFile none
                AuthorizedKeysFile \(folder.path)authorized
                StrictModes no
                PermitRootLogin yes
                UsePAM no
                \(extra)

                """, to: "config")
            process.executableURL = URL(filePath: "/usr/sbin/sshd")
            process.arguments = ["-D", "-e", "-f", folder.path + "config"]
            process.standardError = FileHandle.nullDevice
            try FileManager.default.createDirectory(atPath: "/run/sshd", withIntermediateDirectories: true)
            try process.run()
        }

        /// Not by SIGTERM: the server inherits the signal mask of a worker thread, which blocks it.
        deinit { kill(process.processIdentifier, SIGKILL) }

        /// sshd listens a moment after it was started.
        func listens(_ connect: () async throws -> SSHConnection) async throws -> SSHConnection {
            let end = ContinuousClock.now + .seconds(60)
            while true {
                do { return try await connect() } catch let error as TransportError {
                    guard error.code == .refused, ContinuousClock.now < end else { throw error }
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
        }

        private static func freePort() throws -> Int {
            let probe = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(probe) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    _ = bind(probe, $0, length)
                    _ = getsockname(probe, $0, &length)
                }
            }
            return Int(UInt16(bigEndian: address.sin_port))
        }
    }

    func pins(_ keys: [(Int, SSHPublicKey)]) -> HostKeyIndex {
        HostKeyIndex(
            text: keys.map { HostKeyIndex.line(host: "127.0.0.1", port: $0.0, key: $0.1) }.joined(separator: "\n"),
            file: "known_hosts")
    }

    @Test func `two hops carry a session, large both ways, and every host key is checked`() async throws {
        let (mine, deviceKey) = (try SSHPrivateKey.generate(), try SSHPrivateKey.generate())
        let (first, second) = (try JumpHost(authorized: mine), try JumpHost(authorized: mine))
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
        let strict = try JumpHost(authorized: mine, extra: "AllowTcpForwarding no")
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
