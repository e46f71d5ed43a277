/// Where packets go: connected networks and static routes, over links that are up.
struct Forwarding {
    let intents: [String: RouterIntent]
    let ends: [ControlPlane.Port: ControlPlane.Port]
    let upPorts: Set<ControlPlane.Port>

    /// Longest path that is followed.
    static let maximumHops = 16

    /// A next step from a device towards an address.
    enum Step: Equatable {
        case here
        case out(interface: String, source: LabAddress, towards: LabAddress)
        case discard
    }

    func owns(_ device: String, _ address: LabAddress) -> Bool {
        upInterfaces(of: device).contains { $0.addresses.contains { $0.address == address } }
    }

    func upInterfaces(of device: String) -> [RouterIntent.Interface] {
        guard let intent = intents[device], intent.isRunning else { return [] }
        return intent.interfaces.filter { upPorts.contains(ControlPlane.Port(device: device, interface: $0.name)) }
    }

    /// The interface address whose network holds `address`.
    func connected(_ device: String, _ address: LabAddress) -> (interface: String, source: LabAddress)? {
        var best: (interface: String, prefix: LabPrefix)?
        for interface in upInterfaces(of: device) {
            for prefix in interface.addresses where prefix.contains(address) {
                if prefix.length > (best?.prefix.length ?? -1) { best = (interface.name, prefix) }
            }
        }
        return best.map { ($0.interface, $0.prefix.address) }
    }

    /// The static routes that can be used, longest first.
    private func statics(_ device: String, covering address: LabAddress) -> [RouterIntent.StaticRoute] {
        (intents[device]?.staticRoutes ?? []).filter { $0.prefix.contains(address) }
            .sorted { ($1.prefix.length, $0.distance) < ($0.prefix.length, $1.distance) }
    }

    func step(from device: String, to address: LabAddress) -> Step? {
        if owns(device, address) { return .here }
        if let direct = connected(device, address) {
            return .out(interface: direct.interface, source: direct.source, towards: address)
        }
        for route in statics(device, covering: address) {
            switch route.target {
            case .discard: return .discard
            case .interface(let name):
                guard let up = upInterfaces(of: device).first(where: { $0.name == name }) else { continue }
                return .out(interface: name, source: up.addresses.first?.address ?? address, towards: address)
            case .via(let gateway):
                guard let direct = connected(device, gateway) else { continue }
                return .out(interface: direct.interface, source: direct.source, towards: gateway)
            }
        }
        return nil
    }

    /// The device that answers for `address` as seen from `device`, with the number of hops and the source address
    /// packets leave with.
    func reach(_ address: LabAddress, from device: String) -> (device: String, hops: Int, source: LabAddress)? {
        var current = device
        var source: LabAddress?
        for hop in 0...Self.maximumHops {
            switch step(from: current, to: address) {
            case .here: return hop == 0 ? nil : source.map { (current, hop, $0) }
            case .discard, nil: return nil
            case .out(let interface, let from, let towards):
                if source == nil { source = from }
                let port = ControlPlane.Port(device: current, interface: interface)
                guard let far = ends[port], owns(far.device, towards) || towards == address else { return nil }
                current = far.device
            }
        }
        return nil
    }

    /// Whether a next hop resolves over connected networks or static routes.
    func resolves(_ address: LabAddress, on device: String) -> String? {
        switch step(from: device, to: address) {
        case .out(let interface, _, _): interface
        case .here, .discard, nil: nil
        }
    }
}
