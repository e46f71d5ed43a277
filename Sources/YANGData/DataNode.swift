import CLibYANG
import Glibc

/// One node of a data tree as a value, for code that compares, prints and explains without touching libyang.
package struct DataNode: Equatable, Sendable {
    package enum Kind: Sendable {
        case container, presenceContainer, listEntry, leaf, leafListEntry, anydata
    }
    package var kind: Kind
    /// As in a data path: `module:name` where the module changes, list keys and leaf-list values as predicates.
    package var segment: String
    /// Canonical value of a leaf, a leaf-list entry or anydata.
    package var value: String?
    package var isKey: Bool
    /// Holds what its schema says anyway (RFC 6243, section 2.2).
    package var equalsDefault: Bool
    /// `ordered-by user` (RFC 7950, section 7.7.7).
    package var isUserOrdered: Bool
    package var children: [DataNode]

    package init(
        kind: Kind, segment: String, value: String? = nil, isKey: Bool = false, equalsDefault: Bool = false,
        isUserOrdered: Bool = false, children: [DataNode] = []
    ) {
        self.kind = kind
        self.segment = segment
        self.value = value
        self.isKey = isKey
        self.equalsDefault = equalsDefault
        self.isUserOrdered = isUserOrdered
        self.children = children
    }

    /// The segment without predicates.
    package var name: String { String(segment.prefix { $0 != "[" }) }

    /// Splits a data path into its segments: `/m:a/b[k='x/y']/c` into `m:a`, `b[k='x/y']`, `c`.
    package static func segments(of path: String) -> [String] {
        var (segments, current, quote) = ([String](), "", nil as Character?)
        for character in path {
            switch character {
            case "/" where quote == nil:
                if !current.isEmpty { segments.append(current) }
                current = ""
                continue
            case "'", "\"":
                if quote == nil { quote = character } else if quote == character { quote = nil }
            default: break
            }
            current.append(character)
        }
        return current.isEmpty ? segments : segments + [current]
    }
}

extension DataTree {
    /// Every node, in the order of the tree; nodes that exist only as a default are left out.
    package func nodes() -> [DataNode] { Self.nodes(from: root) }

    private static func nodes(from first: Node?) -> [DataNode] {
        var result: [DataNode] = []
        var cursor = first
        while let node = cursor {
            cursor = node.pointee.next
            guard let schema = node.pointee.schema else { continue }
            let inner = nx_child(node) != nil
            if node.pointee.flags & UInt32(LYD_DEFAULT) != 0, !inner { continue }
            let kind: DataNode.Kind
            switch Int32(schema.pointee.nodetype) {
            case LYS_LIST: kind = .listEntry
            case LYS_LEAF: kind = .leaf
            case LYS_LEAFLIST: kind = .leafListEntry
            case LYS_CONTAINER: kind = nx_is_np_container(node) != 0 ? .container : .presenceContainer
            default: kind = .anydata
            }
            let isTerm = kind == .leaf || kind == .leafListEntry
            result.append(
                DataNode(
                    kind: kind, segment: DataNode.segments(of: path(of: node)).last ?? "?",
                    value: isTerm ? nx_value(node).map { String(cString: $0) } : anyValue(node, kind),
                    isKey: nx_is_key(node) != 0, equalsDefault: isTerm && lyd_is_default(node) != 0,
                    isUserOrdered: nx_is_userordered(node) != 0, children: nodes(from: nx_child(node))))
        }
        return result
    }

    private static func anyValue(_ node: Node, _ kind: DataNode.Kind) -> String? {
        guard kind == .anydata else { return nil }
        var text: UnsafeMutablePointer<CChar>?
        guard lyd_any_value_str(node, &text) == LY_SUCCESS, let text else { return "" }
        defer { free(text) }
        return String(cString: text)
    }
}
