internal import Glibc

/// The binary arithmetic of the language.
enum ArithmeticOperator: UInt8 {
    case add, subtract, multiply, divide, floorDivide, modulo, power

    var symbol: String {
        switch self {
        case .add: "+"
        case .subtract: "-"
        case .multiply: "*"
        case .divide: "/"
        case .floorDivide: "//"
        case .modulo: "%"
        case .power: "** or pow()"
        }
    }
}

extension RenderState {
    func arithmetic(
        _ op: ArithmeticOperator, _ a: TemplateValue, _ b: TemplateValue
    ) throws(EvaluationError) -> TemplateValue {
        if let x = a.plainNumber, let y = b.plainNumber {
            switch (x, y) {
            case (.int(let p), .int(let q)): return try integers(op, p, q)
            case (.double(let p), .double(let q)): return try doubles(op, p, q)
            case (.int(let p), .double(let q)): return try doubles(op, Double(p), q)
            case (.double(let p), .int(let q)): return try doubles(op, p, Double(q))
            }
        }
        if let result = try bigArithmetic(op, a, b) { return result }
        return try otherArithmetic(op, a, b)
    }

    private func integers(_ op: ArithmeticOperator, _ p: Int, _ q: Int) throws(EvaluationError) -> TemplateValue {
        switch op {
        case .add:
            let (sum, overflow) = p.addingReportingOverflow(q)
            return overflow ? TemplateValue(BigInteger(p) + BigInteger(q)) : .int(sum)
        case .subtract:
            let (difference, overflow) = p.subtractingReportingOverflow(q)
            return overflow ? TemplateValue(BigInteger(p) - BigInteger(q)) : .int(difference)
        case .multiply:
            let (product, overflow) = p.multipliedReportingOverflow(by: q)
            return overflow ? TemplateValue(BigInteger(p) * BigInteger(q)) : .int(product)
        case .divide:
            guard q != 0 else { throw EvaluationError(.zeroDivisionError, "division by zero") }
            if p.magnitude <= 1 << 53, q.magnitude <= 1 << 53 { return .double(Double(p) / Double(q)) }
            return .double(try quotient(BigInteger(p), BigInteger(q)))
        case .floorDivide:
            guard q != 0 else { throw EvaluationError(.zeroDivisionError, "integer division or modulo by zero") }
            if p == .min, q == -1 { return TemplateValue(BigInteger(p).negated) }
            let quotient = p / q
            return .int(p % q != 0 && (p < 0) != (q < 0) ? quotient - 1 : quotient)
        case .modulo:
            guard q != 0 else { throw EvaluationError(.zeroDivisionError, "integer modulo by zero") }
            if q == -1 { return .int(0) }
            let remainder = p % q
            return .int(remainder != 0 && (remainder < 0) != (q < 0) ? remainder + q : remainder)
        case .power:
            if q < 0 { return try doubles(.power, Double(p), Double(q)) }
            if p == 2, q < 62 { return .int(1 << q) }
            return try bigPower(BigInteger(p), q)
        }
    }

    private func bigPower(_ base: BigInteger, _ exponent: Int) throws(EvaluationError) -> TemplateValue {
        if base.bitCount <= 1 {
            if base.isZero { return .int(exponent == 0 ? 1 : 0) }
            return .int(base.isNegative && exponent % 2 == 1 ? -1 : 1)
        }
        let (bits, overflow) = base.bitCount.multipliedReportingOverflow(by: exponent)
        guard !overflow, bits <= limits.integerBits else {
            throw EvaluationError(.limitExceeded, "a power of more than \(limits.integerBits) bits")
        }
        try charge((bits >> 8) * (bits >> 8))
        return TemplateValue(base.power(exponent))
    }

    private func doubles(_ op: ArithmeticOperator, _ p: Double, _ q: Double) throws(EvaluationError) -> TemplateValue {
        switch op {
        case .add: return .double(p + q)
        case .subtract: return .double(p - q)
        case .multiply: return .double(p * q)
        case .divide:
            guard q != 0 else { throw EvaluationError(.zeroDivisionError, "float division by zero") }
            return .double(p / q)
        case .floorDivide:
            guard q != 0 else { throw EvaluationError(.zeroDivisionError, "float floor division by zero") }
            return .double(floorDivide(p, q).quotient)
        case .modulo:
            guard q != 0 else { throw EvaluationError(.zeroDivisionError, "float modulo") }
            return .double(floorDivide(p, q).remainder)
        case .power:
            if p == 0, q < 0 {
                throw EvaluationError(.zeroDivisionError, "0.0 cannot be raised to a negative power")
            }
            if p < 0, q != q.rounded(), q.isFinite { return .object(ComplexValue.power(p, q)) }
            let result = pow(p, q)
            if result.isInfinite, p.isFinite, q.isFinite {
                throw EvaluationError(.overflowError, "(34, 'Numerical result out of range')")
            }
            return .double(result)
        }
    }

    /// Python's divmod of floats.
    private func floorDivide(_ p: Double, _ q: Double) -> (quotient: Double, remainder: Double) {
        var remainder = fmod(p, q)
        var quotient = (p - remainder) / q
        if remainder != 0 {
            if (q < 0) != (remainder < 0) {
                remainder += q
                quotient -= 1
            }
        } else {
            remainder = q < 0 ? -0.0 : 0.0
        }
        if quotient != 0 {
            let floored = quotient.rounded(.down)
            quotient = quotient - floored > 0.5 ? floored + 1 : floored
        } else {
            quotient = (p / q).sign == .minus ? -0.0 : 0.0
        }
        return (quotient, remainder)
    }

    private func bigArithmetic(
        _ op: ArithmeticOperator, _ a: TemplateValue, _ b: TemplateValue
    ) throws(EvaluationError) -> TemplateValue? {
        guard case .object = a, a.bigInteger != nil else {
            guard case .object = b, b.bigInteger != nil else { return nil }
            return try bigOperation(op, a, b)
        }
        return try bigOperation(op, a, b)
    }

    private func bigOperation(
        _ op: ArithmeticOperator, _ a: TemplateValue, _ b: TemplateValue
    ) throws(EvaluationError) -> TemplateValue? {
        guard let x = a.bigInteger, let y = b.bigInteger else {
            if case .double(let q) = b, let x = a.bigInteger { return try doubles(op, finite(x), q) }
            if case .double(let p) = a, let y = b.bigInteger { return try doubles(op, p, finite(y)) }
            return nil
        }
        try charge((x.bitCount + y.bitCount) >> 6 + (x.bitCount >> 7) * (y.bitCount >> 7))
        switch op {
        case .add: return TemplateValue(x + y)
        case .subtract: return TemplateValue(x - y)
        case .multiply:
            guard x.bitCount + y.bitCount <= limits.integerBits else {
                throw EvaluationError(.limitExceeded, "a product of more than \(limits.integerBits) bits")
            }
            return TemplateValue(x * y)
        case .divide:
            guard !y.isZero else { throw EvaluationError(.zeroDivisionError, "division by zero") }
            return .double(try quotient(x, y))
        case .floorDivide:
            guard let result = x.dividedFlooring(by: y) else {
                throw EvaluationError(.zeroDivisionError, "integer division or modulo by zero")
            }
            return TemplateValue(result.quotient)
        case .modulo:
            guard let result = x.dividedFlooring(by: y) else {
                throw EvaluationError(.zeroDivisionError, "integer modulo by zero")
            }
            return TemplateValue(result.remainder)
        case .power:
            if y.isNegative { return try doubles(.power, finite(x), finite(y)) }
            guard let exponent = y.int else {
                throw EvaluationError(.limitExceeded, "a power of more than \(limits.integerBits) bits")
            }
            return try bigPower(x, exponent)
        }
    }

    /// The float nearest to a true quotient, whatever its parts would be as floats.
    private func quotient(_ x: BigInteger, _ y: BigInteger) throws(EvaluationError) -> Double {
        guard let double = x.dividedExactly(by: y), double.isFinite else {
            throw EvaluationError(.overflowError, "integer division result too large for a float")
        }
        return double
    }

    private func finite(_ value: BigInteger) throws(EvaluationError) -> Double {
        let double = value.double
        guard double.isFinite else { throw EvaluationError(.overflowError, "int too large to convert to float") }
        return double
    }

    /// Texts, lists and tuples: `+`, `*` and the `%` of formatting.
    private func otherArithmetic(
        _ op: ArithmeticOperator, _ a: TemplateValue, _ b: TemplateValue
    ) throws(EvaluationError) -> TemplateValue {
        if case .undefined(let info) = a { throw undefinedError(info) }
        if case .text(let format) = a, op == .modulo { return .text(try percentFormat(format, b)) }
        if case .undefined(let info) = b {
            if case .text(let x) = a, x.isMarkup, op == .add, undefinedKind.isChainable, !info.isAlwaysLenient {
                return .text(try concatenate(x, try escape(b)))
            }
            throw undefinedError(info)
        }
        switch (op, a, b) {
        case (.add, .text(let x), .text(let y)): return .text(try concatenate(x, y))
        case (.add, .text(let x), _):
            throw EvaluationError(
                .typeError, "can only concatenate str (not \"\(b.typeName)\") to \(x.isMarkup ? "Markup" : "str")")
        case (.add, .list(let x), .list(let y)):
            try checkItems(x.items.count + y.items.count)
            return .list(ListValue(x.items + y.items))
        case (.add, .list, _):
            throw EvaluationError(.typeError, "can only concatenate list (not \"\(b.typeName)\") to list")
        case (.add, .tuple(let x), .tuple(let y)):
            try checkItems(x.items.count + y.items.count)
            return .tuple(TupleValue(x.items + y.items))
        case (.add, .tuple, _):
            throw EvaluationError(.typeError, "can only concatenate tuple (not \"\(b.typeName)\") to tuple")
        case (.multiply, _, _):
            if let result = try repeated(a, b) { return result }
            if let result = try repeated(b, a) { return result }
            throw .unsupported(op.symbol, a, b)
        default: throw .unsupported(op.symbol, a, b)
        }
    }

    /// `a + b` of texts; markup escapes what is not.
    func concatenate(_ x: TextValue, _ y: TextValue) throws(EvaluationError) -> TextValue {
        try checkText(bytes: x.byteCount + y.byteCount)
        if x.isMarkup != y.isMarkup {
            let left = x.isMarkup ? x.bytes : escapedBytes(x)
            let right = y.isMarkup ? y.bytes : escapedBytes(y)
            return TextValue.make(left + right, isMarkup: true)
        }
        return x.withBytes { p in
            y.withBytes { q in
                TextValue.make(byteCount: p.count + q.count, isMarkup: x.isMarkup) { target in
                    if let start = p.baseAddress { target.update(from: start, count: p.count) }
                    if let start = q.baseAddress { (target + p.count).update(from: start, count: q.count) }
                }
            }
        }
    }

    private func repeated(_ value: TemplateValue, _ times: TemplateValue) throws(EvaluationError) -> TemplateValue? {
        switch value {
        case .text, .list, .tuple: break
        default: return nil
        }
        guard case .int(let number)? = times.plainNumber else {
            if times.bigInteger != nil {
                throw EvaluationError(.overflowError, "cannot fit 'int' into an index-sized integer")
            }
            throw EvaluationError(.typeError, "can't multiply sequence by non-int of type '\(times.typeName)'")
        }
        let count = max(0, number)
        switch value {
        case .text(let text):
            let (bytes, overflow) = text.byteCount.multipliedReportingOverflow(by: count)
            try checkText(bytes: overflow ? .max : bytes)
            return .text(
                text.withBytes { source in
                    TextValue.make(byteCount: bytes, isMarkup: text.isMarkup) { target in
                        guard let start = source.baseAddress, bytes > 0 else { return }
                        for index in 0..<count {
                            (target + index * source.count).update(from: start, count: source.count)
                        }
                    }
                })
        case .list(let list): return .list(ListValue(try repeatedItems(list.items, count)))
        case .tuple(let tuple): return .tuple(TupleValue(try repeatedItems(tuple.items, count)))
        default: return nil
        }
    }

    private func repeatedItems(
        _ items: ContiguousArray<TemplateValue>, _ count: Int
    ) throws(EvaluationError) -> ContiguousArray<TemplateValue> {
        let (total, overflow) = items.count.multipliedReportingOverflow(by: count)
        try checkItems(overflow ? .max : total)
        guard total > 0 else { return [] }
        var result: ContiguousArray<TemplateValue> = []
        result.reserveCapacity(total)
        for _ in 0..<count { result.append(contentsOf: items) }
        return result
    }

    func negated(_ value: TemplateValue) throws(EvaluationError) -> TemplateValue {
        switch value {
        case .int(let int): return int == .min ? TemplateValue(BigInteger(int).negated) : .int(-int)
        case .bool(let bool): return .int(bool ? -1 : 0)
        case .double(let double): return .double(-double)
        case .undefined(let info): throw undefinedError(info)
        default:
            if let big = value.bigInteger { return TemplateValue(big.negated) }
            throw EvaluationError(.typeError, "bad operand type for unary -: '\(value.typeName)'")
        }
    }

    func positive(_ value: TemplateValue) throws(EvaluationError) -> TemplateValue {
        switch value {
        case .int, .double: return value
        case .bool(let bool): return .int(bool ? 1 : 0)
        case .undefined(let info): throw undefinedError(info)
        default:
            if value.bigInteger != nil { return value }
            throw EvaluationError(.typeError, "bad operand type for unary +: '\(value.typeName)'")
        }
    }
}

/// A complex number: only what powers of negative numbers need, printing.
final class ComplexValue: ObjectValue {
    let real: Double
    let imaginary: Double
    init(real: Double, imaginary: Double) { (self.real, self.imaginary) = (real, imaginary) }

    static func power(_ base: Double, _ exponent: Double) -> ComplexValue {
        // As CPython: polar form, with the angle of a negative real being pi.
        let length = pow(base.magnitude, exponent)
        let angle = atan2(0, base) * exponent
        return ComplexValue(real: length * cos(angle), imaginary: length * sin(angle))
    }

    override var typeName: String { "complex" }
    override func represent(_ state: RenderState) throws(EvaluationError) -> String {
        func short(_ value: Double) -> String {
            let text = pythonFloat(value)
            return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
        }
        let sign = imaginary < 0 || imaginary.sign == .minus ? "-" : "+"
        return "(\(short(real))\(sign)\(short(imaginary.magnitude))j)"
    }
    override func truth(_ state: RenderState) throws(EvaluationError) -> Bool { real != 0 || imaginary != 0 }
}
