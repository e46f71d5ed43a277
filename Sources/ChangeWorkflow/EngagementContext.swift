internal import ConfigRendering
internal import DesignContracts
internal import DeviceInventory
internal import Diagnostics
internal import Foundation
internal import SSHTransport
internal import SignedManifests
internal import SourceDocuments

/// One engagement with the site it belongs to, read anew for one command.
struct EngagementContext: Sendable {
    var workspace: Workspace
    var folder: EngagementFolder
    /// Without the engagement's variables: selectors and gates do not depend on them.
    var inventory: Inventory
    var site: SiteTrust
    let keygen = SSHKeygen()

    /// The devices that the engagement may touch: those of the contract, or before there is one those of the scope.
    func devices(_ loaded: LoadedEngagement) throws(Findings) -> GateDevices {
        let selector = loaded.contract?.devices ?? loaded.specification.scope
        let node = loaded.contract?.devicesNode ?? loaded.specification.scopeNode
        do {
            let devices = try inventory.devices(matching: selector)
            return GateDevices(devices, withLabHostKey: try labMade(devices))
        } catch {
            throw Findings([
                Finding(
                    code: "selector.pattern", what: "\(error)", at: node.position, remedy: "simplify the expression after ~")
            ])
        }
    }

    /// Names of the devices all of whose endpoints have pinned keys, every one of them made by a lab on this machine.
    private func labMade(_ devices: [Device]) throws(Findings) -> Set<String> {
        let pins = try DeviceAccess.pins(workspace)
        return Set(
            devices.filter { device in
                // What the inventory itself accepts or renames was not written by a lab.
                device.hostKeys.isEmpty && device.hostKeyNames.isEmpty && device.endpoints.allSatisfy { endpoint in
                    let found = pins.pins(host: endpoint.host, port: Int(endpoint.port))
                    return endpoint.isLoopback && !found.isEmpty && found.allSatisfy { LabHostKey.isMade($0) }
                }
            }.map(\.name))
    }

    /// Inventory values with the engagement's `vars/` laid over them.
    func inventoryWithVariables() throws(Findings) -> Inventory {
        try inventory.addingVariables(
            from: folder.path(EngagementFolder.variablesFolder), shownAs: EngagementFolder.variablesFolder)
    }

    func load() throws(Findings) -> LoadedEngagement { try Engagement.load(folder, fields: inventory.site.fields) }

    /// Everything rendered as it is in the folder now.
    func render(_ loaded: LoadedEngagement, only device: String? = nil, tracingOrigins: Bool = true) async throws(Findings)
        -> (devices: [DeviceRendering], warnings: Findings)
    {
        try await ConfigRenderer(
            loaded, inventory: try inventoryWithVariables(), sources: try TemplateSources(folder: folder)
        ).render(only: device, tracingOrigins: tracingOrigins)
    }
}

extension Workflow {
    /// The engagement at a path, or the one the user is in.
    func engagement(_ path: String?) async throws(Findings) -> EngagementContext {
        let folder = try engagementFolder(path)
        let workspace = try Workspace.find(from: folder.root)
        let inventory = try Inventory.load(
            workspace, platforms: DeviceAccess.platforms, environment: environment)
        let site = try await TrustRoot.load(
            workspace, site: inventory.site, pins: TrustPin.locations(environment: environment), now: Date())
        return EngagementContext(workspace: workspace, folder: folder, inventory: inventory, site: site)
    }

    func engagementFolder(_ path: String?) throws(Findings) -> EngagementFolder {
        var url = path.map(self.url) ?? startFolder.standardizedFileURL
        if let path {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: url.path(percentEncoded: false), isDirectory: &isFolder),
                isFolder.boolValue
            else {
                throw Findings([
                    Finding(
                        code: "engagement.not-found", what: "\(path) is no folder",
                        remedy: "name a folder that holds engagement.yaml")
                ])
            }
        }
        let first = url
        for _ in 0..<64 {
            let folder = EngagementFolder(root: Self.plainPath(url))
            if folder.exists(EngagementFolder.engagementFile) { return folder }
            // Only where the user stands is searched upwards; a path that was given is meant as it is.
            let parent = url.deletingLastPathComponent().standardizedFileURL
            if path != nil || parent.path == url.path { break }
            url = parent
        }
        throw Findings([
            Finding(
                code: "engagement.not-found",
                what: "\(Self.plainPath(first)) holds no \(EngagementFolder.engagementFile)",
                remedy: "go to an engagement's folder, or name it: `asbuilt check engagements/NAME`")
        ])
    }

    private static func plainPath(_ url: URL) -> String {
        let path = url.path(percentEncoded: false)
        return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }
}
