internal import CanonicalData
internal import Foundation
internal import WorkspaceStore

/// A run's journal in the store: appends in order, renews what it holds, replays.
struct RunJournal: Sendable {
    let run: RunID
    let environment: ExecutionEnvironment
    var lease: Lease
    private var last: Int

    /// Takes the right to carry the run on; from another executor only when that is certainly gone.
    init(run: RunID, in environment: ExecutionEnvironment) async throws(StoreError) {
        self.run = run
        self.environment = environment
        lease = try await Self.take(Lease.resource(run: run), for: run, in: environment)
        last = 0
    }

    static func take(_ resource: String, for run: RunID, in environment: ExecutionEnvironment) async throws(StoreError)
        -> Lease
    {
        let now = environment.clock.now()
        var replacing: Lease?
        if let held = try await environment.store.lease(on: resource),
            held.owner == environment.owner || held.owner.isGone() == true
        {
            replacing = held
        }
        return try await environment.store.acquireLease(
            on: resource, for: run, owner: environment.owner, until: now + environment.limits.lease, at: now,
            replacing: replacing)
    }

    /// Everything journaled so far, in order.
    mutating func replay() async throws -> [TimedEvent] {
        let entries = try await environment.store.events(of: run, from: 1)
        last = entries.last?.sequence ?? 0
        return try entries.map { try JSONDecoder().decode(TimedEvent.self, from: Data($0.body)) }
    }

    /// On disk when it returns.
    mutating func append(_ event: TimedEvent) async throws {
        let entry = JournalEntry(
            sequence: last + 1, at: event.at, kind: event.event.kind, body: try Self.encode(event))
        try await environment.store.appendEvent(entry, to: run, lease: lease)
        last += 1
    }

    static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return [UInt8](try encoder.encode(value))
    }
}
