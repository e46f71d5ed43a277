package import CanonicalData

/// What a workspace keeps beside its files: the journal of runs, leases, blobs by digest, and the index of records.
///
/// Implementations keep these rules, which `SQLiteWorkspaceTests` checks for each of them:
/// - A call that returns has its effect on disk: `appendEvent` before the caller acts on the event.
/// - Sequence numbers and fencing tokens never repeat; of two executors only the newer one's appends succeed.
/// - Everything may be called from any task; nothing here blocks a thread of the cooperative pool.
package protocol WorkspaceStore: Sendable {
    // MARK: Runs and their journal

    /// Enters a new run. Throws `runExists` when there is one of this name.
    func createRun(_ run: StoredRun) async throws(StoreError)
    func run(_ id: RunID) async throws(StoreError) -> StoredRun?
    /// All runs, oldest first; of one engagement when it is named.
    func runs(engagement: String?) async throws(StoreError) -> [StoredRun]
    /// Appends entry `sequence` (one past the last) durably. `lease` must be the current one on `run/ID`: throws
    /// `fenced` when it was taken over, `sequenceConflict` when the number is not the next, `runFinished`.
    func appendEvent(_ entry: JournalEntry, to run: RunID, lease: Lease) async throws(StoreError)
    /// The journal from entry `sequence` on, in order.
    func events(of run: RunID, from sequence: Int) async throws(StoreError) -> [JournalEntry]
    /// Notes the blob with the run's outcome; `finishing` also closes its journal.
    func setOutcome(_ outcome: Digest, of run: RunID, finishing: Bool, at now: UTCInstant, lease: Lease)
        async throws(StoreError)

    // MARK: Leases

    /// Takes a lease that is free, has run out, or is exactly `replacing` (the caller knows that its holder is gone).
    /// Otherwise throws `leaseHeld` with the holder.
    func acquireLease(
        on resource: String, for run: RunID?, owner: LeaseOwner, until: UTCInstant, at now: UTCInstant,
        replacing: Lease?
    ) async throws(StoreError) -> Lease
    /// The same lease with a later end. Throws `fenced` when it is not the current one.
    func renewLease(_ lease: Lease, until: UTCInstant) async throws(StoreError) -> Lease
    /// Gives a lease back. Does nothing when it was taken over.
    func releaseLease(_ lease: Lease) async throws(StoreError)
    /// All leases that were granted and not given back, by resource; some may have run out.
    func leases() async throws(StoreError) -> [Lease]

    // MARK: Blobs

    /// Stores bytes under their SHA-256; storing the same bytes twice does no harm.
    func storeBlob(_ bytes: [UInt8]) async throws(StoreError) -> Digest
    /// The bytes of a digest, checked against it. Throws `blobMissing` or `blobDamaged`.
    func blob(_ digest: Digest) async throws(StoreError) -> [UInt8]

    // MARK: Index of records

    /// Enters or replaces the entry of this digest.
    func putRecord(_ record: RecordEntry) async throws(StoreError)
    /// All records, oldest first; of one engagement when it is named.
    func records(engagement: String?) async throws(StoreError) -> [RecordEntry]
    /// Forgets the index, before it is rebuilt from the engagement folders.
    func removeAllRecords() async throws(StoreError)
    /// Per element of a device: the newest closed record that designed it.
    func baselines(of device: String) async throws(StoreError) -> [String: Digest]
}

/// Limits of every store; each is tested.
package enum StoreLimits {
    /// Longest body of one journal entry.
    package static let maximumEventBytes = 1 << 20
    /// Largest blob.
    package static let maximumBlobBytes = 64 << 20
}

extension WorkspaceStore {
    /// The current lease on a resource.
    package func lease(on resource: String) async throws(StoreError) -> Lease? {
        try await leases().first { $0.resource == resource }
    }
}
