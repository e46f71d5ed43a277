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
        if let rule = tree.rule(node), !tree.nodes[node].flags.contains(.negative) {
            addedDefinitions.formUnion(Self.names(rule.defines, tree, node))
            addedUses.formUnion(Self.names(rule.uses, tree, node))
            addedClaims.formUnion(Self.names(rule.claims, tree, node))
            addedClaims.formUnion(rule.takes.map { TextHash.of($0) })
        }
        if below { for child in tree.children(node) { add(child, tree, below: true) } }
    }

    private mutating func remove(_ node: Int, _ tree: CLITree, below: Bool) {
        if let rule = tree.rule(node), !tree.nodes[node].flags.contains(.negative) {
            removedDefinitions.formUnion(Self.names(rule.defines, tree, node))
            removedUses.formUnion(Self.names(rule.uses, tree, node))
            removedClaims.formUnion(Self.names(rule.claims, tree, node))
            removedClaims.formUnion(rule.frees.map { TextHash.of($0) })
        }
        if below { for child in tree.children(node) { remove(child, tree, below: true) } }
    }

    /// Hashes of the names a node's references give.
    static func names(_ references: [CommandRule.Reference], _ tree: CLITree, _ node: Int) -> [UInt64] {
        guard !references.isEmpty else { return [] }
        let captures = tree.captures(node)
        return references.flatMap { reference -> [UInt64] in
            let kind = TextHash.of(reference.kind)
            let texts = reference.captures.map { $0 <= captures.count ? captures[$0 - 1] : "" }
            if reference.eachWord {
                return texts.flatMap { CLIWords.strings($0) }.map { TextHash.mix(kind, TextHash.of($0)) }
            }
            return [texts.reduce(kind) { TextHash.mix($0, TextHash.of($1)) }]
        }
    }
}
