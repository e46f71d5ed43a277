import CanonicalData
import JinjaTemplates

/// `password_hash`, `type5_pw` and `comp_type5`. Each needs its salt: the same change must render the same text.
enum PasswordFilters {
    private static let schemes: [String: PasswordHash.Scheme] = [
        "md5": .md5, "md5_crypt": .md5, "sha256": .sha256, "sha256_crypt": .sha256, "sha512": .sha512,
        "sha512_crypt": .sha512,
    ]
    private static let implicitRounds: [PasswordHash.Scheme: Int] = [.sha256: 535_000, .sha512: 656_000]

    static let filters: [String: TemplateFunction] = [
        "password_hash": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind(
                "get_encrypted_password", ["password", "hashtype", "salt", "salt_size", "rounds", "ident"], required: 1)
            let name = try state.string(bound[1, fallback: .string("sha512")])
            guard let scheme = schemes[name] else {
                throw AddressQuery.failure(
                    "\(name) is not in the list of supported algorithms: md5, sha256, sha512. Make the hash elsewhere and keep it in a variable"
                )
            }
            let password = try password(bound[0, fallback: .none], "password_hash", state)
            let salt = try salt(bound[2], scheme, "password_hash", state)
            var rounds = implicitRounds[scheme]
            switch bound[4] {
            case .int(let number)? where number != 0:
                guard (1_000...PasswordHash.maximumRounds).contains(number) else {
                    throw EvaluationError(.ansibleError, "Could not hash the secret.")
                }
                rounds = number
            case nil, TemplateValue.none?, .int?: break
            case let other?: throw EvaluationError(.typeError, "rounds must be an integer, not \(other.typeName)")
            }
            try state.charge((rounds ?? 1_000) * 4)
            // Five thousand is what the schemes do without saying so.
            return .string(
                PasswordHash.hash(password, scheme, salt: salt, rounds: rounds == 5_000 ? nil : rounds) ?? "")
        },
        "type5_pw": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind("type5_pw", ["password", "salt"], required: 1)
            let value = bound[0, fallback: .none]
            if let salt = bound[1], !salt.isNone, salt.string == nil {
                throw AddressQuery.failure(
                    "type5_pw salt input should be a string, but was given a input of \(salt.typeName)")
            }
            if let salt = bound[1]?.string, !salt.utf8.allSatisfy(AVDPasswords.isSaltByte) {
                throw AddressQuery.failure(
                    "type5_pw salt used inproper characters, must be one of abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./"
                )
            }
            let password = try password(value, "type5_pw", state)
            let salt = try salt(bound[1], .md5, "type5_pw", state)
            return .string(PasswordHash.hash(password, .md5, salt: salt) ?? "")
        },
        "comp_type5": { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind(
                "comp_type5", ["unencrypted_password", "encrypted_password", "return_original"], required: 2)
            let plain = bound[0, fallback: .none]
            let known = try state.string(bound[1, fallback: .none])
            let salt = try NumberFilters.salt(known)
            let hash = PasswordHash.hash(try password(plain, "comp_type5", state), .md5, salt: salt)
            guard hash == known else { return .bool(false) }
            return try ScalarFilters.flag(bound[2], state, false) ? .string(hash ?? "") : .bool(true)
        },
    ]

    /// The bytes to hash, of which there are not too many: the time a hash takes grows with them.
    static func password(_ value: TemplateValue, _ filter: String, _ state: RenderState) throws(EvaluationError)
        -> [UInt8]
    {
        if case .undefined(let info) = value { throw state.undefinedError(info) }
        let text = try state.string(value)
        try SecretGuard.check(text, filter)
        guard text.utf8.count <= 1_024 else {
            throw EvaluationError(.limitExceeded, "\(filter): a password of more than 1024 bytes")
        }
        return Array(text.utf8)
    }

    private static func salt(
        _ value: TemplateValue?, _ scheme: PasswordHash.Scheme, _ filter: String, _ state: RenderState
    ) throws(EvaluationError) -> String {
        let salt =
            try value.map { (value) throws(EvaluationError) in value.isNone ? "" : try state.string(value) } ?? ""
        guard !salt.isEmpty else {
            throw AddressQuery.failure(
                "\(filter): the same change must render the same text whenever it is rendered; give a salt, such as \(filter)(salt=…) of a variable"
            )
        }
        guard salt.utf8.count <= scheme.maximumSaltLength, salt.utf8.allSatisfy(AVDPasswords.isSaltByte) else {
            throw EvaluationError(.ansibleError, "Could not hash the secret.")
        }
        return salt
    }
}
