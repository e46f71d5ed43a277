import ByteTransport
import Foundation
import Glibc
import TestSupport

@testable import SSHTransport

/// A private OpenSSH server on loopback for the user who runs the tests; ends with this value.
final class SSHDServer {
    let port: Int
    let key: SSHPublicKey
    private let process: Tool
    private let folder: ScratchFolder

    /// - Parameters:
    ///   - authorized: Keys that may log in.
    ///   - extra: Further lines of `sshd_config`.
    ///   - hostKey: A new one unless given.
    init(authorized: [SSHPublicKey], extra: String = "", hostKey: SSHPrivateKey? = nil) throws {
        folder = try ScratchFolder("sshd")
        let host = try hostKey ?? .generate()
        key = host.publicKey
        try host.export(to: folder.path + "host")
        _ = try folder.write(authorized.map { $0.line + "\n" }.joined(), to: "authorized")
        port = try Self.freePort()
        _ = try folder.write(
            """
            ListenAddress 127.0.0.1
            Port \(port)
            HostKey \(folder.path)host
            PidFile none
            AuthorizedKeysFile \(folder.path)authorized
            StrictModes no
            PermitRootLogin yes
            UsePAM no
            Subsystem cat /bin/cat
            \(extra)

            """, to: "config")
        try FileManager.default.createDirectory(atPath: "/run/sshd", withIntermediateDirectories: true)
        process = try Tool("/usr/sbin/sshd", ["-D", "-e", "-f", folder.path + "config"])
    }

    convenience init(authorized: SSHPrivateKey, extra: String = "") throws {
        try self.init(authorized: [authorized.publicKey], extra: extra)
    }

    deinit { process.kill() }

    /// Connects, once sshd listens: that is a moment after it was started.
    func listens(_ connect: () async throws -> SSHConnection) async throws -> SSHConnection {
        let end = ContinuousClock.now + .seconds(60)
        while true {
            do { return try await connect() } catch let error as TransportError {
                guard error.code == .refused, ContinuousClock.now < end else { throw error }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    private static func freePort() throws -> Int {
        let probe = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(probe) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(probe, $0, length)
                _ = getsockname(probe, $0, &length)
            }
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
