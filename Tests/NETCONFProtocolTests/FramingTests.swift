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

    @Test func `F-3 M-1: sizes count octets, and chunks may cut characters and tags anywhere`() throws {
        let text = "<rpc>größer</rpc>"
        for size in 1...7 {
            let framed = try FramingEncoder(mode: .chunked, maximumChunkBytes: size).frame(Array(text.utf8))
            for pieces in ChunkVerifier.splits(of: framed) { #expect(try decode(pieces, .chunked) == [text]) }
        }
    }

    /// The message of RFC 6242 §4.2: chunks of 4, 18 and 79 octets.
    @Test func `F-3 F-4: the example of RFC 6242 is read as it is meant`() throws {
        let bytes = """

            #4
            <rpc
            #18
             message-id="102"

            #79
                 xmlns="urn:ietf:params:xml:ns:netconf:base:1.0">
              <close-session/>
            </rpc>
            ##

            """
        #expect(
            try decode([Array(bytes.utf8)], .chunked) == [
                """
                <rpc message-id="102"
                     xmlns="urn:ietf:params:xml:ns:netconf:base:1.0">
                  <close-session/>
                </rpc>
                """
            ])
    }

    @Test func `F-4: the largest size is a header, one more is none, and one digit more is not read at all`() {
        for (header, code) in [
            ("\n#4294967295\n", NETCONFError.Code.tooBig), ("\n#4294967296\n", .framing), ("\n#42949672950", .framing),
            ("\n#99999999999999999999999999", .framing),
        ] {
            for pieces in ChunkVerifier.splits(of: Array(header.utf8)) {
                #expect { try decode(pieces, .chunked) } throws: { ($0 as? NETCONFError)?.code == code }
            }
        }
    }

    @Test func `F-4 N-11: many small chunks count together, and nothing beyond the limit is kept`() {
        var decoder = FramingDecoder(mode: .chunked, maximumMessageBytes: 1_000)
        #expect {
            for _ in 0..<2_000 {
                decoder.feed(Array("\n#1\nx".utf8))
                _ = try decoder.next()
            }
        } throws: { ($0 as? NETCONFError)?.code == .tooBig }
        // The same error again, and no more memory: the session is over.
        decoder.feed(Array("\n#1\nx\n##\n".utf8))
        #expect { try decoder.next() } throws: { ($0 as? NETCONFError)?.code == .tooBig }
    }

    @Test func `F-5 T-7: a message that is cut off is noticed as part of one, between messages nothing is`() throws {
        let whole = Array("\n#3\nabc\n##\n".utf8)
        for cut in 1..<whole.count {
            var decoder = FramingDecoder(mode: .chunked)
            decoder.feed(whole[..<cut])
            #expect(try decoder.next() == nil)
            #expect(decoder.hasPartialMessage == (cut > 1), "cut \(cut)")
        }
        var marked = FramingDecoder(mode: .endOfMessage)
        marked.feed(Array("<a/>]]>]]>\n".utf8))
        #expect(try marked.next() == Array("<a/>".utf8))
        #expect(!marked.hasPartialMessage)
    }

    @Test func `F-6: extra line feeds between messages are taken, and none are sent`() throws {
        #expect(try decode([Array("\n\n\n#1\na\n##\n\n\n\n#1\nb\n##\n".utf8)], .chunked) == ["a", "b"])
        #expect(try FramingEncoder(mode: .chunked).frame(Array("a".utf8)) == Array("\n#1\na\n##\n".utf8))
    }
}
