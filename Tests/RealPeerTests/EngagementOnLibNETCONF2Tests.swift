import ChangeWorkflow
import Foundation
import Synchronization
import TestSupport
import Testing

/// A change on a server whose SSH, hello, framing and message checks are those of netopeer2's libraries. The site has no YANG
/// modules of it: those that it gives are used.
@Suite(.serialized, .timeLimit(.minutes(5))) struct `An engagement on a server of libnetconf2` {
    private func site(_ server: LibNETCONF2Server, contact: String = "noc@example.net") async throws -> OneServerSite {
        try await OneServerSite(
            .init(
                port: server.port, platform: "netopeer2", keyFile: server.keyFile,
                hostKeyFingerprint: server.hostKeyFingerprint), contact: contact)
    }

    @Test func `is kept under a token, proved, closed and verified`() async throws {
        let server = try await LibNETCONF2Server()
        let site = try await site(server)
        try await site.approveAll()
        let plan = try site.workflow().showPlan(engagement: nil, asProcedure: false).text
        #expect(plan.contains("netconf-candidate-confirmed-persist"), "\(plan)")
        #expect(plan.contains("contact") && plan.contains("interface[name='tun7']"), "\(plan)")
        #expect(plan.contains("YANG modules of the device's own"), "\(plan)")
        let done = try await site.apply()
        #expect(done.status == .done, "\(done.text)\n\(done.findings)")
        #expect(done.text.contains("server  kept") && done.text.contains("AC-1  proved"), "\(done.text)")
        #expect(try await site.workflow().plan(engagement: nil).text.contains("nothing to do on any device"))
        _ = try await site.workflow().close(
            engagement: nil, as: "bob@example.net", keyFile: site.worked.key("bob"), reasons: [], learnings: [])
        let verified = try await site.workflow().verify(engagement: nil, trustFile: nil)
        #expect(verified.text.contains("the chain is whole"), "\(verified.text) \(verified.findings)")
    }

    @Test func `is taken back when a check fails`() async throws {
        let server = try await LibNETCONF2Server()
        let site = try await site(server, contact: "somebody else")
        try await site.approveAll()
        let back = try await site.apply()
        #expect(back.status == .notDone, "\(back.text)\n\(back.findings)")
        #expect(back.text.contains("server  backed-out") && back.text.contains("AC-1  failed"), "\(back.text)")
        let again = try await site.workflow().plan(engagement: nil)
        #expect(again.text.contains("the same bytes as approved"), "\(again.text)\n\(again.findings)")
    }

    @Test func `is kept by a new session when the one that armed it is lost`() async throws {
        let server = try await LibNETCONF2Server()
        let site = try await site(server)
        try await site.approveAll()
        let drops = Mutex(0)
        let done = try await site.apply(whenArmed: {
            drops.withLock { $0 += 1 }
            server.dropSessions()
        })
        #expect(drops.withLock { $0 } > 0)
        #expect(done.status == .done, "\(done.text)\n\(done.findings)")
        #expect(done.text.contains("server  kept"), "\(done.text)")
        #expect(try await site.workflow().plan(engagement: nil).text.contains("nothing to do on any device"))
    }
}
