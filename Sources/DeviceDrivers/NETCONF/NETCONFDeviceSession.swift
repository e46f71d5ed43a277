import ByteTransport
package import DeviceConfiguration
package import Diagnostics
import NETCONFProtocol
import XMLDocuments

/// One NETCONF session, driven by the strategy its capabilities allow.
package actor NETCONFDeviceSession: DeviceSession {
    package nonisolated let facts: SessionFacts
    private let device: String
    private let connection: any DeviceConnection
    private var exchange: NETCONFExchange
    private let capabilities: NETCONFCapabilities
    private let strategy: NETCONFStrategy
    private var lockedRunning = false
    private var lockedCandidate = false

    init(
        device: String, connection: any DeviceConnection, exchange: NETCONFExchange, hello: NETCONFHello,
        strategy: NETCONFStrategy
    ) {
        self.device = device
        self.connection = connection
        self.exchange = exchange
        self.strategy = strategy
        capabilities = hello.capabilities
        facts = SessionFacts(
            connection: connection.facts, system: hello.sessionID.map { ["session-id": String($0)] } ?? [:],
            capabilities: hello.capabilities.texts, strategy: strategy.rawValue, protection: strategy.protection,
            exclusion: "lock")
    }

    // MARK: exclusion

    /// Running first, then candidate; released the other way round (LK-6).
    package func lock(deadline: ContinuousClock.Instant) async throws(DriverError) {
        try await lockOne(.running, deadline)
        lockedRunning = true
        guard strategy.usesCandidate else { return }
        do throws(DriverError) {
            try await lockOne(.candidate, deadline)
            lockedCandidate = true
        } catch {
            try await unlock(deadline: deadline)
            throw error
        }
    }

    private func lockOne(_ datastore: NETCONFDatastore, _ deadline: ContinuousClock.Instant) async throws(DriverError) {
        let reply = try await ask(.lock(datastore), deadline)
        guard let error = reply.errors.first(where: { !$0.isWarning }) else { return }
        let holder = error.lockHolder ?? 0
        // A modified candidate cannot be locked: resource-denied, or lock-denied with session 0 (LK-1).
        if datastore == .candidate, error.tag == .resourceDenied || (error.isLockDenied && holder == 0) {
            throw DriverError(
                .candidateDirty, what: "the candidate cannot be locked: \(error.summary)", device: device,
                remedy: "somebody's uncommitted work is in it; have it committed or discarded")
        }
        guard error.isLockDenied || error.tag == .inUse else { throw refused(reply, "lock \(datastore)") }
        throw DriverError(
            .lockHeld,
            what: "\(datastore) is locked by \(holder == 0 ? "somebody outside NETCONF" : "session \(holder)")",
            device: device, remedy: "wait for the holder, or have an operator end that session")
    }

    package func unlock(deadline: ContinuousClock.Instant) async throws(DriverError) {
        if lockedCandidate {
            lockedCandidate = false
            try accept(try await ask(.unlock(.candidate), deadline), "unlock candidate")
        }
        if lockedRunning {
            lockedRunning = false
            try accept(try await ask(.unlock(.running), deadline), "unlock running")
        }
    }

    // MARK: reading

    package func observe(deadline: ContinuousClock.Instant) async throws(DriverError) -> ObservedDevice {
        let running = try await read(.running, deadline)
        var observed = ObservedDevice(running: running.serialized(indent: 2))
        if capabilities.contains(.startup) {
            observed.startup = try await read(.startup, deadline).serialized(indent: 2)
        }
        if strategy.usesCandidate {
            let candidate = try await read(.candidate, deadline)
            if candidate.canonicalText() != running.canonicalText() {
                observed.dirtyCandidate = candidate.serialized(indent: 2)
            }
        }
        return observed
    }

    /// `<data>` of one datastore, always in the same with-defaults mode (WD-8).
    private func read(_ datastore: NETCONFDatastore, _ deadline: ContinuousClock.Instant) async throws(DriverError)
        -> XMLElement
    {
        let offered = capabilities.withDefaults
        let hasExplicit = offered.map { $0.basic == .explicit || $0.also.contains(.explicit) } ?? false
        let reply = try await ask(.getConfig(datastore, withDefaults: hasExplicit ? .explicit : nil), deadline)
        try accept(reply, "get-config \(datastore)")
        guard let data = reply.data else {
            throw DriverError(
                .unexpectedOutput, what: "the answer to get-config \(datastore) has no data", device: device,
                remedy: "look at the transcript")
        }
        return data.element
    }

    /// `<…/>`: a subtree filter for `<get>`; `get-config`: running; anything else: an XPath filter for `<get>`.
    package func capture(_ command: String, deadline: ContinuousClock.Instant) async throws(DriverError) -> [UInt8] {
        let command = command.trimmingXMLSpace
        let operation: NETCONFOperation
        if command == "get-config" {
            operation = .getConfig(.running)
        } else if command.hasPrefix("<") {
            operation = .get(filter: .subtree(try content(command, step: nil)))
        } else {
            operation = .get(filter: .xpath(command, namespaces: [:]))
        }
        let reply = try await ask(operation, deadline)
        try accept(reply, operation.name)
        let bytes = reply.data?.serialized(indent: 2) ?? []
        return exchange.secrets?.mask(bytes) ?? bytes
    }

    // MARK: changing

    package func stage(_ steps: [ChangeStep], secrets: any SecretValues, deadline: ContinuousClock.Instant)
        async throws(DriverError)
    {
        guard strategy.usesCandidate else { return }
        exchange.secrets = secrets
        let running = try await read(.running, deadline)
        let candidate = try await read(.candidate, deadline)
        guard candidate.canonicalText() == running.canonicalText() else {
            throw DriverError(
                .candidateDirty, what: "the candidate differs from running before our change", device: device,
                remedy: "somebody's uncommitted work is in it; have it committed or discarded")
        }
        for step in steps { try await edit(.candidate, step, secrets, deadline) }
    }

    private func edit(
        _ target: NETCONFDatastore, _ step: ChangeStep, _ secrets: any SecretValues, _ deadline: ContinuousClock.Instant
    ) async throws(DriverError) {
        if step.forward.trimmingXMLSpace.isEmpty { return }
        let revealed = try secrets.reveal(step.forward)
        let elements = try revealed.withRevealed { text throws(DriverError) in try content(text, step: step.id) }
        let config = EditConfig(
            target: target, testOption: capabilities.canValidate ? .testThenSet : nil,
            errorOption: capabilities.contains(.rollbackOnError) ? .rollbackOnError : nil, content: .config(elements))
        let reply = try await ask(.editConfig(config), deadline, mayHaveHappened: target == .running)
        if !reply.isSuccess {
            var error = refused(reply, "edit-config of step \(step.id)")
            error.step = step.id
            throw error
        }
    }

    private func content(_ text: String, step: Int?) throws(DriverError) -> [XMLElement] {
        do throws(XMLError) {
            return try XMLElement.fragments(
                parsing: text, namespaces: ["nc": NETCONFNamespace.base, "yang": NETCONFNamespace.yang])
        } catch {
            throw DriverError(
                .notSupported, what: "not NETCONF content: \(error.what)", device: device,
                remedy: "correct the content", step: step)
        }
    }

    /// Nothing is sent: `test-then-set` has tested each edit, and `<validate>` before `<commit>` makes netconfd lose
    /// what was staged. The read-back after the commit is what proves.
    package func validate(deadline: ContinuousClock.Instant) async throws(DriverError) {}

    package func discard(deadline: ContinuousClock.Instant) async throws(DriverError) {
        guard strategy.usesCandidate else { return }
        try accept(try await ask(.discardChanges, deadline), "discard-changes")
    }

    package func arm(
        _ steps: [ChangeStep], timeout: Duration, token: Secret, secrets: any SecretValues,
        before: @Sendable (Int) async throws -> Void, deadline: ContinuousClock.Instant
    ) async throws(DriverError) {
        exchange.secrets = secrets
        if strategy == .running {
            for step in steps {
                try await announce(step, before)
                try await edit(.running, step, secrets, deadline)
            }
            return
        }
        for step in steps { try await announce(step, before) }
        var options = CommitOptions(confirmed: strategy.hasTimer)
        if strategy.hasTimer {
            // Timeouts round up to the device's unit.
            let (seconds, rest) = timeout.components
            options.confirmTimeoutSeconds = UInt32(clamping: max(1, seconds + (rest > 0 ? 1 : 0)))
        }
        if strategy == .candidateConfirmedPersist {
            exchange.token = token
            options.persist = token.withRevealed { $0 }
        }
        try accept(try await ask(.commit(options), deadline, mayHaveHappened: true), "commit")
    }

    private func announce(_ step: ChangeStep, _ before: @Sendable (Int) async throws -> Void) async throws(DriverError)
    {
        do { try await before(step.id) } catch {
            throw DriverError(
                .cancelled, what: "step \(step.id) was not started: \(error)", device: device,
                remedy: "nothing of this step was sent", step: step.id)
        }
    }

    package func confirm(token: Secret, deadline: ContinuousClock.Instant) async throws(DriverError) {
        guard strategy.hasTimer else { return }
        var options = CommitOptions()
        if strategy == .candidateConfirmedPersist {
            exchange.token = token
            options.persistID = token.withRevealed { $0 }
        }
        try acceptPending(try await ask(.commit(options), deadline, mayHaveHappened: true), "commit")
    }

    package func cancel(token: Secret, deadline: ContinuousClock.Instant) async throws(DriverError) {
        switch strategy {
        case .candidateConfirmedPersist:
            exchange.token = token
            // Deviation: netconfd answers <ok/> to cancel-commit from the session that holds the lock on running, and
            // keeps the change. Without locks it reverts.
            try await unlock(deadline: deadline)
            let operation = NETCONFOperation.cancelCommit(persistID: token.withRevealed { $0 })
            try acceptPending(try await ask(operation, deadline, mayHaveHappened: true), "cancel-commit")
        case .candidateConfirmed:
            // Base 1.0 has no cancel-commit: the end of the session reverts (CC-6).
            await close()
        case .candidate, .running:
            throw DriverError(
                .notSupported, what: "the device has no confirmed commit to cancel", device: device,
                remedy: "send the backout")
        }
    }

    package func send(_ steps: [ChangeStep], secrets: any SecretValues, deadline: ContinuousClock.Instant)
        async throws(DriverError)
    {
        exchange.secrets = secrets
        guard strategy.usesCandidate else {
            for step in steps { try await edit(.running, step, secrets, deadline) }
            return
        }
        try await stage(steps, secrets: secrets, deadline: deadline)
        try accept(try await ask(.commit(CommitOptions()), deadline, mayHaveHappened: true), "commit")
    }

    package func save(deadline: ContinuousClock.Instant) async throws(DriverError) {
        guard capabilities.contains(.startup) else { return }
        let copy = NETCONFOperation.copyConfig(target: .startup, source: .datastore(.running))
        try accept(try await ask(copy, deadline), "copy-config to startup")
    }

    package func close() async {
        let deadline = ContinuousClock.now.advanced(by: .seconds(2))
        // The device may be gone already: a session that cannot be closed in order is closed by dropping it.
        do throws(DriverError) { _ = try await ask(.closeSession, deadline) } catch {}
        await exchange.channel.close()
        await connection.close()
    }

    // MARK: answers

    private func ask(
        _ operation: NETCONFOperation, _ deadline: ContinuousClock.Instant, mayHaveHappened: Bool = false
    ) async throws(DriverError) -> RPCReply {
        var working = exchange
        defer { exchange = working }
        return try await working.perform(operation, deadline: deadline, mayHaveHappened: mayHaveHappened)
    }

    private func accept(_ reply: RPCReply, _ what: String) throws(DriverError) {
        if !reply.isSuccess { throw refused(reply, what) }
    }

    private func acceptPending(_ reply: RPCReply, _ what: String) throws(DriverError) {
        guard let error = reply.errors.first(where: { !$0.isWarning }) else { return }
        guard error.tag == .invalidValue else { throw refused(reply, what) }
        throw DriverError(
            .nothingPending, what: "\(what): \(error.summary)", device: device,
            remedy: "nothing is pending under this token: read the device to see whether it reverted")
    }

    private func refused(_ reply: RPCReply, _ what: String) -> DriverError {
        let texts = reply.errors.filter { !$0.isWarning }.map(\.summary)
        return DriverError(
            .refusedByDevice, what: "\(what) refused: \(texts.joined(separator: "; "))", device: device,
            remedy: "correct what the device names, or ask its administrator")
    }
}
