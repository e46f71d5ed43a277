import JinjaTemplates
import Testing

/// Which template line wrote which output line.
@Suite struct `Line origins` {
    private func origins(_ source: String, _ sources: [String: String] = [:], trimBlocks: Bool = false) throws
        -> [String]
    {
        var settings = TemplateSettings()
        settings.syntax.trimBlocks = trimBlocks
        settings.syntax.keepTrailingNewline = true
        let environment = TemplateEnvironment(
            settings: settings, loader: DictionaryLoader(sources.merging(["t": source]) { old, _ in old }))
        let output = try environment.template("t").render(
            context: TemplateValue(map: [(key: "x", value: TemplateValue("X"))]), options: RenderOptions(annotate: true)
        )
        let lines = output.string.split(separator: "\n", omittingEmptySubsequences: false)
        return zip(lines, output.lines).map { line, origin in
            "\(line) < " + origin.places.map { "\($0.template):\($0.line)" }.joined(separator: " < ")
        }
    }

    @Test func `plain text keeps the template's own lines`() throws {
        #expect(try origins("a\nb\nc\n") == ["a < t:1", "b < t:2", "c < t:3"])
    }

    @Test func `lines behind a printed value count on`() throws {
        #expect(
            try origins("a {{ x }}\nb\nc\nd {{ x }} e\nf\n")
                == ["a X < t:1", "b < t:2", "c < t:3", "d X e < t:4", "f < t:5"])
    }

    @Test func `blocks whose line break is trimmed do not shift the count`() throws {
        #expect(
            try origins("{% set y = 1 %}\na\nb\n{% if x %}\nc\nd\n{% endif %}\ne\n", trimBlocks: true)
                == ["a < t:2", "b < t:3", "c < t:5", "d < t:6", "e < t:8"])
    }

    @Test func `lines of an included template name it first`() throws {
        #expect(
            try origins("a\n{% include 'i' %}\nz\n", ["i": "p\nq\nr\n"], trimBlocks: true)
                == ["a < t:1", "p < i:1 < t:2", "q < i:2 < t:2", "r < i:3 < t:2", "z < t:3"])
    }
}
