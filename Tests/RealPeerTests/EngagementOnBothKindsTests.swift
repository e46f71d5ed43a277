import ChangeWorkflow
import Diagnostics
import Foundation
import TestSupport
import Testing

/// One transaction over FRR routers by CLI and netconfd by NETCONF: all of them real, none of them ours.
@Suite(.serialized) struct `An engagement on FRR routers and a NETCONF server` {
    private struct Site {
        let worked: WorkedSite
        let routers: FRRRouters
        let server: NETCONFServer

        /// - Parameter contact: what the check after the change expects the server's contact to be.
        init(contact: String = "noc@example.net") async throws {
            let basePort = try FreePorts.block(of: 10)
            routers = try await FRRRouters(count: 3, basePort: basePort)
            server = try await NETCONFServer(port: basePort + 9)
            worked = try WorkedSite(people: ["owner", "alice", "bob", "exec1"])
            let files = FileManager.default
            try files.createDirectory(atPath: worked.workspace + "/keys", withIntermediateDirectories: true)
            for (key, from) in [("frr", try routers.fact("PEER_KEY")), ("netconf", try server.fact("PEER_KEY"))] {
                try files.copyItem(atPath: from, toPath: worked.workspace + "/keys/\(key)")
                try files.setAttributes([.posixPermissions: 0o600], ofItemAtPath: "\(worked.workspace)/keys/\(key)")
            }
            try writeInventory(basePort)
            try writeEngagement(contact)
            _ = try await workflow().trustSign(keyFile: worked.key("owner"))
            _ = try workflow().trustPin(publicKey: worked.key("owner.pub"))
            for (device, fingerprint) in [
                ("r1", try routers.fact("PEER_HOSTKEY_SHA256")), ("r2", try routers.fact("PEER_HOSTKEY_SHA256")),
                ("r3", try routers.fact("PEER_HOSTKEY_SHA256")),
                ("server", try server.fact("PEER_HOSTKEY_SHA256")),
            ] {
                _ = try await workflow().hostKeysPin(device: device, fingerprint: fingerprint)
            }
        }

        private func writeInventory(_ basePort: Int) throws {
            try worked.write(
                """
                asbuilt: devices/v1
                devices:
                  r1:
                    groups: [routers]
                    endpoints: { cli: "ssh://127.0.0.1:\(basePort + 1)" }
                    vars:
                      asn: 65001
                      links:
                        - { interface: eth0, address: 10.0.12.1, peer: 10.0.12.2, peer_asn: 65002 }
                        - { interface: eth1, address: 10.0.13.1, peer: 10.0.13.3, peer_asn: 65003 }
                  r2:
                    groups: [routers]
                    endpoints: { cli: "ssh://127.0.0.1:\(basePort + 2)" }
                    vars:
                      asn: 65002
                      links:
                        - { interface: eth0, address: 10.0.12.2, peer: 10.0.12.1, peer_asn: 65001 }
                        - { interface: eth1, address: 10.0.23.2, peer: 10.0.23.3, peer_asn: 65003 }
                  r3:
                    groups: [routers]
                    endpoints: { cli: "ssh://127.0.0.1:\(basePort + 3)" }
                    vars:
                      asn: 65003
                      links:
                        - { interface: eth0, address: 10.0.13.3, peer: 10.0.13.1, peer_asn: 65001 }
                        - { interface: eth1, address: 10.0.23.3, peer: 10.0.23.2, peer_asn: 65002 }
                  server:
                    groups: [servers]
                    endpoints: { netconf: "ssh://127.0.0.1:\(basePort + 9)" }

                """, "inventory/devices.yaml")
            try worked.write(
                """
                asbuilt: groups/v1
                groups:
                  routers:
                    role: edge
                    platform: frr
                    credentials: { user: netops, key: "file:keys/frr" }
                  servers:
                    role: core
                    platform: netconfd
                    credentials: { user: netops, key: "file:keys/netconf" }

                """, "inventory/groups.yaml")
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
                        scope: { devices: "role:edge or role:core" }
                        constraints: { max-devices: 4 }
                        acceptance:
                          - { id: AC-1, statement: The three routers hold Established sessions with each other }
                          - { id: AC-2, statement: The server names the operations centre }
                        """)
            }
            try worked.write(
                """
                {% for link in links %}
                interface {{ link.interface }}
                 ip address {{ link.address }}/24
                exit
                {% endfor %}
                router bgp {{ asn }}
                 no bgp ebgp-requires-policy
                {% for link in links %}
                 neighbor {{ link.peer }} remote-as {{ link.peer_asn }}
                 neighbor {{ link.peer }} timers connect 1
                {% endfor %}
                exit

                """, folder + "/templates/session.j2")
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
                devices: "role:edge or role:core"
                config:
                  - { id: session, template: templates/session.j2, devices: "role:edge", ownership: merge, satisfies: [AC-1] }
                  - { id: server, netconf: templates/server.xml.j2, devices: "role:core", ownership: merge, satisfies: [AC-2] }
                checks:
                  after:
                    - id: up
                      proves: AC-1
                      devices: "role:edge"
                      show: show bgp summary json
                      parse: json
                      expect: [ { path: "$.ipv4Unicast.peers.*.state", all: { equals: Established } } ]
                      eventually: 30s
                      stable: 1s
                    - id: contact
                      proves: AC-2
                      devices: "role:core"
                      show: <system xmlns="urn:ietf:params:xml:ns:yang:ietf-system"/>
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

        /// What happened when, as the record tells it.
        func story() throws -> String {
            try worked.read(WorkedSite.engagement + "/as-built/as-built.md").split(whereSeparator: \.isNewline)
                .filter { $0.hasPrefix("| 20") }.joined(separator: "\n")
        }

        func apply() async throws -> WorkflowAnswer {
            try await workflow().apply(
                engagement: nil, as: "exec1@example.net", keyFile: worked.key("exec1"), report: { _ in })
        }
    }

    @Test func `a session comes up through the change, and all of it is kept, closed and verified`() async throws {
        let site = try await Site()
        try await site.approveAll()
        // A server that was restarted a moment ago leaves its first sessions without a hello.
        try await site.server.restart()
        let done = try await site.apply()
        #expect(done.status == .done, "\(done.text)\n\(done.findings)\n\((try? site.story()) ?? "")")
        for device in ["r1", "r2", "r3", "server"] { #expect(done.text.contains("\(device)  kept"), "\(done.text)") }
        #expect(done.text.contains("AC-1  proved") && done.text.contains("AC-2  proved"))
        #expect(try await site.workflow().plan(engagement: nil).text.contains("nothing to do on any device"))
        let closed = try await site.workflow().close(
            engagement: nil, as: "bob@example.net", keyFile: site.worked.key("bob"), reasons: [], learnings: [])
        #expect(closed.text.contains("closed; it is now the baseline"))
        let verified = try await site.workflow().verify(engagement: nil, trustFile: nil)
        #expect(verified.text.contains("the chain is whole"), "\(verified.text) \(verified.findings)")
        let compliant = try await site.workflow().compliance(
            rules: nil, againstRecords: true, input: nil, devices: "role:edge or role:core", as: "bob@example.net",
            junit: nil)
        #expect(compliant.status == .done, "\(compliant.text) \(compliant.findings)")
        #expect(compliant.text.contains("4 of 4 devices compliant"))
    }

    @Test func `a failing check on one kind brings both kinds back`() async throws {
        let site = try await Site(contact: "somebody else")
        try await site.approveAll()
        let back = try await site.apply()
        #expect(back.status == .notDone, "\(back.text)\n\(back.findings)\n\((try? site.story()) ?? "")")
        for device in ["r1", "r2", "r3", "server"] {
            #expect(back.text.contains("\(device)  backed-out"), "\(back.text)")
        }
        #expect(back.text.contains("AC-2  failed"))
        // Where they were: the plan computed from them now is the one that was approved.
        #expect(try await site.workflow().plan(engagement: nil).text.contains("the same bytes as approved"))
    }
}
