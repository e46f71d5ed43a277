import JinjaTemplates

/// Values from JSON text, with the errors of Python's `json.loads`.
struct JSONReader {
    private let bytes: [UInt8]
    private var index = 0
    private let state: RenderState

    init(_ text: String, _ state: RenderState) { (bytes, self.state) = (Array(text.utf8), state) }

    /// The one value of the text.
    mutating func read() throws(EvaluationError) -> TemplateValue {
        try state.charge(bytes.count >> 4)
        skipSpace()
        let result = try value()
        skipSpace()
        guard index == bytes.count else { throw failure("Extra data", index) }
        return result
    }

    private func failure(_ what: String, _ place: Int) -> EvaluationError {
        let before = bytes[..<min(place, bytes.count)]
        let line = before.count { $0 == 0x0A } + 1
        let start = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        func scalars(_ slice: ArraySlice<UInt8>) -> Int { slice.count { $0 & 0xC0 != 0x80 } }
        let message = "\(what): line \(line) column \(scalars(before[start...]) + 1) (char \(scalars(before)))"
        return EvaluationError(.valueError, message, typeName: "JSONDecodeError")
    }

    private mutating func skipSpace() {
        while index < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[index]) { index += 1 }
    }

    private mutating func take(_ word: String) -> Bool {
        guard bytes[index...].starts(with: word.utf8) else { return false }
        index += word.utf8.count
        return true
    }

    private mutating func value() throws(EvaluationError) -> TemplateValue {
        try state.charge(1)
        guard index < bytes.count else { throw failure("Expecting value", index) }
        switch bytes[index] {
        case UInt8(ascii: "\""): return .text(TextValue.make(try text()))
        case UInt8(ascii: "["): return try nested { (reader) throws(EvaluationError) in try reader.array() }
        case UInt8(ascii: "{"): return try nested { (reader) throws(EvaluationError) in try reader.object() }
        case UInt8(ascii: "n") where take("null"): return .none
        case UInt8(ascii: "t") where take("true"): return .bool(true)
        case UInt8(ascii: "f") where take("false"): return .bool(false)
        case UInt8(ascii: "N") where take("NaN"): return .double(.nan)
        case UInt8(ascii: "I") where take("Infinity"): return .double(.infinity)
        case UInt8(ascii: "-") where take("-Infinity"): return .double(-.infinity)
        default: return try number()
        }
    }

    private mutating func nested(
        _ body: (inout JSONReader) throws(EvaluationError) -> TemplateValue
    ) throws(EvaluationError) -> TemplateValue {
        var copy = self
        let result = try state.descending { () throws(EvaluationError) in try body(&copy) }
        index = copy.index
        return result
    }

    private mutating func array() throws(EvaluationError) -> TemplateValue {
        var items: [TemplateValue] = []
        index += 1
        skipSpace()
        if take("]") { return .list(items) }
        while true {
            items.append(try value())
            skipSpace()
            if take("]") { return .list(items) }
            guard take(",") else { throw failure("Expecting ',' delimiter", index) }
            skipSpace()
        }
    }

    private mutating func object() throws(EvaluationError) -> TemplateValue {
        let dict = DictValue()
        index += 1
        skipSpace()
        if take("}") { return .dict(dict) }
        while true {
            guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else {
                throw failure("Expecting property name enclosed in double quotes", index)
            }
            let key = TextValue.make(try text())
            skipSpace()
            guard take(":") else { throw failure("Expecting ':' delimiter", index) }
            skipSpace()
            dict.set(key, try value())
            skipSpace()
            if take("}") { return .dict(dict) }
            guard take(",") else { throw failure("Expecting ',' delimiter", index) }
            skipSpace()
        }
    }

    private mutating func number() throws(EvaluationError) -> TemplateValue {
        let start = index
        func digits() -> Int { bytes[index...].prefix { (0x30...0x39).contains($0) }.count }
        if bytes[index] == UInt8(ascii: "-") { index += 1 }
        let whole = index < bytes.count && bytes[index] == 0x30 ? 1 : digits()
        guard whole > 0 else {
            index = start
            throw failure("Expecting value", start)
        }
        index += whole
        var isFloat = false
        if index + 1 < bytes.count, bytes[index] == UInt8(ascii: "."), (0x30...0x39).contains(bytes[index + 1]) {
            isFloat = true
            index += 1
            index += digits()
        }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            let mark = index
            index += 1
            if index < bytes.count, bytes[index] == UInt8(ascii: "-") || bytes[index] == UInt8(ascii: "+") {
                index += 1
            }
            let exponent = digits()
            if exponent > 0 {
                isFloat = true
                index += exponent
            } else {
                index = mark
            }
        }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        if isFloat { return .double(Double(text) ?? 0) }
        guard text.utf8.count <= 4300 else {
            throw EvaluationError(.valueError, "Exceeds the limit (4300 digits) for integer string conversion")
        }
        return TemplateValue(integer: text) ?? .none
    }

    private mutating func text() throws(EvaluationError) -> [UInt8] {
        let start = index
        index += 1
        var result: [UInt8] = []
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "\""):
                index += 1
                return result
            case 0..<0x20: throw failure("Invalid control character at", index)
            case UInt8(ascii: "\\"): try escape(into: &result, start)
            default:
                result.append(byte)
                index += 1
            }
        }
        throw failure("Unterminated string starting at", start)
    }

    private static let escapes: [UInt8: UInt8] = [
        0x22: 0x22, 0x5C: 0x5C, 0x2F: 0x2F, 0x62: 0x08, 0x66: 0x0C, 0x6E: 0x0A, 0x72: 0x0D, 0x74: 0x09,
    ]

    private mutating func escape(into result: inout [UInt8], _ start: Int) throws(EvaluationError) {
        let place = index
        guard index + 1 < bytes.count else { throw failure("Unterminated string starting at", start) }
        let mark = bytes[index + 1]
        index += 2
        if let plain = Self.escapes[mark] {
            result.append(plain)
            return
        }
        guard mark == UInt8(ascii: "u") else { throw failure("Invalid \\escape", place) }
        var code = try hex(place)
        if (0xD800..<0xDC00).contains(code), bytes[index...].starts(with: [0x5C, 0x75]) {
            let mark = index
            index += 2
            let low = try hex(mark)
            if (0xDC00..<0xE000).contains(low) {
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            } else {
                index = mark
            }
        }
        // A lone surrogate cannot stand in UTF-8.
        result.appendScalar(Unicode.Scalar(code) ?? "\u{FFFD}")
    }

    private mutating func hex(_ place: Int) throws(EvaluationError) -> UInt32 {
        let digits = bytes[index...].prefix(4)
        guard digits.count == 4,
            digits.allSatisfy({ ($0 >= 0x30 && $0 <= 0x39) || ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x66) }),
            let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw failure("Invalid \\uXXXX escape", place + 1) }
        index += 4
        return value
    }
}

/// Ansible's `to_json`, `to_nice_json` and `from_json`.
enum JSONFilters {
    private static let parameters = [
        "a", "indent", "sort_keys", "ensure_ascii", "separators", "profile", "vault_to_text", "preprocess_unsafe",
        "skipkeys",
        "check_circular", "allow_nan",
    ]

    private static func write(
        _ arguments: Arguments, _ state: RenderState, _ name: String, isNice: Bool
    ) throws(EvaluationError) -> TemplateValue {
        // Only `to_nice_json` takes the indent by position; the second one of `to_json` is a profile, which changes nothing here.
        let bound = try arguments.bind(
            name, isNice ? parameters : ["a", "profile"] + parameters.filter { $0 != "a" && $0 != "profile" },
            required: 1)
        let offset = isNice ? 0 : 1
        var style = JSONStyle()
        style.indent = isNice ? 4 : nil
        if let indent = bound[1 + offset] {
            if case .int(let number) = indent { style.indent = min(max(0, number), 1000) }
            if indent.isNone { style.indent = nil }
        }
        style.sortsKeys = try ScalarFilters.flag(bound[2 + offset], state, isNice)
        style.ensuresASCII = try ScalarFilters.flag(bound[3 + offset], state, true)
        // `to_nice_json` ends items without a space even on one line.
        if isNice { style.itemSeparator = "," }
        var bytes: [UInt8] = []
        try state.json(arguments[0], style, into: &bytes)
        return .bytes(bytes)
    }

    static let filters: [String: TemplateFunction] = [
        "to_json": { (arguments, state) throws(EvaluationError) in try write(arguments, state, "to_json", isNice: false)
        },
        "to_nice_json": { (arguments, state) throws(EvaluationError) in
            try write(arguments, state, "to_nice_json", isNice: true)
        },
        "from_json": { (arguments, state) throws(EvaluationError) in
            guard case .text(let text) = arguments[0] else {
                if case .undefined(let info) = arguments[0], state.isStrict(info) { throw state.undefinedError(info) }
                throw EvaluationError(
                    .typeError, "the JSON object must be str, bytes or bytearray, not \(arguments[0].typeName)")
            }
            var reader = JSONReader(text.string, state)
            return try reader.read()
        },
    ]
}
