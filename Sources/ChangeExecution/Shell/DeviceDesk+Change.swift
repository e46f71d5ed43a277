internal import CanonicalData
internal import ChangePlanning
internal import DeviceConfiguration
internal import DeviceDrivers
internal import Diagnostics
internal import WorkspaceStore

extension DeviceDesk {
    /// Carries out one effect of this device (but its lease) and says how it ended. Never throws: whatever goes wrong
    /// is a result.
    func perform(_ effect: Effect, memory: RunLedger.Device) async -> EffectResult {
        self.memory = memory
        do {
            return try await attempt(effect)
        } catch let error as DriverError {
            let failure = RunFailure(error)
            switch error.code {
            case .unknown: return .unknown(failure)
            case .lockHeld, .candidateDirty: return .refused(await told(failure))
            default: return failure.isRefusal ? .refused(failure) : .failed(failure)
            }
        } catch let failure as RunFailure {
            return failure.isRefusal ? .refused(failure) : .failed(failure)
        } catch let findings as Findings {
            return .failed(
                RunFailure(findings, device: name, remedy: "the dialect does not understand this; look at the blob"))
        } catch let error as StoreError {
            return .failed(RunFailure(error, device: name))
        } catch is CancellationError {
            return .failed(RunFailure(.interrupted, what: "not waited for any longer", device: name, remedy: ""))
        } catch {
            return .failed(
                RunFailure(.unexpectedOutput, what: "\(error)", device: name, remedy: "report this with the journal"))
        }
    }

    private func attempt(_ effect: Effect) async throws -> EffectResult {
        let limits = environment.limits
        switch effect.action {
        case .connect: return .connected(try await connect())
        case .lock:
            try await lock()
        case .observe: return .observed(try await observe())
        case .stage:
            try refuseUnfitSecrets()
            try await journal(.starting(effect: effect.id, device: name))
            try await over(try await current()) {
                try await $0.stage(plan.steps, secrets: work.secrets, deadline: deadline(limits.changeTimeout))
            }
        case .validate:
            try await over(try await current()) { try await $0.validate(deadline: deadline(limits.answerTimeout)) }
        case .arm(_, let timeout): try await arm(effect, .seconds(timeout))
        case .readBack: return .readBack(try await readBack())
        case .guardAccess(_, let last): return try await guardAccess(last: last)
        case .confirm(_, let notBefore, let until):
            try await clock.sleep(until: notBefore)
            try await confirm(effect, until: until)
        case .discard: try await discard(effect)
        case .cancel(_, let until): try await cancel(effect, until: until)
        case .undo(_, let reason, let notBefore, let until):
            try await clock.sleep(until: notBefore)
            return .read(try await undo(effect, reason, until: until))
        case .read(_, let notBefore, let until):
            try await clock.sleep(until: notBefore)
            return .read(try await read(until: until))
        case .save:
            try await journal(.starting(effect: effect.id, device: name))
            let session = try await connected(
                until: clock.now() + .seconds(limits.transaction.settleSeconds), isRecovery: true)
            try await over(session) { try await $0.save(deadline: deadline(limits.answerTimeout)) }
        case .release: return .released(transcripts: try await release())
        case .checkGate, .lease, .checkBefore, .soak, .verify, .decide, .captureAfter, .interrupt: break
        }
        return .done
    }

    private func current() async throws -> any DeviceSession {
        guard let session else {
            throw RunFailure(.unreachable, what: "the session was lost", device: name, remedy: "start again")
        }
        return session
    }

    // MARK: Up to arming

    /// Planning could not see whether a secret's value is of its leaf's type.
    private func refuseUnfitSecrets() throws {
        for step in plan.steps {
            let revealed = try work.secrets.reveal(step.forward)
            guard let found = work.model.checkSecrets(of: step, revealed: revealed).all.first else { continue }
            throw RunFailure(.secret, what: found.what, device: name, remedy: found.remedy)
        }
    }

    private func connect() async throws -> SessionFacts {
        let until = clock.now() + environment.limits.connectTimeout * environment.limits.connectAttempts
        let facts = try await connected(until: until, isRecovery: false).facts
        guard !plan.steps.isEmpty else { return facts }
        guard facts.protection == plan.protection, facts.strategy == plan.strategy else {
            throw RunFailure(
                .protection,
                what: "the device offers '\(facts.strategy)' (\(facts.protection.rawValue)), "
                    + "the plan was approved with '\(plan.strategy)' (\(plan.protection.rawValue))",
                device: name, remedy: "`asbuilt plan` computes a new plan for what it offers now")
        }
        return facts
    }

    private func observe() async throws -> ObservedFacts {
        let until = clock.now() + environment.limits.answerTimeout
        let device = try await reading(until: until, isRecovery: false) {
            try await $0.observe(deadline: deadline(environment.limits.answerTimeout))
        }
        let (running, blob) = try await snapshot(device.running)
        var startup: Digest?
        if let raw = device.startup {
            let (snapshot, blob) = try await snapshot(raw)
            startup = blob
            try refuseUnsaved(startup: snapshot, running: running)
        }
        if let dirty = device.dirtyCandidate, !plan.steps.isEmpty { throw foreignWork(dirty, running: running) }
        let moved = try refuseStale(running)
        return ObservedFacts(
            running: blob, base: running.digest, startup: startup, movedElsewhere: Array(moved.prefix(200)),
            planned: try planned(running).digest)
    }

    /// What somebody else left in the candidate, told by its difference from running.
    private func foreignWork(_ candidate: [UInt8], running: ConfigurationSnapshot) -> RunFailure {
        let differences =
            (try? work.model.snapshot(work.secrets.mask(candidate)))
            .map { work.model.differences(from: running, to: $0).prefix(5).map(Self.sentence) } ?? []
        return RunFailure(
            .candidateDirty,
            what: "somebody's uncommitted work is in the candidate: \(differences.joined(separator: "; "))",
            device: name, remedy: "have it committed or discarded, then start again")
    }

    /// Nothing of one attempt stays locked while the next is waited for, so that two changes cannot hold half each (LK-6).
    private func lock() async throws {
        let until = clock.now() + environment.limits.lockPatience
        var pause = Duration.milliseconds(500)
        while true {
            do {
                return try await over(try await current()) {
                    try await $0.lock(deadline: deadline(environment.limits.answerTimeout))
                }
            } catch let error as DriverError where error.code == .lockHeld {
                guard clock.now() + pause < until else { throw error }
                try await clock.sleep(until: clock.now() + pause)
                pause *= 2
            }
        }
    }

    /// A refused lock says that the candidate is dirty; reading it says with what.
    private func told(_ failure: RunFailure) async -> RunFailure {
        guard failure.code == .candidateDirty else { return failure }
        let until = environment.clock.now() + environment.limits.answerTimeout
        let device = try? await reading(until: until, isRecovery: false) {
            try await $0.observe(deadline: deadline(environment.limits.answerTimeout))
        }
        guard let device, let dirty = device.dirtyCandidate,
            let running = try? work.model.snapshot(work.secrets.mask(device.running))
        else { return failure }
        return foreignWork(dirty, running: running)
    }

    static func sentence(_ difference: ConfigurationDifference) -> String {
        let place = difference.path.isEmpty ? "" : difference.path.joined(separator: " / ") + ": "
        switch difference.kind {
        case .added: return place + "+ " + (difference.new ?? "")
        case .removed: return place + "- " + (difference.old ?? "")
        case .changed, .moved: return place + (difference.old ?? "") + " → " + (difference.new ?? "")
        }
    }

    private func refuseUnsaved(startup: ConfigurationSnapshot, running: ConfigurationSnapshot) throws {
        guard !plan.steps.isEmpty, !work.model.areEquivalent(startup, running) else { return }
        let digest = Planner.unsavedDigest(startup: startup, running: running)
        guard digest != plan.unsavedDigest else { return }
        let differences = work.model.differences(from: startup, to: running).prefix(5).map(Self.sentence)
        throw RunFailure(
            .unsaved,
            what: "running differs from startup, and that was not approved: \(differences.joined(separator: "; "))",
            device: name, remedy: "have it saved or removed on the device, or plan and approve again")
    }

    /// What has moved since the plan outside what it touches. Throws when the signed bytes no longer fit.
    private func refuseStale(_ running: ConfigurationSnapshot) throws -> [ConfigurationDifference] {
        if case .back(let steps, let original, let captured) = work.goal {
            try refuseMoved(running, steps, original, captured)
            return []
        }
        let change = try work.recompute(running)
        let same = change.steps.map { [$0.forward, $0.backout] } == plan.steps.map { [$0.forward, $0.backout] }
        let moved = movement(to: running)
        let what = moved.prefix(5).map(Self.sentence).joined(separator: "; ")
        guard same else {
            throw RunFailure(
                .stale,
                what: "what the plan touches has moved since it was approved" + (what.isEmpty ? "" : ": " + what),
                device: name, remedy: "`asbuilt amend`, `asbuilt plan`, and approve the new plan")
        }
        return moved
    }

    private func movement(to running: ConfigurationSnapshot) -> [ConfigurationDifference] {
        guard running.digest != plan.baseDigest else { return [] }
        if let base = work.plannedBase {
            let found = CanonicalComparison.differences(from: base, to: running.canonical)
            if !found.isEmpty { return found }
        }
        return [
            ConfigurationDifference(
                kind: .changed, path: [], old: "configuration \(plan.baseDigest.prefix)",
                new: "configuration \(running.digest.prefix)")
        ]
    }

    private func refuseMoved(
        _ running: ConfigurationSnapshot, _ steps: [ChangeStep], _ original: [UInt8], _ captured: [UInt8]
    ) throws {
        let (before, after) = (try work.model.snapshot(original), try work.model.snapshot(captured))
        if work.model.areEquivalent(after, running) { return }
        let missing = try work.model.reconcile(before: before, steps: steps, after: running).entries
            .filter { $0.verdict == .missing }
        guard missing.isEmpty else {
            throw RunFailure(
                .stale, what: "what the run changed no longer stands as captured, in \(missing.count) places",
                device: name, remedy: "going back from here is a new change: `asbuilt init engagements/NAME --from RECORD …`")
        }
    }

    // MARK: Armed

    private func arm(_ effect: Effect, _ timeout: Duration) async throws {
        let session = try await current()
        var generator = SystemRandomNumberGenerator()
        let token = PersistToken(using: &generator)
        try await journal(.armStarting(effect: effect.id, device: name, token: token))
        armedHere = true
        let isExecutorOnly = plan.protection == .executorOnly
        try await over(session) { [journal, name] session in
            try await session.arm(
                plan.steps, timeout: timeout, token: Secret(token.text), secrets: work.secrets,
                before: { step in
                    if isExecutorOnly {
                        try await journal(.stepStarting(effect: effect.id, device: name, step: step))
                    }
                }, deadline: deadline(environment.limits.changeTimeout))
        }
    }

    private func readBack() async throws -> ReadBackFacts {
        let until = clock.now() + environment.limits.answerTimeout
        let device = try await reading(until: until, isRecovery: true) {
            try await $0.observe(deadline: deadline(environment.limits.answerTimeout))
        }
        let (after, blob) = try await snapshot(device.running)
        let base = try await base()
        let reconciliation = try reconcile(base, after)
        let problems = reconciliation.entries.filter { !Self.isClean($0) && !work.accepts($0) }
        let verdicts = Dictionary(grouping: reconciliation.entries, by: \.verdict.rawValue).mapValues(\.count)
        return ReadBackFacts(
            running: blob, captured: after.digest, reconciliation: try await storeJSON(reconciliation),
            verdicts: verdicts, isAcceptable: problems.isEmpty,
            problems: problems.prefix(10).map { entry in
                let place = entry.path.isEmpty ? "" : entry.path.joined(separator: " / ") + ": "
                return "\(entry.verdict.rawValue): \(place)\(entry.sent ?? entry.captured ?? "")"
            })
    }

    /// Every difference explained; of a way back, only what is still there of the change.
    private func reconcile(_ base: ConfigurationSnapshot, _ after: ConfigurationSnapshot) throws -> Reconciliation {
        switch work.goal {
        case .change: return try work.model.reconcile(before: base, steps: plan.steps, after: after)
        case .back(let steps, let original, _):
            let left = try work.model.undo(steps, observed: after, base: try work.model.snapshot(original))
            return Reconciliation(
                entries: left.map { Reconciliation.Entry(verdict: .missing, path: [], sent: $0.forward) })
        }
    }

    private static func isClean(_ entry: Reconciliation.Entry) -> Bool { Reconciliation(entries: [entry]).isClean }

    private func guardAccess(last: Bool) async throws -> EffectResult {
        guard last else {
            await (try await secondLogin()).close()
            return .guarded
        }
        let device = try await seenFromOutside()
        let (now, _) = try await snapshot(device.running)
        guard let readBack = memory.readBack else { return .guarded }
        let then = try await stored(readBack.running)
        guard work.model.areEquivalent(then, now) else {
            let moved = work.model.differences(from: then, to: now).prefix(5).map(Self.sentence)
            return .failed(
                RunFailure(
                    .moved, what: "running moved after it was read back: \(moved.joined(separator: "; "))",
                    device: name, remedy: "find out who else works on the device, then start again"))
        }
        return .guarded
    }

    private func secondLogin() async throws -> any DeviceSession {
        let until = clock.now() + environment.limits.connectTimeout
        do { return try await open(until: until, isRecovery: true) } catch let error as DriverError {
            throw RunFailure(
                .guardFailed,
                what: "a new login does not succeed with the change in effect: \(safeForDisplay(error.what))",
                device: name, remedy: "the change cuts the way by which it would be confirmed; correct the design")
        }
    }

    /// Reads the device in a new session. One that falls silent is given up early and tried once more: a timer runs.
    private func seenFromOutside() async throws -> ObservedDevice {
        func look(_ limit: Duration) async throws -> ObservedDevice {
            let session = try await secondLogin()
            do {
                let device = try await session.observe(deadline: deadline(limit))
                await session.close()
                return device
            } catch {
                await session.close()
                throw error
            }
        }
        do { return try await look(environment.limits.answerTimeout / 4) } catch let error as DriverError {
            guard error.code == .timedOut || error.code == .connection else { throw error }
            return try await look(environment.limits.answerTimeout)
        }
    }

    // MARK: Forward and back

    private var secret: Secret { Secret(memory.token?.text ?? "") }

    private func confirm(_ effect: Effect, until: UTCInstant) async throws {
        let session = try await connected(until: until, isRecovery: true)
        if !armedHere {
            // From a new session a commit would also make somebody's uncommitted work permanent.
            let device = try await over(session) {
                try await $0.observe(deadline: deadline(environment.limits.answerTimeout))
            }
            if device.dirtyCandidate != nil {
                throw RunFailure(
                    .candidateDirty, what: "somebody's uncommitted work is in the candidate: not confirmed",
                    device: name, remedy: "have it discarded before the device reverts")
            }
        }
        try await journal(.starting(effect: effect.id, device: name))
        try await over(session) {
            try await $0.confirm(token: secret, deadline: deadline(environment.limits.answerTimeout))
        }
    }

    private func cancel(_ effect: Effect, until: UTCInstant) async throws {
        let session = try await connected(until: until, isRecovery: true)
        try await journal(.starting(effect: effect.id, device: name))
        try await over(session) {
            try await $0.cancel(token: secret, deadline: deadline(environment.limits.answerTimeout))
        }
        // Some end the session to revert; either way the next reading is made over a new one.
        await dropSession()
    }

    /// Drops what we staged. After a restart only when the candidate equals what our journal says we staged.
    private func discard(_ effect: Effect) async throws {
        let isOurs = session != nil
        let until = clock.now() + environment.limits.connectTimeout
        let session = try await connected(until: until, isRecovery: true)
        if !isOurs {
            let device = try await over(session) {
                try await $0.observe(deadline: deadline(environment.limits.answerTimeout))
            }
            guard let dirty = device.dirtyCandidate else { return }
            let candidate = try work.model.snapshot(work.secrets.mask(dirty))
            guard memory.mayBeStaged, work.model.areEquivalent(candidate, try planned(try await base())) else {
                throw RunFailure(
                    .candidateDirty, what: "the candidate holds something that is not what this run staged",
                    device: name, remedy: "find its owner; it was left alone")
            }
        }
        try await journal(.starting(effect: effect.id, device: name))
        try await over(session) { try await $0.discard(deadline: deadline(environment.limits.answerTimeout)) }
    }

    private func read(until: UTCInstant, sent: Digest? = nil) async throws -> Reading {
        let device = try await reading(until: until, isRecovery: true) {
            try await $0.observe(deadline: deadline(environment.limits.answerTimeout))
        }
        let (now, blob) = try await snapshot(device.running)
        let standing = try await standing(now)
        var leftovers: Reading.Leftovers?
        if standing == .before, let dirty = device.dirtyCandidate { leftovers = try await dropLeftovers(dirty) }
        return Reading(
            standing: standing, running: blob, captured: now.digest, sent: sent, leftovers: leftovers)
    }

    /// Empties a candidate that still holds our change while running does not, and nothing else.
    private func dropLeftovers(_ candidate: [UInt8]) async throws -> Reading.Leftovers {
        guard memory.mayBeStaged, let session,
            let found = try? work.model.snapshot(work.secrets.mask(candidate)),
            work.model.areEquivalent(found, try planned(try await base()))
        else { return .foreign }
        do {
            try await over(session) { try await $0.discard(deadline: deadline(environment.limits.answerTimeout)) }
            return .dropped
        } catch is DriverError {
            // Running was read and is as it was; that the candidate could not be emptied is told, not a reason to fail.
            return .left
        }
    }

    private func undo(_ effect: Effect, _ reason: UndoReason, until: UTCInstant) async throws -> Reading {
        let first = try await read(until: until)
        switch (reason, first.standing) {
        case (_, .before), (.failure, .movedWithoutChange): return first
        case (.split, .movedWithChange), (.split, .movedWithoutChange), (.split, .partial):
            throw RunFailure(
                .moved, what: "it has moved since it was confirmed: not taken back", device: name,
                remedy: "`asbuilt rollback` or a new change, after looking at what moved")
        case (.split, .after), (.failure, .after), (.failure, .movedWithChange), (.failure, .partial): break
        }
        let now = try await stored(first.running)
        let steps = try work.model.undo(plan.steps, observed: now, base: try await base())
        guard !steps.isEmpty else { return first }
        let sent = try await storeJSON(steps)
        let session = try await connected(until: until, isRecovery: true)
        try await journal(.starting(effect: effect.id, device: name))
        try await over(session) {
            try await $0.send(steps, secrets: work.secrets, deadline: deadline(environment.limits.changeTimeout))
        }
        return try await read(until: until, sent: sent)
    }
}
