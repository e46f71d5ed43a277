package import CanonicalData
package import Diagnostics

/// What a signature covers: files by path and digest, in the format of `sha256sum`, sorted by the bytes of the path.
///
/// `sha256sum -c manifest`, run in the folder that the paths start from, checks every line.
package struct Manifest: Equatable, Sendable {
    package struct Entry: Equatable, Sendable {
        /// Relative, `/` between components.
        package let path: String
        package let digest: Digest
        package init(path: String, digest: Digest) { (self.path, self.digest) = (path, digest) }
    }

    /// Sorted by the bytes of the path, no path twice.
    package let entries: [Entry]

    /// Sorts; of entries with the same path the first stays.
    package init(_ entries: [Entry]) {
        var seen: Set<String> = []
        self.entries = entries.filter { seen.insert($0.path).inserted }
            .sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    }

    package subscript(path: String) -> Digest? { entries.first { $0.path == path }?.digest }

    /// The file's bytes: per entry the digest, two spaces, the path, a newline.
    package var bytes: [UInt8] { entries.flatMap { Array("\($0.digest.hex)  \($0.path)\n".utf8) } }

    /// The digest of those bytes: what "the manifest's digest" means everywhere.
    package var digest: Digest { .sha256(bytes) }

    package static let maximumBytes = 64 << 20

    /// Reads a manifest; only the one form that `bytes` writes is accepted.
    ///
    /// - Parameters:
    ///   - file: the name for positions in findings.
    ///   - area: the first part of finding codes, `gate` or `record`.
    package static func parse(_ bytes: [UInt8], file: String, area: String) throws(Findings) -> Manifest {
        var findings = Findings()
        func bad(_ what: String, _ line: Int) {
            findings.add(
                Finding(
                    code: "\(area).manifest-malformed", what: what,
                    at: SourcePosition(file: file, line: line, column: line > 0 ? 1 : 0),
                    remedy:
                        "the manifest was edited by hand or damaged; restore it, or open the next cycle with `asbuilt amend`"
                ))
        }
        guard bytes.count <= maximumBytes, let text = String(validating: bytes, as: UTF8.self) else {
            bad("the manifest is not text of at most \(maximumBytes) bytes", 0)
            throw findings
        }
        guard !bytes.isEmpty, bytes.last == 0x0A else {
            bad(bytes.isEmpty ? "the manifest is empty" : "the last line has no newline", 0)
            throw findings
        }
        var entries: [Entry] = []
        // Only a newline separates lines here; Swift would take CR LF as one character.
        for (index, line) in text.utf8.dropLast().split(separator: 0x0A, omittingEmptySubsequences: false).enumerated()
        {
            guard let entry = entry(String(decoding: line, as: UTF8.self)) else {
                bad("not \"<64 hexadecimal digits>  <relative path>\"", index + 1)
                continue
            }
            if let last = entries.last, !last.path.utf8.lexicographicallyPrecedes(entry.path.utf8) {
                bad("\(entry.path) stands after \(last.path); paths are sorted by bytes, each once", index + 1)
            }
            entries.append(entry)
        }
        try findings.throwIfErrors()
        return Manifest(entries)
    }

    private static func entry(_ line: String) -> Entry? {
        let bytes = Array(line.utf8)
        guard bytes.count > 66, bytes[64] == 0x20, bytes[65] == 0x20,
            let digest = Digest(hex: String(decoding: bytes[..<64], as: UTF8.self))
        else { return nil }
        let path = String(decoding: bytes[66...], as: UTF8.self)
        let components = path.split(separator: "/", omittingEmptySubsequences: false)
        guard components.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }), FolderListing.canBeSigned(path) else {
            return nil
        }
        return Entry(path: path, digest: digest)
    }
}
