import ByteTransport
package import DeviceConfiguration
package import Diagnostics
import NETCONFProtocol
import XMLDocuments

/// One NETCONF session, driven by the strategy its capabilities allow.
package actor NETCONFDeviceSession: DeviceSession {
    package nonisolated let facts: SessionFacts
    let device: String
    private let connection: any DeviceConnection
    private var exchange: NETCONFExchange
    let capabilities: NETCONFCapabilities
    private let strategy: NETCONFStrategy
    private let quirks: NETCONFQuirks
    private let sessionID: UInt32?
    private let isYuma: Bool
    private let isSysrepo: Bool
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
        isSysrepo = NETCONFQuirks.isSysrepo(hello.capabilities)
        facts = SessionFacts(
            connection: connection.facts, system: hello.sessionID.map { ["session-id": String($0)] } ?? [:],
            capabilities: hello.capabilities.texts, strategy: strategy.rawValue, protection: strategy.protection,
            exclusion: strategy == .readOnly
                ? "none"
                : isSysrepo && strategy == .candidateConfirmedPersist
                    ? "lock; that of running is released while the change is armed" : "lock")
    }

    // MARK: exclusion

    /// Running first, then candidate; released the other way round (LK-6).
    package func lock(deadline: ContinuousClock.Instant) async throws(DriverError) {
        try requireChangeable()
        if quirks.locksRunning || !strategy.usesCandidate { lockedRunning = try await lockRunning(deadline) }
        guard strategy.usesCandidate else { return }
        do throws(DriverError) {
            lockedCandidate = try await lockCandidate(deadline)
        } catch {
            try await unlock(deadline: deadline)
            throw error
        }
    }

    private func requireChangeable() throws(DriverError) {
        guard strategy == .readOnly else { return }
        throw DriverError(
            .notSupported, what: "the device announces neither candidate nor writable-running", device: device,
            remedy: "enable one of them on the device: nothing can be changed over NETCONF")
    }

    /// False where only the candidate can be locked, as on Junos: that is enough where nothing else can be edited.
    private func lockRunning(_ deadline: ContinuousClock.Instant) async throws(DriverError) -> Bool {
        let reply = try await ask(.lock(.running), deadline)
        guard let error = reply.errors.first(where: { !$0.isWarning }) else { return true }
        if error.isUnsupported, strategy.usesCandidate, !capabilities.contains(.writableRunning) {
            exchange.note("running cannot be locked here; the candidate alone is")
            return false
        }
        throw lockRefused(reply, error, .running)
    }

    /// False where the lock on running keeps others from the candidate too: there is one lock to release then.
    private func lockCandidate(_ deadline: ContinuousClock.Instant) async throws(DriverError) -> Bool {
        let reply = try await ask(.lock(.candidate), deadline)
        guard let error = reply.errors.first(where: { !$0.isWarning }) else { return true }
        let holder = error.lockHolder ?? 0
        // Deviation: on SR OS either lock blocks both datastores, so the second may be "held" by ourselves (LK-2).
        if lockedRunning, error.isLockDenied, holder != 0, holder == sessionID {
            if try await candidateDiffers(deadline) {
                throw dirtyCandidate("the candidate differs from running before our change")
            }
            exchange.note("the lock on running covers the candidate")
            return false
        }
        // A modified candidate cannot be locked: resource-denied, or lock-denied with session 0 (LK-1), which is also
        // how somebody outside NETCONF looks (LK-3).
        if error.tag == .resourceDenied || error.saysCandidateIsModified {
            throw dirtyCandidate("the candidate cannot be locked: \(error.summary)")
        }
        if error.isLockDenied, holder == 0, try await candidateDiffers(deadline) {
            throw dirtyCandidate("the candidate cannot be locked: \(error.summary)")
        }
        throw lockRefused(reply, error, .candidate)
    }

    private func lockRefused(_ reply: RPCReply, _ error: RPCError, _ datastore: NETCONFDatastore) -> DriverError {
        guard error.isLockDenied || error.tag == .inUse else {
            guard error.isUnsupported else { return refused(reply, "lock \(datastore)") }
            return DriverError(
                .notSupported, what: "the device does not lock \(datastore): \(error.summary)", device: device,
                remedy: "nobody could be kept out while it is changed; change it by another endpoint")
        }
        let holder = error.lockHolder ?? 0
        let who: String
        if holder == 0 {
            who = "is locked by somebody outside NETCONF"
        } else if holder == sessionID {
            // Deviation: while anybody's confirmed commit is pending, netopeer2 names whoever asks.
            who = "cannot be locked: a confirmed commit is pending, or it is locked"
        } else {
            who = "is locked by session \(holder)"
        }
        let words = error.message.map { " (\($0.split(whereSeparator: \.isNewline).joined(separator: " ")))" } ?? ""
        return DriverError(
            .lockHeld, what: "\(datastore) \(who)\(words)", device: device,
            remedy: "wait for the holder, or have an operator end that session")
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
        a.serialized() != b.serialized() && a.element.asContent != b.element.asContent
    }

    /// `<…/>`: a subtree filter for `<get>`; `get-config`: running; anything else: an XPath filter for `<get>`, with names of
    /// modules as prefixes (`/ietf-system:system`).
    package func capture(_ command: String, deadline: ContinuousClock.Instant) async throws(DriverError) -> [UInt8] {
        let command = command.trimmingXMLSpace
        let operation: NETCONFOperation
        if command == "get-config" {
            operation = .getConfig(.running)
        } else if command.hasPrefix("<") {
            operation = .get(filter: .subtree(try content(command, step: nil)))
        } else {
            operation = .get(filter: .xpath(command, namespaces: try await namespaces(in: command, deadline)))
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
        try requireChangeable()
        guard strategy.usesCandidate else { return }
        exchange.secrets = secrets
        if try await candidateDiffers(deadline) {
            throw dirtyCandidate("the candidate differs from running before our change")
        }
        for step in steps { try await edit(.candidate, step, secrets, deadline) }
        guard let difference = quirks.difference else { return }
        exchange.note("what the device itself says would change:")
        let reply = try await ask(.other(difference), deadline)
        if !reply.isSuccess { exchange.note("it does not say") }
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
            if exchange.framing == .endOfMessage, elements.contains(where: \.asksForRemove) {
                error.remedy =
                    "this session is base:1.0, which has no operation \"remove\" (it came with RFC 6241): write \"delete\" "
                    + "for what is there; or correct what the device names"
            }
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

    /// Under the candidate's lock; where a modified candidate cannot be locked (LK-1), without it.
    package func discard(deadline: ContinuousClock.Instant) async throws(DriverError) {
        guard strategy.usesCandidate else { return }
        var isOurs = lockedCandidate
        if !isOurs {
            isOurs = try await ask(.lock(.candidate), deadline).isSuccess
            if !isOurs { exchange.note("the candidate cannot be locked; discarding without its lock") }
        }
        let reply = try await ask(.discardChanges, deadline)
        if isOurs, !lockedCandidate { try accept(try await ask(.unlock(.candidate), deadline), "unlock candidate") }
        try accept(reply, "discard-changes")
    }

    package func arm(
        _ steps: [ChangeStep], timeout: Duration, token: Secret, secrets: any SecretValues,
        before: @Sendable (Int) async throws -> Void, deadline: ContinuousClock.Instant
    ) async throws(DriverError) {
        try requireChangeable()
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
            if isSysrepo, lockedRunning { try await releaseRunning(deadline) }
        }
        try accept(try await ask(.commit(options), deadline, mayHaveHappened: true), "commit")
    }

    /// Deviation: the timer of a commit with a token restores running over a session of netopeer2's own, which our lock on
    /// running would keep out: the change would stay, and the copy to go back to is lost. Nobody else can lock running
    /// while the commit is pending, and the candidate stays locked.
    private func releaseRunning(_ deadline: ContinuousClock.Instant) async throws(DriverError) {
        exchange.note("releasing running's lock before the commit, so that this server's timer can take it back")
        lockedRunning = false
        try accept(try await ask(.unlock(.running), deadline), "unlock running")
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
        case .candidate, .runningRollback, .running, .readOnly:
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
        try requireChangeable()
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

    func ask(
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
        guard error.tag == .invalidValue || error.saysNothingIsPending else { throw refused(reply, what) }
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
