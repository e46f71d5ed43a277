import CLibYANG
import Glibc

typealias Node = UnsafeMutablePointer<lyd_node>

package enum DataFormat: Sendable {
    case xml, json
    var raw: LYD_FORMAT { self == .xml ? LYD_XML : LYD_JSON }
}

package enum WithDefaults: Sendable {
    case explicit, trim, reportAll, reportAllTagged
    var raw: UInt32 {
        switch self {
        case .explicit: UInt32(LYD_PRINT_WD_EXPLICIT)
        case .trim: UInt32(LYD_PRINT_WD_TRIM)
        case .reportAll: UInt32(LYD_PRINT_WD_ALL)
        case .reportAllTagged: UInt32(LYD_PRINT_WD_ALL_TAG)
        }
    }
}

/// A data tree with a single owner. It is noncopyable, and Sendable only as a whole: libyang writes lazily computed
/// canonical values into nodes even from functions that take const nodes, so two threads must not read one tree at once.
package struct DataTree: ~Copyable, @unchecked Sendable {
    package let context: YANGContext
    var root: Node?

    init(context: YANGContext, root: Node?) {
        self.context = context
        self.root = root
    }

    package init(empty context: YANGContext) { self.init(context: context, root: nil) }

    deinit { lyd_free_all(root) }

    package enum Parsing: Sendable {
        case validated  // a complete configuration datastore
        case unvalidated  // well-formed and typed, but no must/when/mandatory/leafref checks
        case edit  // an edit-config payload: unknown or incomplete nodes are kept as opaque ones
    }

    package init(_ text: String, as format: DataFormat = .xml, parsing: Parsing = .validated, in context: YANGContext)
        throws
    {
        var tree: Node?
        let parse: Int32
        let validate: Int32
        switch parsing {
        case .validated:
            (parse, validate) = (LYD_PARSE_STRICT | LYD_PARSE_NO_STATE, LYD_VALIDATE_NO_STATE | LYD_VALIDATE_PRESENT)
        case .unvalidated: (parse, validate) = (LYD_PARSE_ONLY | LYD_PARSE_STRICT | LYD_PARSE_NO_STATE, 0)
        case .edit: (parse, validate) = (LYD_PARSE_ONLY | LYD_PARSE_OPAQ | LYD_PARSE_NO_STATE, 0)
        }
        try context.check("parse data") {
            lyd_parse_data_mem(context.raw, text, format.raw, UInt32(parse), UInt32(validate), &tree)
        }
        self.init(context: context, root: tree)
    }

    package func copy() throws -> DataTree {
        var duplicate: Node?
        if let root {
            try context.check("copy") {
                lyd_dup_siblings(root, nil, UInt32(LYD_DUP_RECURSIVE | LYD_DUP_WITH_FLAGS), &duplicate)
            }
        }
        return DataTree(context: context, root: duplicate)
    }

    /// Completes defaults, resolves choices and `when`, checks everything. Returns what validation itself changed.
    @discardableResult
    package mutating func validate() throws -> Diff {
        var changes: Node?
        var tree = root
        // PRESENT: only modules that have data. Without it a mandatory top-level node of any module would be demanded.
        let status = lyd_validate_all(
            &tree, context.raw, UInt32(LYD_VALIDATE_NO_STATE | LYD_VALIDATE_PRESENT), &changes)
        root = tree
        let diff = Diff(DataTree(context: context, root: changes))
        guard status == LY_SUCCESS else { throw context.failure("validate", status) }
        return diff
    }

    package func diff(to other: borrowing DataTree, includingDefaults: Bool = false) throws -> Diff {
        var result: Node?
        let (a, b) = (root, other.root)
        try context.check("diff") {
            lyd_diff_siblings(a, b, UInt16(includingDefaults ? LYD_DIFF_DEFAULTS : 0), &result)
        }
        return Diff(DataTree(context: context, root: result))
    }

    package mutating func apply(_ diff: borrowing Diff) throws {
        var tree = root
        defer { root = tree }
        let changes = diff.tree.root
        try context.check("apply diff") { lyd_diff_apply_all(&tree, changes) }
    }

    package mutating func merge(_ other: borrowing DataTree) throws {
        var tree = root
        defer { root = tree }
        let source = other.root
        try context.check("merge") { lyd_merge_siblings(&tree, source, 0) }
    }

    package func print(_ format: DataFormat = .xml, defaults: WithDefaults = .explicit, pretty: Bool = false) throws
        -> String
    {
        guard let root else { return "" }
        var text: UnsafeMutablePointer<CChar>?
        let options = defaults.raw | (pretty ? 0 : UInt32(LYD_PRINT_SHRINK))
        try context.check("print") { nx_print(&text, root, format.raw, options) }
        defer { free(text) }
        return text.map { String(cString: $0) } ?? ""
    }

    /// Canonical paths of the nodes that an XPath 1.0 expression selects (prefixes are module names).
    package func paths(matching xpath: String) throws -> [String] {
        guard let root else { return [] }
        var set: UnsafeMutablePointer<ly_set>?
        try context.check("xpath") { lyd_find_xpath(root, xpath, &set) }
        defer { ly_set_free(set, nil) }
        return Self.nodes(in: set).map { path(of: $0) }
    }

    /// <get-config> with an XPath filter: the selected subtrees with their ancestors and list keys.
    package func filtered(xpath: String) throws -> DataTree {
        var result: Node?
        if let root {
            var set: UnsafeMutablePointer<ly_set>?
            try context.check("xpath") { lyd_find_xpath(root, xpath, &set) }
            defer { ly_set_free(set, nil) }
            for node in Self.nodes(in: set) {
                var copy: Node?
                try context.check("dup") {
                    nx_dup_single(
                        node, nil,
                        UInt32(LYD_DUP_RECURSIVE | LYD_DUP_WITH_PARENTS | LYD_DUP_WITH_FLAGS), &copy)
                }
                while let up = nx_parent(copy) { copy = up }
                try context.check("merge") { lyd_merge_tree(&result, copy, UInt16(LYD_MERGE_DESTRUCT)) }
            }
        }
        return DataTree(context: context, root: result)
    }

    private static func nodes(in set: UnsafeMutablePointer<ly_set>?) -> [Node] {
        guard let set, let table = set.pointee.dnodes else { return [] }
        return (0..<Int(set.pointee.count)).compactMap { table[$0] }
    }

    package var nodeCount: Int {
        func count(_ first: Node?) -> Int {
            var total = 0
            var node = first
            while let current = node {
                total += 1 + count(nx_child(current))
                node = current.pointee.next
            }
            return total
        }
        return count(root)
    }

}

func path(of node: UnsafePointer<lyd_node>) -> String {
    guard let text = lyd_path(node, LYD_PATH_STD, nil, 0) else { return "?" }
    defer { free(text) }
    return String(cString: text)
}

/// What changed, as libyang's own diff tree: data nodes annotated with yang:operation none/create/delete/replace.
package struct Diff: ~Copyable, @unchecked Sendable {
    let tree: DataTree
    init(_ tree: consuming DataTree) { self.tree = tree }

    package var isEmpty: Bool { tree.root == nil }

    package struct Change: Sendable, CustomStringConvertible {
        package enum Kind: String, Sendable { case create, delete, replace, move }
        package var kind: Kind
        package var path: String
        package var old: String?
        package var new: String?
        package var description: String {
            switch kind {
            case .create: "+ \(path)" + (new.map { " = \($0)" } ?? "")
            case .delete: "- \(path)" + (old.map { " = \($0)" } ?? "")
            case .replace: "~ \(path): \(old ?? "") -> \(new ?? "")"
            case .move: "> \(path) after \(new.map { $0.isEmpty ? "(first)" : $0 } ?? "")"
            }
        }
    }

    package var changes: [Change] {
        var list: [Change] = []
        func walk(_ first: Node?, _ inherited: String) {
            var cursor = first
            while let node = cursor {
                defer { cursor = node.pointee.next }
                let operation = meta(node, "yang", "operation") ?? inherited
                // A created or deleted subtree carries its default leaves along.
                if operation != "none", node.pointee.flags & UInt32(LYD_DEFAULT) != 0, nx_child(node) == nil {
                    continue
                }
                let value = nx_value(node).map { String(cString: $0) }
                let isLeaf = nx_child(node) == nil && value != nil
                switch operation {
                case "create" where operation != inherited || isLeaf:
                    if !isKey(node) {
                        list.append(Change(kind: .create, path: path(of: node), new: isLeaf ? value : nil))
                    }
                case "delete" where operation != inherited || isLeaf:
                    if !isKey(node) {
                        list.append(Change(kind: .delete, path: path(of: node), old: isLeaf ? value : nil))
                    }
                case "replace":
                    if nx_is_userordered(node) != 0 {
                        list.append(
                            Change(
                                kind: .move, path: path(of: node),
                                new: meta(node, "yang", "key") ?? meta(node, "yang", "value")))
                    } else {
                        list.append(
                            Change(
                                kind: .replace, path: path(of: node), old: meta(node, "yang", "orig-value"), new: value)
                        )
                    }
                default: break
                }
                walk(nx_child(node), operation == "replace" ? "none" : operation)
            }
        }
        walk(tree.root, "none")
        return list
    }

    package func print() throws -> String { try tree.print(.xml) }

    /// The smallest edit-config payload that has this effect (to be sent with default-operation none or merge).
    package func netconfEdit() throws -> String {
        let edit = try tree.copy()
        func walk(_ first: Node?) throws {
            var cursor = first
            while let node = cursor {
                defer { cursor = node.pointee.next }
                let operation = meta(node, "yang", "operation")
                let anchor = meta(node, "yang", "key") ?? meta(node, "yang", "value")
                removeMeta(node, "yang")
                switch operation {
                case "create": try set(node, "ietf-netconf:operation", "create")
                case "delete": try set(node, "ietf-netconf:operation", "delete")
                case "replace": try set(node, "ietf-netconf:operation", "merge")
                default: break
                }
                if nx_is_userordered(node) != 0, let anchor, operation == "create" || operation == "replace" {
                    try set(node, "yang:insert", anchor.isEmpty ? "first" : "after")
                    if !anchor.isEmpty {
                        try set(
                            node, Int32(node.pointee.schema.pointee.nodetype) == LYS_LIST ? "yang:key" : "yang:value",
                            anchor)
                    }
                }
                try walk(nx_child(node))
            }
        }
        func set(_ node: Node, _ name: String, _ value: String) throws {
            try edit.context.check("meta \(name)") { nx_new_meta(node, name, value) }
        }
        try walk(edit.root)
        return try edit.print(.xml)
    }
}

extension Diff {
    /// The smallest content of `<config>` that has this effect under default-operation merge: what is added or changed
    /// stands there without an operation, what goes has `delete` and only what identifies it.
    package func mergeEdit() throws -> String {
        let edit = try tree.copy()
        func set(_ node: Node, _ name: String, _ value: String) throws {
            try edit.context.check("meta \(name)") { nx_new_meta(node, name, value) }
        }
        func walk(_ first: Node?, _ inherited: String) throws {
            var cursor = first
            while let node = cursor {
                cursor = node.pointee.next
                let operation = meta(node, "yang", "operation") ?? inherited
                let anchor = meta(node, "yang", "key") ?? meta(node, "yang", "value")
                removeMeta(node, "yang")
                // A container that means nothing by itself comes and goes with what is in it (RFC 7950, section 7.5.8).
                if operation == "delete", nx_is_np_container(node) == 0 {
                    var inside = nx_child(node)
                    while let child = inside {
                        inside = child.pointee.next
                        if !isKey(child) { lyd_free_tree(child) }
                    }
                    try set(node, "ietf-netconf:operation", "delete")
                    continue
                }
                if nx_is_userordered(node) != 0, let anchor, operation == "create" || operation == "replace" {
                    try set(node, "yang:insert", anchor.isEmpty ? "first" : "after")
                    let isList = Int32(node.pointee.schema.pointee.nodetype) == LYS_LIST
                    if !anchor.isEmpty { try set(node, isList ? "yang:key" : "yang:value", anchor) }
                }
                try walk(nx_child(node), operation == "replace" ? "none" : operation)
            }
        }
        try walk(edit.root, "none")
        return try edit.print(.xml, pretty: true)
    }
}

func isKey(_ node: Node) -> Bool { nx_is_key(node) != 0 }

func meta(_ node: Node, _ module: String, _ name: String) -> String? {
    var cursor = node.pointee.meta
    while let entry = cursor {
        if strcmp(entry.pointee.name, name) == 0,
            strcmp(entry.pointee.annotation.pointee.module.pointee.name, module) == 0
        {
            return String(cString: nx_meta_value(entry))
        }
        cursor = entry.pointee.next
    }
    return nil
}

func removeMeta(_ node: Node, _ module: String) {
    var cursor = node.pointee.meta
    while let entry = cursor {
        cursor = entry.pointee.next
        if strcmp(entry.pointee.annotation.pointee.module.pointee.name, module) == 0 { lyd_free_meta_single(entry) }
    }
}
