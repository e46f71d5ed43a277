import ChangeWorkflow
import Diagnostics
import Foundation
import TestSupport
import Testing

/// The worked engagement through its five phases on the simulated lab: two routers by CLI, two by NETCONF.
@Suite(.serialized) struct `The worked engagement on the lab` {
    private func refusal(_ body: () async throws -> WorkflowAnswer) async throws -> CommandStatus {
        do {
            let answer = try await body()
            Issue.record("was not refused: \(answer.text)")
            return answer.status
        } catch let findings as Findings { return CommandStatus(findings: findings) }
    }

    @Test func `sessions come up because both ends are configured, and what was built is recorded`() async throws {
        let site = try await LabSite()
        try await site.approveAll()
        let done = try await site.apply()
        #expect(done.status == .done, "\(done.text)\n\(done.findings)")
        for criterion in ["AC-1", "AC-2", "AC-3"] { #expect(done.text.contains("\(criterion)  proved"), "\(done.text)") }
        #expect(try await site.close().text.contains("closed; it is now the baseline"))
        let verified = try await site.workflow().verify(engagement: nil, trustFile: nil)
        #expect(verified.text.contains("the chain is whole"), "\(verified.text) \(verified.findings)")
        #expect(try await site.workflow().plan(engagement: nil).text.contains("nothing to do on any device"))
        // The secret went to the routers, and nowhere else.
        #expect(try await site.byHand("ams-edge-1", ["show running-config"]).contains(LabSite.secret))
        let needle = Data(LabSite.secret.utf8)
        let root = site.worked.scratch.path + "site"
        let leaks = try FileManager.default.subpathsOfDirectory(atPath: root).filter {
            (try? Data(contentsOf: URL(filePath: "\(root)/\($0)")))?.range(of: needle) != nil
        }
        #expect(leaks == [])
        try Golden.expect(
            Self.steady(try site.worked.read(WorkedSite.engagement + "/as-built/as-built.md")), "as-built.md",
            beside: #filePath)
    }

    /// What differs from run to run, named instead: moments, runs, keys, digests, and the order of what is simultaneous.
    private static func steady(_ markdown: String) -> String {
        var lines: [String] = []
        var timeline: [String] = []
        for line in markdown.split(separator: "\n", omittingEmptySubsequences: false) {
            let text = String(line)
                .replacing(#/\d{8}T\d{9}Z-[0-9a-f]{8}/#, with: "RUN").replacing(#/\d{4}-\d\d-\d\dT[0-9:.]+Z/#, with: "MOMENT")
                .replacing(#/SHA256:[A-Za-z0-9+\/]{43}/#, with: "SHA256:KEY").replacing(#/\b[0-9a-f]{64}\b/#, with: "DIGEST")
                .replacing(#/`[0-9a-f]{12}`/#, with: "`DIGEST`")
            if text.hasPrefix("| MOMENT |") { timeline.append(text) } else {
                lines += timeline.sorted()
                timeline = []
                lines.append(text)
            }
        }
        return lines.joined(separator: "\n")
    }

    @Test func `without its gate a command opens no connection to any device`() async throws {
        let site = try await LabSite()
        let none = Dictionary(uniqueKeysWithValues: site.connections.keys.map { ($0, 0) })
        func expectNothing(_ body: () async throws -> WorkflowAnswer) async throws {
            let before = site.connections
            #expect(try await refusal(body) == .refused)
            #expect(site.connections == before)
        }
        let assess = { try await site.workflow().assess(engagement: nil, decision: nil, as: nil, reason: nil) }
        let plan = { try await site.workflow().plan(engagement: nil) }
        try await expectNothing(assess)
        try await expectNothing(plan)
        try await expectNothing(site.apply)
        #expect(site.connections == none)
        try await site.approve("spec", "alice")
        try await expectNothing(site.apply)
        _ = try await plan()
        #expect(site.connections.filter { $0.key != "transit-1" }.allSatisfy { $0.value > 0 })
        #expect(site.connections["transit-1"] == 0)
        try await site.approve("design", "bob")
        // Every file that Gate 2 covers, one byte changed at a time.
        let folder = site.worked.workspace + "/" + WorkedSite.engagement
        let manifest = try site.worked.read(WorkedSite.engagement + "/approvals/gate2/manifest")
        let files = manifest.split(separator: "\n").compactMap { $0.split(separator: " ").last.map(String.init) }
        #expect(files.count > 20)
        for file in files where FileManager.default.fileExists(atPath: "\(folder)/\(file)") {
            let url = URL(filePath: "\(folder)/\(file)")
            let good = try Data(contentsOf: url)
            guard !good.isEmpty else { continue }
            var bad = good
            bad[bad.count / 2] ^= 1
            try bad.write(to: url)
            let before = site.connections
            do {
                let answer = try await site.apply()
                Issue.record("\(file) was changed and nobody noticed: \(answer.text)")
            } catch let findings as Findings {
                #expect(CommandStatus(findings: findings) == .refused, "\(file): \(findings)")
                #expect(findings.description.contains(file), "\(findings)")
            }
            #expect(site.connections == before)
            try good.write(to: url)
        }
        try site.worked.write("x", WorkedSite.engagement + "/templates/more.j2")
        try await expectNothing(site.apply)
    }

    @Test func `a failing check takes both kinds back, shown by reading them`() async throws {
        let site = try await LabSite()
        try site.worked.edit(WorkedSite.engagement + "/contract.yaml") {
            $0.replacing("all: { equals: established } }\n      eventually: 30s", with: "all: { equals: idle } }\n      eventually: 1s")
        }
        try await site.approveAll()
        let back = try await site.apply()
        #expect(back.status == .notDone, "\(back.text)\n\(back.findings)")
        #expect(back.text.contains("AC-3  failed"))
        for device in ["ams-edge-1", "ams-edge-2", "ams-core-1", "ams-core-2"] {
            #expect(back.text.contains("\(device)  backed-out"), "\(back.text)")
        }
        #expect(try await site.workflow().plan(engagement: nil).text.contains("the same bytes as approved"))
    }
}
