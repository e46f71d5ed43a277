import Testing
import TestSupport
import XMLDocuments

@testable import NETCONFProtocol

/// Both machines talking to each other: the simplest proof that they agree on framing and messages.
struct BothRolesTests {
    static let capabilities = [
        "urn:ietf:params:netconf:base:1.0", "urn:ietf:params:netconf:base:1.1",
        "urn:ietf:params:netconf:capability:candidate:1.0",
    ]

    static func opened(server: [String] = capabilities, options: NETCONFServerSession.Options = .init()) throws -> (
        NETCONFClientSession, NETCONFServerSession
    ) {
        var client = NETCONFClientSession()
        var server = NETCONFServerSession(sessionID: 7, capabilities: server, options: options)
        let fromClient = try client.start()
        let fromServer = server.start()
        #expect(server.receive(fromClient).count == 1)
        #expect(try client.receive(fromServer).count == 1)
        return (client, server)
    }

    @Test(arguments: [["urn:ietf:params:netconf:base:1.0"], capabilities])
    func `a request is answered in either framing`(capabilities: [String]) throws {
        var (client, server) = try Self.opened(server: capabilities, options: .init(maximumChunkBytes: 3))
        #expect(client.framing == server.framing)
        let (id, bytes) = try client.request(.getConfig(.running))
        guard case .request(let request) = server.receive(bytes).first else {
            Issue.record("no request")
            return
        }
        #expect(try request.parsed() == .getConfig(.running))
        let answer = server.reply(to: request, .data([XMLElement("x", in: "urn:x", text: "größer")]))
        for pieces in ChunkVerifier.splits(of: answer) {
            var copy = client
            let events = try pieces.flatMap { try copy.receive($0) }
            guard case .reply(let reply) = events.first, events.count == 1 else {
                Issue.record("no reply")
                return
            }
            #expect(reply.id == id)
            #expect(reply.isSuccess)
            #expect(reply.data?.first("x")?.text == "größer")
        }
    }
}
