import NETCONFProtocol
import Testing
import XMLDocuments

@testable import LabDevices

@Suite struct `Lab routers that offer less` {
    private func running(_ content: String, _ errorOption: EditConfig.ErrorOption? = nil) throws -> NETCONFOperation {
        let elements = try XMLElement.fragments(
            parsing: content, namespaces: ["": MemoryLab.namespace, "nc": NETCONFNamespace.base])
        return .editConfig(EditConfig(target: .running, errorOption: errorOption, content: .config(elements)))
    }

    @Test(arguments: LabNETCONFProfile.allCases)
    func `say so in the hello, and refuse the rest`(_ profile: LabNETCONFProfile) throws {
        var lab = MemoryLab(profile: profile)
        let session = try lab.session()
        let offered = try #require(lab.hello(session)).capabilities
        for capability in NETCONFCapability.Known.allCases where ![.withDefaults, .yangLibrary10].contains(capability) {
            #expect(offered.contains(capability) == profile.capabilities.contains(capability), "\(capability)")
        }
        for operation in [
            NETCONFOperation.commit(CommitOptions()), .discardChanges, .lock(.startup), .validate(.datastore(.running)),
            .createSubscription(stream: nil, filter: nil, startTime: nil, stopTime: nil),
        ] {
            let isOffered = operation.missingCapability(in: offered) == nil
            #expect(try (lab.tags(operation, on: session) == ["operation-not-supported"]) == !isOffered, "\(operation)")
        }
    }

    @Test func `CA-1 E-17: running is edited at once, is always valid, and survives a reboot`() throws {
        var lab = MemoryLab(profile: .running)
        let session = try lab.session()
        #expect(try lab.tags(try running(LabRouterTests.contact("now"), .rollbackOnError), on: session) == [])
        #expect(try lab.read(.running, "<system><contact/></system>", on: session).contains("now"))
        #expect(try lab.tags(try running("<bgp><as>0</as></bgp>"), on: session) == ["invalid-value"])
        lab.network.reboot("core", at: lab.now)
        lab.wait(.seconds(120))
        let again = try lab.session()
        #expect(try lab.read(.running, "<system><contact/></system>", on: again).contains("now"))
    }

    @Test func `CP-2 CA-7: with a startup only what was copied there survives`() throws {
        var lab = MemoryLab(profile: .runningStartup)
        let session = try lab.session()
        #expect(try lab.tags(try running(LabRouterTests.contact("kept")), on: session) == [])
        #expect(try lab.tags(.copyConfig(target: .startup, source: .datastore(.running)), on: session) == [])
        #expect(try lab.tags(try running(LabRouterTests.contact("lost")), on: session) == [])
        lab.network.reboot("core", at: lab.now)
        lab.wait(.seconds(120))
        let again = try lab.session()
        #expect(try lab.read(.running, "<system><contact/></system>", on: again).contains("kept"))
    }

    @Test func `CC-5: the habit of keeping what was committed in the candidate`() throws {
        var lab = MemoryLab(profile: .keepsCandidate)
        let session = try lab.session()
        _ = try lab.edit(LabRouterTests.contact("x"), on: session)
        _ = try lab.tags(.commit(CommitOptions(confirmed: true, confirmTimeoutSeconds: 30)), on: session)
        lab.wait(.seconds(30))
        #expect(try !lab.read(.running, "<system><contact/></system>", on: session).contains("x<"))
        #expect(try lab.read(.candidate, "<system><contact/></system>", on: session).contains("x<"))
    }

    @Test(arguments: [true, false])
    func `the habit of a timer that a lock on running keeps out`(_ isLocked: Bool) throws {
        var lab = MemoryLab(profile: .timerNeedsRunning)
        let session = try lab.session()
        if isLocked { _ = try lab.tags(.lock(.running), on: session) }
        _ = try lab.edit(LabRouterTests.contact("x"), on: session)
        _ = try lab.tags(.commit(CommitOptions(confirmed: true, confirmTimeoutSeconds: 30, persist: "t")), on: session)
        lab.wait(.seconds(30))
        #expect(try lab.read(.running, "<system><contact/></system>", on: session).contains("x<") == isLocked)
    }
}
