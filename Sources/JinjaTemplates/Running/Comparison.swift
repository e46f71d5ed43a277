extension RenderState {
    /// `a == b`.
    package func equal(_ a: TemplateValue, _ b: TemplateValue) throws(EvaluationError) -> Bool {
        switch (a, b) {
        case (.text(let x), .text(let y)):
            if x.byteCount > 256 { try charge(x.byteCount >> 7) }
            return x.equals(y)
        case (.int(let x), .int(let y)): return x == y
        case (.none, .none): return true
        case (.undefined(let info), _):
            if isStrict(info) { throw undefinedError(info) }
            return b.isUndefined
        case (_, .undefined(let info)):
            if isStrict(info) { throw undefinedError(info) }
            return false
        case (.list(let x), .list(let y)):
            if x === y { return true }
            return try equalItems(x.items, y.items)
        case (.tuple(let x), .tuple(let y)):
            if x === y { return true }
            return try equalItems(x.items, y.items)
        case (.dict(let x), .dict(let y)):
            if x === y { return true }
            return try equalDicts(x, y)
        case (.object(let x), .object(let y)):
            if x === y { return true }
            if let p = a.bigInteger, let q = b.bigInteger { return p == q }
            return try x.equals(b, self)
        case (.object(let x), _):
            if let p = a.bigInteger, case .double(let q) = b { return p.double == q }
            return try x.equals(b, self)
        case (_, .object(let y)):
            if let q = b.bigInteger, case .double(let p) = a { return q.double == p }
            return try y.equals(a, self)
        default:
            if a.plainNumber != nil, b.plainNumber != nil { return keysEqual(a, b) }
            return false
        }
    }

    private func equalItems(
        _ x: ContiguousArray<TemplateValue>, _ y: ContiguousArray<TemplateValue>
    ) throws(EvaluationError) -> Bool {
        guard x.count == y.count else { return false }
        try charge(x.count)
        return try descending { () throws(EvaluationError) in
            for index in x.indices where try !equal(x[index], y[index]) { return false }
            return true
        }
    }

    private func equalDicts(_ x: DictValue, _ y: DictValue) throws(EvaluationError) -> Bool {
        guard x.count == y.count else { return false }
        try charge(x.count)
        return try descending { () throws(EvaluationError) in
            for pair in x.pairs {
                guard let hash = pair.key.hashValueForKey, let other = y.get(pair.key, hash: hash),
                    try equal(pair.value, other)
                else { return false }
            }
            return true
        }
    }

    /// `a < b` with the operator that was written, for the message.
    package func less(_ a: TemplateValue, _ b: TemplateValue, symbol: String = "<") throws(EvaluationError) -> Bool {
        switch (a, b) {
        case (.int(let x), .int(let y)): return x < y
        case (.text(let x), .text(let y)):
            if x.byteCount > 256 { try charge(x.byteCount >> 6) }
            return x !== y && x.compare(y) < 0
        case (.undefined(let info), _), (_, .undefined(let info)): throw undefinedError(info)
        case (.list(let x), .list(let y)): return try lessItems(x.items, y.items, symbol)
        case (.tuple(let x), .tuple(let y)): return try lessItems(x.items, y.items, symbol)
        default:
            if let x = a.plainNumber, let y = b.plainNumber {
                switch (x, y) {
                case (.int(let p), .int(let q)): return p < q
                case (.double(let p), .double(let q)): return p < q
                case (.int(let p), .double(let q)): return lessMixed(p, q)
                case (.double(let p), .int(let q)): return !p.isNaN && !lessMixed(q, p) && Double(q) != p
                }
            }
            if let x = a.bigInteger, let y = b.bigInteger { return x < y }
            if let x = a.bigInteger, case .double(let y) = b { return x.double < y }
            if let y = b.bigInteger, case .double(let x) = a { return x < y.double }
            throw EvaluationError(
                .typeError,
                "'\(symbol)' not supported between instances of '\(a.typeName)' and '\(b.typeName)'")
        }
    }

    private func lessMixed(_ p: Int, _ q: Double) -> Bool {
        if q.isNaN { return false }
        if let integer = Int(exactly: q.rounded(.down)) { return p < integer || (p == integer && Double(integer) < q) }
        return q > 0
    }

    private func lessItems(
        _ x: ContiguousArray<TemplateValue>, _ y: ContiguousArray<TemplateValue>, _ symbol: String
    ) throws(EvaluationError) -> Bool {
        try charge(min(x.count, y.count))
        return try descending { () throws(EvaluationError) in
            for index in 0..<min(x.count, y.count) where try !equal(x[index], y[index]) {
                return try less(x[index], y[index], symbol: symbol)
            }
            return x.count < y.count
        }
    }

    /// `a <= b` and `a >= b` are not `not (b < a)` for floats that are no number, nor in their messages.
    func compare(_ op: ComparisonOperator, _ a: TemplateValue, _ b: TemplateValue) throws(EvaluationError) -> Bool {
        switch op {
        case .equal: return try equal(a, b)
        case .notEqual: return try !equal(a, b)
        case .less: return try less(a, b, symbol: "<")
        case .greater: return try lessReversed(a, b, symbol: ">")
        case .lessOrEqual: return anyNaN(a, b) ? false : try !lessReversed(a, b, symbol: "<=")
        case .greaterOrEqual: return anyNaN(a, b) ? false : try !less(a, b, symbol: ">=")
        case .contained: return try contains(b, a)
        case .notContained: return try !contains(b, a)
        }
    }

    private func lessReversed(
        _ a: TemplateValue, _ b: TemplateValue, symbol: String
    ) throws(EvaluationError) -> Bool {
        do throws(EvaluationError) {
            return try less(b, a, symbol: symbol)
        } catch  where error.kind == .typeError {
            throw EvaluationError(
                .typeError,
                "'\(symbol)' not supported between instances of '\(a.typeName)' and '\(b.typeName)'")
        }
    }

    private func anyNaN(_ a: TemplateValue, _ b: TemplateValue) -> Bool {
        if case .double(let x) = a, x.isNaN { return b.plainNumber != nil }
        if case .double(let y) = b, y.isNaN { return a.plainNumber != nil }
        return false
    }

    /// `item in container`.
    package func contains(_ container: TemplateValue, _ item: TemplateValue) throws(EvaluationError) -> Bool {
        switch container {
        case .text(let text):
            guard case .text(let part) = item else {
                if case .undefined(let info) = item, isStrict(info) { throw undefinedError(info) }
                throw EvaluationError(
                    .typeError, "'in <string>' requires string as left operand, not \(item.typeName)")
            }
            try charge(text.byteCount >> 6)
            return text.firstOffset(of: part) != nil
        case .dict(let dict):
            if case .undefined(let info) = item, isStrict(info) { throw undefinedError(info) }
            guard let hash = item.hashValueForKey else {
                throw EvaluationError(.typeError, "unhashable type: '\(item.typeName)'")
            }
            return dict.get(item, hash: hash) != nil
        case .list(let list): return try contains(list.items, item)
        case .tuple(let tuple): return try contains(tuple.items, item)
        case .undefined(let info):
            if isStrict(info) { throw undefinedError(info) }
            return false
        case .object(let object):
            if let answer = try object.contains(item, self) { return answer }
            guard let iterator = try object.iterator(self) else { break }
            while let other = try iterator.next(self) {
                try charge(1)
                if try equal(other, item) { return true }
            }
            return false
        case .none, .bool, .int, .double, .missing, .unresolved: break
        }
        throw EvaluationError(.typeError, "argument of type '\(container.typeName)' is not iterable")
    }

    private func contains(
        _ items: ContiguousArray<TemplateValue>, _ item: TemplateValue
    ) throws(EvaluationError) -> Bool {
        try charge(items.count >> 3)
        for other in items {
            if case .object(let x) = other, case .object(let y) = item, x === y { return true }
            if try equal(other, item) { return true }
        }
        return false
    }
}

/// The comparisons of the language.
enum ComparisonOperator: UInt8 {
    case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual, contained, notContained
}

extension TextValue {
    /// The byte offset of the first occurrence at or after `start`, nil when there is none.
    package func firstOffset(of part: TextValue, from start: Int = 0) -> Int? {
        withBytes { bytes in part.withBytes { findBytes($0, in: bytes, from: start) } }
    }
}
