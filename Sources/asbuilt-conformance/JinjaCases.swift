import Foundation
import JinjaTemplates
import TemplatePacks

/// Answers Jinja2 conformance cases: a line of JSON in, a line of JSON out.
func runJinjaCases() {
    var runner = JinjaCaseRunner()
    while let line = readLine(strippingNewline: true) {
        guard !line.isEmpty else { continue }
        guard let answer = runner.answer(line) else { continue }
        FileHandle.standardOutput.write(Data((answer + "\n").utf8))
    }
}

/// Prints `PACK filter NAME` or `PACK test NAME` for all there are.
func printJinjaNames() {
    for pack in TemplatePacks.all {
        for name in pack.filters.keys.sorted() { print(pack.name, "filter", name) }
        for name in pack.tests.keys.sorted() { print(pack.name, "test", name) }
    }
}

/// Renders cases; template sets that many cases share are compiled once.
struct JinjaCaseRunner {
    private var bundles: [String: [String: String]] = [:]
    private var environments: [String: TemplateEnvironment] = [:]

    /// The answer to a case; nil for a line that defines a bundle.
    mutating func answer(_ line: String) -> String? {
        guard let json = OrderedJSON(line), case .object(let members) = json else {
            return "{\"error\":{\"type\":\"CASE\",\"message\":\"not a JSON object\"}}"
        }
        let fields = Dictionary(members, uniquingKeysWith: { _, last in last })
        let id: String
        switch fields["id"] {
        case .string(let text)?: id = quoted(text)
        case .int(let number)?: id = String(number)
        case nil:
            guard case .string(let bundle)? = fields["bundle"] else {
                return "{\"error\":{\"type\":\"CASE\",\"message\":\"neither id nor bundle\"}}"
            }
            bundles[bundle] = fields["templates"]?.strings ?? [:]
            return nil
        default: return "{\"error\":{\"type\":\"CASE\",\"message\":\"id is neither a text nor a whole number\"}}"
        }
        do {
            return "{\"id\":\(id),\"output\":\(quoted(try render(fields)))}"
        } catch let error as TemplateError {
            return
                "{\"id\":\(id),\"error\":{\"type\":\(quoted(error.kind)),\"message\":\(quoted(error.message)),\"line\":\(error.line)}}"
        } catch {
            return "{\"id\":\(id),\"error\":{\"type\":\"CASE\",\"message\":\(quoted("\(error)"))}}"
        }
    }

    /// A case ready to be compiled and rendered again and again.
    struct Prepared {
        var environment: TemplateEnvironment
        var name: String?
        var source: String
        var context: TemplateValue
        func compile() throws -> CompiledTemplate { try environment.compile(name: name, source: source) }
    }

    /// The parts of a case that brings its own templates.
    mutating func prepare(_ line: String) throws -> Prepared {
        guard let json = OrderedJSON(line), case .object(let members) = json else { throw OrderedJSON.BadValue() }
        let fields = Dictionary(members, uniquingKeysWith: { _, last in last })
        let source = fields["template"]?.string ?? ""
        let name = fields["name"]?.string
        let environment = TemplateEnvironment(
            settings: settings(fields["settings"]), loader: DictionaryLoader(fields["templates"]?.strings ?? [:]),
            packs: packs(fields), globals: try (fields["globals"] ?? .object([])).value())
        return Prepared(
            environment: environment, name: name, source: source,
            context: try (fields["context"] ?? .object([])).value())
    }

    private mutating func render(_ fields: [String: OrderedJSON]) throws -> String {
        let context = try (fields["context"] ?? .object([])).value()
        var templates: [String: String]
        var key: String?
        if case .string(let bundle)? = fields["bundle"] {
            templates = bundles[bundle] ?? [:]
            key =
                bundle + "\u{0}"
                + "\(fields["settings"].map { "\($0)" } ?? "")\(fields["globals"].map { "\($0)" } ?? "")"
        } else {
            templates = fields["templates"]?.strings ?? [:]
        }
        let name = fields["name"]?.string
        if let source = fields["template"]?.string, let name { templates[name] = source }
        let packs = packs(fields)
        key?.append("\u{0}" + packs.map(\.name).joined(separator: ","))
        let environment: TemplateEnvironment
        if let key, let known = environments[key] {
            environment = known
        } else {
            environment = TemplateEnvironment(
                settings: settings(fields["settings"]), loader: DictionaryLoader(templates),
                packs: packs,
                globals: try (fields["globals"] ?? .object([])).value())
            if let key { environments[key] = environment }
        }
        let template: CompiledTemplate
        if let name {
            template = try environment.template(name)
        } else {
            template = try environment.compile(name: nil, source: fields["template"]?.string ?? "")
        }
        return try template.render(context: context).string
    }

    /// The packs a case names, or those that its settings and filters tell: packs take part only where a case says that it
    /// needs more than plain Jinja2 has.
    private func packs(_ fields: [String: OrderedJSON]) -> [TemplatePack] {
        if case .array(let names)? = fields["packs"] {
            return names.compactMap { $0.string.flatMap(TemplatePacks.named) }
        }
        guard case .object(let needs)? = fields["needs"], !needs.isEmpty else { return [] }
        var packs = TemplatePacks.standard
        let corpus = fields["corpus"]?.string?.lowercased() ?? ""
        var names: Set<String> = []
        for (_, value) in needs {
            if case .array(let items) = value { names.formUnion(items.compactMap(\.string)) }
        }
        var undefined: String?
        if case .object(let settings)? = fields["settings"] {
            undefined = settings.first { $0.0 == "undefined" }?.1.string
        }
        // Only netlab has this kind of undefined value; these names only SONiC has.
        if corpus.contains("netlab") || undefined == UndefinedKind.strictChainableFalsy.rawValue {
            if let pack = TemplatePacks.named("netlab") { packs.append(pack) }
        }
        let isSONiC = !names.isDisjoint(with: [
            "sort_by_port_index", "pfx_filter", "prefixlen", "ip", "unique_name", "get_primary_addr",
        ])
        if corpus.contains("sonic") || isSONiC, let pack = TemplatePacks.named("sonic") { packs.append(pack) }
        return packs
    }

    private func settings(_ json: OrderedJSON?) -> TemplateSettings {
        var settings = TemplateSettings()
        settings.undefined = .lenient
        guard case .object(let members)? = json else { return settings }
        for (key, value) in members {
            switch (key, value) {
            case ("style", .string("ansible")):
                // What an engagement's templates get that says nothing.
                settings.undefined = .strictChainable
                settings.syntax.trimBlocks = true
                settings.syntax.extensions = [.do, .loopControls]
                settings.syntax.readsHeader = true
                settings.restoresFinalNewlines = true
                settings.printedForm = .ansible
            case ("block_start_string", .string(let text)): settings.syntax.blockStart = text
            case ("block_end_string", .string(let text)): settings.syntax.blockEnd = text
            case ("variable_start_string", .string(let text)): settings.syntax.variableStart = text
            case ("variable_end_string", .string(let text)): settings.syntax.variableEnd = text
            case ("comment_start_string", .string(let text)): settings.syntax.commentStart = text
            case ("comment_end_string", .string(let text)): settings.syntax.commentEnd = text
            case ("line_statement_prefix", .string(let text)): settings.syntax.lineStatementPrefix = text
            case ("line_comment_prefix", .string(let text)): settings.syntax.lineCommentPrefix = text
            case ("newline_sequence", .string(let text)): settings.syntax.newlineSequence = text
            case ("trim_blocks", .bool(let flag)): settings.syntax.trimBlocks = flag
            case ("lstrip_blocks", .bool(let flag)): settings.syntax.lstripBlocks = flag
            case ("keep_trailing_newline", .bool(let flag)): settings.syntax.keepTrailingNewline = flag
            case ("autoescape", .bool(let flag)): settings.autoescape = flag
            case ("sandbox", .bool(let flag)): settings.sandbox = flag ? .plain : .none
            case ("sandbox", .string(let text)): settings.sandbox = Sandbox(rawValue: text) ?? .none
            case ("undefined", .string(let text)): settings.undefined = UndefinedKind(rawValue: text) ?? .lenient
            case ("extensions", .array(let items)):
                settings.syntax.extensions = Set(items.compactMap { $0.string.flatMap(TemplateSyntax.Extension.init) })
            default: continue
            }
        }
        return settings
    }

    private func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            default:
                if scalar.value < 0x20 || scalar.value == 0x7F || (0x2028...0x2029).contains(scalar.value) {
                    result +=
                        "\\u" + String(repeating: "0", count: 4 - String(scalar.value, radix: 16).count)
                        + String(scalar.value, radix: 16)
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result + "\""
    }
}
