internal import CanonicalData
internal import ChangePlanning
internal import DeviceConfiguration
internal import DeviceDrivers
internal import Foundation
internal import StateChecks
internal import WorkspaceStore

/// One run: carries out what the transaction machine asks, journaling before acting.
///
///     let run = ChangeRun(request, in: environment)
///     async let outcome = run.carryOut()
///     for await step in run.progress { show(step) }
///
/// Cancelling the task that carries it out is an abort: the transaction decides what that means, and confirming and
/// taking back go on to their end. Throws only when the store fails or another executor has the run; the devices are
/// then protected by their timers, and `resume` goes on.
package final class ChangeRun: Sendable {
    package let request: RunRequest
    /// Ends when the run ends.
    package let progress: AsyncStream<RunProgress>
    let environment: ExecutionEnvironment
    let mailbox = Mailbox()
    let interruptions = Interruptions()
    let reports: AsyncStream<RunProgress>.Continuation
    let desks: [String: DeviceDesk]
    let turnstile: Turnstile

    package init(_ request: RunRequest, in environment: ExecutionEnvironment) {
        self.request = request
        self.environment = environment
        (progress, reports) = AsyncStream.makeStream(of: RunProgress.self, bufferingPolicy: .bufferingNewest(10_000))
        turnstile = Turnstile(width: environment.limits.fanOut)
        let logins = LoginDesk(clock: environment.clock, limits: environment.limits)
        let mailbox = mailbox
        var desks: [String: DeviceDesk] = [:]
        for plan in request.plan.devices {
            guard let work = request.devices[plan.device] else { continue }
            desks[plan.device] = DeviceDesk(
                plan, work, in: environment, logins: logins, domain: request.loginDomain(plan.device),
                journal: { try await mailbox.register($0) })
        }
        self.desks = desks
    }

    /// Carries the plan out from the beginning.
    package func carryOut() async throws -> RunOutcome {
        let request = request
        return try await shielded { [self] in
            try await environment.store.createRun(
                StoredRun(
                    id: request.run, engagement: request.engagement, cycle: request.cycle,
                    planDigest: request.planDigest, ticket: request.ticket, openedAt: environment.clock.now(),
                    takesBack: request.takesBack))
            let journal = try await RunJournal(run: request.run, in: environment)
            return try await loop(journal, TransactionMachine(), RunLedger(), first: .begun(transactionPlan()))
        }
    }

    /// Goes on where another process stopped: forward after a commit point, back before it. Needs no valid gate.
    /// For a run that is finished it returns its stored outcome.
    package func resume() async throws -> RunOutcome {
        try await shielded { [self] in
            guard let stored = try await environment.store.run(request.run) else {
                throw StoreError.runUnknown(request.run)
            }
            if stored.state == .finished, let blob = stored.outcome {
                reports.finish()
                return try JSONDecoder().decode(
                    RunOutcome.self, from: Data(try await environment.store.blob(blob)))
            }
            var journal = try await RunJournal(run: request.run, in: environment)
            var machine = TransactionMachine()
            var ledger = RunLedger()
            for entry in try await journal.replay() {
                let effects = machine.handle(entry.event, at: entry.at)
                ledger.record(entry.event, at: entry.at, effects: effects)
            }
            if ledger.plan == nil {
                // It ended before its first entry: no device was contacted.
                let begun = TimedEvent(at: environment.clock.now(), event: .begun(transactionPlan()))
                try await journal.append(begun)
                ledger.record(begun.event, at: begun.at, effects: machine.handle(begun.event, at: begun.at))
            }
            if !machine.isSettled { try await takeLeases(machine) }
            return try await loop(journal, machine, ledger, first: .resumed(by: environment.owner))
        }
    }

    /// Starts no new device and takes undecided changes back. Returns at once; the outcome says what came of it.
    package func abort(by who: String) { mailbox.post(.abortRequested(by: who)) }

    private func transactionPlan() -> TransactionPlan {
        TransactionPlan(
            request.plan, timerUnit: { request.devices[$0]?.driver.traits.timerUnit ?? .zero },
            limits: environment.limits.transaction)
    }

    /// Runs `body` to its end whatever happens to the calling task, whose cancellation becomes an abort.
    private func shielded(_ body: @escaping @Sendable () async throws -> RunOutcome) async throws -> RunOutcome {
        // A task of its own, because a child would be cancelled with its parent; it is awaited here in every case.
        let work = Task { try await body() }
        return try await withTaskCancellationHandler {
            try await work.value
        } onCancel: {
            abort(by: "interrupt")
        }
    }

    // MARK: The loop

    private func loop(
        _ opened: RunJournal, _ machine: TransactionMachine, _ ledger: RunLedger, first: TransactionEvent
    ) async throws -> RunOutcome {
        var (journal, machine, ledger) = (opened, machine, ledger)
        defer { reports.finish() }
        let renewal = Task { [environment, lease = opened.lease] in try await Self.renew(lease, in: environment) }
        defer { renewal.cancel() }
        mailbox.post(first)
        var fault: (any Error)?
        await withTaskGroup(of: Void.self) { group in
            for await letter in mailbox.letters {
                do {
                    if let fault { throw fault }
                    let event = TimedEvent(at: environment.clock.now(), event: letter.event)
                    try await journal.append(event)
                    report(event, ledger)
                    let effects = machine.handle(event.event, at: event.at)
                    ledger.record(event.event, at: event.at, effects: effects)
                    letter.receipt?.resume()
                    for effect in effects { start(effect, ledger, &group) }
                    if machine.isFinished { mailbox.close() }
                } catch {
                    // Nothing may be done that is not journaled first: stop here. Timers are the fallback.
                    fault = error
                    letter.receipt?.resume(throwing: error)
                    group.cancelAll()
                    mailbox.close()
                }
            }
        }
        if let fault {
            for desk in desks.values { await desk.dropSession() }
            throw fault
        }
        return try await conclude(journal, machine, ledger)
    }

    private static func renew(_ lease: Lease, in environment: ExecutionEnvironment) async throws {
        while !Task.isCancelled {
            try await Task.sleep(for: environment.limits.lease / 3)
            let until = environment.clock.now() + environment.limits.lease
            // A lease that was taken over is found out by the next append, which is fenced.
            for held in try await environment.store.leases() where held.run == lease.run && held.owner == lease.owner {
                _ = try? await environment.store.renewLease(held, until: until)
            }
        }
    }

    private func start(_ effect: Effect, _ ledger: RunLedger, _ group: inout TaskGroup<Void>) {
        switch effect.action {
        case .interrupt(let other): interruptions.interrupt(other)
        case .decide: mailbox.post(.decided(effect: effect.id))
        case .connect, .soak, .verify, .checkBefore:
            // These may be told to stop waiting; nothing of theirs changes a device.
            group.addTask { [self] in
                let task = Task { await perform(effect, ledger) }
                interruptions.add(task, for: effect.id)
                let result = await task.value
                interruptions.remove(effect.id)
                mailbox.post(.finished(effect: effect.id, result))
            }
        case .checkGate, .lease, .lock, .observe, .stage, .validate, .arm, .readBack, .guardAccess, .confirm, .discard,
            .cancel, .undo, .read, .save, .captureAfter, .release:
            group.addTask { [self] in
                mailbox.post(.finished(effect: effect.id, await perform(effect, ledger)))
            }
        }
    }

    private func perform(_ effect: Effect, _ ledger: RunLedger) async -> EffectResult {
        started(effect)
        switch effect.action {
        case .checkGate(let wave):
            return await request.gate(wave).map { .refused($0) } ?? .done
        case .soak(_, let until):
            do { try await environment.clock.sleep(until: until) } catch {
                return .failed(RunFailure(.interrupted, what: "the soak was ended", remedy: ""))
            }
            return .done
        case .checkBefore(let devices): return await checkBefore(devices, ledger)
        case .verify(let devices, let deadline): return await verify(devices, ledger, deadline)
        case .lease(let device): return await lease(device)
        case .captureAfter(let device): return await captureAfter(device, ledger)
        case .release(let device, let keepLease):
            let result = await onDesk(device, effect, ledger)
            if !keepLease { await giveBack(device) }
            return result
        case .connect(let device), .lock(let device), .observe(let device), .stage(let device), .validate(let device),
            .arm(let device, _), .readBack(let device), .guardAccess(let device, _), .confirm(let device, _, _),
            .discard(let device), .cancel(let device, _), .undo(let device, _, _, _), .read(let device, _, _),
            .save(let device):
            return await onDesk(device, effect, ledger)
        case .decide, .interrupt: return .done
        }
    }

    private func onDesk(_ device: String, _ effect: Effect, _ ledger: RunLedger) async -> EffectResult {
        guard let desk = desks[device] else { return .failed(Self.unknownDevice(device)) }
        if case .confirm = effect.action {
            // Confirms do not queue behind other work: time is running.
            return await desk.perform(effect, memory: ledger.devices[device] ?? RunLedger.Device())
        }
        await turnstile.enter()
        let result = await desk.perform(effect, memory: ledger.devices[device] ?? RunLedger.Device())
        await turnstile.leave()
        return result
    }

    static func unknownDevice(_ device: String) -> RunFailure {
        RunFailure(
            .notSupported, what: "the run was given no driver for it", device: device,
            remedy: "the plan names a device that is not in the inventory's lock; plan again")
    }

    // MARK: The end

    private func conclude(_ journal: RunJournal, _ machine: TransactionMachine, _ ledger: RunLedger) async throws
        -> RunOutcome
    {
        var reconciliations: [String: Reconciliation] = [:]
        for (name, device) in ledger.devices {
            guard let blob = device.readBack?.reconciliation else { continue }
            reconciliations[name] = try JSONDecoder().decode(
                Reconciliation.self, from: Data(try await environment.store.blob(blob)))
        }
        let now = environment.clock.now()
        let outcome = RunOutcome(
            request, machine: machine, ledger: ledger, reconciliations: reconciliations, at: now)
        let blob = try await environment.store.storeBlob(try RunJournal.encode(outcome))
        try await environment.store.setOutcome(
            blob, of: request.run, finishing: outcome.isSettled, at: now, lease: journal.lease)
        try await environment.store.releaseLease(journal.lease)
        return outcome
    }
}
