internal import DesignContracts
internal import DeviceInventory
internal import Diagnostics
internal import Foundation

/// An engagement whose gate was passed, read from the very bytes that were verified.
struct VerifiedEngagement: Sendable {
    var context: EngagementContext
    var loaded: LoadedEngagement
    var devices: GateDevices
    /// Gate 1, and Gate 2 when that was asked for; judged at the same moment.
    var gates: [GateVerdict]
    /// The gate that was asked for.
    var verdict: GateVerdict
}

extension Workflow {
    /// Goes on only with a gate that is granted now. `assess` and `plan` ask for Gate 1, `apply` for Gate 2; nothing
    /// that opens a connection comes before this.
    ///
    /// - Parameter keptRuns: runs already kept under the approval; nil when that is not the question.
    func requireGate(_ gate: Gate, engagement path: String?, keptRuns: Int? = nil, now: Date = Date())
        async throws(Findings) -> VerifiedEngagement
    {
        let context = try await engagement(path)
        let verifier = GateVerifier(folder: context.folder, site: context.site, keygen: context.keygen)
        // The files say which devices are meant; whether they may be believed is what the gate then answers.
        let claimed: LoadedEngagement
        let devices: GateDevices
        do {
            claimed = try context.load()
            devices = try context.devices(claimed)
        } catch {
            // A file that cannot be read any more may be one that was approved: then it is a refusal first of all.
            // Judged for no devices, so that nothing is held against the gate but its own files and signatures.
            let verdict = await verifier.verify(gate, devices: GateDevices([]), now: now)
            guard verdict.manifest != nil else { throw error }
            throw Findings(verdict.findings.all.filter { $0.severity == .error } + error.all)
        }
        let verdict = await verifier.verify(gate, devices: devices, now: now, keptRuns: keptRuns)
        try verdict.requireGranted()
        guard gate == .design else {
            return VerifiedEngagement(
                context: context, loaded: claimed, devices: devices, gates: [verdict], verdict: verdict)
        }
        let loaded = try Engagement.load(context.folder, fields: context.inventory.site.fields, texts: verdict.contents)
        guard try context.devices(loaded) == devices else {
            throw Findings([
                Finding(
                    code: "gate.changed-while-read", what: "contract.yaml was changed while it was verified",
                    remedy: "run the command again")
            ])
        }
        let spec = await verifier.verify(.spec, devices: devices, now: now)
        return VerifiedEngagement(
            context: context, loaded: loaded, devices: devices, gates: [spec, verdict], verdict: verdict)
    }
}
