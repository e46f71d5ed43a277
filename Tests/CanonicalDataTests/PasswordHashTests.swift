import CanonicalData
import Testing

/// Answers of glibc's crypt(3) and of OpenSSL's command line.
@Suite struct PasswordHashTests {
    struct Row: Sendable {
        var password: String
        var scheme: PasswordHash.Scheme
        var salt: String
        var rounds: Int?
        var expected: String
    }

    private static let long = String(repeating: "a", count: 70)
    static let rows = [
        Row(
            password: "Hello world!", scheme: .sha256, salt: "saltstring",
            expected: "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"),
        Row(
            password: "Hello world!", scheme: .sha512, salt: "saltstring",
            expected: "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFN"
                + "jnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1"),
        Row(
            password: "Hello world!", scheme: .sha256, salt: "saltstringsaltstring", rounds: 10_000,
            expected: "$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA"),
        Row(
            password: "Hello world!", scheme: .sha512, salt: "roundstoolow", rounds: 10,
            expected: "$6$rounds=1000$roundstoolow$VTiyBzzTJoDUzG2edg6tTfnH44buhC6xQa2y1SRnr1w"
                + "/dVOBbXKE612uZFeIlMGZ8MgLiap2x5mD5IOra0fN00"),
        Row(
            password: "", scheme: .sha512, salt: "abc",
            expected: "$6$abc$mJP3a6FyA8uCnzRtlnNypPwjnvpi5TP9qOrInzrfDmwxUQG38PkpCPdqfTb8JQfAngapMxeim4AZ..hSdRRzD."),
        Row(password: long, scheme: .sha256, salt: "abc", expected: "$5$abc$gcCXVpno.S5ZvEYJ.yPlNi5AHu3o.baf3N8qTZUwwJ."),
        Row(password: "cisco", scheme: .md5, salt: "abcd", expected: "$1$abcd$2hDGYdE0UrwK2pqoiF6BB1"),
        Row(password: "", scheme: .md5, salt: "abcd", expected: "$1$abcd$CwbBDotm4UoKv5fATTtzT."),
        Row(
            password: "pässwörd long enough to wrap", scheme: .md5, salt: "12345678",
            expected: "$1$12345678$lfdMflgEfsccaYnhDZqW7/"),
    ]

    @Test(arguments: rows) func `a password hash is the one of crypt`(row: Row) {
        let hash = PasswordHash.hash(Array(row.password.utf8), row.scheme, salt: row.salt, rounds: row.rounds)
        #expect(hash == row.expected)
    }

    @Test func `DES in CBC mode agrees with OpenSSL's command line and refuses odd sizes`() {
        let key: [UInt8] = [0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF]
        let plain: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0xFF, 0x12, 0x34, 0x56, 0x78, 0x90, 0xAB, 0xCD, 0xEF]
        let cipher: [UInt8] = [
            0x06, 0x84, 0x24, 0x87, 0x0D, 0xFE, 0x03, 0xB4, 0xF6, 0x10, 0xFF, 0x20, 0xAE, 0xD6, 0xE6, 0xED,
        ]
        #expect(DESCipher.encrypt(plain, key: key) == cipher)
        #expect(DESCipher.decrypt(cipher, key: key) == plain)
        #expect(DESCipher.encrypt([1], key: key) == nil)
        #expect(DESCipher.encrypt(plain, key: [1]) == nil)
    }
}
