import CanonicalData
import ChangeExecution
import ChangePlanning
import DeviceConfiguration
import DeviceDrivers
import Foundation
import TestSupport
import WorkspaceStore

/// A device as a handful of facts: which configuration runs, and what it does about it by itself.
struct SimulatedDevice {
    enum Running: Equatable { case before, partial, after }
    var name: String
    var protection: ProtectionClass
    var running = Running.before
    /// While armed: when it reverts.
    var revertsAt: UTCInstant?
    /// Unreachable in this span.
    var dark: Range<Int64> = 0..<0
    /// What goes wrong, once each unless it says otherwise.
    var refusesToStage = false
    var isStale = false
    var arm = Mishap.none
    var confirm = Mishap.none
    var cancel = Mishap.none
    var undo = Mishap.none
    var readsBackWrong = false
    var guardFails = false
    /// Reverts this many seconds too early.
    var isEarly = 0
    var isConfirmedByOther = false

    enum Mishap: CaseIterable {
        case none
        /// Says no, nothing happened.
        case refused
        /// No answer, nothing happened.
        case lost
        /// No answer, it happened.
        case silent
        /// No answer, it happens two seconds later.
        case late
        /// An error, half of it happened (executor-only devices).
        case partial
    }

    mutating func settle(at now: UTCInstant) {
        if let at = revertsAt, at <= now { (running, revertsAt) = (.before, nil) }
    }

    func isDark(_ now: UTCInstant) -> Bool { dark.contains(now.milliseconds) }
}

/// A whole run in virtual time, with a journal that may end after any entry.
struct SimulatedWorld {
    static let start = UTCInstant(milliseconds: 1_800_000_000_000)
    var generator: SeededGenerator
    var devices: [String: SimulatedDevice] = [:]
    var now = SimulatedWorld.start
    let plan: TransactionPlan
    var machine = TransactionMachine()
    var journal: [[UInt8]] = []
    private var agenda: [(at: UTCInstant, order: Int, job: Job)] = []
    private var order = 0
    private var checksFail: Bool
    private var gateCloses: Bool
    private var abortAt: UTCInstant?
    /// The process ends before it does anything else.
    private var isDying = false

    private enum Job {
        case act(Effect)
        case answer(Effect, EffectResult)
        case late(String, SimulatedDevice.Running, arms: Bool)
        case abort
    }

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
        let count = Int.random(in: 1...4, using: &generator)
        var list: [TransactionPlan.Device] = []
        for index in 0..<count {
            var device = SimulatedDevice(
                name: "r\(index)", protection: Bool.random(using: &generator) ? .deviceTimer : .executorOnly)
            Self.upset(&device, &generator)
            devices[device.name] = device
            list.append(
                TransactionPlan.Device(
                    name: device.name, protection: device.protection,
                    hasSteps: Int.random(in: 0..<8, using: &generator) > 0, timerSeconds: 60,
                    roundedTimerSeconds: 60))
        }
        let cut = Int.random(in: 1...count, using: &generator)
        let names = list.map(\.name)
        var waves = [
            TransactionPlan.Wave(
                name: "canary", devices: Array(names[..<cut]), soakSeconds: Int.random(in: 0...3, using: &generator))
        ]
        if cut < count {
            waves.append(TransactionPlan.Wave(name: "rest", devices: Array(names[cut...]), soakSeconds: 0))
        }
        plan = TransactionPlan(
            scope: TransactionScope.allCases.randomElement(using: &generator) ?? .network, waves: waves,
            stopAfterFailures: 1, onSplit: Bool.random(using: &generator) ? .back : .hold,
            saves: Bool.random(using: &generator), devices: list)
        checksFail = Int.random(in: 0..<6, using: &generator) == 0
        gateCloses = Int.random(in: 0..<8, using: &generator) == 0
        if Int.random(in: 0..<6, using: &generator) == 0 {
            abortAt = now + .milliseconds(Int.random(in: 0...9000, using: &generator))
        }
    }

    /// About half of the devices behave; the others have one or two bad days.
    private static func upset(_ device: inout SimulatedDevice, _ generator: inout SeededGenerator) {
        for _ in 0..<Int.random(in: 0...2, using: &generator) {
            switch Int.random(in: 0..<12, using: &generator) {
            case 0: device.refusesToStage = true
            case 1: device.isStale = true
            case 2: device.arm = SimulatedDevice.Mishap.allCases.randomElement(using: &generator) ?? .none
            case 3, 4: device.confirm = [.refused, .lost, .silent].randomElement(using: &generator) ?? .none
            case 5: device.cancel = [.refused, .lost, .silent].randomElement(using: &generator) ?? .none
            case 6: device.undo = SimulatedDevice.Mishap.allCases.randomElement(using: &generator) ?? .none
            case 7: device.readsBackWrong = true
            case 8: device.guardFails = true
            case 9:
                let from = start.milliseconds + .random(in: 0...15_000, using: &generator)
                device.dark = from..<(from + .random(in: 1000...500_000, using: &generator))
            case 10: device.isEarly = .random(in: 1...59, using: &generator)
            default: device.isConfirmedByOther = true
            }
        }
    }

    // MARK: Running

    struct Crash: Error {}

    /// Runs to the end, or until the journal has `crashAfter` entries: then nothing that was under way is answered,
    /// but each of it may still have reached its device.
    mutating func run(crashAfter: Int?) throws(Crash) {
        if journal.isEmpty {
            if let abortAt { schedule(.abort, at: abortAt) }
            try append(.begun(plan), crashAfter)
        }
        while !machine.isFinished,
            let next = agenda.indices.min(by: { (agenda[$0].at, agenda[$0].order) < (agenda[$1].at, agenda[$1].order) })
        {
            if isDying { throw Crash() }
            let (at, _, job) = agenda.remove(at: next)
            now = max(now, at)
            for name in devices.keys { devices[name]?.settle(at: now) }
            switch job {
            case .act(let effect): try act(effect, crashAfter)
            case .answer(let effect, let result): try append(.finished(effect: effect.id, result), crashAfter)
            case .late(let name, let running, let arms): takeEffect(name, running, arms: arms)
            case .abort: try append(.abortRequested(by: "test"), crashAfter)
            }
        }
    }

    /// What another process finds some time later: the journal and the devices.
    mutating func restart() throws(Crash) {
        isDying = false
        let late = agenda.filter { if case .late = $0.job { true } else { false } }
        agenda = late
        let restarted = now + .milliseconds(Int.random(in: 0...100_000, using: &generator))
        for job in late where job.at <= restarted {
            now = job.at
            if case .late(let name, let running, let arms) = job.job { takeEffect(name, running, arms: arms) }
        }
        now = restarted
        agenda.removeAll { $0.at <= now }
        for name in devices.keys { devices[name]?.settle(at: now) }
        var replayed = TransactionMachine()
        for bytes in journal {
            guard let entry = try? JSONDecoder().decode(TimedEvent.self, from: Data(bytes)) else { throw Crash() }
            _ = replayed.handle(entry.event, at: entry.at)
        }
        precondition(replayed == machine, "replaying the journal gives another state")
        try append(
            .resumed(by: LeaseOwner(host: "h", bootID: "b", process: 2, processStart: 3)), nil)
    }

    private mutating func append(_ event: TransactionEvent, _ crashAfter: Int?) throws(Crash) {
        if isDying { throw Crash() }
        guard let bytes = try? JSONEncoder().encode(TimedEvent(at: now, event: event)) else { throw Crash() }
        journal.append(Array(bytes))
        let effects = machine.handle(event, at: now)
        if journal.count == crashAfter {
            // What was just announced may have reached its device all the same.
            guard event.isIntent, Bool.random(using: &generator) else { throw Crash() }
            isDying = true
        }
        for effect in effects {
            schedule(.act(effect), at: now + .milliseconds(Int.random(in: 1...800, using: &generator)))
        }
    }

    private mutating func schedule(_ job: Job, at: UTCInstant) {
        order += 1
        agenda.append((at, order, job))
    }

    private mutating func answer(_ effect: Effect, _ result: EffectResult, at: UTCInstant? = nil) {
        let later = now + .milliseconds(Int.random(in: 1...500, using: &generator))
        schedule(.answer(effect, result), at: max(at ?? later, later))
    }

    private mutating func takeEffect(_ name: String, _ running: SimulatedDevice.Running, arms: Bool) {
        guard var device = devices[name] else { return }
        device.running = running
        if arms, device.protection != .executorOnly {
            device.revertsAt = now + .seconds(60 - device.isEarly)
            if device.isConfirmedByOther { device.revertsAt = nil }
        }
        devices[name] = device
    }

    // MARK: Devices

    private static let digest = Digest.sha256("x")

    private func fail(_ code: RunFailure.Code, _ name: String) -> RunFailure {
        RunFailure(code, what: "simulated", device: name, remedy: "none")
    }

    private mutating func act(_ effect: Effect, _ crashAfter: Int?) throws(Crash) {
        guard let name = effect.action.device else {
            switch effect.action {
            case .checkGate(let wave):
                answer(effect, gateCloses && wave == "rest" ? .refused(fail(.gate, "")) : .done)
            case .soak(_, let until): answer(effect, .done, at: until)
            case .verify:
                answer(effect, .checked(CheckSummary(results: [], captures: [], passed: !checksFail)))
            case .checkBefore: answer(effect, .checked(CheckSummary(results: [], captures: [], passed: true)))
            case .decide: try append(.decided(effect: effect.id), crashAfter)
            default: break
            }
            return
        }
        guard let device = devices[name] else { return }
        switch effect.action {
        case .lease, .release, .captureAfter, .lock: answer(effect, .done)
        case .discard: answer(effect, device.isDark(now) ? .failed(fail(.unreachable, name)) : .done)
        case .connect, .validate, .save:
            answer(effect, device.isDark(now) ? .failed(fail(.unreachable, name)) : .done)
        case .observe:
            answer(
                effect,
                device.isStale
                    ? .refused(fail(.stale, name))
                    : .observed(
                        ObservedFacts(
                            running: Self.digest, base: Self.digest, startup: nil, movedElsewhere: [],
                            planned: Self.digest)))
        case .stage:
            try append(.starting(effect: effect.id, device: name), crashAfter)
            answer(effect, device.refusesToStage ? .failed(fail(.refusedByDevice, name)) : .done)
        case .readBack:
            if device.isDark(now) { return answer(effect, .failed(fail(.unreachable, name))) }
            answer(
                effect,
                .readBack(
                    ReadBackFacts(
                        running: Self.digest, captured: Self.digest, reconciliation: Self.digest, verdicts: [:],
                        isAcceptable: !device.readsBackWrong && device.running == .after, problems: ["p"])))
        case .guardAccess(_, let last):
            let moved = last && device.running != .after
            answer(
                effect, device.guardFails || device.isDark(now) || moved ? .failed(fail(.guardFailed, name)) : .guarded)
        default: try change(effect, device, crashAfter)
        }
    }

    private mutating func change(_ effect: Effect, _ device: SimulatedDevice, _ crashAfter: Int?) throws(Crash) {
        let name = device.name
        switch effect.action {
        case .arm:
            try append(.armStarting(effect: effect.id, device: name, token: PersistToken("t")), crashAfter)
            carry(effect, device.arm, device, to: .after, arms: true)
        case .confirm(_, let notBefore, _):
            guard notBefore <= now else { return schedule(.act(effect), at: notBefore) }
            if device.isDark(now) { return answer(effect, .failed(fail(.unreachable, name))) }
            try append(.starting(effect: effect.id, device: name), crashAfter)
            guard devices[name]?.revertsAt != nil else { return answer(effect, .failed(fail(.nothingPending, name))) }
            switch device.confirm {
            case .none, .late, .partial:
                devices[name]?.revertsAt = nil
                answer(effect, .done)
            case .refused: answer(effect, .failed(fail(.refusedByDevice, name)))
            case .lost: answer(effect, .unknown(fail(.unknown, name)))
            case .silent:
                devices[name]?.revertsAt = nil
                answer(effect, .unknown(fail(.unknown, name)))
            }
            devices[name]?.confirm = .none
        case .cancel:
            if device.isDark(now) { return answer(effect, .failed(fail(.unreachable, name))) }
            try append(.starting(effect: effect.id, device: name), crashAfter)
            guard devices[name]?.revertsAt != nil else { return answer(effect, .failed(fail(.nothingPending, name))) }
            switch device.cancel {
            case .refused: answer(effect, .refused(fail(.refusedByDevice, name)))
            case .lost: answer(effect, .unknown(fail(.unknown, name)))
            case .none, .silent, .late, .partial:
                devices[name]?.running = .before
                devices[name]?.revertsAt = nil
                answer(effect, device.cancel == .none ? .done : .unknown(fail(.unknown, name)))
            }
        case .undo(_, let reason, let notBefore, _):
            guard notBefore <= now else { return schedule(.act(effect), at: notBefore) }
            if device.isDark(now) { return answer(effect, .failed(fail(.unreachable, name))) }
            if device.running == .before { return answer(effect, .read(reading(.before, sent: false))) }
            if reason == .split, device.running != .after { return answer(effect, .refused(fail(.moved, name))) }
            try append(.starting(effect: effect.id, device: name), crashAfter)
            carry(effect, device.undo, device, to: .before, arms: false)
            devices[name]?.undo = .none
        case .read(_, let notBefore, _):
            guard notBefore <= now else { return schedule(.act(effect), at: notBefore) }
            if device.isDark(now) { return answer(effect, .failed(fail(.unreachable, name)), at: now + .seconds(60)) }
            answer(effect, .read(reading(device.running, sent: false)))
        default: break
        }
    }

    private func reading(_ running: SimulatedDevice.Running, sent: Bool) -> Reading {
        let standing: Reading.Standing =
            switch running {
            case .before: .before
            case .partial: .partial
            case .after: .after
            }
        return Reading(
            standing: standing, running: Self.digest, captured: Self.digest, sent: sent ? Self.digest : nil)
    }

    private mutating func carry(
        _ effect: Effect, _ mishap: SimulatedDevice.Mishap, _ device: SimulatedDevice,
        to running: SimulatedDevice.Running, arms: Bool
    ) {
        let name = device.name
        if device.isDark(now) { return answer(effect, .unknown(fail(.unknown, name))) }
        switch mishap {
        case .none:
            takeEffect(name, running, arms: arms)
            answer(effect, arms ? .done : .read(reading(running, sent: true)))
        case .refused: answer(effect, .failed(fail(.refusedByDevice, name)))
        case .lost: answer(effect, .unknown(fail(.unknown, name)))
        case .silent:
            takeEffect(name, running, arms: arms)
            answer(effect, .unknown(fail(.unknown, name)))
        case .late:
            schedule(.late(name, running, arms: arms), at: now + .seconds(2))
            answer(effect, .unknown(fail(.unknown, name)))
        case .partial:
            let half: SimulatedDevice.Running = device.protection == .executorOnly ? .partial : .before
            takeEffect(name, half, arms: false)
            answer(effect, .failed(fail(.refusedByDevice, name)))
        }
    }

    // MARK: Judging

    /// What is wrong with how the run ended, in words; empty when it is as promised.
    func problems() -> [String] {
        guard machine.isFinished else { return ["the run did not end"] }
        var found: [String] = []
        let ends = machine.endStates
        for device in devices.values.sorted(by: { $0.name < $1.name }) {
            guard let end = ends[device.name] else {
                found.append("\(device.name) is not accounted for")
                continue
            }
            let isPending = device.revertsAt != nil
            switch end {
            case .kept:
                if device.running != .after || isPending {
                    found.append("\(device.name) is called kept, but is \(device.running), pending \(isPending)")
                }
            case .unchanged, .backedOut, .rolledBackByTimer, .refused, .unreachable:
                if device.running != .before || isPending {
                    found.append(
                        "\(device.name) is called \(end.rawValue), but is \(device.running), pending \(isPending)")
                }
            case .deviating, .unknown: break
            }
        }
        for transaction in machine.transactions(decidedAt: [:]) {
            let changing = plan.devices.filter { transaction.devices.contains($0.name) && $0.hasSteps }.map(\.name)
            let kept = changing.filter { ends[$0] == .kept }
            if !kept.isEmpty, kept.count < changing.count, !transaction.isSplit,
                !kept.allSatisfy({ devices[$0]?.isConfirmedByOther == true })
            {
                found.append("kept \(kept) of \(changing), and nobody says that it is split")
            }
        }
        return found
    }
}

extension TransactionEvent {
    /// Written before something that cannot be undone.
    var isIntent: Bool {
        switch self {
        case .armStarting, .stepStarting, .starting: true
        case .begun, .decided, .finished, .abortRequested, .resumed: false
        }
    }
}
