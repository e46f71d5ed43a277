import ConfigRendering
import DesignContracts
import DeviceConfiguration
import DeviceInventory
import Diagnostics
import Foundation
import SourceDocuments
import TestSupport
import Testing

/// The worked engagement, rendered.
private struct WorkedExample {
    let site: WorkedSite
    var folder: EngagementFolder { EngagementFolder(root: "\(site.workspace)/\(WorkedSite.engagement)") }

    init() throws { site = try WorkedSite() }

    /// Replaces text in a file of the engagement.
    func edit(_ file: String, _ old: String, _ new: String) throws {
        try site.edit("\(WorkedSite.engagement)/\(file)") { $0.replacing(old, with: new) }
    }

    func render(only device: String? = nil, tracingOrigins: Bool = true) async throws -> [String: DeviceRendering] {
        let inventory = try Inventory.load(Workspace(root: site.workspace))
            .addingVariables(from: folder.path("vars"), shownAs: "vars")
        let renderer = try ConfigRenderer(
            try Engagement.load(folder, fields: inventory.site.fields), inventory: inventory,
            sources: try TemplateSources(folder: folder))
        let rendered = try await renderer.render(only: device, tracingOrigins: tracingOrigins).devices
        return Dictionary(uniqueKeysWithValues: rendered.map { ($0.device.name, $0) })
    }

    func findings() async throws -> [Finding] {
        do {
            _ = try await render()
            Issue.record("rendered without a finding")
            return []
        } catch let findings as Findings { return findings.all }
    }
}

@Suite struct `The worked example` {
    @Test func `gives one device alone what it gives it among all, also when another's template fails`() async throws {
        let example = try WorkedExample()
        let all = try await example.render()
        #expect(try await example.render(only: "ams-edge-2") == all.filter { $0.key == "ams-edge-2" })
        let bare = try #require(try await example.render(only: "ams-edge-2", tracingOrigins: false)["ams-edge-2"])
        #expect(bare.fragments.map(\.text) == all["ams-edge-2"]?.fragments.map(\.text))
        #expect(bare.fragments.allSatisfy { $0.provenance.isEmpty })
        await #expect { try await example.render(only: "ams-edge-3") } throws: { error in
            let finding = (error as? Findings)?.all.first
            return finding?.code == "render.unknown-device" && finding?.remedy.contains("did you mean ams-edge-") == true
        }
        try example.edit("templates/transit-bgp.j2", "router bgp", "{% if inventory_hostname == 'ams-edge-1' %}{{ nothing }}{% endif %}router bgp")
        #expect(try await example.render(only: "ams-edge-2").keys.sorted() == ["ams-edge-2"])
        await #expect(throws: Findings.self) { try await example.render() }
    }

    @Test func `variables that devices share give every device the same lines as variables of its own`() async throws {
        let (shared, own) = (try WorkedExample(), try WorkedExample())
        let values = "words: [a, b, 3]\nmore: { deep: { er: 1.5, other: true } }\n"
        try shared.site.edit("\(WorkedSite.engagement)/vars/all.yaml") { $0 + "\n" + values }
        for name in try await own.render().keys {
            try own.site.write(values, "\(WorkedSite.engagement)/vars/\(name).yaml")
        }
        for example in [shared, own] {
            try example.edit("templates/transit-bgp.j2", "router bgp", "{{ words | join('+') }} {{ more.deep.er }}\nrouter bgp")
        }
        let (a, b) = (try await shared.render(), try await own.render())
        #expect(a.mapValues { $0.fragments.map(\.text) } == b.mapValues { $0.fragments.map(\.text) })
        #expect(a["ams-edge-1"]?.fragments[0].text.contains("a+b+3 1.5\n") == true)
    }

    @Test func `gives each edge router its own lines, with a placeholder for the password`() async throws {
        let example = try WorkedExample()
        let rendered = try await example.render()
        #expect(rendered.keys.sorted() == ["ams-core-1", "ams-core-2", "ams-edge-1", "ams-edge-2"])
        let edge = try #require(rendered["ams-edge-2"])
        #expect(edge.endpoint.kind == .cli)
        #expect(edge.secrets.map(\.text) == ["env:TRANSIT_BGP_PASSWORD"])
        #expect(edge.fragments.count == 1)
        #expect(edge.fragments[0].text == """
            ip prefix-list OWN seq 5 permit 203.0.113.0/24
            route-map TRANSIT-OUT permit 10
             match ip address prefix-list OWN
            exit
            router bgp 64500
             bgp router-id 10.255.0.2
             no bgp ebgp-requires-policy
             neighbor 198.51.100.6 remote-as 64496
             neighbor 198.51.100.6 description transit-1 AS64496
             neighbor 198.51.100.6 password @secret(env:TRANSIT_BGP_PASSWORD)@
             neighbor 10.0.2.2 remote-as 64500
             neighbor 10.0.2.2 description ams-core-2
             address-family ipv4 unicast
              network 203.0.113.0/24
              neighbor 198.51.100.6 maximum-prefix 1000
              neighbor 198.51.100.6 route-map TRANSIT-OUT out
             exit-address-family
            exit

            """)
    }

    @Test func `gives each core router XML of the lab router's model`() async throws {
        let example = try WorkedExample()
        let core = try #require(try await example.render()["ams-core-1"])
        #expect(core.endpoint.kind == .netconf)
        let text = core.fragments[0].text
        #expect(text.contains("<bgp xmlns=\"urn:asbuilt:lab-router\">"))
        #expect(text.contains("<address>10.0.1.1</address>"))
        #expect(text.contains("<server><address>192.0.2.124</address></server>"))
    }

    @Test func `knows for each line the template lines through the macro, and the variables`() async throws {
        let example = try WorkedExample()
        let edge = try #require(try await example.render()["ams-edge-1"]).fragments[0]
        let lines = edge.text.split(separator: "\n", omittingEmptySubsequences: false)
        let index = try #require(lines.firstIndex { $0.contains("remote-as 64496") })
        let origin = edge.provenance[index]
        #expect(origin.clause == "transit-bgp")
        #expect(origin.positions.first?.file == "templates/macros.j2")
        #expect(origin.positions.last?.file == "templates/transit-bgp.j2")
        #expect(origin.variables.values.contains("64496"))
    }

    @Test func `knows which variables the templates can read`() async throws {
        let example = try WorkedExample()
        let edge = try #require(try await example.render()["ams-edge-1"])
        #expect(edge.readVariables.isSuperset(of: [["asn"], ["transit"], ["router_id"]]))
        let all = try edge.device.variableValues().keys
        #expect(edge.readVariables.allSatisfy { all.contains($0[0]) })
    }

    @Test func `renders the same bytes twice`() async throws {
        let example = try WorkedExample()
        #expect(try await example.render() == example.render())
    }
}

@Suite struct `What cannot be rendered` {
    @Test func `an undefined variable is found at its place, once for all devices, with a suggestion`() async throws {
        let example = try WorkedExample()
        try example.edit("templates/transit-bgp.j2", "router-id {{ router_id }}", "router-id {{ ruter_id }}")
        let findings = try await example.findings()
        let finding = try #require(findings.first)
        #expect(findings.count == 1)
        #expect(finding.position?.file == "templates/transit-bgp.j2")
        #expect(finding.position?.line == 7)
        #expect(finding.what.contains("ams-edge-1") && finding.what.contains("ams-edge-2"))
        #expect(finding.remedy.contains("router_id"))
        #expect(finding.excerpt?.contains("^") == true)
    }

    @Test func `everything undefined is found in one run, once for each place, with its devices`() async throws {
        let example = try WorkedExample()
        try example.edit(
            "templates/transit-bgp.j2", "router-id {{ router_id }}",
            """
            router-id {{ ruter_id }} {{ hold.time }}
            {% if inventory_hostname == 'ams-edge-2' %}{{ only_here | upper }}{% endif %}
            """)
        try example.edit("templates/core-bgp.xml.j2", "<as>{{ asn }}</as>", "<as>{{ as_number }}</as>")
        let findings = try await example.findings()
        let shown = findings.map { "\($0.position?.description ?? "") \($0.what) \($0.device ?? "")" }
        #expect(
            shown == [
                "templates/core-bgp.xml.j2:10:10 'as_number' is undefined; for ams-core-1, ams-core-2 ",
                "templates/transit-bgp.j2:7:19 'ruter_id' is undefined; for ams-edge-1, ams-edge-2 ",
                "templates/transit-bgp.j2:7:34 'hold' is undefined; for ams-edge-1, ams-edge-2 ",
                "templates/transit-bgp.j2:8:47 'only_here' is undefined; inventory_hostname = 'ams-edge-2' ams-edge-2",
            ])
        #expect(findings.allSatisfy { $0.code == "template.UndefinedError" })
        #expect(findings[2].excerpt?.hasSuffix("\n" + String(repeating: " ", count: 33) + "^") == true)
    }

    @Test func `a template that renders to nothing is a finding at its clause`() async throws {
        let example = try WorkedExample()
        try "{% if false %}x{% endif %}\n".write(
            toFile: example.folder.path("templates/transit-bgp.j2"), atomically: true, encoding: .utf8)
        let findings = try await example.findings()
        #expect(findings.map(\.code) == ["contract.renders-nothing"])
        #expect(findings.first?.position?.file == "contract.yaml")
    }

    @Test func `a device outside the scope of the specification is refused`() async throws {
        let example = try WorkedExample()
        try example.edit("spec.md", "site:ams and (role:edge or role:core)", "site:ams and role:edge")
        let findings = try await example.findings()
        #expect(findings.map(\.code) == ["contract.outside-scope", "contract.outside-scope"])
        #expect(findings.contains { $0.what.contains("ams-core-2") })
    }

    @Test func `a selector that matches nothing is a finding with the place in the contract`() async throws {
        let example = try WorkedExample()
        try example.edit("contract.yaml", "    devices: \"role:core\"\n    ownership", "    devices: \"role:cor\"\n    ownership")
        let findings = try await example.findings()
        #expect(findings.contains { $0.code == "selector.matches-nothing" && $0.position?.line == 11 })
    }

    @Test func `a device is changed through one endpoint only`() async throws {
        let example = try WorkedExample()
        try example.edit("contract.yaml", "    devices: \"role:core\"\n    ownership", "    devices: \"site:ams\"\n    ownership")
        let findings = try await example.findings()
        #expect(findings.contains { $0.code == "contract.two-endpoints" && $0.what.contains("ams-edge-1") })
    }

    @Test func `a device without the endpoint a clause needs is named`() async throws {
        let example = try WorkedExample()
        try example.edit(
            "contract.yaml", "    devices: \"role:edge\"\n    ownership", "    devices: \"site:ams\"\n    ownership")
        try example.edit("contract.yaml", "    devices: \"role:core\"\n    ownership", "    devices: \"name:ams-core-1\"\n    ownership")
        let findings = try await example.findings()
        #expect(findings.contains { $0.code == "contract.no-endpoint" && $0.what.contains("ams-core-2") })
    }

    @Test func `a text that is no credential reference is refused and not quoted`() async throws {
        let example = try WorkedExample()
        try example.edit("templates/transit-bgp.j2", "secret(transit.password)", "secret('hunter2 in clear')")
        let findings = try await example.findings()
        #expect(findings.first?.code == "template.ValueError")
        #expect(!findings.contains { $0.what.contains("hunter2") })
    }

    @Test func `an include cannot leave the engagement`() async throws {
        let example = try WorkedExample()
        try example.edit("templates/transit-bgp.j2", "{% import 'macros.j2' as bgp %}", "{% import '../contract.yaml' as bgp %}")
        #expect(try await example.findings().first?.code == "template.TemplateNotFound")
    }

    @Test func `a linked template is refused`() async throws {
        let example = try WorkedExample()
        let macros = example.folder.path("templates/macros.j2")
        try FileManager.default.moveItem(atPath: macros, toPath: example.site.scratch.path + "elsewhere.j2")
        try FileManager.default.createSymbolicLink(atPath: macros, withDestinationPath: example.site.scratch.path + "elsewhere.j2")
        let findings = try await example.findings()
        #expect(findings.map(\.code) == ["template.file"])
        #expect(findings.first?.position?.file == "templates/macros.j2")
    }
}
