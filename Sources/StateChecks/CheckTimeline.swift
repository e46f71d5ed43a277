/// When a check is looked at again, and when it is decided.
///
///     waiting ──proved──▶ holding ──held for `stable`──▶ decided
///        ▲  │                │
///        │  └─ deadline ─────│──────────────────────────▶ decided
///        └──── not proved, before the deadline
///
/// `eventually` is the time in which it must begin to hold, `stable` the time it must then keep holding. Without
/// `eventually` it must hold at the first look. Reads no clock.
package struct CheckTimeline: Sendable, Equatable {
    package typealias Instant = ContinuousClock.Instant

    package enum Next: Sendable, Equatable {
        /// Look again, not before this moment.
        case sample(at: Instant)
        case decided(CheckResult)
    }

    private enum State: Sendable, Equatable {
        case waiting
        case holding(since: Instant)
        case decided(CheckResult)
    }

    private let deadline: Instant
    private let stable: Duration
    private let interval: Duration
    private var state = State.waiting
    /// Looks so far.
    package private(set) var samples = 0

    /// The least time between two looks at a NETCONF server; some count faster ones as an attack.
    package static let netconfInterval = Duration.seconds(2)
    /// The least time between two looks at a CLI.
    package static let cliInterval = Duration.seconds(1)

    package init(_ check: StateCheck, start: Instant, interval: Duration) {
        deadline = start + (check.eventually ?? .zero)
        stable = check.stable ?? .zero
        self.interval = max(interval, .milliseconds(100))
    }

    /// The latest moment by which it can be decided, when every look is taken in time.
    package var latestDecision: Instant { deadline + stable }

    /// Takes one look's result. After a decision it stays as it is.
    package mutating func sampled(_ result: CheckResult, at now: Instant) -> Next {
        samples += 1
        switch state {
        case .decided(let decided): return .decided(decided)
        case .waiting: break
        case .holding(let since):
            if result.verdict == .proved {
                guard now - since < stable else { return decide(result) }
                return .sample(at: next(after: now, towards: since + stable))
            }
            state = .waiting
            guard now < deadline else {
                return decide(result, "held for \(Self.seconds(now - since)) only, then: \(result.message)")
            }
        }
        if result.verdict == .proved {
            guard stable > .zero else { return decide(result) }
            state = .holding(since: now)
            return .sample(at: next(after: now, towards: now + stable))
        }
        guard now < deadline else { return decide(result) }
        return .sample(at: next(after: now, towards: deadline))
    }

    /// Looks are spread so that none comes sooner than `interval` after the last and one falls on the target.
    private func next(after now: Instant, towards target: Instant) -> Instant {
        let remaining = target - now
        let looks = Int(remaining / interval)
        return now + (looks > 0 ? remaining / looks : interval)
    }

    private mutating func decide(_ result: CheckResult, _ message: String? = nil) -> Next {
        var result = result
        if let message { result.message = message }
        state = .decided(result)
        return .decided(result)
    }

    private static func seconds(_ duration: Duration) -> String {
        let (seconds, rest) = duration.components
        return "\(seconds).\(rest / 100_000_000_000_000_000) s"
    }
}
