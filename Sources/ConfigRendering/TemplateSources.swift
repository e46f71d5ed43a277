package import DesignContracts
package import Diagnostics
package import JinjaTemplates
internal import SignedManifests

/// The templates of one engagement, read once, without following a link; nothing outside `templates/` can be named.
package struct TemplateSources: TemplateLoader, Equatable {
    /// By path relative to the engagement, for example `templates/transit-bgp.j2`.
    private var files: [String: [UInt8]]

    /// From bytes that a gate verified, so that what is rendered is what was checked. Others than templates are left out.
    package init(verified contents: [String: [UInt8]]) {
        files = contents.filter { $0.key.hasPrefix(EngagementFolder.templatesFolder + "/") }
    }

    /// From the folder. A link, a special file and a name that cannot be signed are findings.
    package init(folder: EngagementFolder) throws(Findings) {
        var findings = Findings()
        func refuse(_ path: String, _ what: String) {
            findings.add(
                Finding(
                    code: "template.file", what: what, at: SourcePosition(file: path),
                    remedy: "keep plain files only under \(EngagementFolder.templatesFolder)/"))
        }
        files = [:]
        let listing = FolderListing.below(root: folder.root, folder: EngagementFolder.templatesFolder)
        for name in listing.badNames { refuse(name, "the name holds characters that a manifest cannot carry") }
        for reason in listing.unreadable { refuse(EngagementFolder.templatesFolder, "cannot be listed: \(reason)") }
        for item in listing.items {
            switch item.kind {
            case .folder: continue
            case .link: refuse(item.path, "a symbolic link is not followed")
            case .other: refuse(item.path, "this is no plain file")
            case .file:
                switch LockedFile.read(root: folder.root, path: item.path) {
                case .bytes(let bytes): files[item.path] = bytes
                case .link: refuse(item.path, "a symbolic link is not followed")
                case .missing: refuse(item.path, "the file vanished while it was read")
                case .notAFile: refuse(item.path, "this is no plain file")
                case .unreadable(let reason): refuse(item.path, "cannot be read: \(reason)")
                }
            }
        }
        try findings.throwIfErrors()
    }

    /// Names are relative to `templates/`, as in `{% include 'macros.j2' %}`; `templates/macros.j2` means the same.
    package func source(of name: String) throws(EvaluationError) -> [UInt8]? {
        files[Self.path(of: name)]
    }

    /// The path, relative to the engagement, of the template a name means.
    static func path(of name: String) -> String {
        let prefix = EngagementFolder.templatesFolder + "/"
        return name.hasPrefix(prefix) ? name : prefix + name
    }

    /// The lines of each file, by its path.
    var lines: [String: [String]] {
        files.mapValues { bytes in
            String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).map(
                String.init)
        }
    }

    /// Every word in the templates that could name a variable: what they can read, never less.
    var identifiers: Set<String> {
        var found: Set<String> = []
        for bytes in files.values {
            var word: [UInt8] = []
            for byte in bytes + [0] {
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
                    0x80...:
                    word.append(byte)
                case UInt8(ascii: "0")...UInt8(ascii: "9") where !word.isEmpty: word.append(byte)
                default:
                    if !word.isEmpty { found.insert(String(decoding: word, as: UTF8.self)) }
                    word.removeAll(keepingCapacity: true)
                }
            }
        }
        return found
    }
}
