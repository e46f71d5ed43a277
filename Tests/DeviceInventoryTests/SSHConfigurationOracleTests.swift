@testable import DeviceInventory
import Diagnostics
import Foundation
import TestSupport
import Testing

/// What OpenSSH's own client makes of the same file (`ssh -G -F FILE HOST`) is the oracle.
@Suite struct SSHConfigurationOracleTests {
    /// Options whose values both sides print in the same words.
    private static let compared = [
        "hostname", "port", "user", "identityfile", "identitiesonly", "proxyjump", "hostkeyalias", "kexalgorithms",
        "hostkeyalgorithms", "ciphers", "macs", "connecttimeout", "serveraliveinterval", "serveralivecountmax",
    ]

    /// The lines of `ssh -G`, without those that the empty configuration has too.
    private func openSSH(_ file: URL, _ host: String, _ scratch: ScratchFolder) async throws -> [String] {
        let (output, errors) = (scratch.path + "/out", scratch.path + "/errors")
        let ssh = try Tool(
            "/usr/bin/ssh", ["-G", "-F", file.path(percentEncoded: false), host], output: output, errors: errors)
        let (status, said) = (await ssh.end(), try scratch.read("errors"))
        try #require(status == 0, "ssh refuses the file: \(said)")
        return try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    /// Our values in the words of `ssh -G`.
    private func ours(_ file: URL, _ host: String) throws -> [String] {
        let configuration = try SSHConfiguration.load(
            .init(path: file.path(percentEncoded: false), isNamed: true), workspace: Workspace(root: "/nowhere"),
            home: "/nowhere")
        let settings = configuration.settings(for: host)
        var tokens = SSHTokens(
            home: "/nowhere", environment: [:], localUser: "root", originalHost: host, host: host,
            port: settings.port?.value ?? 22, user: "root")
        tokens.host = try settings.hostName.map { try tokens.expand($0.value, "h") } ?? host
        var lines = ["hostname \(tokens.host.lowercased())"]
        func add(_ keyword: String, _ value: String?) { if let value { lines.append("\(keyword) \(value)") } }
        add("port", settings.port.map { String($0.value) })
        add("user", settings.user?.value)
        for file in settings.identityFiles { add("identityfile", file.value) }
        add("identitiesonly", settings.identitiesOnly.map { $0.value ? "yes" : "no" })
        add("hostkeyalias", settings.hostKeyAlias?.value)
        if let jumps = settings.proxyJump?.value, !jumps.isEmpty {
            add(
                "proxyjump",
                jumps.map { jump in
                    (jump.user.map { "\($0)@" } ?? "") + (jump.host.contains(":") ? "[\(jump.host)]" : jump.host)
                        + (jump.port.map { ":\($0)" } ?? "")
                }.joined(separator: ","))
        }
        for (keyword, given) in settings.algorithms { add(keyword.lowercased(), given.value.text) }
        add("connecttimeout", settings.connectTimeout.flatMap(\.value).map { String($0.components.seconds) })
        add("serveraliveinterval", settings.keepAlive.map { String($0.value.components.seconds) })
        add("serveralivecountmax", settings.keepAliveLimit.map { String($0.value) })
        return lines.sorted()
    }

    @Test(arguments: [0x5eed_0001, 0x5eed_0002, 0x5eed_0003] as [UInt64])
    func `made-up files mean for each host what OpenSSH's client makes of them`(seed: UInt64) async throws {
        let scratch = try ScratchFolder("ssh-config")
        var maker = SSHConfigurationMaker(seed: seed, folder: scratch)
        let empty = try scratch.write("", to: "empty")
        var defaults: [String: Set<String>] = [:]
        for host in SSHConfigurationMaker.hosts { defaults[host] = Set(try await openSSH(empty, host, scratch)) }
        for round in 0..<12 {
            let file = try maker.write("config-\(round)")
            let text = try String(contentsOf: file, encoding: .utf8)
            for host in SSHConfigurationMaker.hosts {
                let defaults = defaults[host] ?? []
                let theirs = try await openSSH(file, host, scratch)
                let own = try ours(file, host)
                let given = Set(own.compactMap { $0.split(separator: " ").first.map(String.init) })
                // A default that the file says again shows on our side only.
                let expected = theirs.filter { line in
                    let keyword = line.split(separator: " ").first.map(String.init) ?? ""
                    return Self.compared.contains(keyword) && (given.contains(keyword) || !defaults.contains(line))
                }
                #expect(
                    own == expected.sorted(),
                    "seed \(seed), round \(round), host \(host):\n\(text)")
            }
        }
    }
}

/// Writes client configurations that OpenSSH accepts: blocks, patterns, quotes, comments, includes, repeated options.
struct SSHConfigurationMaker {
    static let hosts = ["edge1", "edge2.ams", "core1", "10.0.0.7", "bastion"]
    private static let patterns = [
        "*", "edge*", "edge?", "core*", "!core1", "10.0.0.*", "*.ams", "!edge1", "bastion", "nothing", "?????",
        "!*.ams", "e*1",
    ]
    private var random: SeededGenerator
    private let folder: ScratchFolder
    private var included = 0

    init(seed: UInt64, folder: ScratchFolder) {
        random = SeededGenerator(seed: seed)
        self.folder = folder
    }

    mutating func write(_ name: String, depth: Int = 0) throws -> URL {
        var lines: [String] = []
        for _ in 0..<Int.random(in: 2...(depth == 0 ? 14 : 5), using: &random) {
            switch Int.random(in: 0..<10, using: &random) {
            case 0...1: lines.append(host())
            case 2 where depth < 3:
                included += 1
                let file = try write("included-\(included)", depth: depth + 1)
                lines.append("Include \(file.path(percentEncoded: false))")
            case 3: lines.append(["", "# a comment", "   \t", "  # Port 1"].randomElement(using: &random) ?? "")
            default: lines.append(option())
            }
        }
        return try folder.write(lines.joined(separator: "\n") + "\n", to: name)
    }

    private mutating func host() -> String {
        let count = Int.random(in: 1...3, using: &random)
        let chosen = (0..<count).map { _ in Self.patterns.randomElement(using: &random) ?? "*" }
        return spelled("Host") + separator() + chosen.map { quoted($0) }.joined(separator: " ") + comment()
    }

    private mutating func option() -> String {
        let (keyword, values): (String, [String]) =
            [
                ("HostName", ["192.0.2.1", "%h.example.net", "LAB.example.net", "a%%b"]),
                ("Port", ["22", "2222", "830"]), ("User", ["netops", "o'brien", "a b"]),
                ("IdentityFile", ["~/.ssh/one", "/k/%r@%h", "~/.ssh/two words", "\\\\x", "none"]),
                ("IdentitiesOnly", ["yes", "no", "True"]),
                ("ProxyJump", ["jump", "u@b1:2200,b2", "none", "[2001:db8::1]:22", "ssh://x@y:5"]),
                ("ProxyCommand", ["none"]), ("HostKeyAlias", ["alias1", "alias2"]),
                ("KexAlgorithms", ["curve25519-sha256", "ecdh-sha2-nistp256,diffie-hellman-group14-sha1"]),
                ("HostKeyAlgorithms", ["ssh-ed25519", "ssh-rsa,rsa-sha2-512"]),
                ("Ciphers", ["aes256-ctr,aes128-cbc", "3des-cbc"]), ("MACs", ["hmac-sha1", "hmac-sha2-256"]),
                ("ConnectTimeout", ["7", "1m30s", "none", "2H"]), ("ServerAliveInterval", ["0", "15", "1m"]),
                ("ServerAliveCountMax", ["1", "5"]), ("ForwardAgent", ["yes"]), ("StrictHostKeyChecking", ["no"]),
            ].randomElement(using: &random) ?? ("Port", ["22"])
        let value = values.randomElement(using: &random) ?? ""
        let indent = ["", "  ", "\t"].randomElement(using: &random) ?? ""
        // OpenSSH takes the rest of a ProxyJump's line as it is.
        if keyword == "ProxyJump" { return indent + spelled(keyword) + " " + value }
        return indent + spelled(keyword) + separator() + quoted(value) + comment()
    }

    private mutating func spelled(_ keyword: String) -> String {
        [keyword, keyword.lowercased(), keyword.uppercased()].randomElement(using: &random) ?? keyword
    }
    private mutating func separator() -> String {
        [" ", "=", " = ", "\t", "   ", "= "].randomElement(using: &random) ?? " "
    }
    private mutating func comment() -> String { ["", "", " ", " # Port 9", "\t#"].randomElement(using: &random) ?? "" }
    private mutating func quoted(_ value: String) -> String {
        if value.contains("'") { return "\"\(value)\"" }
        if value.contains(" ") {
            return ["\"\(value)\"", "'\(value)'", value.replacing(" ", with: "\\ ")].randomElement(using: &random) ?? ""
        }
        return [value, value, "\"\(value)\"", "'\(value)'"].randomElement(using: &random) ?? value
    }
}
