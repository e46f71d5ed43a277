// LabDevices: Simulated devices as machines with virtual time and faults; no sockets.
