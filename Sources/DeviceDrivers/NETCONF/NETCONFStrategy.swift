package import DeviceConfiguration
package import NETCONFProtocol

/// How a change is carried out on one NETCONF device, the best its capabilities allow (checklist §20).
package enum NETCONFStrategy: String, Sendable, Codable, CaseIterable {
    /// Confirmed commit 1.1 under a token: survives its session, can be confirmed or cancelled from a new one.
    case candidateConfirmedPersist = "netconf-candidate-confirmed-persist"
    /// Confirmed commit 1.0: the end of the session reverts at once.
    case candidateConfirmed = "netconf-candidate-confirmed"
    case candidate = "netconf-candidate"
    /// Edits running directly; each edit takes effect whole or not at all.
    case runningRollback = "netconf-running-rollback"
    /// Edits running directly; a refused edit may have taken effect in part.
    case running = "netconf-running"
    /// Nothing can be changed: the device is observed, captured and judged only.
    case readOnly = "netconf-read-only"

    package init(_ capabilities: NETCONFCapabilities) {
        switch (capabilities.contains(.candidate), capabilities.contains(.writableRunning)) {
        case (true, _) where capabilities.contains(.confirmedCommit11): self = .candidateConfirmedPersist
        case (true, _) where capabilities.contains(.confirmedCommit10): self = .candidateConfirmed
        case (true, _): self = .candidate
        case (false, true): self = capabilities.contains(.rollbackOnError) ? .runningRollback : .running
        case (false, false): self = .readOnly
        }
    }

    package var hasTimer: Bool {
        switch self {
        case .candidateConfirmedPersist, .candidateConfirmed: true
        case .candidate, .runningRollback, .running, .readOnly: false
        }
    }
    package var usesCandidate: Bool {
        switch self {
        case .candidateConfirmedPersist, .candidateConfirmed, .candidate: true
        case .runningRollback, .running, .readOnly: false
        }
    }
    package var protection: ProtectionClass { hasTimer ? .deviceTimer : .executorOnly }
}
