/// How the lines of a section are written, looked up rather than searched for: a change asks for hundreds of them.
struct LineStarts {
    private let tree: CLITree
    private let section: Int
    /// By number of words: hashes of the first words of every line that is no negation.
    private var starts: [Int: KeyTable] = [:]
    /// By number of words and the place left out: lines by a hash of their other words.
    private var lines: [Shape: [UInt64: [Int]]] = [:]

    private struct Shape: Hashable {
        var count: Int
        var place: Int
    }

    /// - Parameter section: -1 for a section that is not there.
    init(_ tree: CLITree, _ section: Int) { (self.tree, self.section) = (tree, section) }

    /// True when a line starts with these words.
    mutating func contain(_ words: [String]) -> Bool {
        guard section >= 0 else { return false }
        let wanted = CommandRule.Drop.hash(of: words)
        if let table = starts[words.count] { return table.contains(wanted) }
        var table = KeyTable()
        for node in tree.children(section) where !tree.nodes[node].flags.contains(.negative) {
            tree.withWords(of: node) { line, _, _ in
                guard line.count >= words.count else { return }
                let hash = line.prefix(words.count).reduce(7) { TextHash.mix($0, $1.hash) }
                _ = table.insert(hash, node)
            }
        }
        starts[words.count] = table
        return table.contains(wanted)
    }

    /// What stands in the place of `*` in the lines that are these words.
    mutating func members(_ wanted: [String]) -> [String] {
        guard section >= 0, let place = wanted.firstIndex(of: "*") else { return [] }
        let shape = Shape(count: wanted.count, place: place)
        var others = wanted
        others.remove(at: place)
        let hash = CommandRule.Drop.hash(of: others)
        let known = lines[shape] ?? fitting(shape)
        lines[shape] = known
        return (known[hash] ?? []).compactMap { node in
            let words = CLIWords.strings(tree.text(node))
            return place < words.count ? words[place] : nil
        }
    }

    private func fitting(_ shape: Shape) -> [UInt64: [Int]] {
        var result: [UInt64: [Int]] = [:]
        for node in tree.children(section) {
            let words = CLIWords.strings(tree.text(node))
            guard words.count == shape.count else { continue }
            var others = words
            others.remove(at: shape.place)
            result[CommandRule.Drop.hash(of: others), default: []].append(node)
        }
        return result
    }
}
