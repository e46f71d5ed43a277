internal import Diagnostics
internal import Yams

/// Reads one YAML document into nodes that know their place.
struct YAMLReading {
    /// A line and a column from 1, as `Yams.Mark`, which cannot be made outside Yams.
    private struct Place {
        var line: Int
        var column: Int
        init(line: Int, column: Int) { (self.line, self.column) = (line, column) }
        init(_ mark: Mark?) { (line, column) = (mark?.line ?? 1, mark?.column ?? 1) }
    }
    private let source: SourceText
    private let limits: DocumentLimits
    private var nodes = 0

    init(_ source: SourceText, _ limits: DocumentLimits) {
        (self.source, self.limits) = (source, limits)
    }

    func read() throws(Findings) -> DocumentNode {
        if let danger = dangerousAliases() { throw danger }
        let node: Node?
        do {
            // Without rules every scalar stays text, and no regular expression runs per scalar.
            node = try Parser(yaml: source.text, resolver: .basic, constructor: .default, encoding: .utf8).singleRoot()
        } catch { throw Findings([finding(for: error)]) }
        guard let node else {
            return DocumentNode(.scalar(.init(text: "", style: .plain)), source: source, line: 1, column: 1)
        }
        var reading = self
        return try reading.convert(node, depth: 0)
    }

    // MARK: Nodes

    private mutating func convert(_ node: Node, depth: Int) throws(Findings) -> DocumentNode {
        let mark = Place(node.mark)
        nodes += 1
        guard nodes <= limits.maximumNodes else {
            throw problem(
                "document.too-many-nodes", "more than \(limits.maximumNodes) nodes, aliases followed", mark,
                "use fewer aliases, or split the document")
        }
        guard depth <= limits.maximumDepth else {
            throw problem(
                "document.too-deep", "nested deeper than \(limits.maximumDepth)", mark, "flatten the document")
        }
        let content: DocumentNode.Content
        switch node {
        case .scalar(let scalar):
            try checkTag(scalar.tag, mark)
            content = .scalar(.init(text: scalar.string, style: style(scalar.style)))
        case .sequence(let sequence):
            try checkTag(sequence.tag, mark)
            var converted: [DocumentNode] = []
            for element in sequence { converted.append(try convert(element, depth: depth + 1)) }
            content = .sequence(converted)
        case .mapping(let mapping):
            try checkTag(mapping.tag, mark)
            content = .mapping(try entries(mapping, depth: depth + 1))
        case .alias(let alias):
            throw problem(
                "yaml.alias", "the alias *\(alias.anchor.rawValue) could not be followed", mark,
                "define &\(alias.anchor.rawValue) above")
        }
        return DocumentNode(content, source: source, line: mark.line, column: mark.column)
    }

    private mutating func entries(_ mapping: Node.Mapping, depth: Int) throws(Findings) -> [DocumentNode.Entry] {
        var (entries, seen) = ([DocumentNode.Entry](), Set<String>())
        for (key, value) in mapping {
            let keyMark = Place(key.mark)
            guard case .scalar(let scalar) = key else {
                throw problem(
                    "yaml.key", "a key must be a text, not a list or a mapping", keyMark,
                    "put the text in quotes if it was meant as one")
            }
            guard scalar.string != "<<" || scalar.style != .plain else {
                throw problem(
                    "yaml.merge-key", "merge keys (<<) are not read", keyMark,
                    "repeat the values, or use a group of the inventory")
            }
            guard seen.insert(scalar.string).inserted else { throw duplicate(scalar.string, keyMark) }
            let keyNode = try convert(key, depth: depth)
            entries.append(.init(keyNode: keyNode, value: try convert(value, depth: depth)))
        }
        return entries
    }

    private func style(_ style: Node.Scalar.Style) -> DocumentNode.Scalar.Style {
        switch style {
        case .any, .plain: .plain
        case .singleQuoted: .singleQuoted
        case .doubleQuoted: .doubleQuoted
        case .literal: .literal
        case .folded: .folded
        }
    }

    private static let harmlessTags: Set<Tag.Name> = [.implicit, .nonSpecific, .str, .seq, .map]

    private func checkTag(_ tag: Tag, _ mark: Place) throws(Findings) {
        let name = tag.description
        guard Self.harmlessTags.contains(Tag.Name(rawValue: name)) else {
            throw problem("yaml.tag", "the tag `\(name)` is not read", mark, "remove the tag; quotes make a text")
        }
    }

    // MARK: Aliases

    /// Below this many aliases a document cannot grow beyond what `maximumNodes` catches in time.
    private static let harmlessAliases = 40

    /// Yams hashes keys before we see them, and a key made of nested aliases is exponentially big (“billion laughs”).
    /// Values are safe: they are counted while they are converted.
    private func dangerousAliases() -> Findings? {
        let bytes = Array(source.text.utf8)
        var (aliases, keyLike) = (0, false)
        for (index, byte) in bytes.enumerated() {
            let next = index + 1 < bytes.count ? bytes[index + 1] : 0x0A
            let isBreak = next == 0x20 || next == 0x09 || next == 0x0A || next == 0x0D
            switch byte {
            case UInt8(ascii: "*") where !isBreak: aliases += 1
            case UInt8(ascii: "?") where isBreak: keyLike = true
            case UInt8(ascii: ":") where isBreak && Self.endsCollectionOrAlias(bytes[..<index]): keyLike = true
            default: break
            }
        }
        guard aliases > Self.harmlessAliases, keyLike else { return nil }
        return problem(
            "yaml.alias-key", "many aliases together with keys that are no plain texts", Place(line: 1, column: 1),
            "write keys out, and put texts with `*` in quotes without a `:` behind")
    }

    private static func endsCollectionOrAlias(_ before: ArraySlice<UInt8>) -> Bool {
        let text = before.suffix(256)
        guard let last = text.last(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }) else {
            return false
        }
        if last == UInt8(ascii: "]") || last == UInt8(ascii: "}") { return true }
        guard let star = text.lastIndex(of: UInt8(ascii: "*")) else { return false }
        let name = text[star...].reversed().drop { $0 == 0x20 || $0 == 0x09 }
        return !name.contains { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == UInt8(ascii: ",") }
    }

    // MARK: Findings

    private func problem(_ code: String, _ what: String, _ mark: Place, _ remedy: String) -> Findings {
        let position = source.position(line: mark.line, column: mark.column)
        return Findings([
            Finding(code: code, what: what, at: position, remedy: remedy, excerpt: source.excerpt(at: position))
        ])
    }

    private func duplicate(_ key: String, _ mark: Place) -> Findings {
        problem("yaml.duplicate-key", "the key `\(key)` is there twice", mark, "remove one of the two")
    }

    private func finding(for error: any Error) -> Finding {
        let (code, what, mark): (String, String, Place)
        var remedy = "correct the YAML; texts with special characters go in quotes"
        switch error as? YamlError {
        case .scanner(let context, let problem, let place, _), .parser(let context, let problem, let place, _),
            .composer(let context, let problem, let place, _):
            mark = Place(place)
            if problem.contains("nesting level") {
                (code, what) = ("document.too-deep", "nested deeper than \(limits.maximumDepth)")
                remedy = "flatten the document"
                break
            }
            (code, what) = ("yaml.syntax", [context?.text, problem].compactMap { $0 }.joined(separator: " "))
            if problem.contains("tab") || source.line(place.line)?.contains("\t") == true {
                remedy = "indent with spaces, not tabs"
            }
        case .duplicatedKeysInMapping(let keys, let context):
            let place = secondPlace(of: keys.first ?? "", after: Place(context.mark))
            (code, mark) = ("yaml.duplicate-key", place)
            what = "the key `\(keys.first ?? "")` is there twice (first in line \(context.mark.line))"
            remedy = "remove one of the two"
        case .reader(let problem, let offset, _, let text):
            let before = text.prefix(offset ?? 0).unicodeScalars
            let lineStart = before.lastIndex(of: "\n").map { before.index(after: $0) } ?? before.startIndex
            (code, what) = ("yaml.syntax", problem)
            mark = Place(line: 1 + before.count { $0 == "\n" }, column: 1 + before[lineStart...].count)
            remedy = "remove the character"
        case .memory:
            (code, what, mark) = ("yaml.too-big", "the document is nested too deeply", Place(line: 1, column: 1))
        case .no, .writer, .emitter, .representer, .dataCouldNotBeDecoded, nil:
            (code, what, mark) = ("yaml.syntax", "\(error)", Place(line: 1, column: 1))
        }
        let position = source.position(line: mark.line, column: mark.column)
        return Finding(code: code, what: what, at: position, remedy: remedy, excerpt: source.excerpt(at: position))
    }

    /// Yams names the first of two equal keys; the second is the one to look at. Block style only: else the first.
    private func secondPlace(of key: String, after first: Place) -> Place {
        var number = first.line + 1
        while let line = source.line(number) {
            let indentation = line.prefix { $0 == " " }.count
            let text = line.dropFirst(indentation)
            if indentation == first.column - 1, ["\(key):", "\"\(key)\":", "'\(key)':"].contains(where: text.hasPrefix)
            {
                return Place(line: number, column: first.column)
            }
            number += 1
        }
        return first
    }
}
