import CanonicalData
import JinjaTemplates

/// `encrypt`, `decrypt`, `secure_hash` and `snmp_hash`: passwords in the forms that EOS keeps them in.
enum AVDPasswords {
    static let filters: [String: TemplateFunction] = [
        "encrypt": { (arguments, state) throws(EvaluationError) in try run("encrypt", arguments, state) },
        "decrypt": { (arguments, state) throws(EvaluationError) in try run("decrypt", arguments, state) },
        "secure_hash": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("secure_hash", ["user_input", "salt", "hash_type"], required: 2)
            let kind = bound[2, fallback: .string("sha512_password")]
            guard kind.string == "sha512_password" else {
                throw EvaluationError(
                    .valueError,
                    "The hash_type key does not support the value '\(try state.string(kind))'. The value used with hash_type must be one of ['sha512_password']"
                )
            }
            let (password, salt) = (bound[0]?.string, bound[1]?.string)
            try SecretGuard.check(password ?? "", "secure_hash")
            guard let password, let salt else {
                throw EvaluationError(
                    .typeError,
                    "SHA-512 password hashing failed - check the input parameters of arista.avd.secure_hash: a text is expected"
                )
            }
            guard !salt.isEmpty, salt.utf8.count <= 16, password.utf8.count <= 1_000, salt.utf8.allSatisfy(isSaltByte)
            else {
                throw EvaluationError(
                    .valueError,
                    "SHA-512 password hashing failed - check the input parameters of arista.avd.secure_hash: a salt has 1 to 16 of the characters a-z A-Z 0-9 . /"
                )
            }
            return .string(PasswordHash.hash(Array(password.utf8), .sha512, salt: salt) ?? "")
        },
        "snmp_hash": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("snmp_hash", ["input_dict"], required: 1)
            return .string(try localizedKey(bound[0, fallback: .none], state))
        },
    ]

    static func isSaltByte(_ byte: UInt8) -> Bool {
        (0x2E...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    // MARK: Reversible forms

    private static func run(_ direction: String, _ arguments: Arguments, _ state: RenderState) throws(EvaluationError)
        -> TemplateValue
    {
        guard arguments.count <= 3 else {
            throw EvaluationError(
                .typeError, "\(direction)() takes from 1 to 3 positional arguments but \(arguments.count) were given")
        }
        var given: [String: TemplateValue] = [:]
        for (index, name) in ["value", "passwd_type", "key"].enumerated() where index < arguments.count {
            given[name] = arguments[index]
        }
        for (index, name) in arguments.keywordNames.enumerated() { given[name] = arguments.keywordValue(at: index) }
        guard let type = given.removeValue(forKey: "passwd_type"), try state.truth(type) else {
            throw EvaluationError(.typeError, "type keyword must be present to use this test")
        }
        let text = try state.string(given.removeValue(forKey: "value") ?? .none)
        try SecretGuard.check(text, direction)
        if let key = given["key"], key.isNone { given["key"] = nil }
        let parameters: [String]
        let required: Int
        switch try state.string(type) {
        case "bgp", "ospf_simple": (parameters, required) = (["key"], 1)
        case "ospf_message_digest": (parameters, required) = (["key", "hash_algorithm", "key_id"], 1)
        case "isis": (parameters, required) = (["key", "mode"], 2)
        case "ntp", "tacacs", "radius":
            (parameters, required) = (direction == "encrypt" ? ["salt"] : [], direction == "encrypt" ? 1 : 0)
        case let other:
            throw EvaluationError(.keyError, pythonQuoted("Type \(other) is not supported for the \(direction) filter"))
        }
        let kind = try state.string(type)
        for name in given.keys.sorted() where !parameters.contains(name) {
            throw EvaluationError(.typeError, "\(kind)_\(direction)() got an unexpected keyword argument '\(name)'")
        }
        for name in parameters.prefix(required) where given[name] == nil {
            throw EvaluationError(
                .typeError, "\(kind)_\(direction)() missing 1 required positional argument: '\(name)'")
        }
        if kind == "ntp" || kind == "tacacs" || kind == "radius" {
            return .string(try direction == "encrypt" ? obfuscated(text, given["salt"] ?? .none) : revealed(text))
        }
        let key = try cipherKey(kind, text, given, state)
        if direction == "encrypt" { return .string(encrypted(text, key)) }
        guard let plain = decrypted(text, key) else {
            let name = kind == "bgp" ? "BGP" : kind == "isis" ? "ISIS" : "OSPF"
            throw EvaluationError(.valueError, "\(name) password decryption failed - check the input parameters")
        }
        return .string(plain)
    }

    private static let modes = [
        "none": "noAuth", "text": "clearText", "md5": "md5", "sha": "sha", "sha-1": "sha_1", "sha-224": "sha_224",
        "sha-256": "sha_256", "sha-384": "sha_384", "sha-512": "sha_512",
    ]

    private static func cipherKey(
        _ kind: String, _ text: String, _ given: [String: TemplateValue], _ state: RenderState
    ) throws(EvaluationError) -> String {
        let key = given["key"] ?? .none
        let hasKey = try state.truth(key)
        guard kind == "isis" || hasKey else {
            throw EvaluationError(.valueError, "Key is required for encryption/decryption")
        }
        guard !text.isEmpty else {
            throw EvaluationError(.valueError, "Password is required for encryption/decryption")
        }
        let name = try state.string(key)
        switch kind {
        case "ospf_message_digest":
            guard let algorithm = given["hash_algorithm"], !algorithm.isNone, let id = given["key_id"], !id.isNone
            else {
                throw EvaluationError(
                    .valueError, "For OSPF message digest keys, both hash_algorithm and key_id are required")
            }
            let names = ["md5", "sha1", "sha256", "sha384", "sha512"]
            guard let algorithm = algorithm.string, names.contains(algorithm) else {
                throw EvaluationError(
                    .valueError,
                    "For OSPF message digest keys, `hash_algorithm` must be in ['md5', 'sha1', 'sha256', 'sha384', 'sha512']"
                )
            }
            return "\(name)_\(algorithm)Key_\(try state.string(id))"
        case "isis":
            guard key.string != nil else {
                throw EvaluationError(
                    .typeError, "Key MUST be of type 'str' but is of type \(AVDFilters.pythonType(key))")
            }
            guard let mode = given["mode"]?.string else {
                throw EvaluationError(
                    .typeError,
                    "Mode MUST be a string with one of the following options: ['none', 'text', 'md5', 'sha', 'sha-1', 'sha-224', 'sha-256', 'sha-384', 'sha-512']. Got '\(try state.string(given["mode"] ?? .none))'."
                )
            }
            guard !mode.isEmpty else {
                throw EvaluationError(.valueError, "Mode is required for encryption/decryption")
            }
            guard let word = modes[mode] else { throw EvaluationError(.keyError, pythonQuoted(mode)) }
            return "\(name)_\(word)"
        default: return "\(name)_passwd"
        }
    }

    private static let mark: [UInt8] = [0x4C, 0x88, 0xBB]

    /// The key folded into eight bytes of odd parity.
    private static func folded(_ key: String) -> [UInt8] {
        var bytes: [UInt8] = [0xD5, 0xA8, 0xC9, 0x1E, 0xF5, 0xD5, 0x8A, 0x23]
        for (index, byte) in key.utf8.enumerated() { bytes[index & 7] ^= byte }
        return bytes.map { byte in
            let bits = byte & 0x7E
            return bits | (bits.nonzeroBitCount & 1 == 0 ? 1 : 0)
        }
    }

    private static func encrypted(_ text: String, _ key: String) -> String {
        let data = Array(text.utf8)
        let padding = (8 - (data.count + 4) % 8) % 8
        let plain = mark + [UInt8(padding * 16 + 0xE)] + data + [UInt8](repeating: 0, count: padding)
        return Base64.encode(DESCipher.encrypt(plain, key: folded(key)) ?? [])
    }

    private static func decrypted(_ text: String, _ key: String) -> String? {
        guard let data = Base64.decode(text), let plain = DESCipher.decrypt(data, key: folded(key)), plain.count >= 4
        else { return nil }
        let padding = Int(plain[3] >> 4)
        guard Array(plain[..<3]) == mark, padding < 8, plain.count - 4 >= padding else { return nil }
        return String(validating: plain[4..<(plain.count - padding)], as: UTF8.self)
    }

    // MARK: Type 7

    static let typeSevenSeed = Array("dsfd;kfoA,.iyewrkldJKDHSUBsgvca69834ncxv9873254k;fg87".utf8)

    private static func obfuscated(_ text: String, _ salt: TemplateValue) throws(EvaluationError) -> String {
        guard case .int(let salt) = salt else {
            throw EvaluationError(
                .typeError, "argument 'salt': '\(salt.typeName)' object cannot be interpreted as an integer")
        }
        guard (0...15).contains(salt) else {
            throw EvaluationError(.valueError, "the salt of type 7 is 0 to 15, not \(salt)")
        }
        return typeSeven(Array(text.utf8), salt: salt)
    }

    static func typeSeven(_ bytes: [UInt8], salt: Int) -> String {
        let digits = bytes.enumerated().map { index, byte in
            let mixed = byte ^ typeSevenSeed[(salt + index) % typeSevenSeed.count]
            return (mixed < 16 ? "0" : "") + String(mixed, radix: 16, uppercase: true)
        }
        return (salt < 10 ? "0" : "") + "\(salt)" + digits.joined()
    }

    static func typeSevenPlain(_ text: String) -> [UInt8]? {
        guard text.utf8.count >= 2, let salt = Int(text.prefix(2)), salt >= 0,
            let secret = hexBytes(String(text.dropFirst(2)))
        else { return nil }
        return secret.enumerated().map { $1 ^ typeSevenSeed[(salt + $0) % typeSevenSeed.count] }
    }

    private static func revealed(_ text: String) throws(EvaluationError) -> String {
        guard let plain = typeSevenPlain(text), let result = String(validating: plain, as: UTF8.self) else {
            throw EvaluationError(
                .valueError, "the text is no type 7 password: two digits and pairs of hexadecimal digits are expected")
        }
        return result
    }

    static func hexBytes(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8.filter { !isASCIISpace($0) })
        guard digits.count % 2 == 0 else { return nil }
        var result: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[index...(index + 1)], as: UTF8.self), radix: 16),
                digits[index] != 0x2B
            else { return nil }
            result.append(byte)
        }
        return result
    }

    // MARK: SNMP

    private static let privacyBits = ["des": 128, "aes": 128, "aes192": 192, "aes256": 256]

    /// The keys of RFC 2574 appendix A.2, localised as its section 2.6 says.
    private static func localizedKey(_ value: TemplateValue, _ state: RenderState) throws(EvaluationError) -> String {
        guard case .dict(let dict) = value else {
            throw EvaluationError(.typeError, "'\(value.typeName)' object is not subscriptable")
        }
        func entry(_ name: String) throws(EvaluationError) -> String {
            guard let found = dict.get(name) else { throw EvaluationError(.keyError, pythonQuoted(name)) }
            return try state.string(found)
        }
        let (passphrase, authentication, engine) = (try entry("passphrase"), try entry("auth"), try entry("engine_id"))
        try SecretGuard.check(passphrase, "snmp_hash")
        let privacy = dict.get("priv") ?? .none
        let algorithm = authentication == "sha" ? "sha1" : authentication
        let wrong = EvaluationError(.valueError, "\(authentication) is not a valid Auth algorithm for SNMPv3")
        let source = Array(passphrase.utf8)
        guard !source.isEmpty else { throw EvaluationError(.zeroDivisionError, "integer modulo by zero") }
        try state.charge(1 << 16)
        let key = NamedDigest.bytes(algorithm, (0..<1_048_576).lazy.map { source[$0 % source.count] })
        guard let key else { throw wrong }
        guard let id = hexBytes(engine) else {
            throw EvaluationError(.valueError, "engine ID \(engine) is not an hexadecimal string")
        }
        guard var localized = NamedDigest.bytes(algorithm, key + id + key) else { throw wrong }
        if !privacy.isNone {
            guard let name = privacy.string, let bits = privacyBits[name] else {
                throw EvaluationError(
                    .valueError, "\(try state.string(privacy)) is not a valid Priv algorithm for SNMPv3")
            }
            while localized.count * 8 < bits { localized += NamedDigest.bytes(algorithm, localized) ?? [0] }
            localized = Array(localized.prefix(bits / 8))
        }
        return localized.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
