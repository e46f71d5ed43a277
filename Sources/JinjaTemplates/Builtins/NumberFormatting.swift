internal import Glibc

/// A parsed format specification: `[[fill]align][sign][z][#][0][width][,][.precision][type]`.
struct FormatSpecification {
    var fill: Unicode.Scalar = " "
    var align: Unicode.Scalar?
    var sign: Unicode.Scalar = "-"
    var hasSign = false
    /// `z`: negative zero becomes zero.
    var coercesZero = false
    var isAlternate = false
    var width = 0
    var grouping: Unicode.Scalar?
    var precision: Int?
    var type: Unicode.Scalar?

    init(_ text: String) throws(EvaluationError) {
        let scalars = Array(text.unicodeScalars)
        var index = 0
        func at(_ offset: Int) -> Unicode.Scalar? { index + offset < scalars.count ? scalars[index + offset] : nil }
        let aligns: Set<Unicode.Scalar> = ["<", ">", "^", "="]
        if let second = at(1), aligns.contains(second) {
            (fill, align) = (scalars[index], second)
            index += 2
        } else if let first = at(0), aligns.contains(first) {
            align = first
            index += 1
        }
        if let mark = at(0), mark == "+" || mark == "-" || mark == " " {
            sign = mark
            hasSign = true
            index += 1
        }
        if at(0) == "z" {
            coercesZero = true
            index += 1
        }
        if at(0) == "#" {
            isAlternate = true
            index += 1
        }
        if at(0) == "0" {
            if align == nil { (fill, align) = ("0", "=") } else if fill == " " { fill = "0" }
            index += 1
        }
        func number() -> Int? {
            var value: Int?
            while let digit = at(0), digit.value >= 0x30, digit.value <= 0x39 {
                value = min((value ?? 0) * 10 + Int(digit.value - 0x30), 1 << 40)
                index += 1
            }
            return value
        }
        width = number() ?? 0
        if let mark = at(0), mark == "," || mark == "_" {
            grouping = mark
            index += 1
        }
        if at(0) == "." {
            index += 1
            guard let value = number() else { throw EvaluationError(.valueError, "Format specifier missing precision") }
            precision = value
        }
        if let last = at(0) {
            type = last
            index += 1
        }
        if index < scalars.count { throw EvaluationError(.valueError, "Invalid format specifier '\(text)'") }
        guard width < 1 << 24, precision ?? 0 < 1 << 20 else {
            throw EvaluationError(.valueError, "Too many decimal digits in format string")
        }
    }
}

extension RenderState {
    /// `format(value, specification)`.
    func formatted(_ value: TemplateValue, _ text: String) throws(EvaluationError) -> String {
        if text.isEmpty { return try string(value) }
        switch value {
        case .text(let string): return try formatText(string, FormatSpecification(text))
        case .int(let int): return try formatInteger(BigInteger(int), FormatSpecification(text), "int")
        case .bool(let bool):
            let specification = try FormatSpecification(text)
            // Without a number type a bool formats as the integer it is.
            return try formatInteger(BigInteger(bool ? 1 : 0), specification, "bool")
        case .double(let double): return try formatFloat(double, FormatSpecification(text), "float")
        default:
            if let big = value.bigInteger { return try formatInteger(big, FormatSpecification(text), "int") }
            if case .undefined(let info) = value, isStrict(info) { throw undefinedError(info) }
            throw EvaluationError(.typeError, "unsupported format string passed to \(value.typeName).__format__")
        }
    }

    private func unknown(_ type: Unicode.Scalar, _ name: String) -> EvaluationError {
        EvaluationError(.valueError, "Unknown format code '\(type)' for object of type '\(name)'")
    }

    private func formatText(_ text: TextValue, _ spec: FormatSpecification) throws(EvaluationError) -> String {
        if let type = spec.type, type != "s" { throw unknown(type, "str") }
        if spec.coercesZero {
            throw EvaluationError(.valueError, "Negative zero coercion (z) not allowed in string format specifier")
        }
        if spec.hasSign { throw EvaluationError(.valueError, "Sign not allowed in string format specifier") }
        if spec.isAlternate {
            throw EvaluationError(.valueError, "Alternate form (#) not allowed in string format specifier")
        }
        if let grouping = spec.grouping { throw EvaluationError(.valueError, "Cannot specify '\(grouping)' with 's'.") }
        var align = spec.align ?? "<"
        if align == "=" {
            guard spec.fill == "0" else {
                throw EvaluationError(.valueError, "'=' alignment not allowed in string format specifier")
            }
            align = "<"
        }
        let scalars = spec.precision.map { Array(text.scalars.prefix($0)) } ?? text.scalars
        return padded(String(String.UnicodeScalarView(scalars)), scalars.count, spec, align)
    }

    private func padded(_ text: String, _ count: Int, _ spec: FormatSpecification, _ align: Unicode.Scalar) -> String {
        let missing = max(0, spec.width - count)
        func fill(_ number: Int) -> String { String(repeating: String(Character(spec.fill)), count: number) }
        switch align {
        case "<": return text + fill(missing)
        case "^": return fill(missing / 2) + text + fill(missing - missing / 2)
        default: return fill(missing) + text
        }
    }

    /// Sign, prefix, digits: grouped, zero-filled and padded.
    private func number(
        negative: Bool, prefix: String, digits: String, rest: String, _ spec: FormatSpecification, groupWidth: Int = 3
    ) -> String {
        let sign = negative ? "-" : spec.sign == "-" ? "" : String(Character(spec.sign))
        var whole = digits
        if spec.align == "=", spec.fill == "0" {
            let wanted = spec.width - sign.count - prefix.count - rest.count
            if spec.grouping != nil {
                // Digits and marks together reach the width; a mark never comes first, so one more digit may be needed.
                var count = whole.utf8.count
                if wanted > count + (count - 1) / groupWidth {
                    count = max(count, (max(0, wanted) * groupWidth + groupWidth) / (groupWidth + 1))
                    while count + (count - 1) / groupWidth < wanted { count += 1 }
                    while count > whole.utf8.count + 1, count - 1 + (count - 2) / groupWidth >= wanted { count -= 1 }
                }
                whole = String(repeating: "0", count: count - whole.utf8.count) + whole
            } else if whole.count < wanted {
                whole = String(repeating: "0", count: wanted - whole.count) + whole
            }
        }
        if let grouping = spec.grouping { whole = grouped(whole, grouping, groupWidth) }
        let body = prefix + whole + rest
        if spec.align == "=" {
            let missing = max(0, spec.width - sign.count - body.count)
            return sign + String(repeating: String(Character(spec.fill)), count: missing) + body
        }
        return padded(sign + body, sign.count + body.count, spec, spec.align ?? ">")
    }

    private func grouped(_ digits: String, _ mark: Unicode.Scalar, _ width: Int) -> String {
        var result: [Character] = []
        for (index, digit) in digits.reversed().enumerated() {
            if index > 0, index % width == 0 { result.append(Character(mark)) }
            result.append(digit)
        }
        return String(result.reversed())
    }

    private func formatInteger(
        _ value: BigInteger, _ spec: FormatSpecification, _ name: String
    ) throws(EvaluationError) -> String {
        let type = spec.type ?? "d"
        if spec.coercesZero, !["e", "E", "f", "F", "g", "G", "%"].contains(type) {
            throw EvaluationError(
                .valueError, "Negative zero coercion (z) not allowed in format specifier with integer presentation type"
            )
        }
        switch type {
        case "e", "E", "f", "F", "g", "G", "%":
            let double = value.double
            guard double.isFinite else { throw EvaluationError(.overflowError, "int too large to convert to float") }
            return try formatFloat(double, spec, "int")
        case "d", "n", "b", "o", "x", "X", "c": break
        default: throw unknown(type, name)
        }
        guard spec.precision == nil else {
            throw EvaluationError(.valueError, "Precision not allowed in integer format specifier")
        }
        if type == "c" {
            guard spec.sign == "-" else {
                throw EvaluationError(.valueError, "Sign not allowed with integer format specifier 'c'")
            }
            guard !spec.isAlternate else {
                throw EvaluationError(.valueError, "Alternate form (#) not allowed with integer format specifier 'c'")
            }
            if let grouping = spec.grouping {
                throw EvaluationError(.valueError, "Cannot specify '\(grouping)' with 'c'.")
            }
            guard let code = value.int, code >= 0, code <= 0x10FFFF, let scalar = Unicode.Scalar(UInt32(code)) else {
                throw EvaluationError(.overflowError, "%c arg not in range(0x110000)")
            }
            return padded(String(Character(scalar)), 1, spec, spec.align == "=" ? ">" : spec.align ?? "<")
        }
        if spec.grouping == ",", type != "d" {
            throw EvaluationError(.valueError, "Cannot specify ',' with '\(type)'.")
        }
        let magnitude = value.isNegative ? value.negated : value
        var (digits, prefix) = ("", "")
        switch type {
        case "b": (digits, prefix) = (magnitude.description(radix: 2), "0b")
        case "o": (digits, prefix) = (magnitude.description(radix: 8), "0o")
        case "x": (digits, prefix) = (magnitude.description(radix: 16), "0x")
        case "X": (digits, prefix) = (magnitude.description(radix: 16).uppercased(), "0X")
        default: digits = try decimalDigits(magnitude)
        }
        return number(
            negative: value.isNegative, prefix: spec.isAlternate ? prefix : "", digits: digits, rest: "", spec,
            groupWidth: type == "d" || type == "n" ? 3 : 4)
    }

    /// Decimal digits, as many as Python prints.
    func decimalDigits(_ value: BigInteger) throws(EvaluationError) -> String {
        guard value.bitCount < 14_300 else { throw .tooManyDigits() }
        return value.description()
    }

    private func formatFloat(
        _ value: Double, _ spec: FormatSpecification, _ name: String
    ) throws(EvaluationError) -> String {
        let text: String
        let magnitude = value.magnitude
        switch spec.type {
        case nil:
            if let precision = spec.precision {
                text = general(magnitude, precision, isAlternate: spec.isAlternate, keepsPoint: true)
            } else {
                text = pythonFloat(magnitude)
            }
        case "f", "F": text = cFormat(magnitude, "f", spec.precision ?? 6, spec.isAlternate)
        case "e", "E": text = cFormat(magnitude, "e", spec.precision ?? 6, spec.isAlternate)
        case "g", "G", "n":
            text = general(magnitude, spec.precision ?? 6, isAlternate: spec.isAlternate, keepsPoint: false)
        case "%": text = cFormat(magnitude * 100, "f", spec.precision ?? 6, spec.isAlternate) + "%"
        case let type?: throw unknown(type, name)
        }
        let shown = spec.type == "E" || spec.type == "G" || spec.type == "F" ? text.uppercased() : text
        let digits = shown.prefix { $0.isASCII && $0.isNumber }
        return number(
            negative: value.sign == .minus && !value.isNaN && !(spec.coercesZero && isZero(shown)), prefix: "",
            digits: String(digits),
            rest: String(shown.dropFirst(digits.count)), spec)
    }

    private func isZero(_ text: String) -> Bool { !text.contains { $0 >= "1" && $0 <= "9" } }

    /// `%g` with Python's habits: for no type, at least one digit after the point.
    private func general(_ value: Double, _ precision: Int, isAlternate: Bool, keepsPoint: Bool) -> String {
        let digits = max(1, precision)
        guard keepsPoint, value.isFinite else { return cFormat(value, "g", digits, isAlternate) }
        let exponent = Int(cFormat(value, "e", digits - 1, false).split(separator: "e").last ?? "0") ?? 0
        if exponent < -4 || exponent >= digits - 1 {
            // With no type the exponent form starts one digit earlier, so that ".0" always fits.
            if exponent < -4 || exponent >= digits { return cFormat(value, "g", digits, isAlternate) }
            var text = cFormat(value, "e", digits - 1, false)
            if let mark = text.firstIndex(of: "e") {
                var mantissa = String(text[..<mark])
                if mantissa.contains(".") {
                    while mantissa.hasSuffix("0") { mantissa.removeLast() }
                    if mantissa.hasSuffix(".") { mantissa.removeLast() }
                }
                text = mantissa + text[mark...]
            }
            return text
        }
        let text = cFormat(value, "g", digits, isAlternate)
        return text.contains(".") ? text : text + ".0"
    }

    /// `printf` of a float; exact, and always with a point.
    func cFormat(_ value: Double, _ conversion: String, _ precision: Int, _ isAlternate: Bool) -> String {
        if value.isNaN { return "nan" }
        if value.isInfinite { return value < 0 ? "-inf" : "inf" }
        let format = "%" + (isAlternate ? "#" : "") + ".*" + conversion
        let size = 400 + precision
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) { buffer in
            let count = withVaList([Int32(precision), value]) { vsnprintf(buffer.baseAddress, size, format, $0) }
            return String(decoding: buffer.prefix(Int(max(0, count))).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }
}
