import CanonicalData
import DesignContracts
import Diagnostics
import Foundation
import SignedManifests
import TestSupport
import Testing

@Suite struct `Gates` {
    @Test func `both gates pass when the right people have signed`() async throws {
        let site = try await ApprovedSite()
        #expect(ApprovedSite.errors(try await site.verify(.spec).findings) == ["gate.not-approved"])
        let first = try await site.approve(.spec, as: "alice")
        #expect(first.verdict.isGranted && first.changes == nil, "\(first.verdict.findings)")
        let pending = try await site.verify()
        #expect(pending.missing.map(\.role) == ["netops"])
        #expect(pending.missing.first?.couldSign.map(\.text) == ["bob@example.net"])
        let second = try await site.approve(.design, as: "bob")
        #expect(second.verdict.isGranted && second.verdict.trust.description == "pinned", "\(second.verdict.findings)")
        #expect(second.verdict.signers.map(\.principal.text) == ["bob@example.net"])
        #expect(second.verdict.validUntil == site.now.addingTimeInterval(14 * 86_400))
        let terms = try #require(second.verdict.terms)
        #expect(terms.engagement == "change" && terms.cycle == 1 && terms.ticket == "CHG-1" && terms.permittedRuns == 1)
        try second.verdict.requireGranted()
    }

    @Test func `sha256sum and plain ssh-keygen accept what approvals leave`() async throws {
        let site = try await ApprovedSite()
        try await site.approveBoth()
        for gate in Gate.allCases {
            let said = try ShellCommand.run(
                "/usr/bin/sha256sum", ["--strict", "-c", gate.manifestFile], in: URL(filePath: site.folder.root))
            #expect(said.contains("\(gate.termsFile): OK") && !said.contains("FAILED"))
            let signer = gate == .spec ? "alice@example.net" : "bob@example.net"
            let verdict = try ShellCommand.run(
                "/usr/bin/ssh-keygen",
                [
                    "-Y", "verify", "-f", gate.signersFile, "-I", signer, "-n", gate.namespace.rawValue, "-s",
                    "\(gate.folder)/\(signer).sig",
                ], in: URL(filePath: site.folder.root),
                input: String(decoding: try Data(contentsOf: site.url(gate.manifestFile)), as: UTF8.self))
            #expect(verdict.contains("Good \"\(gate.namespace.rawValue)\" signature for \(signer)"))
        }
        let manifest = String(decoding: try Data(contentsOf: site.url(Gate.design.manifestFile)), as: UTF8.self)
        let paths = manifest.split(separator: "\n").map { String($0.dropFirst(66)) }
        #expect(
            paths == [
                "approvals/gate1/alice@example.net.sig", "approvals/gate1/allowed_signers", "approvals/gate1/manifest",
                "approvals/gate1/policy.yaml", "approvals/gate1/terms.json", "approvals/gate2/allowed_signers",
                "approvals/gate2/policy.yaml", "approvals/gate2/terms.json", "contract.yaml", "design.md",
                "engagement.yaml", "feasibility.md", "feasibility/r1.json", "plan/inventory.lock.json",
                "plan/plan.json", "plan/r1.backout", "plan/r1.forward", "spec.md", "templates/a.j2", "vars/all.yaml",
            ])
    }

    @Test func `a changed byte in any covered file is a refusal naming the file and both digests`() async throws {
        let site = try await ApprovedSite()
        try await site.approveBoth()
        let devices = try site.devices()
        let trust = try await site.trust()
        let verifier = GateVerifier(folder: site.folder, site: trust)
        let manifest = try #require(await verifier.verify(.design, devices: devices, now: site.now).manifest)
        var generator = SeededGenerator(seed: 6)
        for entry in manifest.entries {
            let original = try Data(contentsOf: site.url(entry.path))
            for offset in Set([0, original.count - 1, Int.random(in: 0..<original.count, using: &generator)]) {
                var changed = original
                changed[offset] ^= UInt8.random(in: 1...255, using: &generator)
                try changed.write(to: site.url(entry.path))
                let verdict = await verifier.verify(.design, devices: devices, now: site.now)
                let found = verdict.findings.all.first {
                    $0.code == "gate.changed-file" && $0.position?.file == entry.path
                }
                #expect(!verdict.isGranted, "seed 6, \(entry.path) byte \(offset)")
                #expect(found?.what.contains(entry.digest.hex) == true, "seed 6, \(entry.path) byte \(offset)")
                #expect(found?.what.contains(Digest.sha256(Array(changed)).hex) == true)
            }
            try FileManager.default.removeItem(at: site.url(entry.path))
            let verdict = await verifier.verify(.design, devices: devices, now: site.now)
            let found = verdict.findings.all.first { $0.code == "gate.missing-file" && $0.position?.file == entry.path }
            #expect(!verdict.isGranted && found?.what.contains(entry.digest.hex) == true, "\(entry.path) removed")
            try original.write(to: site.url(entry.path))
        }
        #expect(await verifier.verify(.design, devices: devices, now: site.now).isGranted)
    }

    @Test(arguments: [
        "templates/b.j2", "templates/deep/er/b.j2", "vars/r1.yaml", "plan/.hidden", "feasibility/r2.json",
        "feasibility-notes.md", "approvals/gate1/x", "approvals/gate2/x", "approvals/gate1/eve@example.net.sig",
    ])
    func `a file that does not belong there is a refusal`(name: String) async throws {
        let site = try await ApprovedSite()
        try await site.approveBoth()
        try site.write("new\n", name)
        let verdict = try await site.verify()
        let found = try #require(verdict.findings.all.first { $0.code == "gate.unlisted-file" })
        #expect(!verdict.isGranted && found.position?.file == name && found.what.contains(Digest.sha256("new\n").hex))
    }

    @Test func `a link, even to the same bytes, and a name with a control character are refusals`() async throws {
        let site = try await ApprovedSite()
        try await site.approveBoth()
        try FileManager.default.moveItem(at: site.url("templates"), to: site.scratch.url.appending(path: "elsewhere"))
        try FileManager.default.createSymbolicLink(
            at: site.url("templates"), withDestinationURL: site.scratch.url.appending(path: "elsewhere"))
        #expect(ApprovedSite.errors(try await site.verify().findings).contains("gate.symbolic-link"))
        try FileManager.default.removeItem(at: site.url("templates"))
        try FileManager.default.moveItem(at: site.scratch.url.appending(path: "elsewhere"), to: site.url("templates"))
        #expect(try await site.verify().isGranted)
        try site.write("x", "templates/a\u{1B}[2Jb")
        let verdict = try await site.verify()
        #expect(ApprovedSite.errors(verdict.findings) == ["gate.control-character"])
        #expect(!verdict.findings.description.contains("\u{1B}"))
    }

    @Test func `an edit after Gate 1 voids Gate 1, and amend opens the next cycle with history kept`() async throws {
        let site = try await ApprovedSite()
        try await site.approveBoth()
        let spec = String(decoding: try Data(contentsOf: site.url("spec.md")), as: UTF8.self)
        try site.write(spec + "more\n", "spec.md")
        #expect(ApprovedSite.errors(try await site.verify(.spec).findings) == ["gate.changed-file"])
        #expect(await site.refusal { try await site.approve(.spec, as: "carol") } == ["gate.changed-file"])
        let history = ApprovalHistory(folder: site.folder)
        #expect(site.folder.isLocked(by: .design))
        #expect(try history.amend() == 2)
        #expect(!site.folder.isLocked(by: .design) && site.folder.pastCycles == [1])
        #expect(site.folder.exists("approvals/history/cycle-1/gate2/bob@example.net.sig"))
        let outcome = try await site.approve(.spec, as: "alice")
        #expect(outcome.terms.cycle == 2 && outcome.changes?.map(\.path) == ["spec.md"])
        #expect(
            await site.refusal { _ = try ApprovalHistory(folder: EngagementFolder(root: "/nonexistent")).amend() } == [
                "amend.nothing"
            ])
    }

    @Test func `an approval of an earlier cycle put back is not good for this one`() async throws {
        let site = try await ApprovedSite()
        try await site.approveBoth()
        _ = try ApprovalHistory(folder: site.folder).amend()
        for gate in Gate.allCases {
            try FileManager.default.copyItem(
                at: site.url("approvals/history/cycle-1/gate\(gate.number)"), to: site.url(gate.folder))
        }
        #expect(ApprovedSite.errors(try await site.verify().findings) == ["gate.terms-mismatch"])
    }

    @Test func `lifetime, window, freeze and runs end an approval`() async throws {
        let policy = ApprovedSite.policy + "\nfreeze: [ 2026-12-01/2026-12-03 ]\n"
        let site = try await ApprovedSite(policy: policy)
        try site.write(
            "---\nasbuilt: spec/v1\ntitle: T\nscope: { devices: \"role:edge\" }\nconstraints: { window: 2026-11-25T22:00Z/2026-12-05T02:00Z }\nacceptance: [ { id: AC-1, statement: S } ]\n---\n",
            "spec.md")
        try await site.approveBoth()
        let late = site.now.addingTimeInterval(14 * 86_400)
        #expect(ApprovedSite.errors(try await site.verify(at: late).findings) == ["gate.expired"])
        #expect(
            ApprovedSite.errors(try await site.verify(at: site.now.addingTimeInterval(-600)).findings) == [
                "gate.from-the-future"
            ])
        #expect(ApprovedSite.errors(try await site.verify(keptRuns: 1).findings) == ["gate.runs-used-up"])
        let verdict = try await site.verify(keptRuns: 0)
        func refusals(_ moment: String, _ needed: Duration) throws -> Set<String> {
            ApprovedSite.errors(verdict.refusalToStart(at: try #require(MomentText.parse(moment)), needing: needed))
        }
        #expect(try refusals("2026-11-25T21:59Z", .seconds(60)) == ["gate.outside-window"])
        #expect(try refusals("2026-11-25T22:00Z", .seconds(60)) == [])
        #expect(try refusals("2026-12-05T01:59Z", .seconds(120)) == ["gate.window-too-short"])
        #expect(try refusals("2026-11-30T23:59Z", .seconds(120)) == ["gate.freeze"])
        #expect(try refusals("2026-12-08T11:59:30Z", .seconds(60)) == ["gate.outside-window", "gate.expires-too-soon"])
    }
}

@Suite struct `Who may approve` {
    @Test func `agents, authors, strangers and people without the role are refused, and nothing is written`()
        async throws
    {
        let site = try await ApprovedSite()
        #expect(await site.refusal { try await site.approve(.spec, as: "bot") } == ["policy.agent-never-approves"])
        #expect(await site.refusal { try await site.approve(.spec, as: "dana") } == ["policy.author-may-not-approve"])
        #expect(await site.refusal { try await site.approve(.spec, as: "eve") } == ["policy.no-role"])
        #expect(await site.refusal { try await site.approve(.spec, as: "bob") } == ["policy.role-not-asked"])
        #expect(
            await site.refusal { try await site.approve(.spec, as: "alice", key: "eve") } == ["gate.signer-not-allowed"]
        )
        #expect(
            await site.refusal { try await site.approve(.spec, as: "alice", key: "nobody") } == ["gate.key-missing"])
        #expect(!site.folder.exists("approvals"))
    }

    @Test func `one person cannot pass both gates unless the policy lets them`() async throws {
        let site = try await ApprovedSite()
        try await site.approve(.spec, as: "alice")
        #expect(
            await site.refusal { try await site.approve(.design, as: "alice") } == ["policy.same-person-both-gates"])
        let lenient = ApprovedSite.policy.replacing(
            "same-person-both-gates: false", with: "same-person-both-gates: true")
        let other = try await ApprovedSite(policy: lenient)
        try await other.approve(.spec, as: "alice")
        #expect(try await other.approve(.design, as: "alice").verdict.isGranted)
    }

    @Test func `conditions ask for more signatures, each by a key of its own`() async throws {
        let site = try await ApprovedSite(
            policy: ApprovedSite.policy.replacing("same-person-both-gates: false", with: "same-person-both-gates: true")
        )
        let many = try site.devices(3)
        try await site.approve(.spec, as: "alice", devices: many)
        let first = try await site.approve(.design, as: "bob", devices: many)
        #expect(ApprovedSite.errors(first.verdict.findings) == ["gate.signatures-missing"])
        // bot is in the role, but agents never approve.
        #expect(first.verdict.missing.map(\.couldSign) == [[try site.name("carol")]])
        #expect(try await site.approve(.design, as: "carol", devices: many).verdict.isGranted)
        let core = try site.devices(1, role: "core")
        let verdict = try await site.verify(devices: core)
        #expect(verdict.missing.map(\.role) == ["architect"] && verdict.missing.first?.count == 1, "\(verdict.missing)")
    }

    @Test func `two names with the same key count once`() async throws {
        let policy = ApprovedSite.policy.replacing(
            "require: [ { role: architect } ]", with: "require: [ { role: architect, count: 2 } ]")
        let site = try await ApprovedSite(policy: policy)
        let alice = try site.scratch.read("alice.pub").split(separator: " ").prefix(2).joined(separator: " ")
        let signers = try site.signers(["alice", "bob"]) + "carol@example.net \(alice)\n"
        try site.scratch.write(signers, to: "site/inventory/allowed_signers")
        try await TrustRoot.sign(site.workspace, keyFile: site.key("owner"))
        try await site.approve(.spec, as: "alice")
        let second = try await site.approve(.spec, as: "carol", key: "alice")
        #expect(second.verdict.signers.count == 2 && !second.verdict.isGranted)
        #expect(second.verdict.missing.map(\.count) == [1])
    }

    @Test func `a key revoked by the site today no longer counts, and the difference is told`() async throws {
        let site = try await ApprovedSite()
        try await site.approveBoth()
        let signers = try site.signers(["alice", "bob", "carol"], options: ["bob": "valid-before=\"20261123Z\""])
        try site.scratch.write(signers, to: "site/inventory/allowed_signers")
        try await TrustRoot.sign(site.workspace, keyFile: site.key("owner"))
        let verdict = try await site.verify()
        #expect(ApprovedSite.errors(verdict.findings) == ["gate.signatures-missing"])
        #expect(verdict.findings.all.contains { $0.code == "gate.site-moved-on" && $0.severity == .note })
        #expect(verdict.findings.description.contains("key has expired"))
        // By the frozen copies alone, as a record is verified later, it stands.
        let later = await GateVerifier(folder: site.folder, site: nil).verify(
            .design, devices: try site.devices(), now: site.now)
        #expect(later.isGranted && later.trust.description == "self-contained", "\(later.findings)")
    }

    @Test func `a stricter policy of today is applied beside the frozen one`() async throws {
        let site = try await ApprovedSite()
        try await site.approveBoth()
        try site.scratch.write(
            ApprovedSite.policy.replacing("lifetime: 14d", with: "lifetime: 1h"), to: "site/inventory/policy.yaml")
        try await TrustRoot.sign(site.workspace, keyFile: site.key("owner"))
        #expect(try await site.verify().validUntil == site.now.addingTimeInterval(3_600))
        #expect(
            ApprovedSite.errors(try await site.verify(at: site.now.addingTimeInterval(7_200)).findings) == [
                "gate.expired"
            ])
    }

    @Test func `signatures for another purpose, in other armor or over other bytes are refusals`() async throws {
        let site = try await ApprovedSite()
        try await site.approveBoth()
        let file = site.url("approvals/gate2/bob@example.net.sig")
        let good = try Data(contentsOf: file)
        let manifest = Array(try Data(contentsOf: site.url(Gate.design.manifestFile)))
        let wrong = try await site.keygen.sign(manifest, keyFile: site.key("bob"), namespace: .gate1)
        let other = try await site.keygen.sign([1, 2, 3], keyFile: site.key("bob"), namespace: .gate2)
        for (bytes, code) in [
            (Data(wrong), "gate.signature-namespace"), (Data(other), "gate.signature-invalid"),
            (good + Data("\n".utf8), "gate.signature-not-canonical"),
        ] {
            try bytes.write(to: file)
            #expect(ApprovedSite.errors(try await site.verify().findings).contains(code))
        }
    }
}
