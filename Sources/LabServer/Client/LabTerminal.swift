internal import ByteTransport
package import Diagnostics
internal import Foundation
internal import LabDevices
internal import SSHTransport

/// A person's terminal on a lab device, driven by a list of commands: for demonstrations and quick looks.
package struct LabTerminal: Sendable {
    /// Longest wait for one prompt.
    package static let promptLimit: Duration = .seconds(60)
    /// Longest answer that is kept.
    static let maximumOutputBytes = 16 << 20

    let channel: any ByteChannel
    let device: String

    /// Types each command at the prompt of one session and returns all that was on the screen. A NETCONF device is
    /// sent each command as an operation.
    package static func run(_ commands: [String], on device: LabDescription.Device, keyFile: String, user: String)
        async throws(Findings) -> String
    {
        do throws(TransportError) {
            let key = try SSHPrivateKey(file: keyFile)
            let deadline = ContinuousClock.now + promptLimit
            let connector = try SSHConnector()
            let pins = HostKeyIndex(
                text: "\(HostKeyIndex.name(host: device.address, port: device.port)) \(device.hostKey)\n",
                file: "lab.json")
            let connection = try await connector.connect(
                to: SSHTarget(host: device.address, port: device.port, user: user, device: device.name), pins: pins,
                credentials: [.key(key)], deadline: deadline)
            do throws(TransportError) {
                let text: String
                if device.kind == LabPersonality.labRouter.rawValue {
                    let channel = try await connection.open(.subsystem("netconf"), deadline: deadline)
                    var session = LabNETCONF(channel: channel, device: device.name)
                    text = try await session.run(commands)
                } else {
                    // Wide, so that the device does not wrap what it echoes.
                    let channel = try await connection.open(.shell(columns: 512, rows: 24), deadline: deadline)
                    text = try await LabTerminal(channel: channel, device: device.name).type(commands)
                }
                await connection.close()
                return text
            } catch {
                await connection.close()
                throw error
            }
        } catch {
            throw Findings([
                Finding(
                    code: "transport.\(error.code.rawValue)", what: error.what, device: device.name,
                    remedy: error.remedy)
            ])
        }
    }

    func type(_ commands: [String]) async throws(TransportError) -> String {
        var screen = try await readToPrompt(after: nil)
        for command in commands {
            try await channel.write(Array((command + "\n").utf8), deadline: .now + Self.promptLimit)
            let isLeaving = ["exit", "quit", "logout"].contains(command)
            screen += try await readToPrompt(after: command, mayEnd: isLeaving)
        }
        await channel.close()
        return screen.replacing("\r\n", with: "\n")
    }

    private func readToPrompt(after command: String?, mayEnd: Bool = false) async throws(TransportError) -> String {
        let deadline = ContinuousClock.now + Self.promptLimit
        var bytes: [UInt8] = []
        while !Self.endsWithPrompt(bytes, isEchoExpected: command != nil) {
            do throws(TransportError) {
                guard let more = try await channel.read(deadline: deadline) else {
                    if mayEnd { return String(decoding: bytes, as: UTF8.self) }
                    throw TransportError(
                        .closed, what: "the device ended the session" + (command.map { " at '\($0)'" } ?? ""),
                        location: device)
                }
                bytes += more
            } catch {
                guard error.code == .timedOut else { throw error }
                throw TransportError(
                    .timedOut,
                    what: "no prompt within \(Self.promptLimit)" + (command.map { " after '\($0)'" } ?? "")
                        + "; the last line is '\(safeForDisplay(Self.lastLine(bytes), keepingLines: false))'",
                    location: device, remedy: "a fault may be at work: asbuilt lab status --state DIR")
            }
            guard bytes.count <= Self.maximumOutputBytes else {
                throw TransportError(
                    .limitExceeded, what: "more than \(Self.maximumOutputBytes) bytes without a prompt",
                    location: device)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func lastLine(_ bytes: [UInt8]) -> String {
        let start = bytes.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        return String(decoding: bytes[start...], as: UTF8.self)
    }

    /// `NAME#`, `NAME(config)#` and the like at the end. After a command its echo ends a line first.
    static func endsWithPrompt(_ bytes: [UInt8], isEchoExpected: Bool) -> Bool {
        if isEchoExpected, !bytes.contains(0x0A) { return false }
        let line = lastLine(bytes)
        guard line.hasSuffix("# ") || line.hasSuffix("> ") else { return false }
        let name = line.dropLast(2)
        return !name.isEmpty && name.allSatisfy { $0.isLetter || $0.isNumber || "-_.()".contains($0) }
    }
}
