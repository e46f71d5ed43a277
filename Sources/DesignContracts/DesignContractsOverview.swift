// DesignContracts: Contracts, specs and policy: schema, validation, gates and approvals bound to a manifest.
