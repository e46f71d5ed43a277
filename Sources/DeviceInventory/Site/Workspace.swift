package import Diagnostics
internal import FoundationEssentials

/// The folder a site lives in: the nearest one upwards that holds `inventory/site.yaml`.
package struct Workspace: Sendable, Equatable {
    /// Absolute path without a slash at the end.
    package let root: String
    package init(root: String) {
        self.root = root.count > 1 && root.hasSuffix("/") ? String(root.dropLast()) : root
    }

    package var inventoryFolder: String { root + "/inventory" }
    package var engagementsFolder: String { root + "/engagements" }
    /// Journal, index and locks.
    package var stateFolder: String { root + "/.asbuilt" }
    /// Where a site keeps the YANG modules of a platform.
    package func yangFolder(_ platform: String) -> String { inventoryFolder + "/yang/" + platform }
    package var knownHostsFile: String { inventoryFolder + "/known_hosts" }

    /// Looks for the workspace from an absolute path upwards.
    package static func find(from path: String) throws(Findings) -> Workspace {
        var folder = URL(filePath: path).standardizedFileURL
        for _ in 0..<256 {
            let text = folder.path
            if FileManager.default.fileExists(atPath: text + "/inventory/site.yaml") { return Workspace(root: text) }
            let parent = folder.deletingLastPathComponent().standardizedFileURL
            if parent.path == text || text == "/" { break }
            folder = parent
        }
        throw Findings([
            Finding(
                code: "workspace.not-found",
                what: "no workspace here: \(path) and the folders above hold no inventory/site.yaml",
                remedy: "go to a workspace, give it with -C DIR, or start one by writing inventory/site.yaml")
        ])
    }

    /// A path as findings show it: relative to the workspace when it is inside.
    package func shown(_ path: String) -> String {
        path.hasPrefix(root + "/") ? String(path.dropFirst(root.count + 1)) : path
    }
}
