import ByteTransport
import CLibCrypto
import Glibc

/// The user's SSH agent as one login may use it: only the chosen keys are seen.
///
/// libssh asks an agent with blocking calls and offers every key it holds, which on devices that count attempts ends in a
/// refusal. So it gets one end of a socket pair; a thread of this login answers on the other end, lists the chosen keys only
/// and passes requests to sign on to the agent. The thread ends with the login.
enum SSHAgent {
    /// One key that the agent holds.
    struct Identity: Equatable, Sendable {
        var blob: [UInt8]
        var comment: String
        /// `SHA256:…` in OpenSSH's form.
        var fingerprint: String { SSHAgent.fingerprint(blob) }
    }

    /// Largest message of the agent protocol that is passed on; OpenSSH has the same limit.
    static let maximumMessageBytes = 256 * 1024
    static let maximumIdentities = 1024
    /// How long the agent may take to say which keys it has; signing may wait for a person.
    private static let listPatienceSeconds = 10

    /// Opens a way to the agent behind `path` that shows the keys with this fingerprint or comment, or all (nil). Gives the
    /// descriptor for libssh, the caller's to close. Blocks: for a thread that may.
    static func open(path: String, key: String?) throws(TransportError) -> Int32 {
        let agent = try connect(path)
        let chosen: [Identity]
        do throws(TransportError) {
            let all = try identities(agent)
            chosen = all.filter { key == nil || $0.fingerprint == key || $0.comment == key }
            guard !chosen.isEmpty else {
                throw TransportError(
                    .credentialUnavailable,
                    what: all.isEmpty
                        ? "the SSH agent holds no key"
                        : "the SSH agent holds no key '\(key ?? "")'; it holds "
                            + all.map { "\($0.fingerprint) (\($0.comment))" }.joined(separator: ", "),
                    location: path, remedy: "add the key with ssh-add, or name one that `ssh-add -l` lists")
            }
            var ends: [Int32] = [-1, -1]
            guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
                throw TransportError.system("make a socket pair", errno)
            }
            let relay = Relay(agent: agent, client: ends[0], chosen: chosen)
            guard BlockingThread.start({ relay.run() }) else {
                close(ends[0])
                close(ends[1])
                throw TransportError.system("start a thread for the agent", EAGAIN)
            }
            return ends[1]
        } catch {
            close(agent)
            throw error
        }
    }

    private static func connect(_ path: String) throws(TransportError) -> Int32 {
        func failure(_ why: String) -> TransportError {
            TransportError(
                .credentialUnavailable, what: "the SSH agent at \(path) cannot be reached: \(why)", location: path,
                remedy: "start one with: eval $(ssh-agent); then ssh-add KEY, and check SSH_AUTH_SOCK")
        }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path), !bytes.contains(0) else {
            throw failure("the path is too long")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw failure(TransportError.systemText(errno)) }
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard status == 0 else {
            let code = errno
            close(descriptor)
            throw failure(TransportError.systemText(code))
        }
        return descriptor
    }

    /// Asks for the list (SSH_AGENTC_REQUEST_IDENTITIES).
    private static func identities(_ agent: Int32) throws(TransportError) -> [Identity] {
        var patience = timeval(tv_sec: listPatienceSeconds, tv_usec: 0)
        setsockopt(agent, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        defer {
            patience.tv_sec = 0
            setsockopt(agent, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        }
        guard writeMessage(agent, [11]), let answer = readMessage(agent), let list = parse(answer) else {
            throw TransportError(
                .credentialUnavailable, what: "the SSH agent did not list its keys",
                remedy: "check that `ssh-add -l` answers")
        }
        return list
    }

    /// The list of an SSH_AGENT_IDENTITIES_ANSWER; nil when it is none or damaged.
    static func parse(_ message: [UInt8]) -> [Identity]? {
        guard message.first == 12 else { return nil }
        var rest = message.dropFirst()
        func number() -> Int? {
            guard rest.count >= 4 else { return nil }
            defer { rest = rest.dropFirst(4) }
            return rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        }
        func string() -> [UInt8]? {
            guard let length = number(), rest.count >= length else { return nil }
            defer { rest = rest.dropFirst(length) }
            return Array(rest.prefix(length))
        }
        guard let count = number(), count <= maximumIdentities else { return nil }
        var found: [Identity] = []
        for _ in 0..<count {
            guard let blob = string(), let comment = string() else { return nil }
            found.append(Identity(blob: blob, comment: String(decoding: comment, as: UTF8.self)))
        }
        return found
    }

    /// An SSH_AGENT_IDENTITIES_ANSWER with these keys.
    static func answer(_ identities: [Identity]) -> [UInt8] {
        func big(_ number: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) } }
        return identities.reduce(into: [12] + big(identities.count)) { message, identity in
            let comment = Array(identity.comment.utf8)
            message += big(identity.blob.count) + identity.blob + big(comment.count) + comment
        }
    }

    private static func fingerprint(_ blob: [UInt8]) -> String {
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        SHA256(blob, blob.count, &digest)
        var text = [UInt8](repeating: 0, count: 64)
        let count = EVP_EncodeBlock(&text, digest, Int32(digest.count))
        return "SHA256:" + String(decoding: text.prefix(max(0, Int(count))), as: UTF8.self).prefix { $0 != "=" }
    }

    // MARK: Messages, blocking

    /// One message without its length; nil at the end of the stream, on damage and when time is over.
    fileprivate static func readMessage(_ descriptor: Int32) -> [UInt8]? {
        guard let head = readExactly(descriptor, 4) else { return nil }
        let length = head.reduce(0) { $0 << 8 | Int($1) }
        guard (1...maximumMessageBytes).contains(length) else { return nil }
        return readExactly(descriptor, length)
    }

    private static func readExactly(_ descriptor: Int32, _ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var got = 0
        while got < count {
            let more = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress.map { $0 + got }, count - got) }
            if more < 0, errno == EINTR { continue }
            guard more > 0 else { return nil }
            got += more
        }
        return bytes
    }

    fileprivate static func writeMessage(_ descriptor: Int32, _ message: [UInt8]) -> Bool {
        let bytes = (0..<4).map { UInt8(truncatingIfNeeded: message.count >> (24 - 8 * $0)) } + message
        var sent = 0
        while sent < bytes.count {
            let more = bytes.withUnsafeBytes {
                send(descriptor, $0.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if more < 0, errno == EINTR { continue }
            guard more > 0 else { return false }
            sent += more
        }
        return true
    }

    /// Answers one login until it ends: the list itself, requests to sign with a listed key from the agent, and a failure to
    /// everything else.
    private struct Relay: Sendable {
        let agent: Int32
        let client: Int32
        let chosen: [Identity]

        func run() {
            while let message = readMessage(client) {
                let answer: [UInt8]?
                switch message.first {
                case 11: answer = SSHAgent.answer(chosen)
                case 13 where isListed(message):
                    answer = writeMessage(agent, message) ? readMessage(agent) : nil
                default: answer = [5]
                }
                guard let answer, writeMessage(client, answer) else { break }
            }
            close(client)
            close(agent)
        }

        /// Whether the key of a SSH_AGENTC_SIGN_REQUEST is one that may be used.
        private func isListed(_ request: [UInt8]) -> Bool {
            guard request.count >= 5 else { return false }
            let length = request[1..<5].reduce(0) { $0 << 8 | Int($1) }
            guard request.count >= 5 + length else { return false }
            return chosen.contains { $0.blob.elementsEqual(request[5..<(5 + length)]) }
        }
    }
}

/// Threads for calls that block, outside reactors and the cooperative pool.
enum BlockingThread {
    private final class Work {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Starts a thread of its own; false when the system has none left.
    static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        var thread = pthread_t()
        let box = Unmanaged.passRetained(Work(body))
        let status = pthread_create(
            &thread, nil,
            { raw in
                guard let raw else { return nil }
                Unmanaged<Work>.fromOpaque(raw).takeRetainedValue().body()
                return nil
            }, box.toOpaque())
        guard status == 0 else {
            box.release()
            return false
        }
        pthread_detach(thread)
        return true
    }
}
