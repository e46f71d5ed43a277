import NETCONFProtocol

/// What a lab router offers over NETCONF, and which habit of other servers it has: what a topology says as `netconf:`.
package enum LabNETCONFProfile: String, Equatable, Sendable, CaseIterable {
    /// Candidate, confirmed commit 1.1, validate, startup, notifications, XPath, files, partial locks, NMDA.
    case full
    /// base:1.0 alone, with the confirmed commit of that time, which has no token.
    case base10 = "base-1.0"
    /// A candidate with neither confirmed commit nor validate.
    case candidateOnly = "candidate-only"
    /// Running is edited at once, each edit whole or not at all.
    case running
    /// Running is edited at once and saved by copying it to startup.
    case runningStartup = "running-startup"
    /// As `full`; but what was committed stays in the candidate when running is taken back.
    case keepsCandidate = "keeps-candidate"
    /// As `full`; but a timer takes a commit with a token back over a session of the router's own, which another session's
    /// lock on running keeps out for good.
    case timerNeedsRunning = "timer-needs-running"

    /// Base versions and capabilities of the protocol.
    var capabilities: [NETCONFCapability.Known] {
        switch self {
        case .full, .keepsCandidate, .timerNeedsRunning:
            [
                .base10, .base11, .candidate, .confirmedCommit11, .rollbackOnError, .validate10, .validate11, .startup,
                .xpath, .notification, .interleave, .url, .partialLock, .yangLibrary11,
            ]
        case .base10: [.base10, .candidate, .confirmedCommit10, .validate10]
        case .candidateOnly: [.base10, .base11, .candidate]
        case .running:
            [
                .base10, .base11, .writableRunning, .rollbackOnError, .validate10, .validate11, .xpath, .partialLock,
                .yangLibrary11,
            ]
        case .runningStartup: [.base10, .base11, .writableRunning, .startup]
        }
    }

    var hasStartup: Bool { capabilities.contains(.startup) }
    var writesRunning: Bool { capabilities.contains(.writableRunning) }
    var keepsCommitted: Bool { self == .keepsCandidate }
}
