/// Why a NETCONF exchange could not go on. Refusals by the peer are `RPCError`s, not this.
package struct NETCONFError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// The peer broke the framing of RFC 6242; the session cannot continue (§4.2).
        case framing
        /// A message larger than we take.
        case tooBig = "too-big"
        /// A message that is not usable XML, or not a NETCONF message.
        case malformedMessage = "malformed-message"
        /// The peer's `<hello>` is missing, late, or breaks RFC 6241 §8.1.
        case badHello = "bad-hello"
        /// No base protocol version in common.
        case noCommonVersion = "no-common-version"
        /// An answer that belongs to no question of ours.
        case unmatchedReply = "unmatched-reply"
        /// Too many questions without an answer.
        case tooManyOutstanding = "too-many-outstanding"
        /// The peer ended the stream in the middle of something.
        case closed
        /// The peer did not announce the capability this operation needs.
        case notSupported = "not-supported"
        /// Content that cannot be sent: control characters, text that is not XML.
        case badContent = "bad-content"
        /// The session is not in the state for this call: a mistake of ours.
        case wrongState = "wrong-state"
    }
    package var code: Code
    /// What happened, with the numbers known and the RFC section where one decides.
    package var what: String
    /// Byte, message-id or operation; whatever is known.
    package var location: String
    /// The next useful step.
    package var remedy: String

    package init(_ code: Code, what: String, location: String = "", remedy: String = "") {
        (self.code, self.what, self.location, self.remedy) = (code, what, location, remedy)
    }

    package var description: String {
        (location.isEmpty ? "" : "\(location): ") + "\(what) [netconf.\(code.rawValue)]"
            + (remedy.isEmpty ? "" : "\n  → \(remedy)")
    }
}
