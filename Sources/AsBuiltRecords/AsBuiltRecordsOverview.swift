// AsBuiltRecords: Reconciles captured state with the plan into chained, signed records in the engagement folder; the database is a rebuildable index.
