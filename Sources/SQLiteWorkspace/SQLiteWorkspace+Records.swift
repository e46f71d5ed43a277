package import CanonicalData
internal import GRDB
package import WorkspaceStore

extension SQLiteWorkspace {
    package func putRecord(_ record: RecordEntry) async throws(StoreError) {
        let body = try encode(record)
        try await write { database in
            let digest = record.digest.hex
            try database.execute(sql: "DELETE FROM record WHERE digest = ?", arguments: [digest])
            try database.execute(
                sql: "INSERT INTO record (digest, engagement, state, recorded_at, body) VALUES (?, ?, ?, ?, ?)",
                arguments: [
                    digest, record.engagement, record.state.rawValue, record.recordedAt.description, body,
                ])
            for element in Set(record.elements) {
                try database.execute(
                    sql: "INSERT INTO record_element (device, element, record) VALUES (?, ?, ?)",
                    arguments: [element.device, element.element, digest])
            }
        }
    }

    package func records(engagement: String?) async throws(StoreError) -> [RecordEntry] {
        let bodies = try await read { database in
            try String.fetchAll(
                database,
                sql: "SELECT body FROM record WHERE ?1 IS NULL OR engagement = ?1 ORDER BY recorded_at, digest",
                arguments: [engagement])
        }
        return try decodeAll(RecordEntry.self, bodies)
    }

    package func removeAllRecords() async throws(StoreError) {
        try await write { try $0.execute(sql: "DELETE FROM record") }
    }

    package func baselines(of device: String) async throws(StoreError) -> [String: Digest] {
        let location = location
        return try await read { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT element, record FROM record_element JOIN record ON record.digest = record_element.record
                    WHERE device = ? AND state = 'closed' ORDER BY recorded_at, digest
                    """, arguments: [device])
            var newest: [String: Digest] = [:]
            for row in rows {
                let (element, hex): (String, String) = (row["element"], row["record"])
                guard let digest = Digest(hex: hex) else { throw StoreError.damaged("digest \(hex)", location) }
                newest[element] = digest
            }
            return newest
        }
    }
}
