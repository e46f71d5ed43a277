package import Diagnostics
internal import FoundationEssentials
package import SignedManifests

extension EngagementFolder {
    /// 1 for the first; one more than the cycles in the history.
    package var cycle: Int { (pastCycles.last ?? 0) + 1 }

    /// Cycles whose approvals became history, ascending.
    package var pastCycles: [Int] {
        FolderListing.below(root: root, folder: Self.historyFolder, recursive: false).items.compactMap { item in
            guard item.kind == .folder else { return nil }
            let name = item.path.dropFirst(Self.historyFolder.utf8.count + 1)
            return name.hasPrefix("cycle-") ? Int(name.dropFirst(6)).flatMap { $0 > 0 ? $0 : nil } : nil
        }.sorted()
    }
}

/// Approvals of earlier cycles.
package struct ApprovalHistory: Sendable {
    package var folder: EngagementFolder
    package init(folder: EngagementFolder) { self.folder = folder }

    /// Opens the next cycle: gates and record so far move to `approvals/history/cycle-N`, and locked files may be
    /// changed again. Gives the number of the new cycle.
    package func amend() throws(Findings) -> Int {
        let parts = Gate.allCases.map(\.folder) + [EngagementFolder.asBuiltFolder]
        guard Gate.allCases.contains(where: { folder.exists($0.folder) }) else {
            throw Findings([
                Finding(
                    code: "amend.nothing",
                    what: "no gate of cycle \(folder.cycle) has been opened, so nothing is locked",
                    remedy: "edit the files; `asbuilt approve spec` opens Gate 1")
            ])
        }
        let target = "\(EngagementFolder.historyFolder)/cycle-\(folder.cycle)"
        for part in parts where folder.exists(part) {
            let name = part.split(separator: "/").last.map(String.init) ?? part
            try EngagementWriting.move(folder.path(part), to: folder.path("\(target)/\(name)"))
        }
        return folder.cycle
    }

    /// What differs between the manifest this principal signed last at this gate and `manifest`; nil when they never did.
    /// Terms and frozen copies, new in every cycle, are left out.
    package func changes(_ gate: Gate, _ principal: PrincipalName, to manifest: Manifest) throws(Findings)
        -> [ManifestChange]?
    {
        for cycle in folder.pastCycles.reversed() {
            let past = "\(EngagementFolder.historyFolder)/cycle-\(cycle)/gate\(gate.number)"
            guard folder.exists("\(past)/\(principal.signatureFileName)"),
                case .bytes(let bytes) = LockedFile.read(root: folder.root, path: past + "/manifest")
            else { continue }
            let old = try Manifest.parse(bytes, file: past + "/manifest", area: "gate")
            return manifest.changes(since: old).filter { !$0.path.hasPrefix("approvals/") }
        }
        return nil
    }
}
