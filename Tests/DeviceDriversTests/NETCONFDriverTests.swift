import DeviceConfiguration
import Diagnostics
import NETCONFProtocol
import Synchronization
import Testing
import XMLDocuments

@testable import DeviceDrivers

struct NETCONFDriverTests {
    static let full = [
        "candidate:1.0", "confirmed-commit:1.1", "validate:1.1", "rollback-on-error:1.0",
    ].map { "urn:ietf:params:netconf:capability:" + $0 }
    let deadline = ContinuousClock.now.advanced(by: .seconds(120))
    let step = ChangeStep(id: 1, forward: "<x xmlns=\"urn:x\">1</x>", backout: "", lines: [])
    static let usual: ScriptedDevice.Answer = { operation in
        switch operation {
        case .getConfig: .data([XMLElement("x", in: "urn:x", text: "0")])
        default: .ok
        }
    }

    func open(_ device: ScriptedDevice, _ notes: Notes = Notes()) async throws -> any DeviceSession {
        try await NETCONFDriver(try #require(NETCONFQuirks.named("netconf"))).open(
            device: "r1", connector: device, transcript: notes, deadline: deadline)
    }
    func code(_ body: () async throws -> Void) async -> DriverError.Code? {
        do {
            try await body()
            return nil
        } catch { return (error as? DriverError)?.code }
    }

    @Test func `an answer that a server keeps until more bytes come is brought forth`() async throws {
        let device = ScriptedDevice(Self.full, holdsFirstAnswer: true, answer: Self.usual)
        let notes = Notes()
        let session = try await open(device, notes)
        let observed = try await session.observe(deadline: deadline)
        #expect(String(decoding: observed.running, as: UTF8.self).contains(">0</x>"))
        await session.close()
        let seen = device.seen.withLock { $0 }
        #expect(seen.count { $0 == .get(filter: .subtree([])) } == 1)
        #expect(seen.first?.name == "get-config")
        #expect(notes.text.withLock { $0 }.contains("prompting with an empty <get>"))
    }

    @Test func `a change is locked, staged, tested, committed under a token and confirmed`() async throws {
        let device = ScriptedDevice(Self.full, answer: Self.usual)
        let notes = Notes()
        let session = try await open(device, notes)
        #expect(session.facts.strategy == "netconf-candidate-confirmed-persist")
        #expect(session.facts.protection == .deviceTimer)
        try await session.lock(deadline: deadline)
        try await session.stage([step], secrets: NoSecrets(), deadline: deadline)
        try await session.validate(deadline: deadline)
        try await session.arm(
            [step], timeout: .milliseconds(60_500), token: Secret("canary"), secrets: NoSecrets(), before: { _ in },
            deadline: deadline)
        try await session.confirm(token: Secret("canary"), deadline: deadline)
        try await session.unlock(deadline: deadline)
        await session.close()
        let seen = device.seen.withLock { $0 }
        #expect(
            seen.map(\.name) == [
                "lock", "lock", "get-config", "get-config", "edit-config", "validate", "commit", "commit", "unlock",
                "unlock", "close-session",
            ])
        #expect(seen[6] == .commit(CommitOptions(confirmed: true, confirmTimeoutSeconds: 61, persist: "canary")))
        #expect(seen[7] == .commit(CommitOptions(persistID: "canary")))
        guard case .editConfig(let edit) = seen[4] else {
            Issue.record("no edit")
            return
        }
        #expect(edit.testOption == .testThenSet)
        #expect(edit.errorOption == .rollbackOnError)
        #expect(!notes.text.withLock { $0 }.contains("canary"))
    }

    @Test func `silence after a commit is unknown, silence before it is a timeout`() async throws {
        let device = ScriptedDevice(Self.full) { operation in
            if case .commit = operation { return nil }
            if case .lock = operation { return nil }
            return Self.usual(operation)
        }
        let session = try await open(device)
        #expect(await code { try await session.lock(deadline: deadline) } == .timedOut)
        #expect(
            await code {
                try await session.arm(
                    [step], timeout: .seconds(60), token: Secret("t"), secrets: NoSecrets(), before: { _ in },
                    deadline: deadline)
            } == .unknown)
    }

    @Test func `a device that stays silent once is asked once more, not twice`() async throws {
        let once = ScriptedDevice(Self.full, silentHellos: 1, answer: Self.usual)
        _ = try await open(once)
        #expect(once.connections.withLock { $0 } == 2)
        let always = ScriptedDevice(Self.full, silentHellos: 9, answer: Self.usual)
        #expect(await code { _ = try await open(always) } == .timedOut)
        #expect(always.connections.withLock { $0 } == 2)
    }

    @Test func `a lock held elsewhere and a dirty candidate are told apart, and running is released`() async throws {
        let held = ScriptedDevice(Self.full) { operation in
            operation == .lock(.running) ? .errors([.lockDenied(holder: 12)]) : Self.usual(operation)
        }
        let first = try await open(held)
        #expect(await code { try await first.lock(deadline: deadline) } == .lockHeld)
        let dirty = ScriptedDevice(Self.full) { operation in
            operation == .lock(.candidate)
                ? .errors([RPCError(.protocol, .resourceDenied, message: "discard-changes needed")])
                : Self.usual(operation)
        }
        let second = try await open(dirty)
        #expect(await code { try await second.lock(deadline: deadline) } == .candidateDirty)
        #expect(dirty.seen.withLock { $0.last } == .unlock(.running))
        let different = ScriptedDevice(Self.full) { operation in
            if case .getConfig(.candidate, _, _) = operation { return .data([]) }
            return Self.usual(operation)
        }
        let third = try await open(different)
        #expect(try await third.observe(deadline: deadline).dirtyCandidate != nil)
        #expect(
            await code { try await third.stage([step], secrets: NoSecrets(), deadline: deadline) } == .candidateDirty)
    }

    @Test func `CC-10: a wrong token means nothing is pending`() async throws {
        let device = ScriptedDevice(Self.full) { operation in
            if case .cancelCommit = operation { return .errors([.invalidValue("wrong persist-id")]) }
            return Self.usual(operation)
        }
        let session = try await open(device)
        #expect(await code { try await session.cancel(token: Secret("t"), deadline: deadline) } == .nothingPending)
    }

    @Test(arguments: [false, true])
    func `Junos' own difference stands in the transcript once a change is staged, where it gives one`(_ refuses: Bool)
        async throws
    {
        let device = ScriptedDevice(Self.full) { operation in
            guard case .other(let asked) = operation else { return Self.usual(operation) }
            guard asked.local == "get-configuration", asked.attribute("compare") == "rollback", asked.attribute("rollback") == "0"
            else { return nil }
            if refuses { return .errors([.operationFailed("syntax error")]) }
            let output = XMLElement("configuration-output", in: "", text: "[edit system]\n+  host-name new;\n")
            return .content([XMLElement("configuration-information", in: "", [output])])
        }
        let notes = Notes()
        let session = try await NETCONFDriver(try #require(NETCONFQuirks.named("juniper_junos"))).open(
            device: "r1", connector: device, transcript: notes, deadline: deadline)
        try await session.stage([step], secrets: NoSecrets(), deadline: deadline)
        let names = device.seen.withLock { $0.map(\.name) }
        #expect(names.suffix(2) == ["edit-config", "get-configuration"], "\(names)")
        let text = notes.text.withLock { $0 }
        #expect(text.contains("+  host-name new;") != refuses && text.contains("it does not say") == refuses, "\(text)")
    }
}
