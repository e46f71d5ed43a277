import Foundation
import TestSupport
import Testing
import XMLDocuments

@testable import NETCONFProtocol

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

    func client(_ capabilities: [String] = BothRolesTests.capabilities) throws -> NETCONFClientSession {
        var client = NETCONFClientSession(capabilities: capabilities)
        _ = try client.start()
        return client
    }

    func serverHello(_ capabilities: [String], _ id: String = "<session-id>9</session-id>") throws -> [UInt8] {
        let list = capabilities.map { "<capability>\($0)</capability>" }.joined()
        return try FramingEncoder().frame(
            Array("<hello xmlns='\(base)'><capabilities>\(list)</capabilities>\(id)</hello>".utf8))
    }

    @Test func `H-6: what netconfd said is read whole, modules with it`() throws {
        let recorded = try String(
            contentsOf: Repository.root.appending(path: "Tests/NETCONFProtocolTests/Fixtures/netconfd-2.13-hello.txt"),
            encoding: .utf8)
        for pieces in ChunkVerifier.splits(of: Array(recorded.utf8), maximumCuts: 200) {
            var client = try client()
            let events = try pieces.flatMap { try client.receive($0) }
            guard case .opened(let hello) = events.first, events.count == 1 else {
                Issue.record("no hello")
                return
            }
            #expect(hello.sessionID == 2 && hello.deviations.isEmpty && client.framing == .chunked)
        }
        var client = try client()
        guard case .opened(let hello) = try client.receive(Array(recorded.utf8)).first else { return }
        #expect(hello.capabilities.all.count == recorded.components(separatedBy: "<capability>").count - 1)
        #expect(hello.capabilities.withDefaults?.basic == .explicit)
        #expect(hello.capabilities.urlSchemes == ["file"])
        let interfaces = try #require(hello.capabilities.modules.first { $0.name == "ietf-interfaces" })
        #expect(interfaces.revision == "2014-05-08")
        #expect(interfaces.namespace == "urn:ietf:params:xml:ns:yang:ietf-interfaces")
        #expect(NETCONFCapabilities(["x?module=m&revision=2020-01-01"]).first(.candidate) == nil)
    }

    @Test func `H-6: a thousand capabilities are nothing special, a hello without end is refused`() throws {
        let many = (0..<1_030).map {
            "http://cisco.com/ns/yang/Cisco-IOS-XR-um-module-\($0)?module=m\($0)&amp;revision=2024-01-01"
        }
        var open = try client()
        guard
            case .opened(let hello) = try open.receive(
                try serverHello(["urn:ietf:params:netconf:base:1.1"] + many)
            ).first
        else {
            Issue.record("no hello")
            return
        }
        #expect(hello.capabilities.modules.count == 1_030)
        var small = NETCONFClientSession(limits: NETCONFLimits(maximumHelloBytes: 10_000, maximumCapabilities: 100))
        _ = try small.start()
        let endless = [UInt8](repeating: UInt8(ascii: "<"), count: 20_000)
        #expect { try small.receive(endless) } throws: { ($0 as? NETCONFError)?.code == .tooBig }
        var few = NETCONFClientSession(limits: NETCONFLimits(maximumCapabilities: 100))
        _ = try few.start()
        #expect { try few.receive(try serverHello(["urn:ietf:params:netconf:base:1.1"] + many)) } throws: {
            ($0 as? NETCONFError)?.code == .tooBig
        }
    }

    @Test func `F-1 F-2: both hellos carry the mark, what follows is framed by the best version in common`() throws {
        let (ten, eleven) = ("urn:ietf:params:netconf:base:1.0", "urn:ietf:params:netconf:base:1.1")
        for (ours, theirs, mode) in [
            ([ten], [ten, eleven], FramingMode.endOfMessage), ([ten, eleven], [ten], .endOfMessage),
            ([ten, eleven], [ten, eleven], .chunked), ([eleven], [eleven], .chunked),
        ] {
            var (client, server) = (
                NETCONFClientSession(capabilities: ours), NETCONFServerSession(sessionID: 3, capabilities: theirs)
            )
            let (said, answered) = (try client.start(), server.start())
            #expect(said.suffix(6) == Array("]]>]]>".utf8)[...] && answered.suffix(6) == Array("]]>]]>".utf8)[...])
            _ = server.receive(said)
            _ = try client.receive(answered)
            #expect(client.framing == mode && server.framing == mode)
        }
        var old = try client([ten])
        #expect { try old.receive(try serverHello([eleven])) } throws: {
            ($0 as? NETCONFError)?.code == .noCommonVersion && ($0 as? NETCONFError)?.what.contains("1.1") == true
        }
    }

    @Test func `F-9: after the hellos the old mark is an error to a server with base 1.1`() throws {
        var (_, server) = try BothRolesTests.opened()
        let events = server.receive(Array("<rpc message-id='1' xmlns='\(base)'><get/></rpc>]]>]]>".utf8))
        guard case .terminate(let error) = events.first, events.count == 1 else {
            Issue.record("\(events)")
            return
        }
        #expect(error.code == .framing)
        #expect(server.receive(Array("\n#1\na\n##\n".utf8)).isEmpty)
    }

    @Test func `H-2 H-8: a server drops who sends a session-id, an rpc, junk or another namespace for a hello`() throws
    {
        for text in [
            "<hello xmlns='\(base)'><capabilities><capability>\(base)</capability></capabilities><session-id>1</session-id></hello>",
            "<rpc message-id='1' xmlns='\(base)'><get/></rpc>", "junk", "<hello xmlns='urn:x'/>",
            "<hello xmlns='\(base)'/>",
        ] {
            var server = NETCONFServerSession(sessionID: 1, capabilities: BothRolesTests.capabilities)
            _ = server.start()
            let events = server.receive(try FramingEncoder().frame(Array(text.utf8)))
            guard case .terminate = events.first, events.count == 1 else {
                Issue.record("\(text): \(events)")
                continue
            }
        }
    }

    @Test func `H-4: a line feed inside a tag of the hello is joined, and said`() throws {
        let hello = try parse(
            "<hello xmlns='\(base)'><capabilities><capa\nbility>urn:ietf:params:netconf:base:1.1</capability></capabilities></hello>"
        )
        #expect(hello.capabilities.contains(.base11) && hello.deviations.count == 1)
    }

    @Test func `H-7: a hello in no namespace is taken and said`() throws {
        let hello = try parse(
            "<hello><capabilities><capability>urn:ietf:params:netconf:base:1.0</capability></capabilities></hello>")
        #expect(hello.deviations == ["hello without a namespace (H-7)"])
    }

    @Test func `H-10: a capability is known by its exact name, and by one misspelling`() {
        let odd = NETCONFCapabilities([
            "urn:ietf:params:netconf:capability:writeable-running:1.0",
            "urn:ietf:params:netconf:capability:confimed-commit:1.1",
            "urn:ietf:params:netconf:capability:candidate:1.0x",
        ])
        #expect(odd.contains(.writableRunning))
        #expect(!odd.canConfirmCommit && !odd.contains(.candidate))
    }

    @Test func `T-1: our own hello that comes back is passed over`() throws {
        var client = NETCONFClientSession()
        let said = try client.start()
        #expect(try client.receive(said) == [.ignored("our own hello, sent back by the device (T-1)")])
        let events = try client.receive(try serverHello(["urn:ietf:params:netconf:base:1.1"]))
        guard case .opened = events.first else {
            Issue.record("\(events)")
            return
        }
        let (_, bytes) = try client.request(.get())
        guard case .ignored = try client.receive(bytes).first else {
            Issue.record("an echoed request was taken for something")
            return
        }
        #expect(client.waiting.count == 1)
    }

    @Test func `T-5 F-5: the end of the stream is no error after close-session, and names what was not answered`()
        throws
    {
        var (closing, _) = try BothRolesTests.opened()
        _ = try closing.request(.closeSession)
        try closing.endOfStream()
        var (asking, _) = try BothRolesTests.opened()
        _ = try asking.request(.commit(.init()))
        #expect { try asking.endOfStream() } throws: {
            ($0 as? NETCONFError)?.code == .closed && ($0 as? NETCONFError)?.what.contains("<commit>") == true
        }
        var silent = try client()
        #expect { try silent.endOfStream() } throws: { ($0 as? NETCONFError)?.code == .badHello }
    }
}
