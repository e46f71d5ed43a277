extension JSONValue {
    /// Bounds of a text that `parse` accepts.
    package struct Limits: Sendable {
        package var maximumBytes: Int
        package var maximumDepth: Int
        package init(maximumBytes: Int = 256 << 20, maximumDepth: Int = 200) {
            (self.maximumBytes, self.maximumDepth) = (maximumBytes, maximumDepth)
        }
    }

    /// Reads one JSON text (RFC 8259) under the rules of I-JSON (RFC 7493).
    ///
    /// Integers that a double cannot hold exactly are refused rather than rounded, since what is signed must not
    /// depend on who reads it.
    package static func parse(_ bytes: some Sequence<UInt8>, limits: Limits = Limits()) throws(JSONError) -> JSONValue {
        let input = Array(bytes)
        guard input.count <= limits.maximumBytes else {
            throw JSONError(.tooLarge, "JSON of \(input.count) bytes, limit \(limits.maximumBytes)")
        }
        guard String(validating: input, as: UTF8.self) != nil else {
            throw JSONError(.notUTF8, "JSON text is not valid UTF-8")
        }
        var parser = JSONParser(input: input, maximumDepth: limits.maximumDepth)
        return try parser.document()
    }

    /// The same for text.
    package static func parse(_ text: String, limits: Limits = Limits()) throws(JSONError) -> JSONValue {
        try parse(text.utf8, limits: limits)
    }
}

/// Recursive descent over bytes known to be UTF-8; depth is limited, so the stack is.
private struct JSONParser {
    let input: [UInt8]
    let maximumDepth: Int
    var position = 0

    init(input: [UInt8], maximumDepth: Int) { (self.input, self.maximumDepth) = (input, maximumDepth) }

    mutating func document() throws(JSONError) -> JSONValue {
        let value = try value(depth: 0)
        skipSpace()
        guard position == input.count else { throw syntax("text after the end of the value") }
        return value
    }

    private func syntax(_ what: String) -> JSONError { JSONError(.syntax, what, at: position) }
    private var current: UInt8? { position < input.count ? input[position] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        position += 1
        return true
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        guard depth <= maximumDepth else {
            throw JSONError(.tooDeep, "JSON nested deeper than \(maximumDepth)", at: position)
        }
        skipSpace()
        guard let byte = current else { throw syntax("the text ends where a value is expected") }
        switch byte {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw syntax("a value is expected")
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        let bytes = Array("\(word)".utf8)
        guard input[position...].starts(with: bytes) else { throw syntax("a value is expected") }
        position += bytes.count
        return value
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
        position += 1
        var members: [String: JSONValue] = [:]
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object(members) }
        while true {
            skipSpace()
            let start = position
            guard current == UInt8(ascii: "\"") else { throw syntax("a key in double quotes is expected") }
            let key = try string()
            guard members[key] == nil else { throw JSONError(.duplicateKey, "key \"\(key)\" appears twice", at: start) }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw syntax("\":\" is expected after a key") }
            members[key] = try value(depth: depth + 1)
            skipSpace()
            if take(UInt8(ascii: ",")) { continue }
            guard take(UInt8(ascii: "}")) else { throw syntax("\",\" or \"}\" is expected") }
            return .object(members)
        }
    }

    private mutating func array(depth: Int) throws(JSONError) -> JSONValue {
        position += 1
        var items: [JSONValue] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .array(items) }
        while true {
            items.append(try value(depth: depth + 1))
            skipSpace()
            if take(UInt8(ascii: ",")) { continue }
            guard take(UInt8(ascii: "]")) else { throw syntax("\",\" or \"]\" is expected") }
            return .array(items)
        }
    }

    private mutating func digits() throws(JSONError) {
        let start = position
        while let byte = current, (0x30...0x39).contains(byte) { position += 1 }
        guard position > start else { throw syntax("a digit is expected") }
    }

    private mutating func number() throws(JSONError) -> JSONValue {
        let start = position
        var isInteger = true
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try digits() }
        if take(UInt8(ascii: ".")) {
            isInteger = false
            try digits()
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            isInteger = false
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        let text = String(decoding: input[start..<position], as: UTF8.self)
        guard let value = Double(text), value.isFinite else {
            throw JSONError(.inexactNumber, "\(text) does not fit a double (RFC 7493 §2.2)", at: start)
        }
        if isInteger, value.magnitude >= 0x1p53, ECMAScriptNumber.text(value) != text {
            throw JSONError(
                .inexactNumber, "\(text) is not exact as a double; write it as a string (RFC 7493 §2.2)", at: start)
        }
        return .number(value)
    }

    private mutating func string() throws(JSONError) -> String {
        position += 1
        var bytes: [UInt8] = []
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return String(decoding: bytes, as: UTF8.self)
            case UInt8(ascii: "\\"):
                position += 1
                bytes += try escape()
            case 0..<0x20:
                throw syntax("control character inside a string")
            default:
                bytes.append(byte)
                position += 1
            }
        }
        throw syntax("the text ends inside a string")
    }

    private mutating func escape() throws(JSONError) -> [UInt8] {
        guard let byte = current else { throw syntax("the text ends inside a string") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"):
            let first = try hexUnit()
            guard (0xD800..<0xE000).contains(first) else { return scalar(first) }
            guard first < 0xDC00, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
                throw syntax("lone surrogate in a string (RFC 7493 §2.1)")
            }
            let second = try hexUnit()
            guard (0xDC00..<0xE000).contains(second) else { throw syntax("lone surrogate in a string (RFC 7493 §2.1)") }
            return scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
        default:
            position -= 1
            throw syntax("unknown escape in a string")
        }
    }

    private func scalar(_ value: UInt32) -> [UInt8] {
        Unicode.Scalar(value).map { Array(String(Character($0)).utf8) } ?? []
    }

    private mutating func hexUnit() throws(JSONError) -> UInt32 {
        guard position + 4 <= input.count else { throw syntax("four hexadecimal digits are expected") }
        var value: UInt32 = 0
        for byte in input[position..<position + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw syntax("four hexadecimal digits are expected")
            }
            value = value << 4 | UInt32(digit)
        }
        position += 4
        return value
    }
}
