import ByteTransport
import Diagnostics
import Foundation
import Glibc
@testable import SSHTransport
import Synchronization
import TestSupport
import Testing

/// Our client against our server, and against ports that misbehave.
@Suite(.timeLimit(.minutes(5))) struct SSHClientTests {
    static let reactor = Result { try Reactor() }
    var soon: ContinuousClock.Instant { .now + .seconds(120) }

    struct Lab {
        var server: SSHServer
        var key: SSHPrivateKey
        var pins: HostKeyIndex
        var target: SSHTarget
    }

    func withLab(_ device: EchoDevice = EchoDevice(), _ body: (Lab) async throws -> Void) async throws {
        let key = try SSHPrivateKey.generate()
        let server = try SSHServer(handler: device, hostKeys: [key], reactor: Self.reactor.get())
        let line = HostKeyIndex.line(host: "127.0.0.1", port: server.port, key: key.publicKey)
        try await body(
            Lab(
                server: server, key: key, pins: HostKeyIndex(text: line, file: "known_hosts"),
                target: SSHTarget(host: "127.0.0.1", port: server.port, user: EchoDevice.user)))
        await server.stop()
    }

    let password = SSHCredential.password(Secret(EchoDevice.password))

    @Test func `a password login opens a shell of the asked width`() async throws {
        try await withLab { lab in
            let connection = try await SSHConnector().connect(
                to: lab.target, pins: lab.pins, credentials: [password], deadline: soon)
            #expect(connection.facts.hostKeyFingerprint == lab.key.publicKey.fingerprint)
            #expect(connection.facts.warnings == [])
            let shell = try await connection.open(.shell(columns: 511, rows: 100), deadline: soon)
            var seen: [UInt8] = []
            while !seen.ends(with: "> ".utf8), let more = try await shell.read(deadline: soon) { seen += more }
            #expect(String(decoding: seen, as: UTF8.self) == "columns 511\r\n> ")
            try await shell.write(Array("exit\r".utf8), deadline: soon)
            #expect(try await shell.read(deadline: soon) == nil)
            await connection.close()
        }
    }

    @Test func `ed25519 and RSA keys log in`() async throws {
        let key = try SSHPrivateKey.generate()
        let rsa = try SSHPrivateKey.generate(.rsa2048)
        let device = EchoDevice(authorizedKeys: [key.publicKey.line, rsa.publicKey.line])
        try await withLab(device) { lab in
            for credential in [SSHCredential.key(key), .key(rsa)] {
                let connection = try await SSHConnector().connect(
                    to: lab.target, pins: lab.pins, credentials: [credential], deadline: soon)
                await connection.close()
            }
        }
    }

    @Test func `questions are answered one by one, and a wrong answer is refused`() async throws {
        let device = EchoDevice(questions: [("Password: ", false), ("Token: ", true)], answers: ["one", "two"])
        try await withLab(device) { lab in
            let connection = try await SSHConnector().connect(
                to: lab.target, pins: lab.pins, credentials: [.interactive([Secret("one"), Secret("two")])],
                deadline: .now + .seconds(20))
            await connection.close()
            let error = await #expect(throws: TransportError.self) {
                try await SSHConnector().connect(
                    to: lab.target, pins: lab.pins, credentials: [.interactive([Secret("one")])],
                    deadline: .now + .seconds(20))
            }
            #expect(error?.code == .authenticationRefused)
        }
    }

    @Test func `T-3: an unpinned host key is refused before any secret is sent`() async throws {
        let device = EchoDevice()
        try await withLab(device) { lab in
            let error = await #expect(throws: TransportError.self) {
                try await SSHConnector().connect(
                    to: lab.target, pins: HostKeyIndex(), credentials: [password], deadline: soon)
            }
            #expect(error?.code == .hostKeyUnknown)
            #expect(error?.what.contains(lab.key.publicKey.fingerprint) == true)
            #expect(error?.remedy.contains("asbuilt hostkeys pin 127.0.0.1") == true)
            #expect(device.log.attempts.withLock { $0 } == [])
        }
    }

    @Test func `a changed host key is told from an unknown one`() async throws {
        try await withLab { lab in
            let other = try SSHPrivateKey.generate().publicKey
            let line = HostKeyIndex.line(host: "127.0.0.1", port: lab.server.port, key: other)
            let error = await #expect(throws: TransportError.self) {
                try await SSHConnector().connect(
                    to: lab.target, pins: HostKeyIndex(text: line, file: "known_hosts"), credentials: [password],
                    deadline: soon)
            }
            #expect(error?.code == .hostKeyChanged)
            #expect(error?.what.contains("known_hosts:1") == true)
        }
    }

    @Test func `a refused login names what was tried and what is accepted`() async throws {
        try await withLab { lab in
            let error = await #expect(throws: TransportError.self) {
                try await SSHConnector().connect(
                    to: lab.target, pins: lab.pins, credentials: [.password(Secret("wrong"))], deadline: soon)
            }
            #expect(error?.code == .authenticationRefused)
            #expect(error?.what.contains("tried: password; it accepts: publickey, password") == true)
            #expect("\(error!)".contains("wrong") == false)
        }
    }

    @Test func `a closed port is refused, a silent one times out`() async throws {
        // Bound and not listening: nobody else gets the port meanwhile.
        try await withPort(listening: false) { port in
            let refused = await #expect(throws: TransportError.self) {
                try await SSHConnector().connect(
                    to: SSHTarget(host: "127.0.0.1", port: port, user: "x"), pins: HostKeyIndex(),
                    credentials: [password],
                    deadline: soon)
            }
            #expect(refused?.code == .refused)
        }
        try await withPort(listening: true) { port in
            let late = await #expect(throws: TransportError.self) {
                try await SSHConnector().connect(
                    to: SSHTarget(host: "127.0.0.1", port: port, user: "x"), pins: HostKeyIndex(),
                    credentials: [password],
                    deadline: .now + .milliseconds(200))
            }
            #expect(late?.code == .timedOut)
        }
    }

    private func withPort(listening: Bool, _ body: (Int) async throws -> Void) async throws {
        let silent = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(silent) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(silent, $0, length)
                if listening { _ = listen(silent, 1) }
                _ = getsockname(silent, $0, &length)
            }
        }
        try await body(Int(UInt16(bigEndian: address.sin_port)))
    }

    @Test func `an unknown subsystem is refused and the connection stays usable`() async throws {
        try await withLab { lab in
            let connection = try await SSHConnector().connect(
                to: lab.target, pins: lab.pins, credentials: [password], deadline: soon)
            let error = await #expect(throws: TransportError.self) {
                _ = try await connection.open(.subsystem("nosuch"), deadline: soon)
            }
            #expect(error?.code == .subsystemRefused)
            let echo = try await connection.open(.subsystem("echo"), deadline: soon)
            let sent = [UInt8](repeating: 0x61, count: 3_000_000)
            async let writing: Void = echo.write(sent, deadline: soon)
            var count = 0
            while count < sent.count, let more = try await echo.read(deadline: soon) { count += more.count }
            try await writing
            #expect(count == sent.count)
            await connection.close()
        }
    }

    @Test func `a dropped connection ends a waiting read with an error`() async throws {
        try await withLab { lab in
            let connection = try await SSHConnector().connect(
                to: lab.target, pins: lab.pins, credentials: [password], deadline: soon)
            let shell = try await connection.open(.shell(columns: 80, rows: 24), deadline: soon)
            _ = try await shell.read(deadline: soon)
            await lab.server.dropConnections()
            let error = await #expect(throws: TransportError.self) {
                while try await shell.read(deadline: soon) != nil {}
                throw TransportError(.closed, what: "ended in order")
            }
            #expect(error?.code == .closed)
        }
    }

    @Test func `a scan finds the host keys without logging in`() async throws {
        let device = EchoDevice()
        try await withLab(device) { lab in
            let keys = try await SSHConnector().scanHostKeys(of: lab.target, deadline: soon)
            #expect(keys == [lab.key.publicKey])
            #expect(device.log.attempts.withLock { $0 } == [])
        }
    }

    @Test func `hashed, patterned and revoked lines are understood`() throws {
        let key = try SSHPrivateKey.generate().publicKey
        let text = """
            # comment
            *.example.net,!bad.example.net \(key.line)
            @revoked gone.example.org \(key.line)
            [192.0.2.1]:830 \(key.line) note
            """
        let index = HostKeyIndex(text: text, file: "known_hosts")
        #expect(index.verdict(host: "r1.example.net", port: 22, key: key) == .trusted)
        #expect(index.verdict(host: "bad.example.net", port: 22, key: key) == .unknown)
        #expect(index.verdict(host: "192.0.2.1", port: 830, key: key) == .trusted)
        #expect(index.verdict(host: "192.0.2.1", port: 22, key: key) == .unknown)
        guard case .revoked(let pin) = index.verdict(host: "gone.example.org", port: 22, key: key) else {
            Issue.record("a revoked key passed")
            return
        }
        #expect(pin.position.line == 3)
    }
}

extension Array where Element == UInt8 {
    func ends(with suffix: some Sequence<UInt8>) -> Bool { Array(self.suffix(Array(suffix).count)) == Array(suffix) }
}

@Suite struct `Host keys that a lab made` {
    @Test func `the mark leads back to the private key, whatever the path holds, and only then`() throws {
        let folder = try ScratchFolder("lab keys ü%2F")
        let (key, other) = (try SSHPrivateKey.generate(), try SSHPrivateKey.generate())
        let path = folder.path + "r 1#ä"
        try key.export(to: path)
        func pin(_ public: SSHPublicKey) throws -> HostKeyIndex.Pin {
            let line = LabHostKey.line(host: "127.0.0.1", port: 22101, key: `public`, privateKeyFile: path)
            #expect(LabHostKey.isMarked(line))
            return try #require(
                HostKeyIndex(text: line, file: "known_hosts").pins(host: "127.0.0.1", port: 22101).first)
        }
        #expect(LabHostKey.isMade(try pin(key.publicKey)))
        #expect(!LabHostKey.isMade(try pin(other.publicKey)))
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        #expect(!LabHostKey.isMade(try pin(key.publicKey)))
    }
}

@Suite struct `Hashed host names` {
    /// Names hashed by OpenSSH itself; the key is looked for by what is offered, other keys by name.
    @Test func `as ssh-keygen writes them are trusted, changed, revoked and unknown like plain ones`() async throws {
        let folder = try ScratchFolder("known")
        let keys = [try SSHPrivateKey.generate().publicKey, try SSHPrivateKey.generate(.ecdsa256).publicKey]
        let other = try SSHPrivateKey.generate().publicKey
        try folder.write(
            "r1.example.net \(keys[0].line)\n[192.0.2.1]:830 \(keys[1].line)\n@revoked bad.example.net \(keys[0].line)\n",
            to: "known")
        #expect(try await Tool.run("/usr/bin/ssh-keygen", ["-H", "-f", folder.path + "known"]) == 0)
        let text = try folder.read("known")
        #expect(text.contains("|1|") && !text.contains("r1.example.net"))
        let index = HostKeyIndex(text: text, file: "known")
        #expect(index.verdict(host: "r1.example.net", port: 22, key: keys[0]) == .trusted)
        #expect(index.verdict(host: "192.0.2.1", port: 830, key: keys[1]) == .trusted)
        #expect(index.verdict(host: "192.0.2.1", port: 22, key: keys[1]) == .unknown)
        guard case .changed(let pinned) = index.verdict(host: "r1.example.net", port: 22, key: other) else {
            Issue.record("another key was not found out")
            return
        }
        #expect(pinned.map(\.key) == [keys[0]])
        guard case .revoked = index.verdict(host: "bad.example.net", port: 22, key: keys[0]) else {
            Issue.record("a revoked key passed")
            return
        }
        // Two types among hashed lines: the right one is asked for.
        #expect(index.pinnedTypes(of: SSHTarget(host: "192.0.2.1", port: 830, user: "")) == ["ecdsa-sha2-nistp256"])
    }
}

@Suite struct `A known_hosts file that is changed` {
    let old: SSHPublicKey
    let new: SSHPublicKey

    init() throws { (old, new) = (try SSHPrivateKey.generate().publicKey, try SSHPrivateKey.generate().publicKey) }

    @Test func `loses one name of a line and keeps everything else as it was written`() throws {
        // The hashed name of the sshd(8) manual page: 192.168.1.61.
        let salt = "F1E1KeoE/eEWhi10WpGv4OdiO6Y=", hash = "3988QV0VE8wmZL7suNrYQLITLCg="
        let before = """
            # somebody's remark
            r1.example.net,R2.example.net \(old.line) placed by hand

            r1.example.net \(new.line)
            @revoked r1.example.net \(old.line)
            192.0.2.7 \(old.line)
            """
        var file = HostKeyFile(text: before, file: "known_hosts")
        try file.remove([old], under: "r1.example.net")
        #expect(
            file.text == """
                # somebody's remark
                R2.example.net \(old.line) placed by hand

                r1.example.net \(new.line)
                @revoked r1.example.net \(old.line)
                192.0.2.7 \(old.line)
                """)
        file.append(["r9 \(new.line)"])
        #expect(file.text.hasSuffix("192.0.2.7 \(old.line)\nr9 \(new.line)\n"))
        var hashed = HostKeyFile(text: "|1|\(salt)|\(hash) \(old.line)\n192.0.2.7 \(old.line)\n", file: "known_hosts")
        #expect(
            HostKeyIndex(text: hashed.text, file: "k").verdict(host: "192.168.1.61", port: 22, key: old) == .trusted)
        try hashed.remove([old], under: "192.168.1.61")
        #expect(hashed.text == "192.0.2.7 \(old.line)\n")
    }

    @Test func `is left alone when a pattern covers the name`() throws {
        let before = "*.example.net \(old.line)\nr1.example.net \(old.line)\n"
        var file = HostKeyFile(text: before, file: "known_hosts")
        let findings = #expect(throws: Findings.self) { try file.remove([old], under: "r1.example.net") }
        #expect(findings?.all.map(\.code) == ["hostkeys.pattern"])
        #expect(findings?.all.first?.position?.line == 1)
        #expect(file.text == before)
    }
}
