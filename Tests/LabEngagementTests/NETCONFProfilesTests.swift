import ChangeWorkflow
import Diagnostics
import Foundation
import LabDevices
import LabServer
import TestSupport
import Testing

/// The worked engagement over NETCONF routers that offer less than all, each kind in its own way of carrying it out.
@Suite(.serialized) struct `An engagement on NETCONF servers of other kinds` {
    private func site(_ profile: LabNETCONFProfile) async throws -> LabSite {
        let site = try await LabSite()
        try await site.restartLab { topology in
            for index in topology.nodes.indices where topology.nodes[index].spec.personality == .labRouter {
                topology.nodes[index].spec.netconf = profile
            }
        }
        try site.narrow(to: ["ams-edge-1", "ams-core-1"])
        return site
    }

    private func show(_ site: LabSite, _ datastore: String) async throws -> String {
        try await site.byHand("ams-core-1", ["<get-config><source><\(datastore)/></source></get-config>"])
    }

    @Test(arguments: [
        (LabNETCONFProfile.base10, "netconf-candidate-confirmed"), (.candidateOnly, "netconf-candidate"),
        (.running, "netconf-running-rollback"), (.runningStartup, "netconf-running"),
        (.timerNeedsRunning, "released while the change is armed"),
    ])
    func `is planned for what they offer, carried out, and saved`(_ profile: LabNETCONFProfile, _ shown: String)
        async throws
    {
        let site = try await site(profile)
        try await site.approveAll()
        let plan = try site.workflow().showPlan(engagement: nil, asProcedure: false).text
        #expect(plan.contains(shown), "\(plan)")
        let done = try await site.apply()
        #expect(done.status == .done, "\(done.text)\n\(done.findings)")
        #expect(try await show(site, "running").contains("10.0.1.1"))
        if profile == .runningStartup { #expect(try await show(site, "startup").contains("10.0.1.1")) }
        #expect(try await site.workflow().plan(engagement: nil).text.contains("nothing to do on any device"))
    }

    @Test(arguments: [LabNETCONFProfile.base10, .runningStartup])
    func `is taken back when a check fails`(_ profile: LabNETCONFProfile) async throws {
        let site = try await site(profile)
        try failing(site)
        try await site.approveAll()
        let before = try await show(site, "running")
        let back = try await site.apply()
        #expect(back.status == .notDone, "\(back.text)\n\(back.findings)")
        #expect(try await show(site, "running") == before)
    }

    /// The session after cancel-commit cannot drop what the candidate keeps; the one that reads the device does.
    @Test func `CC-5: what a server keeps in its candidate after going back is dropped there`() async throws {
        let site = try await site(.keepsCandidate)
        try failing(site)
        try await site.approveAll()
        site.host.add(LabFault(.refuseLine("discard-changes", text: "not now")), to: "ams-core-1")
        let back = try await site.apply()
        #expect(back.status == .notDone, "\(back.text)\n\(back.findings)")
        #expect(site.host.status().allSatisfy { $0.faults.isEmpty })
        let running = try await show(site, "running")
        #expect(!running.contains("10.0.1.1"))
        #expect(try await !show(site, "candidate").contains("10.0.1.1"))
    }

    private func failing(_ site: LabSite) throws {
        try site.worked.edit(WorkedSite.engagement + "/contract.yaml") {
            $0.replacing("equals: established", with: "equals: never").replacing(
                "eventually: 30s", with: "eventually: 2s")
        }
    }
}
