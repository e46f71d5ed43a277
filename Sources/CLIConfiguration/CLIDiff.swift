package import Diagnostics

/// What differs between two configurations, line by line, with the reason for each.
package struct CLIDiff: Sendable {
    package enum Kind: String, Sendable, Codable { case added, removed, changed, moved }

    /// One line that differs.
    package struct Change: Equatable, Sendable {
        package var kind: Kind
        /// Enclosing sections, outermost first.
        package var path: [String]
        /// The line before; nil for an added one. Secrets masked.
        package var old: String?
        /// The line after; nil for a removed one. Secrets masked.
        package var new: String?
        package var oldPosition: SourcePosition?
        /// In the intended text that asks for it.
        package var newPosition: SourcePosition?
        /// Why it is a difference: which text asks for it, or who owns the section it is extra in.
        package var explanation: String {
            switch reason {
            case .differs: "differs"
            case .gone: "not there any more"
            case .moved: "stands elsewhere in an order that counts"
            case .asked(let position): "asked for by \(position)"
            case .absenceAsked(let position): "its absence is asked for by \(position)"
            case .notInOwned(let file, isWhole: true):
                "\(file) owns the whole configuration and does not hold it"
            case .notInOwned(let file, isWhole: false): "\(file) owns this section and does not hold it"
            }
        }
        /// What the explanation is made from, when it is asked for.
        private let reason: Reason

        fileprivate enum Reason: Equatable, Sendable {
            case differs, gone, moved
            case asked(SourcePosition)
            case absenceAsked(SourcePosition)
            case notInOwned(file: String, isWhole: Bool)
        }
        /// The family as the dialect writes it; nil for an unknown one.
        package var family: String?

        fileprivate init(
            kind: Kind, path: [String], old: String? = nil, new: String? = nil,
            oldPosition: SourcePosition? = nil,
            newPosition: SourcePosition? = nil, reason: Reason, family: String? = nil
        ) {
            (self.kind, self.path, self.old, self.new) = (kind, path, old, new)
            (self.oldPosition, self.newPosition) = (oldPosition, newPosition)
            (self.reason, self.family) = (reason, family)
        }
    }

    package let changes: [Change]
    package var isEmpty: Bool { changes.isEmpty }

    /// Everything that differs between two configurations.
    package init(from old: CLITree, to new: CLITree) {
        self.init(deltas: TreeDelta.between(old, 0, new, 0), old: old, new: new, intended: [])
    }

    /// What intended texts ask for, beyond what is there.
    package init(from observed: CLITree, to intended: [(tree: CLITree, ownership: CLIOwnership)]) {
        let target = observed.merging(intended)
        self.init(deltas: TreeDelta.between(observed, 0, target, 0), old: observed, new: target, intended: intended)
    }

    init(
        deltas: [TreeDelta], old: CLITree, new: CLITree, intended: [(tree: CLITree, ownership: CLIOwnership)]
    ) {
        var writer = Writer(old: old, new: new, intended: intended)
        writer.changes.reserveCapacity(deltas.reduce(0) { $0 + max($1.children.count, 1) })
        if new.dialect.syntax == .paths { writer.writePaths(deltas) } else { writer.write(deltas, path: []) }
        changes = writer.changes
    }

    /// `+`, `-` and section context, for people.
    package var text: String {
        var lines: [String] = []
        var shown: [String] = []
        for change in changes {
            var common = 0
            while common < min(shown.count, change.path.count), shown[common] == change.path[common] { common += 1 }
            for (depth, header) in change.path.enumerated().dropFirst(common) {
                lines.append("  " + String(repeating: " ", count: depth) + header)
            }
            shown = change.path + [change.new ?? change.old ?? ""]
            let indent = String(repeating: " ", count: change.path.count)
            for (mark, text) in [("-", change.old), ("+", change.new)] {
                guard let text else { continue }
                for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
                    lines.append("\(mark) \(indent)\(line)")
                }
            }
        }
        return lines.isEmpty ? "" : lines.joined(separator: "\n") + "\n"
    }

    private struct Writer {
        let old: CLITree
        let new: CLITree
        let intended: [(tree: CLITree, ownership: CLIOwnership)]
        var changes: [Change] = []

        /// Whole statements: a word alone says little.
        mutating func writePaths(_ deltas: [TreeDelta]) {
            for delta in deltas {
                switch delta.kind {
                case .added:
                    for leaf in new.leaves(delta.new) {
                        changes.append(
                            Change(
                                kind: .added, path: [],
                                new: new.path(to: leaf, after: "", masked: true),
                                newPosition: position(leaf), reason: reason(leaf)))
                    }
                case .removed:
                    for leaf in old.leaves(delta.old) {
                        changes.append(
                            Change(
                                kind: .removed, path: [],
                                old: old.path(to: leaf, after: "", masked: true),
                                oldPosition: old.position(leaf), reason: removalReason(leaf)))
                    }
                case .moved, .changed:
                    func mark(_ tree: CLITree, _ node: Int) -> String {
                        tree.nodes[node].flags.contains(.inactive) ? "inactive: " : ""
                    }
                    changes.append(
                        Change(
                            kind: delta.kind == .moved ? .moved : .changed, path: [],
                            old: old.path(to: delta.old, after: mark(old, delta.old), masked: true),
                            new: new.path(to: delta.new, after: mark(new, delta.new), masked: true),
                            oldPosition: old.position(delta.old), newPosition: position(delta.new),
                            reason: delta.kind == .moved ? .moved : reason(delta.new)))
                    writePaths(delta.children)
                case .inside: writePaths(delta.children)
                }
            }
        }

        mutating func write(_ deltas: [TreeDelta], path: [String]) {
            for delta in deltas {
                switch delta.kind {
                case .added: added(delta.new, path)
                case .removed: removed(delta.old, path)
                case .moved:
                    changes.append(
                        Change(
                            kind: .moved, path: path, old: old.maskedText(delta.old), new: new.maskedText(delta.new),
                            oldPosition: old.position(delta.old), newPosition: position(delta.new),
                            reason: .moved))
                case .inside: write(delta.children, path: path + [new.text(delta.new)])
                case .changed:
                    changes.append(
                        Change(
                            kind: .changed, path: path, old: old.maskedText(delta.old), new: new.maskedText(delta.new),
                            oldPosition: old.position(delta.old), newPosition: position(delta.new),
                            reason: reason(delta.new), family: new.rule(delta.new)?.pattern))
                    write(delta.children, path: path + [new.text(delta.new)])
                }
            }
        }

        private mutating func added(_ node: Int, _ path: [String]) {
            changes.append(
                Change(
                    kind: .added, path: path, new: new.maskedText(node), newPosition: position(node),
                    reason: reason(node), family: new.rule(node)?.pattern))
            let inner = path + [new.text(node)]
            for child in new.children(node) where !new.nodes[child].flags.contains(.neutral) { added(child, inner) }
        }

        private mutating func removed(_ node: Int, _ path: [String]) {
            changes.append(
                Change(
                    kind: .removed, path: path, old: old.maskedText(node), oldPosition: old.position(node),
                    reason: removalReason(node), family: old.rule(node)?.pattern))
            let inner = path + [old.text(node)]
            for child in old.children(node) where !old.nodes[child].flags.contains(.neutral) { removed(child, inner) }
        }

        private func position(_ node: Int) -> SourcePosition? {
            let value = new.nodes[node]
            guard value.line >= 0 else { return nil }
            let file =
                value.origin >= 0 && Int(value.origin) < intended.count
                ? intended[Int(value.origin)].tree.file : new.file
            return SourcePosition(file: file, line: Int(value.line) + 1, column: Int(value.column) + 1)
        }

        private func reason(_ node: Int) -> Change.Reason {
            guard new.nodes[node].origin >= 0, let position = position(node) else { return .differs }
            return .asked(position)
        }

        private func removalReason(_ node: Int) -> Change.Reason {
            var at = node
            while at > 0 {
                if !new.asked.isEmpty, let (origin, line) = new.asked[at], Int(origin) < intended.count {
                    return .absenceAsked(
                        SourcePosition(file: intended[Int(origin)].tree.file, line: Int(line) + 1))
                }
                let owner = at < new.nodes.count ? Int(new.nodes[at].removedBy) : -1
                if owner >= 0, owner < intended.count {
                    return .notInOwned(file: intended[owner].tree.file, isWhole: intended[owner].ownership == .replace)
                }
                at = Int(old.nodes[at].parent)
            }
            return .gone
        }
    }
}
