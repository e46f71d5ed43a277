import ByteTransport
import Glibc
import Synchronization

/// Resolves names on a few blocking threads of its own, because `getaddrinfo` has no other way.
final class NameResolver: Sendable {
    static let shared = NameResolver()
    typealias Answer = Result<[SocketAddress], TransportError>

    private struct Question {
        var host: String
        var port: Int
        var answer: @Sendable (Answer) -> Void
    }
    private struct State {
        var waiting: [Question] = []
        var threads = 0
        var idle = 0
    }
    private let state = Mutex(State())
    private static let maximumThreads = 4
    private static let maximumWaiting = 20_000
    private static let maximumAddresses = 8

    /// Calls back from any thread; at once, on the caller's, for literal addresses.
    func resolve(_ host: String, port: Int, answer: @escaping @Sendable (Answer) -> Void) {
        if let literal = SocketAddress(numeric: host, port: port) { return answer(.success([literal])) }
        let question = Question(host: host, port: port, answer: answer)
        enum Next { case full, queued, needsThread }
        let next = state.withLock { state -> Next in
            guard state.waiting.count < Self.maximumWaiting else { return .full }
            state.waiting.append(question)
            guard state.threads < Self.maximumThreads else { return .queued }
            state.threads += 1
            return .needsThread
        }
        switch next {
        case .queued: break
        case .full:
            answer(.failure(TransportError(.limitExceeded, what: "more than \(Self.maximumWaiting) names to resolve")))
        case .needsThread: startThread()
        }
    }

    private func startThread() {
        var thread = pthread_t()
        let box = Unmanaged.passRetained(self)
        let status = pthread_create(
            &thread, nil,
            { raw in
                guard let raw else { return nil }
                Unmanaged<NameResolver>.fromOpaque(raw).takeRetainedValue().work()
                return nil
            }, box.toOpaque())
        if status == 0 {
            pthread_detach(thread)
            return
        }
        box.release()
        let stranded = state.withLock { state -> [Question] in
            state.threads -= 1
            defer { if state.threads == 0 { state.waiting = [] } }
            return state.threads == 0 ? state.waiting : []
        }
        for question in stranded {
            question.answer(.failure(TransportError.system("start a resolver thread", status)))
        }
    }

    /// Answers questions until none is left; the thread then ends.
    private func work() {
        while true {
            let question = state.withLock { state -> Question? in
                guard !state.waiting.isEmpty else {
                    state.threads -= 1
                    return nil
                }
                return state.waiting.removeFirst()
            }
            guard let question else { return }
            question.answer(Self.lookUp(question.host, question.port))
        }
    }

    private static func lookUp(_ host: String, _ port: Int) -> Answer {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, String(port), &hints, &list)
        defer { if let list { freeaddrinfo(list) } }
        guard status == 0 else {
            return .failure(
                TransportError(
                    .nameUnknown,
                    what: "the name '\(host)' cannot be resolved: \(String(cString: gai_strerror(status)))",
                    location: "\(host):\(port)",
                    remedy: "check the device's endpoint in inventory/devices.yaml and the name server"))
        }
        var addresses: [SocketAddress] = []
        var next = list
        while let entry = next, addresses.count < maximumAddresses {
            if let raw = entry.pointee.ai_addr, let address = SocketAddress(raw, length: entry.pointee.ai_addrlen) {
                addresses.append(address)
            }
            next = entry.pointee.ai_next
        }
        return addresses.isEmpty
            ? .failure(TransportError(.nameUnknown, what: "the name '\(host)' has no address")) : .success(addresses)
    }
}
