internal import GRDB
package import WorkspaceStore

extension SQLiteWorkspace {
    package func acquireLease(
        on resource: String, for run: RunID?, owner: LeaseOwner, until: UTCInstant, at now: UTCInstant,
        replacing: Lease?
    ) async throws(StoreError) -> Lease {
        // A row without a body is a lease that was given back; it stays, so that its token is never used again.
        try await write { [self] database in
            let row = try Row.fetchOne(
                database, sql: "SELECT token, until, body FROM lease WHERE resource = ?", arguments: [resource])
            let token: Int64 = row?["token"] ?? 0
            if let row, let body: String = row["body"] {
                let until: Int64 = row["until"]
                if now.milliseconds < until, token != replacing?.token {
                    throw StoreError.leaseHeld(try decode(Lease.self, body))
                }
            }
            let lease = Lease(resource: resource, run: run, owner: owner, token: token + 1, until: until)
            try put(lease, database)
            return lease
        }
    }

    package func renewLease(_ lease: Lease, until: UTCInstant) async throws(StoreError) -> Lease {
        try await write { [self] database in
            let body = try String.fetchOne(
                database, sql: "SELECT body FROM lease WHERE resource = ? AND token = ?",
                arguments: [lease.resource, lease.token])
            guard let body else { throw StoreError.fenced(lease) }
            var current = try decode(Lease.self, body)
            current.until = until
            try put(current, database)
            return current
        }
    }

    private func put(_ lease: Lease, _ database: Database) throws {
        try database.execute(
            sql: "INSERT OR REPLACE INTO lease (resource, token, until, body) VALUES (?, ?, ?, ?)",
            arguments: [lease.resource, lease.token, lease.until.milliseconds, try encode(lease)])
    }

    package func releaseLease(_ lease: Lease) async throws(StoreError) {
        try await write { database in
            try database.execute(
                sql: "UPDATE lease SET body = NULL WHERE resource = ? AND token = ?",
                arguments: [lease.resource, lease.token])
        }
    }

    package func leases() async throws(StoreError) -> [Lease] {
        let bodies = try await read { database in
            try String.fetchAll(database, sql: "SELECT body FROM lease WHERE body IS NOT NULL ORDER BY resource")
        }
        return try decodeAll(Lease.self, bodies)
    }
}
