package import ByteTransport
import Glibc
import Synchronization

/// A fixed number of reactors; sessions are spread over them in turn. Threads live as long as the process.
package final class ReactorGroup: Sendable {
    package let reactors: [Reactor]
    /// For sessions that keep a thread busy: RSA signing, agents, old key exchanges.
    let slow: Reactor
    private let next = Atomic<Int>(0)

    /// Default number of client reactors: two, or one on a machine with one core.
    package static let defaultCount = max(1, min(2, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
    private static let sharedGroup = Mutex<ReactorGroup?>(nil)

    package init(count: Int = defaultCount) throws(TransportError) {
        var made: [Reactor] = []
        for _ in 0..<max(1, count) { made.append(try Reactor()) }
        reactors = made
        slow = try Reactor()
    }

    /// The process's group, made at first use.
    package static func shared() throws(TransportError) -> ReactorGroup {
        do {
            return try sharedGroup.withLock { group in
                if let group { return group }
                let made = try ReactorGroup()
                group = made
                return made
            }
        } catch let error as TransportError {
            throw error
        } catch {
            throw TransportError(.limitExceeded, what: "no reactor: \(error)")
        }
    }

    /// The next reactor in turn.
    package func pick() -> Reactor {
        reactors[abs(next.wrappingAdd(1, ordering: .relaxed).newValue % reactors.count)]
    }
}
