import DesignContracts
import Diagnostics
import Foundation
import SignedManifests
import SourceDocuments
import StateChecks
import TestSupport
import Testing

@Suite struct `Documents of an engagement` {
    private func contract(_ text: String) throws -> Contract {
        var warnings = Findings()
        return try Contract.read(
            try SourceDocument.yaml(text, file: "contract.yaml"), fields: [], warnings: &warnings)
    }

    private func findings(_ body: () throws -> Void) -> [Finding] {
        do { try body() } catch let findings as Findings { return findings.all } catch { Issue.record(error) }
        return []
    }

    @Test func `the worked engagement reads without a finding`() throws {
        let root = Repository.root.appending(path: "lab/engagements/edge-transit").path(percentEncoded: false)
        let loaded = try Engagement.load(EngagementFolder(root: root))
        #expect(loaded.findings.all.isEmpty, "\(loaded.findings)")
        #expect(loaded.engagement.id == "edge-transit" && loaded.engagement.startsFrom.isEmpty)
        #expect(loaded.specification.acceptance.map(\.id) == ["AC-1", "AC-2", "AC-3"])
        let contract = try #require(loaded.contract)
        #expect(
            contract.configurations.map(\.source.path) == ["templates/transit-bgp.j2", "templates/core-bgp.xml.j2"])
        #expect(contract.rollout.waves.map(\.name) == ["canary", "rest"])
        #expect(contract.rollout.waves.last?.batch == .percent(100))
        #expect(contract.checksAfter.count == 3 && contract.captures.count == 2)
    }

    @Test func `the example site's policy reads without a finding`() throws {
        let path = Repository.root.appending(path: "inventory/policy.yaml").path(percentEncoded: false)
        var warnings = Findings()
        let policy = try Policy.read(
            try SourceDocument.load(path: path, shownAs: "policy.yaml"), fields: [], warnings: &warnings)
        #expect(warnings.all.isEmpty)
        #expect(policy.design.lifetime == .seconds(14 * 86_400) && policy.design.conditions.count == 1)
    }

    @Test func `every key of a contract in the design is understood`() throws {
        let read = try contract(
            """
            asbuilt: contract/v1
            devices: "role:edge and site:ams"
            config:
              - { id: a, template: templates/a.j2, devices: "platform:frr", ownership: section, sections: [router bgp 1], satisfies: [AC-1] }
              - { id: b, netconf: templates/b.xml.j2, devices: "endpoint:netconf" }
            templates:
              style: netlab
              packs: [ ansible, netlab ]
              undefined: strict
              trim-blocks: false
              lstrip-blocks: false
              keep-trailing-newline: true
            checks:
              before: [ { id: up, devices: "role:edge", show: show x, parse: json, expect: [ { path: "$.a", exists: true } ] } ]
            rollout:
              transaction: wave
              waves: [ { name: canary, devices: "name:x", soak: 60s }, { name: rest, batch: 2 } ]
              stop-when: { failed: 3 }
              confirm-timeout: 600s
              on-split: hold
            stale: refuse
            capture: [ show version ]
            save: never
            accept: [ revert-by-reboot, backout-incomplete ]
            dialogs: [ { command: "no username *", expect: "[confirm]", answer: "" } ]
            rotates: [ bgp-key ]
            """)
        #expect(read.rollout.transaction == .wave && read.rollout.onSplit == .hold && read.rollout.stopWhenFailed == 3)
        #expect(read.configurations[0].ownership == .section && read.configurations[1].ownership == .merge)
        #expect(read.templates.style == .netlab && read.templates.packs == ["ansible", "netlab"])
        #expect(read.templates.undefined == .strict && read.templates.keepTrailingNewline == true)
        #expect(read.templates.trimBlocks == false && read.templates.lstripBlocks == false)
        #expect(read.stale == .refuse && read.save == .never && read.accepted.count == 2)
        #expect(read.dialogs.map(\.expect) == ["[confirm]"] && read.dialogs.map(\.answer) == [""])
    }

    @Test func `a pack that does not exist is found in the contract, with those that do`() {
        let found = findings {
            _ = try contract(
                """
                asbuilt: contract/v1
                devices: "role:edge"
                config: [ { id: a, template: templates/a.j2, devices: "role:edge" } ]
                templates: { packs: [ ansible, arista ], style: nornir }
                """)
        }
        #expect(Set(found.map(\.code)) == ["contract.unknown-word"])
        let remedies = found.map { "\($0.position?.line ?? 0):\($0.position?.column ?? 0) \($0.remedy)" }
        #expect(remedies.contains { $0.hasPrefix("4:32 ") && $0.contains("arista.avd") })
        #expect(remedies.contains { $0.hasPrefix("4:49 ") && $0.contains("netlab") })
    }

    @Test func `all mistakes are found at once, each at its place`() {
        let found = findings {
            _ = try contract(
                """
                asbuilt: contract/v1
                devices: "role:edge and"
                config:
                  - id: a b
                    templte: templates/a.j2
                    devices: "role:edge"
                    ownership: merg
                rollout: { transactoin: network, confirm-timeout: 5 }
                accept: [ revert-by-rebot ]
                """)
        }
        let places = found.map { "\($0.position.map { "\($0.line):\($0.column)" } ?? "") \($0.code)" }
        #expect(places.contains("4:9 contract.id"), "\(places)")
        #expect(places.contains("5:5 contract.unknown-key"), "\(places)")
        #expect(places.contains("7:16 contract.unknown-word"), "\(places)")
        #expect(places.contains("8:12 contract.unknown-key"), "\(places)")
        #expect(places.contains("8:51 contract.not-a-duration"), "\(places)")
        #expect(places.contains("9:11 contract.unknown-word"), "\(places)")
        #expect(places.contains { $0.hasPrefix("2:") }, "\(places)")
        #expect(found.first { $0.code == "contract.unknown-key" }?.remedy.contains("did you mean `template`?") == true)
        #expect(found.allSatisfy { !$0.remedy.isEmpty })
    }

    @Test(arguments: [
        ("../x.j2", "contract.path"), ("/etc/passwd", "contract.path"), ("templates/../spec.md", "contract.path"),
        ("other/x.j2", "contract.path"), ("templates/", "contract.path"),
    ])
    func `a template outside the locked folder is refused`(path: String, code: String) {
        let found = findings {
            _ = try contract(
                "asbuilt: contract/v1\ndevices: \"role:edge\"\nconfig: [ { id: a, template: \"\(path)\", devices: \"role:edge\" } ]\n"
            )
        }
        #expect(found.map(\.code) == [code])
    }

    @Test func `criteria that are not in the specification and templates that are missing are found`() throws {
        let folder = try ScratchFolder("engagement")
        try folder.write(
            "asbuilt: engagement/v1\nid: x\ntitle: T\nauthors: [dana@example.net]\nstarts-from: none\n",
            to: "engagement.yaml")
        try folder.write(
            "---\nasbuilt: spec/v1\ntitle: T\nscope: { devices: \"role:edge\" }\nacceptance: [ { id: AC-1, statement: S } ]\n---\nProse\n",
            to: "spec.md")
        try folder.write(
            "asbuilt: contract/v1\ndevices: \"role:edge\"\nconfig: [ { id: a, template: templates/a.j2, devices: \"role:edge\", satisfies: [AC-2] } ]\n",
            to: "contract.yaml")
        let found = findings { _ = try Engagement.load(EngagementFolder(root: folder.path)) }
        #expect(
            Set(found.map(\.code)) == [
                "contract.unknown-criterion", "contract.template-missing", "contract.unproved",
            ])
        try FileManager.default.removeItem(at: folder.url.appending(path: "contract.yaml"))
        let loaded = try Engagement.load(EngagementFolder(root: folder.path))
        #expect(loaded.contract == nil && loaded.specification.prose == "Prose\n")
    }

    @Test func `the TextFSM templates of checks are read with the contract, from what was verified`() throws {
        let files = [
            "engagement.yaml": "asbuilt: engagement/v1\nid: x\ntitle: T\nauthors: [dana@example.net]\nstarts-from: none\n",
            "spec.md":
                "---\nasbuilt: spec/v1\ntitle: T\nscope: { devices: \"role:edge\" }\nacceptance: [ { id: AC-1, statement: S } ]\n---\nProse\n",
            "contract.yaml": """
                asbuilt: contract/v1
                devices: "role:edge"
                config: [ { id: a, template: templates/a.j2, devices: "role:edge" } ]
                checks:
                  after:
                    - { id: up, proves: AC-1, devices: "role:edge", show: show ports, parse: textfsm, template: templates/p.textfsm,
                        expect: [ { path: "$[*].port", all: { equals: e1 } } ] }

                """,
            "templates/a.j2": "x\n", "templates/p.textfsm": "Value PORT (\\S+)\n\nStart\n  ^${PORT} -> Record\n",
        ]
        func load(_ files: [String: String]) throws(Findings) -> LoadedEngagement {
            try Engagement.load(EngagementFolder(root: "/nonexistent"), texts: files.mapValues { Array($0.utf8) })
        }
        let check = try #require(try load(files).contract?.checksAfter.first)
        #expect(check.evaluate(after: Array("e1\n".utf8)).verdict == .proved)
        #expect(check.evaluate(after: Array("e2\n".utf8)).verdict == .failed)
        let missing = findings { _ = try load(files.filter { $0.key != "templates/p.textfsm" }) }
        #expect(missing.map(\.code) == ["contract.template-missing"])
        let broken = findings { _ = try load(files.merging(["templates/p.textfsm": "Value PORT\n"]) { $1 }) }
        #expect(broken.map { "\($0.position?.description ?? "") \($0.code)" } == ["templates/p.textfsm:1 textfsm.template"])
    }

    @Test func `a policy names unknown roles, roles that are too small and gates without anybody`() {
        let found = findings {
            var warnings = Findings()
            _ = try Policy.read(
                try SourceDocument.yaml(
                    """
                    asbuilt: policy/v1
                    roles: { architect: [alice@example.net], netops: [bob@example.net] }
                    gates:
                      spec: { require: [ { role: architct } ], lifetime: 30d }
                      design: { require: [ { role: netops, count: 2 } ], lifetime: 14d, when: [ { require: [ { role: netops } ] } ] }
                      record: { require: [] }
                    freeze: [ 2026-12-20/2026-12-19 ]
                    agents: { bot@example.net: alone }
                    """, file: "policy.yaml"), fields: [], warnings: &warnings)
        }
        #expect(
            Set(found.map(\.code)) == [
                "policy-file.unknown-role", "policy-file.role-too-small", "policy-file.condition",
                "policy-file.no-requirement", "policy-file.time-window", "policy-file.unknown-word",
            ], "\(found)")
    }

    @Test func `a frozen policy with fields of its site is read without the site`() throws {
        let text = ApprovedSite.policy.replacing("role:core", with: "rack:a1 and not role:core")
        let document = try SourceDocument.yaml(text, file: "policy.yaml")
        var warnings = Findings()
        #expect(throws: Findings.self) { try Policy.read(document, fields: [], warnings: &warnings) }
        #expect(try Policy.read(document, fields: nil, warnings: &warnings).design.conditions.count == 2)
        #expect(try Policy.read(document, fields: ["rack"], warnings: &warnings).design.conditions.count == 2)
    }

    @Test(arguments: [
        ("1970-01-01", 0.0), ("2026-11-25T22:00Z", 1_795_644_000), ("2024-02-29T23:59:59Z", 1_709_251_199),
        ("2000-03-01", 951_868_800),
    ])
    func `moments are read in UTC and print back`(text: String, seconds: Double) throws {
        let moment = try #require(MomentText.parse(text))
        #expect(moment.timeIntervalSince1970 == seconds)
        #expect(MomentText.parse(MomentText.print(moment)) == moment)
        #expect(MomentText.print(moment) == moment.formatted(.iso8601))
    }

    @Test(arguments: [
        "2026-02-29", "2026-11-25T22:00", "2026-11-25T24:00Z", "2026-13-01", "26-11-25", "2026-11-25T22:00+01:00", "",
        "T",
    ])
    func `what is no moment is refused`(text: String) { #expect(MomentText.parse(text) == nil) }

    @Test func `a window of days includes the last day`() throws {
        let window = try #require(TimeWindow("2026-12-20/2027-01-04"))
        #expect(window.contains(try #require(MomentText.parse("2027-01-04T23:59Z"))))
        #expect(!window.contains(try #require(MomentText.parse("2027-01-05"))))
        #expect(TimeWindow("2026-12-20/2026-12-19") == nil)
    }
}
