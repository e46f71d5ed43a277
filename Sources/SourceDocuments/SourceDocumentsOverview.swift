// SourceDocuments: YAML and JSON documents whose every node knows file, line and column.
