internal import CanonicalData
internal import DeviceInventory
package import Diagnostics
package import Foundation
internal import SSHTransport
package import WorkspaceStore

/// The use-cases of asbuilt: what the command line, and later pages and libraries, call.
///
/// A value without state: each call reads the workspace anew. Every method throws `Findings` for what the user can
/// mend, and answers with text, JSON and the exit status.
package struct Workflow: Sendable {
    /// The folder the user is in; files are named and the workspace is found from here.
    package let startFolder: URL
    /// Variables that say where trust is pinned and where the home folder is.
    package let environment: [String: String]

    /// Stands between a run and its journal; nil in production. Tests stop an executor behind an entry with it.
    let journal: (@Sendable (any WorkspaceStore) -> any WorkspaceStore)?

    /// Where devices call while a command runs; nil dials them.
    var calls: SSHCallHome?

    /// Told in a line for people what takes longer than a second, from any task.
    let progress: (@Sendable (String) -> Void)?

    package init(
        startFolder: URL, environment: [String: String] = ProcessInfo.processInfo.environment,
        progress: (@Sendable (String) -> Void)? = nil,
        journal: (@Sendable (any WorkspaceStore) -> any WorkspaceStore)? = nil
    ) {
        self.startFolder = startFolder
        self.environment = environment
        self.journal = journal
        self.progress = progress
    }

    /// Largest configuration file that is read.
    private static let maximumFileBytes = 256 << 20

    func url(_ path: String) -> URL { URL(filePath: path, relativeTo: startFolder).standardizedFileURL }

    /// The bytes of a file the user named.
    func bytes(of path: String) throws(Findings) -> [UInt8] {
        do {
            let data = try Data(contentsOf: url(path))
            guard data.count <= Self.maximumFileBytes else {
                throw Findings([
                    Finding(
                        code: "file.too-large", what: "\(path) holds \(data.count) bytes, the limit is \(Self.maximumFileBytes)",
                        remedy: "give one device's configuration")
                ])
            }
            return Array(data)
        } catch let findings as Findings {
            throw findings
        } catch {
            throw Findings([
                Finding(
                    code: "file.unreadable", what: "\(path) cannot be read: \((error as NSError).localizedDescription)",
                    remedy: "check the name and the permissions")
            ])
        }
    }

    func inventory() throws(Findings) -> Inventory {
        try Inventory.load(
            try Workspace.find(from: startFolder.path(percentEncoded: false)), platforms: DeviceAccess.platforms,
            environment: environment)
    }

    func device(_ name: String, in inventory: Inventory) throws(Findings) -> Device {
        if let device = inventory.device(name) { return device }
        throw Findings([
            Finding(
                code: "inventory.unknown-device", what: "no device is called `\(safeForDisplay(name, keepingLines: false))`",
                remedy: "`asbuilt inventory list` shows all devices")
        ])
    }

    func devices(_ selector: String, in inventory: Inventory) throws(Findings) -> [Device] {
        do {
            let found = try inventory.devices(matching: try DeviceSelector(selector))
            if !found.isEmpty { return found }
        } catch let error as DeviceSelector.SyntaxError {
            throw Findings([
                Finding(
                    code: "selector.\(error.code)", what: error.what, remedy: error.remedy,
                    excerpt: selector + "\n" + String(repeating: " ", count: error.offset) + "^")
            ])
        } catch {
            throw Findings([Finding(code: "selector.pattern", what: "\(error)", remedy: "simplify the expression after ~")])
        }
        throw Findings([
            Finding(
                code: "selector.matches-nothing", what: "no device matches `\(selector)`",
                remedy: "`asbuilt inventory list` shows all devices")
        ])
    }
}

/// Canonical JSON text of a value that is known to be encodable.
enum CanonicalText {
    static func of(_ value: some Encodable) -> String {
        do {
            return try CanonicalJSON.text(value)
        } catch {
            // Our own report types hold only strings, integers, booleans and containers of them.
            assertionFailure("not encodable: \(error)")
            return "{\"asbuilt\":\"error/v1\",\"error\":\"a report could not be encoded\"}"
        }
    }
}

/// `asbuilt: findings/v1`, what a failed command prints with `--format json`.
package enum FindingsDocument {
    private struct Document: Encodable {
        var asbuilt = "findings/v1"
        var findings: [Finding]
    }
    package static func json(_ findings: Findings) -> String {
        CanonicalText.of(Document(findings: findings.sorted().all))
    }
}
