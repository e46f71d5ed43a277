import Testing
import XMLDocuments

@testable import YANGData

struct YANGDataTests {
    let context: YANGContext
    init() throws { context = try LabRouterModule.context() }

    let ns = "xmlns=\"urn:asbuilt:lab-router\" xmlns:nc=\"urn:ietf:params:xml:ns:netconf:base:1.0\""
    var startup: String {
        "<interfaces \(ns)><interface><name>eth0</name><description>uplink</description><mtu>9000</mtu></interface></interfaces>"
    }

    @Test func `a BGP session can be configured and its difference sent and taken back`() throws {
        let observed = try DataTree(startup, in: context)
        let edit = try DataTree(
            "<bgp \(ns)><as>65001</as><neighbor><address>192.0.2.1</address><remote-as>65002</remote-as></neighbor></bgp>",
            parsing: .edit, in: context)
        var planned = try observed.copy()
        try planned.applyEdit(edit)
        try planned.validate()
        let forward = try observed.diff(to: planned).netconfEdit()
        let backout = try planned.diff(to: observed).netconfEdit()
        var there = try observed.copy()
        try there.applyEdit(try DataTree(forward, parsing: .edit, in: context), defaultOperation: .none)
        try there.validate()
        #expect(try there.diff(to: planned).isEmpty)
        try there.applyEdit(try DataTree(backout, parsing: .edit, in: context), defaultOperation: .none)
        try there.validate()
        #expect(try there.diff(to: observed).isEmpty)
    }

    @Test func `create of what exists and delete of what is absent are refused with the right tags`() throws {
        func tag(_ xml: String) throws -> String? {
            var tree = try DataTree(startup, in: context)
            do {
                try tree.applyEdit(try DataTree(xml, parsing: .edit, in: context))
                return nil
            } catch let error as EditError { return error.tag }
        }
        #expect(
            try tag("<interfaces \(ns)><interface nc:operation='create'><name>eth0</name></interface></interfaces>")
                == "data-exists")
        #expect(
            try tag("<interfaces \(ns)><interface nc:operation='delete'><name>eth9</name></interface></interfaces>")
                == "data-missing")
        #expect(
            try tag("<interfaces \(ns)><interface><name>eth0</name><mtu>1</mtu></interface></interfaces>")
                == "invalid-value")
        #expect(try tag("<x xmlns='urn:none'/>") == "unknown-namespace")
    }

    @Test func `a subtree filter keeps only what it asks for`() throws {
        let tree = try DataTree(startup, in: context)
        let filter = try DataTree(
            "<interfaces \(ns)><interface><name>eth0</name><mtu/></interface></interfaces>", parsing: .edit, in: context
        )
        #expect(
            try tree.filtered(subtree: filter).print()
                == "<interfaces xmlns=\"urn:asbuilt:lab-router\"><interface><name>eth0</name><mtu>9000</mtu></interface></interfaces>"
        )
    }

    @Test func `what no schema knows is kept apart, not dropped`() throws {
        let data = try XMLElement(parsing: "<data>\(startup)<v xmlns='urn:vendor'><w>1</w></v></data>")
        let split = try DeviceData(data, in: context)
        #expect(split.unknown.map(\.name) == [XMLName("v", in: "urn:vendor")])
        #expect(try split.known.paths(matching: "/lab-router:interfaces/interface/mtu").count == 1)
        #expect(try split.canonicalText().contains("urn:vendor"))
    }
}
