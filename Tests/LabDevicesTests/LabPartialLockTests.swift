import NETCONFProtocol
import Testing
import XMLDocuments

@testable import LabDevices

@Suite struct `Partial locks of a lab router` {
    private static let eth1 = "/lr:interfaces/lr:interface[lr:name='eth1']"

    private func lock(_ select: String...) -> NETCONFOperation {
        .partialLock(select: select, namespaces: ["lr": MemoryLab.namespace])
    }

    /// The number of a granted lock.
    private func granted(_ reply: RPCReply?) throws -> UInt32 {
        let reply = try #require(reply)
        #expect(reply.errors == [])
        return try #require(UInt32(reply.document.root.first("lock-id")?.trimmedText ?? ""))
    }

    private func mtu(_ interface: String, _ mtu: Int) -> String {
        "<interfaces><interface><name>\(interface)</name><mtu>\(mtu)</mtu></interface></interfaces>"
    }

    @Test func `CA-10: one session's part cannot be committed to by another, and all else can`() throws {
        var lab = MemoryLab()
        let (a, b) = (try lab.session(), try lab.session())
        let reply = try lab.ask(lock(Self.eth1), on: a)
        let id = try granted(reply)
        let node = try #require(reply?.document.root.first("locked-node"))
        #expect(node.trimmedText == Self.eth1)
        #expect(node.element.namespaces.contains { $0.prefix == "lr" && $0.uri == MemoryLab.namespace })
        // The candidate is free; what is locked is running.
        #expect(try lab.edit(mtu("eth1", 9000), on: b) == [])
        let refused = try #require(try lab.ask(.commit(CommitOptions()), on: b))
        #expect(refused.errors.map(\.tag) == [.inUse])
        #expect(refused.errors.first?.lockHolder == 1)
        #expect(refused.errors.first?.message?.contains(Self.eth1) == true)
        _ = try lab.tags(.discardChanges, on: b)
        #expect(try lab.edit(mtu("eth2", 9000), on: b) == [])
        #expect(try lab.tags(.commit(CommitOptions()), on: b) == [])
        // Its owner may change it.
        #expect(try lab.edit(mtu("eth1", 4000), on: a) == [])
        #expect(try lab.tags(.commit(CommitOptions()), on: a) == [])
        #expect(try lab.tags(.partialUnlock(lockID: id), on: b) == ["invalid-value"])
        #expect(try lab.tags(.partialUnlock(lockID: id), on: a) == [])
        #expect(try lab.edit(mtu("eth1", 1500), on: b) == [])
        #expect(try lab.tags(.commit(CommitOptions()), on: b) == [])
    }

    @Test func `CA-10: what would delete a locked part from above is refused too`() throws {
        var lab = MemoryLab()
        let (a, b) = (try lab.session(), try lab.session())
        _ = try granted(try lab.ask(lock(Self.eth1 + "/lr:ipv4"), on: a))
        #expect(try lab.edit("<interfaces nc:operation=\"delete\"/>", on: b) == [])
        #expect(try lab.tags(.commit(CommitOptions()), on: b) == ["in-use"])
        #expect(try lab.read(.running, "<interfaces/>", on: b).contains("10.0.0.2"))
    }

    @Test func `CA-10: a running that is edited at once is guarded as well`() throws {
        var lab = MemoryLab(profile: .running)
        let (a, b) = (try lab.session(), try lab.session())
        _ = try granted(try lab.ask(lock("/lr:system"), on: a))
        guard case .editConfig(var edit) = try MemoryLab.edit(LabRouterTests.contact("x")) else { return }
        edit.target = .running
        #expect(try lab.tags(.editConfig(edit), on: b) == ["in-use"])
        #expect(try lab.tags(.editConfig(edit), on: a) == [])
    }

    @Test func `CA-10: overlapping parts, whole locks and pending commits keep each other out`() throws {
        var lab = MemoryLab()
        let (a, b) = (try lab.session(), try lab.session())
        _ = try granted(try lab.ask(lock(Self.eth1), on: a))
        let inner = try #require(try lab.ask(lock(Self.eth1 + "/lr:ipv4"), on: b))
        #expect(inner.errors.map(\.tag) == [.lockDenied] && inner.errors.first?.lockHolder == 1)
        #expect(try lab.tags(lock("/lr:interfaces"), on: b) == ["lock-denied"])
        #expect(try lab.tags(lock("/lr:system"), on: b) == [])
        #expect(try lab.tags(lock(Self.eth1), on: a) == [], "one's own locks may overlap")
        #expect(try lab.tags(.lock(.running), on: a) == ["lock-denied"])
        lab.hangUp(a)
        lab.hangUp(b)
        let (c, d) = (try lab.session(), try lab.session())
        #expect(try lab.tags(.lock(.running), on: c) == [], "locks end with their sessions")
        #expect(try lab.tags(lock("/lr:system"), on: d) == ["lock-denied"])
        #expect(try lab.tags(lock("/lr:system"), on: c) == ["lock-denied"])
        _ = try lab.tags(.unlock(.running), on: c)
        _ = try lab.edit(LabRouterTests.contact("x"), on: c)
        #expect(try lab.tags(.commit(CommitOptions(confirmed: true)), on: c) == [])
        let pending = try #require(try lab.ask(lock("/lr:system"), on: d))
        #expect(pending.errors.map(\.appTag) == ["outstanding-confirmed-commit"])
    }

    @Test func `CA-10: a selection of nothing, of a value, or of nonsense is told apart`() throws {
        var lab = MemoryLab()
        let session = try lab.session()
        for (select, tag, appTag) in [
            ("/lr:bgp", "operation-failed", "no-matches"), ("count(/lr:system)", "invalid-value", "not-a-node-set"),
            ("/lr:system[", "invalid-value", nil), ("/no:system", "invalid-value", nil),
        ] as [(String, String, String?)] {
            let reply = try #require(try lab.ask(lock(select), on: session))
            #expect(reply.errors.map(\.tag.rawValue) == [tag] && reply.errors.first?.appTag == appTag, "\(select)")
            #expect(reply.errors.first?.message?.isEmpty == false)
        }
    }

    @Test func `MO-1: partial locks are shown with who holds what`() throws {
        var lab = MemoryLab()
        let session = try lab.session()
        _ = try granted(try lab.ask(lock(Self.eth1), on: session))
        let filter = "<netconf-state xmlns=\"\(NETCONFNamespace.monitoring)\"><datastores/></netconf-state>"
        let shown = try lab.get(filter, on: session)
        #expect(shown.contains("<lock-id>1</lock-id><locked-by-session>1</locked-by-session>"), "\(shown)")
        #expect(shown.contains("\(Self.eth1)</locked-node>"), "\(shown)")
    }
}
