package import CanonicalData
package import DeviceDrivers
package import WorkspaceStore

/// What happened, as the journal has it. The state of a run is the fold of these, nothing else.
package enum TransactionEvent: Equatable, Sendable, Codable {
    /// First event of every run.
    case begun(TransactionPlan)
    /// About to arm: written before the first byte. The token is what the change is confirmed or cancelled with.
    case armStarting(effect: Int, device: String, token: PersistToken)
    /// About to send one step to a device that has no way to take it back by itself.
    case stepStarting(effect: Int, device: String, step: Int)
    /// About to do something else that cannot be undone: stage, confirm, cancel, undo, save.
    case starting(effect: Int, device: String)
    /// The commit point of a transaction: from here on it is carried forward.
    case decided(effect: Int)
    case finished(effect: Int, EffectResult)
    /// Ctrl-C or `asbuilt abort`.
    case abortRequested(by: String)
    /// Another process has taken the run over; nothing asked before is still going on.
    case resumed(by: LeaseOwner)
}

/// An event and its moment; what a journal entry's body holds.
package struct TimedEvent: Equatable, Sendable, Codable {
    package var at: UTCInstant
    package var event: TransactionEvent
    package init(at: UTCInstant, event: TransactionEvent) { (self.at, self.event) = (at, event) }
}

extension TransactionEvent {
    /// A short name for people who look into the journal.
    package var kind: String {
        switch self {
        case .begun: "begun"
        case .armStarting: "arm-starting"
        case .stepStarting: "step-starting"
        case .starting: "starting"
        case .decided: "decided"
        case .finished: "finished"
        case .abortRequested: "abort-requested"
        case .resumed: "resumed"
        }
    }
}

/// The identifier under which an armed change is pending on a device (persist-id, session name).
///
/// In the journal in clear, since a restart needs it; shown as `•••` everywhere else.
package struct PersistToken: Hashable, Sendable, Codable, CustomStringConvertible {
    package let text: String
    package init(_ text: String) { self.text = text }

    /// 96 random bits as a name that every platform takes.
    package init(using generator: inout some RandomNumberGenerator) {
        let digits = (0..<3).map { _ in
            let word = String(UInt32.random(in: .min ... .max, using: &generator), radix: 16)
            return String(repeating: "0", count: 8 - word.count) + word
        }
        text = "ab" + digits.joined()
    }

    package init(from decoder: any Decoder) throws { text = try decoder.singleValueContainer().decode(String.self) }
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
    package var description: String { "•••" }
}

/// How an effect ended.
package enum EffectResult: Equatable, Sendable, Codable {
    case done
    /// Connected and logged in.
    case connected(SessionFacts)
    case observed(ObservedFacts)
    case readBack(ReadBackFacts)
    case guarded
    case checked(CheckSummary)
    case captured([CapturedOutput])
    /// Sessions closed; the blobs hold what went over them, secrets masked.
    case released(transcripts: [Digest])
    case read(Reading)
    /// We, or the device, declined; the device is as it was.
    case refused(RunFailure)
    /// It did not work, and nothing of this effect is on its way.
    case failed(RunFailure)
    /// It may or may not have happened: only reading the device settles it.
    case unknown(RunFailure)
}
