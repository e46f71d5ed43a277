import ChangeExecution
import ChangeWorkflow
import Diagnostics
import Foundation
import Synchronization
import TestSupport
import Testing

/// Stopping a run in order, and taking a kept one back, on the lab.
@Suite(.serialized) struct `A run that is stopped or taken back` {
    private static let devices = ["ams-edge-1", "ams-core-1"]

    private func refusal(_ body: () async throws -> WorkflowAnswer) async throws -> Set<String> {
        do {
            let answer = try await body()
            Issue.record("was not refused: \(answer.text)")
            return []
        } catch let findings as Findings { return Set(findings.all.filter { $0.severity == .error }.map(\.code)) }
    }

    @Test func `an abort takes every device back, and the record says so`() async throws {
        let site = try await LabSite()
        try site.narrow(to: Self.devices)
        // A check that never holds: the devices stay armed until the abort.
        try site.worked.edit(WorkedSite.engagement + "/contract.yaml") {
            $0.replacing("all: { equals: established } }\n      eventually: 30s", with: "all: { equals: idle } }\n      eventually: 50s")
        }
        try await site.approveAll()
        let abort = AbortSwitch()
        let armed = Mutex(Set<String>())
        let aborted = try await site.workflow().apply(
            engagement: nil, as: "exec1@example.net", keyFile: site.worked.key("exec1"), abort: abort,
            report: { step in
                guard step.status == .armed, let device = step.device else { return }
                if armed.withLock({ $0.insert(device); return $0.count }) == Self.devices.count { abort.abort(by: "a test") }
            })
        #expect(aborted.status == .notDone, "\(aborted.text)")
        for device in Self.devices { #expect(aborted.text.contains("\(device)  backed-out"), "\(aborted.text)") }
        #expect(aborted.text.contains("aborted by a test"))
        #expect(try site.worked.read(WorkedSite.engagement + "/as-built/as-built.md").contains("abort asked for by a test"))
        #expect(try await site.workflow().plan(engagement: nil).text.contains("the same bytes as approved"))

        // One that was asked for before anything began.
        let early = AbortSwitch()
        early.abort(by: "an impatient test")
        let nothing = try await site.workflow().apply(
            engagement: nil, as: "exec1@example.net", keyFile: site.worked.key("exec1"), abort: early, report: { _ in })
        #expect(nothing.status == .notDone && nothing.text.contains("ams-edge-1  unchanged"), "\(nothing.text)")
        // A run that has ended cannot be aborted any more, and what is no run is said to be none.
        let run = try #require(early.run)
        #expect(try await refusal { try await site.workflow().abort(run: run, engagement: nil) } == ["run.ended"])
        #expect(try await refusal { try await site.workflow().abort(run: "x", engagement: nil) } == ["run.unknown"])
    }

    @Test func `a kept run is taken back with its approved backout, once and only while its change stands`() async throws {
        let site = try await LabSite()
        try site.narrow(to: Self.devices)
        try await site.approveAll()
        let switchOfRun = AbortSwitch()
        let kept = try await site.workflow().apply(
            engagement: nil, as: "exec1@example.net", keyFile: site.worked.key("exec1"), abort: switchOfRun, report: { _ in })
        #expect(kept.status == .done, "\(kept.text)\n\(kept.findings)")
        let run = try #require(switchOfRun.run)
        func rollback(_ who: String = "exec1") async throws -> WorkflowAnswer {
            try await site.workflow().rollback(
                run: run, engagement: nil, as: "\(who)@example.net", keyFile: site.worked.key(who), report: { _ in })
        }
        #expect(try await refusal { try await rollback("bob") } == ["policy.not-executor"])
        let back = try await rollback()
        #expect(back.status == .done, "\(back.text)\n\(back.findings)")
        // Where they were before the change.
        let plan = try await site.workflow().plan(engagement: nil)
        #expect(plan.text.contains("the same bytes as approved"), "\(back.text) \(plan.text) \(plan.findings) \(plan.json)")
        // The record of the run that was taken back stays, and the new one covers it.
        let history = try FileManager.default.contentsOfDirectory(
            atPath: site.worked.workspace + "/" + WorkedSite.engagement + "/as-built/history")
        #expect(history == [run])
        // What it changed does not stand any more.
        let again = try await rollback()
        #expect(again.status != .done, "\(again.text)")
    }
}
