package import ByteTransport
package import CLIDialogue
import DeviceConfiguration
import Diagnostics

/// Drives platforms whose lines take effect at once (FRR, IOS without archive), over a shell channel.
package struct CLIDriver: DeviceDriver {
    package let traits: DriverTraits
    private let style: CLIStyle
    private let dialogs: [(command: String, expectation: CLIDialogue.Expectation)]
    package static let terminalColumns = 511

    /// `dialogs`: the contract's questions; `command` matches by prefix up to a `*`.
    package init(style: CLIStyle, verifiedBy: String, dialogs: [(command: String, expect: String, answer: String)] = []) {
        self.style = style
        self.dialogs = dialogs.map { ($0.command, .init(expect: $0.expect, answer: $0.answer)) }
        traits = DriverTraits(
            platform: style.platform, endpoint: "cli", protection: .executorOnly, verifiedBy: verifiedBy,
            notes: [
                "every line takes effect when it is typed; the device reverts nothing by itself",
                "the undo is the signed backout, sent by us; without us the device stays where it was",
                "no exclusion: others may configure at the same time",
                "lines become permanent only by the save at the end; a reboot before it loses them",
            ], timerUnit: .zero)
    }

    package func open(
        device: String, connector: any DeviceConnector, transcript: any TranscriptSink,
        deadline: ContinuousClock.Instant
    ) async throws(DriverError) -> any DeviceSession {
        do {
            let connection = try await connector.connect(device: device, endpoint: "cli", deadline: deadline)
            let channel: any ByteChannel
            do {
                channel = try await connection.open(
                    .shell(columns: Self.terminalColumns, rows: 1000), deadline: deadline)
            } catch {
                await connection.close()
                throw error
            }
            let session = CLISession(
                device: device, connection: connection, channel: channel, style: style, dialogs: dialogs,
                transcript: transcript)
            do { try await session.prepare(deadline: deadline) } catch {
                await session.close()
                throw error
            }
            return session
        } catch let error as DriverError {
            throw error
        } catch let error as TransportError {
            throw DriverError(
                error.code == .cancelled ? .cancelled : .connection, what: error.what, device: device,
                remedy: error.remedy, transport: error)
        } catch {
            throw DriverError(.connection, what: "\(error)", device: device)
        }
    }
}

/// One shell session of a `CLIDriver`.
actor CLISession: DeviceSession {
    nonisolated let facts: SessionFacts
    private let device: String
    private let connection: any DeviceConnection
    private let channel: any ByteChannel
    private let style: CLIStyle
    private let dialogs: [(command: String, expectation: CLIDialogue.Expectation)]
    private let transcript: any TranscriptSink
    private var dialogue: CLIDialogue
    /// Why nothing more may be typed: the state of the conversation is not known.
    private var broken: DriverError?
    /// Received while a line with secrets is answered; recorded, masked, when the answer is complete.
    private var heard: [UInt8] = []

    init(
        device: String, connection: any DeviceConnection, channel: any ByteChannel, style: CLIStyle,
        dialogs: [(command: String, expectation: CLIDialogue.Expectation)], transcript: any TranscriptSink
    ) {
        (self.device, self.connection, self.channel, self.style) = (device, connection, channel, style)
        (self.dialogs, self.transcript, dialogue) = (dialogs, transcript, CLIDialogue(style: style))
        facts = SessionFacts(
            connection: connection.facts, system: [:], capabilities: [], strategy: "cli-immediate",
            protection: .executorOnly, exclusion: "none")
    }

    /// Waits for the prompt and turns paging off.
    func prepare(deadline: ContinuousClock.Instant) async throws(DriverError) {
        try await ConnectionPlace.run(connection.executor) { () async throws(DriverError) in
            while dialogue.prompt == nil {
                for action in dialogue.received(try await receive(deadline, mask: nil)) {
                    if case .send(let bytes) = action { try await send(bytes, deadline) }
                }
            }
        }
        guard dialogue.prompt?.isPrivileged == true else {
            throw DriverError(
                .connection, what: "the login does not reach privileged mode", device: device,
                remedy: "give the user the privilege to configure")
        }
        for line in style.preparation { _ = try await run(line, deadline) }
    }

    // MARK: DeviceSession

    /// There is no lock on these platforms.
    func lock(deadline: ContinuousClock.Instant) async throws(DriverError) {}
    func unlock(deadline: ContinuousClock.Instant) async throws(DriverError) {}
    func stage(_ steps: [ChangeStep], secrets: any SecretValues, deadline: ContinuousClock.Instant)
        async throws(DriverError)
    {}
    func validate(deadline: ContinuousClock.Instant) async throws(DriverError) {}
    func discard(deadline: ContinuousClock.Instant) async throws(DriverError) {}

    func observe(deadline: ContinuousClock.Instant) async throws(DriverError) -> ObservedDevice {
        try await ConnectionPlace.run(connection.executor) { () async throws(DriverError) in
            try await configurations(deadline)
        }
    }

    private func configurations(_ deadline: ContinuousClock.Instant) async throws(DriverError) -> ObservedDevice {
        let running = try await run("show running-config", deadline)
        if let refusal = style.refusal(in: running.output) { throw refused(refusal, by: "show running-config") }
        let startup = try await run("show startup-config", deadline)
        let canShowStartup = style.refusal(in: startup.output) == nil && !startup.output.isEmpty
        return ObservedDevice(
            running: Array(running.output.utf8), startup: canShowStartup ? Array(startup.output.utf8) : nil)
    }

    func arm(
        _ steps: [ChangeStep], timeout: Duration, token: Secret, secrets: any SecretValues,
        before: @Sendable (Int) async throws -> Void, deadline: ContinuousClock.Instant
    ) async throws(DriverError) {
        try await ConnectionPlace.run(connection.executor) { () async throws(DriverError) in
            try await configure(steps, secrets, before: before, deadline)
        }
    }

    /// Nothing to do: what was typed stays.
    func confirm(token: Secret, deadline: ContinuousClock.Instant) async throws(DriverError) {}

    func cancel(token: Secret, deadline: ContinuousClock.Instant) async throws(DriverError) {
        throw DriverError(
            .notSupported, what: "\(style.platform) reverts nothing by itself", device: device,
            remedy: "send the backout")
    }

    func send(_ steps: [ChangeStep], secrets: any SecretValues, deadline: ContinuousClock.Instant)
        async throws(DriverError)
    {
        try await ConnectionPlace.run(connection.executor) { () async throws(DriverError) in
            try await configure(steps, secrets, before: { _ in }, deadline)
        }
    }

    func save(deadline: ContinuousClock.Instant) async throws(DriverError) {
        let reply = try await run("write memory", deadline, isChanging: true)
        if let refusal = style.refusal(in: reply.output) { throw refused(refusal, by: "write memory") }
    }

    func capture(_ command: String, deadline: ContinuousClock.Instant) async throws(DriverError) -> [UInt8] {
        let isPlain = command.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F && $0 != "?" }
        // A redirection could write a file on the device.
        guard command.hasPrefix("show "), isPlain, !command.contains("redirect"), !command.contains("| tee"),
            !command.contains("append"), !command.contains(">")
        else {
            throw DriverError(
                .notSupported, what: "'\(safeForDisplay(command, keepingLines: false))' is not a read-only command",
                device: device, remedy: "captures are `show …` commands without redirection")
        }
        return Array(try await run(command, deadline).output.utf8)
    }

    func close() async {
        await channel.close()
        await connection.close()
    }

    // MARK: Typing

    /// Enters configuration mode, types the steps and leaves, whatever happened, as far as the session lives.
    private func configure(
        _ steps: [ChangeStep], _ secrets: any SecretValues, before: @Sendable (Int) async throws -> Void,
        _ deadline: ContinuousClock.Instant
    ) async throws(DriverError) {
        let entered = try await run("configure terminal", deadline)
        guard entered.prompt.isConfiguring else {
            throw refused(style.refusal(in: entered.output) ?? "no configuration mode", by: "configure terminal")
        }
        do throws(DriverError) {
            for step in steps {
                do { try await before(step.id) } catch {
                    throw DriverError(.cancelled, what: "stopped before step \(step.id): \(error)", device: device, step: step.id)
                }
                try await type(step, secrets, deadline)
            }
        } catch {
            if broken == nil { try? await leave(deadline) }
            throw error
        }
        try await leave(deadline)
    }

    private func leave(_ deadline: ContinuousClock.Instant) async throws(DriverError) {
        let left = try await run("end", deadline)
        guard !left.prompt.isConfiguring else {
            throw DriverError(
                .unexpectedOutput, what: "the device stays in mode '\(left.prompt.mode)' after 'end'", device: device,
                remedy: "look at the device; the lines were typed")
        }
    }

    private func type(_ step: ChangeStep, _ secrets: any SecretValues, _ deadline: ContinuousClock.Instant)
        async throws(DriverError)
    {
        for line in step.forward.split(separator: "\n").map(String.init) {
            let revealed = try secrets.reveal(line)
            let reply: CLIDialogue.Reply
            do throws(DriverError) {
                reply = try await run(line, deadline, revealed: revealed, secrets: secrets, isChanging: true)
            } catch {
                var error = error
                error.step = step.id
                throw error
            }
            if let refusal = style.refusal(in: reply.output) {
                throw refused(masked(refusal, secrets), by: line, step: step.id)
            }
            guard reply.prompt.isConfiguring else {
                throw DriverError(
                    .unexpectedOutput, what: "after '\(line)' the device is no longer in configuration mode",
                    device: device, remedy: "read the device; earlier lines have taken effect", step: step.id)
            }
        }
    }

    private func masked(_ text: String, _ secrets: any SecretValues) -> String {
        String(decoding: secrets.mask(Array(text.utf8)), as: UTF8.self)
    }

    private func refused(_ message: String, by line: String, step: Int? = nil) -> DriverError {
        DriverError(
            .refusedByDevice,
            what: "the device refused '\(line)': \(safeForDisplay(message, keepingLines: false))", device: device,
            remedy: "lines before it have taken effect; correct the template and plan again", step: step)
    }

    /// Types one line and waits for its prompt. After a changing line was sent, silence means unknown.
    private func run(
        _ line: String, _ deadline: ContinuousClock.Instant, revealed: Secret? = nil,
        secrets: (any SecretValues)? = nil, isChanging: Bool = false
    ) async throws(DriverError) -> CLIDialogue.Reply {
        if let broken { throw broken }
        let expectations = dialogs.filter { Self.matches($0.command, line) }.map(\.expectation)
        let bytes = (revealed ?? Secret(line)).withRevealed { dialogue.command($0, expecting: expectations) }
        transcript.record(.sent, Array(line.utf8) + [0x0A])
        defer {
            if let secrets, !heard.isEmpty { transcript.record(.received, secrets.mask(heard)) }
            heard = []
        }
        do throws(DriverError) {
            try await write(bytes, deadline)
            while true {
                for action in dialogue.received(try await receive(deadline, mask: secrets)) {
                    switch action {
                    case .send(let answer): try await send(answer, deadline)
                    case .finished(let reply): return reply
                    case .ready: break
                    case .asked(let question):
                        // Nothing is agreed to that nobody foresaw.
                        try await send([0x03], deadline)
                        throw DriverError(
                            .unexpectedOutput,
                            what: "'\(line)' makes the device ask: \(safeForDisplay(question, keepingLines: false))",
                            device: device, remedy: "add the question and its answer under `dialogs:` in the contract")
                    case .tooMuch:
                        throw DriverError(
                            .unexpectedOutput,
                            what: "'\(line)' gives more than \(CLIDialogue.maximumOutputBytes) bytes", device: device)
                    }
                }
            }
        } catch {
            var error = error
            let isSilent = error.code == .timedOut || error.code == .connection || error.code == .cancelled
            if isChanging, isSilent {
                error.what = "'\(line)' was sent and no answer came: \(error.what)"
                error.code = .unknown
                error.remedy = "read the device: the line may or may not have taken effect"
            }
            broken = error
            throw error
        }
    }

    private static func matches(_ pattern: String, _ line: String) -> Bool {
        pattern.hasSuffix("*") ? line.hasPrefix(pattern.dropLast()) : line == pattern
    }

    private func send(_ bytes: [UInt8], _ deadline: ContinuousClock.Instant) async throws(DriverError) {
        transcript.record(.sent, bytes)
        try await write(bytes, deadline)
    }

    private func write(_ bytes: [UInt8], _ deadline: ContinuousClock.Instant) async throws(DriverError) {
        do { try await channel.write(bytes, deadline: deadline) } catch { throw wrapped(error) }
    }

    private func receive(_ deadline: ContinuousClock.Instant, mask: (any SecretValues)?) async throws(DriverError)
        -> [UInt8]
    {
        do throws(TransportError) {
            guard let bytes = try await channel.read(deadline: deadline) else {
                throw TransportError(.closed, what: "the device ended the session")
            }
            // A secret in an echo may be cut by reads: with secrets, what was heard is masked and recorded as a whole.
            if mask == nil { transcript.record(.received, bytes) } else { heard += bytes }
            return bytes
        } catch {
            throw wrapped(error)
        }
    }

    private func wrapped(_ error: TransportError) -> DriverError {
        let code: DriverError.Code =
            switch error.code {
            case .timedOut: .timedOut
            case .cancelled: .cancelled
            default: .connection
            }
        return DriverError(code, what: error.what, device: device, remedy: error.remedy, transport: error)
    }
}
