internal import Diagnostics
internal import SourceDocuments
internal import TextTables
internal import XMLDocuments

/// What a device showed, read as the check says.
enum ParsedOutput {
    /// `hasTextsOnly`: numbers in it are texts too, and take the type of what they are compared with.
    case value(PlainValue, hasTextsOnly: Bool)
    case xml([UInt8], namespaces: [String: String])

    /// Why output could not be read, as a sentence.
    struct Failure: Error {
        var what: String
    }

    init(_ bytes: [UInt8], _ check: StateCheck) throws(Failure) {
        guard bytes.contains(where: { $0 > 0x20 }) else { throw Failure(what: "the device showed nothing") }
        switch check.format {
        case .json:
            do {
                let document = try SourceDocument.json(bytes: bytes, file: "output", limits: .deviceOutput)
                self = .value(try PlainValue(document.root), hasTextsOnly: false)
            } catch {
                let first = error.all.first
                let place = first?.position.map { " at \($0)" } ?? ""
                throw Failure(what: "the output is not JSON: \(first?.what ?? "")\(place)")
            }
        case .xml:
            do { _ = try XMLDocument(parsing: bytes) } catch {
                throw Failure(what: "the output is not XML: \(error.what)")
            }
            self = .xml(bytes, namespaces: check.namespaces)
        case .textfsm: self = .value(try Self.rows(bytes, check), hasTextsOnly: true)
        }
    }

    /// A list of mappings from the columns, in lower case as ntc-templates has them, to what was found.
    private static func rows(_ bytes: [UInt8], _ check: StateCheck) throws(Failure) -> PlainValue {
        guard let template = check.table else {
            throw Failure(what: "the template \(check.template ?? "") was not read")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Failure(what: "the output is not UTF-8 text")
        }
        let table: TextTable
        do { table = try template.table(of: text) } catch {
            throw Failure(what: "\(error.position.map { "\($0): " } ?? "")\(error.what)")
        }
        // A text of another command has no rows either: it proves nothing.
        guard !table.rows.isEmpty else { throw Failure(what: "\(template.file) finds no rows in the output") }
        let columns = table.header.map { $0.lowercased() }
        return .list(table.rows.map { row in .map(PlainMap(zip(columns, row).map { ($0, value($1)) })) })
    }

    private static func value(_ cell: TextTable.Cell) -> PlainValue {
        switch cell {
        case .text(let text): return .string(text)
        case .list(let items):
            return .list(
                items.map { item in
                    switch item {
                    case .text(let text): .string(text)
                    case .null: .null
                    case .groups(let groups):
                        .map(PlainMap(groups.map { ($0.name, $0.text.map { .string($0) } ?? .null) }))
                    }
                })
        }
    }

    /// Texts take the type they are compared with.
    var isUntyped: Bool {
        switch self {
        case .value(_, let hasTextsOnly): hasTextsOnly
        case .xml: true
        }
    }

    /// The values at a path, in order.
    func values(at path: ValuePath) throws(Failure) -> [FoundValue] {
        switch (self, path) {
        case (.value(let root, _), .json(let query)):
            do {
                return try query.nodes(in: root).map { FoundValue(path: $0.normalizedPath, value: $0.value) }
            } catch { throw Failure(what: "\(error.what), in \(path.text)") }
        case (.xml(let bytes, let namespaces), .xml(let expression)):
            do {
                switch try expression.evaluate(on: bytes, namespaces: namespaces) {
                case .nodes(let nodes):
                    return nodes.map { FoundValue(path: $0.path, value: .string(Self.trimmed($0.stringValue))) }
                // An empty text and NaN are what XPath makes of nothing.
                case .string(let text): return text.isEmpty ? [] : [FoundValue(path: path.text, value: .string(text))]
                case .number(let number):
                    return number.isNaN ? [] : [FoundValue(path: path.text, value: .double(number))]
                case .boolean(let truth): return [FoundValue(path: path.text, value: .bool(truth))]
                }
            } catch { throw Failure(what: error.what) }
        case (.value, .xml), (.xml, .json):
            throw Failure(what: "the path \(path.text) is of another language than the output")
        }
    }

    private static func trimmed(_ text: String) -> String {
        let isSpace = { (character: Character) in character.isWhitespace }
        let start = text.drop(while: isSpace)
        return String(start.reversed().drop(while: isSpace).reversed())
    }
}
