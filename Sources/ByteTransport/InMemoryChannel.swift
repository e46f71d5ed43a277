import Synchronization

/// Two channels back to back in memory: what one writes, the other reads. For tests and for the lab without SSH.
package struct InMemoryChannel: ByteChannel {
    /// Bytes that may wait unread in one direction before a writer waits.
    package static let defaultCapacityBytes = 256 * 1024

    private let incoming: InMemoryPipe
    private let outgoing: InMemoryPipe

    /// A connected pair.
    package static func pair(capacityBytes: Int = defaultCapacityBytes) -> (InMemoryChannel, InMemoryChannel) {
        let (a, b) = (InMemoryPipe(capacityBytes: capacityBytes), InMemoryPipe(capacityBytes: capacityBytes))
        return (InMemoryChannel(incoming: a, outgoing: b), InMemoryChannel(incoming: b, outgoing: a))
    }

    package func read(deadline: ContinuousClock.Instant) async throws(TransportError) -> [UInt8]? {
        try await incoming.read(deadline: deadline)
    }

    package func write(_ bytes: [UInt8], deadline: ContinuousClock.Instant) async throws(TransportError) {
        try await outgoing.write(bytes, deadline: deadline)
    }

    /// Says that no more bytes come from this side; the other side reads nil after the rest.
    package func finishWriting() { outgoing.finish() }

    package func close() async {
        outgoing.finish()
        incoming.abandon()
    }
}

/// One direction of bytes between two tasks, with a limit, deadlines and cancellation.
package final class InMemoryPipe: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var isFinished = false
        /// The reader left: a pending read throws, a writer is told.
        var isAbandoned = false
        var waiters: [UInt64: UnsafeContinuation<Void, Never>] = [:]
        var cancelled: Set<UInt64> = []
        var nextWaiter: UInt64 = 0
    }
    private let state = Mutex(State())
    private let capacityBytes: Int

    package init(capacityBytes: Int = InMemoryChannel.defaultCapacityBytes) { self.capacityBytes = capacityBytes }

    /// All bytes that wait, without waiting for any.
    package func takeAvailable() -> [UInt8] {
        let (taken, waiters) = state.withLock { state -> ([UInt8], [UnsafeContinuation<Void, Never>]) in
            var taken: [UInt8] = []
            swap(&taken, &state.bytes)
            return (taken, taken.isEmpty ? [] : Self.release(&state))
        }
        for waiter in waiters { waiter.resume() }
        return taken
    }

    /// Adds bytes without regard to the limit, as a device that keeps talking.
    package func append(_ bytes: [UInt8]) {
        signal { $0.bytes += bytes }
    }
    package func finish() { signal { $0.isFinished = true } }
    package func abandon() {
        signal {
            $0.isAbandoned = true
            $0.bytes = []
        }
    }
    /// Wakes whoever waits, so that it looks again.
    package func poke() { signal { _ in } }

    package var isAbandoned: Bool { state.withLock { $0.isAbandoned } }

    package func read(deadline: ContinuousClock.Instant) async throws(TransportError) -> [UInt8]? {
        while true {
            let bytes = takeAvailable()
            if !bytes.isEmpty { return bytes }
            let (isFinished, isAbandoned) = state.withLock { ($0.isFinished, $0.isAbandoned) }
            if isAbandoned { throw TransportError(.closed, what: "the channel was closed on this side") }
            if isFinished { return nil }
            try await waitForChange(until: deadline, awaiting: "bytes from the peer") {
                $0.bytes.isEmpty && !$0.isFinished && !$0.isAbandoned
            }
        }
    }

    package func write(_ bytes: [UInt8], deadline: ContinuousClock.Instant) async throws(TransportError) {
        var rest = bytes[...]
        while true {
            let (taken, isOpen) = state.withLock { state -> (Int, Bool) in
                guard !state.isFinished, !state.isAbandoned else { return (0, false) }
                let room = min(rest.count, max(0, capacityBytes - state.bytes.count))
                state.bytes += rest.prefix(room)
                return (room, true)
            }
            guard isOpen else { throw TransportError(.closed, what: "the channel is closed") }
            if taken > 0 { poke() }
            rest = rest.dropFirst(taken)
            if rest.isEmpty { return }
            try await waitForChange(until: deadline, awaiting: "the peer to read") {
                $0.bytes.count >= self.capacityBytes && !$0.isFinished && !$0.isAbandoned
            }
        }
    }

    /// Returns at a change, at the deadline without an error when `throwsAtDeadline` is false.
    package func waitForBytes(until deadline: ContinuousClock.Instant) async throws(TransportError) {
        do {
            try await waitForChange(until: deadline, awaiting: "bytes") {
                $0.bytes.isEmpty && !$0.isFinished && !$0.isAbandoned
            }
        } catch {
            if error.code != .timedOut { throw error }
        }
    }

    private func signal(_ change: (inout State) -> Void) {
        let waiters = state.withLock { state in
            change(&state)
            return Self.release(&state)
        }
        for waiter in waiters { waiter.resume() }
    }

    private static func release(_ state: inout State) -> [UnsafeContinuation<Void, Never>] {
        defer { state.waiters = [:] }
        return state.waiters.sorted { $0.key < $1.key }.map(\.value)
    }

    private enum Outcome: Sendable { case changed, deadline }

    private func waitForChange(
        until deadline: ContinuousClock.Instant, awaiting what: String,
        while isUnchanged: @escaping @Sendable (borrowing State) -> Bool
    ) async throws(TransportError) {
        if Task.isCancelled { throw TransportError(.cancelled, what: "cancelled while waiting for \(what)") }
        if ContinuousClock.now >= deadline {
            throw TransportError(.timedOut, what: "no \(what) before the deadline")
        }
        let outcome = await withTaskGroup(of: Outcome.self) { group -> Outcome in
            group.addTask {
                await self.waitOnce(while: isUnchanged)
                return .changed
            }
            group.addTask {
                // Ends early only when cancelled, and then the other task decides.
                try? await Task.sleep(until: deadline, clock: .continuous)
                return .deadline
            }
            let first = await group.next() ?? .deadline
            group.cancelAll()
            return first
        }
        if Task.isCancelled { throw TransportError(.cancelled, what: "cancelled while waiting for \(what)") }
        if outcome == .deadline { throw TransportError(.timedOut, what: "no \(what) before the deadline") }
    }

    private func waitOnce(while isUnchanged: @Sendable (borrowing State) -> Bool) async {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
                let isResumedNow = state.withLock { state -> Bool in
                    if state.cancelled.remove(id) != nil || !isUnchanged(state) { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if isResumedNow { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                let waiter = state.waiters.removeValue(forKey: id)
                if waiter == nil { state.cancelled.insert(id) }
                return waiter
            }
            waiter?.resume()
        }
        state.withLock { _ = $0.cancelled.remove(id) }
    }
}
