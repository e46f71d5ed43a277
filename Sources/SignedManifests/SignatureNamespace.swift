/// What a signature is for; OpenSSH binds it into what is signed, so one cannot stand for another.
package enum SignatureNamespace: String, Sendable, Codable, CaseIterable {
    case gate1 = "asbuilt.gate1@v1"
    case gate2 = "asbuilt.gate2@v1"
    case run = "asbuilt.run@v1"
    case record = "asbuilt.record@v1"
    case policy = "asbuilt.policy@v1"
    /// Approvals good only for loopback endpoints whose host key the lab made.
    case labGate = "asbuilt.lab-gate@v1"
}
