package import XMLDocuments

/// Number of a request on its session, from 1; sent as `message-id` (M-2).
package struct MessageID: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let number: UInt64
    package init(_ number: UInt64) { self.number = number }
    package var description: String { String(number) }
    package static func < (a: MessageID, b: MessageID) -> Bool { a.number < b.number }
}

/// An `<rpc-reply>` (RFC 6241 §4.2). Kept as a compact document: configurations can be large.
package struct RPCReply: Sendable, Equatable {
    package var id: MessageID
    /// Name of the operation that was asked.
    package var operation: String
    /// In the order they came, warnings included.
    package var errors: [RPCError]
    package var document: XMLDocument
    /// What was tolerated while reading it.
    package var deviations: [String]

    /// `<ok/>`, or data, and no error but warnings (M-6).
    package var isSuccess: Bool { !errors.contains { !$0.isWarning } }
    package var warnings: [RPCError] { errors.filter(\.isWarning) }
    package var hasOK: Bool { document.root.first("ok") != nil }

    /// `<lock-id>` of a partial lock (RFC 5717 §2.4.1).
    package var lockID: UInt32? { document.root.first("lock-id").flatMap { UInt32($0.trimmedText) } }
    /// The module's text in the answer to `get-schema`, escaped or in a CDATA section; Junos puts it in a wrong
    /// namespace (MO-2, M-10).
    package var schemaText: String? { data?.text }

    /// `<data>`, whatever its namespace (M-10).
    package var data: XMLElementView? { document.root.first("data") }
}

/// A `<notification>` (RFC 5277 §2.2.1).
package struct NETCONFNotification: Equatable, Sendable {
    /// As the device wrote it; zones and fractions may be missing (N-4).
    package var eventTime: String
    package var event: XMLElement
    package enum Kind: Equatable, Sendable {
        case event
        /// What was stored has been sent, what follows is live (RFC 5277 §2.2.1, N-6).
        case replayComplete
        /// The subscription ended; the session is a normal one again.
        case subscriptionComplete
    }
    package var kind: Kind {
        switch (event.namespace, event.local) {
        case (NETCONFNamespace.streams, "replayComplete"): .replayComplete
        case (NETCONFNamespace.streams, "notificationComplete"): .subscriptionComplete
        default: .event
        }
    }

    package init(eventTime: String, event: XMLElement) { (self.eventTime, self.event) = (eventTime, event) }

    /// The message a server sends, not framed.
    package func serialized() -> [UInt8] {
        let namespace = NETCONFNamespace.notification
        return XMLElement(
            "notification", in: namespace, [XMLElement("eventTime", in: namespace, text: eventTime), event]
        ).serialized()
    }
}
