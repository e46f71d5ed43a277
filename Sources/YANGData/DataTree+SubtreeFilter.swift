import CLibYANG
import Glibc

extension DataTree {
    /// RFC 6241 section 6. The filter is parsed like an edit, because a selection node (`<mtu/>`) is not a valid leaf and a
    /// list entry in a filter need not have its keys: both come back as opaque nodes, which are matched by name.
    package func filtered(subtree filter: borrowing DataTree) throws -> DataTree {
        var result: Node?
        for wanted in children(of: filter.root) {
            for node in children(of: root) where matches(wanted, node) {
                guard let copy = try select(node, wanted) else { continue }
                var first = result
                // Two filters may select parts of one container, hence a merge.
                try context.check("merge") { lyd_merge_tree(&first, copy, UInt16(LYD_MERGE_DESTRUCT)) }
                result = first
            }
        }
        return DataTree(context: context, root: result)
    }

    /// A copy of `node` cut down to what `filter` asks for, or nil when a content match fails or nothing is selected.
    private func select(_ node: Node, _ filter: Node) throws -> Node? {
        let wanted = children(of: nx_child(filter))
        if wanted.isEmpty {  // selection node, or a content match on a leaf
            if let text = text(filter), nx_value(node).map({ strcmp($0, text) == 0 }) != true { return nil }
            return try copy(node, deep: true)
        }
        let contentMatches = wanted.filter { text($0) != nil && nx_child($0) == nil }
        let inside = children(of: nx_child(node))
        for match in contentMatches {
            guard let expected = text(match) else { continue }
            guard
                inside.contains(where: { matches(match, $0) && nx_value($0).map { strcmp($0, expected) == 0 } == true })
            else {
                return nil
            }
        }
        if contentMatches.count == wanted.count { return try copy(node, deep: true) }

        let result = try copy(node, deep: false)
        var selected = false
        for child in inside {
            for want in wanted where matches(want, child) {
                if nx_is_key(child) != 0 {
                    selected = true
                    continue
                }  // already copied with the entry
                guard let part = try select(child, want) else { continue }
                selected = true
                try context.check("insert") { lyd_insert_child(result, part) }
                break
            }
        }
        if selected { return result }
        lyd_free_tree(result)
        return nil
    }

    private func copy(_ node: Node, deep: Bool) throws -> Node {
        var duplicate: Node?
        let options = LYD_DUP_NO_META | LYD_DUP_WITH_FLAGS | (deep ? LYD_DUP_RECURSIVE : 0)
        try context.check("dup") { nx_dup_single(node, nil, UInt32(options), &duplicate) }
        guard let duplicate else { throw context.failure("dup", LY_EMEM) }
        return duplicate
    }

    private func matches(_ filter: Node, _ node: Node) -> Bool {
        if filter.pointee.schema != nil { return filter.pointee.schema == node.pointee.schema }
        guard strcmp(nx_name(filter), nx_name(node)) == 0 else { return false }
        guard let namespace = nx_opaq_module(filter) else { return true }
        return strcmp(namespace, node.pointee.schema.pointee.module.pointee.ns) == 0
    }

    private func text(_ filter: Node) -> UnsafePointer<CChar>? {
        guard nx_child(filter) == nil, let value = nx_value(filter), value.pointee != 0 else { return nil }
        return value
    }

    private func children(of first: Node?) -> [Node] {
        var list: [Node] = []
        var cursor = first
        while let node = cursor {
            list.append(node)
            cursor = node.pointee.next
        }
        return list
    }
}
