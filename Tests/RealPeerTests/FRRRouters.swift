import Foundation
import Glibc
import TestSupport

/// FRR routers from Debian's packages, each in a network namespace of its own, reached as devices are: over OpenSSH,
/// at their own command line. Started by the project's script; a router that cannot start fails the test.
final class FRRRouters {
    let scratch: ScratchFolder
    /// What the script printed: `PEER_KEY`, `PEER_KNOWN_HOSTS` and so on.
    let facts: [String: String]
    let basePort: Int

    /// - Parameter basePort: router N listens on this port plus N.
    init(count: Int, basePort: Int) async throws {
        scratch = try ScratchFolder("routers")
        self.basePort = basePort
        facts = try await PeerScript.facts(
            "frr-up",
            [
                "--dir", scratch.path + "peers", "--port", "\(basePort)", "--routers", "\(count)", "--blank",
                "--daemons", "staticd bgpd",
            ],
            in: scratch)
    }

    deinit { _ = try? PeerScript.run("frr-down", ["--dir", scratch.path + "peers", "--purge"], in: scratch) }

    func fact(_ name: String) throws -> String {
        guard let value = facts[name] else { throw PeerScript.Failure(what: "frr-up gave no \(name)") }
        return value
    }

    /// Connections that the routers' SSH servers have accepted so far, by their own log.
    func connections() throws -> Int {
        let log = try String(contentsOfFile: scratch.path + "peers/log/sshd.log", encoding: .utf8)
        // Lines end with CR LF, which is one character.
        return log.split(whereSeparator: \.isNewline).count { $0.hasPrefix("Connection from ") }
    }
}
