internal import CanonicalData
internal import ChangeExecution
internal import ChangePlanning
internal import DesignContracts
internal import DeviceConfiguration
package import Diagnostics
internal import Foundation
internal import WorkspaceStore

/// Looking at runs from outside: the journal alone, no device is contacted.
extension Workflow {
    /// One run as its journal tells it, or the list of the engagement's runs.
    package func showRun(_ text: String?, engagement path: String?, showsTokens: Bool) async throws(Findings)
        -> WorkflowAnswer
    {
        let (store, folder) = (try openStore(path), try engagementFolder(path))
        guard let text else { return try await runs(of: folder, in: store) }
        let stored = try await Self.storedRun(text, in: store)
        let plan = Self.plan(in: folder, digest: stored.planDigest)
        let view: RunView
        do {
            view = try await RunView.read(stored, plan: plan, showsTokens: showsTokens, from: store)
        } catch {
            throw Findings([
                Finding(
                    code: "run.unreadable", what: "the journal of run \(stored.id) cannot be read: \(error)",
                    remedy: "use the release of asbuilt that began the run; check .asbuilt/ in the workspace")
            ])
        }
        let lease = try await Self.storing { () async throws(StoreError) in
            try await store.lease(on: Lease.resource(run: stored.id))
        }
        let isGone = lease.map { $0.owner.isGone() == true } ?? true
        let state: String
        switch stored.state {
        case .finished: state = "ended"
        case .open where isGone: state = "open, and its executor is gone"
        case .open: state = "open, carried out by \(lease?.owner.description ?? "")"
        }
        var lines = ["run \(stored.id) of \(stored.engagement), cycle \(stored.cycle): \(state)"]
        lines.append(
            view.isDecided ? "  decided: it is carried forward" : "  not decided: a resume takes every device back")
        for device in view.devices {
            lines.append("  \(device.device)  \(device.end.map { $0.rawValue } ?? device.last)")
            guard device.isPending else { continue }
            lines.append(
                device.revertsAt.map { "      ARMED; reverts by itself at \($0)" }
                    ?? "      CHANGED; nothing reverts it but the backout")
            if device.confirmByHand.isEmpty, device.cancelByHand.isEmpty {
                lines.append(
                    stored.takesBack == nil
                        ? "      plan/ is no longer that of the run: commands by hand are not known"
                        : "      a rollback has no commands by hand: `asbuilt resume` goes on with it")
            }
            if !device.confirmByHand.isEmpty {
                lines.append("      to keep it by hand: \(device.confirmByHand.joined(separator: " / "))")
            }
            if !device.cancelByHand.isEmpty {
                lines.append("      to take it back by hand: \(device.cancelByHand.joined(separator: " / "))")
            }
        }
        return WorkflowAnswer(
            text: safeForDisplay(lines.joined(separator: "\n")), json: CanonicalText.of(view),
            next: stored.state == .open && isGone ? "asbuilt resume \(stored.id) --as PRINCIPAL --key FILE" : nil)
    }

    private func runs(of folder: EngagementFolder, in store: any WorkspaceStore) async throws(Findings)
        -> WorkflowAnswer
    {
        let id = try Engagement.load(folder).engagement.id
        let runs = try await Self.storing { () async throws(StoreError) in try await store.runs(engagement: id) }
        return WorkflowAnswer(
            text: runs.isEmpty
                ? "no run of \(id) yet"
                : runs.map { "\($0.id)  cycle \($0.cycle)  \($0.state == .open ? "open" : "ended")" }.joined(
                    separator: "\n"),
            json: CanonicalText.of(RunList(engagement: id, runs: runs)),
            next: runs.last.map { "asbuilt show run \($0.id)" })
    }

    /// The plan in the folder when it is the one with this digest.
    private static func plan(in folder: EngagementFolder, digest: Digest) -> ChangePlan? {
        guard let data = try? Data(contentsOf: URL(filePath: folder.path(EngagementFolder.planFile))),
            Digest.sha256(Array(data)) == digest
        else { return nil }
        return try? CanonicalJSON.decode(ChangePlan.self, from: Array(data))
    }
}

private struct RunList: Encodable {
    var asbuilt = "runs/v1"
    var engagement: String
    var runs: [StoredRun]
}
