import Testing

@testable import NETCONFProtocol

struct NETCONFHelloMemoryTests {
    private func hello(_ inside: String, capabilities: [String] = ["base:1.0", "base:1.1"]) -> [UInt8] {
        let list = capabilities.map { "<capability>urn:ietf:params:netconf:\($0)</capability>" }.joined()
        return Array(
            "<hello xmlns=\"\(NETCONFNamespace.base)\"><capabilities>\(list)</capabilities>\(inside)</hello>".utf8)
    }

    private let memory = NETCONFHelloMemory()

    @Test(arguments: [
        "<session-id>1</session-id>", "<session-id>2</session-id>", "<session-id>123456789</session-id>",
        "<session-id>4294967295</session-id>",
        "<session-id> 3 </session-id>", "<session-id>03</session-id>", "<session-id>3</session-id><x/>",
        "<x/><session-id>3</session-id>",
        "<!-- <session-id>8</session-id> --><session-id>3</session-id>",
        "<x><session-id>8</session-id></x><session-id>3</session-id>",
        "<x><session-id>9</session-id></x><session-id>3</session-id>",
        "<x><session-id>8</session-id></x><session-id\n>3</session-id>",
        "<x><session-id>9</session-id></x><session-id\n>3</session-id>",
        "<?x <session-id>8</session-id>?><n:session-id xmlns:n=\"urn:ietf:params:xml:ns:netconf:base:1.0\">3</n:session-id>",
        "<?x <session-id>9</session-id>?><n:session-id xmlns:n=\"urn:ietf:params:xml:ns:netconf:base:1.0\">3</n:session-id>",
    ])
    func `a hello from memory is the one that reading it gives`(_ inside: String) throws {
        for _ in 0..<2 {
            #expect(try memory.hello(parsing: hello(inside), limits: .standard) == NETCONFHello(parsing: hello(inside)))
        }
        // Also where its like was read before with another number.
        let other = hello(inside.replacing("8", with: "7").replacing("3", with: "4"))
        #expect(try memory.hello(parsing: other, limits: .standard) == NETCONFHello(parsing: other))
    }

    @Test func `what differs in more than its number is read`() throws {
        let id = "<session-id>1</session-id>"
        #expect(try memory.hello(parsing: hello(id), limits: .standard).capabilities.all.count == 2)
        let other = hello(id, capabilities: ["base:1.0"])
        #expect(try memory.hello(parsing: other, limits: .standard).capabilities.all.count == 1)
    }

    @Test func `a hello that is refused is refused again`() {
        for inside in [
            "<session-id>0</session-id>", "<session-id>4294967296</session-id>", "<session-id>x</session-id>",
            "<session-id>1</x>",
        ] {
            for _ in 0..<2 {
                #expect(throws: NETCONFError.self) { try memory.hello(parsing: hello(inside), limits: .standard) }
            }
        }
    }

    @Test func `stricter limits are not passed by what was read under others`() throws {
        let message = hello("<session-id>1</session-id>")
        #expect(try memory.hello(parsing: message, limits: .standard).sessionID == 1)
        #expect(throws: NETCONFError.self) {
            try memory.hello(parsing: message, limits: NETCONFLimits(maximumCapabilities: 1))
        }
    }
}
