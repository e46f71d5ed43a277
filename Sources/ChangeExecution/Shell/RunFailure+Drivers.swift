internal import ByteTransport
internal import DeviceDrivers
internal import Diagnostics
internal import WorkspaceStore

extension RunFailure {
    init(_ error: DriverError) {
        self.init(
            Self.code(of: error), what: safeForDisplay(error.what), device: error.device, remedy: error.remedy,
            step: error.step)
    }

    private static func code(of error: DriverError) -> Code {
        switch error.code {
        case .connection:
            switch error.transport?.code {
            case .hostKeyUnknown: .hostKeyUnknown
            case .hostKeyChanged: .hostKeyChanged
            case .authenticationRefused: .loginRefused
            case .credentialUnavailable: .credential
            case .nameUnknown, .unreachable, .refused, .timedOut, .algorithmMismatch, .channelRefused,
                .subsystemRefused, .closed, .protocolViolation, .limitExceeded, .cancelled, nil:
                .unreachable
            }
        case .refusedByDevice: .refusedByDevice
        case .lockHeld: .lockHeld
        case .candidateDirty: .candidateDirty
        case .timedOut: .timedOut
        case .unknown: .unknown
        case .unexpectedOutput: .unexpectedOutput
        case .notSupported: .notSupported
        case .secret: .secret
        case .nothingPending: .nothingPending
        case .cancelled: .interrupted
        }
    }

    init(_ findings: Findings, device: String, remedy: String) {
        self.init(
            .unreadable, what: findings.all.prefix(3).map { "\($0.what) [\($0.code)]" }.joined(separator: "; "),
            device: device, remedy: remedy)
    }

    init(_ error: StoreError, device: String? = nil) {
        self.init(.storage, what: error.description, device: device, remedy: error.remedy)
    }
}

extension DriverError {
    /// True when nothing was sent and the next attempt may go better.
    var isWorthRetrying: Bool {
        switch code {
        case .timedOut: true
        case .connection:
            switch transport?.code {
            case .unreachable, .refused, .timedOut, .closed, .limitExceeded, .channelRefused, nil: true
            case .nameUnknown, .hostKeyUnknown, .hostKeyChanged, .algorithmMismatch, .authenticationRefused,
                .credentialUnavailable, .subsystemRefused, .protocolViolation, .cancelled:
                false
            }
        case .refusedByDevice, .lockHeld, .candidateDirty, .unknown, .unexpectedOutput, .notSupported, .secret,
            .nothingPending, .cancelled:
            false
        }
    }

    /// True when the session may no longer be used.
    var endsSession: Bool {
        switch code {
        case .connection, .timedOut, .unknown, .unexpectedOutput, .cancelled: true
        case .refusedByDevice, .lockHeld, .candidateDirty, .notSupported, .secret, .nothingPending: false
        }
    }
}
