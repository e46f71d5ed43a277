import ChangeWorkflow
import Foundation
import TestSupport
import Testing

/// A change on netconfd without a candidate: running is edited at once, and saved by copying it to startup.
@Suite(.serialized, .timeLimit(.minutes(5))) struct `An engagement on a NETCONF server with running and startup` {
    private func site(_ server: NETCONFServer, contact: String = "noc@example.net") async throws -> OneServerSite {
        try await OneServerSite(
            .init(
                port: server.port, platform: "netconfd", keyFile: try server.fact("PEER_KEY"),
                hostKeyFingerprint: try server.fact("PEER_HOSTKEY_SHA256")), contact: contact)
    }

    private func server() async throws -> NETCONFServer {
        try await NETCONFServer(port: try FreePorts.block(of: 1), options: ["--target", "running", "--with-startup"])
    }

    @Test func `is kept, and there after a power cut because it was saved`() async throws {
        let server = try await server()
        let site = try await site(server)
        try await site.approveAll()
        let plan = try site.workflow().showPlan(engagement: nil, asProcedure: false).text
        #expect(plan.contains("netconf-running-rollback"), "\(plan)")
        let done = try await site.apply()
        #expect(done.status == .done, "\(done.text)\n\(done.findings)")
        try await server.restart()
        let again = try await site.workflow().plan(engagement: nil)
        #expect(again.text.contains("nothing to do on any device"), "\(again.text)\n\(again.findings)")
    }

    @Test func `is taken back by its undo when a check fails`() async throws {
        let server = try await server()
        let site = try await site(server, contact: "somebody else")
        try await site.approveAll()
        let back = try await site.apply()
        #expect(back.status == .notDone, "\(back.text)\n\(back.findings)")
        #expect(back.text.contains("server  backed-out") && back.text.contains("AC-1  failed"), "\(back.text)")
        let again = try await site.workflow().plan(engagement: nil)
        #expect(again.text.contains("the same bytes as approved"), "\(again.text)\n\(again.findings)")
    }
}
