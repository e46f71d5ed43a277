import CLIConfiguration
import Foundation

/// Answers cases about CLI configurations: `{"id","kind":"remediate","platform","running","intended"}`.
enum CLICases {
    private struct Case: Decodable {
        var id: String?
        var kind: String
        var platform: String?
        var running: String?
        var intended: String?
    }
    private struct Answer: Encodable {
        var id: String?
        var lines: [String]?
        var backout: [String]?
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
        guard test.kind == "remediate" else {
            return Answer(id: test.id, error: "kind \(test.kind) is not supported; known: remediate")
        }
        guard let platform = test.platform, let running = test.running, let intended = test.intended else {
            return Answer(id: test.id, error: "platform, running and intended are needed")
        }
        guard let dialect = CLIDialect.named(platform) else {
            return Answer(id: test.id, error: "no dialect is called \(platform)")
        }
        let change = CLIRemediation(
            from: CLITree(parsing: running, dialect: dialect),
            to: [(CLITree(parsing: intended, dialect: dialect), .replace)], secrets: .shown)
        return Answer(id: test.id, lines: change.forward.flatMap(\.lines), backout: change.backout.flatMap(\.lines))
    }
}
