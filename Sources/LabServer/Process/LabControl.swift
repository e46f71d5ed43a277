internal import CSystemCalls
package import Diagnostics
internal import Foundation
internal import LabDevices

/// What can be asked of a running lab over its control socket: one JSON line each way.
package struct LabRequest: Codable, Equatable, Sendable {
    package enum Action: String, Codable, Sendable { case status, fault, clear, reboot }
    package var action: Action
    package var device: String?
    /// As `LabFault` reads it.
    package var fault: String?
    package init(_ action: Action, device: String? = nil, fault: String? = nil) {
        (self.action, self.device, self.fault) = (action, device, fault)
    }
}

/// The answer.
package struct LabResponse: Codable, Equatable, Sendable {
    /// Empty when it was done.
    package var findings: [Finding] = []
    /// How all devices are afterwards.
    package var devices: [LabHost.DeviceStatus] = []
}

/// A Unix socket's address inside a folder, whatever the length of the folder's path.
enum ControlSocket {
    /// Longest request or answer.
    static let maximumBytes = 16 << 20

    /// Opens a socket and calls `use` with the address. Paths of sockets hold 108 bytes; the folder is named by a
    /// descriptor instead.
    static func open(_ folder: LabFolder, _ use: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32) throws(Findings)
        -> Int32
    {
        let directory = Glibc.open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw problem(folder, errno) }
        defer { close(directory) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw problem(folder, errno) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = "/proc/self/fd/\(directory)/\(folder.socketName)"
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name.utf8.prefix(107)) }
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                use(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard status == 0 else {
            let code = errno
            close(descriptor)
            throw problem(folder, code)
        }
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        return descriptor
    }

    static func problem(_ folder: LabFolder, _ code: Int32) -> Findings {
        Findings([
            Finding(
                code: "lab.control",
                what: "the lab's control socket in \(folder.path) cannot be used: \(String(cString: strerror(code)))",
                remedy:
                    "see whether it runs with `asbuilt lab status --state \(folder.path)`; start it again with `lab down` and `lab up`"
            )
        ])
    }

    /// Reads to the end of a line; nil when none comes.
    static func readLine(_ descriptor: Int32) -> Data? {
        var line = Data()
        var piece = [UInt8](repeating: 0, count: 65_536)
        while line.last != 0x0A {
            let count = read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0, line.count + count <= maximumBytes else { return nil }
            line.append(contentsOf: piece[..<count])
        }
        return line
    }

    static func writeLine(_ value: some Encodable, to descriptor: Int32) -> Bool {
        guard var data = try? JSONEncoder().encode(value) else { return false }
        data.append(0x0A)
        return data.withUnsafeBytes { bytes in
            var offset = 0
            while offset < bytes.count {
                let count = send(
                    descriptor, bytes.baseAddress.map { $0 + offset }, bytes.count - offset, Int32(MSG_NOSIGNAL))
                if count < 0, errno == EINTR { continue }
                if count <= 0 { return false }
                offset += count
            }
            return true
        }
    }
}

/// Answers requests on the control socket, one after the other, on a thread of its own.
final class LabControlServer: Sendable {
    private let descriptor: Int32

    init(folder: LabFolder, host: LabHost) throws(Findings) {
        unlink(folder.socketFile)
        let descriptor = try ControlSocket.open(folder) { bind($0, $1, $2) }
        guard chmod(folder.socketFile, 0o600) == 0, listen(descriptor, 16) == 0 else {
            let code = errno
            close(descriptor)
            throw ControlSocket.problem(folder, code)
        }
        var none = timeval()
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &none, socklen_t(MemoryLayout<timeval>.size))
        self.descriptor = descriptor
        let thread = Thread {
            while true {
                let peer = csystem_accept(descriptor)
                if peer < 0 {
                    if errno == EINTR || errno == ECONNABORTED { continue }
                    return
                }
                var limit = timeval(tv_sec: 5, tv_usec: 0)
                setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
                setsockopt(peer, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
                if let line = ControlSocket.readLine(peer) { _ = ControlSocket.writeLine(host.answer(line), to: peer) }
                close(peer)
            }
        }
        thread.name = "lab control"
        thread.start()
    }

    /// Ends the thread.
    func stop() { shutdown(descriptor, Int32(SHUT_RDWR)) }
    deinit { close(descriptor) }
}

extension LabHost {
    fileprivate func answer(_ line: Data) -> LabResponse {
        guard let request = try? JSONDecoder().decode(LabRequest.self, from: line) else {
            return LabResponse(findings: [
                Finding(
                    code: "lab.request", what: "the lab did not understand the request",
                    remedy: "use the asbuilt that started it")
            ])
        }
        return carryOut(request)
    }

    /// Does what a request says.
    package func carryOut(_ request: LabRequest) -> LabResponse {
        var findings: [Finding] = []
        if let device = request.device, !knows(device) {
            findings.append(
                Finding(
                    code: "lab.unknown-device",
                    what: "the lab has no device called `\(safeForDisplay(device, keepingLines: false))`",
                    remedy: "devices: \(topology.nodes.map(\.spec.name).joined(separator: ", "))"))
        } else {
            switch (request.action, request.device) {
            case (.status, _): break
            case (.clear, let device?): clearFaults(of: device)
            case (.reboot, let device?): reboot(device)
            case (.fault, let device?):
                do throws(LabFaultError) {
                    add(try LabFault(request.fault ?? ""), to: device)
                } catch {
                    findings.append(Finding(code: "lab.fault", what: error.what, device: device, remedy: error.remedy))
                }
            case (_, nil):
                findings.append(Finding(code: "lab.request", what: "no device named", remedy: "name a device"))
            }
        }
        return LabResponse(findings: findings, devices: status())
    }
}

extension LabFolder {
    /// Asks the lab that runs here.
    package func ask(_ request: LabRequest) async throws(Findings) -> LabResponse {
        _ = try running()
        let folder = self
        let outcome = await LabProcess.runBlocking { () -> Result<LabResponse, Findings> in
            do throws(Findings) {
                let descriptor = try ControlSocket.open(folder) { connect($0, $1, $2) }
                defer { close(descriptor) }
                guard ControlSocket.writeLine(request, to: descriptor), let line = ControlSocket.readLine(descriptor),
                    let response = try? JSONDecoder().decode(LabResponse.self, from: line)
                else { throw ControlSocket.problem(folder, ETIMEDOUT) }
                return .success(response)
            } catch { return .failure(error) }
        }
        let response = try outcome.get()
        try Findings(response.findings).throwIfErrors()
        return response
    }
}
