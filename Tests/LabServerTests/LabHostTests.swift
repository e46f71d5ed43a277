import Diagnostics
import Foundation
import LabDevices
import LabServer
import SSHTransport
import TestSupport
import Testing

/// A lab on free loopback ports with one authorised key, in this process.
struct LoopbackLab {
    let scratch: ScratchFolder
    let folder: LabFolder
    let host: LabHost
    let keyFile: String
    let knownHosts: String

    init(_ topology: LabTopology, password: Secret? = nil) async throws {
        scratch = try ScratchFolder("lab")
        folder = LabFolder(scratch.url.appending(path: "state").path)
        try folder.prepare()
        keyFile = scratch.url.appending(path: "key").path
        knownHosts = scratch.url.appending(path: "known_hosts").path
        let key = try SSHPrivateKey.generate()
        try key.export(to: keyFile)
        host = try await LabHost(
            topology: topology, hostKeys: try folder.hostKeys(topology.nodes.map(\.spec.name)),
            authorizedKeys: [key.publicKey], password: password)
    }

    /// What `lab up` would write down about this lab.
    func description() throws -> LabDescription {
        let keys = try folder.hostKeys(host.listening.map(\.name))
        let process = try #require(LabProcessIdentity.current())
        return LabDescription(
            name: host.topology.name, topology: "test", process: process,
            devices: try host.listening.map { place in
                let key = try #require(keys[place.name]?.publicKey)
                return .init(
                    name: place.name, kind: "", address: place.address, port: place.port, hostKey: key.line,
                    fingerprint: key.fingerprint, labels: [:])
            })
    }

    func sshArguments(_ device: String) throws -> [String] {
        let place = try #require(host.listening.first { $0.name == device })
        return [
            "-F", "none", "-i", keyFile, "-p", "\(place.port)", "-o", "UserKnownHostsFile=\(knownHosts)", "-o",
            "BatchMode=yes",
            "-o", "IdentitiesOnly=yes", "-o", "LogLevel=ERROR", "netops@\(place.address)",
        ]
    }

    /// Runs OpenSSH's client on a thread of its own.
    func ssh(_ device: String, _ arguments: [String] = [], options: [String] = [], input: String? = nil)
        async throws -> (status: Int32, output: String)
    {
        let all = options + (try sshArguments(device)) + arguments
        return try await withCheckedThrowingContinuation { continuation in
            Thread {
                continuation.resume(with: Result { try ShellCommand.status("/usr/bin/ssh", all, input: input) })
            }.start()
        }
    }

    func accepted(_ device: String) -> Int { host.status().first { $0.name == device }?.acceptedConnections ?? -1 }
}

extension LabTopology {
    /// Two routers with a cable between them.
    static func pair() -> LabTopology {
        func router(_ number: Int) -> Node {
            Node(
                spec: LabDeviceSpec(
                    name: "r\(number)", personality: .frr, ports: ["eth1"],
                    startup: "hostname r\(number)\ninterface eth1\n ip address 10.0.0.\(number)/24\nexit\n"))
        }
        let link = ControlPlane.Link(.init(device: "r1", interface: "eth1"), .init(device: "r2", interface: "eth1"))
        return LabTopology(name: "pair", nodes: [router(1), router(2)], links: [link], convergence: .milliseconds(50))
    }
}

@Suite(.timeLimit(.minutes(3))) struct LabHostTests {
    @Test func `the OpenSSH client runs a command and types at the prompt`() async throws {
        let lab = try await LoopbackLab(.pair())
        let change = try LabKnownHosts.write(try lab.description(), folder: lab.folder, to: lab.knownHosts)
        #expect(change == .init(pinned: 2, replaced: 0))
        let shown = try await lab.ssh("r1", ["show interface brief"])
        #expect(shown.status == 0)
        #expect(shown.output.contains("eth1            up      default         10.0.0.1/24"))
        let unknown = try await lab.ssh("r1", ["show nothing"])
        #expect(unknown.status == 1)
        #expect(unknown.output == "% Unknown command: show nothing\n")
        let typed = try await lab.ssh("r2", options: ["-tt"], input: "configure terminal\nhostname r9\nend\nexit\n")
        #expect(typed.output.contains("r9# exit"))
        #expect(lab.accepted("r1") == 2)
        #expect(lab.accepted("r2") == 1)
        await lab.host.stop()
    }

    @Test func `our own client types in one session`() async throws {
        let lab = try await LoopbackLab(.pair())
        let device = try lab.description().device("r1")
        let screen = try await LabTerminal.run(
            ["configure terminal", "hostname r7", "end", "exit"], on: device, keyFile: lab.keyFile, user: "netops")
        #expect(screen.hasSuffix("r1# configure terminal\nr1(config)# hostname r7\nr7(config)# end\nr7# exit\n"))
        await lab.host.stop()
    }

    @Test func `a key that is not authorised is refused`() async throws {
        let lab = try await LoopbackLab(.pair())
        let other = lab.scratch.url.appending(path: "other").path
        try SSHPrivateKey.generate().export(to: other)
        let device = try lab.description().device("r1")
        let error = await #expect(throws: Findings.self) {
            try await LabTerminal.run(["exit"], on: device, keyFile: other, user: "netops")
        }
        #expect(error?.all.map(\.code) == ["transport.authentication-refused"])
        #expect(lab.accepted("r1") == 1)
        await lab.host.stop()
    }

    @Test func `a port in use is named and nothing is left listening`() async throws {
        let lab = try await LoopbackLab(.pair())
        let taken = try #require(lab.host.listening.first).port
        var topology = LabTopology.pair()
        topology.nodes[1].port = taken
        let keys = try lab.folder.hostKeys(["r1", "r2"])
        let error = await #expect(throws: Findings.self) {
            _ = try await LabHost(topology: topology, hostKeys: keys, authorizedKeys: [])
        }
        #expect(error?.all.map(\.code) == ["lab.port-in-use"])
        #expect(error?.all.first?.what.contains("port \(taken) is taken") == true)
        await lab.host.stop()
    }

    @Test func `sessions come up in real time when both ends are configured`() async throws {
        let lab = try await LoopbackLab(.pair())
        let description = try lab.description()
        for (own, other) in [(1, 2), (2, 1)] {
            _ = try await LabTerminal.run(
                [
                    "configure terminal", "router bgp 6500\(own)", "no bgp ebgp-requires-policy",
                    "neighbor 10.0.0.\(other) remote-as 6500\(other)", "end",
                ], on: try description.device("r\(own)"), keyFile: lab.keyFile, user: "netops")
        }
        var state = ""
        let limit = ContinuousClock.now + .seconds(60)
        while !state.contains("\"Established\""), .now < limit {
            state = try await LabTerminal.run(
                ["show bgp summary json"], on: try description.device("r1"), keyFile: lab.keyFile, user: "netops")
        }
        #expect(state.contains("\"state\":\"Established\""))
        await lab.host.stop()
    }

    @Test func `a slow device answers when its time has come, though nothing else happens`() async throws {
        let lab = try await LoopbackLab(.pair())
        let device = try lab.description().device("r1")
        _ = lab.host.carryOut(LabRequest(.fault, device: "r1", fault: "slow delay=200ms"))
        let start = ContinuousClock.now
        let screen = try await LabTerminal.run(["show version", "exit"], on: device, keyFile: lab.keyFile, user: "netops")
        #expect(screen.contains("FRRouting"))
        #expect(ContinuousClock.now - start >= .milliseconds(400))
        await lab.host.stop()
    }

    @Test func `a reboot drops who is logged in`() async throws {
        let lab = try await LoopbackLab(.pair())
        let device = try lab.description().device("r1")
        _ = lab.host.carryOut(LabRequest(.fault, device: "r1", fault: "hang line=\"show clock\""))
        let typing = Task {
            try await LabTerminal.run(["show clock"], on: device, keyFile: lab.keyFile, user: "netops")
        }
        while lab.host.status().first(where: { $0.name == "r1" })?.faults != [] { await Task.yield() }
        let response = lab.host.carryOut(LabRequest(.reboot, device: "r1"))
        #expect(response.devices.first { $0.name == "r1" }?.isRunning == false)
        await #expect(throws: Findings.self) { _ = try await typing.value }
        await lab.host.stop()
    }

    @Test func `a fault that is written wrongly is answered with its remedy`() async throws {
        let lab = try await LoopbackLab(.pair())
        #expect(
            lab.host.carryOut(LabRequest(.fault, device: "r1", fault: "explode")).findings.map(\.code) == ["lab.fault"])
        #expect(
            lab.host.carryOut(LabRequest(.fault, device: "r8", fault: "lie")).findings.map(\.code) == [
                "lab.unknown-device"
            ])
        await lab.host.stop()
    }

    @Test func `a pinned key is the lab's only while its private half lies in the state folder`() async throws {
        let lab = try await LoopbackLab(.pair())
        let description = try lab.description()
        _ = try LabKnownHosts.write(description, folder: lab.folder, to: lab.knownHosts)
        func pin(_ text: String) throws -> HostKeyIndex.Pin {
            let place = try #require(description.devices.first)
            return try #require(
                HostKeyIndex(text: text, file: "known_hosts").pins(host: place.address, port: place.port).first)
        }
        let text = try String(contentsOfFile: lab.knownHosts, encoding: .utf8)
        #expect(LabHostKey.isMade(try pin(text)))
        // Somebody else's key with the mark of ours.
        let strangers = LabHostKey.line(
            host: "127.0.0.1", port: description.devices[0].port, key: try SSHPrivateKey.generate().publicKey,
            privateKeyFile: lab.folder.hostKeyFile("r1"))
        #expect(!LabHostKey.isMade(try pin(strangers)))
        #expect(!LabHostKey.isMade(try pin(text.replacing(/\ asbuilt-lab:\S+/, with: ""))))
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: lab.folder.hostKeyFile("r1"))
        #expect(!LabHostKey.isMade(try pin(text)))
        try FileManager.default.removeItem(atPath: lab.folder.hostKeyFile("r1"))
        #expect(!LabHostKey.isMade(try pin(text)))
        await lab.host.stop()
    }

    @Test func `lines of an earlier lab are replaced and a person's own line stops it`() async throws {
        let lab = try await LoopbackLab(.pair())
        let description = try lab.description()
        try lab.scratch.write("# mine\nr5.example.net ssh-ed25519 AAAA\n", to: "known_hosts")
        _ = try LabKnownHosts.write(description, folder: lab.folder, to: lab.knownHosts)
        let change = try LabKnownHosts.write(description, folder: lab.folder, to: lab.knownHosts)
        #expect(change == .init(pinned: 2, replaced: 2))
        let text = try lab.scratch.read("known_hosts")
        #expect(text.hasPrefix("# mine\nr5.example.net ssh-ed25519 AAAA\n"))
        #expect(text.split(separator: "\n").count == 4)
        try lab.scratch.write("[127.0.0.1]:\(description.devices[0].port) ssh-ed25519 AAAA\n", to: "known_hosts")
        let error = #expect(throws: Findings.self) {
            try LabKnownHosts.write(description, folder: lab.folder, to: lab.knownHosts)
        }
        #expect(error?.all.map(\.code) == ["lab.known-hosts"])
        await lab.host.stop()
    }
}

@Suite struct LabFolderTests {
    @Test func `a process that ended or whose number is another's is not ours`() throws {
        let own = try #require(LabProcessIdentity.current())
        #expect(own.isAlive)
        var other = own
        other.startedAtTick += 1
        #expect(!other.isAlive)
    }

    @Test func `nothing runs in a new folder and asking says how to start`() async throws {
        let scratch = try ScratchFolder("lab")
        let folder = LabFolder(scratch.url.appending(path: "state").path)
        let error = await #expect(throws: Findings.self) { _ = try await folder.ask(LabRequest(.status)) }
        #expect(error?.all.map(\.code) == ["lab.not-running"])
        #expect(try await LabProcess.stop(folder) == nil)
    }

    @Test func `host keys are the user's alone and are kept`() throws {
        let scratch = try ScratchFolder("lab")
        let folder = LabFolder(scratch.url.appending(path: "state").path)
        try folder.prepare()
        let first = try folder.hostKeys(["r1"])
        let mode = try FileManager.default.attributesOfItem(atPath: folder.hostKeyFile("r1"))[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(try folder.hostKeys(["r1"]) == first)
        try folder.purge()
        #expect(!FileManager.default.fileExists(atPath: folder.path))
    }

    @Test(arguments: [
        ("", "no key is authorised, so nobody could log in"), ("nonsense\n", "this line is not a public key"),
    ])
    func `a file without a usable key is refused`(text: String, what: String) throws {
        let scratch = try ScratchFolder("lab")
        let file = try scratch.write(text, to: "keys").path
        let error = #expect(throws: Findings.self) { try LabProcess.authorizedKeys([file]) }
        #expect(error?.all.map(\.what) == [what])
    }
}
