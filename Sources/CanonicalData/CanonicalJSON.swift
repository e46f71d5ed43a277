internal import FoundationEssentials

/// The JSON Canonicalization Scheme (RFC 8785): one byte form per value.
package enum CanonicalJSON {
    /// Canonical bytes of anything encodable; dates become RFC 3339 text, data base64.
    package static func encode(_ value: some Encodable) throws(JSONError) -> [UInt8] { bytes(of: try tree(of: value)) }

    /// The same as text.
    package static func text(_ value: some Encodable) throws(JSONError) -> String {
        String(decoding: try encode(value), as: UTF8.self)
    }

    /// The digest of the canonical bytes.
    package static func digest(_ value: some Encodable) throws(JSONError) -> Digest { .sha256(try encode(value)) }

    /// What a type's `Encodable` says, as a value tree.
    package static func tree(of value: some Encodable) throws(JSONError) -> JSONValue {
        if let tree = value as? JSONValue { return tree }
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        do {
            return try JSONValue.parse(try encoder.encode(value))
        } catch let error as JSONError {
            throw error
        } catch {
            throw JSONError(.notEncodable, "\(type(of: value)) cannot be written as JSON: \(error)")
        }
    }

    /// Reads a value; the bytes need not be canonical.
    package static func decode<T: Decodable>(_ type: T.Type, from bytes: [UInt8]) throws -> T {
        _ = try JSONValue.parse(bytes)
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        return try decoder.decode(type, from: Data(bytes))
    }

    /// Throws unless the bytes are exactly the canonical form of what they say.
    package static func requireCanonical(_ bytes: [UInt8]) throws(JSONError) {
        guard self.bytes(of: try JSONValue.parse(bytes)) == bytes else {
            throw JSONError(.notCanonical, "JSON is not in canonical form (RFC 8785)")
        }
    }

    /// Canonical bytes of a tree (RFC 8785 §3.2).
    package static func bytes(of value: JSONValue) -> [UInt8] {
        var out: [UInt8] = []
        write(value, to: &out)
        return out
    }

    private static func write(_ value: JSONValue, to out: inout [UInt8]) {
        switch value {
        case .null: out += "null".utf8
        case .bool(let value): out += (value ? "true" : "false").utf8
        case .number(let value): out += ECMAScriptNumber.text(value).utf8
        case .string(let value): write(value, to: &out)
        case .array(let items):
            out.append(UInt8(ascii: "["))
            for (index, item) in items.enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                write(item, to: &out)
            }
            out.append(UInt8(ascii: "]"))
        case .object(let members):
            out.append(UInt8(ascii: "{"))
            // RFC 8785 §3.2.3: by UTF-16 code units, which differs from scalar order above U+FFFF.
            let keys = members.keys.sorted { $0.utf16.lexicographicallyPrecedes($1.utf16) }
            for (index, key) in keys.enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                write(key, to: &out)
                out.append(UInt8(ascii: ":"))
                if let member = members[key] { write(member, to: &out) }
            }
            out.append(UInt8(ascii: "}"))
        }
    }

    /// RFC 8785 §3.2.2.2: only what must be escaped is, in the short form where there is one.
    private static func write(_ text: String, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): out += [UInt8(ascii: "\\"), byte]
            case 0x08: out += "\\b".utf8
            case 0x09: out += "\\t".utf8
            case 0x0A: out += "\\n".utf8
            case 0x0C: out += "\\f".utf8
            case 0x0D: out += "\\r".utf8
            case 0..<0x20: out += ((byte < 16 ? "\\u000" : "\\u00") + String(byte, radix: 16)).utf8
            default: out.append(byte)
            }
        }
        out.append(UInt8(ascii: "\""))
    }
}
