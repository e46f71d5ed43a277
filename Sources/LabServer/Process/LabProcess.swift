internal import CSystemCalls
package import Diagnostics
internal import Foundation
internal import LabDevices
package import SSHTransport

/// Starts a lab as a background process of this program, and ends it.
package enum LabProcess {
    /// Longest start.
    static let startLimit: Duration = .seconds(120)
    /// How long an asked process has to end before it is killed.
    static let endLimit: Duration = .seconds(5)

    /// Reads authorised keys: files in `authorized_keys` or `.pub` form.
    package static func authorizedKeys(_ files: [String]) throws(Findings) -> [SSHPublicKey] {
        var keys: [SSHPublicKey] = []
        var findings = Findings()
        for file in files {
            guard let data = FileManager.default.contents(atPath: file), data.count <= 1 << 20 else {
                findings.add(
                    Finding(
                        code: "lab.authorized-key", what: "\(file) cannot be read",
                        remedy: "name a public key file, as `ssh-keygen -t ed25519 -f FILE` writes it to FILE.pub"))
                continue
            }
            for (index, line) in String(decoding: data, as: UTF8.self).split(
                separator: "\n", omittingEmptySubsequences: false
            ).enumerated() {
                let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: true)
                guard let first = words.first, !first.hasPrefix("#") else { continue }
                guard words.count >= 2, let key = SSHPublicKey(type: String(words[0]), base64: String(words[1])) else {
                    findings.add(
                        Finding(
                            code: "lab.authorized-key", what: "this line is not a public key",
                            at: SourcePosition(file: file, line: index + 1),
                            remedy: line.contains("PRIVATE KEY")
                                ? "give the .pub file, not the private key" : "write TYPE BASE64, without options"))
                    break
                }
                keys.append(key)
            }
        }
        try findings.throwIfErrors()
        guard !keys.isEmpty else {
            throw Findings([
                Finding(
                    code: "lab.authorized-key", what: "no key is authorised, so nobody could log in",
                    remedy: "add --authorized-key FILE.pub")
            ])
        }
        return keys
    }

    /// The first line of a file.
    package static func password(_ file: String) throws(Findings) -> Secret {
        let line = FileManager.default.contents(atPath: file).flatMap { data in
            data.count <= 64 << 10 ? String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline).first : nil
        }
        guard let line, !line.isEmpty else {
            throw Findings([
                Finding(
                    code: "lab.password-file", what: "\(file) cannot be read, or holds no password",
                    remedy: "write the password into its first line")
            ])
        }
        return Secret(String(line))
    }

    /// Refuses when a lab runs in the folder already.
    package static func requireFree(_ folder: LabFolder) throws(Findings) {
        guard let old = try folder.description() else { return }
        guard !old.process.isAlive else {
            throw Findings([
                Finding(
                    code: "lab.already-running",
                    what: "the lab \(old.name) runs here already (process \(old.process.pid))",
                    remedy: "end it with `asbuilt lab down --state \(folder.path)`, or name another folder with --state"
                )
            ])
        }
        // It ended without `lab down`.
        folder.removeRunningState()
    }

    /// Starts `asbuilt lab serve …` in a session of its own and waits until every port listens.
    package static func start(_ folder: LabFolder, arguments: [String], program: String = "/proc/self/exe")
        async throws(Findings) -> LabDescription
    {
        try folder.prepare()
        try requireFree(folder)
        let outcome = await runBlocking { spawnAndWait(folder, arguments, program) }
        switch outcome {
        case .success(let findings):
            if findings.hasErrors { throw findings }
        case .failure(let finding): throw Findings([finding])
        }
        return try folder.running()
    }

    /// Ends the lab that runs in the folder. Returns what it was; nil when none ran.
    package static func stop(_ folder: LabFolder) async throws(Findings) -> LabDescription? {
        guard let description = try folder.description() else { return nil }
        let hasEnded = await runBlocking { end(description.process) }
        guard hasEnded else {
            throw Findings([
                Finding(
                    code: "lab.will-not-end", what: "process \(description.process.pid) did not end",
                    remedy: "look at it with `ps -p \(description.process.pid)`")
            ])
        }
        folder.removeRunningState()
        return description
    }

    /// Runs blocking work on a thread of its own.
    static func runBlocking<T: Sendable>(_ work: @escaping @Sendable () -> T) async -> T {
        await withCheckedContinuation { continuation in
            Thread { continuation.resume(returning: work()) }.start()
        }
    }

    private static func end(_ process: LabProcessIdentity) -> Bool {
        for signal in [SIGTERM, SIGKILL] {
            guard process.isAlive else { return true }
            kill(process.pid, signal)
            let limit = ContinuousClock.now + endLimit
            while process.isAlive, .now < limit { usleep(10_000) }
        }
        return !process.isAlive
    }

    // MARK: Starting

    /// Descriptor on which the child says that it is ready.
    static let readyDescriptor: Int32 = 3

    private static func spawnAndWait(_ folder: LabFolder, _ arguments: [String], _ program: String) -> Result<
        Findings, Finding
    > {
        var pipe: [Int32] = [-1, -1]
        guard csystem_pipe(&pipe) == 0 else { return .failure(failure("a pipe cannot be made", errno)) }
        let (reader, writer) = (pipe[0], pipe[1])
        defer { close(reader) }
        let log = open(folder.logFile, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard log >= 0 else {
            close(writer)
            return .failure(failure("\(folder.logFile) cannot be written", errno))
        }
        defer { close(log) }
        let spawned = spawn(program, arguments, log: log, ready: writer)
        close(writer)
        switch spawned {
        case .failure(let finding): return .failure(finding)
        case .success(let pid): return waitUntilReady(reader, pid, folder)
        }
    }

    private static func spawn(_ program: String, _ arguments: [String], log: Int32, ready: Int32) -> Result<
        pid_t, Finding
    > {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        // `ready` and `log` could themselves be 1, 2 or 3 only if those were closed; the copies below are made in an
        // order that is right as long as `ready` is not 1 or 2.
        posix_spawn_file_actions_adddup2(&actions, ready, readyDescriptor)
        posix_spawn_file_actions_adddup2(&actions, log, 1)
        posix_spawn_file_actions_adddup2(&actions, log, 2)
        csystem_spawn_close_from(&actions, readyDescriptor + 1)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (none, defaults) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigemptyset(&defaults)
        for signal in [SIGTERM, SIGINT, SIGHUP, SIGPIPE] { sigaddset(&defaults, signal) }
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setflags(
            &attributes,
            Int16(csystem_spawn_new_session() | Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF)))
        var words: [UnsafeMutablePointer<CChar>?] = (["asbuilt"] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var pid: pid_t = 0
        let status = posix_spawn(&pid, program, &actions, &attributes, &words, environ)
        return status == 0 ? .success(pid) : .failure(failure("the background process cannot be started", status))
    }

    /// Reads what the child says: findings as JSON, empty when all is well. The end of the pipe without a word means
    /// that it died.
    private static func waitUntilReady(_ reader: Int32, _ pid: pid_t, _ folder: LabFolder) -> Result<Findings, Finding>
    {
        let limit = ContinuousClock.now + startLimit
        var said: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while said.last != 0x0A {
            let left = limit - .now
            var poll = pollfd(fd: reader, events: Int16(POLLIN), revents: 0)
            let count = left > .zero ? Glibc.poll(&poll, 1, Int32(clamping: Int(left / .milliseconds(1)) + 1)) : 0
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                kill(pid, SIGKILL)
                waitpid(pid, nil, 0)
                return .failure(
                    Finding(
                        code: "lab.start-timeout", what: "the lab was not ready within \(startLimit)",
                        remedy: "read \(folder.logFile)"))
            }
            let length = read(reader, &piece, piece.count)
            if length < 0, errno == EINTR { continue }
            guard length > 0 else { break }
            said += piece[..<length]
        }
        if said.last == 0x0A, let findings = try? JSONDecoder().decode([Finding].self, from: Data(said)) {
            if findings.contains(where: { $0.severity == .error }) { waitpid(pid, nil, 0) }
            return .success(Findings(findings))
        }
        waitpid(pid, nil, 0)
        let log = folder.lastLogLines()
        return .failure(
            Finding(
                code: "lab.start-failed",
                what: "the lab's process ended while starting" + (log.isEmpty ? "" : ":\n\(log)"),
                remedy: "read \(folder.logFile), or run `asbuilt lab serve` with the same arguments to see it happen"))
    }

    private static func failure(_ what: String, _ code: Int32) -> Finding {
        Finding(
            code: "lab.start-failed", what: "\(what): \(String(cString: strerror(code)))",
            remedy: "try again, or see `ulimit -a`")
    }
}
