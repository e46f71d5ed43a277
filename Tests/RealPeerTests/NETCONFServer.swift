import Foundation
import Glibc
import TestSupport

/// Debian's netconfd behind an OpenSSH server of its own, with its models and no instrumentation.
final class NETCONFServer {
    let scratch: ScratchFolder
    let facts: [String: String]
    let port: Int
    private let arguments: [String]

    /// - Parameter options: further ones of `netconfd-up`.
    init(port: Int, options: [String] = []) async throws {
        scratch = try ScratchFolder("netconfd")
        self.port = port
        arguments = ["--dir", scratch.path + "peer", "--port", "\(port)", "--mode", "datastore"] + options
        facts = try await PeerScript.facts("netconfd-up", arguments, in: scratch)
    }

    deinit { _ = try? PeerScript.run("netconfd-down", ["--dir", scratch.path + "peer", "--purge"], in: scratch) }

    func fact(_ name: String) throws -> String {
        guard let value = facts[name] else { throw PeerScript.Failure(what: "netconfd-up gave no \(name)") }
        return value
    }

    /// Ends the server as a power cut does and starts it again, without waiting until it says hello: in its first
    /// second it usually leaves a session without one.
    func restart() async throws {
        let file = scratch.path + "peer/run/netconfd.pid"
        guard let pid = Int32(try String(contentsOfFile: file, encoding: .utf8).prefix { $0.isNumber }) else {
            throw PeerScript.Failure(what: "no process number in \(file)")
        }
        kill(pid, SIGKILL)
        for _ in 0..<200 where kill(pid, 0) == 0 { try await Task.sleep(for: .milliseconds(50)) }
        _ = try await PeerScript.start("netconfd-up", arguments + ["--no-probe"], in: scratch)
    }

    /// Connections its SSH server has accepted so far, by its own log.
    func connections() throws -> Int {
        let log = try String(contentsOfFile: scratch.path + "peer/log/sshd.log", encoding: .utf8)
        return log.split(whereSeparator: \.isNewline).count { $0.hasPrefix("Connection from ") }
    }
}
