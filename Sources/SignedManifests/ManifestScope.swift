package import CanonicalData
package import Diagnostics

/// What a manifest covers: which files must be there, which may be, and which folders are locked as a whole.
package struct ManifestScope: Equatable, Sendable {
    /// Files that must exist.
    package var required: [String]
    /// Files covered when they exist.
    package var optional: [String]
    /// Files and folders directly in the root whose names start with one of these are covered.
    package var rootPrefixes: [String]
    /// Every file below these is covered; a folder that does not exist covers nothing.
    package var folders: [String]
    /// The folder that holds the manifest; its `manifest` and `*.sig` are not covered by it, anything else that is not
    /// covered does not belong there.
    package var ownFolder: String
    /// Further files in that folder that its manifest does not cover, because they are written later.
    package var writtenLater: [String]

    package init(
        required: [String], optional: [String] = [], rootPrefixes: [String] = [], folders: [String] = [],
        ownFolder: String, writtenLater: [String] = []
    ) {
        self.required = required
        self.optional = optional
        self.rootPrefixes = rootPrefixes
        self.folders = folders
        self.ownFolder = ownFolder
        self.writtenLater = writtenLater
    }

    /// Where the manifest lies.
    package var manifestPath: String { ownFolder + "/manifest" }

    /// True for the manifest itself and the signatures over it.
    package func isOwnOutput(_ path: String) -> Bool {
        guard path.hasPrefix(ownFolder + "/") else { return false }
        let name = path.dropFirst(ownFolder.utf8.count + 1)
        return !name.contains("/")
            && (name == "manifest" || name.hasSuffix(".sig") || writtenLater.contains(String(name)))
    }
}

/// The files of a scope as they lie there now.
package struct ManifestScan: Equatable, Sendable {
    package struct File: Equatable, Sendable {
        package var path: String
        package var digest: Digest
        /// What was hashed; nil when the caller did not ask to keep it.
        package var bytes: [UInt8]?
    }
    /// By path.
    package var files: [String: File] = [:]
    /// Links, odd names, unreadable files, required files that are missing.
    package var findings = Findings()

    /// The manifest of what is there.
    package var manifest: Manifest { Manifest(files.values.map { Manifest.Entry(path: $0.path, digest: $0.digest) }) }

    /// The bytes that were hashed, by path, when they were kept.
    package var contents: [String: [UInt8]] { files.compactMapValues(\.bytes) }

    /// Reads the scope below `root`.
    ///
    /// - Parameters:
    ///   - area: the first part of finding codes, `gate` or `record`.
    ///   - keepingBytes: keep what was hashed, so that what is used is what was checked.
    package init(root: String, scope: ManifestScope, area: String, keepingBytes: Bool = true) {
        var reader = Reader(root: root, scope: scope, area: area, keepingBytes: keepingBytes)
        reader.run()
        (files, findings) = (reader.files, reader.findings)
    }

    private struct Reader {
        let root: String
        let scope: ManifestScope
        let area: String
        let keepingBytes: Bool
        var files: [String: File] = [:]
        var findings = Findings()

        mutating func run() {
            let top = FolderListing.below(root: root, folder: "", recursive: false)
            let prefixed = top.items.filter { item in scope.rootPrefixes.contains { item.path.hasPrefix($0) } }
            let odd = top.badNames.filter { name in scope.rootPrefixes.contains { name.hasPrefix($0) } }
            for name in odd { badName(name) }
            for item in prefixed where item.kind != .folder { take(item) }
            let folders = scope.folders + prefixed.filter { $0.kind == .folder }.map(\.path) + [scope.ownFolder]
            for folder in folders { takeFolder(folder) }
            for path in scope.required where files[path] == nil { takeFile(path, isRequired: true) }
            for path in scope.optional where files[path] == nil { takeFile(path, isRequired: false) }
        }

        mutating func takeFolder(_ folder: String) {
            let listing = FolderListing.below(root: root, folder: folder)
            for name in listing.badNames { badName(name) }
            for reason in listing.unreadable {
                findings.add(
                    Finding(
                        code: "\(area).unreadable", what: "a locked folder cannot be listed: \(reason)",
                        remedy: "give the account that runs asbuilt the right to read it"))
            }
            for item in listing.items where item.kind != .folder && !isPlainOwnOutput(item) { take(item) }
        }

        /// Signatures and the manifest are read by whoever verifies; a link in their place is still refused here.
        func isPlainOwnOutput(_ item: FolderListing.Item) -> Bool { item.kind == .file && scope.isOwnOutput(item.path) }

        mutating func take(_ item: FolderListing.Item) {
            switch item.kind {
            case .file, .link: takeFile(item.path, isRequired: true)
            case .folder: break
            case .other: notAFile(item.path)
            }
        }

        mutating func takeFile(_ path: String, isRequired: Bool) {
            switch LockedFile.read(root: root, path: path) {
            case .bytes(let bytes):
                files[path] = File(path: path, digest: .sha256(bytes), bytes: keepingBytes ? bytes : nil)
            case .missing:
                guard isRequired else { return }
                findings.add(
                    Finding(
                        code: "\(area).required-file-missing", what: "\(path) does not exist",
                        at: SourcePosition(file: path), remedy: "write it; `asbuilt check` says what belongs in it"))
            case .link(let component, let target):
                let shown = safeForDisplay(target, keepingLines: false)
                findings.add(
                    Finding(
                        code: "\(area).symbolic-link",
                        what: "\(component) is a symbolic link to \(shown); links cannot be signed",
                        at: SourcePosition(file: path), remedy: "replace the link by the file or folder itself"))
            case .notAFile: notAFile(path)
            case .unreadable(let reason):
                findings.add(
                    Finding(
                        code: "\(area).unreadable", what: "\(path) cannot be read: \(reason)",
                        at: SourcePosition(file: path),
                        remedy: "give the account that runs asbuilt the right to read it"))
            }
        }

        mutating func notAFile(_ path: String) {
            findings.add(
                Finding(
                    code: "\(area).not-a-file", what: "\(path) is not a regular file", at: SourcePosition(file: path),
                    remedy: "remove it; only regular files can be signed"))
        }

        mutating func badName(_ shown: String) {
            findings.add(
                Finding(
                    code: "\(area).control-character",
                    what: "the name \"\(shown)\" holds control characters, a back-slash or invalid UTF-8",
                    remedy: "rename or remove the file; such names can make a listing lie"))
        }
    }
}
