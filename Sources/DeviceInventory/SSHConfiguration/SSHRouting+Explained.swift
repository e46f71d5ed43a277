internal import Diagnostics
internal import SourceDocuments

/// What `inventory show --explain` says about values of the SSH configuration.
extension SSHRouting {
    func explained(
        _ device: Device, _ endpoint: Endpoint, _ settings: SSHSettings, _ route: EndpointRoute,
        _ written: WrittenValues
    ) -> [ExplainedValue] {
        let path = "ssh-config.\(endpoint.kind.rawValue)"
        func inventory(_ keys: String...) -> SourcePosition? { written.merged?.node(at: keys)?.position }
        var winners: [String: SourcePosition] = [:]
        winners["User"] = device.credentials.user == nil ? nil : inventory("credentials", "user")
        winners["IdentityFile"] = device.credentials.key == nil ? nil : inventory("credentials", "key")
        winners["IdentitiesOnly"] = winners["IdentityFile"]
        winners["ProxyJump"] = written.hasJumpHosts ? inventory("jump-hosts") : nil
        winners["ProxyCommand"] = winners["ProxyJump"]
        winners["HostKeyAlias"] = device.hostKeyName == nil ? nil : inventory("host-key-name")
        if written.ports.contains(endpoint.kind) { winners["Port"] = inventory("endpoints", endpoint.kind.rawValue) }
        var values = values(settings, path, winners)
        if endpoint.kind == .netconf, winners["Port"] == nil {
            for index in values.indices where values[index].path == path + ".Port" {
                values[index].layer +=
                    ", not used: it says where SSH is, NETCONF has port 830 unless its endpoint says another"
            }
        }
        for hop in route.hops {
            guard let settings = hop.settings else { continue }
            values += self.values(settings, "\(path).through.\(hop.endpoint.url)", [:])
        }
        values.append(
            ExplainedValue(
                path: "reached.\(endpoint.kind.rawValue)", value: route.summary, position: device.position,
                layer: "the inventory over the SSH configuration", overridden: []))
        return values
    }

    /// - Parameter winners: Where the inventory has the value itself, by keyword.
    private func values(_ settings: SSHSettings, _ path: String, _ winners: [String: SourcePosition])
        -> [ExplainedValue]
    {
        var values: [ExplainedValue] = []
        func add(_ keyword: String, _ text: String?, _ position: SourcePosition?) {
            guard let text, let position else { return }
            let winner = winners[keyword].map { ", not used: the inventory has it at \($0)" } ?? ""
            values.append(
                ExplainedValue(
                    path: "\(path).\(keyword)", value: safeForDisplay(text, keepingLines: false), position: position,
                    layer: "ssh-config" + winner, overridden: []))
        }
        add("HostName", settings.hostName?.value, settings.hostName?.position)
        add("Port", settings.port.map { String($0.value) }, settings.port?.position)
        add("User", settings.user?.value, settings.user?.position)
        for file in settings.identityFiles { add("IdentityFile", file.value, file.position) }
        add(
            "IdentitiesOnly", settings.identitiesOnly.map { $0.value ? "yes" : "no" }, settings.identitiesOnly?.position
        )
        add("ProxyJump", settings.proxyJump.map { Self.text($0.value) }, settings.proxyJump?.position)
        add("HostKeyAlias", settings.hostKeyAlias?.value, settings.hostKeyAlias?.position)
        for (keyword, given) in settings.algorithms { add(keyword, given.value.text, given.position) }
        add(
            "ConnectTimeout", settings.connectTimeout.map { $0.value.map { "\($0.components.seconds)s" } ?? "none" },
            settings.connectTimeout?.position)
        add(
            "ServerAliveInterval", settings.keepAlive.map { "\($0.value.components.seconds)s" },
            settings.keepAlive?.position)
        add("ServerAliveCountMax", settings.keepAliveLimit.map { String($0.value) }, settings.keepAliveLimit?.position)
        for unused in settings.unused {
            values.append(
                ExplainedValue(
                    path: "\(path).\(unused.keyword)", value: safeForDisplay(unused.text, keepingLines: false),
                    position: unused.position, layer: "ssh-config, not used: \(unused.reason)", overridden: []))
        }
        return values
    }

    private static func text(_ jumps: [SSHSettings.Jump]) -> String {
        guard !jumps.isEmpty else { return "none" }
        return jumps.map { jump in
            (jump.user.map { "\($0)@" } ?? "") + (jump.host.contains(":") ? "[\(jump.host)]" : jump.host)
                + (jump.port.map { ":\($0)" } ?? "")
        }.joined(separator: ",")
    }
}
