package import CanonicalData
internal import FoundationEssentials
internal import GRDB
package import WorkspaceStore

extension SQLiteWorkspace {
    package func createRun(_ run: StoredRun) async throws(StoreError) {
        let body = try encode(run)
        try await write { database in
            try database.execute(
                sql: "INSERT INTO run (id, engagement, state, body) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                arguments: [run.id.text, run.engagement, run.state.rawValue, body])
            guard database.changesCount == 1 else { throw StoreError.runExists(run.id) }
        }
    }

    package func run(_ id: RunID) async throws(StoreError) -> StoredRun? {
        let body = try await read { database in
            try String.fetchOne(database, sql: "SELECT body FROM run WHERE id = ?", arguments: [id.text])
        }
        guard let body else { return nil }
        return try decode(StoredRun.self, body)
    }

    package func runs(engagement: String?) async throws(StoreError) -> [StoredRun] {
        let bodies = try await read { database in
            try String.fetchAll(
                database, sql: "SELECT body FROM run WHERE ?1 IS NULL OR engagement = ?1 ORDER BY id",
                arguments: [engagement])
        }
        return try decodeAll(StoredRun.self, bodies)
    }

    package func appendEvent(_ entry: JournalEntry, to run: RunID, lease: Lease) async throws(StoreError) {
        guard entry.body.count <= StoreLimits.maximumEventBytes else {
            throw .eventTooLarge(run, bytes: entry.body.count)
        }
        let bytes = Data(entry.body)
        try await write { database in
            try Self.checkWritable(run, lease, database)
            let last =
                try Int.fetchOne(
                    database, sql: "SELECT max(sequence) FROM event WHERE run = ?", arguments: [run.text]) ?? 0
            guard entry.sequence == last + 1 else {
                throw StoreError.sequenceConflict(run, expected: entry.sequence - 1, found: last)
            }
            try database.execute(
                sql: "INSERT INTO event (run, sequence, at, kind, body) VALUES (?, ?, ?, ?, ?)",
                arguments: [run.text, entry.sequence, entry.at.description, entry.kind, bytes])
        }
    }

    private static func checkWritable(_ run: RunID, _ lease: Lease, _ database: Database) throws {
        guard
            let state = try String.fetchOne(
                database, sql: "SELECT state FROM run WHERE id = ?", arguments: [run.text])
        else { throw StoreError.runUnknown(run) }
        guard state == StoredRun.State.open.rawValue else { throw StoreError.runFinished(run) }
        let resource = Lease.resource(run: run)
        let token = try Int64.fetchOne(
            database, sql: "SELECT token FROM lease WHERE resource = ? AND body IS NOT NULL", arguments: [resource])
        guard lease.resource == resource, token == lease.token else { throw StoreError.fenced(lease) }
    }

    package func events(of run: RunID, from sequence: Int) async throws(StoreError) -> [JournalEntry] {
        guard try await self.run(run) != nil else { throw .runUnknown(run) }
        let location = location
        return try await read { database in
            try Row.fetchAll(
                database,
                sql: "SELECT sequence, at, kind, body FROM event WHERE run = ? AND sequence >= ? ORDER BY sequence",
                arguments: [run.text, sequence]
            ).map { row in
                let at: String = row["at"]
                let body: Data = row["body"]
                guard let instant = UTCInstant(at) else {
                    throw StoreError.damaged("time \(at) in the journal", location)
                }
                return JournalEntry(sequence: row["sequence"], at: instant, kind: row["kind"], body: [UInt8](body))
            }
        }
    }

    package func setOutcome(_ outcome: Digest, of run: RunID, finishing: Bool, at now: UTCInstant, lease: Lease)
        async throws(StoreError)
    {
        guard var stored = try await self.run(run) else { throw .runUnknown(run) }
        stored.outcome = outcome
        if finishing { (stored.state, stored.finishedAt) = (.finished, now) }
        let (state, body) = (stored.state, try encode(stored))
        try await write { database in
            try Self.checkWritable(run, lease, database)
            try database.execute(
                sql: "UPDATE run SET state = ?, body = ? WHERE id = ?", arguments: [state.rawValue, body, run.text])
        }
    }

    func encode(_ value: some Encodable) throws(StoreError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do { return String(decoding: try encoder.encode(value), as: UTF8.self) } catch {
            throw .database(error, location)
        }
    }

    func decode<V: Decodable>(_ type: V.Type, _ text: String) throws(StoreError) -> V {
        do { return try JSONDecoder().decode(type, from: Data(text.utf8)) } catch {
            throw .damaged("\(type): \(error)", location)
        }
    }

    func decodeAll<V: Decodable>(_ type: V.Type, _ texts: [String]) throws(StoreError) -> [V] {
        var values: [V] = []
        for text in texts { values.append(try decode(type, text)) }
        return values
    }
}

extension StoreError {
    static func damaged(_ what: String, _ location: String) -> StoreError {
        StoreError(
            .storage, what: "the database holds something unreadable (\(what))", location: location,
            remedy: "restore the file from a backup; the engagement folders are the truth for records")
    }
}
