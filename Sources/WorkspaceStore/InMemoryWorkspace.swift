package import CanonicalData
internal import Synchronization

/// A store that forgets everything at the end: for tests and for dry runs.
package final class InMemoryWorkspace: WorkspaceStore {
    private struct Contents {
        var runs: [RunID: StoredRun] = [:]
        var journals: [RunID: [JournalEntry]] = [:]
        var leases: [String: Lease] = [:]
        /// Kept when a lease is given back, so that tokens never repeat.
        var tokens: [String: Int64] = [:]
        var blobs: [Digest: [UInt8]] = [:]
        var records: [Digest: RecordEntry] = [:]
    }
    private let contents = Mutex(Contents())

    package init() {}

    /// One exclusive access; carries the typed error over `Mutex`.
    private func access<R: Sendable>(_ body: (inout Contents) throws(StoreError) -> sending R) throws(StoreError) -> R {
        try contents.withLock { (contents) throws(StoreError) -> R in try body(&contents) }
    }

    package func createRun(_ run: StoredRun) async throws(StoreError) {
        try access { (contents) throws(StoreError) in
            guard contents.runs[run.id] == nil else { throw .runExists(run.id) }
            contents.runs[run.id] = run
        }
    }

    package func run(_ id: RunID) async throws(StoreError) -> StoredRun? { try access { $0.runs[id] } }

    package func runs(engagement: String?) async throws(StoreError) -> [StoredRun] {
        try access { contents in
            contents.runs.values.filter { engagement == nil || $0.engagement == engagement }.sorted { $0.id < $1.id }
        }
    }

    package func appendEvent(_ entry: JournalEntry, to run: RunID, lease: Lease) async throws(StoreError) {
        guard entry.body.count <= StoreLimits.maximumEventBytes else {
            throw .eventTooLarge(run, bytes: entry.body.count)
        }
        try access { (contents) throws(StoreError) in
            try Self.checkWritable(run, lease, contents)
            let last = contents.journals[run]?.last?.sequence ?? 0
            guard entry.sequence == last + 1 else {
                throw .sequenceConflict(run, expected: entry.sequence - 1, found: last)
            }
            contents.journals[run, default: []].append(entry)
        }
    }

    private static func checkWritable(_ run: RunID, _ lease: Lease, _ contents: Contents) throws(StoreError) {
        guard let stored = contents.runs[run] else { throw .runUnknown(run) }
        guard stored.state == .open else { throw .runFinished(run) }
        let resource = Lease.resource(run: run)
        guard let current = contents.leases[resource], lease.resource == resource, current.token == lease.token else {
            throw .fenced(lease)
        }
    }

    package func events(of run: RunID, from sequence: Int) async throws(StoreError) -> [JournalEntry] {
        try access { (contents) throws(StoreError) in
            guard contents.runs[run] != nil else { throw .runUnknown(run) }
            return (contents.journals[run] ?? []).filter { $0.sequence >= sequence }
        }
    }

    package func setOutcome(_ outcome: Digest, of run: RunID, finishing: Bool, at now: UTCInstant, lease: Lease)
        async throws(StoreError)
    {
        try access { (contents) throws(StoreError) in
            try Self.checkWritable(run, lease, contents)
            contents.runs[run]?.outcome = outcome
            if finishing {
                contents.runs[run]?.state = .finished
                contents.runs[run]?.finishedAt = now
            }
        }
    }

    package func acquireLease(
        on resource: String, for run: RunID?, owner: LeaseOwner, until: UTCInstant, at now: UTCInstant,
        replacing: Lease?
    ) async throws(StoreError) -> Lease {
        try access { (contents) throws(StoreError) in
            if let held = contents.leases[resource], now < held.until, held.token != replacing?.token {
                throw .leaseHeld(held)
            }
            let token = (contents.tokens[resource] ?? 0) + 1
            let lease = Lease(resource: resource, run: run, owner: owner, token: token, until: until)
            contents.tokens[resource] = token
            contents.leases[resource] = lease
            return lease
        }
    }

    package func renewLease(_ lease: Lease, until: UTCInstant) async throws(StoreError) -> Lease {
        try access { (contents) throws(StoreError) in
            guard var current = contents.leases[lease.resource], current.token == lease.token else {
                throw .fenced(lease)
            }
            current.until = until
            contents.leases[lease.resource] = current
            return current
        }
    }

    package func releaseLease(_ lease: Lease) async throws(StoreError) {
        try access { contents in
            guard contents.leases[lease.resource]?.token == lease.token else { return }
            contents.leases[lease.resource] = nil
        }
    }

    package func leases() async throws(StoreError) -> [Lease] {
        try access { $0.leases.values.sorted { $0.resource < $1.resource } }
    }

    package func storeBlob(_ bytes: [UInt8]) async throws(StoreError) -> Digest {
        guard bytes.count <= StoreLimits.maximumBlobBytes else { throw .blobTooLarge(bytes: bytes.count) }
        let digest = Digest.sha256(bytes)
        try access { $0.blobs[digest] = bytes }
        return digest
    }

    package func blob(_ digest: Digest) async throws(StoreError) -> [UInt8] {
        guard let bytes = try access({ $0.blobs[digest] }) else { throw .blobMissing(digest) }
        return bytes
    }

    package func putRecord(_ record: RecordEntry) async throws(StoreError) {
        try access { $0.records[record.digest] = record }
    }

    package func records(engagement: String?) async throws(StoreError) -> [RecordEntry] {
        try access { contents in
            contents.records.values.filter { engagement == nil || $0.engagement == engagement }
                .sorted { ($0.recordedAt, $0.digest) < ($1.recordedAt, $1.digest) }
        }
    }

    package func removeAllRecords() async throws(StoreError) { try access { $0.records = [:] } }

    package func baselines(of device: String) async throws(StoreError) -> [String: Digest] {
        var newest: [String: Digest] = [:]
        for record in try await records(engagement: nil) where record.state == .closed {
            for element in record.elements where element.device == device { newest[element.element] = record.digest }
        }
        return newest
    }
}
