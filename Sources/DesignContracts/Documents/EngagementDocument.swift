package import CanonicalData
package import Diagnostics
package import SignedManifests
package import SourceDocuments

/// `engagement.yaml`: what the change is called and who wrote it.
package struct EngagementDocument: Equatable, Sendable {
    package static let format = "engagement/v1"
    package var id: String
    package var title: String
    package var ticket: String?
    /// Who wrote specification and design; the policy may keep them from approving.
    package var authors: [PrincipalName]
    /// Digests of the as-built records this starts from.
    package var startsFrom: [Digest]

    package static func read(_ document: SourceDocument, warnings: inout Findings) throws(Findings)
        -> EngagementDocument
    {
        try DocumentReader.read(document.root, area: "engagement", warnings: &warnings) { root in
            root.mapping("an engagement") { fields -> EngagementDocument? in
                fields.format(format)
                let id = fields.required("id").flatMap(DocumentWords.identifier)
                let title = fields.required("title")?.string()
                let ticket = fields.optional("ticket")?.string()
                let authors = fields.required("authors")?.list(DocumentWords.principal)
                if let list = fields.optional("authors"), authors?.isEmpty == true {
                    list.report("no-authors", "nobody is named as author", remedy: "name who wrote the design")
                }
                let starts = fields.required("starts-from").flatMap(readStart)
                guard let id, let title, let authors, let starts else { return nil }
                return EngagementDocument(id: id, title: title, ticket: ticket, authors: authors, startsFrom: starts)
            }
        }
    }

    private static func readStart(_ reader: NodeReader) -> [Digest]? {
        if reader.node.scalar?.text == "none" { return [] }
        let digest: (NodeReader) -> Digest? = { element in
            guard let text = element.string() else { return nil }
            guard let digest = Digest(hex: text) else {
                element.report(
                    "starts-from", "“\(text)” is not the digest of a record",
                    remedy: "write `none`, or the 64 digits that `asbuilt baseline DEVICE` prints")
                return nil
            }
            return digest
        }
        return reader.node.sequence == nil ? digest(reader).map { [$0] } : reader.list(digest)
    }
}

/// Small values that several documents share.
enum DocumentWords {
    /// Letters, digits and `-_.`, at most 64, so that it can be part of file names and comments on devices.
    static func identifier(_ reader: NodeReader) -> String? {
        guard let text = reader.string() else { return nil }
        let isPlain = text.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || "-_.".utf8.contains(byte)
        }
        guard isPlain, text.utf8.count <= 64, !text.hasPrefix("."), !text.hasPrefix("-") else {
            reader.report(
                "id", "“\(text)” cannot be an id",
                remedy: "use letters, digits, `-`, `_` and `.`, at most 64, starting with a letter or digit")
            return nil
        }
        return text
    }

    static func principal(_ reader: NodeReader) -> PrincipalName? {
        guard let text = reader.string() else { return nil }
        guard let name = PrincipalName(text) else {
            reader.report(
                "principal", "“\(text)” cannot be a principal",
                remedy: "write a name like alice@example.net: letters, digits and `._@+-`")
            return nil
        }
        return name
    }

    /// A path inside the engagement folder.
    static func relativePath(_ reader: NodeReader, below folder: String) -> String? {
        guard let text = reader.string() else { return nil }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count > 1, parts[0] == folder, parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
            reader.report(
                "path", "“\(text)” is not a file below \(folder)/",
                remedy: "put the file into \(folder)/, where Gate 2 locks it, and write \(folder)/NAME")
            return nil
        }
        return text
    }

    /// Reports elements that occur twice.
    static func unique<T>(_ items: [(reader: NodeReader, id: String, value: T)], _ thing: String) {
        var seen: Set<String> = []
        for item in items where !seen.insert(item.id).inserted {
            item.reader.report("duplicate-id", "there is another \(thing) “\(item.id)”", remedy: "choose another id")
        }
    }
}
