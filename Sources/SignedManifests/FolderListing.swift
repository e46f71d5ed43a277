internal import Glibc
internal import Diagnostics

/// Everything below a folder, links not followed, sorted by bytes.
package struct FolderListing: Equatable, Sendable {
    package enum Kind: Equatable, Sendable { case file, folder, link, other }
    package struct Item: Equatable, Sendable {
        /// Relative to the root, `/` between components.
        package var path: String
        package var kind: Kind
    }
    package var items: [Item] = []
    /// Names that cannot be signed: control characters, back-slashes, invalid UTF-8; shown escaped.
    package var badNames: [String] = []
    /// Folders that could not be listed, with the system's reason.
    package var unreadable: [String] = []

    package static let maximumItems = 100_000
    package static let maximumDepth = 32

    /// Lists what lies at `folder` below `root` (`""` for the root itself); a folder that does not exist is empty.
    package static func below(root: String, folder: String, recursive: Bool = true) -> FolderListing {
        var listing = FolderListing()
        listing.walk(root: root, folder: folder, depth: 0, recursive: recursive)
        listing.items.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        return listing
    }

    private mutating func walk(root: String, folder: String, depth: Int, recursive: Bool) {
        guard depth <= Self.maximumDepth else {
            unreadable.append("\(folder): nested deeper than \(Self.maximumDepth) folders")
            return
        }
        let path = folder.isEmpty ? root : root + "/" + folder
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (folder.isEmpty ? 0 : O_NOFOLLOW))
        guard descriptor >= 0, let stream = fdopendir(descriptor) else {
            if descriptor >= 0 { close(descriptor) }
            noteUnopened(path, folder)
            return
        }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let bytes = Self.nameBytes(entry)
            if bytes == [0x2E] || bytes == [0x2E, 0x2E] { continue }
            guard let name = String(validating: bytes, as: UTF8.self), Self.canBeSigned(name) else {
                badNames.append(
                    Self.join(folder, safeForDisplay(String(decoding: bytes, as: UTF8.self), keepingLines: false)))
                continue
            }
            guard items.count < Self.maximumItems else {
                unreadable.append("\(folder): more than \(Self.maximumItems) files")
                return
            }
            let child = Self.join(folder, name)
            let kind = Self.kind(descriptor, name)
            items.append(Item(path: child, kind: kind))
            if kind == .folder, recursive {
                walk(root: root, folder: child, depth: depth + 1, recursive: true)
            }
        }
    }

    private mutating func noteUnopened(_ path: String, _ folder: String) {
        let code = errno
        switch code {
        case ENOENT: break
        case ELOOP, ENOTDIR:
            var status = stat()
            let isLink = lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
            items.append(Item(path: folder, kind: isLink ? .link : .other))
        default: unreadable.append("\(folder): \(LockedFile.reason(code))")
        }
    }

    private static func join(_ folder: String, _ name: String) -> String { folder.isEmpty ? name : folder + "/" + name }

    private static func nameBytes(_ entry: UnsafeMutablePointer<dirent>) -> [UInt8] {
        withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
    }

    private static func kind(_ folder: Int32, _ name: String) -> Kind {
        var status = stat()
        guard fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return .other }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file
        case S_IFDIR: return .folder
        case S_IFLNK: return .link
        default: return .other
        }
    }

    /// A back-slash would make `sha256sum` escape the line; control characters and bidirectional marks could make a
    /// listing read differently from what it is.
    static func canBeSigned(_ name: String) -> Bool {
        !name.contains("\\") && safeForDisplay(name, keepingLines: false) == name
    }
}
