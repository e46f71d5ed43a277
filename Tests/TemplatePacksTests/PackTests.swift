import JinjaTemplates
import TemplatePacks
import Testing

@Suite struct PackTests {
    private func render(
        _ source: String, packs: [TemplatePack] = TemplatePacks.standard,
        context: [(key: String, value: TemplateValue)] = [],
        templates: [String: String] = [:], _ change: (inout TemplateSettings) -> Void = { _ in }
    ) throws -> String {
        var settings = TemplateSettings()
        settings.undefined = .lenient
        change(&settings)
        let environment = TemplateEnvironment(settings: settings, loader: DictionaryLoader(templates), packs: packs)
        return try environment.compile(name: "main.j2", source: source).render(context: TemplateValue(map: context))
            .string
    }

    private func sonic() throws -> [TemplatePack] { [try #require(TemplatePacks.named("sonic"))] }

    // MARK: Packs by name

    @Test func `every pack is found by its name, and no other name finds one`() {
        for pack in TemplatePacks.all { #expect(TemplatePacks.named(pack.name)?.name == pack.name) }
        #expect(Set(TemplatePacks.all.map(\.name)).count == TemplatePacks.all.count)
        #expect(TemplatePacks.named("Ansible") == nil)
    }

    @Test(arguments: [
        ("'10.0.0.5/24' | ansible.utils.ipaddr('network')", "10.0.0.0"),
        ("'10.0.0.5/24' | ipaddr('network')", "10.0.0.0"),
        ("'a1' | ansible.builtin.regex_replace('\\d', 'x')", "ax"), ("'a1' | regex_replace('\\d', 'x')", "ax"),
        ("['e10', 'e9'] | arista.avd.natural_sort", "['e9', 'e10']"),
        // Mappings without a key to sort by: AVD 5.0.0, whose templates do this for access groups and next hops.
        ("[{'vrf': 'e10'}, {'vrf': 'e9'}] | arista.avd.natural_sort", "[{'vrf': 'e9'}, {'vrf': 'e10'}]"),
        ("[{'name': 'a'}, {'acl': 'z'}] | arista.avd.natural_sort", "[{'acl': 'z'}, {'name': 'a'}]"),
    ])
    func `a filter has its short name and the name of its collection`(expression: String, expected: String) throws {
        #expect(try render("{{ \(expression) }}") == expected)
    }

    @Test(arguments: [
        ("lookup('template', 'x.j2')", "include"), ("query('ansible.builtin.dict', {})", "dict2items"),
        ("q('env', 'HOME')", "reads nothing"), ("now()", "whenever it is rendered"),
    ])
    func `what Ansible looks up is refused with what to write instead`(expression: String, remedy: String) throws {
        let error = #expect(throws: TemplateError.self) { try render("{{ \(expression) }}") }
        #expect("\(try #require(error))".contains(remedy))
        #expect(try render("{{ now }}", context: [("now", TemplateValue("x"))]) == "x")
    }

    @Test func `AVD's filters have no short name, so they cannot hide Ansible's`() throws {
        #expect(throws: TemplateError.self) { try render("{{ ['e10', 'e9'] | natural_sort }}") }
        #expect(try render("{{ none | default('x') }}|{{ none | arista.avd.default('x') }}") == "None|x")
    }

    @Test func `a later pack gives a name its own meaning`() throws {
        let source = "{{ '10.0.0.0/24' | ipaddr('host') }}"
        let netlab = try #require(TemplatePacks.named("netlab"))
        #expect(try render(source) == "None")
        #expect(try render(source, packs: TemplatePacks.standard + [netlab]) == "10.0.0.0/24")
    }

    // MARK: A library user's own pack

    @Test func `a library user adds filters, tests and functions in Swift`() throws {
        let own = TemplatePack(
            name: "acme",
            filters: [
                "acme.port": { (arguments, state) throws(EvaluationError) in
                    let bound = try arguments.bind("acme.port", ["value", "prefix"], required: 1)
                    let prefix = bound[1]?.string ?? "et-"
                    return TemplateValue(prefix + (try state.string(bound[0, fallback: .none])))
                }
            ],
            tests: [
                "acme.uplink": { (arguments, _) throws(EvaluationError) in
                    .bool(arguments[0].string?.hasSuffix("49") ?? false)
                }
            ],
            globals: ["site": { (_, _) throws(EvaluationError) in TemplateValue("ams") }])
        let source = "{{ 5 | acme.port }} {{ 5 | acme.port(prefix='xe-') }} {{ 'e49' is acme.uplink }} {{ site() }}"
        #expect(try render(source, packs: [own]) == "et-5 xe-5 True ams")
        let error = #expect(throws: TemplateError.self) { try render("{{ 5 |\n acme.port(1, 2) }}", packs: [own]) }
        #expect(error?.kind == "TypeError")
        #expect(error?.message.contains("acme.port()") == true)
    }

    @Test(arguments: [
        "hash('sha256')", "b64encode", "password_hash('sha512', 'salt')", "arista.avd.encrypt('bgp', 'K')", "checksum",
        "arista.avd.secure_hash('salt')", "community.general.crc32", "type5_pw('salt')",
    ])
    func `a filter that would work on a secret's placeholder refuses it`(filter: String) throws {
        let error = #expect(throws: TemplateError.self) { try render("{{ ' @secret(env:A)@' | \(filter) }}") }
        #expect(error?.message.contains("placeholder") == true)
        #expect(try !render("{{ 'x@secrets' | \(filter) }}").isEmpty)
    }

    @Test(arguments: ["json_query('a')", "fileglob", "random_mac", "jc('x')", "from_csv", "unvault('x')"])
    func `what a rendering cannot have says what to do instead`(filter: String) {
        let error = #expect(throws: TemplateError.self) { try render("{{ 'x' | \(filter) }}") }
        #expect(error?.kind == "NotImplementedError")
        #expect(error?.message.contains("is not available: ") == true)
    }

    @Test(arguments: ["clean_config([])", "fqdn_to_ip", "get_oui", "encrypt_cisco_type9"])
    func `what netutils cannot do here says what to do instead`(filter: String) throws {
        let pack = try #require(TemplatePacks.named("netutils"))
        let error = #expect(throws: TemplateError.self) { try render("{{ 'x' | \(filter) }}", packs: [pack]) }
        #expect(error?.kind == "NotImplementedError")
        #expect(error?.message.contains("is not available: ") == true)
    }

    @Test func `netutils' hashes need a salt, and refuse the placeholder of a secret`() throws {
        let pack = try #require(TemplatePacks.named("netutils"))
        for filter in ["encrypt_type5", "encrypt_cisco_type7"] {
            #expect(throws: TemplateError.self) { try render("{{ 'x' | \(filter) }}", packs: [pack]) }
        }
        for filter in ["encrypt_type5('abcd')", "encrypt_type7(3)", "hash_data('md5')"] {
            let error = #expect(throws: TemplateError.self) {
                try render("{{ '@secret(env:A)@' | \(filter) }}", packs: [pack])
            }
            #expect(error?.message.contains("placeholder") == true)
        }
    }

    // MARK: SONiC, whose code is on no package index

    @Test func `ports are sorted in place by their number, those between chips last`() throws {
        let source = "{% set l = ['Ethernet12', 'Ethernet-BP4', 'Ethernet4'] %}{{ l | sort_by_port_index }}{{ l }}"
        #expect(try render(source, packs: sonic()) == "None['Ethernet4', 'Ethernet12', 'Ethernet-BP4']")
    }

    @Test func `sorting ports of shared data leaves the data of the next render alone`() throws {
        let ports = TemplateValue(list: [TemplateValue("Ethernet8"), TemplateValue("Ethernet0")])
        for _ in 0..<2 {
            let output = try render(
                "{{ p }}{% set _ = p | sort_by_port_index %}{{ p }}", packs: sonic(), context: [("p", ports)])
            #expect(output == "['Ethernet8', 'Ethernet0']['Ethernet0', 'Ethernet8']")
        }
    }

    @Test func `an interface table keeps its pairs of name and address, each with a length`() throws {
        let source = """
            {% set t = {'Vlan1': {}, ('Vlan1', '10.0.0.1/24'): {'a': 1}, ('Vlan2', '10.0.1.1'): {}, ('Vlan3', 'fc00::1'): {}, ('Vlan4', 'x'): {}} -%}
            {% for name, prefix in t | pfx_filter %}{{ name }} {{ prefix }};{% endfor %}
            """
        #expect(try render(source, packs: sonic()) == "Vlan1 10.0.0.1/24;Vlan2 10.0.1.1/32;Vlan3 fc00::1/128;")
    }

    @Test(arguments: [
        ("'10.0.0.5/24' | ip", "10.0.0.5"), ("'10.0.0.5/24' | network", "10.0.0.0"),
        ("'10.0.0.5/24' | prefixlen", "24"),
        ("'10.0.0.5/24' | netmask", "255.255.255.0"), ("'10.0.0.5/24' | broadcast", "10.0.0.255"),
        ("'10.0.0.4/31' | broadcast", "None"),
        ("'x' | ip", "None"), ("none | ip", "None"), ("'10.0.0.5/24' | ipv4", "True"), ("'fc00::1' | ipv4", "False"),
        ("'fc00::1' | ipv6", "True"), ("'' | ipv6", "False"), ("'10.0.0.5/24' | ip_network", "10.0.0.0"),
        ("'x' | ip_network", "Invalid ip address x"), ("'Vlan10' | is_interface", "True"),
        ("'Vlan' | is_interface", "False"),
        ("[{'name': 1}, {'name': 1, 'x': 2}] | unique_name", "[{'name': 1}]"), ("'YQ==' | b64decode", "a"),
        ("5 | b64encode", "5"),
        (
            "{('Vlan1', '10.0.0.9/24'): {}, ('Vlan1', '10.0.1.1/24'): {'secondary': 'true'}} | get_primary_addr",
            "{('Vlan1', '10.0.0.1'): {}}"
        ),
    ])
    func `SONiC's filters answer as sonic-cfggen's`(expression: String, expected: String) throws {
        #expect(try render("{{ \(expression) }}", packs: sonic()) == expected)
    }

    @Test func `a template can ask whether another exists, but not about files`() throws {
        let source = "{{ template_exists('a.j2') }} {{ template_exists('b.j2') }}"
        #expect(try render(source, packs: sonic(), templates: ["a.j2": ""]) == "True False")
        let error = #expect(throws: TemplateError.self) {
            try render("{{ '/etc/passwd' | file_exists }}", packs: sonic())
        }
        #expect(error?.kind == "NotImplementedError")
        #expect(error?.message.contains("Say in a variable") == true)
    }

    // MARK: Nothing a template says ends the process

    /// Each of these once ended the process, stalled it, or would without its limit.
    @Test(arguments: [
        "{{ [1] is contains }}", "{{ [1] is subset }}", "{{ [1] is superset }}", "{{ '10.0.0.1' is in_any_network }}",
        "{{ '99999999999999999999' | human_to_bytes }}",
        "{{ 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff' | slaac('00:00:00:00:00:01') }}",
        "{{ '10.0.0.1/24' | previous_nth_usable(-9223372036854775807 - 1) }}",
        "{{ '10.0.0.1' | ipsubnet(24, -9223372036854775807 - 1) }}",
        "{{ '10.0.0.1' | ipcut(-9223372036854775807 - 1) }}", "{{ ('x' * 100000) | permutations | first | length }}",
        "{{ ('x' * 3000) | combinations(1500) | list | length }}",
        "{{ (range(10000) | list) | product(range(10000) | list) | list }}",
        "{{ 'Ethernet1-9/1-99999/1-99999' | arista.avd.range_expand }}",
        "{{ 'Ethernet1-99999999999999999999' | arista.avd.range_expand }}",
        "{{ ('[' * 20000) | from_json }}", "{{ ('[' * 20000) | from_yaml }}", "{{ ('- ' * 20000) | from_yaml }}",
        "{{ ('a' * 3000 ~ '!') | regex_search('^(a+)+$') }}", "{{ 'a' | regex_replace('(' * 5000, 'x') }}",
        "{{ '1-9999999999' | vlan_expander }}", "{{ '0.0.0.0/0' | usable_range }}",
        "{{ 'x' | password_hash(rounds=9223372036854775807) }}",
        "{{ 'a' | comment(prefix_count=9223372036854775807) }}", "{{ 'x' | to_nice_yaml(indent=9223372036854775807) }}",
    ])
    func `hostile arguments end in an answer or a clean error`(source: String) {
        do {
            _ = try render(source) { $0.limits.fuel = 5_000_000 }
        } catch let error as TemplateError {
            #expect(!error.message.isEmpty)
        } catch {
            Issue.record("not a template error: \(error)")
        }
    }
}
