package import CanonicalData
package import DesignContracts
internal import DeviceConfiguration
package import Diagnostics
internal import FoundationEssentials
package import SignedManifests

/// The closed records of a workspace, in the order in which they were closed, and the baselines they add up to.
///
/// Read from the engagement folders alone; whatever index a database holds can be made again from it.
package struct BaselineIndex: Sendable {
    /// A closed record whose seals are good.
    package struct Entry: Equatable, Sendable {
        package var folder: EngagementFolder
        package var location: RecordLocation
        package var record: AsBuiltRecord
        /// Digest of `record.json`.
        package var digest: Digest
        package var closing: ClosingStatement
    }
    package private(set) var entries: [Entry] = []
    /// Records that cannot be believed, and gaps in the chain.
    package private(set) var findings = Findings()

    /// Reads every engagement folder below `engagementsFolder`.
    ///
    /// Seals are judged by what Gate 2 froze, as of the moment each run was verified at. A record that is open is not a
    /// baseline yet; one that does not verify is a finding and never a baseline.
    package static func load(engagementsFolder: String, keygen: SSHKeygen = SSHKeygen()) async -> BaselineIndex {
        var index = BaselineIndex()
        for item in FolderListing.below(root: engagementsFolder, folder: "", recursive: false).items
        where item.kind == .folder {
            let folder = EngagementFolder(root: engagementsFolder + "/" + item.path)
            guard folder.exists(EngagementFolder.engagementFile) else { continue }
            for location in folder.records { await index.read(folder, location, keygen) }
        }
        index.entries.sort { order($0) < order($1) }
        index.findGaps()
        return index
    }

    private static func order(_ entry: Entry) -> (String, String, String) {
        (entry.closing.claimedAt, entry.record.run.endedAt, entry.record.run.id)
    }

    private mutating func read(_ folder: EngagementFolder, _ location: RecordLocation, _ keygen: SSHKeygen) async {
        // Open records wait for a person and say nothing about baselines.
        guard folder.exists(location.actual(RecordSeal.closingManifestFile)) else { return }
        let shown = folder.name + "/" + location.actual(RecordSeal.recordFile)
        do throws(Findings) {
            guard case .bytes(let claimed) = LockedFile.read(root: folder.root, path: location.actual(RecordSeal.recordFile))
            else { return }
            let moment = try RecordFile.read(claimed, file: shown).verifiedAt
            guard let verifiedAt = MomentText.parse(moment) else {
                throw Findings([
                    Finding(
                        code: "record.malformed", what: "\(shown) says it was verified at “\(moment)”",
                        at: SourcePosition(file: shown), remedy: "restore the file as asbuilt wrote it")
                ])
            }
            let verdict = await RecordSeal(folder: folder, location: location, keygen: keygen)
                .verify(site: nil, moment: verifiedAt)
            try verdict.findings.throwIfErrors()
            guard verdict.isClosed else { return }
            // What counts is what the manifest was compared with.
            let bytes = verdict.contents[RecordSeal.recordFile] ?? []
            guard
                case .bytes(let words) = LockedFile.read(
                    root: folder.root, path: location.actual(RecordSeal.closingFile))
            else { return }
            entries.append(
                Entry(
                    folder: folder, location: location, record: try RecordFile.read(bytes, file: shown),
                    digest: .sha256(bytes), closing: try RecordFile.readClosing(words, file: shown)))
        } catch {
            findings.add(
                Finding(
                    .warning, code: "baseline.not-verified",
                    what: "\(shown) does not verify and is no baseline: \(error.all.first?.what ?? "")",
                    at: SourcePosition(file: shown), remedy: "`asbuilt verify \(folder.name)` says what is wrong"))
        }
    }

    private mutating func findGaps() {
        let known = Set(entries.map(\.digest))
        for entry in entries {
            for device in entry.record.devices {
                guard let previous = device.previousRecord, !known.contains(previous) else { continue }
                findings.add(
                    Finding(
                        .warning, code: "baseline.gap",
                        what:
                            "\(entry.record.engagement.id) follows record \(previous.prefix) of \(device.device), which is not in this workspace",
                        device: device.device,
                        remedy: "bring the engagement folder with that record back; the baseline is incomplete without it"))
            }
        }
    }

    /// What the closed records say a device holds.
    package func baseline(of device: String) -> Baseline {
        var baseline = Baseline()
        for entry in entries { baseline.take(entry.record, digest: entry.digest, device: device) }
        return baseline
    }

    /// The newest record that changed a device: what the next record of it follows.
    package func latest(of device: String) -> Entry? {
        entries.last { $0.record.devices.contains { $0.device == device && $0.endState == .kept } }
    }

    /// `latest(of:)` for several devices, as `RecordAssembly` takes it.
    package func previous(of devices: [String]) -> [String: Digest] {
        Dictionary(
            devices.compactMap { name in latest(of: name).map { (name, $0.digest) } }, uniquingKeysWith: { first, _ in first })
    }
}
