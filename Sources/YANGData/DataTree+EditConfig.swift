import CLibYANG
import Glibc

package enum EditOperation: String, Sendable { case merge, replace, create, delete, remove, none }

/// An <rpc-error> in the making.
package struct EditError: Error, Sendable, CustomStringConvertible {
    package var tag: String
    package var path: String?
    package var message: String
    package var appTag: String?
    package var description: String { "\(tag)\(appTag.map { "/\($0)" } ?? "") at \(path ?? "?"): \(message)" }
}

extension DataTree {
    static let netconfNamespace = "urn:ietf:params:xml:ns:netconf:base:1.0"

    /// RFC 6241 edit-config with RFC 7950 insert/key/value. The caller works on a copy and swaps it in on success, which
    /// gives rollback-on-error; `validate()` afterwards finishes choices, `when` and defaults.
    package mutating func applyEdit(_ edit: borrowing DataTree, defaultOperation: EditOperation = .merge) throws {
        if defaultOperation == .replace {
            lyd_free_all(root)
            root = nil
        }
        var cursor = edit.root
        while let node = cursor {
            cursor = node.pointee.next
            try apply(node, under: nil, inherited: defaultOperation)
        }
    }

    private mutating func apply(_ edit: Node, under parent: Node?, inherited: EditOperation) throws {
        guard edit.pointee.schema != nil else { return try applyOpaque(edit, under: parent, inherited: inherited) }
        if isKey(edit) { return }
        let operation = meta(edit, "ietf-netconf", "operation").flatMap(EditOperation.init) ?? inherited
        var existing = find(edit, under: parent)

        // A leaf that only exists as a default does not exist for create, delete and replace.
        if let node = existing, node.pointee.flags & UInt32(LYD_DEFAULT) != 0, !isInner(node) {
            if operation == .delete {
                throw EditError(tag: "data-missing", path: path(of: edit), message: "only a default value is there")
            }
            if operation == .create {
                drop(node)
                existing = nil
            }
        }

        switch operation {
        case .none:
            guard let node = existing else {
                if nx_is_np_container(edit) != 0, hasChildren(edit) {
                    return try descend(edit, into: try insert(edit, under: parent), operation)
                }
                throw EditError(tag: "data-missing", path: path(of: edit), message: "no such data for operation none")
            }
            try descend(edit, into: node, operation)

        case .merge:
            if let node = existing {
                if isTerm(node) { try change(node, to: edit) }
                try place(node, as: edit, under: parent, isNew: false)
                try descend(edit, into: node, operation)
            } else {
                let node = try insert(edit, under: parent)
                try place(node, as: edit, under: parent, isNew: true)
                try descend(edit, into: node, operation)
            }

        case .create:
            let mayCreate = existing.map { nx_is_np_container(edit) != 0 && isEmptyContainer($0) } ?? true
            guard mayCreate else {
                throw EditError(tag: "data-exists", path: path(of: edit), message: "already exists")
            }
            let node = try existing ?? insert(edit, under: parent)
            try place(node, as: edit, under: parent, isNew: true)
            try descend(edit, into: node, .create)

        case .replace:
            if let node = existing, isTerm(node) {
                try change(node, to: edit)
                try place(node, as: edit, under: parent, isNew: false)
            } else {
                let after = existing.flatMap { nx_is_userordered($0) != 0 ? previousInstance($0) : nil }
                let wasFirst = existing != nil && after == nil
                if let node = existing { drop(node) }
                let node = try insert(edit, under: parent)
                if meta(edit, "yang", "insert") != nil {
                    try place(node, as: edit, under: parent, isNew: true)
                } else if existing != nil, nx_is_userordered(node) != 0 {
                    try move(node, after: after, first: wasFirst)  // a replaced entry keeps its place
                }
                try descend(edit, into: node, .replace)
            }

        case .delete, .remove:
            if let inner = contradiction(below: edit) {
                throw EditError(
                    tag: "operation-failed", path: path(of: inner),
                    message: "nothing can be made inside of what is deleted")
            }
            if let node = existing {
                drop(node)
            } else if operation == .delete {
                throw EditError(tag: "data-missing", path: path(of: edit), message: "nothing to delete")
            }
        }
    }

    /// A node inside that is to be there although what holds it is to go: an error (RFC 6241 §7.2).
    private func contradiction(below edit: Node) -> Node? {
        var cursor = nx_child(edit)
        while let child = cursor {
            cursor = child.pointee.next
            if let operation = meta(child, "ietf-netconf", "operation"), operation != "delete", operation != "remove" {
                return child
            }
            if let inner = contradiction(below: child) { return inner }
        }
        return nil
    }

    private mutating func descend(_ edit: Node, into node: Node, _ operation: EditOperation) throws {
        var cursor = nx_child(edit)
        while let child = cursor {
            cursor = child.pointee.next
            try apply(child, under: node, inherited: operation)
        }
    }

    /// `<mtu nc:operation="delete"/>` has no valid value, so libyang leaves it opaque; find the node by its schema instead.
    private mutating func applyOpaque(_ edit: Node, under parent: Node?, inherited: EditOperation) throws {
        let name = String(cString: nx_name(edit))
        let namespace = nx_opaq_module(edit).map { String(cString: $0) } ?? ""
        let place = (parent.map { path(of: $0) } ?? "") + "/" + name
        let operation =
            nx_opaq_attr(edit, Self.netconfNamespace, "operation").flatMap {
                EditOperation(rawValue: String(cString: $0))
            }
            ?? inherited
        guard let module = ly_ctx_get_module_implemented_ns(context.raw, namespace) else {
            throw EditError(tag: "unknown-namespace", path: place, message: "namespace \(namespace)")
        }
        guard let schema = lys_find_child(parent?.pointee.schema, module, name, 0, 0, 0) else {
            throw EditError(tag: "unknown-element", path: place, message: "no such node in \(namespace)")
        }
        let kind = Int32(schema.pointee.nodetype)
        guard operation == .delete || operation == .remove, kind & (LYS_LEAF | LYS_CONTAINER) != 0 else {
            if kind == LYS_LIST {
                throw EditError(tag: "missing-element", path: place, message: "list entry without all of its keys")
            }
            throw EditError(tag: "invalid-value", path: place, message: valueProblem(edit, schema))
        }
        var match: Node?
        let siblings = parent.map { nx_child($0) } ?? root
        if lyd_find_sibling_val(siblings, schema, nil, 0, &match) == LY_SUCCESS, let match,
            match.pointee.flags & UInt32(LYD_DEFAULT) == 0
        {
            drop(match)
        } else if operation == .delete {
            throw EditError(tag: "data-missing", path: place, message: "nothing to delete")
        }
    }

    /// Why an opaque node was not accepted: ask the type itself.
    private func valueProblem(_ edit: Node, _ schema: UnsafePointer<lysc_node>) -> String {
        // Only leaves have a type; for anything else this would read past the schema node.
        guard Int32(schema.pointee.nodetype) & (LYS_LEAF | LYS_LEAFLIST) != 0, let value = nx_value(edit) else {
            return "unexpected content"
        }
        let status = nx_value_validate(context.raw, schema, value)
        let issues = context.takeIssues()
        return status == LY_SUCCESS ? "not allowed here" : (issues.first?.message ?? "invalid value")
    }

    // MARK: tree surgery

    private func find(_ edit: Node, under parent: Node?) -> Node? {
        var match: Node?
        guard let siblings = parent.map({ nx_child($0) }) ?? root else { return nil }
        // lyd_find_sibling_first compares a leaf's *value* when there are too few siblings for a hash table, so single
        // instances are looked up by schema node.
        let status =
            Int32(edit.pointee.schema.pointee.nodetype) & (LYS_LIST | LYS_LEAFLIST) != 0
            ? lyd_find_sibling_first(siblings, edit, &match)
            : lyd_find_sibling_val(siblings, edit.pointee.schema, nil, 0, &match)
        return status == LY_SUCCESS ? match : nil
    }

    private func isInner(_ node: Node) -> Bool {
        Int32(node.pointee.schema.pointee.nodetype) & (LYS_CONTAINER | LYS_LIST) != 0
    }
    private func isTerm(_ node: Node) -> Bool {
        Int32(node.pointee.schema.pointee.nodetype) & (LYS_LEAF | LYS_LEAFLIST) != 0
    }
    private func hasChildren(_ node: Node) -> Bool { nx_child(node) != nil }
    private func isEmptyContainer(_ node: Node) -> Bool {
        var cursor = nx_child(node)
        while let child = cursor {
            if child.pointee.flags & UInt32(LYD_DEFAULT) == 0 { return false }
            cursor = child.pointee.next
        }
        return true
    }

    private mutating func insert(_ edit: Node, under parent: Node?) throws -> Node {
        dropOtherCases(than: edit, under: parent)
        var node: Node?
        // A list entry keeps its keys.
        try context.check("dup") { nx_dup_single(edit, nil, UInt32(LYD_DUP_NO_META), &node) }
        if let parent {
            try context.check("insert") { lyd_insert_child(parent, node) }
        } else {
            var first = root
            try context.check("insert") { lyd_insert_sibling(root, node, &first) }
            root = first
        }
        guard let node else { throw context.failure("dup", LY_EMEM) }
        return node
    }

    /// A node of one case of a choice takes the place of all nodes of the others (RFC 7950 §7.9). Validation does that
    /// only where it knows which of them is older.
    private mutating func dropOtherCases(than edit: Node, under parent: Node?) {
        let chosen = Self.cases(of: edit.pointee.schema)
        if chosen.isEmpty { return }
        var cursor = parent.map { nx_child($0) } ?? root
        while let node = cursor {
            cursor = node.pointee.next
            let others = Self.cases(of: node.pointee.schema)
            if others.contains(where: { other in
                chosen.contains { $0.choice == other.choice && $0.option != other.option }
            }) {
                drop(node)
            }
        }
    }

    /// The choices that a schema node stands in, with the case of each, innermost first.
    private static func cases(of schema: UnsafePointer<lysc_node>?) -> [(
        choice: UnsafePointer<lysc_node>, option: UnsafePointer<lysc_node>
    )] {
        var found: [(choice: UnsafePointer<lysc_node>, option: UnsafePointer<lysc_node>)] = []
        var cursor = schema
        while let option = cursor?.pointee.parent, Int32(option.pointee.nodetype) == LYS_CASE,
            let choice = option.pointee.parent
        {
            found.append((choice: UnsafePointer(choice), option: UnsafePointer(option)))
            cursor = UnsafePointer(choice)
        }
        return found
    }

    private mutating func drop(_ node: Node) {
        if node == root { root = node.pointee.next }
        lyd_free_tree(node)
    }

    private func change(_ node: Node, to edit: Node) throws {
        guard Int32(node.pointee.schema.pointee.nodetype) == LYS_LEAF else { return }
        // LY_ENOT: same value; LY_EEXIST: only the default flag changed.
        let status = lyd_change_term(node, nx_value(edit))
        guard status == LY_SUCCESS || status == LY_ENOT || status == LY_EEXIST else {
            throw EditError(
                tag: "invalid-value", path: path(of: edit), message: context.takeIssues().first?.message ?? "")
        }
    }

    private func place(_ node: Node, as edit: Node, under parent: Node?, isNew: Bool) throws {
        guard nx_is_userordered(node) != 0, let how = meta(edit, "yang", "insert") else { return }
        switch how {
        case "first": try move(node, after: nil, first: true)
        case "last": try move(node, after: lastInstance(node), first: false)
        default:
            let isList = Int32(node.pointee.schema.pointee.nodetype) == LYS_LIST
            guard let key = meta(edit, "yang", isList ? "key" : "value") else {
                throw EditError(
                    tag: "missing-attribute", path: path(of: edit),
                    message: "insert=\(how) needs \(isList ? "key" : "value")")
            }
            var anchor: Node?
            guard lyd_find_sibling_val(node, node.pointee.schema, key, 0, &anchor) == LY_SUCCESS, let anchor else {
                throw EditError(
                    tag: "bad-attribute", path: path(of: edit), message: "no \(key)", appTag: "missing-instance")
            }
            guard anchor != node else { return }
            try context.check("move") {
                how == "before" ? lyd_insert_before(anchor, node) : lyd_insert_after(anchor, node)
            }
        }
    }

    private func move(_ node: Node, after: Node?, first: Bool) throws {
        if let after {
            if after != node { try context.check("move") { lyd_insert_after(after, node) } }
        } else if first, let head = firstInstance(node), head != node {
            try context.check("move") { lyd_insert_before(head, node) }
        }
    }

    private func firstInstance(_ node: Node) -> Node? {
        var head = node
        while let previous = previousInstance(head) { head = previous }
        return head
    }
    private func lastInstance(_ node: Node) -> Node? {
        var tail = node
        while let next = tail.pointee.next, next.pointee.schema == node.pointee.schema { tail = next }
        return tail
    }
    private func previousInstance(_ node: Node) -> Node? {
        guard let previous = node.pointee.prev, previous.pointee.next != nil,
            previous.pointee.schema == node.pointee.schema
        else { return nil }
        return previous
    }
}
