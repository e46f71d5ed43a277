import NetworkPrimitives
import Testing

@Suite struct AddressTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"), ("::", "::"), ("::1", "::1"),
        ("1::", "1::"), ("::ffff:192.0.2.1", "::ffff:192.0.2.1"), ("2001:db8:0:1:0:0:0:1", "2001:db8:0:1::1"),
        ("1:0:0:2:0:0:0:3", "1:0:0:2::3"), ("1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"),
    ])
    func `addresses print in their shortest form`(text: String, printed: String) throws {
        #expect(try #require(IPAddress(text)).description == printed)
    }

    @Test(arguments: ["", "1.2.3", "1.2.3.4.5", "01.2.3.4", "256.1.1.1", ":", ":::", "1:2", "1::2::3", "1:2:3:4:5:6:7:8:9", "g::", "1:", ":1", "fe80::1%eth0", "1::1.2.3"])
    func `what is no address is refused`(text: String) { #expect(IPAddress(text) == nil) }

    @Test func `a prefix knows its network, masks and last address`() throws {
        let prefix = try #require(IPPrefix("192.0.2.10/255.255.255.0"))
        #expect(prefix.description == "192.0.2.10/24")
        #expect(prefix.masked.description == "192.0.2.0/24")
        #expect(prefix.last.description == "192.0.2.255")
        #expect(prefix.hostmask.description == "0.0.0.255")
        #expect(IPPrefix("192.0.2.0/33") == nil)
        #expect(IPPrefix("::/0")?.sizeMinusOne == .max)
    }

    @Test(arguments: ["00:1a:2b:3c:4d:5e", "00-1A-2B-3C-4D-5E", "001a.2b3c.4d5e", "001a2b3c4d5e", "001a2b:3c4d5e"])
    func `MAC addresses are read in the vendors' forms`(text: String) {
        #expect(MACAddress(text)?.description == "00:1a:2b:3c:4d:5e")
    }
}
