package import Diagnostics
internal import Foundation
internal import LabDevices
package import SSHTransport

/// A client that devices call (RFC 8071).
package struct LabCallHome: Sendable, Equatable {
    package var address: String
    package var port: Int
    package init(address: String, port: Int) { (self.address, self.port) = (address, port) }
}

/// The lab's own process: opens the ports, says that it is ready, serves until it is ended.
package enum LabServing {
    /// Serves until the process is ended by a signal.
    ///
    /// - Parameters:
    ///   - topologyName: the topology file as the user named it.
    ///   - passwordFile: its first line lets in too.
    ///   - callHome: whom every device calls, beside listening.
    ///   - saysReady: writes to descriptor 3 when all ports listen, or what stands against it.
    package static func run(
        topology path: String, shownAs topologyName: String, folder: LabFolder, authorizedKeys: [SSHPublicKey],
        passwordFile: String?, callHome: LabCallHome?, saysReady: Bool
    ) async throws(Findings) {
        do throws(Findings) {
            let topology = try LabTopology.load(path: path, shownAs: topologyName)
            let complaints = topology.startupFindings()
            try complaints.throwIfErrors()
            try folder.prepare()
            // Held until the process ends, so that of two that start at once one is refused.
            let lock = try folder.lock()
            defer { close(lock) }
            try LabProcess.requireFree(folder)
            let keys = try folder.hostKeys(topology.nodes.map(\.spec.name))
            let host = try await LabHost(
                topology: topology, hostKeys: keys, authorizedKeys: authorizedKeys,
                password: try passwordFile.map { file throws(Findings) in try LabProcess.password(file) })
            let control = try LabControlServer(folder: folder, host: host)
            let own = try description(topology, topologyName, host, keys)
            try folder.write(own)
            if saysReady { say(complaints.all) }
            // Ended by a signal; what is left behind is removed by `lab down`. A lab whose folder was removed could not be
            // found by anybody, so it ends by itself.
            await withTaskGroup(of: Void.self) { group in
                if let callHome { group.addTask { await host.callHome(to: callHome.address, port: callHome.port) } }
                while (try? folder.description())?.process == own.process { await pause() }
                group.cancelAll()
            }
            control.stop()
            await host.stop()
        } catch {
            if saysReady { say(error.all) }
            throw error
        }
    }

    /// Between two looks at the state folder.
    private static func pause() async {
        do { try await Task.sleep(for: .seconds(2)) } catch {
            // Cancelled: nobody cancels this process's one task, and looking again at once does no harm.
            await Task.yield()
        }
    }

    private static func description(
        _ topology: LabTopology, _ topologyName: String, _ host: LabHost, _ keys: [String: SSHPrivateKey]
    ) throws(Findings) -> LabDescription {
        guard let process = LabProcessIdentity.current() else {
            throw Findings([
                Finding(
                    code: "lab.no-proc", what: "/proc does not show this process",
                    remedy: "mount /proc: the lab needs it")
            ])
        }
        let nodes = Dictionary(topology.nodes.map { ($0.spec.name, $0) }, uniquingKeysWith: { first, _ in first })
        return LabDescription(
            name: topology.name, topology: topologyName, process: process,
            devices: host.listening.compactMap { place in
                guard let key = keys[place.name]?.publicKey, let node = nodes[place.name] else { return nil }
                return LabDescription.Device(
                    name: place.name, kind: node.spec.personality.rawValue, address: place.address, port: place.port,
                    hostKey: key.line, fingerprint: key.fingerprint, labels: node.labels)
            })
    }

    private static func say(_ findings: [Finding]) {
        guard var data = try? JSONEncoder().encode(findings) else { return }
        data.append(0x0A)
        data.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = write(
                    LabProcess.readyDescriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count <= 0 { break }
                rest = rest.dropFirst(count)
            }
        }
        close(LabProcess.readyDescriptor)
    }
}
