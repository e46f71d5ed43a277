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
    private let quirks: NETCONFQuirks
    private let sessionID: UInt32?
    private let isYuma: Bool
    private var lockedRunning = false
    private var lockedCandidate = false

    init(
        device: String, connection: any DeviceConnection, exchange: NETCONFExchange, hello: NETCONFHello,
        strategy: NETCONFStrategy, quirks: NETCONFQuirks
    ) {
        self.device = device
        self.connection = connection
        self.exchange = exchange
        self.strategy = strategy
        self.quirks = quirks
        sessionID = hello.sessionID
        capabilities = hello.capabilities
        isYuma = NETCONFQuirks.isYuma(hello.capabilities)
        facts = SessionFacts(
            connection: connection.facts, system: hello.sessionID.map { ["session-id": String($0)] } ?? [:],
            capabilities: hello.capabilities.texts, strategy: strategy.rawValue, protection: strategy.protection,
            exclusion: "lock")
    }

    // MARK: exclusion

    /// Running first, then candidate; released the other way round (LK-6).
    package func lock(deadline: ContinuousClock.Instant) async throws(DriverError) {
        if quirks.locksRunning || !strategy.usesCandidate {
            try await lockOne(.running, deadline)
            lockedRunning = true
        }
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
        // Deviation: on SR OS either lock blocks both datastores, so the second may be "held" by ourselves (LK-2).
        if error.isLockDenied, holder != 0, holder == sessionID { return }
        // A modified candidate cannot be locked: resource-denied, or lock-denied with session 0 (LK-1), which is also
        // how somebody outside NETCONF looks (LK-3).
        if datastore == .candidate,
            error.tag == .resourceDenied || error.saysCandidateIsModified
                || (error.isLockDenied && holder == 0)
        {
            if error.tag == .resourceDenied || error.saysCandidateIsModified {
                throw dirtyCandidate("the candidate cannot be locked: \(error.summary)")
            }
            if try await candidateDiffers(deadline) {
                throw dirtyCandidate("the candidate cannot be locked: \(error.summary)")
            }
        }
        guard error.isLockDenied || error.tag == .inUse else { throw refused(reply, "lock \(datastore)") }
        throw DriverError(
            .lockHeld,
            what: "\(datastore) is locked by \(holder == 0 ? "somebody outside NETCONF" : "session \(holder)")",
            device: device, remedy: "wait for the holder, or have an operator end that session")
    }

    private func dirtyCandidate(_ what: String) -> DriverError {
        DriverError(
            .candidateDirty, what: what, device: device,
            remedy: "somebody's uncommitted work is in it; have it committed or discarded")
    }

    private func candidateDiffers(_ deadline: ContinuousClock.Instant) async throws(DriverError) -> Bool {
        let running = try await read(.running, deadline)
        return Self.differ(try await read(.candidate, deadline), running)
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
            do throws(DriverError) {
                observed.startup = try await read(.startup, deadline).serialized(indent: 2)
            } catch {
                // Deviation: SR OS announces :startup and copies to it, and does not let it be read (GC-1).
                guard error.code == .refusedByDevice else { throw error }
                exchange.note("startup cannot be read: \(error.what)")
            }
        }
        if strategy.usesCandidate {
            let candidate = try await read(.candidate, deadline)
            if Self.differ(candidate, running) {
                observed.dirtyCandidate = candidate.serialized(indent: 2)
            }
        }
        return observed
    }

    /// `<data>` of one datastore, always in the same with-defaults mode (WD-8).
    private func read(_ datastore: NETCONFDatastore, _ deadline: ContinuousClock.Instant) async throws(DriverError)
        -> XMLElementView
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
        return data
    }

    /// Configurations can be large: value trees are made only where the texts differ.
    private static func differ(_ a: XMLElementView, _ b: XMLElementView) -> Bool {
        a.serialized() != b.serialized() && a.element.canonicalText() != b.element.canonicalText()
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
        if try await candidateDiffers(deadline) {
            throw dirtyCandidate("the candidate differs from running before our change")
        }
        for step in steps { try await edit(.candidate, step, secrets, deadline) }
    }

    private func edit(
        _ target: NETCONFDatastore, _ step: ChangeStep, _ secrets: any SecretValues, _ deadline: ContinuousClock.Instant
    ) async throws(DriverError) {
        if step.forward.trimmingXMLSpace.isEmpty { return }
        let revealed = try secrets.reveal(step.forward)
        let elements = try revealed.withRevealed { text throws(DriverError) in try content(text, step: step.id) }
        var config = EditConfig(
            target: target, testOption: capabilities.canValidate ? .testThenSet : nil,
            errorOption: capabilities.contains(.rollbackOnError) ? .rollbackOnError : nil, content: .config(elements))
        var reply = try await ask(.editConfig(config), deadline, mayHaveHappened: target == .running)
        if !reply.isSuccess, reply.errors.contains(where: \.blamesEditOptions) {
            // Deviation: clixon announces :validate and takes neither option (§7). A refused parameter means that nothing
            // was done, and test-then-set is what a server with :validate does anyway.
            exchange.note("the device refuses test-option and error-option; sending the edit without them")
            (config.testOption, config.errorOption) = (nil, nil)
            reply = try await ask(.editConfig(config), deadline, mayHaveHappened: target == .running)
        }
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

    /// Has the device check the whole candidate, where it can and where asking does no harm: edits were tested one by
    /// one, but servers check constraints between nodes only here or at commit (E-17).
    package func validate(deadline: ContinuousClock.Instant) async throws(DriverError) {
        guard strategy.usesCandidate, capabilities.canValidate, !isYuma else { return }
        try accept(try await ask(.validate(.datastore(.candidate)), deadline), "validate candidate")
    }

    package func discard(deadline: ContinuousClock.Instant) async throws(DriverError) {
        guard strategy.usesCandidate else { return }
        try accept(try await ask(.discardChanges, deadline), "discard-changes")
    }

    package func arm(
        _ steps: [ChangeStep], timeout: Duration, token: Secret, secrets: any SecretValues,
        before: @Sendable (Int) async throws -> Void, deadline: ContinuousClock.Instant
    ) async throws(DriverError) {
        exchange.secrets = secrets
        if !strategy.usesCandidate {
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
            if isYuma { try await unlock(deadline: deadline) }
            let operation = NETCONFOperation.cancelCommit(persistID: token.withRevealed { $0 })
            try acceptPending(try await ask(operation, deadline, mayHaveHappened: true), "cancel-commit")
            try await dropLeftovers(deadline)
        case .candidateConfirmed:
            // Base 1.0 has no cancel-commit: the end of the session reverts (CC-6).
            await close()
        case .candidate, .runningRollback, .running:
            throw DriverError(
                .notSupported, what: "the device has no confirmed commit to cancel", device: device,
                remedy: "send the backout")
        }
    }

    /// What the candidate holds after running was taken back is not specified (CC-5): our change may still be in it, and
    /// the next commit of anybody would make it effective.
    private func dropLeftovers(_ deadline: ContinuousClock.Instant) async throws(DriverError) {
        let reply = try await ask(.discardChanges, deadline)
        // The change is taken back; that somebody else holds the candidate now does not alter that.
        if !reply.isSuccess { exchange.note("discard-changes after cancel-commit was refused") }
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
        switch quirks.save {
        case .toStartup:
            guard capabilities.contains(.startup) else { return }
            let copy = NETCONFOperation.copyConfig(target: .startup, source: .datastore(.running))
            try accept(try await ask(copy, deadline), "copy-config to startup")
        case .operation(let element):
            try accept(try await ask(.other(element), deadline), element.local)
        case .byHand(let how):
            throw DriverError(
                .notSupported, what: "the change is live, and cannot be saved over NETCONF on \(quirks.platform)",
                device: device, remedy: how)
        }
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
