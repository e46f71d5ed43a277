package import LabDevices

/// A simulated network as a topology file describes it: devices, where each listens, and the cables between them.
package struct LabTopology: Sendable {
    /// One device.
    package struct Node: Equatable, Sendable {
        package var spec: LabDeviceSpec
        /// The port on 127.0.0.1; nil takes any free one.
        package var port: Int?
        /// For people and scripts; the lab gives them no meaning.
        package var labels: [String: String]
        /// The only SSH algorithms it speaks, of each kind that is named; empty for those of today.
        package var sshAlgorithms: [String] = []
        /// The startup file as findings name it.
        package var startupFile: String?

        package init(spec: LabDeviceSpec, port: Int? = nil, labels: [String: String] = [:], startupFile: String? = nil)
        {
            (self.spec, self.port, self.labels, self.startupFile) = (spec, port, labels, startupFile)
        }
    }

    package var name: String
    /// By name.
    package var nodes: [Node]
    package var links: [ControlPlane.Link]
    /// From both ends of a BGP session being configured to the session being up.
    package var convergence: Duration?

    /// Most devices of one topology.
    package static let maximumNodes = 5_000
    /// Largest startup file.
    package static let maximumStartupBytes = 16 << 20

    package init(name: String, nodes: [Node], links: [ControlPlane.Link], convergence: Duration? = nil) {
        (self.name, self.nodes, self.links) = (name, nodes.sorted { $0.spec.name < $1.spec.name }, links)
        self.convergence = convergence
    }

    /// The machine for this topology. `epoch` is the time of day at its start, in seconds since 1970.
    package func network(epoch: Int, seed: UInt64 = 1) -> LabNetwork {
        var settings = LabNetwork.Settings()
        settings.epoch = epoch
        settings.seed = seed
        if let convergence { settings.convergence = convergence }
        return LabNetwork(devices: nodes.map(\.spec), links: links, settings: settings)
    }
}
