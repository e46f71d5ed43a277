import Diagnostics
import JinjaTemplates
import Testing

@Suite struct RenderingTests {
    private func render(
        _ source: String, _ context: [(key: String, value: TemplateValue)] = [],
        templates: [String: String] = [:], _ change: (inout TemplateSettings) -> Void = { _ in }
    ) throws -> RenderedOutput {
        var settings = TemplateSettings()
        change(&settings)
        let environment = TemplateEnvironment(settings: settings, loader: DictionaryLoader(templates))
        return try environment.compile(name: "main.j2", source: source)
            .render(context: TemplateValue(map: context), options: RenderOptions(annotate: true))
    }

    @Test func `loops, conditions, filters and macros print as in Jinja2`() throws {
        let output = try render(
            "{% macro m(a, b=2) %}{{ a }}-{{ b }}{% endmacro %}{% for i in [1, 2] %}{{ m(i) }}{{ ',' if not loop.last }}{% endfor %} {{ name|upper }}",
            [("name", TemplateValue("eth0"))])
        #expect(output.string == "1-2,2-2 ETH0")
    }

    @Test func `a template that changes shared data works on its own copy`() throws {
        let list = TemplateValue(list: [.int(1)])
        let source = "{% do l.append(2) %}{{ l }}"
        for _ in 0..<2 {
            #expect(try render(source, [("l", list)]) { $0.syntax.extensions = [.do] }.string == "[1, 2]")
        }
    }

    @Test func `an undefined variable is an error with a caret and a suggestion`() throws {
        do {
            _ = try render("a\n  {{ hostnam }}\n", [("hostname", TemplateValue("r1"))])
            Issue.record("rendered although a variable is undefined")
        } catch let error as TemplateError {
            #expect(error.kind == "UndefinedError")
            #expect((error.line, error.column) == (2, 6))
            #expect(error.excerpt == "  {{ hostnam }}\n     ^")
            #expect(error.suggestion == "hostname")
        }
    }

    @Test func `each output line names the template lines and variables behind it`() throws {
        let output = try render(
            "hostname {{ name }}\n{% include 'ntp.j2' %}\n",
            [("name", TemplateValue("r1")), ("server", TemplateValue("192.0.2.1"))],
            templates: ["ntp.j2": "!\nntp server {{ server }}"])
        #expect(
            output.string == "hostname r1\n!\nntp server 192.0.2.1\n"
                || output.string == "hostname r1\n!\nntp server 192.0.2.1")
        let line = try #require(output.lines.dropFirst(2).first)
        #expect(line.places.map { "\($0.template):\($0.line)" } == ["ntp.j2:2", "main.j2:2"])
        #expect(line.variables == [LineOrigin.Variable(name: "server", value: "192.0.2.1")])
        #expect(output.lines[0].variables == [LineOrigin.Variable(name: "name", value: "r1")])
    }

    @Test(arguments: [
        "{{ 'ab' * 999999999999 }}", "{{ 2 ** 999999999 }}", "{{ range(99999999999)|list }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "{{ '%999999999d' % 1 }}",
        "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
        "{% set n = namespace(l=[1]) %}{% for i in range(99) %}{% set n.l = n.l + n.l %}{% endfor %}",
    ])
    func `a limit is a clean error`(source: String) throws {
        #expect(throws: TemplateError.self) { try render(source) { $0.limits.fuel = 200_000 } }
    }

    @Test func `a header's line end is that of literal text as well`() throws {
        let source = "#jinja2: newline_sequence: '\\r\\n'\na\n{{ 'b\nc' }}\nd\n"
        #expect(try render(source) { $0.syntax.readsHeader = true }.string == "a\r\nb\r\nc\r\nd")
    }

    /// What ansible-core 2.19 makes of the same files.
    @Test(arguments: [
        (
            "#jinja2: lstrip_blocks: True\nA\n   {% if true %}\nB\n   {% endif %}\n{% include 'bare' %}\n",
            "A\nB\ninc\n"
        ),
        ("X\n{% include 'headed' %}\nY\n", "X\n#jinja2: trim_blocks: False\ninc\nY\n"),
        ("{% import 'headed macro' as m %}{{ m.f() }}\n", "  q\n  \n"),
        ("#jinja2: lstrip_blocks: True\n{% import 'bare macro' as m %}{{ m.f() }}\n", "q\n"),
        ("#jinja2: lstrip_blocks: True\n{% extends 'base' %}\n  {% block b %}\nown\n  {% endblock %}\n", "up\nown\n"),
    ])
    func `a header holds for what the template loads, and further in it is text`(source: String, expected: String)
        throws
    {
        var settings = TemplateSettings()
        (settings.syntax.readsHeader, settings.syntax.trimBlocks, settings.restoresFinalNewlines) = (true, true, true)
        let macro = "{% macro f() %}\n  {% if true %}\nq\n  {% endif %}\n{% endmacro %}\n"
        let environment = TemplateEnvironment(
            settings: settings,
            loader: DictionaryLoader([
                "main": source, "bare": "  {% if true %}\ninc\n  {% endif %}\n",
                "headed": "#jinja2: trim_blocks: False\n{% if true %}\ninc\n{% endif %}\n",
                "bare macro": macro, "headed macro": "#jinja2: lstrip_blocks: True\n" + macro,
                "base": "up\n  {% block b %}\n  {% endblock %}\n",
            ]))
        let main = try environment.template("main")
        #expect(try main.render(context: TemplateValue(map: [])).string == expected)
        // Alone each is read by its own header again.
        let alone = try environment.template("headed").render(context: TemplateValue(map: [])).string
        #expect(alone == "\ninc\n")
    }

    /// What ansible-core 2.19 makes of the same templates.
    @Test(arguments: [
        ("{{ none }}|{{ [none] }}|{{ 'x' ~ none }}", "|[None]|xNone"),
        ("{% set x = [] %}{% for i in range(2) %}{{ x.append(i) }}{% endfor %}{{ x }}", "[0, 1]"),
        ("{{ (1, 2) }}|{{ (1, 2) | string }}|{{ [(1,)] }}", "[1, 2]|(1, 2)|[[1]]"),
        ("{{ [1, 2] | map('string') }}|{{ {'a': 1}.items() }}|{{ {'a': 1}.keys() }}", "['1', '2']|[['a', 1]]|['a']"),
        ("{{ range(3) }}|{{ true }}|{{ 1.0 }}", "range(0, 3)|True|1.0"),
        ("{{ [{'a': 1}] | groupby('a') }}|{{ {'b': 1} | dictsort }}", "[(1, [{'a': 1}])]|[['b', 1]]"),
    ])
    func `values print as Ansible prints them where that is asked for`(source: String, expected: String) throws {
        #expect(try render(source) { $0.printedForm = .ansible }.string == expected)
    }

    /// What ansible-core 2.19 makes of the same files.
    @Test(arguments: [
        ("Hello {% include 'world' %}!\n", "Hello world!\n"), ("{{ 'a\n' }}\n\n", "a\n\n"),
        ("{{ 'a\n\n\n' }}\n\n", "a\n\n\n\n"), ("x\n\n\n", "x\n\n\n"), ("{% if true %}\nx\n{% endif %}\n", "x\n"),
        ("x", "x"),
    ])
    func `final line ends are made up for the main template, and included ones lose theirs`(
        source: String, expected: String
    )
        throws
    {
        var settings = TemplateSettings()
        (settings.syntax.trimBlocks, settings.restoresFinalNewlines) = (true, true)
        let environment = TemplateEnvironment(
            settings: settings, loader: DictionaryLoader(["main": source, "world": "world\n"]))
        #expect(try environment.template("main").render(context: TemplateValue(map: [])).string == expected)
    }

    @Test func `a macro that hands its caller on takes it from a call block only when it reads it before assigning it`()
        throws
    {
        #expect(try render("{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}x{% endcall %}").string == "x")
        #expect(throws: TemplateError.self) {
            try render("{% macro m() %}{% set caller = 1 %}{{ caller }}{% endmacro %}{% call m() %}x{% endcall %}")
        }
    }

    @Test(arguments: [
        ("12345678901234567890123456789000 / 100", "1.2345678901234568e+29"),
        ("9007199254740993 / 3", "3002399751580331.0"),
        ("10 ** 400 / 10 ** 399", "10.0"), ("-(2 ** 64) / 3", "-6.148914691236517e+18"),
        ("123456789012345678901234567890.bit_length()", "97"), ("(2 ** 70).real", "1180591620717411303424"),
    ])
    func `big integers divide to the nearest float`(expression: String, expected: String) throws {
        #expect(try render("{{ \(expression) }}").string == expected)
    }

    @Test func `the names a template reads are known without rendering`() throws {
        let template = try TemplateEnvironment().compile(
            name: nil, source: "{% set a = b %}{{ a }}{% for c in d %}{{ c.e }}{% endfor %}{{ range(3) }}")
        #expect(template.variables == ["b", "d"])
    }

    @Test func `a syntax error becomes a finding at its place`() {
        let findings = TemplateEnvironment().check(name: "x.j2", source: "{% if x %}\n{{ 1 + }}")
        #expect(findings.map(\.position) == [SourcePosition(file: "x.j2", line: 2, column: 8)])
    }
}
