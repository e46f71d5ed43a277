/// Jinja2's own filters, in three tables: plain values, sequences, texts.
enum StandardFilters {
    /// A filter of one value and nothing else.
    static func plain(
        _ name: String,
        _ body: @escaping @Sendable (TemplateValue, RenderState) throws(EvaluationError) -> TemplateValue
    ) -> TemplateFunction {
        { (arguments, state) throws(EvaluationError) in
            guard arguments.count == 1, !arguments.hasKeywords else {
                throw EvaluationError(
                    .typeError, "do_\(name)() takes 1 positional argument but \(arguments.count) were given")
            }
            return try body(arguments[0], state)
        }
    }

    static let simple: [String: TemplateFunction] = [
        "default": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("do_default", ["value", "default_value", "boolean"], required: 1)
            let value = arguments[0]
            if value.isUndefined { return bound[1, fallback: .emptyText] }
            if let flag = bound[2], try state.truth(flag), try !state.truth(value) {
                return bound[1, fallback: .emptyText]
            }
            return value
        },
        "length": plain("length") { (value, state) throws(EvaluationError) in try length(value, state) },
        "abs": plain("abs") { (value, state) throws(EvaluationError) in
            switch value {
            case .int(let int): return int < 0 ? try state.negated(value) : value
            case .bool(let bool): return .int(bool ? 1 : 0)
            case .double(let double): return .double(double.magnitude)
            case .undefined(let info):
                if state.isStrict(info) { throw state.undefinedError(info) }
                throw EvaluationError(.typeError, "bad operand type for abs(): 'Undefined'")
            default:
                if let big = value.bigInteger { return TemplateValue(big.isNegative ? big.negated : big) }
                throw EvaluationError(.typeError, "bad operand type for abs(): '\(value.typeName)'")
            }
        },
        "attr": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("do_attr", ["obj", "name"], required: 2)
            guard case .text(let name)? = bound[1] else {
                let type = bound[1, fallback: .none].typeName
                throw EvaluationError(.typeError, "attribute name must be string, not \(pythonQuoted(type))")
            }
            let value = arguments[0]
            if case .dict = value, !DictMethods.isName(name) {
                return .undefined(UndefinedValue(owner: value, name: .text(name)))
            }
            return try state.attribute(value, name, name.contentHash)
        },
        "float": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("do_float", ["value", "default"], required: 1)
            return try number(arguments[0], state).map { .double($0) } ?? bound[1, fallback: .double(0)]
        },
        "int": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("do_int", ["value", "default", "base"], required: 1)
            // Only a text is read in a base, and one that is none leaves it to be read as a float.
            let base =
                switch bound[2] {
                case nil: 10
                case .int(let int)?: int
                case .bool(let bool)?: bool ? 1 : 0
                default: -1
                }
            return try integer(arguments[0], bound[1, fallback: .int(0)], base, state)
        },
        "round": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("do_round", ["value", "precision", "method"], required: 1)
            let method = bound[2, fallback: .string("common")].string ?? ""
            guard ["common", "ceil", "floor"].contains(method) else {
                if let given = bound[2], given.hashValueForKey == nil {
                    throw EvaluationError(.typeError, "unhashable type: '\(given.typeName)'")
                }
                throw EvaluationError(.filterArgumentError, "method must be common, ceil or floor")
            }
            if case .some(.none) = bound[1], case .double(let double) = arguments[0], method == "common" {
                guard let whole = BigInteger(double.rounded(.toNearestOrEven)) else {
                    throw EvaluationError(
                        double.isNaN ? .valueError : .overflowError,
                        "cannot convert float \(double.isNaN ? "NaN" : "infinity") to integer")
                }
                return TemplateValue(whole)
            }
            return try rounded(arguments[0], try TextMethods.integer(bound[1]) ?? 0, method, state)
        },
        "string": plain("string") { (value, state) throws(EvaluationError) in .text(try state.text(value)) },
        "pprint": plain("pprint") { (value, state) throws(EvaluationError) in .string(try prettyPrinted(value, state))
        },
        "tojson": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("do_tojson", ["value", "indent"], required: 1)
            var indent: Int?
            switch (arguments[0], bound[1]) {
            // A text has no lines to indent, so nobody looks.
            case (.text, _), (_, .text?), (_, nil), (_, .some(.none)): break
            case (_, .int?), (_, .bool?): indent = try TextMethods.integer(bound[1])
            case (_, .undefined(let info)?): throw state.undefinedError(info)
            case (_, let given?):
                guard given.bigInteger == nil else {
                    throw EvaluationError(.overflowError, "cannot fit 'int' into an index-sized integer")
                }
                throw EvaluationError(.typeError, "can't multiply sequence by non-int of type '\(given.typeName)'")
            }
            var bytes: [UInt8] = []
            var style = JSONStyle()
            style.indent = indent
            if case .text(let text)? = bound[1] { (style.indent, style.indentText) = (1, text.bytes) }
            style.escapesHTML = true
            try state.json(arguments[0], style, into: &bytes)
            return .text(TextValue.make(bytes, isMarkup: true))
        },
        "filesizeformat": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("do_filesizeformat", ["value", "binary"], required: 1)
            return .string(
                try fileSize(
                    arguments[0],
                    binary: try bound[1].map { (v) throws(EvaluationError) in try state.truth(v) } ?? false, state))
        },
        "escape": plain("escape") { (value, state) throws(EvaluationError) in .text(try state.escape(value)) },
        "forceescape": plain("forceescape") { (value, state) throws(EvaluationError) in
            .text(TextValue.make(state.escapedBytes(try state.text(value)), isMarkup: true))
        },
        "safe": plain("safe") { (value, state) throws(EvaluationError) in .text(try state.text(value).marked(true)) },
    ]

    static func length(_ value: TemplateValue, _ state: RenderState) throws(EvaluationError) -> TemplateValue {
        guard let count = try state.length(value) else {
            throw EvaluationError(.typeError, "object of type '\(value.typeName)' has no len()")
        }
        return .int(count)
    }

    /// `float(value)`; nil where Python raises.
    static func number(_ value: TemplateValue, _ state: RenderState) throws(EvaluationError) -> Double? {
        switch value {
        case .int(let int): return Double(int)
        case .bool(let bool): return bool ? 1 : 0
        case .double(let double): return double
        case .text(let text): return parseFloat(text)
        case .undefined(let info): throw state.undefinedError(info)
        default: return value.bigInteger.map(\.double)
        }
    }

    /// Python's reading of a float: surrounding space and single underscores between digits are fine.
    static func parseFloat(_ text: TextValue) -> Double? {
        let trimmed = text.string.trimmingPythonSpace()
        let scalars = Array(trimmed.unicodeScalars)
        var cleaned = ""
        for (index, scalar) in scalars.enumerated() {
            if scalar == "_" {
                guard index > 0, index + 1 < scalars.count, TextCase.isDecimal(scalars[index - 1]),
                    TextCase.isDecimal(scalars[index + 1])
                else { return nil }
            } else if TextCase.isDecimal(scalar), let value = scalar.properties.numericValue {
                cleaned += String(Int(value))
            } else {
                cleaned.unicodeScalars.append(scalar)
            }
        }
        switch cleaned.lowercased() {
        case "inf", "+inf", "infinity", "+infinity": return .infinity
        case "-inf", "-infinity": return -.infinity
        case "nan", "+nan", "-nan": return .nan
        default: break
        }
        guard !cleaned.contains(where: { "xXpP".contains($0) }) else { return nil }
        return Double(cleaned)
    }

    /// `int(text, base)`; nil where Python raises.
    static func parseInteger(_ text: TextValue, base: Int) -> BigInteger? {
        var scalars = Array(text.string.trimmingPythonSpace().unicodeScalars)[...]
        var isNegative = false
        if let first = scalars.first, first == "-" || first == "+" {
            isNegative = first == "-"
            scalars.removeFirst()
        }
        var radix = base
        if scalars.count > 2, scalars[scalars.startIndex] == "0" {
            let mark = scalars[scalars.startIndex + 1].properties.lowercaseMapping
            let marked = ["x": 16, "o": 8, "b": 2][mark]
            if let marked, base == marked || base == 0 {
                radix = marked
                scalars.removeFirst(2)
                if scalars.first == "_" { scalars.removeFirst() }
            }
        }
        if radix == 0 { radix = 10 }
        guard radix >= 2, radix <= 36 else { return nil }
        var digits: [UInt8] = []
        var previous: Unicode.Scalar = "_"
        for scalar in scalars {
            if scalar == "_" {
                if previous == "_" { return nil }
            } else if scalar.isASCII {
                digits.append(UInt8(scalar.value))
            } else if TextCase.isDecimal(scalar), let value = scalar.properties.numericValue {
                digits.append(0x30 + UInt8(value))
            } else {
                return nil
            }
            previous = scalar
        }
        // Python's own limit on decimal digits.
        guard previous != "_", digits.count <= 4300, let value = BigInteger(digits: digits, radix: UInt32(radix)) else {
            return nil
        }
        return isNegative ? value.negated : value
    }

    static func integer(
        _ value: TemplateValue, _ fallback: TemplateValue, _ base: Int, _ state: RenderState
    ) throws(EvaluationError) -> TemplateValue {
        switch value {
        case .int: return value
        case .bool(let bool): return .int(bool ? 1 : 0)
        case .text(let text):
            if let number = parseInteger(text, base: base) { return TemplateValue(number) }
            guard let double = parseFloat(text), let whole = BigInteger(double) else { return fallback }
            return TemplateValue(whole)
        case .double(let double):
            if let whole = BigInteger(double) { return TemplateValue(whole) }
            if double.isNaN { return fallback }
            throw EvaluationError(.overflowError, "cannot convert float infinity to integer")
        case .undefined(let info): throw state.undefinedError(info)
        default: return value.bigInteger != nil ? value : fallback
        }
    }

    static func rounded(
        _ value: TemplateValue, _ precision: Int, _ method: String, _ state: RenderState
    ) throws(EvaluationError) -> TemplateValue {
        if case .undefined(let info) = value { throw state.undefinedError(info) }
        guard precision.magnitude < 400 else { throw EvaluationError(.overflowError, "the precision is out of range") }
        if method == "common" {
            switch value {
            case .int, .bool:
                guard case .int(let int)? = value.plainNumber else { return value }
                return precision >= 0 ? .int(int) : roundedInteger(BigInteger(int), -precision)
            case .double(let double):
                if !double.isFinite { return value }
                return .double(roundedFloat(double, precision, state))
            default:
                if let big = value.bigInteger { return precision >= 0 ? value : roundedInteger(big, -precision) }
                throw EvaluationError(.typeError, "type \(value.typeName) doesn't define __round__ method")
            }
        }
        switch value {
        case .text, .none, .list, .tuple, .dict:
            throw EvaluationError(.typeError, "must be real number, not \(value.typeName)")
        default: break
        }
        let scale = precision == 0 ? TemplateValue.int(1) : try state.arithmetic(.power, .int(10), .int(precision))
        let scaled = try state.arithmetic(.multiply, value, scale)
        if scaled.bigInteger != nil { return try state.arithmetic(.divide, scaled, scale) }
        guard let number = try number(scaled, state), number.isFinite else {
            throw EvaluationError(.typeError, "must be real number, not \(value.typeName)")
        }
        let whole = BigInteger(method == "ceil" ? number.rounded(.up) : number.rounded(.down)) ?? BigInteger(0)
        return try state.arithmetic(.divide, TemplateValue(whole), scale)
    }

    private static func roundedInteger(_ value: BigInteger, _ digits: Int) -> TemplateValue {
        // Ten to that power is more than twice the number.
        guard digits * 3 <= value.bitCount + 2 else { return .int(0) }
        let scale = BigInteger(10).power(digits)
        guard let (low, remainder) = value.dividedFlooring(by: scale) else { return TemplateValue(value) }
        let twice = remainder + remainder
        let isUp = scale < twice || (twice == scale && !low.isEven)
        return TemplateValue((isUp ? low + BigInteger(1) : low) * scale)
    }

    /// Correct decimal rounding, half to even on the exact value.
    private static func roundedFloat(_ value: Double, _ digits: Int, _ state: RenderState) -> Double {
        if digits >= 0 {
            if digits > 22 { return value }
            return Double(state.cFormat(value, "f", digits, false)) ?? value
        }
        let scale = (0..<min(-digits, 308)).reduce(1.0) { scale, _ in scale * 10 }
        return (value / scale).rounded(.toNearestOrEven) * scale
    }

    private static func fileSize(_ value: TemplateValue, binary: Bool, _ state: RenderState) throws(EvaluationError)
        -> String
    {
        switch value {
        case .none, .list, .tuple, .dict, .object:
            guard value.bigInteger == nil else { break }
            throw EvaluationError(
                .typeError, "float() argument must be a string or a real number, not '\(value.typeName)'")
        default: break
        }
        guard let bytes = try number(value, state) else {
            throw EvaluationError(.valueError, "could not convert string to float: \(try state.represent(value))")
        }
        let base = binary ? 1024.0 : 1000.0
        if bytes == 1 { return "1 Byte" }
        if bytes < base { return "\(BigInteger(bytes)?.description() ?? "0") Bytes" }
        let prefixes =
            binary
            ? ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"]
            : ["kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"]
        var unit = base
        for prefix in prefixes {
            unit *= base
            if bytes < unit || prefix == prefixes.last {
                return state.cFormat(base * bytes / unit, "f", 1, false) + " " + prefix
            }
        }
        return ""
    }

    /// `pprint.pformat` for what fits: dicts sorted, broken over lines past 80 columns.
    private static func prettyPrinted(_ value: TemplateValue, _ state: RenderState) throws(EvaluationError) -> String {
        func layout(_ value: TemplateValue, _ indent: Int, _ room: Int) throws(EvaluationError) -> String {
            let flat = try state.represent(sortedForPrinting(value, state))
            if flat.unicodeScalars.count <= room { return flat }
            let pad = String(repeating: " ", count: indent + 1)
            var parts: [String] = []
            switch value {
            case .dict(let dict):
                let pairs = try state.sortedPairs(dict)
                for pair in pairs {
                    let key = try state.represent(pair.key) + ": "
                    parts.append(
                        key
                            + (try layout(
                                pair.value, indent + 1 + key.unicodeScalars.count, room - 2 - key.unicodeScalars.count))
                    )
                }
                return "{" + parts.joined(separator: ",\n" + pad) + "}"
            case .list(let list):
                for item in list.items { parts.append(try layout(item, indent + 1, room - 2)) }
                return "[" + parts.joined(separator: ",\n" + pad) + "]"
            case .tuple(let tuple):
                for item in tuple.items { parts.append(try layout(item, indent + 1, room - 2)) }
                return "(" + parts.joined(separator: ",\n" + pad) + (parts.count == 1 ? ",)" : ")")
            default: return flat
            }
        }
        return try state.descending { () throws(EvaluationError) in try layout(value, 0, 80) }
    }

    private static func sortedForPrinting(_ value: TemplateValue, _ state: RenderState) throws(EvaluationError)
        -> TemplateValue
    {
        try state.descending { () throws(EvaluationError) in
            try state.charge(1)
            switch value {
            case .dict(let dict):
                let copy = DictValue()
                for pair in try state.sortedPairs(dict) {
                    copy.set(pair.key, hash: pair.key.hashValueForKey ?? 0, try sortedForPrinting(pair.value, state))
                }
                return .dict(copy)
            case .list(let list):
                var items: ContiguousArray<TemplateValue> = []
                for item in list.items { items.append(try sortedForPrinting(item, state)) }
                return .list(ListValue(items))
            default: return value
            }
        }
    }
}

extension RenderState {
    /// Entries in order of their keys; in insertion order when keys cannot be compared.
    func sortedPairs(_ dict: DictValue) throws(EvaluationError) -> [(key: TemplateValue, value: TemplateValue)] {
        let keys = ContiguousArray(dict.keys)
        guard let sorted = try? sorted(keys) else { return dict.pairs }
        return sorted.map { ($0, dict.get($0, hash: $0.hashValueForKey ?? 0) ?? .none) }
    }

    /// Compares in the order in which Python does for short lists, so that of several items that cannot be compared the
    /// same ones are named.
    private func sortLikePython(_ items: inout [(key: TemplateValue, at: Int)]) throws(EvaluationError) {
        guard items.count > 1 else { return }
        var run = 2
        if try less(items[1].key, items[0].key) {
            while run < items.count, try less(items[run].key, items[run - 1].key) { run += 1 }
            items[..<run].reverse()
        } else {
            while run < items.count, try !less(items[run].key, items[run - 1].key) { run += 1 }
        }
        while run < items.count {
            let pivot = items[run]
            var (low, high) = (0, run)
            while low < high {
                let middle = low + (high - low) >> 1
                if try less(pivot.key, items[middle].key) { high = middle } else { low = middle + 1 }
            }
            items.remove(at: run)
            items.insert(pivot, at: low)
            run += 1
        }
    }

    /// A stable sort with Python's `<`; with keys made by `key`.
    package func sorted(
        _ items: ContiguousArray<TemplateValue>, reversed: Bool = false,
        key: ((TemplateValue) throws(EvaluationError) -> TemplateValue)? = nil
    ) throws(EvaluationError) -> ContiguousArray<TemplateValue> {
        try charge(items.count * 4)
        var keyed: [(key: TemplateValue, at: Int)] = []
        for (index, item) in items.enumerated() { keyed.append((try key?(item) ?? item, index)) }
        if keyed.count < 64 {
            if reversed { keyed.reverse() }
            try sortLikePython(&keyed)
            return ContiguousArray((reversed ? keyed.reversed() : keyed).map { items[$0.at] })
        }
        // Merge sort, so that a comparison may throw. Reversed keeps equal items in order.
        var from = keyed
        var to = keyed
        var width = 1
        while width < from.count {
            var start = 0
            while start < from.count {
                let middle = min(start + width, from.count)
                let end = min(start + 2 * width, from.count)
                var (left, right, out) = (start, middle, start)
                while left < middle, right < end {
                    let takeRight =
                        reversed
                        ? try less(from[left].key, from[right].key) : try less(from[right].key, from[left].key)
                    if takeRight {
                        to[out] = from[right]
                        right += 1
                    } else {
                        to[out] = from[left]
                        left += 1
                    }
                    out += 1
                }
                while left < middle {
                    to[out] = from[left]
                    left += 1
                    out += 1
                }
                while right < end {
                    to[out] = from[right]
                    right += 1
                    out += 1
                }
                start = end
            }
            swap(&from, &to)
            width *= 2
        }
        return ContiguousArray(from.map { items[$0.at] })
    }
}
