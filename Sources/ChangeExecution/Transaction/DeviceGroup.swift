/// The devices of one transaction, which keep the change together or go back together.
///
///     waiting ─▶ gating ─▶ preparing ─▶ checking before ─▶ arming ⇄ soaking ─▶ verifying ─▶ guarding ─▶ deciding
///                                                                                                        │ decided
///     before the decision anything ─failure─▶ failing ─▶ undoing ─▶ cancelling ─┐                    carrying
///                                                                               ▼                        │
///     ended ◀─ releasing ◀─ capturing ◀─ saving ◀───────────────────────────────┴── (splitting) ◀────────┘
struct DeviceGroup: Equatable, Sendable {
    enum Stage: Equatable, Sendable {
        case waiting
        case gating
        case preparing
        case checkingBefore
        /// Arming part `part` of the order: a wave's devices that revert by themselves, then those that do not.
        case arming(part: Int)
        case gatingWave(part: Int)
        case soaking(part: Int)
        case verifying
        case guarding
        case deciding
        /// Decided: confirming what has to be confirmed, then reading everything.
        case carrying
        case splitting
        /// Something failed: waiting for what is under way, then back, executor-only devices first.
        case failing
        case undoing
        case cancelling
        case saving
        case capturing
        case releasing
        case ended
    }

    /// A stretch of the arming order: devices that are armed together.
    struct Part: Equatable, Sendable {
        var wave: String
        var devices: [String]
        /// First part of its wave: the gate is looked at again before it.
        var opensWave: Bool
        /// Last part of its wave: the soak follows.
        var soakSeconds: Int
    }

    let devices: [String]
    /// Index of the wave in which it may start.
    let waveIndex: Int
    let firstWave: String
    let parts: [Part]
    var stage = Stage.waiting
    var isDecided = false
    /// Why it is taken back.
    var failure: RunFailure?
    /// Some kept, some not, after the decision.
    var isSplit = false
    /// The group's own question, when one is open.
    var pending: Effect?

    init(_ waves: ArraySlice<TransactionPlan.Wave>, plan: TransactionPlan, only: String? = nil) {
        let byName = Dictionary(plan.devices.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        var parts: [Part] = []
        var all: [String] = []
        for wave in waves {
            let members = wave.devices.filter { (only == nil || $0 == only) && byName[$0] != nil }
            all += members
            let changing = members.compactMap { byName[$0] }.filter(\.hasSteps)
            let ordered = [changing.filter(\.revertsByItself), changing.filter { !$0.revertsByItself }]
                .filter { !$0.isEmpty }
            for (index, devices) in ordered.enumerated() {
                parts.append(
                    Part(
                        wave: wave.name, devices: devices.map(\.name), opensWave: index == 0,
                        soakSeconds: index == ordered.count - 1 ? wave.soakSeconds : 0))
            }
        }
        self.parts = parts
        devices = all
        waveIndex = waves.startIndex
        firstWave = waves.first?.name ?? ""
    }
}
