import JinjaTemplates

/// The filters and tests of the collection `arista.avd`, which have no short names.
enum AVDPack {
    static let pack: TemplatePack = {
        var pack = TemplatePack(name: "arista.avd")
        for table in [AVDFilters.filters, AVDPasswords.filters] {
            for (name, function) in table { pack.filters["arista.avd." + name] = function }
        }
        for (name, function) in AVDTests.tests { pack.tests["arista.avd." + name] = function }
        return pack
    }()
}

/// `defined` and `contains`.
enum AVDTests {
    private static let types: Set = ["float", "int", "str", "list", "dict", "tuple", "bool"]

    static let tests: [String: TemplateFunction] = [
        "defined": { (arguments, state) throws(EvaluationError) in .bool(try isDefined(arguments, state)) },
        "contains": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("contains", ["value", "test_value"], required: 1)
            guard case .list(let list)? = bound[0], let wanted = bound[1], !wanted.isUndefined, !wanted.isNone else {
                return .bool(false)
            }
            if case .list(let any) = wanted {
                for item in list.items + any.items where item.hashValueForKey == nil {
                    throw EvaluationError(.typeError, "unhashable type: '\(item.typeName)'")
                }
                for item in any.items where try state.contains(.list(list), item) { return .bool(true) }
            }
            return .bool(try state.contains(.list(list), wanted))
        },
    ]

    /// Defined and not null; with more arguments also equal to a value and of a type. A failure can be made an error; the
    /// collection's warnings are not shown, for a render has no place for them.
    private static func isDefined(_ arguments: Arguments, _ state: RenderState) throws(EvaluationError) -> Bool {
        let parameters = ["value", "test_value", "var_type", "fail_action", "var_name", "run_tests"]
        guard arguments.count <= 5 else {
            throw EvaluationError(
                .typeError, "defined() takes from 1 to 5 positional arguments but \(arguments.count) were given")
        }
        let bound = try arguments.bind("defined", parameters, required: 1)
        let value = bound[0, fallback: .none]
        func lowered(_ index: Int) throws(EvaluationError) -> String {
            try state.string(bound[index, fallback: .none]).lowercased()
        }
        func failed(_ what: (String) throws(EvaluationError) -> String) throws(EvaluationError) -> Bool {
            guard try lowered(3) == "error" else { return false }
            let name = bound[4, fallback: .none]
            throw EvaluationError(.valueError, try what(name.isNone ? "A variable" : try state.string(name)))
        }
        if value.isUndefined || value.isNone {
            return try failed { (name) throws(EvaluationError) in "\(name) was expected but not set!" }
        }
        if let wanted = bound[1], !wanted.isNone, try !state.equal(value, wanted) {
            return try failed { (name) throws(EvaluationError) in
                "\(name) was set to \(try state.string(value)) but we expected \(try state.string(wanted))!"
            }
        }
        let type = try lowered(2)
        if types.contains(type), type != value.typeName {
            return try failed { (name) throws(EvaluationError) in
                "\(name) was a \(value.typeName) but we expected a \(type)!"
            }
        }
        return true
    }
}

/// AVD's filters on names, lists and documents.
enum AVDFilters {
    static func pythonType(_ value: TemplateValue) -> String {
        "<class '\(value.isUndefined ? "jinja2.runtime.Undefined" : value.typeName)'>"
    }

    static let filters: [String: TemplateFunction] = [
        "default": { (arguments, _) throws(EvaluationError) in
            guard !arguments.hasKeywords else {
                throw EvaluationError(
                    .typeError, "default() got an unexpected keyword argument '\(arguments.keywordNames[0])'")
            }
            return arguments.positional.first { !$0.isNone && !$0.isUndefined } ?? .none
        },
        "_mandatory": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("_mandatory", ["value", "msg"], required: 1)
            let value = bound[0, fallback: .none]
            guard value.isUndefined || value.isNone else { return value }
            let message = try bound[1].map { (text) throws(EvaluationError) in try state.string(text) } ?? ""
            throw EvaluationError(
                .hostError, message.isEmpty ? "Mandatory variable is not defined." : message,
                typeName: "AristaAvdInvalidInputsError")
        },
        "natural_sort": { (arguments, state) throws(EvaluationError) in
            .list(ListValue(try NaturalOrder.sorted(arguments, state)))
        },
        "list_compress": { (arguments, state) throws(EvaluationError) in try compressed(arguments, state) },
        "range_expand": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("range_expand", ["range_to_expand"], required: 1)
            var expansion = InterfaceRanges(state)
            try expansion.add(bound[0, fallback: .none])
            return .list(expansion.names.map { .string($0) })
        },
        "hide_passwords": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("hide_passwords", ["value", "hide_passwords"], required: 1)
            guard case .bool(let hides) = bound[1, fallback: .bool(false)] else {
                throw EvaluationError(
                    .typeError,
                    "\(try state.string(bound[1, fallback: .none])) in hide_passwords filter is not of type bool")
            }
            return hides ? .string("<removed>") : bound[0, fallback: .none]
        },
        "is_in_filter": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("is_in_filter", ["hostname", "hostname_filter"], required: 2)
            let filter = bound[1, fallback: .none]
            if filter.isNone { return .bool(true) }
            if try state.contains(filter, .string("all")) { return .bool(true) }
            for element in try state.items(filter) where try state.contains(bound[0, fallback: .none], element) {
                return .bool(true)
            }
            return .bool(false)
        },
        "status_render": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("status_render", ["state_string", "rendering"], required: 2)
            guard bound[1]?.string == "github" else { return bound[0, fallback: .none] }
            switch try state.string(bound[0, fallback: .none]).uppercased() {
            case "PASS": return .string(":white_check_mark:")
            case "FAIL": return .string(":x:")
            case let other: throw EvaluationError(.keyError, pythonQuoted(other))
            }
        },
        "add_md_toc": { (arguments, state) throws(EvaluationError) in try MarkdownContents.added(arguments, state) },
        // Of the collection's versions before 5.
        "convert_dicts": { (arguments, state) throws(EvaluationError) in try converted(arguments, state) },
        "generate_esi": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("generate_esi", ["short_esi", "esi_prefix"], required: 1)
            return .string(try text(bound[1, fallback: .string("0000:0000:")]) + text(bound[0, fallback: .none]))
        },
        "generate_lacp_id": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("generate_lacp_id", ["esi_short"], required: 1)
            return .string(try text(bound[0, fallback: .none]).replacing(":", with: "."))
        },
        "generate_route_target": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("generate_route_target", ["esi_short"], required: 1)
            let value = bound[0, fallback: .none]
            if value.isNone { return .none }
            let digits = Array(try text(value).replacing(":", with: "").unicodeScalars)
            let pairs = stride(from: 0, to: digits.count - digits.count % 2, by: 2).map {
                "\(digits[$0])\(digits[$0 + 1])"
            }
            return .string(pairs.joined(separator: ":"))
        },
    ]

    private static func text(_ value: TemplateValue) throws(EvaluationError) -> String {
        guard let text = value.string else {
            throw EvaluationError(.typeError, "can only concatenate str (not \"\(value.typeName)\") to str")
        }
        return text
    }

    /// `1-3,7`: runs of a list of integers.
    private static func compressed(_ arguments: Arguments, _ state: RenderState) throws(EvaluationError)
        -> TemplateValue
    {
        let bound = try arguments.bind("list_compress", ["list_to_compress"], required: 1)
        let value = bound[0, fallback: .none]
        guard case .list(let list) = value else {
            throw EvaluationError(.typeError, "Value must be of type list, got \(pythonType(value))")
        }
        for item in list.items where item.bigInteger == nil {
            throw EvaluationError(.typeError, "All elements of the list \(try state.represent(value)) must be integers")
        }
        var runs: [(first: TemplateValue, last: TemplateValue, next: BigInteger, isOne: Bool)] = []
        for item in try state.sorted(list.items) {
            guard let number = item.bigInteger else { continue }
            if let run = runs.last, run.next == number {
                runs[runs.count - 1] = (run.first, item, number + BigInteger(1), false)
            } else {
                runs.append((item, item, number + BigInteger(1), true))
            }
        }
        var parts: [String] = []
        for run in runs {
            let first = try state.string(run.first)
            parts.append(run.isOne ? first : first + "-" + (try state.string(run.last)))
        }
        return .string(parts.joined(separator: ","))
    }

    /// Dicts of dicts as a list of dicts that hold their key.
    private static func converted(_ arguments: Arguments, _ state: RenderState) throws(EvaluationError) -> TemplateValue
    {
        let bound = try arguments.bind("convert_dicts", ["dictionary", "primary_key", "secondary_key"], required: 1)
        let primary = bound[1, fallback: .string("name")]
        let secondary = bound[2, fallback: .none]
        func hash(_ key: TemplateValue) throws(EvaluationError) -> Int {
            guard let hash = key.hashValueForKey else {
                throw EvaluationError(.typeError, "unhashable type: '\(key.typeName)'")
            }
            return hash
        }
        func item(_ key: TemplateValue, _ value: TemplateValue?) throws(EvaluationError) -> TemplateValue {
            let dict = DictValue()
            dict.set(primary, hash: try hash(primary), key)
            if let value { dict.set(secondary, hash: try hash(secondary), value) }
            return .dict(dict)
        }
        var output: [TemplateValue] = []
        switch bound[0, fallback: .none] {
        case .list(let list):
            for element in list.items {
                guard case .dict(let dict) = element else {
                    output.append(try item(element, nil))
                    continue
                }
                let key = try hash(primary)
                if secondary.isNone || dict.get(primary, hash: key) != nil {
                    output.append(element)
                } else {
                    for pair in dict.pairs { output.append(try item(pair.key, pair.value)) }
                }
            }
        case .dict(let dict):
            for pair in dict.pairs {
                if !secondary.isNone {
                    output.append(try item(pair.key, pair.value))
                } else if case .dict(let inner) = pair.value {
                    let result = DictValue()
                    result.set(primary, hash: try hash(primary), pair.key)
                    inner.forEachEntry { key, hash, value in result.set(key, hash: hash, value) }
                    output.append(.dict(result))
                } else {
                    output.append(try item(pair.key, nil))
                }
            }
        case let other: return other
        }
        return .list(output)
    }
}
