import AsBuiltRecords
import CanonicalData
import ComplianceChecks
import DeviceConfiguration
import Diagnostics
import Testing

@Suite struct `Judging a configuration` {
    private let here = SourcePosition(file: "rules.yaml", line: 3, column: 5)
    private let source = BaselineSource(engagement: "edge", cycle: 1, run: "r1", record: .sha256("r"))

    private func element(_ path: [String], _ text: String) -> ConfigurationElement {
        ConfigurationElement(path: path, text: text)
    }

    private func rule(
        _ id: String, section: String? = nil, required: [String] = [], disallowed: [String] = [],
        ignored: [String] = [], severity: GoldenRule.Severity = .error
    ) throws -> GoldenRule {
        GoldenRule(
            id: id, group: "edge", severity: severity, section: try section.map { try LinePattern($0, at: here) },
            required: try required.map { try LinePattern($0, at: here) },
            disallowed: try disallowed.map { try LinePattern($0, at: here) },
            ignored: try ignored.map { try LinePattern($0, at: here) }, position: here)
    }

    private func judge(_ rules: [GoldenRule], _ baseline: Baseline = Baseline(), _ elements: [ConfigurationElement])
        throws -> DeviceCompliance
    {
        try ComplianceJudge(rules: rules, baseline: baseline).judge(device: "d", source: "live", elements: elements)
    }

    @Test(arguments: [
        ("vlan 100", "vlan 100", true), ("vlan 100", "vlan 1002", false), ("vlan 100", "vlan 100 name x", false),
        ("router bgp *", "router bgp 64500", true), ("router bgp *", "router bgp", false),
        ("~^ntp server \\S+$", "ntp server 192.0.2.1", true), ("~telnet", "transport input telnet ssh", true),
    ])
    func `lines are compared as whole words`(pattern: String, line: String, matches: Bool) throws {
        #expect(try LinePattern(pattern, at: nil).matches(line) == matches)
    }

    @Test func `a pattern that cannot be read is an error at its place`() {
        #expect { try LinePattern("~(", at: here) } throws: { error in
            (error as? Finding)?.code == "rules.bad-pattern" && (error as? Finding)?.position == here
        }
    }

    @Test func `a missing line and a forbidden line fail their rules and are named`() throws {
        let result = try judge(
            [try rule("ntp", required: ["ntp server 192.0.2.1"]), try rule("no-telnet", section: "line vty *", disallowed: ["~telnet"])],
            Baseline(), [element(["line vty 0"], "transport input telnet"), element([], "hostname x")])
        #expect(result.rules.map(\.passed) == [false, false])
        #expect(result.rules[0].reasons == ["missing: `ntp server 192.0.2.1`"])
        #expect(result.rules[1].reasons == ["not allowed: `transport input telnet` in `line vty 0`"])
        #expect(!result.isGreen)
        #expect(result.score == 0)
    }

    @Test func `a required line in a section that does not exist is missing`() throws {
        let result = try judge([try rule("limit", section: "router bgp *", required: ["~maximum-prefix"])], Baseline(), [])
        #expect(result.rules[0].reasons == ["missing: `~maximum-prefix` in `router bgp *`"])
    }

    @Test func `ignored lines count nowhere`() throws {
        let result = try judge(
            [try rule("clock", ignored: ["~^ntp clock-period"]), try rule("none", disallowed: ["~clock"])], Baseline(),
            [element([], "ntp clock-period 17179869")])
        #expect(result.rules.map(\.passed) == [true])
        #expect(result.unmanagedElements == 0)
    }

    @Test func `without rules and records nothing is green`() throws {
        let result = try judge([], Baseline(), [element([], "hostname x")])
        #expect(result.isUnjudged && !result.isGreen && result.score == nil)
        #expect(!ComplianceReport(devices: []).isGreen)
        #expect(!ComplianceReport(devices: [ComplianceJudge.unreadable(device: "d", source: "live", because: "x")]).isGreen)
    }

    private func baseline(_ entries: [Reconciliation.Entry], endState: DeviceEndState = .kept) -> Baseline {
        var record = AsBuiltRecord(
            engagement: EngagementSummary(id: "edge", title: "", ticket: "", cycle: 1, authors: [], startsFrom: []),
            gates: [], verifiedAt: "", trust: "",
            run: RunSummary(
                id: "r1", startedAt: "", endedAt: "", outcome: "kept", exitStatus: 0, executor: "", timeline: []),
            devices: [], checks: [], acceptance: [], deviations: [], learnings: [], versions: [:], links: [])
        record.devices = [
            DeviceRecord(
                device: "d", platform: "frr", endpoint: "cli", strategy: "", protection: .executorOnly,
                endState: endState, system: [:], hostKeyFingerprint: nil, baseDigest: nil, plannedDigest: nil,
                capturedDigest: nil, runningBefore: nil, runningAfter: nil, transcript: nil, diff: "", forward: [],
                backout: [], captures: [], entries: entries, previousRecord: nil, remarks: [])
        ]
        var baseline = Baseline()
        baseline.take(record, digest: .sha256("r"), device: "d")
        return baseline
    }

    @Test func `what a record built and is gone, changed or back is drift that names the record`() throws {
        let bgp = ["router bgp 1"]
        let owned = baseline([
            .init(verdict: .asDesigned, path: bgp, sent: "neighbor a description x", captured: "neighbor a description x"),
            .init(verdict: .normalised, path: bgp, sent: "neighbor a shut", captured: "neighbor a shutdown", rule: "r"),
            .init(verdict: .asDesigned, path: [], sent: "no ip route 192.0.2.0/24 blackhole", captured: nil),
            .init(verdict: .sideEffect, path: bgp, sent: nil, captured: "timers bgp 3 9"),
        ])
        #expect(owned.elements.count == 3)
        let clean = try judge(
            [], owned, [element(bgp, "neighbor a description x"), element(bgp, "neighbor a shutdown")])
        #expect(clean.isGreen && clean.score == 100 && clean.unmanagedElements == 0)
        let drifted = try judge(
            [], owned, [element(bgp, "neighbor a description y"), element([], "ip route 192.0.2.0/24 blackhole")])
        #expect(drifted.drift.map(\.kind) == [.present, .changed, .missing])
        #expect(drifted.drift.allSatisfy { $0.record == source })
        let text = ComplianceReport(devices: [drifted]).text
        #expect(text.contains("- router bgp 1 › neighbor a description x"))
        #expect(text.contains("+ router bgp 1 › neighbor a description y"))
        #expect(text.contains("record of edge, cycle 1, run r1 built the first"))
    }

    @Test func `a run that was backed out moves no baseline`() {
        let entry = Reconciliation.Entry(verdict: .asDesigned, path: [], sent: "a", captured: "a")
        #expect(baseline([entry], endState: .backedOut).elements.isEmpty)
    }

    @Test func `JUnit counts a case a rule, one for the records, and escapes what devices say`() throws {
        let failing = try judge([try rule("x", disallowed: ["~script"])], Baseline(), [element([], "a <script> & \"b\"")])
        let report = ComplianceReport(devices: [
            failing, ComplianceJudge.unreadable(device: "e", source: "live", because: "no <route>"),
        ])
        #expect(report.junit.contains("<testsuites name=\"compliance\" tests=\"2\" failures=\"2\">"))
        #expect(report.junit.contains("a &lt;script&gt; &amp; &quot;b&quot;"))
        #expect(report.junit.contains("no &lt;route&gt;"))
        #expect(report.hasUnreadable)
    }
}
