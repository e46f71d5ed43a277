import ChangeWorkflow
import Diagnostics
import Foundation
import TestSupport
import Testing

/// A change on a server whose SSH, hello, framing and message checks are those of netopeer2's libraries. The site has no YANG
/// modules of it: those that it gives are used.
@Suite(.serialized, .timeLimit(.minutes(5))) struct `An engagement on a server of libnetconf2` {
    private struct Site {
        let worked: WorkedSite
        let server: LibNETCONF2Server

        /// - Parameter contact: what the check after the change expects the server's contact to be.
        init(contact: String = "noc@example.net") async throws {
            InternalTask.use(try BuiltProgram.path("asbuilt-crashing"))
            server = try await LibNETCONF2Server()
            worked = try WorkedSite(people: ["owner", "alice", "bob", "exec1"])
            let files = FileManager.default
            try files.createDirectory(atPath: worked.workspace + "/keys", withIntermediateDirectories: true)
            try files.copyItem(atPath: server.keyFile, toPath: worked.workspace + "/keys/netconf")
            try files.setAttributes([.posixPermissions: 0o600], ofItemAtPath: worked.workspace + "/keys/netconf")
            try worked.write(
                """
                asbuilt: devices/v1
                devices:
                  server:
                    groups: [servers]
                    endpoints: { netconf: "ssh://127.0.0.1:\(server.port)" }

                """, "inventory/devices.yaml")
            try worked.write(
                """
                asbuilt: groups/v1
                groups:
                  servers:
                    role: core
                    platform: netopeer2
                    credentials: { user: netops, key: "file:keys/netconf" }

                """, "inventory/groups.yaml")
            try writeEngagement(contact)
            _ = try await workflow().trustSign(keyFile: worked.key("owner"))
            _ = try workflow().trustPin(publicKey: worked.key("owner.pub"))
            _ = try await workflow().hostKeysPin(device: "server", fingerprint: server.hostKeyFingerprint)
        }

        private func writeEngagement(_ contact: String) throws {
            let folder = WorkedSite.engagement
            try worked.edit(folder + "/spec.md") { text in
                guard let start = text.firstRange(of: "scope:"), let end = text.firstRange(of: "\n---\n\n#") else {
                    return text
                }
                return text.replacingCharacters(
                    in: start.lowerBound..<end.lowerBound,
                    with: """
                        scope: { devices: "role:core" }
                        constraints: { max-devices: 1 }
                        acceptance:
                          - { id: AC-1, statement: The server names the operations centre }
                        """)
            }
            try worked.write(
                """
                <system xmlns="urn:ietf:params:xml:ns:yang:ietf-system">
                  <contact>noc@example.net</contact>
                </system>
                <interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces">
                  <interface>
                    <name>tun7</name>
                    <type xmlns:ianaift="urn:ietf:params:xml:ns:yang:iana-if-type">ianaift:tunnel</type>
                    <description>to r1</description>
                  </interface>
                </interfaces>

                """, folder + "/templates/server.xml.j2")
            for name in ["transit-bgp.j2", "macros.j2", "core-bgp.xml.j2"] {
                try FileManager.default.removeItem(atPath: "\(worked.workspace)/\(folder)/templates/\(name)")
            }
            try worked.write(
                """
                asbuilt: contract/v1
                devices: "role:core"
                config:
                  - { id: server, netconf: templates/server.xml.j2, devices: "role:core", ownership: merge, satisfies: [AC-1] }
                checks:
                  after:
                    - id: contact
                      proves: AC-1
                      devices: "role:core"
                      show: /ietf-system:system/ietf-system:contact
                      parse: xml
                      namespaces: { sys: "urn:ietf:params:xml:ns:yang:ietf-system" }
                      expect: [ { path: "//sys:system/sys:contact", all: { equals: "\(contact)" } } ]
                rollout:
                  transaction: network
                  waves: [ { name: all, batch: 100% } ]
                  stop-when: { failed: 1 }
                  confirm-timeout: 120s
                  on-split: back
                stale: touched
                save: after-confirm

                """, folder + "/contract.yaml")
        }

        func workflow() -> Workflow { Workflow(startFolder: worked.engagementFolder, environment: worked.environment) }

        func approve(_ gate: String, _ person: String) async throws {
            _ = try await workflow().approve(
                gate, engagement: nil, as: "\(person)@example.net", keyFile: worked.key(person), isLabOnly: false)
        }

        func approveAll() async throws {
            try await approve("spec", "alice")
            #expect(try await workflow().plan(engagement: nil).status == .done)
            try await approve("design", "bob")
        }

        func apply() async throws -> WorkflowAnswer {
            try await workflow().apply(
                engagement: nil, as: "exec1@example.net", keyFile: worked.key("exec1"), report: { _ in })
        }
    }

    @Test func `is kept under a token, proved, closed and verified`() async throws {
        let site = try await Site()
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
        let site = try await Site(contact: "somebody else")
        try await site.approveAll()
        let back = try await site.apply()
        #expect(back.status == .notDone, "\(back.text)\n\(back.findings)")
        #expect(back.text.contains("server  backed-out") && back.text.contains("AC-1  failed"), "\(back.text)")
        let again = try await site.workflow().plan(engagement: nil)
        #expect(again.text.contains("the same bytes as approved"), "\(again.text)\n\(again.findings)")
    }
}
