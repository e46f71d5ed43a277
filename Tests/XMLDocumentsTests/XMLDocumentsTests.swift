import Foundation
import Testing

@testable import XMLDocuments

struct XMLDocumentsTests {
    @Test func `names, attributes, text and positions survive parsing`() throws {
        let root = try XMLElement(
            parsing: """
                <?xml version="1.0" encoding="UTF-8"?>
                <nc:data xmlns:nc="urn:nc" xmlns="urn:d">
                  <!-- a comment -->
                  <a x="1 &amp; 2" nc:op='del"ete'
                     y="&lt;">t&#233;xt &amp; more</a>é<b/>
                  <c><![CDATA[<raw>]]></c>
                </nc:data>
                """)
        #expect(root.name == XMLName("data", in: "urn:nc"))
        #expect(root.prefix == "nc")
        let a = try #require(root.first("a", in: "urn:d"))
        #expect(a.attribute("x") == "1 & 2")
        #expect(a.attribute("op", in: "urn:nc") == "del\"ete")
        #expect(a.attribute("y") == "<")
        #expect(a.text == "téxt & more")
        #expect(a.position == XMLPosition(line: 4, column: 3))
        #expect(root.first("b")?.position == XMLPosition(line: 5, column: 40))
        #expect(root.first("c")?.text == "<raw>")
        #expect(root.text == "é")
    }

    @Test func `printing and parsing again gives an equal tree`() throws {
        let text = """
            <r xmlns="urn:a" xmlns:b="urn:b" b:k="v"><b:x><y xmlns="">t &lt;&gt;&amp;</y><b:z/></b:x>tail</r>
            """
        let tree = try XMLElement(parsing: text)
        #expect(try XMLElement(parsing: tree.serialized()) == tree)
        #expect(String(decoding: tree.serialized(), as: UTF8.self) == text)
        let view = try XMLDocument(parsing: text).root
        #expect(try XMLElement(parsing: view.serialized()) == tree)
    }

    @Test func `an element printed alone declares the prefixes it may need`() throws {
        let document = try XMLDocument(
            parsing: #"<r xmlns:i="urn:i" xmlns="urn:r"><d><t>i:ethernet</t></d></r>"#)
        let inner = try #require(document.root.first("d"))
        let copy = try XMLDocument(parsing: inner.serialized())
        #expect(copy.root.namespacesInScope["i"] == "urn:i")
        #expect(copy.root.namespace == "urn:r")
        #expect(inner.element.namespaces.contains(XMLNamespaceDeclaration(prefix: "i", uri: "urn:i")))
    }

    @Test func `the end-of-message mark cannot appear in printed text`() {
        let element = XMLElement("a", in: "", text: "x]]>]]>y")
        #expect(!String(decoding: element.serialized(), as: UTF8.self).contains("]]>"))
    }

    @Test func `a document type is refused before anything of it is used`() {
        for text in [
            "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/hostname\">]><a>&x;</a>",
            "<?xml version=\"1.0\"?>\n<!DOCTYPE a><a/>", "<a/><!DOCTYPE b>",
        ] {
            #expect { try XMLDocument(parsing: text) } throws: { ($0 as? XMLError)?.code == .documentType }
        }
    }

    @Test(arguments: [
        "<a>&undefined;</a>", "<a><b></a>", "<a", "<a/><b/>", "text", "<a x='1' x='2'/>", "<p:a/>", "<a>\u{1}</a>",
        "<a>",
    ])
    func `text that is not well-formed is refused`(text: String) {
        #expect(throws: XMLError.self) { try XMLDocument(parsing: text) }
    }

    @Test func `other encodings and stray bytes are refused`() {
        for bytes: [UInt8] in [
            [0xFF, 0xFE, 0x3C, 0x00], [0x00, 0x3C], Array("<a>".utf8) + [0xC3, 0x28] + Array("</a>".utf8),
            Array("<a>".utf8) + [0] + Array("</a>".utf8), Array("<a b=\"".utf8) + [0xE9] + Array("\"/>".utf8),
        ] {
            #expect(throws: XMLError.self) { try XMLDocument(parsing: bytes) }
        }
        #expect { try XMLDocument(parsing: "  \n ") } throws: { ($0 as? XMLError)?.code == .empty }
    }

    @Test func `limits on depth, tag length, attributes, names and nodes hold`() throws {
        func code(_ text: String, _ limits: XMLLimits = .standard) -> XMLError.Code? {
            do throws(XMLError) {
                _ = try XMLDocument(parsing: text, limits: limits)
                return nil
            } catch { return error.code }
        }
        let deep = { (n: Int) in String(repeating: "<a>", count: n) + String(repeating: "</a>", count: n) }
        #expect(code(deep(200)) == nil)
        #expect(code(deep(201)) == .limit)
        #expect(code(deep(100_000)) == .limit)
        let attributes = { (n: Int) in "<a " + (0..<n).map { "x\($0)='>'" }.joined(separator: " ") + "/>" }
        #expect(code(attributes(512)) == nil)
        #expect(code(attributes(513)) == .limit)
        #expect(code(attributes(200_000)) == .limit)
        #expect(code("<a x='" + String(repeating: "y", count: 70_000) + "'/>") == .limit)
        #expect(code("<" + String(repeating: "n", count: 1_025) + "/>") == .limit)
        #expect(code("<a><b/><b/></a>", XMLLimits(maximumNodes: 2)) == .limit)
        #expect(code("<a>12345</a>", XMLLimits(maximumBytes: 4)) == .limit)
        #expect(code("<a><!--" + String(repeating: "<", count: 80_000) + "--></a>") == nil)
    }

    @Test func `comments, sections and instructions with markup inside do not confuse positions`() throws {
        let root = try XMLElement(
            parsing: "<r>\n<!-- <x> ]]> -- >\n--><?pi <y> ?><![CDATA[<z>]] >]]>\n  <a p='<'/></r>".replacing(
                " -- ", with: " - "
            )
            .replacing("'<'", with: "'&lt;>'"))
        #expect(root.first("a")?.position == XMLPosition(line: 4, column: 3))
    }

    @Test func `canonical text ignores prefixes, attribute order and layout`() throws {
        let a = try XMLElement(
            parsing: #"<d xmlns="urn:x" xmlns:t="urn:t"><i b="2" a="1"><n> eth0 </n><ty>t:eth</ty></i></d>"#)
        let b = try XMLElement(
            parsing:
                "<x:d xmlns:x='urn:x'>\n <x:i a='1' b='2'>\n<x:n>eth0</x:n><x:ty xmlns:q='urn:t'>q:eth</x:ty></x:i></x:d>"
        )
        #expect(a.canonicalText() == b.canonicalText())
        #expect(
            a.canonicalText() == """
                <d xmlns="urn:x">
                  <i a="1" b="2">
                    <n>eth0</n>
                    <ty>{urn:t}eth</ty>
                  </i>
                </d>

                """)
    }

    @Test func `a million bytes parse into a compact tree`() throws {
        var text = "<data xmlns=\"urn:x\">"
        for number in 0..<20_000 { text += "<item><name>n\(number)</name><value>\(number)</value></item>" }
        text += "</data>"
        let document = try XMLDocument(parsing: text)
        #expect(document.elementCount == 60_001)
        var last: XMLElementView?
        for item in document.root.elements { last = item }
        #expect(last?.first("name")?.text == "n19999")
    }
}

struct XPathTests {
    let document = Array(
        """
        <rpc-reply xmlns="urn:nc"><data><i:interfaces xmlns:i="urn:i">
          <i:interface up="true"><i:name>eth0</i:name><i:mtu>1500</i:mtu></i:interface>
          <i:interface up="false"><i:name>eth1</i:name><i:mtu>9000</i:mtu></i:interface>
        </i:interfaces></data></rpc-reply>
        """.utf8)
    let namespaces = ["n": "urn:nc", "x": "urn:i"]

    func evaluate(_ text: String) throws -> XPathValue {
        try XPathExpression(text).evaluate(on: document, namespaces: namespaces)
    }

    @Test func `node-sets, strings, numbers and booleans come back typed`() throws {
        #expect(try evaluate("//x:interface/x:name").strings == ["eth0", "eth1"])
        #expect(try evaluate("count(//x:interface)") == .number(2))
        #expect(try evaluate("string(//x:interface[x:mtu > 2000]/x:name)") == .string("eth1"))
        #expect(try evaluate("//x:interface/@up = 'true'") == .boolean(true))
        #expect(try evaluate("//x:interface/@up").strings == ["true", "false"])
        #expect(try evaluate("sum(//x:mtu)").stringValue == "10500")
        #expect(try evaluate("//x:none") == .nodes([]))
        #expect(try evaluate("//x:none").stringValue == nil)
    }

    @Test func `a node knows its element, line and path`() throws {
        guard case .nodes(let nodes) = try evaluate("//x:interface[2]") else {
            Issue.record("no node-set")
            return
        }
        let node = try #require(nodes.first)
        #expect(node.kind == .element)
        #expect(node.line == 3)
        #expect(node.element?.first("mtu", in: "urn:i")?.text == "9000")
        #expect(node.path.hasSuffix("i:interface[2]"))
    }

    @Test func `bad expressions and unbound prefixes are errors that say so`() {
        #expect { try XPathExpression("//[") } throws: { ($0 as? XMLError)?.code == .expression }
        #expect { try evaluate("//y:name") } throws: { ($0 as? XMLError)?.code == .evaluation }
        #expect { try evaluate("nonsense(1)") } throws: { ($0 as? XMLError)?.code == .evaluation }
    }

    @Test func `an expression that would run for ever is stopped`() throws {
        let many = Array(("<a>" + String(repeating: "<b/>", count: 3_000) + "</a>").utf8)
        let expression = try XPathExpression("count(//b[count(//b[count(//b) > 1]) > 1])")
        #expect { try expression.evaluate(on: many) } throws: { ($0 as? XMLError)?.code == .evaluation }
    }

    @Test func `a document type is refused for XPath too`() throws {
        let expression = try XPathExpression("/a")
        #expect { try expression.evaluate(on: Array("<!DOCTYPE a><a/>".utf8)) } throws: {
            ($0 as? XMLError)?.code == .documentType
        }
    }
}

@Suite struct `What fuzzing found in XML` {
    @Test func `an ampersand in a namespace is that character, and survives printing`() throws {
        let text = "<a:x xmlns:a=\"urn:a?b&amp;c\" xmlns=\"urn:&amp;b\" a:y=\"&amp;#38;\"><z/></a:x>"
        let element = try XMLElement(parsing: text)
        #expect(element.namespace == "urn:a?b&c")
        #expect(element.attribute("y", in: "urn:a?b&c") == "&#38;")
        #expect(element.elements.first?.namespace == "urn:&b")
        #expect(element.namespaces.map(\.uri) == ["urn:a?b&c", "urn:&b"])
        #expect(try XMLElement(parsing: element.serialized()) == element)
    }
}
