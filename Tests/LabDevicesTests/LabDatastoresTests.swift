import NETCONFProtocol
import Testing
import XMLDocuments

@testable import LabDevices

@Suite struct `Datastores of a lab router by name (RFC 8342, RFC 8526)` {
    private static func text(_ reply: RPCReply?) -> String {
        let elements = reply?.data?.elements.map(\.element) ?? []
        return elements.map { String(decoding: $0.serialized(), as: UTF8.self) }.joined()
            .replacing(" xmlns=\"urn:asbuilt:lab-router\"", with: "")
            .replacing(" xmlns:or=\"\(NETCONFNamespace.origin)\"", with: "")
    }

    private func wanted(_ filter: String) throws -> NETCONFFilter {
        .subtree(try XMLElement.fragments(parsing: filter, namespaces: ["": MemoryLab.namespace]))
    }

    @Test func `NM-1 NM-2: it says which datastores there are, and what they hold`() throws {
        var lab = MemoryLab()
        let session = try lab.session()
        #expect(lab.hello(session)?.capabilities.first(.yangLibrary11)?.parameter("content-id")?.isEmpty == false)
        let library = try lab.get(
            "<yang-library xmlns=\"urn:ietf:params:xml:ns:yang:ietf-yang-library\"/>", on: session)
        for name in ["running", "candidate", "startup", "intended", "operational"] {
            #expect(library.contains(">ds:\(name)</name><schema>all</schema>"), "\(name) in \(library)")
        }
        #expect(library.contains("<name>lab-router</name>") && library.contains("<content-id>"))
    }

    @Test func `NM-3: operational holds what is in use, with where it comes from`() throws {
        var lab = MemoryLab()
        let session = try lab.session()
        var request = GetData(datastore: "operational", withOrigin: true)
        request.filter = try wanted("<interfaces><interface><name>eth1</name></interface></interfaces>")
        let eth1 = Self.text(try lab.ask(.getData(request), on: session))
        #expect(eth1.hasPrefix("<interfaces or:origin=\"or:intended\"><interface><name>eth1</name>"), "\(eth1)")
        #expect(eth1.contains("<mtu or:origin=\"or:default\">1500</mtu>"), "\(eth1)")
        #expect(eth1.contains("<oper-status>up</oper-status>"), "\(eth1)")
        request.filter = try wanted("<interfaces><interface><name>lo</name></interface></interfaces>")
        let loopback = Self.text(try lab.ask(.getData(request), on: session))
        #expect(loopback.contains("<interface or:origin=\"or:system\"><name>lo</name>"), "\(loopback)")
        request.withOrigin = false
        #expect(try !Self.text(lab.ask(.getData(request), on: session)).contains("origin"))
    }

    @Test func `NM-3: configuration, state and origins are cut out, with the keys around them`() throws {
        var lab = MemoryLab()
        let session = try lab.session()
        func read(_ change: (inout GetData) -> Void) throws -> String {
            var request = GetData(datastore: "operational")
            change(&request)
            return Self.text(try lab.ask(.getData(request), on: session))
        }
        let configuration = try read { $0.configFilter = true }
        #expect(
            configuration.contains("<mtu>") && !configuration.contains("oper-status")
                && !configuration.contains("uptime"))
        let state = try read { $0.configFilter = false }
        #expect(state.contains("<name>eth1</name><oper-status>") && state.contains("<uptime>"), "\(state)")
        #expect(!state.contains("mtu") && !state.contains("hostname"), "\(state)")
        let system = try read { ($0.configFilter, $0.origins) = (true, ["system"]) }
        #expect(system.contains("<name>lo</name>") && !system.contains("eth1"), "\(system)")
        let others = try read {
            ($0.configFilter, $0.origins, $0.excludesOrigins) = (true, ["system", "default"], true)
        }
        #expect(others.contains("eth1") && !others.contains("lo<") && !others.contains("mtu"), "\(others)")
    }

    @Test func `NM-3: depth counts from what is selected, and keys stay`() throws {
        var lab = MemoryLab()
        let session = try lab.session()
        func read(_ depth: UInt16, _ filter: NETCONFFilter?) throws -> String {
            let request = GetData(datastore: "running", filter: filter, maximumDepth: depth)
            return Self.text(try lab.ask(.getData(request), on: session))
        }
        #expect(try read(1, nil) == "<system/><interfaces/>")
        #expect(try read(2, nil).contains("<interface><name>eth1</name></interface>"))
        #expect(
            try read(1, wanted("<interfaces><interface/></interfaces>"))
                == "<interfaces><interface><name>eth1</name></interface></interfaces>")
        let address = NETCONFFilter.xpath("//lr:address", namespaces: ["lr": MemoryLab.namespace])
        #expect(try read(1, address).contains("<address><ip>10.0.0.2</ip></address>"))
        #expect(try read(2, address).contains("<prefix-length>30</prefix-length>"))
    }

    @Test func `NM-3 NM-4: what a datastore cannot tell is a wrong value`() throws {
        var lab = MemoryLab()
        let session = try lab.session()
        var origin = GetData(datastore: "running", withOrigin: true)
        var strange = GetData(datastore: "operational")
        strange.origins = ["nowhere"]
        for request in [
            GetData(datastore: "dynamic"), origin, strange, GetData(datastore: "operational", withDefaults: .reportAll),
            GetData(datastore: "running", withDefaults: .reportAllTagged),
        ] { #expect(try lab.tags(.getData(request), on: session) == ["invalid-value"], "\(request)") }
        origin.withOrigin = false
        #expect(try lab.tags(.getData(origin), on: session) == [])
        let all = GetData(datastore: "intended", withDefaults: .reportAll)
        #expect(try Self.text(lab.ask(.getData(all), on: session)).contains("<mtu>1500</mtu>"))
    }

    @Test func `NM-5: edit-data writes the candidate, all or nothing, and nothing else`() throws {
        var lab = MemoryLab()
        let session = try lab.session()
        func edit(_ datastore: String, _ content: String, _ operation: EditConfig.DefaultOperation? = nil) throws
            -> [String]
        {
            let elements = try XMLElement.fragments(
                parsing: content, namespaces: ["": MemoryLab.namespace, "nc": NETCONFNamespace.base])
            return try lab.tags(
                .editData(datastore: datastore, defaultOperation: operation, content: .config(elements)), on: session)
        }
        #expect(try edit("candidate", "<system><contact>a</contact></system>") == [])
        #expect(try lab.read(.candidate, "<system><contact/></system>", on: session).contains("a"))
        #expect(
            try edit("candidate", "<system><location>b</location></system><bgp><as>0</as></bgp>") == ["invalid-value"])
        #expect(try !lab.read(.candidate, "<system><location/></system>", on: session).contains("b"))
        #expect(
            try edit("candidate", "<acls><acl><name>x</name></acl></acls>", EditConfig.DefaultOperation.none) == [
                "data-missing"
            ])
        for datastore in ["running", "operational", "intended", "nothing"] {
            #expect(try edit(datastore, "<system/>") == ["invalid-value"], "\(datastore)")
        }
        var direct = MemoryLab(profile: .running)
        let other = try direct.session()
        let contact = try XMLElement.fragments(
            parsing: "<system><contact>c</contact></system>", namespaces: ["": MemoryLab.namespace])
        #expect(
            try direct.tags(
                .editData(datastore: "running", defaultOperation: nil, content: .config(contact)), on: other) == [])
        #expect(try direct.read(.running, "<system><contact/></system>", on: other).contains("c"))
    }

    @Test func `NM-6: locks and validation take a datastore by its name`() throws {
        var lab = MemoryLab()
        let (a, b) = (try lab.session(), try lab.session())
        #expect(try lab.tags(.lock(.identity("candidate")), on: a) == [])
        #expect(try lab.tags(.lock(.candidate), on: b) == ["lock-denied"])
        #expect(try lab.tags(.validate(.datastore(.identity("candidate"))), on: a) == [])
        #expect(try lab.tags(.unlock(.identity("candidate")), on: a) == [])
        #expect(try lab.tags(.lock(.identity("operational")), on: a) == ["invalid-value"])
        #expect(try lab.tags(.validate(.datastore(.identity("nothing"))), on: a) == ["invalid-value"])
    }
}
