internal import ByteTransport
internal import CLIDialogue
internal import ConfigRendering
internal import DesignContracts
internal import DeviceConfiguration
internal import DeviceDrivers
internal import DeviceInventory
internal import Diagnostics
internal import Foundation
internal import SSHTransport

/// How the devices of a site are reached, driven and understood. The only place where parts that know devices meet
/// the transport.
struct DeviceAccess: Sendable {
    let workspace: Workspace
    let resolver: CredentialResolver
    let pins: HostKeyIndex

    /// Where devices call; nil dials them.
    let calls: SSHCallHome?

    init(_ workspace: Workspace, environment: [String: String], calls: SSHCallHome? = nil) throws(Findings) {
        self.workspace = workspace
        self.calls = calls
        resolver = CredentialResolver(workspace: workspace, environment: environment)
        pins = try Self.pins(workspace)
    }

    /// The host keys that the workspace pins.
    static func pins(_ workspace: Workspace) throws(Findings) -> HostKeyIndex {
        let path = workspace.knownHostsFile
        guard FileManager.default.fileExists(atPath: path) else { return HostKeyIndex() }
        let pins: HostKeyIndex
        do {
            pins = HostKeyIndex(
                text: String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self),
                file: workspace.shown(path))
        } catch {
            throw Findings([
                Finding(
                    code: "hostkey.unreadable", what: "known_hosts cannot be read: \(error)",
                    at: SourcePosition(file: workspace.shown(path)), remedy: "check its permissions")
            ])
        }
        try pins.findings.throwIfErrors()
        return pins
    }

    func connector(_ devices: [Device]) throws(Findings) -> any DeviceConnector {
        do throws(TransportError) {
            return SiteConnector(
                routes: DeviceRoutes(pins: pins, resolver: resolver), ssh: try SSHConnector(), calls: calls,
                devices: Dictionary(devices.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first }))
        } catch {
            throw Findings([Finding(code: "transport.\(error.code.rawValue)", what: error.what, remedy: error.remedy)])
        }
    }

    /// Fingerprints of the keys that are accepted for each endpoint of a device.
    func fingerprints(_ device: Device) -> [String: [String]] {
        Dictionary(
            device.endpoints.compactMap { device.route(to: $0.kind) }.map { route in
                let target = DeviceRoutes.target(device, route)
                return (
                    route.endpoint.kind.rawValue,
                    Set(pins.pins(of: target).filter { !$0.isRevoked }.map(\.key.fingerprint)).union(
                        target.fingerprints
                    ).sorted()
                )
            }, uniquingKeysWith: { first, _ in first })
    }

    /// What of the inventory these renderings rest on: `plan/inventory.lock.json`.
    func lock(_ rendered: [DeviceRendering]) throws(Findings) -> InventoryLock {
        var devices: [InventoryLock.LockedDevice] = []
        for rendering in rendered {
            devices.append(
                try InventoryLock.LockedDevice(
                    rendering.device, hostKeys: fingerprints(rendering.device), read: rendering.readVariables))
        }
        return InventoryLock(devices: devices)
    }

    /// The key under which plans name secrets by digest; fetched only for a change that sends secrets.
    func planSecretsKey(_ site: SiteSettings) async throws(Findings) -> [UInt8] {
        guard let reference = site.planSecretsKey else {
            throw Findings([
                Finding(
                    code: "plan.no-secrets-key",
                    what: "the change sends secrets, and the site names no key for their digests",
                    at: SourcePosition(file: "inventory/site.yaml"),
                    remedy: "add `plan-secrets-key: \"file:…\"` to inventory/site.yaml")
            ])
        }
        do throws(CredentialError) {
            return try await resolver.resolve(reference).withRevealed { Array($0.utf8) }
        } catch { throw Findings([Self.finding(error)]) }
    }

    private static func finding(_ error: CredentialError, device: String? = nil) -> Finding {
        Finding(
            code: error.code.rawValue, what: "\(error.reference): \(error.what)", device: device, remedy: error.remedy)
    }

    /// The driver for a platform over one kind of endpoint.
    static func driver(_ platform: String, _ kind: Endpoint.Kind, dialogs: [Contract.Dialog]) throws(Findings)
        -> any DeviceDriver
    {
        let questions = dialogs.map { (command: $0.command, expect: $0.expect, answer: $0.answer) }
        switch (platform, kind) {
        case ("frr", .cli): return CLIDriver(style: .frr, verifiedBy: "vendor software", dialogs: questions)
        case ("cisco_ios", .cli): return CLIDriver(style: .ciscoIOS, verifiedBy: "transcript", dialogs: questions)
        default:
            if kind == .netconf, let quirks = NETCONFQuirks.named(platform) { return NETCONFDriver(quirks) }
            throw Findings([
                Finding(
                    code: "driver.not-supported", what: "changes on platform \(platform) over \(kind.rawValue) are not supported yet",
                    remedy: "supported: frr and cisco_ios over cli; over netconf: "
                        + NETCONFQuirks.knownPlatforms.joined(separator: ", "))
            ])
        }
    }

    /// Platforms that anything here understands, sorted.
    static let platforms = Set(CLIConfigurationModel.knownPlatforms + NETCONFQuirks.knownPlatforms).sorted()

    /// The endpoint over which a device is read when no contract says which: CLI where there is one.
    static func readingEndpoint(_ device: Device) throws(Findings) -> Endpoint.Kind {
        guard let endpoint = device.endpoint(.cli) ?? device.endpoints.first else {
            throw Findings([
                Finding(
                    code: "inventory.no-endpoint", what: "the device has no endpoint", device: device.name,
                    remedy: "add one under `endpoints` in inventory/devices.yaml")
            ])
        }
        return endpoint.kind
    }

    /// How a platform's configuration is understood. Over NETCONF with the modules that the workspace has for the
    /// platform, or that are known for it; without any as XML, which every plan then says.
    static func model(_ platform: String, _ kind: Endpoint.Kind, in workspace: Workspace) throws(Findings)
        -> any ConfigurationModel
    {
        switch kind {
        case .cli: if let model = CLIConfigurationModel(platform: platform) { return model }
        case .netconf:
            let folder = workspace.yangFolder(platform)
            if let schema = try YANGSchema.named(platform, folder: folder) { return YANGConfigurationModel(schema: schema) }
            if NETCONFQuirks.named(platform) != nil {
                return XMLConfigurationModel(platform: platform, modulesFolder: workspace.shown(folder))
            }
        }
        throw Findings([
            Finding(
                code: "driver.no-model", what: "configurations of platform \(platform) over \(kind.rawValue) are not understood yet",
                remedy: "understood over cli: \(CLIConfigurationModel.knownPlatforms.joined(separator: ", ")); over netconf: "
                    + NETCONFQuirks.knownPlatforms.joined(separator: ", "))
        ])
    }

    /// The values behind references, fetched now.
    func secrets(_ references: [CredentialReference], device: String) async throws(Findings) -> [String: Secret] {
        var (values, findings) = ([String: Secret](), Findings())
        for reference in references {
            do throws(CredentialError) {
                let secret = try await resolver.resolve(reference)
                if let problem = secret.withRevealed({ text -> SecretValueProblem? in
                    do throws(SecretValueProblem) {
                        try SecretValueProblem.check(text)
                        return nil
                    } catch { return error }
                }) {
                    findings.add(
                        Finding(
                            code: "secret.unusable", what: "the value of \(reference.text) cannot be used: \(problem)",
                            device: device, remedy: "a secret in a configuration is one word: store another value"))
                }
                values[reference.text] = secret
            } catch {
                findings.add(Self.finding(error, device: device))
            }
        }
        try findings.throwIfErrors()
        return values
    }
}
