import Testing
import XMLDocuments

@testable import YANGData

/// `<edit-config>` row by row (RFC 6241 §7.2, RFC 7950 §7): what is there, what is asked, what comes of it.
@Suite struct `Edits by the rows of the checklist` {
    private static let module = """
        module rows { yang-version 1.1; namespace "urn:rows"; prefix r;
          container top {
            leaf a { type string; } leaf b { type uint8; default "7"; } leaf-list tag { type string; }
            leaf-list order { ordered-by user; type string; }
            list entry { key "name"; leaf name { type string; } leaf value { type string; } leaf other { type string; } }
            list rule { key "id"; ordered-by user; leaf id { type string; } leaf act { type string; } }
            choice way { case one { leaf one { type string; } } case two { leaf two { type string; } } }
            container inner { leaf x { type string; } } container here { presence "is here"; }
            leaf state { config false; type string; } leaf only { when "../a = 'yes'"; type string; }
          }
        }
        """
    private static let context = Result {
        try YANGContext(searchDirectories: [], modules: [], sources: [module])
    }

    private func wrapped(_ inside: String) -> String {
        "<top xmlns=\"urn:rows\" xmlns:nc=\"urn:ietf:params:xml:ns:netconf:base:1.0\" xmlns:y=\"urn:ietf:params:xml:ns:yang:1\">\(inside)</top>"
    }

    /// Content of `top` after an edit, or the tag of the error; the tree is then as it was.
    private func edited(_ before: String, _ edit: String, _ operation: EditOperation = .merge, validated: Bool = false)
        throws
        -> String
    {
        let context = try Self.context.get()
        var tree = try DataTree(wrapped(before), parsing: .unvalidated, in: context)
        do {
            try tree.applyEdit(try DataTree(wrapped(edit), parsing: .edit, in: context), defaultOperation: operation)
            if validated { try tree.validate() }
        } catch let error as EditError {
            return error.tag + (error.appTag.map { "/\($0)" } ?? "")
        } catch is YANGFailure {
            return "invalid"
        }
        let printed = try tree.print()
        if printed.isEmpty { return "" }
        return try XMLElement(parsing: printed).elements.map { element in
            String(decoding: element.serialized(), as: UTF8.self).replacing(" xmlns=\"urn:rows\"", with: "")
        }.joined()
    }

    private let entry = "<entry><name>n</name><value>v</value><other>o</other></entry>"

    @Test func `E-1: merge makes what is absent and changes what is named`() throws {
        #expect(try edited("", "<a>1</a>") == "<a>1</a>")
        #expect(try edited("<a>0</a>", "<a>1</a>") == "<a>1</a>")
        #expect(
            try edited(entry, "<entry><name>n</name><value>w</value></entry>") == entry.replacing(">v<", with: ">w<"))
        #expect(try edited("<tag>x</tag>", "<tag>y</tag>") == "<tag>x</tag><tag>y</tag>")
        #expect(try edited("<tag>x</tag>", "<tag>x</tag>") == "<tag>x</tag>")
    }

    @Test func `E-2 E-11: replace leaves exactly what is given`() throws {
        #expect(
            try edited(entry, "<entry nc:operation=\"replace\"><name>n</name><value>w</value></entry>")
                == "<entry><name>n</name><value>w</value></entry>")
        #expect(
            try edited("", "<entry nc:operation=\"replace\"><name>n</name></entry>") == "<entry><name>n</name></entry>")
        #expect(try edited(entry + "<a>0</a>", "<a>1</a>", .replace) == "<a>1</a>")
    }

    @Test func `E-3 E-4 E-5: create, delete and remove, present and absent`() throws {
        let named = { (operation: String) in "<entry nc:operation=\"\(operation)\"><name>n</name></entry>" }
        #expect(try edited("", named("create")) == "<entry><name>n</name></entry>")
        #expect(try edited(entry, named("create")) == "data-exists")
        #expect(try edited(entry, named("delete")) == "")
        #expect(try edited("<a>0</a>", named("delete")) == "data-missing")
        #expect(try edited(entry, named("remove")) == "")
        #expect(try edited("<a>0</a>", named("remove")) == "<a>0</a>")
    }

    @Test func `E-6 E-12: none only walks, and makes no parents for a delete`() throws {
        let inside = "<entry><name>n</name><value nc:operation=\"delete\"/></entry>"
        #expect(try edited(entry, inside, .none) == entry.replacing("<value>v</value>", with: ""))
        #expect(try edited("<a>0</a>", inside, .none) == "data-missing")
        #expect(try edited("<a>0</a>", inside, .merge) == "data-missing")
    }

    @Test func `E-7: an entry without its key is refused whatever is done with it`() throws {
        for operation in ["merge", "delete", "remove", "create", "replace"] {
            #expect(
                try edited(entry, "<entry nc:operation=\"\(operation)\"><value>v</value></entry>") == "missing-element")
        }
    }

    @Test func `E-8: the value of a leaf that goes does not matter, that of a leaf-list entry names it`() throws {
        #expect(try edited("<a>0</a>", "<a nc:operation=\"delete\">other</a>") == "")
        #expect(try edited("<a>0</a>", "<a nc:operation=\"delete\"/>") == "")
        #expect(try edited("<tag>x</tag><tag>y</tag>", "<tag nc:operation=\"delete\">y</tag>") == "<tag>x</tag>")
        #expect(try edited("<tag>x</tag>", "<tag nc:operation=\"delete\">z</tag>") == "data-missing")
    }

    @Test func `E-10: nothing can be made inside of what is deleted`() throws {
        let edit = "<entry nc:operation=\"delete\"><name>n</name><value nc:operation=\"merge\">w</value></entry>"
        #expect(try edited(entry, edit) == "operation-failed")
        #expect(
            try edited(
                "<inner><x>1</x></inner>", "<inner nc:operation=\"delete\"><x nc:operation=\"create\">2</x></inner>")
                == "operation-failed")
    }

    @Test func `E-13: the other case of a choice goes`() throws {
        #expect(try edited("<one>1</one><a>x</a>", "<two>2</two>", validated: true).contains("<two>2</two>"))
        #expect(try edited("<one>1</one><a>x</a>", "<two>2</two>") == "<a>x</a><two>2</two>")
        #expect(try edited("<one>1</one>", "<one>3</one>") == "<one>3</one>")
    }

    @Test func `E-14: what the schema does not have, what is state and what its condition forbids are refused`() throws
    {
        #expect(try edited("", "<nothing>1</nothing>") == "unknown-element")
        #expect(["unknown-element", "invalid-value", "invalid"].contains(try edited("", "<state>1</state>")))
        #expect(
            try edited("", "<only>1</only>", validated: true) == "invalid"
                || edited("", "<only>1</only>", validated: true).contains("only") == false)
        #expect(try edited("", "<b>300</b>") == "invalid-value")
    }

    @Test func `E-15: entries that the user orders go where they are put, and stay there`() throws {
        let rules = "<rule><id>1</id></rule><rule><id>2</id></rule>"
        let new = { (insert: String) in "<rule \(insert)><id>3</id></rule>" }
        let three = "<rule><id>3</id></rule>"
        let (one, two) = ("<rule><id>1</id></rule>", "<rule><id>2</id></rule>")
        #expect(try edited(rules, new("")) == one + two + three)
        #expect(try edited(rules, new("y:insert=\"first\"")) == three + one + two)
        #expect(try edited(rules, new("y:insert=\"last\"")) == one + two + three)
        #expect(
            try edited(rules, new("xmlns:r=\"urn:rows\" y:insert=\"before\" y:key=\"[r:id='2']\"")) == one + three + two
        )
        #expect(
            try edited(rules, new("xmlns:r=\"urn:rows\" y:insert=\"after\" y:key=\"[r:id='1']\"")) == one + three + two)
        #expect(
            try edited(rules, new("xmlns:r=\"urn:rows\" y:insert=\"after\" y:key=\"[r:id='9']\""))
                == "bad-attribute/missing-instance")
        #expect(try edited(rules, new("y:insert=\"after\"")) == "missing-attribute")
        #expect(
            try edited(rules, "<rule nc:operation=\"replace\"><id>1</id><act>x</act></rule>")
                == "<rule><id>1</id><act>x</act></rule>" + two)
        #expect(
            try edited("<order>a</order><order>b</order>", "<order y:insert=\"first\">b</order>")
                == "<order>b</order><order>a</order>")
    }

    @Test func `E-16 WD-7: what is only a default can be created and not deleted`() throws {
        let context = try Self.context.get()
        for (operation, tag) in [("create", nil), ("delete", "data-missing")] as [(String, String?)] {
            var tree = try DataTree(wrapped("<a>1</a>"), parsing: .validated, in: context)
            let edit = try DataTree(wrapped("<b nc:operation=\"\(operation)\">7</b>"), parsing: .edit, in: context)
            do {
                try tree.applyEdit(edit)
                #expect(tag == nil)
                #expect(try tree.print().contains("<b>7</b>"))
            } catch let error as EditError { #expect(error.tag == tag) }
        }
    }

    @Test func `E-19: a container that only holds others goes with its last child`() throws {
        #expect(try edited("<inner><x>1</x></inner>", "<inner><x nc:operation=\"delete\"/></inner>") == "")
        #expect(try edited("<here/>", "<a>1</a>").contains("<here/>"))
    }
}
