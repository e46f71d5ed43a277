internal import DeviceConfiguration
package import WorkspaceStore

/// When an armed change was sent, and between which moments the device takes it back by itself.
package struct Exposure: Equatable, Sendable {
    package var sentAt: UTCInstant
    /// Not before this, counted from the moment arm was sent; nil when only we can take it back.
    package var revertsAt: UTCInstant?
    /// By now it certainly has; nil when only we can.
    package var revertedBy: UTCInstant?
    /// The device answered that it took the change.
    package var acknowledged = false
    /// Something was sent and never answered, so the device may still be at it.
    package var unanswered = false
}

/// One device's way through a run (DESIGN §7).
///
///     waiting ─▶ preparing ─▶ prepared ─▶ arming ─▶ proving ─▶ proven ─▶ checking ─▶ ready
///                    │           │           │         │          │         │          │ decided
///                    │           ▼           └────┬────┴──────────┴─────────┴──────┐   ▼
///                    │       discarding           ▼                                │ confirming ─▶ settling
///                    │           │        cancelling | undoing ─▶ seeing           │                  │
///                    ▼           ▼                                 │               │                  ▼
///                 settled ◀──────┴─────────────────────────────────┘               └───────────▶ settled
///     settled ─▶ saving ─▶ settled ─▶ capturing ─▶ releasing ─▶ ended
///
/// Three kinds of wrong: a result that no state waits for is *allowed to ignore* (a repeated journal entry, an answer
/// that came after a resume); a result of the wrong shape is *our bug* and fails the device; whatever a device does is
/// a result like any other.
///
/// The file stays whole although it is long: all transitions are read against the drawing above, and a state that is
/// handled in another file is one that is forgotten.
struct DeviceMachine: Equatable, Sendable {
    enum State: Equatable, Sendable {
        case waiting
        case preparing
        /// Ready to be armed; `staged` when something of ours may lie in its candidate.
        case prepared(staged: Bool)
        /// Arm was asked for; nil until the intent is journaled.
        case arming(Exposure?)
        /// Reading back, then guarding.
        case proving(Exposure)
        case proven(Exposure)
        /// The last guard.
        case checking(Exposure)
        case ready(Exposure)
        case confirming(Exposure, mayBeConfirmed: Bool)
        /// Reading it after the decision. `isFinal`: no timer can change what it shows any more.
        case settling(Exposure, isFinal: Bool, byOther: Bool)
        case discarding
        case cancelling(Exposure)
        case undoing(Exposure, attempt: Int, UndoReason)
        /// Reading it to see that it is back.
        case seeing(Exposure, byUs: Bool, rechecked: Bool)
        case settled(DeviceEndState)
        case saving
        case capturing(DeviceEndState)
        case releasing(DeviceEndState)
        case ended(DeviceEndState)
    }

    let plan: TransactionPlan.Device
    let limits: TransactionLimits
    private(set) var state = State.waiting
    /// What was asked of this device and not answered yet.
    private(set) var pending: EffectAction?
    /// The first thing that went wrong with it.
    private(set) var failure: RunFailure?
    /// Somebody else's commit made our change permanent.
    private(set) var confirmedByOther = false
    private(set) var saveFailure: RunFailure?
    /// Kept for a later resume when the device ends unsettled.
    private(set) var exposure: Exposure?

    /// Since arming was journaled and until it is known how the device ended.
    var pendingExposure: Exposure? {
        switch state {
        case .arming(let exposure): exposure
        case .proving(let exposure), .proven(let exposure), .checking(let exposure), .ready(let exposure),
            .confirming(let exposure, _), .settling(let exposure, _, _), .cancelling(let exposure), .undoing(let exposure, _, _),
            .seeing(let exposure, _, _):
            exposure
        case .waiting, .preparing, .prepared, .discarding, .saving: nil
        case .settled(let end), .capturing(let end), .releasing(let end), .ended(let end): end == .unknown ? exposure : nil
        }
    }

    init(_ plan: TransactionPlan.Device, limits: TransactionLimits) { (self.plan, self.limits) = (plan, limits) }

    private var name: String { plan.name }

    // MARK: What the transaction asks

    mutating func begin() { ask(.lease(device: name), .preparing) }

    mutating func arm() { ask(.arm(device: name, timeoutSeconds: plan.timerSeconds), .arming(nil)) }

    /// The last look before the decision.
    mutating func checkAgain() {
        guard case .proven(let exposure) = state else { return }
        ask(.guardAccess(device: name, last: true), .checking(exposure))
    }

    /// After the decision: make it permanent, or see that it is there when nothing has to be confirmed.
    mutating func carryForward(at now: UTCInstant) {
        switch state {
        case .ready(let exposure), .proven(let exposure), .checking(let exposure):
            if plan.revertsByItself {
                askConfirm(exposure, mayBeConfirmed: false, notBefore: now)
            } else {
                askSettle(exposure, isFinal: true, byOther: false, at: now)
            }
        case .waiting, .preparing, .prepared, .arming, .proving, .confirming, .settling, .discarding, .cancelling,
            .undoing, .seeing, .settled, .saving, .capturing, .releasing, .ended:
            break
        }
    }

    /// Before the decision: back to where it was, from wherever it is.
    mutating func takeBack(at now: UTCInstant) {
        switch state {
        case .waiting, .preparing, .prepared(staged: false), .arming(nil): state = .settled(.unchanged)
        case .prepared(staged: true): ask(.discard(device: name), .discarding)
        case .arming(.some(let exposure)), .proving(let exposure), .proven(let exposure), .checking(let exposure),
            .ready(let exposure):
            if plan.revertsByItself {
                ask(.cancel(device: name, until: until(now)), .cancelling(exposure))
            } else {
                askUndo(exposure, attempt: 1, .failure, notBefore: now)
            }
        case .confirming, .settling, .discarding, .cancelling, .undoing, .seeing, .settled, .saving, .capturing,
            .releasing, .ended:
            break
        }
    }

    /// Sends the signed backout to a device that kept the change.
    mutating func sendBackout(_ reason: UndoReason, at now: UTCInstant) {
        guard case .settled(.kept) = state else { return }
        askUndo(exposure ?? Exposure(sentAt: now), attempt: 1, reason, notBefore: now)
    }

    mutating func save() {
        guard case .settled(.kept) = state else { return }
        ask(.save(device: name), .saving)
    }

    mutating func captureAfter() {
        guard case .settled(let end) = state else { return }
        ask(.captureAfter(device: name), .capturing(end))
    }

    mutating func release() {
        guard case .settled(let end) = state else { return }
        ask(.release(device: name, keepLease: end == .unknown), .releasing(end))
    }

    /// Ends a device that was never started.
    mutating func skip() {
        if case .waiting = state { state = .ended(.unchanged) }
    }

    // MARK: What happened

    mutating func armStarting(at now: UTCInstant) {
        guard case .arming(nil) = state else { return }
        var exposure = Exposure(sentAt: now)
        if plan.revertsByItself {
            exposure.revertsAt = now + .seconds(plan.timerSeconds)
            exposure.revertedBy = now + .seconds(plan.roundedTimerSeconds + grace)
        }
        state = .arming(exposure)
    }

    /// An irreversible effect other than arm is about to be carried out.
    mutating func starting() {
        switch state {
        case .confirming(let exposure, _): state = .confirming(exposure, mayBeConfirmed: true)
        case .preparing: state = .prepared(staged: true)
        case .waiting, .prepared, .arming, .proving, .proven, .checking, .ready, .settling, .discarding, .cancelling,
            .undoing, .seeing, .settled, .saving, .capturing, .releasing, .ended:
            break
        }
    }

    /// Goes no further on its own: the transaction it belongs to is being taken back.
    mutating func halt() {
        switch state {
        case .preparing: (pending, state) = (nil, .prepared(staged: false))
        case .prepared, .proving: pending = nil
        case .waiting, .arming, .proven, .checking, .ready, .confirming, .settling, .discarding, .cancelling, .undoing,
            .seeing, .settled, .saving, .capturing, .releasing, .ended:
            break
        }
    }

    /// The process that was asked is gone: nothing is pending, and whatever was under way may have happened.
    mutating func interrupted(at now: UTCInstant) {
        let asked = pending
        pending = nil
        switch state {
        case .preparing: state = .prepared(staged: false)
        case .arming(.some(var exposure)):
            exposure.unanswered = true
            recount(&exposure, from: now)
            state = .arming(exposure)
        case .arming(nil): state = .prepared(staged: true)
        case .confirming(let exposure, let mayBeConfirmed):
            askConfirm(exposure, mayBeConfirmed: mayBeConfirmed, notBefore: now)
        case .settling(let exposure, let isFinal, let byOther):
            askSettle(exposure, isFinal: isFinal, byOther: byOther, at: now)
        case .discarding: ask(.discard(device: name), .discarding)
        case .cancelling(let exposure): ask(.cancel(device: name, until: until(now)), .cancelling(exposure))
        case .undoing(var exposure, _, let reason):
            exposure.unanswered = true
            askUndo(exposure, attempt: 1, reason, notBefore: now)
        case .seeing(let exposure, let byUs, let rechecked):
            askSee(exposure, byUs: byUs, rechecked: rechecked, notBefore: now)
        case .saving: ask(.save(device: name), .saving)
        case .capturing(let end): state = .settled(end)
        case .releasing(let end): ask(.release(device: name, keepLease: end == .unknown), .releasing(end))
        case .waiting, .prepared, .proving, .proven, .checking, .ready, .settled, .ended: break
        }
        if case .stage? = asked, case .prepared = state { state = .prepared(staged: true) }
        if case .validate? = asked, case .prepared = state { state = .prepared(staged: true) }
    }

    /// A device that could not be read is tried again: forward after the decision, back before it.
    mutating func reopen(decided: Bool, at now: UTCInstant) {
        guard case .ended(.unknown) = state, let exposure else { return }
        if decided {
            askConfirm(exposure, mayBeConfirmed: true, notBefore: now)
        } else if plan.revertsByItself {
            askSee(exposure, byUs: false, rechecked: true, notBefore: now)
        } else {
            askUndo(exposure, attempt: 1, .failure, notBefore: now)
        }
    }

    /// The answer to what is pending. Answers that nothing waits for are ignored.
    mutating func finished(_ result: EffectResult, at now: UTCInstant) {
        guard let action = pending else { return }
        pending = nil
        switch action {
        case .lease, .connect, .lock, .observe, .stage, .validate: prepared(action, result)
        case .arm: armed(result, at: now)
        case .readBack, .guardAccess: proved(action, result)
        case .confirm: confirmed(result, at: now)
        case .discard: discarded(result)
        case .cancel: cancelled(result, at: now)
        case .undo: undone(result, at: now)
        case .read: wasRead(result, at: now)
        case .save: saved(result)
        case .captureAfter:
            if case .capturing(let end) = state { state = .settled(end) }
        case .release:
            if case .releasing(let end) = state { state = .ended(end) }
        case .checkGate, .checkBefore, .soak, .verify, .decide, .interrupt: break
        }
    }

    // MARK: Asking

    private mutating func ask(_ action: EffectAction, _ next: State) { (pending, state) = (action, next) }

    private var grace: Int {
        switch plan.protection {
        case .deviceTimer: limits.graceSeconds
        case .deviceReboot: limits.rebootGraceSeconds
        case .executorOnly: 0
        }
    }

    private func until(_ now: UTCInstant) -> UTCInstant { now + .seconds(limits.settleSeconds) }

    /// The device may have begun to count only now.
    private func recount(_ exposure: inout Exposure, from now: UTCInstant) {
        guard exposure.revertedBy != nil else { return }
        exposure.revertedBy = now + .seconds(plan.roundedTimerSeconds + grace)
    }

    private mutating func askConfirm(_ exposure: Exposure, mayBeConfirmed: Bool, notBefore: UTCInstant) {
        self.exposure = exposure
        guard let by = exposure.revertedBy, notBefore < by else {
            askSettle(exposure, isFinal: true, byOther: false, at: notBefore)
            return
        }
        ask(
            .confirm(device: name, notBefore: notBefore, until: by),
            .confirming(exposure, mayBeConfirmed: mayBeConfirmed))
    }

    private mutating func askSettle(_ exposure: Exposure, isFinal: Bool, byOther: Bool, at notBefore: UTCInstant) {
        self.exposure = exposure
        ask(
            .read(device: name, notBefore: notBefore, until: until(notBefore)),
            .settling(exposure, isFinal: isFinal, byOther: byOther))
    }

    private mutating func askUndo(_ exposure: Exposure, attempt: Int, _ reason: UndoReason, notBefore: UTCInstant) {
        self.exposure = exposure
        ask(
            .undo(device: name, reason: reason, notBefore: notBefore, until: until(notBefore)),
            .undoing(exposure, attempt: attempt, reason))
    }

    private mutating func askSee(_ exposure: Exposure, byUs: Bool, rechecked: Bool, notBefore: UTCInstant) {
        self.exposure = exposure
        ask(
            .read(device: name, notBefore: notBefore, until: until(notBefore)),
            .seeing(exposure, byUs: byUs, rechecked: rechecked))
    }

    private mutating func note(_ found: RunFailure) {
        if failure == nil { failure = found }
    }

    private func unexpected(_ action: EffectAction) -> RunFailure {
        RunFailure(
            .unexpectedOutput, what: "\(action.phase.rawValue) was answered with a result of another kind",
            device: name, remedy: "report this; the journal holds what happened")
    }
}

// MARK: - Up to the decision

extension DeviceMachine {
    private mutating func prepared(_ action: EffectAction, _ result: EffectResult) {
        switch result {
        case .done, .connected, .observed:
            switch action {
            case .lease: ask(.connect(device: name), .preparing)
            case .connect: ask(.lock(device: name), .preparing)
            case .lock: ask(.observe(device: name), .preparing)
            case .observe:
                if plan.hasSteps {
                    ask(.stage(device: name), .preparing)
                } else {
                    state = .prepared(staged: false)
                }
            case .stage: ask(.validate(device: name), .prepared(staged: true))
            default: state = .prepared(staged: true)
            }
        case .refused(let found), .failed(let found), .unknown(let found):
            note(found)
            switch action {
            case .stage, .validate: state = .prepared(staged: true)
            default: state = .settled(Self.end(of: found))
            }
        case .readBack, .guarded, .checked, .captured, .released, .read:
            note(unexpected(action))
            state = .prepared(staged: true)
        }
    }

    /// How a device ends that was given up before anything was put on it.
    private static func end(of failure: RunFailure) -> DeviceEndState {
        switch failure.code {
        case .unreachable, .loginRefused, .credential, .loginsStopped, .timedOut: .unreachable
        case .gate, .lease, .stale, .candidateDirty, .unsaved, .hostKeyUnknown, .hostKeyChanged, .protection, .lockHeld: .refused
        case .refusedByDevice, .unexpectedOutput, .notSupported, .secret, .nothingPending, .unknown, .notAsPlanned,
            .checksFailed, .guardFailed, .moved, .tooLate, .aborted, .interrupted, .unreadable, .storage:
            .unchanged
        }
    }

    private mutating func armed(_ result: EffectResult, at now: UTCInstant) {
        guard case .arming(let known) = state else { return }
        guard var exposure = known else {
            // It failed before the first byte was due.
            state = .prepared(staged: true)
            switch result {
            case .refused(let found), .failed(let found), .unknown(let found): note(found)
            case .done, .connected, .observed, .readBack, .guarded, .checked, .captured, .released, .read:
                note(unexpected(.arm(device: name, timeoutSeconds: 0)))
            }
            return
        }
        recount(&exposure, from: now)
        switch result {
        case .done:
            exposure.acknowledged = true
            self.exposure = exposure
            ask(.readBack(device: name), .proving(exposure))
        case .unknown(let found):
            exposure.unanswered = true
            note(found)
            state = .arming(exposure)
        case .refused(let found), .failed(let found):
            note(found)
            state = .arming(exposure)
        case .connected, .observed, .readBack, .guarded, .checked, .captured, .released, .read:
            note(unexpected(.arm(device: name, timeoutSeconds: 0)))
            state = .arming(exposure)
        }
        self.exposure = exposure
    }

    private mutating func proved(_ action: EffectAction, _ result: EffectResult) {
        switch (state, result) {
        case (.proving(let exposure), .readBack(let facts)):
            if facts.isAcceptable {
                ask(.guardAccess(device: name, last: false), .proving(exposure))
            } else {
                note(
                    RunFailure(
                        .notAsPlanned, what: "read back: " + facts.problems.joined(separator: "; "), device: name,
                        remedy: "see the reconciliation in the record; correct the design or accept it in the contract"
                    ))
            }
        case (.proving(let exposure), .guarded): state = .proven(exposure)
        case (.checking(let exposure), .guarded): state = .ready(exposure)
        case (_, .refused(let found)), (_, .failed(let found)), (_, .unknown(let found)): note(found)
        default: note(unexpected(action))
        }
    }
}

// MARK: - After the decision

extension DeviceMachine {
    private mutating func confirmed(_ result: EffectResult, at now: UTCInstant) {
        guard case .confirming(let exposure, let mayBeConfirmed) = state else { return }
        switch result {
        case .done: askSettle(exposure, isFinal: true, byOther: false, at: now)
        case .failed(let found) where found.code == .nothingPending,
            .refused(let found) where found.code == .nothingPending:
            // Confirmed already, by us or by somebody else, or reverted. When no confirm of ours can have arrived, the
            // change may also be pending in a session that is lost: then only its timer's end settles it.
            askSettle(exposure, isFinal: mayBeConfirmed, byOther: !mayBeConfirmed, at: now)
        case .failed(let found), .refused(let found), .unknown(let found):
            note(found)
            var maybe = mayBeConfirmed
            if case .unknown = result { maybe = true }
            // The token makes a second confirm harmless; the timer bounds how long it can help.
            askConfirm(exposure, mayBeConfirmed: maybe, notBefore: now + .seconds(limits.retryPauseSeconds))
        case .connected, .observed, .readBack, .guarded, .checked, .captured, .released, .read:
            note(unexpected(.confirm(device: name, notBefore: now, until: now)))
            askSettle(exposure, isFinal: true, byOther: false, at: max(now, exposure.revertedBy ?? now))
        }
    }

    private mutating func settled(_ reading: Reading, byOther: Bool) {
        switch reading.standing {
        case .after:
            confirmedByOther = byOther
            state = .settled(.kept)
        case .before:
            note(
                RunFailure(
                    plan.revertsByItself ? .tooLate : .moved,
                    what: plan.revertsByItself
                        ? "reverted by itself before it could be confirmed"
                        : "the change was taken back by somebody else", device: name,
                    remedy: "`asbuilt show` names both sets; a new run brings it back"))
            state = .settled(plan.revertsByItself ? .rolledBackByTimer : .backedOut)
        case .movedWithChange, .movedWithoutChange, .partial:
            note(
                RunFailure(
                    .moved, what: "after the commit point it shows neither state: \(reading.standing.rawValue)",
                    device: name, remedy: "compare with `asbuilt diff \(name)`"))
            state = .settled(.deviating)
        }
    }

    private mutating func saved(_ result: EffectResult) {
        guard case .saving = state else { return }
        state = .settled(.kept)
        switch result {
        case .done: break
        case .refused(let found), .failed(let found), .unknown(let found): saveFailure = found
        case .connected, .observed, .readBack, .guarded, .checked, .captured, .released, .read:
            saveFailure = unexpected(.save(device: name))
        }
    }
}

// MARK: - The way back

extension DeviceMachine {
    private mutating func discarded(_ result: EffectResult) {
        guard case .discarding = state else { return }
        state = .settled(.unchanged)
        switch result {
        case .refused(let found), .failed(let found), .unknown(let found): note(found)
        case .done, .connected, .observed, .readBack, .guarded, .checked, .captured, .released, .read: break
        }
    }

    private mutating func cancelled(_ result: EffectResult, at now: UTCInstant) {
        guard case .cancelling(let exposure) = state else { return }
        switch result {
        case .done: askSee(exposure, byUs: true, rechecked: !exposure.unanswered, notBefore: now)
        case .refused(let found), .failed(let found), .unknown(let found):
            if found.code != .nothingPending { note(found) }
            askSee(exposure, byUs: false, rechecked: !exposure.unanswered, notBefore: now)
        case .connected, .observed, .readBack, .guarded, .checked, .captured, .released, .read:
            askSee(exposure, byUs: false, rechecked: false, notBefore: now)
        }
    }

    private mutating func undone(_ result: EffectResult, at now: UTCInstant) {
        guard case .undoing(var exposure, let attempt, let reason) = state else { return }
        let next = now + .seconds(limits.retryPauseSeconds)
        switch result {
        case .read(let reading):
            switch reading.standing {
            case .before:
                if exposure.unanswered {
                    // What was typed last may still be on its way: look again.
                    exposure.unanswered = false
                    exposure.acknowledged = exposure.acknowledged || reading.sent != nil
                    askUndo(exposure, attempt: attempt, reason, notBefore: now + .seconds(limits.recheckSeconds))
                } else {
                    let took = reading.sent != nil || exposure.acknowledged || reason != .failure
                    state = .settled(took ? .backedOut : .unchanged)
                }
            case .after, .movedWithChange, .partial:
                if attempt < limits.undoAttempts {
                    askUndo(exposure, attempt: attempt + 1, reason, notBefore: next)
                } else {
                    state = .settled(.deviating)
                }
            case .movedWithoutChange: state = .settled(.deviating)
            }
        case .refused(let found) where reason != .failure && found.code == .moved:
            // Somebody has built on it since: it stays as it is, and is named.
            note(found)
            state = .settled(.kept)
        case .unknown(let found), .failed(let found), .refused(let found):
            note(found)
            exposure.unanswered = true
            if attempt < limits.undoAttempts {
                askUndo(exposure, attempt: attempt + 1, reason, notBefore: next)
            } else {
                askSee(exposure, byUs: true, rechecked: true, notBefore: next)
            }
        case .done, .connected, .observed, .readBack, .guarded, .checked, .captured, .released:
            note(unexpected(.undo(device: name, reason: reason, notBefore: now, until: now)))
            askSee(exposure, byUs: true, rechecked: true, notBefore: next)
        }
    }

    private mutating func wasRead(_ result: EffectResult, at now: UTCInstant) {
        switch (state, result) {
        case (.settling(_, true, let byOther), .read(let reading)): settled(reading, byOther: byOther)
        case (.settling(let exposure, false, let byOther), .read(let reading)):
            if reading.standing == .after, let by = exposure.revertedBy, now < by {
                askSettle(exposure, isFinal: true, byOther: byOther, at: by)
            } else {
                settled(reading, byOther: byOther)
            }
        case (.seeing(let exposure, let byUs, let rechecked), .read(let reading)):
            saw(reading, exposure, byUs: byUs, rechecked: rechecked, at: now)
        case (.seeing(let exposure, let byUs, let rechecked), .failed(let found)),
            (.seeing(let exposure, let byUs, let rechecked), .refused(let found)),
            (.seeing(let exposure, let byUs, let rechecked), .unknown(let found)):
            note(found)
            if let by = exposure.revertedBy, now < by {
                askSee(exposure, byUs: byUs, rechecked: rechecked, notBefore: by)
            } else {
                state = .settled(.unknown)
            }
        case (.settling(let exposure, let isFinal, let byOther), .failed(let found)),
            (.settling(let exposure, let isFinal, let byOther), .refused(let found)),
            (.settling(let exposure, let isFinal, let byOther), .unknown(let found)):
            note(found)
            if let by = exposure.revertedBy, now < by {
                askSettle(exposure, isFinal: isFinal, byOther: byOther, at: by)
            } else {
                state = .settled(.unknown)
            }
        default:
            note(unexpected(.read(device: name, notBefore: now, until: now)))
            state = .settled(.unknown)
        }
    }

    private mutating func saw(_ reading: Reading, _ exposure: Exposure, byUs: Bool, rechecked: Bool, at now: UTCInstant)
    {
        let timerIsOver = exposure.revertedBy.map { $0 <= now } ?? true
        switch reading.standing {
        case .before:
            if !rechecked {
                let later = now + .seconds(limits.recheckSeconds)
                askSee(exposure, byUs: byUs, rechecked: true, notBefore: later)
            } else if byUs {
                state = .settled(.backedOut)
            } else if let revertsAt = exposure.revertsAt, revertsAt <= now {
                state = .settled(.rolledBackByTimer)
            } else {
                state = .settled(exposure.acknowledged ? .backedOut : .unchanged)
            }
        case .after, .movedWithChange, .partial:
            if !timerIsOver, let by = exposure.revertedBy {
                askSee(exposure, byUs: byUs, rechecked: true, notBefore: by)
            } else if reading.standing == .after, plan.revertsByItself, let by = exposure.revertedBy,
                now < by + .seconds(2 * grace)
            {
                // Some servers look at their timer only when nobody asks them anything: left in peace, then read once more.
                askSee(exposure, byUs: byUs, rechecked: true, notBefore: by + .seconds(2 * grace))
            } else if reading.standing == .after, plan.revertsByItself {
                // Nobody of ours confirmed it, and the timer is over.
                confirmedByOther = true
                state = .settled(.kept)
            } else {
                state = .settled(.deviating)
            }
        case .movedWithoutChange: state = .settled(.deviating)
        }
    }
}
