import CSystemCalls
import Foundation
import Glibc

/// A program that a test runs.
///
/// Not by Foundation's `Process`: its one thread waits for a program that closes what it inherited, as `sshd` does, until
/// that program ends, and hears of no other's end before.
/// A program inherits its standard streams and nothing else: with a pipe of another test a server would hold that test's
/// reader, and two such tests all threads of the pool, for good.
package final class Tool: Sendable {
    package struct CannotStart: Error { package var path: String, code: Int32 }
    private let pid: pid_t

    /// Starts a program with the environment of the tests; standard streams that are not named lead nowhere.
    /// - Parameter errors: nil to go where the output goes, in the order of writing.
    package init(
        _ path: String, _ arguments: [String], environment: [String: String] = [:], input: String = "/dev/null",
        output: String = "/dev/null", errors: String? = "/dev/null"
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        if let errors {
            posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        } else {
            posix_spawn_file_actions_adddup2(&actions, 1, 2)
        }
        csystem_spawn_close_from(&actions, 3)
        // Worker threads block signals, and a program inherits that.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let settings = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = settings.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in words + variables { free(text) } }
        var pid = pid_t()
        let status = posix_spawn(&pid, path, &actions, &attributes, &words, &variables)
        guard status == 0 else { throw CannotStart(path: path, code: status) }
        self.pid = pid
    }

    /// Waits on a thread of its own; gives the status, or 128 and the signal.
    package func end() async -> Int32 {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: self.waitForEnd()) }
        }
    }

    /// Waits on the caller's thread; gives the status, or 128 and the signal.
    package func waitForEnd() -> Int32 {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7f
        return signal == 0 ? (status >> 8) & 0xff : 128 + signal
    }

    package func signal(_ number: Int32) { Glibc.kill(pid, number) }

    /// Ends a server at once, and takes its status.
    package func kill() {
        Glibc.kill(pid, SIGKILL)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
    }

    /// Runs a small tool to its end and gives its status.
    package static func run(_ path: String, _ arguments: [String], environment: [String: String] = [:]) async throws
        -> Int32
    {
        await (try Tool(path, arguments, environment: environment)).end()
    }
}
