import FuzzChecks
import NETCONFProtocol

/// Both roles, opened, take anything after the hellos: an answer, an event, or an error and the end. What a client reads
/// does not depend on how the bytes were cut; what a server understood of a request it can say again.
@main struct NETCONFSessionFuzz {
    static func main() {
        let capabilities = [
            NETCONFCapability.Known.base10, .base11, .candidate, .startup, .validate11, .url, .xpath, .notification,
        ].map(\.rawValue)
        FuzzChecks.run { input in
            guard let head = input.first else { return }
            let bytes = Array(input.dropFirst())
            // Framed for them, so that the fuzzer need not learn to count; or as they are.
            let encoder = FramingEncoder(mode: .chunked, maximumChunkBytes: 64)
            let stream = head & 1 == 0 ? (try? encoder.frame(bytes)) ?? [] : bytes

            var client = NETCONFClientSession(capabilities: capabilities)
            var server = NETCONFServerSession(sessionID: 7, capabilities: capabilities)
            guard let fromClient = try? client.start(), (try? client.receive(server.start())) != nil else {
                return FuzzChecks.expect(false, "no session")
            }
            _ = server.receive(fromClient)
            for _ in 0..<Int(head >> 5) { _ = try? client.request(.getConfig(.running)) }

            var (whole, pieces) = (client, client)
            let expected = Result { try whole.receive(stream) }
            var found: [NETCONFClientSession.Event] = []
            var failed = false
            for start in stride(from: 0, to: stream.count, by: 3) where !failed {
                do { found += try pieces.receive(Array(stream[start..<min(start + 3, stream.count)])) } catch {
                    failed = true
                }
            }
            switch expected {
            case .success(let events): FuzzChecks.expect(!failed && events == found, "pieces give other events")
            case .failure: FuzzChecks.expect(failed, "pieces are taken where the whole was not")
            }

            for case .request(let request) in server.receive(stream) {
                _ = server.reply(to: request, .ok)
                guard let operation = try? request.parsed() else { continue }
                let again = try? NETCONFOperation(parsing: operation.element)
                FuzzChecks.expect(again == operation, "<\(operation.name)> is not read as it was made")
            }
        }
    }
}
