import ByteTransport
import Diagnostics
import Glibc

extension SSHSession {
    private static var probeBanner: [UInt8] { Array("SSH-2.0-asbuilt\r\n".utf8) }

    /// What the server offers for the key exchange, read from its plaintext. libssh often loses the text that says why there
    /// was nothing in common; this finds it out with a connection of its own.
    func fetchOffer(adopting socket: Int32?, deadline: ContinuousClock.Instant) async throws(TransportError)
        -> SSHKeyExchangeOffer
    {
        defer { tearDown() }
        try await beginRaw(adopting: socket, deadline: deadline)
        let own = Self.probeBanner
        // A fresh socket takes these few bytes.
        let sent = own.withUnsafeBytes { send(rawDescriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        guard sent == own.count else { throw closedByPeer() }
        var reader = SSHKeyExchangeReader()
        var piece = [UInt8](repeating: 0, count: 4096)
        while true {
            let seen = activity
            let count = recv(rawDescriptor, &piece, piece.count, 0)
            if count > 0 {
                if let offer = try reader.receive(Array(piece[..<count])) { return offer }
            } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
                throw closedByPeer()
            } else {
                try await pause(until: deadline, for: "the device's algorithms", since: seen)
            }
        }
    }

    /// The error for lists without a common name, with both of them and what could be allowed.
    nonisolated func mismatch(_ found: [SSHKeyExchangeOffer.Mismatch]) -> TransportError {
        let lists = found.map { mismatch in
            "no common \(mismatch.kind): the device offers \(mismatch.device.joined(separator: ", ")); "
                + "asbuilt offers \(mismatch.ours.joined(separator: ", "))"
        }
        let old = SSHAlgorithms.byAllowListOnly.all
        let allowable = found.map { mismatch in mismatch.device.filter { old.contains($0) } }
        let remedy: String
        if let position = allowable.firstIndex(where: \.isEmpty) {
            remedy =
                "none of the device's \(found[position].kind) algorithms is available in this build's SSH library; "
                + "enable a newer one on the device"
        } else {
            let first = allowable.compactMap(\.first).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
            remedy =
                "if the device cannot do better, allow it for this device in inventory/devices.yaml: "
                + "legacy-algorithms: [\(first.joined(separator: ", "))]"
        }
        return TransportError(
            .algorithmMismatch, what: safeForDisplay(lists.joined(separator: "; "), keepingLines: false),
            location: target.location, remedy: remedy)
    }
}
