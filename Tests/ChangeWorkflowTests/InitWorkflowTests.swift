import ChangeWorkflow
import Diagnostics
import Foundation
import TestSupport
import Testing

@Suite struct `Beginning an engagement` {
    private let site: WorkedSite
    private let workflow: Workflow

    init() throws {
        site = try WorkedSite(people: ["owner", "alice"])
        workflow = Workflow(
            startFolder: URL(filePath: site.workspace, directoryHint: .isDirectory), environment: site.environment)
    }

    private func begin(
        _ path: String = "engagements/ntp", devices: String? = "site:ams and (role:edge or role:core)",
        title: String? = "NTP: \"new\" servers #1",
        authors: [String] = ["dana@example.net"], from: [String] = []
    ) async throws -> WorkflowAnswer {
        try await workflow.initialise(
            path, devices: devices, title: title, ticket: "CHG-1", authors: authors, from: from)
    }

    private func codes(_ body: () async throws -> WorkflowAnswer) async -> [String] {
        do {
            Issue.record("was not refused: \(try await body().text)")
            return []
        } catch { return (error as? Findings)?.all.map(\.code) ?? ["\(error)"] }
    }

    @Test func `what is written reads without an error but for the templates, which are empty`() async throws {
        let answer = try await begin()
        #expect(
            answer.text.contains("engagements/ntp/contract.yaml")
                && answer.next?.contains("asbuilt check engagements/ntp") == true)
        #expect(try site.read("engagements/ntp/engagement.yaml").contains(#"title: "NTP: \"new\" servers #1""#))
        let found = await codes { try await workflow.check(engagement: "engagements/ntp") }
        #expect(Set(found).subtracting(["contract.unproved"]) == ["contract.renders-nothing"], "\(found)")

        try site.write("ntp server 192.0.2.123\n", "engagements/ntp/templates/frr.j2")
        try site.write(
            "<system xmlns=\"urn:asbuilt:lab-router\"><contact>noc</contact></system>\n",
            "engagements/ntp/templates/lab-router.xml.j2")
        let checked = try await workflow.check(engagement: "engagements/ntp")
        #expect(checked.status == .done)
        #expect(
            checked.text.contains("NTP: \"new\" servers #1")
                && checked.text.contains("ams-edge-1  frr over cli, 1 lines"))
    }

    @Test func `nothing is overwritten, and it lies where records are looked for`() async throws {
        _ = try await begin()
        let before = try site.read("engagements/ntp/spec.md")
        #expect(await codes { try await begin() } == ["init.not-empty"])
        #expect(try site.read("engagements/ntp/spec.md") == before)
        #expect(await codes { try await begin("elsewhere") } == ["init.place"])
        #expect(await codes { try await begin("engagements/a b") } == ["engagement.id"])
        #expect(await codes { try await begin("engagements/x", devices: "role:none") } == ["selector.matches-nothing"])
        #expect(await codes { try await begin("engagements/x", authors: []) } == ["engagement.no-authors"])
        #expect(await codes { try await begin("engagements/x", authors: ["not a name"]) } == ["init.author"])
        #expect(
            await codes { try await begin("engagements/x", from: ["newest", "0123456789"]) } == [
                "init.record", "init.record",
            ])
        #expect(await codes { try await begin("engagements/x", devices: nil) } == ["init.devices"])
        #expect(!FileManager.default.fileExists(atPath: site.workspace + "/engagements/x"))
    }

    @Test func `schemas are printed by name`() throws {
        let names = try workflow.schema(nil).text.split(separator: "\n")
        #expect(names == ["engagement", "spec", "contract", "policy", "site", "devices", "groups", "rules"])
        #expect(try workflow.schema("contract").text.contains("\"title\":\"asbuilt: contract/v1\""))
        #expect { try workflow.schema("contrakt") } throws: { ($0 as? Findings)?.all.first?.code == "schema.unknown" }
    }
}
