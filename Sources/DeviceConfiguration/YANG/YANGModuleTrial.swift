internal import CSystemCalls
internal import Diagnostics
internal import FoundationEssentials
internal import Glibc
internal import Synchronization

/// Works with YANG modules in a process of its own: libyang 2.1 has been seen to crash on published sets of modules, and
/// what crashes must not take a change in progress with it.
///
/// The child is this very program with an argument of ours first; it limits its memory, time and files before it touches
/// libyang. Modules of a site are tried there before they are compiled here; those that a device gave are never compiled
/// here at all: the child checks the rendered content, and only its verdict comes back.
package enum YANGModuleTrial {
    /// First argument of a run that only compiles the folder named by the second.
    package static let argument = "--compile-yang-modules"
    /// First argument of a run that checks the content in the file named by the third with the folder named by the second,
    /// and prints its findings as JSON.
    package static let contentArgument = "--check-yang-content"

    /// The program to start; nil in programs whose main does not call `runIfAsked`, which then compile without a trial, and
    /// do not use the modules of devices.
    private static let program = Mutex<String?>(nil)
    private static let memoryBytes: rlim_t = 4 << 30
    private static let processorSeconds: rlim_t = 120
    private static let maximumVerdictBytes = 4 << 20
    /// A child that sleeps uses no processor time: beyond this it is ended.
    static let patience = Duration.seconds(300)

    /// For `main`: carries out a trial when asked for one, and never returns then. 0: done, 3: they do not compile.
    package static func runIfAsked(_ arguments: [String]) {
        use("/proc/self/exe")
        switch (arguments.first, arguments.count) {
        case (argument, 2):
            limitThisProcess()
            guard let folder = YANGModuleFolder(arguments[1]) else { exit(3) }
            exit(folder.compiles() ? 0 : 3)
        case (contentArgument, 3):
            limitThisProcess()
            exit(printVerdict(arguments[1], arguments[2]))
        default: return
        }
    }

    /// The program that is started instead of this one; for tests, whose own main knows nothing of trials.
    package static func use(_ path: String) { program.withLock { $0 = path } }

    /// Before any file is looked at. No file can grow, and there is no core file.
    private static func limitThisProcess() {
        for (resource, limit) in [
            (RLIMIT_AS, memoryBytes), (RLIMIT_CPU, processorSeconds), (RLIMIT_FSIZE, 0), (RLIMIT_CORE, 0),
        ] {
            var value = rlimit(rlim_cur: limit, rlim_max: limit)
            guard setrlimit(__rlimit_resource_t(resource.rawValue), &value) == 0 else { exit(4) }
        }
    }

    // MARK: In the child

    private static func printVerdict(_ folder: String, _ content: String) -> Int32 {
        guard let modules = YANGModuleFolder(folder), let data = FileManager.default.contents(atPath: content),
            let texts = try? JSONDecoder().decode([String].self, from: data)
        else { return 4 }
        let model: YANGConfigurationModel
        do throws(Findings) {
            model = YANGConfigurationModel(schema: YANGSchema(platform: "device", context: try modules.contextHere()))
        } catch {
            return print(error) ? 3 : 4
        }
        var findings = Findings()
        for (index, text) in texts.enumerated() {
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            // Places in the rendered text; who asked knows what template line wrote it.
            let fragment = IntendedFragment(
                clause: "\(index)", ownership: .merge, text: text,
                provenance: lines.indices.map {
                    LineProvenance(
                        clause: "\(index)", positions: [SourcePosition(file: "\(index)", line: $0 + 1, column: 1)])
                }, templateLines: lines)
            findings.add(contentsOf: model.check([fragment]))
        }
        return print(findings) ? 0 : 4
    }

    private static func print(_ findings: Findings) -> Bool {
        guard let data = try? JSONEncoder().encode(Array(findings.all.prefix(1_000))) else { return false }
        var rest = Array(data)[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
            guard written > 0 else { return false }
            rest = rest.dropFirst(written)
        }
        return true
    }

    // MARK: In the parent

    /// Why the modules must not be compiled here; nil when they may. Waits for the child.
    static func objection(to folder: String) -> String? {
        guard let program = program.withLock({ $0 }) else { return nil }
        return objection(to: folder, by: program)
    }

    static func objection(to folder: String, by program: String, patience: Duration = patience) -> String? {
        switch run(program, [argument, folder], patience) {
        case .failure(let why): return why.text
        case .success(let ended):
            // Ended by a signal: crashed, or over a limit. That they do not compile is said better by compiling them here.
            let signal = ended.status & 0x7F
            return signal == 0 ? nil : "libyang does not survive compiling them (signal \(signal))"
        }
    }

    /// What a child makes of content with a folder of modules; places are those of each text.
    enum Verdict: Equatable {
        case checked([Finding])
        /// The modules cannot be used, and why.
        case unusable(String)
    }

    static func check(_ texts: [String], with folder: String) -> Verdict {
        guard let program = program.withLock({ $0 }) else {
            return .unusable("this program cannot start a process to try them in")
        }
        return check(texts, with: folder, by: program)
    }

    static func check(
        _ texts: [String], with folder: String, by program: String, patience: Duration = patience
    ) -> Verdict {
        let name = FileManager.default.temporaryDirectory.appending(path: "asbuilt-content-XXXXXX").path
        var template = Array(name.utf8CString)
        let file = mkstemp(&template)
        guard file >= 0, let data = try? JSONEncoder().encode(texts) else {
            return .unusable("the content cannot be handed to a process that tries them")
        }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer {
            close(file)
            unlink(path)
        }
        guard data.withUnsafeBytes({ write(file, $0.baseAddress, $0.count) }) == data.count else {
            return .unusable("the content cannot be handed to a process that tries them")
        }
        switch run(program, [contentArgument, folder, path], patience) {
        case .failure(let why): return .unusable(why.text)
        case .success(let ended):
            let signal = ended.status & 0x7F
            guard signal == 0 else { return .unusable("libyang does not survive them (signal \(signal))") }
            let found = try? JSONDecoder().decode([Finding].self, from: Data(ended.output))
            switch ((ended.status >> 8) & 0xFF, found) {
            case (0, let found?): return .checked(found)
            case (3, let found?):
                return .unusable(
                    found.first.map { safeForDisplay($0.what, keepingLines: false) } ?? "they do not compile")
            default: return .unusable("the process that tries them gave no verdict")
            }
        }
    }

    private struct Ended {
        var status: Int32
        var output: [UInt8]
    }
    private struct NotStarted: Error { var text: String }

    /// Starts a child with nothing of ours but the words, and waits for its end, no longer than `patience`. Its output is
    /// read up to a limit.
    private static func run(_ program: String, _ words: [String], _ patience: Duration) -> Result<Ended, NotStarted> {
        var actions = posix_spawn_file_actions_t()
        guard posix_spawn_file_actions_init(&actions) == 0 else {
            return .failure(NotStarted(text: "a process for trying them cannot be made"))
        }
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        // Closed in every other program that is started meanwhile, so that reading ends when this child does.
        var ends: [Int32] = [-1, -1]
        guard csystem_pipe(&ends) == 0 else {
            return .failure(NotStarted(text: "a process for trying them cannot be made"))
        }
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        // The sessions to devices are not the child's.
        csystem_spawn_close_from(&actions, 3)
        var arguments: [UnsafeMutablePointer<CChar>?] = ([program] + words).map { strdup($0) } + [nil]
        var environment: [UnsafeMutablePointer<CChar>?] = [strdup("SWIFT_BACKTRACE=enable=no"), nil]
        defer { for text in arguments + environment { free(text) } }
        var child: pid_t = 0
        let problem = posix_spawn(&child, program, &actions, nil, &arguments, &environment)
        close(ends[1])
        defer { close(ends[0]) }
        guard problem == 0 else {
            return .failure(
                NotStarted(text: "a process for trying them cannot be started: \(String(cString: strerror(problem)))"))
        }
        let output = output(of: ends[0], until: .now + patience)
        // Its output ended: it has ended, or pretends to. One that is at its end keeps its status.
        kill(child, SIGKILL)
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 {
            guard errno == EINTR else { return .failure(NotStarted(text: "the process that tries them was lost")) }
        }
        guard let output else {
            return .failure(NotStarted(text: "the process that tries them took longer than \(patience) and was ended"))
        }
        return .success(Ended(status: status, output: output))
    }

    /// What comes until the other side closes, beyond the limit dropped; nil when it is not closed in time.
    private static func output(of descriptor: Int32, until end: ContinuousClock.Instant) -> [UInt8]? {
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let left = ContinuousClock.now.duration(to: end)
            guard left > .zero else { return nil }
            var waited = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let milliseconds = left.components.seconds * 1_000 + left.components.attoseconds / 1_000_000_000_000_000
            guard poll(&waited, 1, Int32(clamping: milliseconds + 1)) > 0 else { continue }
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return output }
            if output.count + count <= maximumVerdictBytes { output += buffer[..<count] }
        }
    }
}
