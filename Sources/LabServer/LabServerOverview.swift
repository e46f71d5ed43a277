// LabServer: A topology of lab devices, in memory or on loopback SSH.
