internal import ByteTransport
package import Diagnostics
internal import Foundation
package import SSHTransport

/// The state folder of one lab: host keys, what runs, the control socket and the log.
///
///     lab.json        what runs: process, ports, host keys; gone when the lab is down
///     hostkeys/NAME   private host key of a device, mode 0600; kept, so that a lab started again is the same network
///     control.sock    where `lab status` and `lab fault` ask
///     lab.log         what the background process said
package struct LabFolder: Sendable {
    package let path: String

    package init(_ path: String) { self.path = path }

    private func url(_ name: String) -> URL { URL(filePath: path, directoryHint: .isDirectory).appending(path: name) }
    private func file(_ name: String) -> String { url(name).path(percentEncoded: false) }

    var descriptionFile: String { file("lab.json") }
    var logFile: String { file("lab.log") }
    var socketName: String { "control.sock" }
    var socketFile: String { file(socketName) }
    package static let hostKeyFolder = "hostkeys"
    package func hostKeyFile(_ device: String) -> String { file(Self.hostKeyFolder + "/" + device) }

    /// Makes the folder when it is not there, for the user alone.
    package func prepare() throws(Findings) {
        do {
            let manager = FileManager.default
            let attributes: [FileAttributeKey: Any] = [.posixPermissions: 0o700]
            try manager.createDirectory(atPath: path, withIntermediateDirectories: true, attributes: attributes)
            try manager.createDirectory(
                atPath: file(Self.hostKeyFolder), withIntermediateDirectories: true, attributes: attributes)
        } catch {
            throw Findings([
                Finding(
                    code: "lab.state-folder",
                    what: "the state folder \(path) cannot be made: \((error as NSError).localizedDescription)",
                    remedy: "name another folder with --state")
            ])
        }
    }

    /// The host key of each device: the one kept here, or a new one.
    package func hostKeys(_ devices: [String]) throws(Findings) -> [String: SSHPrivateKey] {
        var keys: [String: SSHPrivateKey] = [:]
        for device in devices {
            let place = hostKeyFile(device)
            do throws(TransportError) {
                if FileManager.default.fileExists(atPath: place) {
                    keys[device] = try SSHPrivateKey(file: place)
                } else {
                    let key = try SSHPrivateKey.generate(.ed25519)
                    try key.export(to: place)
                    keys[device] = key
                }
            } catch {
                throw Findings([
                    Finding(
                        code: "lab.host-key", what: error.what, device: device,
                        remedy: "remove \(place) to have a new host key made")
                ])
            }
        }
        return keys
    }

    // MARK: What runs

    /// Takes the folder for this process; the caller closes the descriptor to let go of it.
    func lock() throws(Findings) -> Int32 {
        let descriptor = open(file("lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            if descriptor >= 0 { close(descriptor) }
            throw Findings([
                Finding(
                    code: "lab.already-running", what: "another lab starts or runs with the state folder \(path)",
                    remedy: "end it with `asbuilt lab down --state \(path)`, or name another folder with --state")
            ])
        }
        return descriptor
    }

    func write(_ description: LabDescription) throws(Findings) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        do {
            try encoder.encode(description).write(to: url("lab.json"), options: .atomic)
        } catch {
            throw Findings([
                Finding(
                    code: "lab.state-folder",
                    what: "\(descriptionFile) cannot be written: \((error as NSError).localizedDescription)",
                    remedy: "check the folder's permissions and the space left")
            ])
        }
    }

    /// What was started here; nil when nothing was, or it was taken down.
    package func description() throws(Findings) -> LabDescription? {
        guard FileManager.default.fileExists(atPath: descriptionFile) else { return nil }
        do {
            return try JSONDecoder().decode(LabDescription.self, from: Data(contentsOf: url("lab.json")))
        } catch {
            throw Findings([
                Finding(
                    code: "lab.state-damaged",
                    what: "\(descriptionFile) cannot be read: \((error as NSError).localizedDescription)",
                    remedy: "end the lab's process by hand, then remove the folder")
            ])
        }
    }

    /// The lab that runs here.
    package func running() throws(Findings) -> LabDescription {
        if let description = try description(), description.process.isAlive { return description }
        throw Findings([
            Finding(
                code: "lab.not-running", what: "no lab runs with the state folder \(path)",
                remedy: "start one: asbuilt lab up TOPOLOGY --state \(path) --authorized-key FILE")
        ])
    }

    /// Removes what belongs to the process that ran here. Host keys stay.
    func removeRunningState() {
        for name in [descriptionFile, socketFile] { unlink(name) }
    }

    /// Removes the folder with everything a lab keeps in it, and nothing else: strangers' files stay, with the folder.
    package func purge() throws(Findings) {
        if let description = try description(), description.process.isAlive {
            throw Findings([
                Finding(
                    code: "lab.already-running", what: "the lab \(description.name) still runs",
                    remedy: "end it first: asbuilt lab down --state \(path)")
            ])
        }
        removeRunningState()
        unlink(logFile)
        unlink(file("lock"))
        let manager = FileManager.default
        let keys = (try? manager.contentsOfDirectory(atPath: file(Self.hostKeyFolder))) ?? []
        for name in keys { unlink(hostKeyFile(name)) }
        rmdir(file(Self.hostKeyFolder))
        rmdir(path)
    }

    /// The last lines of the log.
    func lastLogLines(_ count: Int = 12) -> String {
        guard let data = FileManager.default.contents(atPath: logFile) else { return "" }
        let lines = String(decoding: data.suffix(16_384), as: UTF8.self).split(separator: "\n")
        return safeForDisplay(lines.suffix(count).joined(separator: "\n"))
    }
}

/// `lab.json`: what runs in the background.
package struct LabDescription: Codable, Equatable, Sendable {
    package struct Device: Codable, Equatable, Sendable {
        package var name: String
        package var kind: String
        package var address: String
        package var port: Int
        /// `TYPE BASE64`.
        package var hostKey: String
        package var fingerprint: String
        package var labels: [String: String]

        package init(
            name: String, kind: String, address: String, port: Int, hostKey: String, fingerprint: String,
            labels: [String: String]
        ) {
            (self.name, self.kind, self.address, self.port) = (name, kind, address, port)
            (self.hostKey, self.fingerprint, self.labels) = (hostKey, fingerprint, labels)
        }
    }

    package var asbuilt = "lab/v1"
    package var name: String
    /// The topology file as it was named.
    package var topology: String
    package var process: LabProcessIdentity
    package var devices: [Device]

    package init(name: String, topology: String, process: LabProcessIdentity, devices: [Device]) {
        (self.name, self.topology, self.process, self.devices) = (name, topology, process, devices)
    }

    package func device(_ name: String) throws(Findings) -> Device {
        if let device = devices.first(where: { $0.name == name }) { return device }
        throw Findings([
            Finding(
                code: "lab.unknown-device",
                what: "the lab has no device called `\(safeForDisplay(name, keepingLines: false))`",
                remedy: "devices: \(devices.map(\.name).joined(separator: ", "))")
        ])
    }
}
