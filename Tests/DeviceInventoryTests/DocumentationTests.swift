import DeviceInventory
import Foundation
import SourceDocuments
import TestSupport
import Testing

@Suite struct DocumentationTests {
    @Test func `the examples of the inventory page make an inventory`() throws {
        let page = try String(
            contentsOf: Repository.root.appending(path: "Documentation/formats/inventory.md"), encoding: .utf8)
        let blocks = page.components(separatedBy: "```yaml\n").dropFirst().compactMap {
            $0.components(separatedBy: "```").first
        }
        try #require(blocks.count == 3)
        let site = try SiteSettings.read(try SourceDocument.yaml(blocks[0], file: "site.yaml"))
        let inventory = try Inventory.read(
            site: site, devices: try SourceDocument.yaml(blocks[1], file: "devices.yaml"),
            groups: try SourceDocument.yaml(blocks[2], file: "groups.yaml"))
        #expect(inventory.devices.first?.groups == ["edge", "europe", "ams"])
        #expect(inventory.devices.first?.fields == ["role": "edge", "site": "ams", "rack": "r7"])
        for key in inventory.devices.first?.layers.last?.node.mapping?.map(\.key) ?? [] where key != "rack" {
            #expect(page.contains("`\(key)`"), "\(key) is not documented")
        }
    }
}
