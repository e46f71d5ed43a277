internal import FoundationEssentials

/// Where everything lies in an engagement folder.
package struct EngagementFolder: Equatable, Sendable {
    /// Absolute path, without a slash at the end.
    package let root: String
    package init(root: String) { self.root = root.count > 1 && root.hasSuffix("/") ? String(root.dropLast()) : root }

    package static let engagementFile = "engagement.yaml"
    package static let specFile = "spec.md"
    package static let contractFile = "contract.yaml"
    package static let designFile = "design.md"
    package static let feasibilityFile = "feasibility.md"
    package static let feasibilityFolder = "feasibility"
    package static let planFolder = "plan"
    package static let planFile = "plan/plan.json"
    package static let inventoryLockFile = "plan/inventory.lock.json"
    package static let templatesFolder = "templates"
    package static let variablesFolder = "vars"
    package static let asBuiltFolder = "as-built"
    package static let historyFolder = "approvals/history"

    /// Absolute path of something in the folder.
    package func path(_ relative: String) -> String { root + "/" + relative }

    /// The folder's own name.
    package var name: String { root.split(separator: "/").last.map(String.init) ?? root }

    package func exists(_ relative: String) -> Bool { FileManager.default.fileExists(atPath: path(relative)) }
}
