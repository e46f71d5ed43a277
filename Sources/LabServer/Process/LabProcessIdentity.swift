internal import Foundation

/// Names a process for good: a number that is used again for another process does not match.
package struct LabProcessIdentity: Codable, Equatable, Sendable {
    package var pid: Int32
    /// When it started, in clock ticks since the machine's start (field 22 of `/proc/PID/stat`).
    package var startedAtTick: UInt64
    /// Which start of the machine that is.
    package var boot: String

    package static func current() -> LabProcessIdentity? { of(getpid()) }

    /// The process that has this number now; nil when none has, or it has ended and only waits to be collected.
    static func of(_ pid: Int32) -> LabProcessIdentity? {
        guard let stat = text("/proc/\(pid)/stat"), let boot = text("/proc/sys/kernel/random/boot_id") else {
            return nil
        }
        // The second field is the program's name in parentheses and may hold anything.
        guard let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X", let tick = UInt64(fields[19]) else { return nil }
        return LabProcessIdentity(
            pid: pid, startedAtTick: tick, boot: boot.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    private static func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }

    package var isAlive: Bool { Self.of(pid) == self }
}
