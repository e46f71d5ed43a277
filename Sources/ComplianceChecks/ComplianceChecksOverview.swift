// ComplianceChecks: Rules over configurations and records, with results that say why.
