import ByteTransport
import Diagnostics
import Foundation
import Glibc
import TestSupport
import Testing

@testable import SSHTransport

/// Every way in which reaching a device fails is told apart, says where, and what to do.
@Suite(.timeLimit(.minutes(2))) struct `Errors of connections` {
    var soon: ContinuousClock.Instant { .now + .seconds(100) }
    let password = SSHCredential.password(Secret(EchoDevice.password))

    struct Lab {
        var server: SSHServer
        var pins: HostKeyIndex
        var target: SSHTarget
    }

    func withLab(
        _ device: EchoDevice = EchoDevice(), options: SSHServerOptions = SSHServerOptions(),
        key: SSHPrivateKey.Kind = .ed25519, _ body: (Lab) async throws -> Void
    ) async throws {
        let key = try SSHPrivateKey.generate(key)
        let server = try SSHServer(
            handler: device, hostKeys: [key], options: options, reactor: SSHClientTests.reactor.get())
        let line = HostKeyIndex.line(host: "127.0.0.1", port: server.port, key: key.publicKey)
        try await body(
            Lab(
                server: server, pins: HostKeyIndex(text: line, file: "known_hosts"),
                target: SSHTarget(host: "127.0.0.1", port: server.port, user: EchoDevice.user, device: "r1")))
        await server.stop()
    }

    func failure(
        _ target: SSHTarget, _ pins: HostKeyIndex = HostKeyIndex(), options: SSHClientOptions = SSHClientOptions(),
        deadline: ContinuousClock.Instant? = nil
    ) async -> TransportError? {
        await #expect(throws: TransportError.self) {
            try await SSHConnector().connect(
                to: target, pins: pins, credentials: [password], options: options, deadline: deadline ?? soon)
        }
    }

    @Test func `a name that does not exist`() async {
        let error = await failure(SSHTarget(host: "no-such-host.invalid", user: "x"))
        #expect(error?.code == .nameUnknown)
        #expect(error?.what.contains("no-such-host.invalid") == true)
        #expect(error?.remedy.contains("inventory/devices.yaml") == true)
    }

    /// The kernel refuses TCP to the broadcast address before anything is sent.
    @Test func `an address without a route`() async {
        let error = await failure(SSHTarget(host: "255.255.255.255", user: "x"))
        #expect(error?.code == .unreachable)
        #expect(error?.what.contains("255.255.255.255:22") == true)
    }

    @Test func `no common algorithm: both lists are shown, and which one could be allowed`() async throws {
        var old = SSHServerOptions()
        old.keyExchange = ["diffie-hellman-group14-sha1", "diffie-hellman-group1-sha1"]
        old.ciphers = ["aes128-cbc", "3des-cbc"]
        old.macs = ["hmac-sha1"]
        try await withLab(options: old) { lab in
            let error = await failure(lab.target, lab.pins)
            #expect(error?.code == .algorithmMismatch)
            let what = error?.what ?? ""
            #expect(
                what.contains(
                    "no common key exchange: the device offers diffie-hellman-group14-sha1, diffie-hellman-group1-sha1")
            )
            #expect(what.contains("asbuilt offers curve25519-sha256"))
            #expect(
                what.contains("no common cipher: the device offers aes128-cbc, 3des-cbc; asbuilt offers aes256-gcm"))
            #expect(what.contains("no common MAC: the device offers hmac-sha1; asbuilt offers hmac-sha2-256"))
            #expect(
                error?.remedy.contains("legacy-algorithms: [diffie-hellman-group14-sha1, aes128-cbc, hmac-sha1]")
                    == true)
            // What the remedy says works, and leaves a warning.
            var options = SSHClientOptions()
            options.algorithms = try options.algorithms.allowing([
                "diffie-hellman-group14-sha1", "aes128-cbc", "hmac-sha1",
            ])
            let connection = try await SSHConnector().connect(
                to: lab.target, pins: lab.pins, credentials: [password], options: options, deadline: soon)
            #expect(
                connection.facts.warnings == [
                    "old algorithm in use: aes128-cbc (cipher)",
                    "old algorithm in use: diffie-hellman-group14-sha1 (kex)",
                    "old algorithm in use: hmac-sha1 (mac)",
                ])
            await connection.close()
        }
    }

    /// The type of an RSA key is called ssh-rsa too, whatever it signs with.
    @Test(arguments: [
        (nil, [], "rsa-sha2-512", []), (nil, ["ssh-rsa"], "rsa-sha2-512", []),
        (["rsa-sha2-256"], ["ssh-rsa"], "rsa-sha2-256", []),
        (["ssh-rsa"], ["ssh-rsa"], "ssh-rsa", ["old algorithm in use: ssh-rsa (hostkey)"]),
    ] as [([String]?, [String], String, [String])])
    func `an RSA host key is told as old only where it signs with SHA-1`(
        _ offered: [String]?, _ allowed: [String], _ used: String, _ warnings: [String]
    ) async throws {
        var server = SSHServerOptions()
        server.hostKeyAlgorithms = offered
        try await withLab(options: server, key: .rsa2048) { lab in
            var options = SSHClientOptions()
            options.algorithms = try options.algorithms.allowing(allowed)
            let connection = try await SSHConnector().connect(
                to: lab.target, pins: lab.pins, credentials: [password], options: options, deadline: soon)
            #expect(connection.facts.algorithms["hostkey"] == used)
            #expect(connection.facts.warnings == warnings)
            await connection.close()
        }
    }

    @Test func `a scan of a device without a common algorithm says so, with both lists`() async throws {
        var old = SSHServerOptions()
        old.keyExchange = ["diffie-hellman-group1-sha1"]
        try await withLab(options: old) { lab in
            let error = await #expect(throws: TransportError.self) {
                try await SSHConnector().scanHostKeys(of: lab.target, deadline: soon)
            }
            #expect(error?.code == .algorithmMismatch)
            #expect(error?.what.contains("the device offers diffie-hellman-group1-sha1") == true)
        }
    }

    @Test func `a name that is no algorithm, and one the library cannot do, are refused before connecting`() {
        for (name, word) in [("hmac-md5", "not available"), ("rot13", "not an SSH algorithm")] {
            let error = #expect(throws: TransportError.self) { try SSHAlgorithms.modern.allowing([name]) }
            #expect(error?.code == .algorithmMismatch)
            #expect(error?.what.contains(word) == true)
        }
    }

    /// Given such a list, libssh would go on with all it has, old algorithms included.
    @Test(arguments: [[], ["hmac-nosuch"]])
    func `a list of which libssh takes nothing offers nothing`(_ macs: [String]) async throws {
        try await withLab { lab in
            var options = SSHClientOptions()
            options.algorithms.macs = macs
            let error = await #expect(throws: TransportError.self) {
                try await SSHConnector().connect(
                    to: lab.target, pins: lab.pins, credentials: [password], options: options, deadline: soon)
            }
            #expect(error?.code == .algorithmMismatch)
            #expect(error?.what.contains("libssh takes none of the algorithms of a list") == true)
        }
    }

    @Test func `a revoked key, and a key that only the inventory names`() async throws {
        try await withLab { lab in
            let key = try #require(lab.pins.pins(of: lab.target).first?.key)
            let name = HostKeyIndex.name(host: lab.target.host, port: lab.target.port)
            let revoking = HostKeyIndex(text: "@revoked \(name) \(key.line)\n\(name) \(key.line)", file: "known_hosts")
            let error = await failure(lab.target, revoking)
            #expect(error?.code == .hostKeyChanged)
            #expect(error?.what.contains("revoked (known_hosts:1") == true)

            var named = lab.target
            named.fingerprints = [key.fingerprint]
            try await SSHConnector().connect(to: named, pins: HostKeyIndex(), credentials: [password], deadline: soon)
                .close()
            named.fingerprints = [try SSHPrivateKey.generate().publicKey.fingerprint]
            let changed = await failure(named)
            #expect(changed?.code == .hostKeyChanged)
            #expect(changed?.what.contains("(inventory)") == true)
            // A key pinned under the name that the inventory gives.
            var renamed = lab.target
            renamed.hostKeyName = "edge-1.example.net"
            let byName = HostKeyIndex(text: "edge-1.example.net \(key.line)", file: "known_hosts")
            try await SSHConnector().connect(to: renamed, pins: byName, credentials: [password], deadline: soon).close()
            let unnamed = await failure(renamed, lab.pins)
            #expect(unnamed?.code == .hostKeyUnknown)
        }
    }

    @Test func `a device that hangs up at once, and a port that speaks something else`() async throws {
        try await withLab(EchoDevice(dropsAtAccept: true)) { lab in
            let error = await failure(lab.target, lab.pins)
            #expect(error?.code == .closed)
        }
        try await withTalker("HTTP/1.1 400 Bad Request\r\n\r\n") { port in
            let error = await failure(SSHTarget(host: "127.0.0.1", port: port, user: "x"))
            #expect(error?.code == .closed)
            #expect(error?.remedy.contains("speaks SSH") == true)
        }
    }

    @Test func `a channel that is refused, and one too many`() async throws {
        try await withLab(EchoDevice(refusesExec: true)) { lab in
            var options = SSHClientOptions()
            options.maximumChannels = 2
            let connection = try await SSHConnector().connect(
                to: lab.target, pins: lab.pins, credentials: [password], options: options, deadline: soon)
            let refused = await #expect(throws: TransportError.self) {
                _ = try await connection.open(.exec("show version"), deadline: soon)
            }
            #expect(refused?.code == .channelRefused)
            let first = try await connection.open(.subsystem("echo"), deadline: soon)
            let second = try await connection.open(.subsystem("echo"), deadline: soon)
            let tooMany = await #expect(throws: TransportError.self) {
                _ = try await connection.open(.subsystem("echo"), deadline: soon)
            }
            #expect(tooMany?.code == .limitExceeded)
            await first.close()
            await second.close()
            // The places are free again.
            _ = try await connection.open(.subsystem("echo"), deadline: soon)
            await connection.close()
        }
    }

    @Test func `a passphrase that is wrong or missing is found before connecting`() async throws {
        let folder = try ScratchFolder("keys")
        let run = try await Tool.run(
            "/usr/bin/ssh-keygen", ["-q", "-t", "ed25519", "-N", "right horse", "-f", folder.path + "id"])
        try #require(run == 0)
        _ = try SSHPrivateKey(file: folder.path + "id", passphrase: Secret("right horse"))
        for passphrase in [Secret("wrong"), nil] {
            let error = #expect(throws: TransportError.self) {
                try SSHPrivateKey(file: folder.path + "id", passphrase: passphrase)
            }
            #expect(error?.code == .credentialUnavailable)
        }
    }

    @Test func `a cancelled task stops waiting at once, whatever it waits for`() async throws {
        // Nobody accepts: the connection is made by the kernel, the banner never comes.
        try await withSilence { port in
            let target = SSHTarget(host: "127.0.0.1", port: port, user: "x")
            let task = Task {
                try await SSHConnector().connect(
                    to: target, pins: HostKeyIndex(), credentials: [password], deadline: soon)
            }
            await Task.yield()
            task.cancel()
            let result = await task.result
            #expect(throws: TransportError.self) { try result.get() }
            guard case .failure(let error as TransportError) = result else { return }
            #expect(error.code == .cancelled)
        }
        try await withLab { lab in
            let connection = try await SSHConnector().connect(
                to: lab.target, pins: lab.pins, credentials: [password], deadline: soon)
            let echo = try await connection.open(.subsystem("echo"), deadline: soon)
            let reading = Task { try await echo.read(deadline: soon) }
            await Task.yield()
            reading.cancel()
            guard case .failure(let error as TransportError) = await reading.result else {
                Issue.record("a cancelled read gave bytes")
                return
            }
            #expect(error.code == .cancelled)
            // The channel is as usable as before.
            try await echo.write([1, 2, 3], deadline: soon)
            #expect(try await echo.read(deadline: soon) == [1, 2, 3])
            await connection.close()
        }
    }

    @Test func `a reader that does not read holds the device back, and nothing is lost`() async throws {
        try await withLab { lab in
            var options = SSHClientOptions()
            options.maximumUnreadBytes = 64 * 1024
            let connection = try await SSHConnector().connect(
                to: lab.target, pins: lab.pins, credentials: [password], options: options, deadline: soon)
            let total = 20_000_000
            let large = try await connection.open(.exec("size \(total)"), deadline: soon)
            // Another channel works while the first one's bytes wait.
            let echo = try await connection.open(.subsystem("echo"), deadline: soon)
            for round in 0..<20 {
                try await echo.write([UInt8(round)], deadline: soon)
                #expect(try await echo.read(deadline: soon) == [UInt8(round)])
            }
            #expect(await connection.session.unreadBytes <= 64 * 1024)
            var count = 0
            while let more = try await large.read(deadline: soon) {
                #expect(more.count <= 64 * 1024)
                count += more.count
            }
            #expect(count == total)
            await connection.close()
        }
    }

    // MARK: Ports that are no SSH servers

    private func withListener(_ backlog: Int32, _ body: (Int32, Int) async throws -> Void) async throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(listener, $0, length)
                _ = listen(listener, backlog)
                _ = getsockname(listener, $0, &length)
            }
        }
        try await body(listener, Int(UInt16(bigEndian: address.sin_port)))
    }

    private func withSilence(_ body: (Int) async throws -> Void) async throws {
        try await withListener(8) { _, port in try await body(port) }
    }

    /// Says something to the first who connects, and hangs up.
    private func withTalker(_ text: String, _ body: (Int) async throws -> Void) async throws {
        try await withListener(8) { listener, port in
            let isStarted = BlockingThread.start {
                while true {
                    let peer = accept(listener, nil, nil)
                    guard peer >= 0 else { return }
                    let bytes = Array(text.utf8)
                    _ = bytes.withUnsafeBytes { send(peer, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                    var sink = [UInt8](repeating: 0, count: 1024)
                    _ = recv(peer, &sink, sink.count, 0)
                    close(peer)
                }
            }
            #expect(isStarted)
            try await body(port)
            shutdown(listener, Int32(SHUT_RDWR))
        }
    }
}

@Suite struct `The plaintext start of a server` {
    /// Banner lines, a DEBUG packet and KEXINIT, as RFC 4253 has them.
    static let lists = [
        "curve25519-sha256,ext-info-s", "ssh-ed25519", "aes128-ctr", "aes256-ctr", "hmac-sha1", "hmac-sha2-256", "none",
        "none",
        "", "",
    ]
    static func big(_ number: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) } }
    static func packet(_ payload: [UInt8]) -> [UInt8] {
        let padding = 8 + (8 - (payload.count + 5 + 8) % 8) % 8
        return big(payload.count + padding + 1) + [UInt8(padding)] + payload + [UInt8](repeating: 0, count: padding)
    }
    static var stream: [UInt8] {
        let kexinit =
            [20] + [UInt8](repeating: 7, count: 16) + lists.flatMap { big($0.utf8.count) + Array($0.utf8) } + [
                0, 0, 0, 0, 0,
            ]
        return Array("hello there\r\nSSH-2.0-Old_1.0\r\n".utf8) + packet([4, 0, 0, 0, 0]) + packet(kexinit)
    }

    @Test func `is read in any split`() throws {
        let stream = Self.stream
        for size in [1, 2, 3, 7, 64, stream.count] {
            var reader = SSHKeyExchangeReader()
            var offer: SSHKeyExchangeOffer?
            for start in stride(from: 0, to: stream.count, by: size) {
                #expect(offer == nil)
                offer = try reader.receive(Array(stream[start..<min(stream.count, start + size)]))
            }
            #expect(reader.banner == "SSH-2.0-Old_1.0")
            #expect(offer?.keyExchange == ["curve25519-sha256", "ext-info-s"])
            #expect(offer?.ciphersToClient == ["aes256-ctr"])
            #expect(offer?.macsToServer == ["hmac-sha1"])
            // Ciphers differ by direction; the MAC is missing in one only.
            #expect(
                offer?.mismatches(with: .modern) == [
                    .init(kind: "MAC", device: ["hmac-sha1"], ours: SSHAlgorithms.modern.macs)
                ])
        }
    }

    /// Sends this offer to the first who connects, and is gone for the second.
    private func startVanishing() throws -> Int {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 1) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        try #require(isListening)
        let stream = Self.stream
        Thread.detachNewThread {
            let peer = accept(listener, nil, nil)
            close(listener)
            send(peer, stream, stream.count, Int32(MSG_NOSIGNAL))
            // Until the client has gone: closing with its bytes unread would reset the connection.
            var bytes = [UInt8](repeating: 0, count: 4096)
            while recv(peer, &bytes, bytes.count, 0) > 0 {}
            close(peer)
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    @Test func `that cannot be read a second time leaves the first error as it was`() async throws {
        let port = try startVanishing()
        let error = await #expect(throws: TransportError.self) {
            try await SSHConnector().connect(
                to: SSHTarget(host: "127.0.0.1", port: port, user: "x"), pins: HostKeyIndex(), credentials: [],
                deadline: .now + .seconds(100))
        }
        #expect(error?.code == .algorithmMismatch || error?.code == .closed, "\(error.map { "\($0)" } ?? "")")
    }

    @Test func `without a common key exchange names algorithms only`() throws {
        let offer = SSHKeyExchangeOffer(
            keyExchange: ["ext-info-s", "diffie-hellman-group1-sha1", "kex-strict-s-v00@openssh.com"],
            hostKeys: ["ssh-ed25519"], ciphersToServer: ["aes256-ctr"], ciphersToClient: ["aes256-ctr"],
            macsToServer: ["hmac-sha2-256"], macsToClient: ["hmac-sha2-256"])
        #expect(offer.mismatches(with: .modern).map(\.device) == [["diffie-hellman-group1-sha1"]])
        let line = SSHKeyExchangeOffer.withoutSignals(
            "kex error : no match for method kex algos: server [ext-info-s,a,kex-strict-s-v00@openssh.com], client [b,ext-info-c]")
        #expect(line == "kex error : no match for method kex algos: server [a], client [b]")
    }

    @Test func `that never comes to an end, or is damaged, is refused within limits`() {
        var endless = SSHKeyExchangeReader()
        #expect(throws: TransportError.self) {
            for _ in 0..<1000 { _ = try endless.receive([UInt8](repeating: 0x61, count: 1024)) }
        }
        for packet in [[0xFF, 0xFF, 0xFF, 0xFF, 4], Self.big(4) + [4, 0, 0, 0], Self.packet([20, 1, 2])] as [[UInt8]] {
            var reader = SSHKeyExchangeReader()
            #expect(throws: TransportError.self) { _ = try reader.receive(Array("SSH-2.0-x\n".utf8) + packet) }
        }
        // Every shortened KEXINIT asks for more or is refused; none is taken for whole.
        let whole = Self.stream
        for count in 0..<whole.count {
            var reader = SSHKeyExchangeReader()
            let offer = try? reader.receive(Array(whole.prefix(count)))
            #expect((offer ?? nil) == nil)
        }
    }
}
