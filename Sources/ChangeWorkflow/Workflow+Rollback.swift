package import ChangeExecution
internal import DesignContracts
package import Diagnostics
internal import Foundation
internal import WorkspaceStore

/// Taking a kept run back.
extension Workflow {
    /// Sends the signed backout of a kept run, as a run of its own, while the policy's `backout-for` lasts and what the run
    /// changed stands as captured.
    package func rollback(
        run text: String, engagement path: String?, as principal: String, keyFile: String?,
        abort: AbortSwitch = AbortSwitch(), report: @escaping @Sendable (RunProgress) -> Void
    ) async throws(Findings) -> WorkflowAnswer {
        let store = try openStore(path)
        let stored = try await Self.storedRun(text, in: store)
        guard stored.state == .finished, stored.outcome != nil, let ended = stored.finishedAt else {
            throw Findings([
                Finding(
                    code: "run.open", what: "run \(stored.id) has not ended",
                    remedy:
                        "`asbuilt abort \(stored.id)` while it runs, `asbuilt resume \(stored.id)` when its executor is gone"
                )
            ])
        }
        let moment = Date(timeIntervalSince1970: Double(stored.openedAt.milliseconds) / 1000)
        let verified = try await requireGate(.design, engagement: path, now: moment)
        let allowed = verified.context.site.policy.design.backoutFor
        let now = SystemExecutionClock().now()
        guard now < ended + allowed else {
            throw Findings([
                Finding(
                    code: "gate.backout-expired",
                    what:
                        "the approval covered taking run \(stored.id) back for \(allowed.components.seconds) s after it ended, until \(ended + allowed)",
                    remedy: "take it back as a change of its own: `asbuilt amend`, or a new engagement")
            ])
        }
        let executor = try await self.executor(principal, keyFile, verified)
        var generator = SystemRandomNumberGenerator()
        let run = RunID(openedAt: now, using: &generator)
        var job = try await ApplyJob(verified, run: run, executor: executor.name, environment: environment, calls: calls, store: store)
        guard job.request.planDigest == stored.planDigest else {
            throw Findings([
                Finding(
                    code: "gate.other-plan",
                    what: "run \(stored.id) carried out another plan than the one in this folder",
                    remedy: "roll it back with the engagement folder as it was")
            ])
        }
        try await job.turnBack(
            stored, as: run, store: store,
            gate: { _ in
                SystemExecutionClock().now() < ended + allowed
                    ? nil
                    : RunFailure(
                        .gate, what: "the time in which the backout was approved is over",
                        remedy: "open a new cycle: `asbuilt amend`")
            })
        return try await job.finish(store: store, keyFile: executor.keyFile) { change throws(Findings) in
            try await Self.follow(change, abort, report) { try await change.carryOut() }
        }
    }
}

extension ApplyJob {
    /// Turns the job round: the signed backout of a run that kept its change, on the devices that kept it.
    mutating func turnBack(
        _ original: StoredRun, as run: RunID, store: any WorkspaceStore,
        gate: @escaping @Sendable (_ wave: String) async -> RunFailure?
    ) async throws(Findings) {
        guard let blob = original.outcome else {
            throw Findings([
                Finding(
                    code: "run.open", what: "run \(original.id) has no outcome that could be taken back",
                    remedy: "`asbuilt resume \(original.id)` goes on with it")
            ])
        }
        let bytes = try await Workflow.storing { () async throws(StoreError) in try await store.blob(blob) }
        do {
            let outcome = try JSONDecoder().decode(RunOutcome.self, from: Data(bytes))
            request = try await RunRequest.rollback(of: outcome, original: request, run: run, store: store, gate: gate)
        } catch let failure as RunFailure {
            throw Findings([Finding(code: "plan.stale-rollback", what: failure.what, remedy: failure.remedy)])
        } catch let findings as Findings {
            throw findings
        } catch {
            throw Findings([
                Finding(
                    code: "store.failed", what: "run \(original.id) cannot be read: \(error)",
                    remedy: "check .asbuilt/ in the workspace")
            ])
        }
    }
}
