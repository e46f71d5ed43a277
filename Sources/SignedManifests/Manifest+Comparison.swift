package import CanonicalData
package import Diagnostics

extension Manifest {
    /// What differs between the approved files and those that are there: one finding per file, with both digests.
    ///
    /// - Parameters:
    ///   - remedy: what a reader can do about a difference, for example "`asbuilt amend` opens the next cycle".
    package func differences(from scan: ManifestScan, area: String, remedy: String) -> Findings {
        var findings = Findings()
        let refused = Set(scan.findings.all.compactMap(\.position?.file))
        for entry in entries where !refused.contains(entry.path) {
            switch scan.files[entry.path]?.digest {
            case entry.digest: break
            case let digest?:
                findings.add(
                    Finding(
                        code: "\(area).changed-file",
                        what: "\(entry.path) was changed: approved \(entry.digest), found \(digest)",
                        at: SourcePosition(file: entry.path), remedy: "restore the approved file, or \(remedy)"))
            case nil:
                findings.add(
                    Finding(
                        code: "\(area).missing-file",
                        what: "\(entry.path) is missing: approved \(entry.digest), found no file",
                        at: SourcePosition(file: entry.path), remedy: "restore the approved file, or \(remedy)"))
            }
        }
        let listed = Set(entries.map(\.path))
        for file in scan.files.values.sorted(by: { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) })
        where !listed.contains(file.path) {
            findings.add(
                Finding(
                    code: "\(area).unlisted-file",
                    what: "\(file.path) does not belong there: approved no such file, found \(file.digest)",
                    at: SourcePosition(file: file.path), remedy: "remove the file, or \(remedy)"))
        }
        // A required file that is missing although it was approved is one fact, told with its digest.
        for finding in scan.findings.all {
            guard finding.code == "\(area).required-file-missing", let path = finding.position?.file,
                let approved = self[path]
            else {
                findings.add(finding)
                continue
            }
            findings.add(
                Finding(
                    code: "\(area).missing-file", what: "\(path) is missing: approved \(approved), found no file",
                    at: finding.position, remedy: "restore the approved file, or \(remedy)"))
        }
        return findings
    }

    /// Which paths were added, removed or changed from `older` to this; for "what changed since you last signed".
    package func changes(since older: Manifest) -> [ManifestChange] {
        let (old, new) = (older.byPath, byPath)
        return Set(old.keys).union(new.keys).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            .compactMap { path in
                old[path] == new[path] ? nil : ManifestChange(path: path, before: old[path], after: new[path])
            }
    }

    private var byPath: [String: Digest] {
        Dictionary(entries.map { ($0.path, $0.digest) }, uniquingKeysWith: { first, _ in first })
    }
}

/// One path that differs between two manifests; nil stands for "no such file".
package struct ManifestChange: Equatable, Sendable {
    package var path: String
    package var before: Digest?
    package var after: Digest?
}
