/// The rule lines of one section of a dialect, by their first words: a line costs its words, not the number of rules.
struct RuleTrie: Sendable {
    private struct Node: Sendable {
        var hasLiterals = false
        var number: Int32 = -1
        var address: Int32 = -1
        var any: Int32 = -1
        /// Variant that ends here, or takes the rest of the line.
        var end: Int32 = -1
        var rest: Int32 = -1
    }
    private var nodes = [Node()]
    /// Steps by literal words, of all nodes.
    private var literals = KeyTable()

    @inline(__always)
    private static func step(_ at: Int, _ hash: UInt64) -> UInt64 {
        hash ^ UInt64(truncatingIfNeeded: at) &* 0x9FB2_1C65_1E98_DF25
    }

    /// Adds a spelling of a rule; one written later replaces an equal one, so that a dialect can override its parent.
    mutating func insert(_ elements: [CommandRule.Element], variant: Int32) {
        var at = 0
        for element in elements {
            switch element {
            case .literal(let hash, _):
                if let next = literals.insert(Self.step(at, hash), nodes.count) {
                    at = next
                } else {
                    nodes.append(Node())
                    nodes[at].hasLiterals = true
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
        let node = nodes[at]
        // `~` and `**` want at least one word.
        if index == words.count { return node.end }
        let word = words[index]
        if node.hasLiterals, let next = literals[Self.step(at, word.hash)] {
            let found = match(words, index + 1, next)
            if found >= 0 { return found }
        }
        if word.isNumber, node.number >= 0 {
            let found = match(words, index + 1, Int(node.number))
            if found >= 0 { return found }
        }
        if word.isAddress, node.address >= 0 {
            let found = match(words, index + 1, Int(node.address))
            if found >= 0 { return found }
        }
        if node.any >= 0 {
            let found = match(words, index + 1, Int(node.any))
            if found >= 0 { return found }
        }
        return node.rest
    }
}
