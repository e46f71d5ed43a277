/// The items of another iterator, each passed through a function; nil leaves an item out. Single use, like Python's
/// generators.
final class TransformingIterator: ValueIterator {
    typealias Transform = (TemplateValue, RenderState) throws(EvaluationError) -> TemplateValue?
    private let source: ValueIterator
    private let transform: Transform
    init(_ source: ValueIterator, _ transform: @escaping Transform) {
        (self.source, self.transform) = (source, transform)
        super.init()
        nesting = source.nesting + 1
    }

    override func next(_ state: RenderState) throws(EvaluationError) -> TemplateValue? {
        while let item = try source.next(state) {
            try state.charge(1)
            if let result = try transform(item, state) { return result }
        }
        return nil
    }
}

/// An iterator that is set up when the first item is asked for, so that its errors come late as Python's do.
final class DeferredIterator: ValueIterator {
    private var source: ValueIterator?
    private let make: (RenderState) throws(EvaluationError) -> ValueIterator
    /// `value` is what `make` will iterate over.
    init(over value: TemplateValue, _ make: @escaping (RenderState) throws(EvaluationError) -> ValueIterator) {
        self.make = make
        super.init()
        nesting = value.nesting + 1
    }
    override func next(_ state: RenderState) throws(EvaluationError) -> TemplateValue? {
        let iterator: ValueIterator
        if let source {
            iterator = source
        } else {
            iterator = try make(state)
            source = iterator
        }
        return try iterator.next(state)
    }
}

/// A path such as `a.b.0`, as `map(attribute=…)` takes it.
struct AttributePath {
    private let parts: [TemplateValue]

    init(_ value: TemplateValue) {
        guard case .text(let text) = value else {
            parts = value.isNone ? [] : [value]
            return
        }
        parts = text.string.split(separator: ".", omittingEmptySubsequences: false).map { part in
            !part.isEmpty && part.utf8.allSatisfy(isDigit)
                ? Int(part).map { .int($0) } ?? .string(String(part)) : .string(String(part))
        }
    }

    func get(_ item: TemplateValue, _ state: RenderState, default fallback: TemplateValue? = nil)
        throws(EvaluationError) -> TemplateValue
    {
        var current = item
        for part in parts {
            current = try state.item(current, part)
            if current.isUndefined, let fallback, !fallback.isNone { current = fallback }
        }
        return current
    }
}

extension StandardFilters {
    /// Text in lower case, everything else as it is.
    static func ignoringCase(_ value: TemplateValue) -> TemplateValue {
        if case .text(let text) = value { return .text(TextCase.lower(text)) }
        return value
    }

    private static func generator(_ iterator: ValueIterator, _ function: String) -> TemplateValue {
        .object(IteratorValue(iterator, function: function))
    }
    /// A generator; `function` is Jinja2's name of what makes it, which printing it shows.
    private static func late(
        _ value: TemplateValue, _ function: String,
        _ make: @escaping (RenderState) throws(EvaluationError) -> ValueIterator
    ) -> TemplateValue {
        generator(DeferredIterator(over: value, make), function)
    }

    /// The argument `reverse`, which Python wants as a number.
    private static func isReversed(_ value: TemplateValue?, _ state: RenderState) throws(EvaluationError) -> Bool {
        if case .undefined(let info)? = value { throw state.undefinedError(info) }
        return try TextMethods.integer(noneRefused: value) ?? 0 != 0
    }

    private static func flag(_ value: TemplateValue?, _ state: RenderState, _ fallback: Bool = false)
        throws(EvaluationError) -> Bool
    {
        guard let value else { return fallback }
        return try state.truth(value)
    }

    static let sequences: [String: TemplateFunction] = [
        "list": plain("list") { (value, state) throws(EvaluationError) in .list(ListValue(try state.items(value))) },
        "first": plain("first") { (value, state) throws(EvaluationError) in
            try state.iterator(value).next(state)
                ?? .undefined(UndefinedValue(hint: "No first item, sequence was empty."))
        },
        "last": plain("last") { (value, state) throws(EvaluationError) in
            switch value {
            case .list, .tuple, .text, .dict, .undefined: break
            case .object(let object) where object is RangeValue || object is DictViewValue: break
            default: throw EvaluationError(.typeError, "'\(value.typeName)' object is not reversible")
            }
            return try state.items(value).last ?? .undefined(UndefinedValue(hint: "No last item, sequence was empty."))
        },
        "random": plain("random") { (value, state) throws(EvaluationError) in
            let items = try state.items(value)
            return items.randomElement() ?? .undefined(UndefinedValue(hint: "No random item, sequence was empty."))
        },
        "join": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("do_join", ["value", "d", "attribute"], required: 1)
            return .text(try join(arguments[0], bound[1, fallback: .emptyText], bound[2], state))
        },
        "items": plain("items") { (value, state) throws(EvaluationError) in
            if value.isUndefined { return generator(ArrayIterator([]), "do_items") }
            guard case .dict(let dict) = value else {
                return late(value, "do_items") { (_) throws(EvaluationError) in
                    try EvaluationError.raise(.typeError, "Can only get item pairs from a mapping.")
                }
            }
            return generator(DictIterator(dict, .items), "do_items")
        },
        "dictsort": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("do_dictsort", ["value", "case_sensitive", "by", "reverse"], required: 1)
            let by = bound[2, fallback: .string("key")].string
            guard by == "key" || by == "value" else {
                throw EvaluationError(.filterArgumentError, "You can only sort by either \"key\" or \"value\"")
            }
            guard case .dict(let dict) = arguments[0] else {
                if case .undefined(let info) = arguments[0] { throw state.undefinedError(info) }
                throw EvaluationError(.attributeError, "'\(arguments[0].typeName)' object has no attribute 'items'")
            }
            let sensitive = try flag(bound[1], state)
            let pairs = ContiguousArray(dict.pairs.map { TemplateValue.tuple([$0.key, $0.value]) })
            let sorted = try state.sorted(pairs, reversed: try isReversed(bound[3], state)) {
                (pair) throws(EvaluationError) in
                let part = try state.item(pair, .int(by == "key" ? 0 : 1))
                return sensitive ? part : ignoringCase(part)
            }
            return .list(ListValue(sorted))
        },
        "sort": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("do_sort", ["value", "reverse", "case_sensitive", "attribute"], required: 1)
            let sensitive = try flag(bound[2], state)
            let paths = attributePaths(bound[3])
            let sorted = try state.sorted(try state.items(arguments[0]), reversed: try isReversed(bound[1], state)) {
                (item) throws(EvaluationError) in
                var parts: [TemplateValue] = []
                for path in paths {
                    let part = try path.get(item, state)
                    parts.append(sensitive ? part : ignoringCase(part))
                }
                return .tuple(parts)
            }
            return .list(ListValue(sorted))
        },
        "unique": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("do_unique", ["value", "case_sensitive", "attribute"], required: 1)
            let sensitive = try flag(bound[1], state)
            let path = AttributePath(bound[2, fallback: .none])
            let value = arguments[0]
            let seen = DictValue()
            return late(value, "sync_do_unique") { (state) throws(EvaluationError) in
                TransformingIterator(try state.iterator(value)) { (item, state) throws(EvaluationError) in
                    let part = try path.get(item, state)
                    let key = sensitive ? part : ignoringCase(part)
                    let hash = try DictMethods.key(key, state)
                    guard seen.get(key, hash: hash) == nil else { return nil }
                    seen.set(key, hash: hash, .none)
                    return item
                }
            }
        },
        "min": extreme("min"), "max": extreme("max"),
        "reverse": plain("reverse") { (value, state) throws(EvaluationError) in
            switch value {
            case .text(let text):
                return .text(TextValue.make(scalars: text.scalars.reversed(), isMarkup: text.isMarkup))
            case .undefined(let info) where state.isStrict(info): throw state.undefinedError(info)
            default: break
            }
            let items: ContiguousArray<TemplateValue>
            do throws(EvaluationError) {
                items = try state.items(value)
            } catch  where error.kind == .typeError {
                throw EvaluationError(.filterArgumentError, "argument must be iterable")
            }
            try state.charge(items.count >> 2)
            let reversed = ContiguousArray(items.reversed())
            // What Python cannot walk backwards becomes a list first.
            let name: String
            switch value {
            case .list: name = "list_reverseiterator"
            case .dict: name = "dict_reversekeyiterator"
            case .object(let object) where object is RangeValue: name = "range_iterator"
            case .object(let object) where object is DictViewValue: name = "reversed"
            case .object: return .list(ListValue(reversed))
            default: name = "reversed"
            }
            return .object(IteratorValue(ArrayIterator(reversed), name: name))
        },
        "batch": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("do_batch", ["value", "linecount", "fill_with"], required: 2)
            let value = arguments[0]
            let size = bound[1] ?? .none
            let fill = bound[2, fallback: .none]
            return late(value, "do_batch") { (state) throws(EvaluationError) in
                var rows: ContiguousArray<TemplateValue> = []
                var row: ContiguousArray<TemplateValue> = []
                for item in try state.items(value) {
                    if try state.equal(.int(row.count), size) {
                        rows.append(.list(ListValue(row)))
                        row = []
                    }
                    row.append(item)
                }
                if !row.isEmpty {
                    if !fill.isNone, case .int(let count)? = size.plainNumber {
                        try state.checkItems(count)
                        while row.count < count { row.append(fill) }
                    }
                    rows.append(.list(ListValue(row)))
                }
                return ArrayIterator(rows)
            }
        },
        "slice": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("do_slice", ["value", "slices", "fill_with"], required: 2)
            let value = arguments[0]
            let slices = bound[1] ?? .none
            let fill = bound[2, fallback: .none]
            return late(value, "sync_do_slice") { (state) throws(EvaluationError) in
                let items = try state.items(value)
                guard let count = try TextMethods.integer(slices) else {
                    throw EvaluationError(.typeError, "slices must be an integer")
                }
                guard count != 0 else {
                    throw EvaluationError(.zeroDivisionError, "integer division or modulo by zero")
                }
                try state.checkItems(max(0, count))
                var rows: ContiguousArray<TemplateValue> = []
                let (size, extra) = (items.count / count, items.count % count)
                var start = 0
                for index in 0..<max(0, count) {
                    let end = start + size + (index < extra ? 1 : 0)
                    var row = ContiguousArray(items[start..<end])
                    if !fill.isNone, index >= extra { row.append(fill) }
                    rows.append(.list(ListValue(row)))
                    start = end
                }
                return ArrayIterator(rows)
            }
        },
        "sum": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("do_sum", ["iterable", "attribute", "start"], required: 1)
            let path = AttributePath(bound[1, fallback: .none])
            var total = bound[2, fallback: .int(0)]
            if case .text = total {
                throw EvaluationError(.typeError, "sum() can't sum strings [use ''.join(seq) instead]")
            }
            for item in try state.items(arguments[0]) {
                total = try state.arithmetic(.add, total, path.get(item, state))
            }
            return total
        },
        "groupby": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind(
                "do_groupby", ["value", "attribute", "default", "case_sensitive"], required: 2)
            let path = AttributePath(bound[1] ?? .none)
            let sensitive = try flag(bound[3], state)
            let fallback = bound[2]
            func key(_ item: TemplateValue) throws(EvaluationError) -> TemplateValue {
                let part = try path.get(item, state, default: fallback)
                return sensitive ? part : ignoringCase(part)
            }
            var groups: [TemplateValue] = []
            var current: (key: TemplateValue, items: ContiguousArray<TemplateValue>)?
            func close() throws(EvaluationError) {
                guard let group = current, let first = group.items.first else { return }
                let shown = try path.get(first, state, default: fallback)
                groups.append(.tuple(TupleValue([shown, .list(ListValue(group.items))], isGroup: true)))
            }
            for item in try state.sorted(try state.items(arguments[0]), key: key) {
                let own = try key(item)
                // The items stay where they are: a copy of them each time would make this quadratic.
                if let known = current?.key, try state.equal(known, own) {
                    current?.items.append(item)
                } else {
                    try close()
                    current = (own, [item])
                }
            }
            try close()
            return .list(groups)
        },
        "map": { (arguments, state) throws(EvaluationError) in
            let value = arguments[0]
            let transform = try mapper(arguments, state)
            return late(value, "sync_do_map") { (state) throws(EvaluationError) in
                guard try state.truth(value) else { return ArrayIterator([]) }
                let function = try transform()
                return TransformingIterator(try state.iterator(value)) { (item, state) throws(EvaluationError) in
                    try function(item, state)
                }
            }
        },
        "select": selection(keeps: true, attribute: false), "reject": selection(keeps: false, attribute: false),
        "selectattr": selection(keeps: true, attribute: true), "rejectattr": selection(keeps: false, attribute: true),
    ]

    private static func attributePaths(_ value: TemplateValue?) -> [AttributePath] {
        guard let value, case .text(let text) = value else { return [AttributePath(value ?? .none)] }
        return text.string.split(separator: ",", omittingEmptySubsequences: false).map {
            AttributePath(.string(String($0)))
        }
    }

    private static func extreme(_ name: String) -> TemplateFunction {
        { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("do_\(name)", ["value", "case_sensitive", "attribute"], required: 1)
            let sensitive = try flag(bound[1], state)
            let path = AttributePath(bound[2, fallback: .none])
            var best: (key: TemplateValue, item: TemplateValue)?
            for item in try state.items(arguments[0]) {
                let part = try path.get(item, state)
                let key = sensitive ? part : ignoringCase(part)
                guard let known = best else {
                    best = (key, item)
                    continue
                }
                if try name == "min" ? state.less(key, known.key) : state.compare(.greater, key, known.key) {
                    best = (key, item)
                }
            }
            return best?.item ?? .undefined(UndefinedValue(hint: "No aggregated item, sequence was empty."))
        }
    }

    static func join(
        _ value: TemplateValue, _ separator: TemplateValue, _ attribute: TemplateValue?, _ state: RenderState
    ) throws(EvaluationError) -> TextValue {
        let path = attribute.flatMap { $0.isNone ? nil : AttributePath($0) }
        var items = try state.items(value)
        if let path { for index in items.indices { items[index] = try path.get(items[index], state) } }
        var bytes: [UInt8] = []
        func isMarkup(_ value: TemplateValue) -> Bool {
            if case .text(let text) = value { text.isMarkup } else { false }
        }
        if state.autoescape, isMarkup(separator) || items.contains(where: isMarkup) {
            let between = try state.escape(separator).bytes
            for (index, item) in items.enumerated() {
                if index > 0 { bytes += between }
                bytes += try state.escape(item).bytes
                if bytes.count > state.limits.textBytes { break }
            }
            try state.checkText(bytes: bytes.count)
            return TextValue.make(bytes, isMarkup: true)
        }
        let between = try state.text(separator)
        bytes.reserveCapacity(items.count * (between.byteCount + 8))
        for (index, item) in items.enumerated() {
            if index > 0 { between.withBytes { bytes.append(contentsOf: $0) } }
            try state.print(item, into: &bytes)
            if bytes.count > state.limits.textBytes { break }
        }
        try state.checkText(bytes: bytes.count)
        return TextValue.make(bytes)
    }

    typealias ItemFunction = (TemplateValue, RenderState) throws(EvaluationError) -> TemplateValue

    /// What `map` does with each item; problems with its arguments show when the first item is taken.
    private static func mapper(
        _ arguments: Arguments, _ state: RenderState
    ) throws(EvaluationError) -> () throws(EvaluationError) -> ItemFunction {
        let names = arguments.keywordNames
        if arguments.count == 1, let attribute = arguments.keyword("attribute") {
            let path = AttributePath(attribute)
            let fallback = arguments.keyword("default")
            if let other = names.first(where: { $0 != "attribute" && $0 != "default" }) {
                return { () throws(EvaluationError) in
                    try EvaluationError.raise(.filterArgumentError, "Unexpected keyword argument '\(other)'")
                }
            }
            return { () throws(EvaluationError) in
                { (item, state) throws(EvaluationError) in try path.get(item, state, default: fallback) }
            }
        }
        guard arguments.count > 1 else {
            return { () throws(EvaluationError) in
                try EvaluationError.raise(.filterArgumentError, "map requires a filter argument")
            }
        }
        let function = named(arguments, from: 1, state.core.filters, "filter")
        return { () throws(EvaluationError) in function }
    }

    /// A filter or test given by name, with the arguments after it; looked for when there is an item for it.
    private static func named(
        _ arguments: Arguments, from first: Int, _ table: [String: TemplateFunction], _ kind: String
    ) -> ItemFunction {
        let name = arguments[first]
        let rest = (first + 1..<max(first + 1, arguments.count)).map { arguments[$0] }
        let names = arguments.keywordNames
        let keywords = names.indices.map { arguments.keywordValue(at: $0) }
        let function = name.string.flatMap { table[$0] }
        return { (item, state) throws(EvaluationError) in
            guard let function else {
                guard name.hashValueForKey != nil else {
                    throw EvaluationError(.typeError, "unhashable type: '\(name.typeName)'")
                }
                throw EvaluationError(.templateRuntimeError, "No \(kind) named \(try state.represent(name)).")
            }
            return try state.call(function, [item] + rest + keywords, names: names)
        }
    }

    private static func selection(keeps: Bool, attribute: Bool) -> TemplateFunction {
        { (arguments, state) throws(EvaluationError) in
            let value = arguments[0]
            let path = attribute && arguments.count > 1 ? AttributePath(arguments[1]) : nil
            let first = attribute ? 2 : 1
            let function: ItemFunction =
                arguments.count > first
                ? named(arguments, from: first, state.core.tests, "test")
                : { (item, _) throws(EvaluationError) in item }
            return late(value, "select_or_reject") { (state) throws(EvaluationError) in
                guard try state.truth(value) else { return ArrayIterator([]) }
                guard path != nil || !attribute else {
                    throw EvaluationError(.filterArgumentError, "Missing parameter for attribute name")
                }
                return TransformingIterator(try state.iterator(value)) { (item, state) throws(EvaluationError) in
                    let subject = try path?.get(item, state) ?? item
                    return try state.truth(function(subject, state)) == keeps ? item : nil
                }
            }
        }
    }
}
