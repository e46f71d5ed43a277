// TextTables: TextFSM: text of show commands to rows.
