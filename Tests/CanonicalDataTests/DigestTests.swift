import CanonicalData
import TestSupport
import Testing

@Suite struct DigestTests {
    @Test func `SHA-256 of abc is the FIPS 180-4 example`() {
        #expect(
            Digest.sha256("abc").hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test func `HMAC-SHA256 matches test cases 1, 2 and 6 of RFC 4231`() {
        #expect(
            Digest.hmac("Hi There", key: [UInt8](repeating: 0x0b, count: 20)).hex
                == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
        #expect(
            Digest.hmac("what do ya want for nothing?", key: "Jefe".utf8).hex
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        #expect(
            Digest.hmac(
                "Test Using Larger Than Block-Size Key - Hash Key First", key: [UInt8](repeating: 0xaa, count: 131)
            ).hex == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
    }

    @Test(arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")])
    func `base 64 follows RFC 4648 §10`(plain: String, encoded: String) {
        #expect(Base64.encode(plain.utf8) == encoded)
        #expect(Base64.decode(encoded) == Array(plain.utf8))
    }

    @Test(arguments: ["Zg=", "Zh==", "Z===", "Zg==Zg==", "Zm9\n", "=Zm9", "Zm9v\n"])
    func `base 64 in any other form is refused`(text: String) { #expect(Base64.decode(text) == nil) }

    @Test func `base 64 gives back random bytes`() {
        var generator = SeededGenerator(seed: 4648)
        for count in 0..<200 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes, "seed 4648")
        }
    }

    @Test func `tokens have the asked length and do not repeat`() {
        #expect(RandomToken.hex(bytes: 4).count == 8)
        #expect(Set((0..<100).map { _ in RandomToken.hex() }).count == 100)
    }
}
