internal import GRDB

/// The tables. Steps are only ever added; a released one never changes.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1-journal-leases-records") { database in
            try database.execute(
                sql: """
                    CREATE TABLE run (
                        id TEXT PRIMARY KEY NOT NULL,
                        engagement TEXT NOT NULL,
                        state TEXT NOT NULL,
                        body TEXT NOT NULL
                    ) STRICT;
                    CREATE TABLE event (
                        run TEXT NOT NULL REFERENCES run(id),
                        sequence INTEGER NOT NULL,
                        at TEXT NOT NULL,
                        kind TEXT NOT NULL,
                        body BLOB NOT NULL,
                        PRIMARY KEY (run, sequence)
                    ) STRICT, WITHOUT ROWID;
                    CREATE TABLE lease (
                        resource TEXT PRIMARY KEY NOT NULL,
                        token INTEGER NOT NULL,
                        until INTEGER NOT NULL,
                        body TEXT
                    ) STRICT;
                    CREATE TABLE record (
                        digest TEXT PRIMARY KEY NOT NULL,
                        engagement TEXT NOT NULL,
                        state TEXT NOT NULL,
                        recorded_at TEXT NOT NULL,
                        body TEXT NOT NULL
                    ) STRICT;
                    CREATE TABLE record_element (
                        device TEXT NOT NULL,
                        element TEXT NOT NULL,
                        record TEXT NOT NULL REFERENCES record(digest) ON DELETE CASCADE,
                        PRIMARY KEY (device, element, record)
                    ) STRICT, WITHOUT ROWID;
                    CREATE INDEX run_engagement ON run (engagement);
                    """)
        }
        return migrator
    }
}
