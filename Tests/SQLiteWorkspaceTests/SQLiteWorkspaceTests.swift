import CanonicalData
import Foundation
import GRDB
import SQLiteWorkspace
import Testing
import TestSupport
import WorkspaceStore

@Suite(.timeLimit(.minutes(5))) struct SQLiteWorkspaceTests {
    let folder: ScratchFolder
    init() throws { folder = try ScratchFolder("sqlite") }
    var path: String { folder.path + ".asbuilt" }

    @Test func `what was written is there for the next process`() async throws {
        let run = someRun()
        let digest: Digest
        do {
            let store = try SQLiteWorkspace(folder: path)
            try await store.createRun(run)
            try await store.appendEvent(entry(1), to: run.id, lease: try await store.leaseOn(run.id))
            digest = try await store.storeBlob([7, 8, 9])
        }
        let store = try SQLiteWorkspace(folder: path)
        #expect(try await store.events(of: run.id, from: 1) == [entry(1)])
        #expect(try await store.blob(digest) == [7, 8, 9])
    }

    @Test func `two processes see each other's leases`() async throws {
        let (one, two) = (try SQLiteWorkspace(folder: path), try SQLiteWorkspace(folder: path))
        let held = try await one.leaseOn(someRun().id)
        await #expect(throws: StoreError.leaseHeld(held)) { _ = try await two.leaseOn(someRun().id) }
    }

    @Test func `only the owner may read anything`() async throws {
        let store = try SQLiteWorkspace(folder: path)
        try await store.createRun(someRun())
        let digest = try await store.storeBlob([1])
        func mode(_ name: String) throws -> Int {
            let attributes = try FileManager.default.attributesOfItem(atPath: path + name)
            return try #require(attributes[.posixPermissions] as? Int)
        }
        #expect(try mode("") == 0o700)
        #expect(try mode("/blobs/\(digest.hex.prefix(2))") == 0o700)
        for file in [
            "/state.sqlite", "/state.sqlite-wal", "/state.sqlite-shm", "/blobs/\(digest.hex.prefix(2))/\(digest)",
        ] {
            #expect(try mode(file) == 0o600, "\(file)")
        }
    }

    @Test func `the database runs in write-ahead mode with full synchronisation`() async throws {
        let store = try SQLiteWorkspace(folder: path)
        #expect(try await store.durability() == "wal full")
    }

    @Test func `a database of a newer version is refused`() throws {
        do { _ = try SQLiteWorkspace(folder: path) }
        let queue = try DatabaseQueue(path: path + "/state.sqlite")
        try queue.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('9-from-the-future')") }
        let error = #expect(throws: StoreError.self) { _ = try SQLiteWorkspace(folder: path) }
        #expect(error?.code == .newerFormat)
    }

    @Test func `a blob that was changed on disk is not handed out`() async throws {
        let store = try SQLiteWorkspace(folder: path)
        let digest = try await store.storeBlob(Array("as captured".utf8))
        try folder.write("as changed", to: ".asbuilt/blobs/\(digest.hex.prefix(2))/\(digest)")
        let error = await #expect(throws: StoreError.self) { _ = try await store.blob(digest) }
        #expect(error?.code == .blobDamaged)
        // Storing the right bytes again heals it.
        _ = try await store.storeBlob(Array("as captured".utf8))
        #expect(try await store.blob(digest) == Array("as captured".utf8))
    }

    @Test func `a file in the place of the folder is named`() throws {
        try folder.write("x", to: ".asbuilt")
        let error = #expect(throws: StoreError.self) { _ = try SQLiteWorkspace(folder: path) }
        #expect(error?.code == .storage)
        #expect(error?.location == path)
    }

    @Test func `a cancelled task still gets its entry written`() async throws {
        let store = try SQLiteWorkspace(folder: path)
        let run = someRun()
        try await store.createRun(run)
        let lease = try await store.leaseOn(run.id)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await store.appendEvent(entry(1), to: run.id, lease: lease)
        }
        try await task.value
        #expect(try await store.events(of: run.id, from: 1).count == 1)
    }
}
