import Foundation
import Glibc
import TestSupport

/// FRR routers from Debian's packages, each in a network namespace of its own, reached as devices are: over OpenSSH,
/// at their own command line. Started by the project's script; a router that cannot start fails the test.
final class FRRRouters {
    struct Failure: Error { var what: String }
    let scratch: ScratchFolder
    /// What the script printed: `PEER_KEY`, `PEER_KNOWN_HOSTS` and so on.
    let facts: [String: String]
    let basePort: Int

    /// - Parameter basePort: router N listens on this port plus N.
    init(count: Int, basePort: Int) throws {
        scratch = try ScratchFolder("routers")
        self.basePort = basePort
        let text = try Self.run(
            "frr-up",
            ["--dir", scratch.path + "peers", "--port", "\(basePort)", "--routers", "\(count)", "--blank", "--daemons", "staticd bgpd"],
            in: scratch)
        facts = Dictionary(
            text.split(separator: "\n").compactMap { line in
                let parts = line.split(separator: "=", maxSplits: 1)
                return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
            }, uniquingKeysWith: { first, _ in first })
    }

    deinit { _ = try? Self.run("frr-down", ["--dir", scratch.path + "peers", "--purge"], in: scratch) }

    func fact(_ name: String) throws -> String {
        guard let value = facts[name] else { throw Failure(what: "frr-up gave no \(name)") }
        return value
    }

    /// Connections that the routers' SSH servers have accepted so far, by their own log.
    func connections() throws -> Int {
        let log = try String(contentsOfFile: scratch.path + "peers/log/sshd.log", encoding: .utf8)
        // Lines end with CR LF, which is one character.
        return log.split(whereSeparator: \.isNewline).count { $0.hasPrefix("Connection from ") }
    }

    /// Through the shell and a file: Foundation's `Process` waits for every daemon that a script leaves running.
    private static func run(_ script: String, _ arguments: [String], in scratch: ScratchFolder) throws -> String {
        let program = Repository.root.appending(path: "lab/peers/\(script)").path(percentEncoded: false)
        let file = try scratch.write("", to: "output").path(percentEncoded: false)
        let words = ([program] + arguments).map { "'" + $0.replacing("'", with: "'\\''") + "'" }
        let status = system(words.joined(separator: " ") + " >'\(file)' 2>&1 </dev/null")
        let text = try scratch.read("output")
        guard status == 0 else { throw Failure(what: "\(script) ended with status \(status): \(text)") }
        return text
    }
}
