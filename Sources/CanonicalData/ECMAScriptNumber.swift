/// Numbers as ECMAScript's `Number::toString` prints them (RFC 8785 §3.2.2.3, ECMA-262 §6.1.6.1.20).
enum ECMAScriptNumber {
    /// `value` must be finite, which `JSONValue` sees to.
    static func text(_ value: Double) -> String {
        if value == 0 { return "0" }
        let (digits, point) = shortest(value.magnitude)
        let sign = value < 0 ? "-" : ""
        switch point {
        case 1...21 where point >= digits.count:
            return sign + digits + String(repeating: "0", count: point - digits.count)
        case 1...21: return sign + digits.prefix(point) + "." + digits.dropFirst(point)
        case -5...0: return sign + "0." + String(repeating: "0", count: -point) + digits
        default: return sign + exponential(digits, exponent: point - 1)
        }
    }

    private static func exponential(_ digits: String, exponent: Int) -> String {
        let mantissa = digits.count == 1 ? digits : digits.prefix(1) + "." + digits.dropFirst()
        return mantissa + (exponent < 0 ? "e-" : "e+") + String(exponent.magnitude)
    }

    /// The fewest digits that read back as `value`, and where the decimal point stands: 0.digits × 10^point.
    private static func shortest(_ value: Double) -> (digits: String, point: Int) {
        // Swift prints the shortest digits that round-trip, closest to the value, as ECMA-262 asks.
        let parts = value.description.split(separator: "e")
        let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        let mantissa = parts[0].split(separator: ".")
        let fraction = mantissa.count > 1 ? mantissa[1] : ""
        var digits = Substring(mantissa[0] + fraction)
        var point = mantissa[0].count + exponent
        while digits.first == "0" {
            digits.removeFirst()
            point -= 1
        }
        while digits.last == "0" { digits.removeLast() }
        return (String(digits), point)
    }
}
