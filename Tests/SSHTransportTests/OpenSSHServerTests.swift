import ByteTransport
import Diagnostics
import Foundation
import Glibc
import TestSupport
import Testing

@testable import SSHTransport

/// OpenSSH's server as the judge of our client: every way to log in, and what `sshd` does to a session.
@Suite(.timeLimit(.minutes(3))) struct OpenSSHServerTests {
    var soon: ContinuousClock.Instant { .now + .seconds(120) }

    func target(_ server: SSHDServer) -> SSHTarget {
        SSHTarget(host: "127.0.0.1", port: server.port, user: NSUserName(), device: "sshd")
    }

    func pins(_ server: SSHDServer) -> HostKeyIndex {
        HostKeyIndex(
            text: HostKeyIndex.line(host: "127.0.0.1", port: server.port, key: server.key), file: "known_hosts")
    }

    func connect(_ server: SSHDServer, _ credentials: [SSHCredential], options: SSHClientOptions? = nil) async throws
        -> SSHConnection
    {
        try await server.listens {
            try await SSHConnector().connect(
                to: target(server), pins: pins(server), credentials: credentials, options: options, deadline: soon)
        }
    }

    /// A channel works in both directions.
    func echo(_ connection: SSHConnection) async throws {
        let channel = try await connection.open(.subsystem("cat"), deadline: soon)
        try await channel.write(Array("hello".utf8), deadline: soon)
        #expect(try await channel.read(deadline: soon) == Array("hello".utf8))
        await connection.close()
    }

    @Test func `keys of every kind log in, also one with a passphrase`() async throws {
        let folder = try ScratchFolder("keys")
        #expect(
            try await Tool.run(
                "/usr/bin/ssh-keygen", ["-q", "-t", "ed25519", "-N", "right horse", "-f", folder.path + "id"]) == 0)
        let protected = try SSHPrivateKey(file: folder.path + "id", passphrase: Secret("right horse"))
        let keys = [try .generate(), try .generate(.ecdsa256), try .generate(.rsa2048), protected]
        let server = try SSHDServer(authorized: keys.map(\.publicKey))
        for key in keys { try await echo(try await connect(server, [.key(key)])) }
        // The right one may come second.
        try await echo(try await connect(server, [.key(try .generate()), .key(protected)]))
    }

    @Test func `a user certificate logs in where no key is authorised, and only its principal`() async throws {
        let folder = try ScratchFolder("certificates")
        for name in ["authority", "id"] {
            #expect(
                try await Tool.run("/usr/bin/ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", folder.path + name])
                    == 0)
        }
        func certify(_ principal: String) async throws -> String {
            #expect(
                try await Tool.run(
                    "/usr/bin/ssh-keygen",
                    ["-q", "-s", folder.path + "authority", "-I", "test", "-n", principal, folder.path + "id.pub"]) == 0
            )
            return try folder.read("id-cert.pub")
        }
        let server = try SSHDServer(authorized: [], extra: "TrustedUserCAKeys \(folder.path)authority.pub")
        let key = try SSHPrivateKey(file: folder.path + "id")
        let good = try await certify(NSUserName())
        try await echo(try await connect(server, [.key(key, certificate: good)]))
        let other = try await certify("somebody-else")
        let refused = await #expect(throws: TransportError.self) {
            try await connect(server, [.key(key, certificate: other)])
        }
        #expect(refused?.code == .authenticationRefused)
        #expect(refused?.what.contains("with certificate") == true)
        // A certificate of another key never leaves the machine.
        let stranger = await #expect(throws: TransportError.self) {
            try await connect(server, [.key(try .generate(), certificate: good)])
        }
        #expect(stranger?.code == .credentialUnavailable)
    }

    /// An `ssh-agent` of its own; ends with this value.
    final class Agent {
        let path: String
        private let process: Tool
        init(_ folder: ScratchFolder) throws {
            path = folder.path + "agent"
            process = try Tool("/usr/bin/ssh-agent", ["-D", "-a", path])
        }
        deinit { process.kill() }

        /// Adds a key, as soon as the agent listens.
        func add(_ file: String) async throws {
            let end = ContinuousClock.now + .seconds(60)
            while try await Tool.run("/usr/bin/ssh-add", ["-q", file], environment: ["SSH_AUTH_SOCK": path]) != 0 {
                try #require(ContinuousClock.now < end)
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    @Test func `the agent signs with the chosen key only`() async throws {
        let folder = try ScratchFolder("agent")
        for (name, type) in [("wrong1", "ed25519"), ("wrong2", "ecdsa"), ("right", "ed25519"), ("rsa", "rsa")] {
            let arguments = ["-q", "-t", type, "-N", "", "-C", "\(name)@test", "-f", folder.path + name]
            #expect(try await Tool.run("/usr/bin/ssh-keygen", arguments) == 0)
        }
        let agent = try Agent(folder)
        for name in ["wrong1", "wrong2", "right", "rsa"] { try await agent.add(folder.path + name) }
        let right = try SSHPrivateKey(file: folder.path + "right").publicKey
        let rsa = try SSHPrivateKey(file: folder.path + "rsa").publicKey
        // Two attempts: offering all four keys would end in a refusal.
        let server = try SSHDServer(authorized: [right, rsa], extra: "MaxAuthTries 2")
        for name in [right.fingerprint, "right@test", "rsa@test"] {
            try await echo(try await connect(server, [.agent(socket: agent.path, key: name)]))
        }
        let missing = await #expect(throws: TransportError.self) {
            try await connect(server, [.agent(socket: agent.path, key: "nobody@test")])
        }
        #expect(missing?.code == .credentialUnavailable)
        #expect(missing?.what.contains("wrong2@test") == true)
        let none = await #expect(throws: TransportError.self) {
            try await connect(server, [.agent(socket: folder.path + "nothing-here")])
        }
        #expect(none?.code == .credentialUnavailable)
        let wrong = await #expect(throws: TransportError.self) {
            try await connect(server, [.agent(socket: agent.path, key: "wrong1@test")])
        }
        #expect(wrong?.code == .authenticationRefused)
        #expect(wrong?.what.contains("publickey from the agent (wrong1@test)") == true)
    }

    @Test func `a server that changes keys every 100 KB loses nothing`() async throws {
        let key = try SSHPrivateKey.generate()
        let server = try SSHDServer(authorized: key, extra: "RekeyLimit 100K")
        let connection = try await connect(server, [.key(key)])
        let channel = try await connection.open(.subsystem("cat"), deadline: soon)
        let sent = (0..<2_000_000).map { UInt8(truncatingIfNeeded: $0 &* 29) }
        async let writing: Void = channel.write(sent, deadline: soon)
        var got: [UInt8] = []
        while got.count < sent.count, let more = try await channel.read(deadline: soon) { got += more }
        try await writing
        #expect(got == sent)
        await connection.close()
    }

    @Test func `keep-alives are answered by a server that is there`() async throws {
        let key = try SSHPrivateKey.generate()
        let server = try SSHDServer(authorized: key)
        var options = SSHClientOptions()
        options.keepAlive = .milliseconds(50)
        let connection = try await connect(server, [.key(key)], options: options)
        // Far longer than three unanswered ones would last.
        let channel = try await connection.open(.exec("sleep 1; echo done"), deadline: soon)
        #expect(try await channel.read(deadline: soon) == Array("done\n".utf8))
        await connection.close()
    }

    @Test func `keep-alives find out a server that is not there any more`() async throws {
        let key = try SSHPrivateKey.generate()
        let server = try SSHDServer(authorized: key)
        var options = SSHClientOptions()
        options.keepAlive = .milliseconds(50)
        let connection = try await connect(server, [.key(key)], options: options)
        let channel = try await connection.open(.exec("echo $PPID; exec sleep 100"), deadline: soon)
        let answer = try #require(try await channel.read(deadline: soon))
        let session = try #require(
            Int32(String(decoding: answer, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)))
        // Its process stands still: TCP goes on acknowledging, SSH does not answer.
        kill(session, SIGSTOP)
        defer { kill(session, SIGKILL) }
        let error = await #expect(throws: TransportError.self) { _ = try await channel.read(deadline: soon) }
        #expect(error?.code == .closed)
        #expect(error?.what.contains("keep-alives") == true)
        await connection.close()
    }
}
