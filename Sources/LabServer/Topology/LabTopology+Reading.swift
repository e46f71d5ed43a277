internal import ByteTransport
package import Diagnostics
internal import Foundation
internal import LabDevices
internal import SSHTransport
package import SourceDocuments

extension LabTopology {
    /// Reads a topology file and the startup files it names, which lie relative to it. `name` is how findings show it.
    package static func load(path: String, shownAs name: String) throws(Findings) -> LabTopology {
        let document = try SourceDocument.load(path: path, shownAs: name)
        let folder = URL(filePath: path).deletingLastPathComponent()
        let shownFolder = name.contains("/") ? String(name[...(name.lastIndex(of: "/") ?? name.startIndex)]) : ""
        return try read(document.root) { file throws(Findings) in
            let place = URL(filePath: file, relativeTo: folder).path(percentEncoded: false)
            let shown = file.hasPrefix("/") ? file : shownFolder + file
            return (try SourceDocument.loadText(path: place, shownAs: shown, limits: startupLimits), shown)
        }
    }

    private static let startupLimits = DocumentLimits(
        maximumBytes: maximumStartupBytes, maximumDepth: 64, maximumNodes: 1_000_000)

    /// Reads a topology. `startup` gives the text of a startup file and the name findings show for it.
    package static func read(
        _ root: DocumentNode, startup: @escaping (String) throws(Findings) -> (text: String, shown: String)
    ) throws(Findings) -> LabTopology {
        var later = Findings()
        let topology = try DocumentReader.read(root, area: "topology") { root -> LabTopology? in
            var reading = TopologyReading(startup: startup)
            let topology = reading.read(root)
            later = reading.fileFindings
            return topology
        }
        try later.throwIfErrors()
        return topology
    }

    /// What the devices make of their startup files: a line they do not understand is a finding with its place.
    package func startupFindings() -> Findings {
        var findings = Findings()
        for node in nodes {
            for complaint in node.spec.startupComplaints() {
                findings.add(
                    Finding(
                        complaint.isFatal ? .error : .warning, code: "topology.startup",
                        what: safeForDisplay(complaint.text, keepingLines: false),
                        at: node.startupFile.map { SourcePosition(file: $0, line: complaint.line) },
                        device: node.spec.name,
                        remedy: complaint.isFatal
                            ? "correct the startup file; the device cannot start with it"
                            : "correct the line; the device starts without it"))
            }
        }
        return findings
    }
}

/// Reads one topology document.
private struct TopologyReading {
    let startup: (String) throws(Findings) -> (text: String, shown: String)
    /// Findings about startup files, which are other documents.
    var fileFindings = Findings()
    private var usedPorts: [Int: String] = [:]

    init(startup: @escaping (String) throws(Findings) -> (text: String, shown: String)) { self.startup = startup }

    private struct Draft {
        var name: String
        var kind: LabPersonality?
        var startup: NodeReader?
        var port: Int?
        var labels: [String: String]
        var sshAlgorithms: [String]
        var netconf: LabNETCONFProfile
    }

    mutating func read(_ root: NodeReader) -> LabTopology? {
        root.mapping("a topology") { keys -> LabTopology? in
            let name = keys.required("name")?.string()
            let convergence = keys.optional("convergence").flatMap { $0.duration(in: .zero ... .seconds(3600)) }
            guard let topology = keys.required("topology") else { return nil }
            return topology.mapping("the topology") { keys -> LabTopology? in
                guard let drafts = nodes(keys.required("nodes")) else { return nil }
                let names = Set(drafts.map(\.name))
                let links = keys.optional("links").map { self.links($0, names) } ?? []
                guard let links, let name else { return nil }
                return LabTopology(
                    name: name, nodes: drafts.compactMap { finish($0, links) }, links: links, convergence: convergence)
            }
        }
    }

    // MARK: Nodes

    private mutating func nodes(_ reader: NodeReader?) -> [Draft]? {
        guard let reader else { return nil }
        var drafts: [Draft] = []
        let read = reader.map { key, value -> Bool? in
            guard let draft = node(key, value) else { return nil }
            drafts.append(draft)
            return true
        }
        guard read != nil else { return nil }
        if drafts.isEmpty {
            reader.report("no-nodes", "the topology has no devices", remedy: "add one: `r1: { kind: frr }`")
            return nil
        }
        if drafts.count > LabTopology.maximumNodes {
            reader.report(
                "too-many-nodes", "\(drafts.count) devices, the limit is \(LabTopology.maximumNodes)",
                remedy: "split the topology")
            return nil
        }
        return drafts
    }

    private mutating func node(_ key: NodeReader, _ reader: NodeReader) -> Draft? {
        guard let name = key.string() else { return nil }
        // The name becomes a host name and a file name.
        let isRight =
            name.utf8.count <= 63 && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
            && name.first?.isLetter == true
        guard isRight else {
            key.report(
                "name", "“\(safeForDisplay(name, keepingLines: false))” cannot be the name of a device",
                remedy: "use letters, digits and `-`, starting with a letter, at most 63")
            return nil
        }
        return reader.mapping("a device") { keys -> Draft? in
            let kind = keys.required("kind")?.choice(LabPersonality.self)
            let startup = keys.optional("startup-config")
            let port = keys.optional("ports").flatMap { ports($0, of: name) }
            let labels = keys.optional("labels")?.map { $1.string() } ?? []
            let algorithms = keys.optional("ssh-algorithms").flatMap(sshAlgorithms) ?? []
            let netconf = keys.optional("netconf")
            let profile = netconf?.choice(LabNETCONFProfile.self)
            guard let kind else { return nil }
            if let netconf, kind != .labRouter {
                netconf.report(
                    "netconf", "a device of kind \(kind.rawValue) does not speak NETCONF",
                    remedy: "remove `netconf`, or make it `kind: lab_router`")
            }
            return Draft(
                name: name, kind: kind, startup: startup, port: port,
                labels: Dictionary(labels.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first }),
                sshAlgorithms: algorithms, netconf: profile ?? .full)
        }
    }

    /// Names of algorithms, for a device with an old SSH server.
    private func sshAlgorithms(_ reader: NodeReader) -> [String]? {
        guard let names = reader.list({ $0.string() }) else { return nil }
        do throws(TransportError) { _ = try SSHAlgorithms.only(names) } catch {
            reader.report("ssh-algorithms", error.what, remedy: error.remedy)
            return nil
        }
        return names
    }

    /// `22101:22`: a port on loopback, and the device's port it leads to. One per device.
    private mutating func ports(_ reader: NodeReader, of name: String) -> Int? {
        guard let texts = reader.list({ reader in reader.string().map { (reader, $0) } }) else { return nil }
        guard texts.count == 1, let (place, text) = texts.first else {
            reader.report(
                "ports", "a device has one port, here are \(texts.count)", remedy: "write `ports: [\"22101:22\"]`")
            return nil
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let port = Int(parts[0]), (1...65_535).contains(port), ["22", "830"].contains(parts[1])
        else {
            place.report(
                "ports",
                "“\(safeForDisplay(text, keepingLines: false))” is not a port on 127.0.0.1 and a port of the device",
                remedy: "write PORT:22 for SSH or PORT:830 for NETCONF, for example \"22101:22\"")
            return nil
        }
        if let other = usedPorts.updateValue(name, forKey: port) {
            place.report("port-twice", "port \(port) is \(other)'s already", remedy: "give each device its own port")
            return nil
        }
        return port
    }

    private mutating func finish(_ draft: Draft, _ links: [ControlPlane.Link]) -> LabTopology.Node? {
        guard let kind = draft.kind else { return nil }
        let ports = links.flatMap { [$0.a, $0.b] }.filter { $0.device == draft.name }.map(\.interface).sorted()
        var spec = LabDeviceSpec(name: draft.name, personality: kind, ports: ports, startup: "", netconf: draft.netconf)
        var file: String?
        if let reader = draft.startup {
            guard let path = reader.string() else { return nil }
            do throws(Findings) {
                let read = try startup(path)
                (spec.startup, file) = (read.text, read.shown)
            } catch {
                let reason = error.all.first?.what ?? "no reason given"
                reader.report(
                    "startup-file", "the startup file of \(draft.name) cannot be used: \(reason)",
                    remedy: error.all.first?.remedy ?? "name a file relative to the topology file")
                return nil
            }
        }
        var node = LabTopology.Node(spec: spec, port: draft.port, labels: draft.labels, startupFile: file)
        node.sshAlgorithms = draft.sshAlgorithms
        return node
    }

    // MARK: Links

    private func links(_ reader: NodeReader, _ names: Set<String>) -> [ControlPlane.Link]? {
        var used: [ControlPlane.Port: Int] = [:]
        return reader.list { item in
            item.mapping("a link") { keys -> ControlPlane.Link? in
                guard let ends = keys.required("endpoints"), let ports = ends.list({ port($0, names) }) else {
                    return nil
                }
                guard ports.count == 2, ports[0] != ports[1] else {
                    ends.report(
                        "link-ends", "a link joins two different interfaces",
                        remedy: "write `endpoints: [\"a:eth1\", \"b:eth1\"]`")
                    return nil
                }
                for port in ports {
                    if let line = used.updateValue(ends.node.position.line, forKey: port) {
                        ends.report(
                            "interface-twice", "\(port.device):\(port.interface) is cabled in line \(line) already",
                            remedy: "use another interface")
                        return nil
                    }
                }
                return ControlPlane.Link(ports[0], ports[1])
            }
        }
    }

    private func port(_ reader: NodeReader, _ names: Set<String>) -> ControlPlane.Port? {
        guard let text = reader.string() else { return nil }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        let isName =
            parts.count == 2 && parts[1].utf8.count <= 15 && parts[1].first?.isLetter == true
            && parts[1].allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-/.".contains($0)) }
        guard isName else {
            reader.report(
                "link-end", "“\(safeForDisplay(text, keepingLines: false))” is not DEVICE:INTERFACE",
                remedy: "write for example \"ams-edge-1:eth1\"; an interface has at most 15 characters")
            return nil
        }
        guard names.contains(parts[0]) else {
            let meant = ClosestWord.find(parts[0], among: names.sorted()).map { "did you mean `\($0)`? " } ?? ""
            reader.report(
                "unknown-node", "no device is called `\(safeForDisplay(parts[0], keepingLines: false))`",
                remedy: meant + "Devices are listed under `nodes`")
            return nil
        }
        return ControlPlane.Port(device: parts[0], interface: parts[1])
    }
}
