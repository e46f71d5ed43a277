import Testing

@testable import JinjaTemplates

/// Templates that want too much: each ends with a clean error or a result, and at once.
@Suite(.timeLimit(.minutes(5))) struct `Hostile templates` {
    private func render(_ source: String) throws(TemplateError) -> String {
        var settings = TemplateSettings()
        settings.syntax.extensions = [.do, .loopControls]
        settings.limits.fuel = 2_000_000
        settings.limits.textBytes = 4 << 20
        settings.limits.outputBytes = 4 << 20
        let environment = TemplateEnvironment(settings: settings, loader: DictionaryLoader(["self": source]))
        return try environment.template("self").render(context: TemplateValue(map: [(key: "x", value: .int(1))])).string
    }

    @Test(arguments: [
        "{{ 10 ** (10 ** 8) }}", "{{ 'x' * 10 ** 9 }}", "{{ [0] * 10 ** 9 }}", "{{ range(10 ** 12)|list }}",
        "{{ '%999999999d' % 1 }}",
        "{{ '%*d' % (-9223372036854775807 - 1, 1) }}", "{{ '{:999999999}'.format(1) }}",
        "{{ ('{:>16000000}' * 99).format(*range(99)) }}",
        "{{ '{:016000000,}'.format(1) }}", "{{ 'x'.center(4611686018427387904) }}",
        "{{ 'x'.expandtabs(9223372036854775807) ~ 'a\tb\tc'.expandtabs(9223372036854775807) }}",
        "{{ [1]|tojson(indent=10 ** 9) }}", "{{ 1|round(-9223372036854775807 - 1) }}",
        "{{ ('a' * 4000000).replace('', 'b' * 1000) }}",
        "{% set l = ['a' * 4000000] * 100000 %}{{ l|join }}", "{% for i in range(10 ** 9) %}{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% include 'self' %}", "{% extends 'self' %}", "{% import 'self' as s %}",
        "{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}",
        "{% set n = namespace(t=()) %}{% for i in range(999) %}{% set n.t = (n.t, n.t) %}{% endfor %}",
        "{% set n = namespace(t=()) %}{% for i in range(99) %}{% set n.t = (n.t, n.t) %}{% endfor %}{{ {n.t: 1} }}",
        "{% set n = namespace(x=[1]) %}{% for i in range(9999) %}{% set n.x = n.x|map('upper') %}{% endfor %}{{ n.x|list }}",
        "{% set n = namespace(x=1) %}{% for i in range(9999) %}{% set n.x = [n.x] %}{% endfor %}", "{{ x.a }}",
    ])
    func `end with an error that can be shown`(source: String) {
        #expect(throws: TemplateError.self) { try render(source) }
    }

    @Test(arguments: [
        "{{ " + String(repeating: "(", count: 5000) + "1" + String(repeating: ")", count: 5000) + " }}",
        "{{ 1" + String(repeating: " + 1", count: 20000) + " }}",
        "{{ x" + String(repeating: "|e", count: 20000) + " }}",
        "{{ x" + String(repeating: ".a", count: 20000) + " }}", "{{ " + String(repeating: "not ", count: 5000) + "1 }}",
        String(repeating: "{% if 1 %}", count: 3000) + String(repeating: "{% endif %}", count: 3000),
        "{{ " + String(repeating: "9", count: 100_000) + " }}",
    ])
    func `of any depth are refused before they are compiled`(source: String) {
        #expect(throws: TemplateError.self) { try render(source) }
    }

    @Test(arguments: [
        ("{{ (-9223372036854775807 - 1)|round(-18) }}", "-9000000000000000000"),
        ("{{ (-9223372036854775807 - 1) // -1 }}", "9223372036854775808"),
        ("{{ 'abc'.ljust(-9223372036854775807 - 1) }}", "abc"),
        ("{{ 'abc'|truncate(9223372036854775807, true, '', 9223372036854775807) }}", "abc"),
        ("{{ -9223372036854775803 in range(5, -9223372036854775808, -1) }}", "True"),
        ("{{ range(9)[::9223372036854775807]|list }}", "[0]"),
        ("{{ range(9)[::4294967296][::4294967296]|list }}", "[0]"), ("{{ ('a,' * 1000).rsplit(',', 1)|length }}", "2"),
        ("{{ ('a' * 100000).find('a' * 50000 ~ 'b') }}", "-1"), ("{{ '<!-- a --><b>c</b> <!-->d'|striptags }}", "c d"),
        (
            "{{ '{:010,}'.format(1234) }}|{{ '{:09,}'.format(1234) }}|{{ '{:08,}'.format(1234) }}",
            "00,001,234|0,001,234|0,001,234"
        ),
        ("{% set l = [1] %}{% do l.append(l) %}{{ l }}", "[1, [...]]"),
        ("{% set d = {} %}{% do d.update({'a': d}) %}{{ d }}", "{'a': {...}}"),
        ("{{ 1" + String(repeating: " ~ 1", count: 5000) + " }}", String(repeating: "1", count: 5001)),
        ("{% if 0 %}" + String(repeating: "{% elif 0 %}", count: 5000) + "{% else %}y{% endif %}", "y"),
    ])
    func `that are merely extreme are answered as Python does`(source: String, expected: String) throws {
        #expect(try render(source) == expected)
    }

    @Test func `more calls and variables than sixteen bits count find their own`() throws {
        let calls = (0..<70_000).map { "{{ m(\($0 % 10)) }}" }.joined()
        let sets = (0..<40_000).map { "{% set v\($0) = \($0 % 10) %}" }.joined()
        let reads =
            "{{ v0 }}{{ v39999 }}{{ v32768 }}{% for i in [1] %}{{ v39998 }}{% set v39998 = 5 %}{{ v39998 }}{% endfor %}"
        #expect(
            try render("{% macro m(a) %}{{ a }}{% endmacro %}" + calls) == String(repeating: "0123456789", count: 7000))
        #expect(try render(sets + reads) == "09885")
    }

    private struct BytesLoader: TemplateLoader {
        var bytes: [UInt8]
        func source(of name: String) throws(EvaluationError) -> [UInt8]? { bytes }
    }

    @Test(
        arguments: [
            [0x86], [0x61, 0x0A, 0x7B, 0x7B, 0x20, 0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x98], [0x7B, 0x25, 0xFF],
            [0xED, 0xA0, 0x80],
        ] as [[UInt8]])
    func `that are no UTF-8 are refused at the place`(bytes: [UInt8]) {
        do throws(TemplateError) {
            _ = try TemplateEnvironment(loader: BytesLoader(bytes: bytes)).template("t")
            Issue.record("compiled")
        } catch {
            #expect(error.kind == "TemplateSyntaxError")
            #expect(error.line == bytes.count { $0 == 0x0A } + 1)
        }
    }

    @Test(arguments: ["a \u{FFFD}\u{FFFD}", "é", "日本 ## x", "é\n# set x = 1\n日{{ x }}", "\u{1F600}"])
    func `with line prefixes read whole characters`(source: String) throws {
        var settings = TemplateSettings()
        (settings.syntax.lineStatementPrefix, settings.syntax.lineCommentPrefix) = ("#", "##")
        let text = try TemplateEnvironment(settings: settings).compile(name: nil, source: source)
            .render(context: TemplateValue(map: [(key: String, value: TemplateValue)]())).string
        #expect(text == ["日本 ## x": "日本", "é\n# set x = 1\n日{{ x }}": "é\n日1"][source] ?? source)
    }

    @Test func `show how a huge value begins where they fail`() {
        do throws(TemplateError) {
            _ = try render("{% set big = [1] * 100000 %}\n{{ big + 1 }}")
            Issue.record("a list and a number were added")
        } catch {
            #expect(error.line == 2)
            #expect(error.values.map(\.name) == ["big"])
            #expect(
                error.values.allSatisfy {
                    $0.value.hasPrefix("[1, 1, 1") && $0.value.hasSuffix("...") && $0.value.count < 100
                })
        }
    }

    @Test func `that make lists contain themselves give all memory back`() throws {
        weak var kept: ListValue?
        func run() throws {
            let list = ListValue([TemplateValue.int(1)], isFrozen: false)
            kept = list
            let template = try TemplateEnvironment().compile(
                name: nil, source: "{% macro m() %}{{ x }}{% endmacro %}{% set a = [x] %}{{ a.append(a) }}{{ m() }}")
            _ = try template.render(context: TemplateValue(map: [(key: "x", value: .list(list))]))
        }
        try run()
        #expect(kept == nil)
    }
}
