internal import Synchronization

/// Asks a run to end in order, from any thread and at any moment, also before it has begun.
package final class AbortSwitch: Sendable {
    private struct State {
        var reason: String?
        var run: String?
        var abort: (@Sendable (String) -> Void)?
    }
    private let state = Mutex(State())

    package init() {}

    /// The run that would be aborted, once there is one.
    package var run: String? { state.withLock { $0.run } }

    /// Starts no new device and takes undecided changes back; a change that was decided on is still carried to its end.
    package func abort(by who: String) {
        state.withLock { state in
            state.reason = state.reason ?? who
            return state.abort
        }?(who)
    }

    /// A run is under way: it hears of an abort that was asked for before.
    func attach(_ run: String, _ abort: @escaping @Sendable (String) -> Void) {
        let reason = state.withLock { state in
            (state.run, state.abort) = (run, abort)
            return state.reason
        }
        if let reason { abort(reason) }
    }
}
