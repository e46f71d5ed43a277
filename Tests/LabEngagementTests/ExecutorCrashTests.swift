import ChangeWorkflow
import Diagnostics
import Foundation
import TestSupport
import Testing

/// The executor is killed in its own process behind every journal entry of a run over both kinds of device.
@Suite(.serialized) struct `An executor that is killed` {
    private static let lanes = 3

    @Test(.timeLimit(.minutes(10)))
    func `resume ends with every device kept or every device back, wherever it was killed`() async throws {
        let program = try BuiltProgram.path("asbuilt-crashing")
        let ends = try await withThrowingTaskGroup(of: [Int: String].self) { group in
            for lane in 1...Self.lanes {
                group.addTask { try await Self.killEverywhere(from: lane, program) }
            }
            return try await group.reduce(into: [Int: String]()) { $0.merge($1) { first, _ in first } }
        }
        #expect(ends.count > 40, "the run had only \(ends.count) entries")
        #expect(ends.keys.max() == ends.count)
        // The commit point divides them: back before it, kept after it, never the other way round.
        let order = ends.sorted { $0.key < $1.key }.map(\.value)
        #expect(order.first == "back" && order.last == "kept")
        #expect(order == order.sorted(), "\(order)")
    }

    @Test(.timeLimit(.minutes(5)))
    func `a rollback that is killed is gone on with: taken back before its commit point is the change again`() async throws {
        let program = try BuiltProgram.path("asbuilt-crashing")
        let site = try await LabSite()
        try site.narrow(to: ["ams-edge-1", "ams-core-1"])
        try await site.approveAll()
        let abort = AbortSwitch()
        let kept = try await site.workflow().apply(
            engagement: nil, as: "exec1@example.net", keyFile: site.worked.key("exec1"), abort: abort, report: { _ in })
        #expect(kept.status == .done, "\(kept.text)")
        let run = try #require(abort.run)
        var isBack = false
        // Early, while armed, and late: until one of the deaths comes behind the commit point.
        for entry in [6, 18, 26, 34, 42, 50] where !isBack {
            let folder = site.worked.engagementFolder.path(percentEncoded: false)
            let (status, output) = try await Self.run(
                program, [folder, "exec1@example.net", site.worked.key("exec1"), "\(entry)", run],
                site.environment.merging(["PATH": "/usr/bin:/bin"]) { $1 })
            #expect(status == 128 + SIGKILL, "entry \(entry): ended with \(status): \(output)")
            let rollback = String(try #require(output.split(whereSeparator: \.isNewline).first, "entry \(entry): \(output)"))
            let shown = try await site.workflow().showRun(rollback, engagement: nil, showsTokens: false)
            #expect(shown.text.contains("its executor is gone") && shown.next?.contains("asbuilt resume \(rollback)") == true)
            // What the plan would be taken back with is just what a rollback sends.
            #expect(!shown.text.contains("no router bgp"), "\(shown.text)")
            let resumed = try await site.workflow().resume(
                run: rollback, engagement: nil, as: "exec1@example.net", keyFile: site.worked.key("exec1"), report: { _ in })
            let plan = try await site.workflow().plan(engagement: nil).text
            isBack = plan.contains("the same bytes as approved")
            #expect(isBack || plan.contains("nothing to do on any device"), "entry \(entry): \(resumed.text)\n\(plan)")
            #expect(isBack == (resumed.status == .done), "entry \(entry): \(resumed.text)\n\(plan)")
        }
        #expect(isBack)
    }

    /// Kills runs behind every n-th entry, resumes each, and says how it ended.
    private static func killEverywhere(from first: Int, _ program: String) async throws -> [Int: String] {
        let site = try await LabSite()
        try site.narrow(to: ["ams-edge-1", "ams-core-1"])
        try await site.approveAll()
        let files = FileManager.default
        var (entry, ends) = (first, [Int: String]())
        while true {
            try await site.restartLab()
            let workspace = site.worked.scratch.path + "try-\(entry)"
            try files.copyItem(atPath: site.worked.workspace, toPath: workspace)
            defer { try? files.removeItem(atPath: workspace) }
            let folder = URL(filePath: workspace + "/" + WorkedSite.engagement, directoryHint: .isDirectory)
            let environment = site.environment.merging(["PATH": "/usr/bin:/bin"]) { $1 }
            let (status, output) = try await run(
                program, [folder.path(percentEncoded: false), "exec1@example.net", site.worked.key("exec1"), "\(entry)"],
                environment)
            guard status != 0 else { return ends }
            #expect(status == 128 + SIGKILL, "entry \(entry): ended with \(status): \(output)")
            let run = try #require(output.split(whereSeparator: \.isNewline).first, "entry \(entry): \(output)")
            let workflow = site.workflow(in: folder)
            let resumed = try await workflow.resume(
                run: String(run), engagement: nil, as: "exec1@example.net", keyFile: site.worked.key("exec1"),
                report: { _ in })
            let states = resumed.text.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("  ams-") }
                .compactMap { $0.split(separator: " ").last.map(String.init) }
            let kept = states == ["kept", "kept"]
            let back = states.count == 2
                && states.allSatisfy { ["unchanged", "backed-out", "rolled-back-by-timer"].contains($0) }
            #expect(kept || back, "entry \(entry): \(resumed.text)")
            ends[entry] = kept ? "kept" : "back"
            // The devices say the same.
            let shown = try await workflow.plan(engagement: nil).text
            #expect(
                shown.contains(kept ? "nothing to do on any device" : "the same bytes as approved"), "entry \(entry): \(shown)")
            entry += lanes
        }
    }

    /// On a thread of its own.
    private static func run(_ program: String, _ arguments: [String], _ environment: [String: String]) async throws -> (
        status: Int32, output: String
    ) {
        try await withCheckedThrowingContinuation { continuation in
            Thread {
                continuation.resume(
                    with: Result { try ShellCommand.status(program, arguments, environment: environment) })
            }.start()
        }
    }
}
