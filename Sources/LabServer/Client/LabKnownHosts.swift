package import Diagnostics
internal import Foundation
internal import SSHTransport

/// Pins a lab's host keys in a `known_hosts` file.
package enum LabKnownHosts {
    package struct Change: Equatable, Sendable {
        package var pinned: Int
        /// Lines that stood there for the same ports.
        package var replaced: Int
        package init(pinned: Int, replaced: Int) { (self.pinned, self.replaced) = (pinned, replaced) }
    }

    /// Writes a marked line for each device. Earlier marked lines for the same ports go; an unmarked line for one of
    /// them is somebody's own and stops it.
    package static func write(_ lab: LabDescription, folder: LabFolder, to path: String) throws(Findings) -> Change {
        var kept: [Substring] = []
        let wanted = Dictionary(
            lab.devices.map { (HostKeyIndex.name(host: $0.address, port: $0.port), $0) },
            uniquingKeysWith: { first, _ in first })
        var (replaced, findings) = (0, Findings())
        for (index, line) in try existing(path).enumerated() {
            let names = line.split(separator: " ").first?.split(separator: ",").map(String.init) ?? []
            guard let name = names.first(where: { wanted[$0] != nil }), !line.hasPrefix("#") else {
                kept.append(line)
                continue
            }
            guard LabHostKey.isMarked(line) else {
                findings.add(
                    Finding(
                        code: "lab.known-hosts", what: "\(name) is pinned to another key, and not by a lab",
                        at: SourcePosition(file: path, line: index + 1),
                        remedy:
                            "remove the line if it is about an earlier lab; otherwise choose other ports in the topology"
                    ))
                continue
            }
            replaced += 1
        }
        try findings.throwIfErrors()
        var lines = kept.map(String.init)
        for device in lab.devices {
            let words = device.hostKey.split(separator: " ").map(String.init)
            guard words.count == 2, let key = SSHPublicKey(type: words[0], base64: words[1]) else { continue }
            lines.append(
                LabHostKey.line(
                    host: device.address, port: device.port, key: key, privateKeyFile: folder.hostKeyFile(device.name)))
        }
        do {
            try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: path), options: .atomic)
        } catch { throw unusable(path, "written", error) }
        return Change(pinned: lab.devices.count, replaced: replaced)
    }

    private static func existing(_ path: String) throws(Findings) -> [Substring] {
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        do {
            let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
            var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            if lines.last?.isEmpty == true { lines.removeLast() }
            return lines
        } catch { throw unusable(path, "read", error) }
    }

    private static func unusable(_ path: String, _ verb: String, _ error: any Error) -> Findings {
        Findings([
            Finding(
                code: "lab.known-hosts", what: "\(path) cannot be \(verb): \((error as NSError).localizedDescription)",
                remedy: "check the folder and its permissions")
        ])
    }
}
