internal import Foundation
package import WorkspaceStore

/// What time it is, and waiting: the wall clock for what is journaled, the continuous clock for deadlines.
package protocol ExecutionClock: Sendable {
    func now() -> UTCInstant
    /// Returns at the moment; throws when the task is cancelled first.
    func sleep(until moment: UTCInstant) async throws
    /// The same moment on the clock that deadlines are in.
    func deadline(_ moment: UTCInstant) -> ContinuousClock.Instant
}

/// The clocks of this machine.
package struct SystemExecutionClock: ExecutionClock {
    package init() {}
    package func now() -> UTCInstant {
        UTCInstant(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)))
    }
    package func sleep(until moment: UTCInstant) async throws {
        let duration = moment - now()
        if duration > .zero { try await Task.sleep(for: duration) }
    }
    package func deadline(_ moment: UTCInstant) -> ContinuousClock.Instant { .now + (moment - now()) }
}
