import Glibc
import Synchronization

/// Ports on loopback.
package enum TestPort {
    package struct NoneFree: Error {}

    /// Below those that the system gives to whoever names none, and to connections that go out: what is free stays free, also for a
    /// server that is to come back on the same port.
    private static let range = 12_000..<32_000
    /// Test processes that run side by side begin in different places.
    private static let next = Atomic<Int>(Int(getpid()) &* 97)

    /// One that nobody had a moment ago, and that no other test of this process gets soon.
    package static func free() throws -> Int {
        for _ in 0..<range.count {
            let number = next.wrappingAdd(1, ordering: .relaxed).newValue.magnitude
            let port = range.lowerBound + Int(number % UInt(range.count))
            if isFree(port) { return port }
        }
        throw NoneFree()
    }

    private static func isFree(_ port: Int) -> Bool {
        let probe = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(probe) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        return withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(probe, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
