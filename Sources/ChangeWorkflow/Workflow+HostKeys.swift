internal import ByteTransport
internal import DesignContracts
internal import DeviceInventory
package import Diagnostics
internal import Foundation
internal import SSHTransport
internal import SignedManifests

/// Host keys: what devices offer, and which of them the site trusts.
extension Workflow {
    /// One place whose host key matters: a device's endpoint or a jump host on the way to one.
    private struct Place: Sendable {
        /// The device's name, or the jump host's address.
        var name: String
        /// `cli`, `netconf` or `jump`.
        var role: String
        var device: Device
        var target: SSHTarget
        /// How the device's endpoint is reached; for a jump host that of a device behind it.
        var route: EndpointRoute
        /// Hosts on the way.
        var hops: [JumpHost]
        /// The jump host itself.
        var jumpHost: JumpHost?

        func options() throws(TransportError) -> SSHClientOptions {
            if let jumpHost { return try DeviceRoutes.options(jumpHost.settings, legacy: jumpHost.legacyAlgorithms) }
            return try DeviceRoutes.options(route.settings, legacy: route.legacyAlgorithms)
        }
    }

    /// The keys that devices and their jump hosts offer, without logging in to them; a host behind a jump host is reached by
    /// a login there. Read-only; the policy's `standing-read` says who may.
    package func hostKeysScan(devices selector: String, as principal: String) async throws(Findings) -> WorkflowAnswer {
        let inventory = try inventory()
        try await requireStandingRead(principal, inventory)
        let access = try hostKeyAccess()
        var (report, findings) = (HostKeyReport(keys: []), Findings())
        for (place, offered) in try await Self.offered(places(try devices(selector, in: inventory)), access) {
            switch offered {
            case .success(let keys):
                for key in keys {
                    report.keys.append(
                        .init(place, key, Self.word(access.pins.verdict(on: key, offeredBy: place.target))))
                }
            case .failure(let error): findings.add(Self.finding(error, place.name))
            }
        }
        let unpinned = report.keys.first { $0.state == Self.word(.unknown) }
        return WorkflowAnswer(
            text: report.text, json: CanonicalText.of(report), status: CommandStatus(findings: findings),
            findings: findings,
            next: unpinned.map {
                "compare the fingerprint with the device's own, then: asbuilt hostkeys pin \($0.device) --fingerprint \($0.fingerprint)"
            })
    }

    /// Pins the key with this fingerprint, which somebody compared with the device's own, for all endpoints that offer it.
    /// `name` is a device, or the address of a jump host as the inventory writes it.
    package func hostKeysPin(device name: String, fingerprint: String) async throws(Findings) -> WorkflowAnswer {
        let access = try hostKeyAccess()
        var (lines, offered, report) = ([String](), [String](), HostKeyReport(keys: []))
        for (place, keys) in try await offeredKeys(name, access) {
            offered += keys.map { "\($0.type) \($0.fingerprint)" }
            guard let key = keys.first(where: { $0.fingerprint == fingerprint }) else { continue }
            let pinned = access.pins.pins(of: place.target).filter { !$0.isRevoked }.map(\.key)
            if pinned.contains(key) {
                report.keys.append(.init(place, key, "pinned"))
                continue
            }
            if case .revoked = access.pins.verdict(on: key, offeredBy: place.target) { throw Self.revoked(key, name) }
            if let other = pinned.first(where: { $0.type == key.type }) {
                throw Findings([
                    Finding(
                        code: "hostkey.changed",
                        what:
                            "another \(key.type) key is pinned for \(HostKeyIndex.name(of: place.target)): \(other.fingerprint)",
                        device: name,
                        remedy: "find out why the device has a new key; if it is right, then: "
                            + "asbuilt hostkeys rotate \(name) --fingerprint \(fingerprint)")
                ])
            }
            lines.append("\(HostKeyIndex.name(of: place.target)) \(key.line)")
            report.keys.append(.init(place, key, "pinned now"))
        }
        guard !report.keys.isEmpty else { throw Self.notOffered(fingerprint, offered, name, "nothing was pinned") }
        try changeKnownHosts(access) { $0.append(lines) }
        return WorkflowAnswer(text: report.text, json: CanonicalText.of(report))
    }

    /// Puts a new key, which somebody compared with the device's own, in the place of pinned ones that it offers no longer.
    /// With `isRevoking` the old ones are marked, so that they are refused for ever.
    package func hostKeysRotate(device name: String, fingerprint: String, isRevoking: Bool) async throws(Findings)
        -> WorkflowAnswer
    {
        let access = try hostKeyAccess()
        var (offered, report) = ([String](), HostKeyReport(keys: []))
        var changes: [(name: String, old: [SSHPublicKey], new: SSHPublicKey)] = []
        for (place, keys) in try await offeredKeys(name, access) {
            offered += keys.map { "\($0.type) \($0.fingerprint)" }
            guard let key = keys.first(where: { $0.fingerprint == fingerprint }) else { continue }
            if case .revoked = access.pins.verdict(on: key, offeredBy: place.target) { throw Self.revoked(key, name) }
            let pinned = access.pins.pins(of: place.target).filter { !$0.isRevoked }.map(\.key)
            let old = pinned.filter { !keys.contains($0) }
            guard !old.isEmpty || !pinned.isEmpty else {
                throw Findings([
                    Finding(
                        code: "hostkey.not-pinned",
                        what: "no key is pinned for \(HostKeyIndex.name(of: place.target)): there is none to replace",
                        device: name, remedy: "asbuilt hostkeys pin \(name) --fingerprint \(fingerprint)")
                ])
            }
            for gone in old { report.keys.append(.init(place, gone, isRevoking ? "revoked now" : "removed")) }
            report.keys.append(.init(place, key, pinned.contains(key) ? "pinned" : "pinned now"))
            changes.append((HostKeyIndex.name(of: place.target), old, key))
        }
        guard !changes.isEmpty else { throw Self.notOffered(fingerprint, offered, name, "nothing was changed") }
        try changeKnownHosts(access) { file throws(Findings) in
            for change in changes {
                try file.remove(change.old + [change.new], under: change.name)
                if isRevoking { file.append(change.old.map { "@revoked \(change.name) \($0.line)" }) }
                file.append(["\(change.name) \(change.new.line)"])
            }
        }
        return WorkflowAnswer(text: report.text, json: CanonicalText.of(report))
    }

    private func hostKeyAccess() throws(Findings) -> DeviceAccess {
        try DeviceAccess(try Workspace.find(from: startFolder.path(percentEncoded: false)), environment: environment)
    }

    // MARK: Places

    private func places(_ devices: [Device]) -> [Place] {
        var found: [Place] = []
        for device in devices {
            let routes = device.endpoints.compactMap { device.route(to: $0.kind) }
            for route in routes {
                for (index, hop) in route.hops.enumerated() where !found.contains(where: { $0.name == hop.endpoint.url }) {
                    found.append(
                        Place(
                            name: hop.endpoint.url, role: "jump", device: device, target: DeviceRoutes.target(hop, of: device),
                            route: route, hops: Array(route.hops.prefix(index)), jumpHost: hop))
                }
            }
            for route in routes {
                found.append(
                    Place(
                        name: device.name, role: route.endpoint.kind.rawValue, device: device,
                        target: DeviceRoutes.target(device, route), route: route, hops: route.hops))
            }
        }
        return found
    }

    /// The places that a name means, with the keys they offer.
    private func offeredKeys(_ name: String, _ access: DeviceAccess) async throws(Findings) -> [(Place, [SSHPublicKey])]
    {
        let inventory = try inventory()
        let places: [Place]
        if let host = Endpoint(name, kind: .cli) {
            places = self.places(inventory.devices).filter { $0.role == "jump" && $0.name == host.url }
            guard !places.isEmpty else {
                throw Findings([
                    Finding(
                        code: "hostkey.no-jump-host", what: "no device of the inventory is reached through \(host.url)",
                        remedy: "write a device's name, or the address of a jump host as the inventory has it")
                ])
            }
        } else {
            places = self.places([try device(name, in: inventory)]).filter { $0.role != "jump" }
        }
        var result: [(Place, [SSHPublicKey])] = []
        for (place, offered) in try await Self.offered(places, access) {
            switch offered {
            case .success(let keys): result.append((place, keys))
            case .failure(let error): throw Findings([Self.finding(error, place.name)])
            }
        }
        return result
    }

    private static let scanTimeLimit: Duration = .seconds(60)
    private static let scansAtOnce = 32

    /// What places offer, some at a time, in their order.
    private static func offered(_ places: [Place], _ access: DeviceAccess) async throws(Findings)
        -> [(Place, Result<[SSHPublicKey], TransportError>)]
    {
        let ssh: SSHConnector
        do throws(TransportError) { ssh = try SSHConnector() } catch { throw Findings([finding(error, nil)]) }
        let routes = DeviceRoutes(pins: access.pins, resolver: access.resolver)
        let answers = await withTaskGroup(of: (Int, Result<[SSHPublicKey], TransportError>).self) { group in
            var (next, answers) = (0, [Int: Result<[SSHPublicKey], TransportError>]())
            func start() {
                guard next < places.count else { return }
                let (index, place) = (next, places[next])
                next += 1
                group.addTask {
                    do throws(TransportError) {
                        return (
                            index,
                            .success(
                                try await routes.offeredKeys(
                                    place.device, at: place.target, place.route, through: place.hops,
                                    options: try place.options(), ssh, deadline: .now + scanTimeLimit))
                        )
                    } catch { return (index, .failure(error)) }
                }
            }
            for _ in 0..<scansAtOnce { start() }
            for await (index, answer) in group {
                answers[index] = answer
                start()
            }
            return answers
        }
        return places.enumerated().compactMap { index, place in answers[index].map { (place, $0) } }
    }

    private static func finding(_ error: TransportError, _ name: String?) -> Finding {
        Finding(code: "transport.\(error.code.rawValue)", what: error.what, device: name, remedy: error.remedy)
    }

    private static func notOffered(_ fingerprint: String, _ offered: [String], _ name: String, _ effect: String)
        -> Findings
    {
        Findings([
            Finding(
                code: "hostkey.not-offered",
                what:
                    "the device offers no key with the fingerprint \(safeForDisplay(fingerprint, keepingLines: false)); \(effect)",
                device: name, remedy: "it offers: \(offered.joined(separator: ", ")). Compare on the device's console")
        ])
    }

    private static func revoked(_ key: SSHPublicKey, _ name: String) -> Findings {
        Findings([
            Finding(
                code: "hostkey.revoked", what: "the key \(key.fingerprint) is marked @revoked in inventory/known_hosts",
                device: name, remedy: "do not log in to it; give the device a new host key")
        ])
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
    private func changeKnownHosts(_ access: DeviceAccess, _ change: (inout HostKeyFile) throws(Findings) -> Void)
        throws(Findings)
    {
        let path = access.workspace.knownHostsFile
        func failure(_ error: any Error) -> Findings {
            Findings([
                Finding(
                    code: "hostkey.not-written",
                    what: "known_hosts cannot be written: \((error as NSError).localizedDescription)",
                    at: SourcePosition(file: "inventory/known_hosts"), remedy: "check its permissions")
            ])
        }
        var file: HostKeyFile
        do {
            let text =
                FileManager.default.fileExists(atPath: path) ? try String(contentsOfFile: path, encoding: .utf8) : ""
            file = HostKeyFile(text: text, file: access.workspace.shown(path))
        } catch { throw failure(error) }
        let before = file
        try change(&file)
        guard file != before else { return }
        do { try Data(file.text.utf8).write(to: URL(filePath: path), options: .atomic) } catch { throw failure(error) }
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
                remedy: who.map { "the policy's standing-read names: \($0)" }
                    ?? "the policy has no `standing-read`: add it, and sign the policy")
        ])
    }
}

extension Workflow {
    private struct HostKeyReport: Encodable {
        struct Key: Encodable {
            var device: String
            var endpoint: String
            var type: String
            var fingerprint: String
            var state: String

            init(_ place: Place, _ key: SSHPublicKey, _ state: String) {
                (device, endpoint, type, fingerprint) = (place.name, place.role, key.type, key.fingerprint)
                self.state = state
            }
        }
        var asbuilt = "host-keys/v1"
        var keys: [Key]

        var text: String {
            safeForDisplay(
                keys.map { "\($0.device) \($0.endpoint)  \($0.type)  \($0.fingerprint)  \($0.state)" }.joined(
                    separator: "\n"))
        }
    }
}
