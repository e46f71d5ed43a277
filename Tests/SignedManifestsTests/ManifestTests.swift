import CanonicalData
import Diagnostics
import Foundation
import SignedManifests
import TestSupport
import Testing

@Suite struct `Manifests over folders` {
    private let scope = ManifestScope(
        required: ["spec.md", "contract.yaml"], optional: ["design.md"], rootPrefixes: ["feasibility"],
        folders: ["templates"], ownFolder: "approvals/gate2")

    private func folder() throws -> ScratchFolder {
        let folder = try ScratchFolder("manifest")
        try folder.write("intent\n", to: "spec.md")
        try folder.write("contract\n", to: "contract.yaml")
        try folder.write("facts\n", to: "feasibility/edge-1.json")
        try folder.write("line\n", to: "templates/a.j2")
        try folder.write("", to: "approvals/gate2/manifest")
        return folder
    }

    private func scan(_ folder: ScratchFolder) -> ManifestScan {
        ManifestScan(root: folder.path, scope: scope, area: "gate")
    }

    @Test func `sha256sum accepts what is written and the bytes read back the same`() throws {
        let folder = try folder()
        let scan = scan(folder)
        #expect(scan.findings.all.isEmpty, "\(scan.findings)")
        let manifest = scan.manifest
        #expect(manifest.entries.map(\.path) == ["contract.yaml", "feasibility/edge-1.json", "spec.md", "templates/a.j2"])
        try folder.write(String(decoding: manifest.bytes, as: UTF8.self), to: "approvals/gate2/manifest")
        let said = try ShellCommand.run(
            "/usr/bin/sha256sum", ["--strict", "-c", "approvals/gate2/manifest"], in: folder.url)
        #expect(said.split(separator: "\n").count == 4 && !said.contains("FAILED"))
        #expect(try Manifest.parse(manifest.bytes, file: "manifest", area: "gate") == manifest)
    }

    @Test func `any single byte that changes in any covered file is found, with both digests`() throws {
        let folder = try folder()
        let manifest = scan(folder).manifest
        for entry in manifest.entries {
            let original = try folder.read(entry.path)
            for offset in original.utf8.indices.enumerated().map(\.offset) {
                var bytes = Array(original.utf8)
                bytes[offset] ^= 1
                try Data(bytes).write(to: folder.url.appending(path: entry.path))
                let findings = manifest.differences(from: scan(folder), area: "gate", remedy: "amend").all
                #expect(findings.map(\.code) == ["gate.changed-file"])
                #expect(findings.first?.position?.file == entry.path)
                #expect(findings.first?.what.contains(entry.digest.hex) == true)
                #expect(findings.first?.what.contains(Digest.sha256(bytes).hex) == true)
            }
            try folder.write(original, to: entry.path)
        }
        #expect(manifest.differences(from: scan(folder), area: "gate", remedy: "amend").all.isEmpty)
    }

    @Test func `a missing file, an added file and a link each have their own finding`() throws {
        let folder = try folder()
        let manifest = scan(folder).manifest
        func codes() -> [String] {
            manifest.differences(from: scan(folder), area: "gate", remedy: "amend").all.map(\.code)
        }
        try folder.write("more\n", to: "templates/b.j2")
        #expect(codes() == ["gate.unlisted-file"])
        try FileManager.default.removeItem(at: folder.url.appending(path: "templates/b.j2"))
        try folder.write("late\n", to: "design.md")
        #expect(codes() == ["gate.unlisted-file"])
        try FileManager.default.removeItem(at: folder.url.appending(path: "design.md"))
        try FileManager.default.removeItem(at: folder.url.appending(path: "spec.md"))
        #expect(codes() == ["gate.missing-file"])
        try FileManager.default.createSymbolicLink(
            atPath: folder.url.appending(path: "spec.md").path(), withDestinationPath: "contract.yaml")
        let linked = codes()
        #expect(linked.count == 1 && linked.first?.contains("link") == true, "\(linked)")
    }

    @Test func `a file beside the manifest that is neither it nor a signature does not belong there`() throws {
        let folder = try folder()
        let manifest = scan(folder).manifest
        try folder.write("sig", to: "approvals/gate2/alice@example.net.sig")
        #expect(manifest.differences(from: scan(folder), area: "gate", remedy: "amend").all.isEmpty)
        try folder.write("x", to: "approvals/gate2/notes.txt")
        #expect(!manifest.differences(from: scan(folder), area: "gate", remedy: "amend").all.isEmpty)
    }

    @Test func `a name that could make a listing lie is refused`() throws {
        let folder = try folder()
        try folder.write("x", to: "templates/a\nb.j2")
        #expect(scan(folder).findings.hasErrors)
    }

    @Test(arguments: [
        "", "x", "abc  spec.md\n", String(repeating: "a", count: 64) + " spec.md\n",
        String(repeating: "a", count: 64) + "  ../spec.md\n", String(repeating: "a", count: 64) + "  /etc/passwd\n",
        String(repeating: "A", count: 64) + "  spec.md\n", String(repeating: "a", count: 64) + "  spec.md\r\n",
        String(repeating: "a", count: 64) + "  b\n" + String(repeating: "a", count: 64) + "  a\n",
    ])
    func `only the one form that is written is read`(text: String) {
        #expect(throws: Findings.self) { try Manifest.parse(Array(text.utf8), file: "manifest", area: "gate") }
    }

    @Test func `what changed since the last signature is listed`() throws {
        let old = Manifest([.init(path: "a", digest: .sha256("1")), .init(path: "b", digest: .sha256("2"))])
        let new = Manifest([.init(path: "b", digest: .sha256("3")), .init(path: "c", digest: .sha256("4"))])
        let changes = new.changes(since: old)
        #expect(changes.map(\.path) == ["a", "b", "c"])
        #expect(changes.map { [$0.before != nil, $0.after != nil] } == [[true, false], [true, true], [false, true]])
    }
}
