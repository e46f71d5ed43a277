import ByteTransport
import Foundation
import SSHTransport
import TestSupport
import Testing

/// OpenSSH's client as the judge of our server.
@Suite(.timeLimit(.minutes(5))) struct OpenSSHClientTests {
    static let reactor = Result { try Reactor() }

    struct Ran: Equatable {
        var status: Int32
        var output: String
        var errors: String
    }

    func ssh(_ arguments: [String], port: Int, key: String, input: String = "") async throws -> Ran {
        let folder = try ScratchFolder()
        try folder.write(input, to: "in")
        let client = try Tool(
            "/usr/bin/ssh",
            [
                "-F", "/dev/null", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
                "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "-o", "LogLevel=ERROR", "-i", key, "-p", "\(port)",
            ] + arguments, input: folder.path + "in", output: folder.path + "out", errors: folder.path + "err")
        let status = await client.end()
        return Ran(status: status, output: try folder.read("out"), errors: try folder.read("err"))
    }

    func withServer(_ body: (SSHServer, String) async throws -> Void) async throws {
        let folder = try ScratchFolder()
        let key = try SSHPrivateKey.generate()
        let path = folder.url.appending(path: "id").path
        try key.export(to: path)
        let server = try SSHServer(
            handler: EchoDevice(authorizedKeys: [key.publicKey.line]), hostKeys: [.generate()],
            reactor: Self.reactor.get())
        try await body(server, path)
        await server.stop()
    }

    @Test func `a command runs and its status arrives`() async throws {
        try await withServer { server, key in
            let ran = try await ssh(["netops@127.0.0.1", "show version"], port: server.port, key: key)
            #expect(ran == Ran(status: 0, output: "ran show version\n", errors: ""))
            let failed = try await ssh(["netops@127.0.0.1", "fail"], port: server.port, key: key)
            #expect(failed.status == 3)
            #expect(server.acceptedConnections == 2)
        }
    }

    @Test func `an answer may come later without blocking the server`() async throws {
        try await withServer { server, key in
            let ran = try await ssh(["netops@127.0.0.1", "later"], port: server.port, key: key)
            #expect(ran == Ran(status: 0, output: "late\n", errors: ""))
        }
    }

    @Test func `a reply larger than the window arrives whole`() async throws {
        try await withServer { server, key in
            let ran = try await ssh(["netops@127.0.0.1", "size 5000000"], port: server.port, key: key)
            #expect(ran.output.utf8.count == 5_000_000)
        }
    }

    @Test func `a subsystem echoes and an unknown one is refused`() async throws {
        try await withServer { server, key in
            let ran = try await ssh(
                ["-s", "netops@127.0.0.1", "echo"], port: server.port, key: key, input: "hello\n")
            #expect(ran.output == "hello\n")
            let refused = try await ssh(["-s", "netops@127.0.0.1", "nosuch"], port: server.port, key: key)
            #expect(refused.status != 0)
            #expect(refused.errors.contains("subsystem request failed"))
        }
    }

    @Test func `a wrong user is refused and a drop is seen`() async throws {
        try await withServer { server, key in
            let refused = try await ssh(["nobody@127.0.0.1", "x"], port: server.port, key: key)
            #expect(refused.status == 255)
            #expect(refused.errors.contains("Permission denied"))
            let dropped = try await ssh(["netops@127.0.0.1", "drop"], port: server.port, key: key)
            #expect(dropped.status == 255)
        }
    }
}
