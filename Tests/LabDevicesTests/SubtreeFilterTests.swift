import Foundation
import Testing
import XMLDocuments

@testable import LabDevices

/// RFC 6241 §6, row by row, on the users of its own examples.
@Suite struct `Subtree filters` {
    private static let users = """
        <users xmlns="urn:u">
          <user kind="human"><name>root</name><type>superuser</type><company><dept>1</dept><id>1</id></company></user>
          <user kind="human"><name>fred</name><type>admin</type><company><dept>2</dept><id>2</id></company></user>
          <user kind="robot"><name>barney</name><type>admin</type></user>
        </users>
        <groups xmlns="urn:g"><group><name>fred</name></group></groups>
        """

    /// What a filter leaves, without the namespaces and layout.
    private func selected(_ filter: String) throws -> String {
        let data = try XMLElement.fragments(parsing: Self.users)
        let wanted = try XMLElement.fragments(parsing: filter)
        return SubtreeFilter(wanted).select(data).map { element in
            String(decoding: element.serialized(), as: UTF8.self)
        }.joined().replacing(" xmlns=\"urn:u\"", with: "").replacing(" xmlns=\"urn:g\"", with: "")
            .replacing(/\s+</, with: "<").replacing(/\ kind="[a-z]+"/, with: "")
    }

    private func users(_ inside: String) -> String { "<users xmlns=\"urn:u\">\(inside)</users>" }
    private let fred = "<user><name>fred</name><type>admin</type><company><dept>2</dept><id>2</id></company></user>"

    @Test func `SF-1 SF-2: a namespace has to be the same, no namespace is any`() throws {
        #expect(try selected("<users xmlns=\"urn:g\"/>") == "")
        #expect(try selected("<groups xmlns=\"\"/>") == "<groups><group><name>fred</name></group></groups>")
        #expect(
            try selected("<users xmlns=\"urn:u\"><user xmlns=\"\"><name>barney</name></user></users>").contains(
                "barney"))
    }

    @Test func `SF-3: every attribute that is given has to be there with its value`() throws {
        let robots = try selected(users("<user kind=\"robot\"/>"))
        #expect(robots == "<users><user><name>barney</name><type>admin</type></user></users>")
        #expect(try selected(users("<user kind=\"robot\" shift=\"night\"/>")) == "")
    }

    @Test func `SF-4 SF-5 SF-9 SF-10: containers lead to what is selected, empty elements select whole subtrees`()
        throws
    {
        #expect(try selected(users("")) == selected(users("<user/>")))
        #expect(
            try selected(users("<user><name/></user>"))
                == "<users><user><name>root</name></user><user><name>fred</name></user><user><name>barney</name></user></users>"
        )
        #expect(try selected(users("<user>\n  </user>")) == selected(users("<user/>")))
    }

    @Test func `SF-6 SF-11: values choose entries, all of them have to match, white space around them does not count`()
        throws
    {
        #expect(try selected(users("<user><name> fred </name></user>")) == "<users>\(fred)</users>")
        #expect(try selected(users("<user><name>fred</name><type>admin</type></user>")) == "<users>\(fred)</users>")
        #expect(try selected(users("<user><name>fred</name><type>superuser</type></user>")) == "")
        #expect(try selected(users("<user><name>fred</name><company/><type>superuser</type></user>")) == "")
    }

    @Test func `SF-12 SF-14: beside a value what else is asked for is given, and any leaf may be matched`() throws {
        #expect(
            try selected(users("<user><name>fred</name><type/></user>"))
                == "<users><user><name>fred</name><type>admin</type></user></users>")
        let admins = try selected(users("<user><type>admin</type><name/></user>"))
        #expect(admins.contains("fred") && admins.contains("barney") && !admins.contains("root"))
    }

    @Test func `SF-13: an entry in which nothing is found is left out`() throws {
        let found = try selected(users("<user><name/><company><dept>2</dept></company></user>"))
        #expect(found.contains("<dept>2</dept>") && !found.contains("<dept>1</dept>"))
        #expect(try selected(users("<user><shoe-size/></user>")) == "")
    }

    @Test func `SF-16: what is not there selects nothing`() throws {
        #expect(try selected("<no xmlns=\"urn:no\"/>") == "")
    }

    @Test func `SF-6: several entries of one list are either of them, and come once`() throws {
        let both = try selected(users("<user><name>fred</name></user><user><name>barney</name></user>"))
        #expect(both.contains("fred") && both.contains("barney") && !both.contains("root"))
        let once = try selected(users("<user><name>fred</name><type/></user><user><name>fred</name><company/></user>"))
        #expect(once.components(separatedBy: "fred").count == 2, "\(once)")
        #expect(once.contains("<type>") && once.contains("<company>"))
    }
}
