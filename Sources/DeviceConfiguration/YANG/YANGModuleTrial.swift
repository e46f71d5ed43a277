internal import CSystemCalls
internal import Diagnostics
internal import Glibc
internal import Synchronization

/// Compiles a folder of YANG modules in a process of its own before this one does: libyang 2.1 has been seen to crash on
/// published sets of modules, and what crashes must not take a change in progress with it.
///
/// The child is this very program with `argument` first; it limits its memory, time and files before it touches libyang.
package enum YANGModuleTrial {
    /// First argument of a run that only compiles the folder named by the second.
    package static let argument = "--compile-yang-modules"

    /// The program to start; nil in programs whose main does not call `runIfAsked`, which then compile without a trial.
    private static let program = Mutex<String?>(nil)
    private static let memoryBytes: rlim_t = 4 << 30
    private static let processorSeconds: rlim_t = 120

    /// For `main`: carries out a trial when asked for one, and never returns then. 0: they compile, 3: they do not.
    package static func runIfAsked(_ arguments: [String]) {
        program.withLock { $0 = "/proc/self/exe" }
        guard arguments.first == argument, arguments.count == 2 else { return }
        // Before any file is looked at. No core file, no output but the status.
        for (resource, limit) in [
            (RLIMIT_AS, memoryBytes), (RLIMIT_CPU, processorSeconds), (RLIMIT_FSIZE, 0), (RLIMIT_CORE, 0),
        ] {
            var value = rlimit(rlim_cur: limit, rlim_max: limit)
            guard setrlimit(__rlimit_resource_t(resource.rawValue), &value) == 0 else { exit(4) }
        }
        guard let folder = YANGModuleFolder(arguments[1]) else { exit(3) }
        exit(folder.compiles() ? 0 : 3)
    }

    /// Why the modules must not be compiled here; nil when they may. Waits for the child.
    static func objection(to folder: String) -> String? {
        guard let program = program.withLock({ $0 }) else { return nil }
        return objection(to: folder, by: program)
    }

    static func objection(to folder: String, by program: String) -> String? {
        var actions = posix_spawn_file_actions_t()
        guard posix_spawn_file_actions_init(&actions) == 0 else { return "a process for trying them cannot be made" }
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in 0...2 as ClosedRange<Int32> {
            posix_spawn_file_actions_addopen(
                &actions, descriptor, "/dev/null", descriptor == 0 ? O_RDONLY : O_WRONLY, 0)
        }
        // The sessions to devices are not the child's.
        csystem_spawn_close_from(&actions, 3)
        let words: [String] = [program, argument, folder]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var environment: [UnsafeMutablePointer<CChar>?] = [strdup("SWIFT_BACKTRACE=enable=no"), nil]
        defer { for text in arguments + environment { free(text) } }
        var child: pid_t = 0
        let problem = posix_spawn(&child, program, &actions, nil, &arguments, &environment)
        guard problem == 0 else {
            return "a process for trying them cannot be started: \(String(cString: strerror(problem)))"
        }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 {
            guard errno == EINTR else { return "the process that tries them was lost" }
        }
        // Ended by a signal: crashed, or over a limit. That they do not compile is said better by compiling them here.
        let signal = status & 0x7F
        return signal == 0 ? nil : "libyang does not survive compiling them (signal \(signal))"
    }
}
