package import Diagnostics
internal import FoundationEssentials
package import SourceDocuments
package import TextPatterns

/// All devices of a site, groups and defaults merged in.
package struct Inventory: Sendable, Equatable {
    package var site: SiteSettings
    /// Sorted by name.
    package var devices: [Device]
    /// Names of all groups, in the order of `groups.yaml`.
    package var groups: [String]

    package init(site: SiteSettings, devices: [Device], groups: [String]) {
        (self.site, self.devices, self.groups) = (site, devices, groups)
    }

    package func device(_ name: String) -> Device? { devices.first { $0.name == name } }

    /// Reads `site.yaml`, `devices.yaml` and, when it is there, `groups.yaml`.
    /// - Parameters:
    ///   - platforms: The platforms there are drivers for; nil accepts any.
    ///   - environment: Says where the home folder is, for an SSH configuration; that of this process unless given.
    package static func load(
        _ workspace: Workspace, platforms: [String]? = nil, environment: [String: String]? = nil
    ) throws(Findings) -> Inventory {
        let folder = workspace.inventoryFolder
        func document(_ name: String) throws(Findings) -> SourceDocument {
            try SourceDocument.load(path: "\(folder)/\(name)", shownAs: "inventory/\(name)")
        }
        let site = try SiteSettings.read(try document("site.yaml"))
        var groups: SourceDocument?
        do { groups = try document("groups.yaml") } catch {
            guard error.all.first?.code == "file.missing" else { throw error }
        }
        let inventory = try read(
            site: site, devices: try document("devices.yaml"), groups: groups, platforms: platforms)
        guard let file = site.sshConfiguration else { return inventory }
        let environment = environment ?? ProcessInfo.processInfo.environment
        let home = environment["HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "/"
        let configuration = try SSHConfiguration.load(file, workspace: workspace, home: home)
        return try inventory.routed(by: configuration, home: home, environment: environment)
    }

    /// Reads the documents and merges them; throws everything that is wrong with them at once.
    package static func read(
        site: SiteSettings, devices: SourceDocument, groups: SourceDocument?, platforms: [String]? = nil
    ) throws(Findings) -> Inventory {
        var reading = InventoryReading(site: site, platforms: platforms)
        return try reading.read(devices: devices, groups: groups)
    }

    /// The devices a selector means, sorted by name.
    package func devices(matching selector: DeviceSelector) throws(TextPatternError) -> [Device] {
        var found: [Device] = []
        for device in devices where try selector.selects(device) { found.append(device) }
        return found
    }

    /// The devices a selector in a document means; meaning none is a finding, at the value that no device has.
    package func devices(matching selector: DeviceSelector, at reader: NodeReader) -> [Device] {
        let found: [Device]
        do { found = try devices(matching: selector) } catch {
            reader.report("selector-pattern", "\(error.what), in the pattern \(error.pattern)", remedy: error.remedy)
            return []
        }
        if found.isEmpty { reportNothing(selector, reader) }
        return found
    }

    private func reportNothing(_ selector: DeviceSelector, _ reader: NodeReader) {
        for term in selector.terms {
            guard case .equals(let value) = term.test else { continue }
            let known = Set(devices.flatMap { $0.selectorValues(term.key) }).sorted()
            guard !known.contains(value) else { continue }
            let meant = ClosestWord.find(value, among: known).map { "did you mean \(term.key):\($0)? " } ?? ""
            let list =
                known.isEmpty ? "no device has a \(term.key)" : "there are: \(known.prefix(12).joined(separator: ", "))"
            reader.report(
                "selector-matches-nothing", "“\(selector.text)” selects no device; none has the \(term.key) “\(value)”",
                remedy: meant + list, atScalar: term.valueOffset)
            return
        }
        reader.report(
            "selector-matches-nothing", "“\(selector.text)” selects no device",
            remedy: devices.isEmpty
                ? "devices.yaml has no devices" : "each part selects some device, but none all of them: loosen it")
    }
}
