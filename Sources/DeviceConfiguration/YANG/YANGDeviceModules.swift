internal import CanonicalData
package import Diagnostics
internal import FoundationEssentials
internal import XMLDocuments

/// YANG modules that came from devices, kept by what they say: below one folder of the workspace, each text once under its
/// digest, and for each set a folder that a child process checks content with.
package struct YANGDeviceModules: Sendable {
    private let root: String

    package init(folder: String) { root = folder }

    /// One set, as stored.
    package struct Stored: Equatable, Sendable {
        /// Digest over the names and texts.
        package let digest: String
        package let count: Int
        let folder: String
    }

    /// Stores a set. Names come from devices: those that are no YANG identifier are refused.
    package func store(_ modules: [(name: String, revision: String, text: String)]) throws(Findings) -> Stored {
        let manager = FileManager.default
        var lines: [String] = []
        for module in modules {
            guard Self.isIdentifier(module.name), module.revision.allSatisfy({ $0.isNumber || $0 == "-" }) else {
                throw Self.problem("a device gave a module a name that is none", "report the device")
            }
            lines.append("\(Digest.sha256(module.text).hex) \(module.name)@\(module.revision)")
        }
        let digest = Digest.sha256(lines.sorted().joined(separator: "\n")).hex
        let folder = "\(root)/sets/\(digest)"
        do {
            try manager.createDirectory(atPath: "\(root)/texts", withIntermediateDirectories: true)
            for module in modules {
                let path = "\(root)/texts/\(Digest.sha256(module.text).hex).yang"
                if !manager.fileExists(atPath: path) {
                    try Data(module.text.utf8).write(to: URL(filePath: path), options: .atomic)
                }
            }
            if !manager.fileExists(atPath: folder) {
                // Complete under another name first: whoever sees the set sees all of it.
                let scratch = "\(root)/sets/.\(digest)-\(UInt64.random(in: 0 ... .max))"
                try manager.createDirectory(atPath: scratch, withIntermediateDirectories: true)
                for module in modules {
                    let name = module.revision.isEmpty ? module.name : "\(module.name)@\(module.revision)"
                    try manager.createSymbolicLink(
                        atPath: "\(scratch)/\(name).yang",
                        withDestinationPath: "../../texts/\(Digest.sha256(module.text).hex).yang")
                }
                do { try manager.moveItem(atPath: scratch, toPath: folder) } catch {
                    try? manager.removeItem(atPath: scratch)
                    // Another run stored the same set first.
                    guard manager.fileExists(atPath: folder) else { throw error }
                }
            }
        } catch {
            throw Self.problem(
                "the modules of a device cannot be stored: \(error)",
                "check .asbuilt/ in the workspace: permissions and free space")
        }
        return Stored(digest: digest, count: modules.count, folder: folder)
    }

    private static func isIdentifier(_ name: String) -> Bool {
        guard let first = name.unicodeScalars.first, name.utf8.count <= 128,
            first == "_" || first.properties.isAlphabetic
        else {
            return false
        }
        return name.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                true
            default: false
            }
        }
    }

    private static func problem(_ what: String, _ remedy: String) -> Findings {
        Findings([Finding(code: "yang.device-modules", what: what, remedy: remedy)])
    }

    /// What became of checking rendered content.
    package enum Verdict: Equatable, Sendable {
        /// Names, types and keys were checked; errors point into templates.
        case checked(Findings)
        /// They could not be used, and why.
        case unusable(String)
    }

    /// Checks content with a stored set, in a process of its own: nothing of a device's modules is compiled in this one.
    package static func check(_ fragments: [IntendedFragment], with stored: Stored) -> Verdict {
        switch YANGModuleTrial.check(fragments.map(\.text), with: stored.folder) {
        case .unusable(let why): return .unusable(why)
        case .checked(let found):
            return .checked(
                Findings(
                    found.map { finding in
                        var finding = finding
                        // Words of libyang about words of the device.
                        finding.what = safeForDisplay(finding.what, keepingLines: false)
                        let index = finding.position.flatMap { Int($0.file) }
                        guard let place = finding.position, let index, fragments.indices.contains(index) else {
                            finding.position = nil
                            return finding
                        }
                        finding.what = finding.what.replacing(
                            "clause \(index):", with: "clause \(fragments[index].clause):")
                        finding.position = fragments[index].position(
                            of: XMLPosition(line: max(1, place.line), column: max(1, place.column)))
                        return finding
                    }))
        }
    }

    /// The namespaces of rendered content, as far as it can be read: those of elements, and those whose prefixes stand in
    /// values, as in `<type>ianaift:tunnel</type>`. Nothing else leads to the module of an identity.
    package static func namespaces(of fragments: [IntendedFragment]) -> Set<String> {
        var found: Set<String> = []
        func look(_ element: XMLElement, _ outer: [String: String]) {
            var scope = outer
            for declaration in element.namespaces { scope[declaration.prefix] = declaration.uri }
            found.insert(element.namespace)
            let value = element.hasElements ? "" : element.trimmedText
            if let colon = value.firstIndex(of: ":"), let uri = scope[String(value[..<colon])] { found.insert(uri) }
            for child in element.elements { look(child, scope) }
        }
        for fragment in fragments {
            let parsed = try? XMLElement.fragments(
                parsing: fragment.text,
                namespaces: ["nc": XMLElement.netconfNamespace, "yang": "urn:ietf:params:xml:ns:yang:1"])
            for element in parsed ?? [] { look(element, [:]) }
        }
        return found.subtracting([""])
    }
}
