import TestSupport
import Testing
import XMLDocuments

@testable import NETCONFProtocol

struct FramingTests {
    func decode(_ pieces: [[UInt8]], _ mode: FramingMode, limit: Int = 1 << 20) throws -> [String] {
        var decoder = FramingDecoder(mode: mode, maximumMessageBytes: limit)
        var messages: [String] = []
        for piece in pieces {
            decoder.feed(piece)
            while let message = try decoder.next() { messages.append(String(decoding: message, as: UTF8.self)) }
        }
        return messages
    }

    @Test func `F-3 F-10 F-6: chunks in any split give the same messages`() throws {
        let bytes = Array("\n#3\nabc\n#2\nd\n\n##\n\n\n#1\nx\n##\n".utf8)
        for pieces in ChunkVerifier.splits(of: bytes) { #expect(try decode(pieces, .chunked) == ["abcd\n", "x"]) }
    }

    @Test func `F-8 F-10: the end-of-message mark is found in any split`() throws {
        let bytes = Array("<a>]]>]]</a>]]>]]>]<b/>]]]>]]>".utf8)
        for pieces in ChunkVerifier.splits(of: bytes) {
            #expect(try decode(pieces, .endOfMessage) == ["<a>]]>]]</a>", "]<b/>]"])
        }
    }

    @Test(arguments: [
        "\n##\n", "\n#0\n", "\n#01\n", "\n#-1\n", "\n#+1\n", "\n#a\n", "\n#4294967296\n", "x", "\n#1 \n", "\n#1\na#",
        "]]>]]>",
        "\n#1\na\n##x",
    ])
    func `F-4 F-5 F-9: hostile framing ends the session, in any split`(text: String) {
        for pieces in ChunkVerifier.splits(of: Array(text.utf8)) {
            #expect { try decode(pieces, .chunked) } throws: { ($0 as? NETCONFError)?.code == .framing }
        }
    }

    @Test func `F-4: an announced size beyond the limit is refused before anything is stored`() {
        #expect { try decode([Array("\n#4294967295\n".utf8)], .chunked) } throws: {
            ($0 as? NETCONFError)?.code == .tooBig
        }
        #expect { try decode([[UInt8](repeating: 65, count: 200)], .endOfMessage, limit: 100) } throws: {
            ($0 as? NETCONFError)?.code == .tooBig
        }
    }

    @Test func `F-7: a message that holds the mark cannot be framed with it`() {
        #expect(throws: NETCONFError.self) { try FramingEncoder().frame(Array("<!-- ]]>]]> -->".utf8)) }
        #expect(throws: NETCONFError.self) { try FramingEncoder().frame([]) }
    }
}

struct HelloTests {
    func parse(_ text: String) throws -> NETCONFHello { try NETCONFHello(parsing: Array(text.utf8)) }
    let base = "urn:ietf:params:xml:ns:netconf:base:1.0"

    @Test func `H-1 H-3 H-4 H-7: comments, banners, prefixes, white space and old URNs are taken`() throws {
        let hello = try parse(
            """
            Welcome
            <!-- user --><nc:hello xmlns:nc="\(base)"><nc:capabilities><nc:capability>
              urn:ietf:params:xml:ns:netconf:base:1.0 </nc:capability><nc:capability>urn:ietf:params:xml:ns:netconf:capability:candidate:1.0
            </nc:capability></nc:capabilities><nc:session-id> 42 </nc:session-id></nc:hello>
            """)
        #expect(hello.capabilities.contains(.base10))
        #expect(hello.capabilities.contains(.candidate))
        #expect(hello.sessionID == 42)
        #expect(hello.deviations.count == 1)
    }

    @Test func `H-2 H-9: no session-id, session-id 0 and an error instead of a hello are refused`() throws {
        var client = NETCONFClientSession()
        _ = try client.start()
        let bytes = try FramingEncoder().frame(
            NETCONFHello(capabilities: ["urn:ietf:params:netconf:base:1.0"]).serialized())
        #expect { try client.receive(bytes) } throws: { ($0 as? NETCONFError)?.code == .badHello }
        #expect(throws: NETCONFError.self) {
            try parse(
                "<hello xmlns='\(base)'><capabilities><capability>x</capability></capabilities><session-id>0</session-id></hello>"
            )
        }
        #expect {
            try parse(
                "<rpc-reply xmlns='\(base)'><rpc-error><error-message>not ready</error-message></rpc-error></rpc-reply>"
            )
        } throws: { ($0 as? NETCONFError)?.what.contains("not ready") == true }
    }

    @Test func `H-5: parameters are taken apart`() {
        let set = NETCONFCapabilities([
            "urn:ietf:params:netconf:capability:url:1.0?protocol=http,file",
            "urn:ietf:params:netconf:capability:with-defaults:1.0?basic-mode=explicit&also-supported=trim,report-all",
        ])
        #expect(set.urlSchemes == ["http", "file"])
        #expect(set.withDefaults?.basic == .explicit)
        #expect(set.withDefaults?.also == [.trim, .reportAll])
    }
}

struct MessageTests {
    @Test func `M-7 M-11 N-4: answers find their question, late ones are dropped, notifications are told apart`() throws
    {
        var (client, server) = try BothRolesTests.opened()
        var requests: [IncomingRequest] = []
        var ids: [MessageID] = []
        for _ in 0..<3 {
            let (id, bytes) = try client.request(.get())
            ids.append(id)
            for case .request(let request) in server.receive(bytes) { requests.append(request) }
        }
        client.abandon(ids[0])
        let event = NETCONFNotification(eventTime: "2026-01-01T00:00:00Z", event: XMLElement("e", in: "urn:e"))
        let bytes =
            server.reply(to: requests[2], .ok) + server.notification(event) + server.reply(to: requests[0], .ok)
            + server.reply(to: requests[1], .errors([.lockDenied(holder: 3)]))
        let events = try client.receive(bytes)
        #expect(events.count == 4)
        guard case .reply(let third) = events[0], case .notification(let got) = events[1], case .ignored = events[2],
            case .reply(let second) = events[3]
        else {
            Issue.record("unexpected events \(events)")
            return
        }
        #expect(third.id == ids[2])
        #expect(third.hasOK)
        #expect(got == event)
        #expect(second.id == ids[1])
        #expect(!second.isSuccess)
        #expect(second.errors.first?.lockHolder == 3)
        #expect(client.waiting.isEmpty)
    }

    @Test func `M-4 M-8 M-9: a server answers a missing id, junk and two operations itself`() throws {
        let (_, opened) = try BothRolesTests.opened()
        for (text, tag) in [
            ("<rpc xmlns='urn:ietf:params:xml:ns:netconf:base:1.0'><get/></rpc>", "missing-attribute"),
            ("<rpc", "malformed-message"),
            ("<rpc message-id='1' xmlns='urn:ietf:params:xml:ns:netconf:base:1.0'><get/><get/></rpc>", "bad-element"),
        ] {
            var server = opened
            let events = server.receive(try FramingEncoder(mode: .chunked).frame(Array(text.utf8)))
            guard case .send(let bytes) = events.first else {
                Issue.record("no answer to \(text)")
                continue
            }
            #expect(String(decoding: bytes, as: UTF8.self).contains(tag))
        }
    }

    @Test func `CA: what was not announced is not sent`() throws {
        var (client, _) = try BothRolesTests.opened()
        #expect { try client.request(.copyConfig(target: .startup, source: .datastore(.running))) } throws: {
            ($0 as? NETCONFError)?.code == .notSupported
        }
    }

    @Test func `every operation is read back as it was made`() throws {
        let operations: [NETCONFOperation] = [
            .getConfig(.running, filter: .subtree([XMLElement("a", in: "urn:a")]), withDefaults: .explicit),
            .get(filter: .xpath("/a:x", namespaces: ["a": "urn:a"])), .lock(.candidate), .unlock(.running),
            .closeSession,
            .killSession(4), .commit(.init(confirmed: true, confirmTimeoutSeconds: 60, persist: "t")),
            .cancelCommit(persistID: "t"), .discardChanges, .validate(.datastore(.candidate)), .deleteConfig(.startup),
            .copyConfig(target: .startup, source: .datastore(.running)),
            .createSubscription(stream: "NETCONF", filter: nil, startTime: "2026-01-01T00:00:00Z", stopTime: nil),
            .getSchema(identifier: "m", version: "2026-01-01", format: nil), .partialUnlock(lockID: 3),
            .getData(.init(datastore: "operational", configFilter: false, maximumDepth: 3, withOrigin: true)),
            .editConfig(
                .init(
                    target: .candidate, defaultOperation: EditConfig.DefaultOperation.none, testOption: .testThenSet,
                    errorOption: .rollbackOnError, content: .config([XMLElement("a", in: "urn:a", text: "1")]))),
        ]
        for operation in operations {
            let parsed = try NETCONFOperation(parsing: try XMLElement(parsing: operation.element.serialized()))
            #expect(parsed == operation, "\(operation.name)")
        }
    }
}
