import Foundation
import Glibc
import TestSupport

/// A server of the libraries that netopeer2 is made of, with datastores of this folder's own (`Peers/netconf2-server.c`).
final class LibNETCONF2Server: Sendable {
    let port: Int
    let keyFile: String
    let hostKeyFingerprint: String
    private let scratch: ScratchFolder
    private let process: Tool

    struct Failure: Error { var what: String }

    /// Compiles it, starts it, and waits until it listens.
    init() async throws {
        scratch = try ScratchFolder("netconf2")
        port = try TestPort.free()
        let source = Repository.root.appending(path: "Tests/RealPeerTests/Peers/netconf2-server.c").path(
            percentEncoded: false)
        let folder = scratch.path
        let (log, program, login) = (folder + "log", folder + "server", folder + "key")
        let build = """
            set -e; compiler=$(command -v clang || command -v cc)
            "$compiler" -O1 -o '\(program)' '\(source)' -lnetconf2 -lyang -lssh
            ssh-keygen -q -t ecdsa -m PEM -N '' -f '\(folder)host'
            ssh-keygen -q -t ed25519 -N '' -f '\(login)'
            """
        let built = try await Self.apart { try ShellCommand.status("/bin/sh", ["-c", build]) }
        guard built.status == 0 else { throw Failure(what: "the server was not built: \(built.output)") }
        keyFile = login
        let shown = try await Self.apart {
            try ShellCommand.run("/usr/bin/ssh-keygen", ["-l", "-f", folder + "host.pub"])
        }
        hostKeyFingerprint = String(shown.split(separator: " ").dropFirst().first ?? "")
        process = try Tool(
            program, ["\(port)", folder + "host", login + ".pub", "netops", "/usr/share/yuma/modules/ietf"],
            output: log,
            errors: nil)
        let end = ContinuousClock.now + .seconds(60)
        while try !String(contentsOfFile: log, encoding: .utf8).contains("listening") {
            guard .now < end else { throw Failure(what: "the server does not listen: \(try scratch.read("log"))") }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    deinit { process.kill() }

    /// Ends all sessions without a word; what was committed under a token goes on waiting.
    func dropSessions() { process.signal(SIGUSR1) }

    /// On a thread of its own: the pool that all tests share has a thread a core.
    private static func apart<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
        }
    }
}
