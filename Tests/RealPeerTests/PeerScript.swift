import Foundation
import Glibc
import TestSupport

/// The project's scripts that start and stop real peers.
enum PeerScript {
    struct Failure: Error { var what: String }

    /// What a script printed as `NAME=value` lines.
    static func facts(_ script: String, _ arguments: [String], in scratch: ScratchFolder) async throws -> [String:
        String]
    {
        Dictionary(
            try await start(script, arguments, in: scratch).split(separator: "\n").compactMap { line in
                let parts = line.split(separator: "=", maxSplits: 1)
                return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
            }, uniquingKeysWith: { first, _ in first })
    }

    /// On a thread of its own: a script takes seconds, and the pool that all tests share has a thread a core.
    static func start(_ script: String, _ arguments: [String], in scratch: ScratchFolder) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            Thread { continuation.resume(with: Result { try run(script, arguments, in: scratch) }) }.start()
        }
    }

    /// Through the shell and a file: Foundation's `Process` waits for every daemon that a script leaves running.
    static func run(_ script: String, _ arguments: [String], in scratch: ScratchFolder) throws -> String {
        let program = Repository.root.appending(path: "lab/peers/\(script)").path(percentEncoded: false)
        let file = try scratch.write("", to: "output").path(percentEncoded: false)
        let words = ([program] + arguments).map { "'" + $0.replacing("'", with: "'\\''") + "'" }
        let status = system(words.joined(separator: " ") + " >'\(file)' 2>&1 </dev/null")
        let text = try scratch.read("output")
        guard status == 0 else { throw Failure(what: "\(script) ended with status \(status): \(text)") }
        return text
    }
}
