package import FoundationEssentials
internal import Glibc
internal import Subprocess
internal import SystemPackage

/// OpenSSH's `ssh-keygen -Y`: signs with key files, agents and hardware keys, verifies against `allowed_signers`.
///
/// Certificates, key validity and namespace limits are judged by OpenSSH itself, so that a person who repeats the
/// commands by hand gets the same answers.
package struct SSHKeygen: Sendable {
    /// Found along PATH unless it holds a slash.
    package var executable: String

    package init(executable: String = "ssh-keygen") { self.executable = executable }

    /// Longest output that is read from `ssh-keygen`.
    private static let outputLimit = 256 << 10

    /// Who made a signature, as OpenSSH verified it.
    package struct Verified: Equatable, Sendable {
        /// Nil when only the structure was checked.
        package var principal: String?
        /// `SHA256:…` of the key; for a certificate, of the key it certifies.
        package var fingerprint: String
        /// As OpenSSH names it: `ED25519`, `ED25519-CERT`, `ED25519-SK`.
        package var keyType: String
    }

    /// Signs `message`; gives the armored signature file.
    ///
    /// - Parameter keyFile: a private key, or a public key (`.pub`, `-cert.pub`) whose private half the agent holds.
    ///   A passphrase is asked for on the terminal; a hardware key may want to be touched.
    package func sign(_ message: [UInt8], keyFile: String, namespace: SignatureNamespace) async throws(SigningError)
        -> [UInt8]
    {
        guard access(keyFile, R_OK) == 0 else {
            throw SigningError(.keyMissing, "key file \(keyFile): \(LockedFile.reason(errno))")
        }
        let result = try await run(["-Y", "sign", "-f", keyFile, "-n", namespace.rawValue], input: message)
        guard result.isSuccess else {
            throw SigningError(.notSigned, "\(keyFile) did not sign: \(result.complaint)")
        }
        _ = try SSHSignature(armored: result.output, file: "signature by \(keyFile)")
        return result.output
    }

    /// Checks that `signature` is over `message`, for `namespace`, by a key that `allowedSigners` grants to `principal`
    /// at `moment`.
    package func verify(
        _ message: [UInt8], signature: SSHSignature, principal: PrincipalName, namespace: SignatureNamespace,
        allowedSigners: [UInt8], at moment: Date, file: String
    ) async throws(SigningError) -> Verified {
        // Told apart first, because ssh-keygen's own refusals all look alike.
        let structure = try await checkNoValidate(message, signature: signature, namespace: namespace, file: file)
        let result = try await withFiles(signature: signature, allowedSigners: allowedSigners) {
            (signatureFile, signersFile) async throws(SigningError) in
            try await run(
                [
                    "-Y", "verify", "-f", signersFile, "-I", principal.text, "-n", namespace.rawValue, "-s",
                    signatureFile, "-O", "verify-time=\(Self.timestamp(moment))",
                ], input: message)
        }
        guard result.isSuccess else {
            let reason = result.error.split(whereSeparator: \.isNewline).map(String.init)
                .first { $0.contains("expired") || $0.contains("not yet valid") || $0.contains("revoked") }
            throw SigningError(
                .notAllowed,
                "\(file): \(structure.keyType) key \(structure.fingerprint) is not allowed to sign as \(principal) for "
                    + "\(namespace.rawValue) at \(Self.readable(moment))"
                    + (reason.map { " (\(Self.withoutPath($0)))" } ?? ""))
        }
        guard let verified = Self.verified(result.text), verified.principal == principal.text,
            verified.fingerprint == structure.fingerprint
        else { throw SigningError(.keygenFailed, "ssh-keygen said something unexpected: \(result.complaint)") }
        return verified
    }

    /// Checks that `signature` is over `message` for `namespace`, by whatever key.
    package func checkNoValidate(
        _ message: [UInt8], signature: SSHSignature, namespace: SignatureNamespace, file: String
    ) async throws(SigningError) -> Verified {
        guard signature.namespace == namespace.rawValue else {
            throw SigningError(
                .wrongNamespace,
                "\(file) was made for \(signature.namespace.debugDescription), needed is \"\(namespace.rawValue)\"")
        }
        let result = try await withFiles(signature: signature, allowedSigners: []) {
            (signatureFile, _) async throws(SigningError) in
            try await run(["-Y", "check-novalidate", "-n", namespace.rawValue, "-s", signatureFile], input: message)
        }
        guard result.isSuccess else {
            throw SigningError(.badSignature, "\(file) is not a signature over these bytes: \(result.complaint)")
        }
        guard let verified = Self.verified(result.text) else {
            throw SigningError(.keygenFailed, "ssh-keygen said something unexpected: \(result.complaint)")
        }
        return verified
    }

    /// The principals that `allowedSigners` gives to the signature's key at `moment`; empty when there are none.
    package func findPrincipals(signature: SSHSignature, allowedSigners: [UInt8], at moment: Date)
        async throws(SigningError) -> [String]
    {
        let result = try await withFiles(signature: signature, allowedSigners: allowedSigners) {
            (signatureFile, signersFile) async throws(SigningError) in
            try await run(
                [
                    "-Y", "find-principals", "-s", signatureFile, "-f", signersFile, "-O",
                    "verify-time=\(Self.timestamp(moment))",
                ], input: [])
        }
        guard result.isSuccess else { return [] }
        return result.text.split(whereSeparator: \.isNewline).map(String.init)
    }

    /// The fingerprint of a key file (`SHA256:…`), private or public.
    package func fingerprint(keyFile: String) async throws(SigningError) -> String {
        let result = try await run(["-l", "-E", "sha256", "-f", keyFile], input: [])
        guard result.isSuccess,
            let fingerprint = result.text.split(separator: " ").first(where: { $0.hasPrefix("SHA256:") })
        else { throw SigningError(.keyMissing, "\(keyFile) is not a key file: \(result.complaint)") }
        return String(fingerprint)
    }

    /// The public key line (`ssh-ed25519 AAAA…`) of a key file, private or public, without its comment.
    package func publicKey(keyFile: String) async throws(SigningError) -> String {
        if keyFile.hasSuffix(".pub"), case .bytes(let bytes) = LockedFile.read(absolute: keyFile) {
            return Self.keyFields(String(decoding: bytes, as: UTF8.self))
        }
        let result = try await run(["-y", "-f", keyFile], input: [])
        guard result.isSuccess else {
            throw SigningError(.keyMissing, "\(keyFile) is not a private key: \(result.complaint)")
        }
        return Self.keyFields(result.text)
    }

    private static func keyFields(_ line: String) -> String {
        line.split(whereSeparator: \.isWhitespace).prefix(2).joined(separator: " ")
    }
}

extension SSHKeygen {
    private struct Outcome {
        var isSuccess: Bool
        var output: [UInt8]
        var error: String
        var text: String { String(decoding: output, as: UTF8.self) }
        /// What it said, on one line.
        var complaint: String {
            let said = error.isEmpty ? text : error
            let line = said.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("Signing data on") }
                .joined(separator: "; ")
            return line.isEmpty ? "no reason given" : line
        }
    }

    private func run(_ arguments: [String], input: [UInt8]) async throws(SigningError) -> Outcome {
        guard !input.isEmpty else { return try await run(arguments, inputFile: "/dev/null") }
        return try await Self.withPrivateFolder { folder throws(SigningError) in
            let file = folder + "/input"
            defer { unlink(file) }
            do { try Data(input).write(to: URL(filePath: file)) } catch {
                throw SigningError(.keygenFailed, "a file for ssh-keygen could not be written: \(error)")
            }
            return try await run(arguments, inputFile: file)
        }
    }

    /// Input comes from a file, not through a pipe: a program that ends before it has read a pipe breaks it.
    private func run(_ arguments: [String], inputFile: String) async throws(SigningError) -> Outcome {
        do {
            // The time zone decides what dates without Z in allowed_signers mean: the same everywhere.
            let result = try await Subprocess.run(
                .path("/bin/sh"), arguments: Arguments(["-c", #"exec "$@" <"$0""#, inputFile, executable] + arguments),
                environment: .inherit.updating(["LC_ALL": "C", "TZ": "UTC0"]), input: .none,
                output: .bytes(limit: Self.outputLimit), error: .string(limit: Self.outputLimit))
            // What a shell answers when there is no such program (POSIX, 2.8.2).
            if case .exited(127) = result.terminationStatus {
                throw SigningError(.keygenMissing, "\(executable) was not found")
            }
            return Outcome(
                isSuccess: result.terminationStatus.isSuccess, output: result.standardOutput,
                error: result.standardError)
        } catch let error as SigningError {
            throw error
        } catch {
            throw SigningError(.keygenFailed, "\(executable) could not be run: \(error)")
        }
    }

    private static func withPrivateFolder<R>(_ body: (String) async throws(SigningError) -> R) async throws(SigningError) -> R {
        var template = Array((FileManager.default.temporaryDirectory.path + "/asbuilt-sig-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else {
            throw SigningError(.keygenFailed, "no private folder for ssh-keygen: \(LockedFile.reason(errno))")
        }
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { rmdir(folder) }
        return try await body(folder)
    }

    /// Writes what `ssh-keygen` wants as files into a private folder, so that it judges the very bytes we read.
    private func withFiles<R>(
        signature: SSHSignature, allowedSigners: [UInt8],
        _ body: (_ signatureFile: String, _ signersFile: String) async throws(SigningError) -> R
    ) async throws(SigningError) -> R {
        try await Self.withPrivateFolder { folder throws(SigningError) in
            let files = (folder + "/signature", folder + "/allowed_signers")
            defer {
                unlink(files.0)
                unlink(files.1)
            }
            do {
                try Data(signature.armored).write(to: URL(filePath: files.0))
                try Data(allowedSigners).write(to: URL(filePath: files.1))
            } catch {
                throw SigningError(.keygenFailed, "files for ssh-keygen could not be written: \(error)")
            }
            return try await body(files.0, files.1)
        }
    }

    /// Reads `Good "namespace" signature [for principal ]with TYPE key SHA256:…`.
    private static func verified(_ text: String) -> Verified? {
        let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
        guard words.first == "Good", words.count >= 4, words[words.count - 2] == "key",
            let fingerprint = words.last, fingerprint.hasPrefix("SHA256:")
        else { return nil }
        let forIndex = words.firstIndex(of: "for")
        return Verified(
            principal: forIndex.map { words[$0 + 1] }, fingerprint: fingerprint, keyType: words[words.count - 3])
    }

    private static func withoutPath(_ line: String) -> String {
        // "…/allowed_signers:3: key has expired" names our private copy; keep the line number.
        guard let range = line.firstRange(of: "/allowed_signers:") else { return line }
        return "allowed_signers:" + line[range.upperBound...]
    }

    /// `YYYYMMDDhhmmssZ`, as `verify-time` takes it.
    static func timestamp(_ moment: Date) -> String {
        readable(moment).filter { !"-:T".contains($0) }
    }

    private static func readable(_ moment: Date) -> String { moment.formatted(.iso8601) }
}

extension LockedFile {
    /// A file by its own path, with the last component not followed if it is a link.
    static func read(absolute path: String) -> LockedFile {
        let url = URL(filePath: path)
        return read(root: url.deletingLastPathComponent().path, path: url.lastPathComponent)
    }
}
