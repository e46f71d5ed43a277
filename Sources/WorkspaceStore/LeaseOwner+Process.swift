internal import FoundationEssentials
internal import Glibc

extension LeaseOwner {
    /// This process.
    package static func current() -> LeaseOwner {
        var name = [CChar](repeating: 0, count: 256)
        let host = gethostname(&name, name.count - 1) == 0 ? string(name) : "localhost"
        let process = getpid()
        return LeaseOwner(
            host: host, bootID: currentBootID(), process: process, processStart: startOfProcess(process) ?? 0)
    }

    /// True when the process is certainly gone, false when it runs, nil when that cannot be told from here.
    package func isGone() -> Bool? {
        let here = LeaseOwner.current()
        guard host == here.host, !bootID.isEmpty, !here.bootID.isEmpty else { return nil }
        guard bootID == here.bootID else { return true }
        guard let start = Self.startOfProcess(process) else { return true }
        return processStart != 0 && start != processStart
    }

    private static func string(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func currentBootID() -> String {
        guard let text = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8) else {
            return ""
        }
        return String(text.filter { !$0.isNewline })
    }

    /// Field 22 of /proc/PID/stat (proc(5)); nil when there is no such process or it is only a zombie.
    private static func startOfProcess(_ process: Int32) -> UInt64? {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")")
        else { return nil }
        // After the command's name, which may hold spaces and brackets: field 3 (state) comes first.
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
        return UInt64(fields[19])
    }
}
