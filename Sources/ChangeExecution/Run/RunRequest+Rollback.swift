internal import ChangePlanning
internal import DeviceConfiguration
internal import Diagnostics
package import WorkspaceStore

extension RunRequest {
    /// The request that takes an earlier run back: the signed backout, sent as a run of its own, for every device that
    /// kept the change. Refused on a device where what the run changed no longer stands as captured.
    ///
    /// `original` is the request the run was made with (same drivers, models and secrets).
    package static func rollback(
        of outcome: RunOutcome, original: RunRequest, run: RunID, store: any WorkspaceStore,
        gate: @escaping @Sendable (_ wave: String) async -> RunFailure?
    ) async throws -> RunRequest {
        var request = original
        request.run = run
        request.takesBack = outcome.run
        request.gate = gate
        request.checks = []
        request.plan.devices = []
        for device in outcome.devices where device.end == .kept && !device.steps.isEmpty {
            guard var plan = original.plan.devices.first(where: { $0.device == device.device }),
                var work = original.devices[device.device], let observed = device.observed,
                let captured = device.lastReading?.running ?? device.readBack?.running
            else { continue }
            let before = try await store.blob(observed.running)
            let after = try await store.blob(captured)
            let way = try work.model.undo(
                device.steps, observed: try work.model.snapshot(after), base: try work.model.snapshot(before))
            plan.steps = way.enumerated().map { index, step in
                ChangeStep(
                    id: index + 1, forward: step.forward,
                    backout: device.steps.first { $0.id == step.id }?.forward ?? "", lines: step.lines)
            }
            plan.baseDigest = device.lastReading?.captured ?? plan.plannedDigest
            plan.plannedDigest = observed.base
            plan.unsavedDigest = nil
            work.goal = .back(steps: device.steps, base: before, captured: after)
            request.plan.devices.append(plan)
            request.devices[device.device] = work
        }
        guard !request.plan.devices.isEmpty else {
            throw RunFailure(
                .stale, what: "run \(outcome.run) left the change on no device: there is nothing to take back",
                remedy: "`asbuilt show run \(outcome.run)` says how it ended")
        }
        return request
    }
}
