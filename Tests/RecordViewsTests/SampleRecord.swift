import AsBuiltRecords
import CanonicalData
import DeviceConfiguration
import Diagnostics

/// A record with everything a view has to show, hostile text included.
enum SampleRecord {
    static let hostile = "<script>alert(1)</script>|`**x**`\u{1B}[2J"

    static var record: AsBuiltRecord {
        AsBuiltRecord(
            engagement: EngagementSummary(
                id: "edge-transit", title: "Transit BGP <edge>", ticket: "CHG-1", cycle: 1,
                authors: ["dana@example.net"], startsFrom: []),
            gates: [
                GateSummary(
                    gate: "spec", manifest: .sha256("spec"),
                    signers: [.init(principal: "alice@example.net", fingerprint: "SHA256:abc")],
                    validUntil: "2026-12-24T00:00:00Z")
            ],
            verifiedAt: "2026-11-24T00:00:00Z", trust: "pinned",
            run: RunSummary(
                id: "run-1", startedAt: "2026-11-24T00:00:00Z", endedAt: "2026-11-24T00:00:20Z", outcome: "kept",
                exitStatus: 0, executor: "exec1@example.net",
                timeline: [
                    .init(at: "2026-11-24T00:00:01.5Z", device: "edge-1", what: "armed"),
                    .init(at: "2026-11-24T00:00:19Z", device: "edge-1", what: "confirmed"),
                ]),
            devices: [device], checks: [check],
            acceptance: [
                AcceptanceRow(id: "AC-1", statement: "Sessions are up", verdict: "proved", because: ["up@edge-1"])
            ],
            deviations: [Deviation(id: "D-1", device: "edge-1", what: hostile)], learnings: ["Slow to converge"],
            versions: ["asbuilt": "0.1.0"],
            links: [TopologyLink(a: "edge-1", aInterface: "eth0", b: "transit", bInterface: "eth1")])
    }

    static var device: DeviceRecord {
        DeviceRecord(
            device: "edge-1", platform: "frr", endpoint: "cli", strategy: "cli-immediate", protection: .executorOnly,
            endState: .kept, system: ["version": "8.4"], hostKeyFingerprint: "SHA256:key", baseDigest: .sha256("a"),
            plannedDigest: .sha256("b"), capturedDigest: .sha256("b"), runningBefore: .sha256("ra"),
            runningAfter: .sha256("rb"), transcript: .sha256("t"), diff: " router bgp 1\n+ neighbor 192.0.2.1\n",
            forward: ["router bgp 1\n neighbor 192.0.2.1 remote-as 2\nexit"], backout: ["router bgp 1\nexit"],
            captures: [.init(command: "show version", before: .sha256("v"), after: .sha256("v"))],
            entries: [
                .init(
                    verdict: .asDesigned, path: ["router bgp 1"], sent: "neighbor 192.0.2.1 remote-as 2",
                    captured: "neighbor 192.0.2.1 remote-as 2", rule: nil,
                    provenance: LineProvenance(
                        clause: "transit", positions: [
                            SourcePosition(file: "macros.j2", line: 2), SourcePosition(file: "bgp.j2", line: 7),
                        ], variables: ["asn": "2"])),
                .init(verdict: .sideEffect, path: [], sent: nil, captured: hostile),
            ], previousRecord: nil, remarks: [])
    }

    static var check: CheckRecord {
        CheckRecord(
            id: "up", device: "edge-1", proves: "AC-1", show: "show bgp summary json", result: "proved",
            details: ["$.peers.*.state = Established"], evidence: [.sha256("e")])
    }
}
