import JinjaTemplates
import TextPatterns

/// What plain scalars mean in YAML 1.1, as PyYAML resolves them.
enum YAMLScalars {
    enum Kind: Equatable { case null, bool, int, float, timestamp, merge, value, text }

    private static let words: [String: Kind] = {
        var table: [String: Kind] = ["": .null, "~": .null, "<<": .merge, "=": .value]
        for word in ["null", "yes", "no", "true", "false", "on", "off"] {
            let kind: Kind = word == "null" ? .null : .bool
            table[word] = kind
            table[word.uppercased()] = kind
            table[word.prefix(1).uppercased() + word.dropFirst()] = kind
        }
        return table
    }()
    private static let int =
        "[-+]?(?:0b[0-1_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+|[1-9][0-9_]*(?::[0-5]?[0-9])+)"
    private static let float = #"""
        [-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)
        """#
    private static let timestamp = #"""
        [0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?
        """#

    /// What a scalar without quotes and tag is.
    static func kind(_ text: String) throws(EvaluationError) -> Kind {
        if let word = words[text] { return word }
        // Only these start a number or a time, and none is long.
        guard let first = text.utf8.first, "+-.0123456789".utf8.contains(first), text.utf8.count <= 10_000 else {
            return .text
        }
        let bytes = Array(text.utf8)
        for (pattern, kind) in [(int, Kind.int), (float, .float), (timestamp, .timestamp)]
        where try !PythonPattern.matches(try PythonPattern.compile("\\A(?:\(pattern))\\z"), bytes).isEmpty {
            return kind
        }
        return .text
    }

    /// The value of a scalar of a kind.
    static func value(_ text: String, _ kind: Kind) -> TemplateValue {
        switch kind {
        case .null: return .none
        case .bool: return .bool(["yes", "true", "on"].contains(text.lowercased()))
        case .int: return integer(text.filter { $0 != "_" }) ?? .string(text)
        case .float: return float(text.filter { $0 != "_" }.lowercased()).map { .double($0) } ?? .string(text)
        case .timestamp: return DateTimeValue(yaml: text).map { .object($0) } ?? .string(text)
        case .merge, .value, .text: return .string(text)
        }
    }

    private static func integer(_ text: String) -> TemplateValue? {
        let isNegative = text.hasPrefix("-")
        let digits = text.drop { $0 == "-" || $0 == "+" }
        let (body, radix): (Substring, Int)
        if digits.hasPrefix("0b") {
            (body, radix) = (digits.dropFirst(2), 2)
        } else if digits.hasPrefix("0x") {
            (body, radix) = (digits.dropFirst(2), 16)
        } else if digits.contains(":") {
            var total = 0
            for part in digits.split(separator: ":") {
                let (product, over) = total.multipliedReportingOverflow(by: 60)
                let (sum, more) = product.addingReportingOverflow(Int(part) ?? 0)
                if over || more { return nil }
                total = sum
            }
            return .int(isNegative ? -total : total)
        } else if digits.hasPrefix("0"), digits.count > 1 {
            (body, radix) = (digits.dropFirst(), 8)
        } else {
            return TemplateValue(integer: (isNegative ? "-" : "") + digits)
        }
        return Int((isNegative ? "-" : "") + body, radix: radix).map { .int($0) }
    }

    private static func float(_ text: String) -> Double? {
        switch text.drop(while: { $0 == "-" || $0 == "+" }) {
        case ".inf": return text.hasPrefix("-") ? -Double.infinity : .infinity
        case ".nan": return .nan
        default: break
        }
        guard text.contains(":") else { return Double(text.hasSuffix(".") ? text + "0" : text) }
        var total = 0.0
        for part in text.drop(while: { $0 == "-" || $0 == "+" }).split(separator: ":") {
            total = total * 60 + (Double(part) ?? 0)
        }
        return text.hasPrefix("-") ? -total : total
    }
}
