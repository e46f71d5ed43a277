import DeviceConfiguration
import Diagnostics
import NETCONFProtocol
import Synchronization
import Testing
import XMLDocuments

@testable import DeviceDrivers

/// Whole changes, from the plan to the way back, on servers with the habits of those that others run.
@Suite struct `Servers that others wrote` {
    private let deadline = ContinuousClock.now.advanced(by: .seconds(120))
    private static let before = """
        <top xmlns="urn:top"><system><host>r1</host></system><item><name>a</name><value>1</value></item></top>
        """
    private static let wanted = """
        <top xmlns="urn:top"><item><name>a</name><value>2</value></item><item><name>b</name><value>3</value></item></top>
        """
    private static let timed = Habits.all.filter(\.strategy.hasTimer)
    private let model = XMLConfigurationModel(platform: "any", modulesFolder: "yang")

    private func open(_ server: HabitualServer, _ notes: Notes = Notes()) async throws -> any DeviceSession {
        try await NETCONFDriver(try #require(NETCONFQuirks.named(server.habits.platform))).open(
            device: "r1", connector: server, transcript: notes, deadline: deadline)
    }

    private func server(_ habits: Habits) throws -> HabitualServer { try HabitualServer(habits, running: Self.before) }

    private func code(_ body: () async throws -> Void) async -> DriverError.Code? {
        do {
            try await body()
            return nil
        } catch { return (error as? DriverError)?.code }
    }

    private func planned(_ session: any DeviceSession) async throws -> (
        base: ConfigurationSnapshot, change: ComputedChange
    ) {
        let observed = try await session.observe(deadline: deadline)
        #expect(observed.dirtyCandidate == nil)
        let base = try model.snapshot(observed.running)
        let change = try model.change(
            from: base, to: [IntendedFragment(clause: "c", ownership: .merge, text: Self.wanted, provenance: [])])
        #expect(change.backoutIsComplete && change.steps.count == 1)
        return (base, change)
    }

    /// Up to the moment when the change is in effect and can still be taken back.
    private func armed(_ session: any DeviceSession, _ steps: [ChangeStep]) async throws {
        try await session.lock(deadline: deadline)
        try await session.stage(steps, secrets: NoSecrets(), deadline: deadline)
        try await session.validate(deadline: deadline)
        try await session.arm(
            steps, timeout: .seconds(60), token: Secret("t"), secrets: NoSecrets(), before: { _ in },
            deadline: deadline)
    }

    private func look(_ session: any DeviceSession) async throws -> ConfigurationSnapshot {
        try model.snapshot(try await session.observe(deadline: deadline).running)
    }

    @Test(arguments: Habits.all)
    func `a change is planned, made, read back, confirmed and taken back again`(_ habits: Habits) async throws {
        let server = try server(habits)
        let session = try await open(server)
        #expect(session.facts.strategy == habits.strategy.rawValue)
        let (base, change) = try await planned(session)
        try await armed(session, change.steps)
        let after = try await look(session)
        #expect(try model.reconcile(before: base, steps: change.steps, after: after).isClean)
        #expect(model.areEquivalent(after, change.planned))
        try await session.confirm(token: Secret("t"), deadline: deadline)
        try await session.save(deadline: deadline)
        try await session.unlock(deadline: deadline)
        await session.close()
        let kept = server.state.withLock { $0 }
        #expect(kept.pending == nil && kept.locks.isEmpty && !kept.lostWayBack)
        #expect(
            kept.running != (try XMLElement.fragments(parsing: Self.before)) && kept.candidate == kept.running
                || !habits.strategy.usesCandidate)
        #expect(kept.startup == kept.running || !habits.capabilities.contains("startup:1.0"))

        let second = try await open(server)
        let undo = try model.undo(change.steps, observed: try await look(second), base: base)
        try await second.lock(deadline: deadline)
        try await second.send(undo, secrets: NoSecrets(), deadline: deadline)
        #expect(model.areEquivalent(try await look(second), base))
        try await second.unlock(deadline: deadline)
        await second.close()
        #expect(server.state.withLock { $0.running } == (try XMLElement.fragments(parsing: Self.before)))
    }

    @Test(arguments: timed)
    func `a change is cancelled, and nothing of it stays in the candidate`(_ habits: Habits) async throws {
        let server = try server(habits)
        let session = try await open(server)
        let (base, change) = try await planned(session)
        try await armed(session, change.steps)
        try await session.cancel(token: Secret("t"), deadline: deadline)
        await session.close()
        let second = try await open(server)
        #expect(model.areEquivalent(try await look(second), base))
        let state = server.state.withLock { $0 }
        #expect(state.candidate == state.running || habits.strategy == .candidateConfirmed && habits.keepsCandidate)
        #expect(state.locks.isEmpty && state.pending == nil)
    }

    @Test(arguments: timed)
    func `CC-5 CC-13: a timer that runs out takes the change back while the session is still there`(_ habits: Habits)
        async throws
    {
        let server = try server(habits)
        let session = try await open(server)
        let (base, change) = try await planned(session)
        try await armed(session, change.steps)
        server.expire()
        #expect(!server.state.withLock { $0.lostWayBack })
        let observed = try await session.observe(deadline: deadline)
        #expect(model.areEquivalent(try model.snapshot(observed.running), base))
        #expect((observed.dirtyCandidate != nil) == habits.keepsCandidate)
        try await session.discard(deadline: deadline)
        #expect(try await session.observe(deadline: deadline).dirtyCandidate == nil)
        if habits.strategy == .candidateConfirmedPersist {
            #expect(await code { try await session.confirm(token: Secret("t"), deadline: deadline) } == .nothingPending)
        }
    }

    @Test(arguments: timed.filter { $0.strategy == .candidateConfirmedPersist })
    func `CC-7: a change whose session is lost is confirmed from another one`(_ habits: Habits) async throws {
        let server = try server(habits)
        let session = try await open(server)
        let (_, change) = try await planned(session)
        try await armed(session, change.steps)
        await session.close()
        #expect(server.state.withLock { $0.pending != nil })
        let second = try await open(server)
        try await second.confirm(token: Secret("t"), deadline: deadline)
        #expect(model.areEquivalent(try await look(second), change.planned))
        #expect(server.state.withLock { $0.pending } == nil)
    }

    @Test(arguments: Habits.all)
    func `somebody's uncommitted work, a lock held elsewhere and a refusal are told apart`(_ habits: Habits)
        async throws
    {
        let step = ChangeStep(id: 1, forward: Self.wanted, backout: "", lines: [])
        if habits.strategy.usesCandidate {
            let dirty = try server(habits)
            dirty.state.withLock { $0.candidate = [XMLElement("top", in: "urn:top")] }
            let session = try await open(dirty)
            #expect(try await session.observe(deadline: deadline).dirtyCandidate != nil)
            #expect(await code { try await session.lock(deadline: deadline) } == .candidateDirty)
            #expect(
                await code { try await session.stage([step], secrets: NoSecrets(), deadline: deadline) }
                    == .candidateDirty)
            #expect(dirty.state.withLock { $0.locks.isEmpty })
        }
        let held = try server(habits)
        held.state.withLock { $0.locks = [habits.strategy.usesCandidate ? .candidate : .running: 7] }
        let second = try await open(held)
        #expect(await code { try await second.lock(deadline: deadline) } == .lockHeld)
        #expect(held.state.withLock { $0.locks.values.contains(7) && $0.locks.count == 1 })
        let third = try await open(try server(habits))
        let missing = ChangeStep(
            id: 1, forward: "<top xmlns=\"urn:top\"><none nc:operation=\"delete\"/></top>", backout: "", lines: [])
        #expect(
            await code {
                if habits.strategy.usesCandidate {
                    try await third.stage([missing], secrets: NoSecrets(), deadline: deadline)
                } else {
                    try await third.send([missing], secrets: NoSecrets(), deadline: deadline)
                }
            } == .refusedByDevice)
    }

    @Test func `netopeer2's lock-denied with our own number is no lock of ours`() async throws {
        let server = try server(try #require(Habits.all.first { $0.name == "netopeer2" }))
        server.state.withLock { $0.pending = .init(before: $0.running, token: "other", session: 3) }
        let session = try await open(server)
        #expect(await code { try await session.lock(deadline: deadline) } == .lockHeld)
    }

    @Test func `the lock on running is released before arming on netopeer2 only, and the plan says so`() async throws {
        let server = try server(try #require(Habits.all.first { $0.name == "netopeer2" }))
        let session = try await open(server)
        #expect(session.facts.exclusion.contains("released while the change is armed"))
        let (_, change) = try await planned(session)
        try await armed(session, change.steps)
        #expect(server.state.withLock { $0.locks.keys.map(\.description) } == ["candidate"])
        let other = try self.server(try #require(Habits.all.first))
        let plain = try await open(other)
        #expect(plain.facts.exclusion == "lock")
        try await armed(plain, change.steps)
        #expect(other.state.withLock { $0.locks.count } == 2)
    }

    @Test func `M-11: an answer that comes after its time is not taken for the next one`() async throws {
        var habits = try #require(Habits.all.first)
        habits.isLate = true
        let server = try server(habits)
        let notes = Notes()
        let session = try await open(server, notes)
        #expect(await code { try await session.lock(deadline: .now) } == .timedOut)
        #expect(await code { _ = try await session.capture("get-config", deadline: .now) } == .timedOut)
        #expect(notes.text.withLock { $0.contains("the late answer to request 1 <lock> (M-11)") })
    }

    @Test func `a server that locks nothing is refused before anything is sent`() async throws {
        var habits = try #require(Habits.all.first)
        habits.refuses = { operation, _, _ in
            operation.name == "lock" ? RPCError(.protocol, .operationNotSupported) : nil
        }
        let server = try server(habits)
        let session = try await open(server)
        #expect(await code { try await session.lock(deadline: deadline) } == .notSupported)
        #expect(server.seen.withLock { $0.allSatisfy { $0.name == "lock" } })
    }

    @Test func `on base 1.0 a refused remove says that the operation came later`() async throws {
        var habits = try #require(Habits.all.first { $0.name == "Huawei" })
        habits.refuses = { operation, _, _ in
            if case .editConfig = operation {
                return .badAttribute("operation", element: "item", message: "bad operation")
            }
            return nil
        }
        let session = try await open(try server(habits))
        let step = ChangeStep(
            id: 1, forward: "<top xmlns=\"urn:top\"><item nc:operation=\"remove\"><name>a</name></item></top>",
            backout: "", lines: [])
        do {
            try await session.stage([step], secrets: NoSecrets(), deadline: deadline)
            Issue.record("it was taken")
        } catch {
            #expect(error.remedy.contains("write \"delete\""))
        }
    }

    @Test func `a request refused by its beginning is answered, though the rest could not be sent`() async throws {
        let device = ScriptedDevice(NETCONFDriverTests.full, refusesWrites: true) { operation in
            operation.name == "edit-config" ? .errors([RPCError(.rpc, .tooBig)]) : NETCONFDriverTests.usual(operation)
        }
        let session = try await NETCONFDriver(try #require(NETCONFQuirks.named("netconf"))).open(
            device: "r1", connector: device, transcript: Notes(), deadline: deadline)
        let step = ChangeStep(id: 1, forward: Self.wanted, backout: "", lines: [])
        do {
            try await session.stage([step], secrets: NoSecrets(), deadline: deadline)
            Issue.record("it was taken")
        } catch {
            #expect(error.code == .refusedByDevice)
            #expect(error.what.contains("too-big"))
        }
        #expect(await code { try await session.discard(deadline: deadline) } == .connection)
    }
}
