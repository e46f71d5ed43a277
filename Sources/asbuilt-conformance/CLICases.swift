import CLIApplyModel
import CLIConfiguration
import Foundation

/// Answers cases about CLI configurations: `{"id","kind":"remediate","platform","running","intended"}` for the commands,
/// `{"id","kind":"apply","platform","running","intended","lines"}` for what the apply model makes of typed lines:
/// the lines it refuses, and what then still differs from the intended text (`other`: a text whose sections are known too).
enum CLICases {
    private struct Case: Decodable {
        var id: CaseID?
        var kind: String
        var platform: String?
        var running: String?
        var intended: String?
        var typed: [String]?
        var other: String?

        enum CodingKeys: String, CodingKey {
            case id, kind, platform, running, intended, other
            case typed = "lines"
        }
    }
    private struct Answer: Encodable {
        var id: CaseID?
        var lines: [String]?
        var backout: [String]?
        var refused: [String]?
        var left: String?
        var error: String?
    }

    static func answer(_ line: String) -> String {
        let answer: Answer
        do {
            answer = Self.answer(to: try JSONDecoder().decode(Case.self, from: Data(line.utf8)))
        } catch {
            answer = Answer(error: "the case cannot be read: \(error)")
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(answer) else { return #"{"error":"the answer cannot be written"}"# }
        return String(decoding: data, as: UTF8.self)
    }

    private static func answer(to test: Case) -> Answer {
        guard ["remediate", "apply"].contains(test.kind) else {
            return Answer(
                id: test.id,
                error: "kind \(test.kind) is not supported; known: remediate, apply, parse, library, index, pipeline")
        }
        guard let platform = test.platform, let running = test.running, let intended = test.intended else {
            return Answer(id: test.id, error: "platform, running and intended are needed")
        }
        guard let dialect = CLIDialect.named(platform) else {
            return Answer(id: test.id, error: "no dialect is called \(platform)")
        }
        let (observed, wanted) = (
            CLITree(parsing: running, dialect: dialect), CLITree(parsing: intended, dialect: dialect)
        )
        if test.kind == "apply" {
            let outcome = CLIApplyModel.applying(
                test.typed ?? [], to: observed,
                sections: CLIApplyModel.sections(of: wanted)
                    .union(CLIApplyModel.sections(of: CLITree(parsing: test.other ?? "", dialect: dialect))))
            return Answer(
                id: test.id, refused: outcome.refused.map { "\($0.line): \($0.reason)" },
                left: CLIDiff(from: outcome.tree, to: wanted).text)
        }
        let change = CLIRemediation(from: observed, to: [(wanted, .replace)], secrets: .shown)
        return Answer(id: test.id, lines: change.forward.flatMap(\.lines), backout: change.backout.flatMap(\.lines))
    }
}
