/// Why something was refused or went wrong, as the journal, progress and records have it.
package struct RunFailure: Error, Equatable, Sendable, Codable, CustomStringConvertible {
    package enum Code: String, Sendable, Codable {
        /// An approval expired, the window closed, a freeze began.
        case gate
        /// Another run has the device.
        case lease
        /// The signed plan no longer fits the device.
        case stale
        /// Somebody's uncommitted work is in the candidate.
        case candidateDirty = "candidate-dirty"
        /// Running differs from startup, and that difference was not signed.
        case unsaved
        /// No host key of the device is pinned.
        case hostKeyUnknown = "host-key-unknown"
        /// The device offers another host key than the one that is pinned.
        case hostKeyChanged = "host-key-changed"
        /// The driver found less protection than the plan promises.
        case protection
        case lockHeld = "lock-held"
        case unreachable
        case loginRefused = "login-refused"
        /// A key or password could not be had: nothing was sent.
        case credential
        /// Too many refused logins: no more until somebody has looked.
        case loginsStopped = "logins-stopped"
        case refusedByDevice = "refused-by-device"
        case timedOut = "timed-out"
        case unexpectedOutput = "unexpected-output"
        case notSupported = "not-supported"
        case secret
        /// The device knows of no pending change.
        case nothingPending = "nothing-pending"
        /// No answer came to something that may have taken effect.
        case unknown
        /// What was read back is not what was planned.
        case notAsPlanned = "not-as-planned"
        case checksFailed = "checks-failed"
        /// A new login does not reach what confirming needs.
        case guardFailed = "guard-failed"
        /// Running moved between read-back and confirm.
        case moved
        /// Too little time left before a device reverts by itself.
        case tooLate = "too-late"
        case aborted
        /// The executor ended in the middle.
        case interrupted
        /// A configuration could not be understood.
        case unreadable
        /// The workspace's store failed.
        case storage
    }
    package var code: Code
    package var what: String
    package var device: String?
    package var remedy: String
    package var step: Int?
    package init(_ code: Code, what: String, device: String? = nil, remedy: String, step: Int? = nil) {
        self.code = code
        self.what = what
        self.device = device
        self.remedy = remedy
        self.step = step
    }
    package var description: String {
        (device.map { "\($0): " } ?? "") + "\(what) [run.\(code.rawValue)]" + (remedy.isEmpty ? "" : "\n  → \(remedy)")
    }
}
