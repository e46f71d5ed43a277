import ByteTransport
import DeviceConfiguration
import Diagnostics
import NETCONFProtocol
import Synchronization
import Testing
import XMLDocuments

@testable import DeviceDrivers

/// Each kind of server at the wire: what is asked of it, in order, and with which options.
@Suite struct `NETCONF servers of every kind` {
    private let deadline = ContinuousClock.now.advanced(by: .seconds(120))
    private let step = ChangeStep(id: 1, forward: "<x xmlns=\"urn:x\">1</x>", backout: "", lines: [])

    private func capabilities(_ names: String...) -> [String] {
        names.map { "urn:ietf:params:netconf:capability:" + $0 }
    }

    private func open(_ device: ScriptedDevice, _ platform: String = "netconf") async throws -> any DeviceSession {
        try await NETCONFDriver(try #require(NETCONFQuirks.named(platform))).open(
            device: "r1", connector: device, transcript: Notes(), deadline: deadline)
    }

    /// A whole change on one session: lock, stage, validate, arm, confirm, save, unlock, close.
    private func change(_ session: any DeviceSession) async throws {
        try await session.lock(deadline: deadline)
        try await session.stage([step], secrets: NoSecrets(), deadline: deadline)
        try await session.validate(deadline: deadline)
        try await session.arm(
            [step], timeout: .seconds(60), token: Secret("t"), secrets: NoSecrets(), before: { _ in },
            deadline: deadline)
        try await session.confirm(token: Secret("t"), deadline: deadline)
        try await session.save(deadline: deadline)
        try await session.unlock(deadline: deadline)
        await session.close()
    }

    private func error(_ body: () async throws -> Void) async -> DriverError? {
        do {
            try await body()
            return nil
        } catch { return error as? DriverError }
    }

    private func seen(_ device: ScriptedDevice) -> [NETCONFOperation] { device.seen.withLock { $0 } }

    private func edit(_ device: ScriptedDevice) throws -> EditConfig {
        for case .editConfig(let edit) in seen(device) { return edit }
        throw DriverError(.unexpectedOutput, what: "no edit", device: "r1")
    }

    @Test func `CA-3 CC-3 CC-6: confirmed commit 1.0 has no token, and is confirmed by a plain commit`() async throws {
        let device = ScriptedDevice(
            capabilities("candidate:1.0", "confirmed-commit:1.0", "validate:1.0"), base: "1.0",
            answer: NETCONFDriverTests.usual)
        let session = try await open(device)
        #expect(session.facts.strategy == "netconf-candidate-confirmed" && session.facts.protection == .deviceTimer)
        try await change(session)
        let commits = seen(device).filter { $0.name == "commit" }
        #expect(commits == [.commit(.init(confirmed: true, confirmTimeoutSeconds: 60)), .commit(.init())])
        #expect(try edit(device).errorOption == nil)
    }

    @Test func `CC-6: a confirmed commit 1.0 is taken back by ending the session`() async throws {
        let device = ScriptedDevice(
            capabilities("candidate:1.0", "confirmed-commit:1.0"), base: "1.0", answer: NETCONFDriverTests.usual)
        let session = try await open(device)
        try await session.cancel(token: Secret("t"), deadline: deadline)
        #expect(seen(device).map(\.name) == ["close-session"])
    }

    @Test func `CM-1: a candidate without confirmed commit and validate is edited and committed plainly`() async throws
    {
        let device = ScriptedDevice(capabilities("candidate:1.0"), answer: NETCONFDriverTests.usual)
        let session = try await open(device)
        #expect(session.facts.strategy == "netconf-candidate" && session.facts.protection == .executorOnly)
        try await change(session)
        #expect(
            seen(device).map(\.name) == [
                "lock", "lock", "get-config", "get-config", "edit-config", "commit", "unlock", "unlock",
                "close-session",
            ])
        #expect(try edit(device).testOption == nil)
        #expect(await error { try await session.cancel(token: Secret("t"), deadline: deadline) }?.code == .notSupported)
    }

    @Test func `CA-1 CA-5 CP-2 CC-15: writable running is edited whole or not at all, and saved to startup at the end`()
        async throws
    {
        let device = ScriptedDevice(
            capabilities("writable-running:1.0", "rollback-on-error:1.0", "startup:1.0", "validate:1.1"),
            answer: NETCONFDriverTests.usual)
        let session = try await open(device)
        #expect(session.facts.strategy == "netconf-running-rollback" && session.facts.protection == .executorOnly)
        try await change(session)
        #expect(seen(device).map(\.name) == ["lock", "edit-config", "copy-config", "unlock", "close-session"])
        let edit = try edit(device)
        #expect(edit.target == .running && edit.errorOption == .rollbackOnError && edit.testOption == .testThenSet)
        #expect(seen(device)[2] == .copyConfig(target: .startup, source: .datastore(.running)))
    }

    @Test func `CA-7: startup is read beside running where there is one, and no candidate where there is none`()
        async throws
    {
        let device = ScriptedDevice(
            capabilities("writable-running:1.0", "startup:1.0"), answer: NETCONFDriverTests.usual)
        let observed = try await open(device).observe(deadline: deadline)
        #expect(observed.startup != nil && observed.dirtyCandidate == nil)
        #expect(seen(device) == [.getConfig(.running), .getConfig(.startup)])
        let closed = ScriptedDevice(capabilities("writable-running:1.0", "startup:1.0")) { operation in
            operation == .getConfig(.startup)
                ? .errors([.invalidValue("startup")]) : NETCONFDriverTests.usual(operation)
        }
        #expect(try await open(closed).observe(deadline: deadline).startup == nil)
    }

    @Test func `CA-1: writable running without rollback-on-error says so in its strategy`() async throws {
        let device = ScriptedDevice(capabilities("writable-running:1.0"), answer: NETCONFDriverTests.usual)
        let session = try await open(device)
        #expect(session.facts.strategy == "netconf-running")
        try await change(session)
        #expect(seen(device).map(\.name) == ["lock", "edit-config", "unlock", "close-session"])
        let edit = try edit(device)
        #expect(edit.errorOption == nil && edit.testOption == nil)
    }

    @Test func `CA-1: a server on which nothing can be changed is read, and every change refused with the reason`()
        async throws
    {
        let device = ScriptedDevice(capabilities("startup:1.0"), answer: NETCONFDriverTests.usual)
        let session = try await open(device)
        #expect(session.facts.strategy == "netconf-read-only" && session.facts.exclusion == "none")
        #expect(try await !session.observe(deadline: deadline).running.isEmpty)
        let read = seen(device).count
        let step = step
        for refused in [
            await error { try await session.lock(deadline: deadline) },
            await error { try await session.stage([step], secrets: NoSecrets(), deadline: deadline) },
            await error {
                try await session.arm(
                    [step], timeout: .seconds(60), token: Secret("t"), secrets: NoSecrets(), before: { _ in },
                    deadline: deadline)
            }, await error { try await session.send([step], secrets: NoSecrets(), deadline: deadline) },
        ] {
            #expect(refused?.code == .notSupported)
            #expect(refused?.what.contains("neither candidate nor writable-running") == true)
        }
        #expect(seen(device).count == read)
    }

    @Test func `VA-1 E-17: the whole candidate is validated before the commit, but not on netconfd`() async throws {
        let all = capabilities("candidate:1.0", "validate:1.1")
        let device = ScriptedDevice(all) { operation in
            if case .validate = operation {
                return .errors([.operationFailed("must violated", .application, appTag: "must-violation")])
            }
            return NETCONFDriverTests.usual(operation)
        }
        let session = try await open(device)
        #expect(await error { try await session.validate(deadline: deadline) }?.code == .refusedByDevice)
        let yuma = ScriptedDevice(
            all + ["http://netconfcentral.org/ns/yuma-types?module=yuma-types&revision=2012-06-01"],
            answer: NETCONFDriverTests.usual)
        try await open(yuma).validate(deadline: deadline)
        #expect(seen(yuma).isEmpty)
    }

    @Test func `CA-6: an edit whose options are refused is sent once more without them`() async throws {
        let device = ScriptedDevice(capabilities("candidate:1.0", "validate:1.1")) { operation in
            if case .editConfig(let edit) = operation, edit.testOption != nil {
                return .errors([.unknownElement("test-option")])
            }
            return NETCONFDriverTests.usual(operation)
        }
        let session = try await open(device)
        try await session.stage([step], secrets: NoSecrets(), deadline: deadline)
        #expect(seen(device).filter { $0.name == "edit-config" }.count == 2)
        let refusing = ScriptedDevice(capabilities("candidate:1.0", "validate:1.1")) { operation in
            if case .editConfig = operation { return .errors([.unknownElement("x", .application)]) }
            return NETCONFDriverTests.usual(operation)
        }
        let other = try await open(refusing)
        #expect(
            await error { try await other.stage([step], secrets: NoSecrets(), deadline: deadline) }?.code
                == .refusedByDevice)
        #expect(seen(refusing).filter { $0.name == "edit-config" }.count == 1)
    }

    @Test func `CC-5 CC-11: after cancel-commit what is left in the candidate is dropped, under our locks`()
        async throws
    {
        let device = ScriptedDevice(NETCONFDriverTests.full, answer: NETCONFDriverTests.usual)
        let session = try await open(device)
        try await session.lock(deadline: deadline)
        try await session.cancel(token: Secret("t"), deadline: deadline)
        #expect(seen(device).map(\.name) == ["lock", "lock", "cancel-commit", "discard-changes"])
    }

    @Test
    func `LK-2 LK-3: a lock that is our own already counts, one of nobody in NETCONF is told from a dirty candidate`()
        async throws
    {
        // The scripted server gives session 5.
        let own = ScriptedDevice(NETCONFDriverTests.full) { operation in
            operation == .lock(.candidate) ? .errors([.lockDenied(holder: 5)]) : NETCONFDriverTests.usual(operation)
        }
        try await open(own).lock(deadline: deadline)
        for (answer, expected) in [("0", DriverError.Code.lockHeld), ("1", .candidateDirty)] {
            let device = ScriptedDevice(NETCONFDriverTests.full) { operation in
                switch operation {
                case .lock(.candidate): .errors([.lockDenied(holder: 0, message: "no")])
                case .getConfig(.candidate, _, _): .data([XMLElement("x", in: "urn:x", text: answer)])
                default: NETCONFDriverTests.usual(operation)
                }
            }
            let session = try await open(device)
            #expect(await error { try await session.lock(deadline: deadline) }?.code == expected)
        }
    }

    @Test func `T-2: where the subsystem is refused the platform's other ways are tried, in order`() async throws {
        let old = ScriptedDevice(
            NETCONFDriverTests.full, refusedChannels: [.subsystem("netconf")], answer: NETCONFDriverTests.usual)
        _ = try await open(old, "juniper_junos")
        #expect(old.opened.withLock { $0 } == [.subsystem("netconf"), .exec("xml-mode netconf need-trailer")])
        let agent = ScriptedDevice(
            NETCONFDriverTests.full, refusedChannels: [.subsystem("netconf")], answer: NETCONFDriverTests.usual)
        _ = try await open(agent, "cisco_nxos")
        #expect(agent.opened.withLock { $0 } == [.subsystem("netconf"), .subsystem("xmlagent")])
        let none = ScriptedDevice(
            NETCONFDriverTests.full, refusedChannels: [.subsystem("netconf")], answer: NETCONFDriverTests.usual)
        #expect(await error { _ = try await open(none) }?.transport?.code == .subsystemRefused)
    }

    @Test func `CP-2: IOS-XE saves with its own operation, NX-OS says what is to be typed`() async throws {
        let device = ScriptedDevice(NETCONFDriverTests.full, answer: NETCONFDriverTests.usual)
        try await open(device, "cisco_iosxe").save(deadline: deadline)
        #expect(seen(device) == [.other(XMLElement("save-config", in: "http://cisco.com/yang/cisco-ia"))])
        let nexus = try await open(device, "cisco_nxos")
        let refusal = await error { try await nexus.save(deadline: deadline) }
        #expect(
            refusal?.code == .notSupported && refusal?.remedy.contains("copy running-config startup-config") == true)
    }

    @Test func `LK-2: on Junos the candidate alone is locked`() async throws {
        let device = ScriptedDevice(NETCONFDriverTests.full, base: "1.0", answer: NETCONFDriverTests.usual)
        try await open(device, "juniper_junos").lock(deadline: deadline)
        #expect(seen(device) == [.lock(.candidate)])
    }

    @Test func `WD-8: all reads of a change ask for the same defaults, and for none where they are not offered`()
        async throws
    {
        let offering = ScriptedDevice(
            capabilities("candidate:1.0", "with-defaults:1.0?basic-mode=report-all&also-supported=explicit,trim"),
            answer: NETCONFDriverTests.usual)
        _ = try await open(offering).observe(deadline: deadline)
        #expect(
            seen(offering) == [
                .getConfig(.running, withDefaults: .explicit), .getConfig(.candidate, withDefaults: .explicit),
            ])
        let plain = ScriptedDevice(
            capabilities("candidate:1.0", "with-defaults:1.0?basic-mode=report-all"), answer: NETCONFDriverTests.usual)
        _ = try await open(plain).observe(deadline: deadline)
        #expect(seen(plain) == [.getConfig(.running), .getConfig(.candidate)])
    }

    @Test func `M-5: warnings beside ok do not fail a change`() async throws {
        let device = ScriptedDevice(NETCONFDriverTests.full) { operation in
            switch operation {
            case .editConfig, .commit:
                .okWithWarnings([
                    RPCError(.application, .operationFailed, message: "statement not found", isWarning: true)
                ])
            default: NETCONFDriverTests.usual(operation)
            }
        }
        try await change(try await open(device))
    }

    @Test func `every platform that is listed has a driver`() throws {
        #expect(NETCONFQuirks.knownPlatforms == NETCONFQuirks.knownPlatforms.sorted())
        for platform in NETCONFQuirks.knownPlatforms {
            #expect(NETCONFDriver(try #require(NETCONFQuirks.named(platform))).traits.platform == platform)
        }
        #expect(NETCONFQuirks.named("no_such") == nil)
    }
}
