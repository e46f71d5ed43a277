/// Names that a unit of a change starts or stops to define, use and claim.
struct UnitReferences {
    var addedDefinitions: Set<UInt64> = []
    var removedDefinitions: Set<UInt64> = []
    var addedUses: Set<UInt64> = []
    var removedUses: Set<UInt64> = []
    var addedClaims: Set<UInt64> = []
    var removedClaims: Set<UInt64> = []
    /// Defined before and after, but not in between: the object is made anew, and a device refuses that while it is used.
    var renewedDefinitions: Set<UInt64> = []

    init() {}

    init(_ deltas: [TreeDelta], _ old: CLITree, _ new: CLITree) { walk(deltas, old, new) }

    mutating func formUnion(_ other: UnitReferences) {
        addedDefinitions.formUnion(other.addedDefinitions)
        removedDefinitions.formUnion(other.removedDefinitions)
        addedUses.formUnion(other.addedUses)
        removedUses.formUnion(other.removedUses)
        addedClaims.formUnion(other.addedClaims)
        removedClaims.formUnion(other.removedClaims)
        renewedDefinitions.formUnion(other.renewedDefinitions)
    }

    private mutating func walk(_ deltas: [TreeDelta], _ old: CLITree, _ new: CLITree) {
        for delta in deltas {
            switch delta.kind {
            case .added: add(delta.new, new, below: true)
            case .removed: remove(delta.old, old, below: true)
            case .inside: walk(delta.children, old, new)
            case .moved: break
            case .changed:
                if let rule = new.rule(delta.new), rule.renews, rule.marks.contains("held") {
                    Self.names(rule.defines, new, delta.new, into: &renewedDefinitions)
                }
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
                if reference.isOfPort { name = TextHash.mix(name, portHash(of: Int(tree.nodes[node].parent), tree)) }
                if reference.isSubnet, let subnet = subnet(reference, shape, words, first, bytes) {
                    names.insert(TextHash.mix(name, subnet))
                    continue
                }
                for capture in reference.captures {
                    var text = shape.capture(capture, words, from: first, bytes)
                    if reference.isHost, let slash = text.firstIndex(of: 0x2F) {
                        text = UnsafeRawBufferPointer(rebasing: text[..<slash])
                    }
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

    /// The hardware port that a section is about, without its sub-interface.
    private static func portHash(of section: Int, _ tree: CLITree) -> UInt64 {
        let (start, end) = (Int(tree.nodes[section].start), Int(tree.nodes[section].end))
        return tree.buffer.withUnsafeBytes { bytes in
            var at = start
            func skip(_ isSkipped: (UInt8) -> Bool) { while at < end, isSkipped(bytes[at]) { at += 1 } }
            skip { CLIWords.isBlank($0) }
            skip { !CLIWords.isBlank($0) }
            skip { CLIWords.isBlank($0) }
            let name = at
            guard name < end else { return 0 }
            skip { !CLIWords.isBlank($0) && $0 != 0x2E }
            return TextHash.of(UnsafeRawBufferPointer(rebasing: bytes[name..<at]))
        }
    }

    /// The subnet of an address that is written `A MASK` or `A/LENGTH`; nil for anything else.
    private static func subnet(
        _ reference: CommandRule.Reference, _ shape: PatternShape, _ words: UnsafeBufferPointer<CLIWord>, _ first: Int,
        _ bytes: UnsafeRawBufferPointer
    ) -> UInt64? {
        let texts = reference.captures.map { shape.capture($0, words, from: first, bytes) }
        guard let head = texts.first else { return nil }
        if texts.count == 2 {
            guard let address = ipv4(head[...]), let mask = ipv4(texts[1][...]) else { return nil }
            return UInt64(address & mask) << 32 | UInt64(mask)
        }
        guard let slash = head.firstIndex(of: 0x2F), let address = ipv4(head[..<slash]),
            let length = Int(String(decoding: head[(slash + 1)...], as: UTF8.self)), 0...32 ~= length
        else { return nil }
        let mask = length == 0 ? 0 : UInt32.max << UInt32(32 - length)
        return UInt64(address & mask) << 32 | UInt64(mask)
    }

    /// Four numbers with dots between them.
    private static func ipv4(_ text: Slice<UnsafeRawBufferPointer>) -> UInt32? {
        var (value, part, parts): (UInt32, UInt32?, Int) = (0, nil, 0)
        for byte in text {
            switch byte {
            case 0x30...0x39:
                let next = (part ?? 0) * 10 + UInt32(byte - 0x30)
                guard next <= 255 else { return nil }
                part = next
            case 0x2E:
                guard let known = part, parts < 3 else { return nil }
                (value, part, parts) = (value << 8 | known, nil, parts + 1)
            default: return nil
            }
        }
        guard let last = part, parts == 3 else { return nil }
        return value << 8 | last
    }
}
