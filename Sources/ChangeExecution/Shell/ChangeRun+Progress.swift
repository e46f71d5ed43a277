internal import ChangePlanning
internal import DeviceConfiguration
internal import WorkspaceStore

extension ChangeRun {
    private func wave(of device: String?) -> String? {
        guard let device else { return nil }
        return request.plan.waves.first { $0.devices.contains(device) }?.name
    }

    /// Says that an effect begins.
    func started(_ effect: Effect) {
        reports.yield(
            RunProgress(
                at: environment.clock.now(), device: effect.action.device, wave: effect.action.wave ?? wave(of: effect.action.device),
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
                    at: event.at, device: action.device, wave: action.wave ?? wave(of: action.device), phase: action.phase,
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
        let hands = ByHandCommands(plan, token: PersistToken("").description)
        return RunProgress(
            at: now, device: device, wave: wave(of: device), phase: .arm, status: .armed,
            message: revertsByItself
                ? "unless it is confirmed (token: asbuilt show run \(request.run) --show-tokens)" : "only this executor takes it back",
            revertsAt: revertsByItself ? now + .seconds(request.plan.confirmTimeoutSeconds) : nil,
            confirmByHand: hands.confirm, cancelByHand: hands.cancel)
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
