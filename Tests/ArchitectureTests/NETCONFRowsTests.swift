import Foundation
import TestSupport
import Testing

/// `Documentation/compatibility/netconf.md` says what is done; a row that is has a test named after it.
@Suite struct `The NETCONF checklist` {
    private struct Row {
        var id: String
        var state: String
        var text: String
    }

    private func rows() throws -> [Row] {
        let page = Repository.root.appending(path: "Documentation/compatibility/netconf.md")
        return try String(contentsOf: page, encoding: .utf8).split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|", omittingEmptySubsequences: false)
                .map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count == 5, cells[1].wholeMatch(of: /[A-Z]+-[0-9]+/) != nil else { return nil }
            return Row(id: cells[1], state: cells[2], text: cells[3])
        }
    }

    /// Every row id in the name of a test, anywhere.
    private func named() throws -> Set<String> {
        var found: Set<String> = []
        let files = FileManager.default.enumerator(
            at: Repository.root.appending(path: "Tests"), includingPropertiesForKeys: nil)
        while let file = files?.nextObject() as? URL {
            guard file.pathExtension == "swift" else { continue }
            for name in try String(contentsOf: file, encoding: .utf8).matches(of: /func\s+`([^`]*)`/) {
                found.formUnion(name.output.1.matches(of: /\b[A-Z]+-[0-9]+\b/).map { String($0.output) })
            }
        }
        return found
    }

    @Test func `lists every row once, with a state and a reason`() throws {
        let rows = try rows()
        #expect(rows.count > 150)
        #expect(Set(rows.map(\.id)).count == rows.count)
        #expect(rows.filter { !["done", "partly", "not"].contains($0.state) }.map(\.id) == [])
        #expect(rows.filter(\.text.isEmpty).map(\.id) == [])
    }

    @Test func `has a test named after every row that is done`() throws {
        let named = try named()
        let missing = try rows().filter { $0.state == "done" && !named.contains($0.id) }.map(\.id)
        #expect(missing == [], "no test names \(missing.joined(separator: ", "))")
    }
}
