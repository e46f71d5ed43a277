internal import ByteTransport
internal import DesignContracts
internal import DeviceInventory
package import Diagnostics
internal import Foundation
internal import SSHTransport
internal import SignedManifests

/// Host keys: what devices offer, and which of them the site trusts.
extension Workflow {
    /// The keys that devices offer, without logging in. Read-only; the policy's `standing-read` says who may.
    package func hostKeysScan(devices selector: String, as principal: String) async throws(Findings) -> WorkflowAnswer {
        let inventory = try inventory()
        try await requireStandingRead(principal, inventory)
        let access = try DeviceAccess(try Workspace.find(from: startFolder.path(percentEncoded: false)), environment: environment)
        var (report, findings) = (HostKeyReport(keys: []), Findings())
        for device in try devices(selector, in: inventory) {
            for endpoint in device.endpoints {
                do throws(TransportError) {
                    for key in try await Self.offered(endpoint, device) {
                        let verdict = access.pins.verdict(host: endpoint.host, port: Int(endpoint.port), key: key)
                        report.keys.append(
                            .init(
                                device: device.name, endpoint: endpoint.kind.rawValue, type: key.type,
                                fingerprint: key.fingerprint, state: Self.word(verdict)))
                    }
                } catch {
                    findings.add(
                        Finding(
                            code: "transport.\(error.code.rawValue)", what: error.what, device: device.name,
                            remedy: error.remedy))
                }
            }
        }
        let text = report.keys.map { "\($0.device) \($0.endpoint)  \($0.type)  \($0.fingerprint)  \($0.state)" }
        let unpinned = report.keys.first { $0.state == "not pinned" }
        return WorkflowAnswer(
            text: safeForDisplay(text.joined(separator: "\n")), json: CanonicalText.of(report),
            status: CommandStatus(findings: findings), findings: findings,
            next: unpinned.map {
                "compare the fingerprint with the device's own, then: asbuilt hostkeys pin \($0.device) --fingerprint \($0.fingerprint)"
            })
    }

    /// Pins the key with this fingerprint, which somebody compared with the device's own, for all endpoints that offer it.
    package func hostKeysPin(device name: String, fingerprint: String) async throws(Findings) -> WorkflowAnswer {
        let inventory = try inventory()
        let device = try device(name, in: inventory)
        let workspace = try Workspace.find(from: startFolder.path(percentEncoded: false))
        let access = try DeviceAccess(workspace, environment: environment)
        var (lines, offered, report) = ([String](), [String](), HostKeyReport(keys: []))
        for endpoint in device.endpoints {
            let keys: [SSHPublicKey]
            do throws(TransportError) {
                keys = try await Self.offered(endpoint, device)
            } catch {
                throw Findings([
                    Finding(
                        code: "transport.\(error.code.rawValue)", what: error.what, device: name, remedy: error.remedy)
                ])
            }
            offered += keys.map { "\($0.type) \($0.fingerprint)" }
            guard let key = keys.first(where: { $0.fingerprint == fingerprint }) else { continue }
            let (host, port) = (endpoint.host, Int(endpoint.port))
            let pinned = access.pins.pins(host: host, port: port).map(\.key)
            if pinned.contains(key) {
                report.keys.append(.init(device: name, endpoint: endpoint.kind.rawValue, type: key.type, fingerprint: fingerprint, state: "pinned"))
                continue
            }
            if let other = pinned.first(where: { $0.type == key.type }) {
                throw Findings([
                    Finding(
                        code: "hostkey.changed",
                        what: "another \(key.type) key is pinned for \(HostKeyIndex.name(host: host, port: port)): \(other.fingerprint)",
                        device: name,
                        remedy: "find out why the device has a new key; then remove the old line from inventory/known_hosts and pin again")
                ])
            }
            lines.append(HostKeyIndex.line(host: host, port: port, key: key))
            report.keys.append(.init(device: name, endpoint: endpoint.kind.rawValue, type: key.type, fingerprint: fingerprint, state: "pinned now"))
        }
        guard !report.keys.isEmpty else {
            throw Findings([
                Finding(
                    code: "hostkey.not-offered",
                    what: "the device offers no key with the fingerprint \(safeForDisplay(fingerprint, keepingLines: false)); nothing was pinned",
                    device: name, remedy: "it offers: \(offered.joined(separator: ", ")). Compare on the device's console")
            ])
        }
        try Self.append(lines, to: workspace.knownHostsFile)
        return WorkflowAnswer(
            text: report.keys.map { "\($0.device) \($0.endpoint)  \($0.type)  \($0.fingerprint)  \($0.state)" }.joined(separator: "\n"),
            json: CanonicalText.of(report))
    }

    private static func offered(_ endpoint: Endpoint, _ device: Device) async throws(TransportError) -> [SSHPublicKey] {
        try await SSHConnector().scanHostKeys(
            of: SSHTarget(
                host: endpoint.host, port: Int(endpoint.port), user: device.credentials.user ?? "", device: device.name),
            deadline: .now + .seconds(60))
    }

    private static func word(_ verdict: HostKeyIndex.Verdict) -> String {
        switch verdict {
        case .trusted: "pinned"
        case .unknown: "not pinned"
        case .changed: "CHANGED: another key is pinned"
        case .revoked: "REVOKED"
        }
    }

    /// The whole file is written anew beside the old one and takes its place.
    private static func append(_ lines: [String], to path: String) throws(Findings) {
        guard !lines.isEmpty else { return }
        do {
            var text = FileManager.default.fileExists(atPath: path) ? try String(contentsOfFile: path, encoding: .utf8) : ""
            if !text.isEmpty, !text.hasSuffix("\n") { text += "\n" }
            text += lines.map { $0 + "\n" }.joined()
            try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw Findings([
                Finding(
                    code: "hostkey.not-written", what: "known_hosts cannot be written: \((error as NSError).localizedDescription)",
                    at: SourcePosition(file: "inventory/known_hosts"), remedy: "check its permissions")
            ])
        }
    }

    /// Who may read devices outside engagements (DESIGN §5, `standing-read`).
    func requireStandingRead(_ text: String, _ inventory: Inventory) async throws(Findings) {
        let trust = try await TrustRoot.load(
            try Workspace.find(from: startFolder.path(percentEncoded: false)), site: inventory.site,
            pins: TrustPin.locations(environment: environment), now: Date())
        let role = trust.policy.standingReadRole
        if let role, let principal = PrincipalName(text), trust.policy.roles(of: principal).contains(role) { return }
        let who = role.flatMap { trust.policy.roles[$0] }.map { $0.map(\.description).joined(separator: ", ") }
        throw Findings([
            Finding(
                code: "policy.standing-read",
                what: "\(safeForDisplay(text, keepingLines: false)) may not read devices outside engagements",
                at: SourcePosition(file: "inventory/policy.yaml"),
                remedy: who.map { "the policy's standing-read names: \($0)" } ?? "the policy has no `standing-read`: add it, and sign the policy")
        ])
    }
}

private struct HostKeyReport: Encodable {
    struct Key: Encodable {
        var device: String
        var endpoint: String
        var type: String
        var fingerprint: String
        var state: String
    }
    var asbuilt = "host-keys/v1"
    var keys: [Key]
}
