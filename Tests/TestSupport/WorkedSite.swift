package import Foundation

/// A workspace in a scratch folder: the example inventory with the worked engagement, and people with keys beside it.
///
/// The workspace is `site/`; keys lie outside it, named after their owners. `owner` is the site's trust root and no signer.
package struct WorkedSite {
    package let scratch: ScratchFolder
    /// The engagement's folder, relative to the workspace.
    package static let engagement = "engagements/edge-transit"

    /// - Parameter people: given an ed25519 key each; all but `owner` are in `allowed_signers`.
    package init(people: [String] = []) throws {
        scratch = try ScratchFolder("site")
        let files = FileManager.default
        try files.createDirectory(
            at: scratch.url.appending(path: "site/engagements"), withIntermediateDirectories: true)
        for (source, target) in [("inventory", "inventory"), ("lab/\(Self.engagement)", Self.engagement)] {
            try files.copyItem(
                at: Repository.root.appending(path: source), to: scratch.url.appending(path: "site/\(target)"))
        }
        var signers = ""
        for name in people {
            try ShellCommand.run("/usr/bin/ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", key(name)])
            let key = try scratch.read("\(name).pub").split(separator: " ").prefix(2).joined(separator: " ")
            if name != "owner" { signers += "\(name)@example.net \(key)\n" }
        }
        if !people.isEmpty { try scratch.write(signers, to: "site/inventory/allowed_signers") }
    }

    package var workspace: String { scratch.path + "site" }
    package var engagementFolder: URL {
        scratch.url.appending(path: "site/\(Self.engagement)", directoryHint: .isDirectory)
    }
    /// Where trust is pinned: outside the workspace, and not in the home of who runs the tests.
    package var environment: [String: String] { ["XDG_CONFIG_HOME": scratch.path + "config"] }
    package func key(_ name: String) -> String { scratch.path + name }

    package func read(_ file: String) throws -> String { try scratch.read("site/\(file)") }
    package func write(_ text: String, _ file: String) throws { try scratch.write(text, to: "site/\(file)") }

    /// Changes a file of the workspace; a change that changes nothing is a mistake of the test.
    package func edit(_ file: String, _ change: (String) -> String) throws {
        let text = try read(file)
        let changed = change(text)
        guard changed != text else { throw Unchanged(file: file) }
        try write(changed, file)
    }
    package struct Unchanged: Error { package var file: String }
}
