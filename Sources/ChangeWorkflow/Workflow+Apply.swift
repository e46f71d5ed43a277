internal import AsBuiltRecords
internal import CanonicalData
package import ChangeExecution
internal import ChangePlanning
internal import ConfigRendering
internal import DesignContracts
internal import DeviceConfiguration
internal import DeviceDrivers
internal import DeviceInventory
package import Diagnostics
internal import Foundation
internal import SSHTransport
internal import RecordViews
internal import SQLiteWorkspace
internal import SignedManifests
internal import SourceDocuments
internal import StateChecks
internal import WorkspaceStore

/// Carrying out what Gate 2 locked, and nothing else.
extension Workflow {
    /// Carries out the approved plan as one run, and writes and signs its record, however it ends.
    ///
    /// - Parameters:
    ///   - principal: the executor; a principal of the policy's role `executor`.
    ///   - keyFile: signs the record.
    ///   - abort: ends the run in order when it is asked to.
    ///   - report: called with each piece of progress, from any task.
    package func apply(
        engagement path: String?, as principal: String, keyFile: String?, abort: AbortSwitch = AbortSwitch(),
        report: @escaping @Sendable (RunProgress) -> Void
    ) async throws(Findings) -> WorkflowAnswer {
        let store = try openStore(path)
        let folder = try engagementFolder(path)
        let kept = try await keptRuns(folder, store)
        // Nothing below may run without Gate 2: it opens connections and changes devices.
        let verified = try await requireGate(.design, engagement: path, keptRuns: kept)
        let executor = try await self.executor(principal, keyFile, verified)
        var generator = SystemRandomNumberGenerator()
        let run = RunID(openedAt: SystemExecutionClock().now(), using: &generator)
        let job = try await ApplyJob(verified, run: run, executor: executor.name, environment: environment, calls: calls, store: store)
        return try await job.finish(store: store, keyFile: executor.keyFile) { change throws(Findings) in
            try await Self.follow(change, abort, report) { try await change.carryOut() }
        }
    }

    /// Goes on with a run whose executor was stopped: forward after its commit point, back before it. The approval need
    /// not be valid any more; the files it locked must still be the approved ones.
    package func resume(
        run text: String, engagement path: String?, as principal: String, keyFile: String?,
        abort: AbortSwitch = AbortSwitch(), report: @escaping @Sendable (RunProgress) -> Void
    ) async throws(Findings) -> WorkflowAnswer {
        let store = try openStore(path)
        let stored = try await Self.storedRun(text, in: store)
        let run = stored.id
        // Judged as of the start of the run: an approval that expired meanwhile must not strand devices.
        let moment = Date(timeIntervalSince1970: Double(stored.openedAt.milliseconds) / 1000)
        let verified = try await requireGate(.design, engagement: path, now: moment)
        let executor = try await self.executor(principal, keyFile, verified)
        var job = try await ApplyJob(verified, run: run, executor: executor.name, environment: environment, calls: calls, store: store)
        guard job.request.planDigest == stored.planDigest else {
            throw Findings([Finding(code: "gate.other-plan", what: "run \(run) carried out another plan than the one in this folder", remedy: "resume it with the engagement folder as it was")])
        }
        if let original = stored.takesBack {
            // Going on with a rollback needs no approval that is still valid either.
            try await job.turnBack(
                try await Self.storedRun(original.description, in: store), as: run, store: store, gate: { _ in nil })
        }
        return try await job.finish(store: store, keyFile: executor.keyFile) { change throws(Findings) in
            try await Self.follow(change, abort, report) { try await change.resume() }
        }
    }

    static func storedRun(_ text: String, in store: any WorkspaceStore) async throws(Findings) -> StoredRun {
        guard let run = RunID(text) else {
            throw Findings([Finding(code: "run.unknown", what: "`\(safeForDisplay(text, keepingLines: false))` is no run", remedy: "`asbuilt apply` printed the run's name when it began")])
        }
        let stored = try await storing { () async throws(StoreError) in try await store.run(run) }
        guard let stored else {
            throw Findings([Finding(code: "run.unknown", what: "this workspace has no run \(run)", remedy: "go to the workspace where it was started")])
        }
        return stored
    }

    /// Asks the executor that carries a run out, on this host, to end it in order.
    package func abort(run text: String, engagement path: String?) async throws(Findings) -> WorkflowAnswer {
        let store = try openStore(path)
        let stored = try await Self.storedRun(text, in: store)
        guard stored.state == .open else {
            throw Findings([
                Finding(
                    code: "run.ended", what: "run \(stored.id) has ended: there is nothing to abort",
                    remedy: "`asbuilt rollback \(stored.id)` takes a change back that was kept")
            ])
        }
        let lease = try await Self.storing { () async throws(StoreError) in
            try await store.lease(on: Lease.resource(run: stored.id))
        }
        guard let lease, lease.owner.isGone() != true else {
            throw Findings([
                Finding(
                    code: "run.no-executor", what: "nobody is carrying run \(stored.id) out: its executor is gone",
                    remedy: "`asbuilt resume \(stored.id) --as PRINCIPAL --key FILE` takes its devices back, or forward when it was decided")
            ])
        }
        guard lease.owner.isGone() == false, kill(lease.owner.process, SIGTERM) == 0 else {
            throw Findings([
                Finding(
                    code: "run.elsewhere", what: "run \(stored.id) is carried out by process \(lease.owner.process) on \(lease.owner.host), which cannot be asked from here",
                    remedy: "run `asbuilt abort \(stored.id)` there, as the same user")
            ])
        }
        return WorkflowAnswer(
            text: "asked process \(lease.owner.process) to end run \(stored.id) in order; it takes undecided changes back and writes the record",
            json: CanonicalText.of(AbortReport(run: stored.id.description, process: Int(lease.owner.process))),
            next: "asbuilt show record")
    }

    static func follow(
        _ change: ChangeRun, _ abort: AbortSwitch, _ report: @escaping @Sendable (RunProgress) -> Void,
        _ body: @escaping @Sendable () async throws -> RunOutcome
    ) async throws(Findings) -> RunOutcome {
        let run = change.request.run
        report(
            RunProgress(
                at: SystemExecutionClock().now(), phase: .preflight, status: .started,
                message: "run \(run) begins; Ctrl-C or `asbuilt abort \(run)` stops it in order"))
        abort.attach(run.description) { change.abort(by: $0) }
        let watching = Task { for await step in change.progress { report(step) } }
        defer { watching.cancel() }
        do {
            let outcome = try await body()
            await watching.value
            return outcome
        } catch {
            throw Findings([
                Finding(
                    code: "driver.storage", what: "the run could not go on: \(error)",
                    remedy: "when the cause is mended: asbuilt resume \(change.request.run) --as PRINCIPAL --key FILE")
            ])
        }
    }

    func openStore(_ path: String?) throws(Findings) -> any WorkspaceStore {
        let workspace = try Workspace.find(from: try engagementFolder(path).root)
        do throws(StoreError) {
            let store = try SQLiteWorkspace(folder: workspace.stateFolder)
            return journal?(store) ?? store
        } catch {
            throw Findings([Finding(code: "store.unusable", what: "\(error)", remedy: "check .asbuilt/ in the workspace: permissions and free space")])
        }
    }

    static func storing<R>(_ body: () async throws(StoreError) -> R) async throws(Findings) -> R {
        do throws(StoreError) { return try await body() } catch {
            throw Findings([Finding(code: "store.failed", what: "\(error)", remedy: "check .asbuilt/ in the workspace")])
        }
    }

    /// Runs of this cycle that kept their change.
    private func keptRuns(_ folder: EngagementFolder, _ store: any WorkspaceStore) async throws(Findings) -> Int {
        // What cannot be read counts as used up; the gate then says which file it was.
        guard let id = try? Engagement.load(folder).engagement.id else { return .max }
        let runs = try await Self.storing { () async throws(StoreError) in try await store.runs(engagement: id) }
        var kept = 0
        for run in runs where run.cycle == folder.cycle {
            guard let blob = run.outcome else { continue }
            let bytes = try await Self.storing { () async throws(StoreError) in try await store.blob(blob) }
            // What cannot be read counts: an approval is never used once too often.
            let outcome = try? JSONDecoder().decode(RunOutcome.self, from: Data(bytes))
            if outcome.map({ $0.devices.contains { $0.end == .kept && !$0.steps.isEmpty } }) ?? true { kept += 1 }
        }
        return kept
    }

    /// Who carries the run out; role and key are found out now, not when the devices are changed and the record cannot
    /// be signed.
    func executor(_ text: String, _ keyFile: String?, _ verified: VerifiedEngagement) async throws(Findings) -> (
        name: String, keyFile: String
    ) {
        let name = try Self.principal(text)
        let path = try key(keyFile)
        let context = verified.context
        _ = try await RecordSeal(folder: context.folder, keygen: context.keygen)
            .requireExecutor(name, keyFile: path, site: context.site, now: Date())
        return (name.description, path)
    }
}

private struct AbortReport: Encodable {
    var asbuilt = "abort/v1"
    var run: String
    var process: Int
}

/// One run made ready: the verified files turned into what the executor needs.
struct ApplyJob {
    let verified: VerifiedEngagement
    let access: DeviceAccess
    var request: RunRequest
    /// What rendering had to say; no error among it.
    let warnings: Findings

    init(
        _ verified: VerifiedEngagement, run: RunID, executor: String, environment: [String: String], calls: SSHCallHome?,
        store: any WorkspaceStore
    )
        async throws(Findings)
    {
        self.verified = verified
        let context = verified.context
        guard let contract = verified.loaded.contract, let planBytes = verified.verdict.contents[EngagementFolder.planFile]
        else {
            throw Findings([
                Finding(code: "gate.no-plan", what: "Gate 2 covers no plan", at: SourcePosition(file: EngagementFolder.planFile), remedy: "open the next cycle with `asbuilt amend`")
            ])
        }
        let plan: ChangePlan
        do { plan = try CanonicalJSON.decode(ChangePlan.self, from: planBytes) } catch {
            throw Findings([
                Finding(code: "gate.plan-unreadable", what: "the approved plan cannot be read: \(error)", at: SourcePosition(file: EngagementFolder.planFile), remedy: "open the next cycle with `asbuilt amend`, and plan again")
            ])
        }
        access = try DeviceAccess(context.workspace, environment: environment, calls: calls)
        let (rendered, warnings) = try await ConfigRenderer(
            verified.loaded, inventory: try context.inventoryWithVariables(),
            sources: TemplateSources(verified: verified.verdict.contents)
        ).render()
        self.warnings = warnings
        try Self.requireLock(try access.lock(rendered), verified)
        let sendsSecrets = rendered.contains { !$0.secrets.isEmpty }
        let key = sendsSecrets ? try await access.planSecretsKey(context.inventory.site) : []
        var (devices, findings) = ([String: DeviceWork](), Findings())
        for rendering in rendered {
            let name = rendering.device.name
            let model = try DeviceAccess.model(rendering.device.platform, rendering.endpoint.kind, in: context.workspace)
            let secrets = try await access.secrets(rendering.secrets, device: name)
            let signed = plan.devices.first { $0.device == name }?.secrets ?? [:]
            for (reference, secret) in secrets.sorted(by: { $0.key < $1.key }) where !contract.rotates.contains(reference) {
                if secret.withRevealed({ Digest.hmac($0, key: key).hex }) == signed[reference] { continue }
                findings.add(
                    Finding(
                        code: "plan.stale-secret", what: "the value of \(reference) is not the one the plan was made with",
                        device: name,
                        remedy: "restore it, or `asbuilt amend` and plan again; a contract that `rotates` it expects a new value"))
            }
            let fragments = rendering.fragments
            let base = plan.devices.first { $0.device == name }?.baseDigest
            // Kept by `plan` in its workspace; elsewhere a movement can only be told by its digest.
            let plannedBase = if let base { (try? await store.blob(base)).map { String(decoding: $0, as: UTF8.self) } } else { String?.none }
            devices[name] = DeviceWork(
                driver: try DeviceAccess.driver(rendering.device.platform, rendering.endpoint.kind, dialogs: contract.dialogs),
                model: model, secrets: SecretTable(device: name, values: secrets),
                recompute: { snapshot in try model.change(from: snapshot, to: fragments) }, plannedBase: plannedBase)
        }
        for device in plan.devices where devices[device.device] == nil {
            findings.add(
                Finding(code: "plan.stale-device", what: "the plan changes \(device.device), and the contract no longer renders for it", device: device.device, remedy: "`asbuilt amend` and plan again"))
        }
        try findings.throwIfErrors()
        let verdict = verified.verdict
        request = RunRequest(
            run: run, engagement: verified.loaded.engagement.id, cycle: context.folder.cycle,
            ticket: verified.loaded.engagement.ticket, executor: executor, plan: plan, planDigest: .sha256(planBytes),
            devices: devices, checks: try Self.checks(contract, rendered.map(\.device)),
            gate: { wave in
                let seconds = plan.confirmTimeoutSeconds
                    + (plan.waves.first { $0.name == wave }?.soakSeconds ?? 0)
                let refusal = verdict.refusalToStart(at: Date(), needing: .seconds(seconds))
                guard let first = refusal.all.first(where: { $0.severity == .error }) else { return nil }
                return RunFailure(.gate, what: first.what, remedy: first.remedy)
            })
    }

    /// The inventory must still say of these devices what was approved.
    private static func requireLock(_ lock: InventoryLock, _ verified: VerifiedEngagement) throws(Findings) {
        let approved: InventoryLock
        do {
            approved = try CanonicalJSON.decode(
                InventoryLock.self, from: verified.verdict.contents[EngagementFolder.inventoryLockFile] ?? [])
        } catch {
            throw Findings([
                Finding(
                    code: "gate.lock-unreadable", what: "the approved inventory lock cannot be read: \(error)",
                    at: SourcePosition(file: EngagementFolder.inventoryLockFile),
                    remedy: "open the next cycle with `asbuilt amend`, and plan again")
            ])
        }
        let names = Set((approved.devices + lock.devices).map(\.name)).sorted()
        let moved = names.filter { name in
            approved.devices.first { $0.name == name } != lock.devices.first { $0.name == name }
        }
        try Findings(
            moved.map { name in
                Finding(
                    code: "plan.stale-inventory",
                    what: "the inventory no longer says of it what was approved (endpoints, host keys, credentials or values the templates read)",
                    at: SourcePosition(file: EngagementFolder.inventoryLockFile), device: name,
                    remedy: "restore the inventory, or `asbuilt amend` and plan again")
            }
        ).throwIfErrors()
    }

    private static func checks(_ contract: Contract, _ devices: [Device]) throws(Findings) -> [RunCheck] {
        var (all, findings) = ([RunCheck](), Findings())
        for (moment, checks) in [(RunCheck.Moment.before, contract.checksBefore), (.after, contract.checksAfter)] {
            for check in checks {
                do {
                    let selector = try DeviceSelector(check.devices.scalar?.text ?? "")
                    var chosen: [String] = []
                    for device in devices where try selector.selects(device) { chosen.append(device.name) }
                    guard chosen.isEmpty else {
                        all.append(RunCheck(check: check, devices: chosen.sorted(), moment: moment))
                        continue
                    }
                    findings.add(
                        Finding(
                            code: "contract.check-selects-nothing", what: "check `\(check.id)` selects none of the contract's devices",
                            at: check.devices.position, remedy: "loosen its `devices`; a check on no device proves nothing"))
                } catch {
                    findings.add(
                        Finding(code: "selector.unreadable", what: "\(error)", at: check.devices.position, remedy: "correct the selector"))
                }
            }
        }
        try findings.throwIfErrors()
        return all
    }

    /// What each device held when it was read last.
    private func configurations(_ record: AsBuiltRecord, _ evidence: [Digest: [UInt8]]) -> [String: [ConfigurationElement]] {
        var found: [String: [ConfigurationElement]] = [:]
        for device in record.devices {
            guard let digest = device.runningAfter ?? device.runningBefore, let bytes = evidence[digest],
                let model = request.devices[device.device]?.model, let snapshot = try? model.snapshot(bytes)
            else { continue }
            found[device.device] = model.elements(of: snapshot)
        }
        return found
    }

    /// Carries the run out (or on), then assembles, writes and signs its record.
    func finish(
        store: any WorkspaceStore, keyFile: String,
        _ body: (ChangeRun) async throws(Findings) -> RunOutcome
    ) async throws(Findings) -> WorkflowAnswer {
        let change = ChangeRun(
            request,
            in: ExecutionEnvironment(
                store: store, connector: try access.connector(verified.devices.devices)))
        let outcome = try await body(change)
        let engagement = verified.loaded.engagement
        let index = await BaselineIndex.load(engagementsFolder: verified.context.workspace.engagementsFolder)
        var diffs: [String: String] = [:]
        for device in request.plan.devices {
            diffs[device.device] = verified.verdict.contents["\(EngagementFolder.planFolder)/\(device.device).diff"]
                .map { String(decoding: $0, as: UTF8.self) }
        }
        let assembly = RecordAssembly(
            engagement: EngagementSummary(
                id: engagement.id, title: engagement.title, ticket: engagement.ticket ?? "", cycle: request.cycle,
                authors: engagement.authors.map(\.description), startsFrom: engagement.startsFrom),
            criteria: verified.loaded.specification.acceptance, gates: verified.gates, plan: request.plan,
            outcome: outcome, checks: request.checks, diffs: diffs,
            previous: index.previous(of: request.plan.devices.map(\.device)), versions: ["asbuilt": ProgramVersion.current])
        var (record, evidence) = try await Workflow.storing { () async throws(StoreError) in
            try await assembly.assemble(from: store)
        }
        record.links = TopologyDiscovery.links(configurations(record, evidence))
        let written = try await RecordWriter(folder: verified.context.folder, keyFile: keyFile).write(
            record, evidence: evidence,
            views: RecordWriter.Views(markdown: RecordMarkdown(record).text, html: RecordPage(record).html))
        var lines = ["run \(outcome.run): \(outcome.outcome)"]
        if let failure = outcome.failure { lines.append("  \(failure.what)") }
        lines += outcome.devices.map { "  \($0.device)  \($0.end.rawValue)" }
        lines += record.acceptance.map { "  \($0.id)  \($0.verdict)" }
        lines.append("record: as-built/record.json, as-built.md, as-built.html; manifest \(written.manifest.prefix)")
        let next = outcome.isSettled
            ? "read as-built/as-built.md, then: asbuilt close --as PRINCIPAL --key FILE"
            : "asbuilt resume \(outcome.run) --as PRINCIPAL --key FILE"
        return WorkflowAnswer(
            text: safeForDisplay(lines.joined(separator: "\n")), json: CanonicalText.of(outcome),
            status: CommandStatus(rawValue: Int32(outcome.exit.rawValue)) ?? .unsettled,
            findings: Findings(warnings.all + index.findings.all), next: next)
    }
}
