/// Turns differences of paths into `set`, `delete` and `insert` lines.
struct PathWriter {
    let old: CLITree
    let new: CLITree
    let secrets: CLISecretDisplay
    private var deletions: [CLICommand] = []
    private var settings: [CLICommand] = []
    private var arrangement: [CLICommand] = []

    private let setWord: String
    private let deleteWord: String
    /// `/configure …` is one word, `set / interface …` is not.
    private let joinsSlash: Bool
    private let insertsEntries: Bool

    init(old: CLITree, new: CLITree, secrets: CLISecretDisplay) {
        (self.old, self.new, self.secrets) = (old, new, secrets)
        let settings = new.dialect.settings
        (setWord, deleteWord) = (settings["set"] ?? "set", settings["delete"] ?? "delete")
        (joinsSlash, insertsEntries) = (settings["slash"] == "joined", settings["insert"] != nil)
    }

    /// What was written, in the order to type it.
    var commands: [CLICommand] { deletions + settings + arrangement }

    mutating func write(_ deltas: [TreeDelta], parents: (old: Int, new: Int) = (0, 0)) {
        for delta in deltas {
            switch delta.kind {
            case .removed: delete(delta.old)
            case .added: for leaf in new.leaves(delta.new) { set(leaf) }
            case .inside, .changed:
                if delta.kind == .changed {
                    activate(delta)
                } else if new.nodes[delta.new].flags.contains(.inactive), isEmptied(delta) {
                    // The mark may have gone with the last line below it.
                    activate(delta)
                }
                write(delta.children, parents: (delta.old, delta.new))
                if new.nodes[delta.new].firstChild < 0, old.nodes[delta.old].firstChild >= 0 { set(delta.new) }
            case .moved: break
            }
            if delta.kind == .added { markInactive(delta.new) }
        }
        arrange(deltas, parents)
    }

    private func line(_ word: String, _ tree: CLITree, to node: Int, masked: Bool = false) -> String {
        tree.path(to: node, after: joinsSlash && word.utf8.last == 0x2F ? word : word + " ", masked: masked)
    }

    private mutating func set(_ leaf: Int) {
        var command = CLICommand(text: line(setWord, new, to: leaf), path: [], kind: .set)
        let node = new.nodes[leaf]
        if node.origin >= 0, node.line >= 0 {
            command.source = CLICommand.Source(part: Int(node.origin), line: Int(node.line))
        } else if case .masked = secrets, new.secretText(leaf) != nil {
            command.text = line(setWord, new, to: leaf, masked: true)
            command.lacksSecret = true
        }
        settings.append(command)
    }

    /// Deletes at the outermost place where a statement ends.
    private mutating func delete(_ node: Int) {
        if old.isStatement(node) {
            // Where there is one value, its name says enough; not every device takes the value, too.
            let target = old.isOnlyValue(node) ? Int(old.nodes[node].parent) : node
            deletions.append(CLICommand(text: line(deleteWord, old, to: target), path: [], kind: .remove))
            return
        }
        for child in old.children(node) { delete(child) }
    }

    private mutating func activate(_ delta: TreeDelta) {
        let word = new.nodes[delta.new].flags.contains(.inactive) ? "deactivate" : "activate"
        arrangement.append(CLICommand(text: line(word, new, to: delta.new), path: [], kind: .set))
    }

    /// True for what both sides hold although not a line below it stays.
    private func isEmptied(_ delta: TreeDelta) -> Bool {
        guard delta.kind == .inside || delta.kind == .changed, old.nodes[delta.old].firstChild >= 0,
            new.nodes[delta.new].firstChild >= 0
        else { return false }
        var changes: [Int: TreeDelta] = [:]
        for child in delta.children where child.old >= 0 { changes[child.old] = child }
        return old.children(delta.old).allSatisfy { node in
            changes[node].map { $0.kind == .removed || isEmptied($0) } ?? false
        }
    }

    private mutating func markInactive(_ node: Int) {
        if new.nodes[node].flags.contains(.inactive) {
            arrangement.append(CLICommand(text: line("deactivate", new, to: node), path: [], kind: .set))
        }
        for child in new.children(node) { markInactive(child) }
    }

    /// Puts ordered entries in their places: what was set stands at the end.
    private mutating func arrange(_ deltas: [TreeDelta], _ parents: (old: Int, new: Int)) {
        guard parents.new > 0, insertsEntries,
            deltas.contains(where: { delta in
                delta.new >= 0 && new.nodes[delta.new].flags.contains(.ordered)
                    && (delta.kind == .added || delta.kind == .moved || isEmptied(delta))
            })
        else { return }
        let wanted = Array(new.children(parents.new))
        var place: [UInt64: Int] = [:]
        for (offset, node) in wanted.enumerated() { place[new.nodes[node].key] = offset }
        // An entry that loses everything may lose its place, too.
        let emptied = Set(deltas.filter { isEmptied($0) }.map(\.old))
        let present = old.children(parents.old).filter { !emptied.contains($0) }.compactMap { place[old.nodes[$0].key] }
        // What stays keeps its place; what is new stands behind it, in the wanted order.
        let stay = CommonSubsequence.increasing(present)
        let known = Set(present)
        let again = Set(emptied.compactMap { place[old.nodes[$0].key] })
        let fixed = Set(stay).union(
            wanted.indices.filter { !known.contains($0) && !again.contains($0) && $0 > (stay.last ?? -1) })
        let keyword = new.text(parents.new)
        let isList =
            wanted.contains { new.nodes[$0].firstChild >= 0 } || new.dialect.words("list-words").contains(keyword)
        for offset in wanted.indices.reversed() where !fixed.contains(offset) && wanted.count > 1 {
            let isLast = offset == wanted.count - 1
            let neighbour = new.text(wanted[isLast ? offset - 1 : offset + 1])
            let text =
                line("insert", new, to: wanted[offset]) + (isLast ? " after " : " before ")
                + (isList ? "\(keyword) " : "") + neighbour
            arrangement.append(CLICommand(text: text, path: [], kind: .set))
        }
    }
}
