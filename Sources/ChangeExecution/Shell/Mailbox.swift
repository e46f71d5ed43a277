internal import Synchronization

/// Where effects post what happened; read by one loop, in order.
final class Mailbox: Sendable {
    struct Letter: Sendable {
        var event: TransactionEvent
        /// Resumed when the event is on disk and folded in.
        var receipt: CheckedContinuation<Void, any Error>?
    }
    let letters: AsyncStream<Letter>
    private let continuation: AsyncStream<Letter>.Continuation

    init() { (letters, continuation) = AsyncStream.makeStream(of: Letter.self, bufferingPolicy: .unbounded) }

    func post(_ event: TransactionEvent) { continuation.yield(Letter(event: event, receipt: nil)) }

    /// Posts and waits until it is journaled. Throws when it was not: then nothing may be done.
    func register(_ event: TransactionEvent) async throws {
        try await withCheckedThrowingContinuation { receipt in
            if case .terminated = continuation.yield(Letter(event: event, receipt: receipt)) {
                receipt.resume(throwing: CancellationError())
            }
        }
    }

    func close() { continuation.finish() }
}

/// Tasks that may be told to stop waiting, by effect.
final class Interruptions: Sendable {
    private struct State {
        var tasks: [Int: Task<EffectResult, Never>] = [:]
        var early: Set<Int> = []
    }
    private let state = Mutex(State())

    func add(_ task: Task<EffectResult, Never>, for effect: Int) {
        let isLate = state.withLock { state in
            state.tasks[effect] = task
            return state.early.contains(effect)
        }
        if isLate { task.cancel() }
    }
    func remove(_ effect: Int) { state.withLock { $0.tasks[effect] = nil } }
    func interrupt(_ effect: Int) {
        let task = state.withLock { state in
            state.early.insert(effect)
            return state.tasks[effect]
        }
        task?.cancel()
    }
}
