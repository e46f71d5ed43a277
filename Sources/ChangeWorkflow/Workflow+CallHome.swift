internal import ByteTransport
internal import DeviceInventory
package import Diagnostics
internal import FoundationEssentials
internal import SSHTransport

/// Devices that call (RFC 8071) instead of being dialled.
extension Workflow {
    /// The port of RFC 8071 for NETCONF over SSH.
    private static let callHomePort = 4334

    /// Runs `body` with a workflow whose devices are those that call at `place` (`ADDRESS:PORT`, `ADDRESS` or `PORT`); with nil
    /// they are dialled. Which device calls is told by its host key, which must be pinned for one device of the inventory.
    package func listening<Answer>(at place: String?, _ body: (Workflow) async throws -> Answer) async throws -> Answer
    {
        guard let place else { return try await body(self) }
        let (address, port) = try Self.callHomePlace(place)
        let names = try devicesByFingerprint()
        let progress = progress
        let calls: SSHCallHome
        do throws(TransportError) {
            calls = try SSHCallHome(
                address: address, port: port, report: { event in progress?(Self.sentence(event)) },
                identify: { key in names[key.fingerprint] ?? [] })
        } catch {
            throw Findings([Finding(code: "transport.\(error.code.rawValue)", what: error.what, remedy: error.remedy)])
        }
        progress?("waiting for devices to call \(address) on port \(calls.port)")
        var workflow = self
        workflow.calls = calls
        async let serving: Void = calls.run()
        do {
            let answer = try await body(workflow)
            calls.stop()
            await serving
            return answer
        } catch {
            calls.stop()
            await serving
            throw error
        }
    }

    /// Devices by the keys that are accepted for them.
    private func devicesByFingerprint() throws(Findings) -> [String: [String]] {
        let access = try DeviceAccess(
            try Workspace.find(from: startFolder.path(percentEncoded: false)), environment: environment)
        var names: [String: [String]] = [:]
        for device in try inventory().devices {
            for fingerprint in Set(access.fingerprints(device).values.flatMap(\.self)) {
                names[fingerprint, default: []].append(device.name)
            }
        }
        return names
    }

    package static func callHomePlace(_ text: String) throws(Findings) -> (address: String, port: Int) {
        func port(_ digits: some StringProtocol) -> Int? {
            Int(digits).flatMap { (0...65_535).contains($0) ? $0 : nil }
        }
        if let number = port(text) { return ("0.0.0.0", number) }
        let (address, rest): (Substring, Substring)
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            (address, rest) = (text[text.index(after: text.startIndex)..<end], text[text.index(after: end)...])
        } else if text.count(where: { $0 == ":" }) > 1 {
            (address, rest) = (text[...], "")
        } else {
            let colon = text.firstIndex(of: ":") ?? text.endIndex
            (address, rest) = (text[..<colon], text[colon...])
        }
        let number = rest.isEmpty ? callHomePort : rest.hasPrefix(":") ? port(rest.dropFirst()) : nil
        guard let number, !address.isEmpty, !address.hasPrefix("[") else {
            throw Findings([
                Finding(
                    code: "call-home.place", what: "\(safeForDisplay(text, keepingLines: false)) is no place to listen",
                    remedy: "write ADDRESS:PORT, ADDRESS or PORT, for example 0.0.0.0:4334; an IPv6 address in brackets"
                )
            ])
        }
        return (String(address), number)
    }

    private static func sentence(_ event: SSHCallHome.Event) -> String {
        switch event {
        case .unknownKey(let peer, let fingerprint):
            "a call from \(peer) was refused: its host key \(fingerprint) is pinned for no device"
        case .ambiguousKey(let peer, let fingerprint, let devices):
            "a call from \(peer) was refused: its host key \(fingerprint) is pinned for \(devices.joined(separator: " and ")); "
                + "each device needs a key of its own"
        case .failed(let peer, let what): "a call from \(peer) ended: \(what)"
        }
    }
}
