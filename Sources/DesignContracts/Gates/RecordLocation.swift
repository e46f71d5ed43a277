internal import SignedManifests

/// Where a record and the Gate 2 it was made under lie in an engagement folder.
///
/// Manifests always name files as they lay when the record was made: `as-built/…` and `approvals/gate2/…`. A later run
/// of the same cycle moves the record to `as-built/history/RUN`, `amend` moves gates and records to
/// `approvals/history/cycle-N`; not a byte of them changes, and this says how names and places belong together.
package struct RecordLocation: Equatable, Hashable, Sendable {
    /// Relative to the engagement folder.
    package let record: String
    package let designGate: String
    /// Where earlier records of the same cycle lie.
    private let history: String
    /// The cycle it was made in, when that is past.
    package let pastCycle: Int?
    /// The run whose record it is, when a later one took its place.
    package let supersededRun: String?

    private init(record: String, designGate: String, history: String, pastCycle: Int?, supersededRun: String?) {
        self.record = record
        self.designGate = designGate
        self.history = history
        self.pastCycle = pastCycle
        self.supersededRun = supersededRun
    }

    /// What names of earlier records begin with.
    package static let historyPrefix = EngagementFolder.asBuiltFolder + "/history/"

    /// The newest record of the cycle that is open.
    package static let current = RecordLocation(
        record: EngagementFolder.asBuiltFolder, designGate: Gate.design.folder,
        history: EngagementFolder.asBuiltFolder + "/history", pastCycle: nil, supersededRun: nil)

    /// The newest record of a cycle that `amend` ended.
    package static func past(cycle: Int) -> RecordLocation {
        let root = "\(EngagementFolder.historyFolder)/cycle-\(cycle)"
        return RecordLocation(
            record: root + "/as-built", designGate: root + "/gate2", history: root + "/as-built/history",
            pastCycle: cycle, supersededRun: nil)
    }

    /// The record of `run`, which a later run of the same cycle superseded.
    package func superseded(run: String) -> RecordLocation {
        RecordLocation(
            record: history + "/" + run, designGate: designGate, history: history, pastCycle: pastCycle,
            supersededRun: run)
    }

    /// A record that is being written: complete but for its place.
    package static func staged(_ folder: String) -> RecordLocation {
        RecordLocation(
            record: folder, designGate: Gate.design.folder, history: folder + "/history", pastCycle: nil,
            supersededRun: nil)
    }

    /// Where a file lies that a manifest names.
    package func actual(_ name: String) -> String {
        if name.hasPrefix(Self.historyPrefix) { return history + "/" + name.dropFirst(Self.historyPrefix.utf8.count) }
        if let rest = Self.rest(name, below: EngagementFolder.asBuiltFolder) { return record + "/" + rest }
        if let rest = Self.rest(name, below: Gate.design.folder) { return designGate + "/" + rest }
        return name
    }

    /// The name that manifests give a file.
    package func named(_ path: String) -> String {
        if let rest = Self.rest(path, below: record) { return EngagementFolder.asBuiltFolder + "/" + rest }
        if let rest = Self.rest(path, below: history) { return Self.historyPrefix + rest }
        if let rest = Self.rest(path, below: designGate) { return Gate.design.folder + "/" + rest }
        return path
    }

    private static func rest(_ path: String, below folder: String) -> String? {
        path.hasPrefix(folder + "/") ? String(path.dropFirst(folder.utf8.count + 1)) : nil
    }
}

extension EngagementFolder {
    /// Every record in the folder, past cycles first, and in a cycle the superseded ones first.
    package var records: [RecordLocation] {
        (pastCycles.map(RecordLocation.past) + [.current]).flatMap { newest in
            let history = newest.record + "/history"
            let superseded = FolderListing.below(root: root, folder: history, recursive: false).items
                .filter { $0.kind == .folder }
                .map { newest.superseded(run: String($0.path.dropFirst(history.utf8.count + 1))) }
            return (superseded + [newest]).filter { exists($0.actual(RecordSeal.recordFile)) }
        }
    }
}
