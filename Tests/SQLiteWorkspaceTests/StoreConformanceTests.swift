import CanonicalData
import SQLiteWorkspace
import Testing
import TestSupport
import WorkspaceStore

/// The implementations that have to behave alike.
enum StoreKind: CaseIterable, Sendable {
    case memory, sqlite
    func open(_ folder: ScratchFolder) throws -> any WorkspaceStore {
        switch self {
        case .memory: InMemoryWorkspace()
        case .sqlite: try SQLiteWorkspace(folder: folder.path + "state")
        }
    }
}

let start = UTCInstant(milliseconds: 1_795_478_709_123)
let owner = LeaseOwner(host: "a", bootID: "b", process: 1, processStart: 2)
let other = LeaseOwner(host: "a", bootID: "b", process: 9, processStart: 2)

func someRun(_ seed: UInt64 = 1, engagement: String = "edge") -> StoredRun {
    var generator = SeededGenerator(seed: seed)
    let opened = start + .seconds(Int64(seed))
    return StoredRun(
        id: RunID(openedAt: opened, using: &generator), engagement: engagement, cycle: 1,
        planDigest: .sha256("plan"), ticket: "CHG-1", openedAt: opened)
}

func entry(_ sequence: Int, _ text: String = "x") -> JournalEntry {
    JournalEntry(sequence: sequence, at: start + .seconds(sequence), kind: "test", body: Array(text.utf8))
}

@Suite(.timeLimit(.minutes(5))) struct StoreConformanceTests {
    let folder: ScratchFolder
    init() throws { folder = try ScratchFolder("store") }

    @Test(arguments: StoreKind.allCases)
    func `runs are listed oldest first and by engagement`(kind: StoreKind) async throws {
        let store = try kind.open(folder)
        let (first, second) = (someRun(1), someRun(2, engagement: "core"))
        try await store.createRun(second)
        try await store.createRun(first)
        #expect(try await store.runs(engagement: nil) == [first, second])
        #expect(try await store.runs(engagement: "core") == [second])
        #expect(try await store.run(first.id) == first)
        #expect(try await store.run(someRun(3).id) == nil)
        await #expect(throws: StoreError.runExists(first.id)) { try await store.createRun(first) }
    }

    @Test(arguments: StoreKind.allCases)
    func `a journal keeps its order and takes only the next number`(kind: StoreKind) async throws {
        let store = try kind.open(folder)
        let run = someRun()
        try await store.createRun(run)
        let lease = try await store.leaseOn(run.id)
        for number in 1...12 { try await store.appendEvent(entry(number, "event \(number)"), to: run.id, lease: lease) }
        #expect(try await store.events(of: run.id, from: 1).map(\.sequence) == Array(1...12))
        #expect(try await store.events(of: run.id, from: 11) == [entry(11, "event 11"), entry(12, "event 12")])
        await #expect(throws: StoreError.sequenceConflict(run.id, expected: 11, found: 12)) {
            try await store.appendEvent(entry(12), to: run.id, lease: lease)
        }
        await #expect(throws: StoreError.sequenceConflict(run.id, expected: 13, found: 12)) {
            try await store.appendEvent(entry(14), to: run.id, lease: lease)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `an executor whose lease was taken over appends nothing more`(kind: StoreKind) async throws {
        let store = try kind.open(folder)
        let run = someRun()
        try await store.createRun(run)
        let old = try await store.leaseOn(run.id)
        let new = try await store.acquireLease(
            on: old.resource, for: run.id, owner: other, until: start + .seconds(200), at: start, replacing: old)
        #expect(new.token > old.token)
        try await store.appendEvent(entry(1), to: run.id, lease: new)
        await #expect(throws: StoreError.fenced(old)) { try await store.appendEvent(entry(2), to: run.id, lease: old) }
        await #expect(throws: StoreError.fenced(old)) { _ = try await store.renewLease(old, until: start) }
        try await store.releaseLease(old)
        try await store.appendEvent(entry(2), to: run.id, lease: new)
    }

    @Test(arguments: StoreKind.allCases)
    func `nothing is appended without a lease, to an unknown run, or to a finished one`(kind: StoreKind) async throws {
        let store = try kind.open(folder)
        let run = someRun()
        let lease = try await store.leaseOn(run.id)
        await #expect(throws: StoreError.runUnknown(run.id)) {
            try await store.appendEvent(entry(1), to: run.id, lease: lease)
        }
        await #expect(throws: StoreError.runUnknown(run.id)) { _ = try await store.events(of: run.id, from: 1) }
        try await store.createRun(run)
        let outcome = try await store.storeBlob([1, 2, 3])
        try await store.setOutcome(outcome, of: run.id, finishing: false, at: start, lease: lease)
        try await store.appendEvent(entry(1), to: run.id, lease: lease)
        try await store.setOutcome(outcome, of: run.id, finishing: true, at: start + .seconds(9), lease: lease)
        await #expect(throws: StoreError.runFinished(run.id)) {
            try await store.appendEvent(entry(2), to: run.id, lease: lease)
        }
        let stored = try #require(try await store.run(run.id))
        #expect(stored.state == .finished)
        #expect(stored.finishedAt == start + .seconds(9))
        #expect(stored.outcome == outcome)
    }

    @Test(arguments: StoreKind.allCases)
    func `an entry longer than the limit is refused`(kind: StoreKind) async throws {
        let store = try kind.open(folder)
        let run = someRun()
        try await store.createRun(run)
        let lease = try await store.leaseOn(run.id)
        let large = JournalEntry(
            sequence: 1, at: start, kind: "large",
            body: [UInt8](repeating: 32, count: StoreLimits.maximumEventBytes + 1))
        await #expect(throws: StoreError.eventTooLarge(run.id, bytes: large.body.count)) {
            try await store.appendEvent(large, to: run.id, lease: lease)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `a held lease is refused with its holder until it runs out or is given back`(kind: StoreKind) async throws {
        let store = try kind.open(folder)
        let run = someRun()
        func take(_ owner: LeaseOwner, at now: UTCInstant) async throws -> Lease {
            try await store.acquireLease(
                on: "device/r1", for: run.id, owner: owner, until: now + .seconds(60), at: now, replacing: nil)
        }
        let held = try await take(owner, at: start)
        await #expect(throws: StoreError.leaseHeld(held)) { _ = try await take(other, at: start + .seconds(59)) }
        #expect(try await store.leases() == [held])
        #expect(try await store.lease(on: "device/r2") == nil)
        let second = try await take(other, at: start + .seconds(60))
        #expect(second.token == held.token + 1)
        try await store.releaseLease(second)
        #expect(try await store.leases() == [])
        #expect(try await take(owner, at: start + .seconds(61)).token == second.token + 1)
    }

    @Test(arguments: StoreKind.allCases)
    func `a renewed lease ends later`(kind: StoreKind) async throws {
        let store = try kind.open(folder)
        let held = try await store.leaseOn(someRun().id)
        let renewed = try await store.renewLease(held, until: start + .seconds(500))
        #expect(renewed.token == held.token)
        #expect(try await store.leases() == [renewed])
        await #expect(throws: StoreError.leaseHeld(renewed)) {
            _ = try await store.acquireLease(
                on: held.resource, for: nil, owner: other, until: start + .seconds(600), at: start + .seconds(499),
                replacing: nil)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `bytes come back by their digest`(kind: StoreKind) async throws {
        let store = try kind.open(folder)
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let digest = try await store.storeBlob(bytes)
        #expect(digest == .sha256(bytes))
        #expect(try await store.storeBlob(bytes) == digest)
        #expect(try await store.blob(digest) == bytes)
        let empty = try await store.storeBlob([])
        #expect(try await store.blob(empty) == [])
        await #expect(throws: StoreError.blobMissing(.sha256("other"))) { _ = try await store.blob(.sha256("other")) }
    }

    @Test(arguments: StoreKind.allCases)
    func `the newest closed record of an element is its baseline`(kind: StoreKind) async throws {
        let store = try kind.open(folder)
        func record(_ name: String, _ second: Int, _ state: RecordEntry.State, _ elements: [String]) -> RecordEntry {
            RecordEntry(
                digest: .sha256(name), engagement: name, cycle: 1, run: nil, state: state,
                recordedAt: start + .seconds(second), folder: "engagements/\(name)",
                elements: elements.map { RecordedElement(device: "r1", element: $0) })
        }
        let (a, b) = (record("a", 1, .closed, ["bgp", "ntp"]), record("b", 2, .closed, ["bgp"]))
        var c = record("c", 3, .open, ["bgp", "ntp"])
        for record in [c, b, a] { try await store.putRecord(record) }
        #expect(try await store.records(engagement: nil) == [a, b, c])
        #expect(try await store.baselines(of: "r1") == ["bgp": b.digest, "ntp": a.digest])
        #expect(try await store.baselines(of: "r2") == [:])
        c.state = .closed
        try await store.putRecord(c)
        #expect(try await store.records(engagement: "c") == [c])
        #expect(try await store.baselines(of: "r1") == ["bgp": c.digest, "ntp": c.digest])
        try await store.removeAllRecords()
        #expect(try await store.records(engagement: nil) == [])
        #expect(try await store.baselines(of: "r1") == [:])
    }

    @Test(arguments: StoreKind.allCases)
    func `many tasks racing for one lease and one sequence number have one winner each`(kind: StoreKind) async throws {
        let store = try kind.open(folder)
        let run = someRun()
        try await store.createRun(run)
        let lease = try await store.leaseOn(run.id)
        let wins = await withTaskGroup(of: [Bool].self) { group in
            for number in 0..<16 {
                group.addTask {
                    let leased = try? await store.acquireLease(
                        on: "device/r1", for: nil, owner: other, until: start + .seconds(9), at: start, replacing: nil)
                    let appended: Void? = try? await store.appendEvent(entry(1, "\(number)"), to: run.id, lease: lease)
                    return [leased != nil, appended != nil]
                }
            }
            return await group.reduce(into: [0, 0]) { sums, result in
                for (index, won) in result.enumerated() where won { sums[index] += 1 }
            }
        }
        #expect(wins == [1, 1])
    }
}

extension WorkspaceStore {
    func leaseOn(_ run: RunID) async throws -> Lease {
        try await acquireLease(
            on: Lease.resource(run: run), for: run, owner: owner, until: start + .seconds(100), at: start,
            replacing: nil)
    }
}
