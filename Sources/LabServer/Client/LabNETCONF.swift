internal import ByteTransport
internal import Diagnostics
internal import NETCONFProtocol
internal import XMLDocuments

/// Operations sent to a NETCONF device of the lab, one after the other in one session.
struct LabNETCONF: Sendable {
    let channel: any ByteChannel
    let device: String
    private var machine = NETCONFClientSession()

    init(channel: any ByteChannel, device: String) { (self.channel, self.device) = (channel, device) }

    /// Sends each operation, an element such as `<get-config><source><running/></source></get-config>`; gives operations
    /// and answers as text.
    mutating func run(_ operations: [String]) async throws(TransportError) -> String {
        var text = ""
        let requests = try operations.map { text throws(TransportError) in try Self.operation(text) }
        try await channel.write(
            try checked { () throws(NETCONFError) in try machine.start() }, deadline: .now + LabTerminal.promptLimit)
        var events: [NETCONFClientSession.Event] = []
        while machine.server == nil { events = try await read() }
        for (written, operation) in zip(operations, requests) {
            let request = try checked { () throws(NETCONFError) in try machine.request(operation, checked: false) }
            try await channel.write(request.bytes, deadline: .now + LabTerminal.promptLimit)
            text += "> \(written)\n"
            var answer: RPCReply?
            while answer == nil {
                events = try await read()
                for case .reply(let reply) in events where reply.id == request.id { answer = reply }
            }
            if let root = answer?.document.root { text += root.element.text(indent: 2) + "\n" }
        }
        await channel.close()
        return text
    }

    private static func operation(_ text: String) throws(TransportError) -> NETCONFOperation {
        do throws(XMLError) {
            let elements = try XMLElement.fragments(
                parsing: text, namespaces: ["": NETCONFNamespace.base, "nc": NETCONFNamespace.base])
            guard let element = elements.first, elements.count == 1 else {
                throw XMLError(.malformed, what: "\(elements.count) elements", remedy: "")
            }
            return .other(element)
        } catch {
            throw TransportError(
                .protocolViolation,
                what: "'\(safeForDisplay(text, keepingLines: false))' is not an operation: \(error.what)",
                remedy:
                    "this device speaks NETCONF; write for example '<get-config><source><running/></source></get-config>'"
            )
        }
    }

    private mutating func read() async throws(TransportError) -> [NETCONFClientSession.Event] {
        guard let bytes = try await channel.read(deadline: .now + LabTerminal.promptLimit) else {
            throw TransportError(.closed, what: "the device ended the session", location: device)
        }
        return try checked { () throws(NETCONFError) in try machine.receive(bytes) }
    }

    private func checked<T>(_ body: () throws(NETCONFError) -> T) throws(TransportError) -> T {
        do throws(NETCONFError) { return try body() } catch {
            throw TransportError(.protocolViolation, what: error.what, location: device, remedy: error.remedy)
        }
    }
}
