internal import ChangeExecution
internal import Synchronization

extension DeviceSurvey {
    /// Reads, and says from the second second on what is still waited for.
    ///
    /// - Parameter progress: called with a line for people, from any task; nil says nothing.
    func read(_ targets: [Target], progress: (@Sendable (String) -> Void)?) async -> [Answer] {
        guard let progress else { return await read(targets) }
        let names = targets.map(\.device)
        let waiting = WaitingList(names)
        let telling = Task {
            try await Task.sleep(for: .seconds(1))
            while true {
                let left = waiting.names
                let some = left.prefix(5).joined(separator: ", ") + (left.count > 5 ? " and \(left.count - 5) more" : "")
                progress("reading \(names.count) devices: \(names.count - left.count) done, waiting for \(some)")
                try await Task.sleep(for: .seconds(5))
            }
        }
        defer { telling.cancel() }
        return await read(targets, answered: { waiting.remove($0) })
    }
}

/// Devices that have not answered yet.
private final class WaitingList: Sendable {
    private let left: Mutex<[String]>
    init(_ names: [String]) { left = Mutex(names) }
    var names: [String] { left.withLock { $0 } }
    func remove(_ name: String) { left.withLock { $0.removeAll { $0 == name } } }
}
