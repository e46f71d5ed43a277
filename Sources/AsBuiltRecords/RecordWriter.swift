package import CanonicalData
package import DesignContracts
package import Diagnostics
internal import Foundation
internal import SignedManifests

/// Writes a run's record into the engagement folder and signs it as the executor.
///
/// Everything is written and signed beside `as-built/` and put in its place in one step, so a reader finds the record
/// before or the record after, never half of one. A record of an earlier run of the cycle moves, byte for byte, to
/// `as-built/history/RUN/`, which the new manifest covers too. Writing the same run again, after a crash, replaces its
/// record.
package struct RecordWriter: Sendable {
    package var folder: EngagementFolder
    private let seal: RecordSeal
    private let keyFile: String

    package init(folder: EngagementFolder, keyFile: String) {
        self.folder = folder
        self.keyFile = keyFile
        seal = RecordSeal(folder: folder, location: .staged(Self.stagingFolder))
    }

    /// What people read beside `record.json`.
    package struct Views: Sendable {
        package var markdown: String
        package var html: String
        package init(markdown: String, html: String) { (self.markdown, self.html) = (markdown, html) }
    }

    package struct Written: Equatable, Sendable {
        /// Digest of `record.json`: what later records name.
        package var record: Digest
        /// Digest of `as-built/manifest`: what `run.sig` and the closing are over.
        package var manifest: Digest
    }

    /// In the engagement folder while a record is made; outside everything that manifests cover.
    static let stagingFolder = ".as-built.new"
    private static let replacedFolder = ".as-built.old"

    /// Writes and signs. Refuses when evidence that the record points to is missing, when bytes are not those of their
    /// digest, and when this run's record was closed already.
    package func write(_ record: AsBuiltRecord, evidence: [Digest: [UInt8]], views: Views) async throws(Findings)
        -> Written
    {
        try requireEvidence(record, evidence)
        try recover()
        let bytes = try RecordFile.bytes(record)
        let current = try currentRecord()
        if let current, current.run.id == record.run.id, folder.exists(RecordSeal.closingFile) {
            throw Findings([
                Finding(
                    code: "record.closed", what: "the record of run \(record.run.id) was closed; it is never changed",
                    remedy: "start the next change with `asbuilt amend`")
            ])
        }
        try remove(Self.stagingFolder)
        try put(bytes, "record.json")
        try put(Array(views.markdown.utf8), "as-built.md")
        try put(Array(views.html.utf8), "as-built.html")
        for digest in evidence.keys.sorted() { try put(evidence[digest] ?? [], "evidence/\(digest.hex)") }
        try keepEarlier(current, replacing: record.run.id)
        let manifest = try await seal.seal(keyFile: keyFile)
        try exchange()
        return Written(record: .sha256(bytes), manifest: manifest.digest)
    }

    private func requireEvidence(_ record: AsBuiltRecord, _ evidence: [Digest: [UInt8]]) throws(Findings) {
        var findings = Findings()
        for digest in record.evidence where evidence[digest] == nil {
            findings.add(
                Finding(
                    code: "record.evidence-missing", what: "the record points to evidence \(digest.prefix), which is not there",
                    remedy: "`asbuilt resume` makes the record again from the journal"))
        }
        for (digest, bytes) in evidence.sorted(by: { $0.key < $1.key }) where Digest.sha256(bytes) != digest {
            findings.add(
                Finding(
                    code: "record.evidence-damaged",
                    what: "evidence \(digest.prefix) was damaged in storage: its bytes have the digest \(Digest.sha256(bytes).prefix)",
                    remedy: "check the disk; `asbuilt resume` makes the record again"))
        }
        try findings.throwIfErrors()
    }

    private func currentRecord() throws(Findings) -> AsBuiltRecord? {
        switch LockedFile.read(root: folder.root, path: RecordSeal.recordFile) {
        case .missing: return nil
        case .bytes(let bytes): return try RecordFile.read(bytes, file: RecordSeal.recordFile)
        case .link, .notAFile, .unreadable:
            throw Findings([
                Finding(
                    code: "record.unreadable", what: "\(RecordSeal.recordFile) is a link or cannot be read",
                    at: SourcePosition(file: RecordSeal.recordFile), remedy: "restore the file")
            ])
        }
    }

    /// Earlier records, linked into the new folder: their bytes exist once, and the folder in place stays whole.
    private func keepEarlier(_ current: AsBuiltRecord?, replacing run: String) throws(Findings) {
        let asBuilt = EngagementFolder.asBuiltFolder
        var listing = FolderListing.below(root: folder.root, folder: asBuilt).items.filter { $0.kind == .file }.map(\.path)
        if current == nil || current?.run.id == run {
            listing.removeAll { !$0.hasPrefix(RecordLocation.historyPrefix) }
        }
        for path in listing {
            let rest = String(path.dropFirst(asBuilt.utf8.count + 1))
            let target = path.hasPrefix(RecordLocation.historyPrefix) ? rest : "history/\(current?.run.id ?? "")/\(rest)"
            try perform("keep \(path)") {
                let to = URL(filePath: folder.path("\(Self.stagingFolder)/\(target)"))
                try FileManager.default.createDirectory(
                    at: to.deletingLastPathComponent(), withIntermediateDirectories: true)
                try FileManager.default.linkItem(at: URL(filePath: folder.path(path)), to: to)
            }
        }
    }

    // MARK: Files

    private func put(_ bytes: [UInt8], _ name: String) throws(Findings) {
        try perform("write \(name)") {
            let url = URL(filePath: folder.path("\(Self.stagingFolder)/\(name)"))
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(bytes).write(to: url)
        }
    }

    private func remove(_ name: String) throws(Findings) {
        guard folder.exists(name) else { return }
        try perform("remove \(name)") { try FileManager.default.removeItem(atPath: folder.path(name)) }
    }

    /// Puts the new folder in place of the old. Between the two renames only `recover` knows the old one.
    private func exchange() throws(Findings) {
        try perform("put the record in place") {
            let files = FileManager.default
            if folder.exists(EngagementFolder.asBuiltFolder) {
                try files.moveItem(
                    atPath: folder.path(EngagementFolder.asBuiltFolder), toPath: folder.path(Self.replacedFolder))
            }
            try files.moveItem(
                atPath: folder.path(Self.stagingFolder), toPath: folder.path(EngagementFolder.asBuiltFolder))
        }
        try remove(Self.replacedFolder)
    }

    /// What a crash between two renames left: the old record goes back before a new one is made.
    private func recover() throws(Findings) {
        guard folder.exists(Self.replacedFolder) else { return }
        guard !folder.exists(EngagementFolder.asBuiltFolder) else { return try remove(Self.replacedFolder) }
        try perform("put the earlier record back") {
            try FileManager.default.moveItem(
                atPath: folder.path(Self.replacedFolder), toPath: folder.path(EngagementFolder.asBuiltFolder))
        }
    }

    private func perform(_ what: String, _ body: () throws -> Void) throws(Findings) {
        do { try body() } catch {
            throw Findings([
                Finding(
                    code: "record.not-written",
                    what: "the record could not be written (\(what)): \((error as NSError).localizedDescription)",
                    at: SourcePosition(file: EngagementFolder.asBuiltFolder),
                    remedy: "make room or check permissions; the journal holds everything, `asbuilt resume` writes it again")
            ])
        }
    }
}

/// `record.json` and `closing.json` as bytes.
package enum RecordFile {
    /// Canonical JSON (RFC 8785).
    package static func bytes(_ record: AsBuiltRecord) throws(Findings) -> [UInt8] { try encode(record) }
    package static func bytes(_ closing: ClosingStatement) throws(Findings) -> [UInt8] { try encode(closing) }

    private static func encode(_ value: some Encodable) throws(Findings) -> [UInt8] {
        do throws(JSONError) { return try CanonicalJSON.encode(value) } catch {
            throw Findings([
                Finding(
                    code: "record.not-encodable", what: "the record cannot be written: \(error)",
                    remedy: "report this as a bug")
            ])
        }
    }

    /// Only canonical JSON of the known format is accepted.
    package static func read(_ bytes: [UInt8], file: String) throws(Findings) -> AsBuiltRecord {
        let record = try decode(AsBuiltRecord.self, bytes, file)
        return try requireFormat(record, record.asbuilt, AsBuiltRecord.format, file)
    }
    package static func readClosing(_ bytes: [UInt8], file: String) throws(Findings) -> ClosingStatement {
        let closing = try decode(ClosingStatement.self, bytes, file)
        return try requireFormat(closing, closing.asbuilt, ClosingStatement.format, file)
    }

    private static func decode<T: Decodable>(_ type: T.Type, _ bytes: [UInt8], _ file: String) throws(Findings) -> T {
        do {
            try CanonicalJSON.requireCanonical(bytes)
            return try CanonicalJSON.decode(type, from: bytes)
        } catch {
            throw Findings([
                Finding(
                    code: "record.malformed", what: "\(file) cannot be read: \(error)", at: SourcePosition(file: file),
                    remedy: "restore the file as asbuilt wrote it; it is never edited by hand")
            ])
        }
    }

    private static func requireFormat<T>(_ value: T, _ found: String, _ known: String, _ file: String)
        throws(Findings) -> T
    {
        guard found == known else {
            throw Findings([
                Finding(
                    code: "record.format", what: "\(file) is “\(found)”, this asbuilt reads \(known)",
                    at: SourcePosition(file: file), remedy: "use the asbuilt that wrote it")
            ])
        }
        return value
    }
}

extension AsBuiltRecord {
    /// Digests of everything in `evidence/` that it points to, sorted, each once.
    package var evidence: [Digest] {
        var all = Set(checks.flatMap(\.evidence))
        for device in devices {
            all.formUnion([device.runningBefore, device.runningAfter, device.transcript].compactMap { $0 })
            all.formUnion(device.captures.flatMap { [$0.before, $0.after] }.compactMap { $0 })
        }
        return all.sorted()
    }
}
