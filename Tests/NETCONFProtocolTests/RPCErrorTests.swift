import Testing
import XMLDocuments

@testable import NETCONFProtocol

@Suite struct `rpc-error` {
    private let base = NETCONFNamespace.base

    private func parse(_ text: String, scope: String = "") throws -> RPCError {
        let element = try XMLElement(
            parsing: "<rpc-reply xmlns='\(base)' \(scope)><rpc-error>\(text)</rpc-error></rpc-reply>")
        return try #require(RPCError.all(in: element).first)
    }

    /// Appendix A of RFC 6241: the tag, the layers it may come from, and what error-info has to hold.
    private static let standard: [(RPCError.Tag, [RPCError.Layer], [String])] = [
        (.inUse, [.protocol, .application], []), (.invalidValue, [.protocol, .application], []),
        (.tooBig, [.transport, .rpc, .protocol, .application], []),
        (.missingAttribute, [.rpc, .protocol, .application], ["bad-attribute", "bad-element"]),
        (.badAttribute, [.rpc, .protocol, .application], ["bad-attribute", "bad-element"]),
        (.unknownAttribute, [.rpc, .protocol, .application], ["bad-attribute", "bad-element"]),
        (.missingElement, [.protocol, .application], ["bad-element"]),
        (.badElement, [.protocol, .application], ["bad-element"]),
        (.unknownElement, [.protocol, .application], ["bad-element"]),
        (.unknownNamespace, [.protocol, .application], ["bad-element", "bad-namespace"]),
        (.accessDenied, [.protocol, .application], []), (.lockDenied, [.protocol], ["session-id"]),
        (.resourceDenied, [.transport, .rpc, .protocol, .application], []),
        (.rollbackFailed, [.protocol, .application], []), (.dataExists, [.application], []),
        (.dataMissing, [.application], []), (.operationNotSupported, [.protocol, .application], []),
        (.operationFailed, [.rpc, .protocol, .application], []), (.partialOperation, [.application], []),
        (.malformedMessage, [.rpc], []),
    ]

    @Test func `ER-1: every standard tag is read and written back complete`() throws {
        #expect(Self.standard.count == 20)
        for (tag, layers, info) in Self.standard {
            for layer in layers {
                let children = info.map { "<\($0)>\($0 == "session-id" ? "4" : "it")</\($0)>" }.joined()
                let error = try parse(
                    """
                    <error-type>\(layer.rawValue)</error-type><error-tag>\(tag.rawValue)</error-tag>
                    <error-severity>error</error-severity><error-app-tag>app</error-app-tag>
                    <error-path xmlns:t="urn:t">/t:top/t:entry[t:name='a']</error-path>
                    <error-message xml:lang="en">because</error-message><error-info>\(children)</error-info>
                    """)
                #expect(error.type == layer && error.tag == tag && !error.isWarning && error.appTag == "app")
                #expect(error.path == "/t:top/t:entry[t:name='a']" && error.pathNamespaces["t"] == "urn:t")
                #expect(error.message == "because" && error.info.map(\.local) == info)
                let again = RPCError(try XMLElement(parsing: error.element.serialized()))
                #expect(again.tag == error.tag && again.info == error.info && again.path == error.path)
                #expect(
                    error.element.elements.map(\.local).prefix(6) == [
                        "error-type", "error-tag", "error-severity", "error-app-tag", "error-path", "error-message",
                    ])
            }
        }
    }

    @Test func `ER-2: words in error-info itself are shown where there is no message`() throws {
        let bare = "<error-tag>operation-failed</error-tag><error-info>\n  no such\n  store </error-info>"
        #expect(try parse(bare).summary == "operation-failed \"no such   store\"")
        #expect(
            try parse(bare + "<error-message>because</error-message>").summary == "operation-failed \"because\"")
        #expect(
            try parse("<error-tag>in-use</error-tag><error-info> <session-id>4</session-id> </error-info>").summary
                == "in-use session-id=4")
    }

    @Test func `ER-2: what devices leave out, shuffle, indent or add is taken`() throws {
        let error = try parse(
            """
            <error-info><cli xmlns="urn:vendor"><line>12</line></cli><bad-element> mtu </bad-element></error-info>
            <error-message>
              configuration
              check failed
            </error-message>
            <error-path>[edit interfaces]</error-path><source-daemon xmlns="urn:vendor">mgd</source-daemon>
            <error-severity> warning </error-severity>
            """, scope: "xmlns:unused='urn:u'")
        #expect(error.type == nil && error.tag == .none && error.isWarning)
        #expect(error.path == "[edit interfaces]" && error.info("bad-element") == "mtu")
        #expect(error.info.first?.first("line")?.text == "12" && error.raw?.first("source-daemon") != nil)
        #expect(error.summary.contains("configuration") && !error.summary.contains("\n"))
        let empty = try parse("")
        #expect(empty.tag == .none && !empty.isWarning && empty.summary == "error without tag")
        #expect(empty.element.first("error-tag")?.text == "operation-failed")
    }

    @Test func `ER-3: vendors' own tags and layers stay as they are`() throws {
        let error = try parse("<error-type>cli</error-type><error-tag>vendor-said-no</error-tag>")
        #expect(error.type == nil && error.tag.rawValue == "vendor-said-no")
    }

    @Test func `LK-3: the holder of a lock is found, in error-info or in Junos' words`() throws {
        let standard = try parse(
            "<error-tag>lock-denied</error-tag><error-info><session-id>0</session-id></error-info>")
        #expect(standard.isLockDenied && standard.lockHolder == 0)
        let junos = try parse(
            "<error-message>configuration database locked by:\n  root terminal p0 (pid 4711) on since 2026</error-message>"
        )
        #expect(junos.isLockDenied && junos.lockHolder == 4_711)
        let other = try parse("<error-message>no space left</error-message>")
        #expect(!other.isLockDenied && other.lockHolder == nil)
    }

    @Test func `LK-1: a modified candidate is known by the words devices have for it`() throws {
        for words in ["configuration database modified", "uncommitted changes", "discard-changes needed"] {
            #expect(try parse("<error-message>\(words)</error-message>").saysCandidateIsModified)
        }
        #expect(try !parse("<error-tag>lock-denied</error-tag>").saysCandidateIsModified)
    }

    @Test func `M-6: more than a hundred errors of one commit are all kept, in order`() throws {
        let many = (0..<150).map {
            "<rpc-error><error-tag>operation-failed</error-tag><error-message>\($0)</error-message></rpc-error>"
        }
        let element = try XMLElement(parsing: "<rpc-reply xmlns='\(base)'>\(many.joined())</rpc-reply>")
        #expect(RPCError.all(in: element).map(\.message) == (0..<150).map { "\($0)" })
    }
}
