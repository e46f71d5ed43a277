import Diagnostics

/// Who owns what an intended text touches: the dialects' side of a contract's `ownership`.
package enum CLIOwnership: String, Sendable, Codable, CaseIterable {
    /// The lines shall be present; nothing else is judged.
    case merge
    /// Each section and list the text holds is wholly ours.
    case section
    /// Everything is ours.
    case replace
}

extension CLITree {
    /// The configuration a device should hold: this one with the intended texts laid over it.
    ///
    /// Nodes keep their indices, so that what was taken out can be explained (`removedBy`, `asked`); nodes that come from an
    /// intended text know which (`origin`).
    func merging(_ intended: [(tree: CLITree, ownership: CLIOwnership)]) -> CLITree {
        var result = self
        result.source = []
        result.findings.all = []
        for (origin, part) in intended.enumerated() {
            var overlay = Overlay(target: result, part: part.tree, origin: Int32(origin))
            overlay.lay(0, over: 0, owned: part.ownership == .replace, ownsSections: part.ownership == .section)
            result = overlay.target
            result.demoted.formUnion(part.tree.demoted)
        }
        result.applyContextualDefaults()
        result.computeHashes()
        return result
    }

    /// How many words, the negation left out, name the list a line belongs to; nil for a line of none.
    private func wordsOfList(_ index: Int) -> Int? {
        guard has(index, .hasList), let last = rule(index)?.list?.max() else { return nil }
        var left = dialect.shapes[Int(nodes[index].variant)].captures
        for _ in 1..<max(last, 1) { left &= left &- 1 }
        return left == 0 ? 1 : left.trailingZeroBitCount + 1
    }

    /// A hash of the words up to the last one that names the list a line belongs to; nil for a line of none.
    func listHash(_ index: Int) -> UInt64? {
        guard let length = wordsOfList(index) else { return nil }
        return withWords(of: index) { words, first, _ in
            words[first..<min(first + length, words.count)].reduce(3) { TextHash.mix($0, $1.hash) }
        }
    }

    /// The words up to the last one that names the list a line belongs to; nil for a line of none.
    func listTitle(_ index: Int) -> String? {
        guard let length = wordsOfList(index) else { return nil }
        return withWords(of: index) { words, first, bytes in
            let end = words[min(first + length, words.count) - 1].end
            let title = UnsafeRawBufferPointer(rebasing: bytes[Int(words[first].start)..<Int(end)])
            return String(decoding: title, as: UTF8.self)
        }
    }
}

/// One intended text laid over a tree, in place.
private struct Overlay {
    var target: CLITree
    let part: CLITree
    let origin: Int32
    /// Children of the target's sections that were visited, by section and key.
    private var index: KeyTable
    /// By node of the target: its children are in the index.
    private var isIndexed: [Bool]
    /// By node of the target: the section, in the order they were laid, that keeps it.
    private var keptBy: [Int32]
    private var laid: Int32 = 0
    private let demoted: Set<Int32>

    init(target: CLITree, part: CLITree, origin: Int32) {
        (self.target, self.part, self.origin) = (target, part, origin)
        demoted = part.demoted.union(target.demoted)
        index = KeyTable(capacity: part.nodes.count)
        isIndexed = [Bool](repeating: false, count: target.nodes.count)
        keptBy = [Int32](repeating: -1, count: target.nodes.count)
    }

    @inline(__always)
    private func key(_ node: CLITree.Node) -> UInt64 {
        guard !demoted.isEmpty, node.rule >= 0, demoted.contains(node.rule) else { return node.key }
        return TextHash.mix(node.key, node.own)
    }

    @inline(__always)
    private static func place(_ key: UInt64, in section: Int) -> UInt64 {
        TextHash.mix(key, UInt64(truncatingIfNeeded: section))
    }

    private mutating func child(_ key: UInt64, of section: Int) -> Int? {
        if !isIndexed[section] {
            isIndexed[section] = true
            var child = target.nodes[section].firstChild
            while child >= 0 {
                let node = target.nodes[Int(child)]
                if !node.flags.contains(.dead) {
                    _ = index.insert(Self.place(self.key(node), in: section), Int(child))
                }
                child = node.next
            }
        }
        guard let found = index[Self.place(key, in: section)],
            !target.nodes[found].flags.contains(.dead)
        else {
            return nil
        }
        return found
    }

    /// Lays a section of the intended text over one of the target.
    mutating func lay(_ from: Int, over section: Int, owned: Bool, ownsSections: Bool = false) {
        if from > 0, part.nodes[from].flags.contains(.sequence) || part.has(from, .replacesOnEntry) {
            replaceSequence(section, with: from)
            return
        }
        laid += 1
        let mark = laid
        var lists: Set<UInt64> = []
        var inOrder: [Int32] = []
        for child in part.children(from) {
            if ownsSections, let list = part.listHash(child) { lists.insert(list) }
            guard
                let node = layLine(child, over: section, ownsBelow: owned || ownsSections, isOwned: owned)
            else {
                continue
            }
            guard keptBy[node] != mark else { continue }
            keptBy[node] = mark
            if owned { inOrder.append(Int32(node)) }
        }
        guard owned || !lists.isEmpty else { return }
        var child = target.nodes[section].firstChild
        while child >= 0 {
            let node = Int(child)
            child = target.nodes[node].next
            guard keptBy[node] != mark, !target.nodes[node].flags.contains(.dead) else { continue }
            if !owned {
                guard let list = target.listHash(node), lists.contains(list) else { continue }
            }
            remove(node)
        }
        if owned { relink(section, inOrder) }
    }

    /// Lays one line; gives the node of the target that now stands for it.
    private mutating func layLine(_ line: Int, over section: Int, ownsBelow: Bool, isOwned: Bool) -> Int? {
        let node = part.nodes[line]
        let existing = child(key(node), of: section)
        // A section is given by its header even where it holds nothing yet.
        let isNeutral =
            node.flags.contains(.neutral) && !node.flags.contains(.section)
            && !part.has(line, .isOnUnless)
        if isNeutral
            || node.flags.contains(.negative) && node.flags.contains(.unknown) && existing != nil
        {
            guard let existing else { return nil }
            if isNeutral || !target.nodes[existing].flags.contains(.negative) {
                if target.nodes[existing].flags.contains(.neutral) { return existing }
                remove(existing)
                target.asked[existing] = (origin, node.line)
                return nil
            }
            return existing
        }
        guard let existing else { return copy(line, to: section) }
        if target.nodes[existing].own != node.own, !sameButForSecret(existing, line) { rewrite(existing, from: line) }
        if target.nodes[existing].origin < 0 { target.nodes[existing].origin = origin }
        if part.dialect.syntax == .paths {
            // Below an entry of a list everything is ours, above it nothing; one value leaves no room for another.
            let isSingle = part.dialect.singleWordHashes.contains(part.textHash(line))
            lay(
                line, over: existing, owned: isSingle || ownsBelow && (isOwned || part.isStatement(line)),
                ownsSections: ownsBelow && !isOwned)
            return existing
        }
        // Of a family nobody knows, a header that holds nothing looks like any line: what the device has below it counts.
        if part.nodes[line].firstChild >= 0
            || ownsBelow && (node.flags.contains(.section) || target.nodes[existing].firstChild >= 0)
        {
            lay(line, over: existing, owned: ownsBelow)
        }
        return existing
    }

    /// Secrets that cannot be compared are taken for equal: their value is judged where it is known.
    private func sameButForSecret(_ existing: Int, _ line: Int) -> Bool {
        guard let old = target.secretText(existing), let new = part.secretText(line),
            CLITree.isOpaqueSecret(old) || CLITree.isOpaqueSecret(new)
        else { return false }
        return target.maskedText(existing) == part.maskedText(line)
    }

    /// Takes out a node that a section or list that is ours does not hold.
    private mutating func remove(_ node: Int) {
        target.nodes[node].flags.insert(.dead)
        target.nodes[node].removedBy = origin
        if !target.asked.isEmpty { target.asked[node] = nil }
    }

    /// Takes over the text of an intended line.
    private mutating func rewrite(_ node: Int, from line: Int) {
        let source = part.nodes[line]
        (target.nodes[node].start, target.nodes[node].end) = takeText(source)
        target.nodes[node].own = source.own
        target.nodes[node].flags = source.flags
        target.nodes[node].rule = source.rule
        target.nodes[node].variant = source.variant
        target.nodes[node].line = source.line
        target.nodes[node].column = source.column
        target.nodes[node].origin = origin
    }

    /// Appends the text of an intended line to the target's; gives its place there.
    private mutating func takeText(_ source: CLITree.Node) -> (start: Int32, end: Int32) {
        let start = Int32(target.buffer.count)
        part.buffer.withUnsafeBufferPointer { bytes in
            target.buffer.append(
                contentsOf: UnsafeBufferPointer(rebasing: bytes[Int(source.start)..<Int(source.end)]))
        }
        return (start, Int32(target.buffer.count))
    }

    /// Copies an intended line with everything below it.
    @discardableResult
    private mutating func copy(_ line: Int, to section: Int) -> Int {
        let source = part.nodes[line]
        var node = source
        (node.start, node.end) = takeText(source)
        (node.firstChild, node.lastChild, node.next) = (-1, -1, -1)
        node.parent = Int32(section)
        node.origin = origin
        let added = target.append(node)
        isIndexed.append(false)
        keptBy.append(-1)
        if isIndexed[section] { index.set(Self.place(key(source), in: section), added) }
        // What is sent whole is sent with its comments.
        let isWhole = part.has(line, .replacesOnEntry)
        for child in part.children(line) where isWhole || !isSilent(child) { copy(child, to: added) }
        return added
    }

    private func isSilent(_ line: Int) -> Bool {
        let flags = part.nodes[line].flags
        return flags.contains(.neutral) && !flags.contains(.section) && !part.has(line, .isOnUnless)
    }

    private mutating func replaceSequence(_ section: Int, with from: Int) {
        let old = Array(target.children(section))
        let new = Array(part.children(from))
        if old.count == new.count, zip(old, new).allSatisfy({ target.nodes[$0].hash == part.nodes[$1].hash }) { return }
        for child in old { remove(child) }
        for child in new { copy(child, to: section) }
    }

    /// Puts the children of a section that is ours into the intended order.
    private mutating func relink(_ section: Int, _ order: [Int32]) {
        target.nodes[section].firstChild = order.first ?? -1
        target.nodes[section].lastChild = order.last ?? -1
        for (offset, node) in order.enumerated() {
            target.nodes[Int(node)].next = offset + 1 < order.count ? order[offset + 1] : -1
        }
    }
}
