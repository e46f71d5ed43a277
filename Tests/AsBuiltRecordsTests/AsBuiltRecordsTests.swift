import AsBuiltRecords
import CanonicalData
import DesignContracts
import Diagnostics
import Foundation
import SignedManifests
import TestSupport
import Testing

private func codes(_ body: () async throws -> Void) async -> [String] {
    do { try await body() } catch let findings as Findings { return findings.all.map(\.code) } catch { Issue.record(error) }
    return []
}

@Suite struct `Writing a record` {
    @Test func `what is written verifies, and stock tools accept it`() async throws {
        let site = try SealedWorkspace()
        let written = try await site.write(SealedWorkspace.record("run-1"))
        let verdict = try await site.verdict()
        #expect(verdict.findings.all.map(\.description) == [])
        #expect(verdict.executor?.principal.text == "exec1@example.net")
        #expect(!verdict.isClosed)
        #expect(try written.record == .sha256(site.read("as-built/record.json")))
        #expect(try site.read("as-built/evidence/\(Digest.sha256(SealedWorkspace.running).hex)") == "router bgp 1\n")
        try ShellCommand.run("/bin/sh", ["-c", "cd '\(site.folder.root)' && sha256sum --strict --quiet -c as-built/manifest"])
        try ShellCommand.run(
            "/bin/sh",
            [
                "-c",
                "cd '\(site.folder.root)' && ssh-keygen -Y verify -f approvals/gate2/allowed_signers -I exec1@example.net -n asbuilt.run@v1 -s as-built/run.sig < as-built/manifest",
            ])
    }

    @Test func `the same run written again replaces its record, leftovers of a crash do no harm`() async throws {
        let site = try SealedWorkspace()
        try await site.write(SealedWorkspace.record("run-1"))
        try site.write("half", ".as-built.new/record.json")
        let again = try await site.write(SealedWorkspace.record("run-1", line: "ntp server 192.0.2.9"))
        #expect(try again.record == .sha256(site.read("as-built/record.json")))
        #expect(!site.folder.exists("as-built/history"))
        #expect(!site.folder.exists(".as-built.new"))
        #expect(!site.folder.exists(".as-built.old"))
        #expect(try await site.verdict().findings.all.isEmpty)
    }

    @Test func `a record that was moved aside when the process died is put back first`() async throws {
        let site = try SealedWorkspace()
        try await site.write(SealedWorkspace.record("run-1"))
        try FileManager.default.moveItem(
            atPath: site.folder.path("as-built"), toPath: site.folder.path(".as-built.old"))
        try await site.write(SealedWorkspace.record("run-2"))
        #expect(site.folder.exists("as-built/history/run-1/record.json"))
        #expect(try await site.verdict().findings.all.isEmpty)
    }

    @Test func `a later run keeps the earlier records, byte for byte and verifiable`() async throws {
        let site = try SealedWorkspace()
        try await site.write(SealedWorkspace.record("run-1"))
        try await site.close()
        let first = try site.read("as-built/manifest")
        try await site.write(SealedWorkspace.record("run-2"))
        try await site.write(SealedWorkspace.record("run-3"))
        #expect(try site.read("as-built/history/run-1/manifest") == first)
        #expect(site.folder.records.map(\.supersededRun) == ["run-1", "run-2", nil])
        for location in site.folder.records {
            #expect(try await site.verdict(location).findings.all.map(\.description) == [])
        }
        #expect(try await site.verdict(site.folder.records[0]).isClosed)
        try site.write("# forged\n", "as-built/history/run-1/as-built.md")
        #expect(try await site.verdict().findings.all.map(\.code) == ["record.changed-file"])
        #expect(try await site.verdict(site.folder.records[0]).findings.all.map(\.code) == ["record.changed-file"])
    }

    @Test func `records of a past cycle verify where amend put them`() async throws {
        let site = try SealedWorkspace()
        try await site.write(SealedWorkspace.record("run-1"))
        try await site.close()
        #expect(try ApprovalHistory(folder: site.folder).amend() == 2)
        let location = try #require(site.folder.records.first)
        #expect(location.pastCycle == 1)
        let verdict = try await site.verdict(location)
        #expect(verdict.findings.all.map(\.description) == [])
        #expect(verdict.isClosed)
    }

    @Test func `missing and damaged evidence and a closed record are refused before anything is written`() async throws {
        let site = try SealedWorkspace()
        let record = SealedWorkspace.record("run-1")
        let views = RecordWriter.Views(markdown: "", html: "")
        let missing = await codes { _ = try await site.writer.write(record, evidence: [:], views: views) }
        #expect(missing == ["record.evidence-missing"])
        let damaged = await codes {
            _ = try await site.writer.write(record, evidence: [.sha256(SealedWorkspace.running): [0]], views: views)
        }
        #expect(damaged == ["record.evidence-damaged"])
        #expect(!site.folder.exists("as-built"))
        try await site.write(record)
        try await site.close()
        #expect(await codes { try await site.write(record) } == ["record.closed"])
    }
}

@Suite struct `A sealed record` {
    @Test(arguments: [
        "as-built/record.json", "as-built/as-built.md", "as-built/as-built.html", "approvals/gate2/manifest",
        "approvals/gate2/bob@example.net.sig", "as-built/evidence/\(Digest.sha256(SealedWorkspace.running).hex)",
    ])
    func `shows any changed byte of`(file: String) async throws {
        let site = try SealedWorkspace()
        try await site.write(SealedWorkspace.record("run-1"))
        let before = try site.read(file)
        try site.write("x" + before.dropFirst(), file)
        let finding = try await site.verdict().findings.all.first { $0.position?.file == file }
        #expect(finding?.code == "record.changed-file")
        #expect(finding?.what.contains(Digest.sha256(before).hex) == true)
        #expect(finding?.what.contains(Digest.sha256("x" + before.dropFirst()).hex) == true)
    }

    @Test func `shows frozen signers that were exchanged`() async throws {
        let site = try SealedWorkspace()
        try await site.write(SealedWorkspace.record("run-1"))
        try site.write(site.read("approvals/gate2/allowed_signers") + "\n", "approvals/gate2/allowed_signers")
        #expect(try await site.verdict().findings.all.map(\.code).contains("record.changed-file"))
    }

    @Test func `shows added and missing files, other signers, and edited closing words`() async throws {
        let site = try SealedWorkspace()
        try await site.write(SealedWorkspace.record("run-1"))
        try await site.close()
        #expect(try await site.verdict().isClosed)
        try site.write("more", "as-built/evidence/more")
        try FileManager.default.removeItem(atPath: site.folder.path("as-built/as-built.md"))
        let found = try await site.verdict().findings.all.map(\.code)
        #expect(found.contains("record.unlisted-file") && found.contains("record.missing-file"))
        try await site.write(SealedWorkspace.record("run-2"))
        try await site.close()
        try site.write(site.read("as-built/closing.json") + " ", "as-built/closing.json")
        #expect(try await site.verdict().findings.all.map(\.code).contains("record.changed-file"))
        _ = try await RecordSeal(folder: site.folder).seal(keyFile: site.key("bob"))
        #expect(try await site.verdict().findings.all.map(\.code).contains("record.signer-not-allowed"))
    }
}

@Suite struct `Baselines of a workspace` {
    @Test func `closed records count in the order of closing, open ones do not`() async throws {
        let site = try SealedWorkspace()
        try await site.write(SealedWorkspace.record("run-1", line: "ntp server 192.0.2.1"))
        #expect(await site.index().entries.isEmpty)
        try await site.close("2026-11-24T13:00:00Z")
        try await site.write(SealedWorkspace.record("run-2", line: "ntp server 192.0.2.2"))
        #expect(await site.index().latest(of: "r1")?.record.run.id == "run-1")
        try await site.close("2026-11-24T14:00:00Z")
        let index = await site.index()
        #expect(index.entries.map(\.record.run.id) == ["run-1", "run-2"])
        #expect(index.baseline(of: "r1").elements.map(\.text) == ["ntp server 192.0.2.1", "ntp server 192.0.2.2"])
        #expect(index.previous(of: ["r1", "r2"]) == ["r1": index.entries[1].digest])
        #expect(index.findings.all.isEmpty)
    }

    @Test func `a record that does not verify is a finding and no baseline`() async throws {
        let site = try SealedWorkspace()
        try await site.write(SealedWorkspace.record("run-1"))
        try await site.close()
        try site.write("# nicer\n", "as-built/as-built.md")
        let index = await site.index()
        #expect(index.entries.isEmpty)
        #expect(index.findings.all.map(\.code) == ["baseline.not-verified"])
    }

    @Test func `a record whose predecessor is gone is told`() async throws {
        let site = try SealedWorkspace()
        var record = SealedWorkspace.record("run-1")
        record.devices[0].previousRecord = .sha256("lost")
        try await site.write(record)
        try await site.close()
        #expect(await site.index().findings.all.map(\.code) == ["baseline.gap"])
    }
}
