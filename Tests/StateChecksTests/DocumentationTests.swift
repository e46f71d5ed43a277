import Foundation
import SourceDocuments
import TestSupport
import Testing

@testable import StateChecks

@Suite struct DocumentationTests {
    @Test func `the example of the checks page is read`() throws {
        let page = try String(
            contentsOf: Repository.root.appending(path: "Documentation/formats/checks.md"), encoding: .utf8)
        let start = try #require(page.range(of: "```yaml\n"))
        let end = try #require(page.range(of: "```", range: start.upperBound..<page.endIndex))
        let document = try SourceDocument.yaml(String(page[start.upperBound..<end.lowerBound]), file: "checks.md")
        let checks = try DocumentReader.read(document.root, area: "contract") { StateCheck.readList($0) }
        #expect(checks.map(\.id) == ["bgp-up", "interfaces-same", "core-up", "ports-up"])
        for key in ValueTest.keys { #expect(page.contains("`\(key)"), "\(key) is not documented") }
    }

    @Test func `the checks of the worked engagement are read`() throws {
        let file = Repository.root.appending(path: "lab/engagements/edge-transit/contract.yaml")
        let document = try SourceDocument.load(path: file.path, shownAs: "contract.yaml")
        let node = try #require(document.root["checks"]?["after"])
        let checks = try DocumentReader.read(node, area: "contract") { StateCheck.readList($0) }
        #expect(checks.map(\.id) == ["transit-up", "interfaces-same", "core-up"])
    }
}
