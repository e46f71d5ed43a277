import ChangeWorkflow
import Diagnostics
import Foundation
import TestSupport
import Testing

/// Devices that move between the plan and its run: what the plan touches makes it stale, the rest is reported.
@Suite(.serialized) struct `Devices that moved since their plan` {
    private static let devices = ["ams-edge-1", "ams-core-1"]

    private func site() async throws -> LabSite {
        let site = try await LabSite()
        try site.narrow(to: Self.devices)
        try await site.approveAll()
        return site
    }

    private func edit(_ site: LabSite, _ content: String) async throws {
        try await site.byHand(
            "ams-core-1",
            [
                "<edit-config><target><candidate/></target><config><system xmlns=\"urn:asbuilt:lab-router\">\(content)</system></config></edit-config>",
                "<commit/>",
                "<copy-config><target><startup/></target><source><running/></source></copy-config>",
            ])
    }

    private func record(_ site: LabSite) throws -> String {
        try site.worked.read(WorkedSite.engagement + "/as-built/as-built.md")
    }

    @Test func `movement elsewhere is accepted, and the record says what it was`() async throws {
        let site = try await site()
        try await site.byHand(
            "ams-edge-1",
            ["configure terminal", "interface eth2", "description core of somebody", "end", "write memory"])
        try await edit(site, "<location>Rotterdam</location>")
        let done = try await site.apply()
        #expect(done.status == .done, "\(done.text)\n\(done.findings)")
        for device in Self.devices { #expect(done.text.contains("\(device)  kept"), "\(done.text)") }
        let page = try record(site)
        #expect(page.contains("core of somebody") && page.contains("Rotterdam"), "\(page)")
        // What somebody else did stays.
        #expect(try await site.byHand("ams-edge-1", ["show running-config"]).contains("description core of somebody"))
    }

    @Test func `movement of what the plan touches is refused with what moved, and left as it is`() async throws {
        let site = try await site()
        try await edit(site, "<contact>somebody else</contact>")
        try await site.byHand(
            "ams-edge-1",
            ["configure terminal", "router bgp 64500", "bgp router-id 10.255.0.9", "end", "write memory"])
        let before = try await site.byHand("ams-edge-1", ["show running-config"])
        let refused = try await site.apply()
        #expect(refused.status == .refused, "\(refused.text)\n\(refused.findings)")
        let page = try record(site)
        #expect(
            page.contains("router-id 10.255.0.9") || page.contains("contact somebody else"), "\(page)")
        #expect(try await site.byHand("ams-edge-1", ["show running-config"]) == before)
        #expect(
            try await site.byHand("ams-core-1", ["<get-config><source><running/></source></get-config>"])
                .contains("somebody else"))
    }

    @Test func `changes that somebody has not saved are refused, else saving would make them permanent`() async throws {
        let site = try await site()
        try await site.byHand("ams-edge-1", ["configure terminal", "interface eth2", "description not saved", "end"])
        let refused = try await site.apply()
        #expect(refused.status == .refused, "\(refused.text)\n\(refused.findings)")
        #expect(refused.text.contains("startup") && refused.text.contains("ams-core-1  unchanged"), "\(refused.text)")
    }
}
