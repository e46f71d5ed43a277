/// An integer beyond 64 bits: sign and magnitude in 32-bit limbs, least significant first.
package struct BigInteger: Equatable, Sendable {
    private(set) var limbs: [UInt32]
    private(set) var isNegative: Bool

    package init(_ value: Int) {
        isNegative = value < 0
        let magnitude = UInt64(value.magnitude)
        limbs = [UInt32(truncatingIfNeeded: magnitude), UInt32(truncatingIfNeeded: magnitude >> 32)]
        trim()
    }

    private init(limbs: [UInt32], isNegative: Bool) {
        (self.limbs, self.isNegative) = (limbs, isNegative)
        trim()
    }

    /// Truncates a finite float towards zero; nil for infinities and NaN.
    package init?(_ value: Double) {
        guard value.isFinite else { return nil }
        let whole = value.rounded(.towardZero)
        guard whole != 0 else {
            self.init(0)
            return
        }
        var result = BigInteger(Int(whole.magnitude.significandBitPattern | (1 << 52)))
        let shift = Int(whole.exponent) - 52
        result = shift >= 0 ? result.shiftedLeft(shift) : result.shiftedRight(-shift)
        result.isNegative = value < 0 && !result.isZero
        self = result
    }

    /// Digits of a radix from 2 to 36, without sign or separators; nil for anything else.
    package init?(digits: some Sequence<UInt8>, radix: UInt32 = 10) {
        var limbs: [UInt32] = []
        var any = false
        for byte in digits {
            let digit: UInt32
            switch byte {
            case 0x30...0x39: digit = UInt32(byte - 0x30)
            case 0x41...0x5A: digit = UInt32(byte - 0x41 + 10)
            case 0x61...0x7A: digit = UInt32(byte - 0x61 + 10)
            default: return nil
            }
            guard digit < radix else { return nil }
            any = true
            var carry = UInt64(digit)
            for index in limbs.indices {
                let product = UInt64(limbs[index]) * UInt64(radix) + carry
                limbs[index] = UInt32(truncatingIfNeeded: product)
                carry = product >> 32
            }
            if carry > 0 { limbs.append(UInt32(carry)) }
        }
        guard any else { return nil }
        self.init(limbs: limbs, isNegative: false)
    }

    private mutating func trim() {
        while let last = limbs.last, last == 0 { limbs.removeLast() }
        if limbs.isEmpty { isNegative = false }
    }

    package var isZero: Bool { limbs.isEmpty }
    package var isEven: Bool { limbs.first.map { $0 & 1 == 0 } ?? true }
    package var negated: BigInteger { BigInteger(limbs: limbs, isNegative: !isNegative) }
    package var bitCount: Int { limbs.isEmpty ? 0 : limbs.count * 32 - limbs[limbs.count - 1].leadingZeroBitCount }

    /// The value as an Int, when it fits.
    package var int: Int? {
        guard limbs.count <= 2 else { return nil }
        var magnitude: UInt64 = 0
        for (index, limb) in limbs.enumerated() { magnitude |= UInt64(limb) << UInt64(32 * index) }
        if isNegative { return magnitude <= 1 << 63 ? Int(truncatingIfNeeded: 0 &- magnitude) : nil }
        return Int(exactly: magnitude)
    }

    /// The nearest float, ties to even; infinite beyond the range.
    package var double: Double {
        let bits = bitCount
        guard bits > 64 else {
            var magnitude: UInt64 = 0
            for (index, limb) in limbs.enumerated() { magnitude |= UInt64(limb) << UInt64(32 * index) }
            return isNegative ? -Double(magnitude) : Double(magnitude)
        }
        guard bits <= 1100 else { return isNegative ? -.infinity : .infinity }
        let shift = bits - 64
        let top = shiftedRight(shift)
        var magnitude = UInt64(top.limbs[0]) | UInt64(top.limbs[1]) << 32
        // Whatever was shifted out only matters as "not exactly a tie".
        if top.magnitudeShiftedLeft(shift) != limbs { magnitude |= 1 }
        let result = Double(sign: .plus, exponent: shift, significand: Double(magnitude))
        return isNegative ? -result : result
    }

    /// The float nearest to the quotient, ties to even, infinite beyond the range; nil when the divisor is zero.
    package func dividedExactly(by divisor: BigInteger) -> Double? {
        guard !divisor.isZero else { return nil }
        // So many bits that rounding sees more than a float holds; what is left over only matters as "not a tie".
        let shift = max(0, 66 - (bitCount - divisor.bitCount))
        guard shift < 1200 else { return isNegative == divisor.isNegative ? 0 : -0.0 }
        let (whole, rest) = Self.divideMagnitude(magnitudeShiftedLeft(shift), divisor.limbs)
        var magnitude = BigInteger(limbs: whole, isNegative: isNegative != divisor.isNegative)
        if !BigInteger(limbs: rest, isNegative: false).isZero, magnitude.isEven {
            magnitude = magnitude + BigInteger(magnitude.isNegative ? -1 : 1)
        }
        let double = magnitude.double
        return Double(sign: .plus, exponent: -shift, significand: double)
    }

    package static func + (a: BigInteger, b: BigInteger) -> BigInteger {
        if a.isNegative == b.isNegative {
            return BigInteger(limbs: sum(a.limbs, b.limbs), isNegative: a.isNegative)
        }
        switch compareMagnitude(a.limbs, b.limbs) {
        case 0: return BigInteger(0)
        case 1: return BigInteger(limbs: difference(a.limbs, b.limbs), isNegative: a.isNegative)
        default: return BigInteger(limbs: difference(b.limbs, a.limbs), isNegative: b.isNegative)
        }
    }
    package static func - (a: BigInteger, b: BigInteger) -> BigInteger { a + b.negated }

    package static func * (a: BigInteger, b: BigInteger) -> BigInteger {
        guard !a.isZero, !b.isZero else { return BigInteger(0) }
        var result = [UInt32](repeating: 0, count: a.limbs.count + b.limbs.count)
        for i in a.limbs.indices {
            var carry: UInt64 = 0
            for j in b.limbs.indices {
                let product = UInt64(a.limbs[i]) * UInt64(b.limbs[j]) + UInt64(result[i + j]) + carry
                result[i + j] = UInt32(truncatingIfNeeded: product)
                carry = product >> 32
            }
            result[i + b.limbs.count] = UInt32(carry)
        }
        return BigInteger(limbs: result, isNegative: a.isNegative != b.isNegative)
    }

    /// Quotient and remainder of floor division; nil when dividing by zero.
    package func dividedFlooring(by divisor: BigInteger) -> (quotient: BigInteger, remainder: BigInteger)? {
        guard !divisor.isZero else { return nil }
        let (q, r) = Self.divideMagnitude(limbs, divisor.limbs)
        var quotient = BigInteger(limbs: q, isNegative: isNegative != divisor.isNegative)
        var remainder = BigInteger(limbs: r, isNegative: isNegative)
        if !remainder.isZero, remainder.isNegative != divisor.isNegative {
            quotient = quotient - BigInteger(1)
            remainder = remainder + divisor
        }
        return (quotient, remainder)
    }

    package func power(_ exponent: Int) -> BigInteger {
        var (result, base, left) = (BigInteger(1), self, exponent)
        while left > 0 {
            if left & 1 == 1 { result = result * base }
            left >>= 1
            if left > 0 { base = base * base }
        }
        return result
    }

    package static func < (a: BigInteger, b: BigInteger) -> Bool {
        if a.isNegative != b.isNegative { return a.isNegative }
        let order = compareMagnitude(a.limbs, b.limbs)
        return a.isNegative ? order > 0 : order < 0
    }

    /// Digits in a radix up to 16, with a minus sign where needed.
    package func description(radix: Int = 10) -> String {
        guard !isZero else { return "0" }
        var digits: [UInt8] = []
        var rest = limbs
        // Nine decimal digits (or the like) per division.
        var (chunk, width) = (radix, 1)
        while chunk * radix < 1 << 30 { (chunk, width) = (chunk * radix, width + 1) }
        while !rest.isEmpty {
            var remainder: UInt64 = 0
            for index in rest.indices.reversed() {
                let value = remainder << 32 | UInt64(rest[index])
                rest[index] = UInt32(value / UInt64(chunk))
                remainder = value % UInt64(chunk)
            }
            while let last = rest.last, last == 0 { rest.removeLast() }
            for _ in 0..<width {
                let digit = UInt8(remainder % UInt64(radix))
                digits.append(digit < 10 ? 0x30 + digit : 0x61 + digit - 10)
                remainder /= UInt64(radix)
            }
        }
        while digits.count > 1, digits.last == 0x30 { digits.removeLast() }
        if isNegative { digits.append(0x2D) }
        return String(decoding: digits.reversed(), as: UTF8.self)
    }

    private static func compareMagnitude(_ a: [UInt32], _ b: [UInt32]) -> Int {
        if a.count != b.count { return a.count < b.count ? -1 : 1 }
        for index in a.indices.reversed() where a[index] != b[index] { return a[index] < b[index] ? -1 : 1 }
        return 0
    }

    private static func sum(_ a: [UInt32], _ b: [UInt32]) -> [UInt32] {
        var result: [UInt32] = []
        var carry: UInt64 = 0
        for index in 0..<max(a.count, b.count) {
            let total = carry + (index < a.count ? UInt64(a[index]) : 0) + (index < b.count ? UInt64(b[index]) : 0)
            result.append(UInt32(truncatingIfNeeded: total))
            carry = total >> 32
        }
        if carry > 0 { result.append(UInt32(carry)) }
        return result
    }

    /// `a - b` for `a >= b`.
    private static func difference(_ a: [UInt32], _ b: [UInt32]) -> [UInt32] {
        var result: [UInt32] = []
        var borrow: Int64 = 0
        for index in a.indices {
            var value = Int64(a[index]) - borrow - (index < b.count ? Int64(b[index]) : 0)
            borrow = value < 0 ? 1 : 0
            if value < 0 { value += 1 << 32 }
            result.append(UInt32(value))
        }
        return result
    }

    private static func divideMagnitude(_ a: [UInt32], _ b: [UInt32]) -> (quotient: [UInt32], remainder: [UInt32]) {
        if compareMagnitude(a, b) < 0 { return ([], a) }
        if b.count == 1 {
            var quotient = a
            var remainder: UInt64 = 0
            for index in a.indices.reversed() {
                let value = remainder << 32 | UInt64(a[index])
                quotient[index] = UInt32(value / UInt64(b[0]))
                remainder = value % UInt64(b[0])
            }
            return (quotient, [UInt32(remainder)])
        }
        // Knuth's algorithm D: with the divisor's top bit set, each quotient digit estimated from three limbs of the
        // remainder and two of the divisor is right or one too large.
        let shift = b[b.count - 1].leadingZeroBitCount
        let divisor = BigInteger(limbs: b, isNegative: false).shiftedLeft(shift).limbs
        var rest = BigInteger(limbs: a, isNegative: false).shiftedLeft(shift).limbs
        while rest.count <= a.count { rest.append(0) }
        let (n, base) = (divisor.count, UInt64(1) << 32)
        let (top, second) = (UInt64(divisor[n - 1]), UInt64(divisor[n - 2]))
        var quotient = [UInt32](repeating: 0, count: rest.count - n)
        for at in stride(from: rest.count - n - 1, through: 0, by: -1) {
            let high = UInt64(rest[at + n]) << 32 | UInt64(rest[at + n - 1])
            var (digit, left) = (high / top, high % top)
            while digit >= base || digit * second > left << 32 | UInt64(rest[at + n - 2]) {
                digit -= 1
                left += top
                if left >= base { break }
            }
            var (borrow, carry): (Int64, UInt64) = (0, 0)
            for index in 0..<n {
                let product = digit * UInt64(divisor[index]) + carry
                carry = product >> 32
                let difference = Int64(rest[at + index]) - borrow - Int64(product & 0xFFFF_FFFF)
                rest[at + index] = UInt32(truncatingIfNeeded: difference)
                borrow = difference < 0 ? 1 : 0
            }
            let difference = Int64(rest[at + n]) - borrow - Int64(carry)
            rest[at + n] = UInt32(truncatingIfNeeded: difference)
            if difference < 0 {
                digit -= 1
                var carry: UInt64 = 0
                for index in 0..<n {
                    let sum = UInt64(rest[at + index]) + UInt64(divisor[index]) + carry
                    rest[at + index] = UInt32(truncatingIfNeeded: sum)
                    carry = sum >> 32
                }
                rest[at + n] = UInt32(truncatingIfNeeded: UInt64(rest[at + n]) + carry)
            }
            quotient[at] = UInt32(truncatingIfNeeded: digit)
        }
        let remainder = BigInteger(limbs: Array(rest[..<n]), isNegative: false).shiftedRight(shift)
        return (quotient, remainder.limbs)
    }

    package func shiftedLeft(_ count: Int) -> BigInteger {
        BigInteger(limbs: magnitudeShiftedLeft(count), isNegative: isNegative)
    }

    private func magnitudeShiftedLeft(_ count: Int) -> [UInt32] {
        guard !limbs.isEmpty else { return [] }
        var result = [UInt32](repeating: 0, count: count / 32)
        let bits = UInt64(count % 32)
        var carry: UInt64 = 0
        for limb in limbs {
            let value = UInt64(limb) << bits | carry
            result.append(UInt32(truncatingIfNeeded: value))
            carry = value >> 32
        }
        if carry > 0 { result.append(UInt32(carry)) }
        while let last = result.last, last == 0 { result.removeLast() }
        return result
    }

    /// Shifts the magnitude, rounding it towards zero.
    package func shiftedRight(_ count: Int) -> BigInteger {
        let whole = count / 32
        guard whole < limbs.count else { return BigInteger(0) }
        let bits = UInt64(count % 32)
        var result: [UInt32] = []
        for index in whole..<limbs.count {
            let high: UInt64 = index + 1 < limbs.count ? UInt64(limbs[index + 1]) : 0
            result.append(UInt32(truncatingIfNeeded: (high << 32 | UInt64(limbs[index])) >> bits))
        }
        return BigInteger(limbs: result, isNegative: isNegative)
    }
}

/// A big integer as a template value.
package final class BigIntegerValue: ObjectValue {
    package let value: BigInteger
    package init(_ value: BigInteger) { self.value = value }
    package override var typeName: String { "int" }
    package override func represent(_ state: RenderState) throws(EvaluationError) -> String {
        try state.decimalDigits(value)
    }
    package override func truth(_ state: RenderState) throws(EvaluationError) -> Bool { true }
    package override func equalsKey(_ other: ObjectValue) -> Bool { (other as? BigIntegerValue)?.value == value }
    package override var hashForKey: Int? { hashInteger(value.limbs.reduce(0) { $0 &* 31 &+ Int($1) }) }
}

extension TemplateValue {
    /// An integer in the smallest form that holds it.
    package init(_ value: BigInteger) {
        if let int = value.int { self = .int(int) } else { self = .object(BigIntegerValue(value)) }
    }

    /// The big integer of an int, bool or big integer.
    package var bigInteger: BigInteger? {
        switch self {
        case .int(let value): BigInteger(value)
        case .bool(let value): BigInteger(value ? 1 : 0)
        case .object(let object): (object as? BigIntegerValue)?.value
        default: nil
        }
    }
}
