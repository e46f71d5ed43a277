import Foundation
import TestSupport
import Testing

/// Answers of real Jinja2 and real Ansible filters, stored with their oracle's version; `Tests/Conformance/jinja/stored.py`
/// makes the file anew.
@Suite(.timeLimit(.minutes(5))) struct `Stored template cases` {
    private struct Expected: Decodable {
        struct Failure: Decodable { var type: String }
        var output: String?
        var error: Failure?
    }
    private struct Case: Decodable {
        var id: String
        var expect: Expected
    }
    private struct Answer: Decodable {
        struct Failure: Decodable { var type: String }
        var id: String
        var output: String?
        var error: Failure?
    }

    private static func program() throws -> String {
        var folder = try #require(Bundle.main.executableURL?.resolvingSymlinksInPath())
        for _ in 0..<5 {
            folder = folder.deletingLastPathComponent()
            let candidate = folder.appending(path: "asbuilt-conformance").path(percentEncoded: false)
            if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
        }
        throw CocoaError(.fileNoSuchFile)
    }

    /// Syntax errors come in two kinds that Jinja2 itself does not keep apart everywhere.
    private static func isSame(_ a: String?, _ b: String?) -> Bool {
        let syntax: Set<String> = ["TemplateSyntaxError", "TemplateAssertionError"]
        guard let a, let b else { return a == b }
        return a == b || (syntax.contains(a) && syntax.contains(b))
    }

    @Test func `are answered as Jinja2 and Ansible answered them`() throws {
        let file = Repository.root.appending(path: "Tests/TemplateConformanceTests/Fixtures/stored-cases.jsonl")
        var lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init)
        #expect(lines.removeFirst().hasPrefix("{\"oracle\""))
        var contexts: [String: String] = [:]
        var cases: [Case] = []
        var input = ""
        for line in lines {
            if line.hasPrefix("{\"shared\": ") {
                let number = line.dropFirst("{\"shared\": ".count).prefix { $0.isNumber }
                let context = try #require(line.range(of: "\"context\": ")).upperBound
                contexts["\"@\(number)\""] = String(line[context...].dropLast())
                continue
            }
            cases.append(try JSONDecoder().decode(Case.self, from: Data(line.utf8)))
            var complete = line
            if let reference = line.range(of: "\"@[0-9]+\"", options: .regularExpression) {
                complete.replaceSubrange(reference, with: try #require(contexts[String(line[reference])]))
            }
            input += complete + "\n"
        }
        #expect(cases.count > 1000)
        let scratch = try ScratchFolder("stored cases")
        try scratch.write(input, to: "cases.jsonl")
        let answers = try ShellCommand.run(
            "/bin/sh", ["-c", "\"$0\" jinja < cases.jsonl", try Self.program()], in: scratch.url)
        let byID = try answers.split(separator: "\n").reduce(into: [String: Answer]()) { table, line in
            let answer = try JSONDecoder().decode(Answer.self, from: Data(line.utf8))
            table[answer.id] = answer
        }
        for test in cases {
            let answer = try #require(byID[test.id], "no answer to \(test.id)")
            #expect(
                answer.output == test.expect.output && Self.isSame(answer.error?.type, test.expect.error?.type),
                "\(test.id): \(answer.output ?? answer.error?.type ?? "") instead of \(test.expect.output ?? test.expect.error?.type ?? "")"
            )
        }
    }

    @Test(arguments: ["jinja", "cli"])
    func `every line is answered under the name it came with, a text or a number`(_ kind: String) throws {
        let scratch = try ScratchFolder("named cases")
        let question = #""kind": "remediate", "platform": "frr", "running": "", "intended": "", "template": """#
        try scratch.write(
            """
            {"id": 7, \(question)}
            {"id": "seven/7", \(question)}
            {\(question)}
            """, to: "cases.jsonl")
        let answers = try ShellCommand.run(
            "/bin/sh", ["-c", "\"$0\" $1 < cases.jsonl", try Self.program(), kind], in: scratch.url)
        let names = try answers.split(separator: "\n").map { line in
            try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])["id"]
        }
        try #require(names.count == 3)
        #expect(names[0] as? Int == 7)
        #expect(names[1] as? String == "seven/7")
        #expect(names[2] == nil)
    }
}
