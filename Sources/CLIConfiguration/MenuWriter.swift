/// Turns differences of menus into `add`, `set`, `remove` and `move` lines.
struct MenuWriter {
    let old: CLITree
    let new: CLITree
    let secrets: CLISecretDisplay
    private(set) var commands: [CLICommand] = []
    /// Properties that cannot be taken back, because nobody knows what the device has without them.
    private(set) var impossible: [Int] = []

    init(old: CLITree, new: CLITree, secrets: CLISecretDisplay) {
        (self.old, self.new, self.secrets) = (old, new, secrets)
    }

    /// The items of a menu that differ, whatever became of the menu itself.
    static func items(_ delta: TreeDelta, _ old: CLITree, _ new: CLITree) -> [TreeDelta] {
        switch delta.kind {
        case .added: new.children(delta.new).map { TreeDelta(kind: .added, new: $0) }
        case .removed: old.children(delta.old).map { TreeDelta(kind: .removed, old: $0) }
        case .changed, .inside, .moved: delta.children
        }
    }

    private func menu(_ tree: CLITree, _ item: Int) -> String { tree.text(Int(tree.nodes[item].parent)) }

    private func words(_ tree: CLITree, _ item: Int) -> [String] {
        let inner = tree.children(item).map { tree.text($0) }
        return inner.isEmpty
            ? MenuLine.words(tree.text(item)).dropFirst().filter { MenuLine.property($0) != nil } : inner
    }

    /// `[find …]` for an item that was added, what stands after `set` for one that is always there.
    private func selector(_ tree: CLITree, _ item: Int) -> String {
        // A title is its words with one blank between them.
        let title = tree.text(item)
        let start = title.utf8.firstIndex(of: 0x20).map { title.utf8.index(after: $0) } ?? title.endIndex
        return isAdded(tree, item) ? "[find " + title[start...] + "]" : String(title[start...])
    }

    private func isAdded(_ tree: CLITree, _ item: Int) -> Bool { tree.text(item).utf8.starts(with: "add".utf8) }

    private mutating func emit(_ parts: [String], _ tree: CLITree, _ item: Int, _ kind: CLICommand.Kind) {
        var command = CLICommand(
            text: parts.filter { !$0.isEmpty }.joined(separator: " "), path: [menu(tree, item), tree.text(item)],
            kind: kind)
        let node = tree.nodes[item]
        if kind == .set, node.origin >= 0, node.line >= 0 {
            command.source = CLICommand.Source(part: Int(node.origin), line: Int(node.line))
        }
        // Looking for the first byte costs little; no mask holds without it.
        command.lacksSecret = command.text.utf8.contains(0xE2) && command.text.contains("•••")
        commands.append(command)
    }

    /// A property as it is sent: a secret only the device knows is masked.
    private func sent(_ property: Int) -> String {
        if case .masked = secrets, new.nodes[property].origin < 0, let secret = new.menuSecret(property),
            !secret.value.contains("{{")
        {
            return new.maskedText(property)
        }
        return new.text(property)
    }

    private mutating func add(_ item: Int, before place: String? = nil) {
        guard isAdded(new, item) else {
            let properties = new.children(item).map { sent($0) }
            if !properties.isEmpty || new.nodes[item].flags.contains(.unknown) {
                emit([menu(new, item), "set", selector(new, item)] + properties, new, item, .set)
            }
            return
        }
        let properties = new.children(item).filter { !new.nodes[$0].flags.contains(.neutral) }.map { sent($0) }
        emit([menu(new, item), "add"] + properties + (place.map { ["place-before=" + $0] } ?? []), new, item, .set)
    }

    private mutating func remove(_ item: Int) {
        if isAdded(old, item) {
            emit([menu(old, item), "remove", selector(old, item)], old, item, .remove)
            return
        }
        change(old.children(item).map { TreeDelta(kind: .removed, old: $0) }, old, item)
    }

    /// Sets what differs in one item, in one line.
    private mutating func change(_ deltas: [TreeDelta], _ tree: CLITree, _ item: Int) {
        var parts: [String] = []
        for delta in deltas {
            guard delta.kind == .removed else {
                parts.append(sent(delta.new))
                continue
            }
            guard let name = old.property(delta.old)?.name else { continue }
            if let value = name == "comment"
                ? "" : name == "disabled" ? "no" : tree.dialect.defaultValue(of: name, in: menu(tree, item))
            {
                parts.append("\(name)=" + (value.isEmpty ? "\"\"" : value))
            } else if isAdded(tree, item) {
                parts.append("!" + name)
            } else {
                impossible.append(delta.old)
            }
        }
        if !parts.isEmpty { emit([menu(tree, item), "set", selector(tree, item)] + parts, tree, item, .set) }
    }

    /// Items of a menu without an order.
    mutating func write(_ deltas: [TreeDelta]) {
        for delta in deltas {
            switch delta.kind {
            case .added: add(delta.new)
            case .removed: remove(delta.old)
            case .changed, .inside: change(delta.children, new, delta.new)
            case .moved: break
            }
        }
    }

    // MARK: Where order is content

    /// What is new comes first, each at its place, then what moves, then what goes: nothing is open in between that
    /// was shut before and is shut afterwards.
    mutating func writeOrdered(_ deltas: [TreeDelta], oldMenu: Int, newMenu: Int) {
        var list = MenuList()
        for item in oldMenu < 0 ? [] : Array(old.children(oldMenu)) {
            list.insert(old.nodes[item].key, selector(old, item), words(old, item), at: list.count)
        }
        let wanted = newMenu < 0 ? [] : Array(new.children(newMenu))
        let arriving = Set(deltas.filter { $0.kind == .added }.map(\.new))
        let moving = Set(deltas.filter { $0.kind == .moved }.map(\.new))
        for (offset, item) in wanted.enumerated().reversed() where arriving.contains(item) || moving.contains(item) {
            let from = list.place(of: new.nodes[item].key)
            let following = offset + 1 < wanted.count ? new.nodes[wanted[offset + 1]].key : nil
            let before = following.flatMap { list.place(of: $0) }.map { list.select($0) }
            if arriving.contains(item) {
                add(item, before: before)
            } else if let from {
                let target = before.map { ["destination=" + $0] } ?? []
                emit([menu(new, item), "move", list.select(from)] + target, new, item, .set)
                list.remove(at: from)
            }
            let place = following.flatMap { list.place(of: $0) } ?? list.count
            list.insert(new.nodes[item].key, selector(new, item), words(new, item), at: place)
        }
        for delta in deltas where delta.kind == .removed {
            guard let place = list.place(of: old.nodes[delta.old].key) else { continue }
            emit([menu(old, delta.old), "remove", list.select(place)], old, delta.old, .remove)
            list.remove(at: place)
        }
    }
}
