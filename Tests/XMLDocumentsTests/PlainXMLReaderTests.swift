import Foundation
import TestSupport
import Testing

@testable import XMLDocuments

/// Plain documents read without libxml2, against libxml2: what is read is read alike, and nothing that libxml2 refuses.
struct PlainXMLReaderTests {
    /// Everything a document holds, positions included.
    private func description(of storage: XMLStorage) -> [String] {
        storage.nodes.map { node in
            let name = node.name == XMLStorage.Node.textNode ? nil : storage.names[Int(node.name)]
            return
                "\(name.map { "\($0.prefix)|\($0.name)" } ?? "text") parent \(node.parent) end \(node.end) "
                + "at \(node.line):\(node.column) "
                + "attributes \(node.attributes) «\(storage.string(node.textStart, node.textLength))»"
        }
            + storage.attributes.map {
                let name = storage.names[Int($0.name)]
                return "\(name.prefix)|\(name.name)=«\(storage.string($0.start, $0.length))»"
            } + storage.declarations.map { "\($0.node) declares \(storage.declared[Int($0.index)])" }
            + ["\(storage.elementCount) elements"]
    }

    /// Nil when the plain reader left it to libxml2.
    @discardableResult
    private func compare(_ text: String, limits: XMLLimits = .standard) -> Bool {
        Array(text.utf8).withUnsafeBufferPointer { bytes in
            guard let plain = PlainXMLReader.read(bytes, limits: limits) else { return false }
            let storage: XMLStorage
            do throws(XMLError) { storage = try XMLTreeBuilder.parse(bytes, limits: limits) } catch {
                Issue.record("libxml2 refuses what was read as plain: \(error.what)\n\(text)")
                return true
            }
            #expect(description(of: plain) == description(of: storage), "\(text)")
            return true
        }
    }

    @Test(arguments: [
        "<a/>", " \n <a>\n</a> \n", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a xmlns=\"urn:a\"> x </a>",
        "<a xmlns='urn:a'><b> </b><c>\n<d/>\n</c>tail<e>1</e> more </a>",
        "<x:a xmlns:x=\"urn:x\" x:k=\"1\" k=\"2\"><x:b/><x:b xmlns:x=\"urn:y\" x:k='\"'/></x:a>",
        "<a>&lt;&amp; &quot;&apos;&gt; &amp;</a>", "<a>x>y] ]</a >", "<a\n  b = \"1\"\n\tc=\"\" ></a\n>",
        "<rpc-reply message-id=\"101\" xmlns=\"urn:ietf:params:xml:ns:netconf:base:1.0\"><ok/></rpc-reply>",
        "<a xmlns=\"http://example.net/yang/a\"><b xmlns=\"urn:b:1.0\"><c/></b><c/></a>",
    ])
    func `plain documents are read without libxml2 and alike`(_ text: String) {
        #expect(compare(text))
    }

    @Test(arguments: [
        "", " ", "<a", "<a>", "</a>", "<a></b>", "<a/><b/>", "<a/>x", "x<a/>", "<a b/>", "<a b=1/>", "<a b=\"<\"/>",
        "<a b=\"1\"c=\"2\"/>",
        "<a b=\"1\" b=\"2\"/>", "<a xmlns=\"urn:a\" xmlns=\"urn:b\"/>", "<x:a/>", "<a x:b=\"1\"/>",
        "<a:b:c xmlns:a=\"urn:a\"/>", "<:a/>",
        "<a xmlns:x=\"urn:a\" xmlns:y=\"urn:a\" x:k=\"1\" y:k=\"2\"/>", "<a xmlns:xml=\"urn:a\"/>",
        "<a xmlns:xmlns=\"urn:a\"/>",
        "<a xmlns:x=\"\"/>", "<a>]]></a>", "<a>& </a>", "<a>&unknown;</a>", "<a>&#0;</a>", "<a>\u{1}</a>", "<a>\0</a>",
        "<!DOCTYPE a><a/>",
        "<a><![CDATA[x]]></b>", "<a><!-- -- --></a>", "<1a/>", "<a></a x>", "< a/>", "<a xmlns=\"http://a b\"/>",
        "<?xml version=\"2\"?><a/>",
    ])
    func `what may be wrong is left to libxml2`(_ text: String) {
        #expect(!compare(text))
    }

    @Test(arguments: [
        "<a>é</a>", "<é/>", "<a>1\r\n2</a>", "<a b=\"1\n2\"/>", "<a b=\"&lt;\"/>", "<a>&#65;</a>", "<a><!-- x --></a>",
        "<a><![CDATA[x]]></a>",
        "<a><?x y?></a>", "<a xmlns=\"\"/>", "<a xmlns=\"no scheme\"/>", "<a xml:lang=\"en\"/>", "\u{FEFF}<a/>",
    ])
    func `what means more than it says is left to libxml2`(_ text: String) {
        #expect(!compare(text))
        let known = try? XMLDocument(parsing: Array(text.utf8)[...], usesLibrary: true)
        #expect((try? XMLDocument(parsing: text)) == known)
    }

    @Test func `limits hold for plain documents, too`() {
        let limits = XMLLimits(
            maximumBytes: 200, maximumDepth: 3, maximumNodes: 6, maximumNameBytes: 5, maximumAttributesPerTag: 2,
            maximumTagBytes: 30,
            maximumDistinctNames: 4)
        for text in [
            "<a><a><a><a/></a></a></a>", "<a><a/><a/><a/><a/><a/><a/></a>", "<toolong/>", "<a b=\"\" c=\"\" d=\"\"/>",
            "<a b=\"0123456789012345678901234567890\"/>", "<a><b/><c/><d/><e/></a>",
            "<a>" + String(repeating: "x", count: 200) + "</a>",
        ] {
            let error = #expect(throws: XMLError.self) {
                try XMLDocument(parsing: Array(text.utf8)[...], limits: limits)
            }
            #expect(error?.code == .limit, "\(text)")
        }
        #expect(compare("<a><b><c d=\"1\"/></b><a/></a>", limits: limits))
    }

    @Test func `documents with an edit here and there are read as libxml2 reads them`() {
        var generator = SeededGenerator(seed: 20_261_128)
        let pieces = [
            "<", ">", "/", "</", "/>", "=", "\"", "'", " ", "\n", "&amp;", "&", ";", "]]>", "<a>", "</a>", "<x:b>",
            "</x:b>", "xmlns=\"urn:n\"",
            " xmlns:x=\"urn:x\"", " x:k=\"v\"", " k='v'", "text", "<?xml version=\"1.0\"?>", "<!-- c -->",
            "<![CDATA[d]]>", "\t", ":", "é", "\r",
        ]
        func element(_ depth: Int) -> String {
            let name = ["a", "b", "x:c", "long-name.1", "_d"].randomElement(using: &generator) ?? "a"
            var text = "<" + name
            if depth == 0 { text += " xmlns:x=\"urn:x:\(Int.random(in: 0...1, using: &generator))\"" }
            if Bool.random(using: &generator) { text += " xmlns=\"urn:n\(Int.random(in: 0...2, using: &generator))\"" }
            if Int.random(in: 0..<3, using: &generator) == 0 { text += "\n k = 'v\(depth)' x:k=\"\"" }
            if Int.random(in: 0..<4, using: &generator) == 0 { return text + " />" }
            text += ">"
            for _ in 0..<Int.random(in: 0...(depth > 3 ? 0 : 3), using: &generator) {
                text += ["\n  ", "", "word &lt;", " "].randomElement(using: &generator) ?? ""
                text += element(depth + 1)
            }
            return text + (["", " t ", "\n"].randomElement(using: &generator) ?? "") + "</\(name)>"
        }
        var plain = 0
        for _ in 0..<1_500 {
            var text = element(0)
            #expect(compare(text))
            for _ in 0..<Int.random(in: 1...2, using: &generator) {
                let place = text.index(text.startIndex, offsetBy: Int.random(in: 0...text.count, using: &generator))
                let end =
                    text.index(place, offsetBy: Int.random(in: 0...2, using: &generator), limitedBy: text.endIndex)
                    ?? place
                text.replaceSubrange(place..<end, with: pieces.randomElement(using: &generator) ?? "")
            }
            if compare(text) { plain += 1 }
        }
        // Edits must not all end with libxml2, else nothing was compared.
        #expect(plain > 50)
    }
}
