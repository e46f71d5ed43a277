import ByteTransport
import Foundation
import TestSupport

@testable import SSHTransport

/// A private OpenSSH server on loopback for the user who runs the tests; ends with this value.
final class SSHDServer {
    var port: Int { daemon.port }
    let key: SSHPublicKey
    private let daemon: OpenSSHDaemon
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
        daemon = try OpenSSHDaemon(hostKeyFile: folder.path + "host", authorized: authorized.map(\.line), extra: extra)
    }

    convenience init(authorized: SSHPrivateKey, extra: String = "") throws {
        try self.init(authorized: [authorized.publicKey], extra: extra)
    }

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
}
