package import CanonicalData
package import Diagnostics
package import FoundationEssentials
package import SignedManifests

/// What a gate is worth at one moment.
package struct GateVerdict: Equatable, Sendable {
    package var gate: Gate
    /// When it was judged; written into the record, so that later verification judges as of then.
    package var moment: Date
    /// Nil before the first approval.
    package var manifest: Manifest?
    package var terms: GateTerms?
    /// Signatures that OpenSSH accepts, sorted by principal; the findings say which do not count.
    package var signers: [GateSigner]
    /// The earliest end by terms, frozen policy and current policy.
    package var validUntil: Date?
    package var permittedRuns: Int?
    package var freeze: [TimeWindow]
    package var missing: [MissingApproval]
    package var trust: TrustVerdict
    package var findings: Findings
    /// By path, the bytes that the manifest's digests were compared with: what is used is what was checked.
    package var contents: [String: [UInt8]]

    /// True when nothing stands against it.
    package var isGranted: Bool { manifest != nil && !findings.hasErrors }
    package var manifestDigest: Digest? { manifest?.digest }

    /// Throws everything that stands against it.
    package func requireGranted() throws(Findings) { try findings.throwIfErrors() }

    /// Whether a wave that may take `needed`, its worst-case backout included, may start now. Needs no signature
    /// check, so it is asked before each wave.
    package func refusalToStart(at now: Date, needing needed: Duration) -> Findings {
        var findings = Findings()
        let end = now.addingTimeInterval(Double(needed.components.seconds + 1))
        func refuse(_ code: String, _ what: String, _ remedy: String) {
            findings.add(Finding(code: "gate.\(code)", what: what, remedy: remedy))
        }
        if let validUntil, end > validUntil {
            refuse(
                "expires-too-soon",
                "\(gate.title) is valid until \(MomentText.print(validUntil)), the wave may last until \(MomentText.print(end))",
                "open the next cycle with `asbuilt amend` and let it be approved again")
        }
        if let window = terms?.window {
            if !window.contains(now) {
                refuse(
                    "outside-window", "the change window is \(window), now is \(MomentText.print(now))",
                    "run `asbuilt apply` inside the window")
            } else if end > window.end {
                refuse(
                    "window-too-short",
                    "the change window ends at \(MomentText.print(window.end)), the wave may last until \(MomentText.print(end))",
                    "start earlier, or ask for a longer window with `asbuilt amend`")
            }
        }
        for period in freeze where now < period.end && end > period.start {
            refuse("freeze", "changes are frozen during \(period)", "wait until the freeze is over")
        }
        return findings
    }
}

/// Where the trust in policy and signers comes from.
package enum TrustVerdict: Equatable, Sendable, CustomStringConvertible {
    /// Policy and signers are signed by a key pinned outside the workspace.
    case pinned(fingerprint: String)
    /// Nobody outside the workspace vouches for them.
    case workspaceOnly
    /// Judged without a site, by the frozen copies in the folder alone.
    case selfContained

    package var description: String {
        switch self {
        case .pinned: "pinned"
        case .workspaceOnly: "workspace only"
        case .selfContained: "self-contained"
        }
    }
}
