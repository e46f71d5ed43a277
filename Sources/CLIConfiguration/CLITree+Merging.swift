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
    /// Nodes keep their indices, so that what was taken out can be explained (`removals`); nodes that come from an
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

    /// Words up to the last one that names the list a line belongs to, and the words that title it.
    func listIdentity(_ index: Int) -> (hash: UInt64, title: String)? {
        guard let rule = rule(index), let captures = rule.list, let last = captures.max() else { return nil }
        let elements = dialect.variants[Int(nodes[index].variant)].elements
        var seen = 0
        var length = 0
        for (offset, element) in elements.enumerated() where element.isCapture {
            seen += 1
            if seen == last { length = offset + 1 }
        }
        return withWords(of: index) { words, first, bytes in
            var hash: UInt64 = 3
            for word in words[first..<min(first + length, words.count)] { hash = TextHash.mix(hash, word.hash) }
            let end = words[min(first + length, words.count) - 1].end
            let title = UnsafeRawBufferPointer(rebasing: bytes[Int(words[first].start)..<Int(end)])
            return (hash, String(decoding: title, as: UTF8.self))
        }
    }
}

/// One intended text laid over a tree, in place.
private struct Overlay {
    var target: CLITree
    let part: CLITree
    let origin: Int32
    /// Children by key, per section of the target that was visited.
    private var index: [Int: [UInt64: Int]] = [:]

    init(target: CLITree, part: CLITree, origin: Int32) {
        (self.target, self.part, self.origin) = (target, part, origin)
    }

    private func key(_ tree: CLITree, _ node: Int) -> UInt64 {
        let rule = tree.nodes[node].rule
        let isSet = rule >= 0 && (part.demoted.contains(rule) || target.demoted.contains(rule))
        return isSet ? TextHash.mix(tree.nodes[node].key, tree.nodes[node].own) : tree.nodes[node].key
    }

    private mutating func child(_ key: UInt64, of section: Int) -> Int? {
        if index[section] == nil {
            var map: [UInt64: Int] = [:]
            for child in target.children(section) where map[self.key(target, child)] == nil {
                map[self.key(target, child)] = child
            }
            index[section] = map
        }
        guard let found = index[section]?[key], !target.nodes[found].flags.contains(.dead) else { return nil }
        return found
    }

    /// Lays a section of the intended text over one of the target.
    mutating func lay(_ from: Int, over section: Int, owned: Bool, ownsSections: Bool = false) {
        if part.nodes[from].flags.contains(.sequence), from > 0 {
            replaceSequence(section, with: from)
            return
        }
        var kept: Set<Int> = []
        var lists: Set<UInt64> = []
        var inOrder: [Int] = []
        for child in part.children(from) {
            if ownsSections, let list = part.listIdentity(child) { lists.insert(list.hash) }
            guard let node = layLine(child, over: section, ownsBelow: owned || ownsSections, isOwned: owned) else {
                continue
            }
            if kept.insert(node).inserted { inOrder.append(node) }
        }
        if owned {
            for child in Array(target.children(section)) where !kept.contains(child) {
                remove(child, .notInOwned(origin: origin))
            }
            relink(section, inOrder)
        } else if !lists.isEmpty {
            for child in Array(target.children(section)) where !kept.contains(child) {
                guard let list = target.listIdentity(child), lists.contains(list.hash) else { continue }
                remove(child, .notInOwned(origin: origin))
            }
        }
    }

    /// Lays one line; gives the node of the target that now stands for it.
    private mutating func layLine(_ line: Int, over section: Int, ownsBelow: Bool, isOwned: Bool) -> Int? {
        let node = part.nodes[line]
        let existing = child(key(part, line), of: section)
        // A section is given by its header even where it holds nothing yet.
        let isNeutral =
            node.flags.contains(.neutral) && !node.flags.contains(.section)
            && part.rule(line)?.isOnUnless == nil
        if isNeutral || node.flags.contains(.negative) && node.flags.contains(.unknown) && existing != nil {
            guard let existing else { return nil }
            if isNeutral || !target.nodes[existing].flags.contains(.negative) {
                if target.nodes[existing].flags.contains(.neutral) { return existing }
                remove(existing, .asked(origin: origin, line: node.line))
                return nil
            }
            return existing
        }
        guard let existing else { return copy(line, to: section) }
        if target.nodes[existing].own != node.own, !sameButForSecret(existing, line) { rewrite(existing, from: line) }
        if target.nodes[existing].origin < 0 { target.nodes[existing].origin = origin }
        if part.dialect.syntax == .paths {
            // Below an entry of a list everything is ours, above it nothing; one value leaves no room for another.
            let isSingle = part.dialect.words("single-words").contains(part.text(line))
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

    private mutating func remove(_ node: Int, _ reason: CLITree.Removal) {
        target.nodes[node].flags.insert(.dead)
        target.removals[node] = reason
    }

    /// Takes over the text of an intended line.
    private mutating func rewrite(_ node: Int, from line: Int) {
        let source = part.nodes[line]
        let start = target.buffer.count
        target.buffer += part.buffer[Int(source.start)..<Int(source.end)]
        target.nodes[node].start = Int32(start)
        target.nodes[node].end = Int32(target.buffer.count)
        target.nodes[node].own = source.own
        target.nodes[node].flags = source.flags
        target.nodes[node].rule = source.rule
        target.nodes[node].variant = source.variant
        target.nodes[node].line = source.line
        target.nodes[node].column = source.column
        target.nodes[node].origin = origin
    }

    /// Copies an intended line with everything below it.
    @discardableResult
    private mutating func copy(_ line: Int, to section: Int) -> Int {
        let source = part.nodes[line]
        var node = source
        node.start = Int32(target.buffer.count)
        target.buffer += part.buffer[Int(source.start)..<Int(source.end)]
        node.end = Int32(target.buffer.count)
        (node.firstChild, node.lastChild, node.next) = (-1, -1, -1)
        node.parent = Int32(section)
        node.origin = origin
        let added = target.append(node)
        let identity = key(part, line)
        index[section]?[identity] = added
        for child in part.children(line) where !isSilent(child) { copy(child, to: added) }
        return added
    }

    private func isSilent(_ line: Int) -> Bool {
        let flags = part.nodes[line].flags
        return flags.contains(.neutral) && !flags.contains(.section) && part.rule(line)?.isOnUnless == nil
    }

    private mutating func replaceSequence(_ section: Int, with from: Int) {
        let old = Array(target.children(section))
        let new = Array(part.children(from))
        if old.count == new.count, zip(old, new).allSatisfy({ target.nodes[$0].hash == part.nodes[$1].hash }) { return }
        for child in old { remove(child, .notInOwned(origin: origin)) }
        for child in new { copy(child, to: section) }
    }

    /// Puts the children of a section that is ours into the intended order.
    private mutating func relink(_ section: Int, _ order: [Int]) {
        target.nodes[section].firstChild = Int32(order.first ?? -1)
        target.nodes[section].lastChild = Int32(order.last ?? -1)
        for (offset, node) in order.enumerated() {
            target.nodes[node].next = offset + 1 < order.count ? Int32(order[offset + 1]) : -1
        }
    }
}
