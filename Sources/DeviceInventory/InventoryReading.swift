internal import Diagnostics
internal import SourceDocuments

/// Reads and merges the documents of an inventory.
struct InventoryReading {
    let site: SiteSettings
    let platforms: [String]?
    private var tree = GroupTree()
    private var defaults: DocumentNode?

    init(site: SiteSettings, platforms: [String]?) { (self.site, self.platforms) = (site, platforms) }

    mutating func read(devices: SourceDocument, groups: SourceDocument?) throws(Findings) -> Inventory {
        let collector = FindingCollector(area: "inventory")
        if let groups { readGroups(NodeReader(groups.root, name: nil, collector)) }
        tree.connect(collector)
        let read = readDevices(NodeReader(devices.root, name: nil, collector))
        try collector.findings.throwIfErrors()
        return Inventory(site: site, devices: read.sorted { $0.name < $1.name }, groups: tree.names)
    }

    private mutating func readGroups(_ root: NodeReader) {
        _ = root.mapping("a list of groups") { keys -> Bool? in
            keys.format("groups/v1")
            readDefaults(keys)
            for (key, reader) in keys.required("groups")?.map({ key, value in (key, value) })?.map(\.value) ?? [] {
                guard let name = Self.name(key, "group") else { continue }
                let level = DeviceReading.level(
                    reader, .group, thing: "the group `\(name)`", site: site, platforms: platforms)
                tree.add(.init(name: name, node: reader.node, children: level?.children ?? []))
            }
            return true
        }
    }

    private mutating func readDefaults(_ keys: MappingReader) {
        guard let reader = keys.optional("defaults"),
            DeviceReading.level(reader, .defaults, thing: "the defaults", site: site, platforms: platforms) != nil
        else { return }
        let node = reader.node.isNull ? nil : reader.node
        if let node { defaults = defaults?.merged(with: node) ?? node }
    }

    private mutating func readDevices(_ root: NodeReader) -> [Device] {
        root.mapping("a list of devices") { keys -> [Device]? in
            keys.format("devices/v1")
            readDefaults(keys)
            let entries = keys.required("devices")?.map { key, value in (key, value) }?.map(\.value) ?? []
            return entries.compactMap { key, reader in
                Self.name(key, "device").flatMap { device($0, key, reader) }
            }
        } ?? []
    }

    /// Names go into file names and selectors: letters, digits, `-`, `_` and `.`, starting with a letter or digit.
    private static func name(_ key: NodeReader, _ thing: String) -> String? {
        guard let name = key.string() else { return nil }
        let isRight =
            name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
            && (name.first?.isLetter == true || name.first?.isNumber == true) && name.utf8.count <= 128
        guard isRight, name != "all" else {
            key.report(
                "name", "“\(name)” cannot be the name of a \(thing)",
                remedy: name == "all"
                    ? "`all` means every device; choose another name"
                    : "use letters, digits, `-`, `_` and `.`, starting with a letter or digit, at most 128")
            return nil
        }
        return name
    }

    private func device(_ name: String, _ key: NodeReader, _ reader: NodeReader) -> Device? {
        let before = reader.collector.findings.all.count
        let own = DeviceReading.level(
            reader, .device, thing: "the device `\(name)`", site: site, platforms: platforms)
        guard let own else { return nil }
        if tree.groups[name] != nil {
            key.report(
                "name", "`\(name)` is the name of a group too",
                remedy: "rename one of them: vars/\(name).yaml would be both's")
        }
        let named = own.groups.compactMap { reader -> String? in
            guard let group = reader.string() else { return nil }
            guard tree.groups[group] == nil else { return group }
            GroupTree.reportUnknown(reader, group, tree.names)
            return nil
        }
        guard reader.collector.findings.all.count == before else { return nil }
        let groups = tree.effective(named)
        var layers: [InventoryLayer] = []
        if let defaults { layers.append(.init(name: "defaults", node: defaults)) }
        for group in groups {
            guard let node = tree.groups[group]?.node, !node.isNull else { continue }
            layers.append(.init(name: "group \(group)", node: node.without(["children"])))
        }
        if !reader.node.isNull { layers.append(.init(name: "device \(name)", node: reader.node.without(["groups"]))) }
        return merge(name, key, groups, layers)
    }

    private func merge(_ name: String, _ key: NodeReader, _ groups: [String], _ layers: [InventoryLayer]) -> Device? {
        let nothing = DocumentNode(.mapping([]), source: key.node.source, line: key.node.line, column: key.node.column)
        let merged = layers.dropFirst().reduce(layers.first?.node ?? nothing) { $0.merged(with: $1.node) }
        // The levels were checked one by one; what is read again here was reported there. Variables need no second look.
        let quiet = FindingCollector(area: "inventory")
        let level = DeviceReading.level(
            NodeReader(merged.without(["vars"]), name: name, quiet), .defaults, thing: "the device `\(name)`", site: site,
            platforms: platforms)
        guard let level else { return nil }
        guard let platform = level.platform else {
            // A platform that is there and wrong was reported where it stands.
            if merged["platform"] == nil {
                key.report(
                    "missing-platform", "the device `\(name)` has no platform",
                    remedy: "add `platform: …` to it, to one of its groups or to `defaults`")
            }
            return nil
        }
        guard let endpoints = level.endpoints, !endpoints.isEmpty else {
            key.report(
                "missing-endpoint", "the device `\(name)` has no endpoint",
                remedy: "add `endpoints: { cli: \"ssh://ADDRESS\" }`")
            return nil
        }
        return Device(
            name: name, platform: platform, groups: groups, tags: level.tags ?? [], endpoints: endpoints,
            fields: level.fields, credentials: level.credentials ?? DeviceCredentials(), hostKeys: level.hostKeys ?? [],
            hostKeyName: level.hostKeyName, legacyAlgorithms: level.legacyAlgorithms ?? [],
            jumpHosts: level.jumpHosts ?? [], variables: merged["vars"].flatMap { $0.isNull ? nil : $0 } ?? nothing,
            position: key.node.position, layers: layers)
    }
}
