package import ByteTransport
import Diagnostics
package import NETCONFProtocol
import XMLDocuments

/// The thin shell around the client machine: writes, reads, waits for the one answer.
package struct NETCONFExchange: Sendable {
    let device: String
    let channel: any ByteChannel
    let transcript: any TranscriptSink
    /// The connection's own: a request and its answer are many reads and writes there, and one change of thread.
    let executor: (any TaskExecutor)?
    private var machine = NETCONFClientSession(keepsMessages: true)
    /// Tokens and secrets that must not be seen in transcripts.
    var secrets: (any SecretValues)?
    var token: Secret?
    private var hasAnswered = false
    /// The device stopped reading inside a request: nothing more can be asked.
    private var isStuck = false

    /// How long the first answer may stay out before something is sent to bring it forth.
    private static let firstAnswerPatience: Duration = .seconds(2)

    package init(
        device: String, channel: any ByteChannel, transcript: any TranscriptSink, executor: (any TaskExecutor)? = nil
    ) {
        (self.device, self.channel, self.transcript, self.executor) = (device, channel, transcript, executor)
    }

    var framing: FramingMode { machine.framing }

    /// Sends our hello and waits for the device's.
    package mutating func start(deadline: ContinuousClock.Instant) async throws(DriverError) -> NETCONFHello {
        try await ConnectionPlace.run(executor) { () async throws(DriverError) in
            try await greet(deadline: deadline)
        }
    }

    private mutating func greet(deadline: ContinuousClock.Instant) async throws(DriverError) -> NETCONFHello {
        let hello: [UInt8]
        do throws(NETCONFError) { hello = try machine.start() } catch { throw problem(error, mayHaveHappened: false) }
        try await write(hello, deadline: deadline, mayHaveHappened: false)
        while true {
            for event in try await read(deadline: deadline, mayHaveHappened: false) {
                if case .opened(let server) = event {
                    for deviation in server.deviations { note(deviation) }
                    return server
                }
            }
        }
    }

    /// Asks and waits. With `mayHaveHappened`, silence after sending is `.unknown`: only reading the device tells.
    package mutating func perform(
        _ operation: NETCONFOperation, deadline: ContinuousClock.Instant, mayHaveHappened: Bool = false
    ) async throws(DriverError) -> RPCReply {
        try await ConnectionPlace.run(executor) { () async throws(DriverError) in
            try await exchange(operation, deadline: deadline, mayHaveHappened: mayHaveHappened)
        }
    }

    private mutating func exchange(
        _ operation: NETCONFOperation, deadline: ContinuousClock.Instant, mayHaveHappened: Bool
    ) async throws(DriverError) -> RPCReply {
        if isStuck {
            throw DriverError(
                .connection, what: "the session ended when the device answered a request before it had read all of it",
                device: device, remedy: "go on in a new session")
        }
        let id: MessageID
        let bytes: [UInt8]
        do throws(NETCONFError) { (id, bytes) = try machine.request(operation) } catch {
            throw problem(error, mayHaveHappened: false)
        }
        do throws(DriverError) {
            try await write(bytes, deadline: deadline, mayHaveHappened: mayHaveHappened)
        } catch {
            isStuck = true
            guard let answer = await earlyAnswer(to: id) else { throw error }
            return answer
        }
        let patience = ContinuousClock.now + Self.firstAnswerPatience
        var mayPrompt = !hasAnswered && patience < deadline && operation != .closeSession
        while true {
            let events: [NETCONFClientSession.Event]
            do throws(DriverError) {
                events = try await read(
                    deadline: mayPrompt ? patience : deadline, mayHaveHappened: mayHaveHappened)
            } catch {
                if mayPrompt, error.transport?.code == .timedOut {
                    mayPrompt = false
                    try await prompt(deadline: deadline, mayHaveHappened: mayHaveHappened)
                    continue
                }
                machine.abandon(id)
                throw error
            }
            var answer: RPCReply?
            for event in events {
                switch event {
                case .reply(let reply) where reply.id == id: answer = reply
                case .reply(let reply): note("reply to \(reply.id), nobody waits for it")
                case .ignored(let what): note(what)
                case .notification(let notification): note("notification \(notification.event.local)")
                case .opened: break
                }
            }
            if let answer {
                hasAnswered = true
                for deviation in answer.deviations { note(deviation) }
                return answer
            }
        }
    }

    /// Deviation: a server that reads our hello and the first request in one piece (as busy ones do) may carry the request
    /// out and keep the answer until more bytes come; netconfd does. A request that selects nothing is more bytes and
    /// changes nothing; its answer is dropped.
    private mutating func prompt(deadline: ContinuousClock.Instant, mayHaveHappened: Bool) async throws(DriverError) {
        let id: MessageID
        let bytes: [UInt8]
        do throws(NETCONFError) { (id, bytes) = try machine.request(.get(filter: .subtree([]))) } catch {
            throw problem(error, mayHaveHappened: mayHaveHappened)
        }
        machine.abandon(id)
        note("no answer to the first request within \(Self.firstAnswerPatience); prompting with an empty <get>")
        try await write(bytes, deadline: deadline, mayHaveHappened: mayHaveHappened)
    }

    /// A server may refuse a request by its beginning and not read the rest (`too-big`): what it said tells more than
    /// that the rest could not be written. A success would be no answer to a request that was cut.
    private mutating func earlyAnswer(to id: MessageID) async -> RPCReply? {
        while true {
            do throws(DriverError) {
                for case .reply(let reply) in try await read(deadline: .now, mayHaveHappened: false)
                where reply.id == id && !reply.isSuccess {
                    note("answered before the whole request was read")
                    return reply
                }
            } catch { return nil }
        }
    }

    private func write(_ bytes: [UInt8], deadline: ContinuousClock.Instant, mayHaveHappened: Bool)
        async throws(DriverError)
    {
        transcript.record(.sent, masked(bytes))
        do throws(TransportError) { try await channel.write(bytes, deadline: deadline) } catch {
            throw transportProblem(error, mayHaveHappened)
        }
    }

    private mutating func read(deadline: ContinuousClock.Instant, mayHaveHappened: Bool) async throws(DriverError)
        -> [NETCONFClientSession.Event]
    {
        let bytes: [UInt8]?
        do throws(TransportError) { bytes = try await channel.read(deadline: deadline) } catch {
            throw transportProblem(error, mayHaveHappened)
        }
        do throws(NETCONFError) {
            guard let bytes else {
                try machine.endOfStream()
                throw NETCONFError(.closed, what: "the device closed the channel", remedy: "read it in a new session")
            }
            // Recorded by message: a secret may be cut anywhere by packets and chunks, and only whole it is masked.
            defer {
                for message in machine.takeMessages() { transcript.record(.received, masked(message + [0x0A])) }
            }
            return try machine.receive(bytes)
        } catch { throw problem(error, mayHaveHappened: mayHaveHappened) }
    }

    func note(_ text: String) { transcript.record(.note, Array((text + "\n").utf8)) }

    private func masked(_ bytes: [UInt8]) -> [UInt8] {
        let bytes = secrets?.mask(bytes) ?? bytes
        guard let token else { return bytes }
        return token.withRevealed { value in
            value.isEmpty
                ? bytes
                : Array(String(decoding: bytes, as: UTF8.self).replacing(value, with: Secret.mask).utf8)
        }
    }

    // MARK: errors

    static func connectionError(_ error: TransportError, _ device: String) -> DriverError {
        DriverError(.connection, what: error.what, device: device, remedy: error.remedy, transport: error)
    }

    private func transportProblem(_ error: TransportError, _ mayHaveHappened: Bool) -> DriverError {
        if mayHaveHappened { return unknown(error.what, error) }
        let code: DriverError.Code =
            switch error.code {
            case .timedOut: .timedOut
            case .cancelled: .cancelled
            default: .connection
            }
        return DriverError(code, what: error.what, device: device, remedy: error.remedy, transport: error)
    }

    private func problem(_ error: NETCONFError, mayHaveHappened: Bool) -> DriverError {
        if mayHaveHappened { return unknown(error.what, nil) }
        let code: DriverError.Code =
            switch error.code {
            case .notSupported: .notSupported
            case .closed: .connection
            // Closed before the hello: as silent as no hello at all, and worth the one retry.
            case .badHello where error.what.contains("without a hello"): .timedOut
            default: .unexpectedOutput
            }
        return DriverError(code, what: error.description, device: device, remedy: error.remedy)
    }

    private func unknown(_ what: String, _ transport: TransportError?) -> DriverError {
        DriverError(
            .unknown, what: "no answer after a request that may have taken effect: \(what)", device: device,
            remedy: "read the device in a new session", transport: transport)
    }
}
