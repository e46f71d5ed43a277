import Diagnostics
import SourceDocuments
import Testing

@Suite(.timeLimit(.minutes(5))) struct YAMLTests {
    private func root(_ yaml: String) throws -> DocumentNode { try SourceDocument.yaml(yaml, file: "a.yaml").root }

    private func finding(_ yaml: String) -> String {
        do {
            _ = try SourceDocument.yaml(yaml, file: "a.yaml")
            return "no finding"
        } catch { return error.description }
    }

    @Test func `every node knows its place`() throws {
        let root = try root("a: 1\nb:\n  - x\n  - { é: y, z: \"q\" }\n")
        #expect(root["a"]?.position.description == "a.yaml:1:4")
        let list = try #require(root["b"]?.sequence)
        #expect(list[0].position.description == "a.yaml:3:5")
        #expect(list[1]["z"]?.position.description == "a.yaml:4:16")
        #expect(root.mapping?[1].keyPosition.description == "a.yaml:2:1")
    }

    @Test func `scalars keep their text and their style`() throws {
        let root = try root("a: no\nb: 12:30:45\nc: '010'\nd: \"x\\ty\"\ne: |\n  l1\n  l2\n")
        #expect(root["a"]?.scalar == .init(text: "no", style: .plain))
        #expect(root["b"]?.scalar?.text == "12:30:45")
        #expect(root["c"]?.scalar == .init(text: "010", style: .singleQuoted))
        #expect(root["d"]?.scalar?.text == "x\ty")
        #expect(root["e"]?.scalar == .init(text: "l1\nl2\n", style: .literal))
    }

    @Test func `a duplicate key is refused where it is repeated`() {
        #expect(
            finding("a:\n  x: 1\n  y: 2\n  x: 3\n") == """
                a.yaml:4:3: error: the key `x` is there twice (first in line 2) [yaml.duplicate-key]
                  4 |   x: 3
                    |   ^
                  → remove one of the two
                """)
        #expect(finding("{a: 1, \"a\": 2}").contains("[yaml.duplicate-key]"))
    }

    @Test func `a syntax error names its place`() {
        #expect(
            finding("a: [1, 2\nb: 3\n") == """
                a.yaml:2:2: error: while parsing a flow sequence did not find expected ',' or ']' [yaml.syntax]
                  2 | b: 3
                    |  ^
                  → correct the YAML; texts with special characters go in quotes
                """)
        #expect(finding("a:\n\tb: 1\n").contains("indent with spaces, not tabs"))
        #expect(finding("a: x\u{7}y").contains("a.yaml:1:5: error: control characters are not allowed"))
        #expect(finding("a: 1\n---\nb: 2\n").contains("found another document"))
    }

    @Test(arguments: [
        ("a: !vault x", "yaml.tag"), ("? [a, b]\n: 1", "yaml.key"), ("a: &x {b: 1}\nc: {<<: *x}", "yaml.merge-key"),
        ("a: *nobody", "yaml.syntax"), ("a: &x [*x]", "yaml.syntax"),
    ])
    func `what could surprise is refused`(yaml: String, code: String) {
        #expect(finding(yaml).contains("[\(code)]"))
    }

    @Test func `aliases give the same value again`() throws {
        let root = try root("a: &x [1, 2]\nb: *x\n")
        #expect(root["a"] == root["b"])
    }

    @Test func `billion laughs are refused, as values and as keys`() {
        var yaml = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
        for level in 1...9 {
            yaml +=
                "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ",") + "]\n"
        }
        #expect(finding(yaml).contains("[document.too-many-nodes]"))
        #expect(finding(yaml + "*a9 : 1\n").contains("[yaml.alias-key]"))
        #expect(finding(yaml + "? *a9\n: 1\n").contains("[yaml.alias-key]"))
        #expect(finding(yaml + "z: {[*a9]: 1}\n").contains("[yaml.alias-key]"))
    }

    @Test func `deep nesting is refused`() {
        #expect(finding(String(repeating: "[", count: 100) + String(repeating: "]", count: 100)).contains("too-deep"))
        #expect(finding(String(repeating: "[", count: 100_000)).contains("too-deep"))
    }

    @Test func `an empty document is nothing`() throws {
        #expect(try root("").isNull)
        #expect(try root("# only a comment\n").isNull)
    }

    @Test func `front matter keeps the lines of its file`() throws {
        let text = "---\nasbuilt: spec/v1\ntitle: T\n---\n\n# Prose\n"
        let (document, body) = try SourceDocument.frontMatter(of: text, file: "spec.md")
        #expect(document.root["title"]?.position.description == "spec.md:3:8")
        #expect(body == "\n# Prose\n")
        #expect(throws: Findings.self) { try SourceDocument.frontMatter(of: "# Prose", file: "spec.md") }
    }

    @Test func `characters inside a scalar have places`() throws {
        let root = try root(
            "a: role:edge x\nb: 'it''s here'\nc: \"tab\\t, \\u00e9 end\"\nd: |\n  one\n    two\ne: >\n  x\n  y\n")
        func place(_ key: String, _ offset: Int) -> String? { root[key]?.position(atScalar: offset).description }
        #expect(place("a", 10) == "a.yaml:1:14")
        #expect(place("b", 2) == "a.yaml:2:7")
        #expect(place("b", 3) == "a.yaml:2:9")
        #expect(place("c", 4) == "a.yaml:3:10")
        #expect(place("c", 7) == "a.yaml:3:18")
        #expect(place("d", 4) == "a.yaml:6:3")
        #expect(place("d", 6) == "a.yaml:6:5")
        #expect(place("e", 1) == "a.yaml:7:4")
    }

    @Test func `a missing file is a finding`() {
        let error = #expect(throws: Findings.self) {
            try SourceDocument.load(path: "/nonexistent/x.yaml", shownAs: "inventory/x.yaml")
        }
        #expect(
            error?.description == """
                inventory/x.yaml: error: there is no such file [file.missing]
                  → create inventory/x.yaml, or correct its name where it is used
                """)
    }
}
