import JinjaTemplates

/// Ansible's filters on dicts and lists.
enum StructureFilters {
    private static func flag(_ value: TemplateValue?, _ state: RenderState, _ fallback: Bool) throws(EvaluationError)
        -> Bool
    {
        guard let value else { return fallback }
        return try state.truth(value)
    }
    private static func fail(_ message: String) -> EvaluationError { AddressQuery.failure(message) }

    private static func hash(_ key: TemplateValue) throws(EvaluationError) -> Int {
        guard let hash = key.hashValueForKey else {
            throw EvaluationError(.typeError, "unhashable type: '\(key.typeName)'")
        }
        return hash
    }

    /// Items in order without repetition; works for unhashable ones too.
    static func distinct(_ items: [TemplateValue], _ state: RenderState) throws(EvaluationError) -> [TemplateValue] {
        let seen = DictValue()
        var odd: [TemplateValue] = []
        var result: [TemplateValue] = []
        try state.charge(items.count)
        for item in items {
            if let hash = item.hashValueForKey {
                guard seen.get(item, hash: hash) == nil else { continue }
                seen.set(item, hash: hash, .none)
            } else {
                guard try !contains(odd, item, state) else { continue }
                odd.append(item)
            }
            result.append(item)
        }
        return result
    }

    private static func contains(_ items: [TemplateValue], _ item: TemplateValue, _ state: RenderState)
        throws(EvaluationError) -> Bool
    {
        try state.charge(items.count >> 3)
        for other in items where try state.equal(other, item) { return true }
        return false
    }

    /// Set operations print in the order of Python's sets for small integers, which is ascending; others keep their order.
    private static func setOperation(
        _ keep:
            @escaping @Sendable ([TemplateValue], [TemplateValue], RenderState) throws(EvaluationError) ->
            [TemplateValue]
    ) -> TemplateFunction {
        { (arguments, state) throws(EvaluationError) in
            guard arguments.count == 2 else {
                throw EvaluationError(.typeError, "the filter takes 2 positional arguments")
            }
            let (a, b) = (Array(try state.items(arguments[0])), Array(try state.items(arguments[1])))
            let result = try distinct(try keep(a, b, state), state)
            let isSmallIntegers = result.allSatisfy {
                if case .int(let value) = $0 { value >= 0 && value < 1 << 20 } else { false }
            }
            return .list(isSmallIntegers ? Array(try state.sorted(ContiguousArray(result))) : result)
        }
    }

    static let filters: [String: TemplateFunction] = [
        "combine": { (arguments, state) throws(EvaluationError) in
            let recursive = try flag(arguments.keyword("recursive"), state, false)
            let listMerge = arguments.keyword("list_merge")?.string ?? "replace"
            guard ["replace", "keep", "append", "prepend", "append_rp", "prepend_rp"].contains(listMerge) else {
                throw fail(
                    "merge_hash: 'list_merge' argument can only be equal to 'replace', 'keep', 'append', 'prepend', 'append_rp' or 'prepend_rp'"
                )
            }
            if arguments.count == 1 {
                if case .list = arguments[0] {} else { return arguments[0] }
            }
            var result: DictValue?
            var queue = Array(arguments.positional.reversed())
            while let value = queue.popLast() {
                switch value {
                case .list(let list): queue += list.items.reversed()
                case .dict(let dict):
                    result =
                        try result.map { (base) throws(EvaluationError) in
                            try merged(base, dict, recursive: recursive, listMerge, state)
                        } ?? dict.copy()
                default: throw fail("failed to combine variables, expected dicts but got a '\(value.typeName)'")
                }
            }
            return .dict(result ?? DictValue())
        },
        "dict2items": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("dict2items", ["mydict", "key_name", "value_name"], required: 1)
            guard case .dict(let dict) = arguments[0] else {
                if case .undefined(let info) = arguments[0] { throw state.undefinedError(info) }
                throw EvaluationError(
                    .ansibleTypeError,
                    "dict2items requires a dictionary, got <class '\(arguments[0].typeName)'> instead.")
            }
            let (key, value) = (bound[1]?.string ?? "key", bound[2]?.string ?? "value")
            return .list(
                dict.pairs.map { pair in
                    let item = DictValue()
                    item.set(key, pair.key)
                    item.set(value, pair.value)
                    return .dict(item)
                })
        },
        "items2dict": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("items2dict", ["mylist", "key_name", "value_name"], required: 1)
            let (key, value) = (bound[1]?.string ?? "key", bound[2]?.string ?? "value")
            guard case .list(let list) = arguments[0] else {
                if case .undefined(let info) = arguments[0] { throw state.undefinedError(info) }
                throw EvaluationError(
                    .ansibleTypeError, "items2dict requires a list, got <class '\(arguments[0].typeName)'> instead.")
            }
            let result = DictValue()
            for item in list.items {
                guard case .dict(let dict) = item, let name = dict.get(key), let content = dict.get(value) else {
                    throw EvaluationError(
                        .ansibleTypeError,
                        "items2dict requires each dictionary in the list to contain the keys '\(key)' and '\(value)'")
                }
                result.set(name, hash: try hash(name), content)
            }
            return .dict(result)
        },
        "flatten": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("flatten", ["mylist", "levels", "skip_nulls"], required: 1)
            var levels = Int.max
            if case .int(let number)? = bound[1] { levels = number }
            return .list(try flattened(arguments[0], levels, skipNulls: try flag(bound[2], state, true), state))
        },
        "unique": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("unique", ["a", "case_sensitive", "attribute"], required: 1)
            guard let base = RenderState.standardFilter("unique") else {
                return .list(try distinct(Array(try state.items(arguments[0])), state))
            }
            do throws(EvaluationError) {
                let result = try state.call(
                    base, [arguments[0], bound[1, fallback: .bool(false)], bound[2, fallback: .none]])
                return .list(Array(try state.items(result)))
            } catch  where error.kind == .typeError {
                return .list(try distinct(Array(try state.items(arguments[0])), state))
            }
        },
        "union": setOperation { (a, b, _) throws(EvaluationError) in a + b },
        "intersect": setOperation { (a, b, state) throws(EvaluationError) in
            var result: [TemplateValue] = []
            for item in a where try contains(b, item, state) { result.append(item) }
            return result
        },
        "difference": setOperation { (a, b, state) throws(EvaluationError) in
            var result: [TemplateValue] = []
            for item in a where try !contains(b, item, state) { result.append(item) }
            return result
        },
        "symmetric_difference": setOperation { (a, b, state) throws(EvaluationError) in
            var result: [TemplateValue] = []
            for item in a where try !contains(b, item, state) { result.append(item) }
            for item in b where try !contains(a, item, state) { result.append(item) }
            return result
        },
        "zip": { (arguments, state) throws(EvaluationError) in
            .object(IteratorValue(arrayIterator(try zipped(arguments, fill: nil, state)), name: "zip"))
        },
        "zip_longest": { (arguments, state) throws(EvaluationError) in
            .object(
                IteratorValue(
                    arrayIterator(
                        try zipped(arguments, fill: arguments.keyword("fillvalue") ?? TemplateValue.none, state)),
                    name: "zip_longest"))
        },
        "product": { (arguments, state) throws(EvaluationError) in
            var rows: [[TemplateValue]] = [[]]
            var columns = arguments.positional
            if case .int(let count)? = arguments.keyword("repeat") {
                guard count >= 0 else { throw EvaluationError(.valueError, "repeat argument cannot be negative") }
                try state.checkItems(count)
                columns = (0..<count).flatMap { _ in columns }
            }
            for (index, column) in columns.enumerated() {
                var next: [[TemplateValue]] = []
                let items = try state.items(column)
                let (cells, isTooMany) = (rows.count * (index + 1)).multipliedReportingOverflow(by: max(1, items.count))
                try state.checkItems(isTooMany ? Int.max : cells)
                for row in rows { for item in items { next.append(row + [item]) } }
                rows = next
            }
            return .object(IteratorValue(arrayIterator(rows.map { .tuple($0) }), name: "product"))
        },
        "permutations": choices(ordered: true), "combinations": choices(ordered: false),
        "subelements": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("subelements", ["obj", "subelements", "skip_missing"], required: 2)
            let elements: [TemplateValue]
            if case .dict(let dict) = arguments[0] {
                elements = dict.values
            } else {
                elements = Array(try state.items(arguments[0]))
            }
            let path: [String]
            if case .text(let text)? = bound[1] {
                path = text.string.split(separator: ".").map(String.init)
            } else {
                path = try state.items(bound[1] ?? .none).compactMap(\.string)
            }
            let skips = try flag(bound[2], state, false)
            var result: [TemplateValue] = []
            for element in elements {
                var current: TemplateValue? = element
                for key in path {
                    if case .dict(let dict)? = current { current = dict.get(key) } else { current = nil }
                }
                guard let current else {
                    if skips { continue }
                    throw fail("could not find \(pythonQuoted(path.last ?? "")) key in iterated item")
                }
                for item in try state.items(current) { result.append(.tuple([element, item])) }
            }
            return .list(result)
        },
        "rekey_on_member": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("rekey_on_member", ["data", "key", "duplicates"], required: 2)
            let result = DictValue()
            let items: [TemplateValue]
            if case .dict(let dict) = arguments[0] {
                items = dict.values
            } else {
                items = Array(try state.items(arguments[0]))
            }
            for item in items {
                guard case .dict(let dict) = item, let key = dict.get(try state.string(bound[1] ?? .none)) else {
                    throw fail("Key \(try state.string(bound[1] ?? .none)) was not found")
                }
                if bound[2]?.string != "overwrite", result.get(key, hash: try hash(key)) != nil {
                    throw fail("Key \(try state.string(key)) is not unique, cannot correctly turn into dict")
                }
                result.set(key, hash: try hash(key), item)
            }
            return .dict(result)
        },
        "extract": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("extract", ["item", "container", "morekeys"], required: 2)
            var current = try state.item(bound[1] ?? .none, arguments[0])
            switch bound[2] {
            case nil, .some(.none): break
            case .list(let list)?: for key in list.items { current = try state.item(current, key) }
            case let key?: current = try state.item(current, key)
            }
            return current
        },
        "keep_keys": keys(.keep), "remove_keys": keys(.remove), "replace_keys": keys(.replace),
        "to_paths": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("to_paths", ["var", "prepend", "wantlist"], required: 1)
            let result = DictValue()
            let start =
                try bound[1].map { (value) throws(EvaluationError) in value.isNone ? "" : try state.string(value) }
                ?? ""
            try collectPaths(arguments[0], start, into: result, state)
            return try flag(bound[2], state, false) ? .list([.dict(result)]) : .dict(result)
        },
        "get_path": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("get_path", ["var", "path", "wantlist"], required: 2)
            var current = arguments[0]
            for part in pathParts(try state.string(bound[1] ?? .none)) { current = try state.item(current, part) }
            return try flag(bound[2], state, false) ? .list([current]) : current
        },
        "index_of": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind(
                "index_of", ["data", "test", "value", "key", "fail_on_missing", "wantlist"], required: 2)
            let name = try state.string(bound[1] ?? .none)
            guard let test = state.test(named: name) else { throw fail("Error: the test '\(name)' was not found") }
            var found: [TemplateValue] = []
            for (index, item) in try state.items(arguments[0]).enumerated() {
                let subject = try bound[3].map { (key) throws(EvaluationError) in try state.item(item, key) } ?? item
                let values = [subject] + (bound[2].map { [$0] } ?? [])
                if try state.truth(state.call(test, values)) { found.append(.int(index)) }
            }
            if found.count == 1, try !flag(bound[5], state, false) { return found[0] }
            return .list(found)
        },
        "consolidate": { (arguments, state) throws(EvaluationError) in .dict(DictValue()) },
        "param_list_compare": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("param_list_compare", ["base", "target"], required: 2)
            let (base, target) = (
                try state.items(arguments[0]).compactMap(\.string),
                try state.items(bound[1] ?? .none).compactMap(\.string)
            )
            let excluded = Set(base.filter { $0.hasPrefix("!") }.map { String($0.dropFirst()) })
            let supported = Set(base.filter { !$0.hasPrefix("!") })
            try state.charge(base.count + target.count)
            let result = DictValue()
            result.set(
                "actionable",
                .list(target.filter { supported.contains($0) && !excluded.contains($0) }.map { .string($0) }))
            result.set("unsupported", .list(target.filter { !supported.contains($0) }.map { .string($0) }))
            return .dict(result)
        },
    ]

    private static func merged(
        _ base: DictValue, _ over: DictValue, recursive: Bool, _ listMerge: String, _ state: RenderState
    ) throws(EvaluationError) -> DictValue {
        let result = base.copy()
        try state.charge(base.count + over.count)
        for pair in over.pairs {
            let key = try hash(pair.key)
            switch (result.get(pair.key, hash: key), pair.value) {
            case (.dict(let x)?, .dict(let y)) where recursive:
                let inner = try state.descending { () throws(EvaluationError) in
                    try merged(x, y, recursive: true, listMerge, state)
                }
                result.set(pair.key, hash: key, .dict(inner))
            case (.list(let x)?, .list(let y)):
                result.set(
                    pair.key, hash: key, .list(try mergedLists(Array(x.items), Array(y.items), listMerge, state)))
            default: result.set(pair.key, hash: key, pair.value)
            }
        }
        return result
    }

    private static func mergedLists(
        _ x: [TemplateValue], _ y: [TemplateValue], _ how: String, _ state: RenderState
    ) throws(EvaluationError) -> [TemplateValue] {
        func without(_ items: [TemplateValue], _ others: [TemplateValue]) throws(EvaluationError) -> [TemplateValue] {
            var kept: [TemplateValue] = []
            for item in items where try !contains(others, item, state) { kept.append(item) }
            return kept
        }
        switch how {
        case "keep": return x
        case "append": return x + y
        case "prepend": return y + x
        case "append_rp": return try without(x, y) + y
        case "prepend_rp": return y + (try without(x, y))
        default: return y
        }
    }

    private static func flattened(
        _ value: TemplateValue, _ levels: Int, skipNulls: Bool, _ state: RenderState
    ) throws(EvaluationError) -> [TemplateValue] {
        try state.descending { () throws(EvaluationError) in
            var result: [TemplateValue] = []
            for item in try state.items(value) {
                if skipNulls, item.isNone || item.string == "None" || item.string == "null" { continue }
                if levels > 0, case .list = item {
                    result += try flattened(item, levels - 1, skipNulls: skipNulls, state)
                } else {
                    result.append(item)
                }
            }
            try state.checkItems(result.count)
            return result
        }
    }

    private static func arrayIterator(_ items: [TemplateValue]) -> ValueIterator { ListedIterator(items) }

    private static func zipped(_ arguments: Arguments, fill: TemplateValue?, _ state: RenderState)
        throws(EvaluationError) -> [TemplateValue]
    {
        var columns: [ContiguousArray<TemplateValue>] = []
        for column in arguments.positional { columns.append(try state.items(column)) }
        let counts = columns.map(\.count)
        let rows = (fill == nil ? counts.min() : counts.max()) ?? 0
        let (cells, isTooMany) = rows.multipliedReportingOverflow(by: max(1, columns.count))
        try state.checkItems(isTooMany ? Int.max : cells)
        return (0..<rows).map { row in .tuple(columns.map { row < $0.count ? $0[row] : fill ?? .none }) }
    }

    private static func choices(ordered: Bool) -> TemplateFunction {
        { (arguments, state) throws(EvaluationError) in
            let name = ordered ? "permutations" : "combinations"
            let bound = try arguments.bind(name, ["iterable", "r"], required: ordered ? 1 : 2)
            let items = Array(try state.items(bound[0, fallback: .none]))
            var size = items.count
            switch bound[1] {
            case .int(let number)?: size = number
            case .bool(let flag)?: size = flag ? 1 : 0
            case nil, TemplateValue.none?: break
            case let other?:
                throw EvaluationError(.typeError, "'\(other.typeName)' object cannot be interpreted as an integer")
            }
            guard size >= 0 else { throw EvaluationError(.valueError, "r must be non-negative") }
            return .object(IteratorValue(ChoiceIterator(items, size: size, ordered: ordered), name: name))
        }
    }

    // MARK: Keys and paths

    private enum KeyChange {
        case keep, remove, replace
    }

    private static func keys(_ change: KeyChange) -> TemplateFunction {
        { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("keys", ["data", "target", "matching_parameter"], required: 2)
            let targets = Array(try state.items(bound[1] ?? .none))
            let how = bound[2]?.string ?? "equality"
            func matches(_ key: String, _ wanted: String) throws(EvaluationError) -> Bool {
                switch how {
                case "starts_with": return key.hasPrefix(wanted)
                case "ends_with": return key.hasSuffix(wanted)
                case "regex":
                    return try PythonPattern.first(PythonPattern.compile(wanted), Array(key.utf8), anchored: true)
                        != nil
                default: return key == wanted
                }
            }
            func isTarget(_ key: String) throws(EvaluationError) -> Bool {
                for target in targets { if let wanted = target.string, try matches(key, wanted) { return true } }
                return false
            }
            func replacement(_ key: String) throws(EvaluationError) -> TemplateValue? {
                for target in targets {
                    guard case .dict(let dict) = target, let before = dict.get("before")?.string else { continue }
                    if try matches(key, before) { return dict.get("after") }
                }
                return nil
            }
            func walk(_ value: TemplateValue) throws(EvaluationError) -> TemplateValue {
                try state.descending { () throws(EvaluationError) in
                    switch value {
                    case .list(let list):
                        var items: [TemplateValue] = []
                        for item in list.items { items.append(try walk(item)) }
                        return .list(items)
                    case .dict(let dict):
                        let result = DictValue()
                        var renamed: [(TemplateValue, TemplateValue)] = []
                        for pair in dict.pairs {
                            guard let key = pair.key.string else {
                                result.set(pair.key, hash: try hash(pair.key), pair.value)
                                continue
                            }
                            switch change {
                            case .remove: if try !isTarget(key) { result.set(key, try walk(pair.value)) }
                            case .keep:
                                let isContainer: Bool
                                switch pair.value {
                                case .list(let list): isContainer = !list.items.isEmpty
                                case .dict(let dict): isContainer = dict.count > 0
                                default: isContainer = false
                                }
                                if try isTarget(key) || isContainer {
                                    result.set(key, try isTarget(key) ? pair.value : walk(pair.value))
                                }
                            case .replace:
                                if let name = try replacement(key) {
                                    renamed.append((name, try walk(pair.value)))
                                } else {
                                    result.set(key, try walk(pair.value))
                                }
                            }
                        }
                        for (name, value) in renamed { result.set(name, hash: try hash(name), value) }
                        return .dict(result)
                    default: return value
                    }
                }
            }
            return try walk(arguments[0])
        }
    }

    private static func collectPaths(
        _ value: TemplateValue, _ path: String, into result: DictValue, _ state: RenderState
    ) throws(EvaluationError) {
        try state.descending { () throws(EvaluationError) in
            switch value {
            case .dict(let dict) where dict.count > 0:
                for pair in dict.pairs {
                    let key = try state.string(pair.key)
                    let plain = key.unicodeScalars.allSatisfy { $0.properties.isXIDContinue }
                    let step = plain ? (path.isEmpty ? key : "." + key) : "['\(key)']"
                    try collectPaths(pair.value, path + step, into: result, state)
                }
            case .list(let list) where !list.items.isEmpty:
                for (index, item) in list.items.enumerated() {
                    try collectPaths(item, path + "[\(index)]", into: result, state)
                }
            default: result.set(path, value)
            }
        }
    }

    private static func pathParts(_ path: String) -> [TemplateValue] {
        var parts: [TemplateValue] = []
        for piece in path.split(whereSeparator: { ".[]".contains($0) }) {
            let text = piece.trimmingQuotes()
            parts.append(Int(text).map { .int($0) } ?? .string(text))
        }
        return parts
    }
}

extension Substring {
    fileprivate func trimmingQuotes() -> String {
        var text = self
        if let first = text.first, first == "'" || first == "\"", text.last == first, text.count > 1 {
            text = text.dropFirst().dropLast()
        }
        return String(text)
    }
}

/// The items of an array, once.
final class ListedIterator: ValueIterator {
    private let items: [TemplateValue]
    private var index = 0
    init(_ items: [TemplateValue]) { self.items = items }
    override func next(_ state: RenderState) throws(EvaluationError) -> TemplateValue? {
        guard index < items.count else { return nil }
        defer { index += 1 }
        return items[index]
    }
    override var remaining: Int? { items.count - index }
}
