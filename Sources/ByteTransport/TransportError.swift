/// Why bytes could not be exchanged with a device.
package struct TransportError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Stable and machine-readable; printed as `transport.host-key-unknown`.
    package enum Code: String, Sendable, Codable {
        /// The name could not be resolved.
        case nameUnknown = "name-unknown"
        /// No route to the address.
        case unreachable
        /// The port answered with a reset.
        case refused
        case timedOut = "timed-out"
        case hostKeyUnknown = "host-key-unknown"
        case hostKeyChanged = "host-key-changed"
        /// No common key exchange, cipher, MAC or host key type; `what` has both lists.
        case algorithmMismatch = "algorithm-mismatch"
        /// All offered methods were refused; `what` lists those tried and those the peer accepts.
        case authenticationRefused = "authentication-refused"
        /// A credential reference could not be resolved; nothing was sent.
        case credentialUnavailable = "credential-unavailable"
        case channelRefused = "channel-refused"
        case subsystemRefused = "subsystem-refused"
        /// The peer ended the connection.
        case closed
        /// The peer broke the protocol.
        case protocolViolation = "protocol-violation"
        /// A named limit of ours was reached (buffer, sessions).
        case limitExceeded = "limit-exceeded"
        /// The task was cancelled.
        case cancelled
    }
    package var code: Code
    /// What happened, with the addresses, lists and numbers known.
    package var what: String
    /// `host:port`, device or channel, whatever is known.
    package var location: String
    /// The next useful step.
    package var remedy: String

    package init(_ code: Code, what: String, location: String = "", remedy: String = "") {
        (self.code, self.what, self.location, self.remedy) = (code, what, location, remedy)
    }

    package var description: String {
        (location.isEmpty ? "" : "\(location): ") + "\(what) [transport.\(code.rawValue)]"
            + (remedy.isEmpty ? "" : "\n  → \(remedy)")
    }
}
