internal import Glibc

/// One file of a folder tree, read without ever following a link.
///
/// Each component below the root is opened with `O_NOFOLLOW`, so a link swapped in between listing and reading is
/// seen as a link, not followed.
package enum LockedFile: Equatable, Sendable {
    case bytes([UInt8])
    case missing
    /// `component` (relative to the root) is a symbolic link.
    case link(component: String, target: String)
    /// Neither a file nor a folder where one is needed: a device, socket, pipe, or a folder in place of the file.
    case notAFile
    /// The system refused; the sentence says why.
    case unreadable(String)

    /// Files beyond this size are not read.
    package static let maximumBytes = 256 << 20

    /// Reads `path`, relative to `root` with `/` between components; `root` itself may be reached through links.
    package static func read(root: String, path: String) -> LockedFile {
        var folder = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return errno == ENOENT ? .missing : .unreadable(reason(errno)) }
        defer { close(folder) }
        let components = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        for (index, name) in components.enumerated() {
            guard !name.isEmpty, name != ".", name != ".." else { return .unreadable("the path leaves its folder") }
            let isLast = index == components.count - 1
            let flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | (isLast ? 0 : O_DIRECTORY)
            let next = openat(folder, name, flags)
            guard next >= 0 else {
                let code = errno
                if let target = linkTarget(folder, name) {
                    return .link(component: components[...index].joined(separator: "/"), target: target)
                }
                switch code {
                case ENOENT, ENOTDIR: return .missing
                case ENXIO: return .notAFile
                default: return .unreadable(reason(code))
                }
            }
            close(folder)
            folder = next
        }
        return readAll(folder)
    }

    private static func readAll(_ descriptor: Int32) -> LockedFile {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return .unreadable(reason(errno)) }
        guard status.st_mode & S_IFMT == S_IFREG else { return .notAFile }
        guard status.st_size <= maximumBytes else { return .unreadable("larger than \(maximumBytes) bytes") }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: max(4096, Int(status.st_size) + 1))
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count == 0 { return .bytes(bytes) }
            if count < 0 {
                if errno == EINTR { continue }
                return .unreadable(reason(errno))
            }
            guard bytes.count + count <= maximumBytes else { return .unreadable("larger than \(maximumBytes) bytes") }
            bytes += chunk[..<count]
        }
    }

    private static func linkTarget(_ folder: Int32, _ name: String) -> String? {
        var status = stat()
        guard fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0, status.st_mode & S_IFMT == S_IFLNK else {
            return nil
        }
        var target = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = target.withUnsafeMutableBytes { buffer in
            buffer.baseAddress.map { readlinkat(folder, name, $0.assumingMemoryBound(to: CChar.self), buffer.count) }
                ?? -1
        }
        return count >= 0 ? String(decoding: target[..<count], as: UTF8.self) : "?"
    }

    static func reason(_ code: Int32) -> String { strerror(code).map { String(cString: $0) } ?? "error \(code)" }
}
