// WorkspaceStore: Journal, leases with fencing tokens, index of records and blobs as an async protocol and its events.
