import Foundation
import JinjaTemplates
import TemplatePacks
import Testing

/// Answers that the tools' own code gave: ansible 12.3, pyavd 6.4, networklab 26.10, netutils 1.19 on Jinja2 3.1.6. A script,
/// `Tests/Conformance/jinja/compact.py`, picks them from the generated cases.
@Suite struct PackAnswersTests {
    struct Case: Decodable {
        var id: String
        var packs: [String]
        var template: String
        var undefined: String?
        var output: String?
        var error: String?
    }

    private static func cases() throws -> [Case] {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/answers.jsonl")
        let decoder = JSONDecoder()
        return try Data(contentsOf: file).split(separator: 0x0A).map { try decoder.decode(Case.self, from: Data($0)) }
    }

    /// Where we differ on purpose.
    private static let departures: Set = [
        // A salt of 17 characters: pyavd prints a hash that no crypt(3) can verify; here it is an error.
        "{% set word = 'Ethernet1' %}{{ word | arista.avd.secure_hash('0123456789abcdefg') }}",
        // An undefined value with an unknown query: netlab complains about the query, here about the value.
        "{{ missing | ipaddr('nosuch') }}", "{{ missing | ipv4('nosuch') }}", "{{ missing | ipv6('nosuch') }}",
        // Mappings without a key to sort by: pyavd 6 refuses them, 5 and older sort them by their text.
        "{% set rows = [{'name': 'leaf10', 'id': 3}, {'name': 'leaf9', 'id': 10}, {'name': 'Leaf1', 'id': None}, {'name': 'spine1'}] %}{{ rows | arista.avd.natural_sort }}",
        // Two letters are no salt: netutils gives an empty text for a text without bytes.
        "{{ 'xx' | decrypt_type7 }}",
    ]

    @Test func `filters and tests answer as the tools they come from`() throws {
        let cases = try Self.cases()
        #expect(cases.count > 800)
        var seen: Set<String> = []
        var environments: [[String]: TemplateEnvironment] = [:]
        for one in cases where !Self.departures.contains(one.template) {
            seen.formUnion(one.packs)
            let key = [one.undefined ?? ""] + one.packs
            let environment = try environments[key] ?? environment(one)
            environments[key] = environment
            do throws(TemplateError) {
                let output = try environment.compile(name: one.id, source: one.template).render(
                    context: TemplateValue(map: [])
                ).string
                #expect(output == one.output, "\(one.id): \(one.template)")
            } catch {
                #expect(error.kind == one.error, "\(one.id): \(one.template): \(error.message)")
            }
        }
        #expect(seen.isSuperset(of: ["ansible", "arista.avd", "netlab", "netutils"]))
    }

    private func environment(_ one: Case) throws -> TemplateEnvironment {
        var settings = TemplateSettings()
        settings.undefined = try one.undefined.map { try #require(UndefinedKind(rawValue: $0)) } ?? .lenient
        return TemplateEnvironment(
            settings: settings, packs: try one.packs.map { try #require(TemplatePacks.named($0)) })
    }
}
