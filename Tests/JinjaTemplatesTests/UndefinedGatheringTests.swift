import JinjaTemplates
import Testing

/// What `problems` finds in a template, as `line:column message` with the templates on the way.
private func problems(
    _ source: String, _ context: [(key: String, value: TemplateValue)] = [], others: [String: String] = [:],
    undefined: UndefinedKind = .strictChainable
) throws -> [String] {
    var settings = TemplateSettings()
    settings.undefined = undefined
    settings.syntax.extensions = [.do, .loopControls]
    let environment = TemplateEnvironment(settings: settings, loader: DictionaryLoader(others))
    let template = try environment.compile(name: "main", source: source)
    let context = TemplateValue(map: context)
    let found = template.problems(context: context).map { error in
        "\(error.template):\(error.line):\(error.column) \(error.message)"
            + (error.includeStack.isEmpty ? "" : " < " + error.includeStack.joined(separator: " < "))
    }
    // Rendering fails exactly when there are problems, and with one of them.
    do throws(TemplateError) {
        _ = try template.render(context: context)
        #expect(found.isEmpty)
    } catch {
        let first = "\(error.template):\(error.line):\(error.column) \(error.message)"
        #expect(found.contains { $0 == first || $0.hasPrefix(first + " < ") }, "\(first) is not among \(found)")
    }
    return found
}

@Suite struct `All undefined values of a render` {
    @Test func `are found at once, each at its place`() throws {
        #expect(
            try problems("{{ a }} {{ b.c }}\n{{ known }}{{ known.x }} {{ 1 + d }}", [("known", TemplateValue(map: [("y", .int(1))]))])
                == [
                    "main:1:4 'a' is undefined", "main:1:12 'b' is undefined",
                    "main:2:20 'dict object' has no attribute 'x'", "main:2:33 'd' is undefined",
                ])
    }

    @Test func `are found behind filters, tests, calls and loops over them, and not again as what follows from them`() throws {
        let source = """
            {{ a | upper | replace('x', 'y') | length + 3 }}
            {{ b[0].name ~ '!' }}{{ (c | int) ** 2 < 4 }}
            {% for x in d %}{{ x.y }}{% endfor %}
            {% set v = e.strip() %}{{ v }}{{ v.more }}{{ [v, 1] | join }}
            {% for k, w in f.items() %}{{ k }}{% endfor %}{% set p, q = g %}{{ p }}
            {{ 'x' in h }}{{ i is divisibleby 3 }}{{ -j }}{{ '%s' % k }}
            """
        let names = try problems(source).map { $0.split(separator: "'")[1] }
        #expect(names == ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"])
    }

    @Test func `are found once for all turns of a loop and inside of what the loop prints`() throws {
        let rows = TemplateValue(list: [TemplateValue(map: [("n", .int(1))]), TemplateValue(map: [("n", .int(2))])])
        #expect(
            try problems("{% for r in rows %}{{ r.n }} {{ r.name }} {{ other }}{% endfor %}", [("rows", rows)])
                == ["main:1:34 'dict object' has no attribute 'name'", "main:1:46 'other' is undefined"])
    }

    @Test func `name the includes and macro calls that led to them`() throws {
        let found = try problems(
            "{% import 'lib' as lib %}\n{{ lib.m(a) }}\n{% include 'part' %}{{ z }}",
            others: ["lib": "{% macro m(x) %}{{ x }}{{ deep }}{% endmacro %}", "part": "\n{{ inner }}"])
        #expect(
            found == [
                "lib:1:20 'a' is undefined < main:2", "lib:1:27 'deep' is undefined < main:2",
                "part:2:4 'inner' is undefined < main:3", "main:3:24 'z' is undefined",
            ])
    }

    @Test func `are not looked for in the branches of a condition that nobody can decide`() throws {
        let source = """
            {% if a == 'access' %}{{ b }}{% elif x == 1 %}{{ c }}{% else %}{{ d }}{% endif %}{{ e }}
            {% if f and g %}{% if h %}{{ i }}{% else %}{{ j }}{% endif %}{% endif %}{{ 1 if k else l }}
            {% for n in [1, 2] if m > n %}{{ o }}{% else %}{% endfor %}{% if 1 > 2 %}{{ p }}{% else %}{{ q }}{% endif %}
            """
        let names = try problems(source).map { $0.split(separator: "'")[1] }
        #expect(names == ["a", "e", "f", "k", "l", "m", "q"])
    }

    @Test func `end with the error of another kind that ends the render`() throws {
        #expect(
            try problems("{{ a }}{{ 1 / 0 }}{{ b }}") == ["main:1:4 'a' is undefined", "main:1:11 division by zero"])
    }

    @Test func `leave alone what may be undefined`() throws {
        #expect(try problems("{{ a | default('x') }}{{ b.c is defined }}{% if d is not defined %}ok{% endif %}") == [])
        #expect(try problems("{{ a }}{% if b %}{{ c }}{% endif %}{{ d.e }}", undefined: .lenient) == ["main:1:39 'd' is undefined"])
        #expect(
            try problems("{% if b %}{{ c }}{% endif %}{{ d.e }}", undefined: .strictChainableFalsy)
                == ["main:1:32 'd' is undefined"])
    }

    @Test func `are found in a render that changes its data`() throws {
        let list = TemplateValue(list: [.int(1)])
        #expect(
            try problems("{{ a }}{% do rows.append(2) %}{{ rows | length }}{{ b }}", [("rows", list)])
                == ["main:1:4 'a' is undefined", "main:1:53 'b' is undefined"])
    }

    @Test func `are as many as somebody reads`() throws {
        let source = (0..<300).map { "{{ name\($0) }}" }.joined()
        #expect(try problems(source).count == 101)
    }
}
