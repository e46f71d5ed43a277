import JinjaTemplates

/// Sorting in which `Ethernet10` comes after `Ethernet9`.
enum NaturalOrder {
    /// A piece of a name: text and digits take turns, beginning with text.
    enum Piece: Equatable {
        case text([UInt8])
        /// Digits without leading zeros.
        case number([UInt8])
    }

    static func sorted(_ arguments: Arguments, _ state: RenderState) throws(EvaluationError) -> ContiguousArray<
        TemplateValue
    > {
        guard arguments.count <= 2 else {
            throw EvaluationError(
                .typeError, "natural_sort() takes from 1 to 2 positional arguments but \(arguments.count) were given")
        }
        let bound = try arguments.bind(
            "natural_sort", ["iterable", "sort_key", "strict", "ignore_case", "default_value"], required: 1)
        let value = bound[0, fallback: .none]
        if value.isNone || value.isUndefined { return [] }
        let sortKey = bound[1, fallback: .none]
        let isStrict = try ScalarFilters.flag(bound[2], state, true)
        let ignoresCase = try ScalarFilters.flag(bound[3], state, true)
        let fallback = bound[4, fallback: .none]
        let items = try state.items(value)
        try state.charge(items.count)
        var keyed: [(pieces: [Piece], index: Int)] = []
        for (index, item) in items.enumerated() {
            let text = try keyText(item, sortKey, isStrict: isStrict, fallback: fallback, state)
            try state.charge(text.utf8.count >> 4)
            keyed.append((pieces(text, ignoresCase: ignoresCase), index))
        }
        keyed.sort { a, b in
            switch order(a.pieces, b.pieces) {
            case 0: a.index < b.index
            case let order: order < 0
            }
        }
        return ContiguousArray(keyed.map { items[$0.index] })
    }

    /// The text an item is sorted by.
    private static func keyText(
        _ item: TemplateValue, _ sortKey: TemplateValue, isStrict: Bool, fallback: TemplateValue, _ state: RenderState
    ) throws(EvaluationError) -> String {
        let members: DictValue
        let isNamespace: Bool
        switch item {
        case .dict(let dict): (members, isNamespace) = (dict, false)
        case .object(let object):
            guard let space = object as? NamespaceValue else { return try state.string(item) }
            (members, isNamespace) = (space.members, true)
        default: return try state.string(item)
        }
        // AVD 6 refuses these; the templates of 3 to 5 rely on it.
        if sortKey.isNone { return try state.string(item) }
        let found = sortKey.hashValueForKey.flatMap { members.get(sortKey, hash: $0) }
        if let found, !found.isNone { return try state.string(found) }
        if isStrict, fallback.isNone, found == nil {
            let name = try state.string(sortKey)
            let what = isNamespace ? "attribute" : "key"
            throw EvaluationError(
                .keyError, pythonQuoted("Missing \(what) '\(name)' in item to sort \(try state.string(item))."))
        }
        if !fallback.isNone { return try state.string(fallback) }
        let whole = try state.string(item)
        return isNamespace ? "~" + String(whole.drop { $0 == "<" }) : whole
    }

    static func pieces(_ text: String, ignoresCase: Bool) -> [Piece] {
        var result: [Piece] = []
        var (letters, digits): ([UInt8], [UInt8]) = ([], [])
        var isNumber = false
        func digit(_ scalar: Unicode.Scalar) -> UInt8? {
            if scalar.isASCII { return scalar.value >= 0x30 && scalar.value <= 0x39 ? UInt8(scalar.value) : nil }
            guard scalar.properties.generalCategory == .decimalNumber, let value = scalar.properties.numericValue else {
                return nil
            }
            return 0x30 + UInt8(value)
        }
        for scalar in (ignoresCase ? text.lowercased() : text).unicodeScalars {
            if let digit = digit(scalar) {
                if !isNumber {
                    result.append(.text(letters))
                    letters.removeAll(keepingCapacity: true)
                    isNumber = true
                }
                if !(digits.isEmpty && digit == 0x30) { digits.append(digit) }
            } else {
                if isNumber {
                    result.append(.number(digits))
                    digits.removeAll(keepingCapacity: true)
                    isNumber = false
                }
                letters.appendScalar(scalar)
            }
        }
        result.append(isNumber ? .number(digits) : .text(letters))
        if isNumber { result.append(.text([])) }
        return result
    }

    /// Negative, zero or positive, as the first list of pieces comes before, with or after the second.
    static func order(_ a: [Piece], _ b: [Piece]) -> Int {
        for (x, y) in zip(a, b) where x != y {
            switch (x, y) {
            case (.text(let p), .text(let q)): return p.lexicographicallyPrecedes(q) ? -1 : 1
            case (.number(let p), .number(let q)):
                if p.count != q.count { return p.count < q.count ? -1 : 1 }
                return p.lexicographicallyPrecedes(q) ? -1 : 1
            case (.text, .number): return 1
            case (.number, .text): return -1
            }
        }
        return a.count - b.count
    }
}
