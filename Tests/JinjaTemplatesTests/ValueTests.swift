import Testing

@testable import JinjaTemplates

@Suite struct ValueTests {
    @Test func `the reference of a dict or text lies where the machine looks for it`() throws {
        let (dict, text) = (DictValue(), TextValue.make("eth0"))
        let values = UnsafeMutablePointer<TemplateValue>.allocate(capacity: 3)
        values.initialize(to: .dict(dict))
        (values + 1).initialize(to: .text(text))
        (values + 2).initialize(to: .list([.dict(dict)]))
        defer {
            values.deinitialize(count: 3)
            values.deallocate()
        }
        #expect(try #require(values.borrowedDict).takeUnretainedValue() === dict)
        #expect(try #require((values + 1).borrowedText).takeUnretainedValue() === text)
        #expect((values + 1).borrowedDict == nil)
        #expect(values.borrowedText == nil)
        #expect((values + 2).borrowedDict == nil)
    }

    @Test func `a dict keeps its order through growth and removal`() {
        let dict = DictValue()
        for number in 0..<50 { dict.set("k\(number)", .int(number)) }
        for number in stride(from: 0, to: 50, by: 3) {
            let key = TemplateValue("k\(number)")
            #expect(dict.remove(key, hash: key.hashValueForKey ?? 0)?.plainNumber != nil)
        }
        let expected = (0..<50).filter { $0 % 3 != 0 }
        #expect(dict.keys.compactMap(\.string) == expected.map { "k\($0)" })
        for number in 0..<50 {
            if case .int(let found)? = dict.get("k\(number)") {
                #expect(found == number)
            } else {
                #expect(number % 3 == 0)
            }
        }
        #expect(dict.copy().keys.compactMap(\.string) == dict.keys.compactMap(\.string))
    }

    @Test(arguments: [
        ("12345678901234567890123456789", "98765432109876543210"),
        ("340282366920938463463374607431768211455", "18446744073709551615"),
        ("340282366920938463444927863358058659840", "18446744073709551616"),
        ("99999999999999999999999999999999999999", "4294967296"),
        ("170141183460469231731687303715884105728", "170141183460469231731687303715884105727"),
        ("-7000000000000000000000", "3000000000000000000001"),
    ])
    func `quotient and remainder of big integers make the dividend again`(dividend: String, divisor: String) throws {
        func integer(_ text: String) throws -> BigInteger {
            let value = try #require(BigInteger(digits: text.utf8.drop { $0 == 0x2D }))
            return text.hasPrefix("-") ? value.negated : value
        }
        let (a, b) = (try integer(dividend), try integer(divisor))
        let (quotient, remainder) = try #require(a.dividedFlooring(by: b))
        #expect(quotient * b + remainder == a)
        #expect(!remainder.isNegative && remainder < b)
        // Divisors of every size against powers, where estimated digits are most often one too large.
        for bits in stride(from: 33, through: 160, by: 7) {
            let power = BigInteger(1).shiftedLeft(bits)
            for near in [power - BigInteger(1), power, power + BigInteger(1)] {
                let (q, r) = try #require((a * a).dividedFlooring(by: near))
                #expect(q * near + r == a * a && !r.isNegative && r < near)
            }
        }
    }

    @Test(arguments: ["", "a", "ab", "aab", "aaaaaaab", "ba"])
    func `a search finds what a plain one finds`(needle: String) {
        let (bytes, wanted) = (
            Array(String(repeating: "aaaab", count: 400).utf8) + Array("aaaaaaaab".utf8), Array(needle.utf8)
        )
        for start in [0, 1, 3, 1999, bytes.count] {
            let plain = (start...bytes.count).first { bytes[$0...].starts(with: wanted) }
            let found = bytes.withUnsafeBufferPointer { b in
                wanted.withUnsafeBufferPointer { findBytes($0, in: b, from: start) }
            }
            #expect(found == plain)
        }
    }
}
