package import DeviceConfiguration
internal import NetworkPrimitives

/// Finds links in configurations: interfaces in one subnet, and neighbours that live in an interface's subnet.
///
/// What is found is what the configurations say; nobody asked the cables.
package enum TopologyDiscovery {
    private struct Port {
        var device: String
        var interface: String
        var prefix: IPPrefix
    }

    /// - Parameter configurations: elements of each device's captured configuration, by device.
    package static func links(_ configurations: [String: [ConfigurationElement]]) -> [TopologyLink] {
        let ports = configurations.sorted { $0.key < $1.key }.flatMap { device, elements in
            elements.compactMap { port($0, device) }
        }.filter { !$0.prefix.isSingle }
        var links: Set<TopologyLink> = []
        for (index, a) in ports.enumerated() {
            for b in ports[(index + 1)...] where a.device != b.device && a.prefix.masked == b.prefix.masked {
                links.insert(TopologyLink(a: a.device, aInterface: a.interface, b: b.device, bInterface: b.interface))
            }
        }
        let own = Set(ports.map(\.prefix.address))
        for (device, elements) in configurations {
            for (address, system) in neighbours(elements) where !own.contains(address) {
                guard let port = ports.first(where: { $0.device == device && $0.prefix.masked.contains(address) }) else {
                    continue
                }
                links.insert(
                    TopologyLink(
                        a: device, aInterface: port.interface, b: "\(address)\(system.map { " AS \($0)" } ?? "")",
                        bInterface: ""))
            }
        }
        return links.sorted { ($0.a, $0.b, $0.aInterface) < ($1.a, $1.b, $1.aInterface) }
    }

    /// `ip address A/N` or `ip address A MASK` below `interface X`; `prefix-length N` of an address of the lab's and
    /// ietf-ip's shape.
    private static func port(_ element: ConfigurationElement, _ device: String) -> Port? {
        let words = element.text.split(separator: " ").map(String.init)
        if let header = element.path.last, header.hasPrefix("interface "), words.count >= 3, words[1] == "address",
            ["ip", "ipv6"].contains(words[0])
        {
            let interface = header.dropFirst("interface ".count).trimmingPrefix(while: { $0 == " " })
            if let prefix = IPPrefix(words[2]), words[2].contains("/") {
                return Port(device: device, interface: String(interface), prefix: prefix)
            }
            guard words.count >= 4, let address = IPAddress(words[2]), let mask = IPAddress(words[3]),
                let length = IPPrefix.length(ofMask: mask), let prefix = IPPrefix(address, length: length)
            else { return nil }
            return Port(device: device, interface: String(interface), prefix: prefix)
        }
        guard words.count == 2, words[0] == "prefix-length", let length = Int(words[1]), let last = element.path.last,
            let address = key("ip", of: last).flatMap({ IPAddress($0) }), let prefix = IPPrefix(address, length: length),
            let interface = element.path.lazy.compactMap({ $0.contains("interface[") ? key("name", of: $0) : nil }).first
        else { return nil }
        return Port(device: device, interface: interface, prefix: prefix)
    }

    /// Addresses of BGP neighbours with the system they are said to be in.
    private static func neighbours(_ elements: [ConfigurationElement]) -> [(IPAddress, String?)] {
        elements.compactMap { element in
            let words = element.text.split(separator: " ").map(String.init)
            if words.count >= 4, words[0] == "neighbor", words[2] == "remote-as", let address = IPAddress(words[1]) {
                return (address, words[3])
            }
            guard words.count == 2, words[0] == "remote-as", let last = element.path.last, last.contains("neighbor["),
                let address = key("address", of: last).flatMap({ IPAddress($0) })
            else { return nil }
            return (address, words[1])
        }
    }

    /// Value of a list key in a path segment: `address[ip='10.0.0.1']`.
    private static func key(_ name: String, of segment: String) -> String? {
        for quote in ["'", "\""] {
            guard let start = segment.firstRange(of: "[\(name)=\(quote)") else { continue }
            return String(segment[start.upperBound...].prefix { String($0) != quote })
        }
        return nil
    }
}
