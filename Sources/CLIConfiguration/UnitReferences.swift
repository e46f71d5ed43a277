/// Names that a unit of a change starts or stops to define, use and claim.
struct UnitReferences {
    var addedDefinitions: Set<UInt64> = []
    var removedDefinitions: Set<UInt64> = []
    var addedUses: Set<UInt64> = []
    var removedUses: Set<UInt64> = []
    var addedClaims: Set<UInt64> = []
    var removedClaims: Set<UInt64> = []

    init() {}

    init(_ deltas: [TreeDelta], _ old: CLITree, _ new: CLITree) { walk(deltas, old, new) }

    private mutating func walk(_ deltas: [TreeDelta], _ old: CLITree, _ new: CLITree) {
        for delta in deltas {
            switch delta.kind {
            case .added: add(delta.new, new, below: true)
            case .removed: remove(delta.old, old, below: true)
            case .inside: walk(delta.children, old, new)
            case .moved: break
            case .changed:
                remove(delta.old, old, below: false)
                add(delta.new, new, below: false)
                walk(delta.children, old, new)
            }
        }
    }

    private mutating func add(_ node: Int, _ tree: CLITree, below: Bool) {
        if tree.has(node, .names), let rule = tree.rule(node),
            !tree.nodes[node].flags.contains(.negative)
        {
            Self.names(rule.defines, tree, node, into: &addedDefinitions)
            Self.names(rule.uses, tree, node, into: &addedUses)
            Self.names(rule.claims, tree, node, into: &addedClaims)
            for name in rule.takes { addedClaims.insert(TextHash.of(name)) }
        }
        if below { for child in tree.children(node) { add(child, tree, below: true) } }
    }

    private mutating func remove(_ node: Int, _ tree: CLITree, below: Bool) {
        if tree.has(node, .names), let rule = tree.rule(node),
            !tree.nodes[node].flags.contains(.negative)
        {
            Self.names(rule.defines, tree, node, into: &removedDefinitions)
            Self.names(rule.uses, tree, node, into: &removedUses)
            Self.names(rule.claims, tree, node, into: &removedClaims)
            for name in rule.frees { removedClaims.insert(TextHash.of(name)) }
        }
        if below { for child in tree.children(node) { remove(child, tree, below: true) } }
    }

    /// Hashes of the names a node's references give.
    private static func names(
        _ references: [CommandRule.Reference], _ tree: CLITree, _ node: Int,
        into names: inout Set<UInt64>
    ) {
        guard !references.isEmpty else { return }
        let shape = tree.dialect.shapes[Int(tree.nodes[node].variant)]
        tree.withWords(of: node) { words, first, bytes in
            for reference in references where !reference.isLocal {
                var name = reference.kindHash
                for capture in reference.captures {
                    let text = shape.capture(capture, words, from: first, bytes)
                    if reference.eachWord {
                        for word in CLIWords.strings(String(decoding: text, as: UTF8.self)) {
                            names.insert(TextHash.mix(reference.kindHash, TextHash.of(word)))
                        }
                    }
                    name = TextHash.mix(name, TextHash.of(text))
                }
                if !reference.eachWord { names.insert(name) }
            }
        }
    }
}
