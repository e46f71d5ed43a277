import Diagnostics
import SourceDocuments
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct JSONTests {
    private func value(_ json: String) throws -> PlainValue {
        try PlainValue(SourceDocument.json(json, file: "a.json").root)
    }

    private func finding(_ json: String) -> String {
        do {
            _ = try SourceDocument.json(json, file: "a.json")
            return "no finding"
        } catch { return error.description }
    }

    @Test func `values of every kind are read`() throws {
        let json = #" {"a":[1,-0,2.5,1e3,true,false,null,"x\n\u00e9\ud83d\ude00\/"],"b":{}} "#
        let read = try value(json)
        guard case .map(let map) = read, case .list(let list)? = map["a"] else {
            Issue.record("not a map with a list")
            return
        }
        #expect(
            list == [
                .int(1), .int(0), .double(2.5), .double(1000), .bool(true), .bool(false), .null, .string("x\né😀/"),
            ])
        #expect(map["b"] == .map(PlainMap()))
    }

    @Test func `64-bit counters keep every digit`() throws {
        #expect(try value("18446744073709551615") == .int(18_446_744_073_709_551_615))
        #expect(try value("18446744073709551615").json == "18446744073709551615")
    }

    @Test(arguments: [
        "", " ", "{", "[1,]", "{\"a\":1,}", "{a:1}", "'a'", "01", "1.", ".5", "+1", "1e", "- 1", "\"a", "\"\t\"",
        #""\x""#, #""\ud800""#, #""\ud800\u0041""#, #""\udc00""#, #""\u12g4""#, "nul", "truex", "[1 2]", "1 2", "NaN",
        "Infinity", "// x\n1", "[1}", "1e999", "\u{FEFF}\u{FEFF}1", #""\u+123""#,
    ])
    func `what is not JSON is refused`(json: String) {
        #expect(finding(json).contains("[json.syntax]"))
    }

    @Test func `a finding names line, column and what was expected`() {
        #expect(
            finding("{\n  \"é\": 1,\n  \"b\" 2\n}") == """
                a.json:3:7: error: “2” is here, expected “:” [json.syntax]
                  3 |   "b" 2
                    |       ^
                  → correct the JSON
                """)
    }

    @Test func `a duplicate name is refused`() {
        #expect(finding(#"{"a":1,"\u0061":2}"#).contains("a.json:1:8: error: the name “a” is there twice"))
    }

    @Test func `size, depth and count have limits`() {
        let limits = DocumentLimits(maximumBytes: 100, maximumDepth: 5, maximumNodes: 10)
        for json in ["[[[[[[[]]]]]]]", "[1,2,3,4,5,6,7,8,9,10]", String(repeating: " ", count: 200)] {
            #expect(throws: Findings.self) { try SourceDocument.json(json, file: "a.json", limits: limits) }
        }
        #expect(finding(String(repeating: "[", count: 1_000_000)).contains("too-deep"))
    }

    @Test func `bytes that are not UTF-8 are refused with their place`() {
        let error = #expect(throws: Findings.self) {
            try SourceDocument.json(bytes: Array("[\"é\",\n\"".utf8) + [0xFF, 0x22, 0x5D], file: "a.json")
        }
        #expect(error?.all.first?.position?.description == "a.json:2:2")
    }

    @Test func `printing and reading again gives the same value`() throws {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<300 {
            let original = Self.random(depth: 4, &random)
            #expect(try value(original.json) == original)
        }
    }

    private static func random(depth: Int, _ random: inout SeededGenerator) -> PlainValue {
        switch Int.random(in: 0..<(depth > 0 ? 7 : 5), using: &random) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &random))
        case 2: return .int(Int128(Int.random(in: Int.min...Int.max, using: &random)))
        case 3: return .double(Double(Int.random(in: -1000...1000, using: &random)) + 0.25)
        case 4:
            let scalars = (0..<5).compactMap { _ in Unicode.Scalar(UInt32.random(in: 0..<0x3000, using: &random)) }
            return .string(String(String.UnicodeScalarView(scalars)))
        case 5: return .list((0..<3).map { _ in Self.random(depth: depth - 1, &random) })
        default:
            return .map(PlainMap((0..<3).map { ("k\($0)", Self.random(depth: depth - 1, &random)) }))
        }
    }

    @Test func `a long line is read in linear time`() throws {
        let json = "[" + Array(repeating: "{\"a\":\"b\"}", count: 100_000).joined(separator: ",") + "]"
        let begin = ContinuousClock.now
        _ = try SourceDocument.json(json, file: "a.json", limits: .deviceOutput)
        #expect(ContinuousClock.now - begin < .seconds(20))
    }
}
