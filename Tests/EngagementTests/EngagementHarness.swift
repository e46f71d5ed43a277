import ChangeWorkflow
import Diagnostics
import Foundation
import Synchronization
import TestSupport

/// A workspace of its own with people, keys, a pinned trust root and one engagement, for one test.
final class EngagementHarness: Sendable {
    let scratch: ScratchFolder
    let workspace: URL
    let engagement: URL
    let log = ProgressLog()
    private let variables: [String: String]

    static let people = ["alice", "bob", "carol", "dana", "exec1"]

    /// Copies the example site and an engagement of the checkout; `edit` may change files before anything is signed.
    init(
        engagement name: String = "edge-transit", variables: [String: String] = ["TRANSIT_BGP_PASSWORD": "Tr4nsit-test"],
        signPolicy: Bool = true, edit: (EngagementFiles) throws -> Void = { _ in }
    ) async throws {
        scratch = try ScratchFolder("engagement")
        workspace = scratch.url.appending(path: "site", directoryHint: .isDirectory)
        engagement = workspace.appending(path: "engagements/\(name)", directoryHint: .isDirectory)
        self.variables = variables.merging(
            ["XDG_CONFIG_HOME": scratch.url.appending(path: "config").path(percentEncoded: false)]
        ) { _, new in new }
        let files = FileManager.default
        try files.createDirectory(at: engagement.deletingLastPathComponent(), withIntermediateDirectories: true)
        try files.copyItem(at: Repository.root.appending(path: "inventory"), to: workspace.appending(path: "inventory"))
        try files.copyItem(
            at: Repository.root.appending(path: "lab/engagements/\(name)"), to: engagement)
        try makeKeys()
        try edit(EngagementFiles(workspace: workspace, engagement: engagement))
        if signPolicy {
            _ = try await workflow().trustPin(key: key("trust-root") + ".pub")
            _ = try await workflow().trustSign(key: key("trust-root"))
        }
    }

    /// Path of a private key.
    func key(_ name: String) -> String { workspace.appending(path: "keys/\(name)").path(percentEncoded: false) }

    /// The use-cases as somebody standing in the engagement folder calls them.
    func workflow(now: @escaping @Sendable () -> Date = { Date() }) -> Workflow {
        Workflow(
            startFolder: engagement,
            environment: WorkflowEnvironment(version: "test", progress: log, now: now, variables: variables))
    }

    private func makeKeys() throws {
        let folder = workspace.appending(path: "keys", directoryHint: .isDirectory)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var signers = ""
        for name in Self.people + ["trust-root", "netops"] {
            try ShellCommand.run(
                "/usr/bin/ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", key(name)])
            let publicKey = try String(contentsOf: URL(filePath: key(name) + ".pub"), encoding: .utf8)
                .split(separator: " ").prefix(2).joined(separator: " ")
            if Self.people.contains(name) { signers += "\(name)@example.net \(publicKey)\n" }
        }
        try Data(signers.utf8).write(to: workspace.appending(path: "inventory/allowed_signers"))
        let planKey = folder.appending(path: "plan-secrets")
        try Data("0123456789abcdef0123456789abcdef\n".utf8).write(to: planKey)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: planKey.path())
    }

    /// Gate 1, feasibility, plan, Gate 2, as the demo does it.
    func signThroughDesign() async throws {
        try await expect(.done) { try await $0.approve(gate: "spec", engagement: nil, principal: "alice@example.net", key: self.key("alice")) }
        try await expect(.done) { try await $0.assess(engagement: nil, decision: "feasible", principal: "dana@example.net", reason: "can do") }
        try await expect(.done) { try await $0.plan(engagement: nil, device: nil, draft: false) }
        try await expect(.done) { try await $0.approve(gate: "design", engagement: nil, principal: "bob@example.net", key: self.key("bob")) }
    }

    func apply() async -> WorkflowAnswer {
        await answer { try await $0.apply(engagement: nil, principal: "exec1@example.net", key: self.key("exec1")) }
    }

    /// Runs a use-case that should end with this status.
    @discardableResult
    func expect(_ status: ExitStatus, _ useCase: (Workflow) async throws -> WorkflowAnswer) async throws -> WorkflowAnswer {
        let answer = await answer(useCase)
        guard answer.status == status else {
            throw UnexpectedStatus(wanted: status, got: answer.status, findings: answer.findings, text: answer.text)
        }
        return answer
    }

    /// A use-case's answer, thrown findings included, as the command line would see it.
    func answer(_ useCase: (Workflow) async throws -> WorkflowAnswer) async -> WorkflowAnswer {
        do {
            return try await useCase(workflow())
        } catch let findings as Findings {
            return WorkflowAnswer(text: "", json: "", status: ExitStatus(findings: findings), findings: findings)
        } catch let finding as Finding {
            let findings = Findings([finding])
            return WorkflowAnswer(text: "", json: "", status: ExitStatus(findings: findings), findings: findings)
        } catch {
            return WorkflowAnswer(text: "\(error)", json: "", status: .bug)
        }
    }

    /// Every file below the workspace, for searching what a run wrote.
    func allFiles() throws -> [URL] {
        var found: [URL] = []
        let files = FileManager.default.enumerator(at: scratch.url, includingPropertiesForKeys: [.isRegularFileKey])
        while let file = files?.nextObject() as? URL {
            if try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true { found.append(file) }
        }
        return found
    }
}

struct UnexpectedStatus: Error, CustomStringConvertible {
    var wanted: ExitStatus
    var got: ExitStatus
    var findings: Findings
    var text: String
    var description: String { "wanted \(wanted), got \(got):\n\(findings)\n\(text)" }
}

/// Edits the copied files of a harness.
struct EngagementFiles {
    let workspace: URL
    let engagement: URL

    func replace(_ old: String, with new: String, in name: String) throws {
        let file = url(name)
        let text = try String(contentsOf: file, encoding: .utf8)
        guard text.contains(old) else { throw MissingText(file: name, text: old) }
        try Data(text.replacing(old, with: new).utf8).write(to: file)
    }

    func write(_ text: String, to name: String) throws {
        try FileManager.default.createDirectory(
            at: url(name).deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url(name))
    }

    /// `inventory/…` is the site's, everything else the engagement's.
    func url(_ name: String) -> URL {
        (name.hasPrefix("inventory/") ? workspace : engagement).appending(path: name)
    }

    struct MissingText: Error {
        var file: String
        var text: String
    }
}

/// Keeps what a workflow reported.
final class ProgressLog: WorkflowProgress, Sendable {
    private let moments = Mutex<[ProgressMoment]>([])
    func report(_ moment: ProgressMoment) { moments.withLock { $0.append(moment) } }
    var lines: [String] { moments.withLock { $0.map(\.line) } }
}
