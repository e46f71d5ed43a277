internal import DeviceDrivers
internal import Synchronization
internal import WorkspaceStore

/// Keeps what went over one session, as text with a line before each turn; cut at a limit.
final class TranscriptBuffer: TranscriptSink {
    private struct Contents {
        var bytes: [UInt8] = []
        var last: TranscriptDirection?
        var isCut = false
    }
    private let contents = Mutex(Contents())
    private let clock: any ExecutionClock
    private let limit: Int

    init(clock: any ExecutionClock, limit: Int) { (self.clock, self.limit) = (clock, limit) }

    func record(_ direction: TranscriptDirection, _ bytes: [UInt8]) {
        contents.withLock { contents in
            let heading = contents.last == direction ? "" : "\n--- \(direction.rawValue) \(clock.now())\n"
            guard contents.bytes.count + bytes.count + heading.utf8.count <= limit else {
                if !contents.isCut { contents.bytes += "\n--- cut at \(limit) bytes\n".utf8 }
                contents.isCut = true
                return
            }
            contents.bytes += heading.utf8
            contents.last = direction
            contents.bytes += bytes
        }
    }

    var bytes: [UInt8] { contents.withLock { $0.bytes } }
}
