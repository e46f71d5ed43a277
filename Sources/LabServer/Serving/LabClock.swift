internal import Foundation

/// Calls the lab when something is due: one thread that sleeps until then.
final class LabClock: @unchecked Sendable {
    // SAFETY: all state is touched with `condition` locked.
    private let condition = NSCondition()
    private var due: ContinuousClock.Instant?
    private var isStopped = false
    /// Shortest pause between two calls, so that an event that stays due cannot spin.
    private static let shortestPause: Duration = .milliseconds(5)

    /// Starts the thread. `call` may call `wake`.
    func start(_ call: @escaping @Sendable () -> Void) {
        let thread = Thread { [self] in run(call) }
        thread.name = "lab clock"
        thread.start()
    }

    /// Sets when to call next; nil: not before somebody sets it again.
    func wake(at instant: ContinuousClock.Instant?) {
        condition.withLock {
            due = instant
            condition.signal()
        }
    }

    func stop() {
        condition.withLock {
            isStopped = true
            condition.signal()
        }
    }

    private func run(_ call: () -> Void) {
        while waitUntilDue() {
            call()
            Thread.sleep(forTimeInterval: Self.shortestPause / .seconds(1))
        }
    }

    /// False once stopped.
    private func waitUntilDue() -> Bool {
        condition.lock()
        defer { condition.unlock() }
        while !isStopped {
            guard let due else {
                condition.wait()
                continue
            }
            let left = due - .now
            if left <= .zero {
                self.due = nil
                return true
            }
            _ = condition.wait(until: Date(timeIntervalSinceNow: left / .seconds(1)))
        }
        return false
    }
}
