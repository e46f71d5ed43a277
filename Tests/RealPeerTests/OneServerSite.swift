import ChangeExecution
import ChangeWorkflow
import Diagnostics
import Foundation
import TestSupport
import Testing

/// An engagement that changes one NETCONF server that is not ours: a contact and an interface.
struct OneServerSite {
    /// How to reach it.
    struct Server {
        var port: Int
        var platform: String
        var keyFile: String
        var hostKeyFingerprint: String
    }
    let worked: WorkedSite

    /// - Parameter contact: what the check after the change expects the server's contact to be.
    init(_ server: Server, contact: String = "noc@example.net") async throws {
        InternalTask.use(try BuiltProgram.path("asbuilt-crashing"))
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
                platform: \(server.platform)
                credentials: { user: netops, key: "file:keys/netconf" }

            """, "inventory/groups.yaml")
        try writeEngagement(contact, xpath: server.platform == "netopeer2")
        _ = try await workflow().trustSign(keyFile: worked.key("owner"))
        _ = try workflow().trustPin(publicKey: worked.key("owner.pub"))
        _ = try await workflow().hostKeysPin(device: "server", fingerprint: server.hostKeyFingerprint)
    }

    private func writeEngagement(_ contact: String, xpath: Bool) throws {
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
                  show: \(xpath ? "/ietf-system:system/ietf-system:contact" : "<system xmlns=\"urn:ietf:params:xml:ns:yang:ietf-system\"/>")
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

    /// - Parameter whenArmed: called when the change is in effect and not confirmed.
    func apply(whenArmed: @escaping @Sendable () -> Void = {}) async throws -> WorkflowAnswer {
        try await workflow().apply(
            engagement: nil, as: "exec1@example.net", keyFile: worked.key("exec1"),
            report: { step in if step.phase == .arm, step.status == .done { whenArmed() } })
    }
}
