import Foundation
import TextTables

/// Answers cases about texts of `show` commands: `{"id","kind":"parse","template","raw"}` for a template's rows;
/// `{"id","kind":"library","index","templates"}` once, then `{"id","kind":"index","platform","command"}` for a template's
/// name and `{"id","kind":"pipeline","platform","command","raw"}` for what ntc-templates makes of it;
/// `{"id","kind":"measure-parse","cases":[{"template","raw"}]}` for the CPU seconds of compiling and of reading.
///
/// Errors are named as Google's `textfsm` has them: `template` and `state`; beside them `limit`, when reading costs too much.
struct TextTableCases {
    private struct Case: Decodable {
        struct Pair: Decodable {
            var template: String
            var raw: String
        }
        var id: CaseID?
        var kind: String
        var template: String?
        var raw: String?
        var index: String?
        var templates: [String: String]?
        var platform: String?
        var command: String?
        var cases: [Pair]?
    }

    private var library: TemplateLibrary?
    /// Templates compiled, by text: many cases share one.
    private var known: [String: TextFSMTemplate] = [:]
    private static let maximumKnown = 4_096

    /// The answer to a case, which may have no `id`; nil for a line of another kind.
    mutating func answer(_ line: String) -> String? {
        guard let test = try? JSONDecoder().decode(Case.self, from: Data(line.utf8)),
            ["parse", "library", "index", "pipeline", "measure-parse"].contains(test.kind)
        else { return nil }
        let id =
            switch test.id {
            case .text(let text)?: "\"id\":\(quoted(text)),"
            case .number(let number)?: "\"id\":\(number),"
            case nil: ""
            }
        do {
            return "{\(id)\(try self.answer(to: test))}"
        } catch let error as TextTableError {
            let name =
                switch error.code {
                case .state: "state"
                case .limit: "limit"
                case .template, .index, .noTemplate, .missingTemplate, .merge: "template"
                }
            return "{\(id)\"error\":\(quoted(name)),\"message\":\(quoted(error.description))}"
        } catch {
            return "{\(id)\"error\":\"case\",\"message\":\(quoted("\(error)"))}"
        }
    }

    private struct Missing: Error, CustomStringConvertible { let description: String }

    private mutating func answer(to test: Case) throws -> String {
        switch test.kind {
        case "parse":
            guard let text = test.template, let raw = test.raw else {
                throw Missing(description: "template and raw are needed")
            }
            let table = try template(text).table(of: raw)
            let rows = table.rows.map { "[" + $0.map(json).joined(separator: ",") + "]" }
            return
                "\"header\":[\(table.header.map(quoted).joined(separator: ","))],\"rows\":[\(rows.joined(separator: ","))]"
        case "library":
            guard let index = test.index, let templates = test.templates else {
                throw Missing(description: "index and templates are needed")
            }
            library = try TemplateLibrary(index: index, file: "index") { name throws(TextTableError) in
                guard let text = templates[name] else {
                    throw TextTableError(
                        .missingTemplate, "there is no template \(name)", remedy: "add it to the library")
                }
                return text
            }
            return "\"ok\":true"
        case "measure-parse": return try measure(test.cases ?? [])
        default: break
        }
        guard let library else { throw Missing(description: "send a library first") }
        guard let platform = test.platform, let command = test.command else {
            throw Missing(description: "platform and command are needed")
        }
        if test.kind == "index" {
            return
                "\"template\":\(try library.templateName(platform: platform, command: command).map(quoted) ?? "null")"
        }
        guard let raw = test.raw else { throw Missing(description: "raw is needed") }
        let table = try library.table(of: raw, platform: platform, command: command)
        let rows = table.rows.map { row in
            "{" + zip(table.header, row).map { "\(quoted($0)):\(json($1))" }.joined(separator: ",") + "}"
        }
        return "\"rows\":[\(rows.joined(separator: ","))]"
    }

    private mutating func template(_ text: String) throws -> TextFSMTemplate {
        if let template = known[text] { return template }
        let template = try TextFSMTemplate(text, file: "template")
        if known.count >= Self.maximumKnown { known = [:] }
        known[text] = template
        return template
    }

    private func measure(_ pairs: [Case.Pair]) throws -> String {
        let cpu = { Double(clock()) / Double(CLOCKS_PER_SEC) }
        let begin = cpu()
        var compiled: [String: TextFSMTemplate] = [:]
        for pair in pairs where compiled[pair.template] == nil {
            compiled[pair.template] = try TextFSMTemplate(pair.template, file: "template")
        }
        let middle = cpu()
        var (rows, errors) = (0, 0)
        for pair in pairs {
            do { rows += try compiled[pair.template]?.table(of: pair.raw).rows.count ?? 0 } catch { errors += 1 }
        }
        let end = cpu()
        return "\"compile\":\(middle - begin),\"read\":\(end - middle),\"rows\":\(rows),\"errors\":\(errors)"
    }

    // MARK: JSON

    private func json(_ cell: TextTable.Cell) -> String {
        switch cell {
        case .text(let text): return quoted(text)
        case .list(let items):
            let parts = items.map { item in
                switch item {
                case .text(let text): quoted(text)
                case .null: "null"
                case .groups(let groups):
                    "{" + groups.map { "\(quoted($0.name)):\($0.text.map(quoted) ?? "null")" }.joined(separator: ",")
                        + "}"
                }
            }
            return "[" + parts.joined(separator: ",") + "]"
        }
    }

    private func quoted(_ text: String) -> String {
        var result: [UInt8] = [0x22]
        for byte in text.utf8 {
            switch byte {
            case 0x22, 0x5C: result += [0x5C, byte]
            case 0x00..<0x20, 0x7F:
                let digits = String(byte, radix: 16)
                result += "\\u00\(digits.count == 1 ? "0" : "")\(digits)".utf8
            default: result.append(byte)
            }
        }
        result.append(0x22)
        return String(decoding: result, as: UTF8.self)
    }
}
