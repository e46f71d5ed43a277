/// The rule lines of one section of a dialect, by their first words: a line costs its words, not the number of rules.
struct RuleTrie: Sendable {
    private struct Node: Sendable {
        var literals: [UInt64: Int32] = [:]
        var number: Int32 = -1
        var address: Int32 = -1
        var any: Int32 = -1
        /// Variant that ends here, or takes the rest of the line.
        var end: Int32 = -1
        var rest: Int32 = -1
    }
    private var nodes = [Node()]

    /// Adds a spelling of a rule; one written later replaces an equal one, so that a dialect can override its parent.
    mutating func insert(_ elements: [CommandRule.Element], variant: Int32) {
        var at = 0
        for element in elements {
            switch element {
            case .literal(let hash, _):
                if let next = nodes[at].literals[hash] {
                    at = Int(next)
                } else {
                    nodes.append(Node())
                    nodes[at].literals[hash] = Int32(nodes.count - 1)
                    at = nodes.count - 1
                }
            case .number: at = step(at, \.number)
            case .address: at = step(at, \.address)
            case .key, .value: at = step(at, \.any)
            case .restValue, .restKey:
                nodes[at].rest = variant
                return
            }
        }
        nodes[at].end = variant
    }

    private mutating func step(_ at: Int, _ slot: WritableKeyPath<Node, Int32>) -> Int {
        if nodes[at][keyPath: slot] < 0 {
            nodes.append(Node())
            nodes[at][keyPath: slot] = Int32(nodes.count - 1)
        }
        return Int(nodes[at][keyPath: slot])
    }

    /// The variant that fits the words best: literal before number or address before any word before the rest of the line.
    @inline(__always)
    func match(_ words: UnsafeBufferPointer<CLIWord>, from first: Int) -> Int32 { match(words, first, 0) }

    private func match(_ words: UnsafeBufferPointer<CLIWord>, _ index: Int, _ at: Int) -> Int32 {
        if index == words.count {
            // `~` and `**` want at least one word.
            return nodes[at].end
        }
        let word = words[index]
        if let next = nodes[at].literals[word.hash] {
            let found = match(words, index + 1, Int(next))
            if found >= 0 { return found }
        }
        if word.isNumber, nodes[at].number >= 0 {
            let found = match(words, index + 1, Int(nodes[at].number))
            if found >= 0 { return found }
        }
        if word.isAddress, nodes[at].address >= 0 {
            let found = match(words, index + 1, Int(nodes[at].address))
            if found >= 0 { return found }
        }
        if nodes[at].any >= 0 {
            let found = match(words, index + 1, Int(nodes[at].any))
            if found >= 0 { return found }
        }
        return nodes[at].rest
    }
}
