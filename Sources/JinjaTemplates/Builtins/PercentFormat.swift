extension RenderState {
    /// `#`, `0`, `-`, blank and `+`.
    private struct Flags {
        private var bits: UInt64 = 0
        mutating func insert(_ byte: UInt8) { bits |= 1 << UInt64(byte & 63) }
        func contains(_ byte: UInt8) -> Bool { bits & 1 << UInt64(byte & 63) != 0 }
    }
    private struct Directive {
        var key: TextValue?
        var flags = Flags()
        var width = 0
        var precision: Int?
        var conversion: UInt8 = 0
    }

    /// `format % values`.
    func percentFormat(_ format: TextValue, _ values: TemplateValue) throws(EvaluationError) -> TextValue {
        let source = format.bytes
        var bytes: [UInt8] = []
        var queue: [TemplateValue]
        if case .tuple(let tuple) = values { queue = Array(tuple.items) } else { queue = [values] }
        var used = 0
        var usedMapping = false
        func next() throws(EvaluationError) -> TemplateValue {
            guard used < queue.count else {
                throw EvaluationError(.typeError, "not enough arguments for format string")
            }
            used += 1
            return queue[used - 1]
        }
        var index = 0
        while index < source.count {
            if source[index] != 0x25 {
                bytes.append(source[index])
                index += 1
                continue
            }
            index += 1
            var directive = Directive()
            if index < source.count, source[index] == 0x28 {
                directive.key = try mappingKey(source, &index)
                usedMapping = true
            }
            while index < source.count, [0x23, 0x30, 0x2D, 0x20, 0x2B].contains(source[index]) {
                directive.flags.insert(source[index])
                index += 1
            }
            if let width = try starOrNumber(source, &index, next) {
                directive.width = abs(width)
                if width < 0 { directive.flags.insert(0x2D) }
            }
            if index < source.count, source[index] == 0x2E {
                index += 1
                directive.precision = max(0, try starOrNumber(source, &index, next) ?? 0)
            }
            while index < source.count, [0x68, 0x6C, 0x4C].contains(source[index]) { index += 1 }
            guard index < source.count else { throw EvaluationError(.valueError, "incomplete format") }
            directive.conversion = source[index]
            if directive.conversion == 0x25 {
                bytes.append(0x25)
                index += 1
                continue
            }
            var value: TemplateValue
            if let key = directive.key {
                guard case .dict(let dict) = values else {
                    guard case .undefined = values else {
                        throw EvaluationError(.typeError, "format requires a mapping")
                    }
                    value = try item(values, .text(key))
                    try append(directive, value, at: index, into: &bytes)
                    index += 1
                    continue
                }
                guard let found = dict.get(key) else { throw EvaluationError(.keyError, pythonQuoted(key.string)) }
                value = found
            } else {
                value = try next()
            }
            if format.isMarkup { value = try escapedForMarkup(value, directive.conversion) }
            try append(directive, value, at: index, into: &bytes)
            index += 1
            try checkText(bytes: bytes.count)
        }
        if used < queue.count, !usedMapping {
            switch values {
            case .dict, .list: break
            case .object(let object) where object is RangeValue: break
            case .undefined: break
            default: throw EvaluationError(.typeError, "not all arguments converted during string formatting")
            }
        }
        return TextValue.make(bytes, isMarkup: format.isMarkup)
    }

    private func escapedForMarkup(_ value: TemplateValue, _ conversion: UInt8) throws(EvaluationError) -> TemplateValue
    {
        // Markup hands numbers on through `int` and `float`, which read text as well.
        if case .text(let text) = value {
            switch conversion {
            case 0x64, 0x69, 0x75:
                guard let number = StandardFilters.parseInteger(text, base: 10) else {
                    throw EvaluationError(
                        .valueError, "invalid literal for int() with base 10: \(try represent(value))")
                }
                return TemplateValue(number)
            case 0x65, 0x45, 0x66, 0x46, 0x67, 0x47:
                guard let number = StandardFilters.parseFloat(text) else {
                    throw EvaluationError(.valueError, "could not convert string to float: \(try represent(value))")
                }
                return .double(number)
            default: break
            }
        }
        switch value {
        case .int, .double, .bool: return value
        default: return .text(try escape(value))
        }
    }

    private func mappingKey(_ source: [UInt8], _ index: inout Int) throws(EvaluationError) -> TextValue {
        var depth = 1
        let start = index + 1
        index = start
        while index < source.count {
            if source[index] == 0x28 { depth += 1 }
            if source[index] == 0x29 {
                depth -= 1
                if depth == 0 {
                    index += 1
                    return TextValue.make(source[start..<index - 1])
                }
            }
            index += 1
        }
        throw EvaluationError(.valueError, "incomplete format key")
    }

    private func starOrNumber(
        _ source: [UInt8], _ index: inout Int, _ next: () throws(EvaluationError) -> TemplateValue
    ) throws(EvaluationError) -> Int? {
        if index < source.count, source[index] == 0x2A {
            index += 1
            let width = try next()
            guard case .int(let value)? = width.plainNumber else {
                throw width.bigInteger == nil
                    ? EvaluationError(.typeError, "* wants int")
                    : EvaluationError(.overflowError, "Python int too large to convert to C ssize_t")
            }
            guard value.magnitude < 1 << 24 else { throw EvaluationError(.overflowError, "width too big") }
            return value
        }
        var value: Int?
        while index < source.count, isDigit(source[index]) {
            value = (value ?? 0) * 10 + Int(source[index] - 0x30)
            guard value ?? 0 < 1 << 24 else { throw EvaluationError(.valueError, "width too big") }
            index += 1
        }
        return value
    }

    private func append(
        _ directive: Directive, _ value: TemplateValue, at index: Int, into bytes: inout [UInt8]
    ) throws(EvaluationError) {
        var body: String
        var isNumber = true
        switch directive.conversion {
        case 0x73, 0x72, 0x61:  // s, r, a
            isNumber = false
            body = directive.conversion == 0x73 ? try string(value) : try represent(value)
            if directive.conversion == 0x61 { body = asciiOnly(body) }
            if let precision = directive.precision {
                body = String(String.UnicodeScalarView(body.unicodeScalars.prefix(precision)))
            }
        case 0x64, 0x69, 0x75: body = try integerText(value, "d", directive)
        case 0x78: body = try integerText(value, "x", directive)
        case 0x58: body = try integerText(value, "X", directive)
        case 0x6F: body = try integerText(value, "o", directive)
        case 0x65, 0x45, 0x66, 0x46, 0x67, 0x47: body = try floatText(value, directive)
        case 0x63:
            isNumber = false
            body = try characterText(value)
        default:
            let scalar = Character(UnicodeScalar(directive.conversion))
            throw EvaluationError(
                .valueError,
                "unsupported format character '\(scalar)' (0x\(String(directive.conversion, radix: 16))) at index \(index)"
            )
        }
        let missing = directive.width - body.unicodeScalars.count
        if missing > 0 {
            if directive.flags.contains(0x2D) {
                body += String(repeating: " ", count: missing)
            } else if isNumber, directive.flags.contains(0x30) {
                var sign = String(body.prefix { $0 == "-" || $0 == "+" || $0 == " " })
                var rest = String(body.dropFirst(sign.count))
                if directive.flags.contains(0x23), rest.hasPrefix("0x") || rest.hasPrefix("0X") || rest.hasPrefix("0o")
                {
                    sign += rest.prefix(2)
                    rest = String(rest.dropFirst(2))
                }
                body = sign + String(repeating: "0", count: missing) + rest
            } else {
                body = String(repeating: " ", count: missing) + body
            }
        }
        bytes.append(contentsOf: body.utf8)
    }

    private func signed(_ isNegative: Bool, _ flags: Flags) -> String {
        isNegative ? "-" : flags.contains(0x2B) ? "+" : flags.contains(0x20) ? " " : ""
    }

    private func integerText(
        _ value: TemplateValue, _ type: Character, _ directive: Directive
    ) throws(EvaluationError) -> String {
        var number = value.bigInteger
        if number == nil, type == "d", case .double(let double) = value {
            guard let whole = BigInteger(double) else {
                throw double.isNaN
                    ? EvaluationError(.valueError, "cannot convert float NaN to integer")
                    : EvaluationError(.overflowError, "cannot convert float infinity to integer")
            }
            number = whole
        }
        guard let number else {
            if case .undefined(let info) = value, type == "d" { throw undefinedError(info) }
            throw EvaluationError(
                .typeError,
                type == "d"
                    ? "%\(Character(UnicodeScalar(directive.conversion))) format: a real number is required, not \(value.typeName)"
                    : "%\(type) format: an integer is required, not \(value.typeName)")
        }
        let magnitude = number.isNegative ? number.negated : number
        var digits: String
        switch type {
        case "d" where magnitude.bitCount < 63: digits = String(magnitude.int ?? 0)
        case "x": digits = magnitude.description(radix: 16)
        case "X": digits = magnitude.description(radix: 16).uppercased()
        case "o": digits = magnitude.description(radix: 8)
        default: digits = try decimalDigits(magnitude)
        }
        if let precision = directive.precision, digits.count < precision {
            digits = String(repeating: "0", count: precision - digits.count) + digits
        }
        if directive.flags.contains(0x23) {
            switch type {
            case "x": digits = "0x" + digits
            case "X": digits = "0X" + digits
            case "o": digits = "0o" + digits
            default: break
            }
        }
        return signed(number.isNegative, directive.flags) + digits
    }

    private func floatText(_ value: TemplateValue, _ directive: Directive) throws(EvaluationError) -> String {
        let number: Double
        switch value.plainNumber {
        case .int(let int)?: number = Double(int)
        case .double(let double)?: number = double
        case nil:
            guard let big = value.bigInteger else {
                if case .undefined(let info) = value { throw undefinedError(info) }
                throw EvaluationError(.typeError, "must be real number, not \(value.typeName)")
            }
            number = big.double
            guard number.isFinite else { throw EvaluationError(.overflowError, "int too large to convert to float") }
        }
        let lower = directive.conversion | 0x20
        let type = String(UnicodeScalar(lower))
        var precision = directive.precision ?? 6
        if lower == 0x67 { precision = max(1, precision) }
        var text = cFormat(number.magnitude, type, precision, directive.flags.contains(0x23))
        if directive.conversion < 0x61 { text = text.uppercased() }
        return signed(number.sign == .minus && !number.isNaN, directive.flags) + text
    }

    private func characterText(_ value: TemplateValue) throws(EvaluationError) -> String {
        switch value {
        case .text(let text) where text.scalarCount == 1: return text.string
        case .int, .bool:
            guard case .int(let code)? = value.plainNumber, code >= 0, code <= 0x10FFFF,
                let scalar = Unicode.Scalar(UInt32(code))
            else {
                throw EvaluationError(.overflowError, "%c arg not in range(0x110000)")
            }
            return String(Character(scalar))
        case .object where value.bigInteger != nil:
            throw EvaluationError(.overflowError, "%c arg not in range(0x110000)")
        default: throw EvaluationError(.typeError, "%c requires int or char")
        }
    }

    /// `ascii(x)` from its `repr`.
    func asciiOnly(_ text: String) -> String {
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            if scalar.isASCII {
                bytes.appendScalar(scalar)
            } else if scalar.value < 0x100 {
                appendHexEscape("\\x", scalar.value, 2, into: &bytes)
            } else if scalar.value < 0x10000 {
                appendHexEscape("\\u", scalar.value, 4, into: &bytes)
            } else {
                appendHexEscape("\\U", scalar.value, 8, into: &bytes)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
