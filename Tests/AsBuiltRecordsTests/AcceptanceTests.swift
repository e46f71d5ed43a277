@testable import AsBuiltRecords
import CanonicalData
@testable import ChangeExecution
import ChangePlanning
@testable import DesignContracts
import DeviceConfiguration
import SourceDocuments
import StateChecks
import Testing
import WorkspaceStore

/// When a criterion is proved, failed or open, and what a person then has to give a reason for.
@Suite struct `Acceptance criteria and deviations` {
    private static let moment = UTCInstant(milliseconds: 0)
    private static let criterion = AcceptanceCriterion(id: "AC-1", statement: "it works")

    private func check(_ id: String = "up", proves: [String] = ["AC-1"], on devices: [String] = ["r1", "r2"]) throws -> RunCheck {
        let node = try SourceDocument.yaml("all", file: "contract.yaml").root
        return RunCheck(
            check: StateCheck(
                id: id, proves: proves, devices: node, show: "show x", format: .json, expectations: [], source: "contract.yaml:1:1"),
            devices: devices, moment: .after)
    }

    private func result(_ verdict: CheckOutcome.Verdict, _ device: String, id: String = "up") -> CheckOutcome {
        CheckOutcome(
            id: id, device: device, proves: ["AC-1"], show: "show x", verdict: verdict, why: [], evidence: [], samples: 1,
            decidedAt: Self.moment)
    }

    private func device(
        _ name: String, _ end: DeviceEndState = .kept, entries: [Reconciliation.Entry] = [], saveFailure: RunFailure? = nil
    ) -> DeviceOutcome {
        DeviceOutcome(
            device: name, platform: "frr", endpoint: "cli", strategy: "cli-immediate", protection: .executorOnly,
            exclusion: "lock", end: end, facts: nil, observed: nil, readBack: nil,
            reconciliation: Reconciliation(entries: entries), lastReading: nil,
            steps: [ChangeStep(id: 1, forward: "a", backout: "no a", lines: [])], armSentAt: nil, revertsAt: nil,
            confirmedAt: nil, backoutSent: [], confirmedByOther: false, isSaved: true, saveFailure: saveFailure,
            failure: nil, transcripts: [])
    }

    private func record(
        _ results: [CheckOutcome], checks: [RunCheck], devices: [DeviceOutcome]? = nil, exit: RunExit = .done,
        failure: RunFailure? = nil
    ) throws -> AsBuiltRecord {
        let outcome = RunOutcome(
            run: try #require(RunID("20261124T000000000Z-00000001")), engagement: "e", cycle: 1, planDigest: .sha256(""),
            ticket: nil, executor: "exec1@example.net", startedAt: Self.moment, endedAt: Self.moment, exit: exit,
            outcome: exit == .done ? "kept" : "backed-out", failure: failure, isSettled: true, transactions: [],
            devices: devices ?? [device("r1"), device("r2")], checksBefore: [], checksAfter: results, capturesBefore: [],
            capturesAfter: [], timeline: [])
        let plan = ChangePlan(
            engagement: "e", cycle: 1, transaction: .network, waves: [], stopWhen: StopRule(failed: 1),
            confirmTimeoutSeconds: 60, onSplit: .back, staleRule: .touched, save: .afterConfirm, accepted: [], captures: [],
            devices: [], findings: [])
        return RecordAssembly(
            engagement: EngagementSummary(id: "e", title: "", ticket: "", cycle: 1, authors: [], startsFrom: []),
            criteria: [Self.criterion], gates: [], plan: plan, outcome: outcome, checks: checks, diffs: [:], previous: [:],
            versions: [:]
        ).assemble(blobs: [:]).record
    }

    @Test func `proved needs every check on every device it was for`() throws {
        let good = try record([result(.proved, "r1"), result(.proved, "r2")], checks: [try check()])
        #expect(good.acceptance.map(\.verdict) == ["proved"])
        #expect(good.acceptance[0].because == ["up@r1", "up@r2"])
        #expect(good.deviations.isEmpty)
        let half = try record([result(.proved, "r1")], checks: [try check()])
        #expect(half.acceptance.map(\.verdict) == ["open"])
        #expect(half.acceptance[0].because == ["up@r1", "up@r2 did not run"])
        #expect(half.deviations.map(\.what) == ["AC-1 is open: it works"])
    }

    @Test func `one failed check fails it, one without evidence leaves it open`() throws {
        let failed = try record([result(.proved, "r1"), result(.failed, "r2")], checks: [try check()])
        #expect(failed.acceptance.map(\.verdict) == ["failed"])
        let open = try record([result(.proved, "r1"), result(.open, "r2")], checks: [try check()])
        #expect(open.acceptance.map(\.verdict) == ["open"])
        let both = try record([result(.open, "r1"), result(.failed, "r2")], checks: [try check()])
        #expect(both.acceptance.map(\.verdict) == ["failed"])
    }

    @Test func `without a check that proves it, it is open`() throws {
        let other = try record([result(.proved, "r1")], checks: [try check(proves: ["AC-2"])])
        #expect(other.acceptance[0].verdict == "open")
        #expect(other.acceptance[0].because == ["no check proves it"])
        #expect(try record([], checks: [try check(on: [])]).acceptance[0].verdict == "open")
    }

    @Test func `what was proved while armed is open once the change was taken back`() throws {
        let failure = RunFailure(.aborted, what: "aborted by alice", remedy: "")
        let back = try record(
            [result(.proved, "r1"), result(.proved, "r2")], checks: [try check()],
            devices: [device("r1"), device("r2", .backedOut)], exit: .asItWas, failure: failure)
        #expect(back.acceptance[0].verdict == "open")
        #expect(back.acceptance[0].because.last == "the change did not stay on r2")
        #expect(back.deviations.map(\.what) == ["the run ended backed-out: aborted by alice", "AC-1 is open: it works"])
    }

    @Test func `each residual difference on a device that kept the change is a deviation`() throws {
        let entries: [Reconciliation.Entry] = [
            .init(verdict: .asDesigned, path: ["s"], sent: "a", captured: "a"),
            .init(verdict: .missing, path: ["s"], sent: "b"),
            .init(verdict: .sideEffect, path: [], captured: "c"),
            .init(verdict: .unobservable, path: [], sent: "d"),
            .init(verdict: .unexplained, path: [], captured: "e"),
        ]
        let results = [result(.proved, "r1"), result(.proved, "r2")]
        let unsaved = RunFailure(.refusedByDevice, what: "disk full", device: "r1", remedy: "")
        let kept = try record(
            results, checks: [try check()], devices: [device("r1", entries: entries, saveFailure: unsaved), device("r2")])
        #expect(kept.deviations.map(\.id) == ["D-1", "D-2", "D-3", "D-4", "D-5"])
        #expect(kept.deviations.allSatisfy { $0.device == "r1" })
        #expect(
            kept.deviations.map(\.what) == [
                "the change was not saved: disk full", "missing: s › b was sent and is not there",
                "side effect: c changed although nothing was sent for it", "unobservable: the device does not show d",
                "unexplained: e",
            ])
    }
}
