package import Diagnostics

/// Why a signature could not be made or is not accepted.
package struct SigningError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// `ssh-keygen` is not installed.
        case keygenMissing = "ssh-keygen-missing"
        /// `ssh-keygen` could not be run or behaved in an unknown way.
        case keygenFailed = "ssh-keygen-failed"
        /// No such key file, or it cannot be read.
        case keyMissing = "key-missing"
        /// The key exists but did not sign: wrong passphrase, no agent, no touch.
        case notSigned = "not-signed"
        /// The file is not what `ssh-keygen` writes.
        case notCanonical = "signature-not-canonical"
        /// Made for another purpose.
        case wrongNamespace = "signature-namespace"
        /// The signature does not belong to these bytes.
        case badSignature = "signature-invalid"
        /// The key is not among the allowed signers of that name at that moment.
        case notAllowed = "signer-not-allowed"
    }
    package let code: Code
    /// What happened, with the file, the principal or what `ssh-keygen` said.
    package let what: String

    package init(_ code: Code, _ what: String) { (self.code, self.what) = (code, what) }

    package var remedy: String {
        switch code {
        case .keygenMissing: "install OpenSSH's client tools: apt-get install openssh-client"
        case .keygenFailed: "run the command by hand to see what it says"
        case .keyMissing: "name the key with `--key FILE` (a private key, or a .pub whose private half the agent holds)"
        case .notSigned: "check the passphrase, the agent (`ssh-add -l`) or touch the hardware key, and sign again"
        case .notCanonical: "let the signer sign again; the file must be exactly what `ssh-keygen -Y sign` writes"
        case .wrongNamespace: "let the signer sign this gate; a signature for one purpose is not good for another"
        case .badSignature: "what was signed differs from what lies there now; let the signer sign again"
        case .notAllowed: "add the key to allowed_signers and sign the policy again, or let somebody allowed sign"
        }
    }

    /// The same as a finding; `area` is the first part of the code, for example `gate`.
    package func finding(area: String, at position: SourcePosition? = nil) -> Finding {
        Finding(code: "\(area).\(code.rawValue)", what: what, at: position, remedy: remedy)
    }

    package var description: String { what }
}
