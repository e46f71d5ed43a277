/// Lines whose default hangs on another line: a device keeps the state of what was made under the old default.
extension CommandWriter {
    /// Leaves out removed lines that say what holds without them, since the default changes with another line.
    func withoutDefaults(_ deltas: [TreeDelta], _ path: [String]) -> [TreeDelta] {
        // Many lines ask the same of one section: each rule is looked at once.
        var known: [Int32: Bool?] = [:]
        return deltas.filter { delta in
            guard delta.kind == .removed, old.has(delta.old, .isOnUnless),
                let condition = old.rule(delta.old)?.isOnUnless
            else { return true }
            let rule = old.nodes[delta.old].rule
            let isOff = known[rule] ?? holds(condition, around: path)
            known[rule] = isOff
            return isOff != old.nodes[delta.old].flags.contains(.negative)
        }
    }

    /// Whether the section around one holds a line; nil where the new side does not show that section.
    private func holds(_ condition: String, around path: [String]) -> Bool? {
        var around = 0
        for header in path.dropLast() {
            guard let next = new.children(around).first(where: { new.text($0) == header }) else { return nil }
            around = next
        }
        return new.holds(condition, in: around)
    }

    /// Says of what both sides hold, and neither speaks of, the state that was its default and shall be so no longer.
    /// What is made anew has the new default by itself.
    mutating func keepStates(
        _ change: TreeDelta, among all: [TreeDelta], in sections: (old: Int, new: Int), _ path: [String]
    ) {
        guard
            change.new >= 0
                ? new.has(change.new, .governs) : change.old >= 0 && old.has(change.old, .governs)
        else { return }
        let rule = change.new >= 0 ? new.rule(change.new) : change.old >= 0 ? old.rule(change.old) : nil
        guard let header = rule?.governs, change.kind == .added || change.kind == .removed else { return }
        // The line in question is the negative one: with it, what nobody speaks of is off.
        let isOffNow = change.kind == .added
        var kept = Set(Self.sessions(old, sections.old))
        let added = Set(all.filter { $0.kind == .added }.map(\.new))
        kept.formIntersection(Self.sessions(new, sections.new, except: added))
        let names = Self.sessions(new, sections.new).filter { kept.remove($0) != nil }
        let spoken = Set(Self.states(old, sections.old, header)).union(Self.states(new, sections.new, header))
        let silent = names.filter { !spoken.contains($0) }
        guard !silent.isEmpty, let pattern = new.dialect.rules.first(where: { $0.isOnUnless != nil })?.pattern,
            let family = new.dialect.match(header, in: new.nodes[sections.new].context)
        else { return }
        commands.append(CLICommand(text: header, path: path, kind: .navigate))
        for name in silent {
            let text = (isOffNow ? new.dialect.negation + " " : "") + pattern.replacing("*", with: name)
            commands.append(CLICommand(text: text, path: path + [header], kind: isOffNow ? .remove : .set))
        }
        leave(new.dialect.rule(family.match.rule), path + [header])
    }

    /// Names of what has such a state: neighbours with a system of their own, and groups.
    private static func sessions(_ tree: CLITree, _ section: Int, except: Set<Int> = []) -> [String] {
        tree.children(section).filter { tree.has($0, .isSession) && !except.contains($0) }
            .compactMap { tree.captures($0).first }
    }

    /// Names of which the section speaks, in either form.
    private static func states(_ tree: CLITree, _ section: Int, _ header: String) -> [String] {
        guard let family = tree.children(section).first(where: { tree.text($0) == header }) else { return [] }
        return tree.children(family).filter { tree.rule($0)?.isOnUnless != nil }.compactMap { tree.captures($0).first }
    }
}
