import ChangeWorkflow
import Diagnostics
import Foundation
import LabDevices
import LabServer
import SSHTransport
import TestSupport
import Testing

/// Changes on devices that are not reached by simply dialling them.
@Suite(.serialized) struct `Ways to devices` {
    private func refusal(_ site: LabSite) async -> Findings? {
        do {
            let answer = try await site.workflow().plan(engagement: nil)
            Issue.record("was not refused: \(answer.text)")
            return nil
        } catch { return error }
    }

    private func edit(_ site: LabSite, _ device: String, adding line: String) throws {
        try site.worked.edit("inventory/devices.yaml") { text in
            text.replacing("  \(device):\n", with: "  \(device):\n    \(line)\n")
        }
    }

    @Test func `a device with a new host key is refused until the key is rotated`() async throws {
        let site = try await LabSite()
        try site.narrow(to: ["ams-edge-1", "ams-core-1"])
        try await site.approve("spec", "alice")
        let right = try site.device("ams-edge-1").fingerprint
        let pins = try site.worked.read("inventory/known_hosts")
        let place = "[127.0.0.1]:\(try site.device("ams-edge-1").port)"
        let old = try SSHPrivateKey.generate().publicKey
        try site.worked.write(
            pins.split(separator: "\n").map { $0.hasPrefix(place) ? "\(place) \(old.line)" : String($0) }.joined(
                separator: "\n")
                + "\n", "inventory/known_hosts")
        let changed = await refusal(site)
        #expect(changed?.all.contains { $0.code == "hostkey.changed" } == true, "\(changed.map { "\($0)" } ?? "")")
        await #expect(throws: Findings.self) {
            try await site.workflow().hostKeysRotate(
                device: "ams-edge-1", fingerprint: old.fingerprint, isRevoking: false)
        }
        let answer = try await site.workflow().hostKeysRotate(
            device: "ams-edge-1", fingerprint: right, isRevoking: true)
        #expect(answer.text.contains("\(old.fingerprint)  revoked now") && answer.text.contains("\(right)  pinned now"))
        let now = try site.worked.read("inventory/known_hosts")
        #expect(
            now.contains("@revoked \(place) \(old.line)\n")
                && now.split(separator: "\n").count == pins.split(separator: "\n").count + 1)
        #expect(try await site.workflow().plan(engagement: nil).status == .done)
    }

    @Test
    func
        `an old router is refused with both lists, and reached when its algorithms are allowed, with a warning in plan and record`()
        async throws
    {
        let old = ["diffie-hellman-group14-sha1", "aes128-cbc", "hmac-sha1"]
        let site = try await LabSite()
        try await site.restartLab { topology in
            for index in topology.nodes.indices where topology.nodes[index].spec.name == "ams-edge-1" {
                topology.nodes[index].sshAlgorithms = old
            }
        }
        try site.narrow(to: ["ams-edge-1", "ams-core-1"])
        try await site.approve("spec", "alice")
        let text = await refusal(site).map { "\($0)" } ?? ""
        #expect(
            text.contains("the device offers diffie-hellman-group14-sha1") && text.contains("asbuilt offers curve25519-sha256"), "\(text)")
        #expect(text.contains("legacy-algorithms: [diffie-hellman-group14-sha1, aes128-cbc, hmac-sha1]"), "\(text)")
        try edit(site, "ams-edge-1", adding: "legacy-algorithms: [\(old.joined(separator: ", "))]")
        let plan = try await site.workflow().plan(engagement: nil)
        #expect(plan.status == .done)
        #expect(
            plan.findings.all.contains { $0.code == "plan.legacy-algorithms" && $0.device == "ams-edge-1" },
            "\(plan.findings)")
        try await site.approve("design", "bob")
        #expect(try await site.apply().status == .done)
        let record = try site.worked.read(WorkedSite.engagement + "/as-built/as-built.md")
        #expect(record.contains("old algorithm in use: diffie-hellman-group14-sha1 (kex)"), "\(record)")
    }

    @Test func `a change is carried out through a jump host, whose key is found and pinned like a device's`()
        async throws
    {
        let site = try await LabSite()
        try site.narrow(to: ["ams-edge-1", "ams-core-1"])
        let folder = try ScratchFolder("jump")
        let host = try SSHPrivateKey.generate()
        try host.export(to: folder.path + "host")
        let login = try SSHPrivateKey(file: site.worked.workspace + "/keys/netops")
        let jump = try OpenSSHDaemon(hostKeyFile: folder.path + "host", authorized: [login.publicKey.line])
        try site.worked.edit("inventory/devices.yaml") { text in
            text.replacing("user: netops", with: "user: \(NSUserName())")
        }
        for device in ["ams-edge-1", "ams-core-1"] {
            try edit(site, device, adding: "jump-hosts: [\"ssh://127.0.0.1:\(jump.port)\"]")
        }
        try await site.approve("spec", "alice")
        let end = ContinuousClock.now + .seconds(60)
        var text = ""
        // sshd listens a moment after it was started.
        repeat {
            text = await refusal(site).map { "\($0)" } ?? ""
        } while text.contains("refused the connection") && .now < end
        #expect(
            text.contains("the jump host 127.0.0.1:\(jump.port)") && text.contains("no host key is pinned"), "\(text)")
        let pinned = try await site.workflow().hostKeysPin(
            device: "ssh://127.0.0.1:\(jump.port)", fingerprint: host.publicKey.fingerprint)
        #expect(pinned.text.contains("jump") && pinned.text.contains("pinned now"))
        // The devices' own keys are read through it.
        let known = try await site.workflow().hostKeysPin(
            device: "ams-edge-1", fingerprint: try site.device("ams-edge-1").fingerprint)
        #expect(known.text.hasSuffix("pinned"))
        #expect(try await site.workflow().plan(engagement: nil).status == .done)
        try await site.approve("design", "bob")
        let answer = try await site.apply()
        #expect(answer.status == .done, "\(answer.text)\n\(answer.findings)")
    }

    @Test func `a change is carried out as the SSH configuration says: names, ports, keys, a jump host, old algorithms`()
        async throws
    {
        let old = ["diffie-hellman-group14-sha1", "aes128-cbc", "hmac-sha1"]
        let site = try await LabSite()
        try await site.restartLab { topology in
            for index in topology.nodes.indices where topology.nodes[index].spec.name == "ams-edge-1" {
                topology.nodes[index].sshAlgorithms = old
            }
        }
        try site.narrow(to: ["ams-edge-1", "ams-core-1"])
        let folder = try ScratchFolder("jump")
        let (host, own) = (try SSHPrivateKey.generate(), try SSHPrivateKey.generate())
        try host.export(to: folder.path + "host")
        try own.export(to: folder.path + "own")
        let jump = try OpenSSHDaemon(hostKeyFile: folder.path + "host", authorized: [own.publicKey.line])
        let (edge, core) = (try site.device("ams-edge-1").port, try site.device("ams-core-1").port)
        try site.worked.edit("inventory/known_hosts") { $0 + "[127.0.0.1]:\(jump.port) \(host.publicKey.line)\n" }
        try site.worked.edit("inventory/site.yaml") { $0 + "ssh-config: inventory/ssh_config\n" }
        try site.worked.edit("inventory/devices.yaml") { text in
            text.replacing("ssh://127.0.0.1:\(edge)", with: "ssh://edge-router").replacing(
                "ssh://127.0.0.1:\(core)", with: "ssh://core-router:\(core)"
            ).replacing("credentials: { user: netops, key: \"file:keys/netops\" }", with: "credentials: { user: netops }")
        }
        try site.worked.write(
            """
            Host gate
              HostName 127.0.0.1
              Port \(jump.port)
              User \(NSUserName())
              IdentityFile \(folder.path)missing
              IdentityFile "\(folder.path)own"
            Host *-router
              HostName 127.0.0.1
              IdentityFile \(site.worked.workspace)/keys/%r
            Host edge-router
              Port \(edge)
              ProxyJump gate
              KexAlgorithms +\(old[0])
              Ciphers \(old[1])
              MACs ^\(old[2])
            """, "inventory/ssh_config")
        let shown = try site.workflow().inventoryShow(device: "ams-edge-1", explain: true).text
        let way = "reached.cli: ssh://netops@127.0.0.1:\(edge) through ssh://\(NSUserName())@127.0.0.1:\(jump.port)"
        #expect(shown.contains(way), "\(shown)")
        #expect(shown.contains("offered.cli.Ciphers: aes128-cbc\n    inventory/ssh_config:14:3 (ssh-config)"), "\(shown)")
        try await site.approve("spec", "alice")
        try await Self.untilListening(jump.port)
        let plan = try await site.workflow().plan(engagement: nil)
        #expect(
            plan.findings.all.first { $0.code == "plan.legacy-algorithms" }?.what.hasSuffix(old.sorted().joined(separator: ", ")) == true,
            "\(plan.findings)")
        let lock = try site.worked.read(WorkedSite.engagement + "/plan/inventory.lock.json")
        let page = try site.workflow().showPlan(engagement: nil, asProcedure: false).text
        #expect(page.contains("reached as the SSH configuration says: ssh://netops@127.0.0.1:\(edge) through "), "\(page)")
        #expect(lock.contains("\"reached\":\"ssh://netops@127.0.0.1:\(edge) through "), "\(lock)")
        try await site.approve("design", "bob")
        let answer = try await site.apply()
        #expect(answer.status == .done, "\(answer.text)\n\(answer.findings)")
        let record = try site.worked.read(WorkedSite.engagement + "/as-built/as-built.md")
        #expect(record.contains("old algorithm in use: diffie-hellman-group14-sha1 (kex)"), "\(record)")
    }

    @Test func `another way to a device than the approved one is refused`() async throws {
        let site = try await LabSite()
        try site.narrow(to: ["ams-edge-1", "ams-core-1"])
        try site.worked.edit("inventory/site.yaml") { $0 + "ssh-config: inventory/ssh_config\n" }
        try site.worked.write("Host nobody\n  Port 9\n", "inventory/ssh_config")
        try await site.approveAll()
        let before = site.connections
        try site.worked.write("Host 127.0.0.1\n  ProxyJump elsewhere\n", "inventory/ssh_config")
        let findings = await #expect(throws: Findings.self) { try await site.apply() }
        #expect(findings.map { CommandStatus(findings: $0) } == .refused, "\(findings.map { "\($0)" } ?? "")")
        #expect(findings?.description.contains("inventory.lock.json") == true, "\(findings.map { "\($0)" } ?? "")")
        #expect(site.connections == before)
    }

    @Test func `one connection to a device carries a whole run, and each look from outside has its own`() async throws {
        let site = try await LabSite()
        try await site.approve("spec", "alice")
        func made(_ body: () async throws -> WorkflowAnswer) async throws -> [String: Int] {
            let before = site.connections
            let answer = try await body()
            #expect(answer.status == .done, "\(answer.text)\n\(answer.findings)")
            return site.connections.merging(before) { $0 - $1 }.filter { $0.value != 0 }
        }
        let devices = ["ams-edge-1", "ams-edge-2", "ams-core-1", "ams-core-2"]
        func each(_ count: Int) -> [String: Int] { Dictionary(uniqueKeysWithValues: devices.map { ($0, count) }) }
        #expect(try await made { try await site.workflow().plan(engagement: nil) } == each(1))
        try await site.approve("design", "bob")
        // Observed, changed, checked before and after, confirmed, saved and captured over one; logged in to anew when the
        // change is in effect, and once more at the end.
        #expect(try await made(site.apply) == each(3))
    }

    /// sshd listens a moment after it was started.
    private static func untilListening(_ port: Int) async throws {
        let ssh = try SSHConnector()
        let end = ContinuousClock.now + .seconds(60)
        let target = SSHTarget(host: "127.0.0.1", port: port, user: "")
        while (try? await ssh.scanHostKeys(of: target, deadline: end)) == nil { try #require(.now < end) }
    }

    @Test func `a change is carried out on devices that call, told apart by their host keys`() async throws {
        let site = try await LabSite()
        try site.narrow(to: ["ams-edge-1", "ams-core-1"])
        let port = try TestPort.free()
        // Nobody can dial them any more.
        try site.worked.edit("inventory/devices.yaml") { text in
            text.replacing("ssh://127.0.0.1:", with: "ssh://192.0.2.1:")
        }
        try site.worked.edit("inventory/known_hosts") { $0.replacing("[127.0.0.1]", with: "[192.0.2.1]") }
        try await site.approve("spec", "alice")
        let host = site.host
        let calling = Task { await host.callHome(to: "127.0.0.1", port: port) }
        defer { calling.cancel() }
        let plan = try await site.workflow().listening(at: "127.0.0.1:\(port)") { try await $0.plan(engagement: nil) }
        #expect(plan.status == .done)
        try await site.approve("design", "bob")
        let answer = try await site.workflow().listening(at: "127.0.0.1:\(port)") { workflow in
            try await workflow.apply(
                engagement: nil, as: "exec1@example.net", keyFile: site.worked.key("exec1"), report: { _ in })
        }
        #expect(answer.status == .done, "\(answer.text)\n\(answer.findings)")
        let record = try site.worked.read(WorkedSite.engagement + "/as-built/as-built.md")
        #expect(record.contains("the device called from 127.0.0.1:"), "\(record)")
    }

    @Test(arguments: [
        ("0.0.0.0:4334", "0.0.0.0", 4334), ("4335", "0.0.0.0", 4335), ("192.0.2.1", "192.0.2.1", 4334),
        ("[2001:db8::1]:9", "2001:db8::1", 9), ("[::]", "::", 4334), ("2001:db8::1", "2001:db8::1", 4334),
    ])
    func `a place to listen is an address, a port or both`(_ text: String, _ address: String, _ port: Int) throws {
        let place = try Workflow.callHomePlace(text)
        #expect(place.address == address && place.port == port)
    }

    @Test(arguments: ["", ":", "a:b", "127.0.0.1:70000", "[::1", "[::1]x"])
    func `what is no place to listen is refused with an example`(_ text: String) {
        let findings = #expect(throws: Findings.self) { try Workflow.callHomePlace(text) }
        #expect(findings?.all.first?.remedy.contains("0.0.0.0:4334") == true)
    }
}
