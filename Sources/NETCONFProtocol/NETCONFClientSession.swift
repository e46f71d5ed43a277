import XMLDocuments

/// The client's side of one session: bytes in, events out; messages made here are to be written in the order made.
///
///     created ──start──▶ awaitingHello ──peer's hello──▶ open ──close-session made──▶ closing ──stream ends──▶ closed
///                              └──────── error or end of stream in any state ────────────────▶ closed
///
/// Kinds of wrong. Our bug: calls in the wrong state (`.wrongState`). The peer's violation: framing, no hello, no XML; the
/// session is over. Allowed to ignore: replies to nothing (M-7), an unknown root element; both are reported as events.
package struct NETCONFClientSession: Sendable {
    private enum State: Sendable {
        case created, awaitingHello
        case open(server: NETCONFHello)
        case closing(server: NETCONFHello)
        case closed
    }
    package enum Event: Equatable, Sendable {
        /// The peer's hello; requests may be made from now on.
        case opened(NETCONFHello)
        case reply(RPCReply)
        case notification(NETCONFNotification)
        /// Something that belongs to nothing, and was dropped; one sentence.
        case ignored(String)
    }
    private struct Outstanding: Sendable {
        var id: MessageID
        var operation: String
        var isAbandoned: Bool
    }

    private var state = State.created
    private var decoder: FramingDecoder
    private var encoder = FramingEncoder()
    private let limits: NETCONFLimits
    private let hello: NETCONFHello
    private var lastID: UInt64 = 0
    /// Sent and not answered, oldest first; those given up stay, so that a late answer is not taken for another (M-11).
    private var outstanding: [Outstanding] = []
    /// Both base versions, and their hello, made once.
    package static let bases = [NETCONFCapability.Known.base10.rawValue, NETCONFCapability.Known.base11.rawValue]
    private static let usualHello = NETCONFHello(capabilities: bases)
    private static let usualHelloMessage = usualHello.serialized()
    /// Our hello as it is sent, not framed.
    private let helloMessage: [UInt8]
    private let keepsMessages: Bool
    private var messages: [[UInt8]] = []

    /// `capabilities` are what we announce; base 1.0 and 1.1 unless a device needs otherwise. With `keepsMessages` the
    /// messages stay until `takeMessages` is called.
    package init(
        capabilities: [String] = Self.bases,
        limits: NETCONFLimits = .standard, keepsMessages: Bool = false
    ) {
        self.limits = limits
        self.keepsMessages = keepsMessages
        let isUsual = capabilities == Self.bases
        hello = isUsual ? Self.usualHello : NETCONFHello(capabilities: capabilities)
        helloMessage = isUsual ? Self.usualHelloMessage : hello.serialized()
        decoder = FramingDecoder(maximumMessageBytes: limits.maximumHelloBytes)
    }

    /// What the server said of itself; nil before its hello.
    package var server: NETCONFHello? {
        switch state {
        case .open(let server), .closing(let server): server
        case .created, .awaitingHello, .closed: nil
        }
    }
    package var framing: FramingMode { encoder.mode }

    /// Our hello, to be sent as soon as the channel is open, without waiting for the peer's (H-1, F-1).
    package mutating func start() throws(NETCONFError) -> [UInt8] {
        guard case .created = state else { throw wrongState("start") }
        state = .awaitingHello
        return try encoder.frame(helloMessage)
    }

    /// Makes a request. Refuses what the server did not announce, unless `checked` is false.
    package mutating func request(_ operation: NETCONFOperation, checked: Bool = true) throws(NETCONFError) -> (
        id: MessageID, bytes: [UInt8]
    ) {
        guard case .open(let server) = state else { throw wrongState("a request") }
        let element = operation.element
        if checked, let missing = operation.missingCapability(in: server.capabilities) {
            throw NETCONFError(
                .notSupported, what: "<\(element.local)> needs \(missing), which the device did not announce",
                location: element.local, remedy: "choose another way for this device, or enable the capability on it")
        }
        guard outstanding.count(where: { !$0.isAbandoned }) < limits.maximumOutstanding else {
            throw NETCONFError(
                .tooManyOutstanding, what: "\(limits.maximumOutstanding) requests are waiting for an answer",
                location: element.local, remedy: "wait for answers before asking more")
        }
        if let (name, scalar) = element.firstForbiddenCharacter {
            throw NETCONFError(
                .badContent,
                what: "U+\(String(scalar.value, radix: 16, uppercase: true)) in <\(name.local)> cannot be sent in XML",
                location: element.local, remedy: "remove the control character")
        }
        lastID += 1
        let id = MessageID(lastID)
        let rpc = XMLElement(
            XMLName("rpc", in: NETCONFNamespace.base),
            attributes: [XMLAttribute(XMLName("message-id"), value: id.description)], children: [.element(element)])
        let bytes = try encoder.frame(rpc.serialized())
        outstanding.append(Outstanding(id: id, operation: element.local, isAbandoned: false))
        if case .closeSession = operation { state = .closing(server: server) }
        return (id, bytes)
    }

    /// Stops waiting for an answer; when it comes after all it is dropped with an `ignored` event (M-11).
    package mutating func abandon(_ id: MessageID) {
        guard let index = outstanding.firstIndex(where: { $0.id == id }) else { return }
        outstanding[index].isAbandoned = true
        if outstanding.count(where: \.isAbandoned) > limits.maximumAbandoned,
            let oldest = outstanding.firstIndex(where: \.isAbandoned)
        {
            outstanding.remove(at: oldest)
        }
    }

    /// Requests that are waiting for an answer, oldest first.
    package var waiting: [MessageID] { outstanding.filter { !$0.isAbandoned }.map(\.id) }

    /// Takes bytes as they came, in any split. After an error the session is over.
    package mutating func receive(_ bytes: [UInt8]) throws(NETCONFError) -> [Event] {
        switch state {
        case .closed: return [.ignored("\(bytes.count) bytes after the end of the session")]
        case .created: throw wrongState("bytes before our hello")
        case .awaitingHello, .open, .closing: break
        }
        decoder.feed(bytes)
        var events: [Event] = []
        do throws(NETCONFError) {
            while let message = try decoder.next() {
                if keepsMessages { messages.append(message) }
                events.append(contentsOf: try process(message))
            }
        } catch {
            state = .closed
            throw error
        }
        return events
    }

    /// The messages received since the last call, framing removed: for transcripts.
    package mutating func takeMessages() -> [[UInt8]] {
        defer { messages = [] }
        return messages
    }

    /// The stream ended. An error unless everything asked was answered, or close-session was on its way (T-5).
    package mutating func endOfStream() throws(NETCONFError) {
        defer { state = .closed }
        switch state {
        case .closed, .closing: return
        case .created, .awaitingHello:
            throw NETCONFError(
                .badHello, what: "the device closed the channel without a hello", location: "hello",
                remedy: "it may have no free session, or refuse this user; look at its log and try again")
        case .open:
            guard waiting.isEmpty, !decoder.hasPartialMessage else {
                let names = outstanding.filter { !$0.isAbandoned }.map { "<\($0.operation)>" }.joined(separator: ", ")
                throw NETCONFError(
                    .closed,
                    what: names.isEmpty
                        ? "the device closed the channel inside a message"
                        : "the device closed the channel without answering \(names)",
                    remedy: "read the device in a new session before anything else")
            }
        }
    }

    // MARK: messages

    private mutating func process(_ message: [UInt8]) throws(NETCONFError) -> [Event] {
        if case .awaitingHello = state {
            // Deviation: a terminal in between sends back what it gets (T-1).
            if message == helloMessage { return [.ignored("our own hello, sent back by the device (T-1)")] }
            let server = try NETCONFHelloMemory.shared.hello(parsing: message, limits: limits)
            guard server.sessionID != nil else {
                throw NETCONFError(
                    .badHello, what: "the device's hello has no session-id", location: "hello",
                    remedy: "the session must not be used (RFC 6241 §8.1)")
            }
            // F-1: our own hello went out with the mark already; both directions change now.
            encoder.mode = try hello.capabilities.framing(with: server.capabilities)
            if encoder.mode == .chunked { decoder.switchToChunked() }
            decoder.maximumMessageBytes = limits.maximumMessageBytes
            state = .open(server: server)
            return [.opened(server)]
        }
        var deviations: [String] = []
        let document = try parse(message, &deviations)
        switch document.root.local {
        case "rpc-reply": return [try reply(document, deviations)]
        case "notification":
            guard let event = document.root.elements.first(where: { $0.local != "eventTime" }) else {
                return [.ignored("a notification without an event")]
            }
            let time = document.root.first("eventTime")?.trimmedText ?? ""
            return [.notification(NETCONFNotification(eventTime: time, event: event.element))]
        default: return [.ignored("<\(document.root.local)>, which is no reply and no notification")]
        }
    }

    private func parse(_ message: [UInt8], _ deviations: inout [String]) throws(NETCONFError) -> XMLDocument {
        do throws(XMLError) { return try XMLDocument(parsing: message, limits: limits.xml) } catch {
            // Deviation: Huawei pads with NUL, others let control characters through in text (F-12).
            let cleaned = message.filter { $0 >= 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
            if cleaned.count < message.count, error.code != .limit, error.code != .documentType {
                do throws(XMLError) {
                    let document = try XMLDocument(parsing: cleaned, limits: limits.xml)
                    deviations.append("\(message.count - cleaned.count) control characters removed (F-12)")
                    return document
                } catch { throw problem(error) }
            }
            throw problem(error)
        }
    }

    private func problem(_ error: XMLError) -> NETCONFError {
        NETCONFError(
            error.code == .limit ? .tooBig : .malformedMessage, what: "a message that is not usable XML: \(error.what)",
            location: "message" + (error.position.map { " \($0)" } ?? ""),
            remedy: "the session cannot continue; look at the transcript")
    }

    private mutating func reply(_ document: XMLDocument, _ deviations: [String]) throws(NETCONFError) -> Event {
        var deviations = deviations
        let index: Int
        let root = document.root
        // Deviation: a server may give back the attribute in the namespace of messages, where some clients put it (M-7).
        let given = root.attribute("message-id") ?? root.attribute("message-id", in: NETCONFNamespace.base)
        if let text = given?.trimmingXMLSpace {
            guard let found = outstanding.firstIndex(where: { $0.id.description == text }) else {
                return .ignored("a reply to message-id \"\(text.prefix(80))\", which is not waiting (M-7)")
            }
            if outstanding[..<found].contains(where: { !$0.isAbandoned }) {
                deviations.append("reply \(text) came before replies to earlier requests (M-7)")
            }
            index = found
        } else {
            // Deviation: without an id it answers the oldest request, if it is certain which one that is (M-7).
            guard let first = outstanding.first, !first.isAbandoned else {
                throw NETCONFError(
                    .unmatchedReply, what: "a reply without message-id, and it is not certain what it answers",
                    location: "rpc-reply", remedy: "the session cannot continue; read the device in a new one")
            }
            deviations.append("reply without message-id taken for request \(first.id) (M-7)")
            index = 0
        }
        let request = outstanding.remove(at: index)
        if request.isAbandoned {
            return .ignored("the late answer to request \(request.id) <\(request.operation)> (M-11)")
        }
        return .reply(
            RPCReply(
                id: request.id, operation: request.operation, errors: Self.errors(in: document.root),
                document: document, deviations: deviations))
    }

    /// All errors, without copying a large `<data>`: errors stand beside data or inside vendors' results (M-6).
    private static func errors(in element: XMLElementView) -> [RPCError] {
        var found: [RPCError] = []
        for child in element.elements {
            if child.local == "rpc-error" {
                found.append(RPCError(child.element))
            } else if child.local != "data" {
                found += errors(in: child)
            }
        }
        return found
    }

    private func wrongState(_ what: String) -> NETCONFError {
        NETCONFError(.wrongState, what: "\(what) is not possible in this state of the session", location: "session")
    }
}
