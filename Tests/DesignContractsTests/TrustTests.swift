import DesignContracts
import DeviceInventory
import Diagnostics
import Foundation
import SignedManifests
import TestSupport
import Testing

@Suite struct `Trust in a site` {
    @Test func `without a pin only lab devices may be touched, and the command that pins is named`() async throws {
        let site = try await ApprovedSite(isPinned: false)
        #expect(try await site.trust().verdict == .workspaceOnly)
        let lab = try site.devices(1, host: "127.0.0.1", isLab: true)
        #expect(try await site.approve(.spec, as: "alice", devices: lab).verdict.isGranted)
        #expect(try await site.verify(.spec, devices: lab).isGranted)
        let verdict = try await site.verify(.spec)
        #expect(ApprovedSite.errors(verdict.findings) == ["trust.not-pinned"])
        #expect(verdict.findings.description.contains("asbuilt trust pin"))
        // Loopback alone does not make a lab device; a tunnel could end there.
        let tunnel = try site.devices(1, host: "127.0.0.1")
        #expect(ApprovedSite.errors(try await site.verify(.spec, devices: tunnel).findings) == ["trust.not-pinned"])
    }

    @Test func `lab approvals are good for lab devices only`() async throws {
        let site = try await ApprovedSite()
        let lab = try site.devices(1, host: "127.0.0.1", isLab: true)
        try await site.approve(.spec, as: "alice", devices: lab, isLabOnly: true)
        #expect(try await site.verify(.spec, devices: lab).isGranted)
        #expect(ApprovedSite.errors(try await site.verify(.spec).findings) == ["gate.lab-only"])
    }

    @Test func `a policy or signers file changed after signing is a refusal with both digests`() async throws {
        let site = try await ApprovedSite()
        for name in ["policy.yaml", "allowed_signers"] {
            let original = try site.scratch.read("site/inventory/\(name)")
            try site.scratch.write("# touched\n" + original, to: "site/inventory/\(name)")
            #expect(await site.refusal { _ = try await site.trust() } == ["trust.policy-changed"])
            try site.scratch.write(original, to: "site/inventory/\(name)")
        }
        #expect(try await site.trust().verdict.description == "pinned")
        try FileManager.default.removeItem(at: site.scratch.url.appending(path: "site/inventory/policy.manifest.sig"))
        #expect(await site.refusal { _ = try await site.trust() } == ["trust.policy-not-signed"])
    }

    @Test func `a policy signed by another key than the pinned one is a refusal`() async throws {
        let site = try await ApprovedSite()
        try await TrustRoot.sign(site.workspace, keyFile: site.key("eve"))
        #expect(await site.refusal { _ = try await site.trust() } == ["trust.signer-not-allowed"])
    }

    @Test func `the policy's signature verifies with plain tools`() async throws {
        let site = try await ApprovedSite()
        let folder = site.scratch.url.appending(path: "site/inventory")
        #expect(
            try ShellCommand.run("/usr/bin/sha256sum", ["--strict", "-c", "policy.manifest"], in: folder).contains(
                "policy.yaml: OK"))
        let said = try ShellCommand.run(
            "/usr/bin/ssh-keygen",
            [
                "-Y", "verify", "-f", site.pinPath, "-I", "ams-lab", "-n", "asbuilt.policy@v1", "-s",
                "policy.manifest.sig",
            ],
            in: folder, input: try site.scratch.read("site/inventory/policy.manifest"))
        #expect(said.hasPrefix("Good"))
    }

    @Test func `a pin inside the workspace or writable by others is refused`() async throws {
        let site = try await ApprovedSite()
        let inside = site.scratch.url.appending(path: "site/trust").path(percentEncoded: false)
        try FileManager.default.copyItem(atPath: site.pinPath, toPath: inside)
        #expect {
            try TrustPin.find([TrustPin.Location(path: inside, isSystem: false)], workspace: site.workspace.root)
        } throws: { ($0 as? Findings)?.all.first?.code == "trust.pin-inside-workspace" }
        try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: site.pinPath)
        #expect(await site.refusal { _ = try await site.trust() } == ["trust.pin-writable"])
    }

    @Test func `the environment, the system's file and the user's file are looked at in that order`() {
        #expect(
            TrustPin.locations(environment: ["ASBUILT_TRUST": "/t"]) == [TrustPin.Location(path: "/t", isSystem: false)]
        )
        #expect(
            TrustPin.locations(environment: ["XDG_CONFIG_HOME": "/c", "HOME": "/h"]).map(\.path)
                == ["/etc/asbuilt/trust", "/c/asbuilt/trust"])
        #expect(TrustPin.userPath(["HOME": "/h"]) == "/h/.config/asbuilt/trust")
    }
}

@Suite struct `Seals on records` {
    private func sealed() async throws -> (ApprovedSite, RecordSeal) {
        let site = try await ApprovedSite()
        try await site.approveBoth()
        try site.write("{}", RecordSeal.recordFile)
        try site.write("text\n", "as-built/evidence/abc")
        let seal = RecordSeal(folder: site.folder)
        _ = try await seal.seal(keyFile: site.key("exec1"))
        return (site, seal)
    }

    @Test func `a run is sealed by the executor and closed by a person`() async throws {
        let (site, seal) = try await sealed()
        let open = await seal.verify(site: try await site.trust(), moment: site.now)
        #expect(
            !open.findings.hasErrors && !open.isClosed && open.executor?.principal.text == "exec1@example.net",
            "\(open.findings)")
        #expect(
            await site.refusal {
                try await seal.close(
                    statement: nil, as: try site.name("bob"), keyFile: site.key("bob"), site: try await site.trust(),
                    now: site.now)
            } == ["record.no-closing"])
        #expect(
            await site.refusal {
                try await seal.close(
                    statement: Array("{}".utf8), as: try site.name("bot"), keyFile: site.key("bot"),
                    site: try await site.trust(), now: site.now)
            } == ["policy.agent-never-approves"])
        try await seal.close(
            statement: Array("{}".utf8), as: try site.name("bob"), keyFile: site.key("bob"),
            site: try await site.trust(), now: site.now)
        // Without the site, by the frozen copies.
        let closed = await seal.verify(site: nil, moment: site.now)
        #expect(closed.isClosed && closed.closers.map(\.principal.text) == ["bob@example.net"], "\(closed.findings)")
        #expect(
            try ShellCommand.run(
                "/usr/bin/sha256sum", ["--strict", "-c", "as-built/manifest"], in: URL(filePath: site.folder.root)
            ).contains("as-built/record.json: OK"))
    }

    @Test(arguments: [
        ("as-built/record.json", "record.changed-file"), ("as-built/evidence/abc", "record.changed-file"),
        ("approvals/gate2/bob@example.net.sig", "record.changed-file"),
        ("approvals/gate2/manifest", "record.changed-file"),
        ("as-built/evidence/new", "record.unlisted-file"), ("as-built/closing.json", "record.changed-file"),
    ])
    func `a changed or added file breaks the seal`(name: String, code: String) async throws {
        let (site, seal) = try await sealed()
        try await seal.close(
            statement: Array("{}".utf8), as: try site.name("bob"), keyFile: site.key("bob"),
            site: try await site.trust(), now: site.now)
        try site.write("other", name)
        let verdict = await seal.verify(site: nil, moment: site.now)
        #expect(ApprovedSite.errors(verdict.findings).contains(code) && !verdict.isClosed, "\(verdict.findings)")
    }

    @Test func `a removed file and a seal by somebody who is no executor are found`() async throws {
        let (site, seal) = try await sealed()
        try FileManager.default.removeItem(at: site.url("as-built/evidence/abc"))
        #expect(ApprovedSite.errors(await seal.verify(site: nil, moment: site.now).findings) == ["record.missing-file"])
        _ = try await seal.seal(keyFile: site.key("bob"))
        #expect(
            ApprovedSite.errors(await seal.verify(site: nil, moment: site.now).findings) == [
                "record.signer-not-allowed"
            ])
    }
}
