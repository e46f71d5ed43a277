internal import Diagnostics
internal import SourceDocuments
internal import XMLDocuments

/// What a device showed, read as the check says.
enum ParsedOutput {
    case value(PlainValue)
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
                self = .value(try PlainValue(document.root))
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
        case .textfsm: throw Failure(what: "TextFSM output cannot be read yet")
        }
    }

    /// Texts take the type they are compared with.
    var isUntyped: Bool {
        switch self {
        case .value: false
        case .xml: true
        }
    }

    /// The values at a path, in order.
    func values(at path: ValuePath) throws(Failure) -> [FoundValue] {
        switch (self, path) {
        case (.value(let root), .json(let query)):
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
