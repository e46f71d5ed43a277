import Diagnostics
import Foundation
import SignedManifests
import TestSupport
import Testing

/// Two people with keys of their own, and the file that names them.
private struct People {
    let folder: ScratchFolder
    let keygen = SSHKeygen()

    init() throws {
        folder = try ScratchFolder("signers")
        for name in ["alice", "mallory"] {
            try ShellCommand.run(
                "/usr/bin/ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", key(name)])
        }
    }

    func key(_ name: String) -> String { folder.url.appending(path: name).path(percentEncoded: false) }

    func signers(options: String = "") throws -> [UInt8] {
        let key = try folder.read("alice.pub").split(separator: " ").prefix(2).joined(separator: " ")
        return Array("alice@example.net \(options)\(key)\n".utf8)
    }

    func sign(_ text: String, as name: String = "alice", _ namespace: SignatureNamespace = .gate1) async throws
        -> SSHSignature
    {
        let armored = try await keygen.sign(Array(text.utf8), keyFile: key(name), namespace: namespace)
        return try SSHSignature(armored: armored, file: "test.sig")
    }

    func verify(
        _ text: String, _ signature: SSHSignature, signers: [UInt8], namespace: SignatureNamespace = .gate1,
        at moment: Date = Date()
    ) async -> Result<SSHKeygen.Verified, SigningError> {
        do {
            let alice = try #require(PrincipalName("alice@example.net"))
            return .success(
                try await keygen.verify(
                    Array(text.utf8), signature: signature, principal: alice, namespace: namespace,
                    allowedSigners: signers, at: moment, file: "test.sig"))
        } catch let error as SigningError {
            return .failure(error)
        } catch {
            return .failure(SigningError(.keygenFailed, "\(error)"))
        }
    }
}

@Suite struct `Signatures by people` {
    @Test func `what we sign, plain ssh-keygen verifies`() async throws {
        let people = try People()
        let signature = try await people.sign("manifest\n")
        try Data(signature.armored).write(to: people.folder.url.appending(path: "manifest.sig"))
        try Data(try people.signers()).write(to: people.folder.url.appending(path: "allowed"))
        let said = try ShellCommand.run(
            "/usr/bin/ssh-keygen",
            ["-Y", "verify", "-f", "allowed", "-I", "alice@example.net", "-n", "asbuilt.gate1@v1", "-s", "manifest.sig"],
            in: people.folder.url, input: "manifest\n")
        #expect(said.hasPrefix("Good \"asbuilt.gate1@v1\" signature for alice@example.net"))
    }

    @Test func `what plain ssh-keygen signs, we verify, and name the key`() async throws {
        let people = try People()
        try people.folder.write("manifest\n", to: "manifest")
        try ShellCommand.run(
            "/usr/bin/ssh-keygen", ["-q", "-Y", "sign", "-f", people.key("alice"), "-n", "asbuilt.gate1@v1", "manifest"],
            in: people.folder.url)
        let armored = try Array(Data(contentsOf: people.folder.url.appending(path: "manifest.sig")))
        let signature = try SSHSignature(armored: armored, file: "manifest.sig")
        let verified = try await people.verify("manifest\n", signature, signers: people.signers()).get()
        #expect(verified.principal == "alice@example.net")
        let listed = try ShellCommand.run("/usr/bin/ssh-keygen", ["-lf", people.key("alice")])
        #expect(listed.contains(verified.fingerprint))
        let fingerprint = try await people.keygen.fingerprint(keyFile: people.key("alice"))
        #expect(fingerprint == verified.fingerprint)
    }

    @Test func `other bytes, another purpose and a stranger's key are told apart`() async throws {
        let people = try People()
        let signers = try people.signers()
        let signature = try await people.sign("manifest\n")
        func code(_ result: Result<SSHKeygen.Verified, SigningError>) -> SigningError.Code? {
            if case .failure(let error) = result { error.code } else { nil }
        }
        #expect(code(await people.verify("manifest!\n", signature, signers: signers)) == .badSignature)
        #expect(code(await people.verify("manifest\n", signature, signers: signers, namespace: .gate2)) == .wrongNamespace)
        let stranger = try await people.sign("manifest\n", as: "mallory")
        #expect(code(await people.verify("manifest\n", stranger, signers: signers)) == .notAllowed)
        #expect(code(await people.verify("manifest\n", signature, signers: signers)) == nil)
    }

    @Test func `validity and namespaces in allowed_signers count, at the moment asked for`() async throws {
        let people = try People()
        let signature = try await people.sign("m")
        let limited = try people.signers(options: "valid-before=\"20260101000000Z\" ")
        let early = Date(timeIntervalSince1970: 1_760_000_000)
        let late = Date(timeIntervalSince1970: 1_780_000_000)
        #expect(try await people.verify("m", signature, signers: limited, at: early).get().keyType == "ED25519")
        await #expect(throws: SigningError.self) { try await people.verify("m", signature, signers: limited, at: late).get() }
        let other = try people.signers(options: "namespaces=\"asbuilt.gate2@v1\" ")
        await #expect(throws: SigningError.self) { try await people.verify("m", signature, signers: other).get() }
    }

    @Test func `a certificate by an allowed authority counts as the key it certifies`() async throws {
        let people = try People()
        try ShellCommand.run("/usr/bin/ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", people.key("ca")])
        try ShellCommand.run(
            "/usr/bin/ssh-keygen",
            ["-q", "-s", people.key("ca"), "-I", "id", "-n", "alice@example.net", people.key("alice.pub")])
        let authority = try people.folder.read("ca.pub").split(separator: " ").prefix(2).joined(separator: " ")
        let signers = Array("*@example.net cert-authority \(authority)\n".utf8)
        let signature = try await people.sign("manifest\n", as: "alice-cert.pub")
        let verified = try await people.verify("manifest\n", signature, signers: signers).get()
        #expect(verified.keyType == "ED25519-CERT")
        #expect(try await people.keygen.fingerprint(keyFile: people.key("alice")) == verified.fingerprint)
        // The bare key is not certified.
        let bare = try await people.sign("manifest\n")
        guard case .failure(let error) = await people.verify("manifest\n", bare, signers: signers) else {
            Issue.record("a bare key passed as certified")
            return
        }
        #expect(error.code == .notAllowed)
    }

    @Test func `a signature file in any other wrapping is not accepted`() async throws {
        let people = try People()
        let armored = try await people.sign("m").armored
        let text = String(decoding: armored, as: UTF8.self)
        for changed in [
            text + "\n", "\n" + text, text.replacing("\n", with: "\r\n"), String(text.dropLast()),
            text.replacing("-----END", with: "\n-----END"), text.replacing("SSH SIGNATURE", with: "SSH  SIGNATURE"),
        ] {
            #expect(throws: SigningError.self) { try SSHSignature(armored: Array(changed.utf8), file: "x.sig") }
        }
    }

    @Test func `a program that ends without reading what it was given is an error, nothing worse`() async throws {
        let people = try People()
        let message = [UInt8](repeating: 7, count: 4 << 20)
        for _ in 0..<20 {
            await #expect(throws: SigningError.self) {
                try await SSHKeygen(executable: "/bin/false").sign(message, keyFile: people.key("alice"), namespace: .run)
            }
        }
    }

    @Test func `a missing key and a missing program say what to do`() async throws {
        let people = try People()
        await #expect { _ = try await people.keygen.sign([1], keyFile: "/nonexistent/key", namespace: .run) } throws: {
            ($0 as? SigningError)?.code == .keyMissing
        }
        await #expect {
            _ = try await SSHKeygen(executable: "no-such-keygen").sign([1], keyFile: people.key("alice"), namespace: .run)
        } throws: { ($0 as? SigningError)?.code == .keygenMissing }
        for code in SigningError.Code.allCases { #expect(!SigningError(code, "x").remedy.isEmpty) }
    }

    @Test func `allowed_signers is read with its people, and bad lines are named`() throws {
        let people = try People()
        let good = AllowedSigners(try people.signers(options: "namespaces=\"asbuilt.*\",valid-before=\"20300101Z\" "), file: "s")
        #expect(good.findings.all.isEmpty && good.namedPrincipals == ["alice@example.net"])
        #expect(good.entries.first?.fingerprint.hasPrefix("SHA256:") == true)
        let bad = AllowedSigners(Array("# people\nalice ssh-ed25519\nbob ssh-ed25519 !!!\n".utf8), file: "s")
        #expect(bad.findings.all.map { $0.position?.line } == [2, 3])
    }

    @Test(arguments: ["", "a/b", "../x", "-x", "a b", "a\n", "*", String(repeating: "a", count: 129)])
    func `a principal is a plain name`(text: String) { #expect(PrincipalName(text) == nil) }
}
