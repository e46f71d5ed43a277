import ChangeWorkflow
import Diagnostics
import Foundation
import TestSupport
import Testing

/// Secrets in leaves whose type refuses a placeholder, on the lab's NETCONF routers with their modules.
@Suite(.serialized) struct `An engagement with secrets of strict types` {
    private func site(_ content: String) async throws -> LabSite {
        let site = try await LabSite()
        try site.narrow(to: ["ams-edge-1", "ams-core-1"])
        try site.worked.edit(WorkedSite.engagement + "/templates/core-bgp.xml.j2") { $0 + content }
        try await site.approveAll()
        return site
    }

    private func running(_ site: LabSite) async throws -> String {
        try await site.byHand("ams-core-1", ["<get-config><source><running/></source></get-config>"])
    }

    @Test func `a value that fits is planned unseen, sent, and read back as what was meant`() async throws {
        let site = try await site(
            """
            <system xmlns="urn:asbuilt:lab-router">
              <hostname>{{ secret("env:TRANSIT_BGP_PASSWORD") }}</hostname>
            </system>

            """)
        let plan = try site.workflow().showPlan(engagement: nil, asProcedure: false).text
        #expect(plan.contains("the type of /lab-router:system/lab-router:hostname is not checked"), "\(plan)")
        let done = try await site.apply()
        #expect(done.status == .done, "\(done.text)\n\(done.findings)")
        #expect(try await running(site).contains("<hostname>\(LabSite.secret)</hostname>"))
        #expect(try await site.workflow().plan(engagement: nil).text.contains("nothing to do on any device"))
    }

    @Test func `a value of another type stops the run before anything is sent, and is shown nowhere`() async throws {
        let site = try await site(
            """
            <interfaces xmlns="urn:asbuilt:lab-router">
              <interface><name>eth1</name><mtu>{{ secret("env:TRANSIT_BGP_PASSWORD") }}</mtu></interface>
            </interfaces>

            """)
        let before = try await running(site)
        let answer = try await site.apply()
        #expect(answer.status == .notDone, "\(answer.text)\n\(answer.findings)")
        #expect(
            answer.text.contains("is none of the type of /lab-router:interfaces/lab-router:interface/lab-router:mtu"),
            "\(answer.text)")
        #expect(!"\(answer)".contains(LabSite.secret))
        #expect(try await running(site) == before)
    }
}
