import CanonicalData
import JinjaTemplates
import TextPatterns

/// netutils on texts: patterns (which come first, before the text), banners, and Cisco's passwords.
enum NetutilsTexts {
    private static func value(_ message: String) -> EvaluationError { NetutilsPack.value(message) }

    static let filters: [String: TemplateFunction] = {
        var table = patterns
        table.merge(banners) { _, new in new }
        for (name, function) in passwords {
            table[name] = function
            // The names before the vendor was part of them.
            table[name.replacing("_cisco_", with: "_")] = function
        }
        return table
    }()

    // MARK: Patterns

    private static func search(_ name: String, anchored: Bool) -> TemplateFunction {
        { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind(name, ["pattern", "string"], required: 2)
            let pattern = try PythonPattern.compile(try NetutilsPack.text(bound[0], state))
            let bytes = Array(try NetutilsPack.text(bound[1], state).utf8)
            guard let match = try PythonPattern.first(pattern, bytes, anchored: anchored) else {
                return TemplateValue.none
            }
            if pattern.groupCount == 0 { return .string(match.text(0, in: bytes) ?? "") }
            return .list((1...pattern.groupCount).map { match.text($0, in: bytes).map { .string($0) } ?? .none })
        }
    }

    private static let patterns: [String: TemplateFunction] = [
        "regex_match": search("regex_match", anchored: true), "regex_search": search("regex_search", anchored: false),
        "regex_findall": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("regex_findall", ["pattern", "string"], required: 2)
            let pattern = try PythonPattern.compile(try NetutilsPack.text(bound[0], state))
            let bytes = Array(try NetutilsPack.text(bound[1], state).utf8)
            let found = try PythonPattern.matches(pattern, bytes)
            try state.checkItems(found.count)
            return .list(
                found.map { match in
                    func group(_ number: Int) -> TemplateValue { .string(match.text(number, in: bytes) ?? "") }
                    return pattern.groupCount < 2
                        ? group(pattern.groupCount) : .tuple((1...pattern.groupCount).map(group))
                })
        },
        "regex_split": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("regex_split", ["pattern", "string", "maxsplit"], required: 2)
            let pattern = try PythonPattern.compile(try NetutilsPack.text(bound[0], state))
            let bytes = Array(try NetutilsPack.text(bound[1], state).utf8)
            let limit = try NetutilsPack.integer(bound[2], 0)
            var parts: [TemplateValue] = []
            var start = 0
            let found = try PythonPattern.matches(pattern, bytes)
            try state.checkItems(found.count)
            for match in limit == 0 ? found[...] : found.prefix(max(0, limit)) {
                parts.append(.bytes(Array(bytes[start..<match.range.lowerBound])))
                for group in stride(from: 1, through: pattern.groupCount, by: 1) {
                    parts.append(match.text(group, in: bytes).map { .string($0) } ?? .none)
                }
                start = match.range.upperBound
            }
            return .list(parts + [.bytes(Array(bytes[start...]))])
        },
        "regex_sub": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("regex_sub", ["pattern", "repl", "string", "count"], required: 3)
            let pattern = try PythonPattern.compile(try NetutilsPack.text(bound[0], state))
            let replacement = try NetutilsPack.text(bound[1], state)
            let bytes = Array(try NetutilsPack.text(bound[2], state).utf8)
            let limit = try NetutilsPack.integer(bound[3], 0)
            var result: [UInt8] = []
            var start = 0
            let found = try PythonPattern.matches(pattern, bytes)
            for match in limit == 0 ? found[...] : found.prefix(max(0, limit)) {
                result += bytes[start..<match.range.lowerBound]
                result += try PythonPattern.expand(replacement, match, bytes)
                start = match.range.upperBound
                try state.checkText(bytes: result.count >> 6)
            }
            result += bytes[start...]
            try state.checkText(bytes: result.count)
            return .bytes(result)
        },
    ]

    // MARK: Banners

    private static func changed(_ config: String, _ from: String, _ to: String) -> String {
        let text = config.replacing(from, with: to)
        guard to == "^C" else { return text }
        var result: [UInt8] = []
        for byte in text.utf8 {
            // Of several C behind a caret one stays.
            if byte == UInt8(ascii: "C"), result.suffix(2).elementsEqual("^C".utf8) { continue }
            result.append(byte)
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static let banners: [String: TemplateFunction] = [
        "delimiter_change": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind(
                "delimiter_change", ["config", "from_delimiter", "to_delimiter"], required: 3)
            return .string(
                changed(
                    try NetutilsPack.text(bound[0], state), try NetutilsPack.text(bound[1], state),
                    try NetutilsPack.text(bound[2], state)))
        },
        "normalise_delimiter_caret_c": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("normalise_delimiter_caret_c", ["delimiter", "config"], required: 2)
            return .string(
                changed(try NetutilsPack.text(bound[1], state), try NetutilsPack.text(bound[0], state), "^C"))
        },
    ]

    // MARK: Passwords

    private static func chance(_ name: String) -> EvaluationError {
        value("\(name): the same change must render the same text whenever it is rendered; give a salt")
    }

    private static func typeFive(_ password: TemplateValue?, _ salt: String, _ name: String, _ state: RenderState)
        throws(EvaluationError) -> String
    {
        let bytes = try PasswordFilters.password(password ?? .none, name, state)
        return PasswordHash.hash(bytes, .md5, salt: salt) ?? ""
    }

    private static func salt(of hash: String) throws(EvaluationError) -> String {
        let parts = hash.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 4 else { throw value("Could not parse salt out password correctly from \(hash)") }
        return String(parts[2])
    }

    private static func plainSeven(_ text: String) throws(EvaluationError) -> String {
        guard let bytes = AVDPasswords.typeSevenPlain(text) else {
            throw value("invalid literal for int() with base 10: \(pythonQuoted(String(text.prefix(2))))")
        }
        // Each byte is a character of its own here.
        return String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    }

    private static let passwords: [String: TemplateFunction] = [
        "get_hash_salt": NetutilsPack.of("get_hash_salt") { (text) throws(EvaluationError) in
            .string(try salt(of: text))
        },
        "encrypt_cisco_type5": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind(
                "encrypt_cisco_type5", ["unencrypted_password", "salt", "salt_len"], required: 1)
            guard let salt = bound[1]?.string, !salt.isEmpty else { throw chance("encrypt_cisco_type5") }
            guard salt.utf8.allSatisfy({ AVDPasswords.isSaltByte($0) && $0 != 0x2E && $0 != 0x2F }) else {
                throw value(
                    "type5_pw salt used improper characters, must be one of abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                )
            }
            return .string(try typeFive(bound[0], salt, "encrypt_cisco_type5", state))
        },
        "compare_cisco_type5": { (arguments, state) throws(EvaluationError) in
            let parameters = ["unencrypted_password", "encrypted_password", "return_original"]
            let bound = try arguments.bind("compare_cisco_type5", parameters, required: 2)
            let known = try NetutilsPack.text(bound[1], state)
            guard try typeFive(bound[0], try salt(of: known), "compare_cisco_type5", state) == known else {
                return .bool(false)
            }
            return try ScalarFilters.flag(bound[2], state, false) ? .string(known) : .bool(true)
        },
        "encrypt_cisco_type7": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("encrypt_cisco_type7", ["unencrypted_password", "salt"], required: 1)
            let password = try NetutilsPack.text(bound[0], state)
            try SecretGuard.check(password, "encrypt_cisco_type7")
            guard password.unicodeScalars.count <= 25 else { throw value("Password must not exceed 25 characters.") }
            guard case .int(let salt)? = bound[1] else { throw chance("encrypt_cisco_type7") }
            guard (0...99).contains(salt) else { throw value("the salt of type 7 is 0 to 15, not \(salt)") }
            let seed = AVDPasswords.typeSevenSeed
            var result = (salt < 10 ? "0" : "") + "\(salt)"
            for (index, scalar) in password.unicodeScalars.enumerated() {
                let mixed = scalar.value ^ UInt32(seed[(index + salt) % seed.count])
                result += (mixed < 16 ? "0" : "") + String(mixed, radix: 16, uppercase: true)
            }
            return .string(result)
        },
        "decrypt_cisco_type7": NetutilsPack.of("decrypt_cisco_type7") { (text) throws(EvaluationError) in
            .string(try plainSeven(text))
        },
        "compare_cisco_type7": { (arguments, state) throws(EvaluationError) in
            let parameters = ["unencrypted_password", "encrypted_password", "return_original"]
            let bound = try arguments.bind("compare_cisco_type7", parameters, required: 2)
            let known = try NetutilsPack.text(bound[1], state)
            guard try plainSeven(known) == NetutilsPack.text(bound[0], state) else { return .bool(false) }
            return try ScalarFilters.flag(bound[2], state, false) ? .string(known) : .bool(true)
        },
    ]
}
