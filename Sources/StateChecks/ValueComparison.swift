internal import SourceDocuments

/// How values compare (RFC 9535 §2.3.5.2.2): numbers by value, texts by Unicode scalars, everything else only with
/// its own kind.
enum ValueComparison {
    static func areEqual(_ a: PlainValue?, _ b: PlainValue?) -> Bool {
        switch (a, b) {
        case (nil, nil): return true
        case (nil, _), (_, nil): return false
        case (.string(let x)?, .string(let y)?): return x.unicodeScalars.elementsEqual(y.unicodeScalars)
        case (.list(let x)?, .list(let y)?):
            return x.count == y.count && zip(x, y).allSatisfy { areEqual($0, $1) }
        case (.map(let x)?, .map(let y)?):
            return x.count == y.count
                && x.entries.allSatisfy { entry in y[entry.key].map { areEqual(entry.value, $0) } ?? false }
        case (let x?, let y?):
            if let order = order(x, y) { return order == 0 }
            return x == y
        }
    }

    static func isLess(_ a: PlainValue?, _ b: PlainValue?) -> Bool {
        switch (a, b) {
        case (.string(let x)?, .string(let y)?): x.unicodeScalars.lexicographicallyPrecedes(y.unicodeScalars)
        case (let x?, let y?): order(x, y).map { $0 < 0 } ?? false
        case (nil, _), (_, nil): false
        }
    }

    /// Negative, zero or positive for two numbers; nil for anything else.
    static func order(_ a: PlainValue, _ b: PlainValue) -> Int? {
        switch (a, b) {
        case (.int(let x), .int(let y)): return x < y ? -1 : x == y ? 0 : 1
        case (.double(let x), .double(let y)): return order(x, y)
        case (.int(let x), .double(let y)): return order(x, y)
        case (.double(let x), .int(let y)): return order(y, x).map { -$0 }
        default: return nil
        }
    }

    private static func order(_ x: Double, _ y: Double) -> Int? {
        x < y ? -1 : x == y ? 0 : x > y ? 1 : nil
    }

    /// Exact, also where a double cannot hold the integer.
    private static func order(_ x: Int128, _ y: Double) -> Int? {
        guard !y.isNaN else { return nil }
        guard let whole = Int128(exactly: y.rounded(.down)) else { return y > 0 ? -1 : 1 }
        if x != whole { return x < whole ? -1 : 1 }
        return y > y.rounded(.down) ? -1 : 0
    }
}
