import Foundation
import JinjaTemplates

/// Filters of `community.general` that work on values alone.
enum CommunityFilters {
    private static func fail(_ message: String) -> EvaluationError { AddressQuery.failure(message) }

    private static func hash(_ key: TemplateValue) throws(EvaluationError) -> Int {
        guard let hash = key.hashValueForKey else {
            throw EvaluationError(.typeError, "unhashable type: '\(key.typeName)'")
        }
        return hash
    }

    /// Lists, tuples and text; nil for what Python does not call a sequence.
    private static func sequence(_ value: TemplateValue, _ state: RenderState) throws(EvaluationError)
        -> [TemplateValue]?
    {
        switch value {
        case .list, .tuple, .text: return Array(try state.items(value))
        case .object(let object) where object is RangeValue: return Array(try state.items(value))
        default: return nil
        }
    }

    static let filters: [String: TemplateFunction] = [
        "counter": { (arguments, state) throws(EvaluationError) in
            let value = try arguments.bind("counter", ["sequence"], required: 1)[0, fallback: .none]
            guard let items = try sequence(value, state) else {
                throw fail("Argument for community.general.counter must be a sequence (string or list).")
            }
            let result = DictValue()
            for item in items {
                guard let hash = item.hashValueForKey else {
                    throw fail("community.general.counter needs a sequence with hashable elements (int, float or str)")
                }
                let count = if case .int(let number)? = result.get(item, hash: hash) { number } else { 0 }
                result.set(item, hash: hash, .int(count + 1))
            }
            return .dict(result)
        },
        "crc32": { (arguments, state) throws(EvaluationError) in
            let value = try arguments.bind("crc32", ["value"], required: 1)[0, fallback: .none]
            guard let text = value.string else {
                throw fail(
                    "Invalid value type (\(AVDFilters.pythonType(value))) for crc32 (\(try state.represent(value)))")
            }
            try SecretGuard.check(text, "crc32")
            var sum = UInt32.max
            for byte in text.utf8 {
                sum ^= UInt32(byte)
                for _ in 0..<8 { sum = sum >> 1 ^ (sum & 1 == 1 ? 0xEDB8_8320 : 0) }
            }
            return .string(String(~sum, radix: 16))
        },
        "dict_kv": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("dict_kv", ["value", "key"], required: 2)
            let key = bound[1, fallback: .none]
            let result = DictValue()
            result.set(key, hash: try hash(key), bound[0, fallback: .none])
            return .dict(result)
        },
        "dict": { (arguments, state) throws(EvaluationError) in
            let value = try arguments.bind("dict_filter", ["sequence"], required: 1)[0, fallback: .none]
            if case .dict(let dict) = value { return .dict(dict.copy()) }
            let result = DictValue()
            for (index, item) in try state.items(value).enumerated() {
                guard let pair = try? Array(state.items(item)) else {
                    throw EvaluationError(
                        .typeError, "cannot convert dictionary update sequence element #\(index) to a sequence")
                }
                guard pair.count == 2 else {
                    throw EvaluationError(
                        .valueError,
                        "dictionary update sequence element #\(index) has length \(pair.count); 2 is required")
                }
                result.set(pair[0], hash: try hash(pair[0]), pair[1])
            }
            return .dict(result)
        },
        "groupby_as_dict": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("groupby_as_dict", ["sequence", "attribute"], required: 2)
            guard let items = try sequence(bound[0, fallback: .none], state) else {
                throw fail("Input is not a sequence")
            }
            let attribute = bound[1, fallback: .none]
            let result = DictValue()
            for (index, item) in items.enumerated() {
                guard case .dict(let dict) = item else { throw fail("Sequence element #\(index) is not a mapping") }
                guard let key = dict.get(attribute, hash: try hash(attribute)) else {
                    throw fail("Attribute not contained in element #\(index) of sequence")
                }
                guard result.get(key, hash: try hash(key)) == nil else {
                    throw fail("Multiple sequence entries have attribute value \(try state.represent(key))")
                }
                result.set(key, hash: try hash(key), item)
            }
            return .dict(result)
        },
        "lists_union": lists("lists_union") { (a, b, state) throws(EvaluationError) in a + b },
        "lists_intersect": lists("lists_intersect") { (a, b, state) throws(EvaluationError) in
            let other = try Members(b, state)
            var kept: [TemplateValue] = []
            for item in a where try other.contains(item, state) { kept.append(item) }
            return kept
        },
        "lists_difference": lists("lists_difference") { (a, b, state) throws(EvaluationError) in
            let other = try Members(b, state)
            var kept: [TemplateValue] = []
            for item in a where try !other.contains(item, state) { kept.append(item) }
            return kept
        },
        "lists_symmetric_difference": lists("lists_difference", combinesAll: true) {
            (a, b, state) throws(EvaluationError) in
            let (first, second) = (try Members(a, state), try Members(b, state))
            var kept: [TemplateValue] = []
            for item in try StructureFilters.distinct(a + b, state) {
                let (isInFirst, isInSecond) = (try first.contains(item, state), try second.contains(item, state))
                if !(isInFirst && isInSecond) { kept.append(item) }
            }
            return kept
        },
        "lists_mergeby": { (arguments, state) throws(EvaluationError) in try mergedBy(arguments, state) },
        "version_sort": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("version_sort", ["value", "reverse"], required: 1)
            let isReversed = try ScalarFilters.flag(bound[1], state, false)
            var texts: [(text: String, index: Int)] = []
            let items = try state.items(bound[0, fallback: .none])
            for item in items {
                guard let text = item.string else {
                    throw EvaluationError(.typeError, "expected string or bytes-like object")
                }
                texts.append((text, texts.count))
            }
            try state.charge(texts.count * 8)
            texts.sort { a, b in
                let order = VersionComparison.looseOrder(a.text, b.text)
                return order == 0 ? a.index < b.index : (order < 0) != isReversed
            }
            return .list(texts.map { items[$0.index] })
        },
        "unicode_normalize": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("unicode_normalize", ["data", "form"], required: 1)
            let value = bound[0, fallback: .none]
            guard let text = value.string else {
                throw EvaluationError(.ansibleTypeError, "\(AVDFilters.pythonType(value)) is not a valid input type")
            }
            switch bound[1, fallback: .string("NFC")].string {
            case "NFC": return .string(text.precomposedStringWithCanonicalMapping)
            case "NFD": return .string(text.decomposedStringWithCanonicalMapping)
            case "NFKC": return .string(text.precomposedStringWithCompatibilityMapping)
            case "NFKD": return .string(text.decomposedStringWithCompatibilityMapping)
            default: throw fail("\(try state.string(bound[1, fallback: .none])) is not a valid form")
            }
        },
    ]

    /// Lists of dicts merged by the value of one key, and sorted by it.
    private static func mergedBy(_ arguments: Arguments, _ state: RenderState) throws(EvaluationError) -> TemplateValue
    {
        let options = ["recursive", "list_merge"].compactMap { name in arguments.keyword(name).map { (name, $0) } }
        guard arguments.keywordNames.allSatisfy({ $0 == "recursive" || $0 == "list_merge" }) else {
            throw fail("'recursive' and 'list_merge' are the only valid keyword arguments.")
        }
        guard arguments.count >= 2 else { throw fail("At least one list and index are needed.") }
        var lists: [TemplateValue] = []
        for list in arguments.positional.dropLast() {
            guard let items = try sequence(list, state) else {
                throw fail(
                    "All arguments before the argument index for community.general.lists_mergeby must be lists. \(try state.string(list)) is \(AVDFilters.pythonType(list))"
                )
            }
            let isNested = items.allSatisfy { if case .list = $0 { true } else { false } }
            if !items.isEmpty { if isNested { lists += items } else { lists.append(list) } }
        }
        guard let last = lists.last else { return .list([]) }
        if lists.count == 1 { return last }
        let index = arguments[arguments.count - 1]
        guard index.string != nil else {
            throw fail(
                "First argument after the lists for community.general.lists_mergeby must be string. \(try state.string(index)) is \(AVDFilters.pythonType(index))"
            )
        }
        guard let combine = StructureFilters.filters["combine"] else { return last }
        var result = last
        for list in lists.dropLast().reversed() {
            let merged = DictValue()
            for side in [list, result] {
                for element in try state.items(side) {
                    guard case .dict(let dict) = element else {
                        throw fail(
                            "Elements of list arguments for lists_mergeby must be dictionaries. \(try state.string(element)) is \(AVDFilters.pythonType(element))"
                        )
                    }
                    guard let key = dict.get(index, hash: try hash(index)) else { continue }
                    let known = merged.get(key, hash: try hash(key)) ?? .dict(DictValue())
                    let both = try state.call(combine, [known, element] + options.map(\.1), names: options.map(\.0))
                    merged.set(key, hash: try hash(key), both)
                }
            }
            let sorted = try state.sorted(ContiguousArray(merged.values)) { (item) throws(EvaluationError) in
                try state.item(item, index)
            }
            result = .list(ListValue(sorted))
        }
        return result
    }

    /// Items that can be asked for quickly where they have a hash.
    private struct Members {
        private let hashed = DictValue()
        private var odd: [TemplateValue] = []

        init(_ items: [TemplateValue], _ state: RenderState) throws(EvaluationError) {
            try state.charge(items.count)
            for item in items {
                if let hash = item.hashValueForKey { hashed.set(item, hash: hash, .none) } else { odd.append(item) }
            }
        }

        func contains(_ item: TemplateValue, _ state: RenderState) throws(EvaluationError) -> Bool {
            if let hash = item.hashValueForKey { return hashed.get(item, hash: hash) != nil }
            try state.charge(1 + odd.count >> 3)
            for other in odd where try state.equal(other, item) { return true }
            return false
        }
    }

    private static func lists(
        _ name: String, combinesAll: Bool = false,
        _ combine:
            @escaping @Sendable ([TemplateValue], [TemplateValue], RenderState) throws(EvaluationError) ->
            [TemplateValue]
    ) -> TemplateFunction {
        { (arguments, state) throws(EvaluationError) in
            let unknown = arguments.keywordNames.filter { $0 != "flatten" }
            guard unknown.isEmpty else {
                throw fail("\(name)() got unexpected keywords arguments: \(unknown.joined(separator: ", "))")
            }
            var lists = arguments.positional
            if try ScalarFilters.flag(arguments.keyword("flatten"), state, false) {
                var flat: [TemplateValue] = []
                for list in lists {
                    guard case .list(let inner) = list else {
                        throw fail(
                            "All arguments must be lists. \(try state.string(list)) is \(AVDFilters.pythonType(list))")
                    }
                    let isNested = inner.items.allSatisfy { if case .list = $0 { true } else { false } }
                    if !inner.items.isEmpty { if isNested { flat += inner.items } else { flat.append(list) } }
                }
                lists = flat
            }
            guard let first = lists.first else { return .list([]) }
            if lists.count == 1 { return first }
            // These two add the lists up, which Python does for lists alone, or texts alone.
            let adds = name == "lists_union" || combinesAll
            for list in lists where adds && list.typeName != first.typeName {
                throw EvaluationError(
                    .typeError, "can only concatenate \(first.typeName) (not \"\(list.typeName)\") to \(first.typeName)"
                )
            }
            var result = try StructureFilters.distinct(Array(try state.items(first)), state)
            for list in lists.dropFirst() {
                result = try combine(result, Array(try state.items(list)), state)
                try state.checkItems(result.count)
            }
            return .list(try StructureFilters.distinct(result, state))
        }
    }
}
