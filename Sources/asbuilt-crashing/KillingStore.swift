import CanonicalData
import Diagnostics
import Foundation
import Synchronization
import WorkspaceStore

/// A store that ends its own process, without any warning, once a number of journal entries are stored.
final class KillingStore: WorkspaceStore {
    private let store: any WorkspaceStore
    private let last: Int
    private let count = Mutex(0)

    init(_ store: any WorkspaceStore, after last: Int) { (self.store, self.last) = (store, last) }

    func createRun(_ run: StoredRun) async throws(StoreError) {
        try await store.createRun(run)
        FileHandle.standardOutput.write(Data("\(run.id)\n".utf8))
    }

    func appendEvent(_ entry: JournalEntry, to run: RunID, lease: Lease) async throws(StoreError) {
        try await store.appendEvent(entry, to: run, lease: lease)
        if count.withLock({ $0 += 1; return $0 }) == last { kill(getpid(), SIGKILL) }
    }

    func run(_ id: RunID) async throws(StoreError) -> StoredRun? { try await store.run(id) }
    func runs(engagement: String?) async throws(StoreError) -> [StoredRun] { try await store.runs(engagement: engagement) }
    func events(of run: RunID, from sequence: Int) async throws(StoreError) -> [JournalEntry] {
        try await store.events(of: run, from: sequence)
    }
    func setOutcome(_ outcome: Digest, of run: RunID, finishing: Bool, at now: UTCInstant, lease: Lease)
        async throws(StoreError)
    {
        try await store.setOutcome(outcome, of: run, finishing: finishing, at: now, lease: lease)
    }
    func acquireLease(
        on resource: String, for run: RunID?, owner: LeaseOwner, until: UTCInstant, at now: UTCInstant, replacing: Lease?
    ) async throws(StoreError) -> Lease {
        try await store.acquireLease(on: resource, for: run, owner: owner, until: until, at: now, replacing: replacing)
    }
    func renewLease(_ lease: Lease, until: UTCInstant) async throws(StoreError) -> Lease {
        try await store.renewLease(lease, until: until)
    }
    func releaseLease(_ lease: Lease) async throws(StoreError) { try await store.releaseLease(lease) }
    func leases() async throws(StoreError) -> [Lease] { try await store.leases() }
    func storeBlob(_ bytes: [UInt8]) async throws(StoreError) -> Digest { try await store.storeBlob(bytes) }
    func blob(_ digest: Digest) async throws(StoreError) -> [UInt8] { try await store.blob(digest) }
    func putRecord(_ record: RecordEntry) async throws(StoreError) { try await store.putRecord(record) }
    func records(engagement: String?) async throws(StoreError) -> [RecordEntry] {
        try await store.records(engagement: engagement)
    }
    func removeAllRecords() async throws(StoreError) { try await store.removeAllRecords() }
    func baselines(of device: String) async throws(StoreError) -> [String: Digest] {
        try await store.baselines(of: device)
    }
}
