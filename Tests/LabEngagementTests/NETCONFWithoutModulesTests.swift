import ChangeWorkflow
import Diagnostics
import Foundation
import TestSupport
import Testing

/// The worked engagement, its NETCONF routers known only as servers that keep to the RFCs.
@Suite(.serialized) struct `An engagement on NETCONF servers without YANG modules` {
    private func site() async throws -> LabSite {
        let site = try await LabSite()
        try site.worked.edit("inventory/groups.yaml") {
            $0.replacing("platform: lab_router", with: "platform: netconf")
        }
        return site
    }

    @Test func `is planned with its weakness shown, carried out, closed and verified`() async throws {
        let site = try await site()
        try await site.approveAll()
        let plan = try site.workflow().showPlan(engagement: nil, asProcedure: false).text
        #expect(plan.contains("no YANG modules of netconf are known"), "\(plan)")
        #expect(plan.contains("+  neighbor[address='10.0.1.1']"), "\(plan)")
        let done = try await site.apply()
        #expect(done.status == .done, "\(done.text)\n\(done.findings)")
        for criterion in ["AC-1", "AC-2", "AC-3"] {
            #expect(done.text.contains("\(criterion)  proved"), "\(done.text)")
        }
        _ = try await site.close()
        #expect(try await site.workflow().verify(engagement: nil, trustFile: nil).text.contains("the chain is whole"))
        #expect(try await site.workflow().plan(engagement: nil).text.contains("nothing to do on any device"))
    }

    @Test func `is checked with the modules that the routers give, which the approver is told`() async throws {
        // It answers when it is started for a task of ours; the test's own main does not.
        InternalTask.use(try BuiltProgram.path("asbuilt-crashing"))
        let site = try await site()
        try await site.approve("spec", "alice")
        let good = try await site.workflow().plan(engagement: nil)
        #expect(good.findings.hasErrors == false, "\(good.findings)")
        let plan = try site.workflow().showPlan(engagement: nil, asProcedure: false).text
        #expect(plan.contains("were checked with 1 YANG module of the device's own"), "\(plan)")
        try site.worked.edit(WorkedSite.engagement + "/templates/core-bgp.xml.j2") {
            $0.replacing("<remote-as>{{ asn }}</remote-as>", with: "<remote-as>{{ asn }}</remote-as><remote/>")
        }
        do {
            let bad = try await site.workflow().plan(engagement: nil)
            Issue.record("\(bad.text)")
        } catch {
            let finding = try #require(error.all.first)
            #expect(finding.position?.description == "templates/core-bgp.xml.j2:14:37", "\(error)")
            #expect(finding.what.contains("remote"), "\(error)")
        }
    }

    @Test func `is taken back when a check fails, shown by reading the devices`() async throws {
        let site = try await site()
        try site.worked.edit(WorkedSite.engagement + "/contract.yaml") {
            $0.replacing("equals: established", with: "equals: never").replacing(
                "eventually: 30s", with: "eventually: 2s")
        }
        let before = try await site.byHand(
            "ams-core-1", ["<get-config><source><running/></source></get-config>"])
        try await site.approveAll()
        let back = try await site.apply()
        #expect(back.status != .done, "\(back.text)")
        let after = try await site.byHand(
            "ams-core-1", ["<get-config><source><running/></source></get-config>"])
        #expect(!before.contains("10.0.1.1") && !after.contains("10.0.1.1"), "\(after)")
    }
}
