import Glibc
import Synchronization

/// Loopback ports for peers that have to be told theirs.
enum FreePorts {
    /// The first of `count` ports in a row that nobody listens on; what an earlier run left behind is in nobody's way.
    static func block(of count: Int) throws -> Int {
        let start = 23_000 + Int(getpid() % 50) * 100
        // Two suites run at once: each block is given out once.
        let found = next.withLock { next -> Int? in
            for base in stride(from: max(start, next), to: start + 5_000, by: 20)
            where (base..<base + count).allSatisfy(isFree) {
                next = base + 20
                return base
            }
            return nil
        }
        if let found { return found }
        throw PeerScript.Failure(what: "no \(count) free ports in a row from \(start) on")
    }

    private static let next = Mutex(0)

    private static func isFree(_ port: Int) -> Bool {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { return false }
        defer { close(socket) }
        var one: Int32 = 1
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
