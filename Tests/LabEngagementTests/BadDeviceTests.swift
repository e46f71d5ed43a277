import ChangeWorkflow
import Diagnostics
import Foundation
import LabDevices
import LabServer
import Synchronization
import TestSupport
import Testing

/// Devices and keys that are not as they should be: a clear error, and everything left as it was.
@Suite(.serialized) struct `What stands in the way of reaching a device` {
    /// Runs `plan`, which has to be refused with this code, a place or device, and a remedy; nothing may have changed.
    private func expectRefusal(
        _ site: LabSite, _ code: String, _ status: CommandStatus, naming words: [String],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let before = try site.files()
        do {
            let answer = try await site.workflow().plan(engagement: nil)
            Issue.record("was not refused: \(answer.text)", sourceLocation: sourceLocation)
        } catch {
            let findings = error
            let text = findings.description
            let errors = findings.all.filter { $0.severity == .error }
            #expect(errors.contains { $0.code == code }, "\(text)", sourceLocation: sourceLocation)
            #expect(errors.allSatisfy { !$0.remedy.isEmpty }, "\(text)", sourceLocation: sourceLocation)
            #expect(CommandStatus(findings: findings) == status, "\(text)", sourceLocation: sourceLocation)
            for word in words { #expect(text.contains(word), "\(text)", sourceLocation: sourceLocation) }
        }
        #expect(try site.files() == before, sourceLocation: sourceLocation)
    }

    @Test func `keys, host keys and logins`() async throws {
        let site = try await LabSite()
        try site.narrow(to: ["ams-edge-1", "ams-core-1"])
        try await site.approve("spec", "alice")

        let key = try site.worked.read("keys/netops")
        let keyFile = site.worked.workspace + "/keys/netops"
        try FileManager.default.removeItem(atPath: keyFile)
        try await expectRefusal(site, "driver.credential", .notDone, naming: ["ams-edge-1", "keys/netops"])
        try site.worked.write(key, "keys/netops")
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: keyFile)
        try await expectRefusal(site, "driver.credential", .notDone, naming: ["keys/netops", "chmod"])
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: keyFile)

        let pins = try site.worked.read("inventory/known_hosts")
        try site.worked.write("", "inventory/known_hosts")
        try await expectRefusal(site, "hostkey.unknown", .refused, naming: ["ams-edge-1", "hostkeys"])
        // Another device's key at this place.
        let lines = pins.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        let swapped = zip(lines, lines.dropFirst() + lines.prefix(1)).map { "\($0[0]) \($1[1]) \($1[2])" }
        try site.worked.write(swapped.joined(separator: "\n") + "\n", "inventory/known_hosts")
        try await expectRefusal(site, "hostkey.changed", .refused, naming: ["ams-edge-1"])
        try site.worked.write(pins, "inventory/known_hosts")

        site.host.add(LabFault(.loginRefused, times: nil), to: "ams-edge-1")
        try await expectRefusal(site, "driver.login-refused", .notDone, naming: ["ams-edge-1", "netops"])
        site.host.clearFaults(of: "ams-edge-1")
        // A slow device: from the second second on somebody says what is waited for.
        site.host.add(LabFault(.slow(.milliseconds(400)), times: nil), to: "ams-edge-1")
        let told = Mutex([String]())
        let patient = Workflow(
            startFolder: site.worked.engagementFolder, environment: site.environment,
            progress: { line in told.withLock { $0.append(line) } })
        #expect(try await patient.plan(engagement: nil).status == .done)
        #expect(told.withLock { $0 }.contains { $0.contains("2 devices") && $0.contains("waiting for") && $0.contains("ams-edge-1") })
    }

    @Test func `a platform nobody knows is named with its place and those that are known`() async throws {
        let site = try await LabSite()
        try site.worked.edit("inventory/groups.yaml") { $0.replacing("platform: lab_router", with: "platform: lab_ruter") }
        try await expectRefusal(site, "inventory.unknown-platform", .invalid, naming: ["groups.yaml", "lab_ruter", "lab_router"])
    }

    @Test func `a device that hangs up during its hello is named, and nothing is changed anywhere`() async throws {
        let site = try await LabSite()
        try site.narrow(to: ["ams-edge-1", "ams-core-1"])
        try await site.approveAll()
        site.host.add(LabFault(.dropAfterBytes(10), times: nil), to: "ams-core-1")
        let before = try await site.byHand("ams-edge-1", ["show running-config"])
        let answer = try await site.apply()
        #expect(answer.status == .notDone, "\(answer.text)\n\(answer.findings)")
        #expect(answer.text.contains("ams-edge-1  unchanged") && answer.text.contains("ams-core-1  unreachable"), "\(answer.text)")
        site.host.clearFaults(of: "ams-core-1")
        #expect(try await site.byHand("ams-edge-1", ["show running-config"]) == before)
        #expect(try await site.workflow().plan(engagement: nil).text.contains("the same bytes as approved"))
    }

    @Test func `a candidate that somebody left dirty is refused with its diff, and left to them`() async throws {
        let site = try await LabSite()
        try site.narrow(to: ["ams-edge-1", "ams-core-1"])
        try await site.approveAll()
        try await site.byHand(
            "ams-core-1",
            [
                """
                <edit-config><target><candidate/></target><config><system xmlns="urn:asbuilt:lab-router">\
                <location>somebody's work</location></system></config></edit-config>
                """
            ])
        let answer = try await site.apply()
        #expect(answer.status == .refused, "\(answer.text)\n\(answer.findings)")
        #expect(answer.text.contains("ams-core-1  refused") && answer.text.contains("ams-edge-1  unchanged"), "\(answer.text)")
        let page = try site.worked.read(WorkedSite.engagement + "/as-built/as-built.md")
        #expect(page.contains("somebody's work"), "\(page)")
        let candidate = try await site.byHand(
            "ams-core-1", ["<get-config><source><candidate/></source></get-config>"])
        #expect(candidate.contains("somebody's work"))
    }

    @Test func `what the executor's account may not change is told with its place, and nothing is changed anywhere`() async throws {
        let site = try await LabSite()
        let rules = """
            <nacm xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm" xmlns:lr="urn:asbuilt:lab-router">
            <groups><group><name>ops</name><user-name>netops</user-name></group></groups>
            <rule-list><name>ops</name><group>ops</group>
            <rule><name>bgp</name><path>/lr:bgp/lr:neighbor</path><access-operations>create</access-operations><action>deny</action></rule>
            <rule><name>rest</name><action>permit</action></rule></rule-list></nacm>
            """
        try await site.restartLab { topology in
            for index in topology.nodes.indices where topology.nodes[index].spec.name == "ams-core-1" {
                topology.nodes[index].spec.startup.replace("</config>", with: rules + "</config>")
            }
        }
        try site.narrow(to: ["ams-edge-1", "ams-core-1"])
        try await site.approveAll()
        let answer = try await site.apply()
        #expect(answer.status == .notDone || answer.status == .refused, "\(answer.text)\n\(answer.findings)")
        let page = try site.worked.read(WorkedSite.engagement + "/as-built/as-built.md")
        #expect(page.contains("access-denied") && page.contains("at /lr:bgp/lr:neighbor"), "\(page)")
        #expect(try await site.workflow().plan(engagement: nil).text.contains("the same bytes as approved"))
    }

    @Test func `every reason why a device is not reached is told with what to do`() async throws {
        let site = try await LabSite()
        try site.narrow(to: ["ams-edge-1", "ams-core-1"])
        try await site.approve("spec", "alice")
        let right = "netconf: \"ssh://127.0.0.1:\(try site.device("ams-core-1").port)\""
        let edge = try site.device("ams-edge-1").port
        for (place, words) in [
            ("no-such-host.invalid:830", ["no-such-host.invalid", "inventory/devices.yaml"]),
            ("255.255.255.255:830", ["255.255.255.255:830"]),
            ("127.0.0.1:\(try TestPort.free())", ["refused the connection"]),
            ("127.0.0.1:\(edge)", ["subsystem", "netconf"]),
        ] {
            try site.worked.edit("inventory/devices.yaml") { $0.replacing(right, with: "netconf: \"ssh://\(place)\"") }
            try await expectRefusal(site, "driver.unreachable", .notDone, naming: ["ams-core-1"] + words)
            try site.worked.edit("inventory/devices.yaml") { $0.replacing("netconf: \"ssh://\(place)\"", with: right) }
        }
    }

    @Test func `LK-6: a lock that somebody holds for a moment is waited for`() async throws {
        let site = try await LabSite()
        try site.narrow(to: ["ams-edge-1", "ams-core-1"])
        try await site.approveAll()
        // The lock on running, then, one attempt later, that on the candidate's way.
        site.host.add(LabFault(.lockHeld, times: 2), to: "ams-core-1")
        let answer = try await site.apply()
        #expect(answer.status == .done, "\(answer.text)\n\(answer.findings)")
        #expect(site.host.status().allSatisfy { $0.faults.isEmpty })
    }

    @Test(arguments: ["edit-config*", "commit*"])
    func `a NETCONF device that says ok and does nothing is found out by reading it`(_ operation: String) async throws {
        let site = try await LabSite()
        try site.narrow(to: ["ams-edge-1", "ams-core-1"])
        try await site.approveAll()
        site.host.add(LabFault(.lie(LinePattern(operation)), times: nil), to: "ams-core-1")
        let answer = try await site.apply()
        #expect(answer.status == .notDone, "\(answer.text)\n\(answer.findings)")
        #expect(answer.text.contains("not what was planned") || answer.text.contains("missing"), "\(answer.text)")
        site.host.clearFaults(of: "ams-core-1")
        #expect(try await site.workflow().plan(engagement: nil).text.contains("the same bytes as approved"))
    }

    @Test func `a line that a CLI device swallows is found out by reading it`() async throws {
        let site = try await LabSite()
        try site.narrow(to: ["ams-edge-1", "ams-core-1"])
        try await site.approveAll()
        site.host.add(LabFault(.lie("neighbor * password *"), times: nil), to: "ams-edge-1")
        let answer = try await site.apply()
        #expect(answer.status == .notDone, "\(answer.text)\n\(answer.findings)")
        #expect(answer.text.contains("ams-edge-1  backed-out") && answer.text.contains("ams-core-1  "), "\(answer.text)")
        site.host.clearFaults(of: "ams-edge-1")
        #expect(try await site.workflow().plan(engagement: nil).text.contains("the same bytes as approved"))
    }
}
