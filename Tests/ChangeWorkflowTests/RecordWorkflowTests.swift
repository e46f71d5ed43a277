import AsBuiltRecords
import CanonicalData
@testable import ChangeWorkflow
import DesignContracts
import DeviceConfiguration
import Diagnostics
import Foundation
import TestSupport
import Testing

/// The worked engagement with both gates passed by real signatures, over a plan written by hand: no device is met.
private struct BuiltSite {
    let site: Site
    let folder: EngagementFolder
    static let running = Array("router bgp 64500\n".utf8)

    init() async throws {
        site = try await Site()
        folder = EngagementFolder(
            root: site.scratch.url.appending(path: "site/engagements/edge-transit").path(percentEncoded: false))
        _ = try await site.approve("spec", "alice")
        try write("{\"asbuilt\":\"plan/v1\"}", "plan/plan.json")
        let devices = ["ams-edge-1", "ams-edge-2"].map {
            "{\"credentials\":{\"user\":\"netops\"},\"endpoints\":{\"cli\":\"ssh://127.0.0.1:2201\"},\"hostKeys\":{},\"jumpHosts\":[],\"legacyAlgorithms\":[],\"name\":\"\($0)\",\"platform\":\"frr\",\"values\":{}}"
        }
        try write(
            "{\"asbuilt\":\"inventory-lock/v1\",\"devices\":[\(devices.joined(separator: ","))]}", "plan/inventory.lock.json")
        try write("router bgp 64500\n", "plan/ams-edge-1.forward")
        _ = try await site.approve("design", "bob")
    }

    func write(_ text: String, _ name: String) throws { try site.scratch.write(text, to: "site/engagements/edge-transit/\(name)") }
    func read(_ name: String) throws -> String { try site.scratch.read("site/engagements/edge-transit/\(name)") }

    /// As the executor leaves it: one device kept, one deviation.
    func build(run: String = "run-1") async throws {
        let now = MomentText.print(Date())
        let line = "neighbor 198.51.100.2 remote-as 64496"
        let gates = try await site.workflow.requireGate(.design, engagement: nil).gates
        let record = AsBuiltRecord(
            engagement: EngagementSummary(
                id: "edge-transit", title: "T", ticket: "CHG-1", cycle: 1, authors: ["dana@example.net"], startsFrom: []),
            gates: try gates.map {
                GateSummary(gate: $0.gate.rawValue, manifest: try #require($0.manifestDigest), signers: [], validUntil: "")
            }, verifiedAt: now, trust: "pinned",
            run: RunSummary(
                id: run, startedAt: now, endedAt: now, outcome: "kept", exitStatus: 0, executor: "exec1@example.net",
                timeline: []),
            devices: [
                DeviceRecord(
                    device: "ams-edge-1", platform: "frr", endpoint: "cli", strategy: "cli-immediate",
                    protection: .executorOnly, endState: .kept, system: [:], hostKeyFingerprint: nil, baseDigest: nil,
                    plannedDigest: nil, capturedDigest: nil, runningBefore: nil, runningAfter: .sha256(Self.running),
                    transcript: nil, diff: "", forward: [line], backout: [], captures: [],
                    entries: [.init(verdict: .asDesigned, path: ["router bgp 64500"], sent: line, captured: line)],
                    previousRecord: nil, remarks: [])
            ], checks: [], acceptance: [],
            deviations: [Deviation(id: "D-1", device: "ams-edge-1", what: "side effect: x")], learnings: [],
            versions: [:], links: [])
        _ = try await RecordWriter(folder: folder, keyFile: site.key("exec1")).write(
            record, evidence: [.sha256(Self.running): Self.running],
            views: RecordWriter.Views(markdown: "# As built\n", html: "<p>As built</p>\n"))
    }

    func close(_ who: String = "bob", reasons: [String] = ["D-1=the vendor says so"]) async throws -> WorkflowAnswer {
        try await site.workflow.close(
            engagement: nil, as: "\(who)@example.net", keyFile: site.key(who), reasons: reasons, learnings: ["L"])
    }

    func verify() async throws -> WorkflowAnswer {
        try await site.workflow.verify(engagement: nil, trustFile: nil)
    }

    /// The first byte made another one.
    func flip(_ file: String) throws -> (before: Digest, after: Digest) {
        let url = URL(filePath: folder.path(file))
        var bytes = Array(try Data(contentsOf: url))
        let before = Digest.sha256(bytes)
        bytes[0] ^= 1
        try Data(bytes).write(to: url)
        return (before, .sha256(bytes))
    }

    func findings(_ body: () async throws -> Void) async -> Findings {
        do { try await body() } catch let findings as Findings { return findings } catch { Issue.record(error) }
        return Findings()
    }
}

@Suite struct `A gate that is asked for` {
    @Test func `stands when the right people signed, and gives what was verified`() async throws {
        let built = try await BuiltSite()
        let verified = try await built.site.workflow.requireGate(.design, engagement: nil)
        #expect(verified.gates.map(\.gate) == [.spec, .design])
        #expect(verified.devices.devices.count == 4)
        #expect(verified.verdict.contents["templates/transit-bgp.j2"] != nil)
    }

    @Test func `is refused with file and both digests after any byte of any covered file has changed`() async throws {
        let built = try await BuiltSite()
        let covered = try built.read("approvals/gate2/manifest").split(separator: "\n").map { String($0.dropFirst(66)) }
        #expect(covered.count > 12)
        for file in covered {
            let (before, after) = try built.flip(file)
            let found = await built.findings { _ = try await built.site.workflow.requireGate(.design, engagement: nil) }
            let named = found.all.first { $0.code == "gate.changed-file" && $0.position?.file == file }
            #expect(named?.what.contains(before.hex) == true && named?.what.contains(after.hex) == true, "\(file)")
            #expect(CommandStatus(findings: found) == .refused, "\(file)")
            _ = try built.flip(file)
        }
        _ = try await built.site.workflow.requireGate(.design, engagement: nil)
    }

    @Test(arguments: ["templates/more.j2", "vars/more.yaml", "plan/more.forward", "approvals/gate2/more", "feasibility.md"])
    func `is refused after a file was added`(file: String) async throws {
        let built = try await BuiltSite()
        try built.write("a: 1\n", file)
        let found = await built.findings { _ = try await built.site.workflow.requireGate(.design, engagement: nil) }
        #expect(found.all.contains { $0.code == "gate.unlisted-file" && $0.position?.file == file })
        #expect(CommandStatus(findings: found) == .refused)
    }

    @Test func `is refused at plan and assess when what Gate 1 locks has changed or was added to`() async throws {
        let built = try await BuiltSite()
        try built.write(built.read("spec.md") + "\nMore.\n", "spec.md")
        for command in [
            { _ = try await built.site.workflow.plan(engagement: nil) },
            { _ = try await built.site.workflow.assess(engagement: nil, decision: nil, as: nil, reason: nil) },
        ] as [() async throws -> Void] {
            let found = await built.findings(command)
            #expect(found.all.contains { $0.code == "gate.changed-file" && $0.position?.file == "spec.md" })
            #expect(CommandStatus(findings: found) == .refused)
        }
    }
}

@Suite struct `Signing off a record` {
    @Test func `needs a reason for every deviation and the right person, and makes the baseline`() async throws {
        let built = try await BuiltSite()
        try await built.build()
        #expect(await built.findings { _ = try await built.close(reasons: []) }.all.map(\.code) == ["close.reason-missing"])
        #expect(
            await built.findings { _ = try await built.close(reasons: ["D-1=why", "D-2=why"]) }.all.map(\.code)
                == ["close.reason"])
        #expect(await built.findings { _ = try await built.close("alice") }.all.map(\.code) == ["policy.role-not-asked"])
        #expect(!built.folder.exists("as-built/closing.json"))
        #expect(try await built.verify().text.contains("closing  open  waits for 1 × netops"))
        #expect(try await built.site.workflow.baseline(device: "ams-edge-1").text.contains("no closed record"))

        let closed = try await built.close()
        #expect(closed.text.contains("D-1 ams-edge-1: side effect: x\n      reason: the vendor says so"))
        #expect(closed.text.contains("it is now the baseline of what it changed on ams-edge-1"))
        let shown = try built.site.workflow.showRecord(engagement: nil)
        #expect(shown.text.contains("**closed** by bob"))
        let baseline = try await built.site.workflow.baseline(device: "ams-edge-1")
        #expect(baseline.text.contains("+ router bgp 64500 › neighbor 198.51.100.2 remote-as 64496    edge-transit cycle 1, run run-1"))
        #expect(baseline.findings.all.isEmpty)
        #expect(await built.findings { _ = try await built.close() }.all.map(\.code) == ["close.words-given"])
    }

    @Test func `without a run there is nothing to close or to show`() async throws {
        let built = try await BuiltSite()
        #expect(await built.findings { _ = try await built.close() }.all.map(\.code) == ["record.none"])
        #expect(
            await built.findings { _ = try built.site.workflow.showRecord(engagement: nil) }.all.map(\.code)
                == ["record.none"])
    }
}

@Suite struct `Verifying later` {
    @Test func `a whole chain is good inside the site, and anywhere else by itself or by one's own signers`() async throws {
        let built = try await BuiltSite()
        try await built.build()
        _ = try await built.close()
        let inside = try await built.verify()
        #expect(inside.status == .done)
        #expect(inside.text.contains("trust: pinned\nthe chain is whole"))
        let alone = try ScratchFolder("elsewhere")
        let copy = alone.url.appending(path: "received")
        try FileManager.default.copyItem(at: URL(filePath: built.folder.root), to: copy)
        let workflow = Workflow(startFolder: copy, environment: [:])
        let outside = try await workflow.verify(engagement: nil, trustFile: nil)
        #expect(outside.findings.all.map(\.description) == [])
        #expect(outside.text.contains("trust: self-contained\nthe chain is whole"))
        #expect(outside.text.components(separatedBy: "\n").filter { $0.contains("  good  ") }.count == 4)

        let signers = built.site.scratch.url.appending(path: "site/inventory/allowed_signers").path(percentEncoded: false)
        #expect(try await workflow.verify(engagement: nil, trustFile: signers).status == .done)
        let others = try alone.write(
            built.site.scratch.read("site/inventory/allowed_signers").split(separator: "\n")
                .filter { !$0.hasPrefix("exec1") }.joined(separator: "\n") + "\n", to: "others")
        let distrusted = try await workflow.verify(engagement: nil, trustFile: others.path(percentEncoded: false))
        #expect(distrusted.status == .differences)
        #expect(distrusted.findings.all.contains { $0.code == "record.signer-not-allowed" })
    }

    @Test(arguments: [
        "spec.md", "engagement.yaml", "contract.yaml", "templates/transit-bgp.j2", "plan/ams-edge-1.forward",
        "approvals/gate1/policy.yaml", "approvals/gate1/manifest", "approvals/gate2/terms.json",
        "approvals/gate2/allowed_signers", "approvals/gate2/manifest", "as-built/record.json", "as-built/as-built.html",
        "as-built/evidence/\(Digest.sha256(BuiltSite.running).hex)", "as-built/closing.json", "as-built/manifest",
    ])
    func `a flipped byte breaks it and is named`(file: String) async throws {
        let built = try await BuiltSite()
        try await built.build()
        _ = try await built.close()
        _ = try built.flip(file)
        let answer = try await built.verify()
        #expect(answer.status == .differences)
        #expect(answer.text.hasSuffix("the chain is broken, see the findings"))
        #expect(answer.findings.all.contains { $0.severity == .error && $0.position?.file == file })
    }

    @Test func `missing, added and reordered are found, and so is an engagement without anything`() async throws {
        let built = try await BuiltSite()
        try await built.build()
        try FileManager.default.removeItem(atPath: built.folder.path("as-built/as-built.md"))
        try built.write("x", "as-built/notes.txt")
        let lines = try built.read("approvals/gate1/manifest").split(separator: "\n")
        try built.write(lines.reversed().joined(separator: "\n") + "\n", "approvals/gate1/manifest")
        let answer = try await built.verify()
        let codes = Set(answer.findings.all.map(\.code))
        #expect(codes.isSuperset(of: ["record.missing-file", "record.unlisted-file", "gate.manifest-malformed"]))
        #expect(answer.status == .differences)
    }

    @Test func `an engagement that nobody approved has nothing to verify, and that is not green`() async throws {
        let site = try await Site()
        let answer = try await site.workflow.verify(engagement: nil, trustFile: nil)
        #expect(answer.status == .differences)
        #expect(answer.findings.all.map(\.code) == ["verify.nothing"])
        #expect(site.scratch.url.isFileURL)
    }

    @Test func `earlier records of the cycle and of past cycles are verified too`() async throws {
        let built = try await BuiltSite()
        try await built.build()
        _ = try await built.close()
        try await built.build(run: "run-2")
        #expect(try await built.verify().text.contains("earlier  good  run-1 kept, of this cycle"))
        _ = try await built.close()
        _ = try await built.site.workflow.amend(engagement: nil)
        let after = try await built.verify()
        #expect(after.status == .done)
        #expect(after.text.contains("earlier  good  run-2 kept, of cycle 1"))
        _ = try built.flip("approvals/history/cycle-1/as-built/history/run-1/as-built.md")
        let broken = try await built.verify()
        #expect(broken.status == .differences)
        #expect(broken.findings.all.contains { $0.position?.file == "approvals/history/cycle-1/as-built/history/run-1/as-built.md" })
    }
}
