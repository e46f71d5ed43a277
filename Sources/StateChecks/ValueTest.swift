package import SourceDocuments
package import TextPatterns

/// One typed operator with what it compares with.
package enum ValueTest: Sendable, Equatable {
    case equals(PlainValue)
    case notEquals(PlainValue)
    /// A text contains a text; a list contains a value; a mapping has a key.
    case contains(PlainValue)
    /// A regular expression (PCRE2) matches somewhere in the text.
    case matches(TextPattern)
    case atLeast(PlainValue)
    case atMost(PlainValue)
    case above(PlainValue)
    case below(PlainValue)
    case between(PlainValue, PlainValue)
    case isIn([PlainValue])
    case isNotIn([PlainValue])
    case isEmpty(Bool)

    /// The keys under which documents write them.
    static let keys = [
        "equals", "not-equals", "contains", "matches", "at-least", "at-most", "above", "below", "between", "in",
        "not-in", "empty",
    ]

    /// `equals "Established"`
    package var sentence: String {
        switch self {
        case .equals(let value): "equals \(value.json)"
        case .notEquals(let value): "not-equals \(value.json)"
        case .contains(let value): "contains \(value.json)"
        case .matches(let pattern): "matches /\(pattern.source)/"
        case .atLeast(let value): "at-least \(value.json)"
        case .atMost(let value): "at-most \(value.json)"
        case .above(let value): "above \(value.json)"
        case .below(let value): "below \(value.json)"
        case .between(let low, let high): "between \(low.json) and \(high.json)"
        case .isIn(let values): "in \(PlainValue.list(values).json)"
        case .isNotIn(let values): "not-in \(PlainValue.list(values).json)"
        case .isEmpty(let expected): expected ? "empty" : "not empty"
        }
    }

    /// Whether it holds for a value.
    ///
    /// A value of another type never satisfies an operator, not even a negated one: that would be green without
    /// evidence. `isUntyped` says that the values are texts by nature (XML, tables) and take the type they are
    /// compared with.
    package func holds(for value: PlainValue, isUntyped: Bool) throws(TextPatternError) -> Verdict {
        switch self {
        case .equals(let expected): Self.equality(value, expected, isUntyped)
        case .notEquals(let expected): Self.equality(value, expected, isUntyped).inverted
        case .isIn(let options): Self.membership(value, options, isUntyped)
        case .isNotIn(let options): Self.membership(value, options, isUntyped).inverted
        case .atLeast(let bound): Self.order(value, bound, isUntyped) { $0 >= 0 }
        case .atMost(let bound): Self.order(value, bound, isUntyped) { $0 <= 0 }
        case .above(let bound): Self.order(value, bound, isUntyped) { $0 > 0 }
        case .below(let bound): Self.order(value, bound, isUntyped) { $0 < 0 }
        case .between(let low, let high):
            Self.order(value, low, isUntyped) { $0 >= 0 }.and(Self.order(value, high, isUntyped) { $0 <= 0 })
        case .contains(let part): Self.containment(value, part)
        case .matches(let pattern):
            if case .string(let text) = value { .init(try pattern.matches(text)) } else { .wrongType }
        case .isEmpty(let expected): Self.emptiness(value).map { .init($0 == expected) } ?? .wrongType
        }
    }

    /// Whether an operator holds, does not, or makes no sense for the value's type.
    package enum Verdict: Sendable, Equatable {
        case holds, fails, wrongType
        init(_ holds: Bool) { self = holds ? .holds : .fails }
        var inverted: Verdict {
            switch self {
            case .holds: .fails
            case .fails: .holds
            case .wrongType: .wrongType
            }
        }
        func and(_ other: Verdict) -> Verdict { self == .holds ? other : self }
    }

    /// The value in the type of what it is compared with; nil when it cannot have it.
    private static func typed(_ value: PlainValue, like expected: PlainValue, _ isUntyped: Bool) -> PlainValue? {
        switch (value, expected) {
        case (.string, .string), (.bool, .bool), (.null, .null), (.list, .list), (.map, .map): return value
        case (.int, .int), (.int, .double), (.double, .int), (.double, .double): return value
        case (.string(let text), .int), (.string(let text), .double):
            guard isUntyped else { return nil }
            let trimmed = text.filter { !$0.isWhitespace }
            if let number = Int128(trimmed) { return .int(number) }
            guard let number = Double(trimmed), number.isFinite else { return nil }
            return .double(number)
        case (.string("true"), .bool): return isUntyped ? .bool(true) : nil
        case (.string("false"), .bool): return isUntyped ? .bool(false) : nil
        default: return nil
        }
    }

    private static func equality(_ value: PlainValue, _ expected: PlainValue, _ isUntyped: Bool) -> Verdict {
        guard let typed = typed(value, like: expected, isUntyped) else { return .wrongType }
        return .init(ValueComparison.areEqual(typed, expected))
    }

    private static func membership(_ value: PlainValue, _ options: [PlainValue], _ isUntyped: Bool) -> Verdict {
        let verdicts = options.map { equality(value, $0, isUntyped) }
        if verdicts.contains(.holds) { return .holds }
        return verdicts.contains(.fails) ? .fails : .wrongType
    }

    private static func order(_ value: PlainValue, _ bound: PlainValue, _ isUntyped: Bool, _ test: (Int) -> Bool)
        -> Verdict
    {
        guard let typed = typed(value, like: bound, isUntyped), let order = ValueComparison.order(typed, bound) else {
            return .wrongType
        }
        return .init(test(order))
    }

    private static func containment(_ value: PlainValue, _ part: PlainValue) -> Verdict {
        switch (value, part) {
        case (.string(let text), .string(let piece)):
            .init(piece.isEmpty || Array(text.utf8).firstRange(of: Array(piece.utf8)) != nil)
        case (.list(let values), _): .init(values.contains { ValueComparison.areEqual($0, part) })
        case (.map(let map), .string(let key)): .init(map[key] != nil)
        default: .wrongType
        }
    }

    private static func emptiness(_ value: PlainValue) -> Bool? {
        switch value {
        case .string(let text): text.isEmpty
        case .list(let values): values.isEmpty
        case .map(let map): map.isEmpty
        case .null: true
        case .bool, .int, .double: nil
        }
    }
}
