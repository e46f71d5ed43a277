import DeviceInventory
import Foundation
import SourceDocuments
import TestSupport
import Testing

@Suite struct ExampleSiteTests {
    @Test func `the example site is read, merged and selected from`() throws {
        let workspace = try Workspace.find(from: Repository.root.appending(path: "lab").path)
        #expect(workspace.root == Repository.root.path)
        let inventory = try Inventory.load(workspace, platforms: ["frr", "lab_router"])
        let edge = try inventory.devices(matching: DeviceSelector("site:ams and role:edge"))
        #expect(edge.map(\.name) == ["ams-edge-1", "ams-edge-2"])
        #expect(edge[0].groups == ["ams", "edge"])
        #expect(edge[0].endpoints.map(\.url) == ["ssh://127.0.0.1:22101"])
        let transit = try #require(try edge[0].variableValues()["transit"])
        #expect(transit.value(at: ["asn"]) == .int(64496))
        #expect(transit.value(at: ["address"]) == .string("198.51.100.2"))
    }
}
