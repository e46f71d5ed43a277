import ChangeWorkflow
import Diagnostics
import Foundation
import TestSupport
import Testing

/// The worked engagement, cut to its two edge routers, carried from Gate 1 to the verified record on real FRR over SSH.
@Suite(.serialized) struct `An engagement on real FRR routers` {
    private static let canary = "Canary-7f3a91"

    private struct Site {
        let worked: WorkedSite
        let routers: FRRRouters
        var scratch: ScratchFolder { worked.scratch }

        init() async throws {
            routers = try await FRRRouters(count: 2, basePort: FreePorts.block(of: 4))
            worked = try WorkedSite(people: ["owner", "alice", "bob", "exec1"])
            let files = FileManager.default
            try files.createDirectory(atPath: worked.workspace + "/keys", withIntermediateDirectories: true)
            try files.copyItem(atPath: try routers.fact("PEER_KEY"), toPath: worked.workspace + "/keys/netops")
            try worked.write(String(repeating: "5a", count: 32), "keys/plan-secrets")
            for key in ["netops", "plan-secrets"] {
                try files.setAttributes([.posixPermissions: 0o600], ofItemAtPath: "\(worked.workspace)/keys/\(key)")
            }
            try edit("inventory/devices.yaml") { text in
                text.replacing("22101", with: "\(routers.basePort + 1)").replacing(
                    "22102", with: "\(routers.basePort + 2)")
            }
            try edit("engagements/edge-transit/contract.yaml") { text in
                var text = text.replacing("eventually: 30s", with: "eventually: 2s").replacing(
                    "stable: 3s", with: "stable: 1s"
                )
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

        func edit(_ file: String, _ change: (String) -> String) throws { try worked.edit(file, change) }

        /// - Parameter engagement: name of its folder below `engagements/`.
        func workflow(secret: String? = canary, in engagement: String = "edge-transit") -> Workflow {
            var environment = worked.environment
            environment["TRANSIT_BGP_PASSWORD"] = secret
            return Workflow(
                startFolder: URL(
                    filePath: "\(worked.workspace)/engagements/\(engagement)", directoryHint: .isDirectory),
                environment: environment)
        }

        /// What somebody types at a router, past all gates.
        func byHand(_ router: Int, _ commands: [String]) throws {
            try ShellCommand.run(
                "/usr/bin/vtysh",
                [
                    "--vty_socket", "\(routers.scratch.path)peers/r\(router)", "--config_dir",
                    "\(routers.scratch.path)peers/r\(router)",
                ]
                    + commands.flatMap { ["-c", $0] })
        }

        func approve(_ gate: String, _ person: String) async throws {
            _ = try await workflow().approve(
                gate, engagement: nil, as: "\(person)@example.net", keyFile: scratch.path + person, isLabOnly: false)
        }

        func trust() async throws {
            _ = try await workflow().trustSign(keyFile: scratch.path + "owner")
            _ = try workflow().trustPin(publicKey: scratch.path + "owner.pub")
        }

        func close(_ reasons: [String]) async throws -> WorkflowAnswer {
            try await workflow().close(
                engagement: nil, as: "bob@example.net", keyFile: scratch.path + "bob", reasons: reasons, learnings: [])
        }

        func apply(_ person: String, secret: String = canary) async throws -> WorkflowAnswer {
            try await workflow(secret: secret).apply(
                engagement: nil, as: "\(person)@example.net", keyFile: scratch.path + person, report: { _ in })
        }

        /// Pins both routers' key, reads nothing else.
        func pinHostKeys() async throws {
            let fingerprint = try routers.fact("PEER_HOSTKEY_SHA256")
            for device in ["ams-edge-1", "ams-edge-2"] {
                _ = try await workflow().hostKeysPin(device: device, fingerprint: fingerprint)
            }
        }

        /// Both gates passed over a plan of what the routers show now.
        func approveAll() async throws {
            try await approve("spec", "alice")
            _ = try await workflow().plan(engagement: nil)
            try await approve("design", "bob")
        }

        /// A check that holds on these routers in place of the one that needs somebody at the other end.
        func expectOwnSystem() throws {
            try edit("engagements/edge-transit/contract.yaml") { text in
                text.replacing("$.ipv4Unicast.peers.*.state", with: "$.ipv4Unicast.as")
                    .replacing("equals: Established", with: "equals: 64500")
            }
        }

        /// Files of the workspace, state and records included, that hold a text.
        func filesHolding(_ text: String) throws -> [String] {
            let root = scratch.path + "site"
            let needle = Data(text.utf8)
            return try FileManager.default.subpathsOfDirectory(atPath: root).filter { name in
                var isFolder: ObjCBool = false
                guard FileManager.default.fileExists(atPath: "\(root)/\(name)", isDirectory: &isFolder),
                    !isFolder.boolValue
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

    private func refusal(_ body: () async throws -> WorkflowAnswer) async throws -> (codes: Set<String>, CommandStatus)
    {
        do {
            let answer = try await body()
            Issue.record("was not refused")
            return ([], answer.status)
        } catch let findings as Findings {
            return (Set(findings.all.filter { $0.severity == .error }.map(\.code)), CommandStatus(findings: findings))
        }
    }

    @Test func `nothing is contacted before its gate, and the plan is the same twice`() async throws {
        let site = try await Site()
        try await site.trust()
        let before = try site.routers.connections()

        // Without Gate 1, and after a file it locks was changed, nothing is contacted.
        func expectRefusal(_ code: String) async throws {
            #expect(try await refusal { try await site.workflow().plan(engagement: nil) } == ([code], .refused))
            let assessing = try await refusal {
                try await site.workflow().assess(engagement: nil, decision: nil, as: nil, reason: nil)
            }
            #expect(assessing == ([code], .refused))
        }
        try await expectRefusal("gate.not-approved")
        try await site.approve("spec", "alice")
        try site.edit("engagements/edge-transit/spec.md") { $0 + "\n" }
        try await expectRefusal("gate.changed-file")
        try site.edit("engagements/edge-transit/spec.md") { String($0.dropLast()) }
        #expect(try site.routers.connections() == before)

        // A missing secret stops before any contact; a host key that is not pinned is a refusal.
        var refused = try await refusal { try await site.workflow(secret: nil).plan(engagement: nil) }
        #expect(refused == (["credential.missing"], .invalid))
        #expect(try site.routers.connections() == before)
        refused = try await refusal { try await site.workflow().plan(engagement: nil) }
        #expect(refused == (["hostkey.unknown"], .refused))
        #expect(throws: (any Error).self) { try site.plan() }

        // Host keys: somebody who may look, the fingerprint that was compared, one line a device.
        refused = try await refusal {
            try await site.workflow().hostKeysScan(devices: "role:edge", as: "eve@example.net")
        }
        #expect(refused == (["policy.standing-read"], .refused))
        refused = try await refusal {
            try await site.workflow().hostKeysPin(device: "ams-edge-1", fingerprint: "SHA256:somethingelse")
        }
        #expect(refused == (["hostkey.not-offered"], .refused))
        let fingerprint = try site.routers.fact("PEER_HOSTKEY_SHA256")
        let scan = try await site.workflow().hostKeysScan(devices: "role:edge", as: "bob@example.net")
        #expect(scan.text.contains("ams-edge-2 cli  ssh-ed25519  \(fingerprint)  not pinned"))
        try await site.pinHostKeys()
        try await site.pinHostKeys()
        // The counter counts: scanning and pinning did connect.
        #expect(try site.routers.connections() > before)
        #expect(try site.scratch.read("site/inventory/known_hosts").split(separator: "\n").count == 2)

        // Feasibility: facts of the devices, and a decision that is never replaced.
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

        // The plan.
        #expect(try await site.workflow().plan(engagement: nil).status == .done)
        let first = try site.plan()
        #expect(first.count == 10)
        let forward = try #require(first["ams-edge-2.forward"])
        #expect(forward.contains("neighbor 198.51.100.6 password @secret(env:TRANSIT_BGP_PASSWORD)@"))
        #expect(first["ams-edge-2.backout"]?.contains("no router bgp 64500") == true)
        let second = try await site.workflow().plan(engagement: nil)
        #expect(try site.plan() == first)
        #expect(!second.json.contains(Self.canary) && !second.text.contains(Self.canary))
        #expect(
            try site.workflow().showPlan(engagement: nil, asProcedure: false).text.contains("protection  executor only")
        )

        // Gate 2 locks it: from now on it is only compared.
        try await site.approve("design", "bob")
        let locked = try await site.workflow().plan(engagement: nil)
        #expect(locked.status == .done)
        #expect(locked.text.contains("the same bytes as approved; nothing was written"))
        let other = try await site.workflow(secret: "Another-1").plan(engagement: nil)
        #expect(other.status == .differences)
        #expect(other.text.contains("plan/plan.json"))
        #expect(try site.plan() == first)
        #expect(try site.filesHolding(Self.canary) == [])
    }

    @Test func `live devices are judged by golden rules, and one that cannot be read is never green`() async throws {
        let site = try await Site()
        try await site.trust()
        try await site.pinHostKeys()
        let rules = "../../inventory/rules/edge.yaml"
        func judge(_ devices: String, _ who: String) async throws -> WorkflowAnswer {
            try await site.workflow().compliance(rules: rules, input: nil, devices: devices, as: who, junit: nil)
        }
        let live = try await judge("role:edge", "bob@example.net")
        #expect(live.status == .differences)
        #expect(live.text.contains("own-prefix-only") && live.text.contains("ams-edge-2"))
        #expect(try await judge("site:ams", "bob@example.net").status == .notDone)
        #expect(
            try await refusal { try await judge("role:edge", "eve@example.net") } == (
                ["policy.standing-read"], .refused
            ))
    }

    @Test func `a failed check takes both routers back, and an approval that was touched reaches neither`() async throws
    {
        let site = try await Site()
        try await site.trust()
        try await site.pinHostKeys()
        try await site.approveAll()
        let approved = try site.plan()

        #expect(try await refusal { try await site.apply("bob") } == (["policy.not-executor"], .refused))
        // Nobody is at the other end of the session, so its check fails.
        let back = try await site.apply("exec1")
        #expect(back.status == .notDone, "\(back.text)")
        #expect(
            back.text.contains("ams-edge-1  backed-out") && back.text.contains("ams-edge-2  backed-out"), "\(back.text)"
        )
        #expect(back.text.contains("AC-1  failed"))
        // Where they were: the plan computed from them now is the one that was approved.
        #expect(try await site.workflow().plan(engagement: nil).text.contains("the same bytes as approved"))
        #expect(try site.plan() == approved)
        #expect(try site.scratch.read("site/engagements/edge-transit/as-built/as-built.md").contains("ams-edge-1"))

        // A byte of a covered file, a file that was added, another secret: refused, and no connection was opened.
        let before = try site.routers.connections()
        try site.edit("engagements/edge-transit/vars/all.yaml") { $0 + "\n" }
        #expect(try await refusal { try await site.apply("exec1") } == (["gate.changed-file"], .refused))
        try site.edit("engagements/edge-transit/vars/all.yaml") { String($0.dropLast()) }
        try site.scratch.write("x", to: "site/engagements/edge-transit/templates/more.j2")
        #expect(try await refusal { try await site.apply("exec1") } == (["gate.unlisted-file"], .refused))
        try FileManager.default.removeItem(
            atPath: site.scratch.path + "site/engagements/edge-transit/templates/more.j2")
        #expect(
            try await refusal { try await site.apply("exec1", secret: "Another-1") } == (
                ["plan.stale-secret"], .refused
            ))
        try site.edit("inventory/devices.yaml") {
            $0.replacing("description: ams-core-1", with: "description: elsewhere")
        }
        let moved = try await refusal { try await site.apply("exec1") }
        #expect(moved == (["plan.stale-inventory"], .refused))
        #expect(try site.routers.connections() == before)
        #expect(try site.filesHolding(Self.canary) == [])
    }

    @Test func `a change that holds is kept, recorded, closed and verified, and a second plan has nothing to do`()
        async throws
    {
        let site = try await Site()
        try await site.trust()
        try await site.pinHostKeys()
        try site.expectOwnSystem()
        try await site.approveAll()
        let done = try await site.apply("exec1")
        #expect(done.status == .done, "\(done.text)")
        #expect(done.text.contains("ams-edge-1  kept") && done.text.contains("ams-edge-2  kept"), "\(done.text)")
        let nothing = try await site.workflow().plan(engagement: nil)
        #expect(nothing.status == .done)
        #expect(nothing.text.contains("nothing to do on any device"))

        // The approval was good for one kept run; going on with the finished one changes nothing.
        #expect(try await refusal { try await site.apply("exec1") } == (["gate.runs-used-up"], .refused))
        let run = try #require(done.text.split(separator: " ").dropFirst().first?.dropLast())
        let before = try site.routers.connections()
        let resumed = try await site.workflow().resume(
            run: String(run), engagement: nil, as: "exec1@example.net", keyFile: site.scratch.path + "exec1",
            report: { _ in })
        #expect(resumed.status == .done)
        #expect(resumed.json == done.json)
        #expect(try site.routers.connections() == before)

        // A person gives the reasons; then the chain is whole, and a byte breaks it.
        let shown = try site.workflow().showRecord(engagement: nil)
        let open = try await refusal { try await site.close([]) }
        #expect(open.codes == ["close.reason-missing"])
        #expect(shown.text.contains("AC-3"))
        #expect(
            try await site.close(["D-1=no core router takes part in this test"]).text.contains(
                "closed; it is now the baseline"))
        let verified = try await site.workflow().verify(engagement: nil, trustFile: nil)
        #expect(verified.status == .done, "\(verified.text) \(verified.findings)")
        #expect(verified.text.contains("the chain is whole") && verified.text.contains("trust: pinned"))
        let baseline = try await site.workflow().baseline(device: "ams-edge-1")
        #expect(baseline.text.contains("router bgp 64500 › neighbor 198.51.100.2 remote-as 64496"))
        try site.edit("engagements/edge-transit/as-built/as-built.md") { $0 + " " }
        #expect(try await site.workflow().verify(engagement: nil, trustFile: nil).status == .differences)
        #expect(try site.filesHolding(Self.canary) == [])
    }

    @Test func `drift is found by its section, put right by a draft from the record, and the fix can be taken back`()
        async throws
    {
        let site = try await Site()
        try await site.trust()
        try await site.pinHostKeys()
        try site.expectOwnSystem()
        try await site.approveAll()
        #expect(try await site.apply("exec1").status == .done)
        _ = try await site.close(["D-1=no core router takes part in this test"])

        try site.byHand(
            1,
            [
                "configure terminal", "router bgp 64500", "no neighbor 198.51.100.2 description",
                "address-family ipv4 unicast", "no network 203.0.113.0/24", "end", "write memory",
            ])
        let drift = try await site.workflow().compliance(
            rules: nil, againstRecords: true, input: nil, devices: "role:edge", as: "bob@example.net", junit: nil)
        #expect(drift.status == .differences)
        #expect(
            drift.text.contains("router bgp 64500 › address-family ipv4 unicast › network 203.0.113.0/24"),
            "\(drift.text)")
        #expect(drift.text.contains("1 of 2 devices compliant") && drift.next?.contains("--from RECORD") == true)

        let draft = try await site.workflow().initialise(
            "../put-right", devices: nil, title: nil, ticket: nil, authors: ["dana@example.net"], from: ["newest"])
        #expect(draft.text.contains("put-right/templates/transit-bgp.j2"))
        #expect(try site.scratch.read("site/engagements/put-right/engagement.yaml").contains("starts-from: [\""))
        let fix = site.workflow(in: "put-right")
        func sign(_ gate: String, _ person: String) async throws {
            _ = try await fix.approve(
                gate, engagement: nil, as: "\(person)@example.net", keyFile: site.scratch.path + person,
                isLabOnly: false)
        }
        try await sign("spec", "alice")
        let plan = try await fix.plan(engagement: nil)
        #expect(plan.text.contains("ams-edge-2  nothing to do"), "\(plan.text)")
        let forward = try site.scratch.read("site/engagements/put-right/plan/ams-edge-1.forward")
        #expect(
            Set(forward.split(separator: "\n").map(String.init)) == [
                "! step 1", "router bgp 64500", "neighbor 198.51.100.2 description transit-1 AS64496",
                "address-family ipv4 unicast",
                "network 203.0.113.0/24", "exit-address-family", "exit",
            ], "\(forward)")
        try await sign("design", "bob")
        let stop = AbortSwitch()
        let done = try await fix.apply(
            engagement: nil, as: "exec1@example.net", keyFile: site.scratch.path + "exec1", abort: stop,
            report: { _ in })
        #expect(done.status == .done, "\(done.text)\n\(done.findings)")
        let back = try await fix.rollback(
            run: try #require(stop.run), engagement: nil, as: "exec1@example.net", keyFile: site.scratch.path + "exec1",
            report: { _ in })
        #expect(back.status == .done, "\(back.text)\n\(back.findings)")
        #expect(try await fix.plan(engagement: nil).text.contains("the same bytes as approved"))
        #expect(try site.filesHolding(Self.canary) == [])
    }
}
