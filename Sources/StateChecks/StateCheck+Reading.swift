internal import Diagnostics
package import SourceDocuments
internal import TextPatterns
internal import XMLDocuments

extension StateCheck {
    /// Longest time a check may take.
    package static let maximumTime: ClosedRange<Duration> = .zero ... .seconds(86_400)

    /// Reads a list of checks; ids are unique within it.
    package static func readList(_ reader: NodeReader) -> [StateCheck]? {
        var seen: Set<String> = []
        return reader.list { element -> StateCheck? in
            guard let check = read(element) else { return nil }
            guard seen.insert(check.id).inserted else {
                element.report(
                    "duplicate-id", "there is another check with the id `\(check.id)`", remedy: "choose another id")
                return nil
            }
            return check
        }
    }

    /// Reads one check.
    package static func read(_ reader: NodeReader) -> StateCheck? {
        reader.mapping("a check") { fields -> StateCheck? in
            let id = fields.required("id").flatMap(readID)
            let proves = fields.optional("proves").flatMap {
                $0.node.sequence == nil ? $0.string().map { [$0] } : $0.strings()
            }
            let devices = fields.required("devices")
            let show = fields.required("show")?.string()
            let format = fields.required("parse")?.choice(Format.self)
            let namespaces = fields.optional("namespaces")?.map { _, uri in uri.string() }
            let template = fields.optional("template")
            let expect = fields.optional("expect")
            let eventually = fields.optional("eventually")?.duration(in: maximumTime)
            let stable = fields.optional("stable")?.duration(in: maximumTime)
            let compare = fields.optional("compare")?.choice(["before"])
            let ignore = fields.optional("ignore")
            guard let format else { return nil }
            let templatePath = readFormat(format, template, reader, fields)
            let expectations = expect?.list { readExpectation($0, format) }
            let ignored = ignore?.list { readPath($0, format) }
            if expect == nil, fields.optional("compare") == nil {
                reader.report(
                    "proves-nothing", "the check expects nothing", remedy: "add `expect: [ … ]` or `compare: before`")
            }
            if let expect, expect.node.sequence?.isEmpty == true {
                expect.report("proves-nothing", "the check expects nothing", remedy: "add an expectation")
            }
            if let ignore, compare == nil {
                ignore.report(
                    "ignore-without-compare", "`ignore` means something only with `compare: before`",
                    remedy: "add `compare: before`, or remove `ignore`")
            }
            guard let id, let devices, let show else { return nil }
            return StateCheck(
                id: id, proves: proves ?? [], devices: devices.node, show: show, format: format,
                namespaces: Dictionary(
                    (namespaces ?? []).map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first }),
                template: templatePath, expectations: expectations ?? [], eventually: eventually,
                stable: stable, comparesWithBefore: compare != nil, ignored: ignored ?? [],
                source: reader.node.position.description)
        }
    }

    private static func readID(_ reader: NodeReader) -> String? {
        guard let id = reader.string() else { return nil }
        guard id.utf8.count <= 64, id.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) })
        else {
            reader.report(
                "id", "“\(id)” cannot be an id", remedy: "use letters, digits, `-`, `_` and `.`, at most 64")
            return nil
        }
        return id
    }

    /// The template's path, where the format has one.
    private static func readFormat(
        _ format: Format, _ template: NodeReader?, _ check: NodeReader, _ fields: MappingReader
    ) -> String? {
        if format != .xml {
            fields.optional("namespaces")?.report(
                "namespaces-without-xml", "`namespaces` means something only with `parse: xml`", remedy: "remove it")
        }
        switch format {
        case .json, .xml:
            template?.report(
                "template-without-textfsm", "`template` means something only with `parse: textfsm`", remedy: "remove it"
            )
            return nil
        case .textfsm:
            guard let template else {
                check.report(
                    "no-template", "`parse: textfsm` needs a template",
                    remedy:
                        "put one into templates/, where Gate 2 locks it, and write `template: templates/NAME.textfsm`")
                return nil
            }
            guard let path = template.string() else { return nil }
            let parts = path.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count > 1, parts[0] == "templates", parts.allSatisfy({ !["", ".", ".."].contains($0) }) else {
                template.report(
                    "path", "“\(path)” is not a file below templates/",
                    remedy: "put the file into templates/, where Gate 2 locks it, and write templates/NAME")
                return nil
            }
            return path
        }
    }

    private static func readPath(_ reader: NodeReader, _ format: Format) -> ValuePath? {
        guard let text = reader.string() else { return nil }
        switch format {
        case .json, .textfsm:
            do { return .json(try JSONPath(text)) } catch {
                reader.report(
                    "path", "“\(text)” is no JSONPath: \(error.what)", remedy: error.remedy, atScalar: error.offset)
            }
        case .xml:
            do { return .xml(try XPathExpression(text)) } catch {
                reader.report("path", error.what, remedy: error.remedy)
            }
        }
        return nil
    }

    // MARK: Expectations

    private static let quantities = ["all", "any", "none", "count", "exists"]

    private static func readExpectation(_ reader: NodeReader, _ format: Format) -> Expectation? {
        reader.mapping("an expectation") { fields -> Expectation? in
            let path = fields.required("path").flatMap { readPath($0, format) }
            let within = fields.optional("within").flatMap { readPath($0, format) }
            let given = quantities.compactMap { name in fields.optional(name).map { (name, $0) } }
            guard given.count == 1, let (name, value) = given.first else {
                // A misspelt key is reported as unknown; that is enough.
                if given.isEmpty, fields.keys.contains(where: { !["path", "within"].contains($0) }) { return nil }
                reader.report(
                    "quantity",
                    given.isEmpty
                        ? "the expectation does not say what must hold"
                        : "the expectation has \(given.map { "`\($0.0)`" }.joined(separator: " and "))",
                    remedy: "write one of all, any, none, count, exists, for example `all: { equals: up }`")
                return nil
            }
            guard let quantity = readQuantity(name, value), let path else { return nil }
            if case .xml = path, within == nil, mayMeanAbsence(quantity) {
                reader.report(
                    "absence-without-place", "nothing at all would satisfy this",
                    remedy: "add `within: PATH`, something that must be there for the answer to count")
                return nil
            }
            return Expectation(path: path, quantity: quantity, within: within)
        }
    }

    /// Whether finding nothing would satisfy it.
    static func mayMeanAbsence(_ quantity: Expectation.Quantity) -> Bool {
        switch quantity {
        case .exists(let expected): !expected
        case .count(let tests): tests.allSatisfy { (try? $0.holds(for: .int(0), isUntyped: false)) == .holds }
        case .all, .any, .none: false
        }
    }

    private static func readQuantity(_ name: String, _ reader: NodeReader) -> Expectation.Quantity? {
        if name == "exists" { return reader.bool().map { .exists($0) } }
        guard let tests = readTests(reader) else { return nil }
        switch name {
        case "all": return .all(tests)
        case "any": return .any(tests)
        case "none": return .none(tests)
        default: return .count(tests)
        }
    }

    private static func readTests(_ reader: NodeReader) -> [ValueTest]? {
        reader.mapping("a list of operators") { fields -> [ValueTest]? in
            let given = ValueTest.keys.compactMap { key in fields.optional(key).map { (key, $0) } }
            guard !given.isEmpty || !fields.keys.isEmpty else {
                reader.report("no-operator", "there is no operator", remedy: "write, for example, { equals: up }")
                return nil
            }
            let tests = given.compactMap { readTest($0, $1) }
            return tests.count == given.count ? tests : nil
        }
    }

    private static func readTest(_ key: String, _ reader: NodeReader) -> ValueTest? {
        switch key {
        case "equals": return reader.value().map { .equals($0) }
        case "not-equals": return reader.value().map { .notEquals($0) }
        case "contains": return reader.value().map { .contains($0) }
        case "at-least": return number(reader).map { .atLeast($0) }
        case "at-most": return number(reader).map { .atMost($0) }
        case "above": return number(reader).map { .above($0) }
        case "below": return number(reader).map { .below($0) }
        case "in": return options(reader).map { .isIn($0) }
        case "not-in": return options(reader).map { .isNotIn($0) }
        case "empty": return reader.bool().map { .isEmpty($0) }
        case "between":
            guard let bounds = reader.list({ number($0) }) else { return nil }
            guard bounds.count == 2, ValueComparison.order(bounds[0], bounds[1]).map({ $0 <= 0 }) == true else {
                reader.report(
                    "bounds", "`between` needs two numbers, the smaller one first", remedy: "write between: [1, 10]")
                return nil
            }
            return .between(bounds[0], bounds[1])
        default: return pattern(reader)
        }
    }

    private static func pattern(_ reader: NodeReader) -> ValueTest? {
        guard let text = reader.string() else { return nil }
        do { return .matches(try TextPattern(text)) } catch {
            reader.report(
                "pattern", "the regular expression is wrong: \(error.what)", remedy: error.remedy,
                atScalar: error.offset)
            return nil
        }
    }

    private static func number(_ reader: NodeReader) -> PlainValue? {
        guard let value = reader.value() else { return nil }
        switch value {
        case .int, .double: return value
        case .null, .bool, .string, .list, .map:
            reader.report(
                "wrong-type", "`\(reader.name ?? "")` needs a number, here is \(value.kindForPeople)",
                remedy: "write a number without quotes")
            return nil
        }
    }

    private static func options(_ reader: NodeReader) -> [PlainValue]? {
        guard let values = reader.list({ $0.value() }) else { return nil }
        guard !values.isEmpty else {
            reader.report(
                "bounds", "`\(reader.name ?? "")` needs at least one value", remedy: "write, for example, [up, down]")
            return nil
        }
        return values
    }
}
