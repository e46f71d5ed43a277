/// Jinja2's own filters, tests and globals.
enum StandardPack {
    static let pack = TemplatePack(name: "standard", filters: filters, tests: StandardTests.tests, globals: globals)

    private static var filters: [String: TemplateFunction] {
        var table = StandardFilters.simple
        table.merge(StandardFilters.sequences) { _, new in new }
        table.merge(StandardFilters.texts) { _, new in new }
        table["count"] = table["length"]
        table["d"] = table["default"]
        table["e"] = table["escape"]
        return table
    }

    private static let globals: [String: TemplateFunction] = [
        "range": { (arguments, state) throws(EvaluationError) in
            guard arguments.count >= 1, arguments.count <= 3, !arguments.hasKeywords else {
                throw EvaluationError(.typeError, "range expected at least 1 argument, got \(arguments.count)")
            }
            var numbers: [Int] = []
            for index in 0..<arguments.count {
                if case .undefined(let info) = arguments[index] { throw state.undefinedError(info) }
                guard let number = try TextMethods.integer(arguments[index]) else {
                    throw EvaluationError(.typeError, "'NoneType' object cannot be interpreted as an integer")
                }
                numbers.append(number)
            }
            let step = numbers.count == 3 ? numbers[2] : 1
            guard step != 0 else { throw EvaluationError(.valueError, "range() arg 3 must not be zero") }
            return .object(
                numbers.count == 1
                    ? RangeValue(start: 0, stop: numbers[0], step: 1)
                    : RangeValue(start: numbers[0], stop: numbers[1], step: max(-Int.max, step)))
        },
        "dict": { (arguments, state) throws(EvaluationError) in
            guard arguments.count <= 1 else {
                throw EvaluationError(.typeError, "dict expected at most 1 argument, got \(arguments.count)")
            }
            let dict = DictValue()
            try DictMethods.merge(arguments, into: dict, state)
            return .dict(dict)
        },
        "namespace": { (arguments, state) throws(EvaluationError) in
            let dict = DictValue()
            try DictMethods.merge(arguments, into: dict, state)
            return .object(NamespaceValue(dict))
        },
        "cycler": { (arguments, _) throws(EvaluationError) in
            guard arguments.count > 0 else {
                throw EvaluationError(.runtimeError, "at least one item has to be provided")
            }
            return .object(CyclerValue(arguments.positional))
        },
        "joiner": { (arguments, _) throws(EvaluationError) in
            .object(JoinerValue(try arguments.bind("joiner", ["sep"])[0, fallback: .string(", ")]))
        },
        "lipsum": { (arguments, _) throws(EvaluationError) in
            .string("Lorem ipsum dolor sit amet, consectetur adipiscing elit.")
        },
    ]
}

/// Jinja2's own tests.
enum StandardTests {
    private static func test(
        _ body: @escaping @Sendable (TemplateValue, RenderState) throws(EvaluationError) -> Bool
    ) -> TemplateFunction {
        { (arguments, state) throws(EvaluationError) in
            guard arguments.count == 1, !arguments.hasKeywords else {
                throw EvaluationError(
                    .typeError, "the test takes 1 positional argument but \(arguments.count) were given")
            }
            return .bool(try body(arguments[0], state))
        }
    }

    private static func comparison(_ op: ComparisonOperator) -> TemplateFunction {
        { (arguments, state) throws(EvaluationError) in
            guard arguments.count == 2 else {
                throw EvaluationError(.typeError, "the test expected 2 arguments, got \(arguments.count)")
            }
            return .bool(try state.compare(op, arguments[0], arguments[1]))
        }
    }

    private static func number(_ value: TemplateValue, _ divisor: Int, _ state: RenderState) throws(EvaluationError)
        -> TemplateValue
    {
        try state.arithmetic(.modulo, value, .int(divisor))
    }

    static let tests: [String: TemplateFunction] = {
        var table: [String: TemplateFunction] = [
            "defined": test { (value, _) throws(EvaluationError) in !value.isUndefined },
            "undefined": test { (value, _) throws(EvaluationError) in value.isUndefined },
            "none": test { (value, _) throws(EvaluationError) in value.isNone },
            "boolean": test { (value, _) throws(EvaluationError) in if case .bool = value { true } else { false } },
            "true": test { (value, _) throws(EvaluationError) in if case .bool(true) = value { true } else { false } },
            "false": test { (value, _) throws(EvaluationError) in if case .bool(false) = value { true } else { false }
            },
            "integer": test { (value, _) throws(EvaluationError) in
                if case .bool = value { return false }
                return value.bigInteger != nil
            },
            "float": test { (value, _) throws(EvaluationError) in if case .double = value { true } else { false } },
            "number": test { (value, _) throws(EvaluationError) in value.plainNumber != nil || value.bigInteger != nil
            },
            "string": test { (value, _) throws(EvaluationError) in if case .text = value { true } else { false } },
            "mapping": test { (value, _) throws(EvaluationError) in
                switch value {
                case .dict: true
                case .object(let object): object.isMapping
                default: false
                }
            },
            "iterable": test { (value, state) throws(EvaluationError) in
                if case .undefined(let info) = value, state.isStrict(info) { throw state.undefinedError(info) }
                return try state.iteratorIfIterable(value) != nil
            },
            "sequence": test { (value, state) throws(EvaluationError) in
                switch value {
                case .text, .list, .tuple, .dict: return true
                case .object(let object): return object.isSequence || object is LoopValue == false && object.isMapping
                // Jinja2 asks for the length, and takes any complaint for a no.
                case .undefined(let info): return !state.isStrict(info)
                default: return false
                }
            },
            "callable": test { (value, _) throws(EvaluationError) in
                if case .undefined = value { return true }
                if case .object(let object) = value { return object.isCallable }
                return false
            },
            "lower": test { (value, state) throws(EvaluationError) in
                TextCase.isUniform(try state.text(value), upper: false)
            },
            "upper": test { (value, state) throws(EvaluationError) in
                TextCase.isUniform(try state.text(value), upper: true)
            },
            "odd": test { (value, state) throws(EvaluationError) in try state.equal(number(value, 2, state), .int(1)) },
            "even": test { (value, state) throws(EvaluationError) in try state.equal(number(value, 2, state), .int(0))
            },
            "escaped": test { (value, state) throws(EvaluationError) in
                if case .text(let text) = value { return text.isMarkup }
                // Chainable ones know how to print themselves as markup.
                if case .undefined(let info) = value { return state.undefinedKind.isChainable && !info.isAlwaysLenient }
                return false
            },
            "filter": test { (value, state) throws(EvaluationError) in
                if case .undefined(let info) = value, state.isStrict(info) { throw state.undefinedError(info) }
                guard value.hashValueForKey != nil else {
                    throw EvaluationError(.typeError, "unhashable type: '\(value.typeName)'")
                }
                return value.string.map { state.core.filters[$0] != nil } ?? false
            },
            "test": test { (value, state) throws(EvaluationError) in
                if case .undefined(let info) = value, state.isStrict(info) { throw state.undefinedError(info) }
                guard value.hashValueForKey != nil else {
                    throw EvaluationError(.typeError, "unhashable type: '\(value.typeName)'")
                }
                return value.string.map { state.core.tests[$0] != nil } ?? false
            },
            "divisibleby": { (arguments, state) throws(EvaluationError) in
                let bound = try arguments.bind("test_divisibleby", ["value", "num"], required: 2)
                return .bool(try state.equal(state.arithmetic(.modulo, bound[0] ?? .none, bound[1] ?? .none), .int(0)))
            },
            "sameas": { (arguments, state) throws(EvaluationError) in
                let bound = try arguments.bind("test_sameas", ["value", "other"], required: 2)
                return .bool(isSame(bound[0] ?? .none, bound[1] ?? .none))
            },
            "in": { (arguments, state) throws(EvaluationError) in
                let bound = try arguments.bind("test_in", ["value", "seq"], required: 2)
                return .bool(try state.contains(bound[1] ?? .none, bound[0] ?? .none))
            },
        ]
        for (names, op): ([String], ComparisonOperator) in [
            (["==", "eq", "equalto"], .equal), (["!=", "ne"], .notEqual), ([">", "gt", "greaterthan"], .greater),
            ([">=", "ge"], .greaterOrEqual), (["<", "lt", "lessthan"], .less), (["<=", "le"], .lessOrEqual),
        ] {
            for name in names { table[name] = comparison(op) }
        }
        return table
    }()

    /// Python's `is`, as far as values here have an identity.
    static func isSame(_ a: TemplateValue, _ b: TemplateValue) -> Bool {
        switch (a, b) {
        case (.none, .none): true
        case (.bool(let x), .bool(let y)): x == y
        case (.int(let x), .int(let y)): x == y
        case (.double(let x), .double(let y)): x == y
        case (.text(let x), .text(let y)): x === y || x.equals(y)
        case (.list(let x), .list(let y)): x === y
        case (.tuple(let x), .tuple(let y)): x === y
        case (.dict(let x), .dict(let y)): x === y
        case (.object(let x), .object(let y)): x === y
        case (.undefined(let x), .undefined(let y)): x === y
        default: false
        }
    }
}

extension RenderState {
    /// One of Jinja2's own filters, whatever a pack put in its place.
    package static func standardFilter(_ name: String) -> TemplateFunction? { StandardPack.pack.filters[name] }
    /// Jinja2's own filters and tests.
    package static var standardFilters: [String: TemplateFunction] { StandardPack.pack.filters }
    package static var standardTests: [String: TemplateFunction] { StandardPack.pack.tests }
    /// Whether the loader has a template of this name.
    package func hasTemplate(named name: String) throws(EvaluationError) -> Bool {
        try core.loader.source(of: name) != nil
    }
    /// A test of this environment.
    package func test(named name: String) -> TemplateFunction? { core.tests[name] }
}
