import AsBuiltRecords
import CanonicalData
import DesignContracts
import DeviceConfiguration
import Foundation
import SignedManifests
import TestSupport
import Testing

/// A workspace whose engagement has a Gate 2 with real frozen policy and signers, and people with keys.
struct SealedWorkspace {
    let scratch: ScratchFolder
    let folder: EngagementFolder
    let keygen = SSHKeygen()
    static let moment = "2026-11-24T12:00:00Z"

    init() throws {
        scratch = try ScratchFolder("records")
        folder = EngagementFolder(root: scratch.url.appending(path: "engagements/change").path(percentEncoded: false))
        var signers = ""
        for name in ["exec1", "bob"] {
            try ShellCommand.run("/usr/bin/ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", key(name)])
            signers += "\(name)@example.net "
                + (try scratch.read("\(name).pub").split(separator: " ").prefix(2).joined(separator: " ")) + "\n"
        }
        let policy = """
            asbuilt: policy/v1
            roles: { architect: [alice@example.net], netops: [bob@example.net], executor: [exec1@example.net] }
            gates:
              spec: { require: [ { role: architect } ], lifetime: 30d }
              design: { require: [ { role: netops } ], lifetime: 14d }
              record: { require: [ { role: netops } ] }
            separation: { author-may-approve: false, same-person-both-gates: false }

            """
        try write("asbuilt: engagement/v1\n", "engagement.yaml")
        try write(policy, "approvals/gate2/policy.yaml")
        try write(signers, "approvals/gate2/allowed_signers")
        let manifest = Manifest([
            Manifest.Entry(path: "approvals/gate2/policy.yaml", digest: .sha256(policy)),
            Manifest.Entry(path: "approvals/gate2/allowed_signers", digest: .sha256(signers)),
        ])
        try write(String(decoding: manifest.bytes, as: UTF8.self), "approvals/gate2/manifest")
        try write("a signature", "approvals/gate2/bob@example.net.sig")
    }

    func key(_ name: String) -> String { scratch.url.appending(path: name).path(percentEncoded: false) }
    func write(_ text: String, _ name: String) throws { try scratch.write(text, to: "engagements/change/\(name)") }
    func read(_ name: String) throws -> String { try scratch.read("engagements/change/\(name)") }

    static let running = Array("router bgp 1\n".utf8)

    static func record(_ run: String, at moment: String = Self.moment, line: String = "ntp server 192.0.2.1")
        -> AsBuiltRecord
    {
        AsBuiltRecord(
            engagement: EngagementSummary(
                id: "change", title: "T", ticket: "CHG-1", cycle: 1, authors: ["dana@example.net"], startsFrom: []),
            gates: [], verifiedAt: moment, trust: "pinned",
            run: RunSummary(
                id: run, startedAt: moment, endedAt: moment, outcome: "kept", exitStatus: 0,
                executor: "exec1@example.net", timeline: []),
            devices: [
                DeviceRecord(
                    device: "r1", platform: "frr", endpoint: "cli", strategy: "cli-immediate",
                    protection: .executorOnly, endState: .kept, system: [:], hostKeyFingerprint: nil, baseDigest: nil,
                    plannedDigest: nil, capturedDigest: nil, runningBefore: nil, runningAfter: .sha256(running),
                    transcript: nil, diff: "", forward: [line], backout: [], captures: [],
                    entries: [.init(verdict: .asDesigned, path: [], sent: line, captured: line)], previousRecord: nil,
                    remarks: [])
            ], checks: [], acceptance: [], deviations: [], learnings: [], versions: [:], links: [])
    }

    var writer: RecordWriter { RecordWriter(folder: folder, keyFile: key("exec1")) }

    @discardableResult
    func write(_ record: AsBuiltRecord) async throws -> RecordWriter.Written {
        try await writer.write(
            record, evidence: [.sha256(Self.running): Self.running],
            views: RecordWriter.Views(markdown: "# \(record.run.id)\n", html: "<p>\(record.run.id)</p>\n"))
    }

    /// Closes as bob, with the files that the format page describes and nothing of ours but the statement.
    func close(_ claimedAt: String = Self.moment) async throws {
        let manifest = try read("as-built/manifest")
        let closing = ClosingStatement(
            manifest: .sha256(manifest), principal: "bob@example.net", claimedAt: claimedAt, reasons: [:], learnings: [])
        let words = try RecordFile.bytes(closing)
        try write(String(decoding: words, as: UTF8.self), "as-built/closing.json")
        let listed = try ShellCommand.run(
            "/bin/sh", ["-c", "cd '\(folder.root)' && sha256sum as-built/closing.json as-built/manifest as-built/run.sig"])
        try write(listed, "as-built/closing.manifest")
        let signature = try await keygen.sign(Array(listed.utf8), keyFile: key("bob"), namespace: .record)
        try write(String(decoding: signature, as: UTF8.self), "as-built/bob@example.net.sig")
    }

    func verdict(_ location: RecordLocation = .current) async throws -> RecordSeal.Verdict {
        await RecordSeal(folder: folder, location: location).verify(
            site: nil, moment: try #require(MomentText.parse(Self.moment)))
    }

    func index() async -> BaselineIndex {
        await BaselineIndex.load(engagementsFolder: scratch.url.appending(path: "engagements").path(percentEncoded: false))
    }
}
