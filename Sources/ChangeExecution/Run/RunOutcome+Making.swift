internal import ChangePlanning
package import DeviceConfiguration
package import WorkspaceStore

extension RunOutcome {
    /// The outcome that a run's machine, ledger and request add up to. Reconciliations come from their blobs.
    package init(
        _ request: RunRequest, machine: TransactionMachine, ledger: RunLedger,
        reconciliations: [String: Reconciliation], at now: UTCInstant
    ) {
        let transactions = machine.transactions(decidedAt: ledger.decidedAt)
        let devices = request.plan.devices.map { plan in
            DeviceOutcome(
                plan, machine.devices[plan.device], ledger.devices[plan.device] ?? RunLedger.Device(),
                reconciliations[plan.device])
        }
        let failure = transactions.compactMap(\.failure).first ?? devices.compactMap(\.failure).first
        let isSplit = transactions.contains(where: \.isSplit)
        let verdict = Self.judge(devices, isSplit: isSplit, failure: failure)
        self.init(
            run: request.run, engagement: request.engagement, cycle: request.cycle, planDigest: request.planDigest,
            ticket: request.ticket, executor: request.executor, startedAt: ledger.startedAt ?? now,
            endedAt: ledger.lastAt ?? now, exit: verdict.exit, outcome: verdict.word,
            failure: verdict.exit == .done ? nil : failure, isSettled: machine.isSettled, transactions: transactions,
            devices: devices, checksBefore: ledger.checksBefore, checksAfter: ledger.checksAfter,
            capturesBefore: ledger.capturesBefore, capturesAfter: ledger.capturesAfter, timeline: ledger.timeline)
    }

    /// Exit status and word (DESIGN §11).
    static func judge(_ devices: [DeviceOutcome], isSplit: Bool, failure: RunFailure?) -> (exit: RunExit, word: String)
    {
        if devices.contains(where: { $0.end == .unknown }) { return (.needsAttention, "unknown") }
        if devices.contains(where: { $0.end == .deviating }) {
            return (.needsAttention, isSplit ? "split" : "deviating")
        }
        if devices.contains(where: \.confirmedByOther) { return (.needsAttention, "confirmed-by-other") }
        let changing = devices.filter { !$0.steps.isEmpty }
        let kept = changing.filter { $0.end == .kept }
        if isSplit, !kept.isEmpty { return (.needsAttention, "split") }
        if kept.count == changing.count, failure == nil {
            if changing.isEmpty { return (.done, "unchanged") }
            return (kept.allSatisfy { $0.saveFailure == nil } ? .done : .differences, "kept")
        }
        guard kept.isEmpty else {
            return (.differences, kept.count == changing.count ? "kept" : "partial")
        }
        if let failure, failure.isRefusal { return (.refused, "refused") }
        let wentBack = devices.contains { $0.end == .backedOut || $0.end == .rolledBackByTimer }
        return (.asItWas, wentBack ? "backed-out" : "unchanged")
    }
}

extension RunFailure {
    /// True when we declined, rather than tried and failed.
    package var isRefusal: Bool {
        switch code {
        case .gate, .lease, .stale, .candidateDirty, .unsaved, .hostKeyUnknown, .hostKeyChanged, .protection, .lockHeld: true
        case .unreachable, .loginRefused, .credential, .loginsStopped, .refusedByDevice, .timedOut, .unexpectedOutput,
            .notSupported, .secret, .nothingPending, .unknown, .notAsPlanned, .checksFailed, .guardFailed, .moved,
            .tooLate, .aborted, .interrupted, .unreadable, .storage:
            false
        }
    }
}

extension DeviceOutcome {
    init(
        _ plan: DevicePlan, _ machine: DeviceMachine?, _ ledger: RunLedger.Device, _ reconciliation: Reconciliation?
    ) {
        var end = DeviceEndState.unknown
        if case .ended(let state)? = machine?.state { end = state }
        if machine == nil { end = .unchanged }
        self.init(
            device: plan.device, platform: plan.platform, endpoint: plan.endpoint, strategy: plan.strategy,
            protection: plan.protection, exclusion: plan.exclusion, end: end, facts: ledger.facts,
            observed: ledger.observed, readBack: ledger.readBack, reconciliation: reconciliation,
            lastReading: ledger.lastReading, steps: plan.steps, armSentAt: ledger.armSentAt,
            revertsAt: machine?.exposure?.revertsAt, confirmedAt: ledger.confirmedAt,
            backoutSent: ledger.backoutSent, confirmedByOther: machine?.confirmedByOther ?? false,
            isSaved: ledger.isSaved, saveFailure: machine?.saveFailure, failure: machine?.failure,
            transcripts: ledger.transcripts)
    }
}

extension TransactionMachine {
    package func transactions(decidedAt: [String: UTCInstant]) -> [TransactionOutcome] {
        groups.map { group in
            TransactionOutcome(
                devices: group.devices,
                decidedAt: group.isDecided ? group.devices.compactMap { decidedAt[$0] }.first : nil,
                failure: group.failure, isSplit: group.isSplit)
        }
    }
}
