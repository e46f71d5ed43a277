import ByteTransport
import Synchronization

/// The connections to jump hosts that sessions share: one per host and login, for as long as something goes through it.
///
/// A device that is reached a second time while the first connection is open gets a way of its own from end to end, since a
/// second connection is made to see whether a new one still comes through. Who finds no connection makes it; others wait for
/// it. What it fails with, all get, except that it took too long or was cancelled: then the next one tries.
final class SSHJumpPool: Sendable {
    /// Sessions through one connection; the next one opens another.
    static let maximumForwards = 128

    /// One shared connection.
    final class Way: Sendable {
        let route: [SSHHop]
        let session: SSHSession
        /// What it goes through itself.
        let via: Mutex<SSHJumpLease?> = Mutex(nil)

        init(route: [SSHHop], session: SSHSession) { (self.route, self.session) = (route, session) }
    }
    private struct Entry {
        var way: Way
        /// Where the sessions through it go.
        var carried: [String]
    }
    private let entries = Mutex<[Entry]>([])

    /// A place on a connection along `route`, for a session to `next`, and whether the caller is the one to connect it.
    func place(route: [SSHHop], next: SSHTarget, make: () -> SSHSession) -> (lease: SSHJumpLease, isNew: Bool) {
        let (way, isNew) = entries.withLock { entries -> (Way, Bool) in
            let found = entries.firstIndex { entry in
                entry.carried.count < Self.maximumForwards && !entry.carried.contains(next.location)
                    && !entry.way.session.isOver.load(ordering: .acquiring) && entry.way.route == route
            }
            if let found {
                entries[found].carried.append(next.location)
                return (entries[found].way, false)
            }
            let way = Way(route: route, session: make())
            entries.append(Entry(way: way, carried: [next.location]))
            return (way, true)
        }
        return (SSHJumpLease(pool: self, way: way, next: next.location), isNew)
    }

    /// Gives a place back. True when it was the last and the connection is to be closed.
    fileprivate func leave(_ way: Way, next: String) -> Bool {
        entries.withLock { entries in
            guard let index = entries.firstIndex(where: { $0.way === way }) else { return false }
            if let place = entries[index].carried.firstIndex(of: next) { entries[index].carried.remove(at: place) }
            guard entries[index].carried.isEmpty else { return false }
            entries.remove(at: index)
            return true
        }
    }

    /// Connections open or being opened.
    var count: Int { entries.withLock { $0.count } }
}

/// One session's place on a shared connection; given back once, at the latest when nothing refers to it any more.
final class SSHJumpLease: Sendable {
    let way: SSHJumpPool.Way
    private let pool: SSHJumpPool
    private let next: String
    private let isGiven = Atomic<Bool>(false)

    init(pool: SSHJumpPool, way: SSHJumpPool.Way, next: String) { (self.pool, self.way, self.next) = (pool, way, next) }

    deinit {
        guard giveBack() else { return }
        let session = way.session
        session.reactor.perform { session.assumeIsolated { $0.tearDown() } }
    }

    /// Closes the connection when nothing else goes through it.
    func close() async {
        guard giveBack() else { return }
        await way.session.close()
        let via = way.via.withLock { via in
            defer { via = nil }
            return via
        }
        await via?.close()
    }

    private func giveBack() -> Bool {
        !isGiven.exchange(true, ordering: .acquiringAndReleasing) && pool.leave(way, next: next)
    }
}
