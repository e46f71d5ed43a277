import ByteTransport
import Diagnostics
import Foundation
import LabDevices
import LabServer
import SSHTransport
import TestSupport
import Testing

extension LabTopology {
    /// A CLI router and a NETCONF router with a cable between them, not talking BGP yet.
    static func mixed() -> LabTopology {
        let edge = LabDeviceSpec(
            name: "edge", personality: .frr, ports: ["eth1"],
            startup: "hostname edge\ninterface eth1\n ip address 10.0.0.1/30\nexit\n")
        let core = LabDeviceSpec(
            name: "core", personality: .labRouter, ports: ["eth1"],
            startup: """
                <interfaces xmlns="urn:asbuilt:lab-router"><interface><name>eth1</name>
                <ipv4><address><ip>10.0.0.2</ip><prefix-length>30</prefix-length></address></ipv4></interface></interfaces>
                """)
        let link = ControlPlane.Link(.init(device: "edge", interface: "eth1"), .init(device: "core", interface: "eth1"))
        return LabTopology(
            name: "mixed", nodes: [.init(spec: edge), .init(spec: core)], links: [link], convergence: .milliseconds(50))
    }
}

@Suite(.timeLimit(.minutes(3))) struct LabNETCONFTests {
    static let bgp = """
        <bgp xmlns="urn:asbuilt:lab-router"><as>64500</as><neighbor><address>10.0.0.1</address>\
        <remote-as>64500</remote-as></neighbor></bgp>
        """

    func session(_ lab: LoopbackLab, _ device: String, _ commands: [String]) async throws -> String {
        var place = try lab.description().device(device)
        place.kind = device == "core" ? "lab_router" : "frr"
        return try await LabTerminal.run(commands, on: place, keyFile: lab.keyFile, user: "netops")
    }

    @Test func `our client edits, commits, and sees BGP come up with the CLI router`() async throws {
        let lab = try await LoopbackLab(.mixed())
        let edited = try await session(
            lab, "core",
            [
                "<lock><target><candidate/></target></lock>",
                "<edit-config><target><candidate/></target><config>\(Self.bgp)</config></edit-config>", "<commit/>",
                "<unlock><target><candidate/></target></unlock>",
            ])
        #expect(edited.components(separatedBy: "<ok/>").count == 5, "\(edited)")
        _ = try await session(
            lab, "edge", ["configure terminal", "router bgp 64500", "neighbor 10.0.0.2 remote-as 64500", "end"])
        var state = ""
        let limit = ContinuousClock.now + .seconds(60)
        while !state.contains("<state>established</state>"), .now < limit {
            state = try await session(
                lab, "core",
                [
                    "<get><filter><bgp xmlns=\"urn:asbuilt:lab-router\"><neighbor><state/></neighbor></bgp></filter></get>"
                ])
        }
        #expect(state.contains("<state>established</state>"))
        #expect(try await session(lab, "edge", ["show bgp summary json"]).contains("\"state\":\"Established\""))
        await lab.host.stop()
    }

    @Test func `the OpenSSH client reaches the subsystem and nothing else`() async throws {
        let lab = try await LoopbackLab(.mixed())
        _ = try LabKnownHosts.write(try lab.description(), folder: lab.folder, to: lab.knownHosts)
        let hello = """
            <hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><capabilities>\
            <capability>urn:ietf:params:netconf:base:1.0</capability></capabilities></hello>]]>]]>\
            <rpc xmlns="urn:ietf:params:xml:ns:netconf:base:1.0" message-id="1"><close-session/></rpc>]]>]]>
            """
        let spoken = try await lab.ssh("core", ["netconf"], options: ["-s"], input: hello)
        #expect(spoken.output.contains("urn:ietf:params:netconf:capability:confirmed-commit:1.1"))
        #expect(spoken.output.contains("<ok/></rpc-reply>]]>]]>"))
        #expect(try await lab.ssh("core", ["show version"]).status != 0)
        await lab.host.stop()
    }

    @Test func `a password lets in where there is one, and no other does`() async throws {
        let locked = try await LoopbackLab(.mixed())
        let open = try await LoopbackLab(.mixed(), password: Secret("let me in"))
        for (lab, password, expected) in [
            (open, "let me in", nil), (open, "let me out", TransportError.Code.authenticationRefused),
            (locked, "let me in", .authenticationRefused),
        ] as [(LoopbackLab, String, TransportError.Code?)] {
            let place = try #require(lab.host.listening.first { $0.name == "core" })
            let key = try #require(lab.folder.hostKeys(["core"])["core"]?.publicKey)
            let pins = HostKeyIndex(
                text: HostKeyIndex.line(host: place.address, port: place.port, key: key), file: "known_hosts")
            do throws(TransportError) {
                let connection = try await SSHConnector().connect(
                    to: SSHTarget(host: place.address, port: place.port, user: "anybody"), pins: pins,
                    credentials: [.password(Secret(password))], deadline: .now + .seconds(60))
                #expect(expected == nil)
                await connection.close()
            } catch {
                #expect(error.code == expected)
                #expect(error.what.contains("publickey"), "the methods that there are: \(error.what)")
            }
        }
        await open.host.stop()
        await locked.host.stop()
    }

    /// yuma's client: schemas by get-schema, edits by names of nodes, its own framing and filters.
    @Test func `yangcli is at home`() async throws {
        let lab = try await LoopbackLab(.mixed())
        let place = try #require(lab.host.listening.first { $0.name == "core" })
        let home = lab.scratch.url.appending(path: "home").path
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        try ShellCommand.run("/bin/sh", ["-c", "ssh-keygen -y -f '\(lab.keyFile)' > '\(lab.keyFile).pub'"])
        let script = try lab.scratch.write(
            """
            get-schema identifier=lab-router
            lock target=candidate
            merge /system/contact value="from yangcli"
            validate source=candidate
            commit
            unlock target=candidate
            get-config source=running
            partial-lock select="/lr:nothing"
            close-session

            """, to: "script")
        let arguments = [
            "--server=\(place.address)", "--ncport=\(place.port)", "--user=netops", "--password=none",
            "--public-key=\(lab.keyFile).pub", "--private-key=\(lab.keyFile)", "--batch-mode", "--run-script=\(script.path)",
        ]
        let result = try await withCheckedThrowingContinuation { continuation in
            Thread {
                continuation.resume(
                    with: Result {
                        try ShellCommand.status("/usr/bin/yangcli", arguments, environment: ["HOME": home])
                    })
            }.start()
        }
        let said = result.output
        #expect(said.contains("Protocol version set to: RFC 6241 (base:1.1)"), "\(said)")
        #expect(said.contains("lab-router@"), "\(said)")
        #expect(said.components(separatedBy: "RPC OK Reply").count == 6, "\(said)")
        #expect(said.contains("contact 'from yangcli'"), "\(said)")
        await lab.host.stop()
    }

    /// ncclient is not ours: it judges hello, framing, errors, filters and confirmed commits.
    @Test func `ncclient is at home`() async throws {
        let lab = try await LoopbackLab(.mixed())
        let place = try #require(lab.host.listening.first { $0.name == "core" })
        let script = Repository.root.appending(path: "Tests/LabServerTests/Scripts/ncclient-session").path
        let arguments = [script, "\(place.port)", lab.keyFile]
        let result = try await withCheckedThrowingContinuation { continuation in
            Thread {
                continuation.resume(with: Result { try ShellCommand.status("/usr/bin/python3", arguments) })
            }.start()
        }
        #expect(result.status == 0, "\(result.output)")
        #expect(result.output.hasSuffix("done\n"))
        await lab.host.stop()
    }
}
