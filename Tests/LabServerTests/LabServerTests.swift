import Diagnostics
import Foundation
import LabDevices
import LabServer
import SSHTransport
import SourceDocuments
import TestSupport
import Testing

@Suite struct LabTopologyTests {
    func findings(_ text: String) -> Findings {
        do throws(Findings) {
            let root = try SourceDocument.yaml(text, file: "net.clab.yml").root
            _ = try LabTopology.read(root) { file throws(Findings) in
                throw Findings([Finding(code: "file.missing", what: "\(file) is not there", remedy: "write it")])
            }
            return Findings()
        } catch { return error }
    }

    @Test func `the worked example reads without a finding`() throws {
        let topology = try LabTopology.load(
            path: Repository.root.appending(path: "lab/edge.clab.yml").path, shownAs: "lab/edge.clab.yml")
        #expect(topology.startupFindings() == Findings())
        let edges = topology.nodes.filter { $0.spec.name.hasPrefix("ams-edge") }
        #expect(edges.map(\.port) == [22101, 22102])
        #expect(topology.nodes.map(\.spec.name).contains("transit-1"))
    }

    @Test(arguments: [
        ("kind: cisco_ios", "topology.unknown-word", 4, 20), ("kind: frr, image: x", "topology.unknown-key", 4, 25),
        ("kind: frr, ports: [\"22\"]", "topology.ports", 4, 33),
        ("kind: frr, ports: [\"0:22\"]", "topology.ports", 4, 33),
        ("kind: frr, startup-config: r1.conf", "topology.startup-file", 4, 41),
        ("ports: []", "topology.missing-key", 4, 12), ("kind: frr, netconf: running", "topology.netconf", 4, 34),
        ("kind: lab_router, netconf: none", "topology.unknown-word", 4, 41),
    ])
    func `a device that is written wrongly is found at its place`(node: String, code: String, line: Int, column: Int) {
        let found = findings(
            """
            name: net
            topology:
              nodes:
                   r1: { \(node) }
            """)
        #expect(found.all.map(\.code).contains(code))
        #expect(
            found.all.contains { $0.position == SourcePosition(file: "net.clab.yml", line: line, column: column) },
            "\(found)")
    }

    @Test(arguments: [
        ("[\"r1:eth1\"]", "topology.link-ends"), ("[\"r1:eth1\", \"r1:eth1\"]", "topology.link-ends"),
        ("[\"r1:eth1\", \"r3:eth1\"]", "topology.unknown-node"), ("[\"r1\", \"r2:eth1\"]", "topology.link-end"),
        ("[\"r1:eth9\", \"r2:eth1\"]", "topology.interface-twice"), ("r1:eth1", "topology.wrong-type"),
    ])
    func `a link that is written wrongly is found`(ends: String, code: String) {
        let found = findings(
            """
            name: net
            topology:
              nodes: { r1: { kind: frr }, r2: { kind: frr, ports: ["2201:22"] } }
              links:
                - endpoints: ["r1:eth9", "r2:eth9"]
                - endpoints: \(ends)
            """)
        #expect(found.all.map(\.code) == [code])
        #expect(found.all.first?.position?.line == 6)
    }

    @Test func `a NETCONF router offers what its line says, and all without one`() throws {
        let text = """
            name: net
            topology: { nodes: { a: { kind: lab_router }, b: { kind: lab_router, netconf: running-startup } } }
            """
        let topology = try LabTopology.read(try SourceDocument.yaml(text, file: "net.clab.yml").root) { _ in ("", "") }
        #expect(topology.nodes.map(\.spec.netconf) == [.full, .runningStartup])
    }

    @Test func `one port for two devices is a finding`() {
        let found = findings(
            "name: n\ntopology:\n  nodes:\n    a: { kind: frr, ports: [\"2201:22\"] }\n    b: { kind: frr, ports: [\"2201:22\"] }\n"
        )
        #expect(found.all.map(\.what) == ["port 2201 is a's already"])
    }

    @Test func `a startup line that the device does not understand is shown with its place`() {
        let spec = LabDeviceSpec(name: "r1", personality: .frr, ports: [], startup: "hostname r1\nrouter bgpp 1\n")
        let topology = LabTopology(name: "n", nodes: [.init(spec: spec, startupFile: "startup/r1")], links: [])
        let found = topology.startupFindings()
        #expect(found.all.map(\.position) == [SourcePosition(file: "startup/r1", line: 2)])
        #expect(!found.hasErrors)
    }
}
