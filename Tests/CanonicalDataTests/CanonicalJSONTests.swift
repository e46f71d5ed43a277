import CanonicalData
import Foundation
import TestSupport
import Testing

@Suite struct CanonicalJSONTests {
    private func canonical(_ text: String) throws -> String {
        String(decoding: CanonicalJSON.bytes(of: try JSONValue.parse(text)), as: UTF8.self)
    }

    @Test func `the example of RFC 8785 §3.2.2 has the bytes the RFC gives`() throws {
        let input = #"""
            {
              "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
              "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
              "literals": [null, true, false]
            }
            """#
        #expect(
            try canonical(input)
                == #"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}"#
        )
    }

    @Test func `keys are sorted by UTF-16 code units as in RFC 8785 §3.2.3`() throws {
        let input =
            #"{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}"#
        let values = try canonical(input).matches(of: /:"([^"]+)"/).map { String($0.1) }
        #expect(
            values == [
                "Carriage Return", "One", "Control", "Latin Small Letter O With Diaeresis", "Euro Sign",
                "Emoji: Grinning Face", "Hebrew Letter Dalet With Dagesh",
            ])
    }

    @Test(
        arguments: [
            (0x0000_0000_0000_0000, "0"), (0x8000_0000_0000_0000, "0"), (0x0000_0000_0000_0001, "5e-324"),
            (0x8000_0000_0000_0001, "-5e-324"), (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
            (0x4340_0000_0000_0000, "9007199254740992"), (0x4430_0000_0000_0000, "295147905179352830000"),
            (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"), (0x44b5_2d02_c7e1_4af6, "1e+23"),
            (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"), (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
            (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"), (0x444b_1ae4_d6e2_ef50, "1e+21"),
            (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"), (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
            (0x41b3_de43_5555_5553, "333333333.3333332"), (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
            (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
        ] as [(UInt64, String)])
    func `numbers print as the table of RFC 8785 appendix B says`(bits: UInt64, text: String) {
        #expect(String(decoding: CanonicalJSON.bytes(of: .number(Double(bitPattern: bits))), as: UTF8.self) == text)
    }

    @Test func `printing and parsing again gives the same value for random doubles`() throws {
        var generator = SeededGenerator(seed: 8785)
        for _ in 0..<2000 {
            let value = Double(bitPattern: generator.next())
            guard value.isFinite else { continue }
            let text = String(decoding: CanonicalJSON.bytes(of: .number(value)), as: UTF8.self)
            #expect(Double(text) == value, "seed 8785")
        }
    }

    @Test(arguments: [
        (#"{"a":1,"a":2}"#, "json.duplicate-key"), (#"["\ud800"]"#, "json.syntax"), ("[1,]", "json.syntax"),
        ("01", "json.syntax"), ("1 2", "json.syntax"), ("", "json.syntax"), ("\"\u{1}\"", "json.syntax"),
        ("9007199254740993", "json.inexact-number"), ("1e999", "json.inexact-number"), ("nul", "json.syntax"),
        (String(repeating: "[", count: 500), "json.too-deep"), ("{'a':1}", "json.syntax"),
    ])
    func `what is not I-JSON is refused`(text: String, code: String) {
        #expect { try JSONValue.parse(text) } throws: { ($0 as? JSONError)?.code.rawValue == code }
    }

    @Test func `every prefix of a document is refused`() throws {
        let text = Array(#"{"a":[1,true,null,"x\u0041"],"b":{}}"#.utf8)
        for count in 0..<text.count { #expect(throws: JSONError.self) { try JSONValue.parse(text.prefix(count)) } }
    }

    @Test func `encodable values get sorted keys and no spaces`() throws {
        struct Thing: Codable { var b: Int, a: String?, date: Date }
        let bytes = try CanonicalJSON.encode(Thing(b: 2, a: nil, date: Date(timeIntervalSince1970: 0)))
        #expect(String(decoding: bytes, as: UTF8.self) == #"{"b":2,"date":"1970-01-01T00:00:00Z"}"#)
        #expect(try CanonicalJSON.decode(Thing.self, from: bytes).b == 2)
        #expect(throws: JSONError.self) { try CanonicalJSON.requireCanonical(Array("{ }".utf8)) }
    }
}
