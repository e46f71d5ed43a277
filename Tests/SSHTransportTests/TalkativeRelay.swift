import Foundation
import Glibc
import Synchronization

/// Passes one connection on to a port of loopback, after saying something there first.
final class TalkativeRelay: Sendable {
    let port: Int
    struct Failure: Error { var what: String }

    init(saying text: String, to target: Int) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = Self.loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { place in
                bind(listener, place, length) == 0 && listen(listener, 1) == 0 && getsockname(listener, place, &length) == 0
            }
        }
        guard status else { throw Failure(what: "cannot listen: \(errno)") }
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread {
            let inside = accept(listener, nil, nil)
            close(listener)
            let outside = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            var place = Self.loopback(target)
            let isConnected = withUnsafePointer(to: &place) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(outside, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            guard inside >= 0, isConnected else { return }
            _ = Array(text.utf8).withUnsafeBytes { write(outside, $0.baseAddress, $0.count) }
            let back = Thread { Self.pump(outside, inside) }
            back.start()
            Self.pump(inside, outside)
        }
    }

    private static func loopback(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        return address
    }

    /// Until one side ends; the other hears of it. Descriptors stay open until the process ends: both directions use them.
    private static func pump(_ from: Int32, _ to: Int32) {
        var buffer = [UInt8](repeating: 0, count: 32 << 10)
        while true {
            let count = read(from, &buffer, buffer.count)
            if count <= 0 || send(to, buffer, count, Int32(MSG_NOSIGNAL)) != count { break }
        }
        shutdown(to, Int32(SHUT_RDWR))
        shutdown(from, Int32(SHUT_RDWR))
    }
}
