import NETCONFProtocol
import Testing
import XMLDocuments

@testable import LabDevices

@Suite struct `Files of a lab router` {
    private static let backup = NETCONFDatastore.url("file:///backup.xml")

    @Test func `CA-8: running is copied to a file, and back through the candidate, also after a reboot`() throws {
        var lab = MemoryLab()
        let session = try lab.session()
        #expect(lab.hello(session)?.capabilities.urlSchemes == ["file"])
        #expect(try lab.tags(.copyConfig(target: Self.backup, source: .datastore(.running)), on: session) == [])
        _ = try lab.edit(LabRouterTests.contact("x"), on: session)
        #expect(try lab.tags(.commit(CommitOptions()), on: session) == [])
        lab.network.reboot("core", at: lab.now)
        lab.wait(.seconds(120))
        let again = try lab.session()
        _ = try lab.edit(LabRouterTests.contact("y"), on: again)
        #expect(try lab.tags(.validate(.datastore(Self.backup)), on: again) == [])
        #expect(try lab.tags(.copyConfig(target: .candidate, source: .datastore(Self.backup)), on: again) == [])
        #expect(try !lab.read(.candidate, "<system/>", on: again).contains("contact"))
        let edit = EditConfig(target: .candidate, defaultOperation: .merge, content: .url("file:///backup.xml"))
        #expect(try lab.tags(.editConfig(edit), on: again) == [])
        #expect(try lab.tags(.deleteConfig(Self.backup), on: again) == [])
        #expect(try lab.tags(.deleteConfig(Self.backup), on: again) == ["operation-failed"])
        #expect(
            try lab.tags(.copyConfig(target: .candidate, source: .datastore(Self.backup)), on: again) == [
                "operation-failed"
            ])
    }

    @Test func `WD-5: defaults are a matter of files, and ignored for datastores`() throws {
        var lab = MemoryLab()
        let session = try lab.session()
        for (mode, expected) in [(WithDefaultsMode.reportAll, true), (.trim, false)] {
            _ = try lab.tags(
                .copyConfig(target: Self.backup, source: .datastore(.running), withDefaults: mode), on: session)
            _ = try lab.tags(.copyConfig(target: .candidate, source: .datastore(Self.backup)), on: session)
            #expect(try lab.read(.candidate, "<interfaces/>", on: session).contains("<mtu>1500</mtu>") == expected)
        }
        let copy = NETCONFOperation.copyConfig(target: .startup, source: .datastore(.running), withDefaults: .reportAll)
        #expect(try lab.tags(copy, on: session) == [])
        #expect(try !lab.read(.startup, "<interfaces/>", on: session).contains("mtu"))
    }

    @Test(arguments: [
        "http://192.0.2.1/x", "file:///../etc/passwd", "file:///a/../b", "file:///", "file:a b", "backup.xml",
        "file:///\(String(repeating: "x", count: 200))",
    ])
    func `CA-8: another scheme, and what names no file of its own, is a wrong value`(_ url: String) throws {
        var lab = MemoryLab()
        let session = try lab.session()
        #expect(
            try lab.tags(.copyConfig(target: .url(url), source: .datastore(.running)), on: session) == ["invalid-value"]
        )
        #expect(
            try lab.tags(.copyConfig(target: .candidate, source: .datastore(.url(url))), on: session) == [
                "invalid-value"
            ])
        #expect(try lab.tags(.deleteConfig(.url(url)), on: session) == ["invalid-value"])
        #expect(try lab.tags(.lock(.url(url)), on: session) == ["invalid-value"])
    }

    @Test func `CA-8: the flash is full at its limit`() throws {
        var lab = MemoryLab()
        let session = try lab.session()
        func copy(_ number: Int) throws -> [String] {
            try lab.tags(.copyConfig(target: .url("file:///\(number)"), source: .datastore(.running)), on: session)
        }
        for number in 0..<LabRouterFiles.maximumFiles { #expect(try copy(number) == []) }
        #expect(try copy(99) == ["resource-denied"])
        #expect(try copy(0) == [], "what is there can be written anew")
    }

    @Test func `CP-1: a running that is edited at once can be replaced as a whole`() throws {
        var lab = MemoryLab(profile: .running)
        let session = try lab.session()
        let content = try XMLElement.fragments(
            parsing: "<system><hostname>new</hostname></system>", namespaces: ["": MemoryLab.namespace])
        #expect(try lab.tags(.copyConfig(target: .running, source: .content(content)), on: session) == [])
        #expect(try lab.read(.running, on: session) == "<system><hostname>new</hostname></system>")
        #expect(
            try lab.tags(.copyConfig(target: Self.backup, source: .datastore(.running)), on: session) == [
                "operation-not-supported"
            ])
    }
}
