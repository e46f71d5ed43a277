import CanonicalData
import ChangePlanning
import DeviceConfiguration
import Diagnostics
import Testing

@Suite struct `Planning a change` {
    private let running = "hostname r1\ninterface eth0\n description old\n ip address 192.0.2.1/24\nexit\n"
    private let intended = "ip route 10.9.0.0/16 blackhole\nip prefix-list OWN seq 5 permit 10.9.0.0/16\n"

    private func terms(accepted: [String] = [], maximumDevices: Int? = nil) -> RolloutTerms {
        RolloutTerms(
            transaction: .network, waves: [PlannedWave(name: "all", devices: ["a", "b"], soakSeconds: 0)],
            stopWhen: StopRule(failed: 1), confirmTimeoutSeconds: 300, onSplit: .back, staleRule: .touched,
            save: .afterConfirm, accepted: accepted, captures: ["show version"], maximumDevices: maximumDevices)
    }

    private func device(
        _ name: String, running: String? = nil, startup: String? = nil, intended: String? = nil,
        address: String = "198.51.100.9", protection: ProtectionClass = .executorOnly
    ) throws -> PlanningDevice {
        let model = try #require(CLIConfigurationModel(platform: "frr"))
        return PlanningDevice(
            name: name, platform: "frr", endpoint: "cli", address: address, model: model,
            observed: try model.snapshot(Array((running ?? self.running).utf8)),
            startup: try startup.map { try model.snapshot(Array($0.utf8)) },
            intended: [
                IntendedFragment(clause: "routes", ownership: .merge, text: intended ?? self.intended, provenance: [])
            ],
            strategy: "cli-immediate", protection: protection, protectionNotes: [], exclusion: "none", secrets: [:])
    }

    private func plan(_ devices: [PlanningDevice], _ terms: RolloutTerms? = nil) throws -> PlanningResult {
        try Planner(
            PlanningInput(engagement: "edge", cycle: 1, terms: terms ?? self.terms(), devices: devices)
        ).plan()
    }

    private func codes(_ body: () throws -> PlanningResult) -> [String] {
        do {
            return try body().plan.findings.map(\.code)
        } catch let findings as Findings {
            return findings.all.filter { $0.severity == .error }.map(\.code)
        } catch {
            return ["\(error)"]
        }
    }

    @Test func `the same input gives the same bytes, in whatever order devices come`() throws {
        let (a, b) = (try device("a"), try device("b"))
        let one = try CanonicalJSON.encode(try plan([a, b]).plan)
        let two = try CanonicalJSON.encode(try plan([b, a]).plan)
        #expect(one == two)
        let read = try CanonicalJSON.decode(ChangePlan.self, from: one)
        #expect(try CanonicalJSON.encode(read) == one)
        #expect(read.devices.map(\.device) == ["a", "b"])
    }

    @Test func `a plan after the plan has nothing to do`() throws {
        let first = try plan([device("a")])
        let after = try #require(first.planned["a"])
        let second = try plan([device("a", running: String(decoding: after.raw, as: UTF8.self))])
        #expect(!first.plan.isEmpty)
        #expect(second.plan.isEmpty)
        #expect(second.plan.devices[0].baseDigest == first.plan.devices[0].plannedDigest)
    }

    @Test func `an approver reads what is sent, what takes it back and what differs`() throws {
        let files = try #require(try plan([device("a")]).files["a"])
        #expect(files.intended.hasPrefix("! clause routes, ownership merge\n"))
        #expect(files.diff.contains("+ ip route 10.9.0.0/16 blackhole"))
        #expect(files.forward.contains("ip route 10.9.0.0/16 blackhole"))
        #expect(files.backout.contains("no ip route 10.9.0.0/16 blackhole"))
    }

    @Test func `more devices than the specification allows are refused`() throws {
        let devices = [try device("a"), try device("b")]
        #expect(codes { try plan(devices, terms(maximumDevices: 1)) } == ["plan.too-many-devices"])
        #expect(codes { try plan(devices, terms(maximumDevices: 2)) } == [])
    }

    @Test func `a device that would revert by rebooting is refused unless the contract takes it`() throws {
        let rebooting = try device("a", protection: .deviceReboot)
        #expect(codes { try plan([rebooting]) } == ["plan.revert-by-reboot"])
        let accepted = try plan([rebooting], terms(accepted: ["revert-by-reboot"]))
        #expect(accepted.plan.findings.map(\.severity) == [.warning])
    }

    @Test(arguments: [
        ("interface eth0\n description new\nexit\n", "192.0.2.1", ["plan.own-path"]),
        ("interface eth0\n description new\nexit\n", "198.51.100.9", []),
        ("ip route 0.0.0.0/0 192.0.2.254\n", "198.51.100.9", ["plan.own-path"]),
    ])
    func `touching the path we came by is refused where only we could undo it`(
        text: String, address: String, expected: [String]
    ) throws {
        let risky = try device("a", intended: text, address: address)
        #expect(codes { try plan([risky]) } == expected)
        let timed = try device("a", intended: text, address: address, protection: .deviceTimer)
        #expect(codes { try plan([timed]) } == [])
    }

    @Test func `a way back that needs the device's own secret is refused unless accepted or the device reverts itself`() throws {
        let running = "router bgp 1\n neighbor 192.0.2.2 remote-as 2\n neighbor 192.0.2.2 password Old-1\nexit\n"
        let text = "router bgp 1\n neighbor 192.0.2.2 password @secret(env:BGP)@\nexit\n"
        let risky = try device("a", running: running, intended: text)
        #expect(codes { try plan([risky]) } == ["plan.backout-incomplete"])
        let accepted = try plan([risky], terms(accepted: ["backout-incomplete"]))
        #expect(!accepted.plan.devices[0].backoutIsComplete)
        #expect(!String(decoding: try CanonicalJSON.encode(accepted.plan), as: UTF8.self).contains("Old-1"))
    }

    @Test func `old SSH algorithms that a device may use are a warning that approvers read`() throws {
        var old = try device("r1")
        old.legacyAlgorithms = ["3des-cbc", "ssh-rsa"]
        let findings = try plan([old, try device("r2")]).plan.findings.filter { $0.code == "plan.legacy-algorithms" }
        #expect(findings.map(\.device) == ["r1"])
        #expect(findings.first?.severity == .warning)
        #expect(findings.first?.what.contains("3des-cbc, ssh-rsa") == true)
    }

    @Test func `unsaved changes of somebody else are shown and bound by their digest`() throws {
        let result = try plan([device("a", startup: "hostname r1\n")])
        #expect(result.plan.findings.map(\.code) == ["plan.unsaved-changes"])
        let digest = try #require(result.plan.devices[0].unsavedDigest)
        let other = try plan([device("a", startup: "hostname r2\n")]).plan.devices[0].unsavedDigest
        #expect(other != digest)
        #expect(try plan([device("a", startup: running)]).plan.devices[0].unsavedDigest == nil)
    }
}
