internal import Diagnostics
internal import SourceDocuments

/// The groups of `groups.yaml` and which contains which.
struct GroupTree {
    struct Group {
        var name: String
        var node: DocumentNode
        var children: [NodeReader]
    }
    private(set) var groups: [String: Group] = [:]
    private var order: [String] = []
    private var parents: [String: [String]] = [:]

    var names: [String] { order }

    /// Adds a group as it is read. Names are unique, the document sees to that.
    mutating func add(_ group: Group) {
        groups[group.name] = group
        order.append(group.name)
    }

    /// Resolves children; reports unknown ones and circles.
    mutating func connect(_ collector: FindingCollector) {
        for name in order {
            for reader in groups[name]?.children ?? [] {
                guard let child = reader.string() else { continue }
                guard groups[child] != nil else {
                    Self.reportUnknown(reader, child, order)
                    continue
                }
                guard child != name, !ancestors(of: name).contains(child) else {
                    reader.report(
                        "group-circle", "the group `\(child)` contains `\(name)` and cannot be inside it",
                        remedy: "remove one of the two from `children`")
                    continue
                }
                parents[child, default: []].append(name)
            }
        }
    }

    static func reportUnknown(_ reader: NodeReader, _ name: String, _ known: [String]) {
        let meant = ClosestWord.find(name, among: known).map { "did you mean `\($0)`? " } ?? ""
        let list = known.isEmpty ? "groups.yaml has none" : "Known groups: \(known.sorted().joined(separator: ", "))"
        reader.report(
            "unknown-group", "there is no group `\(name)`", remedy: meant + list + "; or add it to groups.yaml")
    }

    /// Groups that contain this one, outer before inner.
    func ancestors(of name: String) -> [String] {
        var found: [String] = []
        for parent in parents[name] ?? [] {
            for group in ancestors(of: parent) + [parent] where !found.contains(group) { found.append(group) }
        }
        return found
    }

    /// The groups of a device: each after those that contain it, otherwise in the order in which the device names them.
    func effective(_ named: [String]) -> [String] {
        var found: [String] = []
        for name in named {
            for group in ancestors(of: name) + [name] where !found.contains(group) { found.append(group) }
        }
        return found
    }
}
