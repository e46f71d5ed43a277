import CanonicalData
internal import Dispatch
internal import Glibc
import WorkspaceStore

/// Bytes by digest in files: `blobs/ab/abcd…`. Written beside, synced, then renamed, so a name never shows half of it.
struct BlobFolder: Sendable {
    let path: String
    /// Disk work stays off the cooperative pool.
    private let queue = DispatchQueue(label: "asbuilt-blobs")

    init(_ path: String) throws(StoreError) {
        self.path = path
        try Self.makePrivateFolder(path)
    }

    func store(_ bytes: [UInt8]) async throws(StoreError) -> Digest {
        guard bytes.count <= StoreLimits.maximumBlobBytes else { throw .blobTooLarge(bytes: bytes.count) }
        return try await onQueue { () throws(StoreError) in
            let digest = Digest.sha256(bytes)
            let folder = folder(of: digest)
            let name = folder + "/" + digest.hex
            if let present = try Self.contents(of: name), Digest.sha256(present) == digest { return digest }
            try Self.makePrivateFolder(folder)
            try Self.replace(name, with: bytes)
            try Self.syncFolder(folder)
            return digest
        }
    }

    func read(_ digest: Digest) async throws(StoreError) -> [UInt8] {
        try await onQueue { () throws(StoreError) in
            let name = folder(of: digest) + "/" + digest.hex
            guard let bytes = try Self.contents(of: name) else { throw .blobMissing(digest) }
            let found = Digest.sha256(bytes)
            guard found == digest else {
                throw StoreError(
                    .blobDamaged, what: "its bytes have digest \(found)", location: name,
                    remedy: "restore this file from a backup")
            }
            return bytes
        }
    }

    private func folder(of digest: Digest) -> String { path + "/" + digest.hex.prefix(2) }

    private func onQueue<R: Sendable>(_ body: @escaping @Sendable () throws(StoreError) -> R) async throws(StoreError)
        -> R
    {
        let result = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<R, StoreError>, Never>) in
            queue.async { continuation.resume(returning: Result(catching: body)) }
        }
        return try result.get()
    }

    /// Makes the folder with access for its owner only; one that exists is left as it is.
    static func makePrivateFolder(_ path: String) throws(StoreError) {
        guard mkdir(path, 0o700) != 0 else {
            try syncFolder(path + "/..")
            return
        }
        let number = errno
        var status = stat()
        guard number == EEXIST, stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw .system("the folder cannot be made", path, number == EEXIST ? ENOTDIR : number)
        }
    }

    private static func replace(_ name: String, with bytes: [UInt8]) throws(StoreError) {
        let temporary = "\(name).\(getpid())-\(UInt32.random(in: .min ... .max)).new"
        let descriptor = open(temporary, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .system("cannot be written", temporary, errno) }
        var (written, failure): (Int, Int32?) = (0, nil)
        while written < bytes.count, failure == nil {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 { written += count } else if errno != EINTR { failure = errno }
        }
        if failure == nil, fsync(descriptor) != 0 { failure = errno }
        Glibc.close(descriptor)
        if failure == nil, rename(temporary, name) != 0 { failure = errno }
        if let failure {
            unlink(temporary)
            throw .system("cannot be written", name, failure)
        }
    }

    private static func syncFolder(_ path: String) throws(StoreError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system("cannot be opened", path, errno) }
        defer { Glibc.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .system("cannot be synced", path, errno) }
    }

    /// Nil when there is no such file.
    private static func contents(of name: String) throws(StoreError) -> [UInt8]? {
        let descriptor = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw .system("cannot be read", name, errno)
        }
        defer { Glibc.close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw .system("cannot be read", name, errno)
            }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
            guard bytes.count <= StoreLimits.maximumBlobBytes else { throw .blobTooLarge(bytes: bytes.count) }
        }
    }
}
