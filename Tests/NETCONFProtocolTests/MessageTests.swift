import Foundation
import TestSupport
import Testing
import XMLDocuments

@testable import NETCONFProtocol

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

    @Test func `M-4 M-7: an id in the namespace of messages is an id, and is given back as it came`() throws {
        var (client, server) = try BothRolesTests.opened()
        let text = "<n:rpc xmlns:n='\(NETCONFNamespace.base)' n:message-id='7'><n:get/></n:rpc>"
        let events = server.receive(try FramingEncoder(mode: .chunked).frame(Array(text.utf8)))
        guard case .request(let request)? = events.first else {
            Issue.record("no request: \(events)")
            return
        }
        #expect(request.messageID == "7")
        let answer = String(decoding: server.reply(to: request, .ok), as: UTF8.self)
        #expect(answer.contains("n:message-id=\"7\""), "\(answer)")
        // And a client that meets such an answer knows its question.
        let (id, _) = try client.request(.get())
        let reply = "<n:rpc-reply xmlns:n='\(NETCONFNamespace.base)' n:message-id='\(id)'><n:ok/></n:rpc-reply>"
        guard case .reply(let known)? = try client.receive(FramingEncoder(mode: .chunked).frame(Array(reply.utf8))).first else {
            Issue.record("no reply")
            return
        }
        #expect(known.id == id && known.deviations.isEmpty)
    }

    let base = NETCONFNamespace.base

    /// A client with `count` requests out, and what it makes of a framed text.
    func events(_ text: String, asked count: Int = 1, server: [String] = BothRolesTests.capabilities) throws
        -> [NETCONFClientSession.Event]
    {
        var (client, _) = try BothRolesTests.opened(server: server)
        for _ in 0..<count { _ = try client.request(.getConfig(.running)) }
        return try client.receive(try FramingEncoder(mode: client.framing).frame(Array(text.utf8)))
    }

    func reply(_ inside: String, attributes: String = "message-id='1'") throws -> RPCReply {
        let found = try events("<rpc-reply xmlns='\(base)' \(attributes)>\(inside)</rpc-reply>")
        guard case .reply(let reply)? = found.first, found.count == 1 else {
            throw NETCONFError(.unmatchedReply, what: "\(found)")
        }
        return reply
    }

    @Test func `F-11 F-12 M-1: declarations, white space, padding and stray control characters are taken`() throws {
        let text =
            "\n \u{0}<?xml version='1.0'?>\n<rpc-reply xmlns='\(base)' message-id='1'><data><x>a\u{7}b\u{0}</x></data></rpc-reply>\u{0}\u{0}"
        let found = try events(text.replacing(" \u{0}<?xml", with: " <?xml"))
        guard case .reply(let reply)? = found.first else {
            Issue.record("\(found)")
            return
        }
        #expect(reply.data?.first("x")?.text == "ab")
        #expect(reply.deviations.count == 1)
    }

    @Test func `M-1: a document type ends the session, whatever it declares`() throws {
        let text =
            "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/hostname'>]><rpc-reply xmlns='\(base)' message-id='1'><data>&e;</data></rpc-reply>"
        #expect { try events(text) } throws: { ($0 as? NETCONFError)?.code == .malformedMessage }
    }

    @Test func `F-10: two documents in one frame are an error on either side`() throws {
        #expect { try events("<rpc-reply xmlns='\(base)' message-id='1'/><a/>") } throws: {
            ($0 as? NETCONFError)?.code == .malformedMessage
        }
        var (_, server) = try BothRolesTests.opened()
        let request = "<rpc xmlns='\(base)' message-id='1'><get/></rpc>"
        let answer = server.receive(try FramingEncoder(mode: .chunked).frame(Array((request + request).utf8)))
        guard case .send(let bytes)? = answer.first, answer.count == 1 else {
            Issue.record("\(answer)")
            return
        }
        #expect(String(decoding: bytes, as: UTF8.self).contains("malformed-message"))
    }

    @Test
    func `M-2: ids are numbers from 1 and go up; a server echoes any text and refuses a longer one than the RFC's`()
        throws
    {
        var (client, server) = try BothRolesTests.opened()
        #expect(try (1...3).map { _ in try client.request(.get()).id.number } == [1, 2, 3])
        let framing = FramingEncoder(mode: .chunked)
        let odd = "urn:uuid:&lt;1&gt; x"
        guard
            case .request(let request)? = server.receive(
                try framing.frame(Array("<rpc xmlns='\(base)' message-id='\(odd)'><get/></rpc>".utf8))
            ).first
        else {
            Issue.record("no request")
            return
        }
        #expect(request.messageID == "urn:uuid:<1> x")
        #expect(
            String(decoding: server.reply(to: request, .ok), as: UTF8.self).contains(
                "message-id=\"urn:uuid:&lt;1&gt; x\""))
        let long = String(repeating: "1", count: 4_096)
        guard
            case .send(let refusal)? = server.receive(
                try framing.frame(Array("<rpc xmlns='\(base)' message-id='\(long)'><get/></rpc>".utf8))
            ).first
        else {
            Issue.record("no refusal")
            return
        }
        #expect(String(decoding: refusal, as: UTF8.self).contains("bad-attribute"))
    }

    @Test func `M-3: a server returns every attribute and declaration of the rpc, a client needs none but the id`()
        throws
    {
        var (_, server) = try BothRolesTests.opened()
        let text = "<rpc xmlns='\(base)' message-id='1' xmlns:v='urn:v' v:user='fred' plain='1'><get/></rpc>"
        guard
            case .request(let request)? = server.receive(
                try FramingEncoder(mode: .chunked).frame(Array(text.utf8))
            ).first
        else {
            Issue.record("no request")
            return
        }
        let sent = String(decoding: server.reply(to: request, .ok), as: UTF8.self)
        #expect(sent.contains("v:user=\"fred\"") && sent.contains("plain=\"1\"") && sent.contains("xmlns:v=\"urn:v\""))
        #expect(try reply("<ok/>").hasOK)
    }

    @Test func `M-5 M-6: a warning beside ok is success, an error anywhere is failure, nothing at all is success`()
        throws
    {
        let warning =
            "<rpc-error><error-severity>warning</error-severity><error-message>statement not found</error-message></rpc-error>"
        let error =
            "<rpc-error><error-type>protocol</error-type><error-tag>operation-failed</error-tag><error-severity>error</error-severity></rpc-error>"
        let warned = try reply(warning + "<ok/>")
        #expect(warned.isSuccess && warned.hasOK && warned.warnings.first?.message == "statement not found")
        #expect(try !reply(error).isSuccess)
        #expect(try !reply(warning + error).isSuccess)
        #expect(try reply("").isSuccess)
        // As Junos nests them.
        for nested in [
            "<commit-results><routing-engine><name>re0</name>\(error)</routing-engine></commit-results>",
            "<load-configuration-results>\(error)<load-error-count>1</load-error-count></load-configuration-results>",
        ] { #expect(try reply(nested).errors.map(\.tag) == [.operationFailed]) }
        // Data that is called so is data.
        #expect(try reply("<data><log xmlns='urn:l'>\(error)</log></data>").isSuccess)
    }

    @Test func `M-7: a reply without an id answers the oldest request, an unknown id nothing`() throws {
        let found = try events("<rpc-reply xmlns='\(base)'><ok/></rpc-reply>", asked: 2)
        guard case .reply(let reply)? = found.first else {
            Issue.record("\(found)")
            return
        }
        #expect(reply.id.number == 1 && reply.deviations.count == 1)
        guard case .ignored? = try events("<rpc-reply xmlns='\(base)' message-id='77'><ok/></rpc-reply>").first else {
            Issue.record("an unknown id was taken")
            return
        }
        #expect { try events("<rpc-reply xmlns='\(base)'><ok/></rpc-reply>", asked: 0) } throws: {
            ($0 as? NETCONFError)?.code == .unmatchedReply
        }
    }

    @Test func `M-7: so many requests may be out and no more`() throws {
        var client = NETCONFClientSession(limits: NETCONFLimits(maximumOutstanding: 3))
        var server = NETCONFServerSession(sessionID: 1, capabilities: BothRolesTests.capabilities)
        _ = server.receive(try client.start())
        _ = try client.receive(server.start())
        for _ in 0..<3 { _ = try client.request(.get()) }
        #expect { try client.request(.get()) } throws: { ($0 as? NETCONFError)?.code == .tooManyOutstanding }
    }

    @Test func `M-8: on base 1.0 a malformed message ends the session without an answer`() throws {
        var (_, server) = try BothRolesTests.opened(server: ["urn:ietf:params:netconf:base:1.0"])
        guard case .terminate? = server.receive(Array("<rpc]]>]]>".utf8)).first else {
            Issue.record("the session goes on")
            return
        }
    }

    @Test func `M-10: answers are found by local name where a vendor's namespace differs`() throws {
        let data = try reply("<data xmlns='http://xml.juniper.net/xnm'>module x {}</data>")
        #expect(data.schemaText == "module x {}")
        #expect(try reply("<data xmlns='urn:m'><![CDATA[module <x> {}]]></data>").schemaText == "module <x> {}")
        #expect(try reply("<lock-id xmlns='\(NETCONFNamespace.partialLock)'> 12 </lock-id>").lockID == 12)
        let prefixed = try events("<n:rpc-reply xmlns:n='\(base)' message-id='1'><n:ok/></n:rpc-reply>")
        guard case .reply(let reply)? = prefixed.first else {
            Issue.record("unexpected")
            return
        }
        #expect(reply.hasOK)
    }

    @Test func `M-2 F-7: what XML cannot hold is refused before it is sent, the mark is escaped`() throws {
        var (client, _) = try BothRolesTests.opened(server: ["urn:ietf:params:netconf:base:1.0"])
        #expect { try client.request(.other(XMLElement("x", in: "urn:x", text: "a\u{1}b"))) } throws: {
            ($0 as? NETCONFError)?.code == .badContent
        }
        let sent = try client.request(.other(XMLElement("x", in: "urn:x", text: "]]>]]>"))).bytes
        #expect(String(decoding: sent, as: UTF8.self).components(separatedBy: "]]>]]>").count == 2)
    }

    @Test func `N-4 N-6: notifications are routed at any moment, replay and the end of a subscription are told`() throws
    {
        let namespace = NETCONFNamespace.notification
        func kind(_ event: String, time: String = "2026-01-01T00:00:00") throws -> NETCONFNotification? {
            let text = "<notification xmlns='\(namespace)'><eventTime>\(time)</eventTime>\(event)</notification>"
            guard case .notification(let found)? = try events(text).first else { return nil }
            return found
        }
        #expect(try kind("<e xmlns='urn:e'/>")?.kind == .event)
        #expect(try kind("<e xmlns='urn:e'/>")?.eventTime == "2026-01-01T00:00:00")
        #expect(try kind("<replayComplete xmlns='\(NETCONFNamespace.streams)'/>")?.kind == .replayComplete)
        #expect(try kind("<notificationComplete xmlns='\(NETCONFNamespace.streams)'/>")?.kind == .subscriptionComplete)
        guard
            case .ignored? = try events("<notification xmlns='\(namespace)'><eventTime>x</eventTime></notification>")
                .first
        else {
            Issue.record("unexpected")
            return
        }
    }
}
