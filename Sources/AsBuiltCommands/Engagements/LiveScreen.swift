internal import ChangeExecution
internal import Diagnostics
internal import Dispatch
internal import Foundation
internal import Synchronization
internal import WorkspaceStore

/// Keeps a `RunTable` at the foot of the terminal: what stays scrolls above it, the table is drawn anew below.
///
/// Written to from any thread. One at a time in a process; `CommandOutput.complain` writes above it while it is there.
final class LiveScreen: Sendable {
    private struct State {
        var table = RunTable()
        var drawn = 0
        var isOpen = true
    }
    private let state = Mutex(State())
    // SAFETY: set in `init`, cancelled in `close`; a dispatch source may be used from any thread.
    nonisolated(unsafe) private let timer: any DispatchSourceTimer

    private static let current = Mutex<LiveScreen?>(nil)

    /// Nil unless standard error is a terminal that can move its cursor.
    static func open() -> LiveScreen? {
        guard isatty(STDERR_FILENO) == 1, let kind = ProcessInfo.processInfo.environment["TERM"], kind != "dumb",
            !kind.isEmpty
        else { return nil }
        let screen = LiveScreen()
        current.withLock { $0 = screen }
        screen.timer.resume()
        return screen
    }

    private init() {
        timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "asbuilt.screen"))
        timer.schedule(deadline: .now() + 1, repeating: 1)
        timer.setEventHandler { [weak self] in self?.redraw(above: []) }
    }

    /// Writes lines above the table, when there is one.
    static func putAbove(_ text: String) -> Bool {
        guard let screen = current.withLock({ $0 }) else { return false }
        screen.redraw(above: [text])
        return true
    }

    func show(_ step: RunProgress) {
        let staying = state.withLock { $0.table.note(step) }
        redraw(above: staying.map { safeForDisplay($0) })
    }

    private func redraw(above lines: [String]) {
        let (width, height) = Self.size()
        state.withLock { state in
            guard state.isOpen else { return }
            var out = Self.erasing(state.drawn)
            for line in lines { out += line + "\n" }
            let table = state.table.lines(
                at: UTCInstant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)), width: width, height: height)
            for line in table { out += line + "\n" }
            state.drawn = table.count
            FileHandle.standardError.write(Data(out.utf8))
        }
    }

    /// Leaves the table as it is last, and everything after it goes below.
    func close() {
        redraw(above: [])
        timer.cancel()
        state.withLock { $0.isOpen = false }
        Self.current.withLock { $0 = nil }
    }

    /// Up to the table's first line, then clear to the end of the screen.
    private static func erasing(_ lines: Int) -> String { lines == 0 ? "" : "\u{1B}[\(lines)A\r\u{1B}[J" }

    private static func size() -> (width: Int, height: Int) {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return (80, 24)
        }
        return (Int(size.ws_col), Int(size.ws_row))
    }
}
