import ChangeWorkflow
import Diagnostics
import Foundation
import LabDevices
import LabServer
import SSHTransport
import TestSupport
import Testing

/// The worked engagement and the lab it is written for, on free loopback ports: a workspace, its people, its devices.
final class LabSite {
    static let secret = "Tr4nsit-demo"
    let worked: WorkedSite
    private(set) var topology: LabTopology
    private let hostKeys: [String: SSHPrivateKey]
    private let operatorKey: SSHPublicKey
    private(set) var host: LabHost

    /// - Parameter quick: short waits: BGP comes up at once, checks hold at once.
    init(quick: Bool = true) async throws {
        worked = try WorkedSite(people: ["owner", "alice", "bob", "exec1", "netops"])
        let file = Repository.root.appending(path: "lab/edge.clab.yml").path(percentEncoded: false)
        topology = try LabTopology.load(path: file, shownAs: "lab/edge.clab.yml")
        for index in topology.nodes.indices { topology.nodes[index].port = try TestPort.free() }
        if quick { topology.convergence = .milliseconds(50) }
        let folder = LabFolder(worked.scratch.url.appending(path: "lab").path)
        try folder.prepare()
        hostKeys = try folder.hostKeys(topology.nodes.map(\.spec.name))
        let key = try SSHPrivateKey.generate()
        operatorKey = key.publicKey
        try worked.write(String(repeating: "5a", count: 32), "keys/plan-secrets")
        try key.export(to: worked.workspace + "/keys/netops")
        for name in ["netops", "plan-secrets"] {
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o600], ofItemAtPath: "\(worked.workspace)/keys/\(name)")
        }
        host = try await LabHost(topology: topology, hostKeys: hostKeys, authorizedKeys: [operatorKey])
        var pins = ""
        for place in host.listening {
            guard let index = topology.nodes.firstIndex(where: { $0.spec.name == place.name }),
                let line = hostKeys[place.name]?.publicKey.line
            else { continue }
            topology.nodes[index].port = place.port
            pins += "[\(place.address)]:\(place.port) \(line)\n"
        }
        try worked.write(pins, "inventory/known_hosts")
        for (name, port) in [("ams-edge-1", 22101), ("ams-edge-2", 22102), ("ams-core-1", 22103), ("ams-core-2", 22104)] {
            let actual = try #require(topology.nodes.first { $0.spec.name == name }?.port)
            try worked.edit("inventory/devices.yaml") { $0.replacing(":\(port)", with: ":\(actual)") }
        }
        if quick {
            try worked.edit(WorkedSite.engagement + "/contract.yaml") {
                $0.replacing("stable: 3s", with: "stable: 1s").replacing(", soak: 2s", with: "")
            }
        }
        _ = try await workflow().trustSign(keyFile: worked.key("owner"))
        _ = try workflow().trustPin(publicKey: worked.key("owner.pub"))
    }

    /// The same devices as they were at the start: power-cycled, with nothing ever changed.
    func restartLab(changing: (inout LabTopology) -> Void = { _ in }) async throws {
        await host.stop()
        changing(&topology)
        host = try await LabHost(topology: topology, hostKeys: hostKeys, authorizedKeys: [operatorKey])
    }

    var environment: [String: String] {
        worked.environment.merging(["TRANSIT_BGP_PASSWORD": Self.secret]) { $1 }
    }

    /// - Parameter folder: the engagement's folder, when it is not the worked one.
    func workflow(in folder: URL? = nil) -> Workflow {
        Workflow(startFolder: folder ?? worked.engagementFolder, environment: environment)
    }

    func approve(_ gate: String, _ person: String) async throws {
        _ = try await workflow().approve(
            gate, engagement: nil, as: "\(person)@example.net", keyFile: worked.key(person), isLabOnly: false)
    }

    func approveAll() async throws {
        try await approve("spec", "alice")
        #expect(try await workflow().plan(engagement: nil).status == .done)
        try await approve("design", "bob")
    }

    func apply() async throws -> WorkflowAnswer {
        try await workflow().apply(engagement: nil, as: "exec1@example.net", keyFile: worked.key("exec1"), report: { _ in })
    }

    func close(_ reasons: [String] = []) async throws -> WorkflowAnswer {
        try await workflow().close(
            engagement: nil, as: "bob@example.net", keyFile: worked.key("bob"), reasons: reasons, learnings: [])
    }

    /// The device as its users see it.
    func device(_ name: String) throws -> LabDescription.Device {
        let place = try #require(host.listening.first { $0.name == name })
        let key = try #require(hostKeys[name]?.publicKey)
        let node = try #require(topology.nodes.first { $0.spec.name == name })
        return LabDescription.Device(
            name: name, kind: node.spec.personality.rawValue, address: place.address, port: place.port, hostKey: key.line,
            fingerprint: key.fingerprint, labels: [:])
    }

    /// What somebody types at a device, past all gates; gives what was on the screen.
    @discardableResult
    func byHand(_ name: String, _ commands: [String]) async throws -> String {
        try await LabTerminal.run(
            commands, on: try device(name), keyFile: worked.workspace + "/keys/netops", user: "netops")
    }

    /// Everything below the workspace, by name.
    func files() throws -> [String: Data] {
        let root = worked.workspace
        return try FileManager.default.subpathsOfDirectory(atPath: root).reduce(into: [:]) { files, name in
            // The state database is journaled, and read commands open it too.
            guard !name.hasPrefix(".asbuilt") else { return }
            var isFolder: ObjCBool = false
            if FileManager.default.fileExists(atPath: "\(root)/\(name)", isDirectory: &isFolder), !isFolder.boolValue {
                files[name] = try Data(contentsOf: URL(filePath: "\(root)/\(name)"))
            }
        }
    }

    /// Connections accepted so far by every device of the lab, whatever became of them.
    var connections: [String: Int] {
        Dictionary(uniqueKeysWithValues: host.status().map { ($0.name, $0.acceptedConnections) })
    }

    /// Only these devices take part.
    func narrow(to devices: [String]) throws {
        let names = devices.map { "name:\($0)" }.joined(separator: " or ")
        try worked.edit(WorkedSite.engagement + "/contract.yaml") { text in
            text.replacing("site:ams and (role:edge or role:core)", with: names)
                .replacing("devices: \"role:edge\"", with: "devices: \"role:edge and (\(names))\"")
                .replacing("devices: \"role:core\"", with: "devices: \"role:core and (\(names))\"")
                .replacing(
                    "{ name: canary, devices: \"name:ams-edge-1 or name:ams-core-1\" }, { name: rest, batch: 100% }",
                    with: "{ name: all, batch: 100% }")
        }
    }
}
