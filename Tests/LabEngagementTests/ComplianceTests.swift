import ChangeWorkflow
import Diagnostics
import Foundation
import LabDevices
import LabServer
import TestSupport
import Testing

/// What was built, weeks later: live devices and files against closed records.
@Suite(.serialized) struct `Compliance against closed records` {
    @Test func `a line changed by hand is found on either kind of device, with the record that says otherwise`() async throws {
        let site = try await LabSite()
        func judge(_ input: String? = nil, _ devices: String = "site:ams", junit: String? = nil) async throws -> WorkflowAnswer {
            try await site.workflow().compliance(
                rules: nil, againstRecords: true, input: input, devices: devices, as: "bob@example.net", junit: junit)
        }
        // No record yet, and a record that nobody closed: nothing to judge by is never green.
        func expectNoRecord() async throws {
            await #expect { try await judge() } throws: { ($0 as? Findings)?.all.contains { $0.code == "compliance.no-record" } == true }
        }
        try await expectNoRecord()
        try await site.approveAll()
        let done = try await site.apply()
        #expect(done.status == .done, "\(done.text)\n\(done.findings)")
        try await expectNoRecord()
        _ = try await site.close()
        let good = try await judge()
        #expect(good.status == .done && good.text.contains("4 of 4 devices compliant"), "\(good.text)")

        try await site.byHand(
            "ams-edge-1", ["configure terminal", "router bgp 64500", "no neighbor 198.51.100.2 description", "end"])
        try await site.byHand(
            "ams-core-2",
            [
                """
                <edit-config><target><candidate/></target><config><system xmlns="urn:asbuilt:lab-router"><contact>me</contact>\
                </system></config></edit-config>
                """, "<commit/>",
            ])
        let report = site.worked.scratch.path + "report.xml"
        let bad = try await judge(junit: report)
        #expect(bad.status == .differences)
        #expect(bad.text.contains("router bgp 64500 › neighbor 198.51.100.2 description transit-1 AS64496\n      missing; record of edge-transit, cycle 1"), "\(bad.text)")
        #expect(bad.text.contains("contact noc@example.net") && bad.text.contains("contact me"), "\(bad.text)")
        #expect(bad.text.contains("2 of 4 devices compliant"))
        #expect(try String(contentsOfFile: report, encoding: .utf8).contains("<failure"))
        // By hand, and put right by hand: judged by what is there.
        try await site.byHand(
            "ams-edge-1", ["configure terminal", "router bgp 64500", "neighbor 198.51.100.2 description transit-1 AS64496", "end"])
        #expect(try await judge(nil, "name:ams-edge-1").status == .done)

        // The same from files: one that fits, one in a folder that does not, one that is not there.
        let shown = try await site.byHand("ams-edge-1", ["show running-config"])
        try site.worked.write(shown, WorkedSite.engagement + "/../../captured/ams-edge-1.cfg")
        #expect(try await judge("../../captured/ams-edge-1.cfg", "name:ams-edge-1").status == .done)
        try site.worked.edit("captured/ams-edge-1.cfg") { $0.replacing("maximum-prefix 1000", with: "maximum-prefix 9000") }
        let folder = try await judge("../../captured", "role:edge")
        #expect(folder.status == .notDone)
        #expect(folder.text.contains("maximum-prefix 9000") && folder.text.contains("there is no file ams-edge-2.cfg"), "\(folder.text)")
        // A device that is down is never green.
        site.host.add(LabFault(.loginRefused, times: nil), to: "ams-edge-2")
        #expect(try await judge(nil, "role:edge").status == .notDone)
        // A record that was tampered with is no yardstick.
        try site.worked.edit(WorkedSite.engagement + "/as-built/record.json") { $0.replacing("ams-edge-1", with: "ams-edge-9") }
        try await expectNoRecord()
    }
}
