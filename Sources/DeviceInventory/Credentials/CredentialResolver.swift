package import Diagnostics
internal import FoundationEssentials
internal import Glibc
internal import Subprocess
internal import SystemPackage

/// Fetches secrets at the moment they are needed.
package struct CredentialResolver: Sendable {
    /// Where relative `file:` paths start.
    private let workspace: Workspace
    private let environment: [String: String]
    private let commandTimeLimit: Duration

    private static let maximumBytes = 1 << 20

    /// - Parameter environment: Variables for `env:` and `~`; those of this process unless given.
    package init(
        workspace: Workspace, environment: [String: String]? = nil, commandTimeLimit: Duration = .seconds(30)
    ) {
        self.workspace = workspace
        self.environment = environment ?? ProcessInfo.processInfo.environment
        self.commandTimeLimit = commandTimeLimit
    }

    /// The SSH agent's socket, as the environment names it.
    package var agentSocket: String? { environment["SSH_AUTH_SOCK"].flatMap { $0.isEmpty ? nil : $0 } }

    /// The secret, without a line end behind it; keys in PEM form as they are.
    package func resolve(_ reference: CredentialReference) async throws(CredentialError) -> Secret {
        let bytes: [UInt8]
        switch reference.kind {
        case .environment(let name):
            guard let value = environment[name] else {
                throw CredentialError(
                    code: .missing, reference: reference.text, what: "the environment variable \(name) is not set",
                    remedy: "set it for this command: export \(name)=…")
            }
            bytes = Array(value.utf8)
        case .file(let path): bytes = try read(path, reference)
        case .command(let words): bytes = try await run(words, reference)
        case .agent:
            throw CredentialError(
                code: .unsuitable, reference: reference.text, what: "an agent does not hand out keys",
                remedy: "use file:, env: or command: here")
        }
        return try secret(bytes, reference)
    }

    private func secret(_ bytes: [UInt8], _ reference: CredentialReference) throws(CredentialError) -> Secret {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CredentialError(
                code: .unreadable, reference: reference.text, what: "what was found is not UTF-8 text",
                remedy: "store the secret as text")
        }
        if text.hasPrefix("-----BEGIN ") { return Secret(text) }
        let value: Substring
        if case .command = reference.kind {
            value = text.prefix { !$0.isNewline }
        } else {
            value = text.last?.isNewline == true ? text.dropLast() : text[...]
        }
        guard !value.isEmpty else {
            throw CredentialError(
                code: .empty, reference: reference.text, what: "what was found is empty",
                remedy: "store the secret there")
        }
        return Secret(String(value))
    }

    // MARK: Files

    /// The path a `file:` reference means.
    package func path(of file: String) -> String {
        if file == "~" || file.hasPrefix("~/") { return (environment["HOME"] ?? "/") + file.dropFirst() }
        return file.hasPrefix("/") ? file : workspace.root + "/" + file
    }

    private func read(_ file: String, _ reference: CredentialReference) throws(CredentialError) -> [UInt8] {
        let path = path(of: file)
        func failure(_ code: CredentialError.Code, _ what: String, _ remedy: String) -> CredentialError {
            CredentialError(code: code, reference: reference.text, what: what, remedy: remedy)
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR {
                throw failure(.missing, "there is no file \(path)", "create it, or correct the reference")
            }
            throw failure(.unreadable, "\(path) cannot be opened (error \(errno))", "check its permissions and owner")
        }
        defer { close(descriptor) }
        // Looked at through the open file, so that it cannot be exchanged in between.
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw failure(.unreadable, "\(path) is not a file", "name a regular file")
        }
        guard status.st_mode & 0o077 == 0 else {
            let mode = String(status.st_mode & 0o777, radix: 8)
            throw failure(.exposed, "others on this machine may use \(path) (mode \(mode))", "chmod 600 \(path)")
        }
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw failure(.exposed, "\(path) belongs to another user", "chown it to the user who runs this command")
        }
        guard status.st_size <= Self.maximumBytes else {
            throw failure(.unreadable, "\(path) is longer than \(Self.maximumBytes) bytes", "name the right file")
        }
        var (bytes, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 16_384))
        while bytes.count <= Self.maximumBytes {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count == 0 { return bytes }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        throw failure(.unreadable, "\(path) could not be read", "check the file")
    }

    // MARK: Commands

    private func run(_ words: [String], _ reference: CredentialReference) async throws(CredentialError) -> [UInt8] {
        let program = words.first ?? ""
        let byHand = "run `\(words.joined(separator: " "))` by hand; it must print the secret and end with status 0"
        func failure(_ what: String) -> CredentialError {
            CredentialError(code: .commandFailed, reference: reference.text, what: what, remedy: byHand)
        }
        let executable: Executable = program.contains("/") ? .path(FilePath(path(of: program))) : .name(program)
        let limit = commandTimeLimit
        let outcome: (isSuccess: Bool, status: String, output: [UInt8])?
        do {
            outcome = try await withThrowingTaskGroup(of: (Bool, String, [UInt8])?.self) { group in
                group.addTask {
                    let result = try await Subprocess.run(
                        executable, arguments: Arguments(Array(words.dropFirst())),
                        output: .bytes(limit: Self.maximumBytes), error: .discarded)
                    let status = result.terminationStatus
                    return (status.isSuccess, "\(status)", result.standardOutput)
                }
                group.addTask {
                    try await Task.sleep(for: limit)
                    return nil
                }
                defer { group.cancelAll() }
                return try await group.next() ?? nil
            }
        } catch let error as SubprocessError where error.code == .executableNotFound {
            throw failure("there is no program \(program)")
        } catch {
            // The error's own text could quote what the program printed.
            throw failure("\(program) could not be run")
        }
        guard let outcome else { throw failure("\(program) did not end within \(limit)") }
        guard outcome.isSuccess else { throw failure("\(program) ended with \(outcome.status)") }
        return outcome.output
    }
}
