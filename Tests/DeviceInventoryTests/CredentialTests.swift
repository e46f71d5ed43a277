import DeviceInventory
import Diagnostics
import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct CredentialTests {
    private let scratch: ScratchFolder
    private let resolver: CredentialResolver

    init() throws {
        scratch = try ScratchFolder("credentials")
        resolver = CredentialResolver(
            workspace: Workspace(root: scratch.path),
            environment: ["NET_PASSWORD": "from env", "HOME": scratch.path], commandTimeLimit: .seconds(60))
    }

    private func value(_ text: String) async throws -> String {
        let reference = try #require(CredentialReference(text))
        return try await resolver.resolve(reference).withRevealed { $0 }
    }

    private func failure(_ text: String) async -> CredentialError? {
        do {
            _ = try await value(text)
            return nil
        } catch { return error as? CredentialError }
    }

    private func write(_ text: String, to name: String, mode: Int = 0o600) throws {
        let file = try scratch.write(text, to: name)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
    }

    @Test func `secrets come from the environment, files and commands`() async throws {
        try write("from file\n", to: "keys/secret")
        #expect(try await value("env:NET_PASSWORD") == "from env")
        #expect(try await value("file:keys/secret") == "from file")
        #expect(try await value("file:~/keys/secret") == "from file")
        #expect(try await value("file:\(scratch.path)/keys/secret") == "from file")
        #expect(try await value("command:printf 'from \"it\\n%s' more") == "from \"it")
    }

    @Test func `a key in PEM form stays as it is`() async throws {
        let key = "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----\n"
        try write(key, to: "key")
        #expect(try await value("file:key") == key)
    }

    @Test func `a missing key file names the file`() async throws {
        let error = try #require(await failure("file:/nonexistent/netops"))
        #expect(
            error.description == """
                file:/nonexistent/netops: there is no file /nonexistent/netops [credential.missing]
                  → create it, or correct the reference
                """)
    }

    @Test(arguments: [0o640, 0o604, 0o660, 0o601])
    func `a file that others may use is refused`(mode: Int) async throws {
        try write("x", to: "open", mode: mode)
        let error = try #require(await failure("file:open"))
        #expect(error.code == .exposed)
        #expect(error.remedy.hasPrefix("chmod 600 "))
    }

    @Test func `what cannot be fetched is a clean error`() async throws {
        try write("", to: "empty")
        #expect(await failure("env:UNSET_VARIABLE")?.code == .missing)
        #expect(await failure("file:.")?.code == .unreadable)
        #expect(await failure("file:empty")?.code == .empty)
        #expect(await failure("agent:")?.code == .unsuitable)
        #expect(await failure("command:false")?.code == .commandFailed)
        #expect(await failure("command:no-such-program-here")?.what == "there is no program no-such-program-here")
    }

    @Test func `a command that does not end is given up`() async throws {
        let impatient = CredentialResolver(
            workspace: Workspace(root: scratch.path), environment: [:], commandTimeLimit: .milliseconds(100))
        let reference = try #require(CredentialReference("command:sleep 60"))
        await #expect {
            _ = try await impatient.resolve(reference)
        } throws: { ($0 as? CredentialError)?.what.contains("did not end within") == true }
    }

    @Test(arguments: [
        "hunter2", "env:", "env:1A", "env:A-B", "file:", "command:", "command:'x", "password:x", "ENV:X", "",
    ])
    func `other texts are no references`(text: String) { #expect(CredentialReference(text) == nil) }
}
