package import CanonicalData
package import DeviceDrivers
package import WorkspaceStore

/// What a run's journal says about each device, beside the machine's state: facts, tokens, readings, times.
///
/// Folded from the same events, so it is the same after a restart.
package struct RunLedger: Equatable, Sendable {
    package struct Device: Equatable, Sendable {
        package var facts: SessionFacts?
        package var observed: ObservedFacts?
        package var readBack: ReadBackFacts?
        package var lastReading: Reading?
        package var token: PersistToken?
        package var armSentAt: UTCInstant?
        package var confirmedAt: UTCInstant?
        package var isSaved = false
        /// Something of ours may lie in its candidate.
        package var mayBeStaged = false
        package var backoutSent: [Digest] = []
        package var transcripts: [Digest] = []
    }
    package private(set) var devices: [String: Device] = [:]
    package private(set) var plan: TransactionPlan?
    package private(set) var startedAt: UTCInstant?
    package private(set) var lastAt: UTCInstant?
    package private(set) var checksBefore: [CheckOutcome] = []
    package private(set) var checksAfter: [CheckOutcome] = []
    package private(set) var capturesBefore: [CapturedOutput] = []
    package private(set) var capturesAfter: [CapturedOutput] = []
    package private(set) var decidedAt: [String: UTCInstant] = [:]
    package private(set) var timeline: [TimelineEntry] = []
    private var actions: [Int: EffectAction] = [:]

    package init() {}

    /// Notes an event and the effects that the machine answered it with.
    package mutating func record(_ event: TransactionEvent, at now: UTCInstant, effects: [Effect]) {
        lastAt = now
        if startedAt == nil { startedAt = now }
        switch event {
        case .begun(let plan): if self.plan == nil { self.plan = plan }
        case .armStarting(_, let device, let token):
            devices[device, default: Device()].token = token
            devices[device, default: Device()].armSentAt = now
            tell(now, device, .arm, "arming")
        case .stepStarting(_, let device, let step): tell(now, device, .arm, "sending step \(step)")
        case .starting(let effect, let device):
            if case .stage? = actions[effect] { devices[device, default: Device()].mayBeStaged = true }
        case .decided(let effect):
            guard case .decide(let names)? = actions.removeValue(forKey: effect) else { break }
            for name in names { decidedAt[name] = now }
            tell(now, nil, .decide, "decided to keep the change on \(names.joined(separator: ", "))")
        case .finished(let effect, let result):
            if let action = actions.removeValue(forKey: effect) { finished(action, result, now) }
        case .abortRequested(let who): tell(now, nil, .backOut, "abort asked for by \(who)")
        case .resumed(let owner):
            actions = [:]
            tell(now, nil, .preflight, "resumed by \(owner)")
        }
        for effect in effects { actions[effect.id] = effect.action }
    }

    /// The question an effect asks, while it is open.
    package func action(of effect: Int) -> EffectAction? { actions[effect] }

    private mutating func tell(_ at: UTCInstant, _ device: String?, _ phase: RunPhase, _ what: String) {
        timeline.append(TimelineEntry(at: at, device: device, phase: phase, what: what))
    }

    private mutating func finished(_ action: EffectAction, _ result: EffectResult, _ now: UTCInstant) {
        tell(now, action.device, action.phase, Self.sentence(action, result))
        if let name = action.device { note(name, action, result, now) }
        switch (action, result) {
        case (.checkBefore, .checked(let summary)):
            checksBefore += summary.results
            capturesBefore += summary.captures
        case (.verify, .checked(let summary)):
            checksAfter += summary.results
            capturesAfter += summary.captures
        case (.captureAfter, .captured(let outputs)): capturesAfter += outputs
        default: break
        }
    }

    private mutating func note(_ name: String, _ action: EffectAction, _ result: EffectResult, _ now: UTCInstant) {
        var device = devices[name] ?? Device()
        switch result {
        case .connected(let facts): device.facts = facts
        case .observed(let facts): device.observed = facts
        case .readBack(let facts): device.readBack = facts
        case .read(let reading):
            device.lastReading = reading
            if let sent = reading.sent { device.backoutSent.append(sent) }
        case .released(let transcripts): device.transcripts += transcripts
        case .done:
            switch action {
            case .confirm: device.confirmedAt = now
            case .save: device.isSaved = true
            case .discard: device.mayBeStaged = false
            default: break
            }
        case .guarded, .checked, .captured, .refused, .failed, .unknown: break
        }
        devices[name] = device
    }

    /// What happened, in words.
    static func sentence(_ action: EffectAction, _ result: EffectResult) -> String {
        let what = action.phase.rawValue
        return switch result {
        case .done, .guarded, .released: "\(what) done"
        case .connected(let facts): "connected, \(facts.strategy)"
        case .observed(let facts):
            facts.movedElsewhere.isEmpty
                ? "observed, as planned for" : "observed, moved elsewhere in \(facts.movedElsewhere.count) places"
        case .readBack(let facts):
            facts.isAcceptable ? "read back, as designed" : "read back, not as designed: \(facts.problems.first ?? "")"
        case .checked(let summary):
            summary.passed
                ? "\(summary.results.count) checks proved"
                : "\(summary.results.filter { $0.verdict != .proved }.count) of \(summary.results.count) checks not proved"
        case .captured(let outputs): "\(outputs.count) outputs captured"
        case .read(let reading):
            "read: \(reading.standing.rawValue)" + (reading.leftovers.map { "; \($0.sentence)" } ?? "")
        case .refused(let why): "\(what) refused: \(why.what)"
        case .failed(let why): "\(what) failed: \(why.what)"
        case .unknown(let why): "\(what) unanswered: \(why.what)"
        }
    }
}
