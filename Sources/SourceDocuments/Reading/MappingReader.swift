package import Diagnostics

/// A mapping whose keys are asked for one by one. Used by one task, inside `NodeReader.mapping`.
package final class MappingReader {
    package let reader: NodeReader
    private let entries: [DocumentNode.Entry]
    private let thing: String
    private var known: [String] = []

    init(_ reader: NodeReader, _ entries: [DocumentNode.Entry], thing: String) {
        (self.reader, self.entries, self.thing) = (reader, entries, thing)
    }

    /// Where the mapping starts.
    package var position: SourcePosition { reader.node.position }

    /// All keys, in the order of the file.
    package var keys: [String] { entries.map(\.key) }

    /// The value of a key, or nil when it is not there.
    package func optional(_ key: String) -> NodeReader? {
        if !known.contains(key) { known.append(key) }
        guard let entry = entries.first(where: { $0.key == key }) else { return nil }
        return NodeReader(entry.value, name: key, reader.collector)
    }

    /// The value of a key; reports when it is not there.
    package func required(_ key: String) -> NodeReader? {
        if let found = optional(key) { return found }
        reader.report(
            "missing-key", "\(thing) needs the key `\(key)`", remedy: "add `\(key): …` here")
        return nil
    }

    /// The key node of a key, to report about the key itself.
    package func key(_ key: String) -> NodeReader? {
        entries.first { $0.key == key }.map { NodeReader($0.keyNode, name: key, reader.collector) }
    }

    /// Checks the `asbuilt: NAME/vN` key that says what the document is.
    package func format(_ expected: String) {
        guard let value = required("asbuilt"), let text = value.string(), text != expected else { return }
        value.report(
            "wrong-format", "this is a “\(text)” document, expected “\(expected)”",
            remedy: "write `asbuilt: \(expected)`, or give the right file")
    }

    /// Takes every key that was not asked for, so that none is unknown: for mappings with free fields.
    package func remaining() -> [(key: String, value: NodeReader)] {
        let rest = entries.filter { !known.contains($0.key) }
        known += rest.map(\.key)
        return rest.map { ($0.key, NodeReader($0.value, name: $0.key, reader.collector)) }
    }

    func reportUnknownKeys() -> Bool {
        let unknown = entries.filter { !known.contains($0.key) }
        for entry in unknown {
            let missing = known.filter { key in !entries.contains { $0.key == key } }
            let meant = ClosestWord.find(entry.key, among: missing).map { "did you mean `\($0)`? " } ?? ""
            NodeReader(entry.keyNode, name: entry.key, reader.collector).report(
                "unknown-key", "\(thing) has no key `\(entry.key)`",
                remedy: meant + "Known keys: \(known.sorted().joined(separator: ", "))")
        }
        return !unknown.isEmpty
    }
}
