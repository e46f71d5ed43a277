internal import CLibCrypto

/// The password hashes of `crypt(3)`: `$1$` (MD5), `$5$` (SHA-256) and `$6$` (SHA-512).
package enum PasswordHash {
    /// Which of the schemes.
    package enum Scheme: String, Sendable {
        case md5, sha256, sha512
        /// What marks a hash of the scheme.
        package var mark: String {
            switch self {
            case .md5: "1"
            case .sha256: "5"
            case .sha512: "6"
            }
        }
        /// How many characters of a salt count.
        package var maximumSaltLength: Int { self == .md5 ? 8 : 16 }
    }

    /// Rounds that a caller may ask for; more take seconds each.
    package static let maximumRounds = 1_000_000
    private static let defaultRounds = 5_000
    private static let alphabet = Array("./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    /// The whole text, `$6$salt$…`. A salt longer than the scheme's is cut; rounds outside 1000…`maximumRounds` are moved to
    /// the nearer end, and none are named in the result when they are 5000 and not asked for. Nil when OpenSSL lacks the
    /// digest.
    package static func hash(_ password: [UInt8], _ scheme: Scheme, salt: String, rounds: Int? = nil) -> String? {
        let salt = Array(salt.utf8.prefix(scheme.maximumSaltLength))
        let text = String(decoding: salt, as: UTF8.self)
        switch scheme {
        case .md5:
            guard let digest = md5(password, salt) else { return nil }
            return "$1$\(text)$" + encoded(digest, Self.md5Order)
        case .sha256, .sha512:
            let count = min(max(rounds ?? defaultRounds, 1_000), maximumRounds)
            guard let digest = sha(password, salt, scheme.rawValue, count) else { return nil }
            let named = rounds == nil ? "" : "rounds=\(count)$"
            return "$\(scheme.mark)$\(named)\(text)$"
                + encoded(digest, scheme == .sha256 ? Self.sha256Order : Self.sha512Order)
        }
    }

    private static func repeated(_ bytes: [UInt8], to count: Int) -> [UInt8] {
        guard !bytes.isEmpty else { return [] }
        return (0..<count).map { bytes[$0 % bytes.count] }
    }

    private static func md5(_ password: [UInt8], _ salt: [UInt8]) -> [UInt8]? {
        guard let inner = NamedDigest.bytes("md5", password + salt + password) else { return nil }
        var first = password + Array("$1$".utf8) + salt + repeated(inner, to: password.count)
        var bits = password.count
        while bits > 0 {
            first.append(bits & 1 == 1 ? 0 : password[0])
            bits >>= 1
        }
        guard var digest = NamedDigest.bytes("md5", first) else { return nil }
        for round in 0..<1_000 {
            var next = round & 1 == 1 ? password : digest
            if round % 3 != 0 { next += salt }
            if round % 7 != 0 { next += password }
            next += round & 1 == 1 ? digest : password
            guard let result = NamedDigest.bytes("md5", next) else { return nil }
            digest = result
        }
        return digest
    }

    private static func sha(_ password: [UInt8], _ salt: [UInt8], _ name: String, _ rounds: Int) -> [UInt8]? {
        guard let inner = NamedDigest.bytes(name, password + salt + password) else { return nil }
        var first = password + salt + repeated(inner, to: password.count)
        var bits = password.count
        while bits > 0 {
            first += bits & 1 == 1 ? inner : password
            bits >>= 1
        }
        guard var digest = NamedDigest.bytes(name, first) else { return nil }
        var long: [UInt8] = []
        for _ in password.indices { long += password }
        guard let passwordDigest = NamedDigest.bytes(name, long) else { return nil }
        var salts: [UInt8] = []
        for _ in 0..<(16 + Int(digest[0])) { salts += salt }
        guard let saltDigest = NamedDigest.bytes(name, salts) else { return nil }
        let (p, s) = (repeated(passwordDigest, to: password.count), repeated(saltDigest, to: salt.count))
        guard let rounder = RepeatedDigest(name) else { return nil }
        for round in 0..<rounds {
            let isOdd = round & 1 == 1
            guard
                rounder.replace(
                    &digest, with: isOdd ? p : nil, round % 3 != 0 ? s : [], round % 7 != 0 ? p : [], isOdd ? nil : p)
            else { return nil }
        }
        return digest
    }

    /// One digest many times over without an allocation a time; up to a million rounds are asked for.
    private final class RepeatedDigest {
        private let algorithm: OpaquePointer
        private let context: OpaquePointer

        init?(_ name: String) {
            guard let algorithm = EVP_MD_fetch(nil, name, nil) else { return nil }
            guard let context = EVP_MD_CTX_new() else {
                EVP_MD_free(algorithm)
                return nil
            }
            (self.algorithm, self.context) = (algorithm, context)
        }

        deinit {
            EVP_MD_CTX_free(context)
            EVP_MD_free(algorithm)
        }

        /// The digest of the four parts; nil stands for the digest so far.
        func replace(
            _ digest: inout [UInt8], with first: [UInt8]?, _ second: [UInt8], _ third: [UInt8], _ last: [UInt8]?
        ) -> Bool {
            guard EVP_DigestInit_ex(context, algorithm, nil) == 1 else { return false }
            if let first { add(first) } else { add(digest) }
            add(second)
            add(third)
            if let last { add(last) } else { add(digest) }
            return EVP_DigestFinal_ex(context, &digest, nil) == 1
        }

        private func add(_ bytes: [UInt8]) {
            _ = EVP_DigestUpdate(context, bytes, bytes.count)
        }
    }

    // MARK: The text form

    /// Which bytes make each group of up to 24 bits, the highest first; -1 stands for zero bits that are not printed.
    private static let md5Order = [
        [0, 6, 12], [1, 7, 13], [2, 8, 14], [3, 9, 15], [4, 10, 5], [11],
    ]
    private static let sha256Order =
        (0..<10).map { step in
            let start = [0, 10, 20].map { ($0 + step * 21) % 30 }
            return start
        } + [[31, 30]]
    private static let sha512Order =
        (0..<21).map { step in [0, 21, 42].map { ($0 + step * 22) % 63 } } + [[63]]

    private static func encoded(_ digest: [UInt8], _ order: [[Int]]) -> String {
        var result: [UInt8] = []
        for group in order {
            var value = group.reduce(UInt32(0)) { $0 << 8 | UInt32(digest[$1]) }
            for _ in 0..<(group.count + 1) {
                result.append(alphabet[Int(value & 0x3F)])
                value >>= 6
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
