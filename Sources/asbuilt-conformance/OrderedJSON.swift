import JinjaTemplates

/// A JSON document that keeps the order of object members.
indirect enum OrderedJSON {
    case null
    case bool(Bool)
    case int(Int)
    case double(Double)
    case string(String)
    case array([OrderedJSON])
    case object([(String, OrderedJSON)])

    init?(_ text: String) {
        var reader = Reader(bytes: Array(text.utf8))
        guard let value = reader.value(), reader.isAtEnd else { return nil }
        self = value
    }

    var string: String? { if case .string(let text) = self { text } else { nil } }
    var strings: [String: String] {
        guard case .object(let members) = self else { return [:] }
        return Dictionary(
            members.compactMap { key, value in value.string.map { (key, $0) } }, uniquingKeysWith: { _, b in b })
    }

    /// A value that a case file writes in a form nothing can be made of.
    struct BadValue: Error {}

    /// The template value; `$py` marks what JSON has no form for.
    func value() throws -> TemplateValue {
        switch self {
        case .null: return .none
        case .bool(let flag): return .bool(flag)
        case .int(let number): return .int(number)
        case .double(let number): return .double(number)
        case .string(let text): return TemplateValue(text)
        case .array(let items): return TemplateValue(list: try items.map { try $0.value() })
        case .object(let members):
            if let tag = members.first(where: { $0.0 == "$py" })?.1.string,
                let inner = members.first(where: { $0.0 == "v" })?.1
            {
                return try tagged(tag, inner)
            }
            return TemplateValue(map: try members.map { (key: $0.0, value: try $0.1.value()) })
        }
    }

    private func tagged(_ tag: String, _ inner: OrderedJSON) throws -> TemplateValue {
        switch (tag, inner) {
        case ("tuple", .array(let items)): return TemplateValue(tuple: try items.map { try $0.value() })
        case ("markup", .string(let text)): return TemplateValue(markup: text)
        case ("range", .array(let items)):
            let numbers = items.compactMap { if case .int(let number) = $0 { number } else { nil } }
            guard numbers.count == 3 else { throw BadValue() }
            return TemplateValue(rangeFrom: numbers[0], to: numbers[1], by: numbers[2])
        case ("int", .string(let text)):
            guard let value = TemplateValue(integer: text) else { throw BadValue() }
            return value
        case ("float", .string(let text)):
            return .double(
                text == "nan" ? .nan : text == "inf" ? .infinity : text == "-inf" ? -.infinity : Double(text) ?? 0)
        case ("dict", .array(let pairs)):
            var members: [(key: TemplateValue, value: TemplateValue)] = []
            for case .array(let pair) in pairs where pair.count == 2 {
                members.append((key: try pair[0].value(), value: try pair[1].value()))
            }
            guard let map = TemplateValue(map: members) else { throw BadValue() }
            return map
        default: throw BadValue()
        }
    }

    private struct Reader {
        let bytes: [UInt8]
        var index = 0
        init(bytes: [UInt8]) { self.bytes = bytes }

        var isAtEnd: Bool {
            mutating get {
                skipSpace()
                return index == bytes.count
            }
        }

        private mutating func skipSpace() {
            while index < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[index]) { index += 1 }
        }

        private mutating func take(_ text: String) -> Bool {
            let wanted = Array(text.utf8)
            guard bytes[index...].starts(with: wanted) else { return false }
            index += wanted.count
            return true
        }

        mutating func value() -> OrderedJSON? {
            skipSpace()
            guard index < bytes.count else { return nil }
            switch bytes[index] {
            case 0x22: return text().map { .string($0) }
            case 0x5B: return array()
            case 0x7B: return object()
            default:
                if take("true") { return .bool(true) }
                if take("false") { return .bool(false) }
                if take("null") { return .null }
                return number()
            }
        }

        private mutating func array() -> OrderedJSON? {
            index += 1
            var items: [OrderedJSON] = []
            skipSpace()
            if take("]") { return .array([]) }
            while let item = value() {
                items.append(item)
                skipSpace()
                if take("]") { return .array(items) }
                guard take(",") else { return nil }
            }
            return nil
        }

        private mutating func object() -> OrderedJSON? {
            index += 1
            var members: [(String, OrderedJSON)] = []
            skipSpace()
            if take("}") { return .object([]) }
            while true {
                skipSpace()
                guard index < bytes.count, bytes[index] == 0x22, let key = text() else { return nil }
                skipSpace()
                guard take(":"), let item = value() else { return nil }
                members.append((key, item))
                skipSpace()
                if take("}") { return .object(members) }
                guard take(",") else { return nil }
            }
        }

        private mutating func number() -> OrderedJSON? {
            let start = index
            while index < bytes.count, "+-.0123456789eE".utf8.contains(bytes[index]) { index += 1 }
            let text = String(decoding: bytes[start..<index], as: UTF8.self)
            return Int(text).map { .int($0) } ?? Double(text).map { .double($0) }
        }

        private mutating func text() -> String? {
            index += 1
            var result: [UInt8] = []
            var high: UInt32?
            while index < bytes.count {
                let byte = bytes[index]
                index += 1
                if byte == 0x22 { return String(decoding: result, as: UTF8.self) }
                if byte != 0x5C {
                    result.append(byte)
                    continue
                }
                guard index < bytes.count else { return nil }
                let mark = bytes[index]
                index += 1
                switch mark {
                case 0x6E: result.append(0x0A)
                case 0x74: result.append(0x09)
                case 0x72: result.append(0x0D)
                case 0x62: result.append(0x08)
                case 0x66: result.append(0x0C)
                case 0x75:
                    guard index + 4 <= bytes.count,
                        let unit = UInt32(String(decoding: bytes[index..<index + 4], as: UTF8.self), radix: 16)
                    else { return nil }
                    index += 4
                    if unit >= 0xD800, unit < 0xDC00 {
                        high = unit
                        continue
                    }
                    var value = unit
                    if unit >= 0xDC00, unit < 0xE000, let first = high {
                        value = 0x10000 + (first - 0xD800) << 10 + unit - 0xDC00
                    }
                    high = nil
                    result += Array(String(Character(Unicode.Scalar(value) ?? "\u{FFFD}")).utf8)
                default: result.append(mark)
                }
            }
            return nil
        }
    }
}
