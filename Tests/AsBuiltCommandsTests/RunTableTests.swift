import ChangeExecution
import Testing
import WorkspaceStore

@testable import AsBuiltCommands

@Suite struct `The live table of a run` {
    private let start = UTCInstant(milliseconds: 1_700_000_000_000)

    private func step(
        _ second: Int, _ device: String? = "r1", _ phase: RunPhase, _ status: RunProgress.Status,
        wave: String? = "canary",
        message: String? = nil, revertsIn: Int? = nil, by hand: [String] = []
    ) -> RunProgress {
        RunProgress(
            at: start + .seconds(second), device: device, wave: wave, phase: phase, status: status, message: message,
            revertsAt: revertsIn.map { start + .seconds(second + $0) }, confirmByHand: hand)
    }

    @Test func `a device shows its phase, for how long, and when it reverts by itself`() {
        var table = RunTable()
        #expect(table.note(step(0, "r1", .connect, .started)) == [])
        #expect(
            table.lines(at: start + .seconds(65), width: 100, height: 24).last == "  r1  canary  … connect    1:05 ")
        #expect(table.note(step(70, "r1", .connect, .done)) == [])
        let staying = table.note(
            step(
                71, "r1", .arm, .armed, message: "reverts by itself unless confirmed", revertsIn: 120, by: ["<commit/>"]
            ))
        #expect(staying.count == 2 && staying[1] == "    to keep it by hand: <commit/>")
        #expect(table.lines(at: start + .seconds(91), width: 100, height: 24)[1].contains("reverts in 1:40"))
        _ = table.note(step(95, "r1", .confirm, .done))
        let after = table.lines(at: start + .seconds(96), width: 100, height: 24)[1]
        #expect(after.hasPrefix("  r1  canary  ✓ confirm") && !after.contains("reverts in"))
    }

    @Test func `a failure and a decision stay on the screen`() {
        var table = RunTable()
        #expect(
            table.note(step(0, "r1", .verify, .failed, message: "verify failed: 1 of 2 checks not proved")).count == 1)
        let decided = table.note(step(1, nil, .decide, .decided, wave: nil, message: "keeping the change"))
        #expect(decided.count == 1 && decided[0].hasSuffix("decide decided: keeping the change"))
    }

    @Test func `what does not fit is counted, and what matters is shown`() {
        var table = RunTable()
        for index in 10..<60 { _ = table.note(step(0, "r\(index)", .release, .done)) }
        _ = table.note(step(1, "r33", .arm, .armed))
        _ = table.note(step(1, "r44", .connect, .failed, message: "refused"))
        let lines = table.lines(at: start + .seconds(2), width: 60, height: 10)
        #expect(lines.count == 10)
        #expect(lines.contains { $0.contains("r33") && $0.contains("changed, not decided") })
        #expect(lines.contains { $0.contains("r44") && $0.contains("✗") })
        #expect(lines.last == "  and 42 more devices")
        #expect(lines.allSatisfy { $0.count < 60 })
    }

    @Test func `of many armed devices only the first fill the screen with commands`() {
        var table = RunTable()
        let told = (10..<60).map { table.note(step(0, "r\($0)", .arm, .armed, by: ["<commit/>"])) }
        #expect(told.filter { $0.count == 2 }.count == 6)
        #expect(told.flatMap(\.self).last == "more devices are armed: `asbuilt show run RUN` says how each is kept or taken back by hand")
    }

    @Test func `device text moves no cursor`() {
        var table = RunTable()
        _ = table.note(step(0, "r1", .connect, .failed, message: "\u{1B}[2Jgone"))
        #expect(table.lines(at: start, width: 80, height: 24).allSatisfy { !$0.contains("\u{1B}") })
    }
}
