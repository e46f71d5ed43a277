import CanonicalData
import ChangeWorkflow
import DeviceInventory
import Diagnostics
import Foundation
import SSHTransport
import TestSupport
import Testing

/// The worked engagement with people, and its trust root pinned.
struct Site {
    let worked: WorkedSite
    let workflow: Workflow
    var scratch: ScratchFolder { worked.scratch }

    init() async throws {
        worked = try WorkedSite(people: ["owner", "alice", "bob", "exec1"])
        workflow = Workflow(startFolder: worked.engagementFolder, environment: worked.environment)
        _ = try await workflow.trustSign(keyFile: key("owner"))
        _ = try workflow.trustPin(publicKey: key("owner") + ".pub")
    }

    func key(_ name: String) -> String { worked.key(name) }

    func edit(_ file: String, _ old: String, _ new: String) throws {
        try worked.edit("\(WorkedSite.engagement)/\(file)") { $0.replacing(old, with: new) }
    }

    func approve(_ gate: String, _ person: String) async throws -> WorkflowAnswer {
        try await workflow.approve(
            gate, engagement: nil, as: "\(person)@example.net", keyFile: key(person), isLabOnly: false)
    }

    func refusal(_ body: () async throws -> WorkflowAnswer) async -> (codes: [String], status: CommandStatus) {
        do {
            let answer = try await body()
            return ([], answer.status)
        } catch let findings as Findings { return (findings.all.map(\.code), CommandStatus(findings: findings)) } catch {
            Issue.record(error)
            return ([], .bug)
        }
    }
}

@Suite struct `An engagement before devices are met` {
    @Test func `check reads everything and names the next step`() async throws {
        let site = try await Site()
        let answer = try await site.workflow.check(engagement: nil)
        #expect(answer.status == .done)
        #expect(answer.text.contains("ams-edge-1  frr over cli, 18 lines"))
        #expect(answer.text.contains("trust: pinned"))
        #expect(answer.next == "asbuilt approve spec --as PRINCIPAL --key FILE")
    }

    @Test func `check stops at an undefined variable, with the caret under it, before any gate`() async throws {
        let site = try await Site()
        try site.edit("templates/transit-bgp.j2", "{{ router_id }}", "{{ ruter_id }}")
        let refused = await site.refusal { try await site.workflow.check(engagement: nil) }
        #expect(refused.codes == ["template.UndefinedError"])
        #expect(refused.status == .invalid)
    }

    @Test func `check shows every undefined variable of every template at once`() async throws {
        let site = try await Site()
        try site.edit("templates/transit-bgp.j2", "{{ router_id }}", "{{ ruter_id }}{{ not_there | upper }}{{ nor.this }}")
        try site.edit("templates/core-bgp.xml.j2", "<as>{{ asn }}</as>", "<as>{{ as_number }}</as>")
        let refused = await site.refusal { try await site.workflow.check(engagement: nil) }
        #expect(refused.codes == [String](repeating: "template.UndefinedError", count: 4))
        #expect(refused.status == .invalid)
    }

    @Test func `check tests NETCONF content by the modules of its platform, and names the template line`() async throws {
        let site = try await Site()
        try site.edit("templates/core-bgp.xml.j2", "<as>{{ asn }}</as>", "<as>{{ asn }}x</as>")
        do {
            _ = try await site.workflow.check(engagement: nil)
            Issue.record("a number with a letter in it was taken")
        } catch {
            #expect(CommandStatus(findings: error) == .invalid)
            #expect(error.all.count == 1, "\(error.all)")
            let found = try #require(error.all.first)
            #expect(found.position?.file == "templates/core-bgp.xml.j2" && found.position?.line == 10)
            #expect(found.device == "ams-core-1, ams-core-2")
        }
    }

    @Test func `a secret is a placeholder in what is rendered`() async throws {
        let site = try await Site()
        let answer = try await site.workflow.render(engagement: nil, device: "ams-edge-1", annotate: true)
        #expect(answer.text.contains("password @secret(env:TRANSIT_BGP_PASSWORD)@"))
        #expect(answer.text.contains("templates/macros.j2:2 < templates/transit-bgp.j2:9"))
        #expect(answer.json.contains("\"provenance\""))
    }

    @Test func `the right person opens Gate 1, the wrong one is refused with who could`() async throws {
        let site = try await Site()
        let refused = await site.refusal { try await site.approve("spec", "bob") }
        #expect(refused.codes == ["policy.role-not-asked"])
        #expect(refused.status == .refused)
        #expect(try await site.workflow.status(engagement: nil).text.contains("Gate 1 (spec): not opened"))
        #expect(try await site.approve("spec", "alice").text.contains("signed by alice@example.net"))
        let status = try await site.workflow.status(engagement: nil)
        #expect(status.text.contains("Gate 1 (spec): granted"))
        #expect(status.next == "asbuilt approve design --as bob@example.net --key FILE")
    }

    @Test func `a changed file voids the gate, and amend opens the next cycle`() async throws {
        let site = try await Site()
        _ = try await site.approve("spec", "alice")
        try site.edit("spec.md", "Amsterdam", "Rotterdam")
        let status = try await site.workflow.status(engagement: nil)
        #expect(status.text.contains("Gate 1 (spec): refused"))
        #expect(status.text.contains("spec.md was changed: approved "))
        #expect(try await site.workflow.amend(engagement: nil).text.contains("cycle 2"))
        #expect(try await site.workflow.status(engagement: nil).text.contains("Gate 1 (spec): not opened"))
        #expect(try await site.approve("spec", "alice").text.contains("spec.md"))
    }

    @Test func `the design cannot be approved without a plan`() async throws {
        let site = try await Site()
        _ = try await site.approve("spec", "alice")
        let refused = await site.refusal { try await site.approve("design", "bob") }
        #expect(refused.codes == ["gate.no-plan"])
        #expect(refused.status == .refused)
    }

    @Test func `a policy edited after it was signed stops every engagement command`() async throws {
        let site = try await Site()
        let policy = try site.scratch.read("site/inventory/policy.yaml")
        try site.scratch.write(
            policy.replacingOccurrences(of: "architect: [alice@example.net]", with: "architect: [bob@example.net]"),
            to: "site/inventory/policy.yaml")
        for body in [
            { try await site.approve("spec", "bob") }, { try await site.workflow.check(engagement: nil) },
            { try await site.workflow.trustStatus() },
        ] as [() async throws -> WorkflowAnswer] {
            let refused = await site.refusal(body)
            #expect(refused.codes == ["trust.policy-changed"])
            #expect(refused.status == .refused)
        }
    }

    @Test func `outside an engagement the error says where to go`() async throws {
        let site = try await Site()
        let elsewhere = Workflow(startFolder: site.scratch.url, environment: [:])
        #expect(await site.refusal { try await elsewhere.check(engagement: nil) }.codes == ["engagement.not-found"])
        #expect(await site.refusal { try await elsewhere.check(engagement: "nowhere") }.codes == ["engagement.not-found"])
    }
}

@Suite struct `An approval for lab devices only` {
    /// Pins a new key for each device of the worked site, marked as the lab's; its private halves lie in `state`.
    func pinLabKeys(_ site: Site, marked: Bool = true) throws -> URL {
        let state = site.scratch.url.appending(path: "state")
        try FileManager.default.createDirectory(at: state, withIntermediateDirectories: true)
        let lines = try (22101...22104).map { port in
            let key = try SSHPrivateKey.generate()
            let file = state.appending(path: "\(port)").path
            try key.export(to: file)
            return marked
                ? LabHostKey.line(host: "127.0.0.1", port: port, key: key.publicKey, privateKeyFile: file)
                : HostKeyIndex.line(host: "127.0.0.1", port: port, key: key.publicKey)
        }
        try site.worked.write(lines.joined(separator: "\n") + "\n", "inventory/known_hosts")
        return state
    }

    func approveForLab(_ site: Site) async throws -> WorkflowAnswer {
        try await site.workflow.approve(
            "spec", engagement: nil, as: "alice@example.net", keyFile: site.key("alice"), isLabOnly: true)
    }

    @Test func `is not signed for devices whose host keys no lab made`() async throws {
        let site = try await Site()
        let codes = Array(repeating: "gate.lab-only", count: 4)
        #expect(await site.refusal { try await approveForLab(site) }.codes == codes)
        _ = try pinLabKeys(site, marked: false)
        #expect(await site.refusal { try await approveForLab(site) }.codes == codes)
        #expect(try await site.workflow.status(engagement: nil).text.contains("Gate 1 (spec): not opened"))
    }

    @Test func `counts while the lab's private keys are there, and no longer`() async throws {
        let site = try await Site()
        let state = try pinLabKeys(site)
        _ = try await approveForLab(site)
        let status = try await site.workflow.status(engagement: nil)
        #expect(status.text.contains("Gate 1 (spec): granted"))
        #expect(status.text.contains("(lab only)"))
        try FileManager.default.removeItem(at: state.appending(path: "22103"))
        let after = try await site.workflow.status(engagement: nil)
        #expect(!after.text.contains("Gate 1 (spec): granted"))
        #expect(after.text.contains("ams-core-1 is not a lab device"))
    }

    /// Where only the folder is known, the lock says how devices are reached.
    @Test(arguments: [([], true), (["ssh://192.0.2.1:22"], false)] as [([String], Bool)])
    func `does not count later for a device behind a jump host`(_ hops: [String], _ isGood: Bool) async throws {
        let site = try await Site()
        _ = try pinLabKeys(site)
        _ = try await approveForLab(site)
        let lock = InventoryLock(devices: [
            .init(
                name: "ams-edge-1", platform: "frr", endpoints: ["cli": "ssh://127.0.0.1:22101"], hostKeys: [:],
                credentials: ["user": "netops"], legacyAlgorithms: [], jumpHosts: hops, values: [:])
        ])
        let folder = "site/engagements/edge-transit"
        try site.scratch.write(
            try CanonicalJSON.text(lock), to: "\(folder)/plan/inventory.lock.json")
        let copy = site.scratch.url.appending(path: "received")
        try FileManager.default.copyItem(at: site.scratch.url.appending(path: folder), to: copy)
        let verified = try await Workflow(startFolder: copy, environment: [:]).verify(engagement: nil, trustFile: nil)
        let told = verified.findings.all.filter { $0.what.contains("ams-edge-1 is not a lab device") }
        #expect(told.isEmpty == isGood, "\(verified.findings)")
    }

    @Test func `does not count for a device that moved off loopback`() async throws {
        let site = try await Site()
        _ = try pinLabKeys(site)
        _ = try await approveForLab(site)
        try site.worked.edit("inventory/devices.yaml") { $0.replacing("127.0.0.1:22101", with: "192.0.2.1:22101") }
        #expect(try await !site.workflow.status(engagement: nil).text.contains("Gate 1 (spec): granted"))
    }
}
