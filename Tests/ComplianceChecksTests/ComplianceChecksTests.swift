import ComplianceChecks
import Foundation
import SourceDocuments
import TestSupport
import Testing

@Suite struct `The page on rules` {
    @Test func `shows an example that is read, and names every key`() throws {
        let page = try String(
            contentsOf: Repository.root.appending(path: "Documentation/formats/rules.md"), encoding: .utf8)
        let block = try #require(page.components(separatedBy: "```yaml\n").dropFirst().first?.components(separatedBy: "```").first)
        let rules = try RuleSet(try SourceDocument.yaml(block, file: "rules.yaml")).rules
        #expect(rules.map(\.id) == ["no-telnet", "clock-noise", "prefix-limit"])
        for key in ["groups", "id", "severity", "section", "required", "disallowed", "mode: ignored", "lines"] {
            #expect(page.contains("`\(key)`"), "\(key) is not documented")
        }
    }
}
