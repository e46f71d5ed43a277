package import CanonicalData

/// Why the workspace's store could not do what it was asked.
package struct StoreError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Stable and machine-readable; printed as `store.lease-held`.
    package enum Code: String, Sendable, Codable {
        /// Somebody else has the lease; `holder` says who.
        case leaseHeld = "lease-held"
        /// The lease that was shown has been taken over since: stop acting.
        case fenced
        /// The journal has moved on: another entry with this sequence number exists.
        case sequenceConflict = "sequence-conflict"
        case runUnknown = "run-unknown"
        case runExists = "run-exists"
        /// The run was finished; nothing more is appended to it.
        case runFinished = "run-finished"
        case blobMissing = "blob-missing"
        /// The stored bytes do not have the digest they are named by.
        case blobDamaged = "blob-damaged"
        /// A named limit was reached.
        case limitExceeded = "limit-exceeded"
        /// The database was written by a newer version.
        case newerFormat = "newer-format"
        /// The disk or the database said no.
        case storage
    }
    package var code: Code
    package var what: String
    /// Database file, blob, run or lease.
    package var location: String
    package var remedy: String
    /// With `leaseHeld`: the lease that is in the way.
    package var holder: Lease?

    package init(_ code: Code, what: String, location: String, remedy: String, holder: Lease? = nil) {
        self.code = code
        self.what = what
        self.location = location
        self.remedy = remedy
        self.holder = holder
    }

    package var description: String {
        "\(location): \(what) [store.\(code.rawValue)]" + (remedy.isEmpty ? "" : "\n  → \(remedy)")
    }
}

extension StoreError {
    package static func leaseHeld(_ lease: Lease) -> StoreError {
        StoreError(
            .leaseHeld, what: "held by \(lease.owner) until \(lease.until)" + (lease.run.map { ", run \($0)" } ?? ""),
            location: lease.resource,
            remedy: lease.run.map { "wait for it, or `asbuilt resume \($0)` when that executor is gone" }
                ?? "wait until it is released or runs out",
            holder: lease)
    }
    package static func fenced(_ lease: Lease) -> StoreError {
        StoreError(
            .fenced, what: "lease \(lease.token) was taken over by another executor", location: lease.resource,
            remedy: "stop here; the other executor carries the run on")
    }
    package static func runUnknown(_ run: RunID) -> StoreError {
        StoreError(
            .runUnknown, what: "no such run in this workspace", location: run.text,
            remedy: "`asbuilt status` lists the runs; check the workspace with -C")
    }
    package static func runExists(_ run: RunID) -> StoreError {
        StoreError(.runExists, what: "a run of this name exists", location: run.text, remedy: "start it again")
    }
    package static func runFinished(_ run: RunID) -> StoreError {
        StoreError(
            .runFinished, what: "the run is finished", location: run.text,
            remedy: "`asbuilt rollback \(run)` takes it back; a new change needs a new run")
    }
    package static func sequenceConflict(_ run: RunID, expected: Int, found: Int) -> StoreError {
        StoreError(
            .sequenceConflict, what: "entry \(expected + 1) was to be appended, but the journal ends at \(found)",
            location: run.text, remedy: "another executor writes to this run; stop this one")
    }
    package static func eventTooLarge(_ run: RunID, bytes: Int) -> StoreError {
        StoreError(
            .limitExceeded, what: "journal entry of \(bytes) bytes, limit \(StoreLimits.maximumEventBytes)",
            location: run.text, remedy: "large content belongs into a blob")
    }
    package static func blobTooLarge(bytes: Int) -> StoreError {
        StoreError(
            .limitExceeded, what: "blob of \(bytes) bytes, limit \(StoreLimits.maximumBlobBytes)", location: "blobs",
            remedy: "capture less: name a narrower command or filter")
    }
}

extension StoreError {
    package static func blobMissing(_ digest: Digest) -> StoreError {
        StoreError(
            .blobMissing, what: "no blob of this digest", location: "blobs/\(digest.prefix)",
            remedy: "restore the workspace's .asbuilt/blobs from a backup")
    }
}
