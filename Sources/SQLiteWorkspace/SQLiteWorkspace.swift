package import CanonicalData
internal import FoundationEssentials
internal import GRDB
internal import Glibc
package import WorkspaceStore

/// The embedded store: one SQLite database and a folder of blobs beside it.
///
/// `FOLDER/state.sqlite` runs in write-ahead mode with full synchronisation, so a call that returned survives a power
/// cut; `FOLDER/blobs/ab/abcd…` holds bytes by digest. Only the owner may read either. Several processes may share a
/// folder. Calls are not interrupted by task cancellation: a journal entry is either not yet asked for or written.
package final class SQLiteWorkspace: WorkspaceStore {
    let queue: DatabaseQueue
    let location: String
    let blobs: BlobFolder

    /// Opens or makes the store in a folder (usually `.asbuilt`), bringing an older format up to date.
    /// Throws `newerFormat` when a newer version wrote it. Blocks shortly; call it at start.
    package init(folder: String) throws(StoreError) {
        location = folder + "/state.sqlite"
        try BlobFolder.makePrivateFolder(folder)
        // SQLite gives its journal files the permissions of the database: make that one private from the first byte.
        let descriptor = open(location, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .system("cannot be opened", location, errno) }
        Glibc.close(descriptor)
        blobs = try BlobFolder(folder + "/blobs")
        do {
            queue = try DatabaseQueue(path: location, configuration: Self.configuration)
            let migrator = Schema.migrator
            guard try queue.read({ try migrator.hasBeenSuperseded($0) }) == false else {
                throw StoreError(
                    .newerFormat, what: "written by a newer version of asbuilt", location: location,
                    remedy: "use that version; this one knows \(migrator.migrations.joined(separator: ", "))")
            }
            try migrator.migrate(queue)
        } catch let error as StoreError {
            throw error
        } catch {
            throw .database(error, location)
        }
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "asbuilt-workspace"
        configuration.busyMode = .timeout(15)
        configuration.foreignKeysEnabled = true
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA journal_mode = WAL")
            try database.execute(sql: "PRAGMA synchronous = FULL")
        }
        return configuration
    }

    /// One transaction on the database's own queue; ignores cancellation of the calling task.
    func write<R: Sendable>(_ body: @escaping @Sendable (Database) throws -> R) async throws(StoreError) -> R {
        do {
            return try await withCheckedThrowingContinuation { continuation in
                queue.asyncWrite(body) { _, result in continuation.resume(with: result) }
            }
        } catch let error as StoreError {
            throw error
        } catch {
            throw .database(error, location)
        }
    }

    func read<R: Sendable>(_ body: @escaping @Sendable (Database) throws -> R) async throws(StoreError) -> R {
        do {
            return try await withCheckedThrowingContinuation { continuation in
                queue.asyncRead { access in continuation.resume(with: Result { try body(access.get()) }) }
            }
        } catch let error as StoreError {
            throw error
        } catch {
            throw .database(error, location)
        }
    }

    package func storeBlob(_ bytes: [UInt8]) async throws(StoreError) -> Digest { try await blobs.store(bytes) }
    package func blob(_ digest: Digest) async throws(StoreError) -> [UInt8] { try await blobs.read(digest) }
}

extension StoreError {
    static func database(_ error: any Error, _ location: String) -> StoreError {
        StoreError(
            .storage, what: "\(error)", location: location,
            remedy: "check free space and permissions of the folder; the journal up to here is kept")
    }

    static func system(_ what: String, _ path: String, _ number: Int32) -> StoreError {
        StoreError(
            .storage, what: "\(what): \(String(cString: strerror(number)))", location: path,
            remedy: "check that the folder exists, is yours, and has free space")
    }
}

extension SQLiteWorkspace {
    /// How the open connection writes, for tests and support: journal mode and synchronisation, `wal full`.
    package func durability() async throws(StoreError) -> String {
        try await read { database in
            let mode = try String.fetchOne(database, sql: "PRAGMA journal_mode") ?? "unknown"
            let level = try Int.fetchOne(database, sql: "PRAGMA synchronous") ?? -1
            return mode + " " + ([0: "off", 1: "normal", 2: "full", 3: "extra"][level] ?? "unknown")
        }
    }
}
