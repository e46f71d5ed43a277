package import XMLDocuments

/// The server's side of one session: bytes in, events out. Never throws: what a client does wrong is an event.
///
///     created ──start──▶ awaitingHello ──client's hello──▶ open ──terminate──▶ closed
///
/// Requests are to be answered in the order they come (RFC 6241 §4.5).
package struct NETCONFServerSession: Sendable {
    private enum State: Sendable { case created, awaitingHello, open, closed }
    package enum Event: Equatable, Sendable {
        case opened(client: NETCONFHello)
        case request(IncomingRequest)
        /// Bytes to send at once: an answer the machine itself gives (missing message-id, malformed message).
        case send([UInt8])
        /// The session is over; close the channel.
        case terminate(NETCONFError)
    }
    /// What a simulated device may do differently.
    package struct Options: Equatable, Sendable {
        /// Longest chunk sent; 1 shows what clients make of tiny chunks.
        package var maximumChunkBytes: Int
        /// RFC 6241 §4.2 wants all attributes of `<rpc>` on the reply; many devices return only the id (M-3).
        package var returnsAllAttributes: Bool
        package init(maximumChunkBytes: Int = 1 << 20, returnsAllAttributes: Bool = true) {
            self.maximumChunkBytes = maximumChunkBytes
            self.returnsAllAttributes = returnsAllAttributes
        }
    }

    private var state = State.created
    private var decoder: FramingDecoder
    private var encoder: FramingEncoder
    private let limits: NETCONFLimits
    private let options: Options
    private let hello: NETCONFHello

    package init(
        sessionID: UInt32, capabilities: [String], options: Options = Options(), limits: NETCONFLimits = .standard
    ) {
        hello = NETCONFHello(capabilities: capabilities, sessionID: sessionID)
        self.options = options
        self.limits = limits
        decoder = FramingDecoder(maximumMessageBytes: limits.maximumHelloBytes)
        encoder = FramingEncoder(maximumChunkBytes: options.maximumChunkBytes)
    }

    package var framing: FramingMode { encoder.mode }

    /// The server's hello, to be sent as soon as the channel is open.
    package mutating func start() -> [UInt8] {
        state = .awaitingHello
        return framed(hello.serialized())
    }

    /// Takes bytes as they came, in any split.
    package mutating func receive(_ bytes: [UInt8]) -> [Event] {
        if state == .closed { return [] }
        decoder.feed(bytes)
        var events: [Event] = []
        while state != .closed {
            do throws(NETCONFError) {
                guard let message = try decoder.next() else { break }
                events += process(message)
            } catch {
                // F-5: nothing is owed after a framing error.
                events.append(terminate(error))
            }
        }
        return events
    }

    /// No more bytes will be taken; after a close-session was answered, or the session was killed.
    package mutating func close() { state = .closed }

    /// The answer to a request, framed.
    package func reply(to request: IncomingRequest, _ answer: ReplyContent) -> [UInt8] {
        framed(
            Self.reply(
                attributes: request.replyAttributes(all: options.returnsAllAttributes),
                namespaces: options.returnsAllAttributes ? request.namespaces : [], answer
            ).serialized())
    }

    /// A notification, framed.
    package func notification(_ notification: NETCONFNotification) -> [UInt8] { framed(notification.serialized()) }

    /// Any message, framed as this session frames: for tests and devices that misbehave on purpose.
    package func framed(_ message: [UInt8]) -> [UInt8] {
        do throws(NETCONFError) { return try encoder.frame(message) } catch {
            // Only an empty message or one with the mark inside; a device that sends such text ends its session.
            return Array("]]>]]>".utf8)
        }
    }

    // MARK: messages

    private mutating func process(_ message: [UInt8]) -> [Event] {
        switch state {
        case .awaitingHello: return [openSession(message)]
        case .open: return request(message)
        case .created, .closed: return []
        }
    }

    private mutating func openSession(_ message: [UInt8]) -> Event {
        do throws(NETCONFError) {
            let client = try NETCONFHello(parsing: message, limits: limits)
            guard client.sessionID == nil else {
                throw NETCONFError(
                    .badHello, what: "the client's hello has a session-id", location: "hello",
                    remedy: "only servers send one (RFC 6241 §8.1)")
            }
            encoder.mode = try hello.capabilities.framing(with: client.capabilities)
            if encoder.mode == .chunked { decoder.switchToChunked() }
            decoder.maximumMessageBytes = limits.maximumMessageBytes
            state = .open
            return .opened(client: client)
        } catch {
            return terminate(error)
        }
    }

    private mutating func request(_ message: [UInt8]) -> [Event] {
        let document: XMLDocument
        do throws(XMLError) { document = try XMLDocument(parsing: message, limits: limits.xml) } catch {
            // M-8: malformed-message exists only since base:1.1; to others the session ends.
            guard encoder.mode == .chunked else {
                return [
                    terminate(NETCONFError(.malformedMessage, what: "not usable XML: \(error.what)", location: "rpc"))
                ]
            }
            return [refuse([], RPCError(.rpc, .malformedMessage, message: error.what))]
        }
        let root = document.root
        guard root.local == "rpc", root.namespace == NETCONFNamespace.base else {
            return [
                refuse([], RPCError.unknownElement(root.local, .rpc))
            ]
        }
        let attributes = root.attributes
        // Deviation: Python's netconf qualifies the attribute (M-4).
        guard let id = root.attribute("message-id") ?? root.attribute("message-id", in: NETCONFNamespace.base) else {
            return [refuse(attributes, RPCError.missingAttribute("message-id", element: "rpc"))]
        }
        guard id.utf8.count <= 4_095 else {
            return [refuse(attributes, RPCError.badAttribute("message-id", element: "rpc", message: "too long", .rpc))]
        }
        let operations = Array(root.elements)
        guard operations.count == 1, let operation = operations.first else {
            let problem =
                operations.isEmpty
                ? RPCError.missingElement("an operation", .rpc)
                : RPCError.badElement(operations[1].local, message: "one operation per rpc", .rpc)
            return [refuse(attributes, problem)]
        }
        return [
            .request(
                IncomingRequest(
                    messageID: id, attributes: attributes, namespaces: root.namespaces, operation: operation.element))
        ]
    }

    private func refuse(_ attributes: [XMLAttribute], _ error: RPCError) -> Event {
        .send(framed(Self.reply(attributes: attributes, .errors([error])).serialized()))
    }

    private mutating func terminate(_ error: NETCONFError) -> Event {
        state = .closed
        return .terminate(error)
    }

    private static func reply(
        attributes: [XMLAttribute], namespaces: [XMLNamespaceDeclaration] = [], _ answer: ReplyContent
    ) -> XMLElement {
        let base = NETCONFNamespace.base
        var reply = XMLElement(XMLName("rpc-reply", in: base), attributes: attributes, namespaces: namespaces)
        switch answer {
        case .ok: reply.children = [.element(.init("ok", in: base))]
        case .data(let elements): reply.children = [.element(.init("data", in: base, elements))]
        case .content(let elements): reply.children = elements.map { .element($0) }
        case .errors(let errors): reply.children = errors.map { .element($0.element) }
        case .okWithWarnings(let warnings):
            reply.children = warnings.map { .element($0.element) } + [.element(.init("ok", in: base))]
        }
        return reply
    }
}

/// One request a server got.
package struct IncomingRequest: Equatable, Sendable {
    package var messageID: String
    /// All attributes of `<rpc>`.
    package var attributes: [XMLAttribute]
    package var namespaces: [XMLNamespaceDeclaration]
    /// The operation element; prefixes declared on `<rpc>` are declared on it too.
    package var operation: XMLElement

    package init(
        messageID: String, attributes: [XMLAttribute], namespaces: [XMLNamespaceDeclaration], operation: XMLElement
    ) {
        self.messageID = messageID
        self.attributes = attributes
        self.namespaces = namespaces
        self.operation = operation
    }

    /// The operation with its parameters, or the error to answer.
    package func parsed() throws(RPCError) -> NETCONFOperation { try NETCONFOperation(parsing: operation) }

    func replyAttributes(all: Bool) -> [XMLAttribute] {
        all ? attributes : attributes.filter { $0.name.local == "message-id" }
    }
}

/// What a server answers.
package enum ReplyContent: Equatable, Sendable {
    case ok
    /// Content of `<data>`.
    case data([XMLElement])
    /// Children of `<rpc-reply>` as they are, for operations with other results.
    case content([XMLElement])
    case errors([RPCError])
    /// Deviation: Junos sends warnings and `<ok/>` together (M-5).
    case okWithWarnings([RPCError])
}
