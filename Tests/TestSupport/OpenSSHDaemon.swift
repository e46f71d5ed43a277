import Foundation
import Glibc

/// A private OpenSSH server on loopback for the user who runs the tests; ends with this value.
package final class OpenSSHDaemon: Sendable {
    package let port: Int
    private let process: Tool
    private let folder: ScratchFolder

    /// - Parameters:
    ///   - hostKeyFile: Its private key.
    ///   - authorized: Lines of `authorized_keys`.
    ///   - extra: Further lines of `sshd_config`.
    package init(hostKeyFile: String, authorized: [String], extra: String = "") throws {
        folder = try ScratchFolder("sshd")
        _ = try folder.write(authorized.map { $0 + "\n" }.joined(), to: "authorized")
        port = try TestPort.free()
        _ = try folder.write(
            """
            ListenAddress 127.0.0.1
            Port \(port)
            HostKey \(hostKeyFile)
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

    deinit { process.kill() }
}
