import SourceDocuments
import Testing

@testable import StateChecks

@Suite(.timeLimit(.minutes(5))) struct JSONPathTests {
    private static func value(_ json: String) throws -> PlainValue {
        try PlainValue(SourceDocument.json(json, file: "a.json").root)
    }

    /// RFC 9535 §1.5
    private static let store = """
        { "store": { "book": [
          { "category": "reference", "author": "Nigel Rees", "title": "Sayings of the Century", "price": 8.95 },
          { "category": "fiction", "author": "Evelyn Waugh", "title": "Sword of Honour", "price": 12.99 },
          { "category": "fiction", "author": "Herman Melville", "title": "Moby Dick", "isbn": "0-553-21311-3",
            "price": 8.99 },
          { "category": "fiction", "author": "J. R. R. Tolkien", "title": "The Lord of the Rings",
            "isbn": "0-395-19395-8", "price": 22.99 } ],
          "bicycle": { "color": "red", "price": 399 } } }
        """

    @Test(arguments: [
        ("$.store.book[*].author", "Nigel Rees|Evelyn Waugh|Herman Melville|J. R. R. Tolkien"),
        ("$..author", "Nigel Rees|Evelyn Waugh|Herman Melville|J. R. R. Tolkien"),
        ("$.store..price", "8.95|12.99|8.99|22.99|399"), ("$..book[2].author", "Herman Melville"),
        ("$..book[2].publisher", ""), ("$..book[-1].title", "The Lord of the Rings"),
        ("$..book[0,1].title", "Sayings of the Century|Sword of Honour"),
        ("$..book[:2].title", "Sayings of the Century|Sword of Honour"),
        ("$..book[?@.isbn].title", "Moby Dick|The Lord of the Rings"),
        ("$..book[?@.price<10].title", "Sayings of the Century|Moby Dick"), ("$['store'][\"bicycle\"].color", "red"),
        ("$.store.book[?@.price < $.store.bicycle.price && !@.isbn].price", "8.95|12.99"),
        ("$.store.book[?(@.category=='reference' || @.price>20)].price", "8.95|22.99"),
        ("$.store.book[?length(@.author) > 12].price", "8.99|22.99"),
        ("$.store.book[?match(@.author, '[A-Z].* [A-Z]ees')].price", "8.95"),
        ("$.store.book[?search(@.title, 'of')].price", "8.95|12.99|22.99"),
        ("$.store[?count(@.*) == 2].color", "red"), ("$.store.book[?value(@..isbn) == '0-553-21311-3'].price", "8.99"),
    ])
    func `the store of the RFC`(query: String, expected: String) throws {
        let nodes = try JSONPath(query).nodes(in: try Self.value(Self.store))
        let found = nodes.map { if case .string(let text) = $0.value { text } else { $0.value.json } }
        #expect(found.joined(separator: "|") == expected)
    }

    /// Query, document, values, from the tables of §2.
    @Test(arguments: [
        // 2.3.1 names
        ("$.o['j j']", #"{"o": {"j j": {"k.k": 3}}}"#, #"[{"k.k":3}]"#),
        ("$.o['j j']['k.k']", #"{"o": {"j j": {"k.k": 3}}}"#, "[3]"),
        (#"$["'"]["@"]"#, #"{"'": {"@": 2}}"#, "[2]"), (#"$['\'']"#, #"{"'": 2}"#, "[2]"),
        (#"$['\u00e9\ud83d\ude00']"#, #"{"é😀": 1}"#, "[1]"), ("$.é", #"{"é": 1}"#, "[1]"),
        // 2.3.2 wildcards
        ("$[*]", #"{"o": {"j": 1, "k": 2}, "a": [5, 3]}"#, #"[{"j":1,"k":2},[5,3]]"#),
        ("$.o[*, *]", #"{"o": {"j": 1, "k": 2}}"#, "[1,2,1,2]"), ("$[*]", "3", "[]"),
        // 2.3.3 indexes
        ("$[1]", #"["a","b"]"#, #"["b"]"#), ("$[-2]", #"["a","b"]"#, #"["a"]"#), ("$[2]", #"["a","b"]"#, "[]"),
        ("$[-3]", #"["a","b"]"#, "[]"), ("$[0]", #"{"0": 1}"#, "[]"),
        // 2.3.4 slices
        ("$[1:3]", #"["a","b","c","d","e","f","g"]"#, #"["b","c"]"#),
        ("$[5:]", #"["a","b","c","d","e","f","g"]"#, #"["f","g"]"#),
        ("$[1:5:2]", #"["a","b","c","d","e","f","g"]"#, #"["b","d"]"#),
        ("$[5:1:-2]", #"["a","b","c","d","e","f","g"]"#, #"["f","d"]"#),
        ("$[::-1]", #"["a","b","c","d","e","f","g"]"#, #"["g","f","e","d","c","b","a"]"#),
        ("$[::0]", "[1,2]", "[]"), ("$[-2:]", "[1,2,3]", "[2,3]"), ("$[:-2]", "[1,2,3]", "[1]"),
        ("$[ 0 : 2 : 1 ]", "[1,2,3]", "[1,2]"),
        ("$[9007199254740991:-9007199254740991:-9007199254740991]", "[1]", "[1]"),
        ("$[-1:-9:-1]", "[1,2]", "[2,1]"), ("$[::]", "[1,2]", "[1,2]"),
        // 2.5 segments
        ("$[0, 3]", #"["a","b","c","d","e","f","g"]"#, #"["a","d"]"#),
        ("$[0:2, 5]", #"["a","b","c","d","e","f","g"]"#, #"["a","b","f"]"#), ("$[0, 0]", "[1]", "[1,1]"),
        ("$..j", #"{"o": {"j": 1, "k": 2}, "a": [5, 3, [{"j": 4}, {"k": 6}]]}"#, "[1,4]"),
        ("$..[0]", #"{"o": {"j": 1, "k": 2}, "a": [5, 3, [{"j": 4}, {"k": 6}]]}"#, #"[5,{"j":4}]"#),
        ("$.o..[*, *]", #"{"o": {"j": 1, "k": 2}}"#, "[1,2,1,2]"),
        ("$.a..[0, 1]", #"{"a": [5, 3, [{"j": 4}, {"k": 6}]]}"#, #"[5,3,{"j":4},{"k":6}]"#),
        ("$ .a [ 'b' ]", #"{"a":{"b":1}}"#, "[1]"), ("$\n['a']", #"{"a":1}"#, "[1]"),
        // 2.6 null
        ("$.a", #"{"a": null}"#, "[null]"), ("$.a[0]", #"{"a": null}"#, "[]"), ("$.b[?@]", #"{"b": [null]}"#, "[null]"),
        ("$.b[?@==null]", #"{"b": [null]}"#, "[null]"), ("$.c[?@.d==null]", #"{"c": [{}]}"#, "[]"),
    ])
    func `the tables of the RFC`(query: String, document: String, expected: String) throws {
        let nodes = try JSONPath(query).nodes(in: try Self.value(document))
        #expect(PlainValue.list(nodes.map(\.value)).json == expected)
    }

    private static let filters = """
        {"a": [3, 5, 1, 2, 4, 6, {"b": "j"}, {"b": "k"}, {"b": {}}, {"b": "kilo"}],
         "o": {"p": 1, "q": 2, "r": 3, "s": 5, "t": {"u": 6}}, "e": "f"}
        """

    /// §2.3.5.3
    @Test(arguments: [
        ("$.a[?@.b == 'kilo']", #"[{"b":"kilo"}]"#), ("$.a[?(@.b == 'kilo')]", #"[{"b":"kilo"}]"#),
        ("$.a[?@>3.5]", "[5,4,6]"), ("$.a[?@.b]", #"[{"b":"j"},{"b":"k"},{"b":{}},{"b":"kilo"}]"#),
        ("$[?@.*]", ""), ("$[?@[?@.b]]", ""), ("$.o[?@<3, ?@<3]", "[1,2,1,2]"),
        ("$.a[?@<2 || @.b == \"k\"]", #"[1,{"b":"k"}]"#),
        ("$.a[?match(@.b, \"[jk]\")]", #"[{"b":"j"},{"b":"k"}]"#),
        ("$.a[?search(@.b, \"[jk]\")]", #"[{"b":"j"},{"b":"k"},{"b":"kilo"}]"#), ("$.o[?@>1 && @<4]", "[2,3]"),
        ("$.o[?@.u || @.x]", #"[{"u":6}]"#), ("$.a[?@.b == $.x]", "[3,5,1,2,4,6]"),
        ("$.a[?@ == @]", ""), ("$.a[?!(@.b) && @ != 3 && !@.c]", "[5,1,2,4,6]"),
    ])
    func `the filters of the RFC`(query: String, expected: String) throws {
        let nodes = try JSONPath(query).nodes(in: try Self.value(Self.filters))
        let all = ["$[?@.*]": 2, "$[?@[?@.b]]": 1, "$.a[?@ == @]": 10]
        if let count = all[query] {
            #expect(nodes.count == count)
        } else {
            #expect(PlainValue.list(nodes.map(\.value)).json == expected)
        }
    }

    /// §2.3.5.3, table 11, on {"obj": {"x": "y"}, "arr": [2, 3]}
    @Test(arguments: [
        ("$.absent1 == $.absent2", true), ("$.absent1 <= $.absent2", true), ("$.absent == 'g'", false),
        ("$.absent1 != $.absent2", false), ("$.absent != 'g'", true), ("1 <= 2", true), ("1 > 2", false),
        ("13 == '13'", false), ("'a' <= 'b'", true), ("'a' > 'b'", false), ("$.obj == $.arr", false),
        ("$.obj != $.arr", true), ("$.obj == $.obj", true), ("$.obj != $.obj", false), ("$.arr == $.arr", true),
        ("$.arr != $.arr", false), ("$.obj == 17", false), ("$.obj != 17", true), ("$.obj <= $.arr", false),
        ("$.obj < $.arr", false), ("$.obj <= $.obj", true), ("$.arr <= $.arr", true), ("1 <= $.arr", false),
        ("1 >= $.arr", false), ("1 > $.arr", false), ("1 < $.arr", false), ("true <= true", true),
        ("true > true", false),
        ("1 == 1.0", true), ("-0 == 0", true), ("1e2 == 100", true), ("9007199254740993 == 9007199254740992.0", false),
        ("'é' == 'e\u{301}'", false), ("length('é') == 1", true), ("length(1) == length(2)", true),
        ("count($.arr.*) == 2", true), ("value($.arr.*) == $.absent", true), ("null == $.absent", false),
    ])
    func `comparisons of the RFC`(condition: String, expected: Bool) throws {
        let root = try Self.value(#"{"obj": {"x": "y"}, "arr": [2, 3]}"#)
        #expect(try JSONPath("$[?\(condition)]").nodes(in: root).isEmpty != expected)
    }

    @Test(arguments: [
        "", "a", "$a", " $", "$ ", "$.", "$..", "$.1", "$.-", "$.a b", "$[", "$[]", "$[01]", "$[-0]", "$[1.0]", "$['a]",
        "$['a\"]", #"$['\"']"#, #"$["\'"]"#, #"$['\x']"#, #"$['\ud800']"#, "$['\u{1}']", "$[9007199254740992]", "$[a]",
        "$[0,]", "$[,0]", "$[?]", "$[?@.a=1]", "$[?@.a==]", "$[?1]", "$[?true]", "$[?'a']", "$[?@.*==1]", "$[?@..a==1]",
        "$[?!@.a==1]", "$[?(@.a]", "$[?@.a &&]", "$[?@.a and @.b]", "$[?length(@.a)]", "$[?count(1)==1]",
        "$[?match(@.a,'x')==true]", "$[?match(@.a)]", "$[?nosuch(@)]", "$[?length(@.*)<3]", "$[?length (@)==1]",
        "$[?@.a==01]", "$[?@.a==1.]", "$[?@.a==.5]", "$[?@.a==TRUE]", "$[?@.a==-]", "$. a", "$.. a", "$[1:2:3:4]",
        "$.&",
        "$[?value(1)==1]", "$[?count(@.a,@.b)==1]", "$[?@.a===1]", "@.a", "$[?match(@.a,'[')]",
        #"$[?match(@.a,'\\d')]"#,
    ])
    func `what is no query is refused`(query: String) {
        #expect(throws: JSONPathError.self) { try JSONPath(query) }
    }

    @Test func `an error names its character`() {
        let error = #expect(throws: JSONPathError.self) { try JSONPath("$.peers[?@.state = 'x']") }
        #expect(error?.description.hasPrefix("“$.peers[?@.state = 'x']” at character 18: “=” is here") == true)
    }

    /// §2.7, table 20
    @Test(arguments: [
        ("$.a", #"{"a":1}"#, "$['a']"), ("$[-1]", "[1,2]", "$[1]"),
        ("$.a.b[1:2]", #"{"a":{"b":[1,2]}}"#, "$['a']['b'][1]"),
        (#"$["\u000B"]"#, #"{"\u000b":1}"#, #"$['\u000b']"#), (#"$["\u0061"]"#, #"{"a":1}"#, "$['a']"),
        (#"$["'\n"]"#, #"{"'\n":1}"#, #"$['\'\n']"#),
    ])
    func `paths are normalized`(query: String, document: String, path: String) throws {
        #expect(try JSONPath(query).nodes(in: try Self.value(document)).map(\.normalizedPath) == [path])
    }

    @Test(arguments: [
        ("a.c", "abc", true), ("a.c", "a\nc", false), ("a.c", "a\u{2028}c", true), ("ab|c", "abc", false),
        ("[^a-c]+", "xyz", true),
        ("[0-9]{1,3}(\\.[0-9]{1,3}){3}", "192.0.2.1", true), ("\\p{Lu}\\p{Ll}+", "Äpfel", true),
        ("\\P{N}*", "abc", true),
        ("a\\.b", "axb", false), ("[-a]+", "a-a", true), ("[a\\-z]+", "a-z", true), ("", "", true),
        ("a{2}", "aa", true),
    ])
    func `interoperable regular expressions match`(pattern: String, text: String, expected: Bool) throws {
        #expect(try IRegexp(pattern)?.matches(text) == expected)
    }

    @Test(arguments: [
        "\\d", "(?:a)", "a**", "a{,2}", "[a", "a)", "(a", "[]", "\\", "a*?", "[[:alpha:]]", "\\p{Greek}", "{2}",
    ])
    func `other regular expressions are refused`(pattern: String) { #expect(IRegexp(pattern) == nil) }

    @Test func `a query that explodes gives up`() throws {
        let root = try Self.value("[" + Array(repeating: "[1,2,3,4,5,6,7,8]", count: 400).joined(separator: ",") + "]")
        let query = try JSONPath("$..[?count($..[?count($..*)>1])>1]")
        #expect(throws: JSONPathError.self) { try query.nodes(in: root, maximumSteps: 100_000) }
    }
}
