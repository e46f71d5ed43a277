import Diagnostics
import Foundation
import LabServer
import SSHTransport
import Synchronization
import TestSupport
import Testing

/// The built `asbuilt` program and a scratch folder with a topology on free ports.
struct LabCommandLine {
    let scratch: ScratchFolder
    let program: String

    static let topology = """
        name: small
        topology:
          nodes:
            r1: { kind: frr, startup-config: r1 }
            c1: { kind: lab_router }
          links: [ { endpoints: ["r1:eth1", "c1:eth1"] } ]
        """

    struct Missing: Error {}

    init() throws {
        scratch = try ScratchFolder("lab command")
        var folder = try #require(Bundle.main.executableURL?.resolvingSymlinksInPath())
        var found: String?
        for _ in 0..<5 where found == nil {
            folder = folder.deletingLastPathComponent()
            let candidate = folder.appending(path: "asbuilt").path(percentEncoded: false)
            if FileManager.default.isExecutableFile(atPath: candidate) { found = candidate }
        }
        guard let found else { throw Missing() }
        program = found
        try scratch.write(Self.topology, to: "net.clab.yml")
        try scratch.write("hostname r1\ninterface eth1\n ip address 10.0.0.1/30\n", to: "r1")
        try ShellCommand.run("/usr/bin/ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", scratch.path + "key"])
    }

    /// Runs `asbuilt lab …` in the scratch folder, on a thread of its own.
    func lab(_ arguments: String...) async throws -> (status: Int32, output: String) {
        let all = ["lab"] + arguments
        let (program, folder) = (program, scratch.url)
        return try await withCheckedThrowingContinuation { continuation in
            Thread { continuation.resume(with: Result { try ShellCommand.status(program, all, in: folder) }) }.start()
        }
    }

    func up() async throws -> (status: Int32, output: String) {
        try await lab("up", "net.clab.yml", "--state", "state", "--authorized-key", "key.pub")
    }

    var running: LabDescription? { get throws { try LabFolder(scratch.path + "state").description() } }
}

@Suite(.timeLimit(.minutes(5))) struct `The program started by itself` {
    @Test func `compiles a folder of modules under limits, and tells by its status how that went`() throws {
        let program = try LabCommandLine().program
        let scratch = try ScratchFolder("modules")
        try scratch.write("module good { namespace \"urn:good\"; prefix g; leaf x { type string; } }", to: "good/good.yang")
        try scratch.write("module bad { namespace \"urn:bad\"; prefix b; leaf x { type nothing; } }", to: "bad/bad.yang")
        for (folder, status) in [("good", 0), ("bad", 3), ("none", 3)] as [(String, Int32)] {
            let result = try ShellCommand.status(program, ["--compile-yang-modules", scratch.path + folder])
            #expect(result.status == status && result.output.isEmpty, "\(folder): \(result)")
        }
    }
}

@Suite(.timeLimit(.minutes(5))) struct `The lab commands` {
    @Test func `start devices that call a client, each told by its host key, again after a call was used`() async throws {
        let line = try LabCommandLine()
        let keys = Mutex<[String: [String]]>([:])
        let calls = try SSHCallHome(address: "127.0.0.1", port: 0) { key in keys.withLock { $0[key.fingerprint] ?? [] } }
        async let serving: Void = calls.run()
        let up = try await line.lab(
            "up", "net.clab.yml", "--state", "state", "--authorized-key", "key.pub", "--call-home", "\(calls.port)")
        #expect(up.status == 0 && up.output.contains("They also call 127.0.0.1 port \(calls.port)"), "\(up.output)")
        for device in try #require(try line.running).devices { keys.withLock { $0[device.fingerprint] = [device.name] } }
        for name in ["r1", "c1", "r1"] {
            let call = try await calls.call(from: name, deadline: .now + .seconds(120))
            #expect(keys.withLock { $0[call.key.fingerprint] } == [name])
        }
        let far = try await line.lab(
            "up", "net.clab.yml", "--state", "other", "--authorized-key", "key.pub", "--call-home", "192.0.2.1:4334")
        #expect(far.status == 2 && far.output.contains("call loopback addresses only"), "\(far.output)")
        #expect(try await line.lab("down", "--state", "state").status == 0)
        calls.stop()
        await serving
    }

    @Test func `carry a lab from up to down and leave nothing`() async throws {
        let line = try LabCommandLine()
        let up = try await line.up()
        #expect(up.status == 0, "\(up.output)")
        #expect(up.output.contains("The lab small runs"))
        let process = try #require(try line.running?.process)
        #expect(process.isAlive)

        let pinned = try await line.lab("inventory", "--state", "state", "--known-hosts", "known_hosts")
        #expect(pinned.output.contains("Pinned the host keys of 2 lab devices"))
        let typed = try await line.lab(
            "ssh", "r1", "--state", "state", "--key", "key", "--", "show interface brief", "exit")
        #expect(typed.output.contains("eth1            up"), "\(typed.output)")
        let asked = try await line.lab(
            "ssh", "c1", "--state", "state", "--key", "key", "--", "<lock><target><candidate/></target></lock>")
        #expect(asked.output.contains("<ok/>"), "\(asked.output)")

        let fault = try await line.lab(
            "fault", "c1", "refuse-line", "line=edit-config *", "text=not now", "--state", "state")
        #expect(fault.output == "c1: refuse-line line=\"edit-config *\" text=\"not now\" times=1\n", "\(fault.output)")
        let wrong = try await line.lab("fault", "c1", "explode", "--state", "state")
        #expect(wrong.status == 2)
        #expect(wrong.output.contains("no fault is called 'explode'"))
        let status = try await line.lab("status", "--state", "state", "--format", "json")
        #expect(status.output.contains("\"acceptedConnections\":1"))
        #expect(status.output.contains("\"asbuilt\":\"lab-status/v1\""))

        let again = try await line.up()
        #expect(again.status == 2)
        #expect(again.output.contains("[lab.already-running]"))

        let down = try await line.lab("down", "--state", "state")
        #expect(down.output.contains("The lab small is down"))
        #expect(!process.isAlive)
        #expect(try line.running == nil)
        #expect(try await line.lab("status", "--state", "state").output.contains("[lab.not-running]"))
        #expect(try await line.lab("down", "--state", "state", "--purge").status == 0)
        #expect(!FileManager.default.fileExists(atPath: line.scratch.path + "state"))
    }

    @Test func `keep host keys from one start to the next, and start after a process that was killed`() async throws {
        let line = try LabCommandLine()
        _ = try await line.up()
        let first = try #require(try line.running)
        kill(first.process.pid, SIGKILL)
        while first.process.isAlive { await Task.yield() }
        let again = try await line.up()
        #expect(again.status == 0, "\(again.output)")
        let second = try #require(try line.running)
        #expect(second.devices.map(\.hostKey) == first.devices.map(\.hostKey))
        #expect(second.process != first.process)
        _ = try await line.lab("down", "--state", "state")
    }

    @Test func `end a lab whose folder was removed`() async throws {
        let line = try LabCommandLine()
        _ = try await line.up()
        let process = try #require(try line.running?.process)
        try FileManager.default.removeItem(atPath: line.scratch.path + "state")
        let limit = ContinuousClock.now + .seconds(60)
        while process.isAlive, .now < limit { await Task.yield() }
        #expect(!process.isAlive)
    }

    @Test func `of two that start at once in one folder only one runs`() async throws {
        let line = try LabCommandLine()
        async let one = line.up()
        async let other = line.up()
        let statuses = [try await one.status, try await other.status]
        #expect(statuses.sorted() == [0, 2])
        _ = try await line.lab("down", "--state", "state")
    }

    @Test func `refuse a port in use by name, and leave no process`() async throws {
        let line = try LabCommandLine()
        _ = try await line.up()
        let port = try #require(try line.running?.devices.first?.port)
        try line.scratch.write(
            LabCommandLine.topology.replacing(
                "{ kind: lab_router }", with: "{ kind: lab_router, ports: [\"\(port):830\"] }"), to: "other.clab.yml")
        let other = try await line.lab("up", "other.clab.yml", "--state", "other", "--authorized-key", "key.pub")
        #expect(other.status == 2)
        #expect(other.output.contains("c1: error: port \(port) is taken"), "\(other.output)")
        #expect(try LabFolder(line.scratch.path + "other").description() == nil)
        _ = try await line.lab("down", "--state", "state")
    }

    @Test(arguments: [
        ("net.clab.yml", "kind: frr", "kind: frx", "net.clab.yml:4:17"), ("r1", "hostname", "hostnome", "r1:1: "),
        ("c1", "", "<system xmlns=\"urn:asbuilt:lab-router\"><nothing/></system>", "[topology.startup]"),
    ])
    func `say what is wrong with a topology at its place`(file: String, old: String, new: String, place: String)
        async throws
    {
        let line = try LabCommandLine()
        if file == "c1" {
            try line.scratch.write(
                LabCommandLine.topology.replacing(
                    "{ kind: lab_router }", with: "{ kind: lab_router, startup-config: c1 }"), to: "net.clab.yml")
            try line.scratch.write(new, to: file)
        } else {
            try line.scratch.write(try line.scratch.read(file).replacing(old, with: new), to: file)
        }
        let up = try await line.up()
        #expect(up.output.contains(place), "\(up.output)")
        // A CLI line that is not understood is only a warning, as on the device.
        #expect(up.status == (file == "r1" ? 0 : 2))
        #expect(try (line.running != nil) == (file == "r1"))
        _ = try await line.lab("down", "--state", "state")
    }

    @Test func `say that a key file is missing or private`() async throws {
        let line = try LabCommandLine()
        let missing = try await line.lab("up", "net.clab.yml", "--state", "state", "--authorized-key", "nobody.pub")
        #expect(missing.status == 2)
        #expect(missing.output.contains("nobody.pub cannot be read"))
        let secret = try await line.lab("up", "net.clab.yml", "--state", "state", "--authorized-key", "key")
        #expect(secret.output.contains("give the .pub file, not the private key"))
        #expect(try line.running == nil)
    }

    @Test func `a program that dies while starting is told with what it said`() async throws {
        let scratch = try ScratchFolder("lab")
        let folder = LabFolder(scratch.path + "state")
        let error = await #expect(throws: Findings.self) {
            _ = try await LabProcess.start(folder, arguments: ["-c", "echo boom >&2; exit 3"], program: "/bin/sh")
        }
        #expect(error?.all.map(\.code) == ["lab.start-failed"])
        #expect(error?.all.first?.what.contains("boom") == true)
        let none = await #expect(throws: Findings.self) {
            _ = try await LabProcess.start(folder, arguments: [], program: "/nonexistent/asbuilt")
        }
        #expect(none?.all.first?.what.contains("cannot be started") == true)
    }
}
