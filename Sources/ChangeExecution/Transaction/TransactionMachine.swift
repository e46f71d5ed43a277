internal import ChangePlanning
package import DeviceConfiguration
package import WorkspaceStore

/// A whole run, as the fold of its journal: give it events, carry out what it returns, journal what came of it.
///
/// Write before acting: an event is in the journal before `handle` sees it, so every effect that was ever returned
/// follows from the journal. Resume is replay (`handle` for each journaled event, its effects dropped) and then a
/// `resumed` event, whose effects go on from there: forward after a commit point, back before it.
package struct TransactionMachine: Equatable, Sendable {
    private(set) var plan: TransactionPlan?
    private(set) var groups: [DeviceGroup] = []
    private(set) var devices: [String: DeviceMachine] = [:]
    private var nextEffect = 1
    /// Device effects that are open, by id.
    private var open: [Int: String] = [:]
    private var openEffect: [String: Int] = [:]
    private var groupEffects: [Int: Int] = [:]
    private var groupOf: [String: Int] = [:]
    /// Set by an abort or a resume: nothing that was not started is started any more.
    private var startsNothing = false
    private var emitted: [Effect] = []

    package init() {}

    /// Folds one event in and returns what to do next. Events that nothing waits for change nothing.
    package mutating func handle(_ event: TransactionEvent, at now: UTCInstant) -> [Effect] {
        emitted = []
        switch event {
        case .begun(let plan): begin(plan)
        case .armStarting(let effect, let device, _):
            if open[effect] == device { devices[device]?.armStarting(at: now) }
        case .stepStarting: break
        case .starting(let effect, let device):
            if open[effect] == device { devices[device]?.starting() }
        case .decided(let effect): decided(effect, at: now)
        case .finished(let effect, let result): finished(effect, result, at: now)
        case .abortRequested(let who):
            abandon(
                RunFailure(.aborted, what: "aborted by \(who)", remedy: "`asbuilt apply` starts a new run"), at: now)
        case .resumed: resumed(at: now)
        }
        advance(at: now)
        return emitted
    }

    /// True when nothing is left to do.
    package var isFinished: Bool { plan != nil && groups.allSatisfy { $0.stage == .ended } }

    /// True when every device is accounted for, so that no resume could add anything.
    package var isSettled: Bool { isFinished && endStates.values.allSatisfy { $0 != .unknown } }

    /// How each device ended; only those that have.
    package var endStates: [String: DeviceEndState] {
        devices.compactMapValues { device in
            if case .ended(let end) = device.state { end } else { nil }
        }
    }

    /// True while this effect still waits for its answer.
    package func isPending(_ effect: Int) -> Bool { open[effect] != nil || groupEffects[effect] != nil }

    // MARK: Events

    private mutating func begin(_ plan: TransactionPlan) {
        guard self.plan == nil else { return }
        self.plan = plan
        for device in plan.devices { devices[device.name] = DeviceMachine(device, limits: plan.limits) }
        switch plan.scope {
        case .network: groups = [DeviceGroup(plan.waves[...], plan: plan)]
        case .wave: groups = plan.waves.indices.map { DeviceGroup(plan.waves[$0...$0], plan: plan) }
        case .device:
            groups = plan.waves.indices.flatMap { index in
                plan.waves[index].devices.map { DeviceGroup(plan.waves[index...index], plan: plan, only: $0) }
            }
        }
        groups.removeAll { $0.devices.isEmpty }
        for (index, group) in groups.enumerated() {
            for name in group.devices { groupOf[name] = index }
        }
    }

    private mutating func finished(_ effect: Int, _ result: EffectResult, at now: UTCInstant) {
        if let name = open.removeValue(forKey: effect) {
            openEffect[name] = nil
            devices[name]?.finished(result, at: now)
            if let index = groupOf[name], groups[index].stage == .failing { devices[name]?.halt() }
        } else if let index = groupEffects.removeValue(forKey: effect), let asked = groups[index].pending?.action {
            groups[index].pending = nil
            groupFinished(index, asked, result, at: now)
        }
    }

    private mutating func groupFinished(_ index: Int, _ asked: EffectAction, _ result: EffectResult, at now: UTCInstant)
    {
        switch result {
        case .done, .captured, .released: passed(index, asked)
        case .checked(let summary):
            if summary.passed {
                passed(index, asked)
            } else {
                let failed = summary.results.filter { $0.verdict != .proved }
                let what = failed.prefix(5).map { "\($0.id) on \($0.device) \($0.verdict.rawValue)" }
                fail(
                    index,
                    RunFailure(
                        .checksFailed, what: "checks did not prove: " + what.joined(separator: ", "),
                        remedy: "the record holds what each saw; correct the design or the network"), at: now)
            }
        case .refused(let found), .failed(let found), .unknown(let found): fail(index, found, at: now)
        case .connected, .observed, .readBack, .guarded, .read:
            fail(
                index,
                RunFailure(
                    .unexpectedOutput, what: "\(asked.phase.rawValue) was answered with a result of another kind",
                    remedy: "report this; the journal holds what happened"), at: now)
        }
    }

    /// A group's question was answered well: on to the next stage. In any other stage it was given up meanwhile.
    private mutating func passed(_ index: Int, _ asked: EffectAction) {
        switch groups[index].stage {
        case .gating: groups[index].stage = .preparing
        case .gatingWave(let part): groups[index].stage = .arming(part: part)
        case .checkingBefore: groups[index].stage = .arming(part: 0)
        case .soaking(let part): groups[index].stage = .gatingWave(part: part + 1)
        case .verifying: groups[index].stage = .guarding
        case .waiting, .preparing, .arming, .guarding, .deciding, .carrying, .splitting, .failing, .undoing,
            .cancelling, .saving, .capturing, .releasing, .ended:
            break
        }
    }

    /// The commit point, when it is still this group's turn to decide.
    private mutating func decided(_ effect: Int, at now: UTCInstant) {
        guard let index = groupEffects.removeValue(forKey: effect), case .deciding = groups[index].stage else { return }
        groups[index].pending = nil
        groups[index].isDecided = true
        groups[index].stage = .carrying
        // All at once; those with the least time left are named first.
        let order = groups[index].devices.sorted { a, b in timeLeft(a) < timeLeft(b) }
        for name in order { devices[name]?.carryForward(at: now) }
        emitDeviceEffects(order)
    }

    private func timeLeft(_ name: String) -> Int64 {
        devices[name]?.exposure?.revertsAt?.milliseconds ?? .max
    }

    /// Everything undecided goes back; nothing new starts.
    private mutating func abandon(_ why: RunFailure, at now: UTCInstant) {
        startsNothing = true
        for index in groups.indices { fail(index, why, at: now) }
    }

    private mutating func resumed(at now: UTCInstant) {
        open = [:]
        openEffect = [:]
        groupEffects = [:]
        for index in groups.indices { groups[index].pending = nil }
        for name in devices.keys.sorted() { devices[name]?.interrupted(at: now) }
        abandon(
            RunFailure(
                .interrupted, what: "the executor ended before the commit point",
                remedy: "`asbuilt apply` starts a new run"), at: now)
        for index in groups.indices where groups[index].stage == .ended {
            var reopened = false
            for name in groups[index].devices {
                devices[name]?.reopen(decided: groups[index].isDecided, at: now)
                reopened = reopened || devices[name]?.pending != nil
            }
            if reopened { groups[index].stage = groups[index].isDecided ? .carrying : .cancelling }
        }
    }

    /// Takes an undecided group back; the first reason stands.
    mutating func fail(_ index: Int, _ why: RunFailure, at now: UTCInstant) {
        switch groups[index].stage {
        case .waiting:
            if startsNothing { skip(index) }
        case .gating, .preparing, .checkingBefore, .arming, .gatingWave, .soaking, .verifying, .guarding, .deciding:
            groups[index].failure = why
            groups[index].stage = .failing
            interruptWaiting(index)
        case .carrying, .splitting, .failing, .undoing, .cancelling, .saving, .capturing, .releasing, .ended:
            break
        }
    }

    private mutating func skip(_ index: Int) {
        for name in groups[index].devices { devices[name]?.skip() }
        groups[index].stage = .ended
    }

    /// Soaks and checks are not waited for once a group goes back.
    private mutating func interruptWaiting(_ index: Int) {
        for name in groups[index].devices {
            if case .connect? = devices[name]?.pending, let effect = openEffect[name] {
                emit(.interrupt(effect: effect))
            }
        }
        guard let pending = groups[index].pending else { return }
        switch pending.action {
        case .soak, .verify, .checkBefore: emit(.interrupt(effect: pending.id))
        case .decide:
            // Not written yet, so it will not be: what comes later finds nothing that waits for it.
            groupEffects[pending.id] = nil
            groups[index].pending = nil
        case .checkGate, .lease, .connect, .lock, .observe, .stage, .validate, .arm, .readBack, .guardAccess,
            .confirm, .discard, .cancel, .undo, .read, .save, .captureAfter, .release, .interrupt:
            break
        }
    }

    // MARK: Emitting

    private mutating func emit(_ action: EffectAction) {
        emitted.append(Effect(id: nextEffect, action: action))
        nextEffect += 1
    }

    private mutating func ask(_ index: Int, _ action: EffectAction, _ stage: DeviceGroup.Stage) {
        groups[index].stage = stage
        groups[index].pending = Effect(id: nextEffect, action: action)
        groupEffects[nextEffect] = index
        emit(action)
    }

    /// Turns what devices have asked for into effects, once each.
    private mutating func emitDeviceEffects(_ names: [String]) {
        for name in names where openEffect[name] == nil {
            guard let action = devices[name]?.pending else { continue }
            open[nextEffect] = name
            openEffect[name] = nextEffect
            emit(action)
        }
    }

    private func isIdle(_ index: Int) -> Bool {
        groups[index].pending == nil && groups[index].devices.allSatisfy { devices[$0]?.pending == nil }
    }

    private func each(_ index: Int) -> [DeviceMachine] { groups[index].devices.compactMap { devices[$0] } }

    // MARK: Going on

    /// Moves every group as far as it goes without another answer.
    private mutating func advance(at now: UTCInstant) {
        var moved = true
        while moved {
            moved = false
            startGroups()
            for index in groups.indices where groups[index].stage != .ended && groups[index].stage != .waiting {
                let before = groups[index].stage
                step(index, at: now)
                emitDeviceEffects(groups[index].devices)
                moved = moved || groups[index].stage != before
            }
        }
    }

    /// Groups of a wave start when all groups of earlier waves have ended.
    private mutating func startGroups() {
        guard let plan else { return }
        let running = groups.filter { $0.stage != .ended && $0.stage != .waiting }.count
        var free = max(0, plan.limits.concurrentTransactions - running)
        guard let wave = groups.first(where: { $0.stage != .ended })?.waveIndex else { return }
        for index in groups.indices where groups[index].stage == .waiting && groups[index].waveIndex == wave {
            guard free > 0 else { return }
            if startsNothing || failedDevices >= plan.stopAfterFailures {
                skip(index)
            } else {
                free -= 1
                ask(index, .checkGate(wave: groups[index].firstWave), .gating)
            }
        }
    }

    /// Devices of failed transactions that failed themselves; a transaction that failed as a whole counts once.
    private var failedDevices: Int {
        groups.reduce(0) { sum, group in
            guard group.failure != nil || group.isSplit else { return sum }
            return sum + max(1, group.devices.filter { devices[$0]?.failure != nil }.count)
        }
    }

    private mutating func step(_ index: Int, at now: UTCInstant) {
        switch groups[index].stage {
        case .waiting, .gating, .checkingBefore, .soaking, .verifying, .deciding, .ended: break
        case .preparing: prepare(index, at: now)
        case .arming(let part): arm(index, part, at: now)
        case .gatingWave(let part):
            if groups[index].pending == nil { openWave(index, part, at: now) }
        case .guarding: guardAll(index, at: now)
        case .carrying:
            if isIdle(index) { settleDecision(index, at: now) }
        case .splitting:
            if isIdle(index) { groups[index].stage = .saving }
        case .failing, .undoing, .cancelling: takeBack(index, at: now)
        case .saving: save(index)
        case .capturing: capture(index)
        case .releasing: release(index)
        }
    }

    private mutating func prepare(_ index: Int, at now: UTCInstant) {
        for name in groups[index].devices where devices[name]?.state == .waiting { devices[name]?.begin() }
        if let failed = each(index).first(where: { $0.failure != nil }), let why = failed.failure {
            fail(index, why, at: now)
        } else if isIdle(index) {
            ask(index, .checkBefore(devices: groups[index].devices), .checkingBefore)
        }
    }

    private mutating func arm(_ index: Int, _ part: Int, at now: UTCInstant) {
        if let failed = each(index).first(where: { $0.failure != nil }), let why = failed.failure {
            fail(index, why, at: now)
            return
        }
        guard part < groups[index].parts.count else {
            ask(index, .verify(devices: groups[index].devices, deadline: decideBy(index)), .verifying)
            return
        }
        let current = groups[index].parts[part]
        for name in current.devices {
            if case .prepared? = devices[name]?.state, devices[name]?.pending == nil { devices[name]?.arm() }
        }
        let allProven = current.devices.allSatisfy { name in
            if case .proven? = devices[name]?.state { true } else { false }
        }
        guard allProven else { return }
        let soaked = now + .seconds(current.soakSeconds)
        if current.soakSeconds == 0 {
            groups[index].stage = .gatingWave(part: part + 1)
        } else if let by = decideBy(index), by < soaked {
            fail(index, tooLate("the soak of wave \(current.wave)"), at: now)
        } else {
            ask(index, .soak(wave: current.wave, until: soaked), .soaking(part: part))
        }
    }

    /// Before a further wave is armed, the gate is looked at again.
    private mutating func openWave(_ index: Int, _ part: Int, at now: UTCInstant) {
        if part < groups[index].parts.count, groups[index].parts[part].opensWave {
            ask(index, .checkGate(wave: groups[index].parts[part].wave), .gatingWave(part: part))
        } else {
            groups[index].stage = .arming(part: part)
        }
    }

    /// The last moment to decide: the first device would revert soon after.
    private func decideBy(_ index: Int) -> UTCInstant? {
        guard let plan else { return nil }
        return each(index).compactMap { $0.exposure?.revertsAt }.min().map {
            $0 - .seconds(plan.limits.decisionMarginSeconds)
        }
    }

    private func tooLate(_ what: String) -> RunFailure {
        RunFailure(
            .tooLate, what: "\(what) would end after the first device reverts by itself",
            remedy: "raise `confirm-timeout` or shorten soaks and checks in the contract")
    }

    private mutating func guardAll(_ index: Int, at now: UTCInstant) {
        for name in groups[index].devices {
            if case .proven? = devices[name]?.state { devices[name]?.checkAgain() }
        }
        if let failed = each(index).first(where: { $0.failure != nil }), let why = failed.failure {
            fail(index, why, at: now)
        } else if isIdle(index) {
            if let by = decideBy(index), by < now {
                fail(index, tooLate("deciding"), at: now)
            } else if groups[index].parts.isEmpty {
                groups[index].stage = .failing
            } else {
                ask(index, .decide(devices: groups[index].devices), .deciding)
            }
        }
    }

    // MARK: After the decision

    private mutating func settleDecision(_ index: Int, at now: UTCInstant) {
        for name in groups[index].devices {
            // Devices without steps took part in the checks only.
            if case .prepared? = devices[name]?.state { devices[name]?.takeBack(at: now) }
        }
        let changing = each(index).filter(\.plan.hasSteps)
        let kept = changing.filter { $0.state == .settled(.kept) }
        let back = changing.filter { [.settled(.rolledBackByTimer), .settled(.backedOut)].contains($0.state) }
        groups[index].isSplit = groups[index].isSplit || (!kept.isEmpty && kept.count < changing.count)
        if !kept.isEmpty, !back.isEmpty, plan?.onSplit == .back {
            for device in kept { devices[device.plan.name]?.sendBackout(.split, at: now) }
            groups[index].stage = .splitting
        } else {
            groups[index].stage = .saving
        }
    }

    private mutating func save(_ index: Int) {
        guard isIdle(index) else { return }
        if plan?.saves == true, groups[index].isDecided, !groups[index].isSplit {
            for name in groups[index].devices { devices[name]?.save() }
        }
        groups[index].stage = .capturing
    }

    private mutating func capture(_ index: Int) {
        guard isIdle(index) else { return }
        for name in groups[index].devices { devices[name]?.captureAfter() }
        groups[index].stage = .releasing
    }

    private mutating func release(_ index: Int) {
        guard isIdle(index) else { return }
        for name in groups[index].devices { devices[name]?.release() }
        if each(index).allSatisfy({ if case .ended = $0.state { true } else { false } }) {
            groups[index].stage = .ended
        }
    }

    // MARK: The way back

    /// First what is under way ends, then executor-only devices are undone, then the others cancelled.
    private mutating func takeBack(_ index: Int, at now: UTCInstant) {
        guard isIdle(index) else { return }
        switch groups[index].stage {
        case .failing:
            for device in each(index) where !device.plan.revertsByItself {
                devices[device.plan.name]?.takeBack(at: now)
            }
            groups[index].stage = .undoing
        case .undoing:
            for device in each(index) where device.plan.revertsByItself { devices[device.plan.name]?.takeBack(at: now) }
            groups[index].stage = .cancelling
        case .cancelling: groups[index].stage = .capturing
        case .waiting, .gating, .preparing, .checkingBefore, .arming, .gatingWave, .soaking, .verifying, .guarding,
            .deciding, .carrying, .splitting, .saving, .capturing, .releasing, .ended:
            break
        }
    }
}
