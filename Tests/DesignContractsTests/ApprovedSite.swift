import DesignContracts
import DeviceInventory
import Diagnostics
import Foundation
import SignedManifests
import SourceDocuments
import TestSupport
import Testing

/// A site with people, keys and one engagement, in a scratch folder; the pin file lies outside the workspace.
struct ApprovedSite {
    let scratch: ScratchFolder
    let workspace: Workspace
    let folder: EngagementFolder
    let keygen = SSHKeygen()
    let now = MomentText.parse("2026-11-24T12:00Z") ?? Date()
    static let people = ["alice", "bob", "carol", "dana", "bot", "exec1", "owner", "eve"]

    init(policy: String = Self.policy, isPinned: Bool = true) async throws {
        scratch = try ScratchFolder("site")
        workspace = Workspace(root: scratch.url.appending(path: "site").path(percentEncoded: false))
        folder = EngagementFolder(root: workspace.engagementsFolder + "/change")
        for name in Self.people {
            try ShellCommand.run(
                "/usr/bin/ssh-keygen",
                [
                    "-q", "-t", "ed25519", "-N", "", "-C", name, "-f",
                    scratch.url.appending(path: name).path(percentEncoded: false),
                ])
        }
        try scratch.write(policy, to: "site/inventory/policy.yaml")
        try scratch.write(
            try signers(Self.people.filter { $0 != "owner" && $0 != "eve" }), to: "site/inventory/allowed_signers")
        try writeEngagement()
        if isPinned {
            try await TrustRoot.sign(workspace, keyFile: key("owner"))
            let publicKey = try await keygen.publicKey(keyFile: key("owner"))
            try TrustPin.pin(site: "ams-lab", publicKey: publicKey, at: pinPath)
        }
    }

    static let policy = """
        asbuilt: policy/v1
        roles: { architect: [alice@example.net, carol@example.net], netops: [bob@example.net, alice@example.net], security: [carol@example.net, bot@example.net], executor: [exec1@example.net] }
        gates:
          spec: { require: [ { role: architect } ], lifetime: 30d }
          design:
            require: [ { role: netops } ]
            when: [ { devices-over: 2, require: [ { role: security } ] }, { touches: "role:core", require: [ { role: architect, count: 2 } ] } ]
            lifetime: 14d
            runs: 1
          record: { require: [ { role: netops } ] }
        separation: { author-may-approve: false, same-person-both-gates: false }
        agents: { bot@example.net: assisted }
        """

    var pinPath: String { scratch.url.appending(path: "config/asbuilt/trust").path(percentEncoded: false) }
    func key(_ name: String) -> String { scratch.url.appending(path: name).path(percentEncoded: false) }
    func name(_ person: String) throws -> PrincipalName { try #require(PrincipalName("\(person)@example.net")) }

    func signers(_ names: [String], options: [String: String] = [:]) throws -> String {
        try names.map { name in
            let key = try scratch.read("\(name).pub").split(separator: " ").prefix(2).joined(separator: " ")
            return "\(name)@example.net \(options[name].map { $0 + " " } ?? "")\(key)\n"
        }.joined()
    }

    private func writeEngagement() throws {
        let files = [
            "engagement.yaml":
                "asbuilt: engagement/v1\nid: change\ntitle: T\nticket: CHG-1\nauthors: [dana@example.net]\nstarts-from: none\n",
            "spec.md":
                "---\nasbuilt: spec/v1\ntitle: T\nscope: { devices: \"role:edge\" }\nacceptance: [ { id: AC-1, statement: S } ]\n---\n",
            "contract.yaml":
                "asbuilt: contract/v1\ndevices: \"role:edge\"\nconfig: [ { id: a, template: templates/a.j2, devices: \"role:edge\" } ]\n",
            "design.md": "why\n", "feasibility.md": "feasible\n", "feasibility/r1.json": "{}\n",
            "templates/a.j2": "hostname x\n", "vars/all.yaml": "a: 1\n", "plan/plan.json": "{}",
            "plan/inventory.lock.json": "{\"a\":1}", "plan/r1.forward": "hostname x\n",
            "plan/r1.backout": "hostname y\n",
        ]
        for (name, text) in files { try write(text, name) }
    }

    func write(_ text: String, _ name: String) throws { try scratch.write(text, to: "site/engagements/change/\(name)") }
    func url(_ name: String) -> URL { URL(filePath: folder.path(name)) }

    func trust(at moment: Date? = nil) async throws -> SiteTrust {
        try await TrustRoot.load(
            workspace, site: SiteSettings(name: "ams-lab", environment: "lab"),
            pins: [TrustPin.Location(path: pinPath, isSystem: false)], now: moment ?? now)
    }

    /// `count` devices of a role, on loopback unless said otherwise.
    func devices(_ count: Int = 1, role: String = "edge", host: String = "192.0.2.1", isLab: Bool = false) throws
        -> GateDevices
    {
        let entries = (1...count).map {
            "  r\($0): { platform: frr, role: \(role), endpoints: { cli: \"ssh://\(host)\" } }"
        }
        let text =
            "asbuilt: devices/v1\ndefaults: { credentials: { user: netops } }\ndevices:\n"
            + entries.joined(separator: "\n") + "\n"
        let inventory = try Inventory.read(
            site: SiteSettings(name: "ams-lab", environment: "lab"),
            devices: try SourceDocument.yaml(text, file: "devices.yaml"), groups: nil)
        return GateDevices(inventory.devices, withLabHostKey: isLab ? Set(inventory.devices.map(\.name)) : [])
    }

    @discardableResult
    func approve(
        _ gate: Gate, as person: String, key: String? = nil, devices: GateDevices? = nil, at moment: Date? = nil,
        isLabOnly: Bool = false
    ) async throws -> GateApproval.Outcome {
        try await GateApproval(folder: folder, site: try await trust()).approve(
            gate, as: try name(person), keyFile: self.key(key ?? person), devices: try devices ?? self.devices(),
            now: moment ?? now, isLabOnly: isLabOnly)
    }

    func approveBoth() async throws {
        try await approve(.spec, as: "alice")
        try await approve(.design, as: "bob")
    }

    func verify(_ gate: Gate = .design, devices: GateDevices? = nil, at moment: Date? = nil, keptRuns: Int? = nil)
        async throws -> GateVerdict
    {
        await GateVerifier(folder: folder, site: try await trust(at: moment)).verify(
            gate, devices: try devices ?? self.devices(), now: moment ?? now, keptRuns: keptRuns)
    }

    /// Codes of the errors among the findings.
    static func errors(_ findings: Findings) -> Set<String> {
        Set(findings.all.filter { $0.severity == .error }.map(\.code))
    }

    /// Codes of what `body` throws.
    func refusal(_ body: () async throws -> Void) async -> Set<String> {
        do { try await body() } catch let findings as Findings { return Self.errors(findings) } catch {
            Issue.record(error)
        }
        return []
    }
}
