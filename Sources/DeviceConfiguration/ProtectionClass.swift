/// What brings a device back if the executor dies (DESIGN §7, Protection).
package enum ProtectionClass: String, Sendable, Codable, CaseIterable {
    /// The device reverts by itself when its timer runs out.
    case deviceTimer = "device timer"
    /// The device reboots into its saved configuration when its timer runs out.
    case deviceReboot = "device reboot"
    /// Only the executor can undo it, by sending the signed backout.
    case executorOnly = "executor only"
}

/// How a run left a device: a closed list, used in reports and JSON (DESIGN §3).
package enum DeviceEndState: String, Sendable, Codable, CaseIterable {
    case unchanged
    case kept
    case rolledBackByTimer = "rolled-back-by-timer"
    case backedOut = "backed-out"
    case refused
    case unreachable
    /// Was read; is neither what was planned nor what was before.
    case deviating
    /// Could not be read.
    case unknown
}
