internal import ChangePlanning
internal import DeviceConfiguration
internal import WorkspaceStore

extension ChangeRun {
    /// Says that an effect begins.
    func started(_ effect: Effect) {
        reports.yield(
            RunProgress(
                at: environment.clock.now(), device: effect.action.device, wave: effect.action.wave,
                phase: effect.action.phase, status: .started))
    }

    /// Says what a journaled event means; called before it is folded in.
    func report(_ event: TimedEvent, _ ledger: RunLedger) {
        switch event.event {
        case .armStarting(_, let device, _): reports.yield(armed(device, at: event.at))
        case .decided:
            reports.yield(RunProgress(at: event.at, phase: .decide, status: .decided, message: "keeping the change"))
        case .finished(let effect, let result):
            guard let action = ledger.action(of: effect) else { return }
            reports.yield(
                RunProgress(
                    at: event.at, device: action.device, wave: action.wave, phase: action.phase,
                    status: result.isGood ? .done : .failed, message: RunLedger.sentence(action, result)))
        case .abortRequested(let who):
            reports.yield(
                RunProgress(at: event.at, phase: .backOut, status: .started, message: "abort asked for by \(who)"))
        case .begun, .stepStarting, .starting, .resumed: break
        }
    }

    /// From now on the device has to be confirmed or cancelled: when it reverts by itself, and how to do it by hand.
    private func armed(_ device: String, at now: UTCInstant) -> RunProgress {
        let plan = request.plan.devices.first { $0.device == device }
        let revertsByItself = plan?.protection != .executorOnly
        var confirm: [String] = []
        var cancel: [String] = []
        if plan?.endpoint == "netconf" {
            let hasToken = plan?.strategy.contains("persist") == true
            let token = hasToken ? "<persist-id>\(PersistToken("").description)</persist-id>" : ""
            confirm = ["<commit>\(token)</commit>"]
            cancel = hasToken ? ["<cancel-commit>\(token)</cancel-commit>"] : ["end the session"]
        } else if !revertsByItself {
            let backout = (plan?.steps ?? []).reversed().map(\.backout).filter { !$0.isEmpty }
            cancel = ["configure terminal"] + backout.flatMap { $0.split(separator: "\n").map(String.init) } + ["end"]
        }
        return RunProgress(
            at: now, device: device, phase: .arm, status: .armed,
            message: revertsByItself ? "reverts by itself unless confirmed" : "only this executor takes it back",
            revertsAt: revertsByItself ? now + .seconds(request.plan.confirmTimeoutSeconds) : nil,
            confirmByHand: confirm, cancelByHand: cancel)
    }
}

extension EffectAction {
    var wave: String? {
        switch self {
        case .checkGate(let wave), .soak(let wave, _): wave
        case .lease, .connect, .lock, .observe, .stage, .validate, .checkBefore, .arm, .readBack, .guardAccess, .verify,
            .decide, .confirm, .discard, .cancel, .undo, .read, .save, .captureAfter, .release, .interrupt:
            nil
        }
    }
}

extension EffectResult {
    var isGood: Bool {
        switch self {
        case .done, .connected, .observed, .guarded, .captured, .released, .read: true
        case .readBack(let facts): facts.isAcceptable
        case .checked(let summary): summary.passed
        case .refused, .failed, .unknown: false
        }
    }
}
