/// The methods of Python's `list` and `tuple`.
enum ListMethods {
    static let names: Set<String> = [
        "append", "extend", "insert", "pop", "remove", "index", "count", "reverse", "sort", "copy", "clear", "__len__",
    ]
    static func isName(_ name: TextValue) -> Bool { names.contains(name.string) }

    static func call(
        _ list: ListValue, _ name: String, _ arguments: Arguments, _ state: RenderState
    ) throws(EvaluationError) -> TemplateValue? {
        switch name {
        case "index", "count", "__len__", "copy": break
        default:
            guard names.contains(name) else { return nil }
            if list.isFrozen { throw .frozen() }
        }
        func need(_ count: ClosedRange<Int>) throws(EvaluationError) {
            guard count.contains(arguments.count) else {
                throw EvaluationError(
                    .typeError, "list.\(name)() takes \(count.lowerBound) arguments (\(arguments.count) given)")
            }
        }
        switch name {
        case "append":
            try need(1...1)
            try state.charge(1)
            try checkCount(list, state)
            state.hold(list, for: arguments[0])
            list.items.append(arguments[0])
        case "extend":
            try need(1...1)
            let more = try state.items(arguments[0])
            try state.charge(more.count)
            try checkCount(list, adding: more.count, state)
            state.hold(list)
            list.items.append(contentsOf: more)
        case "insert":
            try need(2...2)
            guard let at = try TextMethods.integer(arguments[0]) else {
                throw EvaluationError(.typeError, "'NoneType' object cannot be interpreted as an integer")
            }
            let count = list.items.count
            try state.charge(1 + count >> 4)
            try checkCount(list, state)
            state.hold(list, for: arguments[1])
            list.items.insert(arguments[1], at: max(0, min(count, at < 0 ? at + count : at)))
        case "pop":
            try need(0...1)
            let count = list.items.count
            try state.charge(1 + count >> 4)
            guard count > 0 else { throw EvaluationError(.indexError, "pop from empty list") }
            let at = arguments.count == 1 ? try TextMethods.integer(noneRefused: arguments[0]) ?? -1 : -1
            let index = at < 0 ? at &+ count : at
            guard index >= 0, index < count else { throw EvaluationError(.indexError, "pop index out of range") }
            return list.items.remove(at: index)
        case "remove":
            try need(1...1)
            try state.charge(list.items.count >> 3)
            list.items.remove(at: try position(list.items, arguments[0], "list.remove(x): x not in list", state))
        case "reverse":
            try state.charge(list.items.count >> 3)
            list.items.reverse()
        case "sort":
            guard arguments.count == 0 else {
                throw EvaluationError(.typeError, "sort() takes no positional arguments")
            }
            let isReversed = try TextMethods.integer(noneRefused: arguments.keyword("reverse")) ?? 0 != 0
            list.items = try state.sorted(list.items, reversed: isReversed)
        case "copy":
            try need(0...0)
            try state.charge(list.items.count >> 3)
            return .list(ListValue(list.items))
        case "clear": list.items.removeAll()
        default: return try callTuple(TupleValue(list.items), name, arguments, state)
        }
        return TemplateValue.none
    }

    /// Refuses to make a list longer than lists may be.
    private static func checkCount(_ list: ListValue, adding more: Int = 1, _ state: RenderState)
        throws(EvaluationError)
    {
        guard list.items.count + more <= state.limits.items else {
            throw EvaluationError(
                .limitExceeded, "\(list.items.count + more) items exceed the limit of \(state.limits.items)")
        }
    }

    static func callTuple(
        _ tuple: TupleValue, _ name: String, _ arguments: Arguments, _ state: RenderState
    ) throws(EvaluationError) -> TemplateValue? {
        switch name {
        case "__len__": return .int(tuple.items.count)
        case "count":
            guard arguments.count == 1 else { throw EvaluationError(.typeError, "count() takes exactly one argument") }
            var count = 0
            try state.charge(tuple.items.count >> 3)
            for item in tuple.items where try state.equal(item, arguments[0]) { count += 1 }
            return .int(count)
        case "index":
            guard arguments.count >= 1 else {
                throw EvaluationError(.typeError, "index expected at least 1 argument, got 0")
            }
            let shown = try state.represent(arguments[0])
            return .int(try position(tuple.items, arguments[0], "\(shown) is not in list", state))
        default: return nil
        }
    }

    private static func position(
        _ items: ContiguousArray<TemplateValue>, _ value: TemplateValue, _ message: String, _ state: RenderState
    ) throws(EvaluationError) -> Int {
        try state.charge(items.count >> 3)
        for index in items.indices where try state.equal(items[index], value) { return index }
        throw EvaluationError(.valueError, message)
    }
}

/// The methods of Python's `dict`.
enum DictMethods {
    static let names: Set<String> = [
        "get", "items", "keys", "values", "pop", "popitem", "setdefault", "update", "copy", "clear", "fromkeys",
        "__len__",
    ]
    static func isName(_ name: TextValue) -> Bool {
        // Most member names are not method names; their lengths rule many out.
        let length = name.byteCount
        return length >= 3 && length <= 10 && names.contains(name.string)
    }

    static func key(_ value: TemplateValue, _ state: RenderState) throws(EvaluationError) -> Int {
        if case .undefined(let info) = value, state.isStrict(info) { throw state.undefinedError(info) }
        guard let hash = value.hashValueForKey else {
            throw EvaluationError(.typeError, "unhashable type: '\(value.typeName)'")
        }
        return hash
    }

    static func call(
        _ dict: DictValue, _ name: String, _ arguments: Arguments, _ state: RenderState
    ) throws(EvaluationError) -> TemplateValue? {
        func need(_ range: ClosedRange<Int>) throws(EvaluationError) {
            guard range.contains(arguments.count) else {
                throw EvaluationError(
                    .typeError, "\(name) expected at least \(range.lowerBound) argument, got \(arguments.count)")
            }
        }
        switch name {
        case "get":
            try need(1...2)
            return dict.get(arguments[0], hash: try key(arguments[0], state))
                ?? (arguments.count == 2 ? arguments[1] : .none)
        case "items", "keys", "values":
            guard arguments.count == 0 else {
                throw EvaluationError(.typeError, "dict.\(name)() takes no arguments (\(arguments.count) given)")
            }
            return .object(DictViewValue(dict, name == "items" ? .items : name == "keys" ? .keys : .values))
        case "copy":
            try state.charge(dict.count >> 3)
            return .dict(dict.copy())
        case "__len__": return .int(dict.count)
        case "fromkeys":
            try need(1...2)
            let result = DictValue()
            let keys = try state.items(arguments[0])
            try state.charge(keys.count)
            for item in keys {
                result.set(item, hash: try key(item, state), arguments.count == 2 ? arguments[1] : .none)
            }
            return .dict(result)
        case "pop", "popitem", "setdefault", "update", "clear":
            if dict.isFrozen { throw .frozen() }
            return try change(dict, name, arguments, state)
        default: return nil
        }
    }

    private static func change(
        _ dict: DictValue, _ name: String, _ arguments: Arguments, _ state: RenderState
    ) throws(EvaluationError) -> TemplateValue {
        try state.charge(1)
        switch name {
        case "pop":
            guard arguments.count >= 1 else {
                throw EvaluationError(.typeError, "pop expected at least 1 argument, got 0")
            }
            try state.charge(dict.count >> 4)
            if let value = dict.remove(arguments[0], hash: try key(arguments[0], state)) { return value }
            if arguments.count == 2 { return arguments[1] }
            throw EvaluationError(.keyError, try state.represent(arguments[0]))
        case "popitem":
            guard let last = dict.removeLast() else {
                throw EvaluationError(.keyError, "'popitem(): dictionary is empty'")
            }
            return .tuple([last.key, last.value])
        case "setdefault":
            guard arguments.count >= 1 else {
                throw EvaluationError(.typeError, "setdefault expected at least 1 argument, got 0")
            }
            let hash = try key(arguments[0], state)
            if let value = dict.get(arguments[0], hash: hash) { return value }
            let value = arguments.count == 2 ? arguments[1] : TemplateValue.none
            state.hold(dict, for: value)
            dict.set(arguments[0], hash: hash, value)
            return value
        case "update":
            guard arguments.count <= 1 else {
                throw EvaluationError(.typeError, "update expected at most 1 argument, got \(arguments.count)")
            }
            state.hold(dict)
            try merge(arguments, into: dict, state)
        default: dict.removeAll()
        }
        return .none
    }

    /// What `dict(...)` and `update(...)` do with their arguments.
    static func merge(_ arguments: Arguments, into dict: DictValue, _ state: RenderState) throws(EvaluationError) {
        if arguments.count > 0 {
            if case .dict(let other) = arguments[0] {
                try state.checkItems(other.count)
                for pair in other.pairs { dict.set(pair.key, hash: try key(pair.key, state), pair.value) }
            } else if case .undefined(let info) = arguments[0] {
                throw state.undefinedError(info)
            } else if case .object(let object) = arguments[0], let namespace = object as? NamespaceValue {
                for pair in namespace.members.pairs { dict.set(pair.key, hash: try key(pair.key, state), pair.value) }
            } else {
                for (index, item) in try state.items(arguments[0]).enumerated() {
                    let parts: ContiguousArray<TemplateValue>
                    do throws(EvaluationError) {
                        parts = try state.items(item)
                    } catch  where error.kind == .typeError {
                        throw EvaluationError(
                            .typeError, "cannot convert dictionary update sequence element #\(index) to a sequence")
                    }
                    guard parts.count == 2 else {
                        throw EvaluationError(
                            .valueError,
                            "dictionary update sequence element #\(index) has length \(parts.count); 2 is required")
                    }
                    dict.set(parts[0], hash: try key(parts[0], state), parts[1])
                }
            }
        }
        for (index, name) in arguments.keywordNames.enumerated() { dict.set(name, arguments.keywordValue(at: index)) }
    }
}

/// The few methods numbers have.
enum NumberMethods {
    /// Whatever numbers answer to.
    static let names: Set<String> = [
        "bit_length", "to_bytes", "conjugate", "is_integer", "real", "imag", "numerator", "denominator",
    ]
    static func isName(_ value: TemplateValue, _ name: TextValue) -> Bool {
        switch name.string {
        case "bit_length", "to_bytes", "conjugate": if case .double = value { false } else { true }
        case "is_integer": if case .double = value { true } else { false }
        default: false
        }
    }

    static func call(
        _ value: TemplateValue, _ name: String, _ arguments: Arguments, _ state: RenderState
    ) throws(EvaluationError) -> TemplateValue? {
        switch (name, value.plainNumber) {
        case ("bit_length", .int(let int)): return .int(BigInteger(int).bitCount)
        case ("bit_length", nil): return value.bigInteger.map { .int($0.bitCount) }
        case ("conjugate", nil): return value.bigInteger == nil ? nil : value
        case ("is_integer", .double(let double)): return .bool(double.isFinite && double == double.rounded())
        case ("conjugate", .int(let int)): return .int(int)
        case ("to_bytes", .int(let int)):
            let bound = try arguments.bind("to_bytes", ["length", "byteorder", "signed"])
            let length = try TextMethods.integer(bound[0]) ?? 1
            guard length >= 0, length <= 4096, int >= 0, length >= 8 || int >> (length * 8) == 0 else {
                throw EvaluationError(.overflowError, "int too big to convert")
            }
            var bytes = (0..<length).map { $0 < 8 ? UInt8(truncatingIfNeeded: int >> ($0 * 8)) : 0 }
            if bound[1]?.string != "little" { bytes.reverse() }
            return .object(BytesValue(bytes))
        default: return nil
        }
    }
}
