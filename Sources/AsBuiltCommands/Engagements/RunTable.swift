internal import ChangeExecution
internal import Diagnostics
internal import WorkspaceStore

/// The live picture of a run: a line a device, folded from its progress. Draws text; knows no terminal.
struct RunTable {
    private struct Row {
        var device: String
        var wave: String
        var phase: String
        var mark: String
        var since: UTCInstant
        var isOver: Bool
        var note: String
        var revertsAt: UTCInstant?
        var isArmed: Bool
    }
    private var rows: [String: Row] = [:]
    private var startedAt: UTCInstant?
    private var overall = ""
    private var overallSince: UTCInstant?
    /// Armed devices whose commands by hand were written out.
    private var toldByHand = 0
    private static let maximumToldByHand = 6

    /// Takes one piece of progress in.
    ///
    /// - Returns: Lines that must stay on the screen whatever the table shows next: failures, decisions, and how an armed
    ///   device is confirmed or taken back by hand.
    mutating func note(_ step: RunProgress) -> [String] {
        if startedAt == nil { startedAt = step.at }
        guard let device = step.device else {
            overall =
                step.phase.rawValue + (step.wave.map { " of \($0)" } ?? "")
                + (step.status == .started ? "" : " \(step.status.rawValue)")
            overallSince = step.at
            return step.status == .failed || step.status == .decided || step.message?.hasPrefix("run ") == true
                ? [Self.line(step)] : []
        }
        var row =
            rows[device]
            ?? Row(
                device: device, wave: "", phase: "", mark: "", since: step.at, isOver: false, note: "", isArmed: false)
        if let wave = step.wave { row.wave = wave }
        if row.phase != step.phase.rawValue { row.since = step.at }
        row.phase = step.phase.rawValue
        row.isOver = step.status == .done || step.status == .failed || step.status == .ended
        row.mark =
            switch step.status {
            case .started, .armed, .decided: "…"
            case .done, .ended: "✓"
            case .failed: "✗"
            }
        if step.status != .armed, let message = step.message,
            message != "\(step.phase.rawValue) \(step.status.rawValue)"
        {
            row.note = message
        }
        switch (step.phase, step.status) {
        case (_, .armed): (row.isArmed, row.revertsAt) = (true, step.revertsAt)
        case (.confirm, .done), (.settle, .done), (.backOut, .done): (row.isArmed, row.revertsAt) = (false, nil)
        default: break
        }
        rows[device] = row
        switch step.status {
        case .failed: return Self.lines(step)
        case .armed:
            toldByHand += 1
            if toldByHand <= Self.maximumToldByHand { return Self.lines(step) }
            return toldByHand == Self.maximumToldByHand + 1
                ? ["more devices are armed: `asbuilt show run RUN` says how each is kept or taken back by hand"] : []
        case .started, .done, .decided, .ended: return []
        }
    }

    /// The table as it is at `now`, each line at most `width` columns, at most `height` lines.
    func lines(at now: UTCInstant, width: Int, height: Int) -> [String] {
        guard let startedAt else { return [] }
        var out = [
            "\(Self.clock(now - startedAt))  \(overall)" + (overallSince.map { "  \(Self.clock(now - $0))" } ?? "")
        ]
        let all = rows.values.sorted { ($0.wave, $0.device) < ($1.wave, $1.device) }
        // When not all fit, those that matter most: armed, then at work, then ended.
        let room = max(1, height - 2)
        let shown =
            all.count <= room
            ? all
            : Array(all.sorted { Self.rank($0) < Self.rank($1) }.prefix(room)).sorted {
                ($0.wave, $0.device) < ($1.wave, $1.device)
            }
        let nameWidth = min(32, shown.map(\.device.count).max() ?? 0)
        let waveWidth = min(16, shown.map(\.wave.count).max() ?? 0)
        for row in shown {
            var line =
                "  \(Self.pad(row.device, nameWidth))  \(Self.pad(row.wave, waveWidth))  \(row.mark) \(Self.pad(row.phase, 9))"
            line += row.isOver ? "        " : "  \(Self.clock(now - row.since)) "
            if let moment = row.revertsAt {
                line += "  reverts in \(Self.clock(moment - now))"
            } else if row.isArmed {
                line += "  changed, not decided"
            }
            if !row.note.isEmpty { line += "  \(row.note)" }
            out.append(safeForDisplay(line, keepingLines: false))
        }
        if shown.count < all.count { out.append("  and \(all.count - shown.count) more devices") }
        return out.map { String($0.prefix(max(20, width - 1))) }
    }

    private static func rank(_ row: Row) -> Int { row.mark == "✗" ? 0 : row.isArmed ? 1 : row.isOver ? 3 : 2 }

    private static func pad(_ text: String, _ width: Int) -> String {
        String(text.prefix(width)) + String(repeating: " ", count: max(0, width - text.count))
    }

    /// Minutes and seconds, never negative.
    private static func clock(_ duration: Duration) -> String {
        let seconds = max(0, duration.components.seconds)
        let rest = String(seconds % 60)
        return "\(seconds / 60):" + (rest.count == 1 ? "0" : "") + rest
    }

    /// One piece of progress as a plain line.
    static func line(_ step: RunProgress) -> String {
        var line = "\(step.at)  " + (step.device.map { $0 + "  " } ?? "")
        let what = "\(step.phase.rawValue) \(step.status.rawValue)"
        line += what
        if let message = step.message, message != what { line += ": \(message)" }
        if let moment = step.revertsAt { line += "; reverts by itself at \(moment)" }
        return line
    }

    /// The same with what to type by hand.
    static func lines(_ step: RunProgress) -> [String] {
        var lines = [line(step)]
        if !step.confirmByHand.isEmpty {
            lines.append("    to keep it by hand: \(step.confirmByHand.joined(separator: " / "))")
        }
        if !step.cancelByHand.isEmpty {
            lines.append("    to take it back by hand: \(step.cancelByHand.joined(separator: " / "))")
        }
        return lines
    }
}
