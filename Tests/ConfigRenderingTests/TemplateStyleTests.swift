import ConfigRendering
import DesignContracts
import DeviceConfiguration
import DeviceInventory
import Diagnostics
import Foundation
import JinjaTemplates
import TemplatePacks
import TestSupport
import Testing

/// The worked engagement with another template and other template settings.
@Suite struct `Template settings of a contract` {
    private func render(_ template: String, settings: String = "") async throws -> String {
        let site = try WorkedSite()
        let folder = EngagementFolder(root: "\(site.workspace)/\(WorkedSite.engagement)")
        try template.write(toFile: folder.path("templates/transit-bgp.j2"), atomically: true, encoding: .utf8)
        try site.edit("\(WorkedSite.engagement)/contract.yaml") {
            $0.replacing("\nchecks:\n", with: "\n\(settings)\nchecks:\n")
        }
        let inventory = try Inventory.load(Workspace(root: site.workspace))
            .addingVariables(from: folder.path("vars"), shownAs: "vars")
        let renderer = try ConfigRenderer(
            try Engagement.load(folder, fields: inventory.site.fields), inventory: inventory,
            sources: try TemplateSources(folder: folder))
        let devices = try await renderer.render().devices
        return try #require(devices.first { $0.device.name == "ams-edge-1" }?.fragments.first?.text)
    }

    private func finding(_ template: String, settings: String = "") async -> Finding? {
        do {
            _ = try await render(template, settings: settings)
            Issue.record("rendered without a finding")
        } catch let findings as Findings {
            return findings.all.first
        } catch {
            Issue.record("\(error)")
        }
        return nil
    }

    @Test func `a contract that says nothing gets Ansible's habits`() async throws {
        let text = try await render(
            "{% if true %}\n  {% do [].append(1) %}\na {{ '10.0.0.1/24' | ipaddr('network') }}\n{% endif %}\nend\n")
        #expect(text == "  a 10.0.0.0\nend\n")
    }

    @Test func `a template written for Ansible finds the device under Ansible's names`() async throws {
        #expect(try await render("{{ inventory_hostname }} {{ 'edge' in group_names }}\n") == "ams-edge-1 True\n")
        #expect(try await render("a{{ none }}{{ [].append(1) }}\n") == "a\n")
        #expect(try await render("a{{ none }}\n", settings: "templates: { style: avd }") == "aNone")
    }

    @Test func `an undefined variable stops the rendering in every style but those that print nothing for it`()
        async throws
    {
        for style in ["ansible", "avd", "netlab"] {
            let found = await finding("a {{ nosuch.thing }}\n", settings: "templates: { style: \(style) }")
            #expect(found?.code == "template.UndefinedError")
            #expect(found?.position?.file == "templates/transit-bgp.j2" && found?.position?.line == 1)
            #expect(
                found?.excerpt?.hasPrefix("a {{ nosuch.thing }}\n") == true && found?.excerpt?.hasSuffix("^") == true)
        }
        #expect(try await render("a {{ nosuch }}\n", settings: "templates: { style: jinja2 }") == "a ")
        #expect(await finding("a {{ nosuch }}", settings: "templates: { style: jinja2, undefined: strict }") != nil)
        #expect(try await render("a{% if nosuch.x %}b{% endif %}", settings: "templates: { style: netlab }") == "a")
        #expect(await finding("a{% if nosuch.x %}b{% endif %}") != nil)
    }

    @Test func `a style brings its white space and its packs, and each can be set otherwise`() async throws {
        let template = "  {% if true %}\nx\n  {% endif %}\n{{ '10.0.0.0/24' | ipaddr('host') }}"
        #expect(try await render(template, settings: "templates: { style: netlab }") == "x\n10.0.0.0/24")
        #expect(try await render(template, settings: "templates: { packs: [ansible, netlab] }") == "  x\n  10.0.0.0/24")
        #expect(
            try await render(template, settings: "templates: { style: netlab, lstrip-blocks: false, packs: [ansible] }")
                == "  x\n  None")
        let plain = await finding(template, settings: "templates: { style: jinja2 }")
        #expect(plain?.code == "template.TemplateAssertionError")
        #expect(plain?.position?.line == 4)
    }

    @Test func `a template's own first line changes the white space as in Ansible, and lines keep their numbers`()
        async throws
    {
        let header = "#jinja2: lstrip_blocks: True, trim_blocks:False\n"
        #expect(try await render(header + "  {% if true %}x{% endif %}\n") == "x\n")
        let found = await finding(header + "ok\n  {{ nosuch }}\n")
        #expect(found?.position?.line == 3)
        #expect(found?.position?.column == 6)
        let wrong = await finding("#jinja2: lstrip_block: True\nx\n")
        #expect(wrong?.code == "template.TemplateSyntaxError")
        #expect(wrong?.what.contains("lstrip_block") == true)
        #expect(wrong?.position?.line == 1)
    }

    @Test func `the pack names a contract may use are the packs there are`() {
        #expect(Contract.Templates.packNames == TemplatePacks.all.map(\.name))
    }
}
