import Diagnostics
import SourceDocuments
import Testing

@testable import DeviceInventory

@Suite(.timeLimit(.minutes(5))) struct SelectorTests {
    private static let yaml = """
        asbuilt: devices/v1
        defaults: { platform: frr }
        devices:
          ams-edge-1: { role: edge, site: ams, groups: [all-edge], tags: [canary], endpoints: { cli: "ssh://192.0.2.1" } }
          ams-core-1: { role: core, site: ams, endpoints: { netconf: "ssh://192.0.2.2" }, platform: junos, rack: r 7 }
          fra-edge-1: { role: edge, site: fra, groups: [all-edge], endpoints: { cli: "ssh://[2001:db8::1]:2222" } }
          lab-1: { endpoints: { cli: "ssh://lab.example.net", netconf: "ssh://lab.example.net" } }
        """
    private static let groups = "asbuilt: groups/v1\ngroups:\n  europe: { children: [all-edge] }\n  all-edge: {}\n"

    private let inventory: Inventory

    init() throws {
        inventory = try Inventory.read(
            site: SiteSettings(name: "s", environment: "test", fields: ["rack"]),
            devices: SourceDocument.yaml(Self.yaml, file: "inventory/devices.yaml"),
            groups: SourceDocument.yaml(Self.groups, file: "inventory/groups.yaml"))
    }

    @Test(arguments: [
        ("all", "ams-core-1 ams-edge-1 fra-edge-1 lab-1"), ("role:edge", "ams-edge-1 fra-edge-1"),
        ("role:edge and site:ams", "ams-edge-1"), ("not role:edge", "ams-core-1 lab-1"),
        ("role:edge and not (site:ams or name:~^lab-)", "fra-edge-1"), ("group:europe", "ams-edge-1 fra-edge-1"),
        ("tag:canary or endpoint:netconf", "ams-core-1 ams-edge-1 lab-1"), ("platform:junos", "ams-core-1"),
        ("site:ams or site:fra and role:core", "ams-core-1 ams-edge-1"),
        ("name:~-(edge|core)-1$", "ams-core-1 ams-edge-1 fra-edge-1"),
        ("(name:~^(ams|fra)-e)", "ams-edge-1 fra-edge-1"), ("rack:\"r 7\"", "ams-core-1"),
        ("rack:~\"^r \\d$\"", "ams-core-1"),
        ("not not role:core", "ams-core-1"), ("name:lab-1", "lab-1"), ("  role:edge\n  and site:fra ", "fra-edge-1"),
        ("site:~.", "ams-core-1 ams-edge-1 fra-edge-1"), ("all and not site:~.", "lab-1"),
    ])
    func `a selector means these devices`(text: String, names: String) throws {
        let selector = try DeviceSelector(text, fields: ["rack"])
        #expect(try inventory.devices(matching: selector).map(\.name).joined(separator: " ") == names)
    }

    @Test(arguments: [
        ("", 0), ("role", 0), ("role:", 5), ("role:edge site:ams", 10), ("role:edge and", 13), ("(role:edge", 0),
        ("role:edge)", 9), ("rol:edge", 0), ("name:~", 6), ("name:~(a", 8), ("name:\"x", 5), ("not", 3),
        ("and role:edge", 0),
        ("role:edge or or x", 13), ("name:~\"a[\"", 9), ("()", 1), ("role: edge", 5),
    ])
    func `a wrong selector is refused at its character`(text: String, offset: Int) {
        let error = #expect(throws: DeviceSelector.SyntaxError.self) { try DeviceSelector(text) }
        #expect(error?.offset == offset)
    }

    @Test func `nesting and length have limits`() {
        #expect(throws: DeviceSelector.SyntaxError.self) {
            try DeviceSelector(String(repeating: "(", count: 100) + "all" + String(repeating: ")", count: 100))
        }
        #expect(throws: DeviceSelector.SyntaxError.self) {
            try DeviceSelector(Array(repeating: "role:edge", count: 1000).joined(separator: " or "))
        }
    }

    private func findings(_ yaml: String) throws -> String {
        let root = try SourceDocument.yaml(yaml, file: "contract.yaml").root
        let collector = FindingCollector(area: "contract")
        let reader = NodeReader(try #require(root["devices"]), name: "devices", collector)
        if let selector = DeviceSelector.read(reader) { _ = inventory.devices(matching: selector, at: reader) }
        return collector.findings.description
    }

    @Test func `an unknown key is shown at its column inside the YAML text`() throws {
        #expect(
            try findings("devices: \"role:edge and not (stie:ams)\"") == """
                contract.yaml:1:30: error: `stie` is no key of a selector [contract.selector-unknown-key]
                  1 | devices: "role:edge and not (stie:ams)"
                    |                              ^
                  → did you mean `site`? Known keys: endpoint, group, name, platform, role, site, tag; declare more in \
                site.yaml under `fields`
                """)
    }

    @Test func `a selector that matches nothing names the value that no device has`() throws {
        #expect(
            try findings("devices: site:ams and role:egde") == """
                contract.yaml:1:28: error: “site:ams and role:egde” selects no device; none has the role “egde” \
                [contract.selector-matches-nothing]
                  1 | devices: site:ams and role:egde
                    |                            ^
                  → did you mean role:edge? there are: core, edge
                """)
        #expect(
            try findings("devices: site:fra and role:core") == """
                contract.yaml:1:10: error: “site:fra and role:core” selects no device [contract.selector-matches-nothing]
                  1 | devices: site:fra and role:core
                    |          ^
                  → each part selects some device, but none all of them: loosen it
                """)
    }

    @Test func `a pattern that explodes is a finding`() throws {
        let device = try #require(inventory.devices.first)
        var long = device
        long.name = String(repeating: "a", count: 60) + "!"
        let inventory = Inventory(site: inventory.site, devices: [long], groups: [])
        let root = try SourceDocument.yaml("devices: name:~^(a+)+$", file: "contract.yaml").root
        let collector = FindingCollector(area: "contract")
        let reader = NodeReader(try #require(root["devices"]), name: "devices", collector)
        #expect(inventory.devices(matching: try DeviceSelector("name:~^(a+)+$"), at: reader).isEmpty)
        #expect(collector.findings.all.map(\.code) == ["contract.selector-pattern"])
    }
}
