// SQLiteWorkspace: That protocol on an embedded database; the only importer of GRDB.
