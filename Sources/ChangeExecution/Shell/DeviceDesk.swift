internal import CanonicalData
internal import ChangePlanning
internal import DeviceConfiguration
internal import DeviceDrivers
internal import Diagnostics
internal import WorkspaceStore

/// Works on one device: holds its session and carries out its effects, one at a time.
actor DeviceDesk {
    let plan: DevicePlan
    let work: DeviceWork
    let environment: ExecutionEnvironment
    let opener: SessionOpener
    /// Writes intents to the journal; returns once they are on disk.
    let journal: @Sendable (TransactionEvent) async throws -> Void
    private(set) var session: (any DeviceSession)?
    /// The session that armed is still the one in use.
    var armedHere = false
    private var transcripts: [TranscriptBuffer] = []
    /// Set before each effect from the journal.
    var memory = RunLedger.Device()

    init(
        _ plan: DevicePlan, _ work: DeviceWork, in environment: ExecutionEnvironment, logins: LoginDesk,
        domain: String, journal: @escaping @Sendable (TransactionEvent) async throws -> Void
    ) {
        self.plan = plan
        self.work = work
        self.environment = environment
        opener = SessionOpener(
            device: plan.device, driver: work.driver, environment: environment, logins: logins, domain: domain)
        self.journal = journal
    }

    var name: String { plan.device }
    var clock: any ExecutionClock { environment.clock }

    func deadline(_ duration: Duration) -> ContinuousClock.Instant { clock.deadline(clock.now() + duration) }

    // MARK: Sessions

    /// The open session, or a new one: tried again, with growing and scattered pauses, until `until`.
    func connected(until: UTCInstant, isRecovery: Bool) async throws -> any DeviceSession {
        if let session { return session }
        let opened = try await open(until: until, isRecovery: isRecovery)
        session = opened
        armedHere = false
        return opened
    }

    /// A new connection and login of its own.
    func open(until: UTCInstant, isRecovery: Bool) async throws -> any DeviceSession {
        let transcript = TranscriptBuffer(clock: clock, limit: environment.limits.maximumTranscriptBytes)
        transcripts.append(transcript)
        return try await opener.open(until: until, isRecovery: isRecovery, transcript: transcript)
    }

    func dropSession() async {
        let old = session
        session = nil
        armedHere = false
        await old?.close()
    }

    /// Does something over the session; gives the session up when the error says that it is no longer usable.
    func over<R: Sendable>(_ session: any DeviceSession, _ body: (any DeviceSession) async throws -> R) async throws
        -> R
    {
        do { return try await body(session) } catch let error as DriverError {
            if error.endsSession { await dropSession() }
            throw error
        }
    }

    /// Reading changes nothing, so a lost session is replaced and the question asked again, until `until`.
    func reading<R: Sendable>(
        until: UTCInstant, isRecovery: Bool, _ body: (any DeviceSession) async throws -> R
    ) async throws -> R {
        var attempt = 1
        while true {
            let session = try await connected(until: until, isRecovery: isRecovery)
            do { return try await over(session, body) } catch let error as DriverError {
                let pause = Duration.milliseconds(Int64(500) * Int64(attempt))
                guard error.endsSession, error.code != .cancelled, attempt < environment.limits.connectAttempts,
                    clock.now() + pause < until
                else { throw error }
                attempt += 1
                try await clock.sleep(until: clock.now() + pause)
            }
        }
    }

    /// Closes everything and stores the transcripts.
    func release() async throws -> [Digest] {
        await dropSession()
        var digests: [Digest] = []
        for transcript in transcripts where !transcript.bytes.isEmpty {
            // What a device shows of itself comes in pieces: only the whole is masked for sure.
            digests.append(try await environment.store.storeBlob(work.secrets.mask(transcript.bytes)))
        }
        transcripts = []
        return digests
    }

    // MARK: Configurations

    /// A configuration as read, with secrets turned back, and its raw bytes stored.
    func snapshot(_ raw: [UInt8]) async throws -> (snapshot: ConfigurationSnapshot, blob: Digest) {
        let masked = work.secrets.mask(raw)
        let blob = try await environment.store.storeBlob(masked)
        do throws(Findings) { return (try work.model.snapshot(masked), blob) } catch {
            throw RunFailure(
                error, device: name,
                remedy: "`asbuilt capture \(name)` shows what it printed; the dialect may need work")
        }
    }

    func stored(_ blob: Digest) async throws -> ConfigurationSnapshot {
        try work.model.snapshot(try await environment.store.blob(blob))
    }

    /// The base of this run, as journaled.
    func base() async throws -> ConfigurationSnapshot {
        guard let observed = memory.observed else {
            throw RunFailure(
                .interrupted, what: "the run holds no reading from before the change", device: name,
                remedy: "compare the device with its baseline: `asbuilt diff \(name)`")
        }
        return try await stored(observed.running)
    }

    /// Where the device stands, compared with before and after.
    func standing(_ now: ConfigurationSnapshot) async throws -> Reading.Standing {
        let base = try await base()
        if work.model.areEquivalent(base, now) { return .before }
        let after: ConfigurationSnapshot
        if let readBack = memory.readBack {
            after = try await stored(readBack.running)
        } else {
            after = try planned(base)
        }
        if work.model.areEquivalent(after, now) { return .after }
        if try work.model.undo(plan.steps, observed: now, base: base).isEmpty { return .movedWithoutChange }
        if case .back(let steps, let original, _) = work.goal {
            let left = try work.model.undo(steps, observed: now, base: try work.model.snapshot(original))
            return left.isEmpty ? .movedWithChange : .partial
        }
        let entries = try work.model.reconcile(before: base, steps: plan.steps, after: now).entries
        return entries.contains { $0.verdict == .missing } ? .partial : .movedWithChange
    }

    func planned(_ base: ConfigurationSnapshot) throws -> ConfigurationSnapshot {
        switch work.goal {
        case .change: try work.model.applying(plan.steps, to: base)
        case .back(_, let original, _): try work.model.snapshot(original)
        }
    }

    func storeJSON(_ value: some Encodable) async throws -> Digest {
        try await environment.store.storeBlob(try CanonicalJSON.encode(value))
    }
}
