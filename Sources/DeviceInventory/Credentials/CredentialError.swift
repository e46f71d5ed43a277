/// Why a secret could not be fetched. Never holds any part of it.
package struct CredentialError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// The variable is not set, or the file is not there.
        case missing = "credential.missing"
        /// Others on this machine could read the file.
        case exposed = "credential.exposed"
        case unreadable = "credential.unreadable"
        /// The program could not be started, failed, or took too long.
        case commandFailed = "credential.command-failed"
        /// The reference cannot give what is asked for.
        case unsuitable = "credential.unsuitable"
        case empty = "credential.empty"
    }
    package let code: Code
    /// The reference, as written.
    package let reference: String
    package let what: String
    package let remedy: String

    package var description: String { "\(reference): \(what) [\(code.rawValue)]\n  → \(remedy)" }
}
