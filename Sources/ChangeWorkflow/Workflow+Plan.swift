internal import CanonicalData
internal import ChangeExecution
internal import ChangePlanning
internal import ConfigRendering
internal import DesignContracts
internal import DeviceConfiguration
internal import DeviceDrivers
internal import DeviceInventory
package import Diagnostics
internal import Foundation
internal import RecordViews
internal import SourceDocuments
internal import TextPatterns
internal import WorkspaceStore

/// Computing the plan: read-only contact, after Gate 1.
extension Workflow {
    /// Reads the devices, computes what has to be sent and how it is taken back, and writes `plan/`.
    ///
    /// Once Gate 2 has locked the plan nothing is written: it is computed again and compared.
    package func plan(engagement path: String?) async throws(Findings) -> WorkflowAnswer {
        // Nothing below may run without Gate 1: it opens connections.
        let verified = try await requireGate(.spec, engagement: path)
        let (context, loaded) = (verified.context, verified.loaded)
        let (rendered, warnings) = try await context.render(loaded)
        let access = try DeviceAccess(context.workspace, environment: environment, calls: calls)
        let (result, observed) = try await PlanComputation(context: context, loaded: loaded, access: access, progress: progress)
            .compute(rendered)
        // What the devices hold now, under the digest that the plan names: `apply` tells from it what has moved.
        let store = try openStore(path)
        for snapshot in observed {
            _ = try await Self.storing { () async throws(StoreError) in try await store.storeBlob(Array(snapshot.canonical.utf8)) }
        }
        let files = try PlanFiles(result, lock: try access.lock(rendered))
        var findings = loaded.findings
        findings.add(contentsOf: warnings)
        findings.add(contentsOf: Findings(result.plan.findings))
        let isLocked = context.folder.isLocked(by: .design)
        var lines = result.plan.devices.map { device in
            "\(device.device)  " + (device.steps.isEmpty
                ? "nothing to do"
                : "\(Self.counted(device.steps.count, "step")), \(Self.counted(device.steps.reduce(0) { $0 + $1.lines.count }, "line")), protection: \(device.protection.rawValue)")
        }
        var status = CommandStatus.done
        if isLocked {
            let changed = files.differences(from: context.folder)
            lines.append(
                result.plan.isEmpty
                    ? "nothing to do on any device; Gate 2 has locked plan/, nothing was written"
                    : changed.isEmpty
                        ? "the same bytes as approved; nothing was written"
                        : "Gate 2 has locked plan/, nothing was written; these would differ: \(changed.joined(separator: ", "))")
            if !changed.isEmpty, !result.plan.isEmpty { status = .differences }
        } else {
            try files.write(to: context.folder)
            lines.append("written: plan/ (\(files.contents.count) files)")
        }
        return WorkflowAnswer(
            text: safeForDisplay(lines.joined(separator: "\n")), json: CanonicalText.of(result.plan), status: status,
            findings: findings, next: isLocked ? "asbuilt status" : "asbuilt show plan")
    }

    private static func counted(_ count: Int, _ thing: String) -> String { "\(count) \(thing)" + (count == 1 ? "" : "s") }

    /// The approver's view of the plan in the folder.
    package func showPlan(engagement path: String?, asProcedure: Bool) throws(Findings) -> WorkflowAnswer {
        let folder = try engagementFolder(path)
        let plan: ChangePlan
        var diffs: [String: String] = [:]
        do {
            plan = try CanonicalJSON.decode(
                ChangePlan.self, from: Array(try Data(contentsOf: URL(filePath: folder.path(EngagementFolder.planFile)))))
            for device in plan.devices {
                diffs[device.device] = try String(
                    contentsOfFile: folder.path("\(EngagementFolder.planFolder)/\(device.device).diff"), encoding: .utf8)
            }
        } catch {
            throw Findings([
                Finding(
                    code: "plan.unreadable", what: "there is no readable plan: \((error as NSError).localizedDescription)",
                    at: SourcePosition(file: EngagementFolder.planFile), remedy: "compute it: `asbuilt plan`")
            ])
        }
        let view = PlanText(plan, diffs: diffs)
        return WorkflowAnswer(
            text: asProcedure ? view.methodOfProcedure : view.text, json: CanonicalText.of(plan),
            next: folder.isLocked(by: .design) ? nil : "asbuilt approve design --as PRINCIPAL --key FILE")
    }
}

/// From rendered fragments and live devices to a plan.
struct PlanComputation: Sendable {
    let context: EngagementContext
    let loaded: LoadedEngagement
    let access: DeviceAccess
    let progress: (@Sendable (String) -> Void)?

    func compute(_ rendered: [DeviceRendering]) async throws(Findings) -> (PlanningResult, observed: [ConfigurationSnapshot]) {
        guard let contract = loaded.contract else { throw Findings() }
        var findings = Findings()
        var prepared: [(rendering: DeviceRendering, driver: any DeviceDriver, model: any ConfigurationModel, secrets: [String: Secret])] = []
        for rendering in rendered {
            do throws(Findings) {
                prepared.append(
                    (
                        rendering,
                        try DeviceAccess.driver(rendering.device.platform, rendering.endpoint.kind, dialogs: contract.dialogs),
                        try DeviceAccess.model(rendering.device.platform, rendering.endpoint.kind, in: context.workspace),
                        try await access.secrets(rendering.secrets, device: rendering.device.name)
                    ))
            } catch {
                for var finding in error.all {
                    finding.device = rendering.device.name
                    findings.add(finding)
                }
            }
        }
        try findings.throwIfErrors()
        let sendsSecrets = prepared.contains { !$0.secrets.isEmpty }
        let key = sendsSecrets ? try await access.planSecretsKey(context.inventory.site) : []
        let environment = ExecutionEnvironment(
            store: InMemoryWorkspace(), connector: try access.connector(rendered.map(\.device)))
        let answers = await DeviceSurvey(environment).read(
            prepared.map { entry in
                var target = DeviceSurvey.Target(
                    device: entry.rendering.device.name, driver: entry.driver,
                    secrets: SecretTable(device: entry.rendering.device.name, values: entry.secrets))
                if entry.model is XMLConfigurationModel {
                    target.namespaces = YANGDeviceModules.namespaces(of: entry.rendering.fragments)
                }
                return target
            }, progress: progress)
        var devices: [PlanningDevice] = []
        for (entry, answer) in zip(prepared, answers) {
            guard let observed = answer.observed, let facts = answer.facts else {
                findings.add(Self.finding(answer.failure, device: answer.device))
                continue
            }
            do throws(Findings) {
                if facts.strategy == NETCONFStrategy.readOnly.rawValue {
                    throw Findings([
                        Finding(
                            code: "driver.read-only", what: "the device announces neither candidate nor writable-running",
                            device: answer.device,
                            remedy: "enable one of them on the device: over NETCONF it can only be read")
                    ])
                }
                let (notes, misfits) = try await checkedByDevice(entry.rendering, answer.modules)
                findings.add(contentsOf: misfits)
                devices.append(
                    PlanningDevice(
                        name: answer.device, platform: entry.rendering.device.platform,
                        endpoint: entry.rendering.endpoint.kind.rawValue, address: entry.rendering.endpoint.host,
                        model: entry.model, observed: try entry.model.snapshot(observed.running),
                        startup: try observed.startup.map { bytes throws(Findings) in try entry.model.snapshot(bytes) },
                        intended: entry.rendering.fragments, strategy: facts.strategy, protection: facts.protection,
                        protectionNotes: entry.driver.traits.notes
                            + ["the driver was verified by: \(entry.driver.traits.verifiedBy)"] + notes
                            + entry.rendering.device.configuredWay(to: entry.rendering.endpoint.kind),
                        exclusion: facts.exclusion,
                        secrets: entry.secrets.mapValues { secret in
                            secret.withRevealed { Digest.hmac($0, key: key).hex }
                        }, legacyAlgorithms: entry.rendering.device.legacyAlgorithms.sorted()))
            } catch { findings.add(contentsOf: error) }
        }
        try findings.throwIfErrors()
        let terms = try terms(contract, rendered.map(\.device))
        let result = try Planner(
            PlanningInput(
                engagement: loaded.engagement.id, cycle: context.folder.cycle, terms: terms, devices: devices)
        ).plan()
        return (result, devices.map(\.observed))
    }

    /// Checks what is rendered with the modules that the device gave of itself, where the site has none; what the approver
    /// reads about it, and what does not fit them, at its template line.
    private func checkedByDevice(_ rendering: DeviceRendering, _ given: DeviceModules?) async throws(Findings)
        -> (notes: [String], misfits: Findings)
    {
        guard let given else { return ([], Findings()) }
        let missing = given.problems.prefix(5).map {
            "the device did not give all its YANG modules: \(safeForDisplay($0, keepingLines: false))"
        }
        guard !given.modules.isEmpty else { return (missing, Findings()) }
        let stored = try YANGDeviceModules(folder: context.workspace.stateFolder + "/yang").store(
            given.modules.map { ($0.name, $0.revision, $0.text) })
        let source =
            "\(stored.count) YANG \(stored.count == 1 ? "module" : "modules") of the device's own (sha256 \(stored.digest.prefix(16))…)"
        // Waiting for the process that checks is nothing for a thread of the pool.
        let verdict = await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(returning: YANGDeviceModules.check(rendering.fragments, with: stored))
            }
        }
        switch verdict {
        case .checked(let found):
            let misfits = found.all.filter { $0.severity == .error }.map { finding in
                var finding = finding
                finding.device = rendering.device.name
                return finding
            }
            return (
                ["names, types and keys of what is rendered were checked with \(source), in a process of its own"],
                Findings(misfits)
            )
        case .unusable(let why): return (missing + ["what is rendered was not checked with \(source): \(why)"], Findings())
        }
    }

    static func finding(_ failure: RunFailure?, device: String) -> Finding {
        guard let failure else {
            return Finding(
                code: "driver.unreadable", what: "the device could not be read", device: device,
                remedy: "try again, and report it as a bug if it stays so")
        }
        let code =
            switch failure.code {
            case .hostKeyUnknown: "hostkey.unknown"
            case .hostKeyChanged: "hostkey.changed"
            default: "driver.\(failure.code.rawValue)"
            }
        return Finding(code: code, what: failure.what, device: device, remedy: failure.remedy)
    }

    // MARK: Rollout

    private func terms(_ contract: Contract, _ devices: [Device]) throws(Findings) -> RolloutTerms {
        RolloutTerms(
            transaction: TransactionScope(rawValue: contract.rollout.transaction.rawValue) ?? .network,
            waves: try waves(contract.rollout.waves, devices), stopWhen: StopRule(failed: contract.rollout.stopWhenFailed),
            confirmTimeoutSeconds: Int(contract.rollout.confirmTimeout.components.seconds),
            onSplit: SplitPolicy(rawValue: contract.rollout.onSplit.rawValue) ?? .back,
            staleRule: StaleRule(rawValue: contract.stale.rawValue) ?? .touched,
            save: SavePolicy(rawValue: contract.save.rawValue) ?? .afterConfirm, accepted: contract.accepted,
            captures: contract.captures, maximumDevices: loaded.specification.maximumDevices)
    }

    /// Waves with their devices by name: each device is in exactly one, batches become waves of their own.
    private func waves(_ waves: [Contract.Wave], _ devices: [Device]) throws(Findings) -> [PlannedWave] {
        var left = devices.sorted { $0.name < $1.name }
        var planned: [PlannedWave] = []
        for wave in waves {
            var chosen = left
            if let selector = wave.devices {
                do {
                    chosen = []
                    for device in left where try selector.selects(device) { chosen.append(device) }
                } catch {
                    throw Findings([
                        Finding(
                            code: "selector.pattern", what: "\(error)", at: wave.devicesNode?.position,
                            remedy: "simplify the expression after ~")
                    ])
                }
            }
            left.removeAll { device in chosen.contains { $0.name == device.name } }
            let size: Int
            switch wave.batch {
            case nil: size = chosen.count
            case .count(let count): size = count
            case .percent(let percent): size = (chosen.count * percent + 99) / 100
            }
            let names = chosen.map(\.name)
            let batches = stride(from: 0, to: names.count, by: max(1, size)).map {
                Array(names[$0..<min(names.count, $0 + max(1, size))])
            }
            for (index, batch) in batches.enumerated() {
                planned.append(
                    PlannedWave(
                        name: batches.count == 1 ? wave.name : "\(wave.name)-\(index + 1)", devices: batch,
                        soakSeconds: Int(wave.soak.components.seconds)))
            }
        }
        if !left.isEmpty {
            planned.append(PlannedWave(name: waves.isEmpty ? "all" : "remaining", devices: left.map(\.name), soakSeconds: 0))
        }
        return planned
    }
}

/// The files of `plan/`.
struct PlanFiles {
    /// By path below the engagement.
    private(set) var contents: [String: [UInt8]] = [:]

    init(_ result: PlanningResult, lock: InventoryLock) throws(Findings) {
        do {
            contents[EngagementFolder.planFile] = try CanonicalJSON.encode(result.plan)
            contents[EngagementFolder.inventoryLockFile] = try CanonicalJSON.encode(lock)
        } catch {
            throw Findings([
                Finding(code: "plan.not-encodable", what: "the plan cannot be written: \(error)", remedy: "report this as a bug")
            ])
        }
        for (device, files) in result.files {
            let stem = "\(EngagementFolder.planFolder)/\(device)"
            contents[stem + ".intended"] = Array(files.intended.utf8)
            contents[stem + ".diff"] = Array(files.diff.utf8)
            contents[stem + ".forward"] = Array(files.forward.utf8)
            contents[stem + ".backout"] = Array(files.backout.utf8)
        }
    }

    /// Files that are missing, other or too many in the folder.
    func differences(from folder: EngagementFolder) -> [String] {
        var found = contents.filter { path, bytes in
            (try? Data(contentsOf: URL(filePath: folder.path(path)))).map(Array.init) != bytes
        }.map(\.key)
        let there = (try? FileManager.default.contentsOfDirectory(atPath: folder.path(EngagementFolder.planFolder))) ?? []
        found += there.map { "\(EngagementFolder.planFolder)/\($0)" }.filter { contents[$0] == nil }
        return found.sorted()
    }

    /// Replaces `plan/` as a whole: the new folder is complete before the old one gives way, and the old one goes last.
    func write(to folder: EngagementFolder) throws(Findings) {
        let files = FileManager.default
        let target = folder.path(EngagementFolder.planFolder)
        let (fresh, old) = (folder.path(".plan.new"), folder.path(".plan.old"))
        do {
            for leftover in [fresh, old] where files.fileExists(atPath: leftover) { try files.removeItem(atPath: leftover) }
            try files.createDirectory(atPath: fresh, withIntermediateDirectories: true)
            for (path, bytes) in contents {
                let name = String(path.dropFirst(EngagementFolder.planFolder.count + 1))
                try Data(bytes).write(to: URL(filePath: fresh + "/" + name))
            }
            if files.fileExists(atPath: target) { try files.moveItem(atPath: target, toPath: old) }
            try files.moveItem(atPath: fresh, toPath: target)
            if files.fileExists(atPath: old) { try files.removeItem(atPath: old) }
        } catch {
            throw Findings([
                Finding(
                    code: "plan.not-written", what: "plan/ cannot be written: \((error as NSError).localizedDescription)",
                    at: SourcePosition(file: EngagementFolder.planFolder),
                    remedy: "check the folder's permissions and free space; `asbuilt plan` computes it anew")
            ])
        }
    }
}
