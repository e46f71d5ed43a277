import ChangeWorkflow
import Diagnostics
import Foundation
import TestSupport
import Testing

/// The worked engagement, cut to its two edge routers, planned against real FRR over SSH.
@Suite(.serialized) struct `Planning against real FRR routers` {
    private static let canary = "Canary-7f3a91"

    private struct Site {
        let scratch: ScratchFolder
        let routers: FRRRouters

        init() throws {
            routers = try FRRRouters(count: 2, basePort: 23760)
            scratch = try ScratchFolder("plan")
            let files = FileManager.default
            try files.createDirectory(
                at: scratch.url.appending(path: "site/engagements"), withIntermediateDirectories: true)
            try files.createDirectory(at: scratch.url.appending(path: "site/keys"), withIntermediateDirectories: true)
            try files.copyItem(
                at: Repository.root.appending(path: "inventory"), to: scratch.url.appending(path: "site/inventory"))
            try files.copyItem(
                at: Repository.root.appending(path: "lab/engagements/edge-transit"),
                to: scratch.url.appending(path: "site/engagements/edge-transit"))
            try files.copyItem(
                atPath: try routers.fact("PEER_KEY"), toPath: scratch.path + "site/keys/netops")
            try scratch.write(String(repeating: "5a", count: 32), to: "site/keys/plan-secrets")
            for key in ["netops", "plan-secrets"] {
                try files.setAttributes([.posixPermissions: 0o600], ofItemAtPath: scratch.path + "site/keys/\(key)")
            }
            var signers = ""
            for name in ["owner", "alice", "bob", "exec1"] {
                try ShellCommand.run(
                    "/usr/bin/ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", scratch.path + name])
                let key = try scratch.read("\(name).pub").split(separator: " ").prefix(2).joined(separator: " ")
                if name != "owner" { signers += "\(name)@example.net \(key)\n" }
            }
            try scratch.write(signers, to: "site/inventory/allowed_signers")
            try edit("inventory/devices.yaml") { text in
                text.replacing("22101", with: "\(routers.basePort + 1)").replacing("22102", with: "\(routers.basePort + 2)")
            }
            try edit("engagements/edge-transit/contract.yaml") { text in
                var text = text.replacing("eventually: 30s", with: "eventually: 2s").replacing("stable: 3s", with: "stable: 1s")
                    .replacing("site:ams and (role:edge or role:core)", with: "role:edge")
                    .replacing(" or name:ams-core-1", with: "")
                for (start, end) in [("  - id: core-bgp", "checks:"), ("    - id: core-up", "rollout:")] {
                    if let from = text.firstRange(of: start), let to = text.firstRange(of: end) {
                        text.removeSubrange(from.lowerBound..<to.lowerBound)
                    }
                }
                return text
            }
        }

        func edit(_ file: String, _ change: (String) -> String) throws {
            try scratch.write(change(try scratch.read("site/\(file)")), to: "site/\(file)")
        }

        func workflow(secret: String? = canary) -> Workflow {
            var environment = ["XDG_CONFIG_HOME": scratch.path + "config"]
            environment["TRANSIT_BGP_PASSWORD"] = secret
            return Workflow(
                startFolder: scratch.url.appending(path: "site/engagements/edge-transit", directoryHint: .isDirectory),
                environment: environment)
        }

        func approve(_ gate: String, _ person: String) async throws {
            _ = try await workflow().approve(
                gate, engagement: nil, as: "\(person)@example.net", keyFile: scratch.path + person, isLabOnly: false)
        }

        func apply(_ person: String) async throws -> WorkflowAnswer {
            try await workflow().apply(
                engagement: nil, as: "\(person)@example.net", keyFile: scratch.path + person, report: { _ in })
        }

        /// Files of the workspace, state and records included, that hold a text.
        func filesHolding(_ text: String) throws -> [String] {
            let root = scratch.path + "site"
            let needle = Data(text.utf8)
            return try FileManager.default.subpathsOfDirectory(atPath: root).filter { name in
                var isFolder: ObjCBool = false
                guard FileManager.default.fileExists(atPath: "\(root)/\(name)", isDirectory: &isFolder), !isFolder.boolValue
                else { return false }
                return try Data(contentsOf: URL(filePath: "\(root)/\(name)")).range(of: needle) != nil
            }
        }

        /// Every file of the plan with its text.
        func plan() throws -> [String: String] {
            let folder = "site/engagements/edge-transit/plan"
            let names = try FileManager.default.contentsOfDirectory(atPath: scratch.path + folder)
            return try Dictionary(uniqueKeysWithValues: names.map { ($0, try scratch.read("\(folder)/\($0)")) })
        }
    }

    private func refusal(_ body: () async throws -> WorkflowAnswer) async throws -> (codes: Set<String>, CommandStatus) {
        do {
            let answer = try await body()
            Issue.record("was not refused")
            return ([], answer.status)
        } catch let findings as Findings {
            return (Set(findings.all.filter { $0.severity == .error }.map(\.code)), CommandStatus(findings: findings))
        }
    }

    @Test func `gates, host keys and secrets stand before the plan, and the plan is the same twice`() async throws {
        let site = try Site()
        _ = try await site.workflow().trustSign(keyFile: site.scratch.path + "owner")
        _ = try site.workflow().trustPin(publicKey: site.scratch.path + "owner.pub")

        // Without Gate 1 nothing is contacted.
        var refused = try await refusal { try await site.workflow().plan(engagement: nil) }
        #expect(refused == (["gate.not-approved"], .refused))
        refused = try await refusal {
            try await site.workflow().assess(engagement: nil, decision: nil, as: nil, reason: nil)
        }
        #expect(refused == (["gate.not-approved"], .refused))
        try await site.approve("spec", "alice")

        // A host key that is not pinned is a refusal; a missing secret stops before any contact.
        refused = try await refusal { try await site.workflow().plan(engagement: nil) }
        #expect(refused == (["hostkey.refused"], .refused))
        refused = try await refusal { try await site.workflow(secret: nil).plan(engagement: nil) }
        #expect(refused == (["credential.missing"], .invalid))
        #expect(throws: (any Error).self) { try site.plan() }

        let wrong = try await refusal {
            try await site.workflow().hostKeysPin(device: "ams-edge-1", fingerprint: "SHA256:somethingelse")
        }
        #expect(wrong == (["hostkey.not-offered"], .refused))
        let stranger = try await refusal { try await site.workflow().hostKeysScan(devices: "role:edge", as: "eve@example.net") }
        #expect(stranger == (["policy.standing-read"], .refused))
        let fingerprint = try site.routers.fact("PEER_HOSTKEY_SHA256")
        let scan = try await site.workflow().hostKeysScan(devices: "role:edge", as: "bob@example.net")
        #expect(scan.text.contains("ams-edge-2 cli  ssh-ed25519  \(fingerprint)  not pinned"))
        for device in ["ams-edge-1", "ams-edge-2", "ams-edge-2"] {
            _ = try await site.workflow().hostKeysPin(device: device, fingerprint: fingerprint)
        }
        #expect(try site.scratch.read("site/inventory/known_hosts").split(separator: "\n").count == 2)
        // The rules of the example are not met before the change, and the cores cannot be read: neither is green.
        let rules = "../../inventory/rules/edge.yaml"
        let live = try await site.workflow().compliance(
            rules: rules, input: nil, devices: "role:edge", as: "bob@example.net", junit: nil)
        #expect(live.status == .differences)
        #expect(live.text.contains("own-prefix-only") && live.text.contains("ams-edge-2"))
        let unread = try await site.workflow().compliance(
            rules: rules, input: nil, devices: "site:ams", as: "bob@example.net", junit: nil)
        #expect(unread.status == .notDone)
        let nobody = try await refusal {
            try await site.workflow().compliance(rules: rules, input: nil, devices: "role:edge", as: "eve@example.net", junit: nil)
        }
        #expect(nobody == (["policy.standing-read"], .refused))

        let undecided = try await site.workflow().assess(engagement: nil, decision: nil, as: nil, reason: nil)
        #expect(undecided.text.contains("decision: open"))
        let facts = try site.scratch.read("site/engagements/edge-transit/feasibility/ams-edge-1.json")
        #expect(facts.contains(fingerprint) && facts.contains("\"protection\":\"executor only\""))
        _ = try await site.workflow().assess(
            engagement: nil, decision: .feasible, as: "dana@example.net", reason: "both speak \"BGP\"")
        let page = try site.scratch.read("site/engagements/edge-transit/feasibility.md")
        #expect(page.contains("decision: feasible\ndecided-by: dana@example.net\n"))
        let again = try await refusal {
            try await site.workflow().assess(engagement: nil, decision: .not, as: "dana@example.net", reason: "no")
        }
        #expect(again.codes == ["assess.decided"])
        #expect(try site.scratch.read("site/engagements/edge-transit/feasibility.md") == page)

        #expect(try await site.workflow().plan(engagement: nil).status == .done)
        let first = try site.plan()
        #expect(first.count == 10)
        let forward = try #require(first["ams-edge-2.forward"])
        #expect(forward.contains("neighbor 198.51.100.6 password @secret(env:TRANSIT_BGP_PASSWORD)@"))
        #expect(first["ams-edge-2.backout"]?.contains("no router bgp 64500") == true)
        #expect(!first.values.contains { $0.contains(Self.canary) })
        let second = try await site.workflow().plan(engagement: nil)
        #expect(try site.plan() == first)
        #expect(!second.json.contains(Self.canary) && !second.text.contains(Self.canary))
        let view = try site.workflow().showPlan(engagement: nil, asProcedure: false)
        #expect(view.text.contains("protection  executor only"))

        // Gate 2 locks it: from now on it is only compared.
        try await site.approve("design", "bob")
        let locked = try await site.workflow().plan(engagement: nil)
        #expect(locked.status == .done)
        #expect(locked.text.contains("the same bytes as approved; nothing was written"))
        let other = try await site.workflow(secret: "Another-1").plan(engagement: nil)
        #expect(other.status == .differences)
        #expect(other.text.contains("plan/plan.json"))
        #expect(try site.plan() == first)
        #expect(try await site.workflow().status(engagement: nil).text.contains("Gate 2 (design): granted"))

        // Nobody is at the other end, so the session check fails: both routers are taken back, and the record says so.
        let refusedExecutor = try await refusal { try await site.apply("bob") }
        #expect(refusedExecutor == (["policy.executor"], .refused))
        let back = try await site.apply("exec1")
        #expect(back.status == .notDone, "\(back.text)")
        #expect(back.text.contains("ams-edge-1  backed-out") && back.text.contains("ams-edge-2  backed-out"), "\(back.text)")
        #expect(back.text.contains("AC-1  failed"))
        #expect(try await site.workflow().plan(engagement: nil).status == .done)
        #expect(try site.scratch.read("site/engagements/edge-transit/as-built/as-built.md").contains("ams-edge-1"))

        // A byte of a covered file: refused, and nothing was opened.
        try site.edit("engagements/edge-transit/vars/all.yaml") { $0 + "\n" }
        let changed = try await refusal { try await site.apply("exec1") }
        #expect(changed == (["gate.changed-file"], .refused))

        // The next cycle checks something that holds: the change is kept, and a second plan has nothing to do.
        _ = try await site.workflow().amend(engagement: nil)
        try site.edit("engagements/edge-transit/contract.yaml") { text in
            text.replacing("$.ipv4Unicast.peers.*.state", with: "$.ipv4Unicast.as").replacing("equals: Established", with: "equals: 64500")
        }
        try await site.approve("spec", "alice")
        _ = try await site.workflow().plan(engagement: nil)
        try await site.approve("design", "bob")
        let done = try await site.apply("exec1")
        #expect(done.status == .done, "\(done.text) \(done.json)")
        #expect(done.text.contains("ams-edge-1  kept") && done.text.contains("ams-edge-2  kept"), "\(done.text)")
        let nothing = try await site.workflow().plan(engagement: nil)
        #expect(nothing.status == .done)
        #expect(nothing.text.contains("nothing to do on any device"))
        let leaks = try site.filesHolding(Self.canary)
        #expect(leaks.isEmpty, "\(leaks)")
    }
}
